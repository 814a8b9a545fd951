//! Simulated BMCs: stateful, with the ways and faults of the makes that are met, for those who
//! have no hardware at hand and for tests.
//!
//! [`Host`] is a value: a request and the time in, an answer out. Redfish and IPMI act on the same
//! state. What it advertises it does; what it does wrong is turned on by [`knobs`]. [`serve`] is
//! the edge that has sockets, clocks and randomness.

#[cfg(test)]
mod bench;
pub mod clock;
mod host;
pub mod ipmi;
pub mod knobs;
pub mod message;
pub mod serve;
mod service;
pub mod template;
pub mod x509;

pub use host::{Host, Identity};
