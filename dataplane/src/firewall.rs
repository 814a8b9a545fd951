//! Security groups: what they mean, as a judge and as rules.
//!
//! `judge` decides a packet from the desired state alone; `compile` writes the same decisions as
//! rules of `nf_tables`; both follow what is written here, and [`Semantics`] of groups.
//!
//! - A packet that begins a connection is judged at both ends, by each end's own node: direction
//!   `out` where its source is a port of this node, `in` where its destination is. A node that
//!   has neither end lets nothing by. What belongs to a connection that passed, or is related to
//!   one (ICMP errors), passes.
//! - **Addresses of a port** are its `ips`, its `allowed` ranges, and the link-local IPv6 address
//!   that its MAC address gives (RFC 4291 appendix A). Where several ports have an address, the
//!   longest prefix has it: `ips` before ranges, those of other nodes' ports too. Two ports with
//!   the same allowed range in one network have the same groups; `spec` sees to it.
//! - **Members of a group** are known by `ips`, by link-local addresses where the VPC uses
//!   IPv6 (a subnet, a station or an allowed range is of it), and by allowed ranges
//!   of one address (those that move between members). Longer ranges do not count: a router's
//!   `10.0.0.0/8` would make everyone a member.
//! - The kernel knows both ends by MAC address: who sends is the port that a frame comes by, who
//!   gets it is the port of its destination's MAC address. Anti-spoofing ties addresses to both;
//!   where an address has no port, only the frame tells who gets it.
//! - Broadcast and multicast do not pass but for ND and MLD: a flooded packet cannot be judged
//!   for each of its receivers, for in the forward hook both devices read as the bridge.
//!
//! [`Semantics`]: crate::desired::Semantics

pub mod compile;
pub mod explain;
pub mod judge;
pub mod protocol;
