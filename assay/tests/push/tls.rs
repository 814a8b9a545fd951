//! A receiver behind TLS, with authorities of the test's own.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::JoinHandle,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, Stream,
    crypto::ring::default_provider,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

/// An authority that signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate in PEM, and its key.
pub(crate) struct Signed {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Signed {
    /// Returns both in PEM, as `--client-cert` takes them.
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem() + &self.key.serialize_pem()
    }
}

impl Authority {
    /// Makes one.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names, none invalid");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("the generator works");
        Self(CertifiedIssuer::self_signed(params, key).expect("it signs itself"))
    }

    /// Returns its certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Signs a certificate for a host.
    pub(crate) fn sign(&self, host: &str) -> Signed {
        let params = CertificateParams::new(vec![host.to_owned()]).expect("a valid name");
        let key = KeyPair::generate().expect("the generator works");
        let certificate = params.signed_by(&key, &self.0).expect("the authority signs");
        Signed { certificate, key }
    }
}

/// Answers `connections` connections with 201, to clients that the authority
/// signed, and returns how many requests were whole.
pub(crate) fn serve(
    server: &Signed,
    clients: &Authority,
    connections: usize,
) -> (SocketAddr, JoinHandle<usize>) {
    let provider = Arc::new(default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(clients.0.der().clone()).expect("a certificate");
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server.key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_client_cert_verifier(verifier.build().expect("roots are given"))
        .with_single_cert(vec![server.certificate.der().clone()], key)
        .expect("key and certificate fit");
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let thread = std::thread::spawn(move || {
        let incoming = listener.incoming().take(connections);
        incoming.filter(|stream| stream.as_ref().is_ok_and(|s| answer(s, &config))).count()
    });
    (address, thread)
}

fn answer(stream: &std::net::TcpStream, config: &Arc<ServerConfig>) -> bool {
    let mut connection = ServerConnection::new(Arc::clone(config)).expect("a sound configuration");
    let mut socket = stream;
    let mut tls = Stream::new(&mut connection, &mut socket);
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    // The test's documents end so; a handshake that fails ends the reading.
    while !seen.ends_with(b"]}") {
        match tls.read(&mut piece) {
            Ok(0) | Err(_) => return false,
            Ok(count) => seen.extend_from_slice(&piece[..count]),
        }
    }
    tls.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").is_ok()
        && tls.flush().is_ok()
}
