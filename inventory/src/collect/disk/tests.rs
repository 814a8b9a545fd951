//! Disks of written roots: what is a disk, what is a volume, what is neither.

use super::*;
use crate::collect::Collected;
use crate::collect::testing::{Tree, status};

const SAS: &str = "pci0000:3a/0000:3a:00.0";

/// Adds a SCSI disk below `place`, a path under `/sys/devices`.
fn scsi(tree: Tree, place: &str, name: &str, files: &[(&str, &str)]) -> Tree {
    let device = format!("/sys/devices/{place}");
    let block = format!("{device}/block/{name}");
    tree.files(&device, files)
        .files(&block, &[("size", "1758174768"), ("removable", "0")])
        .files(
            &format!("{block}/queue"),
            &[("rotational", "1"), ("logical_block_size", "512"), ("physical_block_size", "4096")],
        )
        .link(&format!("{block}/device"), "../..")
        .link(&format!("/sys/block/{name}"), &format!("../devices/{place}/block/{name}"))
}

/// Adds a storage controller with its driver.
fn controller(tree: Tree, address: &str, class: &str, driver: &str) -> Tree {
    tree.pci("pci0000:3a", address, ["0x1000", "0x005d", class])
        .dir(&format!("/sys/bus/pci/drivers/{driver}"))
        .link(
            &format!("/sys/devices/pci0000:3a/{address}/driver"),
            &format!("../../../bus/pci/drivers/{driver}"),
        )
}

fn names(collected: &Collected) -> Vec<&str> {
    collected.inventory.disk.iter().filter_map(|disk| disk.name.as_deref()).collect()
}

#[test]
fn a_raid_volume_is_never_a_disk_and_hidden_drives_leave_the_section_partial() {
    let tree = controller(Tree::new(), "0000:3a:00.0", "0x010400", "megaraid_sas");
    let tree = scsi(
        tree,
        &format!("{SAS}/host0/target0:2:0/0:2:0:0"),
        "sda",
        &[("vendor", "AVAGO"), ("model", "MR9361-8i"), ("rev", "4.68")],
    );
    // A drive passed through (JBOD) sits on channel 0.
    let tree = scsi(
        tree,
        &format!("{SAS}/host0/target0:0:5/0:0:5:0"),
        "sdb",
        &[("vendor", "ATA"), ("model", "INTEL SSDSC2KB48"), ("wwid", "naa.55cd2e414f5a4321")],
    );
    let collected = tree.run(disks);
    assert_eq!(names(&collected), ["sdb"]);
    let (state, reason) = status(&collected, Section::Disk);
    assert_eq!(state, SectionState::Partial);
    assert_eq!(
        reason,
        "drives behind megaraid_sas (0000:3a:00.0) not readable; \
         import smartctl -d megaraid,N or storcli J"
    );
    let controllers = tree.run(super::super::controller::controllers).inventory.controller;
    assert_eq!(controllers.len(), 1);
    assert_eq!(controllers[0].kind.as_deref(), Some("raid"));
    assert_eq!(controllers[0].driver.as_deref(), Some("megaraid_sas"));
    assert_eq!(controllers[0].volume.len(), 1);
    assert_eq!(controllers[0].volume[0].device.as_deref(), Some("sda"));
    assert_eq!(controllers[0].volume[0].size_bytes, Some(900_185_481_216));
}

#[test]
fn volumes_are_told_by_driver_channel_name_and_product() {
    let role_of = |driver: &str, path: &str, vendor: &str, product: &str, wwid: &str| {
        recognise::role(&recognise::Clues {
            name: "sda".to_owned(),
            path: format!("/sys/devices/{SAS}/{path}/block/sda"),
            vendor: vendor.to_owned(),
            product: product.to_owned(),
            driver: driver.to_owned(),
            wwid: wwid.to_owned(),
            raid_level: None,
            removable: false,
        })
    };
    for (driver, path, vendor, product, wwid, wanted) in [
        ("megaraid_sas", "host0/target0:2:0/0:2:0:0", "DELL", "H730P", "", Role::Volume),
        ("megaraid_sas", "host0/target0:3:9/0:3:9:0", "LENOVO", "X", "naa.6001", Role::Volume),
        (
            "megaraid_sas",
            "host0/target0:1:0/0:1:0:0",
            "SEAGATE",
            "ST900",
            "naa.5000",
            Role::Physical,
        ),
        ("mpt3sas", "host0/target0:0:1/0:0:1:0", "SEAGATE", "ST900", "naa.5000", Role::Physical),
        ("mpt3sas", "host0/target0:1:0/0:1:0:0", "LSI", "Logical Volume", "naa.6005", Role::Volume),
        ("smartpqi", "host0/target0:1:0/0:1:0:0", "HPE", "LOGICAL VOLUME", "", Role::Volume),
        ("aacraid", "host0/target0:0:0/0:0:0:0", "ASR8405", "system", "", Role::Volume),
        ("arcmsr", "host0/target0:0:0/0:0:0:0", "Areca", "ARC-1680-VOL#00", "", Role::Volume),
        ("hiraid", "host0/target0:0:0/0:0:0:0", "HUAWEI", "RAID5", "", Role::Volume),
        (
            "ahci",
            "ata1/host0/target0:0:0/0:0:0:0",
            "ATA",
            "ST4000NM0035",
            "naa.5000",
            Role::Physical,
        ),
        (
            "qla2xxx",
            "host7/rport-7:0-0/target7:0:0/7:0:0:1",
            "HUAWEI",
            "XSG1",
            "naa.6",
            Role::Foreign,
        ),
    ] {
        assert_eq!(
            role_of(driver, path, vendor, product, wwid),
            wanted,
            "{driver} {vendor} {product}"
        );
    }
    let smart_array = |level: &str| {
        recognise::role(&recognise::Clues {
            driver: "hpsa".to_owned(),
            vendor: "HP".to_owned(),
            product: "EG0900".to_owned(),
            raid_level: Some(level.to_owned()),
            ..recognise::Clues::default()
        })
    };
    assert_eq!(smart_array("RAID 1(+0)"), Role::Volume);
    assert_eq!(smart_array("N/A"), Role::Physical);
}

#[test]
fn media_of_a_bmc_and_sticks_are_no_disks() {
    let usb = "pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/host9/target9:0:0/9:0:0";
    let mut tree = Tree::new();
    for (index, (vendor, model)) in
        [("AMI", "Virtual HDisk0"), ("HP iLO", "Internal SD-CARD"), ("iDRAC", "LCDRIVE")]
            .into_iter()
            .enumerate()
    {
        let name = format!("sd{}", ["a", "b", "c"][index]);
        tree =
            scsi(tree, &format!("{usb}:{index}"), &name, &[("vendor", vendor), ("model", model)]);
    }
    let collected = tree.run(disks);
    assert_eq!(names(&collected), [""; 0]);
    assert_eq!(status(&collected, Section::Disk).0, SectionState::Complete);
}

#[test]
fn names_without_a_drive_behind_them_are_passed_over() {
    for name in [
        "loop0",
        "ram1",
        "zram0",
        "dm-3",
        "md127",
        "sr0",
        "fd0",
        "nbd1",
        "nvme0c1n1",
        "mmcblk0boot0",
        "zd16",
    ] {
        assert!(!recognise::is_drive_name(name), "{name}");
    }
    for name in ["sda", "sdaa", "vda", "nvme0n1", "nvme12n1", "mmcblk0", "xvda", "hda"] {
        assert!(recognise::is_drive_name(name), "{name}");
    }
}

#[test]
fn a_virtio_disk_is_named_as_one() {
    let device = "/sys/devices/pci0000:00/0000:00:02.0/virtio1";
    let tree = Tree::new()
        .files(&format!("{device}/block/vda"), &[("size", "536870912"), ("serial", "vol-1")])
        .files(&format!("{device}/block/vda/queue"), &[("rotational", "1")])
        .files(device, &[("vendor", "0x1af4")])
        .link(&format!("{device}/block/vda/device"), "../..")
        .link("/sys/block/vda", "../devices/pci0000:00/0000:00:02.0/virtio1/block/vda");
    let collected = tree.run(disks);
    let disk = &collected.inventory.disk[0];
    assert_eq!(disk.protocol.as_deref(), Some("virtio"));
    assert_eq!(disk.serial.as_deref(), Some("vol-1"));
    assert_eq!(disk.size_bytes, Some(274_877_906_944));
    assert_eq!((disk.kind.as_deref(), disk.vendor.as_deref(), disk.rpm), (None, None, None));
}

fn nvme(tree: Tree) -> Tree {
    let place = "pci0000:5d/0000:5e:00.0/nvme/nvme0";
    let device = format!("/sys/devices/{place}");
    tree.files(
        &device,
        &[
            ("model", "SAMSUNG MZQL21T9HCJR-00A07   "),
            ("serial", "S64GNE0R000001      "),
            ("firmware_rev", "GDC5602Q"),
            ("transport", "pcie"),
        ],
    )
    .link("/sys/class/nvme/nvme0", &format!("../../devices/{place}"))
    .files(
        &format!("{device}/nvme0n1"),
        &[("size", "3750748848"), ("wwid", "eui.0025385b11b2c3d4"), ("nsid", "1")],
    )
    .files(
        &format!("{device}/nvme0n1/queue"),
        &[("logical_block_size", "512"), ("rotational", "0")],
    )
    .link(&format!("{device}/nvme0n1/device"), "..")
    .link("/sys/block/nvme0n1", &format!("../devices/{place}/nvme0n1"))
}

#[test]
fn an_nvme_drive_is_one_disk_however_many_namespaces_it_has() {
    let place = "/sys/devices/pci0000:5d/0000:5e:00.0/nvme/nvme0";
    let tree = nvme(Tree::new())
        .files(&format!("{place}/nvme0n2"), &[("size", "1000"), ("nsid", "2")])
        .link(&format!("{place}/nvme0n2/device"), "..")
        .link("/sys/block/nvme0n2", "../devices/pci0000:5d/0000:5e:00.0/nvme/nvme0/nvme0n2");
    let collected = tree.run(disks);
    assert_eq!(names(&collected), ["nvme0n1"]);
    let disk = &collected.inventory.disk[0];
    assert_eq!(disk.model.as_deref(), Some("SAMSUNG MZQL21T9HCJR-00A07"));
    assert_eq!(disk.serial.as_deref(), Some("S64GNE0R000001"));
    assert_eq!(disk.size_bytes, Some((3_750_748_848 + 1000) * 512));
    assert_eq!(disk.wwid.as_deref(), Some("eui.0025385b11b2c3d4"));
}

#[test]
fn a_multipath_namespace_and_an_empty_controller_are_disks_and_fabrics_are_not() {
    let subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
    let controllers = "/sys/devices/pci0000:5d";
    let tree = Tree::new()
        .files(
            &format!("{controllers}/0000:5e:00.0/nvme/nvme0"),
            &[("model", "DRIVE A"), ("serial", "A1"), ("transport", "pcie")],
        )
        .files(
            &format!("{controllers}/0000:5f:00.0/nvme/nvme1"),
            &[("model", "DRIVE B"), ("serial", "B1"), ("transport", "pcie")],
        )
        .files(
            "/sys/devices/virtual/nvme-fabrics/ctl/nvme2",
            &[("model", "REMOTE"), ("serial", "R1"), ("transport", "tcp")],
        )
        .link("/sys/class/nvme/nvme0", "../../devices/pci0000:5d/0000:5e:00.0/nvme/nvme0")
        .link("/sys/class/nvme/nvme1", "../../devices/pci0000:5d/0000:5f:00.0/nvme/nvme1")
        .link("/sys/class/nvme/nvme2", "../../devices/virtual/nvme-fabrics/ctl/nvme2")
        .link(&format!("{subsystem}/nvme0"), "../../../pci0000:5d/0000:5e:00.0/nvme/nvme0")
        .files(&format!("{subsystem}/nvme0n1"), &[("size", "2000")])
        .link(&format!("{subsystem}/nvme0n1/device"), "../../nvme-subsys0")
        .link("/sys/block/nvme0n1", "../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1")
        .files("/sys/devices/virtual/nvme-fabrics/ctl/nvme2/nvme2n1", &[("size", "9")])
        .link("/sys/devices/virtual/nvme-fabrics/ctl/nvme2/nvme2n1/device", "..")
        .link("/sys/block/nvme2n1", "../devices/virtual/nvme-fabrics/ctl/nvme2/nvme2n1");
    let collected = tree.run(disks);
    assert_eq!(names(&collected), ["nvme0n1", "nvme1"]);
    assert_eq!(collected.inventory.disk[0].serial.as_deref(), Some("A1"));
    assert_eq!(collected.inventory.disk[1].size_bytes, None);
}

#[test]
fn a_recorded_drive_tells_what_its_pages_say_and_from_where() {
    let mut health = vec![0_u8; 512];
    health[..6].copy_from_slice(&[0x04, 0x39, 0x01, 100, 10, 3]);
    health[128] = 50;
    let tree = nvme(Tree::new());
    std::fs::write(tree.place("/assay/disk/nvme0n1/nvme-log-02.bin"), &health).expect("write");
    let collected = tree.run(disks);
    let disk = &collected.inventory.disk[0];
    assert_eq!(disk.temperature_mc, Some(40_000));
    assert_eq!(disk.wear_ratio_ppm, Some(30_000));
    assert_eq!(disk.power_on_s, Some(180_000));
    let verdict = disk.health.as_ref().expect("the log has a verdict");
    assert_eq!(verdict.passed, Some(false));
    assert_eq!(
        verdict.reasons,
        ["critical warning 0x04: reliability is degraded by media or internal errors"]
    );
    let source = disk.origin.sources["health"];
    let source = &collected.inventory.sources[source.0 as usize];
    assert_eq!(source.locator, "nvme:/dev/nvme0n1");
    assert_eq!(collected.evidence.len(), 1);
    assert_eq!(collected.evidence[0].path, "assay/disk/nvme0n1/nvme-log-02.bin");
    assert!(!disk.origin.sources.contains_key("serial"), "the serial is sysfs's");
}

#[test]
fn a_damaged_page_costs_its_facts_and_says_so() {
    let tree = nvme(Tree::new());
    std::fs::write(tree.place("/assay/disk/nvme0n1/nvme-log-02.bin"), [0_u8; 100]).expect("write");
    let collected = tree.run(disks);
    assert_eq!(collected.inventory.disk[0].health, None);
    assert_eq!(
        status(&collected, Section::Disk),
        (
            SectionState::Partial,
            "nvme0n1: NVMe log 02h ends at byte 0x64, but must have 0x200 bytes".to_owned()
        )
    );
}

#[test]
fn a_sas_drive_is_told_by_the_pages_that_the_kernel_keeps() {
    let place = format!("{SAS}/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0");
    let tree = controller(Tree::new(), "0000:3a:00.0", "0x010700", "mpt3sas");
    let tree = scsi(tree, &place, "sda", &[("vendor", "SEAGATE"), ("model", "ST900MM0168")])
        .files("/sys/devices/enclosure/0:0:9:0", &[("id", "0x500304801f2b3f7f")])
        .files("/sys/devices/enclosure/0:0:9:0/Slot 04", &[("slot", "4")])
        .link(
            &format!("/sys/devices/{place}/enclosure_device:Slot 04"),
            "../../../../../../../enclosure/0:0:9:0/Slot 04",
        );
    let device = format!("/sys/devices/{place}");
    std::fs::write(tree.place(&format!("{device}/vpd_pg80")), b"\0\x80\0\x08W4000001")
        .expect("write");
    let mut rotation = vec![0, 0xb1, 0, 60, 0x27, 0x10];
    rotation.resize(64, 0);
    std::fs::write(tree.place(&format!("{device}/vpd_pgb1")), rotation).expect("write");
    let collected = tree.run(disks);
    let disk = &collected.inventory.disk[0];
    assert_eq!(disk.protocol.as_deref(), Some("sas"));
    assert_eq!(disk.serial.as_deref(), Some("W4000001"));
    assert_eq!((disk.rpm, disk.kind.as_deref()), (Some(10_000), Some("hdd")));
    assert_eq!(disk.locator.as_deref(), Some("0x500304801f2b3f7f:4"));
    assert_eq!(disk.vendor.as_deref(), Some("SEAGATE"));
    assert_eq!(status(&collected, Section::Disk).0, SectionState::Complete);
}

#[test]
fn a_root_without_block_devices_says_so() {
    let collected = Tree::new().run(disks);
    let (state, reason) = status(&collected, Section::Disk);
    assert_eq!(state, SectionState::Failed);
    assert!(reason.starts_with("/sys/block: "), "{reason}");
}
