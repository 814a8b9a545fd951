//! Load on block devices and files, and evidence of what they did.
//!
//! The crate measures and reports; `profiles` compares with targets and gives
//! the verdict; `assay` owns the command line. A run that proves nothing says so
//! and why ([`measurement::Validity`]); nothing is written to a device that was not
//! named by its identity.
//!
//! Edges, which touch files, threads and the kernel: [`integrity::run`],
//! [`integrity::elsewhere`].
//! Edge modules: [`job::host`].

pub mod abba;
pub mod agent;
pub mod cap;
pub mod cases;
pub mod clock;
pub mod compare;
pub mod data;
pub mod drive;
pub mod engine;
pub mod fio_json;
pub mod histogram;
pub mod hit;
pub mod integrity;
pub mod job;
pub mod measurement;
pub mod observed;
pub mod pts;
pub mod random;
pub mod reservation;
pub mod run;
pub mod safety;
pub mod scan;
pub mod schedule;
pub mod shape;
pub mod signature;
pub mod steady;
pub mod summary;
pub mod target;
pub mod text;
pub mod validity;
pub mod workload;
