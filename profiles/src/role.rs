//! The parties of an acceptance, in whose role a person confirms a row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// A party to the acceptance.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// 建设单位（甲方）.
    Owner,
    /// 承建单位（乙方）.
    Contractor,
    /// 监理单位.
    Supervisor,
    /// 使用单位.
    User,
    /// 测评单位.
    Tester,
}

impl Role {
    /// Every role, in the order that reports list the parties.
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::Contractor, Self::Supervisor, Self::User, Self::Tester];

    /// Returns the word that profiles and the command line have for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Contractor => "contractor",
            Self::Supervisor => "supervisor",
            Self::User => "user",
            Self::Tester => "tester",
        }
    }

    /// Returns its name in both languages.
    pub fn name(self) -> Text {
        match self {
            Self::Owner => Text::new("建设单位", "owner"),
            Self::Contractor => Text::new("承建单位", "contractor"),
            Self::Supervisor => Text::new("监理单位", "supervisor"),
            Self::User => Text::new("使用单位", "user"),
            Self::Tester => Text::new("测评单位", "tester"),
        }
    }

    /// Returns the role that `text` names: its word, or its name in Chinese, in full or short.
    pub fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL.into_iter().find(|role| {
            let zh = role.name().zh;
            let other = match role {
                Self::Owner => "甲方",
                Self::Contractor => "乙方",
                Self::Tester => "第三方测评单位",
                Self::Supervisor | Self::User => "",
            };
            text.eq_ignore_ascii_case(role.word())
                || text == zh
                || zh.strip_suffix("单位") == Some(text)
                || (!other.is_empty() && text == other)
        })
    }

    /// Returns the names of `roles` in both languages, in one line.
    pub fn list(roles: &[Self]) -> Text {
        let mut line = Text::default();
        for (at, role) in roles.iter().enumerate() {
            let name = role.name();
            if at > 0 {
                line.zh.push('、');
                line.en.push_str(", ");
            }
            line.zh.push_str(&name.zh);
            line.en.push_str(&name.en);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_in_either_language() {
        for role in Role::ALL {
            let zh = role.name().zh;
            for word in [role.word(), &role.word().to_uppercase(), &zh, &zh.replace("单位", "")] {
                assert_eq!(Role::named(word), Some(role), "{word}");
            }
        }
        assert_eq!(Role::named("甲方"), Some(Role::Owner));
        assert_eq!(Role::named(" 乙方 "), Some(Role::Contractor));
        for no in ["", "单位", "总监理工程师", "superviser"] {
            assert_eq!(Role::named(no), None, "{no}");
        }
        let both = Role::list(&[Role::Supervisor, Role::Owner]);
        assert_eq!(both, Text::new("监理单位、建设单位", "supervisor, owner"));
    }
}
