//! Volumes: made of drives in the form that the BMC takes, and removed (DSP0268 `Volume`, DSP0288).
//!
//! Whether they may be is decided in [`plan`] from what was read; here it is asked for, followed,
//! and read back.

pub mod plan;

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Map, Value, json};

use self::plan::Plan;
use super::{
    action, etag,
    message::Said,
    script::{Method, Refusal, Reply, Request, Script, Told, Verdict},
    task::{self, Followed},
};
use crate::{
    dialect::Rules,
    operation::{Outcome, raid::Init},
    redfish::tree,
};

/// Seconds between looks: controllers tell the BMC of a new volume after a while.
const LOOKS: &[u64] = &[1, 1, 2, 3, 5, 5, 10, 10, 15];
/// How long making or removing one may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// What is asked of a controller, in the order in which it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `RAIDType`, and drives below `Links` (from Volume v1.3).
    Links,
    /// `RAIDType`, and drives beside it.
    Beside,
    /// `VolumeType`, of the schemas before that.
    Old,
    /// The numbers of drives below `Oem.{ns}`, of iBMC and its kin.
    Numbers,
    /// A list of physical disks below `Oem`, of HDM.
    Disks,
}

/// Makes a volume, and looks whether it is there; the path of it is told in the notes.
pub fn create(script: &mut Script<'_>, plan: &Plan, rules: &Rules) -> Told<Verdict> {
    let collection = script.get(&plan.collection)?;
    if !collection.is_good() {
        return Ok(Err(Refusal::of(Method::Get, &plan.collection, collection)));
    }
    let body = collection.json();
    let before = members(body);
    let times = body
        .pointer("/@Redfish.OperationApplyTimeSupport/SupportedValues")
        .map(action::texts)
        .unwrap_or_default();
    let later = !times.is_empty() && !times.iter().any(|time| time == "Immediate");
    let mut last = None;
    for form in forms(script, plan, body, rules)? {
        let Some(mut sent) = shaped(plan, form, rules) else { continue };
        if later {
            sent.insert("@Redfish.OperationApplyTime".to_owned(), "OnReset".into());
        }
        let request = Request::post(&plan.collection, Some(sent.into()));
        let reply = matched(script, &plan.collection, request, rules)?;
        if reply.is_good() && !task::is_failure(reply, rules) || reply.status.is_none() {
            told(script, form, rules);
            if later {
                script.note(
                    None,
                    "控制器在主机重启后才建卷",
                    "the controller makes it when the host restarts",
                );
                return Ok(Ok(Outcome::Accepted { task: task::place(reply, rules) }));
            }
            return made(script, plan, &before, reply, rules);
        }
        let refusal = Refusal::of(Method::Post, &plan.collection, reply);
        // Only what is not understood is asked for in another form.
        if !reply.is(&[400, 422]) || !is_misread(&refusal.said) {
            return Ok(Err(refusal));
        }
        last = Some(refusal);
    }
    Ok(last.map_or_else(
        || {
            Ok(Outcome::Unsupported {
                why: (
                    "BMC 未给出硬盘在控制器中的编号，无法按其方式建卷".to_owned(),
                    "the BMC does not tell the numbers that its controller has for drives, and \
                     wants those"
                        .to_owned(),
                ),
            })
        },
        Err,
    ))
}

/// Returns whether a refusal is of the form, and not of what was asked for.
fn is_misread(said: &Said) -> bool {
    let words = ["Unknown", "Missing", "NotSupported", "NotWritable", "TypeError", "Malformed"];
    said.ids.iter().any(|id| words.iter().any(|word| id.contains(word)))
}

/// Returns the forms to try: the vendor's alone where there is one, else by what the collection
/// says of its members (`@Redfish.CollectionCapabilities`).
fn forms(
    script: &mut Script<'_>,
    plan: &Plan,
    collection: &Value,
    rules: &Rules,
) -> Told<Vec<Form>> {
    if rules.has("raid-numbers") && plan.numbers.len() == plan.drives.len() {
        return Ok(vec![Form::Numbers, Form::Links]);
    }
    if rules.has("raid-disks") {
        return Ok(vec![Form::Disks, Form::Links]);
    }
    let object = collection
        .pointer("/@Redfish.CollectionCapabilities/Capabilities/0/CapabilitiesObject/@odata.id")
        .and_then(Value::as_str)
        .and_then(tree::path);
    let Some(object) = object else { return Ok(vec![Form::Links, Form::Beside, Form::Old]) };
    let reply = script.get(&object)?;
    let names = |name: &str| {
        let own = reply.json().as_object();
        own.into_iter().flatten().any(|(key, _)| {
            key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
        })
    };
    Ok(if names("RAIDType") || !reply.is_good() {
        if names("Drives") {
            vec![Form::Beside, Form::Links]
        } else {
            vec![Form::Links, Form::Beside]
        }
    } else if names("VolumeType") {
        vec![Form::Old, Form::Links]
    } else {
        vec![Form::Links, Form::Beside, Form::Old]
    })
}

/// Returns the body in a form; `None` where the level has no word in it.
fn shaped(plan: &Plan, form: Form, rules: &Rules) -> Option<Map<String, Value>> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    let links: Value = plan.drives.iter().map(|path| json!({ "@odata.id": path })).collect();
    let level = plan.level.word();
    let spans = plan.level.spans(plan.drives.len());
    if let Some(size) = plan.size_bytes {
        put("CapacityBytes", size.into());
    }
    match form {
        Form::Links | Form::Beside | Form::Old => {
            if form == Form::Old {
                put("VolumeType", plan.level.old_word()?.into());
            } else {
                put("RAIDType", level.into());
            }
            if form == Form::Links {
                put("Links", json!({ "Drives": links }));
            } else {
                put("Drives", links);
            }
            if let Some(name) = &plan.name {
                put("Name", name.as_str().into());
            }
            if let Some(stripe) = plan.stripe_bytes {
                let name = if form == Form::Old { "OptimumIOSizeBytes" } else { "StripSizeBytes" };
                put(name, stripe.into());
            }
            if plan.encrypt {
                put("Encrypted", true.into());
            }
        }
        Form::Numbers => {
            if let Some(stripe) = plan.stripe_bytes {
                put("OptimumIOSizeBytes", stripe.into());
            }
            let mut oem = json!({ "VolumeRaidLevel": level, "Drives": plan.numbers });
            let own = oem.as_object_mut()?;
            if spans > 1 {
                own.insert("SpanNumber".to_owned(), spans.into());
            }
            if let Some(name) = &plan.name {
                own.insert("VolumeName".to_owned(), name.as_str().into());
            }
            if let Some(init) = plan.init {
                let word = if init == Init::Fast { "QuickInit" } else { "FullInit" };
                own.insert("InitializationMode".to_owned(), word.into());
            }
            let space = plan
                .namespace
                .as_deref()
                .or_else(|| rules.namespaces().first().map(String::as_str))?;
            put("Oem", json!({ space: oem }));
        }
        Form::Disks => {
            let numbers = plan.numbers.iter().map(|id| json!({ "group_id": 0, "id": id }));
            let numbers: Vec<Value> = numbers.collect();
            if numbers.len() != plan.drives.len() {
                return None;
            }
            // `RAID 0`, with the blank.
            let level = level.replacen("RAID", "RAID ", 1);
            put(
                "Oem",
                json!({ "Level": level, "SpanNum": spans, "NumDrives": numbers.len(),
                    "PhysicalDiskList": numbers }),
            );
        }
    }
    Some(body)
}

fn told(script: &mut Script<'_>, form: Form, rules: &Rules) {
    let (id, zh, en) = match form {
        Form::Links => return,
        Form::Beside => (None, "硬盘写在 Drives 中", "the drives stood beside the level"),
        Form::Old => {
            (None, "用旧的 VolumeType 写法", "the level was named as older schemas have it")
        }
        Form::Numbers => (
            rules.id("raid-numbers"),
            "用厂商的格式建卷，硬盘按控制器编号",
            "it was made in the vendor's form, with the numbers of drives",
        ),
        Form::Disks => (
            rules.id("raid-disks"),
            "用厂商的格式建卷，硬盘列于 PhysicalDiskList",
            "it was made in the vendor's form, with a list of physical disks",
        ),
    };
    script.note(id, zh, en);
}

/// Waits till the volume is there.
fn made(
    script: &mut Script<'_>,
    plan: &Plan,
    before: &[String],
    answer: &Reply,
    rules: &Rules,
) -> Told<Verdict> {
    let running = match followed(script, answer, &plan.collection, rules)? {
        Ok(running) => running,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut found = "-".to_owned();
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let listed = script.get(&plan.collection)?;
        for path in members(listed.json()).into_iter().filter(|path| !before.contains(path)) {
            let reply = script.get(&path)?;
            if !reply.is_good() {
                continue;
            }
            let (is, shown) = compared(plan, reply.json());
            if is {
                script.note(None, &format!("新卷：{path}"), &format!("the new volume: {path}"));
                return prepared(script, plan, &path, rules);
            }
            found = shown;
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    if let Some(task) = running {
        return Ok(Ok(Outcome::Accepted { task: Some(task) }));
    }
    if answer.status.is_none() {
        return Ok(Err(Refusal::of(Method::Post, &plan.collection, answer)));
    }
    let sent = format!("{} × {}", plan.level.word(), plan.drives.len());
    Ok(Ok(Outcome::NotKept { sent, found }))
}

/// Follows the task of an answer; returns it where it runs still.
fn followed(
    script: &mut Script<'_>,
    answer: &Reply,
    own: &str,
    rules: &Rules,
) -> Told<Result<Option<String>, Refusal>> {
    let Some(place) = task::place(answer, rules).filter(|place| !place.starts_with(own)) else {
        return Ok(Ok(None));
    };
    Ok(match task::follow(script, &place, rules, PATIENCE)? {
        Followed::Good => Ok(None),
        Followed::Running => Ok(Some(place)),
        Followed::Failed(said) => Err(Refusal::of_task(&place, Some(202), said)),
    })
}

/// Returns whether a volume is the one that was asked for, as far as it tells, and what it shows.
fn compared(plan: &Plan, volume: &Value) -> (bool, String) {
    let text = |at: &str| volume.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let oem = volume.get("Oem").and_then(Value::as_object);
    let oem = oem.into_iter().flat_map(|own| own.values());
    let own = { oem }.find_map(|own| own.get("VolumeRaidLevel")?.as_str().map(str::to_owned));
    let old = text("/VolumeType");
    let level = text("/RAIDType").or(own);
    let is_level = match (&level, &old) {
        (Some(level), _) => level == plan.level.word(),
        (None, Some(old)) => Some(old.as_str()) == plan.level.old_word(),
        (None, None) => true,
    };
    let listed = ["/Links/Drives", "/Drives"]
        .iter()
        .find_map(|at| volume.pointer(at)?.as_array().filter(|all| !all.is_empty()));
    let path = |link: &Value| link.get("@odata.id")?.as_str().and_then(tree::path);
    let (mut drives, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    drives.extend(listed.into_iter().flatten().filter_map(path));
    wanted.extend(plan.drives.iter().cloned());
    let is_made_of = drives.is_empty() || drives == wanted;
    let shown = level.or(old).unwrap_or_else(|| "?".to_owned());
    (is_level && is_made_of, format!("{shown} × {}", drives.len()))
}

/// Prepares a new volume, where that was asked for and did not go with the making.
fn prepared(script: &mut Script<'_>, plan: &Plan, path: &str, rules: &Rules) -> Told<Verdict> {
    let Some(init) = plan.init.filter(|_| !rules.has("raid-numbers")) else {
        return Ok(Ok(Outcome::Done));
    };
    let reply = script.get(path)?;
    let Some(found) = action::find(reply.json(), "Volume.Initialize") else {
        script.note(
            None,
            "BMC 未提供初始化操作，卷未初始化",
            "the BMC offers no initialisation: the volume is as it was made",
        );
        return Ok(Ok(Outcome::Done));
    };
    let word = if init == Init::Fast { "Fast" } else { "Slow" };
    let body = json!({ "InitializeType": word });
    let answer = script.ask(Request::post(&found.target, Some(body)))?;
    if !answer.is_good() || task::is_failure(answer, rules) {
        script.note(
            None,
            "卷已建好，但初始化被拒绝",
            "the volume is made, and its initialisation was refused",
        );
        return Ok(Err(Refusal::of(Method::Post, &found.target, answer)));
    }
    // A full one takes hours.
    let patience = Duration::from_secs(if init == Init::Fast { 120 } else { 5 });
    if let Some(place) = task::place(answer, rules) {
        match task::follow(script, &place, rules, patience)? {
            Followed::Good => {}
            Followed::Running => script.note(
                None,
                &format!("初始化进行中：{place}"),
                &format!("it is being initialised: {place}"),
            ),
            Followed::Failed(said) => {
                return Ok(Err(Refusal::of_task(&place, Some(202), said)));
            }
        }
    }
    Ok(Ok(Outcome::Done))
}

/// Removes a volume, and looks whether it is gone.
pub fn delete(
    script: &mut Script<'_>,
    volume: &str,
    collection: &str,
    rules: &Rules,
) -> Told<Verdict> {
    let answer = matched(script, volume, Request::delete(volume), rules)?;
    let is_taken = answer.is_good() && !task::is_failure(answer, rules);
    // It may be gone though no answer came.
    if !is_taken && answer.status.is_some() {
        return Ok(Err(Refusal::of(Method::Delete, volume, answer)));
    }
    let running = match followed(script, answer, volume, rules)? {
        Ok(running) => running,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let listed = script.get(collection)?;
        let is_listed = members(listed.json()).iter().any(|path| path == volume);
        if listed.is_good() && !is_listed {
            return Ok(Ok(Outcome::Done));
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    if let Some(task) = running {
        return Ok(Ok(Outcome::Accepted { task: Some(task) }));
    }
    if answer.status.is_none() {
        return Ok(Err(Refusal::of(Method::Delete, volume, answer)));
    }
    let id = volume.rsplit('/').next().unwrap_or_default();
    Ok(Ok(Outcome::NotKept { sent: "-".to_owned(), found: id.to_owned() }))
}

/// Asks with the forms of `If-Match` where one is demanded. What was refused so was not done.
fn matched<'h>(
    script: &mut Script<'h>,
    resource: &str,
    mut request: Request,
    rules: &Rules,
) -> Told<&'h Reply> {
    let reply = script.ask(request.clone())?;
    if !reply.is(&[412, 428]) {
        return Ok(reply);
    }
    let read = script.get(resource)?;
    let mut reply = reply;
    for form in etag::forms(read, rules).into_iter().filter(|form| form.value.is_some()) {
        request.if_match = form.value;
        reply = script.ask(request.clone())?;
        if !reply.is(&[412, 428]) {
            break;
        }
    }
    Ok(reply)
}

fn members(collection: &Value) -> Vec<String> {
    let members = collection.get("Members").and_then(Value::as_array);
    let link = |one: &Value| one.get("@odata.id")?.as_str().and_then(tree::path);
    members.into_iter().flatten().filter_map(link).collect()
}
