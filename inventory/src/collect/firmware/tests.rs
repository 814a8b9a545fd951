//! Tests of `firmware`.

use std::fs;

use super::super::testing::{Tree, status};
use super::*;
use crate::model::SourceKind;

/// A table with a system and one stick.
fn table() -> Vec<u8> {
    let mut table = vec![1, 27, 0, 1, 1, 2, 0, 3];
    table.extend([0x11; 16]);
    table.extend([6, 0, 0]);
    table.extend(b"Maker\0Server 1\0SN0001\0\0");
    table.extend([127, 4, 1, 1, 0, 0]);
    table
}

fn with_table() -> Tree {
    let tree = Tree::new();
    fs::write(tree.place(TABLE), table()).expect("write");
    tree
}

#[test]
fn the_table_is_read_and_kept_as_evidence() {
    let collected = with_table().run(firmware);
    let system = collected.inventory.system.as_ref().expect("a system");
    assert_eq!(system.serial.as_deref(), Some("SN0001"));
    let source = &collected.inventory.sources[system.origin.source.0 as usize];
    assert_eq!(source.locator, "smbios:1/0x0100");
    assert!(source.digest.as_ref().is_some_and(|digest| digest.len() == 71), "{source:?}");
    assert_eq!(collected.evidence[0].path, "sys/firmware/dmi/tables/DMI");
    assert_eq!(collected.evidence[0].bytes, table());
    let (state, _) = status(&collected, Section::Dimm);
    assert_eq!(state, SectionState::Unsupported, "the table has no type 17");
}

#[test]
fn a_table_without_permission_leaves_what_everyone_may_see() {
    let tree = Tree::new()
        .file("/assay/errors.json", &format!("{{\"{TABLE}\":13}}"))
        .file(TABLE, "")
        .files(
            ID,
            &[("sys_vendor", "Huawei"), ("product_name", "TaiShan 200  "), ("chassis_type", "23")],
        )
        .files(ID, &[("board_name", "To be filled by O.E.M."), ("bios_version", "1.23")]);
    let collected = tree.run(firmware);
    let inventory = &collected.inventory;
    let system = inventory.system.as_ref().expect("a system");
    assert_eq!(system.product.as_deref(), Some("TaiShan 200"));
    assert_eq!(system.brand.as_ref().map(|brand| brand.id.as_str()), Some("huawei"));
    assert_eq!(system.serial, None);
    assert_eq!(inventory.chassis[0].kind.as_deref(), Some("Rack Mount Chassis"));
    assert_eq!(inventory.board.len(), 0, "a placeholder is no board");
    assert_eq!(inventory.sources[0].kind, SourceKind::Sysfs);
    let reason = "SMBIOS table: permission denied (needs root)".to_owned();
    assert_eq!(status(&collected, Section::System), (SectionState::Partial, reason.clone()));
    assert_eq!(status(&collected, Section::Dimm), (SectionState::Failed, reason));
}

#[test]
fn a_machine_without_smbios_is_told_from_one_that_hides_it() {
    let (state, reason) = status(&Tree::new().run(firmware), Section::Dimm);
    assert_eq!(state, SectionState::Unsupported);
    assert!(reason.starts_with("no SMBIOS"), "{reason}");
    let hidden = Tree::new().file(&format!("{ID}/sys_vendor"), "Dell").run(firmware);
    assert_eq!(status(&hidden, Section::Dimm).0, SectionState::Failed);
}

#[test]
fn a_table_that_is_nonsense_is_said() {
    let tree = Tree::new();
    fs::write(tree.place(TABLE), [1, 2, 3]).expect("write");
    let (state, reason) = status(&tree.run(firmware), Section::System);
    assert_eq!(state, SectionState::Failed);
    assert!(reason.starts_with(TABLE), "{reason}");
}

#[test]
fn structures_one_by_one_make_a_table_only_where_all_are_there() {
    let bytes = table();
    let (first, last) = bytes.split_at(bytes.len() - 6);
    let entry = |tree: &Tree, name: &str, position: &str, raw: &[u8]| {
        fs::write(tree.place(&format!("{ENTRIES}/{name}/position")), position).expect("write");
        fs::write(tree.place(&format!("{ENTRIES}/{name}/raw")), raw).expect("write");
    };
    let tree = Tree::new();
    entry(&tree, "127-0", "1", last);
    assert!(tree.run(firmware).inventory.system.is_none(), "the first is missing");
    entry(&tree, "1-0", "0", first);
    let system = tree.run(firmware).inventory.system.expect("a system");
    assert_eq!(system.product.as_deref(), Some("Server 1"));
}
