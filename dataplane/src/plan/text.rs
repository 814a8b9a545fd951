//! A plan in words, Chinese and English, and as JSON.

use serde_json::{Value, json};

use super::{Conflict, Held, LinkChange, Plan, Planned, RoomChange, Step};
use crate::nft::{Batch, Change, Family};
use crate::text::Text;
use crate::wanted::room::FurnitureKind;
use crate::wanted::{BridgePort, ForwardingOf, Link, LinkKind};

/// Returns a plan as lines: what is in the way, what waits, then the steps in their order, each
/// with what it does and how it is undone.
pub fn lines(plan: &Plan) -> Vec<Text> {
    let mut lines: Vec<Text> = plan.conflicts.iter().map(conflict).collect();
    lines.extend(plan.held.map(held));
    for wait in &plan.waits {
        let external = wait.port.contains(' ');
        let who = cause(&if external { wait.port.clone() } else { format!("port {}", wait.port) });
        let device = &wait.device;
        lines.push(Text {
            zh: format!("{}：设备 {device} 尚未出现，出现后再接入", who.zh),
            en: format!("{}: waits for device `{device}`, which is not there yet", who.en),
        });
    }
    for (at, planned) in plan.steps.iter().enumerate() {
        step_lines(&mut lines, at + 1, planned);
    }
    lines
}

/// Returns why someone has to agree first.
pub fn held(held: Held) -> Text {
    Text::of(
        "将一次删除 {1} 个端口中的 {0} 个（超过 20%），需要确认后才执行",
        "{0} of {1} ports would be taken away at once, more than 20 %: that has to be confirmed",
        &[&held.ports, &held.of],
    )
}

/// Returns a conflict as a sentence.
pub fn conflict(conflict: &Conflict) -> Text {
    let Conflict { cause, reason_zh, reason } = conflict;
    let cause = self::cause(cause);
    Text {
        zh: format!("冲突（{}）：{reason_zh}", cause.zh),
        en: format!("conflict ({}): {reason}", cause.en),
    }
}

/// Returns whose sake a step is done for.
pub fn cause(cause: &str) -> Text {
    let (kind, name) = cause.split_once(' ').unwrap_or((cause, ""));
    let zh = match kind {
        "network" => "网络",
        "port" => "端口",
        "rules" => "规则",
        "device" => "设备",
        "router" => "路由器",
        "external" => "外部网络",
        other => other,
    };
    let zh = if name.is_empty() { zh.to_owned() } else { format!("{zh} {name}") };
    Text { zh, en: cause.to_owned() }
}

fn step_lines(lines: &mut Vec<Text>, number: usize, planned: &Planned) {
    let (cause, what) = (cause(&planned.cause), step(&planned.step));
    lines.push(Text {
        zh: format!("{number}. [{}] {}", cause.zh, what.zh),
        en: format!("{number}. [{}] {}", cause.en, what.en),
    });
    if let Some(batch) = planned.step.rules() {
        for what in changes(batch) {
            lines.push(Text { zh: format!("     {}", what.zh), en: format!("     {}", what.en) });
        }
    }
    for undo in &*planned.undo() {
        let what = step(undo);
        lines.push(Text {
            zh: format!("   撤销：{}", what.zh),
            en: format!("   undo: {}", what.en),
        });
    }
    if let Some(lost) = &planned.lost {
        lines.push(Text {
            zh: format!("   不可撤销：{}", lost.zh),
            en: format!("   no undo: {}", lost.en),
        });
    }
}

/// Returns what a step does.
pub fn step(step: &Step) -> Text {
    match step {
        Step::AddLink { name, link } => add_link(name.as_str(), link),
        Step::ChangeLink { name, change } => change_link(name.as_str(), change),
        Step::DeleteLink { name } => Text::of("删除设备 {0}", "delete device `{0}`", &[name]),
        Step::SetForwarding { key, to: Some(to) } => Text::of(
            "转发表 {1}：{0} 去往 VTEP {2}",
            "forward {0} by `{1}` to VTEP {2}",
            &[&key.mac, &key.device, to],
        ),
        Step::SetForwarding { key, to: None } => Text::of(
            "网桥转发表：{0} 从 {1} 出",
            "forward {0} to bridge port `{1}`",
            &[&key.mac, &key.device],
        ),
        Step::DeleteForwarding { key, .. } => {
            let (zh, en) = match key.of {
                ForwardingOf::Device => ("转发表 {1}：删除 {0}", "forget {0} at `{1}`"),
                ForwardingOf::Bridge => {
                    ("网桥转发表：删除 {0}（{1}）", "forget {0} at bridge port `{1}`")
                }
            };
            Text::of(zh, en, &[&key.mac, &key.device])
        }
        Step::SetNeighbour { key, mac } => Text::of(
            "邻居 {1}：{0} 的 MAC 为 {2}",
            "neighbour {0} at `{1}` has MAC {2}",
            &[&key.address, &key.device, mac],
        ),
        Step::DeleteNeighbour { key } => Text::of(
            "邻居 {1}：删除 {0}",
            "forget neighbour {0} at `{1}`",
            &[&key.address, &key.device],
        ),
        Step::AddRoom { vpc } => Text::of(
            "为 VPC {0} 的路由器新建网络命名空间",
            "make the network namespace of the router of VPC `{0}`",
            &[vpc],
        ),
        Step::DeleteRoom { vpc } => Text::of(
            "删除 VPC {0} 的路由器的网络命名空间",
            "delete the network namespace of the router of VPC `{0}`",
            &[vpc],
        ),
        Step::Room { vpc, change } => {
            let what = room_change(change);
            Text {
                zh: format!("路由器 {vpc}：{}", what.zh),
                en: format!("in the router of `{vpc}`: {}", what.en),
            }
        }
        Step::Rules(batch) => {
            let elements = |change: &Change| match change {
                Change::AddElements { elements, .. } | Change::DeleteElements { elements, .. } => {
                    elements.len()
                }
                _ => 0,
            };
            let elements: usize = batch.changes.iter().map(elements).sum();
            Text::of(
                "一次原子更新 nftables 规则：{0} 处变更，{1} 个元素",
                "change rules of nftables in one batch: {0} changes, {1} elements",
                &[&batch.changes.len(), &elements],
            )
        }
    }
}

fn room_change(change: &RoomChange) -> Text {
    match change {
        RoomChange::AddUplink { name, device } => {
            let parent = match &device.kind {
                FurnitureKind::Uplink { parent, .. } => parent.as_str(),
                FurnitureKind::Gateway { .. } | FurnitureKind::Peer { .. } => "?",
            };
            Text::of(
                "在 {1} 上新建 macvlan 设备 {0}，MAC {2}，MTU {3}",
                "make macvlan device `{0}` on `{1}`, MAC {2}, MTU {3}",
                &[name, &parent, &device.mac, &device.mtu],
            )
        }
        RoomChange::AddPair { name, vpc, mtu } => Text::of(
            "新建 veth {0} 通往 VPC {1} 的路由器，MTU {2}",
            "make veth `{0}` to the router of VPC `{1}`, MTU {2}",
            &[name, vpc, mtu],
        ),
        RoomChange::DeleteDevice { name } => {
            Text::of("删除设备 {0}", "delete device `{0}`", &[name])
        }
        RoomChange::Up { name, up } => change_link(name.as_str(), &LinkChange::Up(*up)),
        RoomChange::Mtu { name, mtu } => change_link(name.as_str(), &LinkChange::Mtu(*mtu)),
        RoomChange::AddAddress { name, address } => {
            Text::of("{0} 增加地址 {1}", "give `{0}` address {1}", &[name, address])
        }
        RoomChange::DeleteAddress { name, address } => {
            Text::of("{0} 删除地址 {1}", "take address {1} from `{0}`", &[name, address])
        }
        RoomChange::SetRoute { to, hop } => match hop.via {
            Some(via) => Text::of(
                "路由：{0} 经 {1}（{2}）",
                "route {0} by way of {1} at `{2}`",
                &[to, &via, &hop.device],
            ),
            None => Text::of("路由：{0} 从 {1} 出", "route {0} to `{1}`", &[to, &hop.device]),
        },
        RoomChange::DeleteRoute { to, .. } => {
            Text::of("删除路由 {0}", "delete the route to {0}", &[to])
        }
        RoomChange::Settings => Text::of(
            "启用转发，关闭重定向、路由器通告和反向路径检查",
            "have it forward packets; no redirects, router advertisements or reverse path filter",
            &[],
        ),
        RoomChange::Name => {
            Text::of("恢复其网络命名空间的名称", "give its network namespace its name again", &[])
        }
        RoomChange::Rules(batch) => step(&Step::Rules(batch.clone())),
    }
}

fn add_link(name: &str, link: &Link) -> Text {
    match &link.kind {
        LinkKind::Bridge { .. } => {
            Text::of("新建网桥 {0}，MTU {1}", "make bridge `{0}`, MTU {1}", &[&name, &link.mtu])
        }
        LinkKind::Vxlan { vni, local, port, .. } => Text::of(
            "新建 VXLAN 设备 {0}：VNI {1}，本端 {2}，UDP 端口 {3}，MTU {4}",
            "make VXLAN device `{0}`: VNI {1}, from {2}, UDP port {3}, MTU {4}",
            &[&name, vni, local, port, &link.mtu],
        ),
        LinkKind::Veth { peer, peer_mac, .. } => Text::of(
            "新建 veth {0}，对端 {1}（MAC {2}），MTU {3}",
            "make veth `{0}` with other end `{1}` (MAC {2}), MTU {3}",
            &[&name, peer, peer_mac, &link.mtu],
        ),
        LinkKind::Gateway { end, vpc, .. } => Text::of(
            "新建 veth {0}，对端 {1} 在 VPC {2} 的路由器中，MTU {3}",
            "make veth `{0}` with other end `{1}` in the router of VPC `{2}`, MTU {3}",
            &[&name, end, vpc, &link.mtu],
        ),
        LinkKind::Existing { .. } => Text::of("设备 {0}", "device `{0}`", &[&name]),
    }
}

fn change_link(name: &str, change: &LinkChange) -> Text {
    match change {
        LinkChange::Up(true) => Text::of("启用 {0}", "set `{0}` up", &[&name]),
        LinkChange::Up(false) => Text::of("停用 {0}", "set `{0}` down", &[&name]),
        LinkChange::Mtu(mtu) => {
            Text::of("{0} 的 MTU 改为 {1}", "set the MTU of `{0}` to {1}", &[&name, mtu])
        }
        LinkChange::Master(Some(bridge)) => {
            Text::of("{0} 接入网桥 {1}", "make `{0}` a port of bridge `{1}`", &[&name, bridge])
        }
        LinkChange::Master(None) => {
            Text::of("{0} 退出网桥", "take `{0}` out of its bridge", &[&name])
        }
        LinkChange::Port(port) => Text::of(
            "端口 {0} 的网桥属性：{1}",
            "set `{0}` as a bridge port: {1}",
            &[&name, &flags(*port)],
        ),
        LinkChange::BridgeSettings { arp: true } => Text::of(
            "网桥 {0} 的设置改回：经过防火墙规则，关闭 STP、组播侦听；开启 ARP；设定 MAC",
            "repair bridge `{0}`: frames pass the rules; no STP, no multicast snooping; ARP, own MAC",
            &[&name],
        ),
        LinkChange::BridgeSettings { arp: false } => Text::of(
            "网桥 {0} 的设置改回：经过防火墙规则，关闭 STP、组播侦听、ARP；设定 MAC",
            "repair bridge `{0}`: frames pass the rules; no STP, no multicast snooping, no ARP; own MAC",
            &[&name],
        ),
        LinkChange::Alias(Some(alias)) => {
            Text::of("{0} 的别名设为 {1}", "set the alias of `{0}` to {1}", &[&name, alias])
        }
        LinkChange::Alias(None) => {
            Text::of("清除 {0} 的别名", "clear the alias of `{0}`", &[&name])
        }
    }
}

/// The words of bridge(8), which operators know in any language.
fn flags(port: BridgePort) -> String {
    let flags = [
        ("learning", port.learning),
        ("flood", port.flood),
        ("mcast_flood", port.multicast_flood),
        ("bcast_flood", port.broadcast_flood),
        ("neigh_suppress", port.neighbour_suppression),
    ];
    flags.map(|(name, on)| format!("{name} {}", if on { "on" } else { "off" })).join(" ")
}

/// Returns what a batch changes, one line each.
pub fn changes(batch: &Batch) -> Vec<Text> {
    let family = |family: &Family| match family {
        Family::Inet => "inet",
        Family::Netdev => "netdev",
    };
    let mut lines = Vec::new();
    for change in &batch.changes {
        let of = family(&change.family());
        lines.push(match change {
            Change::AddTable(_) => Text::of("+ 表 {0} assay", "+ table {0} assay", &[&of]),
            Change::DeleteTable(_) => Text::of(
                "- 表 {0} assay（连同其中全部内容）",
                "- table {0} assay with all that is in it",
                &[&of],
            ),
            Change::AddChain { name, .. } => {
                Text::of("+ 链 {0} {1}", "+ chain {0} {1}", &[&of, name])
            }
            Change::DeleteChain { name, .. } => {
                Text::of("- 链 {0} {1}", "- chain {0} {1}", &[&of, name])
            }
            Change::SetRules { name, rules, .. } => Text::of(
                "= 链 {0} {1}：{2} 条规则",
                "= chain {0} {1}: {2} rules",
                &[&of, name, &rules.len()],
            ),
            Change::AddSet { name, .. } => {
                Text::of("+ 集合 {0} {1}", "+ set {0} {1}", &[&of, name])
            }
            Change::DeleteSet { name, .. } => {
                Text::of("- 集合 {0} {1}", "- set {0} {1}", &[&of, name])
            }
            Change::AddElements { set, elements, .. } => Text::of(
                "+ 集合 {0} {1} 的 {2} 个元素",
                "+ {2} elements of set {0} {1}",
                &[&of, set, &elements.len()],
            ),
            Change::DeleteElements { set, elements, .. } => Text::of(
                "- 集合 {0} {1} 的 {2} 个元素",
                "- {2} elements of set {0} {1}",
                &[&of, set, &elements.len()],
            ),
        });
    }
    lines
}

/// Returns a plan as JSON: `steps` with `for`, `do`, `undo` and `lost`, `conflicts`, `waits`,
/// and `held` with the numbers of ports; texts in both languages.
pub fn value(plan: &Plan) -> Value {
    let steps = plan.steps.iter().map(|planned| {
        let undo: Vec<Value> = planned.undo().iter().map(|undo| text(&step(undo))).collect();
        let rules = planned.step.rules().map(changes);
        let lines: Vec<Value> = rules.iter().flatten().map(text).collect();
        json!({
            "for": &*planned.cause,
            "do": text(&step(&planned.step)),
            "changes": lines,
            "undo": undo,
            "lost": planned.lost.as_deref().map(text),
        })
    });
    let conflicts = plan.conflicts.iter().map(|conflict| {
        let reason = json!({ "zh": &conflict.reason_zh, "en": &conflict.reason });
        json!({ "for": &conflict.cause, "reason": reason })
    });
    let waits =
        plan.waits.iter().map(|wait| json!({ "port": &wait.port, "device": wait.device.as_str() }));
    json!({
        "steps": steps.collect::<Vec<_>>(),
        "conflicts": conflicts.collect::<Vec<_>>(),
        "waits": waits.collect::<Vec<_>>(),
        "held": plan.held.map(|held| json!({ "ports": held.ports, "of": held.of })),
    })
}

fn text(text: &Text) -> Value {
    json!({ "zh": &text.zh, "en": &text.en })
}
