//! Lists of hosts: what is in which rack, where its BMC is, and whether it may be touched.
//!
//! A list is a CSV table, a workbook (XLSX) or a TOML document of `[[host]]`; all become rows of
//! named cells, read by one reader. Names of columns are English or Chinese. A cell that cannot be read refuses the
//! list: a mark of service that is misspelt must not count as out of service.

mod csv;
mod field;
#[cfg(test)]
mod tests;
mod toml;
mod xlsx;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU16,
};

use crate::{
    operation::interface::Network,
    sheet,
    target::{Address, AddressError, Host},
    trust::Pin,
};

pub use csv::csv;
pub use toml::toml;
pub use xlsx::{is_xlsx, xlsx};

/// Hosts that a list may have; the bars are of 10,000.
pub const MOST: usize = 100_000;

/// Whether a host is in service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Service {
    /// Nothing is said of it.
    #[default]
    Unsaid,
    /// It is not: it may be changed.
    Out,
    /// It is: it is never changed.
    In,
}

/// A host of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where its BMC is reached.
    pub address: Address,
    /// The serial number that is expected of it.
    pub serial: Option<String>,
    /// The rack it stands in.
    pub rack: Option<String>,
    /// The lowest rack unit it takes, 1 at the bottom.
    pub unit: Option<u8>,
    /// The dialect of its BMC, where it is not to be found out.
    pub dialect: Option<String>,
    /// Whether it is in service.
    pub service: Service,
    /// The name of its credential; never the credential.
    pub credential: Option<String>,
    /// The SHA-256 of its certificate.
    pub pin: Option<Pin>,
    /// The UDP port of its IPMI, where it is not 623.
    pub ipmi_port: Option<NonZeroU16>,
    /// What it is to be when it is adopted.
    pub adopt: Adopt,
    /// The profile that it is judged by, as `assay profile list` names it.
    pub profile: Option<String>,
    /// The line of the list, from 1.
    pub line: usize,
}

/// What a BMC is to be when it is taken from its factory state into service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopt {
    /// Its address and the bits of its network.
    pub network: Option<Network>,
    /// Its gateway.
    pub gateway: Option<Ipv4Addr>,
    /// Its own name.
    pub name: Option<String>,
    /// The name of the credential that it is to have; never the credential.
    pub credential: Option<String>,
}

/// Why a list was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct ListError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum Fault {
    /// Text in an encoding that is not read.
    #[error("the text is neither UTF-8 nor GB 18030")]
    Encoding,
    /// A workbook of before 2007, or one that is locked by a password.
    #[error("it is an old workbook (.xls), or one that a password locks")]
    OldWorkbook,
    /// A workbook that does not read.
    #[error("the workbook does not read: {what}")]
    Workbook { what: String },
    /// Two sheets that could be meant.
    #[error("both sheets `{first}` and `{second}` list addresses")]
    Sheets { first: String, second: String },
    /// A cell below no name.
    #[error("`{text}` stands below no name of a column")]
    Nameless { text: String },
    /// Something is wrong in a cell of a workbook.
    #[error("cell {cell}: {fault}")]
    At { cell: String, fault: Box<Fault> },
    /// Not TOML.
    #[error("{what}")]
    Syntax { what: String },
    /// There is no line of names, or no host.
    #[error("the list has no hosts")]
    Empty,
    /// Too many hosts.
    #[error("the list has more than {MOST} hosts")]
    TooMany,
    /// A column that we do not know.
    #[error("the column `{name}` is not known")]
    Column { name: String },
    /// One column twice.
    #[error("the column `{name}` is there twice")]
    Twice { name: String },
    /// No address.
    #[error("the host has no address")]
    NoAddress,
    /// More cells than names.
    #[error("the line has {cells} cells, and the table has {columns} columns")]
    Cells { cells: usize, columns: usize },
    /// An address that is none.
    #[error("address `{text}`: {why}")]
    Address { text: String, why: AddressError },
    /// A cell that cannot be read.
    #[error("{column} `{text}`: {wants}")]
    Cell { column: &'static str, text: String, wants: &'static str },
    /// One address in two lines.
    #[error("`{address}` stands on line {first} already")]
    Again { address: Address, first: usize },
    /// One serial number in two lines.
    #[error("serial number `{serial}` stands on line {first} already")]
    SameSerial { serial: String, first: usize },
    /// A new address without the bits of its network, or those or a gateway without an address.
    #[error("`new-address` and `prefix` stand together, and `gateway` with them")]
    HalfAddress,
    /// A new address that is none for a host.
    #[error("new-address `{text}`: {why}")]
    Unfit { text: String, why: String },
    /// A new address that is another host's, now or later.
    #[error("the new address `{address}` is that of line {first} too")]
    SameNew { address: Ipv4Addr, first: usize },
    /// A column that would hold a secret.
    #[error("the column `{name}` would hold passwords, and a list is passed around")]
    Password { name: String },
}

impl From<sheet::Fault> for Fault {
    fn from(fault: sheet::Fault) -> Self {
        match fault {
            sheet::Fault::Encoding => Self::Encoding,
            sheet::Fault::OldWorkbook => Self::OldWorkbook,
            sheet::Fault::Workbook { what } => Self::Workbook { what },
            sheet::Fault::TooMany { .. } => Self::TooMany,
            sheet::Fault::Long { .. } => Self::Syntax { what: fault.to_string() },
        }
    }
}

impl From<sheet::SheetError> for ListError {
    fn from(error: sheet::SheetError) -> Self {
        Self { line: error.line, fault: error.fault.into() }
    }
}

impl Fault {
    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Encoding => {
                ("另存为 UTF-8 的 CSV，或 .xlsx", "save it as CSV in UTF-8, or as .xlsx")
            }
            Self::OldWorkbook | Self::Workbook { .. } => (
                "在表格软件中不加密码另存为 .xlsx 或 CSV",
                "save it as .xlsx or CSV, without a password",
            ),
            Self::Sheets { .. } => (
                "只留一张主机清单，或把另一张隐藏",
                "leave one sheet of hosts, or hide the other one",
            ),
            Self::Nameless { .. } => {
                ("给该列写上列名，或清空该单元格", "give the column a name, or empty the cell")
            }
            Self::At { fault, .. } => fault.hint(),
            Self::Column { .. } | Self::Twice { .. } | Self::NoAddress | Self::Empty => (
                "列名：address, serial, rack, u, dialect, in-service, credential, pin, ipmi-port, profile, new-address, prefix, gateway, bmc-name, new-credential（地址、序列号、机柜、U位、方言、在用、凭据、指纹、IPMI端口、配置档、新地址、前缀、网关、BMC名称、新凭据）",
                "columns are: address, serial, rack, u, dialect, in-service, credential, pin, ipmi-port, \
                 profile, new-address, prefix, gateway, bmc-name, new-credential",
            ),
            Self::Password { .. } => (
                "写凭据的名字（credential 列），密码留在凭据文件里",
                "name a credential (column credential) and keep the password in the file of credentials",
            ),
            Self::Cell { column: "serial", .. } => (
                "在表格软件中把该列设为文本，重新填写序列号",
                "make the column text in the spreadsheet and enter the serial number again",
            ),
            Self::Syntax { .. }
            | Self::TooMany
            | Self::Cells { .. }
            | Self::Address { .. }
            | Self::Cell { .. }
            | Self::Again { .. }
            | Self::SameSerial { .. }
            | Self::HalfAddress
            | Self::Unfit { .. }
            | Self::SameNew { .. } => ("改正该行", "correct that line"),
        }
    }
}

impl Fault {
    /// Returns the column that it is about, of faults of one cell.
    fn column(&self) -> Option<field::Column> {
        match self {
            Self::NoAddress | Self::Address { .. } | Self::Again { .. } => {
                Some(field::Column::Address)
            }
            Self::SameSerial { .. } => Some(field::Column::Serial),
            Self::Cell { column, .. } => field::Column::named(column),
            _ => None,
        }
    }
}

/// A row: the text of each column that has one, and where it stands.
#[derive(Debug)]
struct Row {
    cells: BTreeMap<field::Column, String>,
    line: usize,
}

/// Refuses new addresses that two have, or that another one has now.
fn moved(hosts: &[Listed]) -> Result<(), ListError> {
    let now = |host: &Listed| match host.address.host {
        Host::Ip(IpAddr::V4(ip)) => Some(ip),
        _ => None,
    };
    let mut lines = BTreeMap::new();
    lines.extend(hosts.iter().filter_map(|host| Some((now(host)?, host.line))));
    let mut new = BTreeMap::new();
    for host in hosts {
        let Some(network) = host.adopt.network else { continue };
        let address = network.address;
        let twice = new.insert(address, host.line);
        let taken = lines.get(&address).copied().filter(|_| now(host) != Some(address));
        if let Some(first) = twice.or(taken) {
            return Err(ListError { line: host.line, fault: Fault::SameNew { address, first } });
        }
    }
    Ok(())
}

/// Makes hosts of rows, and refuses two of one address or serial number.
fn hosts(rows: Vec<Row>) -> Result<Vec<Listed>, ListError> {
    let (mut addresses, mut serials) = (BTreeMap::new(), BTreeMap::new());
    let mut hosts = Vec::new();
    for row in rows {
        let line = row.line;
        let fail = |fault| ListError { line, fault };
        if hosts.len() >= MOST {
            return Err(fail(Fault::TooMany));
        }
        let host = field::host(row).map_err(fail)?;
        if let Some(first) = addresses.insert(host.address.clone(), line) {
            return Err(fail(Fault::Again { address: host.address, first }));
        }
        if let Some(serial) = &host.serial
            && let Some(first) = serials.insert(serial.clone(), line)
        {
            return Err(fail(Fault::SameSerial { serial: serial.clone(), first }));
        }
        hosts.push(host);
    }
    if hosts.is_empty() {
        return Err(ListError { line: 1, fault: Fault::Empty });
    }
    moved(&hosts)?;
    Ok(hosts)
}
