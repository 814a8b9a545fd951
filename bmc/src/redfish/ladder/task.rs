//! What is still done after an answer: where its task is, and how that stands (DSP0266 §14).

use std::time::Duration;

use serde_json::Value;

use super::{
    message::Said,
    script::{Reply, Script, Told},
    session::local,
};
use crate::{dialect::Rules, operation::firmware::Stage, redfish::tree};

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs, or its state is none that is known: firmware has its own.
    Running,
    /// It ended well.
    Good,
    /// It ended, and not well: what it says.
    Failed(Said),
}

/// Returns where the task of an answer is: `Location`, the link of the body, or its `Id`.
pub fn place(reply: &Reply, rules: &Rules) -> Option<String> {
    if !reply.is(&[200, 201, 202]) {
        return None;
    }
    if let Some(place) = reply.header("location").and_then(local) {
        return Some(place);
    }
    if !rules.has("task-no-location") {
        return None;
    }
    let body = reply.json();
    let is_task = |path: &String| path.contains("/Task");
    let link = body.get("@odata.id").and_then(Value::as_str).and_then(tree::path);
    link.filter(is_task).or_else(|| {
        let kind = body.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
        let shows = kind.contains("Task") || body.get("TaskState").is_some() || reply.is(&[202]);
        let id = body.get("Id").or_else(|| body.get("TaskId")).filter(|_| shows)?;
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        tree::path(&format!("/redfish/v1/TaskService/Tasks/{id}"))
    })
}

/// Returns whether an answer with a good status is a failure all the same: its body is an error,
/// and none of those that say that it went well, or it has a code of completion other than 0.
pub fn is_failure(reply: &Reply, rules: &Rules) -> bool {
    let body = reply.json();
    if !reply.is_good() {
        return true;
    }
    let code = body.get("cc").and_then(Value::as_i64);
    if code.is_some_and(|code| code != 0) && rules.has("answer-cc") {
        return true;
    }
    if body.get("error").is_none() {
        return false;
    }
    let said = Said::of(body);
    let well = ["Success", "NoOperation", "Accepted", "Created", "GeneralSuccess"];
    !(rules.has("task-200-success")
        && (well.iter().any(|id| said.is(id)) || (said.ids.is_empty() && said.text.is_empty())))
}

/// Returns how a task stands, by an answer of its monitor or its resource.
pub fn standing(reply: &Reply, rules: &Rules) -> Standing {
    let body = reply.json();
    match reply.status {
        Some(202) => return Standing::Running,
        // Finished ones are removed.
        Some(204 | 404 | 410) => return Standing::Good,
        Some(200..300) => {}
        Some(400..500) => return Standing::Failed(Said::of(body)),
        Some(_) | None => return Standing::Running,
    }
    if body.get("TaskState").is_none() {
        // A monitor that has the answer of the action itself.
        return if is_failure(reply, rules) {
            Standing::Failed(Said::of(body))
        } else {
            Standing::Good
        };
    }
    let bad_end = body
        .get("TaskStatus")
        .and_then(Value::as_str)
        .is_some_and(|health| matches!(health, "Critical" | "Warning"));
    match state(body, rules).as_deref() {
        Some("completed") if bad_end && !messages(body, rules).ids.is_empty() => {
            let said = messages(body, rules);
            if said.is("Success") { Standing::Good } else { Standing::Failed(said) }
        }
        Some("completed" | "completedok" | "mounted") => Standing::Good,
        Some("exception" | "killed" | "cancelled" | "canceled" | "failed" | "interrupted") => {
            Standing::Failed(messages(body, rules))
        }
        Some(
            "new" | "starting" | "running" | "suspended" | "pending" | "stopping" | "service"
            | "cancelling",
        ) => Standing::Running,
        // Not one of the standard's: it runs till the deadline.
        _ if rules.has("task-state-unknown") => Standing::Running,
        _ => Standing::Failed(messages(body, rules)),
    }
}

/// Returns the state of a task as one small word, or as what the dialect's numbers stand for.
pub(super) fn state(body: &Value, rules: &Rules) -> Option<String> {
    let state = body.get("TaskState")?;
    if let Some(word) = state.as_str() {
        return Some(word.to_ascii_lowercase().replace([' ', '_'], ""));
    }
    let number = state.as_u64().filter(|_| rules.has("task-state-number"))?;
    // 2 runs; of 3 no more is known than that there is nothing.
    let words = ["completed", "exception", "running", "running", "new"];
    let word = usize::try_from(number).ok().and_then(|at| words.get(at));
    Some((*word.unwrap_or(&"running")).to_owned())
}

/// Returns the state of a task as it is shown: the BMC's word, or its number with what that stands
/// for.
pub fn shown(body: &Value, rules: &Rules) -> String {
    match body.get("TaskState") {
        Some(Value::String(word)) => word.clone(),
        Some(own @ Value::Number(_)) => match state(body, rules) {
            Some(word) => format!("{own} ({word})"),
            None => own.to_string(),
        },
        _ => String::new(),
    }
}

/// Reads what a task says: a list of messages, or one.
pub fn messages(body: &Value, rules: &Rules) -> Said {
    let messages = match body.get("Messages") {
        Some(list @ Value::Array(_)) => list.clone(),
        Some(one @ Value::Object(_)) if rules.has("task-messages-object") => one.clone(),
        _ => Value::Null,
    };
    Said::of(&serde_json::json!({ "@Message.ExtendedInfo": messages }))
}

/// Returns how much of a task is done, in percent, where it tells.
pub fn percent(body: &Value) -> Option<u8> {
    // iBMC has it as text, below its own name: "100%".
    let own = body.get("Oem").and_then(Value::as_object);
    let own = own.into_iter().flat_map(|own| own.values());
    let own = own.filter_map(|own| own.get("TaskPercentage"));
    let mut said = body.get("PercentComplete").into_iter().chain(own);
    let percent = said.find_map(|value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim_end_matches(['%', ' ']).parse().ok(),
        _ => None,
    })?;
    u8::try_from(percent.min(100)).ok()
}

/// Returns how far it is by an answer of its task: one that does not answer restarts, most likely.
pub fn stage(reply: &Reply) -> Stage {
    match reply.status {
        None => Stage::Away,
        Some(_) => Stage::Working { percent: percent(reply.json()) },
    }
}

/// How following a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It ended well.
    Good,
    /// It ended, and not well.
    Failed(Said),
    /// It runs still, and there is no more time.
    Running,
}

/// Follows a task to its end, for `patience` at most.
pub fn follow(
    script: &mut Script<'_>,
    place: &str,
    rules: &Rules,
    patience: Duration,
) -> Told<Followed> {
    let until = script.elapsed() + patience;
    let mut wait = Duration::from_secs(1);
    loop {
        let reply = script.get(place)?;
        script.stage = Some(stage(reply));
        match standing(reply, rules) {
            Standing::Good => return Ok(Followed::Good),
            Standing::Failed(said) => return Ok(Followed::Failed(said)),
            Standing::Running => {}
        }
        if script.elapsed() + wait >= until || !script.has_time(wait) {
            return Ok(Followed::Running);
        }
        script.wait(wait)?;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}
