//! Small changes: one property that is read back, and an action without a state to read.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    action, etag,
    script::{Method, Refusal, Request, Script, Told, Verdict},
    task,
};
use crate::{dialect::Rules, operation::Outcome};

/// Seconds between looks.
const LOOKS: &[u64] = &[1, 2, 5];

/// Sets one property of the resource at `path`, and reads it back.
pub fn set(
    script: &mut Script<'_>,
    path: &str,
    name: &str,
    value: &Value,
    rules: &Rules,
) -> Told<Verdict> {
    let answer = etag::patch(script, path, &json!({ name: value }), rules)?;
    if !answer.is_good() || task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Patch, path, answer)));
    }
    let mut found = Value::Null;
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let now = script.get(path)?;
        found = now.json().get(name).cloned().unwrap_or_default();
        if found == *value {
            return Ok(Ok(Outcome::Done));
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    Ok(Ok(Outcome::NotKept { sent: value.to_string(), found: found.to_string() }))
}

/// Turns the light on a case on or off: of the system, or of the chassis that it is in.
pub fn light(script: &mut Script<'_>, paths: &[String], on: bool, rules: &Rules) -> Told<Verdict> {
    let mut last = None;
    for path in paths {
        let reply = script.get(path)?;
        let body = reply.json();
        let (name, value) = if body.get("LocationIndicatorActive").is_some_and(Value::is_boolean) {
            ("LocationIndicatorActive", Value::Bool(on))
        } else if let Some(now) = body.get("IndicatorLED") {
            // One that blinks to be found is not made to shine.
            let allowed = body
                .get("IndicatorLED@Redfish.AllowableValues")
                .map(action::texts)
                .unwrap_or_default();
            let takes = |word: &str| allowed.is_empty() || allowed.iter().any(|own| own == word);
            let word = match on {
                true if takes("Blinking") && now != "Lit" => "Blinking",
                true => "Lit",
                false => "Off",
            };
            ("IndicatorLED", Value::from(word))
        } else {
            continue;
        };
        if body.get(name) == Some(&value) {
            return Ok(Ok(Outcome::Done));
        }
        let mut verdict = set(script, path, name, &value, rules)?;
        if verdict.is_err() && value == "Blinking" {
            verdict = set(script, path, name, &json!("Lit"), rules)?;
        }
        if matches!(verdict, Ok(Outcome::Done)) {
            return Ok(verdict);
        }
        last = Some(verdict);
    }
    Ok(last.unwrap_or_else(|| {
        let why = ("BMC 没有定位灯".to_owned(), "the BMC has no light to identify by".to_owned());
        Ok(Outcome::Unsupported { why })
    }))
}

/// Clears the log of a service, and looks whether it is shorter.
pub fn clear(script: &mut Script<'_>, service: &str, rules: &Rules) -> Told<Verdict> {
    let reply = script.get(service)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, service, reply)));
    }
    let body = reply.json();
    let Some(found) = action::find(body, "LogService.ClearLog") else {
        let why = ("此日志不能清除".to_owned(), "this log cannot be cleared".to_owned());
        return Ok(Ok(Outcome::Unsupported { why }));
    };
    let entries = body
        .pointer("/Entries/@odata.id")
        .and_then(Value::as_str)
        .and_then(crate::redfish::tree::path);
    let count = |script: &mut Script<'_>| -> Told<Option<u64>> {
        let Some(entries) = &entries else { return Ok(None) };
        let reply = script.get(entries)?;
        let members = reply.json().get("Members").and_then(Value::as_array).map(Vec::len);
        let said = reply.json().get("Members@odata.count").and_then(Value::as_u64);
        Ok(said.or_else(|| members.and_then(|count| u64::try_from(count).ok())))
    };
    let before = count(script)?;
    let mut answer = script.ask(Request::post(&found.target, Some(json!({}))))?;
    if answer.is(&[400, 415]) {
        answer = script.ask(Request::post(&found.target, None))?;
    }
    if !answer.is_good() || task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Post, &found.target, answer)));
    }
    let mut after = None;
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        after = count(script)?;
        match (before, after) {
            (None, _) | (_, None) => break,
            // Most log that they were cleared.
            (Some(before), Some(after)) if after <= 1 || after < before => {
                return Ok(Ok(Outcome::Done));
            }
            _ => {}
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    Ok(Ok(match after {
        Some(after) => Outcome::NotKept { sent: "0".to_owned(), found: after.to_string() },
        None => Outcome::Accepted { task: task::place(answer, rules) },
    }))
}

/// Restarts the BMC: gracefully where it can.
pub fn restart(script: &mut Script<'_>, manager: &str, rules: &Rules) -> Told<Verdict> {
    let reply = script.get(manager)?;
    let Some(found) = action::find(reply.json(), "Manager.Reset") else {
        let why = (
            "BMC 未提供重启自身的操作".to_owned(),
            "the BMC offers no restart of itself".to_owned(),
        );
        return Ok(Ok(Outcome::Unsupported { why }));
    };
    let allowed = found.allowed(script, "ResetType")?;
    let word = ["GracefulRestart", "ForceRestart"]
        .into_iter()
        .find(|word| allowed.iter().any(|own| own == word));
    // A reset without a type is of firmware before the parameter was there.
    let bodies = match word {
        Some(word) => vec![json!({ "ResetType": word })],
        None => vec![json!({ "ResetType": "ForceRestart" }), json!({})],
    };
    let mut last = None;
    for body in bodies {
        let answer = script.ask(Request::post(&found.target, Some(body)))?;
        // It may go down before it has answered.
        if answer.status.is_none() || (answer.is_good() && !task::is_failure(answer, rules)) {
            return Ok(Ok(Outcome::Accepted { task: task::place(answer, rules) }));
        }
        let refusal = Refusal::of(Method::Post, &found.target, answer);
        if !answer.is(&[400, 422]) {
            return Ok(Err(refusal));
        }
        last = Some(refusal);
    }
    Ok(last.map_or(Ok(Outcome::Accepted { task: None }), Err))
}

/// Changes the password of an account.
pub fn password(script: &mut Script<'_>, account: &str, new: &str, rules: &Rules) -> Told<Verdict> {
    let body = json!({ "Password": new });
    let answer = etag::patch(script, account, &body, rules)?;
    if answer.is_good() && !task::is_failure(answer, rules) {
        // It is shown by nobody; the next login tells.
        return Ok(Ok(Outcome::Accepted { task: None }));
    }
    let mut refusal = Refusal::of(Method::Patch, account, answer);
    refusal.said.forget(new);
    Ok(Err(refusal))
}
