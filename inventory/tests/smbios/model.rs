//! The rules of the model, one by one.

use inventory::model::{FindingClass, Section, SectionState};
use inventory::smbios::{Version, inventory, parse};

use crate::table::Built;
use crate::{cpu, dimm, machine, read, says, status};

#[test]
fn a_machine_is_read_whole() {
    let inventory = read(&machine().dump());
    let system = inventory.system.as_ref().expect("a system");
    assert_eq!(system.product.as_deref(), Some("2288H V5"));
    assert_eq!(system.origin.raw["product"], "2288H  V5 ");
    assert_eq!(system.brand.as_ref().map(|brand| brand.id.as_str()), Some("huawei"));
    assert_eq!(system.uuid.as_deref(), Some("04030201-0605-0807-090a-0b0c0d0e0f10"));
    assert_eq!(system.wake_up.as_deref(), Some("Power Switch"));
    assert_eq!(inventory.board[0].hosting, Some(true));
    assert_eq!(inventory.chassis[0].kind.as_deref(), Some("Rack Mount Chassis"));
    assert_eq!(inventory.chassis[0].height_u, Some(2));
    assert_eq!(inventory.firmware[0].rom_size_bytes, Some(32 << 20));
    assert_eq!(inventory.slot[0].kind.as_deref(), Some("x8 PCI Express 3 x16"));
    assert_eq!(inventory.slot[0].bus.as_deref(), Some("pcie"));
    assert_eq!((inventory.slot[0].width, inventory.slot[0].generation), (Some(8), Some(3)));
    assert_eq!(inventory.slot[0].in_use, Some(true));
    assert_eq!(inventory.memory_array[0].max_capacity_bytes, Some(64 << 30));
    assert_eq!(status(&inventory, Section::Psu), SectionState::Unsupported);
    assert_eq!(status(&inventory, Section::Identity), SectionState::Complete);
    let identity = inventory.identity.expect("an identity");
    assert_eq!(identity.key.as_deref(), Some("system_serial:2102311TYB10J"));
}

#[test]
fn the_uuid_is_big_endian_before_2_6() {
    let mut tables = machine();
    tables.version = Version { major: 2, minor: 5 };
    let uuid = read(&tables.dump()).system.and_then(|system| system.uuid);
    assert_eq!(uuid.as_deref(), Some("01020304-0506-0708-090a-0b0c0d0e0f10"));
}

#[test]
fn a_shared_uuid_is_none_and_kept_as_raw() {
    let mut tables = machine();
    let ami = [0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9];
    tables.of(1).for_each(|system| system.put(8, &ami));
    let system = read(&tables.dump()).system.expect("a system");
    assert_eq!(system.uuid, None);
    assert_eq!(system.origin.raw["uuid"], "03000200-0400-0500-0006-000700080009");
    tables.of(1).for_each(|system| system.put(8, &[0; 16]));
    assert_eq!(read(&tables.dump()).system.and_then(|system| system.uuid), None);
}

#[test]
fn only_central_processors_are_sockets() {
    for kind in [1, 2, 4, 5, 6, 99] {
        let tables = machine().with(cpu(5).set(5, [kind]));
        assert_eq!(read(&tables.dump()).cpu.len(), 1, "{kind}");
    }
}

#[test]
fn an_empty_socket_has_no_cores_whatever_it_claims() {
    let tables = machine().with(cpu(5).set(0x18, [0]));
    let inventory = read(&tables.dump());
    let empty = &inventory.cpu[1];
    assert_eq!(empty.present, Some(false));
    assert_eq!((empty.cores, empty.cores_enabled, empty.threads), (None, None, None));
    assert_eq!(empty.frequency_hz.nominal, None);
    assert_eq!(empty.origin.raw["cores"], "20");
}

#[test]
fn counts_above_255_are_in_the_wide_fields() {
    let wide = [0x80, 0x01, 0x40, 0x01, 0, 3];
    let mut tables = machine();
    tables.of(4).for_each(|cpu| {
        cpu.put(0x23, &[0xFF; 3]);
        cpu.put(0x2A, &wide);
    });
    let cpu = &read(&tables.dump()).cpu[0];
    assert_eq!((cpu.cores, cpu.cores_enabled, cpu.threads), (Some(384), Some(320), Some(768)));
}

#[test]
fn a_short_processor_has_unknown_cores() {
    let mut tables = machine();
    tables.of(4).for_each(|cpu| cpu.body.truncate(0x20 - 4));
    let cpu = &read(&tables.dump()).cpu[0];
    assert_eq!((cpu.present, cpu.cores), (Some(true), None));
}

#[test]
fn the_base_clock_is_that_of_the_name_and_never_the_maximum() {
    let cpu = &read(&machine().dump()).cpu[0];
    assert_eq!(cpu.frequency_hz.nominal, Some(2_100_000_000));
    assert_eq!(cpu.frequency_hz.max_claimed, Some(4_000_000_000));
    let mut tables = machine();
    tables.of(4).for_each(|cpu| cpu.strings[2] = b"Kunpeng 920-4826".to_vec());
    let cpu = &read(&tables.dump()).cpu[0];
    assert_eq!(cpu.frequency_hz.nominal, Some(2_100_000_000), "current speed");
    assert_eq!(cpu.architecture.as_deref(), Some("aarch64"), "the name before the family");
}

#[test]
fn architectures_follow_name_maker_and_family() {
    let cases = [
        (0xB3, "Intel", "Intel(R) Xeon(R)", Some("x86_64")),
        (0x6B, "Advanced Micro Devices, Inc.", "AMD EPYC 7302", Some("x86_64")),
        (0x6B, "Chengdu Hygon", "Hygon C86 7285", Some("x86_64")),
        (0x01, "Zhaoxin", "ZHAOXIN KaiSheng KH-30000", Some("x86_64")),
        (0x02, "PHYTIUM LTD", "S2500", Some("aarch64")),
        (0x02, "Loongson", "Loongson-3C5000", Some("loongarch64")),
        (0x02, "Sunway", "SW3231", Some("sw64")),
        (0x02, "nobody", "nothing", None),
    ];
    for (family, maker, name, wanted) in cases {
        let mut tables = machine();
        tables.of(4).for_each(|cpu| {
            cpu.put(6, &[family]);
            cpu.strings[1] = maker.as_bytes().to_vec();
            cpu.strings[2] = name.as_bytes().to_vec();
        });
        let cpu = &read(&tables.dump()).cpu[0];
        assert_eq!(cpu.architecture.as_deref(), wanted, "{maker} {name}");
    }
}

#[test]
fn sizes_of_dimms_follow_every_rule() {
    let extended = |size: u16, wide: u32| dimm(0x20, size).set(0x1C, wide.to_le_bytes());
    let cases = [
        (dimm(0x20, 0), Some(false), None),
        (dimm(0x20, 0xFFFF), None, None),
        (dimm(0x20, 0x4000), Some(true), Some(16 << 30)),
        (dimm(0x20, 0x8200), Some(true), Some(512 << 10)),
        (extended(0x7FFF, 0x0002_0000), Some(true), Some(128 << 30)),
        (extended(0x7FFF, 0x8002_0000), Some(true), Some(128 << 30)),
    ];
    for (built, present, size) in cases {
        let inventory = read(&machine().with(built.clone()).dump());
        let dimm = &inventory.dimm[2];
        assert_eq!((dimm.present, dimm.size_bytes), (present, size), "{built:?}");
    }
    // A structure without the extended field means what it says.
    let mut short = dimm(0x20, 0x7FFF);
    short.body.truncate(0x1C - 4);
    let inventory = read(&machine().with(short).dump());
    assert_eq!(inventory.dimm[2].size_bytes, Some(32_767 << 20));
}

#[test]
fn speeds_above_65534_are_in_the_wide_fields() {
    let mut fast = Built::new(17, 0x20, 0x5C).set(0x0C, [0, 0x40]).set(0x15, [0xFF; 2]);
    fast.put(0x20, &[0x80, 0x25]);
    fast.put(0x54, &70_000_u32.to_le_bytes());
    let inventory = read(&machine().with(fast).dump());
    let dimm = &inventory.dimm[2];
    assert_eq!((dimm.speed_mts, dimm.configured_speed_mts), (Some(70_000), Some(9_600)));
}

#[test]
fn flash_is_a_device_but_no_memory() {
    let inventory = read(&machine().with(dimm(0x20, 0x8800).set(0x12, [9])).dump());
    assert_eq!(inventory.dimm[2].kind.as_deref(), Some("flash"));
    assert!(!says(&inventory, "memory arrays claim"), "flash is in no array of DIMMs");
}

#[test]
fn persistent_memory_is_told_by_type_technology_and_portion() {
    let long = || Built::new(17, 0x20, 0x54).set(0x0C, [0, 0x40]);
    let built = [long().set(0x12, [0x1F]), long().set(0x28, [7]), long().set(0x34, [0, 0, 0, 1])];
    for built in built {
        let inventory = read(&machine().with(built.clone()).dump());
        assert_eq!(inventory.dimm[2].kind.as_deref(), Some("persistent"), "{built:?}");
    }
    let unknown = long().set(0x34, [0xFF; 8]);
    assert_eq!(read(&machine().with(unknown).dump()).dimm[2].kind.as_deref(), Some("ram"));
}

#[test]
fn locators_keep_what_would_be_a_placeholder_elsewhere() {
    let built = Built::new(17, 0x20, 0x28).text(0x10, "None").text(0x11, "0").text(0x17, "None");
    let dimm = &read(&machine().with(built).dump()).dimm[2];
    assert_eq!(dimm.locator.as_deref(), Some("None"));
    assert_eq!(dimm.bank.as_deref(), Some("0"));
    assert_eq!(dimm.manufacturer, None);
    assert_eq!(dimm.origin.raw["manufacturer"], "None");
}

#[test]
fn arrays_that_claim_other_slots_than_described_are_a_finding() {
    assert!(!says(&read(&machine().dump()), "memory arrays claim"));
    let mut tables = machine();
    tables.of(16).for_each(|array| array.put(0x0D, &[24, 0]));
    let inventory = read(&tables.dump());
    let finding = inventory.findings.iter().find(|finding| finding.path == "dimm");
    let finding = finding.expect("a finding");
    assert_eq!(finding.class, FindingClass::Value);
    assert!(finding.message.contains("24"), "{}", finding.message);
    assert_eq!(finding.claims.len(), 1);
}

#[test]
fn without_type_9_slots_are_unsupported_and_not_none() {
    let mut tables = machine();
    tables.structures.retain(|structure| structure.kind != 9);
    let inventory = read(&tables.dump());
    assert_eq!(status(&inventory, Section::Slot), SectionState::Unsupported);
}

#[test]
fn slots_of_other_shapes_are_told_apart() {
    let cases = [
        (0x06, "pci"),
        (0x12, "pcix"),
        (0x17, "m2"),
        (0x20, "u2"),
        (0x26, "ocp"),
        (0xA5, "pcie"),
        (0xC4, "pcie"),
        (0xC5, "edsff"),
        (0x23, "other"),
        (0x09, "other"),
    ];
    for (code, bus) in cases {
        let built = Built::new(9, 0x30, 0x0D).text(4, "S").set(5, [code, 2, 3]);
        let inventory = read(&machine().with(built).dump());
        assert_eq!(inventory.slot[1].bus.as_deref(), Some(bus), "{code:#x}");
        assert_eq!(inventory.slot[1].in_use, Some(false));
    }
}

#[test]
fn a_slot_without_an_address_has_none() {
    for (bytes, address) in [
        ([0xFF, 0xFF, 0xFF, 0xFF], None),
        ([0, 0, 0x3B, 0x08], Some("0000:3b:01.0")),
        ([0x34, 0x12, 0x80, 0x1F], Some("1234:80:03.7")),
    ] {
        let mut tables = machine();
        tables.of(9).for_each(|slot| slot.put(0x0D, &bytes));
        assert_eq!(read(&tables.dump()).slot[0].address.as_deref(), address);
    }
}

#[test]
fn supplies_say_whether_they_are_there() {
    let supply = |bits: u16, power: u16| {
        Built::new(39, 0x27, 0x16)
            .text(5, "PSU 1")
            .set(0x0C, power.to_le_bytes())
            .set(0x0E, bits.to_le_bytes())
    };
    let present = supply(0b01_0001_1011_0011, 900);
    let inventory = read(&machine().with(present).with(supply(0, 0x8000)).dump());
    let [there, gone] = inventory.psu.as_slice() else { panic!("two supplies") };
    assert_eq!((there.present, there.power_mw), (Some(true), Some(900_000)));
    assert_eq!((there.hot_replaceable, there.plugged), (Some(true), Some(true)));
    assert_eq!((gone.present, gone.power_mw), (Some(false), None));
}

#[test]
fn a_bmc_is_claimed_by_type_38_or_42() {
    assert_eq!(read(&machine().dump()).bmc, None);
    let ipmi = Built::new(38, 0x26, 0x12).set(4, [1, 0x20, 0x20]);
    let host = Built::new(42, 0x2A, 9).set(4, [0x40]);
    let both = read(&machine().with(host.clone()).with(ipmi).dump()).bmc.expect("a BMC");
    assert_eq!(both.interface.as_deref(), Some("KCS"));
    assert_eq!(both.ipmi_version.as_deref(), Some("2.0"));
    let network = read(&machine().with(host).dump()).bmc.expect("a BMC");
    assert_eq!((network.present, network.interface.as_deref()), (Some(true), Some("Network")));
}

#[test]
fn caches_beyond_2047_mb_are_in_the_wide_fields() {
    let cache = Built::new(7, 7, 0x1B)
        .set(5, [0x82, 0x01, 0xFF, 0xFF, 0xFF, 0xFF])
        .set(0x13, 0x8000_C000_u32.to_le_bytes())
        .set(0x17, 0x8000_8000_u32.to_le_bytes());
    let inventory = read(&machine().with(cache).dump());
    let cache = &inventory.cache[0];
    assert_eq!((cache.level, cache.enabled), (Some(3), Some(true)));
    assert_eq!(cache.max_size_bytes, Some(0xC000 << 16));
    assert_eq!(cache.size_bytes, Some(0x8000 << 16));
}

#[test]
fn every_object_names_the_structure_it_came_from() {
    let table = parse(&machine().dump()).expect("a table");
    let inventory = inventory(&table, Some("rack1.bin"), Some("sha256:00"));
    let source = inventory.dimm[0].origin.source.0;
    let source = &inventory.sources[usize::try_from(source).expect("an index")];
    assert_eq!(source.locator, "import:rack1.bin#17/0x0011");
    assert_eq!(source.digest.as_deref(), Some("sha256:00"));
}
