//! Interfaces of the BMC.

use bmc::operation::interface::Interface;
use profiles::Lang;
use serde_json::{Value, json};

use super::yes_no;
use crate::output::table::Cell;

pub(super) const HEAD: &[(&str, &str)] = &[
    ("网口", "interface"),
    ("MAC", "MAC"),
    ("地址", "address"),
    ("网关", "gateway"),
    ("DHCP", "DHCP"),
    ("VLAN", "VLAN"),
    ("IPv6", "IPv6"),
    ("链路", "link"),
    ("加密套件", "cipher suites"),
];

fn joined<T: ToString>(all: &[T]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

pub(super) fn row(one: &Interface, lang: Lang) -> Vec<Cell> {
    vec![
        one.id.as_str().into(),
        one.mac.as_str().into(),
        joined(&one.addresses).into(),
        one.gateway.map(|ip| ip.to_string()).unwrap_or_default().into(),
        yes_no(one.dhcp, lang).into(),
        one.vlan.flatten().map(|vlan| vlan.to_string()).unwrap_or_default().into(),
        joined(&one.ipv6).into(),
        yes_no(one.is_up, lang).into(),
        joined(&one.suites).into(),
    ]
}

pub(super) fn value(one: &Interface) -> Value {
    let addresses: Vec<String> = one.addresses.iter().map(ToString::to_string).collect();
    json!({ "id": one.id, "mac": one.mac, "addresses": addresses,
            "gateway": one.gateway.map(|ip| ip.to_string()), "dhcp": one.dhcp,
            "vlan": one.vlan.flatten(), "ipv6": one.ipv6, "up": one.is_up,
            "cipher_suites": one.suites })
}
