//! Calls and their answers, and that nothing is had of others.

use proptest::prelude::*;

use super::{
    nfs3::READ,
    rpc::result,
    xdr::{Reader, Writer},
    *,
};

const FOLDER: &str = "/0123456789abcdef0123456789abcdef";
const LENGTH: u64 = 1_000_000;

fn image() -> Image {
    Image {
        length: LENGTH,
        etag: String::new(),
        modified: String::new(),
        modified_s: 1_700_000_000,
    }
}

fn guests_of() -> Vec<Guest> {
    let guest = |path: String, from: &str| Guest { path, from: vec![from.parse().expect("IP")] };
    vec![
        guest("/fedcba9876543210fedcba9876543210/os.iso".to_owned(), "192.0.2.6"),
        guest(format!("{FOLDER}/os.iso"), "192.0.2.7"),
    ]
}

fn caller(from: &str, by: Carrier) -> Caller {
    let to = "192.0.2.1:111".parse().expect("an address");
    Caller { from: from.parse().expect("IP"), to, by }
}

fn step(record: &[u8], caller: Caller) -> Step {
    let (image, guests) = (image(), guests_of());
    answer(record, caller, &Export { image: &image, guests: &guests, port: 2049 })
}

/// Returns the result of a call that is accepted.
fn ask(program: u32, version: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
    let record = Call { id: 9, program, version, procedure, arguments }.bytes();
    match step(&record, caller("192.0.2.7", Carrier::Tcp)) {
        Step::Say { reply, .. } => result(&reply, 9).expect("accepted").to_vec(),
        other => panic!("{other:?}"),
    }
}

fn nfs(procedure: u32, handle: &[u8], more: impl FnOnce(Writer) -> Writer) -> Vec<u8> {
    let arguments = more(Writer::default().opaque(handle)).done();
    ask(nfs3::PROGRAM, 3, procedure, &arguments)
}

fn words(result: &[u8]) -> Vec<u32> {
    let mut reader = Reader::new(result);
    std::iter::from_fn(|| reader.u32()).collect()
}

fn folder() -> Vec<u8> {
    nfs3::handle(nfs3::Kind::Folder, FOLDER)
}

fn file() -> Vec<u8> {
    nfs3::handle(nfs3::Kind::File, FOLDER)
}

#[test]
fn a_guest_mounts_its_folder_and_no_other() {
    let path = |text: &str| Writer::default().opaque(text.as_bytes()).done();
    for (text, status) in [
        (FOLDER, 0),
        (&*format!("{FOLDER}/"), 0),
        ("/", 13),
        ("", 13),
        ("/etc", 13),
        ("/fedcba9876543210fedcba9876543210", 13),
        (&*format!("{FOLDER}/../etc"), 13),
        (&*format!("{FOLDER}/os.iso"), 13),
    ] {
        let found = ask(mount::PROGRAM, 3, 1, &path(text));
        assert_eq!(words(&found)[0], status, "{text}");
        if status == 0 {
            let mut reader = Reader::new(&found);
            reader.u32();
            assert_eq!(reader.opaque(64), Some(&folder()[..]));
        }
    }
    let exported = ask(mount::PROGRAM, 3, 5, &[]);
    let mut reader = Reader::new(&exported);
    assert_eq!((reader.u32(), reader.opaque(99)), (Some(1), Some(FOLDER.as_bytes())));
    assert_eq!(words(reader.rest()), [0, 0], "no groups, and nothing of the other's");
}

#[test]
fn the_file_is_found_by_its_name_and_nothing_else_is() {
    let look = |handle: &[u8], name: &str| nfs(3, handle, |to| to.opaque(name.as_bytes()));
    let found = look(&folder(), "os.iso");
    let mut reader = Reader::new(&found);
    assert_eq!((reader.u32(), reader.opaque(64)), (Some(0), Some(&file()[..])));
    for (name, status) in [
        ("..", 0),
        (".", 0),
        ("OS.ISO", 2),
        ("", 2),
        ("../etc/passwd", 2),
        ("os.iso/", 2),
        (&*"x".repeat(300), 63),
    ] {
        let found = look(&folder(), name);
        assert_eq!(words(&found)[0], status, "{name}");
        if status == 0 {
            // There is no way up.
            let mut reader = Reader::new(&found);
            reader.u32();
            assert_eq!(reader.opaque(64), Some(&folder()[..]), "{name}");
        }
    }
    assert_eq!(words(&look(&file(), "os.iso"))[0], 20, "a file is no folder");
    // Whoever knows the handle of another has nothing of it.
    let other = nfs3::handle(nfs3::Kind::File, "/fedcba9876543210fedcba9876543210");
    for handle in [&other[..], &[], b"d", b"x", &[0xff; 64]] {
        assert_eq!(words(&nfs(1, handle, |to| to)), [70], "{handle:?}");
    }
}

#[test]
fn whatever_writes_is_refused_as_read_only() {
    let mut seen = 0;
    for procedure in [2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 21] {
        for handle in [folder(), file()] {
            let found = nfs(procedure, &handle, |to| to.raw(&[0; 64]));
            assert_eq!(words(&found)[0], 30, "{procedure}");
            // `wcc_data` without what was before and with what is: 2 and 21 words; RENAME has it
            // twice, LINK attributes first.
            let length = match procedure {
                14 => 1 + 23 + 2,
                15 => 1 + 22 + 2,
                _ => 1 + 23,
            };
            assert_eq!(words(&found).len(), length, "{procedure}");
            seen += 1;
        }
    }
    assert_eq!(seen, 22);
    let may = nfs(4, &file(), |to| to.u32(0x3f));
    assert_eq!(words(&may).last(), Some(&1), "reading is all that is allowed of the file");
    let may = nfs(4, &folder(), |to| to.u32(0x3f));
    assert_eq!(words(&may).last(), Some(&3));
}

#[test]
fn each_read_is_of_bytes_that_the_file_has() {
    let read = |offset: u64, count: u32| {
        let arguments = Writer::default().opaque(&file()).u64(offset).u32(count).done();
        let record =
            Call { id: 9, program: nfs3::PROGRAM, version: 3, procedure: 6, arguments: &arguments };
        match step(&record.bytes(), caller("192.0.2.7", Carrier::Tcp)) {
            Step::Read(reading) => reading,
            other => panic!("{other:?}"),
        }
    };
    for (offset, count, range, ends) in [
        (0, 10, 0..10, 0),
        (0, u32::MAX, 0..u64::from(READ), 0),
        (LENGTH - 10, 10, LENGTH - 10..LENGTH, 1),
        (LENGTH - 10, 4096, LENGTH - 10..LENGTH, 1),
        (LENGTH, 4096, LENGTH..LENGTH, 1),
        (u64::MAX, u32::MAX, LENGTH..LENGTH, 1),
    ] {
        let reading = read(offset, count);
        assert_eq!((reading.guest, &reading.range), (1, &range), "{offset} {count}");
        let bytes = vec![7; usize::try_from(range.end - range.start).expect("small")];
        let reply = reading.clone().reply(Some(&bytes));
        let found = result(&reply, 9).expect("accepted").to_vec();
        let mut reader = Reader::new(&found[4 * 23..]);
        assert_eq!(reader.u32().map(usize::try_from), Some(Ok(bytes.len())));
        assert_eq!(reader.u32(), Some(ends), "{offset} {count}");
        assert_eq!(reader.opaque(usize::MAX), Some(&bytes[..]));
        // What became shorter is an error, and so is what is not as long as was said.
        for short in [None, Some(&bytes[..bytes.len() / 2])] {
            if short.is_some_and(|short| short.len() == bytes.len()) {
                continue;
            }
            let reply = reading.clone().reply(short);
            let found = result(&reply, 9).expect("accepted");
            assert_eq!((words(found)[0], words(found).len()), (5, 23));
        }
    }
    let of_folder = nfs(6, &folder(), |to| to.u64(0).u32(9));
    assert_eq!(words(&of_folder)[0], 21);
}

#[test]
fn a_folder_is_listed_in_as_many_parts_as_there_is_room_for() {
    let list = |procedure: u32, room: u32| {
        let (mut names, mut from) = (Vec::new(), 0_u64);
        loop {
            let found = nfs(procedure, &folder(), |to| {
                let to = to.u64(from).u64(0).u32(room);
                if procedure == 17 { to.u32(room) } else { to }
            });
            let mut reader = Reader::new(&found);
            if reader.u32() != Some(0) {
                return Err(names);
            }
            assert!(found.len() <= usize::try_from(room).expect("small"), "{}", found.len());
            for _word in 0..22 + 2 {
                reader.u32();
            }
            while reader.u32() == Some(1) {
                reader.u64();
                let name = reader.opaque(255).expect("a name");
                names.push(String::from_utf8_lossy(name).into_owned());
                from = reader.u64().expect("a cookie");
                if procedure == 17 {
                    for _word in 0..=22 {
                        reader.u32();
                    }
                    reader.opaque(64).expect("a handle");
                }
            }
            if reader.u32() == Some(1) {
                return Ok(names);
            }
        }
    };
    for (procedure, room) in [(16, 4096), (16, 140), (17, 4096), (17, 300)] {
        assert_eq!(list(procedure, room), Ok(vec![".".into(), "..".into(), "os.iso".into()]));
    }
    assert_eq!(list(16, 20), Err(Vec::new()), "too small for one");
    let beyond = nfs(16, &folder(), |to| to.u64(99).u64(0).u32(4096));
    assert_eq!(words(&beyond)[0], 10_003);
}

#[test]
fn the_portmapper_tells_where_things_are_in_each_of_its_versions() {
    let port = |program: u32, version: u32, protocol: u32| {
        let asked = Writer::default().u32(program).u32(version).u32(protocol).u32(0).done();
        words(&ask(portmap::PROGRAM, 2, 3, &asked))
    };
    assert_eq!(port(nfs3::PROGRAM, 3, 6), [2049]);
    assert_eq!(port(mount::PROGRAM, 3, 17), [2049]);
    assert_eq!(port(nfs3::PROGRAM, 3, 17), [0], "not by datagrams");
    assert_eq!(port(nfs3::PROGRAM, 4, 6), [0]);
    assert_eq!(port(100_021, 4, 6), [0], "there are no locks");
    let place = |version: u32, network: &str| {
        let asked = Writer::default().u32(nfs3::PROGRAM).u32(3).opaque(network.as_bytes());
        let found = ask(portmap::PROGRAM, version, 3, &asked.opaque(b"").opaque(b"").done());
        let text = Reader::new(&found).opaque(99).expect("text").to_vec();
        String::from_utf8(text).expect("text")
    };
    assert_eq!(place(4, "tcp"), "192.0.2.1.8.1");
    assert_eq!(place(3, "udp"), "");
    let registered = Writer::default().u32(nfs3::PROGRAM).u32(3).u32(6).u32(9).done();
    for procedure in [1, 2] {
        assert_eq!(words(&ask(portmap::PROGRAM, 2, procedure, &registered)), [0]);
    }
    assert_eq!(words(&ask(portmap::PROGRAM, 2, 4, &[])).len(), 3 * 5 + 1);
}

#[test]
fn what_is_not_spoken_is_refused_in_the_words_of_rpc() {
    use Carrier::{Tcp, Udp};
    let how = |program, version, procedure, by| {
        let record = Call { id: 9, program, version, procedure, arguments: &[] }.bytes();
        match step(&record, caller("192.0.2.7", by)) {
            Step::Say { reply, .. } => words(&reply)[5..].to_vec(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(how(nfs3::PROGRAM, 3, 0, Tcp), [0]);
    assert_eq!(how(nfs3::PROGRAM, 3, 0, Udp), [1], "NFS is not spoken by datagrams");
    assert_eq!(how(mount::PROGRAM, 3, 0, Udp), [0]);
    assert_eq!(how(nfs3::PROGRAM, 4, 0, Tcp), [2, 3, 3]);
    assert_eq!(how(mount::PROGRAM, 1, 0, Tcp), [2, 3, 3]);
    assert_eq!(how(portmap::PROGRAM, 9, 0, Tcp), [2, 2, 4]);
    assert_eq!(how(nfs3::PROGRAM, 3, 22, Tcp), [3]);
    assert_eq!(how(nfs3::PROGRAM, 3, 1, Tcp), [4], "no handle");
    assert_eq!(how(100_227, 3, 0, Tcp), [1], "no ACLs");
}

proptest! {
    #[test]
    fn whatever_comes_is_answered_from_the_file_alone(
        program in prop::sample::select(vec![portmap::PROGRAM, mount::PROGRAM, nfs3::PROGRAM]),
        version in 2_u32..5, procedure in 0_u32..23,
        own in any::<bool>(), more in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let handle = if own { file() } else { folder() };
        let arguments = Writer::default().opaque(&handle).raw(&more).done();
        let record = Call { id: 9, program, version, procedure, arguments: &arguments }.bytes();
        for record in [&record[..], &more] {
            match step(record, caller("192.0.2.7", Carrier::Tcp)) {
                Step::Read(reading) => {
                    prop_assert!(reading.range.start <= reading.range.end);
                    prop_assert!(reading.range.end <= LENGTH);
                    prop_assert!(reading.range.end - reading.range.start <= u64::from(READ));
                }
                Step::Say { reply, .. } => prop_assert!(reply.len() < 8192),
                Step::Silence => {}
            }
        }
    }
}
