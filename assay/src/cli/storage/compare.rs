//! `assay storage compare`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Format;

/// `assay storage compare`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Runs are paired by case or job name; two files of one run each are a pair whatever it is called. \
Runs of different mode, block size, depth or order are never compared, and invalid ones never \
ranked.
Exit codes: 0 everything was compared; 2 loads are not the same; 3 a run is invalid or has no \
partner.
Example: assay storage compare before.json after.json")]
pub struct Compare {
    /// The runs that the others are compared with: `storage/v1` JSON, runs.json, or a report
    #[arg(value_name = "BASE")]
    pub base: PathBuf,
    /// The runs to compare: one file or several
    #[arg(value_name = "OTHER", required = true)]
    pub other: Vec<PathBuf>,
    /// Compare only these cases; repeatable
    #[arg(long, value_name = "CASE")]
    pub case: Vec<String>,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}
