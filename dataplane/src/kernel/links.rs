//! Devices, forwarding entries and neighbours, by rtnetlink(7).

mod aside;
pub mod collect;
pub mod counters;
pub mod decode;
pub mod encode;
pub(super) mod numbers;
mod removal;
pub mod route;
