//! The parties of an acceptance, and how a person finds out.

use crate::Text;

/// A party of an acceptance, as government projects have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// 建设单位: who commissions the project and pays for it.
    Owner,
    /// 承建单位: who delivers.
    Contractor,
    /// 监理单位: who watches over the delivery for the owner.
    Supervisor,
    /// 使用单位: who will work with it.
    User,
    /// 测评单位: a third party that tests.
    Tester,
}

impl Party {
    /// Every party, in the order documents list them.
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::Contractor, Self::Supervisor, Self::User, Self::Tester];

    /// Returns the name that profiles and commands write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Contractor => "contractor",
            Self::Supervisor => "supervisor",
            Self::User => "user",
            Self::Tester => "tester",
        }
    }

    /// Returns what documents call it.
    pub fn word(self) -> Text {
        match self {
            Self::Owner => Text::new("建设单位", "the owner"),
            Self::Contractor => Text::new("承建单位", "the contractor"),
            Self::Supervisor => Text::new("监理单位", "the supervisor"),
            Self::User => Text::new("使用单位", "the user"),
            Self::Tester => Text::new("测评单位", "the tester"),
        }
    }

    /// Returns the party that is called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.name() == name)
    }
}

/// How a person finds out what no instrument tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inspection {
    /// 书面核查: from documents.
    Document,
    /// 现场查验: by looking at the thing, or having it shown.
    OnSite,
}

impl Inspection {
    /// Returns what documents call it.
    pub fn word(self) -> Text {
        match self {
            Self::Document => Text::new("书面核查", "on papers"),
            Self::OnSite => Text::new("现场查验", "on site"),
        }
    }

    /// Returns the kind of inspection that is called `name`, as `assay report attest --how` has it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "document" => Some(Self::Document),
            "on-site" => Some(Self::OnSite),
            _ => None,
        }
    }
}
