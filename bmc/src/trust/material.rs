//! A certificate that a BMC is to be given, with or without its key, read and checked before
//! anything is sent.

use std::sync::Arc;

use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};

use super::{Leaf, Pin};
use crate::credential::Secret;

/// A certificate, the ones behind it, and its key where that is given.
#[derive(Debug)]
pub struct Material {
    /// The certificate and those behind it, PEM.
    pub certificates: String,
    /// What it will be known by.
    pub pin: Pin,
    /// What it says of itself.
    pub leaf: Leaf,
    /// Its key, PEM.
    pub key: Option<Secret>,
}

/// Why a certificate is none that a BMC can be given. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialError {
    /// There is no certificate.
    #[error("it holds no PEM certificate")]
    NoCertificate,
    /// There is no key.
    #[error("it holds no PEM private key")]
    NoKey,
    /// The key is another one's.
    #[error("the key is not that of the certificate")]
    OtherKey,
    /// The certificate does not count any more, or not yet.
    #[error("the certificate does not count now: it expired, or it begins later")]
    NotNow,
}

impl MaterialError {
    /// Says it in Chinese.
    pub fn in_chinese(&self) -> &'static str {
        match self {
            Self::NoCertificate => "文件中没有 PEM 证书",
            Self::NoKey => "文件中没有 PEM 私钥",
            Self::OtherKey => "私钥与证书不符",
            Self::NotNow => "证书现在无效：已过期或尚未开始",
        }
    }
}

impl Material {
    /// Reads PEM of a certificate, with those behind it, and of its key; `now` is in seconds of
    /// Unix time.
    pub fn read(text: &str, key: Option<Secret>, now: i64) -> Result<Self, MaterialError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(text.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_error| MaterialError::NoCertificate)?;
        let first = chain.first().ok_or(MaterialError::NoCertificate)?;
        let leaf = Leaf::read(first).ok_or(MaterialError::NoCertificate)?;
        if !(leaf.from..=leaf.until).contains(&now) {
            return Err(MaterialError::NotNow);
        }
        if let Some(key) = &key {
            let key = PrivateKeyDer::from_pem_slice(key.reveal().as_bytes())
                .map_err(|_error| MaterialError::NoKey)?;
            let provider = Arc::new(ring::default_provider());
            let signer = provider
                .key_provider
                .load_private_key(key)
                .map_err(|_error| MaterialError::NoKey)?;
            CertifiedKey::new(chain.clone(), signer)
                .keys_match()
                .map_err(|_error| MaterialError::OtherKey)?;
        }
        // Only the certificates: a key that stands among them is not sent by accident.
        let certificates = chain.iter().map(|one| pem(one)).collect();
        Ok(Self { certificates, pin: Pin::of(first), leaf, key })
    }
}

fn pem(der: &[u8]) -> String {
    crate::simulate::x509::pem("CERTIFICATE", der)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::x509::{self, Own, Subject};

    fn made() -> Own {
        let subject = Subject { names: &[(3, "bmc")], addresses: &[], from: 1000, until: 2000 };
        x509::self_signed(&subject).expect("made")
    }

    #[test]
    fn a_certificate_is_taken_with_its_own_key_alone() {
        let (own, other) = (made(), made());
        let text = x509::pem("CERTIFICATE", &own.certificate);
        let key = |own: &Own| Some(Secret::new(x509::pem("PRIVATE KEY", &own.key)));
        let read = Material::read(&text, key(&own), 1500).expect("it fits");
        assert_eq!(read.pin, Pin::of(&own.certificate));
        assert_eq!(read.leaf.subject.common(), Some("bmc"));
        let refused = |text: &str, key, now| Material::read(text, key, now).expect_err("refused");
        assert_eq!(refused(&text, key(&other), 1500), MaterialError::OtherKey);
        assert_eq!(refused(&text, Some(Secret::new(text.clone())), 1500), MaterialError::NoKey);
        assert_eq!(refused("", None, 1500), MaterialError::NoCertificate);
        for now in [999, 2001] {
            assert_eq!(refused(&text, None, now), MaterialError::NotNow);
        }
        // A key in the file of the certificate is not passed on.
        let both = format!("{}{text}", x509::pem("PRIVATE KEY", &own.key));
        let read = Material::read(&both, None, 1500).expect("it reads");
        assert_eq!(read.certificates, text);
    }
}
