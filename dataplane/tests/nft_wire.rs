//! Laws of the wire format of `nf_tables`: what is written reads back, and garbage harms nobody.
//!
//! The kernel's dumps have the attributes of what made the object, so the messages of a batch
//! are read as a dump is. That the kernel's own dumps read back is shown in `hw-tests`.

use dataplane::nft::decode::Reading;
use dataplane::nft::encode::{Datagram, encode};
use dataplane::nft::{
    Base, Batch, Chain, Change, Comparison, Ct, Element, Expression, Family, Foreign, Hook, Key,
    KeyType, Meta, Point, Register, Rule, Ruleset, Set, Table, Value, ValueType, Verdict,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

const CHAINS: [&str; 3] = ["as_a", "as_b", "as_c"];

fn name() -> impl Strategy<Value = String> {
    select(&CHAINS[..]).prop_map(str::to_owned)
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Accept),
        Just(Verdict::Drop),
        Just(Verdict::Return),
        name().prop_map(Verdict::Jump),
        name().prop_map(Verdict::Goto),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..17)
}

fn expression() -> impl Strategy<Value = Expression> {
    let register = || (0_u8..16).prop_map(Register);
    let meta = [
        Meta::InName,
        Meta::OutName,
        Meta::L4Protocol,
        Meta::Family,
        Meta::PacketType,
        Meta::EtherType,
    ];
    let how = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];
    let base = [Base::Link, Base::Network, Base::Transport];
    let masks = bytes().prop_flat_map(|mask| (vec(any::<u8>(), mask.len()), Just(mask)));
    prop_oneof![
        (select(meta.to_vec()), register()).prop_map(|(key, to)| Expression::Meta { key, to }),
        (select(base.to_vec()), 0_u32..256, 1_u32..17, register()).prop_map(
            |(base, offset, length, to)| Expression::Payload { base, offset, length, to }
        ),
        register().prop_map(|to| Expression::Ct { key: Ct::State, to }),
        register().prop_map(|from| Expression::SetZone { from }),
        (register(), register(), masks).prop_map(|(from, to, (xor, mask))| Expression::Bitwise {
            from,
            to,
            mask,
            xor
        }),
        (register(), select(how.to_vec()), bytes())
            .prop_map(|(from, how, value)| Expression::Compare { from, how, value }),
        (register(), bytes(), bytes()).prop_map(|(from, first, last)| Expression::Range {
            from,
            first,
            last
        }),
        (name(), register(), any::<bool>()).prop_map(|(set, from, inverted)| Expression::Lookup {
            set,
            from,
            inverted
        }),
        (name(), register(), register()).prop_map(|(set, from, to)| Expression::Map {
            set,
            from,
            to
        }),
        (name(), register()).prop_map(|(set, from)| Expression::VerdictMap { set, from }),
        (register(), bytes()).prop_map(|(to, value)| Expression::Load { to, value }),
        verdict().prop_map(Expression::Verdict),
        Just(Expression::Counter),
        Just(Expression::Over { rate: 10_000, burst: 10_000 }),
        ("[a-z]{3,8}x", vec(any::<u8>(), 0..9))
            .prop_map(|(name, data)| Expression::Other { name, data }),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    (vec(expression(), 0..6), proptest::option::of("[a-z 网络]{0,40}"))
        .prop_map(|(expressions, comment)| Rule { expressions, comment })
}

fn hook(family: Family) -> impl Strategy<Value = Hook> {
    let points: &[Point] = match family {
        Family::Netdev => &[Point::Ingress],
        Family::Inet => {
            &[Point::Prerouting, Point::Input, Point::Forward, Point::Output, Point::Postrouting]
        }
    };
    (select(points), any::<i32>(), proptest::option::of("[a-z]{1,15}"), any::<bool>())
        .prop_map(|(point, priority, device, drops)| Hook { point, priority, device, drops })
}

/// Where a part of a key ends, behind its padding.
fn padded(parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::new();
    for part in parts {
        key.extend_from_slice(part);
        key.resize(key.len().next_multiple_of(4), 0);
    }
    key
}

/// Ranges of addresses that do not overlap: points in order, two for each; they may touch.
fn ranges() -> impl Strategy<Value = Vec<Element>> {
    let edges = [0, 1, 0x0a00_0000, 0x0a00_00ff, 0x0a00_0100, u32::MAX - 1, u32::MAX];
    let points = btree_set(prop_oneof![any::<u32>(), select(edges.to_vec())], 0..20);
    (points, any::<bool>()).prop_map(|(points, single)| {
        let points: Vec<u32> = points.into_iter().collect();
        let key = |point: u32| Key::from_slice(&point.to_be_bytes());
        if single {
            return points.iter().map(|point| Element::range(key(*point), key(*point))).collect();
        }
        points
            .chunks(2)
            .map(|ends| Element::range(key(ends[0]), key(ends[ends.len() - 1])))
            .collect()
    })
}

fn plain_set() -> impl Strategy<Value = Set> {
    let keys = prop_oneof![
        btree_set(any::<[u8; 4]>(), 0..8)
            .prop_map(|all| (KeyType::Ipv4, all.iter().map(|it| it.to_vec()).collect())),
        btree_set(any::<[u8; 6]>(), 0..8)
            .prop_map(|all| (KeyType::Ether, all.iter().map(|it| it.to_vec()).collect())),
        btree_set(any::<[u8; 2]>(), 0..8)
            .prop_map(|all| (KeyType::Port, all.iter().map(|it| it.to_vec()).collect())),
        btree_set(any::<[u8; 16]>(), 0..8)
            .prop_map(|all| (KeyType::InterfaceName, all.iter().map(|it| it.to_vec()).collect())),
    ];
    keys.prop_map(|(kind, keys): (KeyType, Vec<Vec<u8>>)| Set {
        key: vec![kind],
        value: None,
        interval: false,
        elements: keys
            .into_iter()
            .map(|key| (Element { key: key.into(), last: None }, None))
            .collect(),
    })
}

fn verdict_map() -> impl Strategy<Value = Set> {
    (ranges(), vec(verdict(), 20), any::<bool>(), any::<bool>()).prop_map(
        |(ranges, verdicts, interval, others)| {
            let singles = ranges.iter().map(|range| Element { last: None, ..range.clone() });
            let mut elements: Vec<Element> =
                if interval { ranges.clone() } else { singles.collect() };
            if others {
                elements.push(Element { key: Key::new(), last: None });
            }
            let values = verdicts.into_iter().map(|verdict| Some(Value::Verdict(verdict)));
            Set {
                key: vec![KeyType::Ipv4],
                value: Some(ValueType::Verdict),
                interval,
                elements: elements.into_iter().zip(values).collect(),
            }
        },
    )
}

fn pair_set() -> impl Strategy<Value = Set> {
    let elements = vec((any::<[u8; 16]>(), any::<[u8; 6]>(), any::<u16>(), any::<u16>()), 0..8);
    (elements, any::<bool>()).prop_map(|(all, interval)| {
        let element = |(name, mac, one, other): ([u8; 16], [u8; 6], u16, u16)| {
            let key = |port: u16| Key::from(padded(&[&name, &mac, &port.to_be_bytes()]));
            let (first, last) = (one.min(other), one.max(other));
            (Element::range(key(first), key(if interval { last } else { first })), None)
        };
        Set {
            key: vec![KeyType::InterfaceName, KeyType::Ether, KeyType::Port],
            value: None,
            interval,
            elements: all.into_iter().map(element).collect(),
        }
    })
}

fn zones() -> impl Strategy<Value = Set> {
    btree_map(any::<[u8; 16]>(), any::<[u8; 2]>(), 0..8).prop_map(|all| {
        let element = |(name, zone): ([u8; 16], [u8; 2])| {
            (
                Element { key: Key::from_slice(&name), last: None },
                Some(Value::Bytes(zone.as_slice().into())),
            )
        };
        Set {
            key: vec![KeyType::InterfaceName],
            value: Some(ValueType::Zone),
            interval: false,
            elements: all.into_iter().map(element).collect(),
        }
    })
}

fn table(family: Family) -> impl Strategy<Value = Table> {
    let chain = (proptest::option::of(hook(family)), vec(rule(), 0..5))
        .prop_map(|(hook, rules)| Chain { hook, rules });
    let set = prop_oneof![
        plain_set(),
        verdict_map(),
        pair_set(),
        zones(),
        ranges().prop_map(|ranges| Set {
            key: vec![KeyType::Ipv4],
            value: None,
            interval: true,
            elements: ranges.into_iter().map(|range| (range, None)).collect(),
        }),
    ];
    (btree_map(name(), chain, 0..3), btree_map(name(), set, 0..3))
        .prop_map(|(chains, sets)| Table { chains, sets })
}

fn ruleset() -> impl Strategy<Value = Ruleset> {
    (proptest::option::of(table(Family::Inet)), proptest::option::of(table(Family::Netdev)))
        .prop_map(|(inet, netdev)| Ruleset { inet, netdev })
}

fn whole(ruleset: &Ruleset) -> Batch {
    let mut changes = Vec::new();
    for (family, table) in [(Family::Inet, &ruleset.inet), (Family::Netdev, &ruleset.netdev)] {
        let Some(table) = table else { continue };
        changes.push(Change::AddTable(family));
        for (name, chain) in &table.chains {
            let (name, hook) = (name.clone(), chain.hook.clone());
            changes.push(Change::AddChain { family, name, hook });
        }
        for (name, set) in &table.sets {
            changes.push(Change::AddSet { family, name: name.clone(), set: set.clone() });
            let elements = set.elements.iter().map(|(key, value)| (key.clone(), value.clone()));
            let (set, shape, elements) = (name.clone(), set.shape(), elements.collect());
            changes.push(Change::AddElements { family, set, shape, elements });
        }
        for (name, chain) in &table.chains {
            let (name, rules) = (name.clone(), chain.rules.clone());
            changes.push(Change::SetRules { family, name, rules });
        }
    }
    Batch { changes }
}

/// The messages of a batch: kind, number, and what follows `nlmsghdr`.
fn messages(datagram: &Datagram) -> Vec<(u16, u32, &[u8])> {
    let mut rest = datagram.bytes.as_slice();
    let mut all = Vec::new();
    while !rest.is_empty() {
        let four = |at: usize| u32::from_ne_bytes(rest[at..at + 4].try_into().expect("four bytes"));
        let length = four(0) as usize;
        let kind = u16::from_ne_bytes(rest[4..6].try_into().expect("two bytes"));
        all.push((kind, four(8), &rest[16..length]));
        rest = &rest[length.next_multiple_of(4)..];
    }
    all
}

fn hear(reading: &mut Reading, kind: u16, body: &[u8]) {
    let heard = match kind {
        0x0a00 => reading.table(body),
        0x0a03 => reading.chain(body),
        0x0a06 => reading.rule(body),
        0x0a09 => reading.set(body),
        0x0a0c => reading.elements(body),
        _ => Ok(()),
    };
    heard.expect("what was written has names and keys");
}

proptest! {
    #[test]
    fn what_is_written_reads_back(ruleset in ruleset(), first: u32) {
        let datagram = encode(&whole(&ruleset), first, Some(7));
        let mut reading = Reading::default();
        let messages = messages(&datagram);
        prop_assert_eq!(messages.len(), datagram.changes.len() + 2);
        for (at, (kind, number, body)) in messages.into_iter().enumerate() {
            prop_assert_eq!(number, first.wrapping_add(u32::try_from(at).unwrap()));
            hear(&mut reading, kind, body);
        }
        prop_assert_eq!(reading.finish(), (ruleset, Foreign::new()));
    }

    #[test]
    fn damage_is_no_more_than_an_error(
        ruleset in ruleset(),
        at in any::<prop::sample::Index>(),
        with in vec(any::<u8>(), 1..9),
    ) {
        let datagram = encode(&whole(&ruleset), 0, None);
        let mut reading = Reading::default();
        for (_kind, _number, body) in messages(&datagram) {
            let mut body = body.to_vec();
            let at = at.index(body.len());
            let end = body.len().min(at + with.len());
            body.splice(at..end, with.iter().copied());
            // Of every kind, whatever it was meant to be.
            let heard = [
                reading.table(&body),
                reading.chain(&body),
                reading.set(&body),
                reading.elements(&body),
                reading.rule(&body),
            ];
            prop_assert!(heard.len() == 5);
        }
        let sets = reading.sets();
        prop_assert!(sets.iter().all(|(family, _name)| reading.has(*family)));
        reading.finish();
    }
}

#[test]
fn lists_of_elements_stay_below_their_limit() {
    let key = |number: u32| Key::from(padded(&[&[0; 16], &[0; 16], &number.to_be_bytes()]));
    let jump = Value::Verdict(Verdict::Jump("c".repeat(120)));
    let elements: Vec<_> = (0..5_000)
        .map(|number| (Element::range(key(number * 2), key(number * 2 + 1)), Some(jump.clone())))
        .collect();
    let set = Set {
        key: vec![KeyType::InterfaceName, KeyType::Ipv6, KeyType::Ipv4],
        value: Some(ValueType::Verdict),
        interval: true,
        elements: elements.into_iter().collect(),
    };
    let table = Table { sets: [("as_m".to_owned(), set)].into(), ..Table::default() };
    let ruleset = Ruleset { inet: Some(table), netdev: None };
    let datagram = encode(&whole(&ruleset), 0, None);
    let mut reading = Reading::default();
    let messages = messages(&datagram);
    assert!(messages.len() > 10);
    for (kind, _number, body) in messages {
        assert!(body.len() < 1 << 16);
        hear(&mut reading, kind, body);
    }
    assert_eq!(reading.finish().0, ruleset);
}

#[test]
fn an_acknowledgement_is_asked_of_the_last_change_alone() {
    let changes = vec![Change::AddTable(Family::Inet), Change::AddTable(Family::Netdev)];
    let datagram = encode(&Batch { changes }, 1, None);
    let flags = |at: usize| u16::from_ne_bytes(datagram.bytes[at + 6..at + 8].try_into().unwrap());
    let (mut at, mut asked) = (0, Vec::new());
    while at < datagram.bytes.len() {
        asked.push(flags(at) & 4 != 0);
        at += u32::from_ne_bytes(datagram.bytes[at..at + 4].try_into().unwrap()) as usize;
    }
    assert_eq!(asked, [false, false, true, false]);
    assert_eq!(
        (0..4).map(|at| datagram.change_of(at)).collect::<Vec<_>>(),
        [None, Some(0), Some(1), None]
    );
    let nothing = encode(&Batch::default(), 1, None);
    assert!(nothing.changes.is_empty());
}
