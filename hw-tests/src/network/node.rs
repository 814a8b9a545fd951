//! The dataplane on a host of the bed, by the library and in this process: what the program
//! does, without the program.

use std::io;

use dataplane::apply::{self, Applied};
use dataplane::desired::Desired;
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::node::{self, Node as Looked};
use dataplane::plan::Scope;

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
        let kernel = &mut self.kernel;
        let looked = node::look(kernel, desired, &scope).map_err(io::Error::other)?;
        if let Some(conflict) = looked.plan.conflicts.first() {
            return Err(io::Error::other(conflict.reason.clone()).into());
        }
        self.generation += 1;
        let past = Past::default();
        let run = apply::Run { generation: self.generation, digest: "", past: &past };
        let applied = apply::apply(kernel, &looked.plan, run, &mut NoLog);
        let steps = match applied.map_err(io::Error::other)? {
            Applied::Done { steps } => steps,
            other => return Err(io::Error::other(format!("{other:?}")).into()),
        };
        let revoked = node::revoke(kernel, &looked, Some(desired)).map_err(io::Error::other)?;
        Ok(Done { looked, steps, cut: revoked.cut })
    }

    /// Takes away all that is ours.
    pub fn destroy(&mut self) -> Result<(), BedError> {
        let scope = Scope { complete: true, confirmed: true, ..Scope::default() };
        let kernel = &mut self.kernel;
        let looked = node::look_to_destroy(kernel, &scope).map_err(io::Error::other)?;
        let past = Past::default();
        let run = apply::Run { generation: self.generation + 1, digest: "", past: &past };
        match apply::apply(kernel, &looked.plan, run, &mut NoLog).map_err(io::Error::other)? {
            Applied::Done { .. } => Ok(()),
            other => Err(io::Error::other(format!("{other:?}")).into()),
        }
    }
}
