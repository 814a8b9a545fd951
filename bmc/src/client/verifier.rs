//! Which certificates are accepted: one by its SHA-256, those of an authority, or any, when a
//! certificate is only looked at.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms,
        ring::{self, cipher_suite as suite, kx_group},
        verify_tls12_signature, verify_tls13_signature,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::trust::Pin;

/// Whom to trust at a host.
#[derive(Clone, Debug)]
pub enum Trust {
    /// The one with this certificate, whatever it says of itself: its dates, its name.
    Pin(Pin),
    /// Those that these authorities vouch for, by name or address.
    Authorities(Arc<RootCertStore>),
}

/// Returns the TLS of a connection that a credential may be sent over.
///
/// # Errors
/// Where the authorities are none.
pub fn config(trust: Trust) -> Result<ClientConfig, Error> {
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Pin(pin) => Arc::new(Leaf { accepts: Accepts::Only(pin), algorithms: algorithms() }),
        Trust::Authorities(roots) => WebPkiServerVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(|error| Error::General(error.to_string()))?,
    };
    with(verifier)
}

/// Returns the TLS of a connection that only looks at a certificate, and where that is put.
pub(crate) fn looking(seen: Arc<Mutex<Option<Vec<u8>>>>) -> Result<ClientConfig, Error> {
    with(Arc::new(Leaf { accepts: Accepts::Any(seen), algorithms: algorithms() }))
}

fn with(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Error> {
    // What all connections share is made once, for there are thousands; by itself it trusts nobody.
    static BASE: LazyLock<Result<ClientConfig, Error>> = LazyLock::new(|| {
        let mut base = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        // Each hand is shaken, each certificate seen: a session that is taken up again shows none.
        base.resumption = rustls::client::Resumption::disabled();
        Ok(base)
    });
    let mut config = BASE.clone()?;
    config.dangerous().set_certificate_verifier(verifier);
    Ok(config)
}

/// Returns what TLS is made of: all that rustls has on ring, in another order. P-256 and AES-128
/// with SHA-256 come first, for most BMCs are small: their processors and OpenSSL have instructions
/// or assembly for these, and a handshake costs both sides a fifth less (of rustls on x86, too).
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        Arc::new(CryptoProvider {
            cipher_suites: vec![
                suite::TLS13_AES_128_GCM_SHA256,
                suite::TLS13_AES_256_GCM_SHA384,
                suite::TLS13_CHACHA20_POLY1305_SHA256,
                suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            ],
            kx_groups: vec![kx_group::SECP256R1, kx_group::X25519, kx_group::SECP384R1],
            ..ring::default_provider()
        })
    });
    Arc::clone(&PROVIDER)
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    ring::default_provider().signature_verification_algorithms
}

#[derive(Debug)]
enum Accepts {
    Only(Pin),
    Any(Arc<Mutex<Option<Vec<u8>>>>),
}

/// Looks at the leaf alone. That the other side has the key to it is proved all the same.
#[derive(Debug)]
struct Leaf {
    accepts: Accepts,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Leaf {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.accepts {
            Accepts::Only(pin) if Pin::of(leaf) == *pin => {}
            Accepts::Only(_) => {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
            Accepts::Any(seen) => {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaf.to_vec());
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_all_there_is() {
        let (ours, all) = (provider(), ring::default_provider());
        let suites = |provider: &CryptoProvider| {
            let mut names: Vec<u16> =
                provider.cipher_suites.iter().map(|suite| suite.suite().into()).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(suites(&ours), suites(&all));
        let groups = |provider: &CryptoProvider| {
            let mut names: Vec<u16> =
                provider.kx_groups.iter().map(|group| group.name().into()).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(groups(&ours), groups(&all));
    }
}
