//! Tests and figures that need real peers.
//!
//! [`peer`] says what a test needs of the machine and what a missing peer
//! means; [`corpus`] finds and unpacks the corpora of real data; [`delivery`] makes a site of it with
//! defects of ours; [`program`] builds and runs `assay`; [`network`] makes hosts and guests of namespaces;
//! [`sample`] runs two commands in turn and reports medians and ratios. The
//! binary `figures` measures what the issues ask to be
//! shown and writes `docs/benchmarks.md`.

pub mod corpus;
pub mod delivery;
pub mod network;
pub mod peer;
pub mod program;
pub mod sample;

pub use peer::{Need, trial};
