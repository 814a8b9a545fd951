//! What a run writes down while it changes the kernel, and what the next one learns from it.
//!
//! The kernel is the truth: after a kill, the next run looks and plans anew. The journal says
//! which generation was in progress, what had been tried, and which devices may be there without
//! our mark, for the kernel makes a device before it marks it.
//!
//! One record a line: 16 hex digits of FNV-1a (64 bit) of the rest, a space, JSON. A line that
//! does not end, or whose sum is wrong, is a torn tail: it and all behind it is not read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::address::Device;
use crate::plan::{Plan, Step, text};

/// Where records go.
pub trait Log {
    /// Appends a record; on disk when it returns where `durable`.
    fn append(&mut self, record: &Record, durable: bool) -> std::io::Result<()>;
}

/// A log that keeps nothing, for what is not worth one: a scratch namespace.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLog;

impl Log for NoLog {
    fn append(&mut self, _record: &Record, _durable: bool) -> std::io::Result<()> {
        Ok(())
    }
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A run begins to change the kernel.
    Begin {
        /// Which state of the user's it applies, counted by the node.
        generation: u64,
        /// Digest of the desired state.
        digest: String,
        /// How many steps there are.
        steps: usize,
        /// Devices that it will make, and those that an unfinished run before it began to make.
        devices: BTreeSet<Device>,
    },
    /// Steps are about to be asked of the kernel, each with its undo in words.
    Steps {
        /// Number of the first of them, from 0.
        first: usize,
        /// What each does, and how it is undone.
        steps: Vec<(String, Vec<String>)>,
    },
    /// All steps before this number are done.
    Performed {
        /// How many.
        steps: usize,
    },
    /// A step failed; what was done is being undone, newest first.
    Undoing {
        /// What failed.
        failed: String,
        /// Why.
        because: String,
    },
    /// The run has ended.
    End(End),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All is done.
    Done,
    /// All that was done is undone.
    RolledBack,
    /// What is named was left over.
    Stuck(Vec<String>),
}

/// What a journal says of the last run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Its generation; 0 where there was none.
    pub generation: u64,
    /// Digest of what it applied.
    pub digest: String,
    /// How it ended; `None` where it did not, or there was none.
    pub end: Option<End>,
    /// How many steps were done for certain.
    pub performed: usize,
    /// How many there were.
    pub steps: usize,
    /// Devices that it began to make, where it did not end.
    pub began: BTreeSet<Device>,
}

impl Past {
    /// Whether a run was cut off.
    pub fn is_unfinished(&self) -> bool {
        self.generation != 0 && self.end.is_none()
    }
}

/// Returns the record that a run begins with.
pub fn begin(generation: u64, digest: &str, plan: &Plan, past: &Past) -> Record {
    let mut devices = past.began.clone();
    for planned in &plan.steps {
        for step in std::iter::once(&planned.step).chain(&*planned.undo()) {
            if let Step::AddLink { name, .. } = step {
                devices.insert(name.clone());
            }
        }
    }
    Record::Begin { generation, digest: digest.to_owned(), steps: plan.steps.len(), devices }
}

/// Returns the record of steps that are about to be done.
pub fn steps(plan: &Plan, first: usize, count: usize) -> Record {
    let of = plan.steps.iter().skip(first).take(count);
    let said = |planned: &crate::plan::Planned| {
        let undo = planned.undo().iter().map(|undo| text::step(undo).en).collect();
        (text::step(&planned.step).en, undo)
    };
    Record::Steps { first, steps: of.map(said).collect() }
}

/// Returns a record as a line, its end included.
pub fn encode(record: &Record) -> String {
    line(&value(record).to_string())
}

/// Returns a text without line breaks as a line with its sum.
pub(crate) fn line(json: &str) -> String {
    format!("{:016x} {json}\n", checksum(json.as_bytes()))
}

/// The same of a text that begins with room for the sum ([`ROOM`]), in its place.
pub(crate) fn line_in_place(mut text: String) -> String {
    let sum = checksum(text.as_bytes().get(ROOM.len()..).unwrap_or_default());
    text.replace_range(..ROOM.len(), &format!("{sum:016x} "));
    text.push('\n');
    text
}

/// Room for a sum before a text of JSON.
pub(crate) const ROOM: &str = "                 ";

fn value(record: &Record) -> Value {
    match record {
        Record::Begin { generation, digest, steps, devices } => {
            let devices: Vec<&str> = devices.iter().map(Device::as_str).collect();
            json!({ "begin": { "generation": generation, "digest": digest, "steps": steps,
                "devices": devices } })
        }
        Record::Steps { first, steps } => json!({ "steps": steps, "first": first }),
        Record::Performed { steps } => json!({ "performed": steps }),
        Record::Undoing { failed, because } => {
            json!({ "undoing": { "failed": failed, "because": because } })
        }
        Record::End(End::Done) => json!({ "end": "done" }),
        Record::End(End::RolledBack) => json!({ "end": "rolled-back" }),
        Record::End(End::Stuck(left)) => json!({ "end": "stuck", "left": left }),
    }
}

/// Reads what is there; whatever it is, it says no more than its sound beginning says.
pub fn decode(bytes: &[u8]) -> Past {
    let mut past = Past::default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let record = sound(line).and_then(|json| serde_json::from_str(json).ok());
        let Some(record) = record else { break };
        note(&mut past, &record);
    }
    past
}

/// Returns the text of a whole line with a good sum.
pub(crate) fn sound(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, json) = line.split_once(' ')?;
    let good = sum.len() == 16 && u64::from_str_radix(sum, 16).ok()? == checksum(json.as_bytes());
    good.then_some(json)
}

fn note(past: &mut Past, record: &Value) {
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let words = |value: &Value| -> Vec<String> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    if let Some(begin) = record.get("begin") {
        let devices = begin.get("devices").map(words).unwrap_or_default();
        *past = Past {
            generation: begin.get("generation").and_then(Value::as_u64).unwrap_or_default(),
            digest: begin.get("digest").and_then(Value::as_str).unwrap_or_default().to_owned(),
            steps: begin.get("steps").and_then(number).unwrap_or_default(),
            ..Past::default()
        };
        past.began.extend(devices.iter().filter_map(|name| name.parse::<Device>().ok()));
    } else if let Some(performed) = record.get("performed").and_then(number) {
        past.performed = performed;
    } else if let Some(end) = record.get("end").and_then(Value::as_str) {
        past.end = match end {
            "done" => Some(End::Done),
            "rolled-back" => Some(End::RolledBack),
            _ => Some(End::Stuck(record.get("left").map(words).unwrap_or_default())),
        };
        // What could not be undone may still lack its mark.
        if matches!(past.end, Some(End::Done | End::RolledBack)) {
            past.began.clear();
        }
    }
}

/// FNV-1a, 64 bit: it is to find what a power loss tore, not what someone forged.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let devices = BTreeSet::from(["asb1".parse().unwrap(), "p1".parse().unwrap()]);
        vec![
            Record::Begin { generation: 7, digest: "abc".to_owned(), steps: 3, devices },
            Record::Steps { first: 0, steps: vec![("a".to_owned(), vec!["b".to_owned()])] },
            Record::Performed { steps: 1 },
            Record::Undoing { failed: "x".to_owned(), because: "y".to_owned() },
            Record::End(End::Stuck(vec!["z".to_owned()])),
        ]
    }

    #[test]
    fn the_last_run_is_read_back() {
        let text: String = records().iter().map(encode).collect();
        let past = decode(text.as_bytes());
        assert_eq!((past.generation, past.digest.as_str(), past.performed), (7, "abc", 1));
        assert_eq!(past.end, Some(End::Stuck(vec!["z".to_owned()])));
        assert_eq!(past.began.len(), 2, "{past:?}");
        let ended = text + &encode(&Record::End(End::Done));
        assert!(decode(ended.as_bytes()).began.is_empty());
    }

    #[test]
    fn a_journal_torn_anywhere_is_one_of_an_unfinished_run() {
        let text: String = records().iter().map(encode).collect();
        let first = encode(&records()[0]).len();
        for length in 0..text.len() {
            let past = decode(&text.as_bytes()[..length]);
            assert_eq!(past.end, None, "{length}");
            assert_eq!(past.is_unfinished(), length >= first, "{length}");
        }
    }

    #[test]
    fn a_byte_that_changed_ends_what_is_read() {
        let whole = records().iter().map(encode).collect::<String>().into_bytes();
        for at in 0..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 0x11;
            assert_eq!(decode(&torn).end, None, "{at}");
        }
    }
}
