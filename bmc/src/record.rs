//! Recordings: what a BMC answered, without what tells whose it is, as an archive that replays.
//!
//! [`redact`] takes a tree and gives one of the same shape, in which serial numbers, addresses and
//! names are stand-ins and secrets are gone, with a list of the places. [`archive`] writes it in
//! the layout of DMTF's mockups (DSP2043), as [`crate::redfish::load`] reads it. Both are values.

mod hide;
mod pack;
mod redact;
mod sensitive;
mod standin;

use std::{collections::BTreeMap, io};

use serde_json::{Value, json};

use crate::redfish::tree::Answer;

pub use hide::{hide, without_user};
pub use redact::{Redacted, redact};

/// A request as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The path, as it stands in the tree that is recorded.
    pub path: String,
    /// The status of HTTP; none where nothing was answered.
    pub status: Option<u16>,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
}

/// What is recorded besides the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The requests, in their order.
    pub requests: Vec<Asked>,
    /// Answers of IPMI by what was asked (`device-id`, `sdr`, `sel`, `fru`), as bytes.
    pub ipmi: BTreeMap<String, Vec<Vec<u8>>>,
}

/// Writes a recording: the bytes of a `.tar.xz`. The same input gives the same bytes.
///
/// Paths in `trace` are those of the tree before it was redacted. Answers of IPMI are written as
/// they are: whoever records them has looked at what they hold.
///
/// # Errors
/// Where packing fails, which in memory it does not.
pub fn archive(redacted: &Redacted, trace: &Trace) -> io::Result<Vec<u8>> {
    let mut files = Vec::new();
    for (path, answer) in redacted.tree.answers() {
        let Answer::Resource(resource) = answer else { continue };
        let folder = path.trim_start_matches('/');
        files.push((format!("{folder}/index.json"), text(&resource.body)));
        let mut headers = BTreeMap::new();
        headers.extend(resource.headers.iter().filter(|(name, _)| is_kept(name)));
        if !headers.is_empty() {
            files.push((format!("{folder}/headers.json"), text(&json!(headers))));
        }
    }
    files.push(("recording.json".to_owned(), text(&about(redacted, trace))));
    pack::xz(&pack::tar(&files))
}

/// Headers that say how a service is, and nothing of who asked.
fn is_kept(name: &str) -> bool {
    ["allow", "etag", "last-modified", "link", "server"].contains(&name)
}

fn text(value: &Value) -> Vec<u8> {
    let mut text = format!("{value:#}").into_bytes();
    text.push(b'\n');
    text
}

/// Returns what is told of the recording itself: `assay/bmc-recording/v1`.
fn about(redacted: &Redacted, trace: &Trace) -> Value {
    let requests = trace.requests.iter().map(|asked| {
        let path = redacted.path(&asked.path);
        json!({ "path": path, "status": asked.status, "took_ms": asked.took_ms })
    });
    let requests: Vec<Value> = requests.collect();
    let others = redacted.tree.answers().filter_map(|(path, answer)| {
        let what = match answer {
            Answer::Resource(_) => return None,
            Answer::Status(status) => json!({ "path": path, "status": status }),
            Answer::NotJson(why) => json!({ "path": path, "not_json": why }),
            Answer::TooLarge => json!({ "path": path, "too_large": true }),
            Answer::Silent(why) => json!({ "path": path, "silent": why }),
        };
        Some(what)
    });
    let others: Vec<Value> = others.collect();
    let hex = |bytes: &Vec<u8>| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(digit.into(), 16));
            }
            text
        })
    };
    let ipmi = trace
        .ipmi
        .iter()
        .map(|(name, all)| (name.clone(), all.iter().map(hex).map(Value::from).collect::<Value>()));
    let mut told = serde_json::Map::new();
    told.extend(ipmi);
    json!({ "schema": "assay/bmc-recording/v1", "requests": requests, "others": others,
        "replaced": redacted.replaced, "cut": redacted.cut, "ipmi": told })
}

#[cfg(test)]
mod tests;
