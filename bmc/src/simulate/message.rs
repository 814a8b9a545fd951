//! Requests and answers of the simulated service, as values; DSP0266 §7 and §8.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without its mark; empty where there is none.
    pub query: String,
    /// Headers by lower-case name; of several of one name the last.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Returns the body as a JSON object.
    pub(super) fn json(&self) -> Result<Value, Box<Response>> {
        let body: Value = match serde_json::from_slice(&self.body) {
            Ok(body) => body,
            Err(_) => return Err(Box::new(malformed())),
        };
        if body.is_object() { Ok(body) } else { Err(Box::new(malformed())) }
    }

    /// Returns a value of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let key =
                key.strip_prefix("%24").map_or_else(|| key.to_owned(), |key| format!("${key}"));
            (key == name).then_some(value)
        })
    }
}

fn malformed() -> Response {
    error(400, "MalformedJSON", "The request body is not a JSON object.", &[])
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// A document.
    Json(Value),
    /// Something else: its type, and the text.
    Text(&'static str, String),
    /// Events, as they happen.
    Events,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers; a name may stand there twice.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

impl Response {
    /// Returns an answer with a document.
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    /// Returns an answer without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// Adds a header.
    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What becomes of the connection instead of an answer, or in the middle of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It breaks before the answer.
    Drop,
    /// Nothing is said any more.
    Hang,
    /// The document ends in its middle, and the answer is whole.
    Truncate,
    /// The connection breaks within the body.
    Half,
}

/// Something that the edge does for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Fetch the head of an image, and tell the model of it.
    Fetch {
        /// What the model knows it by.
        ticket: u64,
        /// From where.
        url: String,
        /// The name and the password to fetch it by.
        login: Option<(String, String)>,
    },
    /// Send an event to who subscribed to it.
    Notify {
        /// To where.
        url: String,
        /// Headers that the subscriber asked for.
        headers: Vec<(String, String)>,
        /// The event.
        body: String,
    },
    /// Tell those who listen to events.
    Tell(String),
    /// Be at this address from now on.
    Move(std::net::IpAddr),
    /// Show this certificate from now on: its DER, and its key in PKCS #8.
    Certificate {
        /// The certificate.
        der: Vec<u8>,
        /// The key.
        key: Vec<u8>,
    },
}

/// What a fetch came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It is there.
    Found {
        /// Its length, where the server told.
        length: Option<u64>,
        /// Its first bytes.
        head: Vec<u8>,
    },
    /// It is not, and why.
    Failed(String),
}

/// What is done about a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The answer.
    pub response: Response,
    /// How late its first byte is.
    pub delay: Duration,
    /// What becomes of the connection.
    pub cut: Option<Cut>,
    /// The connection ends with the answer.
    pub close: bool,
    /// A fetch whose outcome makes the answer: the response here does not count.
    pub wait: Option<u64>,
    /// What is to be done besides.
    pub work: Vec<Work>,
}

/// Returns an extended error (DSP0266 §8.6) of the registry Base.
pub(super) fn error(status: u16, id: &str, message: &str, related: &[&str]) -> Response {
    let severity = if status < 400 { "OK" } else { "Critical" };
    let related: Vec<String> = related.iter().map(|name| format!("#/{name}")).collect();
    let mut info = json!({ "@odata.type": "#Message.v1_1_2.Message",
        "MessageId": format!("Base.1.18.{id}"), "Message": message, "MessageArgs": [],
        "Severity": severity, "MessageSeverity": severity, "Resolution": "None." });
    if !related.is_empty() {
        info["RelatedProperties"] = related.into();
    }
    let body = json!({ "error": { "code": format!("Base.1.18.{id}"), "message": message,
        "@Message.ExtendedInfo": [info] } });
    Response::json(status, body)
}

/// Returns what says yes in the form of an error, as some do.
pub(super) fn success(status: u16) -> Response {
    error(status, "Success", "The request completed successfully.", &[])
}

/// Returns the answer where nothing is.
pub(super) fn missing(path: &str) -> Response {
    let message = format!("The requested resource '{path}' was not found.");
    error(404, "ResourceMissingAtURI", &message, &[])
}
