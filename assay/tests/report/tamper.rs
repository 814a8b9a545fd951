//! Any change to a report is found, and the file named.

use std::{collections::BTreeMap, sync::LazyLock};

use assay::report::{
    digest::Digests,
    folder::{Node, Tree},
    manifest::Manifest,
    render,
    sign::{self, SecretKey, Signatures, Signer},
    verify::{self, Options, State, Verification},
};
use proptest::prelude::*;

use crate::fixture;

type Files = BTreeMap<String, Vec<u8>>;

/// A report of revision 1, signed once; small, so that each case is quick.
fn signed() -> (Files, SecretKey) {
    static FILES: LazyLock<Files> = LazyLock::new(make_signed);
    (FILES.clone(), key())
}

fn key() -> SecretKey {
    SecretKey::parse("key", &"42".repeat(32)).unwrap()
}

fn make_signed() -> Files {
    let mut inputs = fixture::inputs();
    inputs.judgements.truncate(2);
    for section in ["dimm", "slot", "pci", "disk", "cpu"] {
        inputs.facts["inventory"][section] = serde_json::json!([]);
    }
    let (report, placed) = assay::report::build(inputs);
    let mut files = fixture::bundle(&report, &placed, fixture::BOTH).files;
    sign_with(&mut files, &key());
    files
}

fn sign_with(files: &mut Files, key: &SecretKey) {
    let bytes = &files["manifest.json"];
    let manifest = Manifest::read(bytes).unwrap();
    let signer = Signer {
        name: "王监理".to_owned(),
        role: "监理单位".to_owned(),
        stage: None,
        at: "2026-11-24T09:00:00+08:00".to_owned(),
    };
    let signatures = sign::sign(bytes, &manifest.root, Signatures::default(), key, signer).unwrap();
    let bytes = assay::report::canonical::to_bytes(&signatures).unwrap();
    files.insert("signatures.json".to_owned(), bytes);
}

fn check(files: &Files) -> Verification {
    verify::check(&Tree::of(files), &Options::default())
}

fn named(files: &Files) -> String {
    let found = check(files);
    assert_eq!(found.state, State::Altered, "{found:?}");
    found.line().strip_prefix("altered: ").expect("it is altered").to_owned()
}

/// Rewrites the manifest as somebody would who can rewrite the whole folder.
fn reseal(files: &mut Files) {
    let manifest = Manifest::read(&files["manifest.json"]).unwrap();
    let listed: Files = files
        .iter()
        .filter(|(path, _)| !matches!(path.as_str(), "manifest.json" | "signatures.json"))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect();
    let manifest = Manifest::of(
        manifest.kind,
        manifest.revision,
        &manifest.renderer,
        manifest.rendering,
        manifest.root,
        &listed,
    )
    .unwrap();
    let bytes = assay::report::canonical::to_bytes(&manifest).unwrap();
    files.insert("manifest.json".to_owned(), bytes);
}

#[test]
fn an_untouched_report_is_intact_and_says_who_signed() {
    let (mut files, key) = signed();
    let id = key.public().id();
    let with = |keys| verify::check(&Tree::of(&files), &Options { keys, ..Options::default() });
    assert_eq!(with(vec![key.public()]).line(), format!("intact, signed by {id}"));
    assert_eq!(with(vec![]).state, State::IntactUnchecked { keys: vec![id.clone()] });
    assert!(with(vec![]).reproduced, "the pages were made again");
    let other = SecretKey::parse("key", &"43".repeat(32)).unwrap().public();
    assert_eq!(
        with(vec![other.clone()]).state,
        State::NotSigned { missing: vec![other.id()], others: vec![id] }
    );
    assert!(!with(vec![other]).is_intact());

    files.remove("signatures.json");
    assert_eq!(check(&files).line(), "intact, unsigned");
    let stripped = Options { keys: vec![key.public()], ..Options::default() };
    assert!(!verify::check(&Tree::of(&files), &stripped).is_intact());
}

#[test]
fn the_verify_code_from_paper_finds_a_report_of_something_else() {
    let (files, _) = signed();
    let code = check(&files).code.unwrap();
    let with = |expect: &str| {
        let options = Options { expect: Some(expect.to_owned()), ..Options::default() };
        verify::check(&Tree::of(&files), &options)
    };
    for good in [code.clone(), code.to_uppercase(), code.replace('-', ""), code.replace('-', " ")] {
        assert!(with(&good).is_intact(), "{good}");
    }
    for bad in ["", "0", &code[..18], "0000-0000-0000-0000"] {
        assert_eq!(with(bad).line(), "altered: result.json", "{bad}");
    }
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    assert!(page.matches(&code).count() >= 3, "cover, footer and appendix show the code");
}

/// How many random alterations each law is tried on; `ASSAY_ALTERATIONS` asks for more.
fn alterations() -> u32 {
    std::env::var("ASSAY_ALTERATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(96)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: alterations(), ..ProptestConfig::default() })]

    #[test]
    fn a_change_of_any_byte_is_found_and_the_file_named(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let (mut files, _) = signed();
        let path = file.get(&files.keys().cloned().collect::<Vec<_>>()).clone();
        let bytes = files.get_mut(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_eq!(named(&files), path);
    }

    #[test]
    fn a_file_cut_grown_deleted_added_renamed_or_swapped_is_found_and_named(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        what in 0..6,
    ) {
        let (mut files, _) = signed();
        let paths: Vec<String> =
            files.keys().filter(|path| *path != "signatures.json").cloned().collect();
        let path = first.get(&paths).clone();
        let mut touched = vec![path.clone()];
        match what {
            0 => drop(files.get_mut(&path).unwrap().pop()),
            1 => files.get_mut(&path).unwrap().push(b'\n'),
            2 => drop(files.remove(&path)),
            3 => {
                touched = vec![format!("{path}.new")];
                files.insert(touched[0].clone(), b"x".to_vec());
            }
            4 => {
                let bytes = files.remove(&path).unwrap();
                touched.push(format!("{path}~"));
                files.insert(format!("{path}~"), bytes);
            }
            _ => {
                let other = second.get(&paths).clone();
                let (a, b) = (files[&path].clone(), files[&other].clone());
                prop_assume!(a != b);
                files.insert(path.clone(), b);
                files.insert(other.clone(), a);
                touched.push(other);
            }
        }
        let name = named(&files);
        prop_assert!(touched.contains(&name), "{name} of {touched:?}");
    }
}

#[test]
fn a_page_edited_together_with_the_manifest_is_found() {
    let (mut files, _) = signed();
    files.remove("signatures.json");
    for path in ["index.html", "result.csv", "junit.xml", "ocp-tv.jsonl"] {
        let mut edited = files.clone();
        edited.get_mut(path).unwrap().extend(b" ");
        reseal(&mut edited);
        assert_eq!(named(&edited), path);
    }
}

#[test]
fn a_result_edited_together_with_the_manifest_is_found_where_it_contradicts_itself() {
    let (mut files, _) = signed();
    files.remove("signatures.json");
    let result = String::from_utf8(files["result.json"].clone()).unwrap();
    let edits = [
        ("\"verdict\":\"needs-attestation\"}", "\"verdict\":\"pass\"}", "a verdict nobody gave"),
        ("\"outcome\":\"incomplete\"", "\"outcome\":\"accepted\"", "another outcome"),
        ("\"schema\":\"assay-report/v1\"", "\"schema\":\"assay-report/v2\"", "another schema"),
        ("{\"basis\"", "{ \"basis\"", "bytes that are not canonical"),
        ("{\"basis\":", "{\"basis\":0,\"basis\":", "a key twice"),
    ];
    for (from, to, what) in edits {
        assert!(result.contains(from), "{from}");
        let mut edited = files.clone();
        edited.insert("result.json".to_owned(), result.replacen(from, to, 1).into_bytes());
        reseal(&mut edited);
        assert_eq!(named(&edited), "result.json", "{what}");
    }
    // Consistent edits pass as unsigned, with another code than the paper's.
    let (code, root) = (check(&files).code.unwrap(), check(&files).root.unwrap());
    let mut report: assay::report::Report =
        assay::report::canonical::from_bytes(result.as_bytes()).unwrap();
    report.cover.project = Some("another".to_owned());
    let placed = fixture::first().1;
    let forged = fixture::bundle(&report, &placed, fixture::BOTH).files;
    assert_eq!(check(&forged).line(), "intact, unsigned");
    let options = Options { expect: Some(code), ..Options::default() };
    assert_eq!(verify::check(&Tree::of(&forged), &options).line(), "altered: result.json");
    assert_ne!(check(&forged).root.unwrap(), root);
}

#[test]
fn links_and_folders_and_what_cannot_be_read_are_named() {
    let (files, _) = signed();
    for node in [Node::Special, Node::EmptyFolder, Node::Unreadable("denied".to_owned())] {
        for (path, there) in [("index.html", true), ("extra", false), ("evidence/x", false)] {
            let mut tree = Tree::of(&files);
            assert_eq!(tree.nodes.insert(path.to_owned(), node.clone()).is_some(), there);
            let found = verify::check(&tree, &Options::default());
            assert_eq!(found.line(), format!("altered: {path}"), "{node:?}");
        }
    }
}

#[test]
fn every_alteration_is_listed_and_says_what_happened() {
    let (mut files, _) = signed();
    let (dmi, cpu) =
        ("evidence/sys/firmware/dmi/tables/DMI".to_owned(), "evidence/proc/cpuinfo".to_owned());
    let (a, b) = (files[&dmi].clone(), files[&cpu].clone());
    files.insert(dmi.clone(), b);
    files.insert(cpu.clone(), a);
    let html = files.remove("index.html").unwrap();
    files.insert("index.htm".to_owned(), html);
    let found: BTreeMap<String, String> =
        check(&files).alterations.into_iter().map(|a| (a.path, a.what)).collect();
    assert_eq!(found[&dmi], format!("holds what `{cpu}` should"));
    assert_eq!(found[&cpu], format!("holds what `{dmi}` should"));
    assert_eq!(found["index.html"], "was renamed to `index.htm`");
    assert_eq!(found["index.htm"], "was added");
    assert_eq!(found.len(), 4);
}

#[test]
fn a_batch_is_verified_as_a_report_is() {
    let batch = fixture::batch(3);
    let files = render::batch_bundle(&batch, fixture::BOTH).unwrap().files;
    assert_eq!(check(&files).line(), "intact, unsigned");
    for path in files.keys() {
        let mut edited = files.clone();
        let bytes = edited.get_mut(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        assert_eq!(named(&edited), *path);
    }
    assert_eq!(batch.root, batch.check().unwrap());
    assert_ne!(batch.root, Digests::of(b""));
}
