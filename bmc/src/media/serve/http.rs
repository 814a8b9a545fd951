//! The image by HTTP and HTTPS.

use std::{
    io,
    net::IpAddr,
    ops::Range,
    os::unix::fs::FileExt as _,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{self, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{PATIENCE, Shared, now, told};
use crate::media::{Asked, Reply, reply};

/// Bytes that are read from the file at a time.
const PIECE: u64 = 64 << 10;

/// Serves a connection to its end.
pub(super) async fn serve(
    socket: impl AsyncRead + AsyncWrite + Unpin,
    from: IpAddr,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |asked: Request<Incoming>| {
        let answer = answer(&asked, from, &shared);
        async move { Ok::<_, io::Error>(answer) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(socket), service)
    );
    tokio::select! {
        // A connection that breaks is the client's matter.
        ended = connection.as_mut() => return drop(ended),
        () = told(&mut stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}

fn answer(asked: &Request<Incoming>, from: IpAddr, shared: &Arc<Shared>) -> Response<Sending> {
    let path = asked.uri().path();
    let guest =
        shared.guests.iter().position(|guest| guest.path == path && guest.from.contains(&from));
    let Some(guest) = guest else {
        let mut answer = Response::new(Sending::nothing(shared));
        *answer.status_mut() = StatusCode::NOT_FOUND;
        return answer;
    };
    let text = |name: HeaderName| asked.headers().get(name).and_then(|text| text.to_str().ok());
    let image = &shared.image;
    let found = reply(
        Asked {
            method: asked.method().as_str(),
            range: text(header::RANGE),
            if_range: text(header::IF_RANGE),
            if_none_match: text(header::IF_NONE_MATCH),
        },
        image,
    );
    shared.count(guest, |reads| reads.asked(from, matches!(found, Reply::Part(_)), now()));
    let left = found.bytes(image);
    let mut answer = Response::new(Sending { shared: Arc::clone(shared), guest, left });
    *answer.status_mut() = StatusCode::from_u16(found.status()).unwrap_or_default();
    let headers = answer.headers_mut();
    let mut put = |name: HeaderName, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    put(header::ACCEPT_RANGES, "bytes");
    put(header::ETAG, &image.etag);
    put(header::LAST_MODIFIED, &image.modified);
    match &found {
        Reply::Whole | Reply::Head => put(header::CONTENT_TYPE, "application/octet-stream"),
        Reply::Part(part) => {
            put(header::CONTENT_TYPE, "application/octet-stream");
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, image.length);
            put(header::CONTENT_RANGE, &range);
        }
        Reply::Beyond => put(header::CONTENT_RANGE, &format!("bytes */{}", image.length)),
        Reply::ReadOnly => put(header::ALLOW, "GET, HEAD"),
        Reply::Same => {}
    }
    // What is asked by HEAD has the length that GET would send.
    if matches!(found, Reply::Head) {
        put(header::CONTENT_LENGTH, &image.length.to_string());
    }
    answer
}

/// Bytes of the image on their way.
struct Sending {
    shared: Arc<Shared>,
    guest: usize,
    left: Range<u64>,
}

impl Sending {
    fn nothing(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), guest: 0, left: 0..0 }
    }

    fn count(&self) -> u64 {
        self.left.end - self.left.start
    }

    /// Reads the next bytes. The thread serves nothing else, so a slow disk slows only the readers.
    fn next(&mut self) -> io::Result<Bytes> {
        let size = usize::try_from(self.count().min(PIECE)).unwrap_or_default();
        let mut piece = vec![0; size];
        let count = self.shared.file.read_at(&mut piece, self.left.start)?;
        if count == 0 {
            // It has become shorter: what was promised cannot be sent.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(count);
        let begin = self.left.start;
        self.left.start = begin.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        let sent = begin..self.left.start;
        self.shared.count(self.guest, |reads| reads.sent(sent));
        Ok(piece.into())
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(this.next().map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.count())
    }
}
