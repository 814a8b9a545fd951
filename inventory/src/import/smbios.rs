//! SMBIOS tables as files: `dmidecode --dump-bin`, bare tables, RSMB blocks.

use crate::import::{ImportError, digest};
use crate::model::Inventory;
use crate::smbios;

/// Reads the table in `bytes`, the content of the file `name`.
pub fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let table = table(name, bytes)?;
    Ok(smbios::inventory(&table, Some(name), Some(&digest(bytes))))
}

/// Finds the table in `bytes`, for those who want more of it than the model.
pub fn table(name: &str, bytes: &[u8]) -> Result<smbios::Table, ImportError> {
    smbios::parse(bytes).map_err(|error| {
        let said = ImportError::new(name, error.to_string());
        match error.hint() {
            Some(hint) => said.with_hint(hint),
            None => said,
        }
    })
}

#[cfg(test)]
mod tests;
