//! The wire between a controller and its agents: TLS 1.3 with raw public keys (RFC 7250), and
//! frames in it.
//!
//! An agent makes a key at its start and shows the SHA-256 of its public key (the DER of its
//! `SubjectPublicKeyInfo`); a
//! controller that was given it sends nothing to any other key, its token least of all. There
//! is no certificate, no authority and no mode without encryption
//! (`docs/adr/0010-agents-pin-raw-public-keys.md`). A peer that stalls costs a thread and a
//! time-out, one that floods costs a frame.

pub(in crate::command) mod address;
pub(in crate::command) mod call;
pub(in crate::command) mod door;

use std::{
    fmt,
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, DistinguishedName, Error,
    ServerConfig, ServerConnection, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key},
    pki_types::{
        CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
    },
    server::AlwaysResolvesServerRawPublicKeys,
    sign::CertifiedKey,
    version::TLS13,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use storage_bench::agent::frame::{self, Decoder, FrameError};

use crate::clock;

/// How long a peer may take to connect, and again to shake hands.
pub(in crate::command) const PATIENCE: Duration = Duration::from_secs(5);
/// How long what we say may wait to be taken.
const WRITE_PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of a fingerprint.
const FINGERPRINT_BYTES: usize = 32;

/// What a key is known by: SHA-256 of its `SubjectPublicKeyInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) struct Fingerprint([u8; FINGERPRINT_BYTES]);

impl Fingerprint {
    fn of(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }

    /// Reads it as [`fmt::Display`] writes it, in either case.
    pub(in crate::command) fn parse(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? * 16 + low?).ok()
        };
        let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
        rest.is_empty().then_some(())?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// Why there is no wire.
#[derive(Debug, thiserror::Error)]
pub(in crate::command) enum WireError {
    /// No randomness for a key.
    #[error("the kernel gives no random numbers")]
    Random,
    /// The other side has another key.
    #[error("its key is {is}, and {wanted} was given")]
    Key { is: Fingerprint, wanted: Fingerprint },
    /// It did not answer in time.
    #[error("it did not shake hands within {} s", PATIENCE.as_secs())]
    Late,
    /// It is gone.
    #[error("it closed the connection")]
    Closed,
    /// The socket.
    #[error("the connection failed")]
    Socket { source: io::Error },
    /// It speaks no TLS of ours.
    #[error("it speaks no TLS 1.3 with a raw public key")]
    Tls { source: Error },
    /// It speaks TLS, and not our protocol.
    #[error("it speaks another protocol")]
    Frame { source: FrameError },
}

/// Returns so many random bytes.
pub(in crate::command) fn random<const BYTES: usize>() -> Result<[u8; BYTES], WireError> {
    let mut bytes = [0; BYTES];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(count) if count == BYTES => Ok(bytes),
        _ => Err(WireError::Random),
    }
}

/// An agent's key, made at its start and never stored.
pub(in crate::command) struct Key {
    config: Arc<ServerConfig>,
    /// What the key is known by.
    pub(in crate::command) fingerprint: Fingerprint,
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Key").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

impl Key {
    /// Makes a key.
    pub(in crate::command) fn generate() -> Result<Self, WireError> {
        // An Ed25519 private key in PKCS #8 is this, then its 32 bytes (RFC 8410, §7).
        const HEAD: [u8; 16] =
            [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let tls = |source| WireError::Tls { source };
        let der = PrivatePkcs8KeyDer::from([&HEAD[..], &random::<32>()?].concat());
        let key = ring::sign::any_eddsa_type(&der).map_err(tls)?;
        let spki = key.public_key().ok_or(Error::General("no public key".to_owned()));
        let spki = spki.map_err(tls)?;
        let fingerprint = Fingerprint::of(&spki);
        let own = CertifiedKey::new(vec![CertificateDer::from(spki.to_vec())], key);
        let resolver = AlwaysResolvesServerRawPublicKeys::new(Arc::new(own));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(tls)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        // Sessions are not resumed: each hand is shaken, each key seen.
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), fingerprint })
    }
}

/// Takes one key and no other.
#[derive(Debug)]
struct Pinned {
    wanted: Fingerprint,
    /// The key that was shown.
    shown: Arc<Mutex<Option<Fingerprint>>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let is = Fingerprint::of(end_entity);
        *lock(&self.shown) = Some(is);
        if is == self.wanted {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = SubjectPublicKeyInfoDer::from(cert.as_ref());
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &spki, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        None
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Shakes hands with an agent whose key is `wanted`; to another nothing is said.
pub(in crate::command) fn call(socket: TcpStream, wanted: Fingerprint) -> Result<Wire, WireError> {
    let tls = |source| WireError::Tls { source };
    let (provider, shown) = (provider(), Arc::default());
    let verifier = Pinned { wanted, shown: Arc::clone(&shown), provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from("agent").map_err(|_name| WireError::Closed)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(tls)?;
    let called = Wire::shake(socket, Connection::Client(connection));
    match *lock(&shown) {
        Some(is) if is != wanted => Err(WireError::Key { is, wanted }),
        _ => called,
    }
}

/// Shakes hands with whoever connected.
pub(in crate::command) fn answer(socket: TcpStream, key: &Key) -> Result<Wire, WireError> {
    let connection = ServerConnection::new(Arc::clone(&key.config));
    let connection = connection.map_err(|source| WireError::Tls { source })?;
    Wire::shake(socket, Connection::Server(connection))
}

/// An encrypted connection. Clones are ends of the same one.
#[derive(Clone)]
pub(in crate::command) struct Wire {
    socket: Arc<TcpStream>,
    tls: Arc<Mutex<Connection>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Wire").field("socket", &self.socket).finish_non_exhaustive()
    }
}

/// No panic leaves what is behind these locks half changed: it ends the connection.
fn lock<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken(source: io::Error) -> WireError {
    WireError::Socket { source }
}

impl Wire {
    fn shake(socket: TcpStream, mut tls: Connection) -> Result<Self, WireError> {
        // A message of a second may be larger than what is buffered unless told; who does not
        // take it runs into the time-out of writing.
        tls.set_buffer_limit(None);
        socket.set_nodelay(true).map_err(broken)?;
        socket.set_write_timeout(Some(WRITE_PATIENCE)).map_err(broken)?;
        let began = clock::instant();
        while tls.is_handshaking() {
            while tls.wants_write() {
                tls.write_tls(&mut &socket).map_err(broken)?;
            }
            // All of it in time, not each byte.
            let left = PATIENCE.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(WireError::Late);
            }
            socket.set_read_timeout(Some(left)).map_err(broken)?;
            if tls.wants_read() {
                match tls.read_tls(&mut &socket) {
                    Ok(0) => return Err(WireError::Closed),
                    Ok(_) => {}
                    Err(error) if is_late(&error) => return Err(WireError::Late),
                    Err(source) => return Err(broken(source)),
                }
                if let Err(source) = tls.process_new_packets() {
                    // The other side is told why, where it still listens.
                    drop(tls.write_tls(&mut &socket));
                    return Err(WireError::Tls { source });
                }
            }
        }
        while tls.wants_write() {
            tls.write_tls(&mut &socket).map_err(broken)?;
        }
        socket.set_read_timeout(None).map_err(broken)?;
        Ok(Self { socket: Arc::new(socket), tls: Arc::new(Mutex::new(tls)) })
    }

    /// Says something.
    pub(in crate::command) fn send(&self, message: &impl Serialize) -> Result<(), WireError> {
        let frame = frame::encode(message).map_err(|source| WireError::Frame { source })?;
        let mut tls = lock(&self.tls);
        tls.writer().write_all(&frame).map_err(broken)?;
        while tls.wants_write() {
            tls.write_tls(&mut &*self.socket).map_err(broken)?;
        }
        Ok(())
    }

    /// Has a listener end where nothing is heard for so long.
    pub(in crate::command) fn be_patient(&self, limit: Option<Duration>) {
        // Where it cannot, the connection's own end is waited for.
        drop(self.socket.set_read_timeout(limit));
    }

    /// Ends the connection, both ways: whoever waits for words of it is woken.
    pub(in crate::command) fn close(&self) {
        let mut tls = lock(&self.tls);
        tls.send_close_notify();
        // Who is gone need not be told.
        drop(tls.write_tls(&mut &*self.socket));
        drop(tls);
        drop(self.socket.shutdown(Shutdown::Both));
    }

    /// Hands each message to `heard` with the time it came, until the connection ends or
    /// `heard` wants no more; returns why it ended.
    pub(in crate::command) fn listen<M: DeserializeOwned>(
        &self,
        mut heard: impl FnMut(M, u64) -> bool,
    ) -> WireError {
        let mut decoder = Decoder::<M>::default();
        let mut bytes = vec![0; 1 << 14];
        // What came with the end of the handshake is in there already.
        let mut rest: &[u8] = &[];
        let mut now_ns = clock::since_start_ns();
        loop {
            let closed = match self.take(&mut rest, &mut decoder) {
                Ok(closed) => closed,
                Err(error) => return error,
            };
            loop {
                match decoder.next_message() {
                    Ok(Some(message)) => {
                        if !heard(message, now_ns) {
                            return WireError::Closed;
                        }
                    }
                    Ok(None) => break,
                    Err(source) => return WireError::Frame { source },
                }
            }
            if closed {
                return WireError::Closed;
            }
            if !rest.is_empty() {
                continue;
            }
            // Not under the lock: what is said meanwhile must not wait.
            let count = loop {
                match (&*self.socket).read(&mut bytes) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            match count {
                Ok(0) => return WireError::Closed,
                Ok(count) => rest = bytes.get(..count).unwrap_or_default(),
                Err(source) => return broken(source),
            }
            now_ns = clock::since_start_ns();
        }
    }

    /// Decrypts some of `rest` into the decoder; returns whether the other side said goodbye.
    fn take<M: DeserializeOwned>(
        &self,
        rest: &mut &[u8],
        decoder: &mut Decoder<M>,
    ) -> Result<bool, WireError> {
        let mut tls = lock(&self.tls);
        // Reading nothing would mean its end.
        if !rest.is_empty() {
            tls.read_tls(rest).map_err(broken)?;
        }
        let state = tls.process_new_packets().map_err(|source| WireError::Tls { source })?;
        let mut plain = vec![0; state.plaintext_bytes_to_read()];
        if !plain.is_empty() {
            tls.reader().read_exact(&mut plain).map_err(broken)?;
            decoder.push(&plain);
        }
        while tls.wants_write() {
            tls.write_tls(&mut &*self.socket).map_err(broken)?;
        }
        Ok(state.peer_has_closed())
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests;
