//! Users of a BMC: who there are, and what is changed of them one by one.

use std::fmt;

use crate::credential::Secret;

/// What a user may do, in the three steps that every BMC has in some words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    ReadOnly,
    /// Power, media and the like.
    Operator,
    /// All.
    Administrator,
}

impl Role {
    /// Reads a BMC's own word, of Redfish or of its own dialect; `None` of one that is none of the
    /// three: a role that somebody made, or no access.
    pub fn of(word: &str) -> Option<Self> {
        let plain = word.chars().filter(char::is_ascii_alphanumeric);
        let word = plain.collect::<String>().to_lowercase();
        Some(match word.as_str() {
            "administrator" | "admin" | "supervisor" => Self::Administrator,
            "operator" => Self::Operator,
            "readonly" | "readonlyuser" | "commonuser" | "user" => Self::ReadOnly,
            _ => return None,
        })
    }

    /// Returns the words that BMCs have for it; the standard's first (DSP0266 §13.4).
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Administrator => &["Administrator", "Admin", "Supervisor"],
            Self::Operator => &["Operator"],
            // Commonuser: iBMC; User: HDM.
            Self::ReadOnly => &["ReadOnly", "Commonuser", "CommonUser", "ReadOnlyUser", "User"],
        }
    }

    /// Says it in Chinese.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Administrator => "管理员",
            Self::Operator => "操作员",
            Self::ReadOnly => "只读",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::ReadOnly => "readonly",
        })
    }
}

/// A user; each part is `None` where the BMC does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its number or name in its collection.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may do, where that is one of the three.
    pub role: Option<Role>,
    /// What it may do, in the BMC's own word; empty for no access.
    pub role_word: String,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// Whether it is locked after wrong passwords.
    pub locked: Option<bool>,
    /// Whether it has to change its password before all else.
    pub must_change: Option<bool>,
}

impl Account {
    /// Returns whether it administers, for all that is known.
    fn administers(&self) -> bool {
        self.role == Some(Role::Administrator) && self.enabled != Some(false)
    }
}

/// What is changed of a user.
#[derive(Debug)]
pub enum Change<'a> {
    /// It is made.
    Add {
        /// What it may do.
        role: Role,
        /// Its password.
        password: &'a Secret,
    },
    /// It gets another password.
    Password(&'a Secret),
    /// It gets another role.
    Role(Role),
    /// It may log in, or not.
    Enable(bool),
    /// It is taken away.
    Remove,
}

/// Why something is not done, in Chinese and in English.
pub type Why = (String, String);

/// Returns why a change is not to be made, for it would lock somebody out or cannot be right;
/// `None` where it may be. `me` is the user that is logged in.
///
/// Who cannot be told to administer does not count: a role that nobody knows is no reason to take
/// the last administrator away.
pub fn objection(
    accounts: &[Account],
    name: &str,
    change: &Change<'_>,
    me: Option<&str>,
) -> Option<Why> {
    let said = |zh: String, en: String| Some((zh, en));
    let Some(meant) = accounts.iter().find(|account| account.name == name) else {
        return match change {
            Change::Add { .. } => None,
            _ => said(format!("没有用户 `{name}`"), format!("there is no user `{name}`")),
        };
    };
    let takes = match change {
        Change::Add { .. } => {
            return said(
                format!("用户 `{name}` 已存在；改密码用 users password，改角色用 users role"),
                format!(
                    "the user `{name}` is there already; `users password` and `users role` change it"
                ),
            );
        }
        Change::Remove | Change::Enable(false) => true,
        Change::Role(role) => meant.role.is_none_or(|had| *role < had),
        Change::Password(_) | Change::Enable(true) => false,
    };
    if !takes {
        return None;
    }
    if me == Some(name) {
        return said(
            format!("`{name}` 是当前登录的用户，不会停用、删除或降级自己"),
            format!(
                "`{name}` is the user that is logged in: it is not removed, disabled or lowered"
            ),
        );
    }
    let others = accounts.iter().filter(|account| account.name != name);
    if meant.administers() && !others.into_iter().any(Account::administers) {
        return said(
            format!("`{name}` 是最后一个管理员"),
            format!("`{name}` is the last administrator"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'c> = (&'c [Account], &'c str, Change<'c>, Option<&'c str>, Option<&'c str>);

    fn account(name: &str, role: &str, enabled: Option<bool>) -> Account {
        Account {
            name: name.to_owned(),
            role: Role::of(role),
            role_word: role.to_owned(),
            enabled,
            ..Account::default()
        }
    }

    #[test]
    fn nobody_is_locked_out() {
        let secret = Secret::new("x".to_owned());
        let add = || Change::Add { role: Role::Operator, password: &secret };
        let all = [
            account("root", "Administrator", Some(true)),
            account("spare", "Administrator", Some(false)),
            account("eve", "CustomRole1", Some(true)),
            account("op", "Operator", Some(true)),
        ];
        let one = [account("root", "Administrator", None), account("op", "Operator", Some(true))];
        let two = [account("root", "Administrator", None), account("b", "Administrator", None)];
        // The users, who is meant, what is done, who is logged in, and a word of the objection.
        let table: [Case<'_>; 16] = [
            (&all, "new", add(), Some("root"), None),
            (&all, "op", add(), Some("root"), Some("already")),
            (&all, "nobody", Change::Remove, Some("root"), Some("no user")),
            (&all, "op", Change::Remove, Some("root"), None),
            (&all, "root", Change::Remove, Some("root"), Some("logged in")),
            (&all, "root", Change::Enable(false), Some("root"), Some("logged in")),
            (&all, "root", Change::Role(Role::Operator), Some("root"), Some("logged in")),
            (&all, "root", Change::Role(Role::Administrator), Some("root"), None),
            (&all, "root", Change::Password(&secret), Some("root"), None),
            // A disabled administrator is none, nor is one with a role that nobody knows.
            (&all, "root", Change::Remove, Some("eve"), Some("last administrator")),
            (&all, "spare", Change::Remove, Some("root"), None),
            (&all, "spare", Change::Enable(true), Some("root"), None),
            (&one, "root", Change::Enable(false), Some("op"), Some("last administrator")),
            (&one, "root", Change::Role(Role::ReadOnly), None, Some("last administrator")),
            (&two, "root", Change::Remove, Some("b"), None),
            (&all, "eve", Change::Role(Role::ReadOnly), Some("eve"), Some("logged in")),
        ];
        for (at, (accounts, name, change, me, word)) in table.iter().enumerate() {
            let why = objection(accounts, name, change, *me);
            match word {
                None => assert_eq!(why, None, "{at}"),
                Some(word) => {
                    let (zh, en) = why.unwrap_or_else(|| panic!("{at}: no objection"));
                    assert!(en.contains(word) && zh.contains(name), "{at}: {en}");
                }
            }
        }
    }

    #[test]
    fn roles_are_told_by_each_makes_word() {
        for (word, role) in [
            ("Administrator", Some(Role::Administrator)),
            ("ReadOnly", Some(Role::ReadOnly)),
            ("Commonuser", Some(Role::ReadOnly)),
            ("Operator", Some(Role::Operator)),
            ("NoAccess", None),
            ("CustomRole1", None),
            ("", None),
        ] {
            assert_eq!(Role::of(word), role, "{word}");
        }
        for role in [Role::ReadOnly, Role::Operator, Role::Administrator] {
            assert!(role.words().iter().all(|word| Role::of(word) == Some(role)), "{role}");
        }
    }
}
