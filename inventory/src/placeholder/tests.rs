//! Tests of placeholders and of what identifies.

use super::*;

#[test]
fn placeholders_of_the_reference_are_known() {
    let known = [
        "",
        "   ",
        "--",
        "0",
        "00000000",
        "FFFFFFFF",
        "ffff",
        "XXXXXXXX",
        "....",
        "0123456789",
        "0123456789ABCDEF",
        "123456789",
        "1234567890",
        "To be filled by O.E.M.",
        "To Be Filled By O.E.M. by More String",
        "O.E.M.",
        "Default string",
        "System manufacturer",
        "System Product Name",
        "System Version",
        "System Serial Number",
        "Base Board Serial Number",
        "Chassis Version",
        "Not Specified",
        "Not Available",
        "NOT AVAILABLE",
        "Not Provided",
        "N/A",
        "None",
        "Null",
        "Unknown",
        "Undefined",
        "Empty",
        "NO DIMM",
        "Dimm0_Manufacturer",
        "SerNum0",
        "ModulePartNumber0",
        ".",
        "(none)",
        "Type2 - Board Vendor Name1",
        " Default   String ",
    ];
    for text in known {
        assert!(is_placeholder(text), "{text}");
    }
}

#[test]
fn texts_that_say_something_are_none() {
    let texts = [
        "Dell Inc.",
        "Huawei",
        "2102311TYB10J6000012",
        "0A1B2C",
        "1.0",
        "R1304",
        "FX",
        "Base Board",
        "Chassis Plans",
        "NoneSuch",
        "A01",
        "PowerEdge R740",
        "Kunpeng 920-4826",
        "00CE00B300CE",
        "Emptyhead",
        "HMA84GR7AFR4N-VK",
    ];
    for text in texts {
        assert!(!is_placeholder(text), "{text}");
    }
}

#[test]
fn cleaning_folds_blanks_and_keeps_what_it_changed() {
    let cleaned = clean("  ThinkSystem   SR950 ");
    assert_eq!(cleaned.value.as_deref(), Some("ThinkSystem SR950"));
    assert_eq!(cleaned.raw.as_deref(), Some("  ThinkSystem   SR950 "));
    assert_eq!(clean("R740"), Cleaned { value: Some("R740".to_owned()), raw: None });
    assert_eq!(clean("N/A"), Cleaned { value: None, raw: Some("N/A".to_owned()) });
    assert_eq!(clean(""), Cleaned::default());
}

#[test]
fn uuids_that_many_machines_share_are_unusable() {
    let shared = [
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009",
        "Not Present",
        "--",
        "4c4c4544-0044-3510-8052-b4c04f4d323",
        "4c4c4544x0044-3510-8052-b4c04f4d3232",
    ];
    for uuid in shared {
        assert!(!usable_uuid(uuid), "{uuid}");
    }
    assert!(usable_uuid("4C4C4544-0044-3510-8052-B4C04F4D3232"));
}

#[test]
fn macs_must_be_given_by_a_maker_to_one_station() {
    for mac in ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:42:ac:11:00:02", "01:80:c2:00:00:0e"]
    {
        assert!(!usable_mac(mac), "{mac}");
    }
    for mac in ["", "a4:bf:01", "a4:bf:01:2c:3d:4e:5f", "a4:bf:01:2c:3d:zz", "+4:bf:01:2c:3d:4e"] {
        assert!(!usable_mac(mac), "{mac}");
    }
    assert!(usable_mac("A4-BF-01-2C-3D-4E"));
}

#[test]
fn every_entry_of_the_list_says_how_it_compares() {
    let file: File =
        typed_json::parse_toml(include_str!("../../data/placeholders.toml")).expect("a list");
    for entry in file.placeholder {
        let ways = [
            entry.is.is_some(),
            entry.begins.is_some(),
            entry.like.is_some(),
            entry.only.is_some(),
        ];
        assert_eq!(ways.into_iter().filter(|way| *way).count(), 1, "{}", entry.reason);
        assert!(entry.like.is_none_or(|like| like.contains('*')), "{}", entry.reason);
    }
}
