//! Loops that tenants' bridges and cables make outside of ours, found by probes and broken.
//!
//! Every port sends a signed [`frame`] towards its guest now and then. No bridge of ours passes
//! such a frame on (its rules drop what is neither IP nor ARP at every port and tunnel), so one
//! that comes in by a port has come back from outside: by the same port, by another port of its
//! network, or by a port of another node. [`decide`] says what follows; the sockets, and the
//! state of a bridge's port that breaks a loop, are in [`kernel::loops`](crate::kernel::loops).
//!
//! A closed port still sends and hears, so it opens once the loop is gone and no sooner.

pub mod decide;
pub mod finding;
pub mod frame;

pub use decide::Detector;
pub use finding::{Counts, Deed, Finding, Kind, News, What};
pub use frame::Key;
