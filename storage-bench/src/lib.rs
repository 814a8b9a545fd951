//! Load on block devices and files, and evidence of what they did.
//!
//! The crate measures and reports; `profiles` compares with targets and gives
//! the verdict; `assay` owns the command line. A run that proves nothing says so
//! and why ([`measurement::Validity`]); nothing is written to a device that was not
//! named by its identity.
//!
//! Edge modules: [`job::host`].

pub mod fio_json;
pub mod histogram;
pub mod job;
pub mod measurement;
pub mod observed;
pub mod workload;
