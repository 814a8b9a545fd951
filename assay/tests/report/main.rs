//! The report as a whole: its files, what finds a change to them, its revisions.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod contract;
mod derived;
mod disk;
mod fixture;
mod plan;
mod revisions;
mod roles;
mod storage;
mod tamper;
