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
    /// A volume or disk, by what it does under load.
    Volume,
    /// A disk array.
    Array,
    /// A switch.
    Switch,
    /// A firewall.
    Firewall,
    /// A rack with its power.
    Rack,
    /// The cloud as it was delivered.
    Cloud,
    /// A distributed storage.
    Storage,
    /// A network as it was delivered, with its controller.
    Network,
    /// This program's own tenant networks, on the kernel they were tried on.
    Dataplane,
    /// The project: its site, its zones, its operation.
    Project,
}

/// How much of a project a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// One device: a report for each.
    Device,
    /// A system of many devices.
    System,
    /// The project as a whole.
    Project,
}

impl Extent {
    /// Returns the name that documents for machines have.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::System => "system",
            Self::Project => "project",
        }
    }
}

impl Subject {
    pub(crate) const ALL: [Self; 12] = [
        Self::Machine,
        Self::Guest,
        Self::Volume,
        Self::Array,
        Self::Switch,
        Self::Firewall,
        Self::Rack,
        Self::Cloud,
        Self::Storage,
        Self::Network,
        Self::Dataplane,
        Self::Project,
    ];

    /// Returns the words for it.
    pub fn word(self) -> Text {
        let (zh, en) = match self {
            Self::Machine => ("物理服务器", "physical machine"),
            Self::Guest => ("云主机（在虚拟机内查看）", "virtual machine, from inside"),
            Self::Volume => ("卷或硬盘", "volume or disk"),
            Self::Array => ("磁盘阵列", "disk array"),
            Self::Switch => ("交换机", "switch"),
            Self::Firewall => ("防火墙", "firewall"),
            Self::Rack => ("机柜", "rack"),
            Self::Cloud => ("已交付的云平台", "the cloud as delivered"),
            Self::Storage => ("分布式存储系统", "distributed storage"),
            Self::Network => {
                ("已交付的网络与控制器", "the network and its controller as delivered")
            }
            Self::Dataplane => ("本内核上的本数据面", "this dataplane on this kernel"),
            Self::Project => ("本项目", "the project"),
        };
        Text::new(zh, en)
    }

    /// Returns the name that profiles write.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Guest => "guest",
            Self::Volume => "volume",
            Self::Array => "array",
            Self::Switch => "switch",
            Self::Firewall => "firewall",
            Self::Rack => "rack",
            Self::Cloud => "delivered-cloud",
            Self::Storage => "delivered-storage",
            Self::Network => "delivered-network",
            Self::Dataplane => "assay-dataplane",
            Self::Project => "project",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.name() == word)
    }

    /// Returns whether runs on a volume of it tell of it.
    pub fn has_volumes(self) -> bool {
        matches!(self, Self::Volume | Self::Array | Self::Storage)
    }

    /// Returns how much of a project it is.
    pub fn extent(self) -> Extent {
        match self {
            Self::Machine
            | Self::Guest
            | Self::Volume
            | Self::Array
            | Self::Switch
            | Self::Firewall
            | Self::Rack => Extent::Device,
            Self::Cloud | Self::Storage | Self::Network | Self::Dataplane => Extent::System,
            Self::Project => Extent::Project,
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
