//! `assay storage export-fio`.

use clap::Args;

/// `assay storage export-fio`.
#[derive(Clone, Debug, Args)]
pub struct ExportFio {
    /// Kind of storage, as for `storage accept`; all of them where none is given
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// What the jobs name as their target
    #[arg(long, value_name = "DEV|FILE", default_value = "/dev/VOLUME")]
    pub target: String,
    /// Size of the volume
    #[arg(long, value_name = "SIZE", default_value = "1t")]
    pub size: String,
}
