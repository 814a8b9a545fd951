//! LLDP captures of other projects, read by us and by tshark.
//!
//! The corpus is `lldp` below `ASSAY_CORPUS`, default `../shared/corpus` beside
//! the workspace. Where it or tshark is absent, tests are ignored with the
//! reason; under `ASSAY_REQUIRE_CORPUS=1` that is a failure.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use inventory::capture_file;
use inventory::model::LldpNeighbour;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;

/// The files that tshark marks as malformed.
const DAMAGED: [&str; 5] = [
    "med-loc-malformed.pcap",
    "lldp_8021_linkagg.pcap",
    "lldp_8023_mtu-oobr.pcap",
    "lldp_asan.pcap",
    "lldp_mgmt_addr_tlv_asan.pcap",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        trial("every_frame_is_read_as_tshark_reads_it", every_frame),
        trial("the_five_damaged_captures_are_marked_and_no_other", damaged),
        trial("what_tcpdump_reads_of_damaged_frames_stands", tcpdump),
        trial("a_frame_cut_at_any_length_is_read_as_tshark_reads_it", every_cut),
        trial("a_tag_of_any_kind_hides_no_frame", tags),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &'static str, run: fn(&Corpus) -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || match Corpus::find() {
        Ok(corpus) => run(&corpus).map(|()| Completion::Completed),
        Err(reason) if std::env::var_os("ASSAY_REQUIRE_CORPUS").is_some() => Err(reason.into()),
        Err(reason) => Ok(Completion::ignored_with(reason)),
    })
}

struct Corpus {
    captures: Vec<PathBuf>,
    texts: PathBuf,
}

impl Corpus {
    fn find() -> Result<Self, String> {
        let root = std::env::var_os("ASSAY_CORPUS").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
            PathBuf::from,
        );
        let root = root.join("lldp");
        let mut captures = Vec::new();
        for folder in ["tcpdump", "lldpd"] {
            let entries = std::fs::read_dir(root.join(folder))
                .map_err(|_absent| format!("no corpus at {}", root.display()))?;
            captures.extend(
                entries
                    .filter_map(|entry| Some(entry.ok()?.path()))
                    .filter(|path| path.extension().is_some_and(|extension| extension == "pcap")),
            );
        }
        captures.sort();
        Command::new("tshark")
            .arg("--version")
            .output()
            .map_err(|_absent| "tshark is not installed".to_owned())?;
        Ok(Self { captures, texts: root.join("tcpdump") })
    }
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Frames by number, each with what we read.
fn ours(bytes: &[u8]) -> Result<BTreeMap<u64, LldpNeighbour>, Failed> {
    let mut read = BTreeMap::new();
    for frame in capture_file::frames(bytes).map_err(|error| error.to_string())? {
        // The captures of crashes end in the middle of a frame.
        let Ok(frame) = frame else { break };
        if let Some(neighbour) = frame.lldp() {
            read.insert(frame.number, neighbour);
        }
    }
    Ok(read)
}

/// What tshark says of a frame: every field with its values in order.
#[derive(Default)]
struct Oracle(BTreeMap<String, Vec<String>>);

impl Oracle {
    fn all(&self, key: &str) -> Vec<String> {
        self.0.get(key).cloned().unwrap_or_default()
    }

    fn first(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.0.get(*key)?.first().cloned())
    }

    fn number(&self, key: &str) -> Option<u32> {
        let text = self.first(&[key])?;
        match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    fn is_malformed(&self) -> bool {
        // Expert group “malformed”, or the dissector gave up.
        self.0.contains_key("_ws.malformed")
            || self.0.keys().any(|key| key.starts_with("_ws.malformed"))
            || self.all("_ws.expert.group").iter().any(|group| group == "117440512")
    }

    fn collect(&mut self, value: &Value) {
        let Value::Object(members) = value else { return };
        for (key, value) in members {
            match value {
                Value::String(text) => self.0.entry(key.clone()).or_default().push(text.clone()),
                Value::Array(items) => {
                    for item in items {
                        match item {
                            Value::String(text) => {
                                self.0.entry(key.clone()).or_default().push(text.clone());
                            }
                            other => self.collect(other),
                        }
                    }
                }
                other => {
                    self.0.entry(key.clone()).or_default();
                    self.collect(other);
                }
            }
        }
    }
}

fn tshark(capture: &Path) -> Result<BTreeMap<u64, Oracle>, Failed> {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(capture)
        .args(["-Y", "lldp", "-T", "json", "--no-duplicate-keys"])
        .output()?;
    let packets: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    let mut frames = BTreeMap::new();
    for packet in &packets {
        let mut oracle = Oracle::default();
        oracle.collect(&packet["_source"]["layers"]);
        let number = oracle.number("frame.number").ok_or("a packet without number")?;
        frames.insert(u64::from(number), oracle);
    }
    Ok(frames)
}

/// Compares what both read; returns the fields that differ.
fn differences(ours: &LldpNeighbour, oracle: &Oracle) -> Vec<String> {
    let mut differ = Vec::new();
    let mut same = |field: &str, ours: Option<String>, theirs: Option<String>| {
        if ours != theirs {
            differ.push(format!("{field}: {ours:?}, tshark {theirs:?}"));
        }
    };
    let text = |value: &Option<String>| value.clone();
    let number = |value: Option<u32>| value.map(|value| value.to_string());
    let trimmed = |value: Option<String>| {
        value.map(|value| value.trim_end().to_owned()).filter(|value| !value.is_empty())
    };
    same("source", text(&ours.source_mac), oracle.first(&["eth.src"]));
    same(
        "chassis subtype",
        number(ours.chassis_id_subtype),
        number(oracle.number("lldp.chassis.subtype")),
    );
    let id = |id: Option<String>| id.map(|id| id.replace(':', ""));
    let keys =
        ["lldp.chassis.id.mac", "lldp.chassis.id.ip4", "lldp.chassis.id.ip6", "lldp.chassis.id"];
    same("chassis id", id(text(&ours.chassis_id)), id(oracle.first(&keys)));
    same("port subtype", number(ours.port_id_subtype), number(oracle.number("lldp.port.subtype")));
    let keys = ["lldp.port.id.mac", "lldp.port.id.ip4", "lldp.port.id.ip6", "lldp.port.id"];
    same("port id", id(text(&ours.port_id)), id(oracle.first(&keys)));
    same("time to live", number(ours.ttl_s), number(oracle.number("lldp.time_to_live")));
    let theirs = trimmed(oracle.first(&["lldp.port.desc"]));
    same("port description", text(&ours.port_description), theirs);
    let theirs = trimmed(oracle.first(&["lldp.tlv.system.name"]));
    same("system name", text(&ours.system_name), theirs);
    let theirs = trimmed(oracle.first(&["lldp.tlv.system.desc"]));
    same("system description", text(&ours.system_description), theirs);
    let theirs = oracle.number("lldp.tlv.system_cap").map(u32::count_ones);
    same("capabilities", Some(ours.capabilities.len().to_string()), number(theirs.or(Some(0))));
    let theirs = oracle.number("lldp.tlv.enable_system_cap").map(u32::count_ones);
    let own = Some(ours.capabilities_enabled.len().to_string());
    same("capabilities enabled", own, number(theirs.or(Some(0))));
    let mut theirs = oracle.all("lldp.mgn.addr.ip4");
    theirs.extend(oracle.all("lldp.mgn.addr.ip6"));
    let mut own = ours.management_addresses.clone();
    own.retain(|address| address.parse::<std::net::IpAddr>().is_ok());
    own.sort();
    theirs.sort();
    same("management addresses", Some(own.join(" ")), Some(theirs.join(" ")));
    let pvid = oracle.number("lldp.ieee.802_1.port_vlan.id");
    same("port VLAN", number(ours.port_vlan), number(pvid));
    let theirs: BTreeSet<_> = oracle.all("lldp.ieee.802_1.vlan.id").into_iter().collect();
    let own: BTreeSet<_> = ours.vlan_names.keys().map(u32::to_string).collect();
    same("VLANs", Some(format!("{own:?}")), Some(format!("{theirs:?}")));
    let frame = oracle.number("lldp.ieee.802_3.max_frame_size");
    same("largest frame", number(ours.max_frame_bytes), number(frame));
    let negotiation = ours.autonegotiation.clone().unwrap_or_default();
    let theirs = oracle.number("lldp.ieee.802_3.pmd_auto_neg_advertised_caps");
    same("advertised", number(negotiation.advertised), number(theirs));
    let theirs = oracle.number("lldp.ieee.802_3.pmd_mau_type");
    same("medium", number(negotiation.mau_type), number(theirs));
    differ
}

fn every_frame(corpus: &Corpus) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in &corpus.captures {
        let ours = ours(&std::fs::read(path)?)?;
        let theirs = tshark(path)?;
        if ours.keys().ne(theirs.keys()) {
            wrong.push(format!("{}: frames {:?}", name(path), ours.keys()));
        }
        for (number, neighbour) in &ours {
            let Some(oracle) = theirs.get(number) else { continue };
            if neighbour.damaged {
                continue;
            }
            count += 1;
            for difference in differences(neighbour, oracle) {
                wrong.push(format!("{} frame {number}: {difference}", name(path)));
            }
        }
    }
    println!("{count} sound frames compared");
    if wrong.is_empty() && count > 0 { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn damaged(corpus: &Corpus) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for path in &corpus.captures {
        let expected = DAMAGED.contains(&name(path).as_str());
        let frames = ours(&std::fs::read(path)?)?;
        for (number, neighbour) in &frames {
            if neighbour.damaged != expected || neighbour.damaged != neighbour.damage.is_some() {
                wrong.push(format!("{} frame {number}: {:?}", name(path), neighbour.damage));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// tcpdump reads on after a wrong start; so do we.
fn tcpdump(corpus: &Corpus) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in &corpus.captures {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_default();
        let text = ["", "-v"]
            .iter()
            .find_map(|tail| {
                std::fs::read_to_string(corpus.texts.join(format!("{stem}{tail}.out"))).ok()
            })
            .or_else(|| {
                let is_cdp = stem == "LLDP_and_CDP";
                std::fs::read_to_string(corpus.texts.join("lldp_cdp-ev.out"))
                    .ok()
                    .filter(|_| is_cdp)
            });
        let Some(text) = text else { continue };
        let frames = ours(&std::fs::read(path)?)?;
        let all = serde_json::to_string(&frames.values().collect::<Vec<_>>())?;
        for line in text.lines() {
            let Some(needle) = stated(line) else { continue };
            count += 1;
            if !all.contains(&needle) {
                wrong.push(format!("{}: `{needle}` of `{}`", name(path), line.trim()));
            }
        }
    }
    println!("{count} statements of tcpdump found");
    if wrong.is_empty() && count > 0 { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Returns what a line of tcpdump states, as our JSON would have it.
fn stated(line: &str) -> Option<String> {
    let line = line.trim();
    let after = |prefix: &str| Some(line.strip_prefix(prefix)?.split_once(": ")?.1);
    let text = |key: &str, text: &str| Some(format!("\"{key}\":{}", Value::from(text.trim_end())));
    if let Some(name) = after("System Name TLV") {
        return text("system_name", name);
    }
    if let Some(description) = after("Port Description TLV") {
        return text("port_description", description);
    }
    if let Some(ttl) = after("Time to Live TLV") {
        let seconds = ttl.strip_prefix("TTL ")?.strip_suffix('s')?;
        return Some(format!("\"ttl_s\":{seconds}"));
    }
    if let Some(mac) = after("Subtype MAC address") {
        return Some(format!("\"{mac}\""));
    }
    if let Some(address) = after("Subtype Network address") {
        return Some(format!("\"{}\"", address.rsplit(": ").next()?));
    }
    if let Some((_, address)) =
        line.strip_prefix("Management Address length").and_then(|rest| rest.split_once("): "))
    {
        return Some(format!("\"{address}\""));
    }
    if let Some(id) = line.strip_prefix("port vlan id (PVID): ") {
        return Some(format!("\"port_vlan\":{id}"));
    }
    if let Some((_, id)) = line.split_once("aggregation port ID ") {
        return Some(format!("\"aggregation_id\":{id}"));
    }
    None
}

/// Every frame cut at every length, put into one capture for tshark.
fn every_cut(corpus: &Corpus) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut seen = BTreeSet::new();
    for path in &corpus.captures {
        let bytes = std::fs::read(path)?;
        let mut cuts = Vec::new();
        for frame in capture_file::frames(&bytes).map_err(|error| error.to_string())? {
            let Ok(frame) = frame else { break };
            if frame.lldp().is_some() && seen.insert(frame.data.to_vec()) {
                cuts.extend((14..=frame.data.len().min(700)).map(|end| frame.data[..end].to_vec()));
            }
        }
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("cuts.pcap");
        std::fs::write(&file, pcap(&cuts))?;
        let theirs = tshark(&file)?;
        for (number, neighbour) in ours(&std::fs::read(&file)?)? {
            let Some(oracle) = theirs.get(&number) else {
                continue;
            };
            count += 1;
            let at = format!("{} cut {number}", name(path));
            // A capture without its end mark is whole for both; what tshark
            // takes for damage must be damage for us.
            if oracle.is_malformed() && !neighbour.damaged {
                wrong.push(format!("{at}: tshark says malformed"));
            } else if !neighbour.damaged {
                wrong.extend(
                    differences(&neighbour, oracle).iter().map(|what| format!("{at}: {what}")),
                );
            }
        }
    }
    println!("{count} cut frames compared");
    wrong.truncate(40);
    if wrong.is_empty() && count > 1000 { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn tags(corpus: &Corpus) -> Result<(), Failed> {
    for path in &corpus.captures {
        let bytes = std::fs::read(path)?;
        for frame in capture_file::frames(&bytes).map_err(|error| error.to_string())? {
            let Ok(frame) = frame else { break };
            let Some(plain) = inventory::lldp::decode_frame(frame.data) else { continue };
            for tag in [[0x81, 0x00], [0x88, 0xa8], [0x91, 0x00]] {
                let mut tagged = frame.data[..12].to_vec();
                tagged.extend(tag);
                tagged.extend([0x60, 0x64, 0x81, 0x00, 0x00, 0x07]);
                tagged.extend(&frame.data[12..]);
                let read =
                    inventory::lldp::decode_frame(&tagged).ok_or("a tagged frame is lost")?;
                let expected = LldpNeighbour { vlan: Some(100), ..plain.clone() };
                if read != expected {
                    return Err(format!("{}: {read:?}", name(path)).into());
                }
            }
        }
    }
    Ok(())
}

fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (number, frame) in (0_u32..).zip(frames) {
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        for word in [number, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}
