//! A delivery of real machines with defects of ours: what was collected on each, in a folder, and
//! the list of what was ordered.
//!
//! Machines are the original `dmidecode` reports of the corpus; serial numbers and UUIDs, which it
//! does not have, are put in. What a machine is to have is counted in the report's own lines here,
//! not by `assay`. Each defect is made in one place, and said once: kind, and serial numbers.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use crate::corpus::Server;

/// A delivery on disk.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The delivery list.
    pub list: PathBuf,
    /// The folder of what was collected, a file a machine.
    pub dumps: PathBuf,
    /// The defects: kind, and the serial numbers of the lines (of a machine beyond them its own).
    pub defects: BTreeSet<String>,
    /// Machines of the list.
    pub machines: usize,
}

/// Machines that a contract line orders.
const LOT: usize = 32;
/// Machines in a rack, two units each.
const RACK: usize = 20;

/// A machine: its report, and what it is made of by that report's own lines.
#[derive(Clone, Debug)]
struct Machine {
    serial: String,
    place: String,
    text: String,
    model: String,
    parts: String,
}

/// Makes a delivery of `count` of the servers in `folder`, with the twelve defects where `spoilt`.
pub fn make(servers: &[Server], count: usize, folder: &Path, spoilt: bool) -> io::Result<Delivery> {
    let mut machines = Vec::new();
    for server in servers {
        if machines.len() == count {
            break;
        }
        let text = fs::read_to_string(&server.text)?;
        machines.extend(Machine::of(&text, machines.len()));
    }
    if machines.len() < count || count < 2 * LOT {
        return Err(io::Error::other(format!(
            "{} of {count} machines can be used",
            machines.len()
        )));
    }
    let mut list: Vec<[String; 7]> =
        machines.iter().enumerate().map(|(at, one)| one.line(at)).collect();
    let defects = if spoilt { spoil(&mut machines, &mut list) } else { BTreeSet::new() };
    let dumps = folder.join("dumps");
    fs::create_dir_all(&dumps)?;
    for machine in machines.iter().filter(|machine| !machine.text.is_empty()) {
        fs::write(dumps.join(format!("{}.txt", machine.place)), &machine.text)?;
    }
    let mut text = "\u{feff}合同行,数量,型号,序列号,机房-机柜-U位,高度U,配置\r\n".to_owned();
    for line in &list {
        let cells: Vec<String> =
            line.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    let path = folder.join("site.csv");
    fs::write(&path, text)?;
    Ok(Delivery { list: path, dumps, defects, machines: list.len() })
}

/// Makes twelve defects, each of another kind or at another part, and returns what they are.
fn spoil(machines: &mut Vec<Machine>, list: &mut [[String; 7]]) -> BTreeSet<String> {
    let mut defects = BTreeSet::new();
    let serial = |machines: &[Machine], at: usize| {
        machines.get(at).map(|one| one.serial.clone()).unwrap_or_default()
    };
    let mut say = |kind: &str, serials: &[String]| {
        let mut serials = serials.to_vec();
        serials.sort();
        defects.insert(format!("{kind} {}", serials.join(" ")));
    };
    // 1: it never came.
    say("missing", &[serial(machines, 3)]);
    machines[3].text.clear();
    // 2: one that nobody ordered.
    let mut extra = machines[10].clone();
    extra.set_serial("SNEXTRA01", 901);
    "B1-R99-U1".clone_into(&mut extra.place);
    say("extra", &[extra.serial.clone()]);
    machines.push(extra);
    // 3: two in each other's place.
    let (one, other) = (machines[21].place.clone(), machines[44].place.clone());
    machines[21].place = other;
    machines[44].place = one;
    say("swapped", &[serial(machines, 21), serial(machines, 44)]);
    // 4 and 5: a module of another size, and one that is not there.
    machines[30].change_module("Size: 3 GB");
    say("wrong-part", &[serial(machines, 30)]);
    machines[31].change_module("Size: No Module Installed");
    say("wrong-part", &[serial(machines, 31)]);
    // 6: other firmware.
    machines[38].change("BIOS Information", "Version: ", "Version: 0.0.1-odd");
    say("other-firmware", &[serial(machines, 38)]);
    // 7: the list has one number twice, and so not that of the other machine.
    let copied = serial(machines, 50);
    list[51][3].clone_from(&copied);
    say("duplicate-listed", &[copied.clone(), copied]);
    // 8: two machines tell one number.
    let twice = serial(machines, 12);
    let wanted = serial(machines, 13);
    machines[13].set_serial(&twice, 13);
    say("duplicate-found", &[twice, wanted]);
    // 9: another model.
    machines[24].change("System Information", "Product Name: ", "Product Name: Nonesuch 9000");
    machines[24].change("System Information", "Version: ", "Version: Not Specified");
    machines[24].change("System Information", "SKU Number: ", "SKU Number: Not Specified");
    machines[24].change("System Information", "Family: ", "Family: Not Specified");
    say("wrong-model", &[serial(machines, 24)]);
    // 10: another machine in the place of the one that was ordered.
    say("other-serial", &[serial(machines, 36)]);
    machines[36].set_serial("SNOTHER01", 902);
    // 11: at a place that is nobody's.
    "B1-R98-U7".clone_into(&mut machines[58].place);
    say("misplaced", &[serial(machines, 58)]);
    // 12: one more ordered than packed.
    for line in list.iter_mut().filter(|line| line[0] == "2") {
        line[1] = (LOT + 1).to_string();
    }
    say("quantity", &[]);
    defects
}

impl Machine {
    /// Returns the machine of a report; nothing where the report does not tell enough to order it by.
    fn of(report: &str, at: usize) -> Option<Self> {
        let model = field(report, "System Information", "Product Name: ")?;
        let bios = field(report, "BIOS Information", "Version: ")?;
        let is_plain = |text: &str| {
            text.chars().any(char::is_alphanumeric)
                && !text.contains(['"', ';', '\''])
                && text.is_ascii()
        };
        let empty = [
            "To be filled",
            "To Be Filled",
            "System Product",
            "Not Specified",
            "Default",
            "O.E.M",
            "Unknown",
            "Empty",
            "None",
            "N/A",
            "XXX",
            "123456",
        ];
        if !is_plain(&model)
            || !is_plain(&bios)
            || empty.iter().any(|word| model.contains(word) || bios.contains(word))
        {
            return None;
        }
        let mut modules: Vec<(String, usize)> = Vec::new();
        for block in blocks(report, "Memory Device") {
            let size = line(block, "Size: ")?;
            let is_memory = line(block, "Type: ").is_none_or(|kind| kind != "Flash");
            match size.split_once(' ') {
                _ if size == "No Module Installed" || !is_memory => {}
                Some((number, unit @ ("GB" | "MB"))) => {
                    let bytes = number.parse::<u64>().ok()?;
                    let (number, unit) = if unit == "MB" && bytes % 1024 == 0 {
                        (bytes / 1024, "GiB")
                    } else {
                        (bytes, if unit == "GB" { "GiB" } else { "MiB" })
                    };
                    let size = format!("{number}{unit}");
                    match modules.iter_mut().find(|(known, _)| *known == size) {
                        Some((_, count)) => *count += 1,
                        None => modules.push((size, 1)),
                    }
                }
                _ => return None,
            }
        }
        if modules.is_empty() || modules.iter().any(|(size, _)| size == "3GiB") {
            return None;
        }
        let mut parts: Vec<String> =
            modules.iter().map(|(size, count)| format!("{count}×DIMM {size}")).collect();
        let sockets = blocks(report, "Processor Information").filter(|block| {
            line(block, "Status: ").is_some_and(|status| status.starts_with("Populated"))
        });
        let sockets = sockets.count();
        if sockets > 0 {
            parts.push(format!("{sockets}×CPU"));
        }
        parts.push(format!("BIOS \"{bios}\""));
        let place = format!("B1-R{:02}-U{}", at / RACK + 1, 2 * (at % RACK) + 1);
        let mut machine = Self {
            serial: String::new(),
            place,
            text: report.to_owned(),
            model,
            parts: parts.join("；"),
        };
        let serial = format!("SN26{at:06}");
        machine.set_serial(&serial, at);
        Some(machine)
    }

    fn line(&self, at: usize) -> [String; 7] {
        let lot = at / LOT + 1;
        [
            lot.to_string(),
            LOT.to_string(),
            self.model.clone(),
            self.serial.clone(),
            self.place.clone(),
            "2".to_owned(),
            self.parts.clone(),
        ]
    }

    /// Gives the machine a serial number and a UUID.
    fn set_serial(&mut self, serial: &str, number: usize) {
        serial.clone_into(&mut self.serial);
        self.change("System Information", "Serial Number: ", &format!("Serial Number: {serial}"));
        let mut uuid = "UUID: 4c4c4544-0000-4a10-8036-".to_owned();
        write!(uuid, "{number:012x}").expect("a String takes any text");
        self.change("System Information", "UUID: ", &uuid);
        // What else may stand for a serial number stands for none.
        self.change("Chassis Information", "Serial Number: ", "Serial Number: Not Specified");
    }

    /// Changes the first line of a block that begins so; puts one in where there is none.
    fn change(&mut self, block: &str, begins: &str, to: &str) {
        let Some(at) = self.text.find(&format!("\n{block}\n")).map(|at| at + block.len() + 2)
        else {
            return;
        };
        let (before, rest) = self.text.split_at(at);
        let end = rest.find("\n\n").unwrap_or(rest.len());
        let (body, after) = rest.split_at(end);
        let mut done = false;
        let mut lines: Vec<String> = Vec::new();
        for one in body.lines() {
            if !done
                && one.trim_start().starts_with(begins)
                && one.starts_with('\t')
                && !one.starts_with("\t\t")
            {
                lines.push(format!("\t{to}"));
                done = true;
            } else {
                lines.push(one.to_owned());
            }
        }
        if !done && block == "System Information" {
            lines.push(format!("\t{to}"));
        }
        self.text = format!("{before}{}{after}", lines.join("\n"));
    }

    /// Changes the size of the first module that is there.
    fn change_module(&mut self, to: &str) {
        let mut at = 0;
        while let Some(found) = self.text.get(at..).and_then(|rest| rest.find("\nMemory Device\n"))
        {
            let from = at + found + 1;
            let rest = self.text.get(from..).unwrap_or_default();
            let end = from + rest.find("\n\n").unwrap_or(rest.len());
            let block = self.text.get(from..end).unwrap_or_default();
            if let Some(size) = line(block, "Size: ").filter(|size| size != "No Module Installed") {
                let changed = block.replacen(&format!("\tSize: {size}"), &format!("\t{to}"), 1);
                self.text.replace_range(from..end, &changed);
                return;
            }
            at = end;
        }
    }
}

/// Returns the blocks of a report of that name.
fn blocks<'t>(report: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    report.split("\n\n").filter(move |block| block.lines().nth(1) == Some(name))
}

/// Returns the value of a block's line that begins so.
fn line(block: &str, begins: &str) -> Option<String> {
    let own = |line: &&str| line.starts_with('\t') && !line.starts_with("\t\t");
    let line = block.lines().filter(own).find_map(|line| line.trim().strip_prefix(begins))?;
    Some(line.trim().to_owned())
}

fn field(report: &str, block: &str, begins: &str) -> Option<String> {
    let mut found = blocks(report, block);
    let value = line(found.next()?, begins)?;
    // Several of one machine are more than this reads.
    found.next().is_none().then_some(value)
}
