//! What a server is made of, and how we know.
//!
//! One model, [`Inventory`] (`inventory/v1`), is filled by collectors that read
//! a root directory, by decoders of binary tables and device pages, and by
//! imports of what other tools wrote. Every fact names its source, every
//! section its completeness.
//!
//! This crate judges nothing: that is `profiles`. It reads no Redfish: that is
//! `bmc`.

pub mod brand;
pub mod capture_file;
pub mod collect;
pub mod device;
pub mod ethtool;
pub mod frequency;
pub mod health;
pub mod identity;
pub mod import;
pub mod lldp;
pub mod merge;
pub mod model;
pub mod pci_ids;
pub mod placeholder;
pub mod record;
pub mod smart;
pub mod smbios;
pub mod sysroot;
mod unpack;

pub use model::Inventory;
pub use sysroot::Sysroot;
