//! Tests of `unpack`.

use proptest::prelude::*;

use super::*;

struct Archive {
    builder: tar::Builder<Vec<u8>>,
}

impl Archive {
    fn new() -> Self {
        Self { builder: tar::Builder::new(Vec::new()) }
    }

    /// Adds an entry with a name as raw as an attacker writes it.
    fn add(mut self, kind: tar::EntryType, name: &str, target: &str, data: &[u8]) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        let raw = header.as_mut_bytes();
        raw[..name.len()].copy_from_slice(name.as_bytes());
        raw[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.builder.append(&header, data).expect("append");
        self
    }

    fn file(self, name: &str) -> Self {
        self.add(tar::EntryType::Regular, name, "", b"x")
    }

    fn unpack(self) -> (tempfile::TempDir, Result<(), RecordError>) {
        let bytes = self.builder.into_inner().expect("tar");
        let dir = tempfile::tempdir().expect("a scratch directory");
        let result = unpack(&mut bytes.as_slice(), &dir.path().join("root"));
        (dir, result)
    }

    fn refused(self, why: &str) {
        let (dir, result) = self.unpack();
        let error = result.expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
        let outside = fs::read_dir(dir.path()).expect("list").count();
        assert_eq!(outside, 1, "nothing beside the folder");
    }
}

#[test]
fn folders_files_and_links_inside_are_unpacked() {
    let archive = Archive::new()
        .add(tar::EntryType::Directory, "sys/class/net", "", b"")
        .add(tar::EntryType::Symlink, "sys/class/net/eth0", "../../devices/eth0", b"")
        .file("./sys/devices/eth0/speed");
    let (dir, result) = archive.unpack();
    result.expect("unpacked");
    let path = dir.path().join("root/sys/class/net/eth0/speed");
    assert_eq!(fs::read(path).expect("read"), b"x");
}

#[test]
fn paths_out_of_the_tree_are_refused() {
    for name in ["../evil", "/etc/evil", "sys/../../evil"] {
        Archive::new().file(name).refused("leads out of the tree");
    }
}

#[test]
fn links_out_of_the_tree_are_refused() {
    for target in ["/etc/passwd", "../../..", "../../x", ""] {
        Archive::new()
            .add(tar::EntryType::Symlink, "sys/link", target, b"")
            .refused("out of the tree");
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let archive = Archive::new()
        .add(tar::EntryType::Directory, "sys/real", "", b"")
        .add(tar::EntryType::Symlink, "sys/link", "real", b"")
        .file("sys/link/file");
    let (dir, result) = archive.unpack();
    assert!(result.is_err(), "the link's place is taken by a folder");
    assert!(!dir.path().join("root/sys/real/file").exists());
}

#[test]
fn nodes_pipes_and_hard_links_are_refused() {
    for kind in
        [tar::EntryType::Char, tar::EntryType::Block, tar::EntryType::Fifo, tar::EntryType::Link]
    {
        Archive::new().add(kind, "sys/node", "sys/other", b"").refused("which no recording holds");
    }
}

#[test]
fn a_file_that_occurs_twice_is_refused() {
    let (_dir, result) = Archive::new().file("sys/a").file("sys/a").unpack();
    assert!(matches!(result, Err(RecordError::Unpack { .. })), "{result:?}");
}

#[test]
fn a_claimed_size_beyond_any_machine_is_refused_before_it_is_read() {
    let mut header = tar::Header::new_gnu();
    header.set_path("sys/huge").expect("a name");
    header.set_size(LARGEST_FILE + 1);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    let dir = tempfile::tempdir().expect("a scratch directory");
    let error = unpack(&mut header.as_bytes().as_slice(), dir.path()).expect_err("refused");
    assert!(matches!(error, RecordError::TooLarge { .. }), "{error}");
}

#[test]
fn other_compressions_and_full_folders_are_named() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let error = unpack(&mut [0x1f, 0x8b, 8, 0, 0].as_slice(), dir.path()).expect_err("gzip");
    assert_eq!(error.to_string(), "not a recording: compressed, but not by zstd");
    fs::write(dir.path().join("there"), "x").expect("write");
    let error = unpack(&mut [].as_slice(), dir.path()).expect_err("full");
    assert!(matches!(error, RecordError::Unpack { .. }), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_an_archive(
        zstd: bool,
        bytes in prop::collection::vec(any::<u8>(), 0..2048),
    ) {
        let mut input = if zstd { ZSTD.to_vec() } else { Vec::new() };
        input.extend(bytes);
        let dir = tempfile::tempdir().expect("a scratch directory");
        prop_assert!(unpack(&mut input.as_slice(), dir.path()).is_err());
    }
}
