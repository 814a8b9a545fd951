//! Bodies of answers: one piece, or events for as long as somebody listens.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::mpsc;

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Said {
    /// All of it, until it is taken.
    Whole(Option<Bytes>),
    /// Piece by piece.
    Pieces(mpsc::Receiver<Bytes>),
}

impl Body for Said {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
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
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is longer than is taken.
    TooLong,
    /// Its sender was gone, or was not heard for too long.
    Broken,
}

/// What is read past what is taken, so that its sender hears why it was not.
const PAST: usize = 8 << 20;

/// Reads what was sent, up to `most` bytes.
pub(super) async fn read(mut body: Incoming, most: usize) -> Result<Vec<u8>, Unread> {
    let (mut kept, mut length) = (Vec::new(), 0_usize);
    loop {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let Some(frame) = next else { break };
        let frame = frame.map_err(|_error| Unread::Broken)?;
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= most {
            kept.extend(&data);
        } else {
            kept = Vec::new();
        }
        if length > most.saturating_add(PAST) {
            break;
        }
    }
    if length > most { Err(Unread::TooLong) } else { Ok(kept) }
}
