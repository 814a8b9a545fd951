//! A conversation with a BMC as a value: what was answered so far, handed out in order.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde_json::Value;

use super::message::{Said, without_users};
use crate::{
    dialect::Known,
    operation::{Outcome, firmware::Stage},
};

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It is read.
    Get,
    /// A part of it is changed.
    Patch,
    /// Something is made below it, or an action is done.
    Post,
    /// It is removed.
    Delete,
}

impl Method {
    /// Returns its name (RFC 9110 §9, RFC 5789).
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// As whom something is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// With the session that is held, or what stands in its place.
    #[default]
    Held,
    /// Without any credential.
    Nobody,
    /// With name and password in the request itself (RFC 7617).
    Basic,
}

/// The form in which an image is sent, which the edge has: it is never held whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Upload {
    /// As it is (DSP0266 §12.6.2, `HttpPushUri`).
    Raw,
    /// As a part of a form (RFC 7578, DSP0266 §12.6.1).
    Form {
        /// The name of its part: `UpdateFile`.
        part: &'static str,
        /// What stands before it as the part `UpdateParameters`.
        parameters: Option<Value>,
    },
}

/// A request.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// As whom.
    pub who: Who,
    /// What is done.
    pub method: Method,
    /// To what: a path of this host.
    pub path: String,
    /// The header `If-Match`, where one is sent.
    pub if_match: Option<String>,
    /// The body, where there is one.
    pub body: Option<Value>,
    /// The image is the body, in this form.
    pub upload: Option<Upload>,
}

impl Request {
    fn new(method: Method, path: &str) -> Self {
        Self {
            who: Who::Held,
            method,
            path: path.to_owned(),
            if_match: None,
            body: None,
            upload: None,
        }
    }

    /// Returns a request that reads `path`.
    pub fn get(path: &str) -> Self {
        Self::new(Method::Get, path)
    }

    /// Returns a request that posts `body` to `path`.
    pub fn post(path: &str, body: Option<Value>) -> Self {
        Self { body, ..Self::new(Method::Post, path) }
    }

    /// Returns a request that posts the image to `path`.
    pub fn upload(path: &str, form: Upload) -> Self {
        Self { upload: Some(form), ..Self::new(Method::Post, path) }
    }

    /// Returns a request that changes `path` as `body` says.
    pub fn patch(path: &str, if_match: Option<String>, body: Value) -> Self {
        Self { if_match, body: Some(body), ..Self::new(Method::Patch, path) }
    }

    /// Returns a request that removes `path`.
    pub fn delete(path: &str) -> Self {
        Self::new(Method::Delete, path)
    }
}

impl fmt::Debug for Request {
    /// Shows it without what is secret in its body.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.method.name(), self.path)?;
        if let Some(etag) = &self.if_match {
            write!(out, " If-Match: {etag}")?;
        }
        self.body.as_ref().map_or(Ok(()), |body| write!(out, " {}", shown(body)))
    }
}

/// What came as the body of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// JSON.
    Json(Value),
    /// A web page.
    Page,
    /// Neither; the text says where JSON breaks.
    Broken(String),
    /// More than [`crate::redfish::tree::MOST_BYTES`].
    TooLarge,
}

/// How a request ended.
#[derive(Clone, Default, PartialEq)]
pub struct Reply {
    /// The status of HTTP; `None` if the connection broke before one came, so that nobody knows
    /// whether the request was taken.
    pub status: Option<u16>,
    /// Headers by lower-case name; one that came twice has both values, with a comma between.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Body,
    /// When it came, since the first request of the conversation.
    pub at: Duration,
    /// Of an upload whose answer did not come: bytes that were sent, and of how many.
    pub cut: Option<(u64, u64)>,
}

impl Reply {
    /// Returns whether the request was taken.
    pub fn is_good(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Returns whether the status is one of `statuses`.
    pub fn is(&self, statuses: &[u16]) -> bool {
        self.status.is_some_and(|status| statuses.contains(&status))
    }

    /// Returns the body; `Null` where there is no JSON.
    pub fn json(&self) -> &Value {
        match &self.body {
            Body::Json(value) => value,
            Body::Empty | Body::Page | Body::Broken(_) | Body::TooLarge => &Value::Null,
        }
    }

    /// Returns a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Reply {
    /// Shows it without what is secret in it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.headers.keys().collect();
        write!(out, "{:?} {names:?} {}", self.status, shown(self.json()))
    }
}

/// Returns a value without what is secret in it, by the names of its members and in URLs.
pub fn shown(value: &Value) -> Value {
    let secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["password", "token", "secret", "authorization", "community"]
            .iter()
            .any(|word| name.contains(word))
    };
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, inner)| {
                    let hides = secret(name) && (inner.is_string() || inner.is_array());
                    let inner = if hides { Value::from("…") } else { shown(inner) };
                    (name.clone(), inner)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(shown).collect()),
        Value::String(text) => without_users(text).into(),
        plain => plain.clone(),
    }
}

/// What is to be done before a ladder can go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Send this; its reply goes on the script.
    Send(Request),
    /// Send this though the BMC may not be there; where it cannot be reached an empty reply goes
    /// on the script.
    Try(Request),
    /// Wait so long; an empty reply goes on the script.
    Wait(Duration),
}

/// What a ladder knows, or what it wants to know.
pub type Told<T> = Result<T, Box<Next>>;

/// Something that the user is told beside the outcome: in Chinese, and in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The quirk it comes from, where it is one.
    pub quirk: Option<&'static str>,
    /// Whether it tells of a guess: of what no recording of the make shows.
    pub guessed: bool,
    /// What there is to tell: in Chinese, and in English.
    pub text: (String, String),
}

impl Note {
    /// Returns what there is to tell of a step of a quirk, or of what is none.
    pub fn of(quirk: Option<Known>, text: (String, String)) -> Self {
        let guessed = quirk.is_some_and(|known| known.guessed);
        Self { quirk: quirk.map(|known| known.id), guessed, text }
    }

    /// Returns what the user is told: what was guessed is told to be.
    pub fn told(self) -> (String, String) {
        let (mut chinese, mut english) = self.text;
        if self.guessed {
            chinese.push_str("（推测：没有该厂商的录制样本佐证）");
            english.push_str(" (guessed: no recording of this make shows it)");
        }
        (chinese, english)
    }
}

/// How a change ended, and what there is to tell of the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// What became of it.
    pub outcome: Outcome,
    /// What there is to tell.
    pub notes: Vec<Note>,
}

/// Why a BMC did not do it: the last answer of a ladder whose steps are all used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What was asked: `PATCH /redfish/v1/Systems/1`.
    pub what: String,
    /// The status; `None` if no answer came.
    pub status: Option<u16>,
    /// What it said.
    pub said: Box<Said>,
    /// Of an upload that broke off: bytes that were sent, and of how many.
    pub cut: Option<(u64, u64)>,
}

impl Refusal {
    /// Returns the refusal that an answer to `request` is.
    pub fn of(method: Method, path: &str, reply: &Reply) -> Self {
        Self {
            what: format!("{} {path}", method.name()),
            status: reply.status,
            said: Box::new(Said::of(reply.json())),
            cut: reply.cut,
        }
    }

    /// Returns the refusal of a task that ended badly; `status` is that of the answer that began it.
    pub fn of_task(place: &str, status: Option<u16>, said: Said) -> Self {
        let what = format!("{} {place}", Method::Get.name());
        Self { what, status, said: Box::new(said), cut: None }
    }
}

/// How a ladder ended.
pub type Verdict = Result<Outcome, Refusal>;

/// A conversation so far.
#[derive(Debug)]
pub struct Script<'h> {
    replies: &'h [Reply],
    read: usize,
    /// How long the whole of it may take, since its first request.
    pub patience: Duration,
    /// What there is to tell.
    pub notes: Vec<Note>,
    /// How far it is, for those who watch.
    pub stage: Option<Stage>,
    /// The BMC may restart meanwhile: from here on it is not given up when it cannot be reached.
    pub outlives: bool,
}

impl<'h> Script<'h> {
    /// Begins to hand out `replies` from the first.
    pub fn new(replies: &'h [Reply], patience: Duration) -> Self {
        Self { replies, read: 0, patience, notes: Vec::new(), stage: None, outlives: false }
    }

    fn next(&mut self, next: impl FnOnce() -> Next) -> Told<&'h Reply> {
        let reply = self.replies.get(self.read).ok_or_else(|| Box::new(next()))?;
        self.read += 1;
        Ok(reply)
    }

    /// Returns the resource at `path` as it is now, or says that it is to be read.
    pub fn get(&mut self, path: &str) -> Told<&'h Reply> {
        self.ask(Request::get(path))
    }

    /// Returns the reply to `request`, or says that it is to be sent.
    pub fn ask(&mut self, request: Request) -> Told<&'h Reply> {
        let outlives = self.outlives;
        self.next(|| if outlives { Next::Try(request) } else { Next::Send(request) })
    }

    /// Goes on after `time`.
    pub fn wait(&mut self, time: Duration) -> Told<()> {
        self.next(|| Next::Wait(time)).map(|_waited| ())
    }

    /// Returns the time since the first request, as of the last reply.
    pub fn elapsed(&self) -> Duration {
        let last = self.read.checked_sub(1).and_then(|at| self.replies.get(at));
        last.map_or(Duration::ZERO, |reply| reply.at)
    }

    /// Returns whether there is time to wait so long and ask once more.
    pub fn has_time(&self, wait: Duration) -> bool {
        self.elapsed() + wait < self.patience
    }

    /// Adds something to tell.
    pub fn note(&mut self, quirk: Option<Known>, chinese: &str, english: &str) {
        self.notes.push(Note::of(quirk, (chinese.to_owned(), english.to_owned())));
    }
}
