//! Certificates of a BMC, and what a request for one says.

/// A certificate that a BMC has; a part is empty where the BMC does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Where it is: a path, or `TLS` for the one that connections show.
    pub place: String,
    /// Whom it is for.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// From when it counts: RFC 3339, or the BMC's own words.
    pub from: String,
    /// Until when.
    pub until: String,
    /// Its SHA-256, where the certificate itself was read.
    pub sha256: Option<String>,
    /// Whether connections show it; `None` where nobody knows.
    pub is_shown: Option<bool>,
}

/// What a request for a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The host's name.
    pub common_name: String,
    /// Other names and addresses that it stands for.
    pub names: Vec<String>,
    /// Two letters of a country.
    pub country: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Organisation.
    pub organization: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
}
