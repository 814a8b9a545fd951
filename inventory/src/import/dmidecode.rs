//! Reports of dmidecode: text into the same model, by the same rules as tables.
//!
//! Any release, any selection of types, with or without handles (`-q`), cut
//! anywhere, with any line ends, several outputs of one machine in one file.
//! What the text cannot say (blanks it folded, bytes it printed as dots) stays
//! unsaid.

mod lines;
mod record;
mod report;

use crate::import::{ImportError, digest};
use crate::model::{Finding, FindingClass, Inventory};
use crate::smbios::{Context, assemble, duplicate_handles};

pub use record::{TextField, TextStructure};
use report::Reports;

/// Reads the report in `bytes`, the content of the file `name`.
pub fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let reports = read(name, bytes)?;
    let digest = digest(bytes);
    let damage = reports.damage.iter().map(|damage| Finding {
        class: FindingClass::Damage,
        path: "smbios".to_owned(),
        message: format!("line {}: {}", damage.line, damage.message),
        message_zh: format!("第 {} 行：{}", damage.line, damage.message_zh),
        claims: Vec::new(),
    });
    let mut findings: Vec<Finding> = damage.collect();
    findings.extend(duplicate_handles(&reports.repeated));
    let context = Context {
        file: Some(name),
        digest: Some(&digest),
        loss: reports.loss.clone(),
        selected: reports.selected,
        findings,
    };
    Ok(assemble(&reports.structures, context))
}

/// Returns the structures of the report in `bytes`, each with its fields.
pub fn structures(name: &str, bytes: &[u8]) -> Result<Vec<TextStructure>, ImportError> {
    read(name, bytes).map(|reports| reports.structures)
}

fn read(name: &str, bytes: &[u8]) -> Result<Reports, ImportError> {
    let text = lines::decode(bytes);
    let reports = report::read(name, &text)?;
    if reports.structures.is_empty() {
        return Err(nothing(name, &text));
    }
    Ok(reports)
}

/// Says why a text without structures has none.
fn nothing(name: &str, text: &str) -> ImportError {
    let line_of = |what: &str| text.lines().position(|line| line.contains(what)).map(|at| at + 1);
    if let Some(line) = line_of("Permission denied") {
        return ImportError::new(name, "dmidecode was not allowed to read the table")
            .at(format!("line {line}"))
            .with_hint("run dmidecode as root");
    }
    if let Some(line) = line_of("No SMBIOS nor DMI entry point found") {
        return ImportError::new(name, "dmidecode found no table")
            .at(format!("line {line}"))
            .with_hint("a container or a machine without SMBIOS has none; run it on the host");
    }
    ImportError::new(name, "no structure of a dmidecode report in it")
        .at("line 1")
        .with_hint("give the output of `dmidecode`, run as root, in full")
}

#[cfg(test)]
mod tests;
