//! Edge: an address is asked on both of its ports at once.

use std::{num::NonZeroU16, time::Duration};

use super::{Ipmi, Redfish, Seen, service};
use crate::{
    client::{Patience, ReachError, dial},
    ipmi::{self, IpmiError},
    redfish::client::{RedfishError, greet},
    target::Address,
};

/// How long an address may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// To take a connection, and to answer IPMI.
    pub connect: Duration,
    /// To shake hands and to answer, once it has taken a connection: some compute RSA for seconds.
    pub answer: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), answer: Duration::from_secs(8) }
    }
}

/// Asks what is at an address: the root of Redfish without a credential and whatever certificate is
/// shown, the presence ping of RMCP and the channel's authentication of IPMI.
pub async fn ask(address: &Address, ipmi_port: Option<NonZeroU16>, waits: Waits) -> Seen {
    let plain = Address { host: address.host.clone(), port: ipmi_port };
    let (redfish, ipmi) =
        tokio::join!(redfish(address, waits), async { ipmi::ping(&plain, waits.connect).await });
    let ipmi = match ipmi {
        Ok(pong) => Ipmi::Answers(pong),
        Err(IpmiError::Closed { .. }) => Ipmi::Nothing { closed: true },
        Err(_) => Ipmi::Nothing { closed: false },
    };
    Seen { address: address.clone(), redfish, ipmi }
}

async fn redfish(address: &Address, waits: Waits) -> Redfish {
    // Most of a network is nobody: a connection alone costs it the least.
    match dial(address, waits.connect).await {
        Ok(()) => {}
        Err(ReachError::Closed { .. }) => return Redfish::Nothing { closed: true },
        Err(error @ ReachError::Name { .. }) => {
            return Redfish::Else { pin: None, error: RedfishError::Reach(error) };
        }
        Err(_) => return Redfish::Nothing { closed: false },
    }
    let patience = Patience { connect: waits.connect, handshake: waits.answer };
    let (pin, root) = greet(address, patience, waits.answer).await;
    match root {
        Ok(root) => Redfish::Service(Box::new(service(&root, pin))),
        Err(error) => Redfish::Else { pin, error },
    }
}
