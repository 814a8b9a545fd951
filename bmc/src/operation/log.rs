//! Entries of a BMC's logs: the SEL of IPMI, the log services of Redfish.

/// How bad an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The BMC does not say, and it does not follow from the entry.
    Unknown,
    /// It tells of something.
    Ok,
    /// Something may fail.
    Warning,
    /// Something failed.
    Critical,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number or name in its log.
    pub id: String,
    /// The log it stands in: `SEL`, or the path of a log service.
    pub log: String,
    /// When, as the BMC's clock had it: RFC 3339, or seconds after its start (`+42`).
    pub time: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: a sensor's name, an origin.
    pub origin: Option<String>,
    /// What happened.
    pub message: String,
    /// The record as it was read, hexadecimal, of IPMI.
    pub raw: Option<String>,
}
