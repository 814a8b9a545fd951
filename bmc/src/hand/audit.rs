//! Gathers what an audit is decided from.

use std::time::Duration;

use super::{Bmc, HandError, Spoken, look};
use crate::{
    audit::{self, Audited, Facts, Said, Tried, defaults},
    client::{
        Old, Patience, certificate,
        hello::{self, Answer},
    },
    credential::Secret,
    ipmi,
    lockout::{self, Ledger, Turn},
    operation::{account::Account, identity::Identity},
    redfish::{
        client::{RedfishError, clock},
        security::Security,
    },
    trust::Key,
};

/// How long an answer to an old version is waited for.
const HELLO: Duration = Duration::from_secs(5);
/// Wrong passwords that a BMC has to bear before more than one is tried on it.
const BEARS: u64 = 3;

/// Says why something could not be read.
fn why(error: &HandError) -> Said {
    (error.in_chinese(), error.to_string())
}

impl Bmc {
    /// Looks at how the BMC is closed; nothing is changed. IPMI and TLS are asked in passing,
    /// without a credential, IPMI unless Redfish was named.
    ///
    /// With `try_defaults` well-known credentials of the make are tried, each once, where users
    /// have those names: a refusal counts against the user, and may lock it.
    ///
    /// # Errors
    /// Where not even the identity can be read; all else that cannot is in the findings.
    pub async fn audit(&mut self, try_defaults: bool) -> Result<Audited, HandError> {
        let identity = self.identity().await?;
        let heard = match &self.ipmi {
            Some(address) => look::hear(address).await,
            None => crate::probe::Heard::NotAsked,
        };
        let shown = certificate::look(&self.address, Patience::default()).await;
        let mut old = Vec::new();
        for version in Old::ALL {
            let answer = match &shown {
                // One that answers nothing at all is not asked three times more.
                Err(crate::client::ReachError::NoAnswer { .. }) => Answer::Silent,
                _ => hello::ask(&self.address, version, HELLO).await,
            };
            old.push((version, answer));
        }
        let shown = shown.map_err(|error| (error.in_chinese(), error.to_string()));
        let key = shown.as_ref().ok().and_then(|shown| Key::read(&shown.der)).map(|key| key.pin);
        let services = self.services().await.map_err(|error| why(&error));
        let accounts = self.users().await.map(|read| read.value).map_err(|error| why(&error));
        let clock = self.clock().await.map(|read| read.value).map_err(|error| why(&error));
        let security = self.security().await.map_err(|error| why(&error));
        let lan = match &mut self.spoken {
            Spoken::Ipmi(client) => client.lan(look::OWN_CHANNEL).await.ok(),
            Spoken::Redfish(_) => None,
        };
        let makes = makes(&identity);
        let tried = if try_defaults {
            Some(self.try_defaults(&makes, &accounts, security.as_ref().ok()).await)
        } else {
            None
        };
        let facts = Facts {
            now: clock::now(),
            heard,
            lan,
            shown,
            old,
            services,
            accounts,
            clock,
            security,
            released: self.released(identity.bmc_version.as_deref()).await,
            makes,
            user: self.user.clone(),
            by_default: self.by_default,
            tried,
        };
        Ok(Audited {
            findings: audit::judge(&facts),
            key,
            model: identity.model.or(identity.bmc_model),
            version: identity.bmc_version,
        })
    }

    async fn security(&mut self) -> Result<Security, HandError> {
        Ok(self.redfish()?.security().await?)
    }

    /// Returns when the BMC's firmware was released, where the BMC tells.
    async fn released(&mut self, version: Option<&str>) -> Option<String> {
        let Spoken::Redfish(_) = &self.spoken else { return None };
        let all = self.firmware().await.ok()?.value;
        let is_own = |one: &&crate::operation::firmware::Component| {
            let name = one.name.as_deref().unwrap_or(&one.id).to_lowercase();
            let is_named = name.contains("bmc") || one.id.to_lowercase().contains("bmc");
            let is_same = version.is_some() && one.version.as_deref() == version;
            (is_named || is_same) && one.released.is_some()
        };
        all.iter().find(is_own).and_then(|one| one.released.clone())
    }

    /// Tries the well-known credentials of a make, each once, where that can lock nobody, or one
    /// in all where it is not known whether it does.
    async fn try_defaults(
        &mut self,
        makes: &[String],
        accounts: &Result<Vec<Account>, Said>,
        security: Option<&Security>,
    ) -> Vec<(String, Tried)> {
        let lockout = security.and_then(|security| security.lockout);
        // A host is asked once by a credential, as by any other.
        let mut ledger = Ledger::default();
        let (mut all, mut tries) = (Vec::new(), 0_usize);
        for known in defaults::of(makes) {
            if known.user == self.user {
                if !self.by_default {
                    // Its password is another one: that let us in.
                    all.push((known.user.to_owned(), Tried::Refused));
                }
                continue;
            }
            let account =
                accounts.as_ref().ok().map(|all| all.iter().find(|one| one.name == known.user));
            let bears = match lockout {
                Some(0) => true,
                Some(times) => times >= BEARS,
                None => tries == 0,
            };
            let not = match account {
                Some(None) => Some(("没有此用户", "there is no such user")),
                Some(Some(one)) if one.enabled == Some(false) => Some(("已停用", "it is disabled")),
                Some(Some(one)) if one.locked == Some(true) => {
                    Some(("已锁定，未尝试", "it is locked, and was not tried"))
                }
                _ if !bears => Some((
                    "锁定规则不明或过严，未再尝试",
                    "not tried: how soon the BMC locks a user is not known, or too soon",
                )),
                _ => None,
            };
            if let Some((zh, en)) = not {
                let is_closed = matches!(account, Some(None))
                    || matches!(account, Some(Some(one)) if one.enabled == Some(false));
                let came = if is_closed {
                    Tried::Refused
                } else {
                    Tried::Not((zh.to_owned(), en.to_owned()))
                };
                all.push((known.user.to_owned(), came));
                continue;
            }
            let name = format!("{} of the factory", known.user);
            if ledger.turn(&name, &self.address) != Turn::Try {
                continue;
            }
            tries += 1;
            let came = self.opens(known.user, &known.password()).await;
            ledger.settle(
                &name,
                &self.address,
                match came {
                    Tried::Taken => lockout::Answer::Taken,
                    Tried::Refused => lockout::Answer::Refused,
                    Tried::Not(_) => lockout::Answer::Silent,
                },
            );
            all.push((known.user.to_owned(), came));
        }
        all
    }

    /// Logs in once as somebody else, by the protocol that is spoken.
    pub async fn opens(&mut self, user: &str, password: &Secret) -> Tried {
        match &mut self.spoken {
            Spoken::Redfish(client) => match client.opens(user, password).await {
                // One that has to be changed is right.
                Ok(()) | Err(RedfishError::PasswordChange { .. }) => Tried::Taken,
                Err(RedfishError::WrongPassword { .. }) => Tried::Refused,
                Err(error) => Tried::Not((error.in_chinese(), error.to_string())),
            },
            Spoken::Ipmi(_) => {
                let address = self.ipmi.clone().unwrap_or_else(|| self.address.clone());
                let credentials = ipmi::Credentials {
                    user,
                    password,
                    kg: None,
                    privilege: ipmi::privilege::Privilege::User,
                };
                let options = ipmi::Options::default();
                match ipmi::Client::connect(&address, credentials, &options).await {
                    Ok(client) => {
                        drop(client.close().await);
                        Tried::Taken
                    }
                    Err(error) if error.refused() => Tried::Refused,
                    Err(error) => Tried::Not((error.in_chinese(), error.to_string())),
                }
            }
        }
    }
}

fn makes(identity: &Identity) -> Vec<String> {
    [&identity.dialect, &identity.manufacturer, &identity.bmc_model]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}
