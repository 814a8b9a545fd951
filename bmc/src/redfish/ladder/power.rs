//! Power of a system: which value of `ResetType` does it, and whether it did.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    action::{self, Advertised},
    script::{Method, Refusal, Reply, Request, Script, Told, Verdict},
    task,
};
use crate::{
    dialect::Rules,
    operation::{
        Outcome,
        power::{Action, State},
    },
};

/// Seconds between looks at a host's power.
const LOOKS: &[u64] = &[1, 1, 2, 3, 5, 8, 10, 15, 15];
/// Looks at a host that was asked to shut down: its system takes its time.
const LOOKS_SOFT: usize = 4;

/// Returns the values that do it (`Resource.ResetType`), the best first.
fn values(action: Action) -> &'static [&'static str] {
    match action {
        Action::On => &["On", "ForceOn"],
        Action::Off => &["ForceOff"],
        Action::Soft => &["GracefulShutdown"],
        Action::Reset => &["ForceRestart"],
        Action::Cycle => &["PowerCycle", "ForcePowerCycle"],
    }
}

/// Returns the values of iBMC's own action (`FruControl`).
fn fru_value(action: Action) -> &'static str {
    match action {
        Action::On => "On",
        Action::Off => "ForceOff",
        Action::Soft => "GracefulShutdown",
        Action::Reset => "ForceRestart",
        Action::Cycle => "ForcePowerCycle",
    }
}

/// Reads the power of a system.
pub fn state(system: &Value) -> Option<State> {
    let word = system.get("PowerState")?.as_str()?.to_ascii_lowercase();
    Some(match word.as_str() {
        "on" => State::On,
        "off" => State::Off,
        "poweringon" => State::TurningOn,
        "poweringoff" => State::TurningOff,
        "paused" => State::Paused,
        _ => return None,
    })
}

/// Returns the state that an action leads to.
fn aim(action: Action) -> State {
    match action {
        Action::On | Action::Reset | Action::Cycle => State::On,
        Action::Off | Action::Soft => State::Off,
    }
}

/// Changes the power of the system at `path`.
pub fn power(script: &mut Script<'_>, path: &str, action: Action, rules: &Rules) -> Told<Verdict> {
    let before = script.get(path)?;
    if !before.is_good() {
        return Ok(Err(Refusal::of(Method::Get, path, before)));
    }
    let was = state(before.json());
    if !matches!(action, Action::Reset | Action::Cycle) && was == Some(aim(action)) {
        script.note(None, "已是该状态，未发送请求", "it was so already, and nothing was sent");
        return Ok(Ok(Outcome::Done));
    }
    let reset = action::find(before.json(), "ComputerSystem.Reset");
    let fru = action::find(before.json(), "ComputerSystem.FruControl");
    let (at, bodies) = match (reset, fru) {
        (Some(reset), _) => {
            let allowed = reset.allowed(script, "ResetType")?;
            let fits =
                |value: &&&str| allowed.is_empty() || allowed.iter().any(|own| own == *value);
            let bodies: Vec<Value> = values(action)
                .iter()
                .filter(fits)
                .map(|value| json!({ "ResetType": value }))
                .collect();
            if bodies.is_empty() && action == Action::Cycle {
                return off_and_on(script, path, was, rules);
            }
            if bodies.is_empty() {
                return Ok(Ok(lacks(action, &allowed)));
            }
            (reset, bodies)
        }
        (None, Some(fru)) => {
            let body = json!({ "FruID": 0, "FruControlType": fru_value(action) });
            (fru, vec![body])
        }
        (None, None) => return Ok(Ok(lacks(action, &[]))),
    };
    act(script, path, action, before, &at, &bodies, rules)
}

/// Takes the power and gives it again, where the BMC has no value that does both.
fn off_and_on(
    script: &mut Script<'_>,
    path: &str,
    was: Option<State>,
    rules: &Rules,
) -> Told<Verdict> {
    script.note(
        None,
        "BMC 没有断电重启，分关、开两步完成",
        "the BMC has no cycle: it was done as off and on",
    );
    if was != Some(State::Off) {
        match power(script, path, Action::Off, rules)? {
            Ok(Outcome::Done) => {}
            other => return Ok(other),
        }
    }
    power(script, path, Action::On, rules)
}

fn act(
    script: &mut Script<'_>,
    path: &str,
    action: Action,
    before: &Reply,
    at: &Advertised,
    bodies: &[Value],
    rules: &Rules,
) -> Told<Verdict> {
    let mut again = true;
    let mut bodies = bodies.iter();
    let mut body = bodies.next();
    loop {
        let Some(sent) = body else { return Ok(Ok(lacks(action, &[]))) };
        let reply = script.ask(Request::post(&at.target, Some(sent.clone())))?;
        if reply.is_good() && !task::is_failure(reply, rules) {
            let task = task::place(reply, rules);
            return look(script, path, action, before, task, rules);
        }
        if reply.is(&[400, 422]) {
            body = bodies.next();
            if body.is_some() {
                continue;
            }
            return Ok(Err(Refusal::of(Method::Post, &at.target, reply)));
        }
        // It may have been done: the state tells, of what leads to another one.
        let unsure = reply.status.is_none() || reply.is(&[409, 429, 500, 502, 503, 504]);
        if !unsure {
            return Ok(Err(Refusal::of(Method::Post, &at.target, reply)));
        }
        script.wait(pause(reply))?;
        let now = script.get(path)?;
        let shows = !matches!(action, Action::Reset | Action::Cycle);
        if shows && state(now.json()) == Some(aim(action)) {
            return Ok(Ok(Outcome::Done));
        }
        // Refused as busy it was not done; after a broken connection nobody knows of a restart.
        let was_not_done = shows || reply.is(&[429, 503]);
        if !(again && was_not_done) {
            return Ok(Err(Refusal::of(Method::Post, &at.target, reply)));
        }
        again = false;
    }
}

fn pause(reply: &Reply) -> Duration {
    let asked = reply.header("retry-after").and_then(|text| text.trim().parse().ok());
    Duration::from_secs(asked.unwrap_or(2)).min(super::retry::LONGEST)
}

/// Looks until the state is what it should be.
fn look(
    script: &mut Script<'_>,
    path: &str,
    action: Action,
    before: &Reply,
    task: Option<String>,
    rules: &Rules,
) -> Told<Verdict> {
    let looks = if action == Action::Soft { LOOKS_SOFT } else { LOOKS.len() };
    let last_reset = |reply: &Reply| reply.json().get("LastResetTime").cloned();
    let restarts = matches!(action, Action::Reset | Action::Cycle);
    let (mut moved, mut seen) = (false, None);
    for wait in LOOKS.iter().take(looks).map(|wait| Duration::from_secs(*wait)) {
        if !script.has_time(wait) {
            break;
        }
        let now = script.get(path)?;
        seen = state(now.json());
        moved |= seen.is_some_and(|state| state != State::On)
            || last_reset(now).is_some_and(|time| Some(time) != last_reset(before));
        let there = seen == Some(aim(action));
        if there && (!restarts || moved) {
            return Ok(Ok(Outcome::Done));
        }
        if there && script.elapsed() > Duration::from_secs(3) {
            // It is on as it was, and nothing shows that it restarted.
            return Ok(Ok(Outcome::Accepted { task }));
        }
        script.wait(wait)?;
    }
    if let Some(place) = &task
        && let task::Standing::Failed(said) = task::standing(script.get(place)?, rules)
    {
        let what = format!("{} {place}", Method::Get.name());
        return Ok(Err(Refusal { what, status: Some(200), said: Box::new(said), cut: None }));
    }
    Ok(Ok(match (seen, action) {
        (None, _) | (_, Action::Soft) => Outcome::Accepted { task },
        _ if task.is_some() => Outcome::Accepted { task },
        (Some(found), _) => {
            Outcome::NotKept { sent: word(aim(action)).to_owned(), found: word(found).to_owned() }
        }
    }))
}

fn word(state: State) -> &'static str {
    match state {
        State::On => "On",
        State::Off => "Off",
        State::TurningOn => "PoweringOn",
        State::TurningOff => "PoweringOff",
        State::Paused => "Paused",
    }
}

fn lacks(action: Action, allowed: &[String]) -> Outcome {
    let wanted = values(action).join(", ");
    let (chinese, english) = if allowed.is_empty() {
        ("BMC 未提供电源操作".to_owned(), "the BMC offers no action for its power".to_owned())
    } else {
        let has = allowed.join(", ");
        (
            format!("BMC 只支持 {has}，没有 {wanted}"),
            format!("the BMC takes {has}, and not {wanted}"),
        )
    };
    Outcome::Unsupported { why: (chinese, english) }
}
