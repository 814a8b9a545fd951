//! Which properties tell whose a machine is, and which tell a secret.

/// What is done with the value of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It becomes a stand-in, here and wherever else it is written.
    Name,
    /// It is hexadecimal, and becomes a stand-in.
    Hex,
    /// It is an address of hardware.
    Mac,
    /// It is cut.
    Secret,
    /// It is no address, though it looks like one.
    Version,
    /// What it has is looked through.
    Open,
}

/// Names, in lower case, that are whole.
const NAMES: [&str; 14] = [
    "serialnumber",
    "assettag",
    "hostname",
    "fqdn",
    "username",
    "domainname",
    "sparepartserial",
    "chassisserialnumber",
    "boardserialnumber",
    "productserialnumber",
    "dnsname",
    "contact",
    "location",
    "systemname",
];
const HEXES: [&str; 10] = [
    "uuid",
    "serviceentrypointuuid",
    "durablename",
    "wwn",
    "wwnn",
    "wwpn",
    "permanentwwpn",
    "permanentwwnn",
    "associatedworldwidenames",
    "guid",
];
const MACS: [&str; 4] =
    ["macaddress", "permanentmacaddress", "associatedmacaddresses", "associatednetworkaddresses"];
/// Parts of names of what is secret.
const SECRETS: [&str; 11] = [
    "password",
    "passphrase",
    "token",
    "secret",
    "privatekey",
    "community",
    "certificatestring",
    "csrstring",
    "sshkey",
    "publickey",
    "authenticationkey",
];
/// Objects of certificates that tell of whom they are.
const SUBJECTS: [&str; 2] = ["subject", "issuer"];
/// Names that have a part of [`SECRETS`] and hold none: policies, and what is advertised.
const HARMLESS: [&str; 9] = [
    "passwordlength",
    "passwordchangerequired",
    "passwordexpiration",
    "passwordpolicy",
    "enabled",
    "supported",
    "allowable",
    "passwordname",
    "type",
];

/// Returns what is done with the value of a property.
pub(super) fn kind(name: &str) -> Kind {
    let plain: String = name
        .chars()
        .filter(|at| !matches!(at, '-' | '_' | ' '))
        .map(|at| at.to_ascii_lowercase())
        .collect();
    // An annotation is about a property, and no value of it.
    if plain.contains('@') {
        return Kind::Open;
    }
    let has = |part: &str| plain.contains(part);
    if SECRETS.iter().any(|part| has(part)) && !HARMLESS.iter().any(|part| has(part)) {
        return Kind::Secret;
    }
    if NAMES.contains(&plain.as_str()) || plain.ends_with("serialnumber") {
        return Kind::Name;
    }
    if HEXES.contains(&plain.as_str()) || plain.ends_with("uuid") || plain.ends_with("guid") {
        return Kind::Hex;
    }
    if MACS.contains(&plain.as_str()) {
        return Kind::Mac;
    }
    if ["version", "revision", "subnetmask", "fingerprint"].iter().any(|part| has(part)) {
        return Kind::Version;
    }
    Kind::Open
}

/// Says whether an object of that name tells of whom a certificate is.
pub(super) fn is_subject(name: &str) -> bool {
    SUBJECTS.contains(&name.to_ascii_lowercase().as_str())
}

/// Says whether a value tells nothing: what stands where a maker wrote no number.
pub(super) fn is_placeholder(text: &str) -> bool {
    let zeros = text.chars().all(|at| matches!(at, '0' | '-' | ':' | ' '));
    let words = [
        "n/a",
        "na",
        "none",
        "null",
        "unknown",
        "not specified",
        "not available",
        "absent",
        "default string",
        "to be filled by o.e.m.",
        "localhost",
        "undefined",
    ];
    zeros || words.contains(&text.trim().to_ascii_lowercase().as_str())
}

/// User names that every make has, and words that texts have anyway: they are not looked for in
/// other texts.
pub(super) fn is_common_word(text: &str) -> bool {
    let words = [
        "admin",
        "administrator",
        "root",
        "operator",
        "readonly",
        "user",
        "guest",
        "anonymous",
        "system",
        "server",
        "chassis",
        "redfish",
        "none",
        "default",
    ];
    text.chars().count() < 5 || words.contains(&text.to_ascii_lowercase().as_str())
}
