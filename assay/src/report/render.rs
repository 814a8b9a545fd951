//! The files of a report, derived from its document: pure, and the same bytes
//! for the same document and options.

mod csv;
mod deviations;
mod html;
mod junit;
pub(crate) mod ocp;
mod runs;
pub(super) mod words;

pub(crate) use csv::cell;
#[cfg(feature = "bmc")]
pub(crate) use csv::table;

use std::collections::BTreeMap;

use super::{
    Language, RenderOptions,
    batch::Batch,
    canonical::{self, CanonicalError},
    digest::Digests,
    document::Report,
    manifest::{self, Kind, MANIFEST, Manifest, RESULT},
    plan::Plan,
    storage,
};

/// The files of a report, ready to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What each file holds, by path below the report's folder.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Root over the machines' results.
    pub root: Digests,
}

/// Why the files of a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The document cannot be written as canonical JSON, or read from it.
    #[error("result.json cannot be made")]
    Canonical(#[from] CanonicalError),
    /// The page's template failed.
    #[error("index.html cannot be made")]
    Page(#[from] askama::Error),
}

/// Returns all files of a report.
///
/// `files` holds the evidence and the documents of earlier revisions, by path.
pub fn bundle(
    report: &Report,
    files: BTreeMap<String, Vec<u8>>,
    options: RenderOptions,
) -> Result<Bundle, RenderError> {
    let result = canonical::to_bytes(report)?;
    let root = manifest::result_root(&report.subject, &Digests::of(&result));
    finish(Kind::Report, report.revision.number, result, root, files, options)
}

/// Returns all files of a batch report.
pub fn batch_bundle(batch: &Batch, options: RenderOptions) -> Result<Bundle, RenderError> {
    let result = canonical::to_bytes(batch)?;
    finish(Kind::Batch, 1, result, batch.root.clone(), BTreeMap::new(), options)
}

/// Returns the files that follow from the bytes of `result.json` alone.
pub fn derived(
    kind: Kind,
    result: &[u8],
    options: RenderOptions,
) -> Result<BTreeMap<String, Vec<u8>>, RenderError> {
    match kind {
        Kind::Report => {
            let report: Report = canonical::from_bytes(result)?;
            let root = manifest::result_root(&report.subject, &Digests::of(result));
            let mut files = BTreeMap::new();
            let mut put = |name: &str, bytes| files.insert(name.to_owned(), bytes);
            put("index.html", html::report(&report, &root, options.language)?);
            put("junit.xml", junit::document(&report, &root, options));
            put("ocp-tv.jsonl", ocp::lines(&report)?);
            put("result.columns.csv", csv::columns());
            put("result.csv", csv::rows(&report, options.language));
            if let Some(table) = deviations::csv(&report, options.language) {
                put("deviations.csv", table);
            }
            put("summary.csv", csv::summary(&report));
            if let Some((found, _)) = storage::runs(&report.facts) {
                put("storage.csv", runs::table(&found, options.language));
            }
            Ok(files)
        }
        Kind::Batch => {
            let batch: Batch = canonical::from_bytes(result)?;
            let mut files = BTreeMap::new();
            files.insert("index.html".to_owned(), html::batch(&batch, options.language)?);
            files.insert("result.csv".to_owned(), csv::batch(&batch, options.language));
            Ok(files)
        }
    }
}

/// Returns the page of a test plan.
pub fn plan_page(plan: &Plan, language: Language) -> Result<Vec<u8>, RenderError> {
    Ok(html::plan(plan, language)?)
}

/// Returns a time as plans say it: minutes, or hours.
pub fn time(seconds: u64) -> profiles::Text {
    html::time(seconds)
}

/// Returns the record form of a test plan as a table: a line for each case, what is found left
/// blank.
pub fn plan_records(plan: &Plan, language: Language) -> Vec<u8> {
    csv::records(plan, language)
}

/// Returns the page of SNIA's performance tests, which stands beside its document.
pub fn pts_page(
    reports: &[storage_bench::pts::Report],
    lang: profiles::Lang,
) -> Result<String, RenderError> {
    Ok(html::pts_page(reports, lang)?)
}

/// Returns the page of a delivery, which stands beside its document.
#[cfg(feature = "bmc")]
pub fn delivery_page(
    delivery: &crate::site::Delivery<'_>,
    language: Language,
) -> Result<String, RenderError> {
    Ok(html::delivery_page(delivery, language)?)
}

/// Returns the place of a document of revision `number` in its successors.
pub fn revision_path(number: u32, name: &str) -> String {
    format!("revisions/{number}/{name}")
}

/// Returns which program derives files from a document: two programs of one
/// name derive the same bytes.
pub fn renderer() -> String {
    format!("assay {} {:016x}", env!("CARGO_PKG_VERSION"), SOURCES)
}

fn finish(
    kind: Kind,
    revision: u32,
    result: Vec<u8>,
    root: Digests,
    mut files: BTreeMap<String, Vec<u8>>,
    options: RenderOptions,
) -> Result<Bundle, RenderError> {
    files.extend(derived(kind, &result, options)?);
    files.insert(RESULT.to_owned(), result);
    let manifest = Manifest::of(kind, revision, &renderer(), options, root.clone(), &files)?;
    files.insert(MANIFEST.to_owned(), canonical::to_bytes(&manifest)?);
    Ok(Bundle { files, root })
}

/// A digest of the sources that decide what the derived files look like, so
/// that two builds of one version are not taken for one renderer.
const SOURCES: u64 = sources();

const fn sources() -> u64 {
    let files: &[&[u8]] = &[
        include_bytes!("render.rs"),
        include_bytes!("render/csv.rs"),
        include_bytes!("render/deviations.rs"),
        include_bytes!("render/html.rs"),
        include_bytes!("render/html/batch.rs"),
        include_bytes!("render/html/cases.rs"),
        include_bytes!("render/html/deviations.rs"),
        include_bytes!("render/html/hardware.rs"),
        include_bytes!("render/html/maps.rs"),
        include_bytes!("render/html/plan.rs"),
        include_bytes!("render/html/storage.rs"),
        include_bytes!("render/html/storage/comparison.rs"),
        include_bytes!("render/html/storage/heat.rs"),
        include_bytes!("render/html/storage/pictures.rs"),
        include_bytes!("render/html/storage/plot.rs"),
        include_bytes!("render/html/storage/ramp.rs"),
        include_bytes!("render/html/storage/rounds.rs"),
        include_bytes!("render/html/storage/scale.rs"),
        include_bytes!("render/html/storage/series.rs"),
        include_bytes!("render/html/storage/words.rs"),
        include_bytes!("render/html/text.rs"),
        include_bytes!("render/html/verdicts.rs"),
        include_bytes!("render/junit.rs"),
        include_bytes!("render/junit/markup.rs"),
        include_bytes!("render/ocp.rs"),
        include_bytes!("render/ocp/storage.rs"),
        include_bytes!("render/runs.rs"),
        include_bytes!("render/words.rs"),
        include_bytes!("storage.rs"),
        include_bytes!("verdict.rs"),
        include_bytes!("../output/storage/said.rs"),
        include_bytes!("../../templates/report.html"),
        include_bytes!("../../templates/batch.html"),
        include_bytes!("../../templates/plan.html"),
        include_bytes!("../../templates/report.css"),
    ];
    // FNV-1a: an identifier, not a protection.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut file = 0;
    while file < files.len() {
        let mut at = 0;
        while at < files[file].len() {
            hash = (hash ^ files[file][at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        file += 1;
    }
    hash
}
