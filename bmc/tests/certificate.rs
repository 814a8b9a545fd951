//! What looking at a certificate finds on sockets of this machine: a right one, a changed one, and
//! the many things on a port that are no BMC.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::Duration,
};

use bmc::{
    client::{Patience, ReachError, Trust, certificate, config},
    target::Address,
    trust::Pin,
};
use rustls::{
    ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    version::{TLS12, TLS13},
};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Serves each connection by `serve` until the process ends; returns where.
fn server(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = listener.local_addr().expect("its address");
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    place
}

fn address(place: SocketAddr) -> Address {
    place.to_string().parse().expect("an address")
}

fn look(place: SocketAddr) -> Result<certificate::Shown, ReachError> {
    runtime().block_on(certificate::look(&address(place), Patience::default()))
}

/// Makes a certificate for 127.0.0.1, as BMCs make their own.
fn own() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("made");
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    (made.cert.into(), key)
}

fn tls_server(
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (SocketAddr, CertificateDer<'static>) {
    let (certificate, key) = own();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a server");
    let config = Arc::new(config);
    let place = server(move |socket| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = StreamOwned::new(connection, socket);
        let mut bytes = Vec::new();
        // What is read ends with the client; a broken handshake ends it as well.
        let _ended = stream.read_to_end(&mut bytes);
        assert!(bytes.is_empty(), "a look sent {bytes:?}");
    });
    (place, certificate)
}

#[test]
fn the_certificate_is_shown_and_nothing_is_sent() {
    for (versions, tls) in [(&[&TLS12][..], "1.2"), (&[&TLS13], "1.3"), (&[&TLS12, &TLS13], "1.3")]
    {
        let (place, certificate) = tls_server(versions);
        let shown = look(place).expect("shown");
        assert_eq!((shown.pin, shown.tls), (Pin::of(&certificate), tls));
        assert_eq!(shown.der, certificate.to_vec());
    }
}

#[test]
fn what_is_no_tls_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|at| at.local_addr()).expect("a port");
    assert!(matches!(look(closed), Err(ReachError::Closed { .. })));
    let plain = server(|mut socket| {
        let _written = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let error = look(plain).expect_err("plain HTTP");
    assert!(matches!(error, ReachError::NotTls { .. }), "{error:?}");
    let gone = server(drop);
    let error = look(gone).expect_err("gone");
    assert!(matches!(error, ReachError::Handshake { .. }), "{error:?}");
    // An alert as servers of TLS 1.0 alone send it: fatal, protocol_version (RFC 5246 §7.2).
    let old = server(|mut socket| {
        let mut hello = [0; 512];
        let _read = socket.read(&mut hello);
        let _written = socket.write_all(&[21, 3, 1, 0, 2, 2, 70]);
    });
    let error = look(old).expect_err("old");
    assert!(matches!(error, ReachError::OldTls { .. }), "{error:?}");
    let nobody = runtime().block_on(certificate::look(
        &"nobody.invalid".parse().expect("a name"),
        Patience::default(),
    ));
    assert!(matches!(nobody, Err(ReachError::Name { .. })), "{nobody:?}");
}

#[test]
fn who_says_nothing_is_waited_for_no_longer_than_said() {
    // The kernel accepts for it.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = silent.local_addr().expect("its address");
    let patience = Patience { handshake: Duration::from_millis(50), ..Patience::default() };
    let shown = runtime().block_on(certificate::look(&address(place), patience));
    assert!(matches!(shown, Err(ReachError::Stalled { .. })), "{shown:?}");
}

/// Shakes hands as a client that trusts so; returns what stops it.
fn shake(place: SocketAddr, trust: Trust) -> Option<String> {
    let config = Arc::new(config(trust).expect("a client"));
    let name = ServerName::IpAddress(place.ip().into());
    let mut client = ClientConnection::new(config, name).expect("a connection");
    let mut socket = std::net::TcpStream::connect(place).expect("connected");
    while client.is_handshaking() {
        if let Err(error) = client.complete_io(&mut socket) {
            return Some(error.to_string());
        }
    }
    None
}

#[test]
fn a_credential_goes_to_the_pinned_certificate_alone() {
    let (place, certificate) = tls_server(&[&TLS12, &TLS13]);
    assert_eq!(shake(place, Trust::Pin(Pin::of(&certificate))), None);
    let (other, _) = own();
    assert!(shake(place, Trust::Pin(Pin::of(&other))).is_some());
}

#[test]
fn an_authority_vouches_for_its_own_alone() {
    let (place, certificate) = tls_server(&[&TLS12, &TLS13]);
    let roots = |certificate| {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).expect("an authority");
        Arc::new(roots)
    };
    assert_eq!(shake(place, Trust::Authorities(roots(certificate))), None);
    assert!(shake(place, Trust::Authorities(roots(own().0))).is_some());
    assert!(config(Trust::Authorities(Arc::new(RootCertStore::empty()))).is_err());
}
