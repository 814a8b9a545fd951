//! Layer 3 of VPCs: routers, each in a namespace of its own (a *room*), joined to the bridges of
//! its VPC by veth.
//!
//! What is written here holds for `compile` (devices, addresses, routes and rules of the rooms)
//! and `way` (which way a packet takes, for people):
//!
//! - A router has the address of every `gateway` of its VPC and one MAC address, [`MAC`], both
//!   the same on every node. A guest's packet is routed on the guest's node, so the two
//!   directions of a connection between subnets pass different routers; a router keeps no state
//!   of what stays inside.
//! - Groups hold across it. Each end is judged on the bridge of its own port, where both
//!   directions come by; what comes from a router and is for another node's port is that node's
//!   to judge.
//! - A packet leaves a VPC with its port's elastic IP or an address of SNAT, and never with its
//!   own. What comes from outside is answers, ICMP errors about them, and what is for an
//!   elastic IP. These are kept track of in the room, and both directions pass it: an external
//!   address is on one node.

use crate::address::Mac;

pub mod compile;
pub mod keep;
mod peering;
mod rules;
pub mod way;

/// The MAC address of every router, in every network and on every node: `as` and `say` behind
/// the bit for local ones.
pub const MAC: Mac = Mac([0x02, 0x61, 0x73, 0x73, 0x61, 0x79]);

/// MAC addresses of the ends of a pair between two routers: of who makes it, and of the other.
pub const PEER_MACS: [Mac; 2] =
    [Mac([0x02, 0x61, 0x73, 0, 0, 1]), Mac([0x02, 0x61, 0x73, 0, 0, 2])];
