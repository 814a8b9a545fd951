//! Inserting an image into virtual media: the standard's action, the form of a change, and the
//! action that iBMC and its kin have instead.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    action::{self, Advertised},
    eject, etag,
    message::{Said, encoded},
    remote,
    script::{Method, Note, Refusal, Reply, Request, Script, Told, Verdict},
    slot::{Slot, bare, slot, slots},
    task::{self, Followed},
    way,
};
use crate::{
    credential::Secret,
    dialect::{Feature, Rules},
    operation::Outcome,
};

/// Slots that are tried.
const SLOTS: usize = 4;
/// Seconds between looks: iBMC needs 15 s to mount.
const LOOKS: &[u64] = &[1, 1, 2, 3, 5, 5, 8, 10, 10, 15];

/// What is to be inserted.
#[derive(Debug)]
pub struct Image<'a> {
    /// Its URL, which the BMC fetches itself.
    pub url: &'a str,
    /// The slot, by its name; else the best one.
    pub slot: Option<&'a str>,
    /// Who to be at the image's server.
    pub credential: Option<(&'a str, &'a Secret)>,
    /// The image's server has a certificate that nobody signed.
    pub unsigned: bool,
}

/// Inserts an image into a slot of `owners`.
pub fn insert(
    script: &mut Script<'_>,
    owners: &[String],
    image: &Image<'_>,
    rules: &Rules,
) -> Told<Verdict> {
    let mut listed = slots(script, owners, rules)?;
    let mut enabled = false;
    if matches!(&listed, Ok(all) if all.is_empty()) {
        enabled = remote::turn_on(script, owners, rules)?;
        if enabled {
            listed = slots(script, owners, rules)?;
        }
    }
    let mut all = match listed {
        Ok(all) => all,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(named) = image.slot {
        all.retain(|slot| slot.id.eq_ignore_ascii_case(named));
    }
    if all.is_empty() {
        let why = match image.slot {
            Some(name) => {
                (format!("没有虚拟介质槽 `{name}`"), format!("there is no slot `{name}`"))
            }
            None => ("BMC 没有虚拟介质".to_owned(), "the BMC has no virtual media".to_owned()),
        };
        return Ok(Ok(Outcome::Unsupported { why }));
    }
    let scheme = image.url.split_once("://").map_or("", |(scheme, _)| scheme);
    if let Some(schemes) = rules.schemes()
        && !schemes.iter().any(|own| own.eq_ignore_ascii_case(scheme))
    {
        let list = schemes.join(", ");
        let text = (
            format!("已知此类 BMC 只取 {list} 的镜像"),
            format!("such BMCs are known to take images by {list} alone"),
        );
        // It is no step, and none to remember.
        let known = Note::of(rules.id("media-vmm-schemes"), text);
        script.notes.push(Note { quirk: None, ..known });
    }
    let mut last = Ok(lacks());
    for (at, slot) in all.iter().take(SLOTS).enumerate() {
        if at > 0 && !rules.has("media-slot-refused") {
            break;
        }
        let mut verdict = into(script, slot, image, rules)?;
        let refused =
            matches!(&verdict, Err(refusal) if !matches!(refusal.status, Some(401 | 403)));
        if refused && !enabled {
            enabled = remote::turn_on(script, owners, rules)?;
            if enabled {
                verdict = into(script, slot, image, rules)?;
            }
        }
        if let (Err(refusal), Some((_, password))) = (&mut verdict, image.credential) {
            refusal.said.forget(password.reveal());
        }
        match verdict {
            Ok(Outcome::Done | Outcome::Accepted { .. }) => {
                script.note(
                    None,
                    &format!("介质槽：{}", slot.path),
                    &format!("slot: {}", slot.path),
                );
                return Ok(verdict);
            }
            Err(ref refusal) if matches!(refusal.status, Some(401)) => return Ok(verdict),
            // A slot that cannot says less than one that refused.
            Ok(Outcome::Unsupported { .. }) if last.is_err() => {}
            other => last = other,
        }
    }
    Ok(last)
}

fn into(script: &mut Script<'_>, at: &Slot, image: &Image<'_>, rules: &Rules) -> Told<Verdict> {
    let seen = script.get(&at.path)?;
    let now = slot(&at.path, seen.json());
    if now.inserted == Some(true) {
        if now.image.as_deref() == Some(bare(image.url).as_str()) {
            script.note(None, "已插入该镜像", "it is inserted already");
            return Ok(Ok(Outcome::Done));
        }
        script.note(
            None,
            "槽中已有介质，先弹出",
            "something was in the slot and was ejected first",
        );
        match eject::from(script, at, rules)? {
            Ok(Outcome::Done) => {}
            other => return Ok(other),
        }
    }
    let body = seen.json();
    if image.unsigned && way::verifies(body) {
        unverified(script, at, rules)?;
    }
    if let Some(found) = action::find(body, "VirtualMedia.InsertMedia") {
        return by_action(script, at, &found, image, rules);
    }
    if let Some((vmm, note)) = vmm(body, &at.path, rules) {
        let verdict = by_vmm(script, at, &vmm, image, rules)?;
        script.notes.extend(note);
        return Ok(verdict);
    }
    if rules.has("media-patch") && body.get("Image").is_some() {
        return by_patch(script, at, image, rules);
    }
    Ok(Ok(lacks()))
}

/// Has a slot that looks at certificates take one that nobody signed.
fn unverified(script: &mut Script<'_>, at: &Slot, rules: &Rules) -> Told<()> {
    let answer = etag::patch(script, &at.path, &json!({ "VerifyCertificate": false }), rules)?;
    let is_taken = answer.is_good();
    let kept = is_taken && !way::verifies(script.get(&at.path)?.json());
    if kept {
        script.note(
            None,
            &format!("已将槽 `{}` 的 VerifyCertificate 设为 false：镜像由自签名证书提供", at.id),
            &format!(
                "VerifyCertificate of slot `{}` was set to false: the image is served with a \
                 certificate that nobody signed",
                at.id
            ),
        );
    } else {
        script.note(
            None,
            &format!("槽 `{}` 核对证书，且 VerifyCertificate 不能改为 false", at.id),
            &format!(
                "slot `{}` verifies certificates, and VerifyCertificate does not become false",
                at.id
            ),
        );
    }
    Ok(())
}

/// Has slots look at certificates again that did so before; returns those that do not.
pub fn verified(script: &mut Script<'_>, slots: &[String], rules: &Rules) -> Told<Vec<String>> {
    let mut left = Vec::new();
    for slot in slots {
        if way::verifies(script.get(slot)?.json()) {
            continue;
        }
        etag::patch(script, slot, &json!({ "VerifyCertificate": true }), rules)?;
        if !way::verifies(script.get(slot)?.json()) {
            left.push(slot.clone());
        }
    }
    Ok(left)
}

/// What may have to stand beside `Image`: the quirk, the names, and what a refusal calls it.
const EXTRAS: &[(&str, &[&str])] = &[
    ("media-protocol", &["TransferProtocolType"]),
    ("media-method", &["TransferMethod"]),
    ("media-creds", &["UserName", "Password"]),
    ("media-inserted", &["Inserted", "WriteProtected"]),
];

/// Returns the word for a URL's scheme (`VirtualMedia.TransferProtocolType`).
fn protocol(url: &str) -> String {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    match scheme.to_ascii_lowercase().as_str() {
        "cifs" | "smb" => "CIFS".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

fn by_action(
    script: &mut Script<'_>,
    at: &Slot,
    found: &Advertised,
    image: &Image<'_>,
    rules: &Rules,
) -> Told<Verdict> {
    let mut with: Vec<&'static str> = Vec::new();
    let first = rules.first("insert");
    with.extend(EXTRAS.iter().map(|(id, _)| *id).filter(|id| Some(*id) == first));
    if image.credential.is_some() {
        with.push("media-creds");
    }
    if !rules.has("media-no-inserted") {
        with.push("media-inserted");
    }
    let (mut again, mut removed) = (true, 0_usize);
    loop {
        let body = body(image, &with);
        let request = Request::post(&found.target, Some(Value::Object(body)));
        let reply = script.ask(request)?;
        if reply.is_good() && !task::is_failure(reply, rules) {
            for known in with.iter().filter_map(|step| rules.id(step)) {
                let id = known.id;
                script.note(
                    Some(known),
                    &format!("插入按 `{id}` 的方式被接受"),
                    &format!("inserting was taken with the step `{id}`"),
                );
            }
            return settled(script, at, image, reply, rules);
        }
        if reply.status.is_none() {
            // It may have been done.
            return settled(script, at, image, reply, rules);
        }
        let said = Said::of(reply.json());
        if reply.is(&[500, 503, 409]) && again && rules.has("eject-500") {
            // Right after an eject some need a moment.
            again = false;
            script.wait(Duration::from_secs(3))?;
            continue;
        }
        let unknown =
            said.ids.iter().any(|id| id.contains("Unknown") || id.contains("NotSupported"));
        if unknown
            && removed < EXTRAS.len()
            && let Some(index) = with.iter().position(|id| named(id, &said))
            && (with.get(index) != Some(&"media-creds") || image.credential.is_none())
        {
            with.remove(index);
            removed += 1;
            continue;
        }
        let free = EXTRAS.iter().map(|(id, _)| *id);
        let free = free.filter(|id| !with.contains(id) && rules.has(id));
        let mut free = free.collect::<Vec<_>>().into_iter();
        let wanted = free.clone().find(|id| named(id, &said)).or_else(|| free.next());
        match wanted {
            Some(id) if reply.is(&[400, 422, 500]) && !unknown => with.push(id),
            _ => return Ok(Err(Refusal::of(Method::Post, &found.target, reply))),
        }
    }
}

fn named(id: &str, said: &Said) -> bool {
    let names = EXTRAS.iter().find(|(own, _)| *own == id).map_or(&[][..], |(_, names)| *names);
    names.iter().any(|name| said.names(name))
}

fn body(image: &Image<'_>, with: &[&'static str]) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("Image".to_owned(), image.url.into());
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    for step in with {
        match *step {
            "media-protocol" => drop(put("TransferProtocolType", protocol(image.url).into())),
            "media-method" => drop(put("TransferMethod", "Stream".into())),
            "media-creds" => {
                // Some demand them even where nobody is asked for any.
                let (user, password) =
                    image.credential.map_or(("none", "none"), |(user, own)| (user, own.reveal()));
                put("UserName", user.into());
                put("Password", password.into());
            }
            _ => {
                put("Inserted", true.into());
                put("WriteProtected", true.into());
            }
        }
    }
    body
}

fn by_patch(script: &mut Script<'_>, at: &Slot, image: &Image<'_>, rules: &Rules) -> Told<Verdict> {
    let mut with = vec!["media-inserted"];
    if image.credential.is_some() {
        with.push("media-creds");
    }
    let body = Value::Object(body(image, &with));
    let answer = etag::patch(script, &at.path, &body, rules)?;
    if !answer.is_good() || task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Patch, &at.path, answer)));
    }
    let chinese = "BMC 没有插入操作，用修改属性的方式";
    script.note(
        rules.id("media-patch"),
        chinese,
        "the BMC has no action for it: its properties were set",
    );
    settled(script, at, image, answer, rules)
}

/// Returns the action of iBMC and its kin: as advertised, or where the dialect has it.
pub(crate) fn vmm(body: &Value, slot: &str, rules: &Rules) -> Option<(Advertised, Option<Note>)> {
    if !rules.has("media-vmm") {
        return None;
    }
    if let Some(found) = action::find(body, "VirtualMedia.VmmControl") {
        return Some((found, None));
    }
    let keys = body.get("Oem").and_then(Value::as_object);
    let space = keys
        .and_then(|keys| keys.keys().find(|key| rules.namespaces().contains(key)))
        .or_else(|| rules.namespaces().first())?;
    let (quirk, path) = rules.paths(Feature::Media).next()?;
    let target = path.replace("{slot}", slot).replace("{ns}", space);
    let text = (
        format!("BMC 未列出 `{target}`，按同类 BMC 的路径请求"),
        format!("`{target}` is not advertised: it was asked for as BMCs of its kind have it"),
    );
    Some((Advertised::at(target), Some(Note::of(Some(quirk), text))))
}

fn by_vmm(
    script: &mut Script<'_>,
    at: &Slot,
    vmm: &Advertised,
    image: &Image<'_>,
    rules: &Rules,
) -> Told<Verdict> {
    let url = match image.credential {
        None => image.url.to_owned(),
        Some((user, password)) => with_user(image.url, user, password),
    };
    let connect = json!({ "VmmControlType": "Connect", "Image": url });
    let disconnect = json!({ "VmmControlType": "Disconnect" });
    let mut last = None;
    for turn in 0..rules.tries(Feature::Media).max(1) {
        if turn > 0 {
            let wait = Duration::from_secs(3);
            if !script.has_time(wait) {
                break;
            }
            script.wait(wait)?;
        }
        let reply = script.ask(Request::post(&vmm.target, Some(connect.clone())))?;
        let said = Said::of(reply.json());
        if reply.is(&[401, 403, 404, 405]) {
            return Ok(Err(Refusal::of(Method::Post, &vmm.target, reply)));
        }
        if said.names("ConnectionOccupied") {
            let freed = script.ask(Request::post(&vmm.target, Some(disconnect.clone())))?;
            if let Some(place) = task::place(freed, rules) {
                task::follow(script, &place, rules, Duration::from_secs(30))?;
            }
            last = Some(Refusal::of(Method::Post, &vmm.target, reply));
            continue;
        }
        if !reply.is_good() || task::is_failure(reply, rules) {
            last = Some(Refusal::of(Method::Post, &vmm.target, reply));
            continue;
        }
        script.note(
            rules.id("media-vmm"),
            "用厂商的 VmmControl 插入",
            "it was inserted by the vendor's VmmControl",
        );
        match settled(script, at, image, reply, rules)? {
            Err(refusal) => last = Some(refusal),
            good => return Ok(good),
        }
    }
    Ok(last.map_or_else(|| Ok(lacks()), Err))
}

/// Puts user and password into a URL, percent-encoded (RFC 3986 §3.2.1).
pub(super) fn with_user(url: &str, user: &str, password: &Secret) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            format!("{scheme}://{}:{}@{rest}", encoded(user), encoded(password.reveal()))
        }
        None => url.to_owned(),
    }
}

/// Waits till the image is in.
fn settled(
    script: &mut Script<'_>,
    at: &Slot,
    image: &Image<'_>,
    answer: &Reply,
    rules: &Rules,
) -> Told<Verdict> {
    let task = task::place(answer, rules).filter(|place| *place != at.path);
    if let Some(place) = &task
        && let Followed::Failed(said) = task::follow(script, place, rules, Duration::from_mins(1))?
    {
        let what = format!("{} {place}", Method::Get.name());
        return Ok(Err(Refusal { what, status: answer.status, said: Box::new(said), cut: None }));
    }
    let mut found = "-".to_owned();
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let reply = script.get(&at.path)?;
        let now = slot(&at.path, reply.json());
        let is_in = now.inserted.unwrap_or(now.image.is_some());
        if reply.is_good() && is_in {
            return Ok(Ok(Outcome::Done));
        }
        found = now.image.unwrap_or_else(|| "-".to_owned());
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    if answer.status.is_none() {
        return Ok(Err(Refusal::of(Method::Post, &at.path, answer)));
    }
    Ok(Ok(Outcome::NotKept { sent: bare(image.url), found }))
}

fn lacks() -> Outcome {
    let why = ("BMC 不能插入虚拟介质".to_owned(), "the BMC cannot insert virtual media".to_owned());
    Outcome::Unsupported { why }
}
