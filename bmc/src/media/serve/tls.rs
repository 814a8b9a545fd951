//! A certificate for one run: BMCs that take HTTPS alone are served with one that nobody signed.

use std::{
    io,
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer},
};

use crate::simulate::x509::{Subject, self_signed};

/// How long it is valid, to both sides of now: clocks of BMCs are not right.
const VALID: Duration = Duration::from_hours(24 * 30);

/// Returns what is spoken by a server that is known by that address.
pub(super) fn config(shown: IpAddr) -> io::Result<Arc<ServerConfig>> {
    let now = now();
    let address = match shown.to_canonical() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let subject = Subject {
        names: &[(3, "assay")],
        addresses: &[address],
        from: now.saturating_sub(VALID.as_secs()),
        until: now.saturating_add(VALID.as_secs()),
    };
    let own = self_signed(&subject).map_err(io::Error::other)?;
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let chain = vec![CertificateDer::from(own.certificate)];
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            let key = PrivateKeyDer::Pkcs8(own.key.into());
            builder.with_no_client_auth().with_single_cert(chain, key)
        })
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[expect(clippy::disallowed_methods, reason = "this edge reads the clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
