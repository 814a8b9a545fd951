//! Users.

use bmc::{
    credential::Secret,
    hand::Protocol,
    operation::{
        Outcome,
        account::{Change, Role},
    },
    simulate::template::dialects,
};

use super::{administer, connect, is_done};
use crate::{
    server::run,
    simulated::{PASSWORD, USER, site_with},
};

const FIRST: &str = "first-Word-1";
const SECOND: &str = "second-Word-2";

#[test]
fn a_user_lives_and_dies_at_every_make_by_either_protocol() {
    let mut makes: Vec<_> = dialects().into_iter().map(|name| (name, String::new())).collect();
    // Older firmware of Lenovo has slots, as Inspur's.
    makes.push(("lenovo".to_owned(), "users-slots=12".to_owned()));
    let site = site_with(&makes, true);
    let (first, second) = (Secret::new(FIRST.to_owned()), Secret::new(SECOND.to_owned()));
    run(async {
        for (place, (make, faults)) in site.places().iter().zip(&makes) {
            for protocol in [Protocol::Redfish, Protocol::Ipmi] {
                let what = format!("{make} {faults} {protocol:?}");
                let mut bmc = administer(place, protocol).await;
                let add = Change::Add { role: Role::Operator, password: &first };
                is_done(&what, &bmc.change_user("ops", &add).await);
                // By what another protocol says of it, and by logging in.
                for by in [Protocol::Redfish, Protocol::Ipmi] {
                    let mut own = connect(place, by, "ops", FIRST).await.expect(&what);
                    if by == Protocol::Redfish {
                        let users = own.users().await.expect(&what).value;
                        let ops =
                            users.iter().find(|user| user.name == "ops").expect("it is there");
                        assert_eq!(
                            (ops.role, ops.enabled),
                            (Some(Role::Operator), Some(true)),
                            "{what}"
                        );
                    }
                    own.close().await;
                }
                is_done(&what, &bmc.change_user("ops", &Change::Password(&second)).await);
                let old = connect(place, Protocol::Redfish, "ops", FIRST).await;
                assert!(old.is_err_and(|error| error.refused()), "{what}: the old password");
                connect(place, Protocol::Redfish, "ops", SECOND).await.expect(&what).close().await;
                is_done(&what, &bmc.change_user("ops", &Change::Role(Role::ReadOnly)).await);
                is_done(&what, &bmc.change_user("ops", &Change::Enable(false)).await);
                let users = bmc.users().await.expect(&what).value;
                let ops = users.iter().find(|user| user.name == "ops").expect("it is there");
                assert_eq!((ops.role, ops.enabled), (Some(Role::ReadOnly), Some(false)), "{what}");
                is_done(&what, &bmc.change_user("ops", &Change::Enable(true)).await);
                is_done(&what, &bmc.change_user("ops", &Change::Remove).await);
                let users = bmc.users().await.expect(&what).value;
                assert!(users.iter().all(|user| user.name != "ops"), "{what}: {users:?}");
                // Neither one's own nor the last administrator.
                for change in [Change::Remove, Change::Enable(false), Change::Role(Role::Operator)]
                {
                    let acted = bmc.change_user(USER, &change).await.expect(&what);
                    assert!(matches!(acted.outcome, Outcome::Refused { .. }), "{what}: {acted:?}");
                }
                bmc.close().await;
                administer(place, protocol).await.close().await;
            }
        }
    });
}

#[test]
fn a_user_is_made_whatever_is_wrong_with_the_host() {
    let faults = [
        "etag-required",
        "etag-weak",
        "etag-quotes",
        "etag-none",
        "etag-412-retry",
        "users-slots=16",
        "action-200",
        "session-token-in-body",
        "conn-close",
        "busy-503=2",
    ];
    let hosts: Vec<_> =
        faults.iter().map(|fault| ("dmtf".to_owned(), (*fault).to_owned())).collect();
    let site = site_with(&hosts, false);
    let first = Secret::new(FIRST.to_owned());
    run(async {
        for (place, fault) in site.places().iter().zip(faults) {
            let mut bmc = administer(place, Protocol::Redfish).await;
            let add = Change::Add { role: Role::Operator, password: &first };
            is_done(fault, &bmc.change_user("ops", &add).await);
            is_done(fault, &bmc.change_user("ops", &Change::Role(Role::ReadOnly)).await);
            is_done(fault, &bmc.change_user("ops", &Change::Remove).await);
            bmc.close().await;
        }
    });
}

#[test]
fn a_password_that_was_not_kept_is_told() {
    let site = site_with(&[("dmtf".to_owned(), "password-not-kept".to_owned())], false);
    run(async {
        let mut bmc = administer(&site.places()[0], Protocol::Redfish).await;
        let first = Secret::new(FIRST.to_owned());
        let add = Change::Add { role: Role::Operator, password: &first };
        for change in [add, Change::Password(&first)] {
            let acted = bmc.change_user("ops", &change).await.expect("an answer");
            assert!(matches!(acted.outcome, Outcome::NotKept { .. }), "{change:?}: {acted:?}");
        }
        bmc.close().await;
    });
}

#[test]
fn twenty_bytes_of_a_password_count_and_more_are_not_sent() {
    let site = site_with(&[("dmtf".to_owned(), String::new())], true);
    let place = &site.places()[0];
    run(async {
        let mut bmc = administer(place, Protocol::Ipmi).await;
        let long = Secret::new("twenty-byte-Word-123".to_owned());
        let add = Change::Add { role: Role::Administrator, password: &long };
        is_done("20 bytes", &bmc.change_user("long", &add).await);
        let longer = Secret::new("twenty-one-byte-Word1".to_owned());
        let refused = bmc.change_user("long", &Change::Password(&longer)).await;
        assert!(refused.is_err(), "{refused:?}");
        // With another administrator one may go, but for oneself.
        let acted = bmc.change_user(USER, &Change::Remove).await.expect("an answer");
        assert!(matches!(acted.outcome, Outcome::Refused { .. }), "{acted:?}");
        bmc.close().await;
        let mut other = connect(place, Protocol::Redfish, "long", "twenty-byte-Word-123")
            .await
            .expect("connected");
        is_done("the other", &other.change_user(USER, &Change::Enable(false)).await);
        other.close().await;
        let shut = connect(place, Protocol::Redfish, USER, PASSWORD).await;
        assert!(shut.is_err());
    });
}
