//! The dataplane on a host of the bed, by the library and in this process: what the program
//! does, without the program.

use std::io;

use dataplane::apply::{self, Applied};
use dataplane::desired::Desired;
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::node::{self, Node as Looked};
use dataplane::plan::{Plan, Scope};

use super::{BedError, Space};

/// The kernel of a host, open for the dataplane.
#[derive(Debug)]
pub struct Node {
    kernel: Real,
    generation: u64,
}

/// What an application came to.
#[derive(Debug)]
pub struct Done {
    /// What was looked at and planned.
    pub looked: Looked,
    /// How many steps were done.
    pub steps: usize,
    /// How many connections were cut.
    pub cut: usize,
}

impl Node {
    /// Opens the kernel of a namespace.
    pub fn open(space: &Space) -> Result<Self, BedError> {
        Ok(Self { kernel: inside(Namespace::Path(&space.path()), Real::open)?, generation: 0 })
    }

    /// Applies a desired state as a whole and cuts what it no longer permits.
    pub fn apply(&mut self, text: &str) -> Result<Done, BedError> {
        let desired = dataplane::spec::read("bed.toml", text).map_err(io::Error::other)?;
        self.settle(&desired)
    }

    /// As [`Self::apply`], of a state that is read already.
    pub fn settle(&mut self, desired: &Desired) -> Result<Done, BedError> {
        let scope = Scope { complete: true, confirmed: true, ..Scope::default() };
        let looked = node::look(&mut self.kernel, desired, &scope).map_err(io::Error::other)?;
        if let Some(conflict) = looked.plan.conflicts.first() {
            return Err(io::Error::other(conflict.reason.clone()).into());
        }
        let steps = self.carry_out(&looked.plan)?;
        let revoked = node::revoke(&mut self.kernel, &looked, Some(desired));
        let revoked = revoked.map_err(io::Error::other)?;
        Ok(Done { looked, steps, cut: revoked.cut })
    }

    /// Takes away all that is ours.
    pub fn destroy(&mut self) -> Result<(), BedError> {
        let scope = Scope { complete: true, confirmed: true, ..Scope::default() };
        let looked = node::look_to_destroy(&mut self.kernel, &scope).map_err(io::Error::other)?;
        self.carry_out(&looked.plan).map(drop)
    }

    /// Does a plan and returns how many steps there were; anything but all of them is an error.
    fn carry_out(&mut self, plan: &Plan) -> Result<usize, BedError> {
        self.generation += 1;
        let run = apply::Run { generation: self.generation, digest: "", past: &Past::default() };
        let applied = apply::apply(&mut self.kernel, plan, run, &mut NoLog);
        match applied.map_err(io::Error::other)? {
            Applied::Done { steps } => Ok(steps),
            other => Err(io::Error::other(format!("{other:?}")).into()),
        }
    }
}
