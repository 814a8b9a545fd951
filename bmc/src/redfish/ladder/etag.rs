//! A change of a resource: which `If-Match` it takes (DSP0266 §6.5, RFC 9110 §13.1.1).
//!
//! The resource is read right before. Firmware sends `ETag` in forms that it does not take back:
//! weak, with the suffix of a compressor, with quotes doubled, twice. Each form is tried, then `*`,
//! then none.

use std::time::Duration;

use serde_json::Value;

use super::{
    message::Said,
    script::{Method, Reply, Request, Script, Told},
};
use crate::dialect::Rules;

/// How long is waited where nothing fits: the resource may be changing under us.
const WAIT: Duration = Duration::from_secs(10);

/// A form of `If-Match`: the step's name, and the value; none is no header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The step.
    pub step: &'static str,
    /// The value.
    pub value: Option<String>,
}

/// Returns the forms to try of a resource as it was read, best first.
pub fn forms(reply: &Reply, rules: &Rules) -> Vec<Form> {
    let header = reply.header("etag");
    let body = reply.json().get("@odata.etag").and_then(Value::as_str);
    let mut forms: Vec<Form> = Vec::new();
    let mut add = |step: &'static str, value: Option<String>| {
        if forms.iter().all(|form| form.value != value) {
            forms.push(Form { step, value });
        }
    };
    for (step, tag) in [("as-is", header), ("body", body)] {
        add_some(&mut add, step, tag.map(str::to_owned));
    }
    for tag in header.into_iter().chain(body) {
        let each: Vec<&str> = if rules.has("etag-twice") { split(tag) } else { vec![tag] };
        for tag in each {
            if rules.has("etag-twice") {
                add("etag-twice", Some(tag.to_owned()));
            }
            let undone = tag.strip_prefix("W/").filter(|_| rules.has("etag-weak"));
            let strong = undone.unwrap_or(tag);
            if rules.has("etag-weak") {
                add("etag-weak", Some(strong.to_owned()));
            }
            if rules.has("etag-gzip")
                && let Some(plain) = strong.strip_suffix("-gzip\"")
            {
                add("etag-gzip", Some(format!("{plain}\"")));
            }
            if rules.has("etag-quotes") {
                let bare = strong.trim_matches(['"', '\\']);
                add("etag-quotes", Some(format!("\"{bare}\"")));
                add("etag-quotes", Some(bare.to_owned()));
            }
        }
    }
    let star = rules.has("etag-required").then(|| "*".to_owned());
    let has_tag = header.is_some() || body.is_some();
    if !has_tag {
        // Nothing to match: most want no header then.
        add("none", None);
    }
    add_some(&mut add, "etag-required", star);
    add("none", None);
    if let Some(first) = rules.first("etag")
        && let Some(at) = forms.iter().position(|form| form.step == first)
    {
        let form = forms.remove(at);
        forms.insert(0, form);
    }
    forms
}

fn add_some(
    add: &mut impl FnMut(&'static str, Option<String>),
    step: &'static str,
    value: Option<String>,
) {
    if value.is_some() {
        add(step, value);
    }
}

/// Returns the tags of a header that came twice, which are joined by a comma.
fn split(tags: &str) -> Vec<&str> {
    tags.split(", ").map(str::trim).filter(|tag| !tag.is_empty()).collect()
}

/// Changes a resource; returns the last answer. It is not read back here.
pub fn patch<'h>(
    script: &mut Script<'h>,
    path: &str,
    body: &Value,
    rules: &Rules,
) -> Told<&'h Reply> {
    let mut waited = false;
    loop {
        let read = script.get(path)?;
        let forms = forms(read, rules);
        let mut answer = read;
        let mut lost = false;
        for form in &forms {
            let request = Request::patch(path, form.value.clone(), body.clone());
            answer = script.ask(request.clone())?;
            if answer.status.is_none() && !lost {
                // It changes to the same however often it is sent.
                lost = true;
                answer = script.ask(request)?;
            }
            if !wants_another_tag(answer) {
                if answer.is_good() && !matches!(form.step, "as-is" | "none") {
                    let shown = form.value.as_deref().unwrap_or("-");
                    let id = rules.id(form.step);
                    script.note(
                        id,
                        &format!("If-Match 以 `{shown}` 的形式被接受"),
                        &format!("If-Match was taken in the form `{shown}`"),
                    );
                }
                return Ok(answer);
            }
        }
        if waited || !rules.has("etag-412-retry") || !script.has_time(WAIT) {
            return Ok(answer);
        }
        waited = true;
        script.wait(WAIT)?;
    }
}

/// Returns whether an answer refuses the tag and not the change.
fn wants_another_tag(reply: &Reply) -> bool {
    if reply.is(&[412, 428]) {
        return true;
    }
    // Some say it with 400.
    let said = Said::of(reply.json());
    reply.is(&[400])
        && (said.names("if-match")
            || said.names("etag")
            || said.is("PreconditionFailed")
            || said.is("PreconditionRequired"))
}

/// Returns what was asked, for a refusal.
pub const METHOD: Method = Method::Patch;
