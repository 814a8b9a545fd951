//! The edge: what opens connections to BMCs.

pub mod certificate;
pub mod hello;
mod reach;
mod verifier;

pub use hello::Old;
pub use reach::{Patience, ReachError};
pub(crate) use reach::{dial, resolve, why};
pub(crate) use verifier::looking;
pub use verifier::{Trust, config};
