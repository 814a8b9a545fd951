//! Controllers of written roots.

use super::*;
use crate::collect::testing::{Tree, status};

#[test]
fn kinds_follow_the_class_and_hosts_name_what_they_are() {
    let tree = Tree::new()
        .pci("pci0000:00", "0000:00:17.0", ["0x8086", "0xa182", "0x010601"])
        .pci("pci0000:3a", "0000:3b:00.0", ["0x1000", "0x0097", "0x010700"])
        .pci("pci0000:5d", "0000:5e:00.0", ["0x144d", "0xa80a", "0x010802"])
        .pci("pci0000:85", "0000:86:00.0", ["0x1000", "0x10e2", "0x010400"])
        .pci("pci0000:00", "0000:00:1f.6", ["0x8086", "0x15b9", "0x020000"])
        .files(
            "/sys/devices/pci0000:3a/0000:3b:00.0/host1/scsi_host/host1",
            &[("board_name", "SAS9300-8i"), ("version_fw", "16.00.12.00")],
        )
        .link(
            "/sys/class/scsi_host/host1",
            "../../devices/pci0000:3a/0000:3b:00.0/host1/scsi_host/host1",
        );
    let collected = tree.run(controllers);
    let found: Vec<_> = collected
        .inventory
        .controller
        .iter()
        .map(|held| (held.address.as_deref().unwrap_or(""), held.kind.as_deref().unwrap_or("")))
        .collect();
    assert_eq!(
        found,
        [
            ("0000:00:17.0", "sata"),
            ("0000:3b:00.0", "sas"),
            ("0000:5e:00.0", "nvme"),
            ("0000:86:00.0", "raid"),
        ]
    );
    let sas = &collected.inventory.controller[1];
    assert_eq!(sas.model.as_deref(), Some("SAS9300-8i"));
    assert_eq!(sas.firmware.as_deref(), Some("16.00.12.00"));
    // The RAID controller has no driver: what it holds is not known.
    let (state, reason) = status(&collected, Section::Controller);
    assert_eq!(state, SectionState::Partial);
    assert_eq!(reason, "drives and state behind 0000:86:00.0 not readable");
}

#[test]
fn drives_of_software_raid_are_not_hidden() {
    for (class, driver, hidden) in [
        ("010400", Some("ahci"), false),
        ("010400", Some("vmd"), false),
        ("010400", Some("unheard_of"), true),
        ("010400", None, true),
        ("010700", Some("mpt3sas"), false),
        ("010700", Some("smartpqi"), true),
        ("010601", None, false),
    ] {
        assert_eq!(recognise::hides_drives(class, driver), hidden, "{class} {driver:?}");
    }
}

#[test]
fn a_root_without_pci_has_no_such_section() {
    let collected = Tree::new().run(controllers);
    assert_eq!(status(&collected, Section::Controller).0, SectionState::Unsupported);
}
