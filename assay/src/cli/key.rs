//! `assay key`.

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

/// `assay key`.
#[derive(Clone, Debug, Subcommand)]
pub enum Key {
    /// Make a key that signs attestations and reports; kept for you alone, never printed
    New(New),
    /// List the keys kept for you: name, algorithm, id, whose they are
    List {
        /// What to print on stdout
        #[arg(
            long,
            value_enum,
            value_name = "text|json",
            default_value_t,
            hide_possible_values = true
        )]
        output: Format,
    },
    /// Print a public key in one line, as `--key` of `report verify` takes it
    Show {
        /// Name of the key
        #[arg(value_name = "NAME")]
        name: String,
        /// Print it as an entry of a file for `--trust`: with role, unit and person
        #[arg(long)]
        card: bool,
    },
}

/// `assay key new`.
#[derive(Clone, Debug, Args)]
pub struct New {
    /// Name of the key
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What it signs by: Ed25519, or SM2 with SM3
    #[arg(
        long,
        value_enum,
        value_name = "ed25519|sm2",
        default_value_t,
        hide_possible_values = true
    )]
    pub algorithm: Algorithm,
    /// Role that it signs in: owner, contractor, supervisor, user or tester
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Unit that it signs for
    #[arg(long, value_name = "UNIT")]
    pub org: Option<String>,
    /// Name of the person who has it
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// What a key signs by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032)
    #[default]
    Ed25519,
    /// SM2 with SM3 (GB/T 32918)
    Sm2,
}
