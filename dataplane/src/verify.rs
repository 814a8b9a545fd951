//! Reading back: the kernel is looked at again, and what differs from what is wanted is the
//! residue.

use crate::kernel::{Kernel, KernelError};
use crate::plan::{self, Plan, Scope};
use crate::wanted::Wanted;

/// Looks at the kernel and returns what would still have to change; empty where all is as wanted.
///
/// # Errors
/// Where the kernel cannot be looked at.
pub fn verify(
    kernel: &mut dyn Kernel,
    wanted: &Wanted,
    scope: &Scope,
) -> Result<Plan, KernelError> {
    let seen = kernel.look(&plan::interest(wanted))?;
    Ok(plan::plan(wanted, &seen, scope))
}
