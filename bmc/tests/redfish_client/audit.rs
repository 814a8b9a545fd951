//! Audits of simulated hosts, by both protocols, with one fault at a time.

use bmc::{
    audit::{Audited, State},
    credential::Secret,
    hand::Protocol,
    operation::account::{Change, Role},
    simulate::serve::Place,
};
use serde_json::json;

use crate::{
    server::run,
    settings::{administer, is_done},
    simulated::site_with,
};

async fn audit(place: &Place, protocol: Protocol) -> Audited {
    let mut bmc = administer(place, protocol).await;
    let audited = bmc.audit(false).await.expect("audited");
    bmc.close().await;
    audited
}

/// Returns the checks that are weak.
fn weak(audited: &Audited) -> Vec<&'static str> {
    let weak = audited.findings.iter().filter(|one| one.state == State::Weak);
    weak.map(|one| one.id).collect()
}

fn state(audited: &Audited, id: &str) -> State {
    audited.findings.iter().find(|one| one.id == id).expect("a row").state
}

#[test]
fn each_fault_is_a_finding_and_a_closed_host_has_none_that_is_due() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("ipmi-suite-0", &["ipmi.suite-0"]),
        ("ipmi-anonymous", &["ipmi.anonymous"]),
        ("tls-weak", &["tls.old"]),
        ("nic-shared", &["nic.shared"]),
        ("lockout=0", &["user.lockout"]),
        ("open-services", &["service.telnet", "service.snmp", "service.http", "service.ssh"]),
    ];
    let hosts: Vec<_> =
        cases.iter().map(|(knobs, _)| ("huawei".to_owned(), (*knobs).to_owned())).collect();
    let site = site_with(&hosts, true);
    run(async {
        for (place, (knobs, expected)) in site.places().iter().zip(cases) {
            let audited = audit(place, Protocol::Auto).await;
            let mut found = weak(&audited);
            // Each simulated host has these: IPMI on, no NTP, a certificate of its own.
            found.retain(|id| !["ipmi.on", "clock.ntp", "certificate.self-signed"].contains(id));
            let mut expected = expected.to_vec();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{knobs}");
        }
        // Closed to the end.
        let place = &site.places()[0];
        let mut bmc = administer(place, Protocol::Redfish).await;
        is_done("ntp", &bmc.follow_time(&["192.0.2.1".to_owned()]).await);
        let items = bmc.services().await.expect("services");
        for item in items.iter().filter(|item| item.is_due()) {
            is_done("closed", &bmc.set_service(item, false).await);
        }
        bmc.close().await;
        let mut bmc = administer(place, Protocol::Redfish).await;
        let closed = bmc.audit(false).await.expect("audited");
        bmc.close().await;
        assert_eq!(weak(&closed), ["certificate.self-signed"]);
        assert!(!closed.findings.iter().any(bmc::audit::Finding::is_due));
        assert_eq!(state(&closed, "ipmi.suite-0"), State::Sound, "the BMC says that it is off");
        // What a simulated host does not tell is not sound.
        assert_eq!(state(&closed, "nic.shared"), State::Unknown);
        assert_eq!(state(&closed, "user.default-password"), State::Untried);
    });
}

#[test]
fn the_certificate_that_firmware_of_ami_brings_is_a_finding() {
    let hosts = ["inspur", "h3c"].map(|make| (make.to_owned(), String::new()));
    let site = site_with(&hosts, false);
    run(async {
        let [own, other] = [0, 1].map(|at| audit(&site.places()[at], Protocol::Redfish));
        let own = own.await;
        let found = own.findings.iter().find(|one| one.id == "certificate.default");
        let found = found.expect("a row");
        assert_eq!(found.state, State::Weak);
        assert!(found.seen.1.contains("www.ami.com"), "{found:?}");
        assert_eq!(state(&other.await, "certificate.default"), State::Sound);
    });
}

#[test]
fn clocks_users_and_sessions_are_looked_at() {
    let site = site_with(&[("huawei".to_owned(), String::new())], true);
    run(async {
        let place = &site.places()[0];
        let mut bmc = administer(place, Protocol::Redfish).await;
        is_done("clock", &bmc.set_clock(Some(1_900_000_000)).await);
        let secret = Secret::new("Admin@9000".to_owned());
        let add = Change::Add { role: Role::Operator, password: &secret };
        is_done("add", &bmc.change_user("Administrator", &add).await);
        let client = bmc.redfish().expect("Redfish");
        client
            .patch("/redfish/v1/SessionService", json!({ "SessionTimeout": 7200 }))
            .await
            .expect("patched");
        bmc.close().await;
        let found = audit(place, Protocol::Redfish).await;
        for id in ["clock.off", "user.default", "session.timeout"] {
            assert_eq!(state(&found, id), State::Weak, "{id}");
        }
        // Its password is looked for only if that is asked for, and found by one login.
        let mut bmc = administer(place, Protocol::Redfish).await;
        let tried = bmc.audit(true).await.expect("audited");
        let of = |user: &str| {
            let all = tried.findings.iter();
            all.filter(|one| one.id == "user.default-password")
                .find(|one| one.subject.as_deref() == Some(user))
                .map(|one| one.state)
        };
        assert_eq!(of("Administrator"), Some(State::Weak));
        assert_eq!(of("root"), Some(State::Sound), "there is no such user");
        // A wrong one is tried once.
        let other = Secret::new("Another-one-9".to_owned());
        is_done("password", &bmc.change_user("Administrator", &Change::Password(&other)).await);
        let refused = |log: &bmc::hand::Read<Vec<bmc::operation::log::Entry>>| {
            let all = log.value.iter();
            all.filter(|entry| entry.message.contains("login of Administrator was refused")).count()
        };
        let before = refused(&bmc.log().await.expect("a log"));
        let tried = bmc.audit(true).await.expect("audited");
        let after = refused(&bmc.log().await.expect("a log"));
        assert_eq!(after - before, 1, "one try");
        assert!(
            tried
                .findings
                .iter()
                .all(|one| one.id != "user.default-password" || one.state == State::Sound)
        );
        bmc.close().await;
    });
}

#[test]
fn ipmi_alone_tells_suites_users_and_the_clock() {
    let site = site_with(
        &[
            ("dmtf".to_owned(), "ipmi-suite-0,tls-weak".to_owned()),
            ("dmtf".to_owned(), String::new()),
        ],
        true,
    );
    run(async {
        let found = audit(&site.places()[0], Protocol::Ipmi).await;
        assert_eq!(weak(&found), ["ipmi.on", "ipmi.suite-0", "tls.old", "certificate.self-signed"]);
        assert_eq!(state(&found, "service.telnet"), State::Unknown);
        assert_eq!(state(&found, "user.nameless"), State::Sound);
        assert_eq!(state(&found, "clock.off"), State::Sound);
        let clean = audit(&site.places()[1], Protocol::Ipmi).await;
        assert_eq!(weak(&clean), ["ipmi.on", "certificate.self-signed"]);
    });
}
