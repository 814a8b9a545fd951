//! From structures to the model: one set of rules for tables and for text.

mod compute;
mod findings;
mod io;
mod memory;
mod reader;
mod system;

use crate::identity::identity_of;
use crate::model::{Finding, Inventory, Section, SectionState, Source, SourceId, SourceKind};

use super::Table;
use super::record::{Binary, Record};
pub(crate) use findings::duplicate_handles;
use reader::Reader;

/// What the rules must know about where the structures come from.
#[derive(Debug, Default)]
pub(crate) struct Context<'a> {
    /// The file, for an import; `None` for the table of the machine itself.
    pub(crate) file: Option<&'a str>,
    /// Digest of the file or table.
    pub(crate) digest: Option<&'a str>,
    /// Why structures may be missing.
    pub(crate) loss: Option<String>,
    /// Whether only some types were asked for: nothing follows from the absence
    /// of a type.
    pub(crate) selected: bool,
    /// What was met while reading.
    pub(crate) findings: Vec<Finding>,
}

/// Returns what `table` says of its machine.
///
/// Sources read `smbios:17/0x0021`, or `import:FILE#17/0x0021` where `file`
/// names what was imported. `digest` is that of the file or table, as
/// `sha256:HEX`.
pub fn inventory(table: &Table, file: Option<&str>, digest: Option<&str>) -> Inventory {
    let records: Vec<Binary<'_>> = table.structures().map(Binary::new).collect();
    let context = Context {
        file,
        digest,
        loss: table.loss().map(findings::describe),
        selected: false,
        findings: findings::of_damage(&table.damage),
    };
    assemble(&records, context)
}

/// Applies the rules to `records`, in their order.
pub(crate) fn assemble<R: Record>(records: &[R], context: Context<'_>) -> Inventory {
    let mut builder = Builder {
        inventory: Inventory { findings: context.findings, ..Inventory::default() },
        file: context.file,
        digest: context.digest,
        bad: Vec::new(),
    };
    for record in records {
        builder.add(record);
    }
    builder.prefer_named_boards();
    let mut inventory = builder.inventory;
    inventory.findings.extend(findings::bad_indices(&builder.bad));
    inventory.findings.extend(findings::arrays(&inventory));
    set_sections(&mut inventory, records, context.loss.as_deref(), context.selected);
    let identity = identity_of(&inventory);
    let (state, reason) = match &identity.key {
        Some(_) => (SectionState::Complete, None),
        None => (SectionState::Failed, Some("no usable serial number or UUID".to_owned())),
    };
    inventory.set_section(Section::Identity, state, reason);
    inventory.identity = Some(identity);
    inventory
}

/// The model while it is being filled.
struct Builder<'a> {
    inventory: Inventory,
    file: Option<&'a str>,
    digest: Option<&'a str>,
    /// Fields whose string index points past the end.
    bad: Vec<String>,
}

impl Builder<'_> {
    fn add(&mut self, record: &dyn Record) {
        match record.kind() {
            0 | 45 => self.firmware(record),
            1 => self.system(record),
            2 => self.board(record),
            3 => self.chassis(record),
            4 => self.processor(record),
            7 => self.cache(record),
            9 => self.slot(record),
            11 | 12 => self.strings(record),
            16 => self.array(record),
            17 => self.dimm(record),
            38 | 42 => self.bmc(record),
            39 => self.supply(record),
            43 => self.tpm(record),
            _ => {}
        }
    }

    /// Adds the source that stands for `record`.
    fn source(&mut self, record: &dyn Record) -> SourceId {
        let place = record.place();
        let (kind, locator) = match self.file {
            Some(file) => (SourceKind::Import, format!("import:{file}#{place}")),
            None => (SourceKind::Smbios, format!("smbios:{place}")),
        };
        let digest = self.digest.map(str::to_owned);
        self.inventory.add_source(Source { kind, locator, at: None, digest })
    }

    fn read<'r>(&mut self, record: &'r dyn Record) -> Reader<'r> {
        Reader::new(record, self.source(record))
    }

    /// Takes the provenance out of a reader that is done.
    fn done(&mut self, reader: Reader<'_>) -> crate::model::Origin {
        let (origin, bad) = reader.finish();
        self.bad.extend(bad);
        origin
    }
}

/// The sections that SMBIOS fills, and the types that fill them.
const SECTIONS: [(Section, &[u8]); 13] = [
    (Section::System, &[1]),
    (Section::Board, &[2]),
    (Section::Chassis, &[3]),
    (Section::Firmware, &[0]),
    (Section::Bmc, &[38, 42]),
    (Section::Cpu, &[4]),
    (Section::Cache, &[7]),
    (Section::Dimm, &[17]),
    (Section::MemoryArray, &[16]),
    (Section::Slot, &[9]),
    (Section::Psu, &[39]),
    (Section::Tpm, &[43]),
    (Section::OemStrings, &[11, 12]),
];

fn set_sections<R: Record>(
    inventory: &mut Inventory,
    records: &[R],
    loss: Option<&str>,
    selected: bool,
) {
    for (section, kinds) in SECTIONS {
        let any = records.iter().any(|record| kinds.contains(&record.kind()));
        if selected && !any {
            continue;
        }
        let (state, reason) = match (loss, any) {
            (Some(loss), _) => (SectionState::Partial, Some(loss.to_owned())),
            (None, true) => (SectionState::Complete, None),
            (None, false) => (SectionState::Unsupported, Some(none_of(kinds))),
        };
        inventory.set_section(section, state, reason);
    }
}

fn none_of(kinds: &[u8]) -> String {
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    format!("the SMBIOS table has no structure of type {}", kinds.join(" or "))
}
