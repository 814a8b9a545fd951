//! How a person finds out what no instrument tells.

use crate::Text;

/// How a person finds out.
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
