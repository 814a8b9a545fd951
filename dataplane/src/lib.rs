//! Tenant networks on a node, declaratively: VXLAN networks, ports, stateful security groups.
//!
//! `spec` (what the user writes) → `desired` (settled) → `wanted` (kernel objects) ↔ `seen`
//! (what the kernel has) → `plan` (steps, each with its undo) → `kernel` (the one edge).

pub mod accept;
pub mod address;
pub mod apply;
pub mod compile;
pub mod conntrack;
pub mod daemon;
pub mod desired;
pub mod evpn;
pub mod fabric;
pub mod firewall;
pub mod journal;
pub mod kernel;
pub mod loops;
pub mod naming;
pub mod nft;
pub mod node;
pub mod plan;
pub mod router;
pub mod seen;
pub mod spec;
pub mod text;
pub mod verify;
pub mod wanted;
