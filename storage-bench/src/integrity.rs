//! Whether storage keeps what it acknowledged: `verify`, and `verify --after-crash`.
//!
//! Each block says where and when it was written ([`block`]); a table holds the last
//! generation of each ([`generation`]); a journal on another disk holds what was intended,
//! acknowledged and flushed ([`journal`]); a block that was read is then judged
//! ([`judge`]). `docs`: storage reference, §6. All of it is pure but [`run`], which owns
//! files, threads and clock, and [`elsewhere`], which asks the kernel what disk a file is on.

pub mod block;
pub mod crc64;
pub mod generation;
pub mod journal;
pub mod judge;
mod vector;
