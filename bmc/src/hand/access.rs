//! How a BMC is come by: which protocol, as whom, and by which certificate.

use std::num::NonZeroU16;

use super::{Bmc, HandError, Spoken};
use crate::{
    audit::defaults,
    client::{ReachError, Trust, certificate},
    credential::Secret,
    ipmi::{self, privilege::Privilege},
    redfish::client::{Client, Options, Reached, RedfishError},
    target::Address,
};

/// A protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Redfish where it is there, else IPMI.
    #[default]
    Auto,
    /// Redfish.
    Redfish,
    /// IPMI 2.0 over LAN.
    Ipmi,
}

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Either protocol does it.
    Either,
    /// Redfish alone does it.
    Redfish,
    /// IPMI alone does it.
    Ipmi,
}

/// How a BMC is come by.
#[derive(Debug)]
pub struct Access<'a> {
    /// Which protocol.
    pub protocol: Protocol,
    /// As whom; without one only what anybody may read is read.
    pub credential: Option<(&'a str, &'a Secret)>,
    /// The key of the BMC (Kg), of IPMI.
    pub kg: Option<&'a Secret>,
    /// By which certificate; without one nothing is sent over Redfish.
    pub trust: Option<Trust>,
    /// The port of IPMI; that of the address is of Redfish, unless IPMI is named.
    pub ipmi_port: Option<NonZeroU16>,
    /// How Redfish is spoken.
    pub redfish: Options,
    /// How IPMI is spoken.
    pub ipmi: ipmi::Options,
}

/// Returns the protocol that is spoken, and whether the other one may take its place.
fn choose(protocol: Protocol, needs: Needs) -> Result<(Protocol, bool), HandError> {
    match (protocol, needs) {
        (Protocol::Auto, Needs::Either) => Ok((Protocol::Redfish, true)),
        (Protocol::Auto | Protocol::Redfish, Needs::Redfish)
        | (Protocol::Redfish, Needs::Either) => Ok((Protocol::Redfish, false)),
        (Protocol::Auto | Protocol::Ipmi, Needs::Ipmi) | (Protocol::Ipmi, Needs::Either) => {
            Ok((Protocol::Ipmi, false))
        }
        (Protocol::Redfish, Needs::Ipmi) => Err(HandError::Only(Protocol::Ipmi)),
        (Protocol::Ipmi, Needs::Redfish) => Err(HandError::Only(Protocol::Redfish)),
    }
}

/// A BMC that answers, before any credential is sent to it.
#[derive(Debug)]
pub struct Approached {
    found: Found,
    address: Address,
}

/// What answers.
#[derive(Debug)]
enum Found {
    Redfish(Box<Reached>),
    Ipmi(Box<ipmi::Reached>),
}

impl Approached {
    /// Logs in, with what it was approached with.
    pub async fn enter(self, access: &Access<'_>) -> Result<Bmc, HandError> {
        let spoken = match self.found {
            Found::Redfish(reached) => Spoken::Redfish(reached.enter(access.credential).await?),
            Found::Ipmi(reached) => {
                Spoken::Ipmi(Box::new(reached.enter(credentials(access)?).await?))
            }
        };
        let ipmi = Some(ipmi_address(&self.address, access))
            .filter(|_| access.protocol != Protocol::Redfish);
        let user = access.credential.map_or_else(String::new, |(user, _)| user.to_owned());
        let by_default =
            access.credential.is_some_and(|(user, password)| defaults::is_known(user, password));
        Ok(Bmc { spoken, address: self.address, ipmi, user, by_default })
    }
}

/// Finds out what answers.
pub(super) async fn approach(
    address: &Address,
    access: &Access<'_>,
    needs: Needs,
) -> Result<Approached, HandError> {
    let (first, falls) = choose(access.protocol, needs)?;
    let found = if first == Protocol::Ipmi {
        by_ipmi(address, access).await?
    } else {
        match by_redfish(address, access).await {
            Err(HandError::Redfish(error)) if falls && is_absent(&error) => {
                by_ipmi(address, access).await.map_err(|other| match other {
                    // Nothing speaks either: what Redfish met says more.
                    HandError::Ipmi(
                        ipmi::IpmiError::NoAnswer { .. } | ipmi::IpmiError::Closed { .. },
                    ) => HandError::Neither { redfish: error },
                    other => other,
                })?
            }
            met => met?,
        }
    };
    Ok(Approached { found, address: address.clone() })
}

/// Returns whether nothing there speaks Redfish, so that no credential was sent and nothing is
/// known of a certificate.
fn is_absent(error: &RedfishError) -> bool {
    matches!(
        error,
        RedfishError::Reach(
            ReachError::Closed { .. } | ReachError::NotTls { .. } | ReachError::NoAnswer { .. }
        ) | RedfishError::NotRedfish { .. }
    )
}

async fn by_redfish(address: &Address, access: &Access<'_>) -> Result<Found, HandError> {
    let trust = access.trust.clone().ok_or(HandError::Untrusted)?;
    let patience = access.redfish.patience;
    let met = Client::reach(address, trust.clone(), access.redfish.clone()).await;
    match (met, trust) {
        (Ok(reached), _) => Ok(Found::Redfish(Box::new(reached))),
        (Err(RedfishError::Reach(ReachError::Untrusted { source })), Trust::Pin(was)) => {
            // Both are told: somebody has to find out which one is right.
            match certificate::look(address, patience).await {
                Ok(shown) => Err(HandError::Changed { was, seen: shown.pin }),
                Err(_) => Err(RedfishError::Reach(ReachError::Untrusted { source }).into()),
            }
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// Returns where IPMI is.
pub(super) fn ipmi_address(address: &Address, access: &Access<'_>) -> Address {
    let named = if access.protocol == Protocol::Ipmi { address.port } else { None };
    Address { host: address.host.clone(), port: access.ipmi_port.or(named) }
}

async fn by_ipmi(address: &Address, access: &Access<'_>) -> Result<Found, HandError> {
    let address = ipmi_address(address, access);
    let reached = ipmi::Client::reach(&address, credentials(access)?, &access.ipmi).await?;
    Ok(Found::Ipmi(Box::new(reached)))
}

fn credentials<'a>(access: &Access<'a>) -> Result<ipmi::Credentials<'a>, HandError> {
    let (user, password) = access.credential.ok_or(HandError::Anonymous)?;
    Ok(ipmi::Credentials { user, password, kg: access.kg, privilege: Privilege::Administrator })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_that_was_named_is_never_left() {
        for needs in [Needs::Either, Needs::Redfish, Needs::Ipmi] {
            for named in [Protocol::Redfish, Protocol::Ipmi] {
                match choose(named, needs) {
                    Ok((spoken, falls)) => {
                        assert!(spoken == named && !falls, "{named:?} {needs:?}");
                    }
                    Err(error) => {
                        assert!(matches!(error, HandError::Only(other) if other != named));
                    }
                }
            }
        }
        assert!(matches!(choose(Protocol::Auto, Needs::Either), Ok((Protocol::Redfish, true))));
        assert!(matches!(choose(Protocol::Auto, Needs::Ipmi), Ok((Protocol::Ipmi, false))));
    }

    #[test]
    fn a_refusal_or_another_certificate_never_falls_to_ipmi() {
        let refused = RedfishError::WrongPassword { user: "a".to_owned() };
        assert!(refused.refused() && !is_absent(&refused));
        let changed = ReachError::Untrusted { source: rustls::Error::DecryptError };
        assert!(!is_absent(&RedfishError::Reach(changed)));
        let closed = RedfishError::Reach(ReachError::Closed { port: 443 });
        assert!(is_absent(&closed));
    }
}
