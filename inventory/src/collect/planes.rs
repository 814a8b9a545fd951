//! Which physical cards carry which IP plane.
//!
//! An interface with an address is followed down through VLANs, bonds and
//! bridges to interfaces with hardware, and these to their cards. The operator
//! names the planes; two that meet on one card are told, whatever its number of
//! ports.

mod resolve;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use crate::Sysroot;
use crate::model::{Origin, Plane, PlaneSharing, Section, SectionState, SourceKind};

use super::net::{NET, links};
use super::read;
use super::{Builder, Options};

use resolve::Network;

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Plane, Section::PlaneSharing];

/// Collects planes.
pub(crate) fn planes(root: &Sysroot, options: &Options, builder: &Builder) {
    let links = links(root);
    let network = match root.list(NET) {
        Ok(names) => Network::read(root, &names, links.as_ref().ok()),
        Err(error) => {
            for section in SECTIONS {
                let (state, reason) = read::refused(NET, &error);
                builder.section(*section, state, reason);
            }
            return;
        }
    };
    let mut reasons = Vec::new();
    if let Err(error) = links {
        let why = if root.is_live() { error.to_string() } else { "not recorded".to_owned() };
        reasons.push(format!("addresses: {why}"));
    }
    let source = builder.source(SourceKind::Netlink, "netlink:route");
    let mut planes = addressed(&network);
    reasons.extend(roles::assign(&network, &mut planes, &options.planes));
    for plane in &mut planes {
        let sysfs = builder.source(SourceKind::Sysfs, format!("sysfs:{NET}/{}", plane.interface));
        plane.origin = Origin::of(source);
        for field in ["interface", "ports", "cards", "vlan"] {
            plane.origin.sources.insert(field.to_owned(), sysfs);
        }
    }
    let mut sharing = sharing(&planes);
    for shared in &mut sharing {
        let locator = "derived:plane[].cards";
        shared.origin = Origin::of(builder.source(SourceKind::Derived, locator));
    }
    let cardless = planes.iter().filter(|plane| plane.cards.is_empty());
    let cardless: Vec<String> = cardless
        .filter_map(|plane| {
            let (role, interface) = (plane.role.as_ref()?, &plane.interface);
            Some(format!("plane `{role}`: `{interface}` leads to no physical card"))
        })
        .collect();
    builder.edit(|inventory| {
        inventory.plane = planes;
        inventory.plane_sharing = sharing;
    });
    let (state, reason) = read::settled(&reasons);
    builder.section(Section::Plane, state, reason);
    reasons.extend(cardless);
    let (state, reason) = if options.planes.is_empty() {
        let reason = "no plane was named, so that none can be told from another";
        (SectionState::Failed, Some(reason.to_owned()))
    } else {
        read::settled(&reasons)
    };
    builder.section(Section::PlaneSharing, state, reason);
}

/// Returns a plane for each interface with an address.
fn addressed(network: &Network) -> Vec<Plane> {
    let named = network.interfaces.iter().filter(|(_, interface)| !interface.addresses.is_empty());
    named.map(|(name, _)| network.plane(name)).collect()
}

/// Returns the cards that carry more than one named plane.
fn sharing(planes: &[Plane]) -> Vec<PlaneSharing> {
    let mut roles: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for plane in planes {
        let Some(role) = &plane.role else { continue };
        for card in &plane.cards {
            roles.entry(card).or_default().insert(role);
        }
    }
    let shared = roles.into_iter().filter(|(_, roles)| roles.len() > 1);
    shared
        .map(|(card, roles)| PlaneSharing {
            card: card.to_owned(),
            roles: roles.into_iter().map(str::to_owned).collect(),
            origin: Origin::default(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
