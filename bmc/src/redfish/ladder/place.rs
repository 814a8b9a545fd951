//! Where something is: links and members, as paths of this host.

use serde_json::Value;

use crate::redfish::tree;

/// Members of a collection that are looked at.
const MEMBERS: usize = 64;

/// Returns the path that a link leads to; `at` names the link (RFC 6901), which is an object with
/// `@odata.id`, or the path itself.
pub fn link(body: &Value, at: &str) -> Option<String> {
    let value = body.pointer(at)?;
    value.get("@odata.id").unwrap_or(value).as_str().and_then(tree::path)
}

/// Returns the paths of a collection's members.
pub fn children(collection: &Value) -> Vec<String> {
    let members = collection.get("Members").and_then(Value::as_array);
    let link = |member: &Value| {
        let link = member.get("@odata.id").unwrap_or(member);
        link.as_str().and_then(tree::path)
    };
    members.into_iter().flatten().filter_map(link).take(MEMBERS).collect()
}
