//! What iproute2 and nft say of a namespace, without what two runs never have in common.
//!
//! Left out: numbers of devices, handles, counters, timers, MAC addresses that the kernel made up
//! (ours begin with `02:00:00`), whether there is a carrier, and in which order ports came to
//! their bridge. Two dumps are equal where nobody can tell the namespaces apart by what they do.

use std::collections::BTreeMap;
use std::io;

use serde_json::Value;

use super::{BedError, Space};

/// What was said, by the command that said it; each list in an order of its own.
pub type Dump = BTreeMap<&'static str, Vec<Value>>;

/// All that is asked.
const ASKED: &[&str] = &[
    "ip -j -d link show",
    "ip -j address show",
    "ip -j route show table all",
    "ip -6 -j route show table all",
    "ip -j neigh show",
    "bridge -j -d link show",
    "bridge -j fdb show",
    "bridge -j vlan show",
    "nft -j list ruleset",
];

/// How often something is asked for that changes meanwhile.
const TRIALS: usize = 50;

/// Fields of what is left out, whatever they are fields of.
const LEFT_OUT: &[&str] = &[
    "ifindex",
    "link_index",
    "handle",
    "metainfo",
    // Of a bridge: its name of itself, and clocks.
    "bridge_id",
    "root_id",
    "designated_bridge",
    "designated_root",
    "designated_port",
    "hello_timer",
    "tcn_timer",
    "topology_change_timer",
    "gc_timer",
    // Of the other end of a pair that is in another namespace: which of those that were made in
    // no order of their own.
    "link_netnsid",
    // Of a port: its number.
    "id",
    "no",
    "message_age_timer",
    "forward_delay_timer",
    "hold_timer",
    // What a worker of the kernel finds out a moment after a device went up.
    "operstate",
    "qdisc",
    "valid_life_time",
    "preferred_life_time",
];

/// Asks everything.
pub fn dump(space: &Space) -> Result<Dump, BedError> {
    let mut dump = Dump::new();
    for line in ASKED {
        let mut list = match whole(space, line)? {
            Value::Array(list) => list,
            Value::Object(mut fields) => match fields.remove("nftables") {
                Some(Value::Array(list)) => list,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        list.retain(|each| each.get("metainfo").is_none());
        if line.starts_with("bridge") {
            list.iter_mut().for_each(no_other_end);
        }
        list.iter_mut().for_each(plain);
        // Rules keep their order within their chain.
        list.sort_by_key(|each| match each.get("rule") {
            Some(rule) => format!("rule {} {}", rule["family"], rule["chain"]),
            None => each.to_string(),
        });
        dump.insert(*line, list);
    }
    Ok(dump)
}

/// Asks until nothing came between: ip(8) says so beside what it prints.
fn whole(space: &Space, line: &str) -> Result<Value, BedError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    for _ in 0..TRIALS {
        let output = space.output(&words)?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            // The same again, for its error.
            return space.json(&words);
        }
        if !complaint.contains("interrupted") {
            let said = output.stdout.trim_ascii();
            let said = if said.is_empty() { b"[]" } else { said };
            return Ok(serde_json::from_slice(said).map_err(io::Error::other)?);
        }
    }
    Err(BedError::Deadline(format!("a whole `{line}`")))
}

/// Says what differs, a line for each; nothing where two dumps are equal.
pub fn differences(one: &Dump, other: &Dump) -> Vec<String> {
    let mut told = Vec::new();
    for line in ASKED {
        let (left, right) = (&one[line], &other[line]);
        if left == right {
            continue;
        }
        let only = |these: &[Value], those: &[Value], sign: char| {
            let mut those = those.to_vec();
            let mut only = Vec::new();
            for this in these {
                match those.iter().position(|that| that == this) {
                    Some(at) => drop(those.swap_remove(at)),
                    None => only.push(format!("{line}: {sign} {this}")),
                }
            }
            only
        };
        let before = told.len();
        told.extend(only(left, right, '-'));
        told.extend(only(right, left, '+'));
        if told.len() == before {
            told.push(format!("{line}: another order"));
        }
    }
    told
}

/// Leaves out the other end of a pair: of one in another namespace bridge(8) looks the number up
/// in this (`ip -j link` tells which it is).
fn no_other_end(port: &mut Value) {
    if let Value::Object(fields) = port {
        fields.remove("link");
        if let Some(Value::Array(flags)) = fields.get_mut("flags") {
            flags.retain(|flag| flag != "M-DOWN");
        }
    }
}

fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| {
                // The number of a VXLAN device is one to compare; that of a port is text.
                !LEFT_OUT.contains(&name.as_str()) || (name == "id" && value.is_number())
            });
            // Of a port of a bridge; of entries it is `static` or `permanent`.
            let follows = |state: &Value| ["disabled", "forwarding"].iter().any(|it| state == it);
            if fields.get("state").is_some_and(follows) {
                fields.remove("state");
            }
            if let Some(counter) = fields.get_mut("counter") {
                *counter = Value::Null;
            }
            if let Some(Value::Array(flags)) = fields.get_mut("flags") {
                flags.retain(|flag| flag != "LOWER_UP" && flag != "NO-CARRIER");
            }
            for name in ["address", "mac", "permaddr"] {
                if let Some(Value::String(mac)) = fields.get_mut(name)
                    && is_made_up(mac)
                {
                    "made up".clone_into(mac);
                }
            }
            fields.values_mut().for_each(plain);
            for name in ["elem", "set"] {
                if let Some(Value::Array(elements)) = fields.get_mut(name) {
                    elements.sort_by_key(ToString::to_string);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Whether the kernel made up a MAC address: those of the tests begin with `02:00:00`, those of
/// groups are odd, and loopback's is empty.
fn is_made_up(text: &str) -> bool {
    let octets: Option<Vec<u8>> =
        text.split(':').map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
    octets.is_some_and(|octets| match octets.as_slice() {
        [2, 0, 0, ..] | [0, 0, 0, 0, 0, 0] => false,
        [first, _, _, _, _, _] => first & 1 == 0,
        _ => false,
    })
}
