//! The columns of a list of hosts, and what may stand in them.

use std::net::Ipv4Addr;

use super::{Adopt, Fault, Listed, Row, Service};
use crate::{
    operation::interface::{Network, Source, Wanted, objection},
    sheet::{is_power_of_ten, narrow},
    trust::Pin,
};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Address,
    Serial,
    Rack,
    Unit,
    Dialect,
    Service,
    Credential,
    Pin,
    IpmiPort,
    Profile,
    NewAddress,
    Prefix,
    Gateway,
    Name,
    NewCredential,
}

impl Column {
    /// Returns its name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Serial => "serial",
            Self::Rack => "rack",
            Self::Unit => "u",
            Self::Dialect => "dialect",
            Self::Service => "in-service",
            Self::Credential => "credential",
            Self::Pin => "pin",
            Self::IpmiPort => "ipmi-port",
            Self::Profile => "profile",
            Self::NewAddress => "new-address",
            Self::Prefix => "prefix",
            Self::Gateway => "gateway",
            Self::Name => "bmc-name",
            Self::NewCredential => "new-credential",
        }
    }

    /// Returns the column of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().map(|(column, _)| *column).find(|column| column.name() == name)
    }
}

/// Names of columns, without spaces, hyphens and underscores and in lower case.
const NAMES: [(Column, &[&str]); 15] = [
    (
        Column::Address,
        &[
            "address",
            "bmc",
            "bmcaddress",
            "bmcip",
            "ip",
            "地址",
            "bmc地址",
            "带外地址",
            "管理地址",
            "带外ip",
            "带外ip地址",
            "bmcip地址",
            "ip地址",
            "管理ip",
            "带外管理ip",
            "带外管理地址",
        ],
    ),
    (
        Column::Serial,
        &["serial", "sn", "s/n", "serialnumber", "序列号", "sn号", "设备序列号", "整机序列号"],
    ),
    (Column::Rack, &["rack", "机柜", "机架", "机柜号", "机柜编号", "机柜名称"]),
    (Column::Unit, &["u", "unit", "u位", "u数", "起始u位", "u位号"]),
    (Column::Dialect, &["dialect", "方言"]),
    (Column::Service, &["inservice", "在用", "已投产"]),
    (Column::Credential, &["credential", "凭据"]),
    (Column::Pin, &["pin", "sha256", "fingerprint", "指纹", "证书指纹"]),
    (Column::IpmiPort, &["ipmiport", "ipmi端口"]),
    (Column::NewAddress, &["newaddress", "newip", "新地址"]),
    (Column::Prefix, &["prefix", "newprefix", "前缀", "前缀长度"]),
    (Column::Gateway, &["gateway", "newgateway", "网关"]),
    (Column::Name, &["bmcname", "hostname", "bmc名称", "主机名"]),
    (Column::NewCredential, &["newcredential", "新凭据"]),
    (Column::Profile, &["profile", "配置档", "验收配置档"]),
];

/// Names of columns that nobody should have in a list.
const SECRETS: [&str; 6] = ["password", "passwd", "pass", "密码", "口令", "bmc密码"];

/// Reads the name of a column.
pub(super) fn column(name: &str) -> Result<Column, Fault> {
    let narrow = narrow(name);
    // `序列号（SN）`: what stands in brackets says it once more.
    let bare = narrow.trim();
    let bare = match bare.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        Some((before, _)) if !before.trim().is_empty() => before,
        _ => bare,
    };
    let is_plain = |at: &char| !at.is_whitespace() && !matches!(at, '-' | '_' | '*' | ':');
    let plain = bare.chars().filter(is_plain).collect::<String>().to_lowercase();
    if SECRETS.contains(&plain.as_str()) {
        return Err(Fault::Password { name: name.to_owned() });
    }
    let known = NAMES.iter().find(|(_, names)| names.contains(&plain.as_str()));
    known.map(|(column, _)| *column).ok_or_else(|| Fault::Column { name: name.to_owned() })
}

/// Reads a host from its row.
pub(super) fn host(mut row: Row) -> Result<Listed, Fault> {
    let mut take = |column| {
        let text = row.cells.remove(&column)?;
        let text = narrow(&text).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let text = take(Column::Address).ok_or(Fault::NoAddress)?;
    let address = text.parse().map_err(|why| Fault::Address { text, why })?;
    let cell = |column, text: &str, wants| Fault::Cell { column, text: text.to_owned(), wants };
    let serial = take(Column::Serial);
    if let Some(text) = &serial
        && is_power_of_ten(text)
    {
        return Err(cell("serial", text, "a spreadsheet has made a number of it and rounded it"));
    }
    let unit = |text: String| {
        let plain = text.trim_start_matches(['u', 'U']).trim_end_matches(['u', 'U']);
        let unit = plain.parse().ok().filter(|unit| (1..=60).contains(unit));
        unit.ok_or_else(|| cell("u", &text, "a rack unit is a number from 1 to 60"))
    };
    let pin = |text: String| {
        text.parse::<Pin>()
            .map_err(|_error| cell("pin", &text, "a SHA-256 has 64 hexadecimal digits"))
    };
    let ipmi_port = |text: String| {
        text.parse()
            .map_err(|_error| cell("ipmi-port", &text, "a port is a number from 1 to 65535"))
    };
    let adopt = adopt(&mut take)?;
    Ok(Listed {
        address,
        serial,
        rack: take(Column::Rack),
        unit: take(Column::Unit).map(unit).transpose()?,
        dialect: take(Column::Dialect),
        service: take(Column::Service).map_or(Ok(Service::Unsaid), |text| service(&text))?,
        credential: take(Column::Credential),
        pin: take(Column::Pin).map(pin).transpose()?,
        ipmi_port: take(Column::IpmiPort).map(ipmi_port).transpose()?,
        adopt,
        profile: take(Column::Profile),
        line: row.line,
    })
}

/// Reads what a host is to be when it is adopted.
fn adopt(take: &mut dyn FnMut(Column) -> Option<String>) -> Result<Adopt, Fault> {
    let cell = |column, text: &str, wants| Fault::Cell { column, text: text.to_owned(), wants };
    let v4 = |column: &'static str| {
        move |text: String| {
            text.parse::<Ipv4Addr>()
                .map_err(|_error| cell(column, &text, "an address of IPv4 is asked for"))
        }
    };
    let new = take(Column::NewAddress).map(v4("new-address")).transpose()?;
    let prefix = |text: String| {
        let bits = text.trim_start_matches('/').parse().ok();
        let bits = bits.filter(|bits| (1..=31).contains(bits));
        bits.ok_or_else(|| cell("prefix", &text, "the bits of a network are 1 to 31"))
    };
    let prefix = take(Column::Prefix).map(prefix).transpose()?;
    let gateway = take(Column::Gateway).map(v4("gateway")).transpose()?;
    let network = match (new, prefix) {
        (Some(address), Some(prefix)) => Some(Network { address, prefix }),
        (None, None) if gateway.is_none() => None,
        _ => return Err(Fault::HalfAddress),
    };
    let source = network.map(|network| Source::Static { network, gateway });
    if let Some((_, why)) = objection(&Wanted { source, ..Wanted::default() }) {
        let text = network.map(|network| network.to_string()).unwrap_or_default();
        return Err(Fault::Unfit { text, why });
    }
    let name = |text: String| {
        let is_sound = text.len() <= 63
            && text.bytes().all(|at| at.is_ascii_alphanumeric() || at == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_sound {
            Ok(text)
        } else {
            Err(cell("bmc-name", &text, "a name is of letters, digits and hyphens, 63 at most"))
        }
    };
    Ok(Adopt {
        network,
        gateway,
        name: take(Column::Name).map(name).transpose()?,
        credential: take(Column::NewCredential),
    })
}

fn service(text: &str) -> Result<Service, Fault> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "是" | "在用" => Ok(Service::In),
        "no" | "false" | "0" | "n" | "否" | "未用" => Ok(Service::Out),
        _ => Err(Fault::Cell {
            column: "in-service",
            text: text.to_owned(),
            wants: "yes or no (是 or 否) is asked for",
        }),
    }
}
