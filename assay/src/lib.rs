//! The program's library: what its commands are made of.

pub mod report;
