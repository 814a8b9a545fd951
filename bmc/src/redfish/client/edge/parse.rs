//! Replies as they are read from what came.

use std::collections::BTreeMap;

use reqwest::{
    StatusCode,
    header::{self, HeaderMap},
};
use serde_json::Value;

use crate::redfish::ladder::script::{Body, Reply};

pub(super) fn reply(status: StatusCode, headers: &HeaderMap, body: Body) -> Reply {
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        named
            .entry(name.as_str().to_owned())
            .and_modify(|had| {
                had.push_str(", ");
                had.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    Reply { status: Some(status.as_u16()), headers: named, body, ..Reply::default() }
}

pub(super) fn json(bytes: &[u8], headers: &HeaderMap) -> Body {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    if text.is_empty() {
        return Body::Empty;
    }
    let page = text.first() == Some(&b'<')
        || headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"text/html"));
    // Some write vendors' names in GBK: those are read with marks where they break.
    match serde_json::from_str::<Value>(&String::from_utf8_lossy(text)) {
        Ok(value) => Body::Json(value),
        Err(_) if page => Body::Page,
        Err(error) => Body::Broken(error.to_string()),
    }
}
