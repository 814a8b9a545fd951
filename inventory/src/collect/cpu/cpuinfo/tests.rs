//! Tests of `cpuinfo`.

use super::*;

fn first(text: &str) -> Named {
    parse(text).of(0)
}

#[test]
fn x86_names_its_vendor_by_twelve_characters() {
    let cases = [
        ("vendor_id\t: GenuineIntel\n", "Intel"),
        ("vendor_id\t: AuthenticAMD\n", "AMD"),
        ("vendor_id\t: HygonGenuine\n", "Hygon"),
        ("vendor_id\t:   Shanghai  \n", "Zhaoxin"),
        ("vendor_id\t: CentaurHauls\nmodel name\t: ZHAOXIN KaiSheng KH-30000@2.7GHz\n", "Zhaoxin"),
        ("vendor_id\t: CentaurHauls\nmodel name\t: VIA Nano L2007@1600MHz\n", "Centaur"),
        ("vendor_id\t: Unheard Of\n", "Unheard Of"),
    ];
    for (text, want) in cases {
        let named = first(&format!("processor\t: 0\n{text}"));
        assert_eq!(named.vendor.as_deref(), Some(want), "{text:?}");
    }
    let named = first("processor\t: 0\nvendor_id\t:   Shanghai  \n");
    assert_eq!(named.vendor_raw.as_deref(), Some("  Shanghai  "));
}

#[test]
fn arm64_names_implementer_and_part_by_number() {
    let cases = [
        ("0x48", "0xd01", "HiSilicon", "Kunpeng-920"),
        ("0x70", "0x663", "Phytium", "FTC663"),
        ("0x70", "0x123", "Phytium", "Phytium part 0x123"),
        ("0xc0", "0xac3", "Ampere", "Ampere-1"),
        ("0x41", "0xd0c", "Arm", "Neoverse-N1"),
    ];
    for (implementer, part, vendor, model) in cases {
        let text = format!("processor : 0\nCPU implementer : {implementer}\nCPU part : {part}\n");
        let named = first(&text);
        assert_eq!((named.vendor.as_deref(), named.model.as_deref()), (Some(vendor), Some(model)));
    }
    let named = first("processor : 0\nCPU implementer : 0x99\nCPU part : 0x001\n");
    assert_eq!(named.model.as_deref(), Some("implementer 0x99 part 0x001"));
    assert_eq!(named.vendor, None);
}

#[test]
fn a_name_that_the_kernel_gives_stands_before_the_part_number() {
    let text =
        "processor : 0\nmodel name : Phytium,S2500/64\nCPU implementer : 0x70\nCPU part : 0x663\n";
    let named = first(text);
    assert_eq!(named.model.as_deref(), Some("Phytium,S2500/64"));
    assert_eq!(named.vendor.as_deref(), Some("Phytium"));
}

#[test]
fn loongarch_capitalises_its_keys_and_opens_with_the_machine() {
    let text = "system type\t\t: generic-loongson-machine\n\nprocessor\t\t: 0\npackage\t\t\t: 0\n\
        core\t\t\t: 0\nCPU Family\t\t: Loongson-64bit\nModel Name\t\t: Loongson-3C5000\n\
        CPU MHz\t\t\t: 2200.00\n\nprocessor\t\t: 1\nModel Name\t\t: Loongson-3C5000\n";
    let info = parse(text);
    assert_eq!(info.processors.len(), 2);
    assert_eq!(info.of(0).model.as_deref(), Some("Loongson-3C5000"));
    assert_eq!(info.of(0).vendor.as_deref(), Some("Loongson"));
}

#[test]
fn processors_in_one_block_are_told_apart() {
    let text = "processor : 0\nBogoMIPS : 1\nprocessor : 1\nBogoMIPS : 1\n\nHardware : Board\n";
    let info = parse(text);
    assert_eq!(info.processors.iter().map(|cpu| cpu.id).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(info.of(1).model.as_deref(), Some("Board"));
}

#[test]
fn nothing_is_made_of_nothing() {
    assert_eq!(parse("").of(0), Named::default());
    assert_eq!(parse("\n\n:\n:::\n").processors, []);
}
