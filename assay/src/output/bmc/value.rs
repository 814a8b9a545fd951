//! The same for programs: `assay/bmc/v1`.

mod finding;
mod interop;
mod store;

pub use self::finding::entry;

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};

use super::found::{Found, Met};

/// A host as a list and its address have it.
#[derive(Debug)]
pub struct Named<'a> {
    /// Where its BMC is reached.
    pub address: String,
    /// The serial number that the list expects of it.
    pub serial: Option<&'a str>,
    /// The rack it stands in.
    pub rack: Option<&'a str>,
    /// The rack unit.
    pub unit: Option<u8>,
    /// How long it took, where that is known.
    pub took: Option<Took>,
}

/// How long a host took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// From the begin of the run until it was this host's turn.
    pub waited: Duration,
    /// From then on, its session closed.
    pub worked: Duration,
}

/// What a command came to at each host. Hosts become values one by one as they are written: all of
/// them at once are the most that a run of hundreds keeps.
#[derive(Debug)]
pub struct Document<'a> {
    /// The command.
    pub command: &'a str,
    /// The hosts, and what they came to.
    pub hosts: Vec<(Named<'a>, &'a Met)>,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(3))?;
        members.serialize_entry("command", self.command)?;
        members.serialize_entry("hosts", &Hosts(&self.hosts))?;
        members.serialize_entry("schema", "assay/bmc/v1")?;
        members.end()
    }
}

struct Hosts<'a>(&'a [(Named<'a>, &'a Met)]);

impl Serialize for Hosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(named, met)| host(named, met)))
    }
}

fn host(named: &Named<'_>, met: &Met) -> Value {
    let mut value = outcome(met);
    value["address"] = named.address.as_str().into();
    for (key, said) in [("serial", named.serial), ("rack", named.rack)] {
        if let Some(said) = said {
            value[key] = said.into();
        }
    }
    if let Some(unit) = named.unit {
        value["u"] = unit.into();
    }
    // What is compared from one firmware to the next has no times.
    if let Some(took) = named.took
        && !matches!(met, Met::Found { found: Found::Probe(_), .. } | Met::Earlier(_))
    {
        value["waited"] = seconds(took.waited);
        value["seconds"] = seconds(took.worked);
    }
    value
}

/// Returns seconds, to the millisecond.
fn seconds(time: Duration) -> Value {
    let ms = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    (f64::from(ms) / 1000.0).into()
}

/// Returns what a host came to, without what it is called.
pub(super) fn outcome(met: &Met) -> Value {
    if let Met::Earlier(earlier) = met {
        let mut value = earlier.entry.clone();
        value["earlier"] = earlier.at.as_str().into();
        return value;
    }
    let mut value = json!({
        "result": met.word().text(),
        "protocol": met.protocol(),
        "reason": met.reason().map(|(zh, en)| json!({ "zh": zh, "en": en })),
        "hint": met.hint().map(|(zh, en)| json!({ "zh": zh, "en": en })),
    });
    let remarks = met.remarks();
    if !remarks.is_empty() {
        value["remarks"] =
            remarks.iter().map(|(zh, en)| json!({ "zh": zh, "en": en })).collect::<Vec<_>>().into();
    }
    if let Met::Found { found, .. } = met {
        finding::put(&mut value, found);
    }
    value
}
