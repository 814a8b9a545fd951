//! Delivery: what was ordered and packed, as a list says it, against what was found.
//!
//! A delivery list is wanted ([`List`], its [`Line`]s, the [`Part`]s of each); a machine that was
//! found is seen ([`Seen`]). [`compare`](compare::compare) takes both and returns what is missing,
//! extra, swapped, of another part or firmware, there twice, or could not be told. All of it is
//! functions on values; `command::accept::site` and `command::site` read and write.
//!
//! Unknown is never delivered: where the machine did not tell what the list asks, the line is open.

mod columns;
pub mod compare;
pub mod delivery;
pub mod finding;
mod fit;
pub mod list;
mod naming;
pub mod part;
mod piece;
pub mod place;
pub mod rack;
pub mod seen;
#[cfg(test)]
mod tests;
pub mod write;

pub use compare::{Comparison, Contract, Standing, State};
pub use delivery::{Delivery, Light, Verdict};
pub use finding::{Class, Finding, Kind};
pub use list::{Line, List, Refusal};
pub use part::Part;
pub use place::Place;
pub use seen::Seen;
