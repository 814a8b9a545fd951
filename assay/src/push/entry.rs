//! A document on its way, and the file that holds it in the spool.
//!
//! The file is one line of JSON (the header) and then the document's own bytes:
//! what is delivered later is what was asked to be sent, to the byte. Secrets are
//! not in it; the route names the files that hold them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The layout that a header names.
const FORMAT: &str = "assay-spool/1";
/// A header is far shorter than this.
const LONGEST_HEADER: usize = 64 * 1024;

/// A document to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its schema id, `inventory/v1`.
    pub schema: String,
    /// Its bytes, JSON.
    pub body: Vec<u8>,
}

impl Document {
    /// Returns the key by which a receiver knows it again: SHA-256 of its bytes.
    pub fn key(&self) -> String {
        hex(&Sha256::digest(&self.body))
    }
}

/// Where a document goes and by which files it is authorised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The endpoint.
    pub url: String,
    /// File with the bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// PEM file with client certificate and key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_cert: Option<PathBuf>,
    /// PEM file with the authorities to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// Whether http to another machine was allowed.
    #[serde(default)]
    pub insecure_http: bool,
}

impl Route {
    /// Returns a short name of the endpoint, for file names.
    pub fn tag(&self) -> String {
        hex(&Sha256::digest(self.url.as_bytes())).chars().take(8).collect()
    }
}

/// A document in the spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it goes.
    pub route: Route,
    /// When it was queued, RFC 3339.
    pub queued_at: String,
    /// What is sent.
    pub document: Document,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    schema: String,
    key: String,
    bytes: usize,
    queued_at: String,
    route: Route,
}

/// Why a file of the spool is not an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The header is missing, too long, or not what this version writes.
    #[error("its first line is not a spool header: {0}")]
    Header(String),
    /// The bytes after the header are not those that were queued.
    #[error("its document is damaged: its digest is not the key that the header names")]
    Damaged,
}

impl Entry {
    /// Returns the bytes of its file; only a route with a path that is not UTF-8
    /// has none.
    pub fn encode(&self) -> Result<Vec<u8>, EntryError> {
        let header = Header {
            format: FORMAT.to_owned(),
            schema: self.document.schema.clone(),
            key: self.document.key(),
            bytes: self.document.body.len(),
            queued_at: self.queued_at.clone(),
            route: self.route.clone(),
        };
        let mut file =
            serde_json::to_vec(&header).map_err(|error| EntryError::Header(error.to_string()))?;
        file.push(b'\n');
        file.extend_from_slice(&self.document.body);
        Ok(file)
    }

    /// Reads the bytes of its file.
    pub fn decode(file: &[u8]) -> Result<Self, EntryError> {
        let end = file
            .iter()
            .take(LONGEST_HEADER)
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| EntryError::Header("no line end".to_owned()))?;
        let (line, body) = file.split_at(end);
        let body = body.get(1..).unwrap_or_default();
        let header: Header =
            typed_json::parse(line).map_err(|error| EntryError::Header(error.to_string()))?;
        if header.format != FORMAT {
            return Err(EntryError::Header(format!("layout `{}`", header.format)));
        }
        let document = Document { schema: header.schema, body: body.to_vec() };
        if header.bytes != body.len() || header.key != document.key() {
            return Err(EntryError::Damaged);
        }
        Ok(Self { route: header.route, queued_at: header.queued_at, document })
    }
}

/// The name of an entry's file: its place in the order, its key, its endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Place in the order.
    pub sequence: u64,
    /// Key of the document.
    pub key: String,
    /// Short name of the endpoint.
    pub route: String,
}

impl Name {
    /// Returns the file name.
    pub fn file(&self) -> String {
        format!("{:020}-{}-{}.entry", self.sequence, self.key, self.route)
    }

    /// Reads a file name; `None` where it is not an entry's.
    pub fn parse(file: &str) -> Option<Self> {
        let mut parts = file.strip_suffix(".entry")?.split('-');
        let (sequence, key, route) = (parts.next()?, parts.next()?, parts.next()?);
        let is_hex =
            |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let sound = parts.next().is_none()
            && (sequence.len(), key.len(), route.len()) == (20, 64, 8)
            && is_hex(key)
            && is_hex(route);
        let sequence = sequence.parse().ok()?;
        sound.then(|| Self { sequence, key: key.to_owned(), route: route.to_owned() })
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |value: u8| DIGITS.get(usize::from(value & 15)).copied().unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(body: Vec<u8>) -> Entry {
        Entry {
            route: Route {
                url: "https://cloud.example/v1".to_owned(),
                token_file: Some("/etc/assay/token".into()),
                client_cert: None,
                ca: None,
                insecure_http: false,
            },
            queued_at: "2026-01-02T03:04:05Z".to_owned(),
            document: Document { schema: "inventory/v1".to_owned(), body },
        }
    }

    proptest! {
        #[test]
        fn an_entry_reads_back_as_it_was_written(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let entry = entry(body);
            prop_assert_eq!(Entry::decode(&entry.encode().expect("UTF-8")), Ok(entry));
        }

        #[test]
        fn a_cut_or_changed_document_is_never_taken_for_the_one_queued(
            at in any::<prop::sample::Index>(), flip in 1_u8..,
        ) {
            let whole = entry(b"{\"schema\":\"inventory/v1\"}".to_vec()).encode().expect("UTF-8");
            let body = whole.iter().position(|byte| *byte == b'\n').expect("a header") + 1;
            let place = body + at.index(whole.len() - body);
            let mut changed = whole.clone();
            changed[place] ^= flip;
            prop_assert_eq!(Entry::decode(&changed), Err(EntryError::Damaged));
            prop_assert_eq!(Entry::decode(&whole[..place]), Err(EntryError::Damaged));
        }
    }

    #[test]
    fn a_name_reads_back_and_sorts_by_its_place() {
        let key = entry(Vec::new()).document.key();
        let name = |sequence| Name { sequence, key: key.clone(), route: "0123abcd".to_owned() };
        assert_eq!(Name::parse(&name(7).file()), Some(name(7)));
        assert!(name(9).file() < name(10).file());
        for foreign in ["lock", ".tmp-1", "7-x-y.entry", "..", "00000000000000000007-.entry"] {
            assert_eq!(Name::parse(foreign), None, "{foreign}");
        }
    }
}
