//! Hosts and guests of network namespaces, and real packets between them.
//!
//! A [`Bed`] makes namespaces of its own and takes them away again: when it is dropped, on
//! Ctrl-C, and those of a run that was killed at the next start. [`Space::inside`] runs code
//! on a thread that entered a namespace; a socket made there stays in it for life. [`frame`]
//! makes frames, [`wire`] sends and hears them, [`layout`] builds tenant networks with
//! iproute2 and nft by hand, [`node`] has the library build them; [`dump`] reads everything back.

mod bed;
pub mod dump;
pub mod frame;
pub mod full;
pub mod layout;
pub mod node;
pub mod wire;

pub use bed::{Bed, BedError, Space, eventually, within};
