//! Each check by itself: a BMC without findings, and one thing wrong at a time.

use super::*;
use crate::{
    credential::Secret,
    ipmi::Pong,
    operation::lockdown::Item,
    simulate::x509::{Subject, self_signed},
    trust::Pin as Digest,
};

const NOW: i64 = 1_795_000_000;

fn shown(name: &str, from: i64, until: i64) -> Shown {
    let subject = Subject {
        names: &[(3, name)],
        addresses: &[],
        from: from.cast_unsigned(),
        until: until.cast_unsigned(),
    };
    let der = self_signed(&subject).expect("made").certificate;
    Shown { pin: Digest::of(&der), der, tls: "1.3" }
}

fn item(name: &str, open: Option<bool>) -> Item {
    Item {
        name: name.to_owned(),
        path: "/redfish/v1/Managers/1/NetworkProtocol".to_owned(),
        pointer: format!("/{name}/ProtocolEnabled"),
        open,
        wanted: Some(false),
        why: None,
    }
}

fn account(name: &str) -> Account {
    Account {
        id: "2".to_owned(),
        name: name.to_owned(),
        enabled: Some(true),
        must_change: Some(false),
        ..Account::default()
    }
}

/// A BMC that is closed, and tells all.
fn closed() -> Facts {
    let names = ["ipmi", "telnet", "http", "vnc", "rdp", "ssh", "snmp-v1", "snmp-v2c"];
    Facts {
        now: NOW,
        heard: Heard::Closed,
        lan: None,
        shown: Ok(shown("bmc-7", NOW - 1000, NOW + 1000)),
        old: Old::ALL.map(|version| (version, Answer::Refused)).to_vec(),
        services: Ok(names.map(|name| item(name, Some(false))).to_vec()),
        accounts: Ok(vec![account("ops")]),
        clock: Ok(Clock {
            ahead_s: Some(3),
            ntp: Some(true),
            servers: vec!["192.0.2.1".to_owned()],
            ..Clock::default()
        }),
        security: Ok(Security {
            timeout_s: Some(300),
            lockout: Some(5),
            kvm: Some(true),
            kvm_encrypted: Some(true),
            port: Port::Dedicated("Dedicated".to_owned()),
        }),
        released: Some("2026-05-01".to_owned()),
        makes: vec!["ibmc".to_owned()],
        user: "ops".to_owned(),
        by_default: false,
        tried: Some(vec![("Administrator".to_owned(), Tried::Refused)]),
    }
}

/// Returns the checks that are not sound: id and state.
fn others(facts: &Facts) -> Vec<(&'static str, State)> {
    let all = judge(facts);
    let other = all.iter().filter(|one| one.state != State::Sound);
    other.map(|one| (one.id, one.state)).collect()
}

#[test]
fn a_closed_bmc_that_tells_all_has_only_the_signature_of_its_own_certificate() {
    assert_eq!(others(&closed()), [("certificate.self-signed", State::Weak)]);
    let all = judge(&closed());
    assert!(!all.iter().any(Finding::is_due) && !all.iter().any(Finding::is_open));
    assert!(all.iter().all(|one| one.state == State::Sound || !one.advice.0.is_empty()));
    let mut ids: Vec<&str> = all.iter().map(|one| one.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "an id stands for one check");
}

/// Makes one thing wrong.
type Break = Box<dyn Fn(&mut Facts)>;

#[test]
fn one_thing_that_is_wrong_is_one_finding() {
    let pong = |anonymous, suites: &[u8]| Heard::Answered {
        pong: Pong { told: true, ipmi_2: true, anonymous, ..Pong::default() },
        suites: Some(suites.to_vec()),
    };
    let service = |name: &'static str| -> Break {
        Box::new(move |facts: &mut Facts| {
            for one in facts.services.as_mut().expect("services") {
                if one.name == name {
                    one.open = Some(true);
                }
            }
        })
    };
    let certificate = |name: &'static str, from: i64, until: i64| -> Break {
        Box::new(move |facts: &mut Facts| facts.shown = Ok(shown(name, NOW + from, NOW + until)))
    };
    let secure = |change: fn(&mut Security)| -> Break {
        Box::new(move |facts: &mut Facts| change(facts.security.as_mut().expect("security")))
    };
    let cases: Vec<(&[&str], Break)> = vec![
        (&["ipmi.on", "ipmi.suite-0"], Box::new(move |f| f.heard = pong(false, &[0, 3, 17]))),
        (&["ipmi.on", "ipmi.anonymous"], Box::new(move |f| f.heard = pong(true, &[17]))),
        (&["ipmi.on"], Box::new(move |f| f.heard = pong(false, &[17]))),
        (
            &["user.nameless"],
            Box::new(|f| {
                let one = account("");
                f.accounts.as_mut().expect("users").push(one);
            }),
        ),
        (
            &["user.default"],
            Box::new(|f| {
                f.accounts.as_mut().expect("users").push(account("Administrator"));
            }),
        ),
        (&["user.default-password"], Box::new(|f| f.by_default = true)),
        (
            &["user.default-password"],
            Box::new(|f| {
                f.tried = Some(vec![("root".to_owned(), Tried::Taken)]);
            }),
        ),
        (
            &["user.must-change"],
            Box::new(|f| {
                f.accounts.as_mut().expect("users")[0].must_change = Some(true);
            }),
        ),
        (&["user.lockout"], secure(|one| one.lockout = Some(0))),
        (&["tls.old"], Box::new(|f| f.old[1].1 = Answer::Taken)),
        (&["certificate.expired"], certificate("x", -2000, -1000)),
        (&["certificate.not-yet-valid"], certificate("x", 1000, 2000)),
        (&["certificate.default"], certificate("testhost", -1000, 1000)),
        (&["service.telnet"], service("telnet")),
        (&["service.snmp"], service("snmp-v2c")),
        (&["service.vnc"], service("vnc")),
        (&["service.rdp"], service("rdp")),
        (&["service.http"], service("http")),
        (&["service.ssh"], service("ssh")),
        (&["service.kvm"], secure(|one| one.kvm_encrypted = Some(false))),
        (&["nic.shared"], secure(|one| one.port = Port::Shared("LOM".to_owned()))),
        (&["firmware.age"], Box::new(|f| f.released = Some("2021-05-01".to_owned()))),
        (&["session.timeout"], secure(|one| one.timeout_s = Some(7200))),
        (&["clock.ntp"], Box::new(|f| f.clock.as_mut().expect("a clock").ntp = Some(false))),
        (&["clock.off"], Box::new(|f| f.clock.as_mut().expect("a clock").ahead_s = Some(-61))),
    ];
    for (expected, change) in cases {
        let mut facts = closed();
        change(&mut facts);
        let expected: Vec<_> = expected.iter().map(|id| (*id, State::Weak)).collect();
        let found: Vec<_> =
            others(&facts).into_iter().filter(|(id, _)| *id != "certificate.self-signed").collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn what_is_not_known_is_never_sound() {
    let why = said("读不出", "not read");
    let blind = Facts {
        heard: Heard::Silent,
        shown: Err(why.clone()),
        old: Old::ALL.map(|version| (version, Answer::Silent)).to_vec(),
        services: Err(why.clone()),
        accounts: Err(why.clone()),
        clock: Err(why.clone()),
        security: Err(why),
        released: None,
        tried: None,
        ..closed()
    };
    let all = judge(&blind);
    let is_open = |one: &Finding| match one.id {
        "user.default-password" => one.state == State::Untried,
        _ => one.state == State::Unknown,
    };
    assert!(all.iter().all(is_open), "{all:#?}");
    let known = judge(&closed());
    for one in &known {
        assert!(all.iter().any(|other| other.id == one.id), "{} has no row", one.id);
    }
    // What a BMC does not list it may have all the same.
    let mut terse = closed();
    terse.services.as_mut().expect("services").retain(|item| item.name == "ipmi");
    terse.security.as_mut().expect("settings").kvm = None;
    let services = others(&terse).into_iter().filter(|(id, _)| id.starts_with("service."));
    let services: Vec<_> = services.map(|(_, state)| state).collect();
    assert_eq!(services, vec![State::Unknown; settings::SERVICES.len() + 1]);
    // Silence of IPMI is an answer where the BMC says that it is off, and none where it does not.
    let mut silent = Facts { heard: Heard::Silent, ..closed() };
    assert!(!others(&silent).iter().any(|(id, _)| id.starts_with("ipmi")));
    silent.services.as_mut().expect("services").retain(|item| item.name != "ipmi");
    let unknown = others(&silent);
    assert!(unknown.contains(&("ipmi.suite-0", State::Unknown)), "{unknown:?}");
}

#[test]
fn a_key_that_two_show_and_firmware_that_differs_are_told_of_both() {
    let host = |key: &[u8], version: &str| Audited {
        findings: Vec::new(),
        key: Some(Digest::of(key)),
        model: Some("2288H".to_owned()),
        version: Some(version.to_owned()),
    };
    let mut hosts = [host(b"a", "6.1"), host(b"a", "6.1"), host(b"b", "6.2")];
    let [one, two, three] = &mut hosts;
    compare(&mut [("one", one), ("two", two), ("three", three)]);
    let states = |host: &Audited| host.findings.iter().map(|one| one.state).collect::<Vec<_>>();
    assert_eq!(states(&hosts[0]), [State::Weak, State::Weak]);
    assert_eq!(states(&hosts[1]), [State::Weak, State::Weak]);
    assert_eq!(states(&hosts[2]), [State::Sound, State::Weak]);
    assert!(hosts[0].findings[0].seen.1.contains("two"), "{:?}", hosts[0].findings[0]);
    let mut alone = Audited { key: None, model: None, ..host(b"a", "6.1") };
    compare(&mut [("one", &mut alone)]);
    assert_eq!(states(&alone), [State::Unknown, State::Unknown]);
}

#[test]
fn well_known_credentials_are_of_their_makes_alone() {
    let users = |make: &str| {
        let makes = [make.to_owned()];
        defaults::of(&makes).map(|known| known.user).collect::<Vec<_>>()
    };
    assert_eq!(users("ibmc"), ["Administrator", "root"]);
    assert_eq!(users("Super Micro Computer, Inc."), ["ADMIN"]);
    assert_eq!(users("Dell Inc."), ["root"]);
    assert_eq!(users("Miami"), Vec::<&str>::new());
    let secret = |text: &str| Secret::new(text.to_owned());
    assert!(defaults::is_known("Administrator", &secret("Admin@9000")));
    assert!(!defaults::is_known("Administrator", &secret("Admin@9001")));
    assert!(!format!("{:?}", defaults::KNOWN).contains("Admin@9000"), "a password is not shown");
}
