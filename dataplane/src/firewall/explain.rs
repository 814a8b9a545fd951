//! Why a packet passes or does not, for people: which rule decides at which end, by which way it
//! goes, and how large it may be.

mod routed;
mod words;

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Serialize;

use super::judge::{Bar, End, Judge, Judgement, Packet};
use super::protocol::{self, ICMP, ICMPV6};
use crate::desired::{Desired, PortKind};
use crate::router::way;
use crate::text::Text;
use words::{barred, decision};

/// What is asked: may `from` begin this with `to`?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Id of a port, of this node or of another, or an IP address.
    pub from: String,
    /// The same.
    pub to: String,
    /// The network, where both ends are addresses and several networks have them.
    pub network: Option<String>,
    /// Protocol above IP.
    pub protocol: u8,
    /// Port at `to`, for what has ports; without it, rules with ports do not match.
    pub destination_port: Option<u16>,
    /// Type and code, for ICMP; without them, those of an echo request.
    pub icmp: Option<(u8, u8)>,
    /// Address that `from` sends from, where it is not its first.
    pub source: Option<IpAddr>,
}

/// What becomes of it, for each family in which both ends have addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether each of the packets passes this node; no packet, no passing.
    pub passes: bool,
    /// The packets.
    pub packets: Vec<Explained>,
    /// Why there is none, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<Text>,
    /// What else is to be known.
    pub notes: Vec<Text>,
}

/// A packet and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The network that it is in.
    pub network: String,
    /// Its source.
    pub source: IpAddr,
    /// Its destination.
    pub destination: IpAddr,
    /// What it carries: `tcp 443`, `icmp 8/0`, `47`.
    pub carries: String,
    /// Whether this node lets it by and there is a way for it.
    pub passes: bool,
    /// The decision at its source, direction `out`.
    pub out: Decision,
    /// The decision at its destination, direction `in`.
    #[serde(rename = "in")]
    pub inward: Decision,
    /// Which way it goes.
    pub path: Text,
    /// How large it may be in bytes; `None`: what the underlay's device says, less VXLAN's header.
    pub mtu: Option<u32>,
    /// What ACLs say to it: that of the VPC it leaves, and that of the VPC it comes into.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acl: Vec<Decision>,
    /// What a router does with it, where one is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router: Option<Passage>,
}

/// What a router does with a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// `passes` or `dropped`.
    pub verdict: &'static str,
    /// Whose router it is.
    pub vpc: String,
    /// The network that it goes on in; `None`: outside, or nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The elastic IP, SNAT or peering that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Its source from there on, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Its destination from there on, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<IpAddr>,
    /// Why, in one sentence without its full stop.
    pub why: Text,
}

impl Passage {
    fn of(vpc: &str, why: Text) -> Self {
        Self {
            verdict: "passes",
            vpc: vpc.to_owned(),
            network: None,
            by: None,
            source: None,
            destination: None,
            why,
        }
    }
}

/// The decision at one end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// `passes`, `dropped`, or `elsewhere`: not this node's to decide.
    pub verdict: &'static str,
    /// The port of this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The group that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The rule that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why, in one sentence without its full stop.
    pub why: Text,
}

/// Why a question cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum QuestionError {
    /// Neither an id nor an address.
    #[error("`{end}` is neither the id of a port nor an IP address")]
    NoEnd { end: String },
    /// An address, and no network to look for it in.
    #[error("which network is `{end}` in? {}", list(.networks))]
    WhichNetwork { end: String, networks: Vec<String> },
    /// No such network.
    #[error("there is no network `{network}`")]
    NoNetwork { network: String },
    /// A port without an address.
    #[error("port `{port}` has no IP address")]
    NoAddress { port: String },
}

fn list(networks: &[String]) -> String {
    if networks.is_empty() { "none has it".to_owned() } else { networks.join(" or ") }
}

impl QuestionError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoEnd { .. } => Some("`id` of a `[[port]]` or `[[remote]]`".to_owned()),
            Self::WhichNetwork { .. } => Some("name it with `--network`".to_owned()),
            Self::NoNetwork { .. } => None,
            Self::NoAddress { .. } => Some("give an address instead of the port".to_owned()),
        }
    }

    /// Returns the message in both languages.
    pub fn message(&self) -> Text {
        let en = self.to_string();
        let zh = match self {
            Self::NoEnd { end } => format!("`{end}` 既不是端口 id 也不是 IP 地址"),
            Self::WhichNetwork { end, networks } if networks.is_empty() => {
                format!("没有网络包含 `{end}`")
            }
            Self::WhichNetwork { end, networks } => {
                format!("`{end}` 属于哪个网络？{}", networks.join(" 或 "))
            }
            Self::NoNetwork { network } => format!("没有网络 `{network}`"),
            Self::NoAddress { port } => format!("端口 `{port}` 没有 IP 地址"),
        };
        Text { zh, en }
    }
}

/// One end of a question.
struct Side<'d> {
    /// Its network, where it is a port's.
    network: Option<&'d str>,
    /// The port of this node that it is.
    port: Option<&'d str>,
    addresses: BTreeSet<IpAddr>,
}

/// Answers a question.
pub fn explain(judge: &Judge<'_>, question: &Question) -> Result<Answer, QuestionError> {
    let desired = judge.desired();
    let mut from = side(desired, &question.from)?;
    if let Some(source) = question.source {
        from.addresses = BTreeSet::from([source]);
    }
    let to = side(desired, &question.to)?;
    let mut answer =
        Answer { passes: false, packets: Vec::new(), why_not: None, notes: Vec::new() };
    if let Some(packets) = routed::explain(judge, question, &from, &to) {
        answer.passes = packets.iter().all(|packet| packet.passes);
        answer.packets = packets;
        answer.notes = notes(desired, &answer, &from, &to);
        return Ok(answer);
    }
    if let (Some(one), Some(other)) = (from.network, to.network)
        && one != other
    {
        answer.why_not = Some(apart(desired, one, other));
        return Ok(answer);
    }
    let network = network_of(desired, question, &from, &to)?;
    for ipv4 in [true, false] {
        let of = |side: &Side<'_>| {
            side.addresses.iter().copied().find(|address| address.is_ipv4() == ipv4)
        };
        let fits = match question.protocol {
            ICMP => ipv4,
            ICMPV6 => !ipv4,
            _ => true,
        };
        let (Some(source), Some(destination), true) = (of(&from), of(&to), fits) else { continue };
        let packet = carried(question, network, source, destination);
        let packet = Packet { by: from.port, ..packet };
        answer.packets.push(explained(judge, &packet));
    }
    answer.passes = !answer.packets.is_empty() && answer.packets.iter().all(|packet| packet.passes);
    if answer.packets.is_empty() {
        answer.why_not = Some(Text::of(
            "两端没有同一地址族且适用于该协议的地址",
            "the ends have no addresses of one family that this protocol is for",
            &[],
        ));
    }
    answer.notes = notes(desired, &answer, &from, &to);
    Ok(answer)
}

fn carried<'p>(
    question: &Question,
    network: &'p str,
    source: IpAddr,
    destination: IpAddr,
) -> Packet<'p> {
    let icmp = question.icmp.or(match question.protocol {
        ICMP => Some((8, 0)),
        ICMPV6 => Some((128, 0)),
        _ => None,
    });
    Packet {
        network,
        by: None,
        source,
        destination,
        protocol: question.protocol,
        // A client's own port: no rule looks at it.
        ports: question.destination_port.map(|port| (0, port)),
        icmp: icmp.filter(|_| matches!(question.protocol, ICMP | ICMPV6)),
    }
}

fn side<'d>(desired: &'d Desired, name: &str) -> Result<Side<'d>, QuestionError> {
    let (network, port, addresses) = if let Some((id, port)) = desired.ports.get_key_value(name) {
        (&port.network, Some(id.as_str()), &port.addresses)
    } else if let Some(remote) = desired.remotes.get(name) {
        (&remote.network, None, &remote.addresses)
    } else {
        let address = name.parse().map_err(|_no_address: std::net::AddrParseError| {
            QuestionError::NoEnd { end: name.to_owned() }
        })?;
        return Ok(Side { network: None, port: None, addresses: BTreeSet::from([address]) });
    };
    if addresses.is_empty() {
        return Err(QuestionError::NoAddress { port: name.to_owned() });
    }
    Ok(Side { network: Some(network), port, addresses: addresses.clone() })
}

fn network_of<'d>(
    desired: &'d Desired,
    question: &Question,
    from: &Side<'d>,
    to: &Side<'d>,
) -> Result<&'d str, QuestionError> {
    if let Some(network) = from.network.or(to.network) {
        return Ok(network);
    }
    if let Some(network) = &question.network {
        let known = desired.networks.get_key_value(network);
        return known
            .map(|(id, _)| id.as_str())
            .ok_or_else(|| QuestionError::NoNetwork { network: network.clone() });
    }
    let has = |side: &Side<'_>, id: &str| {
        let of = |network: &str, own: &BTreeSet<IpAddr>| {
            network == id && own.intersection(&side.addresses).next().is_some()
        };
        desired.ports.values().any(|port| of(&port.network, &port.addresses))
            || desired.remotes.values().any(|remote| of(&remote.network, &remote.addresses))
    };
    let mut both = desired.networks.keys().filter(|id| has(from, id) && has(to, id));
    match (both.next(), both.next()) {
        (Some(network), None) => Ok(network),
        _ => Err(QuestionError::WhichNetwork {
            end: question.from.clone(),
            networks: desired.networks.keys().filter(|id| has(from, id)).cloned().collect(),
        }),
    }
}

fn apart(desired: &Desired, one: &str, other: &str) -> Text {
    let vpc = |id: &str| desired.networks.get(id).map(|network| &network.vpc);
    if vpc(one) == vpc(other) {
        Text::of(
            "网络 `{0}` 与 `{1}` 之间没有路由",
            "there is no route between networks `{0}` and `{1}`",
            &[&one, &other],
        )
    } else {
        Text::of(
            "网络 `{0}` 与 `{1}` 属于不同的 VPC，彼此隔离",
            "networks `{0}` and `{1}` are of different VPCs, which are isolated",
            &[&one, &other],
        )
    }
}

fn explained(judge: &Judge<'_>, packet: &Packet<'_>) -> Explained {
    let judgement = judge.judge(packet);
    let (path, arrives) = path(judge, packet, &judgement);
    let (out, inward) = ends(&judgement);
    Explained {
        network: packet.network.to_owned(),
        source: packet.source,
        destination: packet.destination,
        carries: carries(packet),
        passes: judgement.passes() && arrives,
        out,
        inward,
        path,
        mtu: mtu(judge.desired(), packet.network),
        acl: Vec::new(),
        router: None,
    }
}

fn carries(packet: &Packet<'_>) -> String {
    let protocol = protocol::name(packet.protocol);
    match (packet.ports, packet.icmp) {
        (Some((_, port)), _) => format!("{protocol} {port}"),
        (None, Some((kind, code))) => format!("{protocol} {kind}/{code}"),
        (None, None) => protocol,
    }
}

fn ends(judgement: &Judgement<'_>) -> (Decision, Decision) {
    let decision = |end| match judgement.barred {
        Some(bar) => Decision { why: barred(bar), ..Decision::of("dropped") },
        None => decision(end),
    };
    (decision(judgement.out), decision(judgement.inward))
}

/// Decides a packet in a network of which a router may be at one end: then only the other end
/// is judged there, and where that is a port of another node, nothing.
fn decided(judge: &Judge<'_>, packet: &Packet<'_>) -> (Decision, Decision) {
    let judgement = judge.judge(packet);
    if judgement.barred == Some(Bar::NotHere) {
        return (decision(End::Elsewhere), decision(End::Elsewhere));
    }
    ends(&judgement)
}

impl Decision {
    fn of(verdict: &'static str) -> Self {
        Self { verdict, port: None, group: None, rule: None, why: Text::default() }
    }
}

/// Returns which way a packet goes, and whether there is one.
fn path(judge: &Judge<'_>, packet: &Packet<'_>, judgement: &Judgement<'_>) -> (Text, bool) {
    let desired = judge.desired();
    let vtep = |address: IpAddr| {
        let has = |remote: &&crate::desired::Remote| {
            remote.network == packet.network && remote.addresses.contains(&address)
        };
        desired.remotes.values().find(has).and_then(|remote| remote.vtep)
    };
    let evpn = desired.node.evpn.is_some();
    let vni = desired.networks.get(packet.network).map_or(0, |network| network.vni);
    let here = |end: End<'_>, address| {
        end != End::Elsewhere || judge.port_at(packet.network, address).is_some()
    };
    let from_here = packet.by.is_some() || here(judgement.out, packet.source);
    let to_here = here(judgement.inward, packet.destination);
    let (source, destination) = (vtep(packet.source), vtep(packet.destination));
    let text = match (from_here, to_here, source, destination) {
        (true, true, ..) => Text::of("本节点网桥内", "on the bridge of this node", &[]),
        (true, false, _, Some(to)) => Text::of(
            "经 VXLAN（VNI {0}）到 VTEP {1}",
            "by VXLAN (VNI {0}) to VTEP {1}",
            &[&vni, &to],
        ),
        (false, true, Some(from), _) => Text::of(
            "由 VTEP {1} 经 VXLAN（VNI {0}）到达",
            "by VXLAN (VNI {0}) from VTEP {1}",
            &[&vni, &from],
        ),
        (true, false, _, None) if evpn => Text::of(
            "经 VXLAN（VNI {0}）到 EVPN 所指的 VTEP",
            "by VXLAN (VNI {0}) to the VTEP that EVPN names",
            &[&vni],
        ),
        (false, true, None, _) if evpn => Text::of(
            "由 EVPN 所指的 VTEP 经 VXLAN（VNI {0}）到达",
            "by VXLAN (VNI {0}) from the VTEP that EVPN names",
            &[&vni],
        ),
        (true, false, _, None) => Text::of(
            "无处可去：本网络没有端口拥有 {0}",
            "nowhere: no port of this network has {0}",
            &[&packet.destination],
        ),
        (false, true, None, _) => Text::of(
            "来处不明：本网络没有端口拥有 {0}",
            "from nowhere: no port of this network has {0}",
            &[&packet.source],
        ),
        (false, false, ..) => Text::of("不经过本节点", "not by way of this node", &[]),
    };
    (text, to_here || (from_here && (evpn || destination.is_some())))
}

fn mtu(desired: &Desired, network: &str) -> Option<u32> {
    let overhead = if desired.node.vtep.is_ipv4() { 50 } else { 70 };
    let own = desired.networks.get(network).and_then(|network| network.mtu);
    own.or_else(|| desired.node.mtu.map(|mtu| mtu.saturating_sub(overhead)))
}

fn notes(desired: &Desired, answer: &Answer, from: &Side<'_>, to: &Side<'_>) -> Vec<Text> {
    let mut notes = Vec::new();
    if answer.passes {
        notes.push(Text::of(
            "应答及相关的 ICMP 差错报文随连接放行，无需规则",
            "answers, and ICMP errors about it, pass with the connection and need no rule",
            &[],
        ));
    }
    for packet in &answer.packets {
        let out =
            packet.router.as_ref().filter(|it| it.verdict == "passes" && it.network.is_none());
        let mut networks = desired.networks.values();
        let other = out.and_then(|out| {
            networks.find(|it| it.vpc != out.vpc && way::has(it, packet.destination))
        });
        if let Some(other) = other {
            notes.push(Text::of(
                "{0} 也在 VPC `{1}` 的子网内，但两个 VPC 没有对等连接：到不了那里，而是像其他地址一样去往上行网络；\
                 不让它出去，用 ACL 规则",
                "{0} is of a subnet of VPC `{1}` too, to which there is no peering: nothing gets \
                 there, it goes out as to any other address; an ACL keeps it in",
                &[&packet.destination, &other.vpc],
            ));
        }
    }
    for id in [from.port, to.port].into_iter().flatten() {
        if desired.ports.get(id).is_some_and(|port| port.kind == PortKind::Physical) {
            notes.push(Text::of(
                "端口 `{0}` 是裸金属：租户掌控其系统，安全组须在交换机或智能网卡上执行，此处不作保证",
                "port `{0}` is bare metal: its tenant owns the system, and groups hold only on \
                 the switch or a SmartNIC; nothing is promised here",
                &[&id],
            ));
        }
    }
    notes
}
