//! Settings of a host's firmware (DSP0268 `Bios`, `Settings`, `AttributeRegistry`).
//!
//! What is sent waits in a resource of its own until the host restarts: that one is read back. It
//! is where `@Redfish.Settings` says; some firmware leaves the annotation out, and its dialect
//! knows the path. Values are checked by the registry of attributes where there is one, so that
//! nothing is sent that the firmware would drop without a word.

mod registry;
mod revoke;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    action, etag,
    message::Said,
    place::link,
    script::{Method, Refusal, Request, Script, Told, Verdict},
    task,
};
use crate::{
    dialect::{Feature, Known, Rules},
    operation::{
        Outcome,
        bios::{Setting, Wanted, value},
    },
};

pub use revoke::revoke;

/// Seconds before each look at what was kept.
const LOOKS: &[u64] = &[1, 3, 10];
const ATTRIBUTES: &str = "Attributes";

/// Where a service has what this needs.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The system.
    pub system: &'a str,
    /// The collection of registries.
    pub registries: &'a str,
}

/// The settings of a system.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// All of them, by name.
    pub all: Vec<Setting>,
    /// Whether a registry says what values they take.
    pub has_registry: bool,
    /// What the firmware said of the values that it took last.
    pub said: Said,
    /// The resource itself.
    path: String,
    /// Where new values are sent, and the quirk that knew it.
    target: Option<(String, Option<Known>)>,
    /// When new values may count, in the BMC's words.
    times: Vec<String>,
}

fn none() -> Outcome {
    Outcome::Unsupported {
        why: (
            "BMC 不提供 BIOS 设置".to_owned(),
            "the BMC shows no settings of the BIOS".to_owned(),
        ),
    }
}

/// Reads the settings, what waits, and what values they take; without the last where `checks` is
/// false.
pub fn read(
    script: &mut Script<'_>,
    places: Places<'_>,
    checks: bool,
    rules: &Rules,
) -> Told<Result<Settings, Refusal>> {
    let system = script.get(places.system)?;
    if !system.is_good() {
        return Ok(Err(Refusal::of(Method::Get, places.system, system)));
    }
    let path = link(system.json(), "/Bios").unwrap_or_else(|| format!("{}/Bios", places.system));
    let reply = script.get(&path)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, &path, reply)));
    }
    let body = reply.json();
    let settings = body.get("@Redfish.Settings");
    let mut found = Settings {
        said: Said::of(&json!({ "@Message.ExtendedInfo":
            settings.and_then(|one| one.get("Messages")).cloned().unwrap_or_default() })),
        times: settings
            .and_then(|one| one.get("SupportedApplyTimes"))
            .map(action::texts)
            .unwrap_or_default(),
        ..Settings::default()
    };
    let advertised = link(body, "/@Redfish.Settings/SettingsObject").map(|path| (path, None));
    let guessed = rules
        .paths(Feature::Bios)
        .map(|(known, path)| (path.replace("{system}", places.system), Some(known)));
    let mut waiting = Map::new();
    for (target, quirk) in advertised.into_iter().chain(guessed) {
        let reply = script.get(&target)?;
        if reply.is_good() && reply.json().is_object() {
            let values = reply.json().get(ATTRIBUTES).and_then(Value::as_object);
            waiting = values.cloned().unwrap_or_default();
            found.target = Some((target, quirk));
            break;
        }
    }
    let registry = body.get("AttributeRegistry").and_then(Value::as_str);
    let known = match registry {
        Some(name) if checks => registry::read(script, places.registries, name)?,
        _ => Vec::new(),
    };
    found.has_registry = !known.is_empty();
    let now = body.get(ATTRIBUTES).and_then(Value::as_object).cloned().unwrap_or_default();
    let rule = |name: &str| known.iter().find(|(own, _)| own == name).map(|(_, rule)| rule.clone());
    for (name, value) in &now {
        let pending = waiting.get(name).filter(|pending| *pending != value).cloned();
        let rule = rule(name);
        found.all.push(Setting { name: name.clone(), value: Some(value.clone()), pending, rule });
    }
    // Some have values waiting that they do not show.
    for (name, value) in waiting.iter().filter(|(name, _)| !now.contains_key(*name)) {
        let (pending, rule) = (Some(value.clone()), rule(name));
        found.all.push(Setting { name: name.clone(), value: None, pending, rule });
    }
    found.path = path;
    Ok(Ok(found))
}

/// Sets settings for the next start, and reads back what waits.
pub fn set(
    script: &mut Script<'_>,
    places: Places<'_>,
    wanted: &[Wanted],
    rules: &Rules,
) -> Told<Verdict> {
    let settings = match read(script, places, true, rules)? {
        Ok(settings) => settings,
        Err(refusal) if refusal.status == Some(404) => return Ok(Ok(none())),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut sent = Map::new();
    for one in wanted {
        match value(one, &settings.all) {
            Ok(value) => {
                sent.insert(one.name.clone(), value);
            }
            Err(why) => return Ok(Ok(Outcome::Refused { why })),
        }
    }
    tell(script, &settings, &sent);
    // What is so already, and nothing else waits for, needs no restart.
    let is_so = |(name, value): (&String, &mut Value)| {
        let own = settings.all.iter().find(|one| one.name == *name);
        own.is_some_and(|own| match &own.pending {
            Some(pending) => pending == value,
            None => own.value.as_ref() == Some(value),
        })
    };
    sent.retain(|name, value| !is_so((name, value)));
    if sent.is_empty() {
        script.note(
            None,
            "已是所要的值，未发送请求",
            "it is so already, or waits for the restart; nothing was sent",
        );
        return Ok(Ok(Outcome::Done));
    }
    let (target, quirk) = settings.target.clone().unwrap_or_else(|| (settings.path.clone(), None));
    let on_reset = settings.times.iter().any(|time| time == "OnReset");
    let forms = if on_reset { [true, false].as_slice() } else { [false].as_slice() };
    let mut last = None;
    for timed in forms {
        let mut body = json!({ ATTRIBUTES: sent });
        if *timed && let Some(body) = body.as_object_mut() {
            let time = json!({ "@odata.type": "#Settings.v1_3_0.PreferredApplyTime",
                "ApplyTime": "OnReset" });
            body.insert("@Redfish.SettingsApplyTime".to_owned(), time);
        }
        let answer = etag::patch(script, &target, &body, rules)?;
        if answer.status.is_some() && task::is_failure(answer, rules) {
            let of_time = Said::of(answer.json()).names("ApplyTime");
            last = Some(Refusal::of(Method::Patch, &target, answer));
            if of_time {
                continue;
            }
            break;
        }
        let kept = kept(script, &settings.path, &target, &sent)?;
        if kept == Outcome::Done {
            if quirk.is_some() {
                script.note(
                    quirk,
                    &format!("BMC 未列出 `{target}`，按方言的路径写入"),
                    &format!("the BMC does not list `{target}`: it is where its dialect has it"),
                );
            }
            script.note(
                None,
                "已待生效：主机重启后起作用（`bios pending` 查看）",
                "it waits: it counts when the host has restarted (`bios pending` shows it)",
            );
        }
        return Ok(Ok(kept));
    }
    Ok(last.map_or_else(|| Ok(none()), Err))
}

/// Tells what there is to know of values before they are sent.
fn tell(script: &mut Script<'_>, settings: &Settings, sent: &Map<String, Value>) {
    if !settings.has_registry {
        script.note(
            None,
            "BMC 没有属性注册表，值未经检查",
            "the BMC has no registry of attributes, so the values were not checked",
        );
    }
    for one in &settings.all {
        if sent.contains_key(&one.name) && one.rule.as_ref().is_some_and(|rule| rule.gray) {
            script.note(
                None,
                &format!("`{}` 目前因其他设置不可用", one.name),
                &format!("`{}` is greyed out by another setting", one.name),
            );
        }
    }
}

/// Looks whether what was sent waits, or counts already.
fn kept(
    script: &mut Script<'_>,
    path: &str,
    target: &str,
    sent: &Map<String, Value>,
) -> Told<Outcome> {
    let mut found = Map::new();
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        found.clear();
        for place in [target, path] {
            let now = script.get(place)?;
            let own = now.json().get(ATTRIBUTES).and_then(Value::as_object);
            for name in sent.keys() {
                if let Some(value) = own.and_then(|own| own.get(name))
                    && found.get(name).is_none_or(|had| Some(had) != sent.get(name))
                {
                    found.insert(name.clone(), value.clone());
                }
            }
            if found == *sent {
                return Ok(Outcome::Done);
            }
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    let differs = |values: &Map<String, Value>| -> String {
        let those = sent.iter().filter(|(name, value)| found.get(*name) != Some(*value));
        let shown = those.map(|(name, _)| {
            let value = values.get(name).map_or_else(|| "-".to_owned(), Value::to_string);
            format!("{name}={value}")
        });
        shown.collect::<Vec<String>>().join(", ")
    };
    Ok(Outcome::NotKept { sent: differs(sent), found: differs(&found) })
}

/// Sets all settings to what they came with, from the next start on.
pub fn reset(script: &mut Script<'_>, places: Places<'_>, rules: &Rules) -> Told<Verdict> {
    let settings = match read(script, places, false, rules)? {
        Ok(settings) => settings,
        Err(refusal) if refusal.status == Some(404) => return Ok(Ok(none())),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let reply = script.get(&settings.path)?;
    let Some(found) = action::find(reply.json(), "Bios.ResetBios") else {
        let why = (
            "BMC 未提供恢复 BIOS 默认设置的操作".to_owned(),
            "the BMC offers no reset of the BIOS settings".to_owned(),
        );
        return Ok(Ok(Outcome::Unsupported { why }));
    };
    // A parameter is not of the standard; where it is listed, it is demanded.
    let word = found.allowed(script, "ResetType")?.into_iter().next();
    let first = word.map_or_else(|| json!({}), |word| json!({ "ResetType": word }));
    let mut answer = script.ask(Request::post(&found.target, Some(first)))?;
    if answer.is(&[400, 415]) {
        answer = script.ask(Request::post(&found.target, None))?;
    }
    if answer.status.is_some() && task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Post, &found.target, answer)));
    }
    script.note(None, "主机重启后恢复默认设置", "the defaults count when the host has restarted");
    Ok(Ok(Outcome::Accepted { task: task::place(answer, rules) }))
}
