//! Looking at a BMC's certificate: before any credential is sent, and without one.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::ProtocolVersion;

use super::{
    reach::{Patience, ReachError, reach},
    verifier::looking,
};
use crate::{target::Address, trust::Pin};

/// A certificate as a BMC showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What it is known by.
    pub pin: Pin,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The version of TLS that was agreed on: `1.2`, `1.3`.
    pub tls: &'static str,
}

/// Looks at the certificate of a BMC; nothing is sent but the handshake.
pub async fn look(address: &Address, patience: Patience) -> Result<Shown, ReachError> {
    let seen = Arc::new(Mutex::new(None));
    let config = looking(Arc::clone(&seen))
        .map_err(|source| ReachError::Handshake { source: io::Error::other(source) })?;
    let stream = reach(address, Arc::new(config), patience).await?;
    let tls = match stream.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "1.3",
        _ => "1.2",
    };
    let der = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    let der = der.unwrap_or_default();
    Ok(Shown { pin: Pin::of(&der), der, tls })
}
