//! The parts that a machine is to have, as a list says it in one cell:
//!
//! ```text
//! 2×CPU Kunpeng 920 48核 2.6GHz; 16×DIMM 32GiB DDR4 2933MT/s; 2×NVMe 3.84TB; BIOS 1.83; BMC 3.10
//! ```
//!
//! Items are separated by `;`, `；` or a new line. An item is a number with `×`, `x` or `*`, a kind
//! and what it has to be; the number may stand at its end (`CPU Kunpeng 920×2`) or have a Chinese
//! measure word (`8条 内存 32GB`), and is 1 where it is left out. Words that are no measure are of the model, maker or part number, each of which has to
//! be there; what stands in quotation marks is nothing else. What is known to be of no such thing
//! (`RDIMM`, `热插拔`) is kept and not compared, which `assay site check` says.

use bmc::sheet::narrow;
use profiles::Text;

use crate::lang::text;

/// Parts that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How many there are to be.
    pub count: u32,
    /// What they are.
    pub kind: Kind,
    /// What each has to be.
    pub wants: Vec<Want>,
    /// What is asked and not compared.
    pub unchecked: Vec<String>,
    /// The item as it was written.
    pub text: String,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the part of its name")]
pub enum Kind {
    Cpu,
    Dimm,
    Disk,
    Nic,
    Gpu,
    Hba,
    Raid,
    Psu,
    Bios,
    Bmc,
}

/// What a part has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// So many bytes, of a disk or a memory module.
    Bytes(u64),
    /// A word of its model, maker or part number.
    Word(String),
    /// `nvme`, `sata`, `sas`.
    Protocol(&'static str),
    /// `ssd`, `hdd`.
    Medium(&'static str),
    /// `DDR4`, `DDR5`.
    Memory(String),
    /// Rated transfers a second, in millions.
    Mts(u64),
    /// Clock in hertz.
    Hertz(u64),
    /// Cores.
    Cores(u32),
    /// Speed of a port in bit/s.
    Bps(u64),
    /// Ports.
    Ports(usize),
    /// Rated power in milliwatt.
    Milliwatts(u64),
    /// Version of its firmware.
    Firmware(String),
}

/// Names of kinds in lower case.
const KINDS: [(Kind, &[&str]); 10] = [
    (Kind::Cpu, &["cpu", "处理器", "中央处理器", "processor"]),
    (Kind::Dimm, &["dimm", "内存", "内存条", "memory", "ram"]),
    (Kind::Disk, &["disk", "硬盘", "磁盘", "drive", "系统盘", "数据盘"]),
    (Kind::Nic, &["nic", "网卡", "网络适配器", "以太网卡"]),
    (Kind::Gpu, &["gpu", "显卡", "加速卡", "npu"]),
    (Kind::Hba, &["hba", "光纤卡", "hba卡", "fc卡"]),
    (Kind::Raid, &["raid", "阵列卡", "raid卡", "磁盘控制器"]),
    (Kind::Psu, &["psu", "电源", "电源模块", "power"]),
    (Kind::Bios, &["bios", "uefi"]),
    (Kind::Bmc, &["bmc", "ibmc", "idrac", "ilo", "管理固件"]),
];

/// Words that say what a disk is: protocol or medium.
const DISKS: [(&str, Want); 9] = [
    ("nvme", Want::Protocol("nvme")),
    ("sata", Want::Protocol("sata")),
    ("sas", Want::Protocol("sas")),
    ("ssd", Want::Medium("ssd")),
    ("固态", Want::Medium("ssd")),
    ("固态硬盘", Want::Medium("ssd")),
    ("hdd", Want::Medium("hdd")),
    ("机械", Want::Medium("hdd")),
    ("机械硬盘", Want::Medium("hdd")),
];

/// What lists say of parts and no inventory tells.
const UNCHECKED: &[&str] = &[
    "rdimm",
    "lrdimm",
    "udimm",
    "reg",
    "ecc",
    "registered",
    "热插拔",
    "冗余",
    "企业级",
    "读取密集",
    "混合型",
    "铂金",
    "钛金",
    "光口",
    "电口",
    "以太网",
    "含光模块",
    "光模块",
    "sfp+",
    "sfp28",
    "sfp",
    "qsfp28",
    "qsfp",
    "rj45",
    "2.5寸",
    "3.5寸",
    "2.5英寸",
    "3.5英寸",
    "2.5\"",
    "3.5\"",
    "2.5in",
    "3.5in",
    "sff",
    "lff",
    "u.2",
    "m.2",
    "u.3",
    "12gb/s",
    "6gb/s",
    "12gb",
    "6gb",
    "ac",
    "dc",
    "hot-plug",
    "redundant",
    "pcie",
    "pcie3.0",
    "pcie4.0",
    "pcie5.0",
    "1+1",
    "7.2k",
    "10k",
    "15k",
    "缓存",
    "卡",
];

impl Kind {
    /// Returns its name in lists and messages.
    pub fn name(self) -> Text {
        match self {
            Self::Cpu => Text::new("处理器", "CPU"),
            Self::Dimm => Text::new("内存", "DIMM"),
            Self::Disk => Text::new("硬盘", "disk"),
            Self::Nic => Text::new("网卡", "NIC"),
            Self::Gpu => Text::new("加速卡", "GPU"),
            Self::Hba => Text::new("光纤卡", "HBA"),
            Self::Raid => Text::new("阵列卡", "RAID controller"),
            Self::Psu => Text::new("电源", "PSU"),
            Self::Bios => Text::same("BIOS"),
            Self::Bmc => Text::same("BMC"),
        }
    }

    /// Returns whether it is a version, and no thing that is counted.
    pub fn is_firmware(self) -> bool {
        matches!(self, Self::Bios | Self::Bmc)
    }
}

/// Reads what a cell says of parts.
pub fn read(cell: &str) -> Result<Vec<Part>, Text> {
    let narrow = narrow(cell);
    let mut parts: Vec<Part> = Vec::new();
    for item in narrow.split([';', '\n']) {
        let item = item.trim().trim_end_matches('.').trim();
        if item.is_empty() {
            continue;
        }
        let part = one(item)?;
        if part.kind.is_firmware() && parts.iter().any(|known| known.kind == part.kind) {
            return Err(text("`{}` 写了两次", "`{}` is there twice", &[&part.kind.name().en]));
        }
        parts.push(part);
    }
    Ok(parts)
}

fn one(item: &str) -> Result<Part, Text> {
    let (words, count) = counted(words(item), item)?;
    let unknown = || {
        text(
            "`{}` 没有写明部件种类（CPU、DIMM/内存、NVMe/SSD/HDD/硬盘、NIC/网卡、GPU、HBA、RAID/阵列卡、PSU/电源、BIOS、BMC）",
            "`{}` names no kind of part (CPU, DIMM, NVMe/SSD/HDD/disk, NIC, GPU, HBA, RAID, PSU, BIOS, BMC)",
            &[item],
        )
    };
    let mut kind = None;
    let mut rest = Vec::new();
    for Word { text, is_quoted } in words {
        let lower = text.to_lowercase();
        if !is_quoted && kind.is_none() {
            kind = KINDS
                .iter()
                .find(|(_, names)| names.contains(&lower.as_str()))
                .map(|(kind, _)| *kind);
            if kind.is_some() {
                continue;
            }
        }
        rest.push(Word { text, is_quoted });
    }
    let is_disk = |word: &Word| !word.is_quoted && of_disk(&word.text.to_lowercase()).is_some();
    let kind =
        kind.or_else(|| rest.iter().any(is_disk).then_some(Kind::Disk)).ok_or_else(unknown)?;
    let mut part =
        Part { count, kind, wants: Vec::new(), unchecked: Vec::new(), text: item.to_owned() };
    let mut rest = rest.into_iter();
    while let Some(Word { text, is_quoted }) = rest.next() {
        let lower = text.to_lowercase();
        if is_quoted && kind.is_firmware() {
            part.wants.push(Want::Firmware(text));
        } else if is_quoted {
            part.wants.push(Want::Word(text));
        } else if matches!(lower.as_str(), "fw" | "固件" | "firmware" | "版本" | "ver" | "version")
        {
            let Some(version) = rest.next() else { return Err(no_version(item)) };
            part.wants.push(Want::Firmware(version.text));
        } else if kind.is_firmware() {
            part.wants.push(Want::Firmware(text));
        } else if let Some(want) = measure(kind, &lower) {
            part.wants.push(want);
        } else if UNCHECKED.contains(&lower.as_str()) {
            part.unchecked.push(text);
        } else {
            part.wants.push(Want::Word(text));
        }
    }
    match (kind.is_firmware(), part.wants.as_slice()) {
        (true, [Want::Firmware(_)]) if count == 1 => Ok(part),
        (true, _) => Err(no_version(item)),
        (false, _) => Ok(part),
    }
}

fn no_version(item: &str) -> Text {
    text(
        "`{}` 应写一个版本号，如 `BIOS 1.83`",
        "`{}`: one version is asked for, as in `BIOS 1.83`",
        &[item],
    )
}

fn of_disk(lower: &str) -> Option<Want> {
    DISKS.iter().find(|(name, _)| *name == lower).map(|(_, want)| want.clone())
}

/// A word of an item.
#[derive(Debug)]
struct Word {
    text: String,
    is_quoted: bool,
}

/// Splits an item in its words; what stands in quotation marks is one.
fn words(item: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for (at, piece) in item.split(['"', '\u{201c}', '\u{201d}']).enumerate() {
        if at % 2 == 1 {
            words.push(Word { text: piece.trim().to_owned(), is_quoted: true });
            continue;
        }
        // `2×CPU`, `920×2`, `32GB*8`: the sign stands by itself, so that both sides are words.
        let mut spaced = String::with_capacity(piece.len());
        let characters: Vec<char> = piece.chars().collect();
        for (at, one) in characters.iter().enumerate() {
            if is_times(&characters, at) {
                spaced.push_str(" × ");
            } else {
                spaced.push(if matches!(one, ',' | '、') { ' ' } else { *one });
            }
        }
        let plain = spaced.split_whitespace();
        words.extend(plain.map(|text| Word { text: text.to_owned(), is_quoted: false }));
    }
    words
}

/// Returns whether a character is a sign of multiplication, and no letter of a name (`X710`,
/// `R740xd`).
fn is_times(all: &[char], at: usize) -> bool {
    let (before, after) =
        (all.get(..at).unwrap_or_default(), all.get(at + 1..).unwrap_or_default());
    match all.get(at) {
        Some('×' | '*' | '✕' | '✖' | '╳') => true,
        // `8xDIMM`, `8x DIMM`, `DIMM 32GiB x8`, `DIMM 32GBx8`, `DIMM 32GB x 8`.
        Some('x' | 'X') => {
            let digits = after.iter().take_while(|at| at.is_ascii_digit()).count();
            let is_count =
                (1..=2).contains(&digits) && after.get(digits).is_none_or(|at| at.is_whitespace());
            let is_alone = after.first().is_some_and(|at| at.is_whitespace());
            let is_first = !before.is_empty() && before.iter().all(char::is_ascii_digit);
            match before.last() {
                Some(last) if last.is_whitespace() => {
                    is_alone || (is_count && all.get(at) == Some(&'x'))
                }
                Some('b' | 'B') => is_count,
                _ => is_first && !after.first().is_some_and(char::is_ascii_digit),
            }
        }
        _ => false,
    }
}

/// Takes the number out of an item's words.
fn counted(mut words: Vec<Word>, item: &str) -> Result<(Vec<Word>, u32), Text> {
    let is_sign =
        |word: Option<&Word>| word.is_some_and(|word| word.text == "×" && !word.is_quoted);
    let number = |word: Option<&Word>| word.and_then(|word| word.text.parse::<u32>().ok());
    let count = if is_sign(words.get(1)) && number(words.first()).is_some() {
        let count = number(words.first());
        words.drain(..2);
        count
    } else if words.len() > 2 && is_sign(words.get(words.len() - 2)) {
        let count = number(words.last());
        words.truncate(words.len() - 2);
        count
    } else if let Some(first) = words.first().filter(|word| !word.is_quoted)
        && first.text.starts_with(|at: char| at.is_ascii_digit())
    {
        // `8条 内存 32GB`; a number by itself may be anything.
        let plain =
            first.text.trim_end_matches(['条', '块', '颗', '个', '张', '片', '只', '路', '根']);
        let is_counted = plain.len() < first.text.len();
        let count = plain.parse::<u32>().ok();
        let is_number = count.is_some();
        if is_number {
            words.remove(0);
        }
        count.filter(|_| is_counted).or((!is_number).then_some(1))
    } else {
        Some(1)
    };
    let stray = words.iter().any(|word| word.text == "×" && !word.is_quoted);
    match count.filter(|count| (1..=4096).contains(count)) {
        Some(count) if !stray => Ok((words, count)),
        _ => Err(text(
            "`{}` 的数量看不明白：写成 `8×DIMM 32GiB`",
            "`{}`: the number is not clear; write it as `8×DIMM 32GiB`",
            &[item],
        )),
    }
}

/// Reads a measure of a part of that kind.
fn measure(kind: Kind, lower: &str) -> Option<Want> {
    if kind == Kind::Disk
        && let Some(want) = of_disk(lower)
    {
        return Some(want);
    }
    if kind == Kind::Dimm && lower.starts_with("ddr") && lower.len() <= 5 {
        return Some(Want::Memory(lower.to_uppercase()));
    }
    let end = lower.find(|at: char| !at.is_ascii_digit() && at != '.')?;
    let (number, unit) = lower.split_at_checked(end)?;
    let unit = unit.trim_start_matches('-');
    let scaled = |scale: u64| scaled(number, scale);
    let whole = || number.parse::<u32>().ok();
    Some(match (kind, unit) {
        // Modules are sold by powers of two, whichever way they are written.
        (Kind::Dimm, "gb" | "g") | (Kind::Dimm | Kind::Disk, "gib") => {
            Want::Bytes(scaled(1 << 30)?)
        }
        (Kind::Dimm, "mb" | "mib" | "m") => Want::Bytes(scaled(1 << 20)?),
        (Kind::Dimm, "tb") | (Kind::Dimm | Kind::Disk, "tib") => Want::Bytes(scaled(1 << 40)?),
        (Kind::Dimm, "mt/s" | "mts" | "mhz") => Want::Mts(scaled(1)?),
        (Kind::Disk, "tb" | "t") => Want::Bytes(scaled(1_000_000_000_000)?),
        (Kind::Disk, "gb" | "g") => Want::Bytes(scaled(1_000_000_000)?),
        (Kind::Cpu, "ghz" | "g") => Want::Hertz(scaled(1_000_000_000)?),
        (Kind::Cpu, "mhz") => Want::Hertz(scaled(1_000_000)?),
        (Kind::Cpu, "核" | "c" | "core" | "cores" | "核心") => Want::Cores(whole()?),
        (Kind::Nic | Kind::Hba, "g" | "ge" | "gbe" | "gb" | "gb/s" | "gbps" | "gbit/s" | "gfc") => {
            Want::Bps(scaled(1_000_000_000)?)
        }
        (Kind::Nic | Kind::Hba, "m" | "mbps" | "mb/s" | "mbit/s") => Want::Bps(scaled(1_000_000)?),
        (Kind::Nic | Kind::Hba, "口" | "端口" | "port" | "ports" | "p") => {
            Want::Ports(usize::try_from(whole()?).ok()?)
        }
        (Kind::Psu, "w" | "瓦") => Want::Milliwatts(scaled(1000)?),
        (Kind::Psu, "kw") => Want::Milliwatts(scaled(1_000_000)?),
        _ => return None,
    })
}

/// Returns a decimal number times a scale, in whole units.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut total = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    if !part.is_empty() {
        let digits = u32::try_from(part.len()).ok().filter(|digits| *digits <= 6)?;
        let fraction = part.parse::<u64>().ok()?;
        total = total.checked_add(fraction.checked_mul(scale)?.checked_div(10_u64.pow(digits))?)?;
    }
    Some(total)
}
