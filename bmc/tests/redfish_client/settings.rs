//! Settings of simulated hosts of each make, by both protocols, and with the faults that touch
//! them.

mod bios;
mod certs;
mod lockdown;
mod nic;
mod time;
mod users;

use bmc::{
    client::Trust,
    credential::Secret,
    hand::{Access, Acted, Bmc, HandError, Needs, Protocol},
    ipmi,
    operation::Outcome,
    redfish::client::Options,
    simulate::serve::Place,
};

use crate::simulated::{PASSWORD, USER};

/// Connects by one protocol, as a user.
async fn connect(
    place: &Place,
    protocol: Protocol,
    user: &str,
    password: &str,
) -> Result<Bmc, HandError> {
    let password = Secret::new(password.to_owned());
    let address = place.address.to_string().parse().expect("an address");
    let access = Access {
        protocol,
        credential: Some((user, &password)),
        kg: None,
        trust: Some(Trust::Pin(place.pin)),
        ipmi_port: std::num::NonZeroU16::new(place.address.port()),
        redfish: Options::default(),
        ipmi: ipmi::Options::default(),
    };
    Bmc::connect(&address, &access, Needs::Either).await
}

/// Connects as the administrator.
pub(crate) async fn administer(place: &Place, protocol: Protocol) -> Bmc {
    connect(place, protocol, USER, PASSWORD).await.expect("connected")
}

pub(crate) fn is_done(what: &str, acted: &Result<Acted, HandError>) {
    let done = acted.as_ref().is_ok_and(|acted| acted.outcome == Outcome::Done);
    assert!(done, "{what}: {acted:?}");
}
