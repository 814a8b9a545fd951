//! Subscriptions to events (DSP0266 §13.1; DSP0268 `EventService`, `EventDestination`).

use serde_json::{Value, json};

use super::script::{Method, Refusal, Reply, Request, Script, Told, Verdict};
use crate::{operation::Outcome, redfish::tree};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its name in the collection.
    pub id: String,
    /// Its path.
    pub path: String,
    /// Where events go; none where it is hidden.
    pub destination: Option<String>,
    /// What the service repeats in each event.
    pub context: Option<String>,
    /// By what: `Redfish`, `SNMPv2c`, `SMTP`.
    pub protocol: Option<String>,
    /// `RedfishEvent`, `SSE`, `SNMPTrap`.
    pub kind: Option<String>,
    /// `Enabled`, `Disabled`.
    pub state: Option<String>,
}

/// What is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Where events go.
    pub destination: &'a str,
    /// What is repeated in each event.
    pub context: &'a str,
}

/// Subscriptions that are read.
const MOST: usize = 200;

fn unsupported(zh: &str, en: &str) -> Outcome {
    Outcome::Unsupported { why: (zh.to_owned(), en.to_owned()) }
}

/// Reads the service; its path is that of the root's link.
fn service<'h>(script: &mut Script<'h>, path: &str) -> Told<Result<&'h Value, Refusal>> {
    let reply = script.get(path)?;
    Ok(if reply.is_good() { Ok(reply.json()) } else { Err(Refusal::of(Method::Get, path, reply)) })
}

fn collection(service: &Value) -> Option<String> {
    service.pointer("/Subscriptions/@odata.id").and_then(Value::as_str).and_then(tree::path)
}

/// Returns the subscriptions; one that cannot be read is there with its path alone.
pub fn list(script: &mut Script<'_>, at: &str) -> Told<Result<Vec<Subscription>, Refusal>> {
    let found = match service(script, at)? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(path) = collection(found) else { return Ok(Ok(Vec::new())) };
    let reply = script.get(&path)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, &path, reply)));
    }
    let members = reply.json().get("Members").and_then(Value::as_array).into_iter().flatten();
    let paths = members.filter_map(|member| tree::path(member.get("@odata.id")?.as_str()?));
    let paths: Vec<String> = paths.take(MOST).collect();
    let mut all = Vec::new();
    for path in paths {
        let reply = script.get(&path)?;
        // It may have ended since it was listed.
        if !reply.is(&[404, 410]) {
            all.push(read(&path, reply.json()));
        }
    }
    Ok(Ok(all))
}

fn read(path: &str, body: &Value) -> Subscription {
    let text = |key: &str| {
        let text = body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    Subscription {
        id: text("Id").unwrap_or_else(|| last.to_owned()),
        path: path.to_owned(),
        destination: text("Destination"),
        context: text("Context"),
        protocol: text("Protocol"),
        kind: text("SubscriptionType"),
        state: body.pointer("/Status/State").and_then(Value::as_str).map(str::to_owned),
    }
}

/// Subscribes, and reads back what was made; returns its path too.
///
/// Types of events were demanded before 1.3 of the schema and are deprecated since, so services
/// that name types and nothing newer are sent them first, and the others when they ask for them.
pub fn subscribe(
    script: &mut Script<'_>,
    at: &str,
    wanted: &Wanted<'_>,
) -> Told<(Verdict, Option<String>)> {
    let found = match service(script, at)? {
        Ok(found) => found,
        Err(refusal) => return Ok((Err(refusal), None)),
    };
    if found.get("ServiceEnabled") == Some(&Value::Bool(false)) {
        let why = unsupported("事件服务未启用", "its service of events is turned off");
        return Ok((Ok(why), None));
    }
    let Some(path) = collection(found) else {
        let why = unsupported("BMC 不支持事件订阅", "the BMC takes no subscriptions to events");
        return Ok((Ok(why), None));
    };
    let plain = json!({ "Destination": wanted.destination, "Protocol": "Redfish",
        "Context": wanted.context });
    let types = found.get("EventTypesForSubscription").and_then(Value::as_array);
    let types = types.filter(|types| !types.is_empty()).cloned();
    let is_newer = ["RegistryPrefixes", "EventFormatTypes", "ResourceTypes"]
        .iter()
        .any(|key| found.get(*key).is_some());
    let mut typed = plain.clone();
    let old = ["StatusChange", "ResourceUpdated", "ResourceAdded", "ResourceRemoved", "Alert"];
    typed["EventTypes"] = types.clone().map_or_else(|| json!(old), Value::Array);
    let bodies = if types.is_some() && !is_newer { [typed, plain] } else { [plain, typed] };
    let mut last = None;
    for body in bodies {
        let reply = script.ask(Request::post(&path, Some(body)))?;
        if reply.is_good() {
            return made(script, at, &path, wanted, reply);
        }
        let refusal = Refusal::of(Method::Post, &path, reply);
        // Whoever cannot say whether it was taken is not asked twice.
        let again = reply.is(&[400, 422]);
        last.get_or_insert(refusal);
        if !again {
            break;
        }
    }
    let refusal = last.unwrap_or_else(|| Refusal::of(Method::Post, &path, &Reply::default()));
    Ok((Err(refusal), None))
}

/// Reads back what a subscription came to: where it is said to be, else where it is listed.
fn made(
    script: &mut Script<'_>,
    at: &str,
    collection: &str,
    wanted: &Wanted<'_>,
    reply: &Reply,
) -> Told<(Verdict, Option<String>)> {
    let named = reply.header("location").map(|place| {
        // Some write the whole URL.
        let place = place.split_once("://").map_or(place, |(_, rest)| {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
        });
        place.to_owned()
    });
    let own = reply.json().get("@odata.id").and_then(Value::as_str);
    let path = named.as_deref().or(own).and_then(tree::path);
    let path = path.filter(|path| path.starts_with(collection) && path != collection);
    let seen = match path {
        Some(path) => {
            let reply = script.get(&path)?;
            reply.is_good().then(|| read(&path, reply.json()))
        }
        None => None,
    };
    let seen = match seen {
        Some(seen) => Some(seen),
        None => list(script, at)?.unwrap_or_default().into_iter().find(|one| {
            one.destination.as_deref() == Some(wanted.destination)
                && one.context.as_deref().is_none_or(|context| context == wanted.context)
        }),
    };
    let Some(seen) = seen else {
        let sent = wanted.destination.to_owned();
        return Ok((Ok(Outcome::NotKept { sent, found: "-".to_owned() }), None));
    };
    let outcome = match &seen.destination {
        Some(found) if !same(found, wanted.destination) => {
            Outcome::NotKept { sent: wanted.destination.to_owned(), found: found.clone() }
        }
        // Some hide it: that it is there is all that can be seen.
        _ => Outcome::Done,
    };
    Ok((Ok(outcome), Some(seen.path)))
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// Ends a subscription by its name or its path, and looks that it is gone.
pub fn unsubscribe(script: &mut Script<'_>, at: &str, named: &str) -> Told<Verdict> {
    let path = if let Some(path) = tree::path(named) {
        path
    } else {
        let all = match list(script, at)? {
            Ok(all) => all,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(one) = all.into_iter().find(|one| one.id == named) else {
            let why =
                (format!("没有订阅 `{named}`"), format!("there is no subscription `{named}`"));
            return Ok(Ok(Outcome::Unsupported { why }));
        };
        one.path
    };
    let reply = script.ask(Request::delete(&path))?;
    // One that is gone already is as wanted; an answer that did not come is looked after.
    if !reply.is_good() && !reply.is(&[404, 410]) && reply.status.is_some() {
        return Ok(Err(Refusal::of(Method::Delete, &path, reply)));
    }
    let seen = script.get(&path)?;
    Ok(Ok(if seen.is(&[404, 410]) {
        Outcome::Done
    } else {
        Outcome::NotKept { sent: format!("DELETE {path}"), found: path }
    }))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::redfish::ladder::script::{Body, Next};

    fn reply(status: u16, body: Value, location: Option<&str>) -> Reply {
        let headers: BTreeMap<String, String> =
            location.map(|at| ("location".to_owned(), at.to_owned())).into_iter().collect();
        Reply { status: Some(status), headers, body: Body::Json(body), ..Reply::default() }
    }

    const AT: &str = "/redfish/v1/EventService";
    const WANTED: Wanted<'_> = Wanted { destination: "http://192.0.2.1:8/x", context: "c" };

    fn old() -> Value {
        json!({ "Subscriptions": { "@odata.id": "/redfish/v1/EventService/Subscriptions" },
            "EventTypesForSubscription": ["Alert"] })
    }

    /// Plays a conversation: answers by turns; returns what was sent, and the end.
    fn play(replies: &[Reply]) -> (Vec<Request>, Option<(Verdict, Option<String>)>) {
        let mut sent = Vec::new();
        for count in 0..=replies.len() {
            let mut script = Script::new(&replies[..count], Duration::from_mins(1));
            match subscribe(&mut script, AT, &WANTED) {
                Ok(end) => return (sent, Some(end)),
                Err(next) => match *next {
                    Next::Send(request) | Next::Try(request) => sent.push(request),
                    Next::Wait(_) => {}
                },
            }
        }
        (sent, None)
    }

    #[test]
    fn an_old_service_is_sent_types_and_one_that_refuses_them_is_asked_without() {
        let there = "/redfish/v1/EventService/Subscriptions/4";
        let made = json!({ "Destination": "http://192.0.2.1:8/x", "Context": "c" });
        let (sent, end) = play(&[
            reply(200, old(), None),
            reply(400, json!({}), None),
            reply(201, Value::Null, Some(&format!("https://192.0.2.7{there}"))),
            reply(200, made, None),
        ]);
        let end = end.expect("an end");
        assert_eq!((end.0, end.1.as_deref()), (Ok(Outcome::Done), Some(there)));
        let body = |at: usize| sent[at].body.clone().expect("a body");
        assert_eq!((&body(1)["EventTypes"], body(2).get("EventTypes")), (&json!(["Alert"]), None));
    }

    #[test]
    fn what_was_not_kept_is_told_and_what_was_refused_once_is_not_asked_again() {
        let there = "/redfish/v1/EventService/Subscriptions/4";
        let other = json!({ "Destination": "http://192.0.2.9/" });
        let (_, end) = play(&[
            reply(200, old(), None),
            reply(201, json!({ "@odata.id": there }), None),
            reply(200, other, None),
        ]);
        assert!(matches!(end, Some((Ok(Outcome::NotKept { .. }), Some(_)))), "{end:?}");
        let (sent, end) = play(&[reply(200, old(), None), reply(503, json!({}), None)]);
        assert!(matches!(end, Some((Err(_), None))) && sent.len() == 2, "{end:?}");
        let (_, end) = play(&[reply(200, json!({ "ServiceEnabled": false }), None)]);
        assert!(matches!(end, Some((Ok(Outcome::Unsupported { .. }), None))), "{end:?}");
        // It says yes, and nothing is there.
        let empty = json!({ "Members": [] });
        let (_, end) = play(&[
            reply(200, old(), None),
            reply(200, json!({}), None),
            reply(200, old(), None),
            reply(200, empty, None),
        ]);
        assert!(matches!(end, Some((Ok(Outcome::NotKept { .. }), None))), "{end:?}");
    }
}
