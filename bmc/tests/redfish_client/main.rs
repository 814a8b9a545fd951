//! The live Redfish client: each ladder against a BMC that is a value, and the whole of it against
//! a server on this machine.

mod account;
mod any;
mod audit;
mod bios;
mod boot;
mod certificate;
mod clock;
mod dump;
mod etag;
mod host;
mod interface;
mod lockdown;
mod makes;
mod media;
mod power;
mod server;
mod session;
mod sessions;
mod settings;
mod simulated;
mod stored;
mod talk;
mod task;
mod update;
mod volume;
mod wire;
