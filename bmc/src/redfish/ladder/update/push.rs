//! The image is sent to the BMC: in a form, or as it is.

use serde_json::{Map, Value, json};

use super::{BUSY, Plan, Sent, TIMES, deliver, sent};
use crate::{
    dialect::Rules,
    redfish::ladder::{
        etag,
        message::Said,
        script::{Method, Refusal, Request, Script, Told, Upload},
        task,
    },
};

/// The name that the standard has for the part with the image.
const PART: &str = "UpdateFile";

/// Sends it in a form, with what it is for and when it is taken into use.
pub(super) fn form<'h>(
    script: &mut Script<'h>,
    plan: &Plan<'_>,
    place: &str,
    rules: &Rules,
) -> Told<Sent<'h>> {
    let mut parameters = Map::new();
    if !plan.targets.is_empty() {
        parameters.insert("Targets".to_owned(), json!(plan.targets));
    }
    if let Some(apply) = plan.apply {
        parameters.insert("@Redfish.OperationApplyTime".to_owned(), apply.word().into());
    }
    loop {
        let form = Upload::Form { part: PART, parameters: Some(parameters.clone().into()) };
        let reply = deliver(script, plan, Request::upload(place, form), rules)?;
        let said = Said::of(reply.json());
        if reply.is(&[400]) && said.names("Targets") && !parameters.contains_key("Targets") {
            // Some ask for the list even where nothing is named in it.
            parameters.insert("Targets".to_owned(), json!([]));
            continue;
        }
        return Ok(sent(place, reply, rules));
    }
}

/// Sends it as it is; what it is for is set at the service before, and taken back behind it.
pub(super) fn plain<'h>(
    script: &mut Script<'h>,
    plan: &Plan<'_>,
    service: &Value,
    place: &str,
    rules: &Rules,
) -> Told<Sent<'h>> {
    let set = match options(service, plan) {
        Ok(set) => set,
        Err(why) => return Ok(Sent::Cannot(why)),
    };
    let Some((claim, release)) = set else {
        let reply = deliver(script, plan, Request::upload(place, Upload::Raw), rules)?;
        return Ok(sent(place, reply, rules));
    };
    if let Some(why) = free(script, plan, rules)? {
        return Ok(Sent::Cannot(why));
    }
    let reply = etag::patch(script, plan.service, &claim, rules)?;
    if !reply.is_good() || task::is_failure(reply, rules) {
        return Ok(Sent::Refused(Refusal::of(Method::Patch, plan.service, reply)));
    }
    let reply = deliver(script, plan, Request::upload(place, Upload::Raw), rules)?;
    // Whatever came of it: others may push again. It may be restarting by now.
    let was = script.outlives;
    script.outlives = true;
    let released = etag::patch(script, plan.service, &release, rules)?;
    script.outlives = was;
    if !released.is_good() {
        script.note(None, "未能把推送选项恢复原状", "the options of pushing could not be set back");
    }
    Ok(sent(place, reply, rules))
}

/// Returns what is set at the service before the image is pushed, and what is set behind it;
/// nothing where nothing is asked for. The error says what cannot be asked of this BMC.
fn options(service: &Value, plan: &Plan<'_>) -> Result<Option<(Value, Value)>, (String, String)> {
    if plan.targets.is_empty() && plan.apply.is_none() {
        return Ok(None);
    }
    let (mut claim, mut release) = (Map::new(), Map::new());
    if !plan.targets.is_empty() {
        let Some(before) = service.get("HttpPushUriTargets") else {
            return Err((
                "BMC 的推送方式不能指定部件：去掉 --target".to_owned(),
                "what is pushed to this BMC cannot be aimed at a component: leave --target out"
                    .to_owned(),
            ));
        };
        claim.insert("HttpPushUriTargets".to_owned(), json!(plan.targets));
        let before = if before.is_array() { before.clone() } else { json!([]) };
        release.insert("HttpPushUriTargets".to_owned(), before);
    }
    if let Some(apply) = plan.apply {
        let at = "/HttpPushUriOptions/HttpPushUriApplyTime";
        let Some(own) = service.pointer(at) else {
            return Err((
                "BMC 的推送方式不能指定生效时间：去掉 --apply".to_owned(),
                "what is pushed to this BMC has no time of its own: leave --apply out".to_owned(),
            ));
        };
        let options = |time: Value| json!({ "HttpPushUriApplyTime": { "ApplyTime": time } });
        claim.insert("HttpPushUriOptions".to_owned(), options(apply.word().into()));
        if let Some(before) = own.get("ApplyTime") {
            release.insert("HttpPushUriOptions".to_owned(), options(before.clone()));
        }
    }
    for busy in ["HttpPushUriTargetsBusy", "HttpPushUriOptionsBusy"] {
        if service.get(busy).is_some_and(Value::is_boolean) {
            claim.insert(busy.to_owned(), true.into());
            release.insert(busy.to_owned(), false.into());
        }
    }
    Ok(Some((claim.into(), release.into())))
}

/// Waits till nobody else pushes; returns why it is not, if it stays so.
fn free(
    script: &mut Script<'_>,
    plan: &Plan<'_>,
    _rules: &Rules,
) -> Told<Option<(String, String)>> {
    for _ in 0..TIMES {
        let now = script.get(plan.service)?;
        let is = |name: &str| now.json().get(name) == Some(&Value::Bool(true));
        if !is("HttpPushUriTargetsBusy") && !is("HttpPushUriOptionsBusy") {
            return Ok(None);
        }
        if !script.has_time(BUSY) {
            break;
        }
        script.wait(BUSY)?;
    }
    Ok(Some((
        "BMC 标明有其他人正在推送镜像".to_owned(),
        "the BMC says that somebody else pushes an image".to_owned(),
    )))
}
