//! A connection to a host: what comes in becomes a request, the model's reply goes out.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use hyper::{
    Request as Asked, Response as Answer, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::mpsc, time::timeout};
use tokio_rustls::TlsAcceptor;

use super::{
    body::{self, Said},
    fetch,
    site::Served,
};
use crate::simulate::{
    knobs::Knob,
    message::{Body, Cut, Reply, Request, Response, Work},
};

/// How long a client may take to shake hands and to send its request.
const PATIENCE: Duration = Duration::from_secs(30);
/// The fatal alert `protocol_version` of TLS 1.0 (RFC 2246 §7.2).
const TOO_NEW: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];
/// Events that wait for a listener.
const WAITING: usize = 32;

/// Serves a connection to its end.
pub(super) async fn serve(mut socket: TcpStream, served: Arc<Served>) {
    // A connection that breaks is the client's matter.
    drop(socket.set_nodelay(true));
    let knobs = served.knobs();
    if knobs.value(Knob::HungBmc) == Some(1) {
        hang(&mut socket).await;
        return;
    }
    if knobs.has(Knob::TlsOld) {
        let mut hello = [0; 4096];
        drop(timeout(PATIENCE, tokio::io::AsyncReadExt::read(&mut socket, &mut hello)).await);
        drop(socket.write_all(&TOO_NEW).await);
        return;
    }
    if knobs.has(Knob::TlsWeak)
        && let Some(version) = old(&socket).await
    {
        drop(socket.write_all(&server_hello(version)).await);
        return;
    }
    if served.is_away() {
        return;
    }
    let acceptor = TlsAcceptor::from(served.tls());
    let Ok(Ok(stream)) = timeout(PATIENCE, acceptor.accept(socket)).await else { return };
    let service = service_fn(move |asked| answer(Arc::clone(&served), asked));
    let ended = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    drop(ended);
}

/// Returns the version of a `ClientHello` that is below TLS 1.2, without taking it off the socket.
async fn old(socket: &TcpStream) -> Option<[u8; 2]> {
    let mut hello = [0; 11];
    // A hello comes in one piece: what is shorter is left to those who know.
    timeout(PATIENCE, socket.peek(&mut hello)).await.ok()?.ok()?;
    match hello {
        [22, 3, _, _, _, 1, _, _, _, 3, minor] if minor < 3 => Some([3, minor]),
        _ => None,
    }
}

/// Returns a `ServerHello` of an old version (RFC 2246 §7.4.1.3), with its record.
fn server_hello([major, minor]: [u8; 2]) -> Vec<u8> {
    let mut out = vec![22, major, minor, 0, 42, 2, 0, 0, 38, major, minor];
    out.extend([0x5a; 32]);
    // No session; AES-128 by RSA; no compression.
    out.extend([0, 0, 0x2f, 0]);
    out
}

/// Holds a connection until the other side has had enough of it.
async fn hang(socket: &mut TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(1..) = tokio::io::AsyncReadExt::read(socket, &mut bytes).await {}
}

async fn answer(served: Arc<Served>, asked: Asked<Incoming>) -> io::Result<Answer<Said>> {
    let _counted = served.count.begin();
    let (head, incoming) = asked.into_parts();
    let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_upload = kind.starts_with(b"multipart/") || kind == b"application/octet-stream";
    if is_upload && served.cuts_upload() {
        body::read_half(incoming).await;
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    let Some(body) = body::read(incoming).await else {
        let mut answer = Answer::new(Said::Whole(None));
        *answer.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(answer);
    };
    let mut headers = BTreeMap::new();
    headers.extend(head.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    }));
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    };
    let reply = served.respond(&request);
    let Reply { mut response, delay, cut, close, wait, work } = reply;
    for one in work {
        match one {
            Work::Fetch { ticket, url, login } if wait == Some(ticket) => {
                let outcome = fetch::image(&url, login).await;
                response = served.fetched(ticket, &outcome).unwrap_or(response);
            }
            other => Arc::clone(&served).see_to(other),
        }
    }
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match cut {
        Some(Cut::Drop) => return Err(io::ErrorKind::ConnectionAborted.into()),
        Some(Cut::Hang) => std::future::pending::<()>().await,
        Some(Cut::Truncate | Cut::Half) | None => {}
    }
    let is_head = request.method == "HEAD";
    Ok(write(&served, response, close, cut, is_head))
}

fn write(
    served: &Arc<Served>,
    response: Response,
    close: bool,
    cut: Option<Cut>,
    is_head: bool,
) -> Answer<Said> {
    let (kind, bytes) = match response.body {
        Body::Empty => ("", None),
        Body::Json(value) => ("application/json", Some(Bytes::from(value.to_string()))),
        Body::Text(kind, text) => (kind, Some(Bytes::from(text))),
        Body::Events => {
            let (tell, pieces) = mpsc::channel(WAITING);
            // Who listens hears at once that the stream lives.
            drop(tell.try_send(Bytes::from_static(b": begin\n\n")));
            served.listen(tell);
            let mut answer = Answer::new(Said::Pieces(pieces));
            answer
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            return answer;
        }
    };
    let whole = bytes.as_ref().map_or(0, Bytes::len);
    let said = match bytes {
        Some(_) if is_head => Said::Whole(None),
        Some(bytes) if cut == Some(Cut::Truncate) => Said::Whole(Some(bytes.slice(..whole / 2))),
        Some(bytes) if cut == Some(Cut::Half) => {
            let length = u64::try_from(whole).unwrap_or(u64::MAX);
            Said::half(bytes.slice(..whole / 2), length)
        }
        bytes => Said::Whole(bytes),
    };
    let mut answer = Answer::new(said);
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or_default();
    let headers = answer.headers_mut();
    let mut fixed =
        vec![("odata-version", "4.0".to_owned()), ("cache-control", "no-cache".to_owned())];
    if !kind.is_empty() {
        fixed.push(("content-type", kind.to_owned()));
    }
    let name = served.server_name();
    if !name.is_empty() {
        fixed.push(("server", name.to_owned()));
    }
    if close {
        fixed.push(("connection", "close".to_owned()));
    }
    for (name, value) in fixed.into_iter().chain(response.headers) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            // Appended: a header may come twice.
            headers.append(HeaderName::from_static(name), value);
        }
    }
    answer
}
