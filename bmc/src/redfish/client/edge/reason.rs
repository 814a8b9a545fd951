//! Why there is no connection, and how long one may take.

use std::{io, time::Duration};

use super::Edge;
use crate::client::{ReachError, why};

/// How long a look may take whether a host that let time run out takes connections.
const GLANCE: Duration = Duration::from_secs(1);

impl Edge {
    /// Returns how long the first byte of an answer may take, with a new connection.
    pub(in crate::redfish::client) fn first_byte(&self) -> Duration {
        self.first_byte + self.patience.connect + self.patience.handshake
    }

    /// Finds out why there is no connection; nothing was sent on it.
    pub(in crate::redfish::client) async fn reason(&self, error: reqwest::Error) -> ReachError {
        let port = self.address.https_port();
        let mut cause = std::error::Error::source(&error);
        let (mut named, mut dials) = (false, None);
        while let Some(inner) = cause {
            if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                return why(io::Error::new(io::ErrorKind::InvalidData, tls.clone()), port);
            }
            named |= inner.to_string().starts_with("dns error");
            let io = inner.downcast_ref::<io::Error>();
            dials = io.map(io::Error::kind).filter(|kind| *kind != io::ErrorKind::Other).or(dials);
            // The source of an `io::Error` is that of what it holds, which is what matters here.
            cause = match io.and_then(io::Error::get_ref) {
                Some(held) => Some(held),
                None => inner.source(),
            };
        }
        let source = io::Error::other(error.to_string());
        match dials {
            _ if named => ReachError::Name { name: self.address.host.to_string(), source },
            Some(io::ErrorKind::ConnectionRefused) => ReachError::Closed { port },
            Some(
                kind @ (io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::AddrNotAvailable
                | io::ErrorKind::PermissionDenied),
            ) => ReachError::Unreachable { source: kind.into() },
            // It took the connection, or nothing did: a second one tells, on which nothing is sent.
            _ if error.is_timeout() => match crate::client::dial(&self.address, GLANCE).await {
                Ok(()) => ReachError::Stalled { within: self.patience.handshake },
                Err(ReachError::NoAnswer { .. }) => {
                    ReachError::NoAnswer { within: self.patience.connect }
                }
                Err(other) => other,
            },
            _ => ReachError::Handshake { source },
        }
    }
}
