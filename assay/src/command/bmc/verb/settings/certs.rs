//! What is wanted of the certificate of HTTPS.

use std::path::PathBuf;

use bmc::operation::certificate::Subject;

use super::Setting;
use crate::cli::bmc::settings::certs::{Certs, CertsCommand};

/// A request for a certificate.
#[derive(Clone, Debug)]
pub(in crate::command::bmc) struct Request {
    /// What it says; without a common name, the host's address is one.
    pub(in crate::command::bmc) subject: Subject,
    /// Where it is written.
    pub(in crate::command::bmc) out: PathBuf,
}

/// Another certificate.
#[derive(Clone, Debug)]
pub(in crate::command::bmc) struct Replacement {
    /// Where the certificate is.
    pub(in crate::command::bmc) cert: PathBuf,
    /// Where its key is.
    pub(in crate::command::bmc) key: Option<PathBuf>,
    /// Where certificates are kept that are known, if this one is to be.
    pub(in crate::command::bmc) known: Option<PathBuf>,
}

pub(super) fn of(given: &Certs) -> Setting {
    match &given.command {
        CertsCommand::List => Setting::Certificates,
        CertsCommand::Csr(csr) => Setting::Request(Request {
            subject: Subject {
                common_name: csr.common_name.clone().unwrap_or_default(),
                names: csr.san.clone(),
                country: csr.country.clone(),
                state: csr.state.clone(),
                city: csr.city.clone(),
                organization: csr.organization.clone(),
                unit: csr.unit.clone(),
            },
            out: csr.out.clone(),
        }),
        CertsCommand::Replace(replace) => Setting::Replace(Replacement {
            cert: replace.cert.clone(),
            key: replace.key.clone(),
            // Where that is, is said later: see `keep`.
            known: replace.trust.then(PathBuf::new),
        }),
    }
}
