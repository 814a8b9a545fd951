//! Sending documents to a cloud manager's REST endpoint, each once by key.
//!
//! A document goes to the spool first, on stable storage, and from there to its
//! endpoint in the order it came: so a kill at any instruction loses nothing.
//! What was sent but not yet removed is sent again with the same
//! `Idempotency-Key`, the SHA-256 of its bytes, by which the receiver knows it.
//!
//! [`decide`], [`endpoint`] and [`entry`] are pure; [`client`], [`spool`],
//! [`secret`] and [`mod@deliver`] act.

pub mod client;
pub mod decide;
pub mod deliver;
pub mod endpoint;
pub mod entry;
pub mod secret;
pub mod spool;

pub use deliver::{Delivery, Options, deliver};
pub use entry::{Document, Route};
pub use spool::{Limits, Spool, SpoolError};
