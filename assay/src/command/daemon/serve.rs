//! HTTP/1.1 on the socket: calls in, answers and events out. One thread.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::Sender,
    },
    task::{Context, Poll},
    time::Duration,
};

use dataplane::{keeper::Change, kernel::watch::Caller as Wake, spec::MAX_BYTES};
use hyper::{
    Request, Response,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    DESCRIPTION,
    calls::{Call, Caller, Calls},
    keep::{Ask, Shared, Wish},
    reply::{Reply, metric},
    route::{Expected, NoRoute, Route, expected, query, route},
};
use crate::clock;

/// Connections at a time.
const CONNECTIONS: usize = 64;
/// How long a caller may take to say what he wants.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a listener to events hears that there are none.
const SIGN: Duration = Duration::from_secs(15);
/// How long the keeper may be silent and still be taken to be well.
const SILENCE: Duration = Duration::from_mins(2);

/// What every connection needs.
pub(super) struct Server {
    pub(super) asks: Sender<Ask>,
    pub(super) wake: Wake,
    pub(super) shared: Arc<Shared>,
    pub(super) calls: Mutex<Calls>,
    pub(super) open: AtomicUsize,
}

/// A body that is there, or comes bit by bit.
enum Answer {
    Whole(Option<Bytes>),
    Coming(mpsc::Receiver<Bytes>),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|it| Ok(Frame::data(it)))),
            Self::Coming(more) => {
                more.poll_recv(context).map(|bytes| bytes.map(|it| Ok(Frame::data(it))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    /// Known beforehand, so that an answer says its length and does not come in pieces.
    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Coming(_) => SizeHint::default(),
        }
    }
}

/// Takes connections until something can be read from `end`.
pub(super) async fn serve(
    listener: UnixListener,
    end: UnixStream,
    server: Arc<Server>,
) -> io::Result<()> {
    loop {
        let accepted = poll_fn(|context| {
            if end.poll_read_ready(context).is_ready() {
                return Poll::Ready(None);
            }
            listener.poll_accept(context).map(Some)
        });
        let stream = match accepted.await {
            None => return Ok(()),
            Some(Ok((stream, _address))) => stream,
            // The caller has gone, or there are no more descriptors: those who are there go on.
            Some(Err(error)) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if server.open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
            server.open.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        tokio::spawn(connection(stream, Arc::clone(&server)));
    }
}

async fn connection(stream: UnixStream, server: Arc<Server>) {
    if let Ok(peer) = stream.peer_cred() {
        let caller = Caller { process: peer.pid(), user: peer.uid(), group: peer.gid() };
        let answer = service_fn(|request| {
            let server = Arc::clone(&server);
            async move { Ok::<_, io::Error>(call(request, caller, &server).await) }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(true);
        if let Err(error) = http.serve_connection(TokioIo::new(stream), answer).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
    server.open.fetch_sub(1, Ordering::Relaxed);
}

/// Answers a call and notes it.
async fn call(request: Request<Incoming>, caller: Caller, server: &Server) -> Response<Answer> {
    let begun = clock::instant();
    let at_ms = clock::unix_ms();
    let (head, body) = request.into_parts();
    let method = head.method.as_str();
    let path = head.uri.path();
    let header = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let if_match = header(IF_MATCH);
    let mut sent = Vec::new();
    let mut coming = None;
    let reply = match route(method, path) {
        Err(NoRoute::Path) => {
            Reply::error(404, "no-path", "there is no such path", Some("GET /openapi.json"))
        }
        Err(NoRoute::Method(allowed)) => {
            let hint = format!("this path has {allowed}");
            Reply::error(405, "method", "this path has no such method", Some(&hint))
        }
        Ok(Route::Events) => {
            let asked = header(HeaderName::from_static("last-event-id"));
            let asked = asked.or(query(head.uri.query().unwrap_or_default(), "after"));
            let after = asked.and_then(|text| text.parse().ok()).unwrap_or(0);
            let (to, from) = mpsc::channel(16);
            tokio::spawn(events(Arc::clone(&server.shared), after, to));
            coming = Some(from);
            let kind = "text/event-stream";
            Reply { code: 200, kind, body: String::new(), generation: None }
        }
        Ok(route) => match read(body).await {
            Ok(bytes) => {
                sent = bytes;
                answer(route, &sent, if_match, head.uri.query().unwrap_or_default(), server).await
            }
            Err(reply) => reply,
        },
    };
    let duration = begun.elapsed();
    server.calls.lock().unwrap_or_else(PoisonError::into_inner).add(&Call {
        at_ms,
        duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        caller,
        method,
        path,
        if_match,
        request: &sent,
        code: reply.code,
        response: reply.body.as_bytes(),
    });
    let (code, duration_ms) = (reply.code, duration.as_millis());
    let (uid, pid) = (caller.user, caller.process);
    tracing::info!(method, path, code, uid, pid, duration_ms, "call");
    response(reply, coming)
}

fn response(reply: Reply, coming: Option<mpsc::Receiver<Bytes>>) -> Response<Answer> {
    let body = match coming {
        Some(coming) => Answer::Coming(coming),
        None => Answer::Whole(Some(Bytes::from(reply.body))),
    };
    let mut response = Response::new(body);
    *response.status_mut() = hyper::StatusCode::from_u16(reply.code).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.kind));
    if let Some(generation) = reply.generation
        && let Ok(tag) = HeaderValue::from_str(&format!("\"{generation}\""))
    {
        headers.insert(ETAG, tag);
    }
    response
}

/// Reads a body whole, or says why not.
async fn read(mut body: Incoming) -> Result<Vec<u8>, Reply> {
    let mut bytes = Vec::new();
    let reading = async {
        loop {
            let next = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
            let Some(frame) = next else { return Ok(bytes) };
            let frame = frame.map_err(|error| {
                Reply::error(400, "body", &format!("the body broke off: {error}"), None)
            })?;
            if let Some(more) = frame.data_ref() {
                if bytes.len() + more.len() > MAX_BYTES {
                    let message = format!("the body has more than {MAX_BYTES} bytes");
                    return Err(Reply::error(413, "body", &message, None));
                }
                bytes.extend_from_slice(more);
            }
        }
    };
    let slow = || Reply::error(408, "body", "the body did not come in time", None);
    timeout(PATIENCE, reading).await.map_err(|_elapsed| slow())?
}

/// Answers what is not a stream.
async fn answer(
    route: Route,
    body: &[u8],
    if_match: Option<&str>,
    asked: &str,
    server: &Server,
) -> Reply {
    let wish = match route {
        Route::Description => {
            let (kind, body) = ("application/json", DESCRIPTION.to_owned());
            return Reply { code: 200, kind, body, generation: None };
        }
        Route::Calls => {
            let calls = server.calls.lock().unwrap_or_else(PoisonError::into_inner);
            return Reply::json(200, &calls.value());
        }
        Route::Health => return health(&server.shared),
        Route::State => Wish::State,
        Route::Status => Wish::Status,
        Route::Ready => Wish::Ready,
        Route::Metrics => {
            let mut reply = ask(Wish::Metrics, server).await;
            let calls = server.calls.lock().unwrap_or_else(PoisonError::into_inner).count;
            metric(&mut reply.body, "calls_total", "counter", calls);
            return reply;
        }
        Route::Replace | Route::Put { .. } | Route::Delete { .. } => {
            match change(route, body, if_match, asked) {
                Ok(wish) => wish,
                Err(reply) => return reply,
            }
        }
        // A stream, and begun by who called.
        Route::Events => return Reply::text(500, String::new()),
    };
    ask(wish, server).await
}

fn change(route: Route, body: &[u8], if_match: Option<&str>, asked: &str) -> Result<Wish, Reply> {
    let Some(said) = expected(if_match) else {
        let message = "If-Match is no generation";
        return Err(Reply::error(400, "if-match", message, Some("`\"3\"`, or `*`")));
    };
    let expected = match said {
        Expected::Generation(generation) => Some(generation),
        Expected::Unsaid | Expected::Any => None,
    };
    let no_text = |_error| Reply::error(400, "body", "the body is no UTF-8", None);
    let text = std::str::from_utf8(body).map_err(no_text)?;
    let (kind, id, change) = match route {
        Route::Put { kind, id } => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(object)) => (kind, id, Change::Put(object)),
            Ok(_) => return Err(Reply::error(400, "body", "the body is no JSON object", None)),
            Err(error) => return Err(Reply::error(400, "body", &error.to_string(), None)),
        },
        Route::Delete { kind, id } => (kind, id, Change::Delete),
        _ => {
            let confirmed = query(asked, "confirm") == Some("true");
            return Ok(Wish::Replace { text: text.to_owned(), expected, confirmed });
        }
    };
    if said == Expected::Unsaid {
        let hint = "send `If-Match: \"GENERATION\"`, the ETag of the state; `*` for whichever";
        let message = "a change says for which generation it is made";
        return Err(Reply::error(428, "if-match", message, Some(hint)));
    }
    Ok(Wish::Change { kind, id, change, expected })
}

/// Has the keeper answer.
async fn ask(wish: Wish, server: &Server) -> Reply {
    let gone = || Reply::error(503, "ending", "the daemon is ending", None);
    let (answer, reply) = oneshot::channel();
    if server.asks.send(Ask { wish, answer }).is_err() || server.wake.call().is_err() {
        return gone();
    }
    reply.await.unwrap_or_else(|_gone| gone())
}

fn health(shared: &Shared) -> Reply {
    let beat = shared.beat.load(Ordering::Relaxed);
    let silent = Duration::from_nanos(clock::since_start_ns().saturating_sub(beat));
    if silent < SILENCE {
        return Reply::text(200, "ok\n".to_owned());
    }
    let text = format!("the keeper has been silent for {} s\n", silent.as_secs());
    Reply::text(503, text)
}

/// Sends events from behind number `after` on, until nobody listens.
async fn events(shared: Arc<Shared>, mut after: u64, to: mpsc::Sender<Bytes>) {
    loop {
        // Armed before looking, so that nothing rings in between.
        let mut rung = std::pin::pin!(shared.bell.notified());
        rung.as_mut().enable();
        let mut text = String::new();
        {
            let said = shared.said.lock().unwrap_or_else(PoisonError::into_inner);
            let known = after;
            for (number, event) in said.iter().filter(|(number, _)| *number > known) {
                if *number > after + 1 {
                    text.push_str(": some are forgotten\n\n");
                }
                crate::output::put(&mut text, format_args!("id: {number}\ndata: {event}\n\n"));
                after = *number;
            }
        }
        if !text.is_empty() && to.send(text.into()).await.is_err() {
            return;
        }
        if timeout(SIGN, rung).await.is_err()
            && to.send(Bytes::from_static(b":\n\n")).await.is_err()
        {
            return;
        }
    }
}
