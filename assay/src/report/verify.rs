//! Finds any change to a report since it was written, and names the file.
//!
//! What each answer means, honestly:
//!
//! - **unsigned**: nothing differs from `manifest.json`. That finds damage and
//!   careless edits. Whoever can rewrite the whole folder can rewrite the
//!   manifest too; against that, compare the verify code with the one on a paper
//!   copy or sent another way ([`Options::expect`]), or have it signed.
//! - **signed**: the holder of the key signed these very bytes. The key comes
//!   from the reader, never from the report.
//! - The pages and tables are made again from `result.json` where the same
//!   program wrote them, so an edited page with a rewritten manifest is found
//!   as well.
//!
//! None of it says that a measurement is true.

mod decisions;

use std::{collections::BTreeMap, path::Path};

use super::{
    batch::Batch,
    canonical,
    digest::Digests,
    document::{self, Report},
    evidence,
    folder::{self, FolderError, Node, Tree},
    manifest::{self, Kind, MANIFEST, Manifest, RESULT, SIGNATURES},
    render,
    sign::{self, PublicKey, Signatures},
    trust::Card,
    verdict,
};

/// What the reader knows from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Keys that must have signed, every one.
    pub keys: Vec<PublicKey>,
    /// The verify code or root that the report must have.
    pub expect: Option<String>,
    /// The keys of the parties, where roles must have signed.
    pub trust: Vec<Card>,
}

/// What verifying a report found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The answer.
    pub state: State,
    /// The verify code printed on the report's pages, where it could be made.
    pub code: Option<String>,
    /// The root it is the beginning of.
    pub root: Option<Digests>,
    /// Revision of the report.
    pub revision: Option<u32>,
    /// Whether the pages and tables were made again and came out the same.
    pub reproduced: bool,
    /// Every difference, the first one named first.
    pub alterations: Vec<Alteration>,
    /// Checks decided by roles whose keys nobody vouched for, with these roles.
    pub unvouched: Vec<(String, String)>,
}

/// The answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// As written; nobody signed.
    IntactUnsigned,
    /// As written, and signed with the keys given.
    IntactSigned {
        /// Ids of the keys given.
        keys: Vec<String>,
    },
    /// As written, with signatures that fit keys nobody vouched for.
    IntactUnchecked {
        /// Ids of the keys in the report.
        keys: Vec<String>,
    },
    /// As written, but a key given did not sign.
    NotSigned {
        /// Ids of the keys given that did not sign.
        missing: Vec<String>,
        /// Ids of the keys that did.
        others: Vec<String>,
    },
    /// As written, but roles that decide a row did not sign it with a key that is trusted.
    NotVouched,
    /// Not as written.
    Altered,
}

/// A difference between a report and what it was when written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alteration {
    /// The file.
    pub path: String,
    /// What is wrong with it, in English.
    pub what: String,
}

impl Verification {
    /// Returns whether nothing differs, and every key given signed.
    pub fn is_intact(&self) -> bool {
        match self.state {
            State::IntactUnsigned | State::IntactSigned { .. } | State::IntactUnchecked { .. } => {
                true
            }
            State::NotSigned { .. } | State::NotVouched | State::Altered => false,
        }
    }

    /// Returns the answer in one line.
    pub fn line(&self) -> String {
        match &self.state {
            State::IntactUnsigned => "intact, unsigned".to_owned(),
            State::IntactSigned { keys } => format!("intact, signed by {}", keys.join(", ")),
            State::IntactUnchecked { keys } => format!(
                "intact, carries signatures of {} (not checked: no key given)",
                keys.join(", ")
            ),
            State::NotSigned { missing, others } if others.is_empty() => {
                format!("intact, but not signed by {}: unsigned", missing.join(", "))
            }
            State::NotSigned { missing, others } => format!(
                "intact, but not signed by {}: it carries signatures of {}",
                missing.join(", "),
                others.join(", ")
            ),
            State::NotVouched => {
                let rows: Vec<String> = self
                    .unvouched
                    .iter()
                    .map(|(check, who)| format!("`{check}` by {who}"))
                    .collect();
                format!("intact, but not signed with a trusted key: {}", rows.join("; "))
            }
            State::Altered => {
                let first = self.alterations.first();
                format!("altered: {}", first.map_or(MANIFEST, |first| first.path.as_str()))
            }
        }
    }
}

/// Reads a report's folder and finds what was changed in it.
pub fn verify(path: &Path, options: &Options) -> Result<Verification, FolderError> {
    Ok(check(&folder::read(path)?, options))
}

/// Finds what was changed in a report's folder.
pub fn check(tree: &Tree, options: &Options) -> Verification {
    let mut found = Verification {
        state: State::Altered,
        code: None,
        root: None,
        revision: None,
        reproduced: false,
        alterations: Vec::new(),
        unvouched: Vec::new(),
    };
    let manifest = match manifest(tree) {
        Ok(manifest) => manifest,
        Err(what) => {
            found.alterations.push(Alteration { path: MANIFEST.to_owned(), what });
            return found;
        }
    };
    found.code = Some(manifest::verify_code(&manifest.root));
    found.root = Some(manifest.root.clone());
    found.revision = Some(manifest.revision);
    found.alterations = files(tree, &manifest);
    if !found.alterations.is_empty() {
        return found;
    }
    let report = document(tree, &manifest).map_err(|what| (RESULT.to_owned(), what));
    let looked = report.and_then(|report| {
        if let Some(report) = &report {
            chain(tree, &manifest, report)?;
        }
        if let Some(expected) = &options.expect
            && !is_code_of(expected, &manifest.root)
        {
            return Err((RESULT.to_owned(), format!("the verify code expected is {expected}")));
        }
        Ok((derived(tree, &manifest)?, report))
    });
    let mut report = None;
    match looked {
        Ok((reproduced, held)) => (found.reproduced, report) = (reproduced, held),
        Err((path, what)) => found.alterations.push(Alteration { path, what }),
    }
    match signatures(tree, &manifest) {
        Ok(signed) if found.alterations.is_empty() => {
            let rests = report.as_ref().map(|report| decisions::unvouched(report, &options.trust));
            found.unvouched = rests.unwrap_or_default();
            found.state = state(&signed, options);
            if found.is_intact() && !options.trust.is_empty() && !found.unvouched.is_empty() {
                found.state = State::NotVouched;
            }
        }
        Ok(_) => {}
        Err(what) => found.alterations.push(Alteration { path: SIGNATURES.to_owned(), what }),
    }
    found
}

fn manifest(tree: &Tree) -> Result<Manifest, String> {
    match tree.nodes.get(MANIFEST) {
        None => Err("is missing".to_owned()),
        Some(Node::File { content: Some(bytes), .. }) => {
            Manifest::read(bytes).map_err(|error| chain_of(&error))
        }
        Some(node) => Err(unusable(node)),
    }
}

/// Compares what is there with what the manifest lists.
fn files(tree: &Tree, manifest: &Manifest) -> Vec<Alteration> {
    let mut listed = BTreeMap::new();
    listed.extend(manifest.files.iter().map(|f| (f.path.as_str(), (f.bytes, &f.digests))));
    let there = |path: &str| match tree.nodes.get(path) {
        Some(Node::File { bytes, digests, .. }) => Some((*bytes, digests)),
        _ => None,
    };
    let mut found = BTreeMap::new();
    if listed.len() != manifest.files.len() {
        found.insert(MANIFEST.to_owned(), "lists a file twice".to_owned());
    }
    for (&path, &wanted) in &listed {
        let what = match tree.nodes.get(path) {
            None => {
                let elsewhere = tree.nodes.keys().find(|other| {
                    there(other) == Some(wanted) && !listed.contains_key(other.as_str())
                });
                elsewhere
                    .map_or("is missing".to_owned(), |other| format!("was renamed to `{other}`"))
            }
            Some(Node::File { bytes, digests, .. }) if (*bytes, digests) == wanted => continue,
            Some(Node::File { bytes, digests, .. }) => {
                let other = listed.iter().find(|(_, is)| **is == (*bytes, digests));
                other.map_or("was changed".to_owned(), |(other, _)| {
                    format!("holds what `{other}` should")
                })
            }
            Some(node) => unusable(node),
        };
        found.insert(path.to_owned(), what);
    }
    for (path, node) in &tree.nodes {
        if !listed.contains_key(path.as_str()) && path != MANIFEST && path != SIGNATURES {
            let what = match node {
                Node::File { .. } => "was added".to_owned(),
                other => unusable(other),
            };
            found.insert(path.clone(), what);
        }
    }
    found.into_iter().map(|(path, what)| Alteration { path, what }).collect()
}

fn unusable(node: &Node) -> String {
    match node {
        Node::File { .. } => "is too large to be one".to_owned(),
        Node::EmptyFolder => "is an empty folder".to_owned(),
        Node::Special => "is a link or device, not a file".to_owned(),
        Node::Unreadable(why) => format!("cannot be read: {why}"),
    }
}

/// Checks that `result.json` is canonical and fits its evidence and manifest.
///
/// Returns the report that it holds, where it is one on one machine.
fn document(tree: &Tree, manifest: &Manifest) -> Result<Option<Report>, String> {
    let bytes = tree.document(RESULT).ok_or("is not listed")?;
    let digests = Digests::of(bytes);
    let (root, revision, report) = match manifest.kind {
        Kind::Report => {
            let report: Report = canonical::from_bytes(bytes).map_err(|e| chain_of(&e))?;
            consistent(&report, manifest)?;
            let root = manifest::result_root(&report.subject, &digests);
            (root, report.revision.number, Some(report))
        }
        Kind::Batch => {
            let batch: Batch = canonical::from_bytes(bytes).map_err(|e| chain_of(&e))?;
            (batch.check()?, 1, None)
        }
    };
    if root != manifest.root {
        return Err("is not the result that the manifest's root is made of".to_owned());
    }
    if revision != manifest.revision {
        return Err(format!("is revision {revision}, the manifest says {}", manifest.revision));
    }
    Ok(report)
}

/// Checks that what a report says twice, it says alike.
fn consistent(report: &Report, manifest: &Manifest) -> Result<(), String> {
    if report.schema != document::SCHEMA {
        return Err(format!("has the schema `{}`, not `{}`", report.schema, document::SCHEMA));
    }
    let folder = format!("{}/", evidence::FOLDER);
    let files = manifest.files.iter().filter(|file| file.path.starts_with(&folder));
    let (mut listed, mut indexed) = (BTreeMap::new(), BTreeMap::new());
    listed.extend(files.map(|f| (f.path.as_str(), (f.bytes, &f.digests))));
    indexed.extend(report.evidence.iter().map(|e| (e.path.as_str(), (e.bytes, &e.digests))));
    if listed != indexed || report.evidence.len() != indexed.len() {
        return Err("indexes other evidence than there is".to_owned());
    }
    if evidence::root(&report.evidence) != report.evidence_root {
        return Err("has an evidence root that is not that of its index".to_owned());
    }
    for row in &report.rows {
        if verdict::effective(row.judgement.verdict, row.decision.as_ref()) != row.verdict {
            return Err(format!("has a verdict on `{}` that nobody gave", row.judgement.check));
        }
    }
    decisions::consistent(report)?;
    let mut summary = verdict::summary(&report.rows, report.interrupted.is_some());
    if report.summary.grounds.is_none() {
        // Written by a version that did not count them.
        summary.grounds = None;
    }
    if summary != report.summary {
        return Err("has a summary that does not follow from its rows".to_owned());
    }
    Ok(())
}

/// Checks that each revision is the one its successor names.
fn chain(tree: &Tree, manifest: &Manifest, last: &Report) -> Result<(), (String, String)> {
    let read = |path: &String| -> Result<Report, (String, String)> {
        let bytes = tree.document(path).unwrap_or_default();
        canonical::from_bytes(bytes).map_err(|error| (path.clone(), chain_of(&error)))
    };
    let mut path = RESULT.to_owned();
    let mut held: Option<Report> = None;
    let mut predecessors = decisions::Predecessors::new();
    for number in (1..manifest.revision).rev() {
        let report = held.as_ref().unwrap_or(last);
        if report.revision.number != number.saturating_add(1) {
            return Err((path, format!("is revision {}", report.revision.number)));
        }
        let before = render::revision_path(number, RESULT);
        let digests = tree.document(&before).map(Digests::of);
        if digests.is_none() || digests != report.revision.predecessor {
            return Err((before, "is not the predecessor that its successor names".to_owned()));
        }
        let on = digests.map(|digests| digests.sha256).unwrap_or_default();
        predecessors.insert(report.revision.number, on);
        let earlier = read(&before)?;
        decisions::follows(&earlier, report).map_err(|what| (path, what))?;
        (path, held) = (before, Some(earlier));
    }
    decisions::of_their_revisions(last, &predecessors).map_err(|what| (RESULT.to_owned(), what))
}

/// Makes the derived files again, where this program wrote them.
///
/// Returns whether it did; a file that comes out otherwise was edited together
/// with the manifest.
fn derived(tree: &Tree, manifest: &Manifest) -> Result<bool, (String, String)> {
    if manifest.renderer != render::renderer() {
        return Ok(false);
    }
    let bytes = tree.document(RESULT).unwrap_or_default();
    let files = render::derived(manifest.kind, bytes, manifest.rendering)
        .map_err(|error| (RESULT.to_owned(), chain_of(&error)))?;
    for (path, content) in files {
        let digests = Digests::of(&content);
        if !manifest.files.iter().any(|file| file.path == path && file.digests == digests) {
            return Err((path, "does not follow from result.json".to_owned()));
        }
    }
    Ok(true)
}

fn signatures(tree: &Tree, manifest: &Manifest) -> Result<Vec<PublicKey>, String> {
    match tree.nodes.get(SIGNATURES) {
        None => Ok(Vec::new()),
        Some(Node::File { content: Some(bytes), .. }) => {
            let signatures: Signatures = canonical::from_bytes(bytes).map_err(|e| chain_of(&e))?;
            let signed = tree.document(MANIFEST).unwrap_or_default();
            sign::check(signed, &manifest.root, &signatures)
        }
        Some(node) => Err(unusable(node)),
    }
}

fn state(signed: &[PublicKey], options: &Options) -> State {
    let wanted = &options.keys;
    let trusted = |key: &&PublicKey| options.trust.iter().any(|card| card.key == **key);
    let ids = |keys: &mut dyn Iterator<Item = &PublicKey>| keys.map(PublicKey::id).collect();
    let missing: Vec<String> = ids(&mut wanted.iter().filter(|key| !signed.contains(key)));
    if !missing.is_empty() {
        State::NotSigned { missing, others: ids(&mut signed.iter()) }
    } else if !wanted.is_empty() {
        State::IntactSigned { keys: ids(&mut wanted.iter()) }
    } else if signed.is_empty() {
        State::IntactUnsigned
    } else if signed.iter().any(|key| trusted(&key)) {
        State::IntactSigned { keys: ids(&mut signed.iter().filter(trusted)) }
    } else {
        State::IntactUnchecked { keys: ids(&mut signed.iter()) }
    }
}

/// Returns whether `code` is a verify code or root of `root`: 16 digits or more.
fn is_code_of(code: &str, root: &Digests) -> bool {
    let digits =
        code.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>().to_lowercase();
    digits.len() >= 16 && root.sha256.starts_with(&digits)
}

/// Returns an error with its causes in one line.
fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
