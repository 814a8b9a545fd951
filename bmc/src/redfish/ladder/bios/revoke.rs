//! Withdraws what waits for the next start of the host.
//!
//! DSP0268 has no way to: iBMC and its kin advertise an action of their own, and ISBMC has the
//! settings object deleted. Nothing is tried that neither the BMC nor its dialect knows.

use std::time::Duration;

use serde_json::json;

use super::{LOOKS, Places, Settings, none, read};
use crate::{
    dialect::Rules,
    operation::Outcome,
    redfish::ladder::{
        action,
        script::{Method, Refusal, Request, Script, Told, Verdict},
        task,
    },
};

/// The quirk by which the settings object is deleted.
const DELETE: &str = "bios-revoke-delete";

/// Withdraws all that waits, and looks that nothing does.
pub fn revoke(script: &mut Script<'_>, places: Places<'_>, rules: &Rules) -> Told<Verdict> {
    let settings = match read(script, places, false, rules)? {
        Ok(settings) => settings,
        Err(refusal) if refusal.status == Some(404) => return Ok(Ok(none())),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let waited = waiting(&settings);
    let (Some((target, _)), false) = (&settings.target, waited.is_empty()) else {
        script.note(
            None,
            "没有待生效的设置，未发送请求",
            "nothing waits for the restart; nothing was sent",
        );
        return Ok(Ok(Outcome::Done));
    };
    let mut found = None;
    for place in [target, &settings.path] {
        if found.is_none() {
            found = action::find(script.get(place)?.json(), "Settings.Revoke");
        }
    }
    let (method, place, answer) = if let Some(found) = found {
        let mut answer = script.ask(Request::post(&found.target, Some(json!({}))))?;
        if answer.is(&[400, 415]) {
            answer = script.ask(Request::post(&found.target, None))?;
        }
        (Method::Post, found.target, answer)
    } else if let Some(id) = rules.id(DELETE) {
        let answer = script.ask(Request::delete(target))?;
        script.note(
            Some(id),
            "BMC 未列出撤销操作，按方言删除了待生效设置对象",
            "the BMC lists no action for it: the object with what waits was deleted, by its dialect",
        );
        if let Some(note) = script.notes.last_mut() {
            note.guessed = true;
        }
        (Method::Delete, target.clone(), answer)
    } else {
        let why = (
            "BMC 未提供撤销待生效设置的操作；用 `bios set` 把它们设回现值".to_owned(),
            "the BMC has no way to withdraw what waits; `bios set` sets it to what is now"
                .to_owned(),
        );
        return Ok(Ok(Outcome::Unsupported { why }));
    };
    if answer.status.is_some() && task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(method, &place, answer)));
    }
    let (mut found, mut waits) = (waited, LOOKS.iter());
    loop {
        if let Ok(now) = read(script, places, false, rules)? {
            found = waiting(&now);
            if found.is_empty() {
                return Ok(Ok(Outcome::Done));
            }
        }
        let wait = waits.next().map(|wait| Duration::from_secs(*wait));
        let Some(wait) = wait.filter(|wait| script.has_time(*wait)) else { break };
        script.wait(wait)?;
    }
    let names = settings.all.iter().filter(|one| one.pending.is_some());
    let sent: Vec<String> = names.map(|one| format!("{}=-", one.name)).collect();
    Ok(Ok(Outcome::NotKept { sent: sent.join(", "), found }))
}

/// Returns what waits, with its values.
fn waiting(settings: &Settings) -> String {
    let told = settings.all.iter().filter_map(|one| {
        let pending = one.pending.as_ref()?;
        Some(format!("{}={pending}", one.name))
    });
    told.collect::<Vec<String>>().join(", ")
}
