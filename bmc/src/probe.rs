//! What a BMC can do and in which form, feature by feature, as far as reading tells.
//!
//! Nothing is tried: "works" is said of what the BMC advertises in the form that the standard has,
//! "quirk" of what it has in a form that a quirk of [`crate::dialect`] knows. The cells are the same
//! ones in the same order for every BMC, and none holds a time, a serial number or a tag, so two
//! versions of a firmware can be compared line by line.

mod hosts;
mod ipmi;
mod media;
mod plan;
mod services;
mod system;
mod view;

#[cfg(test)]
mod tests;

pub use self::{
    ipmi::{Heard, of_ipmi},
    plan::{expanded, wanted},
};

use crate::{
    client::certificate::Shown,
    dialect::{Dialect, Rules},
    redfish::tree::Tree,
};
use view::View;

/// How it stands with a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is there, as the standard has it.
    Works,
    /// It is there in a form of its own; the name is that of the quirk.
    Quirk(&'static str),
    /// It is not there.
    Missing,
    /// It is there and is broken, unsafe, or in a form that nobody knows.
    Wrong,
    /// It is not told, and would be guessed from BMCs of its kind.
    Guessed,
    /// Nobody can tell: it was not shown or not asked.
    Unknown,
}

impl Verdict {
    /// Returns it as programs read it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Quirk(_) => "quirk",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Guessed => "guessed",
            Self::Unknown => "unknown",
        }
    }

    /// Returns what it is called: in Chinese, and in English.
    pub fn called(self) -> (&'static str, &'static str) {
        match self {
            Self::Works => ("可用", "works"),
            Self::Quirk(_) => ("特殊", "quirk"),
            Self::Missing => ("没有", "missing"),
            Self::Wrong => ("有误", "WRONG"),
            Self::Guessed => ("推测", "guessed"),
            Self::Unknown => ("未知", "unknown"),
        }
    }

    /// Returns the quirk's name, where it is one.
    pub fn quirk(self) -> Option<&'static str> {
        match self {
            Self::Quirk(name) => Some(name),
            _ => None,
        }
    }
}

/// A feature of one BMC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its name, one of [`FEATURES`].
    pub feature: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found, in the BMC's words where it has some.
    pub what: String,
    /// The resource or the request that showed it; empty where nothing did.
    pub by: String,
}

/// Every feature: its name in documents, and what it is called in Chinese and in English.
pub const FEATURES: &[(&str, &str, &str)] = &[
    ("vendor", "厂商", "vendor"),
    ("model", "型号", "model"),
    ("firmware", "BMC 固件", "BMC firmware"),
    ("bios", "BIOS 版本", "BIOS version"),
    ("dialect", "方言", "dialect"),
    ("quirks", "已知特性", "known quirks"),
    ("redfish", "Redfish 版本", "Redfish version"),
    ("tls", "TLS 版本", "TLS version"),
    ("tls.leaf", "证书 SHA-256", "certificate SHA-256"),
    ("session", "会话", "session"),
    ("etag", "ETag 形式", "ETag form"),
    ("power", "电源操作", "power actions"),
    ("boot.properties", "启动项属性", "boot properties"),
    ("boot.targets", "启动目标", "boot targets"),
    ("boot.lasting", "启动项时效", "boot lasting"),
    ("boot.settings", "启动项写于", "boot written at"),
    ("media.slots", "虚拟介质槽位", "media slots"),
    ("media.form", "虚拟介质形式", "media form"),
    ("tasks", "任务服务", "task service"),
    ("logs", "日志", "logs"),
    ("firmware.inventory", "固件清单", "firmware inventory"),
    ("firmware.update", "固件升级形式", "firmware update"),
    ("bios.settings", "BIOS 设置对象", "BIOS settings object"),
    ("volumes", "存储卷", "storage volumes"),
    ("events", "事件服务", "event service"),
    ("certificates", "证书服务", "certificate service"),
    ("accounts", "账户服务", "account service"),
    ("expand", "$expand", "$expand"),
    ("identify", "定位灯", "identify light"),
    ("sensors", "传感器", "sensors"),
    ("damage", "损坏的字段", "damage"),
    ("ipmi", "IPMI 版本", "IPMI version"),
    ("ipmi.suites", "IPMI 加密套件", "IPMI cipher suites"),
    ("ipmi.users", "IPMI 匿名用户", "IPMI anonymous users"),
    ("ipmi.suite-0", "IPMI 套件 0", "IPMI suite 0"),
];

/// What stands in [`Cell::what`] beside the BMC's own words: in English, and in Chinese.
const PHRASES: &[(&str, &str)] = &[
    ("by the standard", "按标准"),
    ("strong", "强标签"),
    ("weak", "弱标签"),
    ("none", "无"),
    ("twice", "出现两次"),
    ("ends with -gzip", "带 -gzip 后缀"),
    ("quotes doubled", "引号成双"),
    ("without quotes", "没有引号"),
    ("in the body alone", "仅在正文中"),
    ("header and body differ", "头与正文不一致"),
    ("values are not told", "未列出取值"),
    ("the system itself", "系统资源本身"),
    ("session", "会话"),
    ("session, its path is not told", "会话，未给出路径"),
    ("name and password in each request", "每次请求带用户名和密码"),
    ("no credential was given", "未给出凭据"),
    ("no settings object is named", "未指明设置对象"),
    ("loses members", "缺少成员"),
    ("not asked", "未查询"),
    ("no answer", "无应答"),
    ("port closed", "端口未开放"),
    ("not told", "未告知"),
    ("not offered", "未提供"),
    ("offered: nobody has to prove anything", "已提供：无需任何凭据即可进入"),
    ("listed: whether it lets anybody in is not told", "已列出：是否真能进入未告知"),
    ("not read", "未读取"),
];

impl Cell {
    /// Returns what was found, in Chinese where it is a phrase of ours.
    pub fn in_chinese(&self) -> &str {
        PHRASES.iter().find(|(en, _)| *en == self.what).map_or(&self.what, |(_, zh)| zh)
    }
}

/// How requests are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// Without a credential.
    Nobody,
    /// In a session, of which the BMC told where it is closed or did not.
    Held {
        /// Whether it told.
        located: bool,
    },
    /// With name and password in each.
    Basic,
}

/// What was read over Redfish, and what is known of the BMC.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What was read; [`wanted`] says what is needed.
    pub tree: &'a Tree,
    /// The system that is meant; else the first one.
    pub system: Option<&'a str>,
    /// The BMC itself among the managers; else the first one.
    pub manager: Option<&'a str>,
    /// The quirks that hold.
    pub rules: &'a Rules,
    /// The dialect it was taken for.
    pub dialect: Option<&'a Dialect>,
    /// How requests are made.
    pub session: Session,
    /// What the handshake showed.
    pub tls: Option<&'a Shown>,
    /// What was heard of IPMI.
    pub heard: &'a Heard,
}

/// Decides every cell of a BMC that speaks Redfish.
pub fn of_redfish(facts: &Facts<'_>) -> Vec<Cell> {
    let view = View::new(facts);
    let mut cells = Vec::with_capacity(FEATURES.len());
    hosts::put(&view, &mut cells);
    system::put(&view, &mut cells);
    media::put(&view, &mut cells);
    services::put(&view, &mut cells);
    ipmi::put(facts.heard, &mut cells);
    whole(cells)
}

/// Returns the cells in the order of [`FEATURES`], with those that nobody decided.
fn whole(mut cells: Vec<Cell>) -> Vec<Cell> {
    let mut all = Vec::with_capacity(FEATURES.len());
    for (feature, ..) in FEATURES {
        let found = cells.iter().position(|cell| cell.feature == *feature);
        all.push(found.map_or_else(
            || cell(feature, Verdict::Unknown, "not asked", ""),
            |at| cells.swap_remove(at),
        ));
    }
    all
}

fn cell(
    feature: &'static str,
    verdict: Verdict,
    what: impl Into<String>,
    by: impl Into<String>,
) -> Cell {
    Cell { feature, verdict, what: what.into(), by: by.into() }
}
