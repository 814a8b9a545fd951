//! What is asked of a BMC next, decided from what it has answered: pure, without sockets or
//! clocks.
//!
//! BMCs differ in how a thing is asked for, so each change is a ladder: steps that are tried in
//! order until one is taken, and then read back. A ladder is a function of all answers so far (a
//! [`script::Script`]): where it asks for more than there is, it returns what to send, and is run
//! again from its start when that is answered. So it reads from top to bottom as the conversation
//! goes, and any conversation can be replayed. The steps that go beyond the standard are in a
//! ladder only where a quirk of [`crate::dialect`] says so.

pub mod account;
pub mod action;
pub mod bios;
pub mod boot;
pub mod certificate;
pub mod clock;
pub mod dump;
pub mod eject;
pub mod etag;
pub mod events;
pub mod insert;
pub mod interface;
pub mod lockdown;
pub mod message;
pub mod place;
pub mod power;
pub mod property;
mod remote;
pub mod retry;
pub mod script;
pub mod session;
pub mod slot;
pub mod task;
pub mod update;
pub mod volume;
pub mod way;
