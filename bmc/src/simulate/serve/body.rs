//! Bodies: answers that may break off in their middle, and requests up to a limit.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::{
    sync::mpsc,
    time::{Sleep, sleep},
};

/// Bytes of a request that are taken: firmware is the largest.
const MOST: usize = 20 << 20;
/// How long half of a body has to be written.
const TAKEN: Duration = Duration::from_millis(20);

/// The body of an answer.
pub(super) enum Said {
    /// All of it, until it is taken.
    Whole(Option<Bytes>),
    /// The first half of so many bytes, and when it was taken the connection breaks.
    Half(Option<Bytes>, u64, Pin<Box<Sleep>>),
    /// Piece by piece.
    Pieces(mpsc::Receiver<Bytes>),
}

impl Said {
    /// Returns the half of a body; it is on its way before the connection breaks.
    pub(super) fn half(bytes: Bytes, length: u64) -> Self {
        Self::Half(Some(bytes), length, Box::pin(sleep(TAKEN)))
    }
}

impl Body for Said {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Half(bytes, _, taken) => match bytes.take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => taken
                    .as_mut()
                    .poll(context)
                    .map(|()| Some(Err(io::ErrorKind::ConnectionAborted.into()))),
            },
            Self::Pieces(pieces) => {
                pieces.poll_recv(context).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Half(_, length, _) => SizeHint::with_exact(*length),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}

/// Reads half of what is sent, and no more.
pub(super) async fn read_half(mut body: Incoming) {
    let whole = body.size_hint().exact().unwrap_or(u64::MAX);
    let mut had = 0_u64;
    while had <= whole / 2 {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let Some(Ok(frame)) = next else { return };
        let count = frame.into_data().map_or(0, |data| data.len());
        had = had.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

/// Reads what was sent; `None` where it is too long or does not come to its end.
pub(super) async fn read(mut body: Incoming) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    loop {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let Some(frame) = next else { return Some(kept) };
        let Ok(data) = frame.ok()?.into_data() else { continue };
        if kept.len() + data.len() > MOST {
            return None;
        }
        kept.extend_from_slice(&data);
    }
}
