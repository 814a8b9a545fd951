//! `manifest.json`: the digests of every other file of a report.
//!
//! It is itself canonical JSON. Its `seal` is the digest of the rest of it and
//! tells damage to the manifest from damage to a file; it is no protection:
//! whoever rewrites the manifest rewrites the seal. What does protect is a
//! signature, or the verify code known from elsewhere (see [`super::verify`]).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    RenderOptions,
    canonical::{self, CanonicalError},
    digest::Digests,
    merkle,
};

/// The schema id that every manifest of this version carries.
pub const SCHEMA: &str = "assay-manifest/v1";

/// Name of the manifest in a report.
pub const MANIFEST: &str = "manifest.json";

/// Name of the result in a report.
pub const RESULT: &str = "result.json";

/// Name of the signatures in a report.
pub const SIGNATURES: &str = "signatures.json";

/// What a folder holds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A report on one machine.
    Report,
    /// A batch report on many.
    Batch,
}

/// What a report consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// What the folder holds.
    pub kind: Kind,
    /// Revision of the report.
    pub revision: u32,
    /// Which program derived the files from `result.json`.
    pub renderer: String,
    /// How it was told to.
    pub rendering: RenderOptions,
    /// Root over the machines' results; its first 16 digits are the verify code.
    pub root: Digests,
    /// Every other file, sorted by path; not the signatures.
    pub files: Vec<FileEntry>,
    /// SHA-256 of this document without the seal.
    pub seal: String,
}

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileEntry {
    /// Path below the report's folder.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 and SM3.
    #[serde(flatten)]
    pub digests: Digests,
}

impl Manifest {
    /// Returns the manifest over `files`, sealed.
    pub fn of(
        kind: Kind,
        revision: u32,
        renderer: &str,
        rendering: RenderOptions,
        root: Digests,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, CanonicalError> {
        let mut manifest = Self {
            schema: SCHEMA.to_owned(),
            kind,
            revision,
            renderer: renderer.to_owned(),
            rendering,
            root,
            files: files
                .iter()
                .map(|(path, bytes)| FileEntry {
                    path: path.clone(),
                    bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                    digests: Digests::of(bytes),
                })
                .collect(),
            seal: String::new(),
        };
        manifest.seal = seal(&canonical::to_bytes(&manifest)?)?;
        Ok(manifest)
    }

    /// Reads a manifest whose bytes are canonical and whose seal fits.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = canonical::from_bytes(bytes)?;
        if manifest.schema != SCHEMA {
            return Err(ManifestError::Schema { schema: manifest.schema });
        }
        if seal(bytes)? != manifest.seal {
            return Err(ManifestError::Seal);
        }
        Ok(manifest)
    }
}

/// Why bytes are not a manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum ManifestError {
    /// It is no canonical document.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// It is of a kind or version that this program does not know.
    #[error("has the schema `{schema}`, not `{SCHEMA}`")]
    Schema { schema: String },
    /// It was changed after it was sealed.
    #[error("was changed after it was sealed")]
    Seal,
}

/// Returns the root over one machine's result: the leaf of its name and digest.
pub fn result_root(subject: &str, result: &Digests) -> Digests {
    merkle::root([(subject, result)])
}

/// Returns the code that is printed on every page: 16 digits of the root.
pub fn verify_code(root: &Digests) -> String {
    let digits: Vec<char> = root.sha256.chars().take(16).collect();
    let groups: Vec<String> = digits.chunks(4).map(|four| four.iter().collect()).collect();
    groups.join("-")
}

/// Returns the digest of a manifest without its seal.
fn seal(bytes: &[u8]) -> Result<String, CanonicalError> {
    let mut value: Value = serde_json::from_slice(bytes)?;
    if let Some(members) = value.as_object_mut() {
        members.remove("seal");
    }
    Ok(Digests::of(&canonical::to_bytes(&value)?).sha256)
}
