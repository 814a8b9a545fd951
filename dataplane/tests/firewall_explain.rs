//! What `explain` says, for every kind of answer, in both languages.

use dataplane::firewall::explain::{Answer, Question, explain};
use dataplane::firewall::judge::Judge;
use dataplane::firewall::protocol::{ICMP, ICMPV6, TCP, UDP};
use dataplane::spec;

const STATE: &str = r#"
schema = "assay/network/v1"
semantics = "norm"
node = { name = "n1", device = "u0", vtep = "10.99.0.1", mtu = 1500 }
vpc = [{ id = "red" }, { id = "blue" }]
network = [
  { id = "red-a", vpc = "red", vni = 100 },
  { id = "red-b", vpc = "red", vni = 101, mtu = 1400 },
  { id = "blue-a", vpc = "blue", vni = 200 },
]
subnet = [
  { id = "r4", network = "red-a", cidr = "10.0.0.0/24" },
  { id = "r6", network = "red-a", cidr = "fd00::/64" },
  { id = "rb4", network = "red-b", cidr = "10.0.1.0/24" },
  { id = "b4", network = "blue-a", cidr = "10.0.0.0/24" },
]
port = [
  { id = "web-1", network = "red-a", device = "t1", kind = "tap", mac = "02:00:00:00:00:11", ips = ["10.0.0.11", "fd00::11"], groups = ["web"] },
  { id = "app-1", network = "red-a", device = "t2", kind = "tap", mac = "02:00:00:00:00:12", ips = ["10.0.0.12", "fd00::12"], groups = ["app"] },
  { id = "metal", network = "red-a", device = "eth1", kind = "physical", mac = "02:00:00:00:00:13", ips = ["10.0.0.13"], groups = ["web"] },
  { id = "bare", network = "red-a", device = "t4", kind = "tap", mac = "02:00:00:00:00:14", ips = [], groups = ["web"] },
  { id = "red-b-1", network = "red-b", device = "t5", kind = "tap", mac = "02:00:00:00:00:15", ips = ["10.0.1.11"], groups = ["web"] },
  { id = "blue-1", network = "blue-a", device = "t6", kind = "tap", mac = "02:00:00:00:00:11", ips = ["10.0.0.11"], groups = ["blue"] },
]
remote = [
  { id = "web-2", network = "red-a", vtep = "10.99.0.2", mac = "02:00:00:00:00:21", ips = ["10.0.0.21"], groups = ["web"] },
  { id = "app-2", network = "red-a", vtep = "10.99.0.3", mac = "02:00:00:00:00:22", ips = ["10.0.0.22", "fd00::22"], groups = ["app"] },
]
group = [
  { id = "web", vpc = "red", rule = [{ id = "https", direction = "in", protocol = "tcp", ports = "443", from = { group = "app" } }] },
  { id = "app", vpc = "red" },
  { id = "blue", vpc = "blue" },
]
"#;

fn ask(from: &str, to: &str, protocol: u8, port: Option<u16>) -> Result<Answer, String> {
    let state = spec::read("state.toml", STATE).expect("the state is right");
    let question = Question {
        from: from.to_owned(),
        to: to.to_owned(),
        protocol,
        destination_port: port,
        ..Question::default()
    };
    explain(&Judge::new(&state), &question).map_err(|error| {
        let text = error.message();
        format!("{} | {} | {}", text.zh, text.en, error.hint().unwrap_or_default())
    })
}

/// One packet in a line: ends, content, verdicts with reason, way.
fn lines(answer: &Answer) -> Vec<String> {
    let line = |packet: &dataplane::firewall::explain::Explained| {
        format!(
            "{} → {} {} {}; out: {}, {}; in: {}, {}; {}",
            packet.source,
            packet.destination,
            packet.carries,
            if packet.passes { "passes" } else { "does not pass" },
            packet.out.verdict,
            packet.out.why.en,
            packet.inward.verdict,
            packet.inward.why.en,
            packet.path.en,
        )
    };
    answer.packets.iter().map(line).collect()
}

#[test]
fn a_rule_that_decides_is_named_for_each_family() {
    let answer = ask("app-1", "web-1", TCP, Some(443)).unwrap();
    assert!(answer.passes);
    let rest = "passes; out: passes, its groups have no rule `out`: it may send; in: passes, rule \
                `https` of group `web` permits it; on the bridge of this node";
    assert_eq!(
        lines(&answer),
        [
            format!("10.0.0.12 → 10.0.0.11 tcp 443 {rest}"),
            format!("fd00::12 → fd00::11 tcp 443 {rest}"),
        ]
    );
    let first = &answer.packets[0];
    assert_eq!(first.mtu, Some(1450));
    assert_eq!(
        (first.inward.group.as_deref(), first.inward.rule.as_deref()),
        (Some("web"), Some("https"))
    );
    assert_eq!(first.inward.why.zh, "安全组 `web` 的规则 `https` 放行");
    assert_eq!(answer.notes.len(), 1, "{:?}", answer.notes);
}

#[test]
fn a_refusal_says_how_many_rules_were_looked_at() {
    let answer = ask("app-1", "web-1", UDP, Some(443)).unwrap();
    assert!(!answer.passes && answer.notes.is_empty());
    assert_eq!(answer.packets[0].inward.why.zh, "该方向的 1 条规则均不放行");
    assert_eq!(answer.packets[0].inward.port.as_deref(), Some("web-1"));
    let answer = ask("web-1", "app-1", TCP, Some(22)).unwrap();
    assert_eq!(answer.packets[0].inward.why.en, "its groups have no rule for this direction");
}

#[test]
fn ways_between_nodes_name_the_vtep() {
    let out = ask("app-1", "app-2", TCP, Some(1)).unwrap();
    assert_eq!(
        lines(&out)[0],
        "10.0.0.12 → 10.0.0.22 tcp 1 passes; out: passes, the other end is in group `app` too; in: \
         elsewhere, its own node decides; by VXLAN (VNI 100) to VTEP 10.99.0.3"
    );
    let back = ask("10.0.0.22", "web-1", TCP, Some(443)).unwrap();
    assert_eq!(back.packets[0].path.en, "by VXLAN (VNI 100) from VTEP 10.99.0.3");
    assert!(back.passes);
    let neither = ask("app-2", "web-2", TCP, Some(443)).unwrap();
    assert!(!neither.passes);
    assert_eq!(neither.packets[0].out.why.en, "neither end is a port of this node");
}

#[test]
fn what_nobody_has_is_reached_by_nobody() {
    let answer = ask("app-1", "10.0.0.77", TCP, Some(80)).unwrap();
    assert!(!answer.passes);
    assert_eq!(answer.packets[0].out.verdict, "passes");
    assert_eq!(answer.packets[0].path.zh, "无处可去：本网络没有端口拥有 10.0.0.77");
}

#[test]
fn protocols_are_asked_in_their_family_with_an_echo_request() {
    let carried = |protocol| {
        let answer = ask("app-1", "app-2", protocol, None).unwrap();
        answer.packets.iter().map(|packet| packet.carries.clone()).collect::<Vec<_>>()
    };
    assert_eq!(carried(ICMP), ["icmp 8/0"]);
    assert_eq!(carried(ICMPV6), ["icmpv6 128/0"]);
    assert_eq!(carried(47), ["47", "47"]);
    let none = ask("metal", "web-1", ICMPV6, None).unwrap();
    assert!(!none.passes);
    assert_eq!(
        none.why_not.unwrap().en,
        "the ends have no addresses of one family that this protocol is for"
    );
}

#[test]
fn networks_apart_say_why() {
    let vpcs = ask("web-1", "blue-1", TCP, Some(80)).unwrap();
    assert!(!vpcs.passes && vpcs.packets.is_empty());
    assert_eq!(vpcs.why_not.unwrap().zh, "网络 `red-a` 与 `blue-a` 属于不同的 VPC，彼此隔离");
    let networks = ask("web-1", "red-b-1", TCP, Some(80)).unwrap();
    assert_eq!(
        networks.why_not.unwrap().en,
        "there is no route between networks `red-a` and `red-b`"
    );
}

#[test]
fn nothing_is_promised_of_bare_metal() {
    let answer = ask("app-1", "metal", TCP, Some(443)).unwrap();
    assert!(answer.notes.iter().any(|note| note.en.starts_with("port `metal` is bare metal")));
}

#[test]
fn a_question_that_cannot_be_answered_says_what_is_missing() {
    for (from, to, said) in [
        (
            "web-9",
            "web-1",
            "`web-9` 既不是端口 id 也不是 IP 地址 | `web-9` is neither the id of a port nor an IP address | `id` of a `[[port]]` or `[[remote]]`",
        ),
        (
            "bare",
            "web-1",
            "端口 `bare` 没有 IP 地址 | port `bare` has no IP address | give an address instead of the port",
        ),
        (
            "10.0.0.77",
            "10.0.0.11",
            "没有网络包含 `10.0.0.77` | which network is `10.0.0.77` in? none has it | name it with `--network`",
        ),
    ] {
        assert_eq!(ask(from, to, TCP, None), Err(said.to_owned()));
    }
    assert!(ask("10.0.0.12", "10.0.0.11", TCP, Some(443)).unwrap().passes, "one network has both");
}

#[test]
fn an_answer_as_json_has_its_verdicts_by_name() {
    let answer = serde_json::to_value(ask("app-1", "web-1", TCP, Some(443)).unwrap()).unwrap();
    for (path, value) in [
        ("/passes", "true"),
        ("/packets/0/carries", "\"tcp 443\""),
        ("/packets/0/in/verdict", "\"passes\""),
        ("/packets/0/in/rule", "\"https\""),
        ("/packets/0/out/port", "\"app-1\""),
        ("/packets/0/mtu", "1450"),
    ] {
        assert_eq!(answer.pointer(path).unwrap().to_string(), value, "{path}");
    }
}

#[test]
fn an_address_that_is_not_the_ports_is_forged() {
    let state = spec::read("state.toml", STATE).expect("the state is right");
    let asked = |source: &str| {
        let source = Some(source.parse().unwrap());
        let question = Question {
            from: "app-1".to_owned(),
            to: "web-1".to_owned(),
            protocol: TCP,
            destination_port: Some(443),
            source,
            ..Question::default()
        };
        explain(&Judge::new(&state), &question).unwrap()
    };
    assert!(asked("fd00::12").passes);
    let forged = asked("10.0.0.99");
    assert_eq!((forged.passes, forged.packets[0].out.verdict), (false, "dropped"));
    assert!(forged.packets[0].out.why.en.contains("anti-spoofing"), "{forged:?}");
}
