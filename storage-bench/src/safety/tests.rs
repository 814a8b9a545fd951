//! Every reason alone, all together, and laws over random machines.

use proptest::prelude::*;

use super::*;
use crate::reservation::Reservations;
use crate::signature::{Format, Signature};

fn disk(name: &str, serial: Option<&str>) -> Block {
    Block {
        name: name.to_owned(),
        number: Number { major: 8, minor: u32::from(name.as_bytes()[name.len() - 1]) },
        kind: BlockKind::Disk,
        identity: Identity {
            model: Some("ACME 9000".to_owned()),
            serial: serial.map(str::to_owned),
            wwid: None,
        },
        by_number: false,
        size_bytes: 1 << 40,
        logical_block_bytes: 512,
        physical_block_bytes: 4096,
        read_only: false,
        disk_sequence: Some(7),
        siblings: vec![],
        twins: vec![],
        uses: vec![],
        marks: vec![],
        blank: Some(true),
        exclusive: Exclusive::Free,
        reservations: None,
    }
}

fn at(path: &str, block: Block) -> Seen {
    Seen {
        path: path.to_owned(),
        place: path.to_owned(),
        what: What::Block(Box::new(block)),
        unread: vec![],
    }
}

fn writing(paths: &[&str], names: &[&str]) -> Request {
    Request {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        writes: true,
        destroy: names.iter().map(|name| name.parse().unwrap()).collect(),
        ..Request::default()
    }
}

fn codes(decision: &Decision) -> Vec<Code> {
    match decision {
        Decision::Allowed(_) => vec![],
        Decision::Refused { reasons } => reasons.iter().map(|reason| reason.code).collect(),
    }
}

fn used(device: &str, how: How) -> Use {
    Use { device: device.to_owned(), how }
}

fn mount(device: &str) -> Use {
    used(
        device,
        How::Mounted {
            mount_point: "/data".to_owned(),
            filesystem: "xfs".to_owned(),
            namespace: None,
        },
    )
}

fn mark(device: &str) -> Mark {
    let signature =
        Signature { format: Format::Xfs, offset_bytes: 0, version: None, label: None, uuid: None };
    Mark { device: device.to_owned(), signature }
}

/// A change to a disk that may be written, and why it may not any longer.
type Spoil = (fn(&mut Block), Code, &'static str);

/// A change to a disk, and what it is called.
type Change = (fn(&mut Block), &'static str);

const SPOILS: &[Spoil] = &[
    (|block| block.uses.push(mount("sda1")), Code::Mounted, "/data"),
    (|block| block.uses.push(used("sda2", How::Swap)), Code::Swap, "sda2"),
    (
        |block| {
            let what = "LVM vg-root".to_owned();
            block.uses.push(used("sda3", How::Held { by: "dm-0".to_owned(), what }));
        },
        Code::Held,
        "dm-0",
    ),
    (
        |block| {
            let part = "root filesystem".to_owned();
            block.uses.push(used("sda4", How::Boot { part }));
        },
        Code::Boot,
        "root filesystem",
    ),
    (
        |block| {
            let program = "qemu-system-x86".to_owned();
            block.uses.push(used("sda", How::Open { pid: 4711, program }));
        },
        Code::Open,
        "qemu-system-x86",
    ),
    (|block| block.exclusive = Exclusive::Busy, Code::Busy, "sda"),
    (|block| block.read_only = true, Code::ReadOnly, "sda"),
    (|block| block.size_bytes = 0, Code::Empty, "sda"),
    (|block| block.marks.push(mark("sda5")), Code::Signature, "XFS"),
    (
        |block| {
            block.reservations = Some(Reservations { keys: vec![0xbeef], held: None });
        },
        Code::Reserved,
        "beef",
    ),
    (|block| block.twins.push("sdb".to_owned()), Code::Ambiguous, "sdb"),
];

#[test]
fn a_disk_named_by_its_serial_may_be_written() {
    let decision =
        decide(&writing(&["/dev/sda"], &["S123"]), &[at("/dev/sda", disk("sda", Some("S123")))]);
    let Decision::Allowed(allowed) = decision else { panic!("{decision:?}") };
    assert_eq!(allowed.permits[0].access(), Access::Write);
    assert!(allowed.remarks.is_empty() && allowed.lost.is_empty());
}

#[test]
fn each_reason_alone_refuses_and_names_what_is_in_the_way() {
    for (spoil, code, names) in SPOILS {
        let mut block = disk("sda", Some("S123"));
        spoil(&mut block);
        let decision = decide(&writing(&["/dev/sda"], &["S123"]), &[at("/dev/sda", block)]);
        assert_eq!(codes(&decision), [*code]);
        let Decision::Refused { reasons } = decision else { panic!() };
        for text in [&reasons[0].reason.zh, &reasons[0].reason.en] {
            assert!(text.contains(names), "{text} does not name {names}");
        }
        assert!(!reasons[0].remedy.zh.is_empty() && !reasons[0].remedy.en.is_empty());
        assert!(!reasons[0].reason.zh.is_ascii());
    }
}

#[test]
fn all_reasons_are_told_and_forcing_a_signature_forces_nothing_else() {
    let mut block = disk("sda", Some("S123"));
    for (spoil, _, _) in SPOILS {
        spoil(&mut block);
    }
    let mut all: Vec<Code> = SPOILS.iter().map(|(_, code, _)| *code).collect();
    all.sort_unstable();
    let mut request = writing(&["/dev/sda"], &["S123"]);
    for force in [false, true] {
        request.force_signature = force;
        let mut found = codes(&decide(&request, &[at("/dev/sda", block.clone())]));
        found.sort_unstable();
        if force {
            all.retain(|code| *code != Code::Signature);
        }
        assert_eq!(found, all, "force {force}");
    }
}

#[test]
fn forcing_lists_what_will_be_lost() {
    let mut block = disk("sda", Some("S123"));
    block.marks = vec![mark("sda"), mark("sda1")];
    let mut request = writing(&["/dev/sda"], &["S123"]);
    request.force_signature = true;
    let Decision::Allowed(allowed) = decide(&request, &[at("/dev/sda", block)]) else { panic!() };
    assert_eq!(allowed.lost.len(), 2);
    assert_eq!(allowed.remarks.iter().filter(|remark| remark.code == "lost").count(), 2);
}

#[test]
fn a_path_is_no_name_and_a_disk_without_identity_has_none() {
    assert!(matches!("/dev/sda".parse::<DestroyName>(), Err(NameError::Path(_))));
    let named = |names: &[&str], serial| {
        codes(&decide(&writing(&["/dev/sda"], names), &[at("/dev/sda", disk("sda", serial))]))
    };
    assert_eq!(named(&[], Some("S1")), [Code::NotNamed]);
    assert_eq!(named(&["S2"], Some("S1")), [Code::NotNamed, Code::NamesNothing]);
    assert_eq!(named(&["S1", "S2"], Some("S1")), [Code::NamesNothing]);
    assert_eq!(named(&[], None), [Code::NoIdentity]);
    // A disk is not named by where it is, in numbers either.
    let numbers = format!("device:8:97:{}", 1_u64 << 40);
    assert_eq!(named(&[&numbers], None), [Code::NoIdentity, Code::NamesNothing]);
    assert_eq!(named(&[&numbers], Some("S1")), [Code::NotNamed, Code::NamesNothing]);
}

#[test]
fn a_refusal_tells_the_name_that_would_do() {
    let request = writing(&["/dev/sda"], &[]);
    let decision = decide(&request, &[at("/dev/sda", disk("sda", Some("S123")))]);
    let Decision::Refused { reasons } = decision else { panic!() };
    assert!(reasons[0].remedy.en.contains("--destroy S123"), "{:?}", reasons[0]);
}

#[test]
fn a_wwid_is_one_with_and_without_its_kind_in_either_case() {
    let mut block = disk("sda", None);
    block.identity.wwid = Some("naa.5000C500A1B2C3D4".to_owned());
    for name in ["naa.5000c500a1b2c3d4", "0x5000c500a1b2c3d4", "5000C500A1B2C3D4"] {
        let decision = decide(&writing(&["/dev/sda"], &[name]), &[at("/dev/sda", block.clone())]);
        assert_eq!(codes(&decision), []);
    }
    let decision = decide(&writing(&["/dev/sda"], &["5000c500"]), &[at("/dev/sda", block)]);
    assert_eq!(codes(&decision), [Code::NotNamed, Code::NamesNothing]);
}

#[test]
fn twins_by_serial_are_told_apart_by_wwid() {
    let mut block = disk("sda", Some("same"));
    block.twins = vec!["sdb".to_owned()];
    block.identity.wwid = Some("eui.0025".to_owned());
    let by = |name: &str| {
        codes(&decide(&writing(&["/dev/sda"], &[name]), &[at("/dev/sda", block.clone())]))
    };
    assert_eq!(by("same"), [Code::Ambiguous]);
    assert_eq!(by("eui.0025"), []);
}

#[test]
fn a_loop_device_is_named_by_number_and_size() {
    let mut block = disk("loop7", None);
    block.by_number = true;
    block.kind = BlockKind::Loop { backing: Some("/tmp/image".to_owned()) };
    block.number = Number { major: 7, minor: 7 };
    block.size_bytes = 4096;
    let by = |name: &str| {
        codes(&decide(&writing(&["/dev/loop7"], &[name]), &[at("/dev/loop7", block.clone())]))
    };
    assert_eq!(by("device:7:7:4096"), []);
    for other in ["device:7:6:4096", "device:7:7:8192", "device:8:7:4096"] {
        assert_eq!(by(other), [Code::NotNamed, Code::NamesNothing]);
    }
}

#[test]
fn what_could_not_be_read_refuses_where_it_matters() {
    for source in [
        Source::Sysfs,
        Source::Mounts,
        Source::OtherMounts,
        Source::Swaps,
        Source::Contents,
        Source::Claims,
        Source::Reservations,
        Source::OpenFiles,
    ] {
        let mut seen = at("/dev/sda", disk("sda", Some("S123")));
        seen.unread.push(Unread { source, why: "denied".to_owned() });
        let decision = decide(&writing(&["/dev/sda"], &["S123"]), &[seen]);
        let expected: &[Code] = if source.is_essential() { &[Code::Unknown] } else { &[] };
        assert_eq!(codes(&decision), expected, "{source:?}");
    }
}

#[test]
fn reading_a_device_in_use_is_allowed_and_told() {
    let mut block = disk("sda", None);
    block.uses = vec![mount("sda1"), used("sda2", How::Swap)];
    block.read_only = true;
    let request = Request { writes: false, ..writing(&["/dev/sda"], &[]) };
    let Decision::Allowed(allowed) = decide(&request, &[at("/dev/sda", block)]) else { panic!() };
    assert_eq!(allowed.permits[0].access(), Access::Read);
    assert_eq!(allowed.remarks.iter().filter(|remark| remark.code == "in-use").count(), 2);
}

#[test]
fn a_device_that_changed_since_the_plan_is_refused_with_what_changed() {
    let then = at("/dev/sda", disk("sda", Some("S123"))).fingerprint();
    let changes: &[Change] = &[
        (|block| block.size_bytes += 512, "size"),
        (|block| block.identity.serial = Some("S124".to_owned()), "serial"),
        (|block| block.number.minor += 1, "number"),
        (|block| block.identity.wwid = Some("naa.1".to_owned()), "WWID"),
        (|block| block.disk_sequence = Some(8), "disk sequence"),
    ];
    for (change, what) in changes {
        let mut block = disk("sda", Some("S123"));
        change(&mut block);
        let mut request = writing(&["/dev/sda"], &["S123", "S124"]);
        request.planned = Some(vec![then.clone()]);
        let decision = decide(&request, &[at("/dev/sda", block)]);
        let Decision::Refused { reasons } = decision else { panic!("{what}") };
        let changed: Vec<_> =
            reasons.iter().filter(|reason| reason.code == Code::Changed).collect();
        assert_eq!(changed.len(), 1, "{what}");
        assert!(changed[0].reason.en.contains(what));
    }
    let mut request = writing(&["/dev/sda"], &["S123"]);
    request.planned = Some(vec![]);
    let decision = decide(&request, &[at("/dev/sda", disk("sda", Some("S123")))]);
    assert_eq!(codes(&decision), [Code::Changed]);
}

#[test]
fn two_paths_to_one_device_are_refused_for_writing() {
    let mut a = disk("sda", Some("S1"));
    a.siblings = vec!["sdb".to_owned()];
    let mut b = disk("sdb", Some("S1"));
    b.siblings = vec!["sda".to_owned()];
    let mut part = disk("sda1", Some("S1"));
    part.kind = BlockKind::Partition { of: "sda".to_owned(), number: 1, start_bytes: 0 };
    for second in [a.clone(), b, part] {
        let seen = [at("/dev/sda", a.clone()), at("/dev/x", second)];
        let mut request = writing(&["/dev/sda", "/dev/x"], &["S1"]);
        assert_eq!(codes(&decide(&request, &seen)), [Code::SameDevice]);
        request.writes = false;
        let Decision::Allowed(allowed) = decide(&request, &seen) else { panic!() };
        assert!(allowed.remarks.iter().any(|remark| remark.code == "same-device"));
    }
}

fn vacancy(place: Place) -> Seen {
    Seen {
        path: "/mnt/file".to_owned(),
        place: "/mnt/file".to_owned(),
        what: What::Missing(Vacancy {
            directory: Some(("/mnt".to_owned(), place)),
            writable: true,
            dangling: false,
        }),
        unread: vec![],
    }
}

fn ext4(free_bytes: u64) -> Place {
    Place {
        filesystem: "ext4".to_owned(),
        mount_point: "/mnt".to_owned(),
        read_only: false,
        free_bytes,
    }
}

#[test]
fn a_file_is_made_only_where_there_is_room() {
    let mut request = writing(&["/mnt/file"], &[]);
    request.file_bytes = Some(100 << 20);
    let decide = |request: &Request, place: Place| decide(request, &[vacancy(place)]);
    assert_eq!(codes(&decide(&request, ext4(102 << 20))), []);
    assert_eq!(codes(&decide(&request, ext4(101 << 20))), [Code::NoSpace]);
    let read_only = Place { read_only: true, ..ext4(1 << 40) };
    assert_eq!(codes(&decide(&request, read_only)), [Code::NotWritable]);
    let in_dev = Place { filesystem: "devtmpfs".to_owned(), ..ext4(1 << 40) };
    assert_eq!(codes(&decide(&request, in_dev)), [Code::NotFound]);
    request.file_bytes = None;
    assert_eq!(codes(&decide(&request, ext4(1 << 40))), [Code::NoSize]);
    request.writes = false;
    assert_eq!(codes(&decide(&request, ext4(1 << 40))), [Code::NotFound]);
}

#[test]
fn a_file_that_is_there_is_written_only_by_the_run_that_made_it() {
    let id = FileId { device: 1, inode: 2 };
    let file = RegularFile { id, size_bytes: 10, allocated_bytes: 4096, place: ext4(0) };
    let seen = Seen { what: What::File(file.clone()), ..vacancy(ext4(0)) };
    let mut request = writing(&["/mnt/file"], &[]);
    assert_eq!(codes(&decide(&request, std::slice::from_ref(&seen))), [Code::FileExists]);
    request.made = vec![id];
    assert_eq!(codes(&decide(&request, std::slice::from_ref(&seen))), []);
    request.writes = false;
    let empty =
        Seen { what: What::File(RegularFile { size_bytes: 0, ..file }), ..vacancy(ext4(0)) };
    assert_eq!(codes(&decide(&request, &[empty])), [Code::Empty]);
    assert_eq!(codes(&decide(&request, &[seen])), []);
}

#[test]
fn a_request_without_targets_is_refused() {
    assert_eq!(codes(&decide(&Request::default(), &[])), [Code::NoTarget]);
}

#[test]
fn names_are_read_and_written_alike() {
    for text in ["S123", "naa.5000", "device:7:3:1048576"] {
        assert_eq!(text.parse::<DestroyName>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "  ",
        "/dev/sda",
        "./sda",
        "device:",
        "device:7:3",
        "device:7:3:x",
        "device:7:3:1:2",
        "device:99999999999:3:1",
    ] {
        let error = text.parse::<DestroyName>().unwrap_err();
        assert!(error.hint().is_some());
    }
}

proptest! {
    /// Whatever else holds, nothing is written that no name names by what it is.
    #[test]
    fn nothing_is_written_without_its_name(
        spoils in prop::collection::vec(0..SPOILS.len(), 0..4),
        force in any::<bool>(),
        serial in prop::option::of("[A-Z]{2,6}"),
        names in prop::collection::vec("[A-Z]{2,6}", 0..3),
        by_number in any::<bool>(),
    ) {
        let mut block = disk("sda", serial.as_deref());
        block.by_number = by_number;
        for spoil in &spoils {
            SPOILS[*spoil].0(&mut block);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut request = writing(&["/dev/sda"], &names);
        request.force_signature = force;
        match decide(&request, &[at("/dev/sda", block)]) {
            Decision::Allowed(allowed) => {
                prop_assert!(serial.is_some_and(|serial| names.contains(&serial.as_str())));
                let only_signatures =
                    spoils.iter().all(|spoil| SPOILS[*spoil].1 == Code::Signature);
                prop_assert!(only_signatures && (force || spoils.is_empty()));
                prop_assert_eq!(allowed.lost.len(), spoils.len());
            }
            Decision::Refused { reasons } => {
                for reason in reasons {
                    prop_assert!(!reason.reason.zh.is_ascii() && reason.reason.en.is_ascii());
                    prop_assert!(!reason.remedy.zh.is_ascii() && !reason.remedy.en.is_empty());
                }
            }
        }
    }
}
