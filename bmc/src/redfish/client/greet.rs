//! What a service tells anybody: looked at whatever its certificate is, and without a credential.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;

use super::{Options, RedfishError, edge::Edge, session};
use crate::{
    client::{Patience, looking},
    target::Address,
    trust::Pin,
};

/// Reads the root of a service; `Null` where it is not shown without a credential. With it comes
/// what the certificate is known by, also where something else answered than Redfish.
///
/// Nothing that is read this way may be believed more than the network is.
pub async fn greet(
    address: &Address,
    patience: Patience,
    within: Duration,
) -> (Option<Pin>, Result<Value, RedfishError>) {
    let seen = Arc::new(Mutex::new(None));
    let config = match looking(Arc::clone(&seen)) {
        Ok(config) => config,
        Err(source) => return (None, Err(RedfishError::Trust { source })),
    };
    let options =
        Options { patience, first_byte: within, total: within, keeps: false, ..Options::default() };
    let edge = Edge::new(address, config, &options);
    let root = session::root(&edge).await.map(|(root, _server)| root);
    let der = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    (der.map(|der| Pin::of(&der)), root)
}
