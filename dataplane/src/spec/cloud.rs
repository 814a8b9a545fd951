//! The file that says what is to be tried between guests of a delivered cloud.
//!
//! As of a node's file: all of it is right, or none of it is taken, and whatever is wrong is told
//! at once with its line. `schema/cloud-v1.json` describes it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::SpecErrors;
use super::fault::Faults;
use super::fields::{Fields, address_of, mac_of, text_of, unusable};
use super::node::{Kind as Word, Node};
use super::read::{Entry, entries, schema, unknown};
use crate::accept::cloud::{After, Agent, Change, Cloud, Kind, ROWS, Traffic, Trial, What};

/// The id that the format has today.
pub const SCHEMA: &str = "assay/cloud/v1";

const AGENT: Word = ("代理", "agent");
const CASE: Word = ("测试项", "case");
const ROW: Word = ("条款", "row");
/// Seconds that a change may take to hold, where the file does not say.
const SETTLE_S: u32 = 10;
/// What the smallest and the largest MTU are.
const MTU: (u32, u32) = (576, 9_216);
const KINDS: &str = "allow, deny, isolated, forged, snat, eip, mtu, change";

/// Returns what `text`, which the user knows as `name`, says that is to be tried.
pub fn read(name: &str, text: &str) -> Result<Cloud, SpecErrors> {
    super::whole(name, text, cloud)
}

pub(super) fn cloud<'n>(root: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Cloud> {
    let mut root = Fields::of(root, faults)?;
    schema(&mut root, SCHEMA, faults);
    let name = root.text("cloud", faults);
    if let Some((name, at)) = name
        && (name.is_empty() || name.chars().any(char::is_control))
    {
        faults.add(at, "云平台名称为空", "the cloud has no name", &[]);
    }
    let settle_s = root.number("settle_s", (1, 600), faults).map_or(SETTLE_S, |it| it.0);
    let mut ids = BTreeMap::new();
    let mut agents: Vec<Agent> = Vec::new();
    for Entry { about, mut fields } in entries(&mut root, ("agent", AGENT), &mut ids, faults) {
        faults.about = about;
        let at = fields.text("agent", faults);
        if let Some((address, place)) = at {
            let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            if port.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
                faults.add(place, "`{0}` 不是 主机:端口", "`{0}` is no HOST:PORT", &[&address]);
                faults.hint("写法如：{0}", "such as: {0}", &[&"192.0.2.11:7444"]);
            }
            if agents.iter().any(|agent| agent.at == address) {
                let (zh, en) = ("`{0}` 已是另一代理的", "`{0}` is another agent's already");
                faults.add(place, zh, en, &[&address]);
            }
        }
        let vpc = fields.take("vpc").and_then(|node| text_of(node, faults));
        let addresses = addresses(&mut fields, "addresses", faults);
        if addresses.is_empty() {
            faults.add(fields.at, "没有地址", "it has no addresses", &[]);
        }
        let elastic = fields.take("eip").and_then(|node| address_of(node, faults));
        let groups = texts(&mut fields, "groups", faults);
        fields.finish(faults);
        agents.push(Agent {
            id: about.id.to_owned(),
            at: at.map_or_else(String::new, |at| at.0.to_owned()),
            vpc: vpc.map(str::to_owned),
            addresses,
            elastic,
            groups,
        });
    }
    let mut cases = Vec::new();
    let mut ids = BTreeMap::new();
    for Entry { about, mut fields } in entries(&mut root, ("case", CASE), &mut ids, faults) {
        faults.about = about;
        let case = case(about.id, &mut fields, &agents, faults);
        fields.finish(faults);
        cases.extend(case);
    }
    faults.about = super::fault::About::default();
    root.finish(faults);
    Some(Cloud { name: name?.0.to_owned(), settle_s, agents, cases })
}

fn case<'n>(
    id: &str,
    fields: &mut Fields<'n>,
    agents: &[Agent],
    faults: &mut Faults<'n>,
) -> Option<Trial> {
    let row = fields.text("row", faults).and_then(|(word, at)| {
        let row = ROWS.iter().copied().find(|row| *row == word);
        if row.is_none() {
            unknown(ROW, word, at, &mut ROWS.iter().copied(), faults);
        }
        row
    });
    let kind = fields.text("kind", faults);
    let from = agent(fields, "from", agents, faults);
    let to = agent(fields, "to", agents, faults);
    let probe = fields.needed("probe", faults).and_then(|node| traffic(node, faults));
    let control = fields.take("control").and_then(|node| traffic(node, faults));
    let by_elastic = match fields.take("via").map(|node| (text_of(node, faults), node.at)) {
        Some((Some("eip"), _)) => true,
        Some((Some(other), at)) => {
            faults.add(
                at,
                "`via` 只能为 `eip`，不是 `{0}`",
                "`via` is `eip`, not `{0}`",
                &[&other],
            );
            false
        }
        _ => false,
    };
    let (kind, at) = kind?;
    let what = what(kind, at, fields, agents, faults);
    let (from, to, probe) = (from?, to?, probe?);
    let what = what?;
    if from == to {
        faults.add(at, "`from` 与 `to` 相同", "`from` and `to` are the same", &[]);
    }
    let needs_elastic = by_elastic || matches!(what, What::Elastic(_));
    if needs_elastic && agents.get(to).is_some_and(|agent| agent.elastic.is_none()) {
        let (zh, en) = ("`{0}` 没有弹性 IP（eip）", "`{0}` has no `eip`");
        faults.add(at, zh, en, &[&agents.get(to).map_or("", |agent| agent.id.as_str())]);
        let (zh, en) = ("在该代理处写明 `eip`", "say `eip` at that agent");
        faults.hint(zh, en, &[]);
    }
    if matches!(what, What::Forged { .. } | What::Mtu(_)) && probe.kind != Kind::Udp {
        let (zh, en) = ("`{0}` 的探测须为 udp", "the probe of `{0}` has to be udp");
        faults.add(at, zh, en, &[&kind]);
    }
    if matches!(&what, What::Change(Change { after: After::Deny { held: true }, .. }))
        && probe.kind != Kind::Tcp
    {
        let (zh, en) = ("`held` 的探测须为 tcp", "with `held` the probe has to be tcp");
        faults.add(at, zh, en, &[]);
    }
    if let What::Isolated { twin, twin_from } = what {
        apart(at, [from, to, twin, twin_from], agents, faults);
    }
    let id = id.to_owned();
    Some(Trial { id, row: row?, from, to, probe, by_elastic, control, what })
}

/// Notes what is not two VPCs with one address in both.
fn apart(
    at: usize,
    [from, to, twin, twin_from]: [usize; 4],
    agents: &[Agent],
    faults: &mut Faults<'_>,
) {
    let all = [from, to, twin, twin_from].map(|place| agents.get(place));
    let [Some(from), Some(to), Some(twin), Some(twin_from)] = all else { return };
    if to.vpc == twin.vpc || from.vpc != to.vpc || twin.vpc != twin_from.vpc {
        let (zh, en) = (
            "`from` 与 `to` 须同属一个 VPC，`twin` 与 `twin_from` 同属另一个",
            "`from` and `to` have to be of one VPC, `twin` and `twin_from` of another",
        );
        faults.add(at, zh, en, &[]);
    }
    if !to.addresses.iter().any(|address| twin.addresses.contains(address)) {
        let (zh, en) =
            ("`{0}` 与 `{1}` 没有相同的地址", "`{0}` and `{1}` have no address in common");
        faults.add(at, zh, en, &[&to.id, &twin.id]);
    }
}

fn what<'n>(
    kind: &str,
    at: usize,
    fields: &mut Fields<'n>,
    agents: &[Agent],
    faults: &mut Faults<'n>,
) -> Option<What> {
    match kind {
        "allow" => Some(What::Allow),
        "deny" => Some(What::Deny),
        "isolated" => {
            let twin = agent(fields, "twin", agents, faults);
            let twin_from = agent(fields, "twin_from", agents, faults);
            Some(What::Isolated { twin: twin?, twin_from: twin_from? })
        }
        "forged" => {
            let mac = fields.take("mac").and_then(|node| mac_of(node, faults));
            let source = fields.take("source").and_then(|node| address_of(node, faults));
            if mac.is_none() && source.is_none() {
                let (zh, en) = ("缺少 `mac` 或 `source`", "`mac` or `source` is missing");
                faults.add(at, zh, en, &[]);
            }
            Some(What::Forged { mac, source })
        }
        "snat" => {
            fields.needed("seen_as", faults)?;
            Some(What::Snat(addresses(fields, "seen_as", faults)))
        }
        "eip" => {
            fields.needed("out", faults).and_then(|node| traffic(node, faults)).map(What::Elastic)
        }
        "mtu" => {
            fields.needed("bytes", faults)?;
            let (bytes, _) = fields.number("bytes", MTU, faults)?;
            u16::try_from(bytes).ok().map(What::Mtu)
        }
        "change" => {
            let hook = texts(fields, "hook", faults);
            let undo = texts(fields, "undo", faults);
            let held = fields.flag("held", faults).unwrap_or(false);
            let after = match fields.text("after", faults)? {
                ("allow", _) => After::Allow,
                ("deny", _) => After::Deny { held },
                ("moved", _) => After::Moved(agent(fields, "moved_to", agents, faults)?),
                (other, at) => {
                    let (zh, en) = ("未知的 `after`：`{0}`", "unknown `after`: `{0}`");
                    faults.add(at, zh, en, &[&other]);
                    faults.hint("可用：{0}", "known: {0}", &[&"allow, deny, moved"]);
                    return None;
                }
            };
            let command = |words: Vec<String>| (!words.is_empty()).then_some(words);
            Some(What::Change(Change { hook: command(hook), undo: command(undo), after }))
        }
        other => {
            faults.add(at, "未知的 `kind`：`{0}`", "unknown `kind`: `{0}`", &[&other]);
            faults.hint("可用：{0}", "known: {0}", &[&KINDS]);
            None
        }
    }
}

/// Returns the place of the agent that `key` names.
fn agent<'n>(
    fields: &mut Fields<'n>,
    key: &'static str,
    agents: &[Agent],
    faults: &mut Faults<'n>,
) -> Option<usize> {
    let (word, at) = fields.text(key, faults)?;
    let place = agents.iter().position(|agent| agent.id == word);
    if place.is_none() {
        unknown(AGENT, word, at, &mut agents.iter().map(|agent| agent.id.as_str()), faults);
    }
    place
}

/// Returns what is sent: `udp/53`, `tcp/443`, `fragments/53`, `icmp`.
fn traffic<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Traffic> {
    let text = text_of(node, faults)?;
    let (word, port) = text.split_once('/').map_or((text, None), |(word, port)| (word, Some(port)));
    let port = port.map(|port| port.parse().ok().filter(|port: &u16| *port > 0));
    let kind = match (word, port) {
        ("udp", Some(Some(port))) => Some((Kind::Udp, port)),
        ("tcp", Some(Some(port))) => Some((Kind::Tcp, port)),
        ("fragments", Some(Some(port))) => Some((Kind::Fragments, port)),
        ("icmp", None) => Some((Kind::Echo, 0)),
        _ => None,
    };
    if kind.is_none() {
        faults.add(node.at, "无法理解 `{0}`", "cannot understand `{0}`", &[&text]);
        let known = "udp/53, tcp/443, fragments/53, icmp";
        faults.hint("写法如：{0}", "such as: {0}", &[&known]);
    }
    kind.map(|(kind, port)| Traffic { kind, port })
}

fn addresses<'n>(
    fields: &mut Fields<'n>,
    key: &'static str,
    faults: &mut Faults<'n>,
) -> Vec<IpAddr> {
    let mut all = Vec::new();
    for item in fields.list(key, faults) {
        let Some(address) = address_of(item, faults) else { continue };
        if let Some(kind) = unusable(address) {
            faults.add(item.at, "`{0}` 是{1}", "`{0}` is {2}", &[&address, &kind.0, &kind.1]);
        }
        all.push(address);
    }
    all
}

fn texts<'n>(fields: &mut Fields<'n>, key: &'static str, faults: &mut Faults<'n>) -> Vec<String> {
    let items = fields.list(key, faults);
    items.iter().filter_map(|item| text_of(item, faults)).map(str::to_owned).collect()
}
