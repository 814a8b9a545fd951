//! `assay report`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, LangChoice, push::Delivery};

/// `assay report`.
#[derive(Clone, Debug, Subcommand)]
pub enum Report {
    /// Write the HTML and the other derived files again
    Render(Render),
    /// Find out whether a report was altered since it was written or signed
    Verify(Verify),
    /// List each open row and what command or person closes it
    Todo(Todo),
    /// Lay many machines' reports side by side in one batch report
    Merge(Merge),
    /// Record what a named person confirmed, as a new revision
    Attest(Attest),
    /// Record that a named person accepts a failed row as equivalent, as a new revision
    Waive(Waive),
    /// Sign a report's manifest (proves integrity; not an electronic signature in law)
    Sign(Sign),
    /// Send reports to a cloud manager; what cannot be delivered is spooled
    Push(Push),
}

/// `assay report render`.
#[derive(Clone, Debug, Args)]
pub struct Render {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Language of the report [default: as --lang, else both]
    #[arg(long, value_name = "zh|en|both", hide_possible_values = true)]
    pub report_lang: Option<LangChoice>,
    /// Cover sheet to use from now on (TOML)
    #[arg(long, value_name = "FILE")]
    pub cover: Option<PathBuf>,
    /// Folder for the new revision [default: beside the report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `assay report verify`.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT", required = true)]
    pub report: Vec<PathBuf>,
    /// Public key of the signer, as you got it from them
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,
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

/// `assay report todo`.
#[derive(Clone, Debug, Args)]
pub struct Todo {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT", default_value = "assay-report")]
    pub report: PathBuf,
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

/// `assay report merge`.
#[derive(Clone, Debug, Args)]
pub struct Merge {
    /// The machines' reports
    #[arg(value_name = "REPORT", required = true)]
    pub reports: Vec<PathBuf>,
    /// Folder to write the batch report to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Language of the report [default: as --lang, else both]
    #[arg(long, value_name = "zh|en|both", hide_possible_values = true)]
    pub report_lang: Option<LangChoice>,
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

/// How a person confirmed a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Manner {
    /// From documents (书面核查)
    Document,
    /// By looking at the thing (现场查验)
    OnSite,
}

/// What a person found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Found {
    /// As the norm wants it (符合)
    Conform,
    /// Not as the norm wants it (不符合): counts as a fail
    NotConform,
}

/// `assay report attest`.
#[derive(Clone, Debug, Args)]
pub struct Attest {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Check that is attested; repeatable
    #[arg(long, value_name = "ID", required = true)]
    pub check: Vec<String>,
    /// Name of the person who confirms
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Their role, and whom they speak for
    #[arg(long, value_name = "ROLE")]
    pub role: String,
    /// How they found out
    #[arg(long, value_enum, value_name = "document|on-site", hide_possible_values = true)]
    pub by: Manner,
    /// What they found
    #[arg(long, value_enum, value_name = "conform|not-conform", hide_possible_values = true)]
    pub found: Found,
    /// Date of the confirmation [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// What they saw, in words
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Files that show it: photographs, certificates; repeatable
    #[arg(long, value_name = "FILE")]
    pub evidence: Vec<PathBuf>,
    /// Folder for the new revision [default: beside the report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `assay report waive`.
#[derive(Clone, Debug, Args)]
pub struct Waive {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Failed check that is accepted as equivalent; repeatable
    #[arg(long, value_name = "ID", required = true)]
    pub check: Vec<String>,
    /// Name of the person who accepts it
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Their role
    #[arg(long, value_name = "ROLE")]
    pub role: String,
    /// The unit that accepts it (认可单位)
    #[arg(long, value_name = "UNIT")]
    pub unit: String,
    /// Why it is equivalent
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Date of the acceptance [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Files that show it: measurements, letters; repeatable
    #[arg(long, value_name = "FILE")]
    pub evidence: Vec<PathBuf>,
    /// Folder for the new revision [default: beside the report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `assay report sign`.
#[derive(Clone, Debug, Args)]
pub struct Sign {
    /// The report: its folder
    #[arg(value_name = "REPORT", required_unless_present = "new_key")]
    pub report: Option<PathBuf>,
    /// Private key to sign with
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    pub key: Option<PathBuf>,
    /// Make a new key pair: FILE and FILE.pub
    #[arg(long, value_name = "FILE", conflicts_with_all = ["report", "key"])]
    pub new_key: Option<PathBuf>,
}

/// `assay report push`.
#[derive(Clone, Debug, Args)]
pub struct Push {
    /// The reports: their folders, or their result.json
    #[arg(value_name = "REPORT", required_unless_present_any = ["flush", "requeue"])]
    pub reports: Vec<PathBuf>,
    /// Where to and how.
    #[command(flatten)]
    pub delivery: Delivery,
}
