//! Settings of the BIOS.

use bmc::{
    hand::{Bmc, Protocol},
    operation::{
        Outcome,
        bios::{Kind, Wanted},
        power::Action,
    },
    simulate::{serve::Place, template::dialects},
};
use serde_json::Value;

use super::{administer, is_done};
use crate::{server::run, simulated::site_with};

fn wanted(values: &[(&str, &str)]) -> Vec<Wanted> {
    let one =
        |(name, text): &(&str, &str)| Wanted { name: (*name).to_owned(), text: (*text).to_owned() };
    values.iter().map(one).collect()
}

/// What a setting is, and what it will be.
async fn is(bmc: &mut Bmc, name: &str) -> (Option<Value>, Option<Value>) {
    let read = bmc.bios(&[name.to_owned()]).await.expect("settings");
    let setting = read.value.into_iter().next().expect("the setting");
    (setting.value, setting.pending)
}

/// Does it all at one host.
async fn set_and_restarted(place: Place, what: String) {
    let mut bmc = administer(&place, Protocol::Redfish).await;
    let read = bmc.bios(&[]).await.expect(&what);
    assert_eq!(read.value.len(), 6, "{what}");
    let retry = read.value.iter().find(|one| one.name == "PxeRetry").expect("a setting");
    let rule = retry.rule.as_ref().expect("a rule");
    assert_eq!((&rule.kind, rule.bounds), (&Kind::Integer, (Some(0), Some(50))), "{what}");
    is_done(&what, &bmc.set_bios(&wanted(&[("BootMode", "Legacy"), ("PxeRetry", "9")])).await);
    let waits = (Some("UEFI".into()), Some("Legacy".into()));
    assert_eq!(is(&mut bmc, "BootMode").await, waits, "{what}");
    assert_eq!(bmc.bios_pending().await.expect(&what).value.len(), 2, "{what}");
    // Twice is once.
    is_done(&what, &bmc.set_bios(&wanted(&[("PxeRetry", "9")])).await);
    for action in [Action::Off, Action::On] {
        is_done(&what, &bmc.power(action).await);
    }
    assert_eq!(is(&mut bmc, "BootMode").await, (Some("Legacy".into()), None), "{what}");
    assert_eq!(is(&mut bmc, "PxeRetry").await, (Some(9.into()), None), "{what}");
    assert_eq!(bmc.bios_pending().await.expect(&what).value, [], "{what}");
    let acted = bmc.reset_bios().await.expect(&what);
    assert!(matches!(acted.outcome, Outcome::Accepted { .. }), "{what}: {acted:?}");
    // Nobody can see that it has restarted.
    let acted = bmc.power(Action::Reset).await.expect(&what);
    assert!(matches!(acted.outcome, Outcome::Accepted { .. }), "{what}: {acted:?}");
    assert_eq!(is(&mut bmc, "BootMode").await, (Some("UEFI".into()), None), "{what}");
    bmc.close().await;
}

#[test]
fn settings_count_when_the_host_of_any_make_has_restarted() {
    let mut hosts: Vec<_> = dialects().into_iter().map(|name| (name, String::new())).collect();
    // Where the annotation is missing, the dialect knows the place.
    for make in ["huawei", "openubmc", "h3c", "inspur", "ami", "zte", "enginetech", "lenovo"] {
        hosts.push((make.to_owned(), "bios-no-settings".to_owned()));
    }
    let site = site_with(&hosts, false);
    run(async {
        // At once: a restart that nobody can see takes its time at each.
        let all = site.places().iter().zip(&hosts).map(|(place, (make, faults))| {
            tokio::spawn(set_and_restarted(place.clone(), format!("{make} {faults}")))
        });
        for one in all.collect::<Vec<_>>() {
            one.await.expect("no panic");
        }
    });
}

#[test]
fn what_waits_is_withdrawn_at_every_make_that_has_a_way_to() {
    let mut hosts: Vec<_> = dialects().into_iter().map(|name| (name, String::new())).collect();
    hosts.push(("huawei".to_owned(), "bios-no-settings".to_owned()));
    hosts.push(("inspur".to_owned(), "bios-no-settings".to_owned()));
    let site = site_with(&hosts, false);
    run(async {
        for (place, (make, faults)) in site.places().iter().zip(&hosts) {
            let what = format!("{make} {faults}");
            let mut bmc = administer(place, Protocol::Redfish).await;
            // Nothing waits: whatever it can do, nothing is asked of it.
            is_done(&what, &bmc.revoke_bios().await);
            is_done(&what, &bmc.set_bios(&wanted(&[("BootMode", "Legacy")])).await);
            let acted = bmc.revoke_bios().await.expect(&what);
            let can = ["huawei", "huawei-blade", "xfusion", "openubmc", "inspur"]
                .contains(&make.as_str());
            let waits = bmc.bios_pending().await.expect(&what).value.len();
            if can {
                assert_eq!((&acted.outcome, waits), (&Outcome::Done, 0), "{what}: {acted:?}");
            } else {
                let unfit = matches!(acted.outcome, Outcome::Unsupported { .. });
                assert!(unfit && waits == 1, "{what}: {acted:?}");
            }
            bmc.close().await;
        }
    });
}

#[test]
fn what_waits_on_after_it_was_withdrawn_is_told() {
    let site = site_with(&[("inspur".to_owned(), "bios-not-revoked".to_owned())], false);
    run(async {
        let mut bmc = administer(&site.places()[0], Protocol::Redfish).await;
        is_done("set", &bmc.set_bios(&wanted(&[("BootMode", "Legacy")])).await);
        let acted = bmc.revoke_bios().await.expect("an answer");
        let Outcome::NotKept { sent, found } = &acted.outcome else { panic!("{acted:?}") };
        assert_eq!((sent.as_str(), found.as_str()), ("BootMode=-", "BootMode=\"Legacy\""));
        bmc.close().await;
    });
}

#[test]
fn settings_that_were_not_kept_are_told() {
    let site = site_with(&[("dmtf".to_owned(), "bios-not-kept".to_owned())], false);
    run(async {
        let mut bmc = administer(&site.places()[0], Protocol::Redfish).await;
        let acted = bmc.set_bios(&wanted(&[("BootMode", "Legacy")])).await.expect("an answer");
        let Outcome::NotKept { sent, found } = &acted.outcome else { panic!("{acted:?}") };
        assert_eq!((sent.as_str(), found.as_str()), ("BootMode=\"Legacy\"", "BootMode=\"UEFI\""));
        let read = bmc.bios(&["BotMode".to_owned()]).await.expect("settings");
        assert!(!read.complete && read.remarks[0].1.contains("near it are BootMode"), "{read:?}");
        bmc.close().await;
    });
}
