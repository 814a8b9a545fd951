//! A host on the bench of unit tests: asked as a client asks, at times that the test says.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    clock::Moment,
    host::{Host, Identity},
    message::{Body, Reply, Request, Response, Work},
    template::{Base, Numbers},
};

pub(super) struct Bench {
    pub(super) host: Host,
    pub(super) now: Moment,
    token: Option<String>,
    /// What the host wanted done besides.
    pub(super) work: Vec<Work>,
}

pub(super) const PASSWORD: &str = "correct horse 12";

impl Bench {
    /// Makes a host of that dialect with those knobs turned, logged in to if it lets one.
    pub(super) fn of(dialect: &str, knobs: &str) -> Self {
        let knobs = knobs.parse().expect("knobs");
        let base = Base::made(dialect, Numbers::default(), &knobs).expect("made");
        Self::with(base)
    }

    pub(super) fn with(base: Base) -> Self {
        let address = "127.0.0.7:8443".parse().expect("an address");
        let identity = Identity { number: 7, address, user: "admin".to_owned() };
        let namespace = base.namespace.clone();
        let host = Host::new(Arc::new(base), identity, PASSWORD, [7; 32]);
        let now = Moment { elapsed: Duration::ZERO, unix: Duration::from_hours(498_822) };
        let mut bench = Self { host, now, token: None, work: Vec::new() };
        let login = json!({ "UserName": "admin", "Password": PASSWORD,
            "Oem": { namespace.clone(): { "Domain": "LocaliBMC" } } });
        let answer = bench.ask("POST", "SessionService/Sessions", Some(&login), &[]);
        let header = answer.response.headers.iter().find(|(name, _)| *name == "x-auth-token");
        bench.token = header.map(|(_, token)| token.clone()).or_else(|| {
            let body = json_of(&answer.response);
            Some(body["Oem"][&namespace]["X-Auth-Token"].as_str()?.to_owned())
        });
        bench
    }

    pub(super) fn ask(
        &mut self,
        method: &str,
        place: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let (path, query) = place.split_once('?').unwrap_or((place, ""));
        let path = match path.strip_prefix('/') {
            Some(_) => path.to_owned(),
            None => format!("/redfish/v1/{path}").trim_end_matches('/').to_owned(),
        };
        let named = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut headers = std::collections::BTreeMap::new();
        headers.extend(named);
        if let Some(token) = &self.token {
            headers.insert("x-auth-token".to_owned(), token.clone());
        }
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request =
            Request { method: method.to_owned(), path, query: query.to_owned(), headers, body };
        let reply = self.host.respond(&request, self.now);
        self.work.extend(reply.work.iter().cloned());
        reply
    }

    /// Reads, and wants it to be there.
    pub(super) fn get(&mut self, place: &str) -> Value {
        let answer = self.ask("GET", place, None, &[]).response;
        assert_eq!(answer.status, 200, "{place}: {:?}", answer.body);
        json_of(&answer)
    }

    pub(super) fn status(&mut self, method: &str, place: &str, body: &Value) -> u16 {
        self.ask(method, place, Some(body), &[]).response.status
    }

    /// Changes with the right tag.
    pub(super) fn patch(&mut self, place: &str, body: &Value) -> Response {
        let tag = self.get(place)["@odata.etag"].as_str().unwrap_or("*").to_owned();
        self.ask("PATCH", place, Some(body), &[("if-match", &tag)]).response
    }

    pub(super) fn post(&mut self, place: &str, body: &Value) -> Response {
        self.ask("POST", place, Some(body), &[]).response
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, ms: u64) {
        let time = Duration::from_millis(ms);
        self.now = Moment { elapsed: self.now.elapsed + time, unix: self.now.unix + time };
    }

    pub(super) fn forget_token(&mut self) -> Option<String> {
        self.token.take()
    }
}

/// Returns the document of an answer.
pub(super) fn json_of(response: &Response) -> Value {
    match &response.body {
        Body::Json(value) => value.clone(),
        _ => Value::Null,
    }
}

/// Returns what an error says it is.
pub(super) fn message_of(response: &Response) -> String {
    let body = json_of(response);
    let id = body["error"]["@Message.ExtendedInfo"][0]["MessageId"].as_str().unwrap_or_default();
    id.rsplit('.').next().unwrap_or_default().to_owned()
}

/// Returns a header of an answer.
pub(super) fn header_of(response: &Response, name: &str) -> Option<String> {
    response.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}
