//! Where structures begin and end, whatever is wrong with them.

use inventory::model::{Section, SectionState};
use inventory::smbios::{Damage, Version, inventory, parse, parse_pair, raw};
use proptest::prelude::*;

use crate::table::Built;
use crate::{dimm, machine, read, says, status};

#[test]
fn a_table_reads_the_same_in_every_container() {
    let tables = machine();
    let table = tables.table();
    let wanted = raw(&parse(&tables.dump()).expect("a dump"));
    assert!(wanted.len() > 8);
    assert_eq!(raw(&parse(&table).expect("a bare table")), wanted);
    let mut rsmb = vec![0, 3, 2, 0];
    rsmb.extend(u32::try_from(table.len()).expect("short").to_le_bytes());
    rsmb.extend(&table);
    let block = parse(&rsmb).expect("an RSMB block");
    assert_eq!(block.version, Some(Version { major: 3, minor: 2 }));
    assert_eq!(raw(&block), wanted);
    let entry = tables.entry_64(table.len());
    assert_eq!(raw(&parse_pair(&entry, &table).expect("a pair")), wanted);
    let mut old = tables.entry_32(table.len()).to_vec();
    old.resize(0x20, 0);
    old.extend(&table);
    assert_eq!(raw(&parse(&old).expect("a 32-bit dump")), wanted);
    let mut legacy = old.get(0x10..0x1F).expect("the inner half").to_vec();
    legacy.resize(0x20, 0);
    legacy.extend(&table);
    let legacy = parse(&legacy).expect("a 2.0 dump");
    assert_eq!(legacy.structures().len(), wanted.len());
}

#[test]
fn an_entry_point_inside_an_image_finds_its_table_by_the_address() {
    let tables = machine();
    let table = tables.table();
    let mut entry = tables.entry_64(table.len());
    entry[0x10..0x18].copy_from_slice(&0x200_u64.to_le_bytes());
    let mut image = vec![0xEA; 0x100];
    image.extend(entry);
    image.resize(0x200, 0xEA);
    image.extend(&table);
    let found = parse(&image).expect("a table in an image");
    assert_eq!(found.structures().len(), tables.structures.len() + 1);
}

#[test]
fn a_whole_table_has_no_damage() {
    let table = parse(&machine().dump()).expect("a table");
    assert_eq!(table.damage, []);
    assert_eq!(table.version, Some(Version { major: 3, minor: 2 }));
}

#[test]
fn a_wrong_checksum_is_reported_and_the_table_used() {
    let mut dump = machine().dump();
    dump[5] ^= 0x55;
    let inventory = read(&dump);
    assert!(says(&inventory, "checksum"));
    assert_eq!(inventory.dimm.len(), 2);
    assert_eq!(status(&inventory, Section::Dimm), SectionState::Complete);
}

#[test]
fn a_length_below_four_stops_the_walk_and_makes_sections_partial() {
    let mut tables = machine();
    let before = tables.table().len() - 6;
    tables = tables.with(Built::new(17, 0x50, 0x28));
    let mut dump = tables.dump();
    dump[0x20 + before + 1] = 3;
    let inventory = read(&dump);
    assert!(says(&inventory, "claims a length of 3"));
    assert_eq!(inventory.dimm.len(), 2);
    for section in [Section::Dimm, Section::Slot, Section::Psu, Section::Cpu] {
        assert_eq!(status(&inventory, section), SectionState::Partial, "{section:?}");
    }
}

#[test]
fn a_missing_end_marker_is_reported_and_costs_nothing() {
    let tables = machine();
    let table = tables.table();
    let table = table.get(..table.len() - 6).expect("longer than the marker");
    let entry = tables.entry_64(table.len());
    let found = parse_pair(&entry, table).expect("a table");
    assert_eq!(found.damage, [Damage::NoEnd]);
    assert_eq!(found.structures().len(), tables.structures.len());
    assert_eq!(found.loss(), None);
}

#[test]
fn a_wrong_structure_count_is_reported_and_the_walk_goes_on() {
    for announced in [3_u16, 10, 400] {
        let tables = machine();
        let table = tables.table();
        let mut entry = tables.entry_32(table.len());
        entry[0x1C..0x1E].copy_from_slice(&announced.to_le_bytes());
        let found = parse_pair(&entry, &table).expect("a table");
        assert_eq!(found.structures().len(), 10, "{announced}");
        let counted =
            found.damage.iter().any(|damage| matches!(damage, Damage::Count { walked: 10, .. }));
        assert_eq!(counted, announced != 10, "{announced}");
        assert_eq!(found.loss().is_some(), announced > 10, "{announced}");
    }
}

#[test]
fn duplicate_handles_are_reported_and_told_apart() {
    let tables = machine().with(dimm(0x11, 0x2000));
    let inventory = read(&tables.dump());
    assert!(says(&inventory, "used more than once: 0x0011"));
    let locators: Vec<&str> = inventory.sources.iter().map(|s| s.locator.as_str()).collect();
    assert!(locators.contains(&"smbios:17/0x0011"), "{locators:?}");
    assert!(locators.contains(&"smbios:17/0x0011.2"), "{locators:?}");
    assert_eq!(inventory.dimm.len(), 3);
}

#[test]
fn a_string_index_past_the_end_is_null_and_reported() {
    let tables = machine().with(Built::new(17, 0x60, 0x28).set(0x17, [9]));
    let table = parse(&tables.dump()).expect("a table");
    let shown = raw(&table);
    let shown = shown.iter().find(|structure| structure.handle == "0x0060").expect("shown");
    let maker = shown.fields.iter().find(|field| field.name == "Manufacturer").expect("shown");
    assert_eq!(maker.value, "<BAD INDEX>");
    let inventory = inventory(&table, None, None);
    assert_eq!(inventory.dimm[2].manufacturer, None);
    assert!(says(&inventory, "17/0x0060 Manufacturer"));
}

#[test]
fn strings_are_utf8_or_else_latin1_without_control_bytes() {
    let mut built = Built::new(11, 1, 5).set(4, [3]);
    built.strings = vec!["华为".into(), vec![b'A', 0xE9, 0x81, 7], b"tab\tbell\x07".to_vec()];
    let tables = machine().with(built);
    let inventory = read(&tables.dump());
    assert_eq!(inventory.oem_strings, ["华为", "Aé", "tabbell"]);
}

#[test]
fn strings_without_their_end_are_reported_and_kept() {
    let tables = machine().with(Built::new(11, 1, 5).set(4, [1]).text(4, "asset"));
    let table = tables.table();
    // The end marker and the second zero byte are gone.
    let cut = table.get(..table.len() - 7).expect("longer");
    let found = parse_pair(&tables.entry_64(cut.len()), cut).expect("a table");
    assert!(
        matches!(found.damage[0], Damage::Unterminated { handle: 1, .. }),
        "{:?}",
        found.damage
    );
    assert_eq!(inventory(&found, None, None).oem_strings, ["asset"]);
}

#[test]
fn a_table_cut_anywhere_is_read_as_far_as_it_goes_and_says_so() {
    let dump = machine().dump();
    let whole = read(&dump);
    for length in 0..dump.len() - 6 {
        let Ok(table) = parse(&dump[..length]) else { continue };
        let part = inventory(&table, None, None);
        let lost = part.dimm.len() < whole.dimm.len() || part.slot.len() < whole.slot.len();
        if lost {
            assert_eq!(status(&part, Section::Dimm), SectionState::Partial, "{length}");
            assert_eq!(status(&part, Section::Slot), SectionState::Partial, "{length}");
        }
    }
}

#[test]
fn old_versions_that_firmware_wrote_wrong_are_mended() {
    for (minor, right) in [(31, 3), (33, 3), (51, 6), (4, 4)] {
        let mut tables = machine();
        tables.version = Version { major: 2, minor };
        let table = parse(&tables.dump()).expect("a table");
        assert_eq!(table.version, Some(Version { major: 2, minor: right }));
    }
}

#[test]
fn a_management_device_that_counts_its_string_is_mended() {
    let mut built = Built::new(34, 0x4E, 0x0B).text(4, "LM78-2");
    let mut bytes = built.bytes();
    bytes[1] = 0x10;
    built.body.clear();
    let mut table = bytes;
    table.extend(machine().table());
    let found = parse_pair(&machine().entry_64(table.len()), &table).expect("a table");
    let shown = raw(&found);
    assert_eq!(shown[0].fields[0].value, "LM78-2");
    assert!(matches!(found.damage[0], Damage::Overlong { handle: 0x4E, length: 0x10, used: 0x0B }));
    assert_eq!(found.loss(), None);
}

#[test]
fn a_table_beyond_any_firmware_is_cut_and_says_so() {
    let mut tables = machine();
    let filler = Built::new(11, 0x77, 255).text(4, &"x".repeat(60_000));
    tables.structures.extend(std::iter::repeat_n(filler, 30));
    tables = tables.with(dimm(0x99, 0x4000));
    let table = parse(&tables.table()).expect("a table");
    assert!(table.structures().len() < tables.structures.len());
    let inventory = inventory(&table, None, None);
    assert_eq!(status(&inventory, Section::Dimm), SectionState::Partial);
}

#[test]
fn strings_that_are_not_there_make_few_lines() {
    let tables = machine().with(Built::new(11, 1, 5).set(4, [255]));
    let shown = raw(&parse(&tables.dump()).expect("a table"));
    let strings = shown.iter().find(|structure| structure.kind == 11).expect("shown");
    assert_eq!(strings.fields.len(), 16);
}

#[test]
fn what_is_no_table_is_refused_with_a_hint() {
    let text = b"just a text that somebody took for a table, long enough to walk".as_slice();
    for bytes in [&[][..], &[0; 64], text, b"_SM3_", b"_SM_ and no more"] {
        let error = parse(bytes).expect_err("no table");
        assert!(error.hint().is_some(), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(table) = parse(&bytes) {
            let _ = (raw(&table), inventory(&table, Some("x"), None));
        }
    }

    #[test]
    fn no_mutation_of_a_table_makes_the_reader_panic(
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..40),
        keep in any::<u16>(),
    ) {
        let mut dump = machine().dump();
        let length = dump.len();
        for (at, byte) in changes {
            dump[usize::from(at) % length] = byte;
        }
        dump.truncate(usize::from(keep) % (length + 1));
        if let Ok(table) = parse(&dump) {
            let _ = (raw(&table), inventory(&table, None, None));
        }
    }

    #[test]
    fn structures_of_any_type_and_length_are_shown(
        kind in any::<u8>(),
        body in proptest::collection::vec(any::<u8>(), 0..251),
    ) {
        prop_assume!(kind != 127);
        let built = Built { kind, handle: 7, body, strings: vec![b"one".to_vec()] };
        let tables = machine().with(built);
        let table = parse(&tables.dump()).expect("a table");
        prop_assert_eq!(raw(&table).len(), tables.structures.len() + 1);
        let _ = inventory(&table, None, None);
    }
}
