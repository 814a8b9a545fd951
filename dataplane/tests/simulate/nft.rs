//! A kernel's `nf_tables` for tests: what a ruleset does with one packet, hook by hook.
//!
//! Registers, padding and breaks are those of `net/netfilter/nft_*.c`: a load that finds nothing
//! ends the rule, verdicts of base chains end the hook where they drop only, a chain that was
//! gone to comes back to whoever jumped last.

use dataplane::nft::{
    Base, Chain, Comparison, Ct, Element, Expression, Meta, Point, Register, Rule, Set, Table,
    Value, Verdict,
};

/// Where a packet is, and what the kernel knows of it besides its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Packet<'b> {
    /// The frame, from its Ethernet header on.
    pub(crate) frame: &'b [u8],
    /// `PACKET_HOST`, `_BROADCAST`, `_MULTICAST`.
    pub(crate) cast: u8,
    /// Name of the device it came by, as the hook shows it.
    pub(crate) in_name: String,
    /// Name of the device it leaves by.
    pub(crate) out_name: String,
    /// Bits of conntrack's state.
    pub(crate) state: u32,
    /// Conntrack zone, once set.
    pub(crate) zone: Option<u16>,
}

/// How many jumps the kernel remembers (`NFT_JUMP_STACK_SIZE`).
const DEEPEST: usize = 16;

enum Flow {
    Next,
    Break,
    Verdict(Verdict),
}

fn padded(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}

/// Whether a packet passes all base chains of a hook, in the order of their priority.
pub(crate) fn passes(
    table: &Table,
    point: Point,
    device: Option<&str>,
    packet: &mut Packet<'_>,
) -> bool {
    let at = |chain: &&Chain| {
        chain
            .hook
            .as_ref()
            .is_some_and(|hook| hook.point == point && hook.device.as_deref() == device)
    };
    let mut chains: Vec<&Chain> = table.chains.values().filter(at).collect();
    chains.sort_by_key(|chain| chain.hook.as_ref().map(|hook| hook.priority));
    chains.into_iter().all(|chain| {
        let drops = chain.hook.as_ref().is_some_and(|hook| hook.drops);
        run(table, &chain.rules, packet).unwrap_or(!drops)
    })
}

/// Returns whether the packet is accepted; `None` where no rule decides.
fn run(table: &Table, rules: &[Rule], packet: &mut Packet<'_>) -> Option<bool> {
    let mut registers = [0_u8; 64];
    let mut stack: Vec<std::slice::Iter<'_, Rule>> = Vec::new();
    let mut at = rules.iter();
    loop {
        let Some(rule) = at.next() else {
            at = stack.pop()?;
            continue;
        };
        let Some(verdict) = rule_verdict(table, rule, &mut registers, packet) else { continue };
        let chain = |name: &str| table.chains[name].rules.iter();
        match verdict {
            Verdict::Accept => return Some(true),
            Verdict::Drop => return Some(false),
            Verdict::Return => at = stack.pop()?,
            Verdict::Goto(name) => at = chain(&name),
            Verdict::Jump(name) => {
                stack.push(at);
                assert!(stack.len() <= DEEPEST, "the kernel would refuse it");
                at = chain(&name);
            }
        }
    }
}

fn rule_verdict(
    table: &Table,
    rule: &Rule,
    registers: &mut [u8; 64],
    packet: &mut Packet<'_>,
) -> Option<Verdict> {
    for expression in &rule.expressions {
        match evaluate(table, expression, registers, packet) {
            Flow::Next => {}
            Flow::Break => return None,
            Flow::Verdict(verdict) => return Some(verdict),
        }
    }
    None
}

fn evaluate(
    table: &Table,
    expression: &Expression,
    registers: &mut [u8; 64],
    packet: &mut Packet<'_>,
) -> Flow {
    let when = |holds: bool| if holds { Flow::Next } else { Flow::Break };
    let read = |from: &Register, length: usize| {
        let start = usize::from(from.0) * 4;
        registers[start..start + length].to_vec()
    };
    match expression {
        Expression::Meta { key, to } => store(registers, *to, meta(*key, packet)),
        Expression::Payload { base, offset, length, to } => {
            store(registers, *to, payload(packet.frame, *base, *offset, *length))
        }
        Expression::Ct { key: Ct::State, to } => {
            store(registers, *to, Some(packet.state.to_ne_bytes().to_vec()))
        }
        Expression::SetZone { from } => {
            packet.zone = read(from, 2).try_into().ok().map(u16::from_ne_bytes);
            Flow::Next
        }
        Expression::Bitwise { from, to, mask, xor } => {
            let bytes = read(from, mask.len()).into_iter().zip(mask).zip(xor);
            let value = bytes.map(|((byte, mask), xor)| (byte & mask) ^ xor).collect();
            store(registers, *to, Some(value))
        }
        Expression::Compare { from, how, value } => {
            let order = read(from, value.len()).cmp(value);
            when(match how {
                Comparison::Equal => order.is_eq(),
                Comparison::NotEqual => order.is_ne(),
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                Comparison::GreaterOrEqual => order.is_ge(),
            })
        }
        Expression::Range { from, first, last } => {
            let value = read(from, first.len());
            when((first..=last).contains(&&value))
        }
        Expression::Lookup { set, from, inverted } => {
            let found = find(&table.sets[set], registers, *from).is_some();
            when(found != *inverted)
        }
        Expression::Map { set, from, to } => match find(&table.sets[set], registers, *from) {
            Some(Some(Value::Bytes(bytes))) => store(registers, *to, Some(bytes.to_vec())),
            _ => Flow::Break,
        },
        Expression::VerdictMap { set, from } => match find(&table.sets[set], registers, *from) {
            Some(Some(Value::Verdict(verdict))) => Flow::Verdict(verdict.clone()),
            _ => Flow::Break,
        },
        Expression::Load { to, value } => store(registers, *to, Some(value.clone())),
        Expression::Verdict(verdict) => Flow::Verdict(verdict.clone()),
        // So many never come here.
        Expression::Over { .. } => Flow::Break,
        Expression::Counter => Flow::Next,
        // Of routers, whose rules are not simulated.
        Expression::Ct { key: Ct::Status, .. } | Expression::Nat { .. } | Expression::NoTrack => {
            unreachable!("{expression:?}")
        }
        other => unreachable!("the test's kernel does not know {other:?}"),
    }
}

/// Stores a value, zeros up to the end of its last register; ends the rule where there is none.
fn store(registers: &mut [u8; 64], to: Register, value: Option<Vec<u8>>) -> Flow {
    let Some(mut value) = value else { return Flow::Break };
    value.resize(value.len().next_multiple_of(4), 0);
    let start = usize::from(to.0) * 4;
    registers[start..start + value.len()].copy_from_slice(&value);
    Flow::Next
}

fn width(set: &Set) -> usize {
    use dataplane::nft::KeyType as K;
    let of = |kind: &K| match kind {
        K::InterfaceName | K::Ipv6 => 16,
        K::Ether => 8,
        K::Ipv4 | K::CtState | K::Protocol | K::Port => 4,
        K::Other { .. } => unreachable!("we make no such keys"),
    };
    set.key.iter().map(of).sum()
}

fn find<'s>(set: &'s Set, registers: &[u8; 64], from: Register) -> Option<&'s Option<Value>> {
    let start = usize::from(from.0) * 4;
    let key = registers[start..start + width(set)].to_vec();
    for element in set.elements.keys() {
        assert_eq!(element.key.len(), key.len(), "a key of the wrong length: {:?}", set.key);
    }
    if set.interval {
        // Each part on its own, as `nft_set_pipapo.c` does; parts are whole registers here, and
        // an address is never split, so that comparing 4 bytes at a time needs care: whole parts.
        return set.elements.iter().find(|(element, _)| within(set, element, &key)).map(|(_, v)| v);
    }
    set.elements.get(&Element { key: key.into(), last: None })
}

fn within(set: &Set, element: &Element, key: &[u8]) -> bool {
    let last = element.last.as_deref().unwrap_or(&element.key);
    let mut at = 0;
    set.key.iter().all(|kind| {
        let one = Set { key: vec![*kind], ..set.clone() };
        let part = at..at + width(&one);
        at = part.end;
        (&element.key[part.clone()]..=&last[part.clone()]).contains(&&key[part])
    })
}

pub(crate) fn ether_type(frame: &[u8]) -> u16 {
    u16::from_be_bytes([frame[12], frame[13]])
}

/// Returns the protocol above IP and where it begins, which may be beyond the packet, as
/// `ipv6_find_hdr` has it; nothing of what cannot be followed, no place in later fragments.
fn transport(frame: &[u8]) -> Option<(u8, Option<usize>)> {
    match ether_type(frame) {
        0x0800 => {
            let later = u16::from_be_bytes([frame[20], frame[21]]) & 0x1fff != 0;
            let at = 14 + usize::from(frame[14] & 0xf) * 4;
            Some((frame[23], (!later).then_some(at)))
        }
        0x86dd => {
            let (mut next, mut at) = (frame[20], 54);
            while matches!(next, 0 | 43 | 44 | 60) {
                let header = frame.get(at..at + 8)?;
                if next == 44 && u16::from_be_bytes([header[2], header[3]]) & 0xfff8 != 0 {
                    let extension = matches!(header[0], 0 | 43 | 44 | 51 | 59 | 60);
                    return (!extension).then_some((header[0], None));
                }
                at += if next == 44 { 8 } else { 8 + usize::from(header[1]) * 8 };
                next = header[0];
            }
            Some((next, Some(at)))
        }
        _ => None,
    }
}

fn meta(key: Meta, packet: &Packet<'_>) -> Option<Vec<u8>> {
    match key {
        Meta::InName => Some(padded(&packet.in_name)),
        Meta::OutName => Some(padded(&packet.out_name)),
        Meta::L4Protocol => transport(packet.frame).map(|(protocol, _)| vec![protocol]),
        Meta::Family => match ether_type(packet.frame) {
            0x0800 => Some(vec![2]),
            0x86dd => Some(vec![10]),
            _ => Some(vec![5]),
        },
        Meta::PacketType => Some(vec![packet.cast]),
        Meta::EtherType => Some(packet.frame[12..14].to_vec()),
    }
}

fn payload(frame: &[u8], base: Base, offset: u32, length: u32) -> Option<Vec<u8>> {
    let start = match base {
        Base::Link => 0,
        Base::Network => 14,
        Base::Transport => transport(frame)?.1?,
    };
    let start = start + offset as usize;
    frame.get(start..start + length as usize).map(<[u8]>::to_vec)
}
