//! Parts as a cell says them.

use proptest::prelude::*;

use super::{
    super::part::{Kind as PartKind, Want, read},
    *,
};

#[test]
fn parts_are_read_however_the_number_is_written() {
    let one = |text: &str| {
        let parts = read(text).unwrap_or_else(|why| panic!("{text}: {}", why.en));
        let [part] = &parts[..] else { panic!("{text}: {parts:?}") };
        (part.count, part.kind, part.wants.clone())
    };
    let module = (8, PartKind::Dimm, vec![Want::Bytes(32 << 30)]);
    for text in [
        "8条 内存 32GB",
        "8×DIMM 32GiB",
        "8x DIMM 32GB",
        "8xDIMM 32G",
        "8*内存 32GB",
        "DIMM 32GiB×8",
        "DIMM 32GB x8",
        "DIMM 32GBx8",
        "DIMM 32GB x 8",
        "８×内存条　３２ＧＢ；",
        "DIMM 32GiB * 8。",
    ] {
        assert_eq!(one(text), module, "{text}");
    }
    let word = |text: &str| Want::Word(text.to_owned());
    for (text, count, kind, wants) in [
        ("CPU Kunpeng 920×2", 2, PartKind::Cpu, vec![word("Kunpeng"), word("920")]),
        (
            "2×CPU Gold 6248R 3.0GHz 24核",
            2,
            PartKind::Cpu,
            vec![word("Gold"), word("6248R"), Want::Hertz(3_000_000_000), Want::Cores(24)],
        ),
        (
            "2×NVMe 3.84TB",
            2,
            PartKind::Disk,
            vec![Want::Protocol("nvme"), Want::Bytes(3_840_000_000_000)],
        ),
        (
            "2×SATA SSD 480GB FW XC31",
            2,
            PartKind::Disk,
            vec![
                Want::Protocol("sata"),
                Want::Medium("ssd"),
                Want::Bytes(480_000_000_000),
                Want::Firmware("XC31".to_owned()),
            ],
        ),
        (
            "NIC Intel X710 2口 10GE",
            1,
            PartKind::Nic,
            vec![word("Intel"), word("X710"), Want::Ports(2), Want::Bps(10_000_000_000)],
        ),
        ("GPU \"A100 80GB x2\"", 1, PartKind::Gpu, vec![word("A100 80GB x2")]),
        ("2×电源 900W 热插拔", 2, PartKind::Psu, vec![Want::Milliwatts(900_000)]),
        ("BIOS 1.83", 1, PartKind::Bios, vec![Want::Firmware("1.83".to_owned())]),
        ("iBMC \"3.10 (U1)\"", 1, PartKind::Bmc, vec![Want::Firmware("3.10 (U1)".to_owned())]),
    ] {
        assert_eq!(one(text), (count, kind, wants), "{text}");
    }
    let all = read("8×DIMM 32GiB RDIMM；2×NVMe 3.84TB\nBMC 3.10;").expect("parts");
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].unchecked, ["RDIMM"]);
}

#[test]
fn parts_of_a_machine_are_held_against_the_list() {
    let list_of = |parts: &str| list(&rack(&["S1"], parts));
    let whole = machine("S1");
    for (parts, expected) in [
        (PARTS, vec![]),
        ("4×DIMM 32GiB 三星", vec![]),
        ("2×CPU 鲲鹏 920", vec![]),
        ("2×NVMe 3.84TB FW GDC7502Q", vec![]),
        ("2×NVMe 3.84TB FW GDC7401Q", vec!["other-firmware S1"]),
        ("2×NVMe 7.68TB", vec!["wrong-part S1"]),
        ("2×SATA 3.84TB", vec!["wrong-part S1"]),
        ("2×CPU Kunpeng 920 64核", vec!["wrong-part S1"]),
        ("3×CPU Kunpeng 920", vec!["wrong-part S1"]),
        ("4×DIMM 32GiB; 2×DIMM 64GiB", vec!["wrong-part S1"]),
        ("2×DIMM 32GiB", vec!["more-parts S1"]),
        ("4×DIMM 32GiB 3200MT/s", vec!["untold S1"]),
        ("1×NIC 25GE", vec!["untold S1"]),
        ("BMC 3.10", vec!["untold S1"]),
        ("BIOS 1.8", vec!["other-firmware S1"]),
    ] {
        let list = list_of(parts);
        let at = [seen("A01-U1", &whole)];
        assert_eq!(found(&compare(&list, &at, &[]), &list), expected, "{parts}");
    }
}

proptest! {
    #[test]
    fn no_cell_is_too_much_for_it(text in "(DIMM|CPU|[0-9]|×|x|\\*|GB|TB|\"|;| |BIOS|FW|\\PC){0,40}") {
        for part in read(&text).unwrap_or_default() {
            prop_assert!(part.count >= 1);
        }
    }
}
