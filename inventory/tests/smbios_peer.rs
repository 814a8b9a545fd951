//! Our reading of tables against that of the dmidecode installed here.
//!
//! Original dumps of the corpus, and made-up structures whose bytes are drawn
//! by chance: every field that dmidecode prints is in the raw view with the
//! same value, but for the differences listed with their reasons.

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use inventory::import::dmidecode::{self, TextField, TextStructure};
use inventory::smbios::{self, RawStructure};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use table::{Built, Tables};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        Trial::ignorable_test("original_dumps_read_as_dmidecode_reads_them", originals),
        Trial::ignorable_test("original_reports_make_the_model_of_their_dumps", original_reports),
        Trial::ignorable_test("a_table_reads_the_same_with_and_without_an_entry_point", wrapped),
        Trial::ignorable_test("made_up_structures_read_as_dmidecode_reads_them", made_up),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Where we differ from dmidecode 3.4 on purpose: type, field, reason.
const DIFFERENCES: &[(u8, &str, &str)] = &[
    (19, "Starting Address", "bytes also where the structure gives bytes; dmidecode appends a k"),
    (19, "Ending Address", "as the starting address"),
    (20, "Starting Address", "as the starting address of type 19"),
    (20, "Ending Address", "as the starting address of type 19"),
    (6, "Installed Size", "2^64 MB and more are no size"),
    (6, "Enabled Size", "2^64 MB and more are no size"),
    (19, "Range Size", "a range that ends before it begins is invalid"),
    (20, "Range Size", "a range that ends before it begins is invalid"),
    (4, "Characteristics", "dmidecode prints None where only bits 8 and 9 are set"),
    (9, "Characteristics", "bit 7 of the second byte is CXL 3.0 since DSP0134 3.6"),
    (17, "Memory Operating Mode Capability", "None, not nothing, where only unknown bits are set"),
    (17, "Speed", "bit 31 of the extended speed is reserved"),
    (17, "Configured Memory Speed", "bit 31 of the extended speed is reserved"),
];

/// Runs dmidecode on a dump and returns what it printed, or why it cannot.
fn peer(dump: &Path) -> Result<Vec<u8>, String> {
    let output = ["dmidecode", "/usr/sbin/dmidecode"].iter().find_map(|program| {
        Command::new(program).arg("--from-dump").arg(dump).env("LC_ALL", "C").output().ok()
    });
    output.map(|output| output.stdout).ok_or_else(|| "dmidecode is not installed".to_owned())
}

fn ignored(reason: String) -> Result<Completion, Failed> {
    if corpus::required() { Err(reason.into()) } else { Ok(Completion::ignored_with(reason)) }
}

/// What differed, by type and field.
#[derive(Default)]
struct Differences {
    same: usize,
    found: BTreeMap<(u8, String), (usize, String)>,
}

impl Differences {
    fn add(&mut self, kind: u8, field: &str, example: String) {
        if !DIFFERENCES.iter().any(|known| known.0 == kind && known.1 == field) {
            self.found.entry((kind, field.to_owned())).or_insert((0, example)).0 += 1;
        }
    }

    fn compare(&mut self, what: &str, printed: &[TextStructure], raw: &[RawStructure]) {
        if printed.len() != raw.len() {
            let example = format!("{what}: {} printed, {} read", printed.len(), raw.len());
            self.add(255, "structures", example);
        }
        for (printed, raw) in printed.iter().zip(raw) {
            let mut from = 0;
            for field in printed.fields.iter().filter(|field| known(raw, &field.name)) {
                if field.name == "Signature" && printed.fields.iter().any(is_ancient) {
                    continue;
                }
                let place = raw.fields.iter().skip(from).position(|f| f.name == field.name);
                let seen = place.and_then(|at| raw.fields.get(from + at));
                // Names repeat where records do: go on behind the last.
                from = place.map_or(from, |at| if repeats(raw.kind) { from + at + 1 } else { 0 });
                let same = seen.is_some_and(|seen| {
                    (seen.value.trim() == folded(&field.value)
                        || rounded(&field.value, &seen.value)
                        || unfilled(raw.kind, &field.value))
                        && same_items(&seen.items, &field.items)
                });
                if same || field.value.contains("<OUT OF SPEC>") {
                    self.same += 1;
                } else {
                    let handle = &raw.handle;
                    self.add(raw.kind, &field.name, format!("{what} {handle} {field:?}: {seen:?}"));
                }
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the count is what this test measures")]
    fn verdict(self) -> Result<Completion, Failed> {
        println!("    {} fields the same, {} kinds of difference", self.same, self.found.len());
        if self.found.is_empty() && self.same > 0 {
            return Ok(Completion::Completed);
        }
        let lines = self.found.iter().map(|((kind, field), (count, example))| {
            format!("type {kind} `{field}`: {count}\n    {example}")
        });
        Err(lines.collect::<Vec<_>>().join("\n").into())
    }
}

/// Structures that dmidecode shows in hex have no fields of ours.
fn known(raw: &RawStructure, field: &str) -> bool {
    raw.bytes.is_none() && raw.kind < 126 && field != "Header and Data" && field != "Strings"
}

/// The signatures of the 386 and 486 have a layout of their own, unread by us.
fn is_ancient(field: &TextField) -> bool {
    field.name == "Family" && matches!(field.value.as_str(), "80386" | "80486")
}

fn repeats(kind: u8) -> bool {
    matches!(kind, 10 | 40 | 42)
}

fn same_items(ours: &[String], theirs: &[String]) -> bool {
    // Of strings that are not there, we show the first sixteen.
    let mut theirs: Vec<&str> = theirs.iter().map(|item| item.trim()).collect();
    while theirs.len() > ours.len() && theirs.last() == Some(&"<BAD INDEX>") {
        theirs.pop();
    }
    ours.iter().map(|item| item.trim()).eq(theirs)
}

/// Returns whether this is a cache of Dell firmware that leaves the sizes of
/// SMBIOS 3.1 at zero: dmidecode prints these, we the ones that are filled.
fn unfilled(kind: u8, theirs: &str) -> bool {
    kind == 7 && theirs.trim() == "0 kB"
}

/// Returns whether `theirs` is the size `ours`, without what is below its unit:
/// dmidecode keeps two units of the three that a size may need.
fn rounded(theirs: &str, ours: &str) -> bool {
    let size = |text: &str| {
        let (number, unit) = text.trim().split_once(' ')?;
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
        let shift = units.iter().position(|name| *name == unit)? * 10;
        Some((number.parse::<u128>().ok()? << shift, shift))
    };
    size(theirs)
        .zip(size(ours))
        .is_some_and(|((theirs, shift), (ours, _))| shift > 0 && theirs >> shift == ours >> shift)
}

/// Returns a size in its largest whole unit.
fn folded(value: &str) -> String {
    let value = value.trim();
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
    let Some((number, unit)) = value.split_once(' ') else { return value.to_owned() };
    let (Ok(mut number), Some(mut at)) =
        (number.parse::<u64>(), units.iter().position(|name| *name == unit))
    else {
        return value.to_owned();
    };
    while number > 0 && number.is_multiple_of(1024) && at + 1 < units.len() {
        number /= 1024;
        at += 1;
    }
    format!("{number} {}", units[at])
}

/// Dumps with an entry point: u-root's, and the others as wrapped.
fn dumps() -> Result<Vec<PathBuf>, String> {
    let originals = corpus::folder("smbios")?.join("originals");
    let mut dumps = Vec::new();
    for folder in ["u-root-smbios", "wrapped"] {
        let entries = fs::read_dir(originals.join(folder)).map_err(|error| error.to_string())?;
        dumps.extend(
            entries
                .filter_map(Result::ok)
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|ext| ext == "bin")),
        );
    }
    dumps.sort();
    Ok(dumps)
}

fn originals() -> Result<Completion, Failed> {
    let dumps = match dumps() {
        Ok(dumps) => dumps,
        Err(reason) => return ignored(reason),
    };
    let mut differences = Differences::default();
    for dump in dumps {
        let printed = match peer(&dump) {
            Ok(printed) => printed,
            Err(reason) => return ignored(reason),
        };
        let name = dump.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let printed = dmidecode::structures(&name, &printed)?;
        let table = smbios::parse(&fs::read(&dump)?)?;
        differences.compare(&name, &printed, &smbios::raw(&table));
    }
    differences.verdict()
}

/// The reports that came with u-root's dumps, by releases 3.1 to 3.4.
fn original_reports() -> Result<Completion, Failed> {
    let dumps = match dumps() {
        Ok(dumps) => dumps,
        Err(reason) => return ignored(reason),
    };
    let mut compared = 0;
    for dump in dumps {
        let Ok(report) = fs::read(dump.with_extension("orig.txt")) else { continue };
        let table = smbios::parse(&fs::read(&dump)?)?;
        let table = serde_json::to_value(smbios::inventory(&table, Some("m"), None))?;
        let report = serde_json::to_value(dmidecode::import("m", &report)?)?;
        for section in ["cpu", "dimm", "slot", "memory_array", "cache"] {
            let strip = |value: &serde_json::Value| {
                let mut list = value[section].as_array().cloned().unwrap_or_default();
                for object in &mut list {
                    object["origin"] = serde_json::Value::Null;
                }
                list
            };
            let (table, report) = (strip(&table), strip(&report));
            if table != report {
                let (a, b) = table.iter().zip(&report).find(|(a, b)| a != b).ok_or("lengths")?;
                return Err(format!("{} {section}:\n{a:#}\n{b:#}", dump.display()).into());
            }
            compared += table.len();
        }
    }
    if compared == 0 { Err("nothing was compared".into()) } else { Ok(Completion::Completed) }
}

/// Bare tables, RSMB blocks and dumps, against the same behind an entry point.
fn wrapped() -> Result<Completion, Failed> {
    let originals = match corpus::folder("smbios") {
        Ok(folder) => folder.join("originals"),
        Err(reason) => return ignored(reason),
    };
    let mut compared = 0;
    for wrapped in
        dumps()?.into_iter().filter(|path| path.parent().is_some_and(|p| p.ends_with("wrapped")))
    {
        let stem = wrapped.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (folder, name) = stem.split_once("--").ok_or("a wrapped file names its original")?;
        let original = ["bin", "dmi", "dat"]
            .iter()
            .map(|extension| originals.join(folder).join(format!("{name}.{extension}")))
            .find(|path| path.is_file())
            .ok_or("each wrapped file has an original")?;
        let bare = smbios::raw(&smbios::parse(&fs::read(&original)?)?);
        let behind = smbios::raw(&smbios::parse(&fs::read(&wrapped)?)?);
        if bare != behind {
            return Err(format!("{} differs from {}", original.display(), wrapped.display()).into());
        }
        compared += behind.len();
    }
    if compared == 0 { Err("nothing was compared".into()) } else { Ok(Completion::Completed) }
}

/// A generator whose numbers are the same on every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn byte(&mut self) -> u8 {
        // The edges of fields are where codes and sentinels are.
        match self.next() % 8 {
            0 => 0,
            1 => 0xFF,
            2 => self.next().to_le_bytes()[3] % 16,
            _ => self.next().to_le_bytes()[4],
        }
    }
}

/// The lengths at which each type is whole by some version of DSP0134. Between
/// them dmidecode skips fields that would fit, which is no difference of meaning.
const LENGTHS: &[(u8, &[usize])] = &[
    (0, &[0x12, 0x18, 0x1A]),
    (1, &[0x08, 0x19, 0x1B]),
    (2, &[0x08, 0x0F]),
    (3, &[0x09, 0x0D, 0x11]),
    (4, &[0x1A, 0x20, 0x23, 0x28, 0x2A, 0x30]),
    (6, &[0x0C]),
    (7, &[0x0F, 0x13, 0x1B]),
    (8, &[0x09]),
    (9, &[0x0D, 0x11]),
    (10, &[0x06, 0x08]),
    (13, &[0x16]),
    (16, &[0x0F, 0x17]),
    (17, &[0x15, 0x1B, 0x1C, 0x22, 0x28, 0x54, 0x5C]),
    (18, &[0x17]),
    (19, &[0x0F, 0x1F]),
    (20, &[0x13, 0x23]),
    (21, &[0x07]),
    (22, &[0x10, 0x1A]),
    (23, &[0x0D]),
    (24, &[0x05]),
    (25, &[0x09]),
    (26, &[0x14, 0x16]),
    (27, &[0x0C, 0x0E, 0x0F]),
    (28, &[0x14, 0x16]),
    (29, &[0x14, 0x16]),
    (30, &[0x06]),
    (32, &[0x0B]),
    (33, &[0x1F]),
    (34, &[0x0B]),
    (35, &[0x0B]),
    (36, &[0x10]),
    (38, &[0x10, 0x12]),
    (39, &[0x10, 0x16]),
    (41, &[0x0B]),
    (43, &[0x1F]),
];

fn made_up() -> Result<Completion, Failed> {
    let mut differences = Differences::default();
    let mut chance = Chance(0x5EED_2026);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for (round, (major, minor)) in [(3, 5), (2, 8), (2, 4)].into_iter().enumerate() {
        let mut tables = Tables::new(major, minor);
        let rounds = if major == 3 { 300 } else { 12 };
        for n in 0..rounds {
            for (at, &(kind, lengths)) in LENGTHS.iter().enumerate() {
                let length = lengths[n % lengths.len()];
                let handle = u16::try_from(n * LENGTHS.len() + at)?;
                let mut built = Built::new(kind, handle, length);
                built.body.iter_mut().for_each(|byte| *byte = chance.byte());
                built.strings = vec![b"first".to_vec(), b"second one ".to_vec(), b"Intel".to_vec()];
                tables = tables.with(built);
            }
        }
        let dump = folder.join(format!("made-up-{}-{round}.bin", std::process::id()));
        fs::write(&dump, tables.dump())?;
        let printed = peer(&dump);
        fs::remove_file(&dump)?;
        let printed = match printed {
            Ok(printed) => dmidecode::structures("made up", &printed)?,
            Err(reason) => return ignored(reason),
        };
        let table = smbios::parse(&tables.dump())?;
        differences.compare(&format!("{major}.{minor}"), &printed, &smbios::raw(&table));
    }
    differences.verdict()
}
