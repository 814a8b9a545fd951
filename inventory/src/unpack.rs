//! What is compiled in compressed.

use std::io::Read;

use serde::de::DeserializeOwned;

/// Unpacks a Zstandard frame (RFC 8878) that was compiled in; nothing where it is damaged, which
/// tests hold that it is not.
pub(crate) fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(mut decoder) = ruzstd::decoding::StreamingDecoder::new(packed)
        && decoder.read_to_end(&mut bytes).is_err()
    {
        bytes.clear();
    }
    bytes
}

/// Reads a list of `data/` (TOML).
///
/// # Panics
///
/// Never: a test reads each list that is committed.
pub(crate) fn list<T: DeserializeOwned>(packed: &[u8]) -> T {
    let text = String::from_utf8(unpack(packed)).unwrap_or_default();
    typed_json::parse_toml(&text).expect("a test reads each list that is committed")
}
