//! TLS as a BMC speaks it: one certificate, which can be another the next time.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::ServeError;
use crate::simulate::x509::Own;

/// Shows one certificate to everybody.
#[derive(Debug)]
struct One(Arc<CertifiedKey>);

impl ResolvesServerCert for One {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Returns what a certificate is shown and proved by.
pub(super) fn shown(own: &Own) -> Result<Arc<CertifiedKey>, ServeError> {
    let fail = |source| ServeError::Tls { source };
    let key = PrivateKeyDer::Pkcs8(own.key.clone().into());
    let key = ring::sign::any_ecdsa_type(&key).map_err(fail)?;
    let chain = vec![CertificateDer::from(own.certificate.clone())];
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// Returns the configuration that all hosts share but for their certificate.
pub(super) fn common(first: &Arc<CertifiedKey>) -> Result<ServerConfig, ServeError> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| ServeError::Tls { source })?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(One(Arc::clone(first))));
    // Nothing is kept of a connection that has ended: there may be ten thousand hosts.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns the configuration of a host that shows that certificate.
pub(super) fn of(common: &ServerConfig, key: &Arc<CertifiedKey>) -> Arc<ServerConfig> {
    let mut config = common.clone();
    config.cert_resolver = Arc::new(One(Arc::clone(key)));
    Arc::new(config)
}
