//! BMCs that were audited are compared with each other, when all have been.

use bmc::audit::{self, Audited};

use super::subjects::Host;
use crate::output::bmc::found::{Found, Met};

/// Adds to each what is seen only beside the others.
pub(super) fn compare(hosts: &[Host], met: &mut [Met]) {
    let names: Vec<String> = hosts.iter().map(|host| host.address.to_string()).collect();
    let own = |met| match met {
        &mut Met::Found { found: Found::Audit(ref mut audited), .. } => Some(&mut **audited),
        _ => None,
    };
    let mut all: Vec<(&str, &mut Audited)> =
        names.iter().zip(met).filter_map(|(name, met)| Some((name.as_str(), own(met)?))).collect();
    audit::compare(&mut all);
}
