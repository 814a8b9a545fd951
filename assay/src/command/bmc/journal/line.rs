//! The lines of a journal, and what they come to. Pure: text comes in, text goes out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::output::{bmc::Earlier, put};

/// What a journal is called in its first line.
const SCHEMA: &str = "assay/bmc-journal/v1";

/// The first line: what the run is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The verb's name.
    pub(super) verb: String,
    /// Random, so that arguments cannot be looked up by their digest.
    pub(super) salt: Vec<u8>,
    /// What was wanted, arguments included, derived with the salt: it may have a secret in it.
    pub(super) wanted: Vec<u8>,
}

/// Where a host stands by its journal.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It is done, or being done.
    Settled(Box<Earlier>),
    /// It was begun, and whether it was done is not known.
    Begun {
        /// When.
        at: String,
    },
    /// It ended otherwise.
    Open,
}

/// What a journal says.
#[derive(Debug)]
pub(super) struct Read {
    /// What the run is of.
    pub(super) head: Head,
    /// Where each host stands, by its address.
    pub(super) hosts: BTreeMap<String, Standing>,
    /// Bytes up to the end of the last whole line.
    pub(super) whole: usize,
}

/// Why a file is no journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is none of a journal of `assay bmc`")]
pub(super) struct LineError {
    /// The line, from 1.
    pub(super) line: usize,
}

/// Writes the first line.
pub(super) fn head(head: &Head, at: &str) -> String {
    line(&json!({
        "schema": SCHEMA, "verb": head.verb, "salt": hex(&head.salt), "wanted": hex(&head.wanted),
        "at": at,
    }))
}

/// Writes that a host is acted on from now on.
pub(super) fn begun(host: &str, at: &str) -> String {
    line(&json!({ "begun": host, "at": at }))
}

/// Writes what a host came to; `sure` is whether that is all that was done to it.
pub(super) fn ended(host: &str, at: &str, sure: bool, kept: &Value) -> String {
    line(&json!({ "ended": host, "at": at, "sure": sure, "kept": kept }))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// Reads a journal. A last line without its end was being written when the program was killed: it
/// does not count.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Read>, LineError> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = bytes.get(..whole).unwrap_or_default().split_inclusive(|byte| *byte == b'\n');
    let Some(first) = lines.next() else { return Ok(None) };
    let first: Value = serde_json::from_slice(first).map_err(|_error| LineError { line: 1 })?;
    let head = of_head(&first).ok_or(LineError { line: 1 })?;
    let mut hosts = BTreeMap::new();
    for (at, bytes) in lines.enumerate() {
        let wrong = LineError { line: at + 2 };
        let value: Value = serde_json::from_slice(bytes).map_err(|_error| wrong.clone())?;
        let (host, standing) = of_host(&value).ok_or(wrong)?;
        hosts.insert(host, standing);
    }
    Ok(Some(Read { head, hosts, whole }))
}

fn of_head(value: &Value) -> Option<Head> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if text("schema")? != SCHEMA {
        return None;
    }
    Some(Head {
        verb: text("verb")?.to_owned(),
        salt: bytes(text("salt")?)?,
        wanted: bytes(text("wanted")?)?,
    })
}

fn of_host(value: &Value) -> Option<(String, Standing)> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let at = text("at")?;
    if let Some(host) = text("begun") {
        return Some((host, Standing::Begun { at }));
    }
    let host = text("ended")?;
    let sure = value.get("sure")?.as_bool()?;
    let earlier = Earlier::read(&at, value.get("kept")?)?;
    let standing = match sure {
        _ if earlier.word.is_good() => Standing::Settled(Box::new(earlier)),
        true => Standing::Open,
        false => Standing::Begun { at },
    };
    Some((host, standing))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        put(&mut text, format_args!("{byte:02x}"));
    }
    text
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect::<Option<Vec<u8>>>()
        .filter(|found| found.len() * 2 == hex.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> String {
        let one = Head { verb: "power reset".to_owned(), salt: vec![1, 2], wanted: vec![0xab] };
        head(&one, "2026-11-27T06:00:00Z")
    }

    fn kept(result: &str) -> Value {
        json!({ "entry": { "result": result, "reason": null }, "head": [], "rows": [] })
    }

    fn standing(text: &str) -> Option<Standing> {
        let mut read = read(text.as_bytes()).expect("a journal").expect("a first line");
        read.hosts.remove("192.0.2.7")
    }

    #[test]
    fn the_last_line_of_a_host_is_where_it_stands() {
        let at = "2026-11-27T06:00:01Z";
        let begun = begun("192.0.2.7", at);
        let ended = |result, sure| ended("192.0.2.7", at, sure, &kept(result));
        let journal = |lines: &[String]| first() + &lines.concat();
        let is_settled =
            |lines: &[String]| matches!(standing(&journal(lines)), Some(Standing::Settled(_)));
        assert!(standing(&first()).is_none());
        assert!(is_settled(&[begun.clone(), ended("done", true)]));
        assert!(is_settled(&[begun.clone(), ended("accepted", true)]));
        let failed = [begun.clone(), ended("failed", true)];
        assert!(matches!(standing(&journal(&failed)), Some(Standing::Open)));
        let unsure = [begun.clone(), ended("failed", false)];
        assert!(matches!(standing(&journal(&unsure)), Some(Standing::Begun { .. })));
        // Begun once more after a failure, and killed.
        let again = [begun.clone(), ended("failed", true), begun.clone()];
        assert!(matches!(standing(&journal(&again)), Some(Standing::Begun { .. })));
    }

    #[test]
    fn a_line_cut_anywhere_is_as_if_it_had_not_been_written() {
        let at = "2026-11-27T06:00:01Z";
        let before = first() + &begun("192.0.2.7", at);
        let whole = before.clone() + &ended("192.0.2.7", at, true, &kept("done"));
        for length in before.len()..whole.len() {
            let cut = whole.as_bytes().get(..length).expect("within");
            let read = read(cut).expect("a journal").expect("a first line");
            assert_eq!(read.whole, before.len(), "{length}");
            let standing = read.hosts.get("192.0.2.7");
            assert!(matches!(standing, Some(Standing::Begun { .. })), "{length}");
        }
        // Within the first line there is nothing yet.
        let cut = first().as_bytes().get(..9).map(<[u8]>::to_vec).expect("within");
        assert!(read(&cut).expect("none yet").is_none());
    }

    #[test]
    fn what_is_no_journal_is_told_by_its_line() {
        assert_eq!(read(b"address,serial\n").unwrap_err(), LineError { line: 1 });
        assert_eq!(read(b"{\"schema\":\"x\"}\n").unwrap_err(), LineError { line: 1 });
        let torn = first() + "{\"begun\":\n" + &begun("192.0.2.7", "x");
        assert_eq!(read(torn.as_bytes()).unwrap_err(), LineError { line: 2 });
    }
}
