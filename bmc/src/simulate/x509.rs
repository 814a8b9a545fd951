//! Certificates that BMCs sign themselves, and requests for others to sign: DER as RFC 5280 and
//! RFC 2986 have it, ECDSA on P-256 with SHA-256.

use base64::{Engine as _, prelude::BASE64_STANDARD as STANDARD};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};

use super::clock::civil;

/// `ecdsa-with-SHA256` as an algorithm (RFC 5758 §3.2).
const ECDSA: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// `id-ecPublicKey` on `prime256v1` as an algorithm (RFC 5480 §2.1).
const P256: &[u8] = &[
    0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
    7,
];
const SEQUENCE: u8 = 0x30;

/// No key was made: there is no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key could be made")]
pub struct KeyError;

/// A certificate and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Own {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// The key, PKCS #8.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the key.
        out.debug_struct("Own")
            .field("certificate", &self.certificate.len())
            .finish_non_exhaustive()
    }
}

/// Whom a certificate is for, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject<'s> {
    /// Its names: the last arc of the attribute's type below 2.5.4 (3 is the common name), and
    /// the text.
    pub names: &'s [(u8, &'s str)],
    /// Addresses that it stands for, in the bytes of an IP address.
    pub addresses: &'s [Vec<u8>],
    /// From when, seconds of Unix time.
    pub from: u64,
    /// Until when.
    pub until: u64,
}

/// Writes a value with its tag and length.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(0x7f));
            out.extend(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(SEQUENCE, &parts.concat())
}

fn name(names: &[(u8, &str)]) -> Vec<u8> {
    let one = |(arc, text): &(u8, &str)| {
        let kind = tagged(6, &[0x55, 4, *arc]);
        // A country is a PrintableString, all else UTF-8.
        let text = tagged(if *arc == 6 { 0x13 } else { 0x0c }, text.as_bytes());
        tagged(0x31, &sequence(&[&kind, &text]))
    };
    let all: Vec<u8> = names.iter().flat_map(one).collect();
    tagged(SEQUENCE, &all)
}

fn time(unix_s: u64) -> Vec<u8> {
    let (year, month, day) = civil(unix_s / 86_400);
    let second = unix_s % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    // Two digits of the year until 2049 (RFC 5280 §4.1.2.5).
    if year < 2050 {
        let year = year % 100;
        let text = format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
        tagged(0x17, text.as_bytes())
    } else {
        let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
        tagged(0x18, text.as_bytes())
    }
}

fn bits(content: &[u8]) -> Vec<u8> {
    tagged(3, &[&[0], content].concat())
}

/// Makes a key: PKCS #8, and what signs with it.
fn key() -> Result<(Vec<u8>, EcdsaKeyPair), KeyError> {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random);
    let der = der.map_err(|_error| KeyError)?.as_ref().to_vec();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, &der, &random);
    Ok((der, pair.map_err(|_error| KeyError)?))
}

fn public(pair: &EcdsaKeyPair) -> Vec<u8> {
    sequence(&[P256, &bits(pair.public_key().as_ref())])
}

/// Signs, and puts algorithm and signature behind what was signed.
fn signed(content: &[u8], pair: &EcdsaKeyPair) -> Result<Vec<u8>, KeyError> {
    let signature = pair.sign(&SystemRandom::new(), content).map_err(|_error| KeyError)?;
    Ok(sequence(&[content, ECDSA, &bits(signature.as_ref())]))
}

/// Makes a certificate that is signed by its own key.
pub fn self_signed(subject: &Subject<'_>) -> Result<Own, KeyError> {
    let (der, pair) = key()?;
    let mut serial = [0_u8; 9];
    SystemRandom::new().fill(&mut serial).map_err(|_error| KeyError)?;
    // Positive, and not shortened.
    let [first, ..] = &mut serial;
    *first = 1;
    let names = name(subject.names);
    let addresses: Vec<u8> =
        subject.addresses.iter().flat_map(|address| tagged(0x87, address)).collect();
    let names_of = tagged(4, &tagged(SEQUENCE, &addresses));
    // subjectAltName
    let extension = sequence(&[&tagged(6, &[0x55, 0x1d, 0x11]), &names_of]);
    let extensions =
        if addresses.is_empty() { Vec::new() } else { tagged(0xa3, &tagged(SEQUENCE, &extension)) };
    let content = sequence(&[
        &tagged(0xa0, &tagged(2, &[2])),
        &tagged(2, &serial),
        ECDSA,
        &names,
        &sequence(&[&time(subject.from), &time(subject.until)]),
        &names,
        &public(&pair),
        &extensions,
    ]);
    Ok(Own { certificate: signed(&content, &pair)?, key: der })
}

/// Makes a certificate for the key and the names of a request, as an authority that trusts anybody
/// would: it is signed by a key that is thrown away. The key is the requester's own.
pub fn issued(request: &[u8]) -> Option<Own> {
    let (subject, public) = parts(request)?;
    let (_, pair) = key().ok()?;
    let content = sequence(&[
        &tagged(0xa0, &tagged(2, &[2])),
        &tagged(2, &[1]),
        ECDSA,
        &name(&[(3, "authority")]),
        &sequence(&[&time(0), &time(4_000_000_000)]),
        subject,
        public,
    ]);
    Some(Own { certificate: signed(&content, &pair).ok()?, key: Vec::new() })
}

/// Returns the names and the public key of a request of ours, as they stand in it.
fn parts(request: &[u8]) -> Option<(&[u8], &[u8])> {
    // The algorithm is where the key's part begins, behind its tag and length.
    let at = request.windows(P256.len()).position(|window| window == P256)?.checked_sub(2)?;
    let behind = request.get(at..)?;
    let length = usize::from(*behind.get(1)?).checked_add(2)?;
    let public = behind.get(..length)?;
    // Before it are the names, behind the version 0.
    let version = request.windows(3).position(|window| window == [2, 1, 0])?.checked_add(3)?;
    Some((request.get(version..at)?, public))
}

/// Makes a key and a request that an authority signs a certificate for it: DER, and the key.
pub(super) fn request(names: &[(u8, &str)]) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    let (der, pair) = key()?;
    let content = sequence(&[&tagged(2, &[0]), &name(names), &public(&pair), &tagged(0xa0, &[])]);
    Ok((signed(&content, &pair)?, der))
}

/// Returns whether a certificate has that key.
pub(super) fn fits(certificate: &[u8], key: &[u8]) -> bool {
    let random = SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, &random).is_ok_and(|pair| {
        let public = public(&pair);
        certificate.windows(public.len()).any(|window| window == public)
    })
}

/// Writes PEM (RFC 7468).
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            out.push('\n');
        }
        out.push(digit);
    }
    for part in ["\n-----END ", label, "-----\n"] {
        out.push_str(part);
    }
    out
}

/// Reads the first part of that label from PEM.
pub fn of_pem(label: &str, text: &str) -> Option<Vec<u8>> {
    let (_, behind) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (inside, _) = behind.split_once(&format!("-----END {label}-----"))?;
    let digits: String = inside.split_ascii_whitespace().collect();
    STANDARD.decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{
        RootCertStore,
        client::{WebPkiServerVerifier, danger::ServerCertVerifier},
        pki_types::{CertificateDer, ServerName, UnixTime},
    };

    use super::*;

    fn verified(certificate: &[u8], at: u64) -> Result<(), String> {
        let certificate = CertificateDer::from(certificate.to_vec());
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).map_err(|error| error.to_string())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| error.to_string())?;
        let name = ServerName::try_from("127.0.0.7").map_err(|error| error.to_string())?;
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(at));
        let seen = verifier.verify_server_cert(&certificate, &[], &name, &[], now);
        seen.map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_library_of_certificates_takes_ours() {
        let address = vec![127, 0, 0, 7];
        let subject = Subject {
            names: &[(3, "bmc-7")],
            addresses: std::slice::from_ref(&address),
            from: 1_700_000_000,
            until: 2_600_000_000,
        };
        let own = self_signed(&subject).expect("made");
        assert_eq!(verified(&own.certificate, 1_800_000_000), Ok(()));
        assert!(verified(&own.certificate, 2_700_000_000).is_err(), "expired");
        assert!(fits(&own.certificate, &own.key));
        let other = self_signed(&subject).expect("made");
        assert!(!fits(&own.certificate, &other.key));
        let text = pem("CERTIFICATE", &own.certificate);
        assert_eq!(of_pem("CERTIFICATE", &text), Some(own.certificate));
    }
}
