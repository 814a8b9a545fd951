//! The BMC's clock and its time servers (DSP0268 `Manager`, `ManagerNetworkProtocol.NTP`).
//!
//! A date is sent as the BMC shows its own: in its zone, or without one where it has none; then in
//! UTC. What is read back is compared with the time that has passed since.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    etag,
    place::link,
    script::{Method, Note, Refusal, Reply, Script, Told, Verdict},
    task,
};
use crate::{
    dialect::{Feature, Known, Rules},
    operation::{
        Outcome,
        account::Why,
        clock::{Clock, Stamp, date_in, named, offset, read},
    },
};

/// How far a clock may be off that was set: BMCs write it on the next second, and answers take
/// their time.
const CLOSE_S: i64 = 5;
/// Seconds before each look at what was kept.
const LOOKS: &[u64] = &[1, 2, 5];
/// Servers that a resource of a dialect has places for.
const OWN: [&str; 2] = ["PreferredNtpServer", "AlternateNtpServer"];

/// What the clock is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What this machine's clock says when it is sent.
    Now,
    /// That moment, in seconds of Unix time.
    At(i64),
}

/// Returns the moment that it is, by this machine's clock: `began` is when the conversation did.
fn now(script: &Script<'_>, began: i64) -> i64 {
    began.saturating_add(i64::try_from(script.elapsed().as_secs()).unwrap_or(0))
}

/// Returns what a manager's clock shows.
fn stamp(body: &Value, rules: &Rules) -> Option<Stamp> {
    let mut stamp = read(body.get("DateTime")?.as_str()?)?;
    if stamp.offset.is_none() {
        let zone = body.get("DateTimeLocalOffset").and_then(Value::as_str);
        stamp.offset = zone.and_then(|zone| zoned(zone, rules));
    }
    Some(stamp)
}

/// Reads a zone: an offset, or a name where that is a make's way.
fn zoned(zone: &str, rules: &Rules) -> Option<i64> {
    offset(zone).or_else(|| named(zone).filter(|_| rules.has("time-zone-name")))
}

/// Reads the clock and its servers; `began` is this machine's time at the first request.
pub fn status(
    script: &mut Script<'_>,
    manager: &str,
    began: i64,
    rules: &Rules,
) -> Told<Result<Clock, Refusal>> {
    let reply = script.get(manager)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, manager, reply)));
    }
    let body = reply.json();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut clock =
        Clock { time: text("DateTime"), zone: text("DateTimeLocalOffset"), ..Clock::default() };
    if let Some(stamp) = stamp(body, rules) {
        clock.ahead_s = Some(stamp.unix().saturating_sub(now(script, began)));
        if stamp.offset.is_none() {
            script.note(
                None,
                "BMC 未写明时区，按 UTC 计",
                "the BMC does not tell its zone: it is taken for UTC",
            );
        }
    }
    if let Some(servers) = servers(script, manager, rules)? {
        clock.ntp = servers.is_on;
        clock.servers = servers.names;
    }
    Ok(Ok(clock))
}

/// Where servers of time are.
struct Servers {
    path: String,
    /// The quirk that knew the path; none where the standard has it.
    quirk: Option<Known>,
    is_on: Option<bool>,
    names: Vec<String>,
}

/// Finds the servers of time: where the standard has them, or the dialect.
fn servers(script: &mut Script<'_>, manager: &str, rules: &Rules) -> Told<Option<Servers>> {
    let body = script.get(manager)?.json();
    if let Some(path) = link(body, "/NetworkProtocol") {
        let reply = script.get(&path)?;
        if let Some(ntp) = reply.json().get("NTP").filter(|ntp| ntp.is_object()) {
            return Ok(Some(standard(path, ntp)));
        }
    }
    for (known, path) in rules.paths(Feature::Time) {
        let path = path.replace("{manager}", manager);
        let reply = script.get(&path)?;
        if reply.is_good() && reply.json().get("ServiceEnabled").is_some() {
            return Ok(Some(own(path, Some(known), reply)));
        }
    }
    Ok(None)
}

fn standard(path: String, ntp: &Value) -> Servers {
    let list = ntp.get("NTPServers").map(super::action::texts).unwrap_or_default();
    Servers {
        path,
        quirk: None,
        is_on: ntp.get("ProtocolEnabled").and_then(Value::as_bool),
        names: list.into_iter().filter(|name| !name.is_empty()).collect(),
    }
}

fn own(path: String, quirk: Option<Known>, reply: &Reply) -> Servers {
    let body = reply.json();
    let text = |name: &&str| body.get(*name).and_then(Value::as_str).map(str::to_owned);
    Servers {
        path,
        quirk,
        is_on: body.get("ServiceEnabled").and_then(Value::as_bool),
        names: OWN.iter().filter_map(text).filter(|name| !name.is_empty()).collect(),
    }
}

/// Sets the clock, and reads it back.
pub fn set(
    script: &mut Script<'_>,
    manager: &str,
    wanted: Wanted,
    began: i64,
    rules: &Rules,
) -> Told<Verdict> {
    let reply = script.get(manager)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, manager, reply)));
    }
    let Some(shown) = reply.json().get("DateTime").and_then(Value::as_str) else {
        let why = (
            "BMC 不显示时钟（可试 --protocol ipmi）".to_owned(),
            "the BMC shows no clock (IPMI may set it: --protocol ipmi)".to_owned(),
        );
        return Ok(Ok(Outcome::Unsupported { why }));
    };
    let own = read(shown);
    // As it shows its own; in UTC; without a zone, in its own one.
    let shift = stamp(reply.json(), rules).and_then(|stamp| stamp.offset);
    let mut forms = vec![own.and_then(|own| own.offset)];
    if own.is_none() {
        forms.clear();
    }
    for form in [Some(0), None] {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    let mut last = None;
    for form in forms {
        let sent = match wanted {
            Wanted::Now => now(script, began),
            Wanted::At(moment) => moment,
        };
        let at = now(script, began);
        // Without a zone, it is read in the BMC's.
        let text = match form {
            None => date_in(sent.saturating_add(shift.unwrap_or(0)), None),
            zone => date_in(sent, zone),
        };
        let answer = etag::patch(script, manager, &json!({ "DateTime": text }), rules)?;
        if answer.status.is_some() && task::is_failure(answer, rules) {
            let goes_on = answer.is(&[400, 422]);
            last = Some(Err(Refusal::of(Method::Patch, manager, answer)));
            if goes_on {
                continue;
            }
            break;
        }
        let kept = kept(script, manager, (sent, at, began), rules)?;
        let is_done = kept == Outcome::Done;
        last = Some(Ok(kept));
        if is_done {
            break;
        }
    }
    Ok(last.unwrap_or(Ok(Outcome::Accepted { task: None })))
}

/// Looks whether the clock shows what was sent at a time, and what has passed since.
fn kept(
    script: &mut Script<'_>,
    manager: &str,
    (sent, at, began): (i64, i64, i64),
    rules: &Rules,
) -> Told<Outcome> {
    let mut outcome = Outcome::Accepted { task: None };
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let reply = script.get(manager)?;
        let expected = sent.saturating_add(now(script, began).saturating_sub(at));
        if let Some(found) = stamp(reply.json(), rules) {
            if found.unix().abs_diff(expected) <= CLOSE_S.unsigned_abs() {
                return Ok(Outcome::Done);
            }
            let shown = |unix: i64| date_in(unix, Some(0));
            outcome = Outcome::NotKept { sent: shown(expected), found: shown(found.unix()) };
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    Ok(outcome)
}

/// Has the clock set by these servers, or by none, and reads it back.
pub fn follow(
    script: &mut Script<'_>,
    manager: &str,
    names: &[String],
    rules: &Rules,
) -> Told<Verdict> {
    let Some(had) = servers(script, manager, rules)? else {
        let why =
            ("BMC 不提供时间服务器设置".to_owned(), "the BMC offers no servers of time".to_owned());
        return Ok(Ok(Outcome::Unsupported { why }));
    };
    let on = !names.is_empty();
    if had.quirk.is_some()
        && let Some(why) = too_many(names)
    {
        return Ok(Ok(Outcome::Refused { why: Note::of(had.quirk, why).told() }));
    }
    let body = if had.quirk.is_none() {
        let mut ntp = json!({ "ProtocolEnabled": on });
        if on {
            ntp["NTPServers"] = names.to_vec().into();
        }
        json!({ "NTP": ntp })
    } else {
        let mut body = json!({ "ServiceEnabled": on });
        if on {
            for (at, place) in OWN.iter().enumerate() {
                body[*place] = names.get(at).map_or("", String::as_str).into();
            }
        }
        body
    };
    let answer = etag::patch(script, &had.path, &body, rules)?;
    if answer.status.is_some() && task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Patch, &had.path, answer)));
    }
    let mut found = (None, Vec::new());
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        if let Some(now) = servers(script, manager, rules)? {
            // Some fill the list up with servers of their own.
            let kept = !on || now.names.starts_with(names);
            if now.is_on == Some(on) && kept {
                if had.quirk.is_some() {
                    script.note(
                        had.quirk,
                        "经方言自有的 NTP 资源",
                        "by the dialect's own resource of NTP",
                    );
                }
                return Ok(Ok(Outcome::Done));
            }
            found = (now.is_on, now.names);
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    let shown = |on: Option<bool>, names: &[String]| {
        let on = on.map_or("-", |on| if on { "on" } else { "off" });
        format!("{on} {}", names.join(", ")).trim_end().to_owned()
    };
    let (sent, found) = (shown(Some(on), names), shown(found.0, &found.1));
    Ok(Ok(Outcome::NotKept { sent, found }))
}

fn too_many(names: &[String]) -> Option<Why> {
    (names.len() > OWN.len()).then(|| {
        (
            "该 BMC 只有两个时间服务器的位置".to_owned(),
            "this BMC has places for two servers of time".to_owned(),
        )
    })
}
