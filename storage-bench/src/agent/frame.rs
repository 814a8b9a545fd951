//! Messages as they go over a stream: four bytes of length (big-endian), then JSON.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes of a message: a second's histograms take some kilobytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Why a stream is not understood any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum FrameError {
    /// A message is longer than any of ours.
    #[error("a message of {bytes} bytes is announced, the longest has {MAX_BYTES}")]
    TooLong { bytes: usize },
    /// It is no message of this side.
    #[error("a message is not understood")]
    Message { source: serde_json::Error },
}

/// Returns the frame of `message`.
///
/// # Errors
/// [`FrameError::TooLong`], which no message of ours is.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let json = serde_json::to_vec(message).map_err(|source| FrameError::Message { source })?;
    let length = u32::try_from(json.len()).ok().filter(|_| json.len() <= MAX_BYTES);
    let length = length.ok_or(FrameError::TooLong { bytes: json.len() })?;
    Ok([&length.to_be_bytes()[..], &json].concat())
}

/// A stream being read.
#[derive(Clone, Debug)]
pub struct Decoder<M> {
    bytes: Vec<u8>,
    of: PhantomData<M>,
}

impl<M> Default for Decoder<M> {
    fn default() -> Self {
        Self { bytes: Vec::new(), of: PhantomData }
    }
}

impl<M: DeserializeOwned> Decoder<M> {
    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the next message; `None` until it is whole.
    ///
    /// # Errors
    /// Where the stream is not ours: it cannot be read any further.
    pub fn next_message(&mut self) -> Result<Option<M>, FrameError> {
        let Some((length, rest)) = self.bytes.split_first_chunk::<4>() else { return Ok(None) };
        let bytes = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if bytes > MAX_BYTES {
            return Err(FrameError::TooLong { bytes });
        }
        let Some(json) = rest.get(..bytes) else { return Ok(None) };
        // Tagged from outside: a tag inside would build a second reader of all that a message
        // holds.
        let message = typed_json::parse(json).map_err(|source| FrameError::Message { source })?;
        self.bytes.drain(..4 + bytes);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::agent::message::{Command, Delta, Reply};
    use crate::workload::{Op, Region};

    fn second(index: u32, service: Vec<u8>) -> Reply {
        let delta = Delta { op: Op::Read, region: Region::Hot, bytes: 4096, service };
        Reply::Second { index, streams: vec![delta] }
    }

    #[test]
    fn a_frame_is_a_length_and_json() {
        let frame = encode(&Command::Ping { number: 7 }).unwrap();
        assert_eq!(frame, b"\0\0\0\x15{\"ping\":{\"number\":7}}");
        let json = serde_json::to_string(&second(0, vec![0, 255, 16])).unwrap();
        assert!(json.contains("\"00ff10\""), "{json}");
    }

    #[test]
    fn what_is_not_ours_is_an_error_and_costs_no_memory() {
        let mut decoder = Decoder::<Command>::default();
        decoder.push(b"GET / HTTP/1.1\r\n");
        assert!(matches!(decoder.next_message(), Err(FrameError::TooLong { .. })));
        let mut decoder = Decoder::<Command>::default();
        decoder.push(b"\0\0\0\x02{}");
        assert!(matches!(decoder.next_message(), Err(FrameError::Message { .. })));
    }

    proptest! {
        #[test]
        fn any_cut_of_the_stream_gives_the_same_messages(
            blobs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..5),
            piece in 1_usize..40,
        ) {
            let sent: Vec<Reply> = (0..).zip(blobs).map(|(at, blob)| second(at, blob)).collect();
            let stream: Vec<u8> = sent.iter().flat_map(|one| encode(one).unwrap()).collect();
            let (mut decoder, mut got) = (Decoder::<Reply>::default(), Vec::new());
            for piece in stream.chunks(piece) {
                decoder.push(piece);
                while let Some(message) = decoder.next_message().unwrap() {
                    got.push(message);
                }
            }
            prop_assert_eq!(got, sent);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::<Reply>::default();
            decoder.push(&bytes);
            while let Ok(Some(_)) = decoder.next_message() {}
        }
    }
}
