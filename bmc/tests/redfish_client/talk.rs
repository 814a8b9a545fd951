//! A BMC that is a value: resources by path, and a rule for what it does in its own way. Time
//! passes only where a ladder waits.

use std::{collections::BTreeMap, time::Duration};

use bmc::{
    dialect::{Marks, Rules},
    operation::Outcome,
    redfish::ladder::script::{Body, Method, Next, Note, Reply, Request, Script, Told, Verdict},
};
use serde_json::{Value, json};

pub(crate) type Tree = BTreeMap<String, Value>;

/// What a BMC does in its own way; `None` is the usual.
pub(crate) type Own<'a> = dyn FnMut(&Request, &mut Tree) -> Option<Reply> + 'a;

/// How a conversation went.
pub(crate) struct Talk<T> {
    pub(crate) end: T,
    pub(crate) notes: Vec<Note>,
    pub(crate) sent: Vec<Request>,
    pub(crate) waited: Duration,
}

impl Talk<Verdict> {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.end, Ok(Outcome::Done))
    }
}

impl<T> Talk<T> {
    /// Returns what was sent that is no GET: the method, the path, the body.
    pub(crate) fn changes(&self) -> Vec<(&'static str, &str, Option<&Value>)> {
        let changes = self.sent.iter().filter(|request| request.method != Method::Get);
        changes
            .map(|request| (request.method.name(), request.path.as_str(), request.body.as_ref()))
            .collect()
    }

    pub(crate) fn has_note(&self, id: &str) -> bool {
        self.notes.iter().any(|note| note.quirk == Some(id))
    }
}

/// Lets a ladder talk to a BMC till it has its end.
pub(crate) fn talk<T>(
    tree: &Value,
    own: &mut Own<'_>,
    ladder: &dyn Fn(&mut Script<'_>) -> Told<T>,
) -> Talk<T> {
    let members = tree.as_object().expect("paths and bodies").clone();
    let mut tree: Tree = members.into_iter().collect();
    let (mut replies, mut sent) = (Vec::new(), Vec::new());
    let mut time = Duration::ZERO;
    for _ in 0..400 {
        let mut script = Script::new(&replies, Duration::from_mins(10));
        let next = match ladder(&mut script) {
            Ok(end) => return Talk { end, notes: script.notes, sent, waited: time },
            Err(next) => next,
        };
        let mut reply = match *next {
            Next::Wait(wait) => {
                time += wait;
                Reply::default()
            }
            Next::Send(request) | Next::Try(request) => {
                let reply = own(&request, &mut tree);
                let reply = reply.unwrap_or_else(|| usual(&request, &mut tree));
                sent.push(request);
                reply
            }
        };
        reply.at = time;
        replies.push(reply);
    }
    unreachable!("the conversation has no end: {sent:?}");
}

/// What a BMC that follows the standard does.
fn usual(request: &Request, tree: &mut Tree) -> Reply {
    let Some(resource) = tree.get_mut(&request.path) else { return status(404) };
    match (request.method, &request.body) {
        (Method::Get, _) => answer(200, resource.clone()),
        (Method::Patch, Some(body)) => {
            merge(resource, body);
            answer(200, resource.clone())
        }
        _ => status(405),
    }
}

pub(crate) fn merge(resource: &mut Value, change: &Value) {
    match (resource, change) {
        (Value::Object(own), Value::Object(change)) => {
            for (name, value) in change {
                merge(own.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (own, change) => own.clone_from(change),
    }
}

pub(crate) fn status(status: u16) -> Reply {
    Reply { status: Some(status), ..Reply::default() }
}

pub(crate) fn answer(code: u16, body: Value) -> Reply {
    Reply { body: Body::Json(body), ..status(code) }
}

pub(crate) fn with(mut reply: Reply, name: &str, value: &str) -> Reply {
    reply.headers.insert(name.to_owned(), value.to_owned());
    reply
}

/// An extended error of one message.
pub(crate) fn error(code: u16, id: &str, text: &str) -> Reply {
    answer(
        code,
        json!({"error": {"code": "Base.1.8.GeneralError", "message": "See the messages.",
            "@Message.ExtendedInfo": [{"MessageId": format!("Base.1.8.{id}"), "Message": text}]}}),
    )
}

/// Returns the rules for a BMC whose root has this key below `Oem`; none with "".
pub(crate) fn rules(oem: &str) -> Rules {
    let oem = [oem].into_iter().filter(|oem| !oem.is_empty()).map(str::to_owned).collect();
    Rules::of(&Marks { oem, ..Marks::default() })
}

/// Proves that something works by these rules, and not without one of them.
pub(crate) fn needs(id: &str, rules: &Rules, works: &dyn Fn(&Rules) -> bool) {
    assert!(rules.has(id), "{id} is not there");
    assert!(works(rules), "{id} is there, and it does not work");
    assert!(!works(&rules.without(id)), "it works without {id}: that proves nothing of it");
}
