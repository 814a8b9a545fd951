//! What only a BMC in its factory state has to have done to it.

use super::{Acted, Bmc, HandError, Spoken, look::OWN_CHANNEL};
use crate::{credential::Secret, operation::account::Change};

impl Bmc {
    /// Returns whether the password has to be changed before anything else; IPMI never asks for it.
    pub fn must_change_password(&self) -> bool {
        match &self.spoken {
            Spoken::Redfish(client) => client.must_change_password(),
            Spoken::Ipmi(_) => false,
        }
    }

    /// Gives the user that is logged in another password, which the BMC then proves.
    pub async fn change_own_password(&mut self, new: &Secret) -> Result<Acted, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.change_own_password(new).await?.into()),
            Spoken::Ipmi(client) => {
                let change = Change::Password(new);
                Ok(client.change_user(OWN_CHANNEL, &self.user, &change, &self.user).await?.into())
            }
        }
    }

    /// Gives the BMC a name of its own, over Redfish.
    pub async fn set_name(&mut self, name: &str) -> Result<Acted, HandError> {
        Ok(self.redfish()?.set_name(name).await?.into())
    }
}
