//! Which connections through a router go on when addresses outside change hands.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::compile;
use crate::desired::Desired;
use crate::desired::routing::Router;
use crate::kernel::Translation;

/// A desired state, laid out for many connections.
#[derive(Debug)]
pub struct Keep<'d> {
    routers: BTreeMap<&'d str, Own<'d>>,
}

#[derive(Debug)]
struct Own<'d> {
    router: &'d Router,
    /// Addresses behind elastic IPs.
    behind: BTreeMap<Ipv4Addr, Ipv4Addr>,
}

impl<'d> Keep<'d> {
    /// Lays a desired state out.
    pub fn new(desired: &'d Desired) -> Self {
        let mut routers = BTreeMap::new();
        for (vpc, router) in &desired.routing.routers {
            let mut behind = BTreeMap::new();
            let elastic = compile::elastic(desired, vpc);
            behind.extend(elastic.map(|(_id, outside, bound)| (outside, bound.inside)));
            routers.insert(vpc.as_str(), Own { router, behind });
        }
        Self { routers }
    }

    /// Whether a connection may go on as it is translated.
    ///
    /// A guest that is given an elastic IP keeps what it began under a shared address, as long as
    /// that is still its own too.
    pub fn keeps(&self, translation: &Translation) -> bool {
        let Translation { vpc, connection, source, destination } = translation;
        let (IpAddr::V4(from), IpAddr::V4(to)) = (connection.source, connection.destination) else {
            return true;
        };
        let Some(own) = self.routers.get(vpc.as_str()) else { return false };
        let called = IpAddr::V4(to) != *destination;
        if called && own.behind.get(&to).copied().map(IpAddr::V4) != Some(*destination) {
            return false;
        }
        let IpAddr::V4(seen) = *source else { return true };
        let elastic = || own.behind.get(&seen) == Some(&from);
        let shared = || {
            let mut snats = own.router.snats.iter();
            snats.any(|snat| {
                snat.address == seen && snat.ranges.iter().any(|range| range.contains(&from))
            })
        };
        let router =
            || called && own.router.uplink.as_ref().is_some_and(|uplink| uplink.address == seen);
        seen == from || elastic() || shared() || router()
    }
}
