//! Certificates.

use bmc::operation::certificate::Certificate;
use profiles::Lang;
use serde_json::{Value, json};

use super::yes_no;
use crate::output::table::Cell;

pub(super) const HEAD: &[(&str, &str)] = &[
    ("位置", "where"),
    ("主体", "subject"),
    ("签发者", "issuer"),
    ("起", "from"),
    ("止", "until"),
    ("正在使用", "shown"),
    ("SHA-256", "SHA-256"),
];

pub(super) fn row(one: &Certificate, lang: Lang) -> Vec<Cell> {
    vec![
        one.place.rsplit('/').next().unwrap_or_default().into(),
        one.subject.as_str().into(),
        one.issuer.as_str().into(),
        one.from.as_str().into(),
        one.until.as_str().into(),
        yes_no(one.is_shown, lang).into(),
        one.sha256.clone().unwrap_or_default().into(),
    ]
}

pub(super) fn value(one: &Certificate) -> Value {
    json!({ "place": one.place, "subject": one.subject, "issuer": one.issuer, "from": one.from,
            "until": one.until, "shown": one.is_shown, "sha256": one.sha256 })
}
