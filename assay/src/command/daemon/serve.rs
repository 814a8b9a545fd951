//! The edge to callers: connections, who calls, what they ask for, what is answered.

use std::{
    io::{self, Read as _},
    sync::Arc,
    time::Duration,
};

use dataplane::{
    daemon::{
        Refusal,
        call::{self, Call, Caller},
        document::kind,
    },
    spec::MAX_BYTES,
    text::Text,
};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Incoming},
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use ruzstd::decoding::StreamingDecoder;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
};

use super::{
    Desk,
    body::{Said, Unread, read},
    document,
    keeper::{Order, Wish},
    loops::Lift,
    route::{self, Route},
};
use crate::{clock, output::put};

/// Connections that are served at once; others wait.
const MOST_CONNECTIONS: usize = 64;
/// How long a caller may take to send what it has to say.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often those who listen to events hear that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Pieces that wait for a listener; one that does not take them is behind by itself.
const PIECES: usize = 16;
/// Most bytes of one object's body; more is refused before it is read as one.
const MOST_OF_OBJECT: usize = (1 << 20) + 1;

/// The interfaces, for programs, as `build.rs` packs them.
const DESCRIPTION: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dataplane-v1.zst"));

const JSON: &str = "application/json";
const FIGURES: &str = "text/plain; version=0.0.4";

/// Serves for as long as the runtime lives.
pub(super) async fn run(listener: UnixListener, desk: Arc<Desk>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _address)) => {
                let desk = Arc::clone(&desk);
                tokio::spawn(async move {
                    if let Err(error) = connection(stream, desk).await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(stream: UnixStream, desk: Arc<Desk>) -> Result<(), hyper::Error> {
    let caller = match stream.peer_cred() {
        Ok(peer) => Caller { process: peer.pid(), user: peer.uid(), group: peer.gid() },
        Err(error) => {
            // Who cannot be named is not served.
            tracing::warn!(%error, "a caller cannot be named");
            return Ok(());
        }
    };
    let service = service_fn(move |request| {
        let (desk, caller) = (Arc::clone(&desk), caller.clone());
        async move { Ok::<_, std::convert::Infallible>(answer(&desk, caller, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

/// What is answered.
struct Answer {
    code: u16,
    kind: &'static str,
    body: Said,
    /// What the log keeps of it.
    kept: String,
    error: Option<String>,
    generation: Option<u64>,
    allow: Option<&'static [&'static str]>,
}

impl Answer {
    fn of(code: u16, kind: &'static str, text: String) -> Self {
        let kept = call::kept(text.as_bytes());
        let body = Said::Whole(Some(Bytes::from(text)));
        Self { code, kind, body, kept, error: None, generation: None, allow: None }
    }

    fn json(code: u16, text: String) -> Self {
        Self::of(code, JSON, text)
    }

    fn wrong(code: u16, told: &str, hint: Option<&Text>) -> Self {
        let error = Some(told.to_owned());
        Self { error, ..Self::json(code, document::wrong(told, hint)) }
    }

    fn refused(refusal: &Refusal) -> Self {
        let error = Some(refusal.to_string());
        Self { error, ..Self::json(document::code(refusal), document::refused(refusal)) }
    }
}

async fn answer(desk: &Arc<Desk>, caller: Caller, request: Request<Incoming>) -> Response<Said> {
    let (at_ms, begun) = (clock::unix_ms(), clock::instant());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let route = route::route(&path);
    let mut sent = String::new();
    let answer = match &route {
        None => Answer::wrong(
            404,
            &format!("there is no `{path}`"),
            Some(&Text::of("GET /openapi.json 列出接口", "GET /openapi.json lists what is", &[])),
        ),
        Some(route) if !route.methods().contains(&method.as_str()) => Answer {
            allow: Some(route.methods()),
            ..Answer::wrong(405, &format!("`{}` takes no {method}", route.name()), None)
        },
        Some(route) => ask(desk, route, request, &query, &mut sent).await,
    };
    if !route.as_ref().is_some_and(Route::is_probe) {
        let name = route.as_ref().map_or("-", Route::name);
        let mut asked = path;
        for part in [
            (!query.is_empty()).then(|| format!("?{}", call::kept_query(&query))),
            (!sent.is_empty()).then(|| format!(" {sent}")),
        ]
        .into_iter()
        .flatten()
        {
            asked.push_str(&part);
        }
        let duration = clock::instant().saturating_duration_since(begun);
        let call = Call {
            id: 0,
            at_ms,
            interface: format!("{method} {name}"),
            request: asked,
            response: answer.kept.clone(),
            status: answer.code,
            error: answer.error.clone(),
            duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            caller,
        };
        log(&call);
        desk.daemon().calls.push(call);
    }
    respond(answer)
}

fn log(call: &Call) {
    let Call { interface, request, response, status, duration_us, caller, .. } = call;
    let error = call.error.as_deref().unwrap_or_default();
    let (pid, uid, gid) = (caller.process.unwrap_or_default(), caller.user, caller.group);
    tracing::info!(%interface, %request, %response, status, %error, duration_us, pid, uid, gid, "called");
}

fn respond(answer: Answer) -> Response<Said> {
    let mut response = Response::new(answer.body);
    *response.status_mut() = hyper::StatusCode::from_u16(answer.code).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(generation) = answer.generation
        && let Ok(value) = HeaderValue::from_str(&format!("\"{generation}\""))
    {
        headers.insert(ETAG, value);
    }
    if let Some(allow) = answer.allow
        && let Ok(value) = HeaderValue::from_str(&allow.join(", "))
    {
        headers.insert(ALLOW, value);
    }
    response
}

/// Answers what is asked for; `sent` becomes what the log keeps of the body.
async fn ask(
    desk: &Arc<Desk>,
    route: &Route,
    request: Request<Incoming>,
    query: &str,
    sent: &mut String,
) -> Answer {
    if let Route::Loops { port: Some(port) } = route {
        return lift(desk, port).await;
    }
    if request.method() != Method::GET {
        return match wish(route, request, query, sent).await {
            Ok(wish) => order(desk, wish).await,
            Err(answer) => *answer,
        };
    }
    match route {
        Route::State => {
            let daemon = desk.daemon();
            let generation = daemon.accepted().generation;
            if generation == 0 {
                return Answer::refused(&Refusal::NothingYet);
            }
            let text = daemon.document().render(None).text;
            Answer { generation: Some(generation), ..Answer::json(200, text) }
        }
        Route::Object { section, id, .. } => {
            let daemon = desk.daemon();
            match daemon.document().object(&((*section).to_owned(), id.clone())) {
                Some(object) => Answer {
                    generation: Some(daemon.accepted().generation),
                    ..Answer::json(200, object.text.to_string())
                },
                None => none(section, id),
            }
        }
        Route::Status { section: Some(section), id: Some(id) } => {
            let key = ((*section).to_owned(), id.clone());
            match desk.daemon().status(&key) {
                Some(status) => Answer::json(200, document::status(&key, &status)),
                None => none(section, id),
            }
        }
        Route::Status { section, .. } => {
            let wanted = |key: &(String, String)| section.is_none_or(|section| key.0 == section);
            Answer::json(200, document::statuses(&desk.daemon(), &wanted))
        }
        Route::Loops { .. } => Answer::json(200, document::loops(&desk.daemon().loops)),
        Route::Events => listen(desk, &request, query),
        Route::Calls => {
            Answer { kept: String::new(), ..Answer::json(200, document::calls(&desk.daemon())) }
        }
        Route::Alive => Answer::of(200, "text/plain", "ok\n".to_owned()),
        Route::Ready => {
            let daemon = desk.daemon();
            let code = if daemon.is_ready() { 200 } else { 503 };
            Answer::of(code, "text/plain", format!("{}\n", daemon.standing().name()))
        }
        Route::Metrics => Answer::of(200, FIGURES, document::metrics(&desk.daemon(), resident())),
        Route::Description => Answer::json(200, description()),
    }
}

fn description() -> String {
    let mut text = String::new();
    let read = StreamingDecoder::new(DESCRIPTION)
        .ok()
        .and_then(|mut packed| packed.read_to_string(&mut text).ok());
    read.map(|_length| text).expect("`build.rs` packed it")
}

fn none(section: &str, id: &str) -> Answer {
    let kind = kind(section).unwrap_or("objects");
    Answer::refused(&Refusal::NoSuch { kind, id: id.to_owned() })
}

/// Reads what somebody wants changed.
async fn wish(
    route: &Route,
    request: Request<Incoming>,
    query: &str,
    sent: &mut String,
) -> Result<Wish, Box<Answer>> {
    let wrong = |told: &str| Box::new(Answer::wrong(400, told, None));
    let (head, body) = request.into_parts();
    let most = if *route == Route::State { MAX_BYTES } else { MOST_OF_OBJECT };
    // First, so that whoever still sends hears what is wrong with the rest.
    let bytes = match tokio::time::timeout(PATIENCE, read(body, most)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(Unread::TooLong)) => {
            let told = format!("the body has more than {most} bytes");
            return Err(Box::new(Answer::wrong(413, &told, None)));
        }
        Ok(Err(Unread::Broken)) | Err(_) => {
            return Err(Box::new(Answer::wrong(408, "the body did not come to its end", None)));
        }
    };
    let number = |name: &str| match route::value(query, name) {
        None => Ok(None),
        Some(text) => match route::generation(text) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(&format!("`{name}={text}` is no generation"))),
        },
    };
    let expected = match head.headers.get(IF_MATCH) {
        None => number("expected")?,
        Some(value) => {
            let told = value.to_str().ok().and_then(route::generation);
            Some(told.ok_or_else(|| wrong("`If-Match` names no generation"))?)
        }
    };
    let generation = number("generation")?;
    let confirmed = match route::value(query, "confirm") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong("`confirm` is `true` or `false`")),
    };
    *sent = call::kept(&bytes);
    let text = String::from_utf8(bytes).map_err(|_error| wrong("the body is not UTF-8"))?;
    match route {
        Route::Object { section, id, rule } => Ok(Wish::One {
            section,
            id: id.clone(),
            rule: rule.clone(),
            text: (head.method != Method::DELETE).then_some(text),
            expected,
        }),
        _ => Ok(Wish::Whole { text, generation, confirmed }),
    }
}

/// Has the keeper do it.
async fn order(desk: &Desk, wish: Wish) -> Answer {
    let (reply, answered) = oneshot::channel();
    let asked = desk.orders.send(Order { wish, reply }).is_ok() && desk.caller.call().is_ok();
    let answer = if asked { answered.await.ok() } else { None };
    match answer {
        None => Answer::wrong(503, "this daemon is ending", None),
        Some(Err(refusal)) => Answer::refused(&refusal),
        Some(Ok(answer)) => {
            let daemon = desk.daemon();
            // Accepted, and not there yet: the status says why.
            let code = if daemon.is_ready() { 200 } else { 202 };
            let text = document::change(&daemon, answer.generation, answer.changed);
            Answer { generation: Some(answer.generation), ..Answer::json(code, text) }
        }
    }
}

/// Has a port opened that is closed for a loop.
async fn lift(desk: &Desk, port: &str) -> Answer {
    let (reply, answered) = oneshot::channel();
    let asked = desk.lifts.send(Lift { port: port.to_owned(), reply });
    let lifted = if asked.is_ok() { answered.await.ok() } else { None };
    match lifted {
        None => Answer::wrong(503, "this daemon is ending", None),
        Some(false) => Answer::wrong(404, &format!("port `{port}` is not closed for a loop"), None),
        Some(true) => Answer::json(200, document::lifted(port)),
    }
}

/// Begins to tell events: those from now on, or those that are kept behind a number.
fn listen(desk: &Arc<Desk>, request: &Request<Incoming>, query: &str) -> Answer {
    let heard = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let after = heard.or_else(|| route::value(query, "after")).map(|text| text.trim().parse());
    let after: u64 = match after {
        None => desk.daemon().events.last(),
        Some(Ok(after)) => after,
        Some(Err(_)) => return Answer::wrong(400, "`after` is no number of an event", None),
    };
    let (tell, pieces) = mpsc::channel(PIECES);
    tokio::spawn(speak(Arc::clone(desk), tell, after));
    Answer {
        body: Said::Pieces(pieces),
        kept: String::new(),
        ..Answer::of(200, "text/event-stream", String::new())
    }
}

async fn speak(desk: Arc<Desk>, tell: mpsc::Sender<Bytes>, mut after: u64) {
    let mut news = desk.news.subscribe();
    loop {
        let mut text = String::new();
        {
            let daemon = desk.daemon();
            for event in daemon.events.after(after) {
                if event.id > after.saturating_add(1) {
                    let lost = format_args!("event: gap\ndata: {{\"after\":{after}}}\n\n");
                    put(&mut text, lost);
                }
                text.push_str(&document::event(event));
                after = event.id;
            }
        }
        if !text.is_empty() && tell.send(Bytes::from(text)).await.is_err() {
            return;
        }
        match tokio::time::timeout(KEEP_ALIVE, news.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                if tell.send(Bytes::from_static(b": alive\n\n")).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Returns what memory this process has, in bytes.
fn resident() -> Option<u64> {
    let text: io::Result<String> = std::fs::read_to_string("/proc/self/statm");
    let pages: u64 = text.ok()?.split_whitespace().nth(1)?.parse().ok()?;
    let size = u64::try_from(rustix::param::page_size()).ok()?;
    Some(pages * size)
}
