//! `assay bmc TARGET… certs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `assay bmc TARGET… certs`.
#[derive(Clone, Debug, Args)]
pub struct Certs {
    /// What to do
    #[command(subcommand)]
    pub command: CertsCommand,
}

/// What is done with the certificate of HTTPS.
#[derive(Clone, Debug, Subcommand)]
pub enum CertsCommand {
    /// Show the certificates that the BMC has, and the one that connections show
    List,
    /// Have the BMC make a key and a request for a certificate
    Csr(Csr),
    /// Give the BMC another certificate
    Replace(Replace),
}

/// `assay bmc TARGET… certs csr`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The key stays in the BMC; a request that was made before, and not answered, is void. An authority signs \
what is written, and `certs replace` gives it back.
Example: assay bmc 192.0.2.7 certs csr --common-name bmc7.example --san 192.0.2.7 -o bmc7.csr")]
pub struct Csr {
    /// The BMC's name [default: its address]
    #[arg(long, value_name = "NAME")]
    pub common_name: Option<String>,
    /// Another name or address that it stands for; repeatable
    #[arg(long, value_name = "NAME")]
    pub san: Vec<String>,
    /// Two letters of the country
    #[arg(long, value_name = "CODE")]
    pub country: Option<String>,
    /// State or province
    #[arg(long, value_name = "TEXT")]
    pub state: Option<String>,
    /// City
    #[arg(long, value_name = "TEXT")]
    pub city: Option<String>,
    /// Organisation
    #[arg(long, value_name = "TEXT")]
    pub organization: Option<String>,
    /// Unit of the organisation
    #[arg(long, value_name = "TEXT")]
    pub unit: Option<String>,
    /// The request to write (PEM); of several hosts, the folder for one each
    #[arg(long, short = 'o', value_name = "FILE", required = true)]
    pub out: PathBuf,
}

/// `assay bmc TARGET… certs replace`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
It is looked at a new connection whether the BMC shows it. With --trust it is stored as the known one \
then; without, the next run stops at a changed certificate until `trust` has stored it.
Example: assay bmc 192.0.2.7 certs replace --cert bmc7.pem --trust --yes-hosts 1")]
pub struct Replace {
    /// The certificate, with those behind it (PEM); of several hosts, the folder that holds
    /// ADDRESS.pem
    #[arg(long, value_name = "FILE")]
    pub cert: PathBuf,
    /// Its private key (PEM), where the BMC did not make it itself; readable by its owner alone
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Store it as the known certificate once the BMC shows it
    #[arg(long)]
    pub trust: bool,
}
