//! hwloc's recorded trees, and what its own output says of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use libtest_mimic::{Completion, Failed};

/// A recorded tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree {
    /// The archive's name.
    pub(crate) name: &'static str,
    /// Packages, NUMA nodes, cores, threads by hwloc's output.
    pub(crate) counts: [u32; 4],
}

/// The trees, with the counts of the corpus's table: `lstopo`'s depths.
pub(crate) const TREES: &[Tree] = &[
    Tree { name: "128arm-2pa2n8cluster4co", counts: [2, 4, 128, 128] },
    Tree { name: "16em64t-4s2c2t-offlines", counts: [4, 1, 7, 12] },
    Tree { name: "32em64t-2n8c+dax+nvme+mic+dimms", counts: [2, 2, 16, 16] },
    Tree { name: "40intel64-2g2n4c+pcilocality", counts: [4, 4, 40, 40] },
    Tree { name: "64amd64-4s2n4ca2co", counts: [4, 8, 64, 64] },
    Tree { name: "96em64t-4no4pa3ca2co", counts: [16, 4, 96, 96] },
    Tree { name: "nvidia-dgx-gb10", counts: [1, 1, 20, 20] },
];

/// What hwloc says of a tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// DMI strings by hwloc's names.
    pub(crate) dmi: BTreeMap<String, String>,
    /// Models of the packages, blanks folded.
    pub(crate) models: Vec<String>,
    /// PCI functions.
    pub(crate) pci: Vec<Function>,
    /// Block devices with their sizes in KiB.
    pub(crate) blocks: Vec<(String, u64)>,
}

/// A PCI function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Function {
    pub(crate) address: String,
    pub(crate) vendor: String,
    pub(crate) device: String,
    pub(crate) class: String,
    pub(crate) slot: Option<String>,
}

/// The folder of trees.
#[derive(Clone, Debug)]
pub(crate) struct Corpus {
    dir: PathBuf,
}

impl Corpus {
    /// Finds the trees, or says why there are none.
    pub(crate) fn find() -> Result<Self, String> {
        let base = std::env::var_os("ASSAY_CORPUS").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
            PathBuf::from,
        );
        let dir = base.join("topology/hwloc");
        if dir.is_dir() { Ok(Self { dir }) } else { Err(format!("{} is missing", dir.display())) }
    }

    /// Unpacks a tree and reads what hwloc says of it.
    pub(crate) fn open(&self, tree: &Tree) -> Result<(tempfile::TempDir, Expected), Failed> {
        let archive = self.dir.join(format!("{}.tar.bz2", tree.name));
        let dir = tempfile::tempdir()?;
        let status =
            Command::new("tar").arg("-xjf").arg(&archive).arg("-C").arg(dir.path()).status()?;
        if !status.success() {
            return Err(format!("tar cannot unpack {}", archive.display()).into());
        }
        let xml = self.dir.join(format!("{}.xml", tree.name));
        let console = self.dir.join(format!("{}.console", tree.name));
        let expected = if xml.exists() {
            from_xml(&fs::read_to_string(xml)?)
        } else {
            from_console(&fs::read_to_string(console)?)
        };
        Ok((dir, expected))
    }
}

/// Ends a test whose trees are missing.
pub(crate) fn absent(reason: &str) -> Result<Completion, Failed> {
    if std::env::var_os("ASSAY_REQUIRE_CORPUS").is_some_and(|value| value == "1") {
        return Err(reason.into());
    }
    Ok(Completion::ignored_with(reason.to_owned()))
}

/// Reads hwloc's XML: an element a line.
fn from_xml(text: &str) -> Expected {
    let mut expected = Expected::default();
    let mut block: Option<String> = None;
    for line in text.lines() {
        let attribute = |name: &str| {
            let (_, rest) = line.split_once(&format!(" {name}=\""))?;
            rest.split_once('"').map(|(value, _)| unescape(value))
        };
        if line.contains("<info ") {
            let (Some(name), Some(value)) = (attribute("name"), attribute("value")) else {
                continue;
            };
            match (name.as_str(), &block) {
                ("CPUModel", _) => expected.models.push(fold(&value)),
                ("Size", Some(name)) => {
                    expected.blocks.extend(value.parse().ok().map(|kib| (name.clone(), kib)));
                }
                ("PCISlot", _) => {
                    if let Some(function) = expected.pci.last_mut() {
                        function.slot = Some(value);
                    }
                }
                (name, _) if name.starts_with("DMI") => {
                    expected.dmi.insert(name.to_owned(), value);
                }
                _ => {}
            }
        } else if line.contains("type=\"PCIDev\"") {
            block = None;
            expected.pci.extend(function(attribute("pci_busid"), attribute("pci_type")));
        } else if line.contains("type=\"OSDev\"") {
            block = attribute("name");
        }
    }
    expected
}

/// Reads `0200 [8086:1521] [1028:0000] 01 00`.
fn function(address: Option<String>, kind: Option<String>) -> Option<Function> {
    let kind = kind?;
    let class = kind.split(' ').next()?.to_owned();
    let (_, ids) = kind.split_once('[')?;
    let (ids, _) = ids.split_once(']')?;
    let (vendor, device) = ids.split_once(':')?;
    Some(Function {
        address: address?,
        vendor: vendor.to_owned(),
        device: device.to_owned(),
        class,
        slot: None,
    })
}

/// Reads `lstopo`'s text: `Machine (… DMIProductName="XA320 V2 " …)`.
fn from_console(text: &str) -> Expected {
    let mut expected = Expected::default();
    for line in text.lines() {
        let fields = fields(line);
        if line.starts_with("Machine") {
            expected.dmi = fields.into_iter().filter(|(name, _)| name.starts_with("DMI")).collect();
        } else if line.contains("Package L#")
            && let Some(model) = fields.get("CPUModel")
        {
            expected.models.push(fold(model));
        }
    }
    expected
}

fn fields(line: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.rsplit([' ', '(']).next().unwrap_or_default().to_owned();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once([' ', ')']).unwrap_or((after, "")),
        };
        fields.insert(name, value.to_owned());
        rest = next;
    }
    fields
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
