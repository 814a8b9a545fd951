//! Redfish: trees of resources, and what is read of them.
//!
//! Everything that is read goes through a [`tree::Tree`]: what a service answered, by path. A live
//! service is walked into one, a folder or an archive is loaded as one, and readers take it as a
//! value; so a dump from the field and a BMC on the bench give the same.

pub mod client;
pub mod event;
pub mod finding;
pub mod firmware;
pub mod inventory;
pub mod ladder;
pub mod load;
pub mod log;
pub mod raid;
pub mod reader;
pub mod root;
pub mod security;
pub mod sensors;
pub mod tree;
pub mod walk;

#[cfg(test)]
mod tests;
