//! How BMCs are come by: protocol, credential, certificate.

use std::{num::NonZeroU16, path::PathBuf};

use clap::{Args, ValueEnum};

/// How BMCs are come by.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "How BMCs are come by")]
pub struct Access {
    /// Protocol: auto (Redfish, and IPMI where there is none), redfish, ipmi
    #[arg(
        long,
        value_name = "auto|redfish|ipmi",
        default_value = "auto",
        hide_possible_values = true,
        global = true
    )]
    pub protocol: Protocol,
    /// Who to be
    #[arg(long, value_name = "NAME", global = true)]
    pub user: Option<String>,
    /// The environment variable that holds the password
    #[arg(long, value_name = "VAR", global = true, conflicts_with = "password_file")]
    pub password_env: Option<String>,
    /// The file that holds the password, for its owner alone to read
    #[arg(long, value_name = "FILE", global = true)]
    pub password_file: Option<PathBuf>,
    /// A credential by its name in the file of credentials
    #[arg(long, value_name = "NAME", global = true, conflicts_with_all = ["user", "password_env", "password_file"])]
    pub credential: Option<String>,
    /// File of credentials: TOML, `[NAME]` with user, and password, password-env or password-file
    /// [default: credentials.toml beside the known certificates]
    #[arg(long, value_name = "FILE", global = true)]
    pub credentials: Option<PathBuf>,
    /// Accept certificates that these authorities (PEM) vouch for
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "pin")]
    pub ca: Option<PathBuf>,
    /// Accept the one certificate of this SHA-256
    #[arg(long, value_name = "SHA256", global = true)]
    pub pin: Option<String>,
    /// File of known certificates [default: /var/lib/assay/known-bmcs for root, else in the
    /// user's state folder]
    #[arg(long, value_name = "FILE", global = true)]
    pub known: Option<PathBuf>,
    /// UDP port of IPMI [default: the list's, else 623]
    #[arg(long, value_name = "PORT", global = true)]
    pub ipmi_port: Option<NonZeroU16>,
    /// Cipher suites of IPMI in the order they are tried [default: 17,3]
    #[arg(long, value_name = "N,N", value_delimiter = ',', global = true)]
    pub cipher_suite: Vec<u8>,
    /// The environment variable that holds the key of the BMC (Kg), of IPMI
    #[arg(long, value_name = "VAR", global = true)]
    pub kg_env: Option<String>,
    /// The system that is meant, where a BMC has several
    #[arg(long, value_name = "ID", global = true)]
    pub system: Option<String>,
    /// Seconds that one host may take in all [default: 600]
    #[arg(long, value_name = "SECONDS", global = true, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: Option<u32>,
}

/// Which protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// Redfish, and IPMI where there is none
    #[default]
    Auto,
    /// Redfish
    Redfish,
    /// IPMI 2.0 over LAN
    Ipmi,
}
