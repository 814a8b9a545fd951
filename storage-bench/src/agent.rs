//! Many clients, one test: what a controller and its agents say to each other.
//!
//! Pure: state machines are told messages and the time, and asked what to do next; the
//! program owns TLS, sockets and engines. Clocks are each machine's own monotonic one, in
//! nanoseconds; a controller estimates how far apart they are ([`clock`]), starts all
//! agents at one moment of its own ([`controller`]), and counts only the seconds that all
//! of them ran ([`window`]). Histograms are added, which is exact; single operations are
//! never sent. An agent writes only to devices it listed at its own start ([`session`]).
//! It follows the storage reference, §10.

pub mod clients;
pub mod clock;
pub mod controller;
pub mod frame;
pub mod message;
pub mod session;
pub mod token;
pub mod total;
pub mod window;

/// Nanoseconds of a second.
pub const SECOND_NS: u64 = 1_000_000_000;
