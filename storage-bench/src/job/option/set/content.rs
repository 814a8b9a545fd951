//! Options about what is written, and whether it is read back.

use super::text;
use crate::job::draft::{Draft, Fault};
use crate::job::units;
use crate::job::{Fill, Verify};

/// Longest pattern, as in fio.
const PATTERN: usize = 512;

pub(super) fn zero_buffers(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    match (units::switch(value)?, &draft.job.content.fill) {
        (true, _) => draft.job.content.fill = Fill::Zero,
        (false, Fill::Zero) => draft.job.content.fill = Fill::Unique,
        (false, Fill::Unique | Fill::Pattern { .. }) => {}
    }
    Ok(())
}

pub(super) fn buffer_pattern(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let value = text(value)?;
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let bytes = if let Some(quoted) = quoted {
        if quoted.contains(['"', '\\']) {
            return Err(Fault::Value("it is more than one string".to_owned()));
        }
        quoted.as_bytes().to_vec()
    } else if let Some(digits) = value.strip_prefix("0x") {
        hexadecimal(digits)?
    } else {
        let why = "a pattern is `0x…` or `\"…\"`; numbers, files and formats are not supported";
        return Err(Fault::Value(why.to_owned()));
    };
    if bytes.is_empty() || bytes.len() > PATTERN {
        return Err(Fault::Value(format!("a pattern has 1 to {PATTERN} bytes")));
    }
    draft.job.content.fill = Fill::Pattern { bytes };
    Ok(())
}

/// Reads bytes in the order they are written; an odd first digit is a byte of its own.
fn hexadecimal(digits: &str) -> Result<Vec<u8>, Fault> {
    let value = |letter: char| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = digits.chars().map(value).collect();
    let digits = digits.ok_or_else(|| Fault::Value("it is no hexadecimal number".to_owned()))?;
    let (odd, even) = digits.split_at_checked(digits.len() % 2).unwrap_or((&digits, &[]));
    let pairs = even.chunks_exact(2).filter_map(|pair| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    });
    Ok(odd.iter().copied().chain(pairs).collect())
}

pub(super) fn buffer_compress_percentage(
    draft: &mut Draft,
    value: Option<&str>,
) -> Result<(), Fault> {
    draft.job.content.compress_percent = units::percent(text(value)?)?;
    Ok(())
}

pub(super) fn buffer_compress_chunk(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let bytes = units::bytes(text(value)?, draft.base)?;
    let bytes = u32::try_from(bytes).ok().filter(|bytes| *bytes < 1 << 30);
    let bytes = bytes.ok_or_else(|| Fault::Value("it is too large".to_owned()))?;
    draft.job.content.compress_chunk_bytes = (bytes > 0).then_some(bytes);
    Ok(())
}

pub(super) fn dedupe_percentage(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.content.dedupe_percent = units::percent(text(value)?)?;
    Ok(())
}

pub(super) fn verify(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.verify = match text(value)? {
        "0" | "none" => Verify::None,
        // What a block says of itself (`meta`), and the checksum over it.
        "1" | "crc64" | "meta" => Verify::Checksum,
        "crc32" | "crc32c" | "crc32c-intel" | "crc16" | "crc7" | "md5" | "sha1" | "sha256"
        | "sha512" | "sha3-224" | "sha3-256" | "sha3-384" | "sha3-512" | "xxhash" => {
            let why = "the checksum of a block is a CRC-64; write `crc64`, or use `assay storage \
                       verify`";
            return Err(Fault::Value(why.to_owned()));
        }
        "pattern" | "pattern_hdr" => {
            let why = "blocks carry address, generation and checksum, no pattern; write `crc64`, \
                       or use `assay storage verify`";
            return Err(Fault::Value(why.to_owned()));
        }
        "null" => {
            return Err(Fault::Value("pretending to verify proves nothing".to_owned()));
        }
        _ => return Err(Fault::Value("it is no method of fio's; write `crc64`".to_owned())),
    };
    Ok(())
}

pub(super) fn do_verify(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.do_verify = units::switch(value)?;
    Ok(())
}

pub(super) fn verify_fatal(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.verify_fatal = units::switch(value)?;
    Ok(())
}
