//! What is in the way and belongs to others: it is named, and nothing is done.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::order::collides;
use super::rules::is_ours;
use super::{Conflict, Scope};
use crate::address::Device;
use crate::nft::TABLE;
use crate::seen::{self, Seen};
use crate::text::Text;
use crate::wanted::{Link, LinkKind, Wanted};

/// Returns everything that is in the way.
pub(super) fn find(wanted: &Wanted, seen: &Seen, scope: &Scope) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut ends = BTreeSet::new();
    ends.extend(wanted.links.values().filter_map(|link| match &link.kind {
        LinkKind::Vxlan { local, .. } => Some(*local),
        _ => None,
    }));
    for (name, link) in &wanted.links {
        let reasons = match (&link.kind, seen.links.get(name)) {
            (LinkKind::Existing { .. }, Some(there)) => borrowed(seen, name, there, &ends),
            (_, Some(there)) if !there.is_ours() && !began(scope, name, there) => vec![taken(name)],
            (LinkKind::Veth { peer, .. }, None) if seen.links.contains_key(peer) => {
                vec![taken(peer)]
            }
            _ => Vec::new(),
        };
        found.extend(reasons.into_iter().map(|reason| conflict(cause(&link.kind), reason)));
        found.extend(tunnel(seen, name, link, scope));
    }
    let tables = [
        ("inet", &wanted.ruleset.inet, &seen.ruleset.inet),
        ("netdev", &wanted.ruleset.netdev, &seen.ruleset.netdev),
    ];
    for (family, want, have) in tables {
        if want.is_some() && have.as_ref().is_some_and(|table| !is_ours(table)) {
            let reason = Text::of(
                "已有同名的 nftables 表 {0} {1}，不是本程序所建；确认无用后执行 `nft delete table {0} {1}`",
                "a table `{0} {1}` of nftables is there that this program did not make; if nobody needs it: `nft delete table {0} {1}`",
                &[&family, &TABLE],
            );
            found.push(conflict("rules".to_owned(), reason));
        }
    }
    found
}

/// Returns the object of the user's that a device is for.
pub(super) fn cause(kind: &LinkKind) -> String {
    match kind {
        LinkKind::Bridge { network, .. } | LinkKind::Vxlan { network, .. } => {
            format!("network {network}")
        }
        LinkKind::Veth { port, .. } | LinkKind::Existing { port } => format!("port {port}"),
        LinkKind::Gateway { vpc, .. } => format!("router {vpc}"),
    }
}

fn conflict(cause: String, reason: Text) -> Conflict {
    Conflict { cause, reason_zh: reason.zh, reason: reason.en }
}

/// Whether a device without our mark is one that we had begun to make: untouched since.
pub(super) fn began(scope: &Scope, name: &Device, link: &seen::Link) -> bool {
    let untouched = !link.up && link.master.is_none() && link.addresses.is_empty();
    let kind = matches!(link.kind.as_deref(), Some("bridge" | "vxlan" | "veth"));
    scope.began.contains(name) && untouched && link.alias.is_none() && kind
}

fn taken(name: &Device) -> Text {
    Text::of(
        "设备名 {0} 已被占用，且该设备不是本程序所建（别名中没有 assay: 标记）；改名或删除它，或换一个设备名",
        "the name `{0}` is taken by a device that this program did not make (its alias has no `assay:` mark); rename or delete it, or choose another name",
        &[name],
    )
}

/// Why a device of others' cannot be a port.
fn borrowed(seen: &Seen, name: &Device, link: &seen::Link, ends: &BTreeSet<IpAddr>) -> Vec<Text> {
    let mut reasons = Vec::new();
    let master = link.master.as_ref().and_then(|master| Some((master, seen.links.get(master)?)));
    if let Some((master, its)) = master.filter(|(_master, its)| !its.is_ours()) {
        let kind = its.kind.as_deref().unwrap_or("?");
        reasons.push(Text::of(
            "设备 {0} 已属于 {2} 设备 {1}，不能再作端口；先执行 `ip link set {0} nomaster`",
            "device `{0}` belongs to `{1}`, a {2}, and cannot be a port; `ip link set {0} nomaster` frees it",
            &[name, master, &kind],
        ));
    }
    // A link-local IPv6 address comes by itself wherever a device goes up.
    let own = |address: &&ipnet::IpNet| match address.addr() {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    };
    if let Some(end) = link.addresses.iter().find(|address| ends.contains(&address.addr())) {
        reasons.push(Text::of(
            "设备 {0} 上有本节点的 VTEP 地址 {1}，不能作端口",
            "device `{0}` carries this node's VTEP address {1} and cannot be a port",
            &[name, end],
        ));
    } else if let Some(address) = link.addresses.iter().find(own) {
        reasons.push(Text::of(
            "设备 {0} 上有地址 {1}，可能承载管理连接，不能作端口；确认后先删除该地址",
            "device `{0}` carries address {1}, perhaps of the management connection, and cannot be a port; remove the address first",
            &[name, address],
        ));
    }
    if seen.routed_devices.contains(name) {
        reasons.push(Text::of(
            "有路由经过设备 {0}，不能作端口；先删除相关路由",
            "routes go by device `{0}`; it cannot be a port until they are removed",
            &[name],
        ));
    }
    reasons
}

/// What else has the VNI or the UDP port of a VXLAN device.
///
/// Another VNI at our UDP port is in the way too: our rules accept VXLAN only from the tunnel
/// ends of the desired state, and would cut theirs. Another UDP port is another tunnel.
fn tunnel(seen: &Seen, name: &Device, link: &Link, scope: &Scope) -> Vec<Conflict> {
    let LinkKind::Vxlan { port, .. } = &link.kind else { return Vec::new() };
    let mut found = Vec::new();
    for (other, there) in seen.links.iter().filter(|(other, _there)| *other != name) {
        let Some(vxlan) = there.vxlan.filter(|vxlan| vxlan.port == *port) else { continue };
        if !there.is_ours() && !began(scope, other, there) {
            let reason = Text::of(
                "设备 {0}（VNI {1}）不是本程序所建，却占用 VXLAN 的 UDP 端口 {2}；让其中一方改用别的端口（node.port）",
                "device `{0}` (VNI {1}), which this program did not make, has VXLAN's UDP port {2}; one of the two needs another port (`node.port`)",
                &[other, &vxlan.vni, port],
            );
            found.push(conflict(cause(&link.kind), reason));
        } else if collides(link, there) && !scope.complete {
            let reason = Text::of(
                "VNI {1} 仍被本程序的设备 {0} 使用，而本次不是完整状态，不能删除它",
                "VNI {1} is still used by our device `{0}`, which a state that is not complete may not take away",
                &[other, &vxlan.vni],
            );
            found.push(conflict(cause(&link.kind), reason));
        }
    }
    found
}
