//! The norm as data, and the judge.
//!
//! Profiles are TOML files under `norms/`; a [`Catalogue`] has those that are
//! compiled in and takes a contract's own. [`judge`] takes a [`Profile`] and a
//! document of facts and returns one [`Judgement`] per check. Logic over
//! unknowns is three-valued (Kleene): what is not known never passes.
//!
//! This crate does no I/O and knows no other crate of the product: facts reach
//! it as JSON, their shape as JSON Schema.

mod bundled;
pub mod check;
pub mod clauses;
pub mod coverage;
pub mod diff;
pub mod judgement;
pub mod kleene;
pub mod lint;
pub mod norm;
pub mod path;
pub mod plan;
pub mod scope;
pub mod terms;
pub mod text;
pub mod unit;
pub mod workload;

mod catalogue;
mod error;
mod finding;
mod inspection;
mod judge;
mod node;
mod profile;
mod role;
mod words;

pub use catalogue::{Catalogue, Entry};
pub use error::ProfileError;
pub use finding::nearest;
pub use inspection::Inspection;
pub use judge::{judge, overall};
pub use judgement::{Case, Judgement, Level, Outcome, Overall, Reason, Tally, Verdict};
pub use node::Place;
pub use profile::{Dropped, Extent, Profile, Subject};
pub use role::Role;
pub use terms::{Deviation, Mark, Standing, Terms, deviation};
pub use text::{Lang, Text};
