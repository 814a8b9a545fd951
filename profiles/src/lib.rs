//! The norm as data, and the judge.
//!
//! Profiles are TOML files under `norms/`. [`judge`](judgement) takes a profile
//! and a document of facts and returns one [`Judgement`] per check. Logic over
//! unknowns is three-valued (Kleene): what is not known never passes.
//!
//! This crate does no I/O and knows no other crate of the product: facts reach
//! it as JSON, their shape as JSON Schema.

pub mod judgement;
pub mod text;

pub use judgement::{Judgement, Level, Outcome, Overall, Reason, Tally, Verdict};
pub use text::{Lang, Text};
