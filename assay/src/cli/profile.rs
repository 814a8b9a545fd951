//! `assay profile`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Format;

/// `assay profile`.
#[derive(Clone, Debug, Subcommand)]
pub enum Profile {
    /// List the profiles
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
    /// Show a profile's checks: what is expected, how it is checked, and the norm's wording
    Show {
        /// Profile: an id of `assay profile list`, or a TOML file
        #[arg(value_name = "ID|FILE")]
        profile: String,
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
    /// Check profiles: paths, units, regular expressions, rows, both languages
    Lint {
        /// Profiles to check: ids or TOML files [default: all that are built in]
        #[arg(value_name = "ID|FILE")]
        profiles: Vec<String>,
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
    /// Show what changed between two editions of a profile, or of the norm's rows
    #[command(after_help = "Exit codes: 0 nothing differs; 1 something does.
Example: assay profile diff gd-gov-cloud/bms-1 contract-7.toml
Example: assay profile diff gd-gov-cloud rows-of-the-next-edition.json")]
    Diff {
        /// The old edition: an id of `assay profile list`, a TOML file, the norm's id, or a JSON
        /// file of rows
        #[arg(value_name = "OLD")]
        old: String,
        /// The new edition
        #[arg(value_name = "NEW")]
        new: String,
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
    /// List every row of the norm with its checks, or why it has none
    Coverage {
        /// Only rows without a check and without a reason
        #[arg(long)]
        open: bool,
        /// TOML files of further profiles to count
        #[arg(long, value_name = "FILE")]
        with: Vec<PathBuf>,
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
