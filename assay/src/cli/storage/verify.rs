//! `assay storage verify`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Destroying;
use crate::cli::Format;

/// `assay storage verify`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Every block carries its address, the number of its write and a checksum; the journal holds what was \
promised. Pull the plug while it runs, then judge with --after-crash, which only reads.
Example: assay storage verify --target /dev/sdb --destroy SERIAL --journal /mnt/other/sdb.journal
         assay storage verify --after-crash --target /dev/sdb --journal /mnt/other/sdb.journal
Exit: 0 sound, 1 faults found, 2 wrong use or refused, 3 not all could be judged")]
pub struct Verify {
    /// The volume: a block device, or a file to make
    #[arg(long, value_name = "DEV|FILE")]
    pub target: PathBuf,
    /// Journal to write, on another disk; with --after-crash the one to judge by
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Judge what is there by the journal: after a crash, or once more after a run; only reads
    #[arg(
        long,
        visible_alias = "check",
        requires = "journal",
        conflicts_with_all = [
            "destroy", "force_signature", "size", "passes", "runtime", "bs", "order",
            "flush_every", "keep", "journal_same_device",
        ]
    )]
    pub after_crash: bool,
    /// What may be overwritten.
    #[command(flatten)]
    pub destroying: Destroying,
    /// How much to verify, from the start: 10g; all of a device, and needed for a file
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// How often to write over it before it is read back [default: 1]
    #[arg(long, value_name = "N")]
    pub passes: Option<u64>,
    /// Write over and over for so long before it is read back: 30, 10m, 2h
    #[arg(long, value_name = "TIME", conflicts_with = "passes")]
    pub runtime: Option<String>,
    /// Bytes of a write, a multiple of 4k up to 16m
    #[arg(long, value_name = "SIZE", default_value = "64k")]
    pub bs: String,
    /// In what order to write
    #[arg(
        long,
        value_enum,
        value_name = "random|sequential",
        default_value_t,
        hide_possible_values = true
    )]
    pub order: WriteOrder,
    /// Writes between flushes; what is not flushed is promised to nobody
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub flush_every: u64,
    /// Writes or reads in flight at once, one thread each
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub threads: u32,
    /// What the device promises to write whole when power fails [default: its physical
    /// sector; 512 of a file]
    #[arg(long, value_name = "SIZE")]
    pub atomic: Option<String>,
    /// Leave a file that was made where it is, to check it again later
    #[arg(long)]
    pub keep: bool,
    /// Let the journal be on the disk that it tells of: for crashes of the host, not the disk
    #[arg(long)]
    pub journal_same_device: bool,
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

/// In what order to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WriteOrder {
    /// Each block once a pass, in no order
    #[default]
    Random,
    /// One after the other
    Sequential,
}
