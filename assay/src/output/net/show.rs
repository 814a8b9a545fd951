//! Networks and ports as they are in the kernel, beside what is wanted of them.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use dataplane::{
    address::Device,
    desired::{Desired, PortKind, loops::Action},
    kernel::links::counters::Counters,
    naming,
    seen::{Link, Seen},
    text::Text,
};
use serde_json::{Map, Value, json};

use super::{say, text_value};
use crate::{
    failure::one_line,
    output::{
        Layout, Tone, put, put_paragraph,
        table::{Cell, Table},
        unit,
    },
};

/// What is shown of.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What the kernel has.
    pub seen: &'a Seen,
    /// What is wanted, where that is known.
    pub desired: Option<&'a Desired>,
    /// What has gone through devices.
    pub counters: &'a BTreeMap<Device, Counters>,
}

/// A network.
#[derive(Debug)]
pub struct Network<'a> {
    id: &'a str,
    vpc: Option<&'a str>,
    bridge: Device,
    vxlan: Device,
    ports: Vec<Port<'a>>,
}

/// A port.
#[derive(Debug)]
pub struct Port<'a> {
    /// Nothing where only the kernel knows it, and not by name.
    id: Option<&'a str>,
    device: &'a Device,
    wanted: Option<&'a dataplane::desired::Port>,
}

/// How a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    /// Its bridge passes nothing to it or from it.
    Blocked,
    Down,
    /// It is there, and no port of its network's bridge.
    Apart,
    Absent,
    /// The kernel has it, and nobody wants it.
    Stale,
}

impl State {
    fn word(self, layout: Layout) -> &'static str {
        match self {
            Self::Up => layout.say("已启用", "up"),
            Self::Blocked => layout.say("已阻断", "blocked"),
            Self::Down => layout.say("未启用", "down"),
            Self::Apart => layout.say("未接入网桥", "not in its bridge"),
            Self::Absent => layout.say("不存在", "absent"),
            Self::Stale => layout.say("多余", "not wanted"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Blocked => "blocked",
            Self::Down => "down",
            Self::Apart => "apart",
            Self::Absent => "absent",
            Self::Stale => "not-wanted",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Up => Tone::Good,
            Self::Down | Self::Absent => Tone::Open,
            Self::Blocked | Self::Apart | Self::Stale => Tone::Bad,
        }
    }
}

impl<'a> Subject<'a> {
    /// Returns the networks that the kernel has, or that this node wants.
    pub fn networks(&self) -> Vec<Network<'a>> {
        let mut ids = BTreeSet::new();
        ids.extend(self.seen.links.values().filter_map(Link::network));
        ids.extend(self.desired.map(naming::placed).unwrap_or_default());
        ids.into_iter().map(|id| self.network(id)).collect()
    }

    fn network(&self, id: &'a str) -> Network<'a> {
        let (bridge, vxlan) = (naming::bridge(id), naming::vxlan(id));
        let wanted = self.desired.into_iter().flat_map(|desired| &desired.ports);
        let mut ports: Vec<Port<'a>> = wanted
            .filter(|(_, port)| port.network == id)
            .map(|(id, port)| Port { id: Some(id), device: &port.device, wanted: Some(port) })
            .collect();
        let mut known = BTreeSet::new();
        known.extend(ports.iter().map(|port| port.device));
        let others = self.seen.links.iter().filter(|(name, link)| {
            link.master.as_ref() == Some(&bridge) && **name != vxlan && !known.contains(name)
        });
        ports.extend(others.map(|(device, link)| Port { id: link.port(), device, wanted: None }));
        let network = self.desired.and_then(|desired| desired.networks.get(id));
        Network { id, vpc: network.map(|network| network.vpc.as_str()), bridge, vxlan, ports }
    }

    fn link(&self, device: &Device) -> Option<&'a Link> {
        self.seen.links.get(device)
    }

    fn state(&self, network: &Network<'_>, port: &Port<'_>) -> State {
        match self.link(port.device) {
            None => State::Absent,
            Some(_) if port.wanted.is_none() && self.desired.is_some() => State::Stale,
            Some(link) if link.master.as_ref() != Some(&network.bridge) => State::Apart,
            Some(link) if !link.up => State::Down,
            Some(_) if self.counters.get(port.device).is_some_and(|it| it.disabled) => {
                State::Blocked
            }
            Some(_) => State::Up,
        }
    }

    /// Returns why nothing gets to a port that is wanted, or from it; nothing where it is open.
    fn closed(&self, network: &Network<'_>, port: &Port<'_>) -> Option<Text> {
        let breaks = |desired: &Desired| {
            desired.node.loops.as_ref().is_some_and(|it| it.action == Action::Block)
        };
        let (zh, en) = match self.state(network, port) {
            State::Up | State::Stale => return None,
            State::Blocked if self.desired.is_none_or(breaks) => (
                "{0} 因外侧成环被阻断；`assay net unblock` 说明原因，并可重新开通",
                "{0} is closed for a loop outside: `assay net unblock` says for which, and opens it",
            ),
            State::Blocked => (
                "{0} 的网桥端口被停用，并非因为环路检测",
                "{0} is disabled in its bridge, and not by loop detection",
            ),
            State::Down => (
                "{0} 未启用：`assay net apply` 或守护进程在规则就绪后启用",
                "{0} is down: `assay net apply` or the daemon takes it up once its rules are there",
            ),
            State::Apart => (
                "{0} 不是网桥 {1} 的端口：`assay net plan` 列出还要做什么",
                "{0} is no port of bridge {1}: `assay net plan` says what is to be done",
            ),
            State::Absent => (
                "设备 {0} 尚不存在：出现后先就绪规则，再开通",
                "there is no device {0} yet: it is opened when it comes, behind its rules",
            ),
        };
        Some(Text::of(zh, en, &[port.device, &network.bridge]))
    }

    fn remotes(&self, network: &str) -> Option<usize> {
        let remotes = &self.desired?.remotes;
        Some(remotes.values().filter(|remote| remote.network == network).count())
    }
}

impl Network<'_> {
    /// Keeps what was asked for; says whether anything is left.
    pub fn keep(&mut self, vpcs: &[String], ports: &[String]) -> bool {
        let named = |names: &[String], name: Option<&str>| {
            names.is_empty() || name.is_some_and(|name| names.iter().any(|asked| asked == name))
        };
        if !named(vpcs, self.vpc) {
            return false;
        }
        self.ports.retain(|port| named(ports, port.id));
        ports.is_empty() || !self.ports.is_empty()
    }

    /// Returns the VPC, where it is known.
    pub fn vpc(&self) -> Option<&str> {
        self.vpc
    }

    /// Returns the ids of its ports.
    pub fn port_ids(&self) -> impl Iterator<Item = &str> {
        self.ports.iter().filter_map(|port| port.id)
    }
}

/// Returns networks with their ports; of single ports, every rule too.
pub fn page(
    subject: &Subject<'_>,
    networks: &[Network<'_>],
    single: bool,
    layout: Layout,
) -> String {
    let mut page = String::new();
    let mut vpc = None;
    for network in networks {
        if network.vpc.is_some() && network.vpc != vpc {
            vpc = network.vpc;
            let line = format!("VPC {}", vpc.unwrap_or_default());
            put(&mut page, format_args!("{}\n", layout.paint.dye(Tone::Strong, &line)));
        }
        put_paragraph(&mut page, "  ", &heading(subject, network, layout), layout);
        if single {
            for port in &network.ports {
                put_port(&mut page, subject, network, port, layout);
            }
        } else if !network.ports.is_empty() {
            put_ports(&mut page, subject, network, layout);
        }
    }
    if networks.is_empty() {
        page.push_str(layout.say("没有租户网络\n", "no tenant networks\n"));
    }
    page
}

fn heading(subject: &Subject<'_>, network: &Network<'_>, layout: Layout) -> String {
    let mut line = say(&Text::of("网络 {0}", "network {0}", &[&network.id]), layout);
    let vxlan = subject.link(&network.vxlan).and_then(|link| Some((link, link.vxlan?)));
    let said = match (subject.link(&network.bridge), vxlan) {
        (Some(bridge), Some((_, vxlan))) => {
            let local = vxlan.local.map_or_else(|| "-".to_owned(), |local| local.to_string());
            Text::of(
                "：VNI {0}，网桥 {1}，VXLAN {2}（{3}，UDP {4}），MTU {5}",
                ": VNI {0}, bridge {1}, VXLAN {2} ({3}, UDP {4}), MTU {5}",
                &[&vxlan.vni, &network.bridge, &network.vxlan, &local, &vxlan.port, &bridge.mtu],
            )
        }
        _ => Text::of("：尚未建立", ": not there yet", &[]),
    };
    line.push_str(&say(&said, layout));
    if let Some(remotes) = subject.remotes(network.id) {
        let said = Text::of("，其他节点端口 {0}", ", ports elsewhere {0}", &[&remotes]);
        line.push_str(&say(&said, layout));
    }
    line
}

fn put_ports(page: &mut String, subject: &Subject<'_>, network: &Network<'_>, layout: Layout) {
    let mut table = Table::new([
        layout.say("端口", "port"),
        layout.say("设备", "device"),
        layout.say("种类", "kind"),
        layout.say("状态", "state"),
        layout.say("地址", "addresses"),
        layout.say("安全组", "groups"),
        layout.say("来自租户", "from guest"),
        layout.say("去往租户", "to guest"),
    ]);
    for port in &network.ports {
        let state = subject.state(network, port);
        let counters = subject.counters.get(port.device);
        let moved = |packets: u64, bytes: u64| {
            format!("{} / {}", unit::grouped(packets), unit::storage(bytes))
        };
        let cell = |text: Option<String>| Cell::from(text.unwrap_or_else(|| "-".to_owned()));
        table.rows.push(vec![
            one_line(port.id.unwrap_or("-")).into(),
            port.device.to_string().into(),
            kind(subject, port).into(),
            Cell::toned(state.word(layout), state.tone()),
            cell(port.wanted.map(|wanted| list(&wanted.addresses))),
            cell(port.wanted.map(|wanted| list(&wanted.groups))),
            cell(counters.map(|it| moved(it.received.packets, it.received.bytes))),
            cell(counters.map(|it| moved(it.sent.packets, it.sent.bytes))),
        ]);
    }
    let columns = layout.columns.map(|columns| columns.saturating_sub(4));
    for line in table.render(layout.paint, columns).lines() {
        put(page, format_args!("    {line}\n"));
    }
    for port in &network.ports {
        put_closed(page, "    ", subject, network, port, layout);
    }
}

fn put_closed(
    page: &mut String,
    lead: &str,
    subject: &Subject<'_>,
    network: &Network<'_>,
    port: &Port<'_>,
    layout: Layout,
) {
    if let Some(why) = subject.closed(network, port) {
        let said = Text::of("未开通：{0}", "closed: {0}", &[&say(&why, layout)]);
        put_paragraph(page, lead, &say(&said, layout), layout);
    }
}

fn list<T: ToString>(items: &BTreeSet<T>) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    if items.is_empty() { "-".to_owned() } else { items.join(", ") }
}

fn kind(subject: &Subject<'_>, port: &Port<'_>) -> String {
    let wanted = port.wanted.map(|wanted| match wanted.kind {
        PortKind::Veth { .. } => "veth",
        PortKind::Tap => "tap",
        PortKind::Physical => "physical",
        PortKind::Vf => "vf",
    });
    let seen = || subject.link(port.device).and_then(|link| link.kind.as_deref());
    wanted.or_else(seen).unwrap_or("-").to_owned()
}

fn put_port(
    page: &mut String,
    subject: &Subject<'_>,
    network: &Network<'_>,
    port: &Port<'_>,
    layout: Layout,
) {
    let state = subject.state(network, port);
    let title = say(&Text::of("端口 {0}", "port {0}", &[&port.id.unwrap_or("-")]), layout);
    let word = layout.paint.dye(state.tone(), state.word(layout));
    let (device, kind) = (port.device, kind(subject, port));
    put(
        page,
        format_args!("    {}  {device} ({kind}): {word}\n", layout.paint.dye(Tone::Strong, &title)),
    );
    let lead = "      ";
    put_closed(page, lead, subject, network, port, layout);
    if let Some(wanted) = port.wanted {
        let said = Text::of(
            "MAC {0}，地址 {1}，安全组 {2}",
            "MAC {0}, addresses {1}, groups {2}",
            &[&wanted.mac, &list(&wanted.addresses), &list(&wanted.groups)],
        );
        put_paragraph(page, lead, &say(&said, layout), layout);
        if !wanted.allowed.is_empty() {
            let pairs = wanted.allowed.iter().map(|pair| match pair.mac {
                Some(mac) => format!("{} ({mac})", pair.range),
                None => pair.range.to_string(),
            });
            let pairs = pairs.collect::<Vec<_>>().join(", ");
            let said = Text::of("另可使用 {0}", "may use besides {0}", &[&pairs]);
            put_paragraph(page, lead, &say(&said, layout), layout);
        }
    }
    if let Some(counters) = subject.counters.get(port.device) {
        let moved = [counters.received, counters.sent].map(|it| {
            let (packets, bytes) = (unit::grouped(it.packets), unit::storage(it.bytes));
            (packets, bytes, unit::grouped(it.dropped))
        });
        let [(rp, rb, rd), (sp, sb, sd)] = &moved;
        let said = Text::of(
            "来自租户 {0} 个报文 {1}，丢弃 {2}；去往租户 {3} 个报文 {4}，丢弃 {5}",
            "from guest {0} packets, {1}, dropped {2}; to guest {3} packets, {4}, dropped {5}",
            &[rp, rb, rd, sp, sb, sd],
        );
        put_paragraph(page, lead, &say(&said, layout), layout);
    }
    if let (Some(desired), Some(wanted)) = (subject.desired, port.wanted) {
        if let Some(said) = rules::bare_metal(wanted) {
            put_paragraph(page, lead, &say(&said, layout), layout);
        }
        for (title, lines) in rules::of(desired, wanted) {
            put(page, format_args!("{lead}{}\n", say(&title, layout)));
            for line in lines {
                put_paragraph(page, "        ", &say(&line.text(), layout), layout);
            }
        }
    }
}

/// Returns the same for programs, to be put into a document.
pub fn fields(subject: &Subject<'_>, networks: &[Network<'_>]) -> Map<String, Value> {
    let networks: Vec<Value> =
        networks.iter().map(|network| network_value(subject, network)).collect();
    let mut all = Map::new();
    all.insert("networks".to_owned(), Value::Array(networks));
    all
}

fn network_value(subject: &Subject<'_>, network: &Network<'_>) -> Value {
    let bridge = subject.link(&network.bridge);
    let vxlan = subject.link(&network.vxlan).and_then(|link| link.vxlan);
    let ports: Vec<Value> =
        network.ports.iter().map(|port| port_value(subject, network, port)).collect();
    json!({
        "id": network.id,
        "vpc": network.vpc,
        "there": bridge.is_some() && vxlan.is_some(),
        "bridge": network.bridge.as_str(),
        "vxlan": network.vxlan.as_str(),
        "vni": vxlan.map(|vxlan| vxlan.vni),
        "local": vxlan.and_then(|vxlan| vxlan.local).map(|local| local.to_string()),
        "udp_port": vxlan.map(|vxlan| vxlan.port),
        "mtu": bridge.map(|link| link.mtu),
        "remotes": subject.remotes(network.id),
        "ports": ports,
    })
}

fn port_value(subject: &Subject<'_>, network: &Network<'_>, port: &Port<'_>) -> Value {
    let strings = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>();
    let counters = subject.counters.get(port.device).map(|counters| {
        let [received, sent] = [counters.received, counters.sent]
            .map(|it| json!({ "packets": it.packets, "bytes": it.bytes, "dropped": it.dropped }));
        json!({ "received": received, "sent": sent })
    });
    let rules = subject.desired.zip(port.wanted).map(|(desired, wanted)| {
        let [inward, out] = rules::of(desired, wanted)
            .map(|(_, lines)| lines.iter().map(rules::Line::value).collect::<Vec<_>>());
        json!({ "in": inward, "out": out })
    });
    json!({
        "id": port.id,
        "device": port.device.as_str(),
        "kind": kind(subject, port),
        "state": subject.state(network, port).name(),
        "closed": subject.closed(network, port).as_ref().map(text_value),
        "mtu": subject.link(port.device).map(|link| link.mtu),
        "mac": port.wanted.map(|wanted| wanted.mac.to_string()),
        "addresses": port.wanted
            .map(|it| strings(&mut it.addresses.iter().map(ToString::to_string))),
        "groups": port.wanted.map(|it| strings(&mut it.groups.iter().cloned())),
        "security": port.wanted.map(|it| it.security),
        "enforced": port.wanted.map(|it| it.security && rules::bare_metal(it).is_none()),
        "counters": counters,
        "rules": rules,
    })
}
