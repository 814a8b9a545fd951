//! A node in a namespace of the test's own: an underlay, taps, and what the library does there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dataplane::apply::{Applied, Run, apply};
use dataplane::desired::Desired;
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::node::{self, Node};
use dataplane::plan::Scope;
use dataplane::spec;
use hw_tests::network::dump::{Dump, differences, dump};
use hw_tests::network::{Bed, Space};
use libtest_mimic::Failed;

/// Taps of a node; they are there, and stay.
pub(crate) const TAPS: usize = 4;

/// A scope in which everything may be done.
pub(crate) const ALL: Scope = Scope { complete: true, confirmed: true, began: BTreeSet::new() };

/// A node, gone when it is dropped.
pub(crate) struct Lab {
    pub(crate) space: Space,
    _bed: Bed,
}

impl Lab {
    pub(crate) fn new() -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let lab = Self { space: bed.space("node")?, _bed: bed };
        lab.ip("link add u0 mtu 1600 address 02:00:00:00:99:01 type veth peer name u1 mtu 1600 address 02:00:00:00:99:02")?;
        lab.ip("address add 10.99.0.1/24 dev u0")?;
        for device in ["u0", "u1"] {
            lab.ip(&format!("link set {device} addrgenmode none up"))?;
        }
        for at in 0..TAPS {
            lab.tap(at)?;
        }
        Ok(lab)
    }

    /// Makes one of the taps.
    pub(crate) fn tap(&self, at: usize) -> Result<(), Failed> {
        self.ip(&format!("tuntap add t{at} mode tap"))?;
        self.ip(&format!("link set t{at} addrgenmode none address 02:00:00:00:88:{at:02x}"))?;
        Ok(())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.space.path()
    }

    pub(crate) fn ip(&self, command: &str) -> Result<String, Failed> {
        Ok(self.space.line(&format!("ip {command}"))?)
    }

    pub(crate) fn nft(&self, command: &str) -> Result<String, Failed> {
        Ok(self.space.feed(&["nft", "-f", "-"], command)?)
    }

    pub(crate) fn real(&self) -> Result<Real, Failed> {
        real(&self.path())
    }

    pub(crate) fn dump(&self) -> Result<Dump, Failed> {
        Ok(dump(&self.space)?)
    }
}

pub(crate) fn real(path: &Path) -> Result<Real, Failed> {
    Ok(inside(Namespace::Path(path), Real::open)?)
}

pub(crate) fn read(text: &str) -> Result<Desired, Failed> {
    spec::read("node.toml", text).map_err(|errors| errors.to_string().into())
}

/// Looks and plans; a conflict is a failure.
pub(crate) fn look(real: &mut Real, desired: &Desired) -> Result<Node, Failed> {
    let node = node::look(real, desired, &ALL)?;
    match node.plan.conflicts.first() {
        None => Ok(node),
        Some(conflict) => Err(conflict.reason.clone().into()),
    }
}

/// Applies a state and expects that a look then finds nothing to do; returns how many steps
/// there were.
pub(crate) fn converge(real: &mut Real, desired: &Desired) -> Result<usize, Failed> {
    let node = look(real, desired)?;
    let run = Run { generation: 1, digest: "", past: &Past::default() };
    match apply(real, &node.plan, run, &mut NoLog)? {
        Applied::Done { steps } => {
            let residue = look(real, desired)?.plan;
            if residue.steps.is_empty() {
                return Ok(steps);
            }
            Err(format!("not as wanted: {:#?}", residue.steps).into())
        }
        other => Err(format!("{other:#?}").into()),
    }
}

/// Fails where two dumps differ, and says in what.
pub(crate) fn same(what: &str, expected: &Dump, found: &Dump) -> Result<(), Failed> {
    let told = differences(expected, found);
    if told.is_empty() { Ok(()) } else { Err(format!("{what}:\n{}", told.join("\n")).into()) }
}
