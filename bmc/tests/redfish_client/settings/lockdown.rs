//! What is open at simulated hosts.

use bmc::{hand::Protocol, simulate::template::dialects};

use super::{administer, connect, is_done};
use crate::{
    server::run,
    simulated::{PASSWORD, USER, site_with},
};

#[test]
fn a_host_of_any_make_is_closed_but_for_what_is_spoken() {
    let hosts: Vec<_> =
        dialects().into_iter().map(|name| (name, "open-services".to_owned())).collect();
    let site = site_with(&hosts, true);
    run(async {
        for (place, (make, _)) in site.places().iter().zip(&hosts) {
            let mut bmc = administer(place, Protocol::Redfish).await;
            let items = bmc.services().await.expect(make);
            let due: Vec<&str> =
                items.iter().filter(|item| item.is_due()).map(|item| item.name.as_str()).collect();
            assert_eq!(due, ["ipmi", "telnet", "http", "ssh", "snmp-v1", "snmp-v2c"], "{make}");
            for item in items.iter().filter(|item| item.is_due()) {
                is_done(make, &bmc.set_service(item, false).await);
            }
            let left = bmc.services().await.expect(make);
            assert!(left.iter().all(|item| !item.is_due()), "{make}: {left:?}");
            bmc.close().await;
        }
        // IPMI does not answer any more, at one of them: silence takes its time.
        let place = &site.places()[0];
        let shut = connect(place, Protocol::Ipmi, USER, PASSWORD).await;
        assert!(shut.is_err_and(|error| !error.refused()));
        let mut bmc = administer(place, Protocol::Redfish).await;
        let items = bmc.services().await.expect("services");
        let ipmi = items.iter().find(|item| item.name == "ipmi").expect("IPMI");
        is_done("open", &bmc.set_service(ipmi, true).await);
        bmc.close().await;
        administer(place, Protocol::Ipmi).await.close().await;
    });
}
