//! Firmware, by the address of an image and by an image that is pushed.

use serde_json::{Map, Value};

use super::{
    Answered, Host,
    action::{bad, lacks, unknown},
    stop,
};
use crate::simulate::{
    clock::Moment,
    host::{Finish, below},
    knobs::Knob,
    message::{Request, Response, error},
};

const ACTION: &str = "UpdateService.SimpleUpdate";
/// Where iBMC has what is uploaded to it.
const UPLOADED: &str = "/tmp/web/";
/// How makes are told to keep their settings over an update: where it stands in the body, and what
/// is there; empty for whatever the image is for.
const KEEPS: &[(&str, &str, &str)] = &[
    ("xfusion", "/PreserveConfig", "true"),
    ("h3c", "/Oem/Public/Preserve", "\"Retain\""),
    ("inspur", "/Oem/Public/PreserveConf", "true"),
    ("ami", "/SaveConfig", "true"),
    ("zte", "/Oem/Public/PreserveConf", "true"),
    ("enginetech", "/Oem/Public/PreserveConf", "true"),
    ("enginetech", "/Oem/Public/ImageType", ""),
];
/// Bytes of an image that say what it is.
const HEAD: usize = 4096;

impl Host {
    /// Decides whether an update may begin: one at a time, and some are busy with themselves.
    fn may_update(&mut self) -> Result<(), Box<Response>> {
        let is_busy = self.busy_updates < self.knob(Knob::UpdateBusy, 0);
        if !is_busy && !self.updates() {
            return Ok(());
        }
        self.busy_updates = self.busy_updates.saturating_add(1);
        let message = "The service is busy with an update. Retry in 1 seconds.";
        let refused = error(503, "ServiceTemporarilyUnavailable", message, &[]);
        stop(refused.header("retry-after", "1"))
    }

    /// Takes an image in the way of iBMC: it is installed by the action, from where it is put.
    pub(super) fn upload(&mut self, request: &Request, now: Moment) -> Answered {
        let kind = request.header("content-type").unwrap_or_default();
        let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="));
        let parts = boundary.map(|mark| parts(&request.body, mark.trim_matches('"')));
        let file = parts.iter().flatten().find(|part| !part.file.is_empty());
        let Some(file) = file.filter(|file| !file.content.is_empty()) else {
            return stop(error(400, "MissingOrMalformedPart", "The request has no file.", &[]));
        };
        let content = file.content.iter().take(HEAD).copied().collect();
        self.uploaded = Some((file.file.to_owned(), content));
        let task = self.begin("Upload of a file", Finish::Nothing, false, now);
        Ok(self.accepted(&task, now))
    }

    /// Says what is wrong with an update in the form of a make.
    fn misses(&self, sent: &Map<String, Value>) -> Option<Response> {
        if self.has(Knob::UpdateNoProtocol) && sent.contains_key("TransferProtocol") {
            return Some(unknown(ACTION, "TransferProtocol"));
        }
        let in_url = self.has(Knob::UpdateCredsInUrl);
        if in_url
            && let Some(name) =
                ["Username", "UserName"].iter().find(|name| sent.contains_key(**name))
        {
            return Some(unknown(ACTION, name));
        }
        let image = sent.get("ImageURI").and_then(Value::as_str).unwrap_or_default();
        let of_user = ["sftp://", "cifs://"].iter().any(|scheme| image.starts_with(scheme));
        if in_url && of_user && !image.contains('@') {
            return Some(bad(ACTION, "ImageURI", &image.into()));
        }
        let own = sent.get("Oem").map(|oem| &oem["Public"]);
        let item = own.and_then(|own| own["FlashItem"].as_str());
        if self.has(Knob::UpdateItem) && !matches!(item, Some("BMC" | "BIOS" | "CPLD")) {
            return Some(lacks(ACTION, "FlashItem"));
        }
        let named = sent.get("Targets").and_then(Value::as_array);
        if self.has(Knob::UpdateTargets) && named.is_none_or(Vec::is_empty) {
            return Some(lacks(ACTION, "Targets"));
        }
        if !self.has(Knob::UpdateKeep) {
            return None;
        }
        let sent = Value::Object(sent.clone());
        let own = KEEPS.iter().filter(|(make, ..)| *make == self.base.make);
        let mut missing = own.filter(|(_, place, value)| {
            let found = sent.pointer(place).map(Value::to_string).unwrap_or_default();
            if value.is_empty() { found.is_empty() } else { found != *value }
        });
        let (_, place, _) = missing.next()?;
        Some(lacks(ACTION, place.rsplit('/').next().unwrap_or_default()))
    }

    pub(super) fn simple_update(&mut self, sent: &Map<String, Value>, now: Moment) -> Answered {
        self.may_update()?;
        if let Some(refused) = self.misses(sent) {
            return stop(refused);
        }
        let text = |name: &str| sent.get(name).and_then(Value::as_str);
        let Some(image) = text("ImageURI") else { return stop(lacks(ACTION, "ImageURI")) };
        let targets = sent.get("Targets").and_then(Value::as_array);
        let targets: Vec<String> =
            targets.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if let Some(target) = targets.iter().find(|target| self.raw(target).is_none()) {
            return stop(bad(ACTION, "Targets", &target.as_str().into()));
        }
        let login = text("Username").or_else(|| text("UserName")).zip(text("Password"));
        let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
        if let Some(name) = image.strip_prefix(UPLOADED) {
            let had = self.uploaded.clone().filter(|(own, _)| own == name);
            let Some((name, content)) = had else {
                return stop(bad(ACTION, "ImageURI", &image.into()));
            };
            let finish = Finish::Firmware { name, content, targets };
            let task = self.begin_update(finish, None, now);
            return Ok(self.accepted(&task, now));
        }
        let finish = Finish::Firmware { name: image.to_owned(), content: Vec::new(), targets };
        let task = self.begin_update(finish, Some((image.to_owned(), login)), now);
        Ok(self.accepted(&task, now))
    }

    pub(super) fn push(&mut self, request: &Request, now: Moment) -> Answered {
        if request.body.is_empty() {
            return stop(error(400, "MissingOrMalformedPart", "The request has no image.", &[]));
        }
        self.may_update()?;
        let content = request.body.iter().take(HEAD).copied().collect();
        let name = "the pushed image".to_owned();
        let set =
            self.raw(&below("UpdateService")).and_then(|own| own["HttpPushUriTargets"].as_array());
        let targets = set.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let targets = targets.collect();
        let finish = Finish::Firmware { name, content, targets };
        let task = self.begin_update(finish, None, now);
        Ok(self.accepted(&task, now))
    }

    pub(super) fn push_multipart(&mut self, request: &Request, now: Moment) -> Answered {
        let malformed = |what: &str| error(400, "MissingOrMalformedPart", what, &[]);
        let kind = request.header("content-type").unwrap_or_default();
        let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="));
        let Some(boundary) = boundary.filter(|_| kind.starts_with("multipart/form-data")) else {
            return stop(malformed("The request is not multipart/form-data with a boundary."));
        };
        let parts = parts(&request.body, boundary.trim_matches('"'));
        let part = |name: &str| parts.iter().find(|part| part.name == name);
        let Some(parameters) = part("UpdateParameters") else {
            return stop(malformed("The part UpdateParameters is missing."));
        };
        let Ok(parameters) = serde_json::from_slice::<Value>(parameters.content) else {
            return stop(malformed("The part UpdateParameters is not JSON."));
        };
        let Some(file) = part("UpdateFile") else {
            return stop(malformed("The part UpdateFile is missing."));
        };
        let targets = parameters["Targets"].as_array().into_iter().flatten();
        let targets = targets.filter_map(Value::as_str).map(str::to_owned).collect();
        let content = file.content.iter().take(HEAD).copied().collect();
        let name = file.file.to_owned();
        self.may_update()?;
        let finish = Finish::Firmware { name, content, targets };
        let task = self.begin_update(finish, None, now);
        Ok(self.accepted(&task, now))
    }
}

/// A part of a form (RFC 7578).
struct Part<'r> {
    name: &'r str,
    file: &'r str,
    content: &'r [u8],
}

/// Returns the parts of a form; what is no part is left out.
fn parts<'r>(body: &'r [u8], boundary: &str) -> Vec<Part<'r>> {
    let mark = format!("--{boundary}");
    let mut rest = body;
    let mut found = Vec::new();
    while let Some(from) = find(rest, mark.as_bytes()) {
        let behind = rest.get(from + mark.len()..).unwrap_or_default();
        let end = find(behind, mark.as_bytes()).unwrap_or(behind.len());
        let (part, next) = behind.split_at_checked(end).unwrap_or((behind, &[]));
        rest = next;
        let Some(gap) = find(part, b"\r\n\r\n") else { continue };
        let (head, content) = part.split_at_checked(gap).unwrap_or((part, &[]));
        let content = content.strip_prefix(b"\r\n\r\n").unwrap_or(content);
        let content = content.strip_suffix(b"\r\n").unwrap_or(content);
        let head = str::from_utf8(head).unwrap_or_default();
        let field = |name: &str| {
            let (_, behind) = head.split_once(&format!(" {name}=\""))?;
            behind.split('"').next()
        };
        if let Some(name) = field("name") {
            found.push(Part { name, file: field("filename").unwrap_or_default(), content });
        }
    }
    found
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    if what.is_empty() {
        return None;
    }
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_parts_of_a_form_are_found() {
        let body =
            b"--x\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\n\r\n{}\r\n\
            --x\r\nContent-Disposition: form-data; name=\"UpdateFile\"; filename=\"BMC-2.bin\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n\0\x01--\r\n\xff\r\n--x--\r\n";
        let parts = parts(body, "x");
        let told: Vec<_> = parts.iter().map(|one| (one.name, one.file, one.content)).collect();
        let file: &[u8] = b"\0\x01--\r\n\xff";
        assert_eq!(told, [("UpdateParameters", "", &b"{}"[..]), ("UpdateFile", "BMC-2.bin", file)]);
    }

    proptest! {
        #[test]
        fn no_form_panics(body in proptest::collection::vec(any::<u8>(), 0..300), mark in "[-a\r\n]{0,4}") {
            let _parts = parts(&body, &mark);
        }
    }
}
