//! Secrets are taken out of what a BMC said, so that it may be kept in a file.

use serde_json::Value;

use super::sensitive::{Kind, kind};

/// Takes out the values of all properties that tell a secret by their names, and what names a user
/// in URLs; all else stays as it is.
pub fn hide(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if kind(name) == Kind::Secret && !value.is_null() {
                    *value = Value::Null;
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(hide),
        Value::String(text) => {
            if let Some(plain) = without_user(text) {
                *text = plain;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns a text without the users and passwords of its URLs (RFC 3986 §3.2.1); nothing where
/// there are none.
pub fn without_user(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some((before, after)) = rest.split_once("://") {
        plain.push_str(before);
        plain.push_str("://");
        let end = after.find(|c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace());
        let (authority, behind) = after.split_at(end.unwrap_or(after.len()));
        // A password may hold the sign itself: what is behind the last one is the host.
        let host = authority.rsplit_once('@').map(|(_, host)| host);
        found |= host.is_some();
        plain.push_str(host.unwrap_or(authority));
        rest = behind;
    }
    plain.push_str(rest);
    found.then_some(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_go_and_all_else_stays() {
        let mut value = json!({
            "Name": "x", "Password": "p1", "PasswordPolicy": "strict",
            "Image": "http://u:p@2@192.0.2.1/a@b.iso",
            "Oem": [{ "SNMP": { "CommunityName": "c1", "Port": 161 } }],
        });
        hide(&mut value);
        assert_eq!(
            value,
            json!({
                "Name": "x", "Password": null, "PasswordPolicy": "strict",
                "Image": "http://192.0.2.1/a@b.iso",
                "Oem": [{ "SNMP": { "CommunityName": null, "Port": 161 } }],
            })
        );
        assert_eq!(without_user("nfs://192.0.2.1/x and https://h/?q=a@b"), None);
        assert_eq!(without_user("see cifs://a:b@h").as_deref(), Some("see cifs://h"));
    }
}
