//! What a BMC lists beside what the machine itself does: the same parts, in other words.
//!
//! Merging recognises parts by locators, serial numbers and addresses, and counts what it does not
//! recognise as one more. A BMC may write a locator in its own way, or not tell a serial number, so
//! that one processor would be two. Where the machine has told of a kind of part, what the BMC
//! lists of it and nothing recognises is therefore not counted, and told of.

use inventory::{
    Inventory,
    model::{Cpu, Dimm, Disk, Finding, FindingClass, Hba, Nic, Section, SectionState, Slot},
};

/// Leaves out of what BMCs say the parts that would be counted twice.
pub(super) fn align(parts: &mut [Inventory]) {
    let by_bmc = super::counts::is_of_bmc;
    if !parts.iter().any(by_bmc) || parts.iter().all(by_bmc) {
        return;
    }
    let others: Vec<Inventory> = parts.iter().filter(|part| !by_bmc(part)).cloned().collect();
    for part in parts.iter_mut().filter(|part| by_bmc(part)) {
        let mut left_out = Vec::new();
        let mut kept = |section, name, count: (usize, usize)| {
            if count.0 > count.1 {
                left_out.push((section, name, count.0.saturating_sub(count.1)));
            }
        };
        let all = |section| {
            let complete = |other: &Inventory| {
                let status = other.sections.get(&section);
                status.is_some_and(|status| status.status == SectionState::Complete)
            };
            others.iter().any(complete)
        };
        let cpus = others.iter().map(|other| other.cpu.as_slice());
        kept("cpu", "processors", keep(&mut part.cpu, cpus, true, cpu_marks));
        let dimms = others.iter().map(|other| other.dimm.as_slice());
        kept("dimm", "memory slots", keep(&mut part.dimm, dimms, true, dimm_marks));
        let slots = others.iter().map(|other| other.slot.as_slice());
        kept("slot", "slots", keep(&mut part.slot, slots, true, slot_marks));
        let nics = others.iter().map(|other| other.nic.as_slice());
        kept("nic", "network cards", keep(&mut part.nic, nics, all(Section::Nic), nic_marks));
        let hbas = others.iter().map(|other| other.hba.as_slice());
        kept("hba", "HBAs", keep(&mut part.hba, hbas, all(Section::Hba), hba_marks));
        let disks = others.iter().map(|other| other.disk.as_slice());
        kept("disk", "disks", keep(&mut part.disk, disks, all(Section::Disk), disk_marks));
        for (section, name, count) in left_out {
            part.findings.push(finding(section, name, count));
        }
    }
}

/// Keeps what is recognised among `others`; all of it where these list none, or as many, or where
/// there may be `more` than they list. Returns how many there were, and how many there are.
fn keep<'a, T: 'a>(
    own: &mut Vec<T>,
    others: impl Iterator<Item = &'a [T]>,
    is_all: bool,
    marks: fn(&T) -> Vec<String>,
) -> (usize, usize) {
    let (mut known, mut is_listed) = (Vec::new(), false);
    for other in others {
        // As many meet one by one, in order where nothing tells them apart.
        if other.len() == own.len() {
            return (own.len(), own.len());
        }
        is_listed |= !other.is_empty();
        known.extend(other.iter().flat_map(marks));
    }
    let before = own.len();
    if is_listed && is_all {
        own.retain(|part| marks(part).iter().any(|mark| known.contains(mark)));
    }
    (before, own.len())
}

fn finding(section: &str, name: &str, count: usize) -> Finding {
    let name_zh = match section {
        "cpu" => "个处理器",
        "dimm" => "个内存插槽",
        "slot" => "个插槽",
        "nic" => "块网卡",
        "hba" => "张 HBA 卡",
        _ => "块硬盘",
    };
    Finding {
        class: FindingClass::Missing,
        path: section.to_owned(),
        message: format!(
            "the BMC lists {count} {name} that cannot be recognised among those that the machine \
             lists itself: not counted"
        ),
        message_zh: format!("BMC 列出的 {count} {name_zh}无法与本机所列对应，不计数"),
        claims: Vec::new(),
    }
}

/// Returns what a part may be recognised by, each with its kind.
fn marked(marks: &[(&str, &Option<String>)]) -> Vec<String> {
    let mark = |(kind, text): &(&str, &Option<String>)| {
        let text = text.as_deref()?.chars().filter(|c| c.is_alphanumeric());
        let folded: String = text.flat_map(char::to_uppercase).collect();
        (!folded.is_empty()).then(|| format!("{kind}:{folded}"))
    };
    marks.iter().filter_map(mark).collect()
}

fn cpu_marks(cpu: &Cpu) -> Vec<String> {
    marked(&[("locator", &cpu.locator), ("serial", &cpu.serial)])
}

fn dimm_marks(dimm: &Dimm) -> Vec<String> {
    marked(&[("locator", &dimm.locator), ("serial", &dimm.serial)])
}

fn slot_marks(slot: &Slot) -> Vec<String> {
    marked(&[("locator", &slot.locator)])
}

fn disk_marks(disk: &Disk) -> Vec<String> {
    marked(&[("serial", &disk.serial), ("wwid", &disk.wwid)])
}

fn nic_marks(nic: &Nic) -> Vec<String> {
    let macs = nic.port.iter().flat_map(|port| [&port.permanent_mac, &port.mac]);
    macs.flat_map(|mac| marked(&[("mac", mac)])).collect()
}

fn hba_marks(hba: &Hba) -> Vec<String> {
    hba.port.iter().flat_map(|port| marked(&[("wwpn", &port.wwpn)])).collect()
}
