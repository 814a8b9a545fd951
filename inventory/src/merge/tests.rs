//! Tests of `merge`.

use proptest::prelude::*;

use super::*;
use crate::model::{
    Board, Controller, Cpu, Dimm, Disk, FindingClass, Frequency, Inventory, Nic, NicPort, Origin,
    Section, SectionState, Source, SourceId, SourceKind, System,
};

fn source(kind: SourceKind, locator: &str) -> Source {
    Source { kind, locator: locator.to_owned(), at: None, digest: None }
}

/// A description by one source.
fn by(kind: SourceKind, locator: &str) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.add_source(source(kind, locator));
    inventory
}

fn dimm(locator: &str, size: Option<u64>) -> Dimm {
    Dimm {
        locator: Some(locator.to_owned()),
        present: Some(size.is_some()),
        size_bytes: size,
        ..Dimm::default()
    }
}

fn merged(parts: &[&Inventory]) -> Inventory {
    merge(parts.iter().map(|part| (*part).clone()).collect(), &Options::default()).unwrap()
}

fn dump() -> Inventory {
    by(SourceKind::Import, "import:dump.bin#17/0x0021@smbios")
}

fn lshw() -> Inventory {
    by(SourceKind::Import, "import:lshw.json#17/0x0021@lshw")
}

#[test]
fn nothing_cannot_be_merged() {
    assert!(matches!(merge(Vec::new(), &Options::default()), Err(MergeError::Nothing)));
}

#[test]
fn the_trusted_source_is_chosen_and_the_other_kept_and_told() {
    let (mut one, mut other) = (dump(), lshw());
    one.dimm.push(dimm("DIMM_A1", Some(16)));
    other.dimm.push(dimm("dimm a1", Some(8)));
    for parts in [[&one, &other], [&other, &one]] {
        let both = merged(&parts);
        assert_eq!(both.dimm.len(), 1);
        let dimm = &both.dimm[0];
        assert_eq!(dimm.size_bytes, Some(16));
        assert_eq!(dimm.locator.as_deref(), Some("DIMM_A1"));
        let claim = &dimm.origin.also["size_bytes"][0];
        assert_eq!(both.sources[claim.source.0 as usize].locator, other.sources[0].locator);
        assert_eq!(claim.value, 8);
        assert_eq!(both.findings.len(), 1, "{:#?}", both.findings);
        assert_eq!(both.findings[0].class, FindingClass::Value);
        assert_eq!(both.findings[0].path, "dimm[0].size_bytes");
        assert_eq!(both.findings[0].claims.len(), 2);
    }
}

#[test]
fn spelling_rounding_and_byte_order_are_no_disagreement() {
    let (mut one, mut other) = (dump(), lshw());
    one.system = Some(System {
        uuid: Some("00112233-4455-6677-8899-aabbccddeeff".to_owned()),
        serial: Some("ABC-123".to_owned()),
        product: Some("PowerEdge R740".to_owned()),
        ..System::default()
    });
    other.system = Some(System {
        uuid: Some("33221100-5544-7766-8899-AABBCCDDEEFF".to_owned()),
        serial: Some("abc123".to_owned()),
        product: Some("PowerEdge  R740 (SKU=NotProvided)".to_owned()),
        ..System::default()
    });
    one.cpu.push(Cpu {
        locator: Some("CPU1".to_owned()),
        model: Some("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz".to_owned()),
        frequency_hz: Frequency { nominal: Some(2_100_000_000), ..Frequency::default() },
        ..Cpu::default()
    });
    other.cpu.push(Cpu {
        locator: Some("CPU 1".to_owned()),
        model: Some("Intel Xeon Gold 6230 @ 2.10GHz".to_owned()),
        frequency_hz: Frequency { nominal: Some(2_095_000_000), ..Frequency::default() },
        ..Cpu::default()
    });
    let both = merged(&[&one, &other]);
    assert_eq!(both.findings, []);
    assert_eq!(both.cpu.len(), 1);
}

#[test]
fn different_machines_are_refused_unless_forced() {
    let cases = [("A1", "B2", None, None), ("", "", Some(1_u8), Some(2))];
    for (serial, other_serial, uuid, other_uuid) in cases {
        let system = |serial: &str, uuid: Option<u8>| System {
            serial: Some(serial.to_owned()).filter(|serial| !serial.is_empty()),
            uuid: uuid.map(|byte| format!("0011223{byte}-4455-6677-8899-aabbccddeeff")),
            ..System::default()
        };
        let (mut one, mut other) = (dump(), lshw());
        one.system = Some(system(serial, uuid));
        other.system = Some(system(other_serial, other_uuid));
        let parts = vec![one, other];
        let error = merge(parts.clone(), &Options::default()).unwrap_err();
        assert!(matches!(error, MergeError::DifferentMachines { .. }), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("--force-same")));
        let forced = merge(parts, &Options { force_same: true }).unwrap();
        assert_eq!(forced.findings[0].class, FindingClass::Identity);
    }
}

#[test]
fn a_placeholder_makes_no_other_machine() {
    let (mut one, mut other) = (dump(), lshw());
    one.system = Some(System { serial: Some("A1".to_owned()), ..System::default() });
    other.system = Some(System { serial: Some("None".to_owned()), ..System::default() });
    assert!(merge(vec![one, other], &Options::default()).is_ok());
}

#[test]
fn what_a_complete_source_lacks_is_told() {
    let (mut one, mut other) = (dump(), lshw());
    one.dimm = vec![dimm("A1", Some(16)), dimm("A2", Some(16)), dimm("A3", None)];
    other.dimm = vec![dimm("A1", Some(16))];
    assert_eq!(
        merged(&[&one, &other]).findings,
        [],
        "not a word where nobody claims to be complete"
    );
    other.set_section(Section::Dimm, SectionState::Complete, None);
    let both = merged(&[&one, &other]);
    let paths: Vec<_> = both.findings.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(paths, ["dimm[1]"], "the empty slot is no loss");
    assert_eq!(both.findings[0].class, FindingClass::Missing);
}

#[test]
fn one_locator_for_two_slots_keeps_two_slots() {
    let (mut one, mut other) = (dump(), lshw());
    one.dimm = vec![dimm("DIMM", Some(16)), dimm("DIMM", Some(8)), dimm("DIMM", None)];
    other.dimm = one.dimm.clone();
    let both = merged(&[&one, &other]);
    let sizes: Vec<_> = both.dimm.iter().map(|dimm| dimm.size_bytes).collect();
    assert_eq!(sizes, [Some(16), Some(8), None]);
    assert_eq!(both.findings, []);
}

#[test]
fn vendors_spellings_of_one_place_meet() {
    let (mut one, mut other) = (dump(), lshw());
    one.sources[0].locator = "import:dump.bin#a@smbios".to_owned();
    other.sources[0].locator = "import:lshw.json#b@lshw".to_owned();
    one.dimm = vec![dimm("CPU1_DIMM_A1", Some(16)), dimm("CPU2_DIMM_A1", Some(16))];
    other.dimm = vec![dimm("P2-DIMMA1", Some(16)), dimm("P1-A1", Some(16)), dimm("B7", Some(1))];
    let both = merged(&[&one, &other]);
    let locators: Vec<_> = both.dimm.iter().filter_map(|dimm| dimm.locator.as_deref()).collect();
    assert_eq!(locators, ["CPU1_DIMM_A1", "CPU2_DIMM_A1", "B7"]);
    let claimed = &both.dimm[0].origin.also["locator"][0].value;
    assert_eq!(claimed, "P1-A1");
}

#[test]
fn facts_of_a_slot_come_from_those_who_agree_that_it_is_filled() {
    let (mut one, mut other) = (dump(), lshw());
    one.dimm = vec![dimm("A1", None)];
    other.dimm = vec![dimm("A1", Some(16))];
    let both = merged(&[&one, &other]);
    assert_eq!(both.dimm[0].present, Some(false));
    assert_eq!(both.dimm[0].size_bytes, None);
    assert_eq!(both.dimm[0].origin.also["size_bytes"][0].value, 16);
    assert_eq!(both.findings[0].path, "dimm[0].present");
}

#[test]
fn a_drive_in_anothers_place_is_another_drive() {
    let disk = |name: &str, serial: &str| Disk {
        name: Some(name.to_owned()),
        serial: Some(serial.to_owned()),
        ..Disk::default()
    };
    let (mut one, mut other) = (by(SourceKind::Ata, "ata:sda"), lshw());
    one.disk = vec![disk("sda", "SERIAL01"), disk("sdb", "SERIAL02")];
    other.disk = vec![disk("sda", "SERIAL02"), disk("sdb", "SERIAL03")];
    let both = merged(&[&one, &other]);
    let serials: Vec<_> = both.disk.iter().filter_map(|disk| disk.serial.as_deref()).collect();
    assert_eq!(serials, ["SERIAL01", "SERIAL02", "SERIAL03"]);
}

#[test]
fn ports_of_one_card_meet_by_their_addresses() {
    let port = |name: &str, mac: &str, speed: Option<u64>| NicPort {
        name: Some(name.to_owned()),
        mac: Some(mac.to_owned()),
        speed_bps: speed,
        ..NicPort::default()
    };
    let nic = |ports: Vec<NicPort>| Nic {
        address: Some("0000:3b:00".to_owned()),
        port: ports,
        ..Nic::default()
    };
    let (mut one, mut other) = (by(SourceKind::Sysfs, "sysfs:/sys/class/net"), lshw());
    one.nic = vec![nic(vec![
        port("eth0", "00:11:22:33:44:55", Some(10)),
        port("eth1", "00:11:22:33:44:56", None),
    ])];
    other.nic = vec![nic(vec![
        port("ens1f1", "00:11:22:33:44:56", Some(1)),
        port("eth0", "00:11:22:33:44:55", Some(1)),
    ])];
    let both = merged(&[&one, &other]);
    let ports = &both.nic[0].port;
    assert_eq!(ports.len(), 2);
    assert_eq!((ports[0].speed_bps, ports[1].speed_bps), (Some(10), Some(1)));
    assert_eq!(both.findings, [], "a link's speed changes");
}

#[test]
fn the_best_status_counts_with_the_reasons_of_its_equals() {
    let (mut one, mut other) = (dump(), lshw());
    one.set_section(Section::Disk, SectionState::Partial, Some("a; b".to_owned()));
    other.set_section(Section::Disk, SectionState::Partial, Some("b; c".to_owned()));
    one.set_section(Section::Nic, SectionState::Failed, Some("broken".to_owned()));
    other.set_section(Section::Nic, SectionState::Complete, None);
    let both = merged(&[&one, &other]);
    assert_eq!(both.sections[&Section::Disk].reason.as_deref(), Some("a; b; c"));
    assert_eq!(both.sections[&Section::Nic].status, SectionState::Complete);
    assert_eq!(both.sections[&Section::Nic].reason, None);
}

#[test]
fn disks_are_complete_when_every_drive_behind_every_controller_is_read() {
    let mut live = by(SourceKind::Sysfs, "sysfs:/sys/block");
    live.collected_at = Some("2026-01-01T00:00:00Z".to_owned());
    live.controller = vec![Controller {
        address: Some("0000:3b:00.0".to_owned()),
        kind: Some("raid".to_owned()),
        ..Controller::default()
    }];
    let reason = "2 drives behind megaraid_sas not readable".to_owned();
    live.set_section(Section::Disk, SectionState::Partial, Some(reason));
    let mut storcli = by(SourceKind::Import, "import:c0.json#/c0@storcli");
    storcli.controller = live.controller.clone();
    storcli.controller[0].drives = Some(2);
    let reason = "storcli tells of drives behind its controllers, not of others".to_owned();
    storcli.set_section(Section::Disk, SectionState::Partial, Some(reason));
    let drive = |slot: u32| Disk {
        locator: Some(format!("252:{slot}")),
        serial: Some(format!("SERIAL0{slot}")),
        behind: Some("RAID (0000:3b:00.0)".to_owned()),
        ..Disk::default()
    };
    storcli.disk = vec![drive(0)];
    let half = merged(&[&live, &storcli]);
    assert_eq!(half.sections[&Section::Disk].status, SectionState::Partial);
    storcli.disk.push(drive(1));
    let both = merged(&[&live, &storcli]);
    assert_eq!(both.sections[&Section::Disk].status, SectionState::Complete);
    let alone = merged(&[&storcli, &dump()]);
    assert_eq!(alone.sections[&Section::Disk].status, SectionState::Partial);
}

#[test]
fn findings_of_a_part_follow_their_object() {
    let (mut one, mut other) = (dump(), lshw());
    one.dimm = vec![dimm("A1", Some(1)), dimm("A2", Some(1))];
    other.dimm = vec![dimm("A2", Some(1))];
    other.findings.push(crate::model::Finding {
        class: FindingClass::Damage,
        path: "dimm[0].serial".to_owned(),
        message: "broken".to_owned(),
        message_zh: "损坏".to_owned(),
        claims: Vec::new(),
    });
    assert_eq!(merged(&[&one, &other]).findings[0].path, "dimm[1].serial");
}

const KINDS: [(SourceKind, &str); 5] = [
    (SourceKind::Import, "import:a.bin#17/0x0001@smbios"),
    (SourceKind::Import, "import:b.txt#17/0x0001@dmidecode"),
    (SourceKind::Import, "import:c.json#17/0x0002@lshw"),
    (SourceKind::Sysfs, "sysfs:/sys"),
    (SourceKind::Import, "import:d.json"),
];

fn short_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(vec!["A1", "A2", "CPU1_A1", "x", "Serial9"]))
        .prop_map(|text| text.map(str::to_owned))
}

prop_compose! {
    fn any_dimm(sources: u32)(
        locator in short_text(),
        serial in short_text(),
        part_number in short_text(),
        present in any::<bool>().prop_map(Some),
        size_bytes in prop::option::of(0_u64..3),
        source in 0..sources,
    ) -> Dimm {
        let origin = Origin::of(SourceId(source));
        Dimm { locator, present, size_bytes, part_number, serial, origin, ..Dimm::default() }
    }
}

prop_compose! {
    fn any_disk(sources: u32)(
        name in short_text().prop_map(|name| name.or(Some("sda".to_owned()))),
        serial in short_text(),
        wwid in short_text(),
        size_bytes in prop::option::of(0_u64..3),
        source in 0..sources,
    ) -> Disk {
        Disk { name, serial, wwid, size_bytes, origin: Origin::of(SourceId(source)), ..Disk::default() }
    }
}

prop_compose! {
    fn any_part()(
        kinds in prop::sample::subsequence((0..KINDS.len()).collect::<Vec<_>>(), 1..3),
    )(
        dimm in prop::collection::vec(any_dimm(u32::try_from(kinds.len()).unwrap()), 0..5),
        disk in prop::collection::vec(any_disk(u32::try_from(kinds.len()).unwrap()), 0..4),
        board in prop::collection::vec(short_text().prop_filter("said", Option::is_some), 0..3),
        digest in any::<u64>(),
        complete in any::<bool>(),
        oem_strings in prop::collection::vec("[ab]", 0..3),
        kinds in Just(kinds),
    ) -> Inventory {
        let mut inventory = Inventory { dimm, disk, oem_strings, ..Inventory::default() };
        inventory.board = board
            .into_iter()
            .map(|product| Board { product, ..Board::default() })
            .collect();
        for kind in kinds {
            let (kind, locator) = KINDS[kind];
            let digest = Some(format!("sha256:{digest:x}"));
            inventory.add_source(Source { digest, ..source(kind, locator) });
        }
        let state = if complete { SectionState::Complete } else { SectionState::Partial };
        inventory.set_section(Section::Dimm, state, (!complete).then(|| "some".to_owned()));
        inventory
    }
}

/// Every known leaf of the document by its value: what it states, whoever says it.
fn facts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let own = members.iter().filter(|(key, _)| *key != "origin" && *key != "findings");
            own.for_each(|(_, value)| facts(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| facts(item, into)),
        Value::Null => {}
        leaf => into.push(leaf.to_string()),
    }
}

fn facts_of(inventory: &Inventory) -> std::collections::BTreeSet<String> {
    let mut leaves = Vec::new();
    facts(&serde_json::to_value(inventory).unwrap(), &mut leaves);
    leaves.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn merging_a_document_with_itself_changes_nothing(part in any_part()) {
        prop_assert_eq!(merged(&[&part, &part]), merged(&[&part]));
        let again = merged(&[&part, &part, &part]);
        prop_assert_eq!(again, part);
    }

    #[test]
    fn the_order_of_the_inputs_never_shows(one in any_part(), two in any_part(), three in any_part()) {
        let first = merged(&[&one, &two, &three]);
        prop_assert_eq!(&merged(&[&three, &two, &one]), &first);
        prop_assert_eq!(&merged(&[&two, &one, &three]), &first);
    }

    #[test]
    fn merging_a_part_in_again_changes_no_fact(one in any_part(), two in any_part()) {
        let both = merged(&[&one, &two]);
        let again = merged(&[&both, &two]);
        prop_assert_eq!(&again.dimm, &both.dimm);
        prop_assert_eq!(&again.disk, &both.disk);
        prop_assert_eq!(&again.board, &both.board);
        prop_assert_eq!(&again.oem_strings, &both.oem_strings);
        prop_assert_eq!(&again.sections, &both.sections);
        prop_assert_eq!(again, both);
    }

    #[test]
    fn merging_states_nothing_that_no_part_states(one in any_part(), two in any_part()) {
        let mut stated = facts_of(&one);
        stated.extend(facts_of(&two));
        stated.insert("\"some\"".to_owned());
        for fact in facts_of(&merged(&[&one, &two])) {
            prop_assert!(stated.contains(&fact), "{}", fact);
        }
    }
}
