//! Rules as text, in the syntax of nft(8), to be read.
//!
//! What nft has no name for is shown as what the kernel compares: a VNI as four bytes.

use std::fmt::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::address::Mac;
use crate::nft::{
    Base, Chain, Comparison, Ct, Element, Expression, Family, KeyType, Meta, Point, Ruleset, Set,
    TABLE, Table, Value, ValueType, Verdict,
};

mod line;

impl fmt::Display for Ruleset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (family, table) in [(Family::Inet, &self.inet), (Family::Netdev, &self.netdev)] {
            if let Some(table) = table {
                write_table(f, family, table)?;
            }
        }
        Ok(())
    }
}

fn write_table(f: &mut fmt::Formatter<'_>, family: Family, table: &Table) -> fmt::Result {
    writeln!(f, "table {} {TABLE} {{", family.name())?;
    // A map of verdicts may name a chain only once that is there.
    for (name, set) in table.sets.iter().filter(|(_, set)| !is_verdict_map(set)) {
        write_set(f, name, set)?;
    }
    // A chain may be jumped to only once it is there: base chains come last.
    for (name, chain) in table.chains.iter().filter(|(_, chain)| chain.hook.is_none()) {
        write_chain(f, table, name, chain)?;
    }
    for (name, set) in table.sets.iter().filter(|(_, set)| is_verdict_map(set)) {
        write_set(f, name, set)?;
    }
    for (name, chain) in table.chains.iter().filter(|(_, chain)| chain.hook.is_some()) {
        write_chain(f, table, name, chain)?;
    }
    f.write_str("}\n")
}

fn is_verdict_map(set: &Set) -> bool {
    set.value == Some(ValueType::Verdict)
}

fn write_chain(
    f: &mut fmt::Formatter<'_>,
    table: &Table,
    name: &str,
    chain: &Chain,
) -> fmt::Result {
    writeln!(f, "  chain {name} {{")?;
    if let Some(hook) = &chain.hook {
        let point = match hook.point {
            Point::Prerouting | Point::DestinationNat => "prerouting",
            Point::Input => "input",
            Point::Forward => "forward",
            Point::Output => "output",
            Point::Postrouting | Point::SourceNat => "postrouting",
            Point::Ingress => "ingress",
        };
        write!(f, "    type {} hook {point}", hook.point.chain_type())?;
        if let Some(device) = &hook.device {
            write!(f, " device \"{device}\"")?;
        }
        let policy = if hook.drops { "drop" } else { "accept" };
        writeln!(f, " priority {}; policy {policy};", hook.priority)?;
    }
    for rule in &chain.rules {
        writeln!(f, "    {}", line::text(table, rule))?;
    }
    f.write_str("  }\n")
}

fn write_set(f: &mut fmt::Formatter<'_>, name: &str, set: &Set) -> fmt::Result {
    let kind = if set.value.is_some() { "map" } else { "set" };
    let types: Vec<&str> = set.key.iter().copied().map(type_name).collect();
    write!(f, "  {kind} {name} {{\n    ")?;
    match set.value {
        None => write!(f, "type {}", types.join(" . "))?,
        Some(ValueType::Verdict) => write!(f, "type {} : verdict", types.join(" . "))?,
        // A zone has no name among nft's types.
        Some(ValueType::Zone) => f.write_str("typeof iifname : ct zone")?,
        Some(ValueType::Ipv4) => write!(f, "type {} : ipv4_addr", types.join(" . "))?,
        Some(ValueType::Mark) => write!(f, "type {} : mark", types.join(" . "))?,
        Some(ValueType::Other { .. }) => write!(f, "type {} : unknown", types.join(" . "))?,
    }
    f.write_str("\n")?;
    if set.interval {
        f.write_str("    flags interval\n")?;
    }
    if !set.elements.is_empty() {
        f.write_str("    elements = {\n")?;
        for (element, value) in set.elements.iter() {
            write!(f, "      {}", element_text(&set.key, element))?;
            match value {
                Some(Value::Verdict(verdict)) => write!(f, " : {}", verdict_text(verdict))?,
                Some(Value::Bytes(bytes)) => write!(f, " : {}", data_text(set.value, bytes))?,
                None => {}
            }
            f.write_str(",\n")?;
        }
        f.write_str("    }\n")?;
    }
    f.write_str("  }\n")
}

/// A number in host order, or an address.
fn data_text(of: Option<ValueType>, bytes: &[u8]) -> String {
    match (of, bytes) {
        (_, &[low, high]) => u16::from_ne_bytes([low, high]).to_string(),
        (Some(ValueType::Ipv4), &[a, b, c, d]) => Ipv4Addr::new(a, b, c, d).to_string(),
        (_, &[a, b, c, d]) => format!("0x{:08x}", u32::from_ne_bytes([a, b, c, d])),
        _ => hex(bytes),
    }
}

fn type_name(kind: KeyType) -> &'static str {
    match kind {
        KeyType::InterfaceName => "ifname",
        KeyType::Ipv4 => "ipv4_addr",
        KeyType::Ipv6 => "ipv6_addr",
        KeyType::Ether => "ether_addr",
        KeyType::Protocol => "inet_proto",
        KeyType::Port => "inet_service",
        KeyType::CtState => "ct_state",
        KeyType::Other { .. } => "unknown",
    }
}

fn width(kind: KeyType) -> usize {
    usize::try_from(kind.length()).unwrap_or(usize::MAX)
}

/// Returns an element as nft writes it.
pub fn element_text(key: &[KeyType], element: &Element) -> String {
    let first = parts(key, &element.key);
    let last = element.last.as_deref().map(|last| parts(key, last));
    let mut text = Vec::with_capacity(first.len());
    for (at, part) in first.iter().enumerate() {
        match last.as_ref().and_then(|last| last.get(at)).filter(|last| *last != part) {
            Some(last) => text.push(format!("{part}-{last}")),
            None => text.push(part.clone()),
        }
    }
    text.join(" . ")
}

fn parts(key: &[KeyType], mut bytes: &[u8]) -> Vec<String> {
    let mut parts = Vec::with_capacity(key.len());
    for kind in key {
        let width = width(*kind);
        let Some((part, _)) = bytes.split_at_checked(width) else {
            parts.push(hex(bytes));
            break;
        };
        parts.push(value_text(*kind, part));
        bytes = bytes.get(width.saturating_add(3) & !3..).unwrap_or_default();
    }
    parts
}

/// Returns a value of a type as nft writes it.
fn value_text(kind: KeyType, bytes: &[u8]) -> String {
    let four = <[u8; 4]>::try_from(bytes);
    match kind {
        KeyType::InterfaceName => {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            format!("\"{}\"", String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()))
        }
        KeyType::Ipv4 => four.map_or_else(|_| hex(bytes), |four| Ipv4Addr::from(four).to_string()),
        KeyType::Ipv6 => <[u8; 16]>::try_from(bytes)
            .map_or_else(|_| hex(bytes), |sixteen| Ipv6Addr::from(sixteen).to_string()),
        KeyType::Ether => {
            <[u8; 6]>::try_from(bytes).map_or_else(|_| hex(bytes), |six| Mac(six).to_string())
        }
        KeyType::Port => match *bytes {
            [high, low] => u16::from_be_bytes([high, low]).to_string(),
            _ => hex(bytes),
        },
        KeyType::Protocol => match *bytes {
            [protocol] => protocol_text(protocol),
            _ => hex(bytes),
        },
        KeyType::CtState => {
            four.map_or_else(|_| hex(bytes), |four| states(u32::from_ne_bytes(four)))
        }
        KeyType::Other { .. } => hex(bytes),
    }
}

fn protocol_text(protocol: u8) -> String {
    match protocol {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "ipv6-icmp".to_owned(),
        132 => "sctp".to_owned(),
        _ => protocol.to_string(),
    }
}

fn states(bits: u32) -> String {
    const NAMES: [(u32, &str); 5] =
        [(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];
    let names: Vec<&str> =
        NAMES.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    names.join(",")
}

fn verdict_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept".to_owned(),
        Verdict::Drop => "drop".to_owned(),
        Verdict::Return => "return".to_owned(),
        Verdict::Jump(chain) => format!("jump {chain}"),
        Verdict::Goto(chain) => format!("goto {chain}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = "0x".to_owned();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    text
}
