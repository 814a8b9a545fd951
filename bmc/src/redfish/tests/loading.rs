//! Trees from folders and archives, sound and hostile.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use lzma_rust2::{XzOptions, XzWriter};
use serde_json::json;

use super::modern;
use crate::redfish::{
    inventory::inventory,
    load::{self, LoadError},
    tree::{Answer, MOST_BYTES, Tree},
};

/// A header of ustar, with its checksum.
fn header(name: &str, size: u64, kind: u8) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

fn entry(name: &str, content: &[u8], kind: u8) -> Vec<u8> {
    let mut entry = header(name, content.len() as u64, kind);
    entry.extend(content);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

/// A tar of a tree below `base`; long names as GNU has them.
fn tar(tree: &Tree, base: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, answer) in tree.answers() {
        let Answer::Resource(resource) = answer else { continue };
        let name = format!("{base}{path}/index.json");
        let name = name.trim_start_matches('/');
        if name.len() > 99 {
            bytes.extend(entry("././@LongLink", name.as_bytes(), b'L'));
            bytes.extend(entry(&name[..99], resource.body.to_string().as_bytes(), b'0'));
        } else {
            bytes.extend(entry(name, resource.body.to_string().as_bytes(), b'0'));
        }
    }
    bytes.extend([0; 1024]);
    bytes
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(0)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn refused(bytes: &[u8]) -> LoadError {
    let error = load::archive(bytes).unwrap_err();
    let said = error.to_string();
    assert!(said.is_ascii() && !said.contains('\n') && !said.ends_with('.'), "{said}");
    assert!(!error.in_chinese().is_ascii(), "{said}");
    error
}

#[test]
fn an_archive_gives_the_tree_wherever_it_lies_in_it() {
    let tree = modern();
    for base in ["", "./", "example-r1/", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z"] {
        // The last one has names of more than a header holds.
        let base =
            if base.is_empty() || base.ends_with('/') { base.to_owned() } else { base.repeat(2) };
        let base = base.trim_end_matches('/');
        let bytes = tar(&tree, base);
        assert!(load::is_archive(&bytes));
        for bytes in [xz(&bytes), bytes] {
            let read = load::archive(&bytes).unwrap();
            assert!(read.findings.is_empty(), "{:?}", read.findings);
            assert_eq!(read.value, tree, "{base}");
        }
    }
}

#[test]
fn names_of_pax_are_read_and_links_are_passed_over() {
    let path = "redfish/v1/index.json";
    let record = format!("path={path}\n");
    let mut length = record.len() + 2;
    length += length.to_string().len() - 1;
    let mut bytes = entry("pax", format!("{length} {record}").as_bytes(), b'x');
    bytes.extend(entry("cut", br#"{"RedfishVersion":"1.0"}"#, b'0'));
    bytes.extend(entry("redfish/v1/Systems/index.json", b"", b'2'));
    bytes.extend(entry("redfish/v1/Chassis/index.json", b"{}", b'0'));
    let read = load::archive(&bytes).unwrap();
    let paths: Vec<&str> = read.value.answers().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/redfish/v1", "/redfish/v1/Chassis"]);
}

#[test]
fn what_leads_out_of_an_archive_is_refused() {
    for name in ["../x/index.json", "/etc/index.json", "a/../../b/index.json", r"a\..\index.json"] {
        let bytes = entry(name, b"{}", b'0');
        assert!(matches!(refused(&bytes), LoadError::Escapes { .. }), "{name}");
        // Under a long name too.
        let mut bytes = entry("././@LongLink", name.as_bytes(), b'L');
        bytes.extend(entry("harmless", b"{}", b'0'));
        assert!(matches!(refused(&bytes), LoadError::Escapes { .. }), "{name}");
    }
}

#[test]
fn a_bomb_is_refused_before_it_bursts() {
    let large = header("large", 300 << 20, b'0');
    assert!(matches!(refused(&xz(&large)), LoadError::TooMuch { .. }));
    // A size that no file has, and JSON that takes far more memory than text.
    let endless = header("redfish/v1/index.json", u64::from(u32::MAX), b'0');
    assert!(matches!(refused(&endless), LoadError::TooMuch { .. }));
    let zeros = format!("{{\"a\":[{}0]}}", "0,".repeat(4 << 20));
    let mut heavy = Vec::new();
    for at in 0..2 {
        heavy.extend(entry(&format!("redfish/v1/{at}/index.json"), zeros.as_bytes(), b'0'));
    }
    assert!(matches!(refused(&heavy), LoadError::TooMuch { .. }));
}

#[test]
fn what_is_no_archive_of_a_tree_is_told_of_in_a_sentence() {
    let whole = xz(&tar(&modern(), "x"));
    let cases: [(&[u8], &str); 8] = [
        (b"", "neither a folder nor an archive"),
        (b"#!/bin/sh", "neither a folder nor an archive"),
        (&[0x1f, 0x8b, 8, 0], "compressed by gzip"),
        (b"PK\x03\x04rest", "compressed by zip"),
        (b"BZh9rest", "compressed by bzip2"),
        (&entry("README", b"x", b'0'), "no Redfish tree"),
        (&whole[..whole.len() / 2], "damaged"),
        (&xz(b""), "no Redfish tree"),
    ];
    for (bytes, said) in cases {
        let error = refused(bytes);
        assert!(error.to_string().contains(said), "{said}: {error}");
        assert!(error.hint().is_some(), "{error}");
    }
    let page = b"<html>";
    let html = entry("redfish/v1/index.json", page, b'0');
    assert!(refused(&html).to_string().contains("its root is not JSON"));
    let mut two = entry("a/redfish/v1/index.json", b"{}", b'0');
    two.extend(entry("b/redfish/v1/index.json", b"{}", b'0'));
    assert!(matches!(refused(&two), LoadError::Several { places } if places.len() == 2));
}

/// A folder of this test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("bmc-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn write(folder: &Folder, tree: &Tree, base: &str) {
    for (path, answer) in tree.answers() {
        let Answer::Resource(resource) = answer else { continue };
        let name = format!("{base}{}/index.json", path.strip_prefix("/redfish/v1").unwrap());
        folder.file(&name, resource.body.to_string());
    }
}

#[test]
fn a_folder_gives_the_tree_wherever_it_begins() {
    let tree = modern();
    for base in ["some/redfish/v1", "v1", "."] {
        let folder = Folder::new();
        write(&folder, &tree, base);
        folder.file("LICENSE", "text");
        assert_eq!(load::load(&folder.0).unwrap().value, tree, "{base}");
    }
    let folder = Folder::new();
    write(&folder, &tree, "some/redfish/v1");
    let is_tree = |below: &str| load::is_tree(&folder.0.join(below));
    assert!(is_tree("some/redfish") && is_tree("some/redfish/v1"));
    assert!(!is_tree("some") && !is_tree("") && !is_tree("some/redfish/v1/Systems"));
}

#[test]
fn a_file_that_is_no_resource_costs_itself() {
    let folder = Folder::new();
    write(&folder, &modern(), "redfish/v1");
    folder.file("redfish/v1/Systems/1/Memory/1/index.json", r#"{"CapacityMiB": ,}"#);
    folder.file("redfish/v1/Systems/1/Memory/2/index.json", "[]");
    folder.file("redfish/v1/Systems/1/Memory/3/index.json", vec![b' '; MOST_BYTES + 1]);
    folder.file("redfish/v1/Chassis/1/headers.json", r#"{"GET":{"ETag":"\"1\"","X":"y"}}"#);
    // Names in GBK.
    folder.file("redfish/v1/Managers/1/index.json", b"{\"Model\":\"i\xb9\xdc\",\"Id\":\"1\"}");
    let read = load::load(&folder.0).unwrap();
    let answer = |path: &str| read.value.answer(path).unwrap().clone();
    assert!(matches!(answer("/redfish/v1/Systems/1/Memory/1"), Answer::NotJson(_)));
    assert!(matches!(answer("/redfish/v1/Systems/1/Memory/2"), Answer::NotJson(_)));
    assert_eq!(answer("/redfish/v1/Systems/1/Memory/3"), Answer::TooLarge);
    let Answer::Resource(chassis) = answer("/redfish/v1/Chassis/1") else { panic!() };
    assert_eq!(chassis.headers.into_iter().collect::<Vec<_>>(), [("etag".into(), "\"1\"".into())]);
    let found = inventory(&read.value);
    assert_eq!(found.losses().count(), 3, "{:#?}", found.findings);
    assert_eq!(found.value.processors.len(), 3);
    assert!(found.value.managers[0].part.model.as_deref().unwrap().starts_with('i'));
}

#[test]
fn a_root_that_is_no_resource_costs_itself() {
    let mut tree = modern();
    tree.put("/redfish/v1".to_owned(), Answer::NotJson("cut".to_owned()));
    let found = inventory(&tree);
    // What the root alone links to is lost; collections lie where all have them.
    assert_eq!((found.value.systems.len(), found.value.drives.len()), (1, 2));
    assert!(found.value.firmware.is_empty() && !found.is_complete());
}

#[test]
fn links_out_of_a_folder_are_not_followed() {
    let (inside, outside) = (Folder::new(), Folder::new());
    write(&inside, &modern(), "redfish/v1");
    outside.file("index.json", json!({ "secret": true }).to_string());
    let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, inside.0.join(at)).unwrap();
    link(&outside.0, "redfish/v1/Secret");
    fs::create_dir(inside.0.join("redfish/v1/Other")).unwrap();
    link(&outside.0.join("index.json"), "redfish/v1/Other/index.json");
    link(&inside.0, "redfish/v1/Loop");
    assert_eq!(load::load(&inside.0).unwrap().value, modern());
    assert!(matches!(load::load(&inside.0.join("none")).unwrap_err(), LoadError::Read { .. }));
    assert!(matches!(load::load(&outside.0).unwrap_err(), LoadError::NoRoot));
}
