//! `assay project`, and the options that fill documents by it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;
use crate::report::cover::Stage;

/// `assay project`.
#[derive(Clone, Debug, Subcommand)]
pub enum Project {
    /// Write a project file to fill in, with what each field is for
    Init {
        /// File to write; `-` prints it
        #[arg(value_name = "FILE", default_value = "project.toml")]
        file: PathBuf,
    },
    /// Say what is wrong with a project file, or show what was read
    Check {
        /// The project file
        #[arg(value_name = "FILE", default_value = "project.toml")]
        file: PathBuf,
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
}

/// What fills the documents.
#[derive(Clone, Debug, Default, Args)]
pub struct Filling {
    /// Project file (TOML; `assay project init` writes one): project, contract, parties, stages,
    /// what the contract leaves out
    #[arg(long, value_name = "FILE", alias = "cover")]
    pub project: Option<PathBuf>,
    /// Stage of acceptance, before the project file's: arrival, power-on, preliminary, trial-run,
    /// final, or 到货 加电 初验 试运行 终验
    #[arg(long, value_enum, value_name = "STAGE", hide_possible_values = true)]
    pub stage: Option<Stage>,
}
