//! Ejecting virtual media.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    action, etag,
    insert::vmm,
    script::{Method, Refusal, Reply, Request, Script, Told, Verdict},
    slot::{Slot, slot, slots},
    task,
};
use crate::{dialect::Rules, operation::Outcome};

/// Seconds between looks.
const LOOKS: &[u64] = &[1, 1, 2, 3, 5, 8];

/// Ejects what is in the slot that is named, or in every one.
pub fn eject(
    script: &mut Script<'_>,
    owners: &[String],
    named: Option<&str>,
    rules: &Rules,
) -> Told<Verdict> {
    let mut all = match slots(script, owners, rules)? {
        Ok(all) => all,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(named) = named {
        all.retain(|slot| slot.id.eq_ignore_ascii_case(named));
    }
    if all.is_empty() {
        let why = match named {
            Some(name) => {
                (format!("没有虚拟介质槽 `{name}`"), format!("there is no slot `{name}`"))
            }
            None => ("BMC 没有虚拟介质".to_owned(), "the BMC has no virtual media".to_owned()),
        };
        return Ok(Ok(Outcome::Unsupported { why }));
    }
    let full: Vec<&Slot> = all
        .iter()
        .filter(|slot| slot.inserted.unwrap_or(slot.image.is_some()) || slot.image.is_some())
        .collect();
    if full.is_empty() {
        script.note(None, "没有介质，未发送请求", "nothing is in, and nothing was sent");
    }
    // All are tried: one that stays says nothing of the others.
    let mut last = Ok(Outcome::Done);
    for slot in full {
        match from(script, slot, rules)? {
            Ok(Outcome::Done) => {}
            other => last = other,
        }
    }
    Ok(last)
}

/// Ejects what is in one slot.
pub(super) fn from(script: &mut Script<'_>, at: &Slot, rules: &Rules) -> Told<Verdict> {
    let seen = script.get(&at.path)?;
    let body = seen.json();
    if let Some(found) = action::find(body, "VirtualMedia.EjectMedia") {
        let mut reply = script.ask(Request::post(&found.target, None))?;
        if reply.is(&[400, 411, 415]) && rules.has("eject-empty-body") {
            reply = script.ask(Request::post(&found.target, Some(json!({}))))?;
        }
        return gone(script, at, Method::Post, &found.target, reply, rules);
    }
    if let Some((vmm, note)) = vmm(body, &at.path, rules) {
        let body = json!({ "VmmControlType": "Disconnect" });
        let reply = script.ask(Request::post(&vmm.target, Some(body)))?;
        script.notes.extend(note);
        return gone(script, at, Method::Post, &vmm.target, reply, rules);
    }
    if rules.has("media-patch") && body.get("Image").is_some() {
        let body = json!({ "Image": Value::Null, "Inserted": false });
        let answer = etag::patch(script, &at.path, &body, rules)?;
        return gone(script, at, Method::Patch, &at.path, answer, rules);
    }
    let why = ("BMC 不能弹出虚拟介质".to_owned(), "the BMC cannot eject virtual media".to_owned());
    Ok(Ok(Outcome::Unsupported { why }))
}

/// Waits till the slot is empty; some answer with an error and have done it.
fn gone(
    script: &mut Script<'_>,
    at: &Slot,
    method: Method,
    target: &str,
    reply: &Reply,
    rules: &Rules,
) -> Told<Verdict> {
    let good = reply.is_good() && !task::is_failure(reply, rules);
    let unsure = reply.status.is_none()
        || (rules.has("eject-500") && reply.is(&[400, 404, 409, 500, 502, 503, 504]));
    if !good && !unsure {
        return Ok(Err(Refusal::of(method, target, reply)));
    }
    if let Some(place) = task::place(reply, rules).filter(|place| good && *place != at.path)
        && let task::Followed::Failed(said) =
            task::follow(script, &place, rules, Duration::from_secs(30))?
    {
        let what = format!("{} {place}", Method::Get.name());
        return Ok(Err(Refusal { what, status: reply.status, said: Box::new(said), cut: None }));
    }
    let mut found = String::new();
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let answer = script.get(&at.path)?;
        let now = slot(&at.path, answer.json());
        if answer.is_good() && !now.inserted.unwrap_or(now.image.is_some()) {
            if !good {
                script.note(
                    rules.id("eject-500"),
                    "BMC 报错，但介质已弹出",
                    "the BMC answered with an error and ejected it all the same",
                );
            }
            return Ok(Ok(Outcome::Done));
        }
        found = now.image.unwrap_or_else(|| "-".to_owned());
        if !good || !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    if good {
        Ok(Ok(Outcome::NotKept { sent: "-".to_owned(), found }))
    } else {
        Ok(Err(Refusal::of(method, target, reply)))
    }
}
