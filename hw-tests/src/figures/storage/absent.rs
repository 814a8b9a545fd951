//! What a figure needs of the machine: without it, it is not measured, with the reason.

use std::env;

use hw_tests::Need;
use hw_tests::peer::{kernel_required, peers_required};

use super::super::CaseError;

/// Returns an error for the first of `needs` that is not met; it fails the run where peers
/// are required (`ASSAY_REQUIRE_PEERS=1`).
pub(in super::super) fn absent(needs: &[Need]) -> Result<(), CaseError> {
    let path = env::var_os("PATH").unwrap_or_default();
    match needs.iter().find_map(|need| need.missing(&path)) {
        None => Ok(()),
        Some(reason) if peers_required() => Err(CaseError::Required(reason)),
        Some(reason) => Err(CaseError::Missing(reason)),
    }
}

/// Returns the error for a feature that the kernel lacks; it fails the run where
/// `ASSAY_REQUIRE_KERNEL=1` says so.
pub(super) fn kernel(reason: &str) -> CaseError {
    let reason = reason.to_owned();
    if kernel_required() { CaseError::Required(reason) } else { CaseError::Missing(reason) }
}
