//! Entity tags (RFC 9110 §8.8.3), and the forms of them that were met.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::stop;
use crate::simulate::{
    host::{Host, hex},
    knobs::Knob,
    message::{Request, Response, error},
};

/// Returns the tag of a document, with its quotes.
pub(super) fn of(body: &Value, more: &str) -> String {
    let hash = Sha256::new().chain_update(body.to_string()).chain_update(more).finalize();
    format!("\"{}\"", hex(hash.get(..8).unwrap_or_default()))
}

impl Host {
    /// Returns the headers that show a tag.
    pub(super) fn tag_headers(&self, tag: &str, request: &Request) -> Vec<(&'static str, String)> {
        if self.has(Knob::EtagNone) {
            return Vec::new();
        }
        let plain = tag.trim_matches('"');
        let encoded = request.header("accept-encoding") != Some("identity");
        let shown = if self.has(Knob::EtagWeak) {
            format!("W/{tag}")
        } else if self.has(Knob::EtagGzip) && encoded {
            format!("\"{plain}-gzip\"")
        } else if self.has(Knob::EtagQuotes) {
            format!("\"\"{plain}\"\"")
        } else if self.has(Knob::EtagStale) {
            let old: String = plain.chars().rev().collect();
            format!("\"{old}\"")
        } else {
            tag.to_owned()
        };
        let times = if self.has(Knob::EtagTwice) { 2 } else { 1 };
        (0..times).map(|_| ("etag", shown.clone())).collect()
    }

    /// Decides whether a change may be made, by the tag that it names.
    pub(super) fn match_tag(
        &mut self,
        request: &Request,
        path: &str,
        tag: &str,
    ) -> Result<(), Box<Response>> {
        let failed = || {
            let message =
                "The ETag supplied did not match the ETag required to change this resource.";
            stop(error(412, "PreconditionFailed", message, &[]))
        };
        let Some(named) = request.header("if-match") else {
            let Some(status) = self.base.knobs.value(Knob::EtagRequired) else { return Ok(()) };
            let status = if status == 412 { 412 } else { 428 };
            let message =
                "A precondition header or annotation is required to change this resource.";
            return stop(error(status, "PreconditionRequired", message, &[]));
        };
        if self.has(Knob::EtagNone) {
            return if named == "*" { Ok(()) } else { failed() };
        }
        if self.has(Knob::Etag412Retry) && !self.refused_once.iter().any(|one| one == path) {
            self.refused_once.push(path.to_owned());
            return failed();
        }
        // A weak tag never matches here (RFC 9110 §13.1.1).
        if named == "*" || named.split(',').any(|one| one.trim() == tag) {
            Ok(())
        } else {
            failed()
        }
    }
}
