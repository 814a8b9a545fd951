//! AMI's service of remote media: off as it comes from the factory, and while it is, there are no
//! slots or what is there refuses each insert.
//!
//! The manager or the system has an action that turns it on, `AMIVirtualMedia.EnableRMedia`. It is
//! answered at once and takes some seconds; the manager's `RMediaStatus` tells when it is on.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    action,
    place::link,
    script::{Request, Script, Told},
};
use crate::dialect::Rules;

/// Seconds before each look at whether it is on.
const LOOKS: &[u64] = &[1, 2, 3, 5, 8];

/// Returns whether the service of remote media is on, where a resource tells.
fn is_on(body: &Value) -> Option<bool> {
    let vendors = body.get("Oem")?.as_object()?;
    let state = vendors.values().find_map(|own| own.pointer("/VirtualMedia/RMediaStatus"))?;
    Some(state.as_str()?.eq_ignore_ascii_case("Enabled"))
}

/// Turns remote media on where they are off and one of `owners`, or its collection of slots, has
/// the action for it; returns whether that was done, so that what was refused is worth another try.
pub(super) fn turn_on(script: &mut Script<'_>, owners: &[String], rules: &Rules) -> Told<bool> {
    let Some(id) = rules.id("remote-media") else { return Ok(false) };
    for owner in owners {
        let body = script.get(owner)?.json();
        let mut found = action::find(body, "AMIVirtualMedia.EnableRMedia");
        if let (None, Some(slots)) = (&found, link(body, "/VirtualMedia")) {
            found = action::find(script.get(&slots)?.json(), "AMIVirtualMedia.EnableRMedia");
        }
        let Some(found) = found.filter(|_| is_on(body) != Some(true)) else { continue };
        // Its answer is an error that says that it is none: the state tells.
        let sent = json!({ "RMediaState": "Enable" });
        if !script.ask(Request::post(&found.target, Some(sent)))?.is_good() {
            continue;
        }
        for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
            if !script.has_time(wait) {
                break;
            }
            script.wait(wait)?;
            if is_on(script.get(owner)?.json()) == Some(true) {
                break;
            }
        }
        script.note(
            Some(id),
            "BMC 的远程介质服务原为关闭，已启用（EnableRMedia），并保持启用",
            "the BMC's service of remote media was off: it was turned on (EnableRMedia), and stays on",
        );
        return Ok(true);
    }
    Ok(false)
}
