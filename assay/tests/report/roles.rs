//! Roles that must sign: no other combination decides a row, and none is forged unseen.

use std::collections::BTreeMap;

use assay::report::{
    Report, canonical,
    decide::{self, Attestation, DecideError, Making, Signing, Waiver},
    digest::Digests,
    document::{DecisionKind, How},
    evidence::{EvidenceFile, Placed},
    folder::Tree,
    manifest::Manifest,
    sign::{self, Algorithm, SecretKey, Signatures, Signer},
    trust::{self, Card},
    verify::{self, Options, State, Verification},
};
use profiles::{Role, Verdict};

use crate::fixture::{self, making, person};

/// The row that the supervisor and the owner must sign.
const CHECK: &str = "bms1.chip";
const ASKED: [Role; 2] = [Role::Supervisor, Role::Owner];

fn key(seed: u8) -> SecretKey {
    let algorithm = if seed.is_multiple_of(2) { Algorithm::Sm2 } else { Algorithm::Ed25519 };
    SecretKey::from_random(algorithm, [seed; 32]).unwrap()
}

/// The key of a role; one is of SM2, one of Ed25519.
fn own(role: Role) -> SecretKey {
    key(match role {
        Role::Supervisor => 10,
        Role::Owner => 11,
        _ => 12,
    })
}

fn trusted() -> Vec<Card> {
    let card =
        |role| Card { name: None, key: own(role).public(), role: Some(role), org: None, by: None };
    vec![card(Role::Supervisor), card(Role::Owner), card(Role::Tester)]
}

/// A machine that lacks nothing but the row that roles must sign, and another row that failed.
fn machine(checks: &[&str]) -> (Report, Vec<Placed>) {
    let mut inputs = fixture::inputs();
    inputs.judgements.retain(|judgement| checks.contains(&judgement.check.as_str()));
    for judgement in &mut inputs.judgements {
        if judgement.verdict != Verdict::Pass {
            let mut case = (*judgement.case).clone();
            case.require_role = ASKED.to_vec();
            judgement.case = case.into();
        }
    }
    for section in ["dimm", "slot", "pci", "disk", "cpu"] {
        inputs.facts["inventory"][section] = serde_json::json!([]);
    }
    assay::report::build(inputs)
}

fn attestation(role: Role, conform: bool) -> Attestation {
    Attestation {
        check: CHECK.to_owned(),
        conform,
        how: How::Document,
        person: person("王工", &role.name().zh, "某某单位"),
        reason: "核对资料".to_owned(),
        evidence: vec![EvidenceFile {
            path: "资料.pdf".to_owned(),
            bytes: b"%PDF".to_vec(),
            locator: "attached:资料.pdf".to_owned(),
        }],
    }
}

fn by<'a>(report: &Report, key: Option<&'a SecretKey>, trust: &'a [Card]) -> Making<'a> {
    Making { signing: Signing { key, trust }, ..making(report) }
}

/// A report with the bytes of all its revisions, as a folder has them.
struct Kept {
    report: Report,
    placed: Vec<Placed>,
    earlier: Vec<Vec<u8>>,
    /// Whether somebody put in what does not fit.
    spoilt: bool,
}

impl Kept {
    fn new() -> Self {
        let (report, placed) = machine(&["bms1.arch", CHECK]);
        Self { report, placed, earlier: Vec::new(), spoilt: false }
    }

    fn attest(&mut self, attestation: Attestation, key: Option<&SecretKey>, trust: &[Card]) {
        if self.spoilt {
            // A report is read back before anything is added: here the command ends.
            assert_eq!(self.verify(Vec::new()).line(), "altered: result.json");
            return;
        }
        self.earlier.push(canonical::to_bytes(&self.report).unwrap());
        let made =
            decide::attest(&self.report, vec![attestation], by(&self.report, key, trust)).unwrap();
        self.report = made.0;
        self.placed.extend(made.1);
    }

    fn tree(&self) -> Tree {
        Tree::of(&self.files())
    }

    fn files(&self) -> Files {
        let mut files: Files =
            self.placed.iter().map(|file| (file.entry.path.clone(), file.bytes.clone())).collect();
        for (number, bytes) in (1..).zip(&self.earlier) {
            files.insert(format!("revisions/{number}/result.json"), bytes.clone());
        }
        assay::report::render::bundle(&self.report, files, fixture::BOTH).unwrap().files
    }

    fn verify(&self, trust: Vec<Card>) -> Verification {
        verify::check(&self.tree(), &Options { trust, ..Options::default() })
    }

    fn row(&mut self) -> &mut assay::report::document::Row {
        self.report.rows.iter_mut().find(|row| row.judgement.check == CHECK).unwrap()
    }

    fn reseal(&mut self) {
        self.report.summary = assay::report::verdict::summary(&self.report.rows, false);
    }
}

/// What a forger changes.
type Edit<T> = fn(&mut T);

/// The files of a report, by path.
type Files = BTreeMap<String, Vec<u8>>;

/// How one role's word came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Absent,
    Unsigned,
    Signed,
    Untrusted,
    OtherRole,
    OtherRow,
    OtherRevision,
    Retouched,
}

const WAYS: [Way; 8] = [
    Way::Absent,
    Way::Unsigned,
    Way::Signed,
    Way::Untrusted,
    Way::OtherRole,
    Way::OtherRow,
    Way::OtherRevision,
    Way::Retouched,
];

fn enter(kept: &mut Kept, role: Role, way: Way, trust: &[Card]) {
    let (own, unknown) = (own(role), key(77));
    let other = crate::roles::own(if role == Role::Owner { Role::Supervisor } else { Role::Owner });
    let key = match way {
        Way::Absent => return,
        Way::Unsigned => None,
        Way::Untrusted => Some(&unknown),
        Way::OtherRole => Some(&other),
        // What does not fit is put in the place of what does, before anybody looks.
        Way::Signed | Way::OtherRow | Way::OtherRevision | Way::Retouched => Some(&own),
    };
    let spoilt = matches!(way, Way::OtherRow | Way::OtherRevision | Way::Retouched);
    kept.attest(attestation(role, true), key, if spoilt { &[] } else { trust });
    if !spoilt {
        return;
    }
    if kept.spoilt {
        return;
    }
    kept.spoilt = true;
    let entry = kept.row().entries.last_mut().unwrap();
    match way {
        Way::OtherRow => {
            // Signed for another row of the same machine by the same key, and moved here.
            let (other, _) = machine(&["bms1.arch", "bms1.brand"]);
            let mut moved = attestation(role, true);
            "bms1.brand".clone_into(&mut moved.check);
            let made = decide::attest(&other, vec![moved], by(&other, Some(&own), &[])).unwrap().0;
            let row = made.rows.iter().find(|row| row.judgement.check == "bms1.brand").unwrap();
            entry.signature.clone_from(&row.entries[0].signature);
        }
        Way::OtherRevision => {
            let mut moved = Kept::new();
            moved.report.cover.project = Some("another".to_owned());
            moved.attest(attestation(role, true), Some(&own), &[]);
            let signature = moved.row().entries[0].signature.clone().unwrap();
            entry.signature = Some(signature);
            entry.revision = 2;
        }
        _ => entry.reason.push_str("，补记"),
    }
}

#[test]
fn no_combination_but_both_signed_with_trusted_keys_is_accepted() {
    let trust = trusted();
    for first in WAYS {
        for second in WAYS {
            for given in [true, false] {
                let list: &[Card] = if given { &trust } else { &[] };
                let mut kept = Kept::new();
                enter(&mut kept, Role::Supervisor, first, list);
                enter(&mut kept, Role::Owner, second, list);
                // Whoever forges adds the decision that the entries do not make.
                let row = kept.row();
                let honest = (row.verdict, row.decision.is_some());
                let complete = first == Way::Signed && second == Way::Signed && given;
                let tried = format!("{first:?}, {second:?}, trusted keys given: {given}");
                assert_eq!(honest.0 == Verdict::Attested, complete, "{tried}");
                assert_eq!(honest.1, complete, "{tried}");
                assert_eq!(kept.report.exit_code() == 0, complete, "{tried}");
                if complete {
                    assert!(kept.verify(trust.clone()).is_intact(), "{tried}");
                    assert!(kept.verify(trust.clone()).unvouched.is_empty(), "{tried}");
                    assert_eq!(kept.verify(Vec::new()).unvouched.len(), 1, "{tried}");
                    continue;
                }
                let row = kept.row();
                row.decision = row.entries.last().cloned();
                row.waiting.clear();
                row.verdict = Verdict::Attested;
                if row.decision.is_none() {
                    continue;
                }
                kept.reseal();
                assert_eq!(kept.report.exit_code(), 0, "the control: it claims to be accepted");
                let found = kept.verify(trust.clone());
                let honest_keys = first == Way::Signed && second == Way::Signed;
                assert_eq!(found.is_intact(), honest_keys, "{tried}: {}", found.line());
                // Without trusted keys it is altered, or said to rest on keys nobody vouched for.
                let found = kept.verify(Vec::new());
                assert!(!found.is_intact() || !found.unvouched.is_empty(), "{tried}");
            }
        }
    }
}

#[test]
fn a_row_stays_open_until_each_role_has_signed_and_says_who_is_left() {
    let trust = trusted();
    let mut kept = Kept::new();
    assert_eq!(kept.report.exit_code(), 3);
    kept.attest(attestation(Role::Owner, true), Some(&own(Role::Owner)), &trust);
    assert_eq!(kept.row().verdict, Verdict::NeedsAttestation);
    assert_eq!(kept.row().waiting, [Role::Supervisor]);
    assert_eq!(kept.report.exit_code(), 3);
    kept.attest(attestation(Role::Supervisor, true), None, &trust);
    assert_eq!(kept.row().waiting, [Role::Supervisor], "an unsigned word changes nothing");
    let todo = assay::report::todo::todo(&kept.report, ".");
    let command = todo[0].command.clone().unwrap();
    assert!(command.contains("--role supervisor ") && command.contains("--key"), "{command}");
    assert!(todo[0].why.iter().any(|why| why.en.contains("still to sign")), "{todo:?}");
    kept.attest(attestation(Role::Supervisor, true), Some(&own(Role::Supervisor)), &trust);
    assert_eq!(kept.row().verdict, Verdict::Attested);
    assert_eq!(kept.row().entries.len(), 3);
    assert_eq!(kept.report.exit_code(), 0);
    assert_eq!(kept.report.summary.grounds.unwrap().unsigned, 0);
    assert_eq!(kept.verify(trust).line(), "intact, unsigned");
}

#[test]
fn one_role_that_signs_a_non_conformity_fails_the_row_and_an_unsigned_one_does_not() {
    let trust = trusted();
    let mut kept = Kept::new();
    kept.attest(attestation(Role::Owner, false), None, &trust);
    assert_eq!(kept.row().verdict, Verdict::NeedsAttestation);
    kept.attest(attestation(Role::Owner, false), Some(&own(Role::Owner)), &trust);
    assert_eq!((kept.row().verdict, kept.report.exit_code()), (Verdict::Fail, 1));
    assert!(kept.verify(trust).is_intact());
}

#[test]
fn a_waiver_counts_once_each_role_has_signed_and_the_failure_stays_until_then() {
    let trust = trusted();
    let (mut report, _) = machine(&["bms1.arch", "bms1.cpu.frequency"]);
    let waiver = |role: Role| Waiver {
        check: "bms1.cpu.frequency".to_owned(),
        how: How::Document,
        person: person("张处", &role.name().zh, "某省数据局"),
        reason: "性能不低于要求".to_owned(),
        evidence: Vec::new(),
    };
    for (role, key, verdict, exit) in [
        (Role::Owner, None, Verdict::Fail, 1),
        (Role::Owner, Some(own(Role::Supervisor)), Verdict::Fail, 1),
        (Role::Owner, Some(own(Role::Owner)), Verdict::Fail, 1),
        (Role::Supervisor, Some(own(Role::Supervisor)), Verdict::Waived, 0),
    ] {
        let making = by(&report, key.as_ref(), &trust);
        report = decide::waive(&report, vec![waiver(role)], making).unwrap().0;
        let row = report.rows.last().unwrap();
        assert_eq!((row.verdict, report.exit_code()), (verdict, exit), "{role:?}");
    }
    let row = report.rows.last().unwrap();
    assert_eq!(row.decision.as_ref().unwrap().kind, DecisionKind::Waived);
    let grounds = report.summary.grounds.unwrap();
    assert_eq!((grounds.read, grounds.waived, grounds.unsigned), (1, 1, 0));
}

#[test]
fn who_is_not_asked_is_refused_and_nobody_enters_twice_at_once() {
    let (report, _) = machine(&["bms1.arch", CHECK]);
    let refused = decide::attest(&report, vec![attestation(Role::Tester, true)], making(&report));
    assert!(matches!(refused, Err(DecideError::NotAsked { .. })), "{refused:?}");
    let titled = Attestation {
        person: person("王工", "总监理工程师", "某某监理"),
        ..attestation(Role::Owner, true)
    };
    let refused = decide::attest(&report, vec![titled], making(&report));
    assert!(matches!(refused, Err(DecideError::NotAsked { .. })), "{refused:?}");
    let twice = vec![attestation(Role::Owner, true), attestation(Role::Supervisor, true)];
    let refused = decide::attest(&report, twice, making(&report));
    assert!(matches!(refused, Err(DecideError::Twice { .. })), "{refused:?}");
}

#[test]
fn a_key_counts_for_its_role_and_unit_only() {
    let mut kept = Kept::new();
    kept.attest(attestation(Role::Owner, true), Some(&own(Role::Owner)), &[]);
    let row = kept.row().clone();
    let with = |edit: fn(&mut Card)| {
        let mut card = trusted().remove(1);
        edit(&mut card);
        let counts = assay::report::roles::counts(
            &kept.report,
            &row,
            &row.entries[0],
            assay::report::roles::Trust::Cards(&[card]),
        );
        counts.map(|_key| ()).map_err(|lack| lack.text().en)
    };
    assert_eq!(with(|_| ()), Ok(()));
    assert_eq!(with(|card| card.org = Some("某某单位".to_owned())), Ok(()));
    let said = |edit| with(edit).unwrap_err();
    assert!(said(|card| card.org = Some("别的单位".to_owned())).contains("unit"));
    assert!(said(|card| card.role = Some(Role::Tester)).contains("role tester"));
    assert!(said(|card| card.role = None).contains("not among the trusted"));
    assert!(said(|card| card.key = key(3).public()).contains("not among the trusted"));
}

#[test]
fn a_signature_covers_every_word_and_file_of_the_decision() {
    let trust = trusted();
    let mut kept = Kept::new();
    for role in ASKED {
        kept.attest(attestation(role, true), Some(&own(role)), &trust);
    }
    assert_eq!(kept.verify(trust.clone()).state, State::IntactUnsigned);
    let edits: [Edit<assay::report::document::Decision>; 12] = [
        |d| d.how = How::OnSite,
        |d| d.who.push('x'),
        |d| d.role.push('x'),
        |d| d.organisation = None,
        |d| d.date = "2026-11-25".to_owned(),
        |d| d.reason.push('x'),
        |d| d.evidence.clear(),
        |d| d.party = Some(Role::Supervisor),
        |d| d.at = None,
        |d| d.signature.as_mut().unwrap().result = "00".repeat(32),
        |d| d.signature.as_mut().unwrap().public_key = key(1).public().line()[8..].to_owned(),
        |d| d.signature = None,
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut forged = Kept {
            report: kept.report.clone(),
            placed: kept.placed.clone(),
            earlier: kept.earlier.clone(),
            spoilt: false,
        };
        let row = forged.row();
        edit(row.entries.last_mut().unwrap());
        row.decision = row.entries.last().cloned();
        forged.reseal();
        let found = forged.verify(Vec::new());
        assert_eq!(found.state, State::Altered, "edit {number}: {}", found.line());
    }
    // Other bytes under the same name, digests and roots made again.
    let mut forged = Kept { report: kept.report.clone(), placed: kept.placed.clone(), ..kept };
    let path = forged.row().entries[1].evidence[0].clone();
    let file = forged.placed.iter_mut().find(|file| file.entry.path == path).unwrap();
    file.bytes = b"%PDX".to_vec();
    file.entry.digests = Digests::of(&file.bytes);
    let entry = file.entry.clone();
    let held = forged.report.evidence.iter_mut().find(|held| held.path == path).unwrap();
    *held = entry;
    forged.report.evidence_root = assay::report::evidence::root(&forged.report.evidence);
    let found = forged.verify(Vec::new());
    assert_eq!(found.line(), "altered: result.json", "{found:?}");
}

#[test]
fn a_revision_that_says_otherwise_than_its_predecessor_is_found() {
    let mut kept = Kept::new();
    kept.attest(attestation(Role::Owner, true), Some(&own(Role::Owner)), &[]);
    assert!(kept.verify(Vec::new()).is_intact());
    let edits: [Edit<Report>; 4] = [
        |report| {
            let mut case = (*report.rows[1].judgement.case).clone();
            case.require_role.truncate(1);
            report.rows[1].judgement.case = case.into();
        },
        |report| report.facts["inventory"]["system"]["product"] = "another".into(),
        |report| report.rows[1].entries.clear(),
        |report| report.rows.truncate(1),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut forged = Kept {
            report: kept.report.clone(),
            placed: kept.placed.clone(),
            earlier: kept.earlier.clone(),
            spoilt: false,
        };
        // The last revision is honest; what it follows from was something else.
        let mut before: Report = canonical::from_bytes(&forged.earlier[0]).unwrap();
        if number == 2 {
            before.rows[1].entries = forged.report.rows[1].entries.clone();
            before.rows[1].entries[0].reason.push('x');
        } else {
            edit(&mut before);
        }
        before.summary = assay::report::verdict::summary(&before.rows, false);
        forged.earlier[0] = canonical::to_bytes(&before).unwrap();
        forged.report.revision.predecessor = Some(Digests::of(&forged.earlier[0]));
        let found = forged.verify(Vec::new());
        assert_eq!(found.line(), "altered: result.json", "edit {number}: {found:?}");
    }
}

#[test]
fn the_pages_and_tables_say_what_is_signed_and_what_is_not() {
    let trust = trusted();
    let mut kept = Kept::new();
    kept.attest(attestation(Role::Owner, true), None, &trust);
    let files = |kept: &Kept| fixture::bundle(&kept.report, &kept.placed, fixture::BOTH).files;
    let unsigned = files(&kept);
    for path in ["index.html", "result.csv", "junit.xml"] {
        let text = String::from_utf8(unsigned[path].clone()).unwrap();
        assert!(text.contains("自填未签名"), "{path}");
        assert!(text.contains("尚待用可信密钥签名：监理单位、建设单位"), "{path}");
    }
    for role in ASKED {
        kept.attest(attestation(role, true), Some(&own(role)), &trust);
    }
    let signed = files(&kept);
    for path in ["index.html", "result.csv", "ocp-tv.jsonl"] {
        let text = String::from_utf8(signed[path].clone()).unwrap();
        for role in ASKED {
            assert!(text.contains(&own(role).public().id()), "{path}");
        }
    }
    let page = String::from_utf8(signed["index.html"].clone()).unwrap();
    let cover = page.split("</section>").next().unwrap();
    assert!(cover.contains("实测 0，读取 1，人工确认 1，同等认可 0"), "the first page has them");
    let junit = String::from_utf8(signed["junit.xml"].clone()).unwrap();
    for property in ["assay.measured", "assay.read", "assay.attested", "assay.waived"] {
        assert!(junit.contains(&format!("name=\"{property}\"")), "{property}");
    }
}

#[test]
fn a_list_of_trusted_keys_is_what_the_parties_cards_make() {
    let text: String = trusted().iter().map(Card::to_toml).collect();
    assert_eq!(trust::parse("trust.toml", &text).unwrap(), trusted());
}

/// Changes the file of that name, or what is beside it.
type Touch = fn(&mut Files, &str);

/// What can be done to a file of a report.
const TOUCHES: [(&str, Touch); 7] = [
    ("flip", |files, path| {
        let bytes = files.get_mut(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }),
    ("append", |files, path| files.get_mut(path).unwrap().push(b' ')),
    ("truncate", |files, path| assert!(files.get_mut(path).unwrap().pop().is_some())),
    ("empty", |files, path| files.get_mut(path).unwrap().clear()),
    ("delete", |files, path| drop(files.remove(path))),
    ("add", |files, path| drop(files.insert(format!("{path}.bak"), b"x".to_vec()))),
    ("a key twice", |files, path| {
        let text = String::from_utf8_lossy(&files[path]).into_owned();
        let twice = match text.strip_prefix('{').and_then(|rest| rest.split_once(':')) {
            Some((first, _)) => text.replacen('{', &format!("{{{first}:0,"), 1),
            None => text + "{}",
        };
        files.insert(path.to_owned(), twice.into_bytes());
    }),
];

/// A report with evidence, three revisions, decisions of two roles, and a signature.
fn bundle() -> (Files, SecretKey) {
    let trust = trusted();
    let mut kept = Kept::new();
    for role in ASKED {
        kept.attest(attestation(role, true), Some(&own(role)), &trust);
    }
    let (mut files, key) = (kept.files(), own(Role::Owner));
    let root = Manifest::read(&files["manifest.json"]).unwrap().root;
    let signer = Signer {
        name: "李工".to_owned(),
        role: "建设单位".to_owned(),
        stage: None,
        at: "2026-11-25T09:00:00+08:00".to_owned(),
    };
    let manifest = &files["manifest.json"];
    let signed = sign::sign(manifest, &root, Signatures::default(), &key, signer).unwrap();
    files.insert("signatures.json".to_owned(), canonical::to_bytes(&signed).unwrap());
    (files, key)
}

fn look(files: &Files, key: &SecretKey) -> Verification {
    let options = Options { keys: vec![key.public()], trust: trusted(), ..Options::default() };
    verify::check(&Tree::of(files), &options)
}

#[test]
fn every_touch_of_every_file_is_found_and_the_file_named() {
    let (files, key) = bundle();
    assert_eq!(look(&files, &key).line(), format!("intact, signed by {}", key.public().id()));
    for path in files.keys() {
        for (touch, apply) in TOUCHES {
            let mut touched = files.clone();
            apply(&mut touched, path);
            let found = look(&touched, &key);
            assert!(!found.is_intact(), "{touch} {path}");
            let line = found.line();
            let named = match (touch, path.as_str()) {
                ("delete", "signatures.json") => line.ends_with(": unsigned"),
                ("add", _) => line == format!("altered: {path}.bak"),
                _ => line == format!("altered: {path}"),
            };
            assert!(named, "{touch} {path}: {line}");
        }
    }
}

#[test]
fn a_bundle_forged_whole_without_the_key_is_unsigned_or_altered_but_never_signed() {
    let (files, key) = bundle();
    let mut report: Report = canonical::from_bytes(&files["result.json"]).unwrap();
    report.cover.project = Some("别的项目".to_owned());
    let kept = |path: &String| path.starts_with("evidence/") || path.starts_with("revisions/");
    let held = files.iter().filter(|(path, _)| kept(path));
    let held = held.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    let forged = assay::report::render::bundle(&report, held, fixture::BOTH).unwrap().files;
    let alone = look(&forged, &key);
    assert!(!alone.is_intact() && alone.line().ends_with(": unsigned"), "{}", alone.line());
    let anyone = verify::check(&Tree::of(&forged), &Options::default());
    assert_eq!(anyone.line(), "intact, unsigned", "no key was given, and none is claimed");
    // With the signatures of the honest one beside it.
    let mut with = forged.clone();
    with.insert("signatures.json".to_owned(), files["signatures.json"].clone());
    assert_eq!(look(&with, &key).line(), "altered: signatures.json");
    // Signed with another key.
    let (other, root) =
        (crate::roles::key(78), Manifest::read(&forged["manifest.json"]).unwrap().root);
    let signer =
        Signer { name: "x".to_owned(), role: "x".to_owned(), stage: None, at: String::new() };
    let manifest = &forged["manifest.json"];
    let signed = sign::sign(manifest, &root, Signatures::default(), &other, signer).unwrap();
    with.insert("signatures.json".to_owned(), canonical::to_bytes(&signed).unwrap());
    let found = look(&with, &key);
    let (missing, others) = (vec![key.public().id()], vec![other.public().id()]);
    assert_eq!(found.state, State::NotSigned { missing, others });
}

#[test]
fn each_conforming_row_is_counted_once_by_what_it_rests_on() {
    use assay::report::verdict::{conforming, grounds};
    let (mut report, _) = fixture::decided();
    let before = grounds(&report.rows);
    assert_eq!((before.measured, before.attested, before.waived), (0, 1, 1));
    for row in &mut report.rows {
        let mut case = (*row.judgement.case).clone();
        case.by_run = true;
        row.judgement.case = case.into();
    }
    let after = grounds(&report.rows);
    // A run makes a pass measured, and nothing that fails or is open conforming.
    assert_eq!((after.measured, after.read), (before.read, 0));
    for all in [before, after] {
        let sum = all.measured + all.read + all.attested + all.waived;
        assert_eq!(sum, conforming(&report.summary.overall.all));
        assert_eq!(all.unsigned, 2);
    }
}

#[test]
fn a_report_of_a_version_without_the_four_numbers_is_still_intact() {
    let (mut report, placed) = machine(&["bms1.arch", CHECK]);
    assert!(report.summary.grounds.is_some());
    report.summary.grounds = None;
    let files = fixture::bundle(&report, &placed, fixture::BOTH).files;
    let found = verify::check(&Tree::of(&files), &Options::default());
    assert_eq!(found.line(), "intact, unsigned");
    // One that counts otherwise is not.
    let mut grounds = assay::report::verdict::grounds(&report.rows);
    grounds.measured += 1;
    report.summary.grounds = Some(grounds);
    let files = fixture::bundle(&report, &placed, fixture::BOTH).files;
    let found = verify::check(&Tree::of(&files), &Options::default());
    assert_eq!(found.line(), "altered: result.json");
}
