//! Reading a table's entries: each asked for by name, the rest refused.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::fault::Faults;
use super::node::{self, Kind, Node, Table, Value};
use crate::address::{Device, Mac};
use crate::router;

/// A table being read.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    table: &'n Table<'n>,
    pub(super) at: usize,
    asked: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// Opens `node`, which must be a table.
    pub(super) fn of(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Self> {
        match &node.value {
            Value::Table(table) => Some(Self { table, at: node.at, asked: Vec::new() }),
            other => {
                wrong_kind(node.at, other.kind(), node::TABLE, faults);
                None
            }
        }
    }

    /// Returns the entry `key`, which is thereby known.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'n Node<'n>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    /// Returns the entry `key`, or notes that it is missing.
    pub(super) fn needed(
        &mut self,
        key: &'static str,
        faults: &mut Faults<'n>,
    ) -> Option<&'n Node<'n>> {
        let node = self.take(key);
        if node.is_none() {
            faults.add(self.at, "缺少 `{0}`", "`{0}` is missing", &[&key]);
        }
        node
    }

    /// Refuses the entries nobody asked for.
    pub(super) fn finish(self, faults: &mut Faults<'n>) {
        for (key, node) in self.table.iter() {
            if !self.asked.contains(&key.as_ref()) {
                faults.add(node.at, "未知字段 `{0}`", "unknown field `{0}`", &[key]);
                let known = self.asked.join(", ");
                let list = (format!("可用字段：{known}"), format!("known here: {known}"));
                let mut names = self.asked.iter().copied();
                faults.hint_nearest(key, &mut names, Some((list.0.as_str(), list.1.as_str())));
            }
        }
    }

    /// Returns the text `key`, which must be there.
    pub(super) fn text(
        &mut self,
        key: &'static str,
        faults: &mut Faults<'n>,
    ) -> Option<(&'n str, usize)> {
        let node = self.needed(key, faults)?;
        Some((text_of(node, faults)?, node.at))
    }

    /// Returns the elements of the list `key`; none where it is not written.
    pub(super) fn list(&mut self, key: &'static str, faults: &mut Faults<'n>) -> &'n [Node<'n>] {
        match self.take(key).map(|node| (&node.value, node.at)) {
            None => &[],
            Some((Value::List(items), _)) => items,
            Some((other, at)) => {
                wrong_kind(at, other.kind(), node::LIST, faults);
                &[]
            }
        }
    }

    /// Returns the number `key`, where it is written, if it is within; says why not otherwise.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: (u32, u32),
        faults: &mut Faults<'n>,
    ) -> Option<(u32, usize)> {
        let node = self.take(key)?;
        let Value::Integer(number) = &node.value else {
            wrong_kind(node.at, node.value.kind(), node::INTEGER, faults);
            return None;
        };
        let (first, last) = range;
        let within = u32::try_from(*number).ok().filter(|number| (first..=last).contains(number));
        if within.is_none() {
            let values: [&dyn fmt::Display; 4] = [&key, number, &first, &last];
            let (zh, en) =
                ("`{0}` 为 {1}，应在 {2} 至 {3} 之间", "`{0}` is {1}, not within {2} to {3}");
            faults.add(node.at, zh, en, &values);
        }
        within.map(|number| (number, node.at))
    }

    /// Returns the flag `key`, where it is written.
    pub(super) fn flag(&mut self, key: &'static str, faults: &mut Faults<'n>) -> Option<bool> {
        let node = self.take(key)?;
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            other => {
                wrong_kind(node.at, other.kind(), node::FLAG, faults);
                None
            }
        }
    }

    /// Returns the address `key`, which must be there.
    pub(super) fn address(
        &mut self,
        key: &'static str,
        faults: &mut Faults<'n>,
    ) -> Option<(IpAddr, usize)> {
        let node = self.needed(key, faults)?;
        Some((address_of(node, faults)?, node.at))
    }
}

/// Notes that a value is of another kind than it must be.
pub(super) fn wrong_kind(at: usize, is: Kind, wanted: Kind, faults: &mut Faults<'_>) {
    let key = faults.lines.key(at).map(|key| format!("`{key}`"));
    let zh = key.as_ref().map_or_else(|| "此处".to_owned(), |key| format!("{key} "));
    let en = key.as_deref().unwrap_or("this");
    let values: [&dyn fmt::Display; 6] = [&zh, &en, &is.0, &wanted.0, &is.1, &wanted.1];
    faults.add(at, "{0}是{2}，应为{3}", "{1} is {4}, not {5}", &values);
    if (is, wanted) == (node::TABLE, node::LIST) {
        let (zh, en) = (
            "列表在 TOML 中写作 `[[…]]`，JSON 中写作 `[…]`",
            "a list is `[[…]]` in TOML, `[…]` in JSON",
        );
        faults.hint(zh, en, &[]);
    }
}

/// Returns the text that `node` is.
pub(super) fn text_of<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<&'n str> {
    match &node.value {
        Value::Text(text) => Some(text),
        other => {
            wrong_kind(node.at, other.kind(), node::TEXT, faults);
            None
        }
    }
}

/// Returns the name of a device that `node` is.
pub(super) fn device_of<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Device> {
    let text = text_of(node, faults)?;
    let device = text.parse().ok();
    if device.is_none() {
        let (zh, en) = ("`{0}` 不是合法的网卡名", "`{0}` cannot name a network device");
        faults.add(node.at, zh, en, &[&text]);
        let (zh, en) =
            ("1 至 15 字节，不含 `/`、`:` 和空格", "1 to 15 bytes without `/`, `:` and spaces");
        faults.hint(zh, en, &[]);
    }
    device
}

/// Returns the MAC address of a card that `node` is.
pub(super) fn mac_of<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Mac> {
    let text = text_of(node, faults)?;
    let Ok(mac) = text.parse::<Mac>() else {
        faults.add(node.at, "`{0}` 不是 MAC 地址", "`{0}` is no MAC address", &[&text]);
        faults.hint("写法如 `02:00:00:00:00:11`", "such as `02:00:00:00:00:11`", &[]);
        return None;
    };
    if mac.is_multicast() {
        let (zh, en) =
            ("`{0}` 是组播 MAC 地址，不能属于网卡", "`{0}` is a multicast address: no card has it");
        faults.add(node.at, zh, en, &[&mac]);
        return None;
    }
    if mac == router::MAC {
        let (zh, en) = ("`{0}` 是路由器的 MAC 地址", "`{0}` is the MAC address of routers");
        faults.add(node.at, zh, en, &[&mac]);
        return None;
    }
    if mac.0 == [0; 6] {
        faults.add(node.at, "MAC 地址全零", "the MAC address is zero", &[]);
        return None;
    }
    Some(mac)
}

/// Returns the IP address that `node` is.
pub(super) fn address_of<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<IpAddr> {
    let text = text_of(node, faults)?;
    let address = text.parse().ok();
    if address.is_none() {
        faults.add(node.at, "`{0}` 不是 IP 地址", "`{0}` is no IP address", &[&text]);
        if let Some((address, _)) = text.split_once('/') {
            faults.hint("不带前缀长度：`{0}`", "without a prefix length: `{0}`", &[&address]);
        }
    }
    address
}

/// Returns the range of addresses that `node` is.
pub(super) fn range_of<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<IpNet> {
    let text = text_of(node, faults)?;
    let Ok(range) = text.parse::<IpNet>() else {
        faults.add(node.at, "`{0}` 不是 CIDR", "`{0}` is no CIDR", &[&text]);
        if let Ok(address) = text.parse::<IpAddr>() {
            let host = if address.is_ipv4() { 32 } else { 128 };
            faults.hint("单个地址写作 `{0}/{1}`", "a single address is `{0}/{1}`", &[&text, &host]);
        }
        return None;
    };
    if range.trunc() != range {
        let (zh, en) = ("`{0}` 含主机位", "`{0}` has bits beyond its prefix");
        faults.add(node.at, zh, en, &[&range]);
        let (zh, en) = ("网段为 `{0}`，主机为 `{1}/{2}`", "the range is `{0}`, the host `{1}/{2}`");
        faults.hint(zh, en, &[&range.trunc(), &range.addr(), &range.max_prefix_len()]);
        return None;
    }
    Some(range)
}

/// Returns why an address can belong to no card, where it cannot.
pub(super) fn unusable(address: IpAddr) -> Option<Kind> {
    let mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let reserved =
        matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 0 || v4.octets()[0] >= 240);
    match () {
        () if address.is_unspecified() => Some(("未指定地址", "the unspecified address")),
        () if address.is_loopback() => Some(("环回地址", "a loopback address")),
        () if address.is_multicast() => Some(("组播地址", "a multicast address")),
        () if mapped => Some(("映射的 IPv4 地址", "an IPv4-mapped address")),
        () if link_local => {
            Some(("链路本地地址（由 MAC 得出）", "a link-local address, which comes from the MAC"))
        }
        () if reserved => Some(("保留地址", "a reserved address")),
        () => None,
    }
}
