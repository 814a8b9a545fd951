//! Users.

use bmc::operation::account::Account;
use profiles::Lang;
use serde_json::{Value, json};

use super::yes_no;
use crate::output::{Tone, table::Cell};

pub(super) const HEAD: &[(&str, &str)] = &[
    ("编号", "id"),
    ("名称", "name"),
    ("角色", "role"),
    ("启用", "enabled"),
    ("锁定", "locked"),
    ("须改密码", "must change password"),
];

pub(super) fn row(account: &Account, lang: Lang) -> Vec<Cell> {
    let role = account.role.map_or_else(
        || account.role_word.clone(),
        |role| match lang {
            Lang::Zh => role.in_chinese().to_owned(),
            Lang::En => role.to_string(),
        },
    );
    let bad = |is: Option<bool>| {
        let tone = if is == Some(true) { Some(Tone::Bad) } else { None };
        Cell { text: yes_no(is, lang), tone }
    };
    vec![
        account.id.as_str().into(),
        account.name.as_str().into(),
        role.into(),
        yes_no(account.enabled, lang).into(),
        bad(account.locked),
        bad(account.must_change),
    ]
}

pub(super) fn value(account: &Account) -> Value {
    json!({ "id": account.id, "name": account.name,
            "role": account.role.map(|role| role.to_string()), "role_word": account.role_word,
            "enabled": account.enabled, "locked": account.locked,
            "must_change_password": account.must_change })
}
