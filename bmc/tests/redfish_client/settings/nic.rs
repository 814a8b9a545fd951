//! The BMC's own network, on the addresses that every machine has for itself.

use std::{net::Ipv4Addr, num::NonZeroU16, time::Duration};

use bmc::{
    client::Trust,
    credential::Secret,
    hand::Protocol,
    operation::{
        Outcome,
        interface::{Network, Source, Wanted},
    },
    redfish::client::{Client, Options},
    simulate::serve::Place,
    target::{Address, Host},
};

use super::administer;
use crate::{
    server::run,
    simulated::{PASSWORD, USER, site_with},
};

fn fixed(address: Ipv4Addr) -> Wanted {
    let network = Network { address, prefix: 8 };
    Wanted { source: Some(Source::Static { network, gateway: None }), ..Wanted::default() }
}

/// Connects to a host at an address of its own.
async fn at(place: &Place, ip: Ipv4Addr, total: u64) -> Client {
    let password = Secret::new(PASSWORD.to_owned());
    let address =
        Address { host: Host::Ip(ip.into()), port: NonZeroU16::new(place.address.port()) };
    let options = Options { total: Duration::from_secs(total), ..Options::default() };
    Client::connect(&address, Some((USER, &password)), Trust::Pin(place.pin), options)
        .await
        .expect("connected")
}

#[test]
fn a_bmc_is_found_at_its_new_address_and_no_session_is_left() {
    let hosts = [("dmtf".to_owned(), String::new()), ("huawei".to_owned(), String::new())];
    let site = site_with(&hosts, false);
    run(async {
        for (at_host, place) in site.places().iter().enumerate() {
            let new = Ipv4Addr::new(127, 77, 3, 10 + u8::try_from(at_host).expect("two"));
            let client = at(place, Ipv4Addr::LOCALHOST, 30).await;
            let acted = client.set_interface(&fixed(new)).await.expect("an answer");
            assert_eq!(acted.outcome, Outcome::Done, "{acted:?}");
            assert!(acted.notes.iter().any(|note| note.text.1.contains(&new.to_string())));
            client.close().await;
            let client = at(place, new, 30).await;
            let found = client.interfaces().await.expect("interfaces");
            assert_eq!(found[0].addresses[0].to_string(), format!("{new}/8"));
            let sessions = client.get("/redfish/v1/SessionService/Sessions").await.expect("them");
            assert_eq!(sessions.json()["Members@odata.count"], 1, "ours alone");
            client.close().await;
        }
    });
}

#[test]
fn an_address_that_somebody_has_is_refused_and_nothing_is_sent() {
    let site = site_with(&[("dmtf".to_owned(), String::new())], false);
    let place = &site.places()[0];
    let other = Ipv4Addr::new(127, 77, 3, 20);
    let listener = std::net::TcpListener::bind((other, place.address.port())).expect("a port");
    run(async {
        let client = at(place, Ipv4Addr::LOCALHOST, 30).await;
        let acted = client.set_interface(&fixed(other)).await.expect("an answer");
        let Outcome::Refused { why } = &acted.outcome else { panic!("{acted:?}") };
        assert!(why.1.contains("answers at `127.77.3.20` already"), "{why:?}");
        let found = client.interfaces().await.expect("interfaces");
        assert_eq!(found[0].addresses[0].to_string(), "127.0.0.1/8");
        client.close().await;
    });
    drop(listener);
}

#[test]
fn what_is_left_is_told_where_it_is_not_at_its_new_address() {
    let site = site_with(&[("dmtf".to_owned(), "nic-not-kept".to_owned())], false);
    let place = &site.places()[0];
    let new = Ipv4Addr::new(127, 77, 3, 30);
    run(async {
        let client = at(place, Ipv4Addr::LOCALHOST, 5).await;
        let acted = client.set_interface(&fixed(new)).await.expect("an answer");
        let Outcome::NotKept { sent, found } = &acted.outcome else { panic!("{acted:?}") };
        assert_eq!((sent.as_str(), found.as_str()), ("127.77.3.30/8", "127.0.0.1/8"));
        client.close().await;
    });
}

#[test]
fn a_vlan_and_dhcp_are_read_back_where_the_bmc_stays() {
    let site = site_with(&[("dmtf".to_owned(), String::new())], true);
    let place = &site.places()[0];
    run(async {
        let mut bmc = administer(place, Protocol::Redfish).await;
        let wanted =
            Wanted { vlan: Some(Some(100)), source: Some(Source::Dhcp), ..Wanted::default() };
        let acted = bmc.set_interface(&wanted).await.expect("an answer");
        assert_eq!(acted.outcome, Outcome::Done, "{acted:?}");
        let found = bmc.interfaces().await.expect("interfaces").value;
        assert_eq!((found[0].dhcp, found[0].vlan), (Some(true), Some(Some(100))));
        bmc.close().await;
        // By IPMI it is the channel, with its suites.
        let mut bmc = administer(place, Protocol::Ipmi).await;
        let found = bmc.interfaces().await.expect("interfaces").value;
        assert_eq!(found.len(), 1);
        assert!(found[0].suites.contains(&17), "{found:?}");
        bmc.close().await;
    });
}
