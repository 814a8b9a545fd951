//! All kernel objects that a desired state means.

use crate::address::Device;
use crate::desired::{Desired, Zones};
use crate::fabric::{self, FabricError};
use crate::firewall::compile::{self as firewall, CompileError as FirewallError, Facts};
use crate::router;
use crate::wanted::Wanted;

/// Why a desired state cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Not as devices.
    #[error(transparent)]
    Fabric(#[from] FabricError),
    /// Not as rules.
    #[error(transparent)]
    Firewall(#[from] FirewallError),
}

impl CompileError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Fabric(error) => error.hint(),
            Self::Firewall(error) => error.hint(),
        }
    }
}

/// Returns what is wanted.
///
/// `zones` are those of [`naming::zones`](crate::naming::zones); `device_mtu` is what the
/// underlay's device takes, in bytes, where it is there.
pub fn compile(
    desired: &Desired,
    zones: &Zones,
    device_mtu: Option<u32>,
) -> Result<Wanted, CompileError> {
    let underlay = &desired.node.device;
    compile_on(desired, zones, &|device| device_mtu.filter(|_mtu| device == underlay))
}

/// Returns what is wanted; `mtu_of` says what a device of the node takes, in bytes, where it is
/// there.
pub fn compile_on(
    desired: &Desired,
    zones: &Zones,
    mtu_of: &dyn Fn(&Device) -> Option<u32>,
) -> Result<Wanted, CompileError> {
    let mut fabric = fabric::compile(desired, mtu_of(&desired.node.device))?;
    let rooms = router::compile::add(&mut fabric, desired, mtu_of);
    let ruleset = firewall::compile(desired, zones)?;
    Ok(Wanted {
        links: fabric.links,
        forwarding: fabric.forwarding,
        neighbours: fabric.neighbours,
        ruleset,
        rooms,
    })
}

/// Returns what is wanted of a part of one VPC that has no router, without the rules that are the
/// same whatever there is; `facts` where it is not all of the VPC.
pub(crate) fn compile_part(
    desired: &Desired,
    zones: &Zones,
    mtu: Option<u32>,
    facts: Option<&Facts>,
) -> Result<Wanted, CompileError> {
    let fabric = fabric::compile(desired, mtu)?;
    let ruleset = firewall::compile_part(desired, zones, facts)?;
    let fabric::Fabric { links, forwarding, neighbours } = fabric;
    Ok(Wanted { links, forwarding, neighbours, ruleset, ..Wanted::default() })
}
