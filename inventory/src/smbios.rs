//! SMBIOS tables: found, walked, shown field by field, turned into the model.
//!
//! Follows DMTF DSP0134, versions 2.0 to 3.8. A table comes as `dmidecode
//! --dump-bin` writes it, as the two files in `/sys/firmware/dmi/tables`, as a
//! bare table, or as the block that Windows returns for `RSMB`.
//!
//! Damage costs what it hits and no more: what cannot be read is a [`Damage`]
//! of the [`Table`], and the sections it may have cost are `partial`. Names and
//! wording of [`raw`] are those of dmidecode, because acceptance teams compare
//! by eye.

mod entry;
mod inventory;
mod layout;
mod raw;
pub(crate) mod record;
mod structure;
mod value;
mod walk;
mod words;

pub use entry::{SmbiosError, parse, parse_pair};
pub use inventory::inventory;
pub(crate) use inventory::{Context, assemble, duplicate_handles};
pub(crate) use layout::{canonical_name, kind_of_title};
pub use raw::{RawField, RawStructure, raw};
pub use structure::{Structure, Text};
pub use value::{Unit, Value};
pub use walk::{Damage, Table, Version};
