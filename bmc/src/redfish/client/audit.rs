//! Reads what an audit asks of sessions, locking, the KVM and the BMC's port.

use serde_json::Value;

use super::{Client, RedfishError};
use crate::redfish::{
    ladder::place::{children, link},
    security::Security,
};

impl Client {
    /// Reads it. A resource that is not there leaves its parts untold.
    ///
    /// # Errors
    /// Where the BMC cannot be asked any more, or none of it could be read.
    pub async fn security(&self) -> Result<Security, RedfishError> {
        let mut found = Security::default();
        if let Some(body) = self.there(&self.inner.collection("SessionService")).await? {
            found.take_sessions(&body);
        }
        if let Some(body) = self.there(&self.inner.collection("AccountService")).await? {
            found.take_accounts(&body);
        }
        let manager = self.inner.read(&self.inner.manager().await?).await?;
        if let Some(path) = link(manager.json(), "/NetworkProtocol")
            && let Some(body) = self.there(&path).await?
        {
            found.take_protocols(&body);
        }
        let interfaces = match link(manager.json(), "/EthernetInterfaces") {
            Some(path) => self.there(&path).await?.unwrap_or_default(),
            None => Value::Null,
        };
        for path in children(&interfaces) {
            if let Some(body) = self.there(&path).await? {
                found.take_interface(&body);
            }
        }
        Ok(found)
    }

    /// Reads a resource; nothing where it is not there or not for this user.
    async fn there(&self, path: &str) -> Result<Option<Value>, RedfishError> {
        match self.inner.read(path).await {
            Ok(reply) => Ok(Some(reply.json().clone())),
            Err(
                RedfishError::Refused { .. }
                | RedfishError::Forbidden { .. }
                | RedfishError::NotJson { .. }
                | RedfishError::Page { .. }
                | RedfishError::TooLarge { .. },
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
