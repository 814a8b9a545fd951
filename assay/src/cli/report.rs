//! `assay report`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, LangChoice, project::Filling, push::Delivery};

/// `assay report`.
#[derive(Clone, Debug, Subcommand)]
pub enum Report {
    /// Write a test plan and blank record forms: method, tool, expected value, time and risk
    #[cfg(feature = "desk")]
    Plan(Plan),
    /// Write the HTML and the other derived files again
    Render(Render),
    /// Find out whether a report was altered since it was written or signed
    #[cfg(feature = "desk")]
    Verify(Verify),
    /// List each open row and what command or person closes it
    Todo(Todo),
    /// Lay many machines' reports side by side in one batch report
    #[cfg(feature = "desk")]
    Merge(Merge),
    /// Record what a named person confirmed, as a new revision
    #[cfg(feature = "desk")]
    Attest(Attest),
    /// Record that a named person accepts a failed row as equivalent, as a new revision
    #[cfg(feature = "desk")]
    Waive(Waive),
    /// Sign a report's manifest (proves integrity; not an electronic signature in law)
    #[cfg(feature = "desk")]
    Sign(Sign),
    /// Send reports to a cloud manager; what cannot be delivered is spooled
    Push(Push),
}

/// `assay report plan`.
#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// Profile the plan is by: an id of `assay profile list`, or a TOML file; repeatable
    #[arg(long, value_name = "ID|FILE", required = true)]
    pub profile: Vec<String>,
    /// What fills the plan; with a stage, only its cases are planned.
    #[command(flatten)]
    pub filling: Filling,
    /// File to write the plan to: HTML, for A4 across
    #[arg(long, value_name = "FILE", default_value = "assay-plan.html")]
    pub out: PathBuf,
    /// Write the blank record form as CSV, too
    #[arg(long, value_name = "FILE")]
    pub records: Option<PathBuf>,
    /// Language of the plan [default: as --lang, else both]
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

/// `assay report render`.
#[derive(Clone, Debug, Args)]
pub struct Render {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Form of the derived files.
    #[command(flatten)]
    pub form: Form,
}

/// The form of the files that are derived from a result.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Form {
    /// Language of the report [default: as --lang, else both]
    #[arg(long, value_name = "zh|en|both", hide_possible_values = true)]
    pub report_lang: Option<LangChoice>,
    /// Count open must-rows as failures in junit.xml (skipped reads as green elsewhere)
    #[arg(long)]
    pub junit_strict: bool,
}

/// `assay report verify`.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// The reports: their folders, or their result.json
    #[arg(value_name = "REPORT", required = true)]
    pub reports: Vec<PathBuf>,
    /// Public key that must have signed, as you got it from its owner; repeatable
    #[arg(long, value_name = "PUB|FILE")]
    pub key: Vec<String>,
    /// Refuse a report that nobody signed
    #[arg(long)]
    pub require_signature: bool,
    /// Public keys of the parties and their roles (TOML), as you got them from them; repeatable
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
    /// Verify code that the pages on paper carry
    #[arg(long, value_name = "CODE")]
    pub expect: Option<String>,
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
    /// What fills the report.
    #[command(flatten)]
    pub filling: Filling,
    /// Public keys of the parties and their roles (TOML), as you got them from them; repeatable
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
    /// Form of the derived files.
    #[command(flatten)]
    pub form: Form,
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

/// Who decides, how and when.
#[derive(Clone, Debug, Args)]
pub struct Decision {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Check that is decided, or row of the norm; repeatable
    #[arg(long = "row", alias = "check", value_name = "ID", required = true)]
    pub check: Vec<String>,
    /// How they found out
    #[arg(
        long,
        value_enum,
        value_name = "document|on-site",
        default_value = "document",
        hide_possible_values = true
    )]
    pub how: Manner,
    /// Name of the person [default: that of the key]
    #[arg(long = "by", alias = "who", value_name = "NAME")]
    pub who: Option<String>,
    /// Their role: owner, contractor, supervisor, user, tester, or a title [default: that of the key]
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Their unit; for `waive` the one that accepts (认可单位) [default: that of the key]
    #[arg(long = "org", alias = "organisation", value_name = "UNIT")]
    pub organisation: Option<String>,
    /// Day of the decision [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// What they saw, or why it is equivalent
    #[arg(long = "note", alias = "reason", value_name = "TEXT")]
    pub reason: String,
    /// Files that show it: photographs, certificates, measurements
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub evidence: Vec<PathBuf>,
    /// Sign it with this private key: a file, or a name of `assay key list`
    #[arg(long, value_name = "FILE|NAME")]
    pub key: Option<String>,
    /// Public keys of the parties and their roles (TOML), where roles must sign; repeatable
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
    /// Form of the derived files.
    #[command(flatten)]
    pub form: Form,
}

/// How a person found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Manner {
    /// From documents (书面核查)
    Document,
    /// By looking at the thing (现场查验)
    OnSite,
}

/// Whether the machine conforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    /// 符合
    Yes,
    /// 不符合: counts as a fail
    No,
}

/// `assay report attest`.
#[derive(Clone, Debug, Args)]
pub struct Attest {
    /// Whether the machine conforms; `no` counts as a fail
    #[arg(
        long,
        value_enum,
        value_name = "yes|no",
        default_value = "yes",
        hide_possible_values = true
    )]
    pub conform: YesNo,
    /// Who decides.
    #[command(flatten)]
    pub decision: Decision,
}

/// `assay report waive`.
#[derive(Clone, Debug, Args)]
pub struct Waive {
    /// Who decides.
    #[command(flatten)]
    pub decision: Decision,
}

/// `assay report sign`.
#[derive(Clone, Debug, Args)]
pub struct Sign {
    /// The report: its folder, or its result.json
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Private key (PEM), readable by its owner only: a file, or a name of `assay key list`
    #[arg(long, value_name = "FILE|NAME")]
    pub key: String,
    /// Name of the person or unit that signs [default: that of the key]
    #[arg(long = "by", alias = "who", value_name = "NAME")]
    pub who: Option<String>,
    /// Their role [default: that of the key]
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
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
