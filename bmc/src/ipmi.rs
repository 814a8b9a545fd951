//! IPMI 2.0 over LAN (IPMI 2.0 revision 1.1; "§" is of it): sessions of our own, and what is asked
//! in them.
//!
//! [`wire`] has the bytes, [`suite`] the cryptography, [`session`] the state machine that is told
//! of bytes and time and says what to send, [`command`] what is asked and how the answer reads. All
//! of these are values. [`client`] is the edge: it alone has a socket and a clock.

pub mod client;
pub mod command;
pub mod completion;
mod error;
pub mod privilege;
pub mod session;
pub mod suite;
pub mod wire;

pub use client::{
    Carrier, Client, Console, Credentials, DEVICES, Facts, Found, Identify, LogMark, NewAccess,
    PasswordForm, Pong, Reached, Reset, ping, suites,
};
pub use error::IpmiError;
pub use session::{Options, Patience};
