//! New firmware: the image is pushed where the BMC takes one, else it is told where to fetch it
//! (DSP0266 §12.6, DSP0268 `UpdateService`).
//!
//! What is advertised is tried in the order of how much it lets be said: a form, a plain push, the
//! upload of the vendor, `SimpleUpdate`. A way that the BMC has only in name (404, 405, 501) costs a
//! request. What became of the versions is not decided here: who asked reads them back.

mod push;
mod simple;

use std::time::Duration;

use serde_json::Value;

use super::{
    action::{self, Advertised},
    etag,
    script::{Method, Refusal, Reply, Request, Script, Told, Verdict},
    task::{self, Standing},
};
use crate::{
    credential::Secret,
    dialect::{Feature, Known, Rules},
    operation::{Outcome, firmware::ApplyTime},
    redfish::tree,
};

/// How long is waited where a BMC is busy and does not say how long.
const BUSY: Duration = Duration::from_secs(10);
/// Times that a BMC may be busy.
const TIMES: u32 = 30;
/// Longest wait between two looks at a task.
const LOOK: Duration = Duration::from_secs(5);

/// What is to be installed.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The path of the update service.
    pub service: &'a str,
    /// The collection of tasks, where there is one.
    pub tasks: Option<&'a str>,
    /// Tasks that were there before.
    pub known: &'a [String],
    /// The image as a file: its name, and its length in bytes.
    pub file: Option<(&'a str, u64)>,
    /// Where the BMC can fetch it.
    pub url: Option<&'a str>,
    /// The paths of what it is for; empty lets the BMC decide.
    pub targets: &'a [String],
    /// When it is taken into use; `None` lets the BMC decide.
    pub apply: Option<ApplyTime>,
    /// The protocol that it is fetched by; else that of the URL.
    pub protocol: Option<&'a str>,
    /// Who to be at the server of the image.
    pub credential: Option<(&'a str, &'a Secret)>,
}

/// The ways that a BMC takes an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Where a form is posted to (`MultipartHttpPushUri`).
    pub form: Option<String>,
    /// Where an image is posted to (`HttpPushUri`).
    pub push: Option<String>,
    /// Where vendors have an image uploaded to, by the quirk.
    pub upload: Option<(Known, String)>,
    /// The action by which it fetches one.
    pub simple: Option<Advertised>,
}

impl Ways {
    /// Returns whether a file can be sent to it, and need not be fetched.
    pub fn takes_files(&self) -> bool {
        self.form.is_some() || self.push.is_some() || self.upload.is_some()
    }
}

/// Returns the ways that an update service has.
pub fn ways(service: &Value, rules: &Rules) -> Ways {
    let pushed = |name: &str| service.get(name).and_then(Value::as_str).and_then(on_host);
    let simple = action::find(service, "UpdateService.SimpleUpdate");
    // What was uploaded is installed by the action.
    let upload = rules.paths(Feature::Firmware).next().filter(|_| simple.is_some());
    Ways {
        form: pushed("MultipartHttpPushUri"),
        push: pushed("HttpPushUri"),
        upload: upload.map(|(quirk, path)| (quirk, path.to_owned())),
        simple,
    }
}

/// Returns the path of a place to push to; those need not be below `/redfish` (`/mfwupdate`). The
/// host that it may name is not asked: what is sent goes to the BMC itself.
fn on_host(place: &str) -> Option<String> {
    let path = match place.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..))?,
        None => place,
    };
    let sound = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    sound.then(|| path.to_owned())
}

/// What came of one way.
enum Sent<'h> {
    /// It was taken, or nobody knows: this is the answer.
    Taken(&'h Reply),
    /// It was refused, and so it would be by the next one.
    Refused(Refusal),
    /// This BMC has not got that way, whatever it advertises.
    Lacks(Refusal),
    /// It cannot do what is wanted: in Chinese, and in English.
    Cannot((String, String)),
}

/// Has an image installed, and follows that to its end. What the BMC quotes of the credential for
/// the image's server is not told, be it of the request or of its task.
pub fn update(script: &mut Script<'_>, plan: &Plan<'_>, rules: &Rules) -> Told<Verdict> {
    let mut verdict = begun(script, plan, rules)?;
    if let (Err(refusal), Some((_, password))) = (&mut verdict, plan.credential) {
        refusal.said.forget(password.reveal());
    }
    Ok(verdict)
}

fn begun(script: &mut Script<'_>, plan: &Plan<'_>, rules: &Rules) -> Told<Verdict> {
    let read = script.get(plan.service)?;
    if !read.is_good() {
        return Ok(Err(Refusal::of(Method::Get, plan.service, read)));
    }
    let service = read.json();
    if let Some(why) = unable(service, plan) {
        return Ok(Ok(Outcome::Unsupported { why }));
    }
    let ways = ways(service, rules);
    let (mut last, mut cannot) = (None, None);
    for at in 0..4_u8 {
        let sent = match (at, plan.file) {
            (0, Some(_)) => match &ways.form {
                Some(place) => push::form(script, plan, place, rules)?,
                None => continue,
            },
            (1, Some((name, _))) => match (&ways.upload, &ways.simple) {
                (Some(upload), Some(action)) => {
                    simple::uploaded(script, plan, upload, action, name, rules)?
                }
                _ => continue,
            },
            (2, Some(_)) => match &ways.push {
                Some(place) => push::plain(script, plan, service, place, rules)?,
                None => continue,
            },
            (3, _) => match (&ways.simple, plan.url) {
                (Some(action), Some(url)) => simple::fetched(script, plan, action, url, rules)?,
                _ => continue,
            },
            _ => continue,
        };
        match sent {
            Sent::Taken(reply) => return settled(script, plan, reply, rules),
            Sent::Refused(refusal) => return Ok(Err(refusal)),
            Sent::Lacks(refusal) => last = Some(refusal),
            Sent::Cannot(why) => cannot = Some(why),
        }
    }
    Ok(match (last, cannot) {
        (Some(refusal), _) => Err(refusal),
        (None, Some(why)) => Ok(Outcome::Unsupported { why }),
        (None, None) => Ok(Outcome::Unsupported { why: lacks(&ways, plan) }),
    })
}

/// Says why nothing is sent at all.
fn unable(service: &Value, plan: &Plan<'_>) -> Option<(String, String)> {
    if service.get("ServiceEnabled") == Some(&Value::Bool(false)) {
        return Some((
            "BMC 的固件更新服务未启用".to_owned(),
            "the BMC's update service is turned off".to_owned(),
        ));
    }
    let most = service.get("MaxImageSizeBytes").and_then(Value::as_u64).filter(|most| *most > 0)?;
    let (_, length) = plan.file.filter(|(_, length)| *length > most)?;
    Some((
        format!("镜像有 {length} 字节，BMC 最多接受 {most} 字节"),
        format!("the image has {length} bytes, and the BMC takes {most} at most"),
    ))
}

fn lacks(ways: &Ways, plan: &Plan<'_>) -> (String, String) {
    let (zh, en) = match (ways.simple.is_some(), ways.takes_files(), plan.file.is_some()) {
        (false, true, false) => (
            "BMC 不从 URL 取镜像：请给出文件",
            "the BMC fetches no images: name a file instead of a URL",
        ),
        (true, false, true) => (
            "BMC 只从 URL 取镜像，而本机没有它能到达的地址",
            "the BMC only fetches images, and this machine has no address that it could reach",
        ),
        _ => ("BMC 未提供更新固件的途径", "the BMC offers no way to update firmware"),
    };
    (zh.to_owned(), en.to_owned())
}

/// Sends what begins an update: again where the BMC is busy or the connection broke before it had
/// the image, and with an `If-Match` where one is asked for.
fn deliver<'h>(
    script: &mut Script<'h>,
    plan: &Plan<'_>,
    mut request: Request,
    rules: &Rules,
) -> Told<&'h Reply> {
    let (mut cuts, mut busy, mut tags) = (0_u32, 0_u32, None);
    loop {
        let reply = script.ask(request.clone())?;
        if cuts == 0
            && let Some((sent, of)) = reply.cut
            && (sent < of || is_lost(script, plan)?)
        {
            cuts += 1;
            script.note(
                None,
                "上传中断，重新上传一次",
                "the upload broke off and was begun again, once",
            );
            script.wait(LOOK)?;
            continue;
        }
        if reply.is(&[429, 503]) && busy < TIMES {
            busy += 1;
            let wait = asked(reply).unwrap_or(BUSY);
            if script.has_time(wait) {
                script.wait(wait)?;
                continue;
            }
        }
        if reply.is(&[412, 428]) {
            if tags.is_none() {
                let read = script.get(plan.service)?;
                let forms = etag::forms(read, rules).into_iter();
                let values = forms.filter_map(|form| form.value);
                tags = Some(values.collect::<Vec<String>>().into_iter());
            }
            if let Some(tag) = tags.as_mut().and_then(Iterator::next) {
                request.if_match = Some(tag);
                continue;
            }
        }
        return Ok(reply);
    }
}

/// Returns whether an image that went out to its last byte did not get there: what is sent is held on
/// the way, so the connection may have broken before the BMC had it. It is there then, and works on
/// nothing that is new.
fn is_lost(script: &mut Script<'_>, plan: &Plan<'_>) -> Told<bool> {
    let Some(tasks) = plan.tasks else { return Ok(false) };
    let was = std::mem::replace(&mut script.outlives, true);
    script.wait(LOOK)?;
    let listed = script.get(tasks)?;
    let is_lost = listed.is_good() && new_ones(listed, plan.known).is_empty();
    script.outlives = was;
    Ok(is_lost)
}

/// Returns how long a BMC asks to wait; a date says nothing where there is no clock.
fn asked(reply: &Reply) -> Option<Duration> {
    let seconds = reply.header("retry-after")?.trim().parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds).clamp(Duration::from_secs(1), super::retry::LONGEST))
}

/// Tells what an answer means for the way that it came by.
fn sent<'h>(path: &str, reply: &'h Reply, rules: &Rules) -> Sent<'h> {
    if reply.cut.is_some_and(|(sent, of)| sent < of) {
        return Sent::Refused(Refusal::of(Method::Post, path, reply));
    }
    if reply.status.is_none() || (reply.is_good() && !task::is_failure(reply, rules)) {
        return Sent::Taken(reply);
    }
    let refusal = Refusal::of(Method::Post, path, reply);
    if reply.is(&[404, 405, 501]) { Sent::Lacks(refusal) } else { Sent::Refused(refusal) }
}

/// Follows what was begun to its end.
fn settled(
    script: &mut Script<'_>,
    plan: &Plan<'_>,
    reply: &Reply,
    rules: &Rules,
) -> Told<Verdict> {
    // From here on it may restart.
    script.outlives = true;
    if reply.status.is_none() {
        script.note(
            None,
            "发送完毕后连接中断，以读回的版本为准",
            "the connection broke when all was sent: what is read back counts",
        );
    }
    let mut place = task::place(reply, rules);
    if place.is_none()
        && let Some(tasks) = plan.tasks
    {
        place = newest(script, tasks, plan.known)?;
    }
    let Some(place) = place else {
        script.note(
            None,
            "BMC 未给出任务，以读回的版本为准",
            "the BMC named no task: what is read back counts",
        );
        return Ok(Ok(Outcome::Done));
    };
    let deferred = matches!(plan.apply, Some(ApplyTime::OnReset | ApplyTime::AtMaintenance));
    follow(script, &place, deferred, rules)
}

/// Returns a task that was not there before.
fn newest(script: &mut Script<'_>, tasks: &str, known: &[String]) -> Told<Option<String>> {
    let mut new = new_ones(script.get(tasks)?, known);
    // Several are others' too, and none can be told to be ours.
    Ok(if new.len() == 1 { new.pop() } else { None })
}

fn new_ones(tasks: &Reply, known: &[String]) -> Vec<String> {
    let members = tasks.json().get("Members").and_then(Value::as_array);
    let link = |one: &Value| one.get("@odata.id")?.as_str().and_then(tree::path);
    let all = members.into_iter().flatten().filter_map(link);
    all.filter(|path| !known.contains(path)).collect()
}

/// Follows the task of an update to its end, through a restart of the BMC; `deferred` is one that
/// waits for the host, and is not waited for.
pub fn follow(
    script: &mut Script<'_>,
    place: &str,
    deferred: bool,
    rules: &Rules,
) -> Told<Verdict> {
    script.outlives = true;
    let accepted = || Ok(Ok(Outcome::Accepted { task: Some(place.to_owned()) }));
    let mut wait = Duration::from_secs(1);
    loop {
        let reply = script.get(place)?;
        script.stage = Some(task::stage(reply));
        match task::standing(reply, rules) {
            Standing::Good => {
                if reply.json().get("TaskState").is_some_and(Value::is_number) {
                    script.note(
                        rules.id("task-state-number"),
                        "任务状态是数字，0 按“已完成”处理",
                        "the state of the task is a number, and 0 was taken for done",
                    );
                }
                return Ok(Ok(Outcome::Done));
            }
            Standing::Failed(said) => {
                return Ok(Err(Refusal::of_task(place, Some(202), said)));
            }
            Standing::Running if deferred && waits_for_host(reply.json(), rules) => {
                return accepted();
            }
            Standing::Running => {}
        }
        if !script.has_time(wait) {
            return accepted();
        }
        script.wait(wait)?;
        wait = (wait * 2).min(LOOK);
    }
}

fn waits_for_host(task: &Value, rules: &Rules) -> bool {
    let state = task::state(task, rules).unwrap_or_default();
    matches!(state.as_str(), "pending" | "suspended" | "waitingforeffect" | "new" | "service")
}

/// Returns a name as it may stand in a header: BMCs make a path of it.
pub fn file_name(name: &str) -> String {
    let plain = |at: char| if at.is_ascii_alphanumeric() || "-_.+".contains(at) { at } else { '_' };
    let name: String = name.chars().map(plain).take(120).collect();
    if name.trim_matches('.').is_empty() { "image".to_owned() } else { name }
}
