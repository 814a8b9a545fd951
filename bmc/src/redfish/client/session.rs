//! The session of a client: begun, renewed once, closed on every way out.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD as STANDARD};
use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    Inner, ROOT, RedfishError,
    answer::refused,
    edge::{As, Edge},
    farewell::Noted,
};
use crate::{
    credential::{Credential, Secret},
    redfish::ladder::{
        message::Said,
        script::{Body, Request, Script, Who},
        session::{Denied, Entry, Login, login},
    },
};

/// How long [`super::Client::close`] waits.
const CLOSE: Duration = Duration::from_secs(1);
/// Times that a session is begun anew in a command.
pub(super) const RENEWALS: u8 = 3;
/// How long the answer to a login is waited for, if only to close what it opened.
pub(super) const LOGIN: Duration = Duration::from_mins(1);
/// How long a session is being closed at most.
const FAREWELL: Duration = Duration::from_secs(20);

/// How requests are made.
#[derive(Default)]
pub(super) enum Held {
    /// Without a credential.
    #[default]
    Nobody,
    /// In a session.
    Session {
        token: HeaderValue,
        path: Option<String>,
        must_change: bool,
        account: Option<String>,
        /// Counts it until it is closed.
        noted: Noted,
    },
    /// With name and password in each.
    Basic(HeaderValue),
}

impl fmt::Debug for Held {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Nobody => "without a credential",
            Self::Session { .. } => "in a session",
            Self::Basic(_) => "by Basic",
        })
    }
}

impl Held {
    pub(super) fn path(&self) -> Option<String> {
        match self {
            Self::Session { path, .. } => path.clone(),
            Self::Nobody | Self::Basic(_) => None,
        }
    }

    pub(super) fn must_change(&self) -> bool {
        matches!(self, Self::Session { must_change: true, .. })
    }

    /// Returns the user's own account, where the BMC named it.
    pub(super) fn account(&self) -> Option<String> {
        match self {
            Self::Session { account, .. } => account.clone(),
            Self::Nobody | Self::Basic(_) => None,
        }
    }

    fn header(&self) -> As {
        match self {
            Self::Nobody => As::Nobody,
            Self::Session { token, .. } => As::Header("x-auth-token", token.clone()),
            Self::Basic(value) => As::Header("authorization", value.clone()),
        }
    }
}

/// Reads the root without a credential, and tells whether it is one; with the header `Server`.
pub(super) async fn root(edge: &Edge) -> Result<(Value, String), RedfishError> {
    let reply = edge.send(&Request::get(ROOT), &As::Nobody).await?;
    let server = reply.header("server").unwrap_or_default().to_owned();
    let not = |found: String| Err(RedfishError::NotRedfish { found });
    match (&reply.body, reply.status) {
        (Body::Json(body), _) if reply.is_good() && is_root(body) => {
            let Body::Json(body) = reply.body else { return not("nothing".to_owned()) };
            Ok((body, server))
        }
        // It has to be shown to anybody, and some hide it: the list of versions tells.
        (_, Some(401 | 403)) => {
            let reply = edge.send(&Request::get("/redfish"), &As::Nobody).await?;
            if reply.json().get("v1").is_some_and(Value::is_string) {
                Ok((Value::Null, server))
            } else {
                not("status 401 or 403, and `/redfish` no version".to_owned())
            }
        }
        (Body::Page, _) => not("a web page".to_owned()),
        (Body::Broken(why), _) if reply.is_good() => {
            Err(RedfishError::NotJson { path: ROOT.to_owned(), why: why.clone() })
        }
        (Body::TooLarge, _) => Err(RedfishError::TooLarge { path: ROOT.to_owned() }),
        (_, Some(status @ 500..)) => Err(RedfishError::Refused {
            what: format!("GET {ROOT}"),
            status,
            said: Box::new(Said::of(reply.json())),
        }),
        (Body::Json(_), Some(200)) => not("JSON that is no service root".to_owned()),
        (_, Some(status)) => not(format!("status {status}")),
        (_, None) => not("nothing".to_owned()),
    }
}

fn is_root(body: &Value) -> bool {
    let kind = body.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    body.get("RedfishVersion").is_some()
        || kind.contains("ServiceRoot")
        || (body.get("Systems").is_some() && body.get("Managers").is_some())
}

/// Begins a session. What was begun is finished even if nobody waits for it any more, for it was
/// cancelled or took too long: a session that is open by then is closed.
pub(super) async fn begin(inner: &Arc<Inner>) -> Result<(), RedfishError> {
    let patience = inner.options.patience;
    let within = patience.connect + patience.handshake + inner.options.first_byte;
    match timeout(within, tokio::spawn(entering(Arc::clone(inner)))).await {
        Ok(Ok(entered)) => entered,
        Ok(Err(error)) => Err(RedfishError::Broken {
            path: ROOT.to_owned(),
            source: std::io::Error::other(error),
        }),
        Err(_) => Err(RedfishError::Silent { path: ROOT.to_owned(), within }),
    }
}

/// Boxed, for it is a part of itself: beginning is a conversation, and those begin sessions.
fn entering(inner: Arc<Inner>) -> Pin<Box<dyn Future<Output = Result<(), RedfishError>> + Send>> {
    Box::pin(enter(inner))
}

async fn enter(inner: Arc<Inner>) -> Result<(), RedfishError> {
    let Some(Credential { user, password }) = &inner.credential else { return Ok(()) };
    let noted = inner.options.farewells.note();
    let with = Login {
        user,
        password,
        root: &inner.root,
        rules: &inner.rules(),
        stale: inner.options.stale.as_deref(),
    };
    let mut end = None;
    // Not by `send`: that would begin a session to begin a session.
    let mut once = |script: &mut Script<'_>| login(script, &with).map(|one| end = Some(one));
    inner.converse(&mut once, false).await?;
    let held = match end {
        Some(Ok(Entry::Session { token, path, must_change, account })) => {
            let mut token = header(&token)?;
            token.set_sensitive(true);
            Held::Session { token, path, must_change, account, noted }
        }
        Some(Ok(Entry::Basic)) => Held::Basic(basic(user, password)?),
        Some(Err(denied)) => return Err(why(&inner, denied)),
        None => return Ok(()),
    };
    let must_change = held.must_change();
    let basic = matches!(held, Held::Basic(_));
    *inner.held() = held;
    if must_change && !inner.options.changes_password {
        return Err(RedfishError::PasswordChange { user: user.clone() });
    }
    if basic {
        // There was no login that could have said no, so the first resource is asked for.
        let link = inner.root.pointer("/Systems/@odata.id").and_then(Value::as_str);
        let request = Request::get(link.unwrap_or("/redfish/v1/Systems"));
        let reply = inner.edge.send(&request, &inner.who(Who::Held)).await?;
        if reply.is(&[401, 403]) {
            let said = Said::of(reply.json());
            return Err(why(&inner, crate::redfish::ladder::session::denied(&said, &reply)));
        }
    }
    Ok(())
}

fn why(inner: &Inner, denied: Denied) -> RedfishError {
    let user = inner.credential.as_ref().map_or_else(String::new, |one| one.user.clone());
    match denied {
        Denied::Wrong => RedfishError::WrongPassword { user },
        Denied::Locked => RedfishError::Locked { user },
        Denied::PasswordChange => RedfishError::PasswordChange { user },
        Denied::Forbidden(mut said) => {
            if let Some(credential) = &inner.credential {
                said.forget(credential.password.reveal());
            }
            RedfishError::Forbidden { user, said: Box::new(said) }
        }
        Denied::Full => RedfishError::SessionsFull,
        Denied::Other(refusal) => refused(inner, refusal),
    }
}

fn header(text: &str) -> Result<HeaderValue, RedfishError> {
    HeaderValue::from_str(text).map_err(|error| RedfishError::Broken {
        path: ROOT.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, error),
    })
}

fn basic(user: &str, password: &Secret) -> Result<HeaderValue, RedfishError> {
    let pair = zeroize::Zeroizing::new(format!("{user}:{}", password.reveal()));
    let text = zeroize::Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    let text = zeroize::Zeroizing::new(format!("Basic {}", *text));
    let mut value = header(&text)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Begins a session in the place of the one that a request was refused with; returns whether there
/// is another one now. One that was good for nothing has no successor: that would be no better.
pub(super) async fn is_renewed(inner: &Arc<Inner>, refused: &As) -> Result<bool, RedfishError> {
    let _turn = inner.renewing.lock().await;
    let held = inner.who(Who::Held);
    if !matches!(&*inner.held(), Held::Session { .. }) {
        return Ok(false);
    }
    if held != *refused {
        // Somebody else found it ended first.
        return Ok(true);
    }
    let one_less = |left: u8| left.checked_sub(1);
    let may = inner.is_proven.swap(false, Ordering::Relaxed)
        && inner.renewals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok();
    if !may {
        return Ok(false);
    }
    let old = inner.held().path();
    begin(inner).await?;
    if let Some(old) = old.filter(|old| inner.held().path().as_ref() != Some(old)) {
        // Most have forgotten it and say so; one that has not would be left open.
        inner.edge.send(&Request::delete(&old), &inner.who(Who::Held)).await.ok();
    }
    Ok(true)
}

/// Closes the session, in the background after a while.
pub(super) async fn close(inner: &Arc<Inner>) {
    if let Some(farewell) = farewell(inner) {
        timeout(CLOSE, tokio::spawn(farewell)).await.ok();
    }
}

/// Takes the session out of a client; returns what closes it.
fn farewell(inner: &Inner) -> Option<impl Future<Output = ()> + Send + 'static> {
    let held = std::mem::take(&mut *inner.held());
    let edge = Arc::clone(&inner.edge);
    let asked = held.header();
    match held {
        Held::Session { path: Some(path), noted, .. } => Some(async move {
            // It is counted till here.
            let _noted = noted;
            let request = Request::delete(&path);
            let sent = edge.farewell(&request, &asked);
            timeout(FAREWELL, sent).await.ok();
        }),
        Held::Session { .. } | Held::Nobody | Held::Basic(_) => None,
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let (Some(farewell), Ok(runtime)) =
            (farewell(self), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(farewell);
        }
    }
}

impl Inner {
    /// Returns the header that says who asks.
    pub(super) fn who(&self, who: Who) -> As {
        match (who, &self.credential) {
            (Who::Held, _) => self.held().header(),
            (Who::Basic, Some(Credential { user, password })) => {
                basic(user, password).map_or(As::Nobody, |value| As::Header("authorization", value))
            }
            (Who::Basic | Who::Nobody, _) => As::Nobody,
        }
    }
}

/// Closes a session that an earlier run left.
pub(super) async fn remove_stale(inner: &Arc<Inner>, path: &str) -> Result<bool, RedfishError> {
    if inner.held().path().as_deref() == Some(path) {
        return Ok(false);
    }
    let reply = inner.send(&Request::get(path)).await?;
    // BMCs give numbers of ended sessions to new ones: another user's is not touched.
    let user = reply.json().get("UserName").and_then(Value::as_str);
    let ours = inner.credential.as_ref().is_some_and(|one| user == Some(one.user.as_str()));
    if !reply.is_good() || !ours {
        return Ok(false);
    }
    let reply = inner.send(&Request::delete(path)).await?;
    Ok(reply.is_good())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_rfc_7617() {
        let cases = [
            ("", "", "Basic Og=="),
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("admin", "密码", "Basic YWRtaW465a+G56CB"),
            ("a", "b", "Basic YTpi"),
        ];
        for (user, password, expected) in cases {
            let value = basic(user, &Secret::new(password.to_owned())).expect("a header");
            assert_eq!(value.to_str().expect("text"), expected);
            assert!(!format!("{value:?}").contains("Basic"), "it is not shown");
        }
    }
}
