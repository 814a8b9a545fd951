//! How a session is begun (DSP0266 §13.3.4): one attempt with a credential.
//!
//! A refusal ends it: no other way is tried after a 401 or 403, for the next one may lock the
//! user. Name and password go into each request (Basic) only where there is no session service.

use std::{fmt, time::Duration};

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{
    message::Said,
    script::{Method, Refusal, Reply, Request, Script, Told, Who},
};
use crate::{credential::Secret, dialect::Rules, redfish::tree};

/// What there is to begin with.
#[derive(Debug)]
pub struct Login<'a> {
    /// The user's name.
    pub user: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The service's root.
    pub root: &'a Value,
    /// What is known of the BMC's dialect.
    pub rules: &'a Rules,
    /// A session that an earlier run of ours may have left.
    pub stale: Option<&'a str>,
}

/// How requests are made from now on.
pub enum Entry {
    /// In a session.
    Session {
        /// Its token.
        token: Zeroizing<String>,
        /// Where it is closed; not every BMC tells.
        path: Option<String>,
        /// The password has to be changed before anything else.
        must_change: bool,
        /// The user's account, where the BMC names it.
        account: Option<String>,
    },
    /// With name and password in each: there is no session service.
    Basic,
}

impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session { path, .. } => write!(out, "Session {path:?}"),
            Self::Basic => out.write_str("Basic"),
        }
    }
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq)]
pub enum Denied {
    /// Name or password is wrong.
    Wrong,
    /// The user is locked.
    Locked,
    /// The user has to change the password, and is not let in to do it.
    PasswordChange,
    /// The user is known and may not.
    Forbidden(Said),
    /// All sessions are in use.
    Full,
    /// Something else.
    Other(Refusal),
}

/// Returns the collection of sessions, by the links of the root; `None` where there is no session
/// service. A root that is not shown without a credential has it where all have it.
pub fn sessions(root: &Value) -> Option<String> {
    if root.is_null() {
        return Some("/redfish/v1/SessionService/Sessions".to_owned());
    }
    let link = |at: &str| root.pointer(at).and_then(Value::as_str).and_then(tree::path);
    link("/Links/Sessions/@odata.id")
        .or_else(|| link("/SessionService/@odata.id").map(|path| format!("{path}/Sessions")))
}

/// Begins a session.
pub fn login(script: &mut Script<'_>, with: &Login<'_>) -> Told<Result<Entry, Denied>> {
    let Some(path) = sessions(with.root) else { return Ok(Ok(Entry::Basic)) };
    let plain = json!({ "UserName": with.user, "Password": with.password.reveal() });
    let mut bodies: Vec<Value> =
        with.rules.logins().map(|extra| merged(plain.clone(), extra)).collect();
    bodies.push(plain);
    let (mut at, mut freed, mut waited) = (0, false, false);
    loop {
        let Some(body) = bodies.get(at) else { return Ok(Err(Denied::Wrong)) };
        let mut request = Request::post(&path, Some(body.clone()));
        request.who = Who::Nobody;
        let reply = script.ask(request)?;
        if reply.is_good() {
            return Ok(entry(reply, &path, with.rules));
        }
        let said = Said::of(reply.json());
        let other = || Denied::Other(Refusal::of(Method::Post, &path, reply));
        if reply.is(&[404, 405, 501]) {
            return Ok(Ok(Entry::Basic));
        }
        if is_full(&said) {
            match with.stale {
                // Ours, from a run that was killed: it is closed, and nobody else's.
                Some(stale) if !freed => {
                    freed = true;
                    let mut request = Request::delete(stale);
                    request.who = Who::Basic;
                    let reply = script.ask(request)?;
                    if reply.is(&[401, 403]) {
                        return Ok(Err(denied(&Said::of(reply.json()), reply)));
                    }
                }
                _ => return Ok(Err(Denied::Full)),
            }
            continue;
        }
        match reply.status {
            Some(401 | 403) => return Ok(Err(denied(&said, reply))),
            Some(400) if tells_of_the_credential(&said) => return Ok(Err(denied(&said, reply))),
            // A form that this firmware does not know is no attempt with the credential.
            Some(400 | 422) if at + 1 < bodies.len() => at += 1,
            Some(400) if !waited && with.rules.has("session-gap") => {
                waited = true;
                script.wait(Duration::from_secs(2))?;
            }
            Some(429 | 500 | 502 | 503 | 504) if !waited => {
                waited = true;
                let asked = reply.header("retry-after").and_then(|text| text.trim().parse().ok());
                let wait = Duration::from_secs(asked.unwrap_or(2)).min(Duration::from_mins(1));
                if !script.has_time(wait) {
                    return Ok(Err(other()));
                }
                script.wait(wait)?;
            }
            Some(503) => return Ok(Err(Denied::Full)),
            _ => return Ok(Err(other())),
        }
    }
}

fn entry(reply: &Reply, path: &str, rules: &Rules) -> Result<Entry, Denied> {
    let body = reply.json();
    let in_body = || rules.tokens().find_map(|at| within(body, at));
    let token = reply.header("x-auth-token").or_else(in_body);
    let token = token.filter(|token| !token.trim().is_empty());
    let Some(token) = token else {
        let mut refusal = Refusal::of(Method::Post, path, reply);
        "it made a session and gave no token".clone_into(&mut refusal.said.text);
        return Err(Denied::Other(refusal));
    };
    let location = reply.header("location").and_then(local);
    let named = || body.get("@odata.id")?.as_str().and_then(tree::path);
    let by_id = || {
        let id = body.get("Id")?;
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        tree::path(&format!("{path}/{id}"))
    };
    let place = location.or_else(named).or_else(by_id).filter(|place| place != path);
    let said = Said::of(body);
    Ok(Entry::Session {
        token: Zeroizing::new(token.trim().to_owned()),
        path: place,
        must_change: said.is("PasswordChangeRequired"),
        account: said.arguments.iter().find_map(|one| tree::path(one)),
    })
}

/// Returns the text at a pointer (RFC 6901), whose `*` is any name.
fn within<'b>(body: &'b Value, at: &str) -> Option<&'b str> {
    match at.split_once("/*") {
        None => body.pointer(at)?.as_str(),
        Some((before, after)) => {
            let mut members = body.pointer(before)?.as_object()?.values();
            members.find_map(|one| one.pointer(after)?.as_str())
        }
    }
}

/// Returns the path of a `Location`, which may be a whole URL: of this host it is in any case,
/// for only its path is used.
pub fn local(location: &str) -> Option<String> {
    let path = match location.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..))?,
        None => location,
    };
    tree::path(path.trim())
}

/// Tells what a refusal means.
pub fn denied(said: &Said, reply: &Reply) -> Denied {
    if said.is("PasswordChangeRequired") || said.names("password change") {
        Denied::PasswordChange
    } else if said.ids.iter().any(|id| id.to_ascii_lowercase().contains("lock"))
        || says_locked(&said.text)
    {
        Denied::Locked
    } else if said.is("InsufficientPrivilege") || (reply.is(&[403]) && said.names("privilege")) {
        Denied::Forbidden(said.clone())
    } else {
        Denied::Wrong
    }
}

/// Returns whether a text says that the user is locked, and not that it may be: iBMC says of each
/// wrong password that it is incorrect "or your account is locked".
fn says_locked(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("locked") && !text.contains("incorrect") && !text.contains("or your account")
}

fn tells_of_the_credential(said: &Said) -> bool {
    let ids = ["AuthorizationFailed", "LoginFailed", "LoginFailure", "AccessDenied", "UserLocked"];
    ids.iter().any(|id| said.is(id))
        || (said.names("password") && (said.names("incorrect") || said.names("invalid")))
}

fn is_full(said: &Said) -> bool {
    said.is("SessionLimitExceeded")
        || said.is("CreateLimitReachedForResource")
        || (said.names("session")
            && ["maximum", "limit", "too many"].iter().any(|word| said.names(word)))
}

fn merged(body: Value, extra: &Map<String, Value>) -> Value {
    let mut members = match body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(members)
}
