//! `require-role`: whose signatures a person's decision on a check needs.

use super::fields::{Fields, Problems, text_of};
use crate::Role;
use crate::finding::did_you_mean;

/// Reads `require-role`; `None` where it is not written.
pub(crate) fn required(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Vec<Role>> {
    let written = fields.take("require-role").is_some();
    let mut roles = Vec::new();
    for node in fields.list("require-role", problems) {
        let Some(text) = text_of(node, "require-role", problems) else { continue };
        match Role::named(text) {
            Some(role) if roles.contains(&role) => {
                let message = format!("`require-role` names {} twice", role.word());
                problems.error(&node.place, message);
            }
            Some(role) => roles.push(role),
            None => {
                let words = Role::ALL.map(Role::word);
                let hint = did_you_mean(text, words);
                let message =
                    format!("unknown role `{text}`{hint}; roles are {}", words.join(", "));
                problems.error(&node.place, message);
            }
        }
    }
    written.then_some(roles)
}
