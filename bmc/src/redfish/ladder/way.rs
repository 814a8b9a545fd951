//! Which schemes of images a slot of virtual media takes: as it advertises, or as is known of its
//! make.

use serde_json::Value;

use super::{
    action,
    script::{Refusal, Script, Told},
    slot::slots,
};
use crate::dialect::Rules;

/// The parameter that tells (VirtualMedia.InsertMedia).
const PARAMETER: &str = "TransferProtocolType";

/// Returns the schemes that the slot named, or the best one, takes: `http`, `nfs`; `None` where
/// nobody tells.
pub fn ways(
    script: &mut Script<'_>,
    owners: &[String],
    named: Option<&str>,
    rules: &Rules,
) -> Told<Result<Option<Vec<String>>, Refusal>> {
    let all = match slots(script, owners, rules)? {
        Ok(all) => all,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let is_meant = |id: &str| named.is_none_or(|named| id.eq_ignore_ascii_case(named));
    let known = || rules.schemes().map(<[String]>::to_vec);
    let Some(slot) = all.iter().find(|slot| is_meant(&slot.id)) else { return Ok(Ok(known())) };
    let body = script.get(&slot.path)?.json().clone();
    let found = if let Some(action) = action::find(&body, "VirtualMedia.InsertMedia") {
        action.allowed(script, PARAMETER)?
    } else {
        // What is set as a property has them beside it.
        let own = body.get(format!("{PARAMETER}@Redfish.AllowableValues"));
        own.map(action::texts).unwrap_or_default()
    };
    if found.is_empty() {
        return Ok(Ok(known()));
    }
    Ok(Ok(Some(found.iter().map(|word| word.to_ascii_lowercase()).collect())))
}

/// Returns whether a slot says that it looks at certificates (VirtualMedia.VerifyCertificate).
pub(super) fn verifies(body: &Value) -> bool {
    body.get("VerifyCertificate").and_then(Value::as_bool) == Some(true)
}
