//! A simulated Redfish service, asked as a client asks.

mod boot;
mod etags;
mod media;
mod oddities;
mod power;
mod rest;
mod sessions;
mod tasks;
