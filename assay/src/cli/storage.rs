//! `assay storage`.

mod accept;
mod agent;
mod clients;
mod compare;
mod export;
mod pts;
mod run;
mod scan;
mod verify;

use clap::{Args, Subcommand};

pub use accept::Accept;
pub use agent::Agent;
pub use clients::Clients;
pub use compare::Compare;
pub use export::ExportFio;
pub use pts::{Pts, TestChoice, WriteCache};
pub use run::{FioFormat, ModeChoice, Run, RunFormat};
pub use scan::Scan;
pub use verify::{Verify, WriteOrder};

/// `assay storage`.
#[derive(Clone, Debug, Subcommand)]
pub enum Storage {
    /// Put load on a device or file, in fio's job language
    Run(Run),
    /// Run the norm's cases on a volume, judge them, and write a report
    Accept(Box<Accept>),
    /// Run SNIA's performance test on a device: rounds until it is steady
    Pts(Pts),
    /// Make load on this host's devices as a controller elsewhere asks
    Agent(Agent),
    /// Compare runs case by case, and say whether a difference is more than scatter
    Compare(Compare),
    /// Print the fio jobs that the norm's cases are equivalent to
    ExportFio(ExportFio),
    /// Find out whether a volume keeps what it acknowledged, through a crash too
    Verify(Verify),
    /// Find slow and sick disks among many; only reads
    Scan(Scan),
}

/// What may be overwritten.
#[derive(Clone, Debug, Default, Args)]
pub struct Destroying {
    /// The device that may be overwritten, by serial or WWID; repeatable. A loop or zram
    /// device: device:MAJOR:MINOR:SIZE
    #[arg(long, value_name = "SERIAL|WWID")]
    pub destroy: Vec<String>,
    /// Overwrite what is on it, after listing what will be lost
    #[arg(long)]
    pub force_signature: bool,
}
