//! A TLS connection to a BMC, and why there is none.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, InvalidMessage, PeerIncompatible,
    pki_types::ServerName,
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::target::{Address, Host};

/// How long a BMC may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// To accept a connection.
    pub connect: Duration,
    /// To shake hands; slow ones compute RSA for seconds.
    pub handshake: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), handshake: Duration::from_secs(10) }
    }
}

/// Why a BMC cannot be talked to over TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum ReachError {
    /// The name has no address.
    #[error("the name `{name}` has no address")]
    Name { name: String, source: io::Error },
    /// Nothing answers.
    #[error("nothing answered within {} s", .within.as_secs_f32())]
    NoAnswer { within: Duration },
    /// The port is closed.
    #[error("port {port} is closed")]
    Closed { port: u16 },
    /// It cannot be sent to.
    #[error("it cannot be reached")]
    Unreachable { source: io::Error },
    /// It accepts connections and then says nothing.
    #[error("it accepted the connection and did not shake hands within {} s", .within.as_secs_f32())]
    Stalled { within: Duration },
    /// It speaks no TLS.
    #[error("it does not speak TLS on port {port}")]
    NotTls { port: u16 },
    /// It speaks TLS that is too old.
    #[error("it speaks no TLS 1.2 or 1.3 with ciphers that are still safe")]
    OldTls { source: rustls::Error },
    /// Its certificate is of a form that is not read.
    #[error("its certificate cannot be read")]
    Certificate { source: rustls::Error },
    /// It has another certificate than the one that is known.
    #[error("its certificate is not the one that is known")]
    Untrusted { source: rustls::Error },
    /// It ended the handshake.
    #[error("it broke off the handshake")]
    Handshake { source: io::Error },
}

impl ReachError {
    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Name { name, .. } => format!("主机名 `{name}` 没有对应的地址"),
            Self::NoAnswer { within } => format!("{} 秒内无应答", within.as_secs_f32()),
            Self::Closed { port } => format!("端口 {port} 未开放"),
            Self::Unreachable { .. } => "无法到达".to_owned(),
            Self::Stalled { within } => {
                format!("已接受连接，但 {} 秒内未完成握手", within.as_secs_f32())
            }
            Self::NotTls { port } => format!("端口 {port} 上不是 TLS"),
            Self::OldTls { .. } => "不支持 TLS 1.2 或 1.3 的安全套件".to_owned(),
            Self::Certificate { .. } => "证书格式无法识别".to_owned(),
            Self::Untrusted { .. } => "证书与已知的不符".to_owned(),
            Self::Handshake { .. } => "握手中断".to_owned(),
        }
    }

    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Name { .. } => ("核对主机名，或写地址", "check the name, or name the address"),
            Self::NoAnswer { .. } | Self::Unreachable { .. } => (
                "核对地址、带外网线与网关；可先 ping 该地址",
                "check the address, the cable of the out-of-band network and the gateway; ping it first",
            ),
            Self::Closed { .. } | Self::NotTls { .. } => (
                "核对端口；在 BMC 网页中确认 HTTPS 已启用",
                "check the port, and on the BMC's page that HTTPS is on",
            ),
            Self::Stalled { .. } => (
                "BMC 可能正忙或已挂死：稍后再试，或重启 BMC",
                "the BMC may be busy or hung: try later, or reset it",
            ),
            Self::OldTls { .. } => (
                "升级 BMC 固件，或在 BMC 中启用 TLS 1.2",
                "update the BMC's firmware, or turn on TLS 1.2 in it",
            ),
            Self::Certificate { .. } => (
                "在 BMC 中重新生成证书（X.509 v3，RSA 2048 位或 EC P-256）",
                "have the BMC make a new certificate (X.509 v3, RSA of 2048 bits or EC P-256)",
            ),
            Self::Untrusted { .. } => (
                "证书换过的，先查明原因；确认无误后用 `trust --forget` 再 `trust --store`",
                "find out why it changed; if it is right, `trust --forget` and then `trust --store`",
            ),
            Self::Handshake { .. } => ("稍后再试", "try again later"),
        }
    }
}

/// Connects to a BMC and shakes hands; nothing of ours is sent but that.
pub(super) async fn reach(
    address: &Address,
    config: Arc<ClientConfig>,
    patience: Patience,
) -> Result<TlsStream<TcpStream>, ReachError> {
    let port = address.https_port();
    let socket = connect(address, port, patience.connect).await?;
    let name = server_name(&address.host)?;
    let shaken =
        timeout(patience.handshake, TlsConnector::from(config).connect(name, socket)).await;
    match shaken {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(why(error, port)),
        Err(_) => Err(ReachError::Stalled { within: patience.handshake }),
    }
}

pub(super) async fn connect(
    address: &Address,
    port: u16,
    within: Duration,
) -> Result<TcpStream, ReachError> {
    let mut last = ReachError::NoAnswer { within };
    for place in resolve_port(address, port).await? {
        last = match timeout(within, TcpStream::connect(place)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                ReachError::Closed { port }
            }
            Ok(Err(source)) => ReachError::Unreachable { source },
            Err(_) => ReachError::NoAnswer { within },
        };
    }
    Err(last)
}

/// Returns the addresses of a BMC's HTTPS.
pub(crate) async fn resolve(address: &Address) -> Result<Vec<SocketAddr>, ReachError> {
    resolve_port(address, address.https_port()).await
}

async fn resolve_port(address: &Address, port: u16) -> Result<Vec<SocketAddr>, ReachError> {
    match &address.host {
        Host::Ip(ip) => Ok(vec![SocketAddr::new(*ip, port)]),
        host @ (Host::Link(..) | Host::Name(_)) => {
            // The resolver knows the number of a link by its name.
            let name = host.to_string();
            let found = lookup_host((name.as_str(), port)).await.map(Iterator::collect);
            found.map_err(|source| ReachError::Name { name, source })
        }
    }
}

/// Looks whether a BMC takes a connection; nothing is sent on it.
pub(crate) async fn dial(address: &Address, within: Duration) -> Result<(), ReachError> {
    connect(address, address.https_port(), within).await.map(drop)
}

fn server_name(host: &Host) -> Result<ServerName<'static>, ReachError> {
    match host {
        Host::Ip(ip) => Ok(ServerName::IpAddress((*ip).into())),
        Host::Link(ip, _) => Ok(ServerName::IpAddress(IpAddr::V6(*ip).into())),
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(|error| ReachError::Name {
            name: name.clone(),
            source: io::Error::new(io::ErrorKind::InvalidInput, error),
        }),
    }
}

/// Tells what a failed handshake means.
pub(crate) fn why(error: io::Error, port: u16) -> ReachError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).cloned();
    let Some(source) = tls else {
        return ReachError::Handshake { source: error };
    };
    match &source {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            ReachError::NotTls { port }
        }
        rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)
        | rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion)
        | rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => ReachError::OldTls { source },
        rustls::Error::InvalidCertificate(
            CertificateError::BadEncoding | CertificateError::Other(_),
        ) => ReachError::Certificate { source },
        rustls::Error::InvalidCertificate(_) => ReachError::Untrusted { source },
        _ => ReachError::Handshake { source: error },
    }
}
