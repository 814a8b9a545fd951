//! A profile as the judge uses it: compiled, with everything it inherits.

pub(crate) mod compile;
pub(crate) mod resolve;

use crate::check::Check;
use crate::{Level, Text};

/// What a profile is about; evidence of anything else does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A physical machine.
    Machine,
    /// A virtual machine, seen from inside.
    Guest,
    /// The cloud as it was delivered.
    Cloud,
    /// A volume or disk, by what it does under load.
    Volume,
    /// This program's own tenant networks, on the kernel they were tried on.
    Dataplane,
}

impl Subject {
    /// Returns the words for it.
    pub fn word(self) -> Text {
        match self {
            Self::Machine => Text::new("物理服务器", "physical machine"),
            Self::Guest => Text::new("云主机（在虚拟机内查看）", "virtual machine, from inside"),
            Self::Cloud => Text::new("已交付的云平台", "the cloud as delivered"),
            Self::Volume => Text::new("卷或硬盘", "volume or disk"),
            Self::Dataplane => Text::new("本内核上的本数据面", "this dataplane on this kernel"),
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "machine" => Some(Self::Machine),
            "guest" => Some(Self::Guest),
            "delivered-cloud" => Some(Self::Cloud),
            "volume" => Some(Self::Volume),
            "assay-dataplane" => Some(Self::Dataplane),
            _ => None,
        }
    }
}

/// A check that a profile does not take over from the one it inherits from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Id of the check.
    pub id: String,
    /// Why it is not taken over.
    pub deviation: Text,
}

/// A profile, ready to judge by.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its id: `gd-gov-cloud/bms-1`, with a variant `gd-gov-cloud/ecs-flavor@basic-2c4g`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its title, that of the variant included.
    pub title: Text,
    /// Title of the norm it is of.
    pub norm: Text,
    /// Edition of the norm: `征求意见稿`, with its English name.
    pub edition: Text,
    /// What it is about.
    pub subject: Subject,
    /// How units and wordings are read, as every report prints it.
    pub units: Vec<Text>,
    /// Whether numbers without “≥” are read as equality.
    pub strict: bool,
    /// How a check counts that does not say.
    pub level: Level,
    /// The profiles it inherits from, nearest first.
    pub inherits: Vec<String>,
    /// Checks of those that it drops.
    pub dropped: Vec<Dropped>,
    /// Its checks, in the order of the file.
    pub checks: Vec<Check>,
    /// SHA-256 over the files it is made of and the norm's rows: `sha256:HEX`.
    pub digest: String,
    /// The file it stands in.
    pub file: String,
}
