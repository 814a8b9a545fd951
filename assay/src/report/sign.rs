//! Signatures over a report's manifest: integrity by key (完整性校验).
//!
//! Ed25519 (RFC 8032), or SM2 with SM3 (GB/T 32918.2). A signature covers the
//! digest of `manifest.json`, and so every byte of the report, with the signer's
//! name, role, stage and time, and the signatures before it. It proves that
//! nothing changed since; it is no legal electronic signature, and says nothing
//! of the truth of a measurement.
//!
//! The public key stands beside each signature, so that damage to the file of
//! signatures is found by anyone; whether to trust a key is the reader's word,
//! who gives the key to [`super::verify`].

pub(in crate::report) mod decision;
mod key;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    canonical::{self, CanonicalError},
    cover::Stage,
    digest::{Digests, hex},
};

pub use key::{Algorithm, KeyError, PublicKey, SecretKey};

/// The schema id that every file of signatures carries.
pub const SCHEMA: &str = "assay-signatures/v1";

/// What a signature is over begins so, lest it serve for anything else.
const DOMAIN: &[u8] = b"assay-report-v1\0";

/// Who signs.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Name of the person or unit.
    pub name: String,
    /// Role: `监理单位`.
    pub role: String,
    /// Stage of acceptance, where one is meant.
    pub stage: Option<Stage>,
    /// Now, RFC 3339.
    pub at: String,
}

/// The signatures of a report, in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signatures {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The signatures.
    pub signatures: Vec<SignatureEntry>,
}

impl Default for Signatures {
    fn default() -> Self {
        Self { schema: SCHEMA.to_owned(), signatures: Vec::new() }
    }
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureEntry {
    /// What is signed.
    pub statement: Statement,
    /// The signature over it, 128 hexadecimal digits; of SM2 r and s.
    pub signature: String,
}

/// What is signed: `assay-report-v1`, a zero byte, and this as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// `ed25519`, or `sm2` (with SM3, user id `1234567812345678`).
    pub algorithm: String,
    /// The signer's public key: 64 hexadecimal digits, of SM2 130 (4, x, y).
    pub public_key: String,
    /// SHA-256 of `manifest.json`.
    pub manifest: String,
    /// Root over the machines' results.
    pub root: String,
    /// Who signs.
    pub signer: String,
    /// In which role.
    pub role: String,
    /// At which stage of acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// When, by the signer's clock, RFC 3339.
    pub at: String,
    /// SHA-256 of the signatures before this one, as canonical JSON.
    pub previous: String,
}

/// Returns `earlier` with one more signature, over the manifest's bytes.
pub fn sign(
    manifest: &[u8],
    root: &Digests,
    earlier: Signatures,
    key: &SecretKey,
    signer: Signer,
) -> Result<Signatures, CanonicalError> {
    let mut all = earlier;
    let statement = Statement {
        algorithm: key.public().algorithm().word().to_owned(),
        public_key: key.public().digits(),
        manifest: Digests::of(manifest).sha256,
        root: root.sha256.clone(),
        signer: signer.name,
        role: signer.role,
        stage: signer.stage,
        at: signer.at,
        previous: chain(&all.signatures)?,
    };
    let signature = hex(&key.sign(&message(&statement)?));
    all.signatures.push(SignatureEntry { statement, signature });
    Ok(all)
}

/// Returns the keys that signed, or what is wrong with the first bad signature.
pub fn check(
    manifest: &[u8],
    root: &Digests,
    signatures: &Signatures,
) -> Result<Vec<PublicKey>, String> {
    if signatures.schema != SCHEMA {
        return Err(format!("has the schema `{}`, not `{SCHEMA}`", signatures.schema));
    }
    if signatures.signatures.is_empty() {
        return Err("holds no signature".to_owned());
    }
    let digest = Digests::of(manifest).sha256;
    let mut keys = Vec::new();
    for (index, entry) in signatures.signatures.iter().enumerate() {
        let number = index.saturating_add(1);
        let earlier = signatures.signatures.get(..index).unwrap_or_default();
        let fits = |said: &str, is: &str, what: &str| {
            if said == is { Ok(()) } else { Err(format!("signature {number} is over {what}")) }
        };
        let statement = &entry.statement;
        fits(&statement.manifest, &digest, "another manifest.json")?;
        fits(&statement.root, &root.sha256, "another root")?;
        let previous = chain(earlier).map_err(|error| error.to_string())?;
        fits(&statement.previous, &previous, "other earlier signatures")?;
        let message = message(statement).map_err(|error| error.to_string())?;
        let key = PublicKey::of(&statement.algorithm, &statement.public_key)
            .ok_or_else(|| format!("signature {number} names no usable key"))?;
        match key.signed_hex(&message, &entry.signature) {
            Some(true) => {}
            Some(false) => return Err(format!("signature {number} does not fit its key")),
            None => return Err(format!("signature {number} is malformed")),
        }
        keys.push(key);
    }
    Ok(keys)
}

fn chain(earlier: &[SignatureEntry]) -> Result<String, CanonicalError> {
    Ok(Digests::of(&canonical::to_bytes(&earlier)?).sha256)
}

fn message(statement: &Statement) -> Result<Vec<u8>, CanonicalError> {
    let mut message = DOMAIN.to_vec();
    message.extend(canonical::to_bytes(statement)?);
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8032 §7.1, test 1; the PEM forms are of the same key, by
    // `openssl pkey -inform DER` over the prefixes of RFC 8410.
    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SECRET_PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    const PUBLIC_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
        -----END PUBLIC KEY-----\n";

    fn signer(name: &str) -> Signer {
        Signer {
            name: name.to_owned(),
            role: "监理单位".to_owned(),
            stage: Some(Stage::Final),
            at: "2026-11-23T10:00:00Z".to_owned(),
        }
    }

    #[test]
    fn both_forms_of_a_key_are_the_same_key() {
        let hex = SecretKey::parse("k", SECRET).unwrap().public();
        assert!(hex == SecretKey::parse("k", SECRET_PEM).unwrap().public());
        assert_eq!(PublicKey::parse("k", PUBLIC).unwrap(), hex);
        assert_eq!(PublicKey::parse("k", PUBLIC_PEM).unwrap(), hex);
        assert_eq!(hex.id(), "21fe31dfa154a261");
        assert_eq!(hex.to_pem(), PUBLIC_PEM);
        let again = SecretKey::parse("k", SECRET).unwrap().to_pem();
        assert_eq!(SecretKey::parse("k", &again).unwrap().public(), hex);
        for bad in ["", "00", PUBLIC_PEM, &"z".repeat(64)] {
            assert!(SecretKey::parse("k", bad).is_err(), "{bad}");
        }
        let zero = PublicKey::parse("k.pub", &"0".repeat(64)).unwrap_err();
        assert!(zero.to_string().starts_with("`k.pub` holds no public key"));
    }

    #[test]
    fn signatures_append_and_each_covers_those_before_it() {
        let (manifest, root) = (b"{}".as_slice(), Digests::of(b"root"));
        let (first, second) = (
            SecretKey::parse("k", SECRET).unwrap(),
            SecretKey::parse("k", &"11".repeat(32)).unwrap(),
        );
        let one = sign(manifest, &root, Signatures::default(), &first, signer("甲")).unwrap();
        let two = sign(manifest, &root, one.clone(), &second, signer("乙")).unwrap();
        assert_eq!(check(manifest, &root, &two), Ok(vec![first.public(), second.public()]));

        assert!(check(b"{} ", &root, &two).is_err());
        assert!(check(manifest, &Digests::of(b"other"), &two).is_err());
        let edits: [fn(&mut Signatures); 6] = [
            |all| all.signatures.swap(0, 1),
            |all| drop(all.signatures.remove(0)),
            |all| all.signatures[0].statement.signer.push('x'),
            |all| all.signatures[0].statement.stage = None,
            |all| all.signatures[1].statement.at.replace_range(0..1, "3"),
            |all| all.signatures.clear(),
        ];
        for (index, edit) in edits.into_iter().enumerate() {
            let mut edited = two.clone();
            edit(&mut edited);
            assert!(check(manifest, &root, &edited).is_err(), "edit {index}");
        }
    }
}
