//! Whether storage keeps what it acknowledged: `verify`, and `verify --after-crash`.
//!
//! Each block says where and when it was written ([`block`]); a table holds the last
//! generation of each ([`generation`]); a journal on another disk holds what was intended,
//! acknowledged and flushed ([`journal`]); a block that was read is then judged
//! ([`judge`]) and counted ([`report`]). It follows the storage reference, §6.
//!
//! Edges: [`run`] owns files and threads, [`elsewhere`] asks the kernel what disk a file
//! is on. All else is pure.

pub mod block;
pub mod crc64;
pub mod elsewhere;
pub mod generation;
pub mod journal;
pub mod judge;
pub mod order;
pub mod report;
pub mod run;
mod vector;
