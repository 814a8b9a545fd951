//! Machines that are trees of files: shapes of NVMe, SCSI, multipath, LVM, MD, btrfs
//! that no test machine has, looked at and decided on.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::safety::{
    Block, BlockKind, Code, Decision, How as UsedHow, Number, Request, Seen, Source, What, decide,
};

/// A machine under construction.
struct Machine {
    folder: TempDir,
    mounts: String,
    swaps: String,
}

/// Bytes of a device that has nothing on it.
const SIZE: u64 = 8 << 20;

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Self {
            folder,
            mounts: "1 0 0:1 / / rw - tmpfs none rw\n".to_owned(),
            swaps: "Filename Type Size Used Priority\n".to_owned(),
        };
        machine.write("proc/cmdline", "quiet");
        machine
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// Adds a disk with attributes, by paths below its folder.
    fn disk(&self, name: &str, number: &str, attributes: &[(&str, &str)]) {
        let folder = format!("sys/devices/bus/block/{name}");
        self.device(&folder, name, number);
        self.write(&format!("{folder}/diskseq"), "3");
        self.write(&format!("{folder}/queue/logical_block_size"), "512");
        for (path, text) in attributes {
            self.write(&format!("{folder}/{path}"), text);
        }
    }

    /// Adds a partition of 1 MiB that starts `number` MiB into its disk.
    fn partition(&self, disk: &str, name: &str, number: u32, numbers: &str) {
        let folder = format!("sys/devices/bus/block/{disk}/{name}");
        self.device(&folder, name, numbers);
        self.write(&format!("{folder}/partition"), &number.to_string());
        self.write(&format!("{folder}/start"), &(number * 2048).to_string());
        self.write(&format!("{folder}/size"), "2048");
    }

    fn device(&self, folder: &str, name: &str, number: &str) {
        self.write(&format!("{folder}/dev"), number);
        self.write(&format!("{folder}/size"), &(SIZE / 512).to_string());
        self.write(&format!("{folder}/ro"), "0");
        let below = folder.strip_prefix("sys/").unwrap();
        self.link(&format!("sys/class/block/{name}"), &format!("../../{below}"));
        self.write(&format!("dev/{name}"), "");
        let file = fs::File::create(self.folder.path().join("dev").join(name)).unwrap();
        file.set_len(SIZE).unwrap();
    }

    fn folder_of(&self, name: &str) -> String {
        let target = fs::read_link(self.folder.path().join("sys/class/block").join(name)).unwrap();
        format!("sys/{}", target.strip_prefix("../..").unwrap().display())
    }

    /// Says that `holder` is made of `slave`.
    fn hold(&self, slave: &str, holder: &str) {
        let (below, above) = (self.folder_of(slave), self.folder_of(holder));
        self.write(&format!("{below}/holders/{holder}"), "");
        self.write(&format!("{above}/slaves/{slave}"), "");
    }

    fn mount(&mut self, number: &str, place: &str, filesystem: &str, source: &str) {
        let line = format!("2 1 {number} / {place} rw - {filesystem} {source} rw\n");
        self.mounts.push_str(&line);
    }

    fn look(&self, path: &str) -> Seen {
        self.write("proc/self/mountinfo", &self.mounts);
        self.write("proc/swaps", &self.swaps);
        look(&Root::at(self.folder.path()), path, true)
    }

    fn block(&self, path: &str) -> Block {
        match self.look(path).what {
            What::Block(block) => *block,
            other => panic!("{other:?}"),
        }
    }

    fn codes(&self, path: &str, name: &str) -> Vec<Code> {
        let request = Request {
            paths: vec![path.to_owned()],
            writes: true,
            destroy: vec![name.parse().unwrap()],
            ..Request::default()
        };
        match decide(&request, &[self.look(path)]) {
            Decision::Allowed(_) => vec![],
            Decision::Refused { reasons } => reasons.iter().map(|reason| reason.code).collect(),
        }
    }
}

fn nvme(machine: &Machine) {
    machine.disk(
        "nvme0n1",
        "259:0",
        &[
            ("nsid", "1"),
            ("wwid", "eui.36344730528000010025384100000001"),
            ("device/model", "SAMSUNG MZWLJ3T8HBLS-00007              "),
            ("device/serial", "S4YPNE0N800123      "),
        ],
    );
}

fn scsi(machine: &Machine, name: &str, number: &str, wwid: &str) {
    machine.disk(
        name,
        number,
        &[
            ("device/model", "ST4000NM0035    "),
            ("device/vendor", "SEAGATE "),
            ("device/vpd_pg80", "\0\u{0}\0\u{8}ZC1234AB"),
            ("device/wwid", wwid),
        ],
    );
}

#[test]
fn an_nvme_namespace_is_known_by_serial_and_wwid() {
    let machine = Machine::new();
    nvme(&machine);
    let block = machine.block("/dev/nvme0n1");
    assert_eq!(block.identity.model.as_deref(), Some("SAMSUNG MZWLJ3T8HBLS-00007"));
    assert_eq!(block.identity.serial.as_deref(), Some("S4YPNE0N800123"));
    assert_eq!(block.number, Number { major: 259, minor: 0 });
    assert_eq!((block.size_bytes, block.disk_sequence), (SIZE, Some(3)));
    assert_eq!(block.blank, Some(true));
    assert_eq!(machine.codes("/dev/nvme0n1", "S4YPNE0N800123"), []);
    assert_eq!(
        machine.codes("/dev/nvme0n1", "EUI.36344730528000010025384100000001"),
        [Code::NotNamed, Code::NamesNothing]
    );
    assert_eq!(machine.codes("/dev/nvme0n1", "eui.36344730528000010025384100000001"), []);
}

#[test]
fn two_namespaces_of_one_controller_have_one_serial_and_need_their_wwid() {
    let machine = Machine::new();
    nvme(&machine);
    machine.disk(
        "nvme0n2",
        "259:1",
        &[("nsid", "2"), ("wwid", "eui.02"), ("device/serial", "S4YPNE0N800123")],
    );
    assert_eq!(machine.block("/dev/nvme0n2").twins, ["nvme0n1"]);
    assert_eq!(machine.codes("/dev/nvme0n2", "S4YPNE0N800123"), [Code::Ambiguous]);
    assert_eq!(machine.codes("/dev/nvme0n2", "eui.02"), []);
}

#[test]
fn a_scsi_disk_tells_its_serial_in_its_vital_product_data() {
    let machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.5000c500a1b2c3d4");
    let identity = machine.block("/dev/sda").identity;
    assert_eq!(identity.serial.as_deref(), Some("ZC1234AB"));
    assert_eq!(identity.wwid.as_deref(), Some("naa.5000c500a1b2c3d4"));
    assert_eq!(machine.codes("/dev/sda", "5000C500A1B2C3D4"), []);
}

#[test]
fn all_paths_of_a_multipath_disk_are_one_device() {
    let mut machine = Machine::new();
    let wwid = "naa.600a0b80000f7a2c";
    scsi(&machine, "sda", "8:0", wwid);
    scsi(&machine, "sdb", "8:16", wwid);
    assert_eq!(machine.block("/dev/sda").siblings, ["sdb"]);
    assert_eq!(machine.codes("/dev/sda", wwid), []);
    // Nobody runs multipathd, and the other path is mounted.
    machine.mount("8:16", "/data", "xfs", "/dev/sdb");
    let block = machine.block("/dev/sda");
    assert_eq!(block.uses.len(), 1);
    assert_eq!(block.uses[0].device, "sdb");
    assert_eq!(machine.codes("/dev/sda", wwid), [Code::Mounted]);
}

#[test]
fn a_multipath_map_is_its_disk_and_its_paths_are_held_by_it() {
    let machine = Machine::new();
    let wwid = "naa.600a0b80000f7a2c";
    scsi(&machine, "sda", "8:0", wwid);
    scsi(&machine, "sdb", "8:16", wwid);
    let dm = [("dm/name", "mpatha"), ("dm/uuid", "mpath-3600a0b80000f7a2c")];
    machine.disk("dm-0", "252:0", &dm);
    machine.hold("sda", "dm-0");
    machine.hold("sdb", "dm-0");
    let block = machine.block("/dev/dm-0");
    assert_eq!(block.kind, BlockKind::Mapper { name: "mpatha".to_owned() });
    assert_eq!(block.identity.wwid.as_deref(), Some(wwid));
    assert_eq!(block.siblings, ["sda", "sdb"]);
    assert_eq!(block.uses, [], "its own paths are no users");
    assert_eq!(machine.codes("/dev/dm-0", wwid), []);
    assert_eq!(machine.codes("/dev/sda", wwid), [Code::Held, Code::Held]);
    let held = &machine.block("/dev/sda").uses[0].how;
    let what = "multipath mpatha".to_owned();
    assert_eq!(*held, UsedHow::Held { by: "dm-0".to_owned(), what });
}

#[test]
fn a_stack_is_followed_from_the_disk_to_what_is_mounted() {
    let mut machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    machine.partition("sda", "sda1", 1, "8:1");
    machine.disk("md0", "9:0", &[("md/level", "raid1")]);
    machine.disk("dm-0", "252:0", &[("dm/name", "vg-data"), ("dm/uuid", "LVM-abc")]);
    machine.hold("sda1", "md0");
    machine.hold("md0", "dm-0");
    machine.mount("252:0", "/srv", "ext4", "/dev/mapper/vg-data");
    machine.swaps += "/dev/sda1 partition 1 0 -2\n";
    let uses = machine.block("/dev/sda").uses;
    let words: Vec<String> =
        uses.iter().map(|used| format!("{} {:?}", used.device, used.how)).collect();
    assert_eq!(words.len(), 4, "{words:?}");
    assert!(words[0].starts_with("sda1 Swap"), "{words:?}");
    assert!(words[1].contains("by: \"md0\", what: \"MD raid1\""), "{words:?}");
    assert!(words[2].contains("by: \"dm-0\", what: \"LVM vg-data\""), "{words:?}");
    assert!(words[3].starts_with("dm-0 Mounted") && words[3].contains("/srv"), "{words:?}");
    // The volume itself may be tested once it is not mounted, whatever it is made of.
    machine.mounts.clear();
    machine.swaps.clear();
    assert_eq!(machine.codes("/dev/dm-0", "LVM-abc"), []);
}

#[test]
fn what_the_system_runs_from_is_found_below_volumes_and_on_the_kernels_command_line() {
    let mut machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    machine.partition("sda", "sda1", 1, "8:1");
    machine.partition("sda", "sda2", 2, "8:2");
    machine.disk("dm-0", "252:0", &[("dm/name", "vg-root"), ("dm/uuid", "LVM-abc")]);
    machine.hold("sda2", "dm-0");
    machine.mounts = String::new();
    machine.mount("252:0", "/", "ext4", "/dev/mapper/vg-root");
    machine.write("proc/cmdline", "root=/dev/mapper/vg-root ro resume=/dev/sda1");
    let parts = |path: &str| -> Vec<String> {
        let uses = machine.block(path).uses.into_iter();
        let boot = uses.filter_map(|used| match used.how {
            UsedHow::Boot { part } => Some(format!("{}: {part}", used.device)),
            _ => None,
        });
        boot.collect()
    };
    assert_eq!(parts("/dev/sda2"), ["sda2: root filesystem", "dm-0: root filesystem"]);
    assert_eq!(parts("/dev/sda1"), ["sda1: resume=/dev/sda1"]);
    assert!(parts("/dev/sda").contains(&"sda: root filesystem".to_owned()));
    assert!(parts("/dev/sda").contains(&"sda1: resume=/dev/sda1".to_owned()));
    let codes = machine.codes("/dev/sda", "ZC1234AB");
    for code in [Code::Boot, Code::Held, Code::Mounted] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[test]
fn a_partition_is_its_disk_and_what_has_the_whole_disk_has_it() {
    let mut machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    machine.partition("sda", "sda1", 1, "8:1");
    machine.partition("sda", "sda2", 2, "8:2");
    machine.mount("8:1", "/data", "xfs", "/dev/sda1");
    let block = machine.block("/dev/sda2");
    let kind = BlockKind::Partition { of: "sda".to_owned(), number: 2, start_bytes: 2 << 20 };
    assert_eq!(block.kind, kind);
    assert_eq!(block.identity.serial.as_deref(), Some("ZC1234AB"));
    assert_eq!(machine.codes("/dev/sda2", "ZC1234AB"), [], "its neighbour is not it");
    assert_eq!(machine.codes("/dev/sda1", "ZC1234AB"), [Code::Mounted]);
    machine.mount("8:0", "/all", "xfs", "/dev/sda");
    assert_eq!(machine.codes("/dev/sda2", "ZC1234AB"), [Code::Mounted]);
}

#[test]
fn every_device_of_a_btrfs_is_in_use_though_the_mount_table_names_one() {
    let mut machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    scsi(&machine, "sdb", "8:16", "naa.51");
    machine.write("sys/fs/btrfs/1234-uuid/devices/sda", "");
    machine.write("sys/fs/btrfs/1234-uuid/devices/sdb", "");
    machine.write("sys/fs/btrfs/features/raid56", "");
    machine.mount("0:45", "/pool", "btrfs", "/dev/sda");
    assert_eq!(machine.codes("/dev/sda", "naa.50"), [Code::Mounted]);
    assert_eq!(machine.codes("/dev/sdb", "naa.51"), [Code::Held]);
}

#[test]
fn a_cache_of_bcache_is_held_though_it_has_no_holder() {
    let machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    machine.write("sys/devices/bus/block/sda/bcache/state", "clean");
    assert_eq!(machine.codes("/dev/sda", "naa.50"), [Code::Held]);
}

#[test]
fn a_loop_device_on_a_disk_holds_it_though_sysfs_lists_no_holder() {
    let mut machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    machine.disk("loop3", "7:3", &[("loop/backing_file", "/dev/sda")]);
    assert_eq!(machine.codes("/dev/sda", "naa.50"), [Code::Held]);
    machine.mount("7:3", "/image", "ext4", "/dev/loop3");
    assert_eq!(machine.codes("/dev/sda", "naa.50"), [Code::Held, Code::Mounted]);
}

#[test]
fn a_mount_in_another_namespace_is_named_with_its_process() {
    let machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    machine.link("proc/self/ns/mnt", "mnt:[1]");
    machine.link("proc/77/ns/mnt", "mnt:[2]");
    machine.write("proc/77/comm", "containerd-shim\n");
    machine.write("proc/77/mountinfo", "9 8 8:0 / /vol rw - ext4 /dev/sda rw\n");
    let uses = machine.block("/dev/sda").uses;
    let expected = UsedHow::Mounted {
        mount_point: "/vol".to_owned(),
        filesystem: "ext4".to_owned(),
        namespace: Some("77 (containerd-shim)".to_owned()),
    };
    assert_eq!(uses.len(), 1);
    assert_eq!(uses[0].how, expected);
}

#[test]
fn marks_are_found_on_partitions_the_kernel_knows_and_on_those_it_does_not() {
    let machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    machine.partition("sda", "sda1", 1, "8:1");
    let node = machine.folder.path().join("dev/sda");
    let mut bytes = vec![0; usize::try_from(SIZE).unwrap()];
    bytes[1 << 20..(1 << 20) + 4].copy_from_slice(b"XFSB");
    bytes[510..512].copy_from_slice(b"\x55\xaa");
    // A second entry, from 4 MiB on, that the kernel was not told of.
    for (at, first) in [(446, 2048_u32), (462, 8192)] {
        bytes[at + 4] = 0x83;
        bytes[at + 8..at + 12].copy_from_slice(&first.to_le_bytes());
        bytes[at + 12..at + 16].copy_from_slice(&2048_u32.to_le_bytes());
    }
    bytes[(4 << 20) + 4086..(4 << 20) + 4096].copy_from_slice(b"SWAPSPACE2");
    fs::write(&node, &bytes).unwrap();
    let marks = machine.block("/dev/sda").marks;
    let found: Vec<String> =
        marks.iter().map(|mark| format!("{}: {}", mark.device, mark.signature)).collect();
    let expected = ["sda: MBR @ 510", "sda1: XFS @ 0", "partition 2 `type 83`: swap @ 4086"];
    assert_eq!(found, expected);
    assert_eq!(machine.codes("/dev/sda", "naa.50"), [Code::Signature; 3]);
}

#[test]
fn blank_serials_are_none() {
    let machine = Machine::new();
    for (at, serial) in ["00000000", "  ", "unknown", "N/A"].iter().enumerate() {
        let name = format!("sd{}", char::from(b'a' + u8::try_from(at).unwrap()));
        let attributes = [("device/serial", *serial), ("wwid", "naa.0000000000000000")];
        machine.disk(&name, &format!("8:{}", at * 16), &attributes);
        let path = format!("/dev/{name}");
        let codes = machine.codes(&path, "S123");
        assert_eq!(codes, [Code::NoIdentity, Code::NamesNothing], "{serial}");
    }
}

#[test]
fn a_device_that_sysfs_tells_little_of_is_refused() {
    let machine = Machine::new();
    scsi(&machine, "sda", "8:0", "naa.50");
    fs::remove_file(machine.folder.path().join("sys/devices/bus/block/sda/ro")).unwrap();
    fs::remove_file(machine.folder.path().join("dev/sda")).unwrap();
    fs::create_dir(machine.folder.path().join("dev/sda")).unwrap();
    let seen = machine.look("/dev/sda");
    let sources: Vec<Source> = seen.unread.iter().map(|unread| unread.source).collect();
    assert_eq!(sources, [Source::Sysfs, Source::Contents]);
    assert_eq!(machine.codes("/dev/sda", "naa.50"), [Code::Unknown; 2]);
}

#[test]
fn a_file_is_made_with_room_and_goes_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").display().to_string();
    let (file, made) = file::make(&path, 3 << 20).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 3 << 20);
    let again = file::make(&path, 1);
    assert!(matches!(again, Err(TargetError::Create { .. })), "{again:?}");
    drop(made);
    assert!(!Path::new(&path).exists());
}

#[test]
fn somebody_elses_file_of_the_same_name_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let (_file, made) = file::make(&path.display().to_string(), 4096).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "theirs").unwrap();
    drop(made);
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
}

#[test]
fn a_file_that_is_kept_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let (_file, mut made) = file::make(&path.display().to_string(), 4096).unwrap();
    made.keep();
    drop(made);
    assert!(path.exists());
}

#[test]
fn a_file_where_there_is_no_room_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let error = file::make(&path.display().to_string(), 1 << 60).unwrap_err();
    assert!(matches!(error, TargetError::Room { .. }), "{error:?}");
    assert!(error.hint().is_some());
    assert!(!path.exists());
}
