//! Talks to BMCs: which ones a user means, what may be done to them, whom to trust, when to stop
//! trying, and what is then read and done over Redfish and IPMI.
//!
//! The middle takes values and returns values: [`target`] and [`hosts`] read what the user named
//! (tables by [`mod@sheet`]), [`safety`] decides whether a verb may act, [`lockout`] whether a credential may be tried,
//! [`trust`] whether a certificate is the one that is known, [`operation`] has the words that
//! both protocols share, [`redfish`] and [`ipmi`] are the two, [`hand`] is the one for both,
//! [`audit`] judges how it is closed, [`adopt`] orders how it is taken into service,
//! [`dialect`] has what makes of BMCs do differently, as data. The edges are [`client`],
//! [`redfish::client`], [`ipmi::client`] and [`discover`], which open sockets, and
//! [`redfish::load`] and [`interop::load`], which read files.

pub mod adopt;
pub mod audit;
pub mod client;
pub mod credential;
pub mod dialect;
pub mod discover;
pub mod hand;
pub mod hosts;
pub mod interop;
pub mod ipmi;
pub mod lockout;
pub mod media;
pub mod operation;
pub mod probe;
pub mod record;
pub mod redfish;
pub mod safety;
pub mod sheet;
pub mod simulate;
pub mod target;
pub mod trust;
