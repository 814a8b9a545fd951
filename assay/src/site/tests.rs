//! Lists as suppliers write them, right and wrong, and small deliveries with each defect.

use inventory::{
    Inventory,
    model::{Chassis, Cpu, Dimm, Disk, Firmware, Section, SectionState, System},
};
use profiles::{Lang, Text};

use super::{
    compare::compare,
    list::{List, Refusal},
    seen::{Seen, Untold},
    *,
};

mod lists;
mod parts;

fn read(text: &str) -> Result<List, Refusal> {
    List::read(&mut bmc::sheet::read(text.as_bytes()).expect("a table"))
}

fn list(text: &str) -> List {
    read(text).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"))
}

/// A machine of four modules of memory, complete.
fn machine(serial: &str) -> Inventory {
    let module = |at: u32| Dimm {
        locator: Some(format!("DIMM{at}")),
        present: Some(true),
        size_bytes: Some(32 << 30),
        memory_type: Some("DDR4".to_owned()),
        manufacturer: Some("Samsung".to_owned()),
        serial: Some(format!("M{serial}{at}")),
        ..Dimm::default()
    };
    let mut inventory = Inventory {
        system: Some(System {
            manufacturer: Some("Huawei".to_owned()),
            product: Some("TaiShan 200 (Model 2280)".to_owned()),
            serial: Some(serial.to_owned()),
            ..System::default()
        }),
        chassis: vec![Chassis { height_u: Some(2), ..Chassis::default() }],
        cpu: vec![
            Cpu {
                present: Some(true),
                model: Some("Kunpeng 920-4826".to_owned()),
                cores: Some(48),
                ..Cpu::default()
            };
            2
        ],
        dimm: (0..4).map(module).collect(),
        disk: vec![
            Disk {
                protocol: Some("nvme".to_owned()),
                kind: Some("ssd".to_owned()),
                size_bytes: Some(3_840_755_982_336),
                firmware: Some("GDC7502Q".to_owned()),
                model: Some("SAMSUNG MZQL23T8HCLS".to_owned()),
                ..Disk::default()
            };
            2
        ],
        firmware: vec![Firmware {
            kind: "bios".to_owned(),
            version: Some("1.83".to_owned()),
            ..Firmware::default()
        }],
        ..Inventory::default()
    };
    for section in [Section::System, Section::Cpu, Section::Dimm, Section::Disk, Section::Firmware]
    {
        inventory.set_section(section, SectionState::Complete, None);
    }
    inventory
}

fn seen<'i>(name: &str, inventory: &'i Inventory) -> Seen<'i> {
    let place = place::from_name(name);
    let address = name.parse::<std::net::IpAddr>().ok().and_then(|ip| ip.to_string().parse().ok());
    Seen { name: name.to_owned(), address, place, inventory }
}

/// The findings, as kind and the serial numbers of the lines.
fn found(comparison: &Comparison, list: &List) -> Vec<String> {
    let name = |line: &usize| list.lines.get(*line).map(Line::name).unwrap_or_default();
    comparison
        .findings
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one.kind.code(),
                one.lines.iter().map(name).collect::<Vec<_>>().join(",")
            )
        })
        .collect()
}

const PARTS: &str = "2×CPU Kunpeng 920 48核; 4×DIMM 32GiB DDR4; 2×NVMe 3.84TB; BIOS 1.83";

/// A list of machines at A01-U1, A01-U3, …, with what each is to have.
fn rack(serials: &[&str], parts: &str) -> String {
    let mut text = "contract-line,model,sn,rack,u,height-u,parts\n".to_owned();
    for (at, serial) in serials.iter().enumerate() {
        text = format!("{text}1,TaiShan 200 2280,{serial},A01,{},2,\"{parts}\"\n", 2 * at + 1);
    }
    text
}

#[test]
fn a_delivery_as_ordered_has_no_finding_and_is_delivered() {
    let list = list(&rack(&["S1", "S2"], PARTS));
    let machines = [machine("S1"), machine("S2")];
    let seen = [seen("A01-U1", &machines[0]), seen("A01-U3", &machines[1])];
    let comparison = compare(&list, &seen, &[]);
    assert_eq!(found(&comparison, &list), Vec::<String>::new());
    assert!(comparison.lines.iter().all(|line| line.state == State::Delivered));
    let numbers = &comparison.contracts[0];
    assert_eq!((numbers.packed, numbers.found, numbers.delivered), (2, 2, 2));
}

#[test]
fn each_defect_is_named_once_with_what_it_explains() {
    type Change = fn(&mut Vec<(String, Inventory)>, &mut String);
    let cases: &[(&str, Change, &[&str])] = &[
        ("missing", |found, _| drop(found.remove(1)), &["missing S2"]),
        ("extra", |found, _| found.push(("A01-U9".to_owned(), machine("X9"))), &["extra "]),
        (
            "swapped",
            |found, _| {
                found[0].0 = "A01-U3".to_owned();
                found[1].0 = "A01-U1".to_owned();
            },
            &["swapped S1,S2"],
        ),
        ("misplaced", |found, _| found[0].0 = "A01-U20".to_owned(), &["misplaced S1"]),
        (
            "another machine in its place",
            |found, _| found[2].1 = machine("X9"),
            &["other-serial S3"],
        ),
        (
            "wrong module",
            |found, _| found[2].1.dimm[1].size_bytes = Some(16 << 30),
            &["wrong-part S3"],
        ),
        ("one module less", |found, _| drop(found[2].1.dimm.pop()), &["wrong-part S3"]),
        (
            "other firmware",
            |found, _| found[0].1.firmware[0].version = Some("1.80".to_owned()),
            &["other-firmware S1"],
        ),
        (
            "wrong model",
            |found, _| {
                let system = found[1].1.system.as_mut().expect("a system");
                system.product = Some("TaiShan 200 (Model 5280)".to_owned());
            },
            &["wrong-model S2"],
        ),
        (
            "one serial number on two lines",
            |_, list| *list = list.replace(",S3,", ",S1,"),
            &["duplicate-listed S1,S1"],
        ),
        (
            "one serial number on two machines",
            |found, _| {
                let system = found[2].1.system.as_mut().expect("a system");
                system.serial = Some("S1".to_owned());
                found[2].1.system.as_mut().expect("a system").uuid =
                    Some("4c4c4544-0042-4a10-8036-b7c04f4d3133".to_owned());
            },
            &["duplicate-found S1,S3"],
        ),
        (
            "fewer than ordered",
            |_, list| {
                *list = list
                    .replace("contract-line,", "quantity,contract-line,")
                    .replace("1,TaiShan", "4,1,TaiShan");
            },
            &["quantity "],
        ),
    ];
    for (name, change, expected) in cases {
        let mut text = rack(&["S1", "S2", "S3"], PARTS);
        let mut machines: Vec<(String, Inventory)> = ["S1", "S2", "S3"]
            .iter()
            .enumerate()
            .map(|(at, serial)| (format!("A01-U{}", 2 * at + 1), machine(serial)))
            .collect();
        change(&mut machines, &mut text);
        let list = list(&text);
        let seen: Vec<Seen<'_>> = machines.iter().map(|(name, one)| seen(name, one)).collect();
        let comparison = compare(&list, &seen, &[]);
        assert_eq!(found(&comparison, &list), *expected, "{name}: {:#?}", comparison.findings);
        for finding in &comparison.findings {
            assert_eq!(finding.kind.class(), Class::Defect, "{name}");
            assert!(!finding.what.zh.is_empty() && !finding.what.en.is_empty());
        }
    }
}

#[test]
fn what_was_not_told_is_never_delivered() {
    let list = list(&rack(&["S1", "S2", "S3"], PARTS));
    let mut machines = [machine("S1"), machine("S2"), machine("S3")];
    // Two modules of which the size is not known, and a section that is not whole.
    machines[0].dimm[0].size_bytes = None;
    machines[1].dimm.pop();
    machines[1].set_section(Section::Dimm, SectionState::Partial, Some("hung".to_owned()));
    machines[2].system.as_mut().expect("a system").serial = None;
    let seen =
        [seen("A01-U1", &machines[0]), seen("A01-U3", &machines[1]), seen("A01-U5", &machines[2])];
    let comparison = compare(&list, &seen, &[]);
    assert_eq!(found(&comparison, &list), ["untold S1", "untold S2", "untold S3"]);
    assert!(comparison.lines.iter().all(|line| line.state == State::Open));
    assert!(comparison.findings[1].what.en.contains("hung"), "{:?}", comparison.findings[1]);
}

#[test]
fn a_machine_that_could_not_be_asked_is_open_and_not_missing() {
    let text = "sn,bmc,model\nS1,192.0.2.1,TaiShan 200 2280\nS2,192.0.2.2,\nS3,192.0.2.3,\n";
    let list = list(text);
    let nameless = {
        let mut one = machine("");
        one.system.as_mut().expect("a system").serial = None;
        one
    };
    let why = Text::new("未应答", "no answer");
    let untold = [Untold {
        name: "192.0.2.2".to_owned(),
        address: "192.0.2.2".parse().ok(),
        place: None,
        is_machine: true,
        why,
    }];
    // One that says nothing of itself may be either of the others.
    let seen = [seen("node7", &nameless)];
    let comparison = compare(&list, &seen, &untold);
    assert_eq!(found(&comparison, &list), ["untold S1", "untold S2", "untold S3", "unidentified "]);
    let comparison = compare(&list, &[], &untold);
    assert_eq!(found(&comparison, &list), ["missing S1", "missing S3", "untold S2"]);
}

#[test]
fn by_address_machines_in_each_others_place_are_seen_too() {
    let list = list("sn,bmc\nS1,192.0.2.1\nS2,192.0.2.2\nS3,192.0.2.3\n");
    let machines = [machine("S1"), machine("S2"), machine("S3")];
    let at = |addresses: [&str; 3]| {
        let seen: Vec<Seen<'_>> =
            addresses.iter().zip(&machines).map(|(name, one)| seen(name, one)).collect();
        found(&compare(&list, &seen, &[]), &list)
    };
    assert_eq!(at(["192.0.2.1", "192.0.2.2", "192.0.2.3"]), Vec::<String>::new());
    assert_eq!(at(["192.0.2.2", "192.0.2.1", "192.0.2.3"]), ["swapped S1,S2"]);
    assert_eq!(at(["192.0.2.9", "192.0.2.2", "192.0.2.3"]), ["other-address S1"]);
    let round = ["misplaced S1", "misplaced S2", "misplaced S3"];
    assert_eq!(at(["192.0.2.2", "192.0.2.3", "192.0.2.1"]), round);
}

#[test]
fn firmware_unlike_that_of_its_like_is_a_note_where_the_list_asks_for_none() {
    let list = list(&rack(&["S1", "S2", "S3"], "4×DIMM 32GiB"));
    let mut machines = [machine("S1"), machine("S2"), machine("S3")];
    machines[1].firmware[0].version = Some("1.80".to_owned());
    let seen: Vec<Seen<'_>> = machines
        .iter()
        .enumerate()
        .map(|(at, one)| seen(&format!("A01-U{}", 2 * at + 1), one))
        .collect();
    let comparison = compare(&list, &seen, &[]);
    assert_eq!(found(&comparison, &list), ["odd-firmware S2"]);
    assert!(comparison.lines.iter().all(|line| line.state == State::Delivered));
}

#[test]
fn a_list_made_of_what_was_found_is_what_was_found() {
    let machines = [machine("S1"), machine("S2")];
    let at = [seen("A01-U1", &machines[0]), seen("192.0.2.7", &machines[1])];
    for lang in [Lang::Zh, Lang::En] {
        let rows = write::rows(&at, Some("gd-gov-cloud/ecs-server"), lang);
        let text: Vec<String> = rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
                    .collect::<Vec<_>>()
                    .join(",")
            })
            .collect();
        let list = list(&text.join("\n"));
        assert!(list.unread.is_empty() && list.unchecked.is_empty(), "{list:?}");
        assert_eq!(list.lines[0].parts.len(), 4, "{:?}", list.lines[0].parts);
        assert_eq!(
            list.lines[0].place.as_ref().map(ToString::to_string).as_deref(),
            Some("A01-U1")
        );
        let comparison = compare(&list, &at, &[]);
        assert_eq!(found(&comparison, &list), Vec::<String>::new());
        assert!(comparison.lines.iter().all(|line| line.state == State::Delivered));
    }
}

#[test]
fn a_rack_shows_each_line_once_in_units_that_are_its_own() {
    let mut text = rack(&["S1", "S2"], "");
    text.push_str("1,,N1,A01,40,2,\n1,,N2,A01,40,2,\n1,,B1,B02,1,,\n");
    let list = list(&text);
    let racks = rack::racks(&list, &|_| None);
    let names: Vec<(&str, u8)> =
        racks.iter().map(|rack| (rack.name.as_str(), rack.units)).collect();
    assert_eq!(names, [("A01", 42), ("B02", 42)]);
    let slots: Vec<(u8, u8, usize)> =
        racks[0].slots.iter().map(|slot| (slot.unit, slot.height, slot.lines.len())).collect();
    assert_eq!(slots, [(1, 2, 1), (3, 2, 1), (40, 2, 2)]);
}
