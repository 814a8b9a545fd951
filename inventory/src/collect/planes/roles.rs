//! Which interface is which plane, by the operator's names.

use std::net::IpAddr;

use crate::model::Plane;

use super::super::{PlaneName, Selector};
use super::resolve::Network;

/// Gives each plane its name, adds those that have no address, and returns what
/// was named and not found. The first name that fits counts.
pub(super) fn assign(
    network: &Network,
    planes: &mut Vec<Plane>,
    names: &[PlaneName],
) -> Vec<String> {
    let mut missing = Vec::new();
    for name in names {
        let mut found = false;
        for plane in planes.iter_mut().filter(|plane| fits(plane, &name.selector)) {
            found = true;
            plane.role.get_or_insert_with(|| name.role.clone());
        }
        if found {
            continue;
        }
        let bare: Vec<Plane> = bare(network, &name.selector)
            .into_iter()
            .map(|plane| Plane { role: Some(name.role.clone()), ..plane })
            .collect();
        if bare.is_empty() {
            missing.push(format!("plane `{}`: no interface {}", name.role, wanted(&name.selector)));
        }
        planes.extend(bare);
    }
    missing
}

fn fits(plane: &Plane, selector: &Selector) -> bool {
    match selector {
        Selector::Network { address, prefix } => {
            plane.addresses.iter().any(|text| inside(text, *address, *prefix))
        }
        Selector::Vlan(id) => plane.vlan == Some(u32::from(*id)),
        Selector::Interface(name) => plane.interface == *name,
    }
}

/// Returns planes on interfaces without an address.
fn bare(network: &Network, selector: &Selector) -> Vec<Plane> {
    let fitting = network.interfaces.iter().filter(|(name, interface)| match selector {
        Selector::Network { .. } => false,
        Selector::Vlan(id) => interface.vlan == Some(*id),
        Selector::Interface(wanted) => *name == wanted,
    });
    fitting.map(|(name, _)| network.plane(name)).collect()
}

/// Returns whether the address in `text` (`10.0.0.1/24`) lies in a network.
fn inside(text: &str, network: IpAddr, prefix: u8) -> bool {
    let Some(address) = text.split('/').next().and_then(|text| text.parse().ok()) else {
        return false;
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let shift = 32_u32.saturating_sub(u32::from(prefix));
            a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let shift = 128_u32.saturating_sub(u32::from(prefix));
            a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

fn wanted(selector: &Selector) -> String {
    match selector {
        Selector::Network { address, prefix } => format!("has an address in {address}/{prefix}"),
        Selector::Vlan(id) => format!("carries VLAN {id}"),
        Selector::Interface(name) => format!("is named `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_its_network_whatever_the_prefix() {
        let v4 = |text: &str| text.parse().expect("an address");
        assert!(inside("10.1.2.3/16", v4("10.1.0.0"), 16));
        assert!(!inside("10.2.2.3/16", v4("10.1.0.0"), 16));
        assert!(inside("10.2.2.3/16", v4("0.0.0.0"), 0));
        assert!(inside("fd00::2/64", v4("fd00::"), 64));
        assert!(!inside("fd00::2/64", v4("10.0.0.0"), 0));
        assert!(!inside("nonsense", v4("10.0.0.0"), 0));
    }
}
