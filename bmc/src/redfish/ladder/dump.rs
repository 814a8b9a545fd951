//! The bundle of all logs that a BMC makes for those who support it.
//!
//! Each family has its own pair of actions, and all of them leave the file where a POST fetches it:
//! iBMC and its kin `Manager.Dump` and `Manager.GeneralDownload`, ISBMC `CollectAllLog` and
//! `DownloadAllLog` of the collection of logs, ZTE `LogServices.Dump`, whose progress is no task, and
//! `Manager.GeneralDownload`. Only where an action is advertised something is made; that iBMC has the
//! second of its pair though older ones do not list it (3.12, recorded) is its dialect's.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    action,
    message::Said,
    place::link,
    script::{Method, Refusal, Request, Script, Told, Verdict},
    task,
};
use crate::{dialect::Rules, operation::Outcome};

/// Where iBMC and its kin put what is to be fetched.
const PLACE: &str = "/tmp/web/assay-logs.tar.gz";
/// How long a BMC may be at it.
const PATIENCE: Duration = Duration::from_mins(30);
/// Looks for which ZTE may go on showing how the run before ended.
const STALE: u32 = 3;

/// Has a BMC make the bundle; returns what fetches it, or how it ended otherwise.
pub fn collect(
    script: &mut Script<'_>,
    manager: &str,
    rules: &Rules,
) -> Told<Result<Request, Verdict>> {
    let reply = script.get(manager)?;
    if !reply.is_good() {
        return Ok(Err(Err(Refusal::of(Method::Get, manager, reply))));
    }
    let own = reply.json();
    let dump = action::find(own, "Manager.Dump");
    let listed = action::find(own, "Manager.GeneralDownload");
    let beside = || {
        let quirk = rules.id("logs-download-beside")?;
        let target = dump.as_ref()?.target.strip_suffix("Dump")?;
        script.note(
            Some(quirk),
            "BMC 未列出下载操作，按方言推定其位置",
            "the BMC does not list the action that downloads: its place was guessed by its dialect",
        );
        script.notes.last_mut()?.guessed = true;
        Some(action::Advertised::at(format!("{target}GeneralDownload")))
    };
    let download = listed.or_else(beside);
    if let (Some(dump), Some(download)) = (&dump, &download) {
        let body = json!({ "Type": "URI", "Content": PLACE });
        if let Some(end) = made(script, &dump.target, Some(body), rules)? {
            return Ok(Err(end));
        }
        let body = json!({ "TransferProtocol": "HTTPS", "Path": PLACE });
        return Ok(Ok(Request::post(&download.target, Some(body))));
    }
    let path = link(own, "/LogServices").unwrap_or_else(|| format!("{manager}/LogServices"));
    let logs = script.get(&path)?.json();
    let both = (action::find(logs, "CollectAllLog"), action::find(logs, "DownloadAllLog"));
    if let (Some(collect), Some(download)) = both {
        if let Some(end) = made(script, &collect.target, None, rules)? {
            return Ok(Err(end));
        }
        return Ok(Ok(Request::post(&download.target, None)));
    }
    if let (Some(dump), Some(download)) = (action::find(logs, "LogServices.Dump"), download) {
        let progress = action::find(logs, "LogServices.Dump/Progress");
        let progress = progress.map_or_else(|| format!("{}/Progress", dump.target), |at| at.target);
        return Ok(dumped(script, &dump.target, &progress, rules)?
            .map(|file| Request::post(&download.target, Some(json!({ "Path": file })))));
    }
    Ok(Err(Ok(Outcome::Unsupported {
        why: (
            "BMC 未列出打包日志的操作（iBMC、ISBMC、中兴的方式）；日志条目用 `sel list`".to_owned(),
            "the BMC lists no action that bundles its logs, in the way of iBMC, ISBMC or ZTE; \
             `sel list` has the entries"
                .to_owned(),
        ),
    })))
}

/// Posts what makes a bundle, and follows its task; returns how that ended unless well.
fn made(
    script: &mut Script<'_>,
    target: &str,
    body: Option<Value>,
    rules: &Rules,
) -> Told<Option<Verdict>> {
    let answer = script.ask(Request::post(target, body))?;
    if task::is_failure(answer, rules) {
        return Ok(Some(Err(Refusal::of(Method::Post, target, answer))));
    }
    let Some(place) = task::place(answer, rules) else { return Ok(None) };
    Ok(match task::follow(script, &place, rules, PATIENCE)? {
        task::Followed::Good => None,
        task::Followed::Failed(said) => Some(Err(Refusal::of_task(&place, answer.status, said))),
        task::Followed::Running => Some(Ok(Outcome::Accepted { task: Some(place) })),
    })
}

/// Has ZTE's make one; returns where it is on the BMC.
fn dumped(
    script: &mut Script<'_>,
    target: &str,
    progress: &str,
    rules: &Rules,
) -> Told<Result<String, Verdict>> {
    let before = script.get(progress)?.json();
    if let Some(end) = made(script, target, Some(json!({ "Type": "AllLogs" })), rules)? {
        return Ok(Err(end));
    }
    let until = script.elapsed() + PATIENCE;
    let (mut looks, mut wait) = (0, Duration::from_secs(1));
    loop {
        let reply = script.get(progress)?;
        let body = reply.json();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_old = looks < STALE && body == before;
        match text("State") {
            _ if is_old => {}
            state @ ("STATE_FAILED" | "STATE_ERROR") => {
                let said = json!([{ "MessageId": state, "Message": text("Message") }]);
                let said = Said::of(&json!({ "@Message.ExtendedInfo": said }));
                return Ok(Err(Err(Refusal::of_task(progress, Some(202), said))));
            }
            "STATE_COMPLETED" | "STATE_SUCCESS" | "STATE_FINISH" => {
                // A bare ending stands there till it has a name.
                let file = text("TarPath");
                let name = file.rsplit('/').next().unwrap_or_default();
                if !name.is_empty() && !name.starts_with('.') {
                    return Ok(Ok(file.to_owned()));
                }
            }
            _ => {}
        }
        looks += 1;
        if script.elapsed() + wait >= until || !script.has_time(wait) {
            return Ok(Err(Ok(Outcome::Accepted { task: Some(progress.to_owned()) })));
        }
        script.wait(wait)?;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}
