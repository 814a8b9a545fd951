//! Reads a profile: leniently, and with an account of all that was not understood.

mod field;
mod requirement;

use std::collections::BTreeMap;

use serde_json::Value;

use self::field::Fields;
use super::{Level, Misread, Profile, Protocol, Registry, Required, Unread, Version};

/// Why a document is no profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// It is no JSON.
    #[error("it is no JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON, and has nothing of a profile.
    #[error(
        "it has neither `Resources` nor `RequiredProfiles`, as an interoperability profile has"
    )]
    NotProfile,
}

impl ProfileError {
    /// Says it in Chinese, as its message does in English.
    pub const fn in_chinese(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "不是 JSON",
            Self::NotProfile => {
                "既没有 `Resources` 也没有 `RequiredProfiles`，不是互操作性配置文件"
            }
        }
    }
}

/// Parts that were not understood and are kept; a profile that has more is none.
const MOST_UNREAD: usize = 1000;

/// What stands where a profile says what it is for: not judged, and nothing to judge.
const PROSE: &[&str] = &[
    "SchemaDefinition",
    "ProfileType",
    "OwningEntity",
    "ContributedBy",
    "License",
    "Purpose",
    "ContactInfo",
];

/// Reads a profile from the bytes of its document.
pub fn read(bytes: &[u8]) -> Result<Profile, ProfileError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(ProfileError::NotJson)?;
    let is_profile = ["Resources", "RequiredProfiles"].iter().any(|key| value.get(key).is_some());
    if !is_profile {
        return Err(ProfileError::NotProfile);
    }
    let mut unread = Vec::new();
    let mut fields = Fields::of(&value, String::new(), &mut unread);
    let mut profile = Profile {
        name: fields.text("ProfileName").unwrap_or_default(),
        version: fields.text("ProfileVersion").and_then(|text| Version::read(&text)),
        ..Profile::default()
    };
    fields.skip(PROSE);
    fields.each("RequiredProfiles", &mut |name, fields| {
        fields.skip(&["Repository", "OwningEntity"]);
        let least = fields.version("MinVersion").unwrap_or(Version(1, 0, 0));
        profile.required.push(Required { name: name.to_owned(), least });
    });
    fields.within("Protocol", &mut |fields| profile.protocol = protocol(fields));
    fields.each("Resources", &mut |kind, fields| {
        profile.resources.insert(kind.to_owned(), requirement::resource(fields));
    });
    fields.each("Registries", &mut |prefix, fields| {
        profile.registries.insert(prefix.to_owned(), registry(fields));
    });
    fields.end(&[]);
    unread.truncate(MOST_UNREAD);
    profile.unread = unread;
    Ok(profile)
}

fn protocol(fields: &mut Fields<'_>) -> Protocol {
    const FEATURES: &[&str] = &[
        "Discovery",
        "HostInterface",
        "ExpandQuery",
        "FilterQuery",
        "SelectQuery",
        "OnlyQuery",
        "ExcerptQuery",
        "DeepPATCH",
        "DeepPOST",
    ];
    let mut protocol = Protocol { least: fields.version("MinVersion"), features: BTreeMap::new() };
    for feature in FEATURES {
        if let Some(level) = fields.level(feature).filter(|level| *level != Level::None) {
            protocol.features.insert((*feature).to_owned(), level);
        }
    }
    // Errors are seen where something is asked wrongly, and this only reads.
    fields.refuse("ErrorResponse", Misread::NotJudged);
    fields.end(FEATURES);
    protocol
}

fn registry(fields: &mut Fields<'_>) -> Registry {
    fields.skip(&["Purpose", "Repository"]);
    let mut registry = Registry {
        read: fields.level("ReadRequirement").unwrap_or_default(),
        least: fields.version("MinVersion"),
        messages: BTreeMap::new(),
    };
    fields.each("Messages", &mut |name, fields| {
        let level = fields.level("ReadRequirement").unwrap_or_default();
        registry.messages.insert(name.to_owned(), level);
        fields.skip(&["Purpose"]);
    });
    fields.refuse("SupportedFeatures", Misread::NotJudged);
    fields.end(&["ReadRequirement"]);
    registry
}
