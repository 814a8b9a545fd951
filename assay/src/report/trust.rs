//! Cards of public keys: whose key it is, and for which role it counts.
//!
//! A file of them (TOML, `[[key]]`) is what somebody trusts; `assay key new` writes one beside
//! each private key. It comes from outside of a report, never with it.

use profiles::Role;
use serde::Deserialize;

use super::sign::PublicKey;

/// A public key, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What the file calls it.
    pub name: Option<String>,
    /// The key.
    pub key: PublicKey,
    /// The role that it signs in.
    pub role: Option<Role>,
    /// The unit that it signs for.
    pub org: Option<String>,
    /// The person who has it.
    pub by: Option<String>,
}

/// Why a file of cards could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum TrustError {
    /// It is not TOML, or not of cards.
    #[error("`{file}` is no list of keys: {message}")]
    Form { file: String, message: String },
    /// It names no key.
    #[error("`{file}` lists no `[[key]]`")]
    Empty { file: String },
    /// What stands as a key is none.
    #[error("`{file}`, key {number}: `public` is no public key")]
    Key { file: String, number: usize },
    /// What stands as a role is none.
    #[error("`{file}`, key {number}: `{role}` is no role")]
    Role { file: String, number: usize, role: String },
    /// It is trusted for no role.
    #[error("`{file}`, key {number} names no `role`")]
    NoRole { file: String, number: usize },
}

impl TrustError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Form { .. } | Self::Empty { .. } | Self::Key { .. } => Some(
                "`assay key show NAME --card` prints an entry; collect those of the parties"
                    .to_owned(),
            ),
            Self::Role { .. } | Self::NoRole { .. } => {
                Some(format!("roles are {}", Role::ALL.map(Role::word).join(", ")))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    key: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    public: String,
    role: Option<String>,
    org: Option<String>,
    by: Option<String>,
}

/// Reads the cards in the text of the file named `file`; a role may be left out.
pub fn cards(file: &str, text: &str) -> Result<Vec<Card>, TrustError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read: File = typed_json::parse_toml(text)
        .map_err(|message| TrustError::Form { file: file.to_owned(), message })?;
    if read.key.is_empty() {
        return Err(TrustError::Empty { file: file.to_owned() });
    }
    let card = |(number, entry): (usize, Entry)| {
        let file = || file.to_owned();
        let key = PublicKey::parse("", &entry.public)
            .map_err(|_no_key| TrustError::Key { file: file(), number })?;
        let role = match entry.role {
            None => None,
            Some(role) => match Role::named(&role) {
                None => return Err(TrustError::Role { file: file(), number, role }),
                known => known,
            },
        };
        Ok(Card { name: entry.name, key, role, org: entry.org, by: entry.by })
    };
    (1..).zip(read.key).map(card).collect()
}

/// Reads the cards that somebody trusts: each has a role.
pub fn parse(file: &str, text: &str) -> Result<Vec<Card>, TrustError> {
    let cards = cards(file, text)?;
    match cards.iter().position(|card| card.role.is_none()) {
        Some(at) => Err(TrustError::NoRole { file: file.to_owned(), number: at.saturating_add(1) }),
        None => Ok(cards),
    }
}

impl Card {
    /// Returns the card as an entry of such a file.
    pub fn to_toml(&self) -> String {
        let mut text = "[[key]]\n".to_owned();
        let role = self.role.map(|role| role.word().to_owned());
        let public = Some(self.key.line());
        let fields = [
            ("name", &self.name),
            ("public", &public),
            ("role", &role),
            ("org", &self.org),
            ("by", &self.by),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                text.extend([field, " = ", &quoted(value), "\n"]);
            }
        }
        text
    }
}

/// Returns `text` as a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.extend(["\\u", &format!("{:04X}", u32::from(c))]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sign::{Algorithm, SecretKey};

    fn card(algorithm: Algorithm) -> Card {
        Card {
            name: Some("wang".to_owned()),
            key: SecretKey::from_random(algorithm, [5; 32]).expect("a key").public(),
            role: Some(Role::Supervisor),
            org: Some("某某\"监理\\有限公司\n".to_owned()),
            by: None,
        }
    }

    #[test]
    fn a_card_is_read_as_it_was_written() {
        let both = [card(Algorithm::Ed25519), card(Algorithm::Sm2)];
        let text = both.each_ref().map(Card::to_toml).concat();
        assert_eq!(parse("trust.toml", &text).expect("its own form"), both);
    }

    #[test]
    fn a_wrong_list_is_refused_with_file_and_number() {
        let good = card(Algorithm::Sm2).to_toml();
        let no_role = Card { role: None, ..card(Algorithm::Sm2) }.to_toml();
        assert_eq!(cards("t", &no_role).expect("a card may have none").len(), 1);
        for (text, said) in [
            (String::new(), "`t` lists no `[[key]]`"),
            ("key = 1".to_owned(), "`t` is no list of keys: "),
            (format!("{good}rolle = \"x\"\n"), "`t` is no list of keys: "),
            (good.replace("sm2:04", "sm2:05"), "`t`, key 1: `public` is no public key"),
            (good.replace("supervisor", "boss"), "`t`, key 1: `boss` is no role"),
            (format!("{good}{no_role}"), "`t`, key 2 names no `role`"),
        ] {
            let error = parse("t", &text).expect_err("it is wrong").to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
