//! Clocks.

use bmc::{hand::Protocol, operation::Outcome, simulate::template::dialects};

use super::{administer, is_done};
use crate::{server::run, simulated::site_with};

#[test]
fn a_clock_of_any_make_is_set_and_follows_servers() {
    let mut hosts: Vec<_> = dialects().into_iter().map(|name| (name, String::new())).collect();
    hosts.push(("huawei".to_owned(), "time-zone-name".to_owned()));
    let site = site_with(&hosts, true);
    run(async {
        for (place, (make, faults)) in site.places().iter().zip(&hosts) {
            for protocol in [Protocol::Redfish, Protocol::Ipmi] {
                let what = format!("{make} {faults} {protocol:?}");
                let mut bmc = administer(place, protocol).await;
                let clock = bmc.clock().await.expect(&what).value;
                assert!(clock.ahead_s.is_some_and(|ahead| ahead.abs() <= 2), "{what}: {clock:?}");
                // 2030-01-01T00:00:00Z
                is_done(&what, &bmc.set_clock(Some(1_893_456_000)).await);
                // By what the other one reads.
                let by =
                    if protocol == Protocol::Ipmi { Protocol::Redfish } else { Protocol::Ipmi };
                let mut other = administer(place, by).await;
                let far = other.clock().await.expect(&what).value;
                assert!(far.ahead_s.is_some_and(|ahead| ahead > 10_000_000), "{what}: {far:?}");
                is_done(&what, &other.set_clock(None).await);
                other.close().await;
                let clock = bmc.clock().await.expect(&what).value;
                assert!(clock.ahead_s.is_some_and(|ahead| ahead.abs() <= 2), "{what}: {clock:?}");
                if protocol == Protocol::Redfish {
                    let servers = ["ntp1.example".to_owned(), "192.0.2.9".to_owned()];
                    is_done(&what, &bmc.follow_time(&servers).await);
                    let clock = bmc.clock().await.expect(&what).value;
                    assert_eq!(
                        (clock.ntp, clock.servers.as_slice()),
                        (Some(true), &servers[..]),
                        "{what}"
                    );
                    is_done(&what, &bmc.follow_time(&[]).await);
                }
                bmc.close().await;
            }
        }
    });
}

#[test]
fn a_clock_that_was_not_set_is_told() {
    let site = site_with(&[("dmtf".to_owned(), "time-not-kept".to_owned())], false);
    run(async {
        let mut bmc = administer(&site.places()[0], Protocol::Redfish).await;
        let acted = bmc.set_clock(Some(1_893_456_000)).await.expect("an answer");
        let Outcome::NotKept { sent, .. } = &acted.outcome else { panic!("{acted:?}") };
        assert!(sent.starts_with("2030-01-01T00:00:"), "{sent}");
        bmc.close().await;
    });
}
