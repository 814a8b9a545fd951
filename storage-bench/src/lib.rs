//! Load on block devices and files, and evidence of what they did.
//!
//! The crate measures and reports; `profiles` compares with targets and gives
//! the verdict; `assay` owns the command line. A run that proves nothing says so
//! and why ([`measurement::Validity`]); nothing is written to a device that was not
//! named by its identity.

pub mod data;
pub mod histogram;
pub mod measurement;
pub mod observed;
pub mod random;
pub mod schedule;
pub mod workload;
