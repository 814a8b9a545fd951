//! Rules with everything that is modelled, and the same in the syntax of nft(8).

use std::collections::BTreeMap;

use dataplane::nft::{
    Base, Chain, Comparison, Ct, Element, Expression, Hook, Key, KeyType, Meta, Point, Register,
    Rule, Ruleset, Set, Table, Value, ValueType, Verdict,
};

const FIRST: Register = Register(0);

/// What [`expressible`] gives, as nft reads it.
pub(crate) const LISTING: &str = include_str!("sample.nft");

/// All that nft(8) has words for.
pub(crate) fn expressible() -> Ruleset {
    let chains = [
        ("as_pre", Point::Prerouting, -300, false, zones()),
        ("as_in", Point::Input, -5, false, Vec::new()),
        ("as_fwd", Point::Forward, 0, true, lookups()),
        ("as_out", Point::Output, 5, false, Vec::new()),
        ("as_post", Point::Postrouting, 100, false, Vec::new()),
    ];
    let mut inet = Table { sets: sets(), ..Table::default() };
    for (name, point, priority, drops, rules) in chains {
        let hook = Some(Hook { point, priority, device: None, drops });
        inet.chains.insert(name.to_owned(), Chain { hook, rules });
    }
    inet.chains.insert("as_plain".to_owned(), Chain { hook: None, rules: comparisons() });
    inet.chains.insert("as_end".to_owned(), Chain { hook: None, rules: verdicts() });
    let mut netdev = Table::default();
    let hook =
        Hook { point: Point::Ingress, priority: -100, device: Some("p1".to_owned()), drops: true };
    let spoof = Verdict::Jump("as_spoof".to_owned());
    let rules = vec![rule(vec![Expression::Verdict(spoof)])];
    netdev.chains.insert("as_p_1".to_owned(), Chain { hook: Some(hook), rules });
    netdev.chains.insert("as_spoof".to_owned(), Chain { hook: None, rules: spoofing() });
    let key = vec![KeyType::InterfaceName, KeyType::Ipv4];
    let one = join(&[&name("p1"), &[10, 0, 0, 11]]);
    netdev.sets.insert("as_src4".to_owned(), set(key, false, vec![(one, None)]));
    Ruleset { inet: Some(inet), netdev: Some(netdev) }
}

/// The same, and what only the kernel understands.
pub(crate) fn everything() -> Ruleset {
    let mut ruleset = expressible();
    let mut rules = Vec::new();
    for number in [0, 1, 3, 4, 7, 8, 12, 15] {
        let value = vec![1, 2, 3, 4];
        let (to, mask, xor) = (Register(number), vec![0xff; 4], vec![0x0f; 4]);
        let how = Comparison::NotEqual;
        rules.push(rule(vec![
            Expression::Load { to, value: value.clone() },
            Expression::Bitwise { from: to, to, mask, xor },
            Expression::Compare { from: to, how, value },
        ]));
    }
    for length in [1, 2, 3, 5, 6, 8, 16] {
        let bytes = Expression::Payload { base: Base::Network, offset: 8, length, to: FIRST };
        let value = vec![7; usize::try_from(length).unwrap_or_default()];
        rules.push(rule(vec![bytes, compare(Comparison::Equal, &value)]));
    }
    if let Some(table) = &mut ruleset.netdev {
        let key = vec![KeyType::InterfaceName, KeyType::Ether, KeyType::Ipv4];
        let one = join(&[&name("p1"), &[2, 0, 0, 0, 0, 0x11], &[10, 0, 0, 11]]);
        table.sets.insert("as_raw".to_owned(), set(key, false, vec![(one, None)]));
        table.chains.insert("as_raw".to_owned(), Chain { hook: None, rules: frames() });
    }
    if let Some(table) = &mut ruleset.inet {
        table.chains.insert("as_raw".to_owned(), Chain { hook: None, rules });
    }
    ruleset
}

fn rule(expressions: Vec<Expression>) -> Rule {
    Rule { expressions, comment: None }
}

fn meta(key: Meta, to: u8) -> Expression {
    Expression::Meta { key, to: Register(to) }
}

fn bytes(base: Base, offset: u32, length: u32, to: u8) -> Expression {
    Expression::Payload { base, offset, length, to: Register(to) }
}

fn compare(how: Comparison, value: &[u8]) -> Expression {
    Expression::Compare { from: FIRST, how, value: value.to_vec() }
}

fn equal(value: &[u8]) -> Expression {
    compare(Comparison::Equal, value)
}

fn zones() -> Vec<Rule> {
    let (to, from) = (Register(4), Register(4));
    let set = "as_zone".to_owned();
    let by_map = vec![
        meta(Meta::InName, 0),
        Expression::Map { set, from: FIRST, to },
        Expression::SetZone { from },
    ];
    let value = 5_u16.to_ne_bytes().to_vec();
    let fixed = vec![Expression::Load { to: FIRST, value }, Expression::SetZone { from: FIRST }];
    let comment = Some("zone of 网络 5".to_owned());
    vec![rule(by_map), Rule { expressions: fixed, comment }]
}

fn lookups() -> Vec<Rule> {
    let within =
        |set: &str, inverted| Expression::Lookup { set: set.to_owned(), from: FIRST, inverted };
    let by_map = |set: &str| Expression::VerdictMap { set: set.to_owned(), from: FIRST };
    let source4 = |to| bytes(Base::Network, 12, 4, to);
    let (in_name, out_name) = (meta(Meta::InName, 0), meta(Meta::OutName, 4));
    let four = [meta(Meta::Family, 0), equal(&[2])];
    let four = |more: Vec<Expression>| rule(four.iter().cloned().chain(more).collect());
    let accept = Expression::Verdict(Verdict::Accept);
    vec![
        rule(vec![in_name.clone(), out_name, within("as_pair", false), accept.clone()]),
        rule(vec![in_name.clone(), within("as_bridge", true), Expression::Counter]),
        four(vec![source4(0), within("as_r_plain", false), accept.clone()]),
        four(vec![source4(0), by_map("as_plain_map")]),
        four(vec![source4(0), by_map("as_range_map")]),
        four(vec![in_name.clone(), source4(4), by_map("as_pair_map")]),
        four(vec![in_name, source4(4), by_map("as_range_pair_map")]),
        four(vec![
            source4(0),
            meta(Meta::L4Protocol, 1),
            bytes(Base::Transport, 2, 2, 2),
            within("as_c", false),
            accept,
        ]),
    ]
}

fn comparisons() -> Vec<Rule> {
    let state = Expression::Ct { key: Ct::State, to: FIRST };
    let mask = |mask: &[u8]| {
        let (mask, xor) = (mask.to_vec(), vec![0; mask.len()]);
        Expression::Bitwise { from: FIRST, to: FIRST, mask, xor }
    };
    let tcp = || vec![meta(Meta::L4Protocol, 0), equal(&[6]), bytes(Base::Transport, 2, 2, 0)];
    let six = || vec![meta(Meta::Family, 0), equal(&[10])];
    let with = |mut all: Vec<Expression>, more: Vec<Expression>| {
        all.extend(more);
        rule(all)
    };
    let port = 1024_u16.to_be_bytes();
    let (first, last) = (vec![0x1f, 0x40], vec![0x1f, 0x90]);
    let ordered = [
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
        Comparison::NotEqual,
    ];
    let mut rules: Vec<Rule> =
        ordered.into_iter().map(|how| with(tcp(), vec![compare(how, &port)])).collect();
    let mut net = [0; 16];
    net[..2].copy_from_slice(&[0xfd, 0]);
    let mut half = [0; 16];
    half[..8].fill(0xff);
    rules.extend([
        with(tcp(), vec![Expression::Range { from: FIRST, first, last }]),
        with(six(), vec![bytes(Base::Network, 8, 16, 0), mask(&half), equal(&net)]),
        rule(vec![
            state,
            mask(&6_u32.to_ne_bytes()),
            compare(Comparison::NotEqual, &[0; 4]),
            Expression::Verdict(Verdict::Accept),
        ]),
        rule(vec![meta(Meta::PacketType, 0), compare(Comparison::NotEqual, &[0])]),
        rule(vec![meta(Meta::EtherType, 0), equal(&[0x08, 0x06])]),
        rule(vec![meta(Meta::InName, 0), equal(&name("p1"))]),
    ]);
    rules
}

fn verdicts() -> Vec<Rule> {
    let chain = || "as_plain".to_owned();
    let rules = [Verdict::Jump(chain()), Verdict::Accept, Verdict::Drop, Verdict::Return];
    let rules = rules.into_iter().chain([Verdict::Goto(chain())]);
    rules.map(|verdict| rule(vec![Expression::Counter, Expression::Verdict(verdict)])).collect()
}

fn spoofing() -> Vec<Rule> {
    let set = "as_src4".to_owned();
    vec![rule(vec![
        meta(Meta::EtherType, 0),
        equal(&[0x08, 0x00]),
        meta(Meta::InName, 0),
        bytes(Base::Network, 12, 4, 4),
        Expression::Lookup { set, from: FIRST, inverted: false },
        Expression::Verdict(Verdict::Accept),
    ])]
}

/// nft calls these bytes only where a comparison says first that the device is of Ethernet.
fn frames() -> Vec<Rule> {
    let set = "as_raw".to_owned();
    vec![
        rule(vec![
            meta(Meta::InName, 0),
            bytes(Base::Link, 6, 6, 4),
            bytes(Base::Network, 12, 4, 6),
            Expression::Lookup { set, from: FIRST, inverted: false },
            Expression::Verdict(Verdict::Accept),
        ]),
        rule(vec![bytes(Base::Link, 0, 6, 0), equal(&[2, 0, 0, 0, 0, 0x11])]),
    ]
}

type Elements = Vec<(Element, Option<Value>)>;

fn set(key: Vec<KeyType>, interval: bool, elements: Elements) -> Set {
    Set { key, value: None, interval, elements: elements.into_iter().collect() }
}

fn map(key: Vec<KeyType>, interval: bool, elements: Elements) -> Set {
    Set { value: Some(ValueType::Verdict), ..set(key, interval, elements) }
}

fn name(text: &str) -> Vec<u8> {
    let mut name = text.as_bytes().to_vec();
    name.resize(16, 0);
    name
}

fn padded(parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::new();
    for part in parts {
        key.extend_from_slice(part);
        key.resize(key.len().next_multiple_of(4), 0);
    }
    key
}

fn join(parts: &[&[u8]]) -> Element {
    Element { key: padded(parts).into(), last: None }
}

fn one(key: &[u8]) -> Element {
    Element { key: Key::from_slice(key), last: None }
}

fn range(first: &[u8], last: &[u8]) -> Element {
    Element { key: Key::from_slice(first), last: Some(Box::new(Key::from_slice(last))) }
}

fn sets() -> BTreeMap<String, Set> {
    let all = plain().into_iter().chain(ranges()).chain(pairs()).chain(maps());
    all.map(|(name, set)| (name.to_owned(), set)).collect()
}

type Named = Vec<(&'static str, Set)>;

fn six(last: u8) -> [u8; 16] {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&[0xfd, 0]);
    address[15] = last;
    address
}

fn plain() -> Named {
    let single = |kind, keys: &[&[u8]]| {
        set(vec![kind], false, keys.iter().map(|key| (one(key), None)).collect())
    };
    let long = name("a-long-name-15b");
    vec![
        ("as_bridge", single(KeyType::InterfaceName, &[&name("asb1"), &long])),
        ("as_g", single(KeyType::Ipv4, &[&[10, 0, 0, 1], &[10, 0, 0, 2]])),
        ("as_h", single(KeyType::Ipv6, &[&six(1), &six(2)])),
        ("as_mac", single(KeyType::Ether, &[&[2, 0, 0, 0, 0, 1], &[2, 0, 0, 0, 0, 2]])),
        ("as_protocol", single(KeyType::Protocol, &[&[6], &[17]])),
        ("as_port", single(KeyType::Port, &[&[0, 80], &[1, 187]])),
        ("as_state", single(KeyType::CtState, &[&8_u32.to_ne_bytes()])),
    ]
}

fn ranges() -> Named {
    let ranges = |kind, all: Vec<Element>| {
        set(vec![kind], true, all.into_iter().map(|element| (element, None)).collect())
    };
    let four = vec![
        range(&[10, 0, 0, 0], &[10, 0, 0, 15]),
        one(&[10, 0, 0, 16]),
        range(&[10, 0, 1, 3], &[10, 0, 2, 200]),
        range(&[255, 255, 255, 240], &[255; 4]),
    ];
    let ports = vec![range(&[0, 0], &[0, 21]), range(&[0x1f, 0x40], &[0xff; 2])];
    vec![
        ("as_r_plain", ranges(KeyType::Ipv4, four)),
        ("as_r6", ranges(KeyType::Ipv6, vec![range(&six(0), &six(15)), one(&six(0x20))])),
        ("as_r_port", ranges(KeyType::Port, ports)),
    ]
}

fn pairs() -> Named {
    let names = vec![KeyType::InterfaceName, KeyType::InterfaceName];
    let own = join(&[&name("asb1"), &name("asb1")]);
    let key = |net: [u8; 4], port: [u8; 2]| padded(&[&net, &[6], &port]);
    let services = vec![
        (range(&key([10, 0, 0, 0], [0, 80]), &key([10, 0, 0, 255], [0, 90])), None),
        (one(&key([10, 0, 9, 9], [0, 53])), None),
    ];
    let parts = vec![KeyType::Ipv4, KeyType::Protocol, KeyType::Port];
    vec![("as_pair", set(names, false, vec![(own, None)])), ("as_c", set(parts, true, services))]
}

fn maps() -> Named {
    let drop = || Some(Value::Verdict(Verdict::Drop));
    let jump = || Some(Value::Verdict(Verdict::Jump("as_plain".to_owned())));
    let leave = || Some(Value::Verdict(Verdict::Goto("as_plain".to_owned())));
    let zone = |zone: u16| Some(Value::Bytes(zone.to_ne_bytes().as_slice().into()));
    let key = |device: &str, address: [u8; 4]| padded(&[&name(device), &address]);
    let zones = vec![(one(&name("asb1")), zone(7)), (one(&name("asb2")), zone(0x1234))];
    let zones = set(vec![KeyType::InterfaceName], false, zones);
    let plain = vec![
        (one(&[10, 0, 0, 1]), Some(Value::Verdict(Verdict::Accept))),
        (one(&[10, 0, 0, 2]), jump()),
        (one(&[10, 0, 0, 3]), leave()),
        (one(&[10, 0, 0, 4]), Some(Value::Verdict(Verdict::Return))),
        (one(&[]), drop()),
    ];
    let ranges =
        vec![(range(&[10, 1, 0, 0], &[10, 1, 0, 255]), jump()), (one(&[10, 1, 1, 0]), drop())];
    let pairs = vec![
        (one(&key("asb1", [10, 0, 0, 1])), jump()),
        (one(&key("asb2", [10, 0, 0, 1])), drop()),
    ];
    let whole = range(&key("asb1", [10, 3, 0, 0]), &key("asb1", [10, 3, 0, 255]));
    let range_pairs = vec![(whole, jump()), (one(&key("asb2", [10, 3, 0, 1])), drop())];
    let two = || vec![KeyType::InterfaceName, KeyType::Ipv4];
    vec![
        ("as_zone", Set { value: Some(ValueType::Zone), ..zones }),
        ("as_plain_map", map(vec![KeyType::Ipv4], false, plain)),
        ("as_range_map", map(vec![KeyType::Ipv4], true, ranges)),
        ("as_pair_map", map(two(), false, pairs)),
        ("as_range_pair_map", map(two(), true, range_pairs)),
    ]
}
