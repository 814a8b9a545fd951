//! The BMC fetches the image, or takes it from where it was uploaded (`SimpleUpdate`).

use serde_json::{Map, Value, json};

use super::{Plan, Sent, deliver, file_name, sent};
use crate::{
    dialect::{Feature, Known, Rules},
    redfish::ladder::{
        action::Advertised,
        insert::with_user,
        message::Said,
        script::{Note, Request, Script, Told, Upload},
        task,
    },
};

/// Where iBMC and its kin put what is uploaded to them.
const UPLOADED: &str = "/tmp/web";
/// The name that they have for the part with the image.
const PART: &str = "file";

/// Uploads the image to where the vendor has it, and has it installed from there.
pub(super) fn uploaded<'h>(
    script: &mut Script<'h>,
    plan: &Plan<'_>,
    (quirk, path): &(Known, String),
    action: &Advertised,
    name: &str,
    rules: &Rules,
) -> Told<Sent<'h>> {
    let form = Upload::Form { part: PART, parameters: None };
    let reply = deliver(script, plan, Request::upload(path, form), rules)?;
    match sent(path, reply, rules) {
        Sent::Taken(reply) if reply.status.is_some() => {}
        Sent::Taken(reply) => {
            let refusal = super::Refusal::of(super::Method::Post, path, reply);
            return Ok(Sent::Refused(refusal));
        }
        other => return Ok(other),
    }
    if let Some(place) = task::place(reply, rules).filter(|place| place != path) {
        let patience = std::time::Duration::from_mins(5);
        if let task::Followed::Failed(said) = task::follow(script, &place, rules, patience)? {
            return Ok(Sent::Refused(super::Refusal::of_task(&place, reply.status, said)));
        }
    }
    script.note(
        Some(*quirk),
        &format!("BMC 未列出 `{path}`，按同类 BMC 上传到该处"),
        &format!("`{path}` is not advertised: it was uploaded there as to BMCs of its kind"),
    );
    let uri = format!("{UPLOADED}/{}", file_name(name));
    ask(script, plan, action, &uri, None, rules)
}

/// Has the BMC fetch the image.
pub(super) fn fetched<'h>(
    script: &mut Script<'h>,
    plan: &Plan<'_>,
    action: &Advertised,
    url: &str,
    rules: &Rules,
) -> Told<Sent<'h>> {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_uppercase();
    let protocol = match plan.protocol {
        Some(named) => named.to_ascii_uppercase(),
        None if scheme == "SMB" => "CIFS".to_owned(),
        None => scheme,
    };
    let allowed = action.allowed(script, "TransferProtocol")?;
    if !allowed.is_empty() && !allowed.iter().any(|own| own.eq_ignore_ascii_case(&protocol)) {
        let list = allowed.join(", ");
        return Ok(Sent::Cannot((
            format!("BMC 取镜像只用 {list}，而 URL 是 {protocol}"),
            format!("the BMC fetches images by {list}, and the URL is of {protocol}"),
        )));
    }
    let mut protocol = Some(protocol);
    if let Some(known) = rules.id("update-no-protocol") {
        protocol = None;
        script.note(Some(known), "协议只写在 URL 中", "the protocol stood in the URL alone");
    }
    ask(script, plan, action, url, protocol, rules)
}

/// Asks for an update from `uri`.
fn ask<'h>(
    script: &mut Script<'h>,
    plan: &Plan<'_>,
    action: &Advertised,
    uri: &str,
    protocol: Option<String>,
    rules: &Rules,
) -> Told<Sent<'h>> {
    let mut body = Map::new();
    let in_url = rules.id("update-creds-in-url").zip(plan.credential);
    let uri = in_url
        .map_or_else(|| uri.to_owned(), |(_, (user, password))| with_user(uri, user, password));
    body.insert("ImageURI".to_owned(), uri.into());
    if let Some(protocol) = protocol {
        body.insert("TransferProtocol".to_owned(), protocol.into());
    }
    if !plan.targets.is_empty() {
        body.insert("Targets".to_owned(), json!(plan.targets));
    }
    if let Some(apply) = plan.apply {
        body.insert("@Redfish.OperationApplyTime".to_owned(), apply.word().into());
    }
    if let Some((known, _)) = in_url {
        script.note(Some(known), "用户名与密码写在 URL 中", "user and password stood in the URL");
    } else if let Some((user, password)) = plan.credential {
        body.insert("Username".to_owned(), user.into());
        body.insert("Password".to_owned(), password.reveal().into());
    }
    let mut beside = match rules.beside(Feature::Firmware) {
        Some((quirk, beside)) => match filled(beside, plan) {
            Some(beside) => Some((quirk, beside)),
            None => return Ok(Sent::Cannot(Note::of(Some(quirk), unnamed()).told())),
        },
        None => None,
    };
    loop {
        let mut whole = body.clone();
        if let Some((_, beside)) = &beside {
            whole.extend(beside.clone());
        }
        let request = Request::post(&action.target, Some(whole.into()));
        let reply = deliver(script, plan, request, rules)?;
        let said = Said::of(reply.json());
        let is_unknown =
            said.ids.iter().any(|id| id.contains("Unknown") || id.contains("NotSupported"));
        if reply.is(&[400]) && is_unknown {
            // What is not known is left out, but for what was asked for.
            if said.names("TransferProtocol") && body.remove("TransferProtocol").is_some() {
                continue;
            }
            let own =
                |(_, own): &(Known, Map<String, Value>)| own.keys().any(|key| said.names(key));
            if beside.as_ref().is_some_and(own) {
                beside = None;
                continue;
            }
        }
        if let Some((quirk, _)) = beside
            && reply.is_good()
        {
            script.note(
                Some(quirk),
                "按此类 BMC 的方式附加了参数，并保留其配置",
                "parameters of BMCs of its kind were added, and its settings are kept",
            );
        }
        return Ok(sent(&action.target, reply, rules));
    }
}

/// Fills in what the update is of; `None` where that is wanted and not known.
fn filled(beside: &Map<String, Value>, plan: &Plan<'_>) -> Option<Map<String, Value>> {
    let text = Value::Object(beside.clone()).to_string();
    let text = if text.contains("{item}") { text.replace("{item}", item(plan)?) } else { text };
    match serde_json::from_str(&text) {
        Ok(Value::Object(filled)) => Some(filled),
        _ => None,
    }
}

/// Returns what vendors call the component that is meant, by the end of its path.
fn item(plan: &Plan<'_>) -> Option<&'static str> {
    let [target] = plan.targets else { return None };
    let id = target.rsplit('/').next().unwrap_or_default().to_ascii_uppercase();
    let kinds = [("BMC", "BMC"), ("BIOS", "BIOS"), ("UEFI", "BIOS"), ("CPLD", "CPLD")];
    kinds.iter().find(|(part, _)| id.contains(part)).map(|(_, item)| *item)
}

fn unnamed() -> (String, String) {
    (
        "此类 BMC 须指明镜像用于什么：用 --target 给出 BMC、BIOS 或 CPLD 中的一个".to_owned(),
        "such a BMC has to be told what the image is for: name its BMC, BIOS or CPLD with --target"
            .to_owned(),
    )
}
