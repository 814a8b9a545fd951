//! The figures of `assay bmc`: many BMCs at once, dead ones among them, sessions, lock-out, and
//! IPMI beside ipmitool.
//!
//! The program is measured as it is shipped, as a process; the BMCs are `assay bmc simulate` in
//! another one, on the same machine: what it takes of the processors is named beside the figures.

mod dead;
mod fleet;
mod ipmi;
mod lockout;
mod rack;
mod sessions;

use super::{Case, CaseError, TOLERANCE};

/// The cases, in the order of the page.
pub(super) const CASES: &[Case] = &[
    Case { name: "bmc-fleet", measure: fleet::fleet },
    Case { name: "bmc-dead", measure: dead::dead },
    Case { name: "bmc-ipmi", measure: ipmi::ipmi },
    Case { name: "bmc-sessions", measure: sessions::sessions },
    Case { name: "bmc-lockout", measure: lockout::lockout },
];

fn failed(why: impl Into<String>) -> CaseError {
    CaseError::Failed(why.into())
}
