//! An image that BMCs fetch from us: which bytes answer which request, and how much of it was read.
//!
//! This part takes values and returns values; [`serve`] has the sockets and the file.

pub mod nfs;
mod read;
mod reply;
pub mod serve;
mod way;

pub use read::Reads;
pub use reply::{Asked, Image, Reply, name, reply};
pub use way::Way;
