//! Tests of `lshw`.

use super::*;

/// A machine as `lshw -json` prints one, made up, shortened.
const MACHINE: &str = include_str!("../../../tests/fixtures/lshw/server.json");

fn machine() -> Inventory {
    import("lshw.json", MACHINE.as_bytes()).unwrap()
}

#[test]
fn the_upper_part_of_the_tree_is_smbios() {
    let inventory = machine();
    let system = inventory.system.unwrap();
    assert_eq!(system.product.as_deref(), Some("RX700 M7"));
    assert_eq!(system.sku.as_deref(), Some("RX700-SKU"));
    assert_eq!(system.serial.as_deref(), Some("S123456"));
    assert_eq!(system.uuid.as_deref(), Some("00112233-4455-6677-8899-aabbccddeeff"));
    assert_eq!(inventory.board[0].product.as_deref(), Some("D3980"));
    assert_eq!(inventory.board[0].serial, None, "a placeholder");
    assert_eq!(inventory.firmware[0].rom_size_bytes, Some(16 << 20));
    let cpus: Vec<_> = inventory
        .cpu
        .iter()
        .map(|cpu| {
            (cpu.locator.as_deref().unwrap(), cpu.present, cpu.cores, cpu.frequency_hz.nominal)
        })
        .collect();
    assert_eq!(
        cpus,
        [("CPU1", Some(true), Some(16), Some(2_100_000_000)), ("CPU2", Some(false), None, None),]
    );
    assert_eq!(inventory.cpu[0].microcode.as_deref(), Some("0x2b000603"));
    assert_eq!(inventory.cache[0].level, Some(1));
    let dimms: Vec<_> = inventory
        .dimm
        .iter()
        .map(|dimm| {
            (dimm.locator.as_deref().unwrap(), dimm.present, dimm.size_bytes, dimm.speed_mts)
        })
        .collect();
    assert_eq!(
        dimms,
        [("DIMM_A1", Some(true), Some(32 << 30), Some(4800)), ("DIMM_A2", Some(false), None, None),]
    );
    assert_eq!(inventory.dimm[0].memory_type.as_deref(), Some("DDR5"));
    assert_eq!(inventory.dimm[1].manufacturer, None);
    let locator = &inventory.sources[inventory.dimm[0].origin.source.0 as usize].locator;
    assert_eq!(locator, "import:lshw.json#17/0x0031");
    assert_eq!(inventory.psu[0].part_number.as_deref(), Some("PS-800"));
}

#[test]
fn the_lower_part_is_buses() {
    let inventory = machine();
    let [nic] = inventory.nic.as_slice() else { panic!("{:#?}", inventory.nic) };
    assert_eq!(nic.address.as_deref(), Some("0000:3b:00"));
    assert_eq!(nic.driver.as_deref(), Some("i40e"));
    let ports: Vec<_> = nic
        .port
        .iter()
        .map(|port| {
            (port.name.as_deref().unwrap(), port.link, port.speed_bps, &*port.supported_bps)
        })
        .collect();
    let supported: &[u64] = &[1_000_000_000, 10_000_000_000];
    assert_eq!(
        ports,
        [
            ("eno1", Some(true), Some(10_000_000_000), supported),
            ("eno2", Some(false), None, supported),
        ]
    );
    assert_eq!(inventory.hba[0].port.len(), 2);
    assert_eq!(inventory.controller[0].kind.as_deref(), Some("raid"));
    assert_eq!(inventory.controller[0].volume[0].device.as_deref(), Some("sda"));
    let disks: Vec<_> = inventory
        .disk
        .iter()
        .map(|disk| (disk.name.as_deref().unwrap(), disk.serial.as_deref(), disk.size_bytes))
        .collect();
    assert_eq!(disks, [("nvme0n1", Some("NV1"), Some(960_197_124_096))]);
    assert_eq!(inventory.gpu, [], "the management controller's display is no card");
    let ids = (inventory.pci[0].vendor_id.as_deref(), inventory.pci[0].device_id.as_deref());
    assert_eq!(ids, (Some("8086"), Some("1572")));
}

#[test]
fn sections_say_what_lshw_leaves_out() {
    let inventory = machine();
    let state = |section| inventory.sections.get(&section).map(|status| status.status);
    assert_eq!(state(Section::Dimm), Some(SectionState::Complete));
    assert_eq!(state(Section::Disk), Some(SectionState::Partial));
    assert_eq!(state(Section::Pci), Some(SectionState::Partial));
    assert_eq!(state(Section::Slot), None, "lshw lists no slots");
    let user = import("a", br#"{"id":"x","class":"system","children":[]}"#).unwrap();
    let status = &user.sections[&Section::Dimm];
    assert_eq!(status.status, SectionState::Failed);
    assert!(status.reason.as_ref().is_some_and(|reason| reason.contains("needs root")));
}

/// What is wrong with a file, and how it gets so.
type Break = (&'static str, fn(&str) -> Vec<u8>);

#[test]
fn the_same_machine_in_a_broken_file_is_the_same_machine() {
    let whole = machine();
    let (digest, sources) = (whole.sources[0].digest.clone(), whole.sources.len());
    let breaks: [Break; 4] = [
        ("in an array", |text| format!("[{text}]").into_bytes()),
        ("without commas between objects", |text| text.replace("},", "}").into_bytes()),
        ("with a comma too many", |text| text.replace("}]", "},]").into_bytes()),
        ("with a byte of no UTF-8", |text| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.extend(b" {\"id\":\"\xff\",\"class\":\"generic\"}");
            bytes
        }),
    ];
    for (what, how) in breaks {
        let mut read = import("lshw.json", &how(MACHINE)).unwrap();
        assert_eq!(read.sources.len(), sources, "{what}");
        for source in &mut read.sources {
            source.digest.clone_from(&digest);
        }
        assert_eq!(read, whole, "{what}");
    }
}

#[test]
fn a_cut_file_is_refused_with_the_line() {
    let lines = MACHINE.lines().count();
    let error = import("lshw.json", &MACHINE.as_bytes()[..MACHINE.len() - 10]).unwrap_err();
    assert!(error.place.as_ref().is_some_and(|place| place.starts_with("line ")), "{error}");
    assert!(error.message.contains("the file ends inside"), "{error}");
    assert!(error.hint.is_some() && lines > 10);
    let error = import("lshw.json", b"{\"a\":1}").unwrap_err();
    assert_eq!(error.to_string(), "`lshw.json`, $: has no node with `id` and `class`");
}
