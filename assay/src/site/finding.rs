//! What is wrong with a delivery, what could not be told, and what to do about each.

use profiles::Text;

/// Something to know of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// The lines of the list that it is about, by their place in it.
    pub lines: Vec<usize>,
    /// The machines that it is about, by their place among those found.
    pub seen: Vec<usize>,
    /// What is so, with names and values.
    pub what: Text,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Not as ordered.
    Defect,
    /// It could not be told.
    Open,
    /// Worth a look, and no defect.
    Note,
}

/// What a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// On the list, and nowhere found.
    Missing,
    /// Found, and not on the list.
    Extra,
    /// Two machines stand in each other's place.
    Swapped,
    /// A machine stands elsewhere than planned.
    Misplaced,
    /// A BMC answers at another address than planned.
    OtherAddress,
    /// Another machine stands where one of the list was to stand.
    OtherSerial,
    /// One serial number on several lines.
    DuplicateListed,
    /// Several machines with one serial number.
    DuplicateFound,
    /// Another model.
    WrongModel,
    /// Another part, or one too few.
    WrongPart,
    /// Other firmware than the list asks for.
    OtherFirmware,
    /// More or fewer machines on the list than ordered.
    Quantity,
    /// What the list asks was not told.
    Untold,
    /// A machine that does not say who it is.
    Unidentified,
    /// Other firmware than its like.
    OddFirmware,
    /// More parts than the list says.
    MoreParts,
}

impl Kind {
    /// Returns its name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Swapped => "swapped",
            Self::Misplaced => "misplaced",
            Self::OtherAddress => "other-address",
            Self::OtherSerial => "other-serial",
            Self::DuplicateListed => "duplicate-listed",
            Self::DuplicateFound => "duplicate-found",
            Self::WrongModel => "wrong-model",
            Self::WrongPart => "wrong-part",
            Self::OtherFirmware => "other-firmware",
            Self::Quantity => "quantity",
            Self::Untold => "untold",
            Self::Unidentified => "unidentified",
            Self::OddFirmware => "odd-firmware",
            Self::MoreParts => "more-parts",
        }
    }

    /// Returns how much it weighs.
    pub fn class(self) -> Class {
        match self {
            Self::Missing
            | Self::Extra
            | Self::Swapped
            | Self::Misplaced
            | Self::OtherAddress
            | Self::OtherSerial
            | Self::DuplicateListed
            | Self::DuplicateFound
            | Self::WrongModel
            | Self::WrongPart
            | Self::OtherFirmware
            | Self::Quantity => Class::Defect,
            Self::Untold | Self::Unidentified => Class::Open,
            Self::OddFirmware | Self::MoreParts => Class::Note,
        }
    }

    /// Returns what pages and the terminal call it.
    pub fn word(self) -> Text {
        match self {
            Self::Missing => Text::new("缺少", "missing"),
            Self::Extra => Text::new("清单外", "not on the list"),
            Self::Swapped => Text::new("互换位置", "swapped"),
            Self::Misplaced => Text::new("位置不符", "misplaced"),
            Self::OtherAddress => Text::new("管理口地址不符", "other BMC address"),
            Self::OtherSerial => Text::new("序列号不符", "other serial number"),
            Self::DuplicateListed => Text::new("清单序列号重复", "serial number twice on the list"),
            Self::DuplicateFound => Text::new("实物序列号重复", "serial number found twice"),
            Self::WrongModel => Text::new("型号不符", "wrong model"),
            Self::WrongPart => Text::new("部件不符", "wrong part"),
            Self::OtherFirmware => Text::new("固件版本不符", "other firmware"),
            Self::Quantity => Text::new("数量不符", "other quantity"),
            Self::Untold => Text::new("待查", "could not tell"),
            Self::Unidentified => Text::new("身份不明", "unidentified"),
            Self::OddFirmware => Text::new("固件与同型号不一致", "firmware unlike its like"),
            Self::MoreParts => Text::new("部件多于清单", "more parts than listed"),
        }
    }

    /// Returns what to do about it.
    pub fn todo(self) -> Text {
        match self {
            Self::Missing => Text::new("补发或找到该设备", "deliver it, or find it"),
            Self::Extra => Text::new(
                "核对归属：退回，或补入清单",
                "find out whose it is: return it, or add it to the list",
            ),
            Self::Swapped => Text::new("现场换位", "exchange their places"),
            Self::Misplaced => {
                Text::new("移到计划位置，或更正清单", "move it to its place, or correct the list")
            }
            Self::OtherAddress => {
                Text::new("改管理口地址，或更正清单", "set the BMC address, or correct the list")
            }
            Self::OtherSerial => Text::new(
                "核对铭牌：换回，或更正清单",
                "check the label: exchange it, or correct the list",
            ),
            Self::DuplicateListed => Text::new("按铭牌更正清单", "correct the list by the labels"),
            Self::DuplicateFound => Text::new(
                "核对铭牌，重写序列号",
                "check the labels and have the number written anew",
            ),
            Self::WrongModel => Text::new("换货", "exchange the machine"),
            Self::WrongPart => Text::new("换货或补件", "exchange or add the part"),
            Self::OtherFirmware => Text::new("更新固件", "update the firmware"),
            Self::Quantity => {
                Text::new("补发，或更正清单", "deliver the rest, or correct the list")
            }
            Self::Untold => Text::new("补采数据后重查", "collect what is missing and run again"),
            Self::Unidentified => {
                Text::new("按铭牌核对序列号", "read the serial number off the label")
            }
            Self::OddFirmware => {
                Text::new("确认是否统一版本", "decide whether they are to be alike")
            }
            Self::MoreParts => Text::new("确认即可", "confirm it"),
        }
    }

    /// Returns who is to do it.
    pub fn who(self) -> Text {
        match self {
            Self::Missing
            | Self::WrongModel
            | Self::WrongPart
            | Self::DuplicateFound
            | Self::Quantity => Text::new("供应商", "supplier"),
            Self::Swapped | Self::Misplaced | Self::OtherAddress | Self::OtherFirmware => {
                Text::new("现场实施", "site team")
            }
            Self::Extra | Self::OtherSerial | Self::DuplicateListed => {
                Text::new("供应商与清单编制方", "supplier and author of the list")
            }
            Self::Untold | Self::Unidentified => Text::new("测试人员", "test team"),
            Self::OddFirmware | Self::MoreParts => Text::new("建设单位", "owner"),
        }
    }
}
