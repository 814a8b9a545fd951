//! Tests of reports, whole, selected, cut, joined and of old releases.

use super::*;
use crate::model::{Section, SectionState};

/// A report of a made-up machine.
const REPORT: &str = "\
# dmidecode 3.3
Getting SMBIOS data from sysfs.
SMBIOS 3.2.1 present.
# SMBIOS implementations newer than version 3.2.0 are not
# fully supported by this version of dmidecode.
7 structures occupying 400 bytes.
Table at 0x000E8D60.

Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: HUAWEI
\tProduct Name: TaiShan 200: (Model 2280)
\tVersion: Not Specified
\tSerial Number: 2102312SJW10
\tUUID: 01020304-0506-0708-090A-0B0C0D0E0F10
\tWake-up Type: Power Switch
\tSKU Number: Default string
\tFamily: Kunpeng

Handle 0x0004, DMI type 4, 48 bytes
Processor Information
\tSocket Designation: CPU01
\tType: Central Processor
\tFamily: ARMv8
\tManufacturer: HiSilicon
\tVersion: Kunpeng 920-4826
\tMax Speed: 2600 MHz
\tCurrent Speed: 2600 MHz
\tStatus: Populated, Enabled
\tUpgrade: Unknown
\tCore Count: 48
\tCore Enabled: 48
\tThread Count: 48
\tCharacteristics:
\t\t64-bit capable
\t\tMulti-Core

Handle 0x0010, DMI type 16, 23 bytes
Physical Memory Array
\tLocation: System Board Or Motherboard
\tUse: System Memory
\tError Correction Type: Multi-bit ECC
\tMaximum Capacity: 1 TB
\tNumber Of Devices: 2

Handle 0x0011, DMI type 17, 40 bytes
Memory Device
\tArray Handle: 0x0010
\tSize: 16384 MB
\tLocator: DIMM000
\tType: DDR4
\tSpeed: 2933 MHz
\tConfigured Clock Speed: 2666 MHz
\tConfigured Voltage: 1.2 V

Handle 0x0012, DMI type 17, 40 bytes
Memory Device
\tArray Handle: 0x0010
\tSize: No Module Installed
\tLocator: DIMM001
\tManufacturer: NO DIMM

Handle 0x0009, DMI type 9, 17 bytes
System Slot Information
\tDesignation: PCIe Slot 1
\tType: x8 PCI Express 4 x16
\tCurrent Usage: In Use
\tBus Address: 0000:81:00.0

Handle 0x00FE, DMI type 127, 4 bytes
End Of Table

";

fn read_text(text: &str) -> Inventory {
    import("report.txt", text.as_bytes()).expect("a report")
}

fn status(inventory: &Inventory, section: Section) -> Option<SectionState> {
    inventory.sections.get(&section).map(|status| status.status)
}

#[test]
fn a_report_is_read_by_the_rules_of_tables() {
    let inventory = read_text(REPORT);
    let system = inventory.system.as_ref().expect("a system");
    assert_eq!(system.product.as_deref(), Some("TaiShan 200: (Model 2280)"), "colons are kept");
    assert_eq!(system.uuid.as_deref(), Some("01020304-0506-0708-090a-0b0c0d0e0f10"));
    assert_eq!((system.version.as_deref(), system.sku.as_deref()), (None, None));
    let cpu = &inventory.cpu[0];
    assert_eq!((cpu.cores, cpu.architecture.as_deref()), (Some(48), Some("aarch64")));
    assert_eq!(cpu.frequency_hz.nominal, Some(2_600_000_000));
    assert_eq!(inventory.memory_array[0].max_capacity_bytes, Some(1 << 40));
    let [full, empty] = inventory.dimm.as_slice() else { panic!("two slots") };
    assert_eq!((full.present, full.size_bytes), (Some(true), Some(16 << 30)));
    assert_eq!((full.speed_mts, full.configured_speed_mts), (Some(2933), Some(2666)));
    assert_eq!((full.voltage_mv, full.array.as_deref()), (Some(1200), Some("0x0010")));
    assert_eq!((empty.present, empty.size_bytes), (Some(false), None));
    assert_eq!(inventory.slot[0].address.as_deref(), Some("0000:81:00.0"));
    assert_eq!(status(&inventory, Section::Dimm), Some(SectionState::Complete));
    assert_eq!(status(&inventory, Section::Psu), Some(SectionState::Unsupported));
    assert_eq!(inventory.findings, []);
    let source = usize::try_from(full.origin.source.0).expect("an index");
    assert_eq!(inventory.sources[source].locator, "import:report.txt#17/0x0011");
}

#[test]
fn line_ends_marks_and_pasted_blanks_change_nothing() {
    let wanted = read_text(REPORT);
    let crlf = REPORT.replace('\n', "\r\n");
    let blanks = REPORT.replace('\t', "    ");
    let marked = format!("\u{FEFF}{REPORT}");
    for text in [crlf, blanks, marked] {
        let found = read_text(&text);
        assert_eq!((&found.cpu, &found.dimm), (&wanted.cpu, &wanted.dimm));
        assert_eq!(found.sections, wanted.sections);
    }
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(REPORT.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(import("report.txt", &wide).expect("UTF-16").dimm, wanted.dimm);
}

#[test]
fn a_report_of_some_types_says_nothing_of_the_others() {
    let at = REPORT.find("Handle 0x0010").expect("there");
    let end = REPORT.find("Handle 0x0009").expect("there");
    let text = format!("# dmidecode 3.3\nSMBIOS 3.2.1 present.\n\n{}", &REPORT[at..end]);
    let inventory = read_text(&text);
    assert_eq!(inventory.dimm.len(), 2);
    assert_eq!(status(&inventory, Section::Dimm), Some(SectionState::Complete));
    assert_eq!(status(&inventory, Section::Slot), None, "slots were not asked for");
    // Without the blank line that ends it, the listing may be cut.
    let inventory = read_text(text.trim_end());
    assert_eq!(status(&inventory, Section::Dimm), Some(SectionState::Partial));
}

#[test]
fn a_cut_report_is_partial_and_names_the_line() {
    let end = REPORT.find("Handle 0x0012").expect("there");
    let inventory = read_text(&REPORT[..end]);
    let dimm = &inventory.sections[&Section::Dimm];
    assert_eq!(dimm.status, SectionState::Partial);
    let reason = dimm.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("announces 7 structures and shows 4"), "{reason}");
    assert!(reason.contains("line 54"), "{reason}");
}

#[test]
fn reports_without_handles_are_read_by_their_titles() {
    let text: String = REPORT
        .lines()
        .filter(|line| !line.starts_with("Handle ") && !line.contains("End Of Table"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let quiet = read_text(&text);
    let wanted = read_text(REPORT);
    assert_eq!(quiet.cpu.len(), wanted.cpu.len());
    assert_eq!(quiet.dimm[0].size_bytes, wanted.dimm[0].size_bytes);
    assert!(quiet.sources.iter().any(|source| source.locator == "import:report.txt#17/#2"));
}

#[test]
fn headings_of_old_releases_are_read() {
    let text = "# dmidecode 2.4\nHandle 0x1100\n\tDMI type 17, 23 bytes.\n\tMemory Device\n\
                \t\tSize: 1024 MB\n\t\tLocator: DIMM 1A\n\n";
    let inventory = read_text(text);
    assert_eq!(inventory.dimm[0].size_bytes, Some(1 << 30));
    assert_eq!(inventory.dimm[0].locator.as_deref(), Some("DIMM 1A"));
}

#[test]
fn outputs_of_one_machine_are_joined_and_of_two_refused() {
    let memory = REPORT.find("Handle 0x0010").expect("there");
    let first = format!(
        "# dmidecode 3.3\n\n{}",
        &REPORT[REPORT.find("Handle 0x0001").expect("there")..memory]
    );
    let second = format!("# dmidecode 3.3\n\n{}", &REPORT[memory..]);
    let joined = read_text(&format!("{first}{second}{first}"));
    assert_eq!((joined.cpu.len(), joined.dimm.len()), (1, 2));
    let other = first.replace("2102312SJW10", "2102312SJW11");
    let error = import("both.txt", format!("{first}{second}{other}").as_bytes());
    let error = error.expect_err("two machines");
    assert!(error.to_string().contains("not of the machine that line 3 is of"), "{error}");
    assert!(error.place.is_some_and(|place| place.starts_with("line ")));
}

#[test]
fn what_dmidecode_complains_about_is_a_finding() {
    let complaint = "Invalid entry length (0). DMI table is broken! Stop.\n";
    let end = REPORT.find("Handle 0x0009").expect("there");
    let inventory = read_text(&format!("{}{complaint}", &REPORT[..end]));
    assert!(inventory.findings.iter().any(|finding| finding.message.contains("broken! Stop")));
    assert_eq!(status(&inventory, Section::Dimm), Some(SectionState::Partial));
    let harmless = format!(
        "{REPORT}Wrong DMI structures length: 400 bytes announced, structures occupy 399 bytes.\n"
    );
    let inventory = read_text(&harmless);
    assert_eq!(inventory.findings.len(), 1);
    assert_eq!(status(&inventory, Section::Dimm), Some(SectionState::Complete));
}

#[test]
fn damaged_fields_and_handles_are_findings() {
    let text = REPORT
        .replace("\tManufacturer: NO DIMM", "\tManufacturer: <BAD INDEX>")
        .replace("Handle 0x0012,", "Handle 0x0011,");
    let inventory = read_text(&text);
    let says = |part: &str| inventory.findings.iter().any(|f| f.message.contains(part));
    assert!(says("17/0x0011.2 Manufacturer"), "{:?}", inventory.findings);
    assert!(says("used more than once: 0x0011"));
    assert_eq!(inventory.dimm[1].manufacturer, None);
}

#[test]
fn texts_without_structures_are_refused_with_the_reason() {
    let cases = [
        ("# dmidecode 3.3\n/dev/mem: Permission denied\n", "line 2: dmidecode was not allowed"),
        (
            "# dmidecode 3.3\n# No SMBIOS nor DMI entry point found, sorry.\n",
            "line 2: dmidecode found no table",
        ),
        ("hello\n", "line 1: no structure"),
        ("", "line 1: no structure"),
    ];
    for (text, wanted) in cases {
        let error = import("report.txt", text.as_bytes()).expect_err("no structure");
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn a_report_cut_at_any_byte_is_read_or_refused() {
    for end in 0..REPORT.len() {
        if let Ok(part) = import("report.txt", &REPORT.as_bytes()[..end]) {
            let complete = status(&part, Section::Dimm) == Some(SectionState::Complete);
            assert!(!complete || part.dimm.len() == 2, "cut at byte {end}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_change_of_a_report_makes_the_reader_panic(
        changes in proptest::collection::vec((0_usize..2048, proptest::num::u8::ANY), 0..30),
    ) {
        let mut bytes = REPORT.as_bytes().to_vec();
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[at % length] = byte;
        }
        let read = import("report.txt", &bytes);
        proptest::prop_assert!(read.is_ok() || read.is_err());
    }
}
