//! Judges a Redfish service by an interoperability profile (DMTF DSP0272).
//!
//! [`load`] is the edge: it reads a profile and those it requires from a folder. [`profile`] reads
//! the document as a value and keeps account of every part that it does not understand; [`judge`]
//! holds a [`Tree`](crate::redfish::tree::Tree) against it and returns a [`finding::Finding`] for
//! every requirement. A tree of a live service and one from disk are judged alike.
//!
//! What cannot be seen by reading, and what was not understood, is not tested; it never passes.

pub mod finding;
pub mod judge;
pub mod load;
pub mod profile;

#[cfg(test)]
mod tests;
