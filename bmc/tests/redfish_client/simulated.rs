//! The client at simulated hosts: of each make, and with each fault that touches it.

use std::{sync::Arc, time::Duration};

use bmc::{
    client::Trust,
    credential::Secret,
    operation::{
        Outcome,
        boot::{Device, Lasting, Override},
        power::{Action, State},
    },
    redfish::{
        client::{Client, Insertion, Options, RedfishError},
        walk::Purpose,
    },
    simulate::{
        serve::{self, Background, Place, Setup},
        template::{Base, Numbers, dialects},
    },
};
use serde_json::Value;

use crate::server::run;

pub(crate) const PASSWORD: &str = "correct horse 12";
pub(crate) const USER: &str = "admin";

/// Starts a host for each make and its faults.
pub(crate) fn site(hosts: &[(String, String)]) -> Background {
    site_with(hosts, false)
}

/// Starts a host for each make and its faults, that speaks IPMI too or not.
pub(crate) fn site_with(hosts: &[(String, String)], ipmi: bool) -> Background {
    let base = |(dialect, knobs): &(String, String)| {
        let knobs = format!("power-time=50,task-time=50,{knobs}");
        let knobs = knobs.trim_end_matches(',').parse().expect("knobs");
        Arc::new(Base::made(dialect, Numbers::default(), &knobs).expect("made"))
    };
    let hosts: Vec<Arc<Base>> = hosts.iter().map(base).collect();
    let certificate = |base: &Arc<Base>| {
        let subject = base.subject().unwrap_or("bmc");
        serve::certificate(subject, [127, 0, 0, 1].into(), false).expect("a certificate")
    };
    let setup = Setup {
        listen: "127.0.0.1:0".parse().expect("an address"),
        certificates: hosts.iter().map(certificate).collect(),
        hosts,
        user: USER.to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        fetches: false,
        ipmi,
    };
    Background::start(setup).expect("a site")
}

pub(crate) async fn connect(place: &Place, options: Options) -> Result<Client, RedfishError> {
    let password = Secret::new(PASSWORD.to_owned());
    let address = place.address.to_string().parse().expect("an address");
    Client::connect(&address, Some((USER, &password)), Trust::Pin(place.pin), options).await
}

/// Sets the CD, inserts, turns on, ejects, turns off; returns what went otherwise than well.
async fn install(client: &Client, url: &str) -> Result<(), String> {
    let done = |what: &str, acted: Result<bmc::redfish::client::Acted, RedfishError>| match acted {
        Ok(acted) if acted.outcome == Outcome::Done => Ok(()),
        other => Err(format!("{what}: {other:?}")),
    };
    let wanted = Override { device: Device::Cd, lasting: Lasting::Once, firmware: None };
    done("boot", client.set_boot(wanted).await)?;
    done("insert", client.insert(url, &Insertion::default()).await)?;
    let slots = client.media().await.map_err(|error| error.to_string())?;
    let full = slots.iter().filter(|slot| slot.inserted == Some(true)).count();
    if full != 1 {
        return Err(format!("{full} slots are full: {slots:?}"));
    }
    done("on", client.power(Action::On).await)?;
    let state = client.power_state().await.map_err(|error| error.to_string())?;
    if state != Some(State::On) {
        return Err(format!("it is {state:?}"));
    }
    done("eject", client.eject(None).await)?;
    done("off", client.power(Action::Off).await)
}

#[test]
fn no_bmc_has_more_requests_under_way_than_it_is_to_have() {
    let hosts: Vec<_> = (0..4).map(|_| ("dmtf".to_owned(), "latency=20".to_owned())).collect();
    let site = site(&hosts);
    let each = [1, 2, 3, 4];
    run(async {
        for (place, at_once) in site.places().iter().zip(each) {
            let options = Options { at_once, ..Options::default() };
            let client = connect(place, options).await.expect("let in");
            let walked = client.tree(Purpose::Inventory).await.expect("a tree");
            assert!(walked.value.answers().count() > 10, "a walk of some length");
            // A change waits for its turn among the reads.
            let paths =
                ["/redfish/v1/Systems/1", "/redfish/v1/Chassis/1", "/redfish/v1/Managers/1"];
            let [system, chassis, manager] = paths.map(|path| client.get(path));
            let (one, two, three, changed) =
                tokio::join!(system, chassis, manager, client.identify(true));
            assert!([one, two, three].iter().all(Result::is_ok));
            changed.expect("done");
            client.close().await;
        }
    });
    assert_eq!(site.most_at_once(), each);
}

/// Returns how many sessions a host has beside ours.
async fn others(place: &Place) -> Result<usize, String> {
    let client = connect(place, Options::default()).await.map_err(|error| error.to_string())?;
    let Some(own) = client.session() else {
        client.close().await;
        return Ok(0);
    };
    let (collection, _) = own.rsplit_once('/').ok_or("a session has a collection")?;
    let reply = client.get(collection).await.map_err(|error| error.to_string())?;
    client.close().await;
    let members = reply.json().get("Members").and_then(Value::as_array).map_or(0, Vec::len);
    members.checked_sub(1).ok_or_else(|| format!("ours is not there: {:?}", reply.json()))
}

/// Does the whole of it at every host at once; returns what went wrong where.
fn troubles(hosts: &[(String, String)], url: fn(&str) -> &'static str) -> Vec<String> {
    let site = site(hosts);
    run(async {
        let mut tasks = Vec::new();
        for (at, (dialect, knobs)) in hosts.iter().enumerate() {
            let place = site.places()[at].clone();
            let (name, url) = (format!("{dialect} {knobs}"), url(dialect));
            tasks.push(tokio::spawn(async move {
                let client = match connect(&place, Options::default()).await {
                    Ok(client) => client,
                    Err(error) => return Some(format!("{name}: connect: {error:?}")),
                };
                let went = install(&client, url).await;
                client.close().await;
                let left = others(&place).await;
                match (went, left) {
                    (Ok(()), Ok(0)) => None,
                    (went, left) => Some(format!("{name}: {went:?}, sessions left: {left:?}")),
                }
            }));
        }
        let mut troubles = Vec::new();
        for task in tasks {
            troubles.extend(task.await.expect("no panic"));
        }
        troubles
    })
}

/// The scheme that a make takes.
fn scheme(dialect: &str) -> &'static str {
    match dialect {
        "huawei" | "huawei-blade" | "xfusion" | "openubmc" | "h3c" | "inspur" => {
            "nfs://192.0.2.1/os.iso"
        }
        _ => "http://192.0.2.1/os.iso",
    }
}

#[test]
fn a_host_of_every_make_is_installed_from_an_image() {
    let hosts: Vec<_> = dialects().into_iter().map(|name| (name, String::new())).collect();
    assert!(hosts.len() >= 11);
    assert_eq!(troubles(&hosts, scheme), Vec::<String>::new());
}

#[test]
fn a_host_with_any_one_fault_is_installed_all_the_same() {
    let faults = [
        "latency=30",
        "slow-first-byte=100",
        "busy-503=2",
        "busy-429=2",
        "conn-close",
        "etag-required",
        "etag-required=412",
        "etag-weak",
        "etag-gzip",
        "etag-quotes",
        "etag-twice",
        "etag-stale",
        "etag-none",
        "etag-412-retry",
        "boot-no-mode",
        "boot-all-three",
        "boot-pair",
        "boot-no-none",
        "boot-settings",
        "boot-continuous",
        "boot-once-only",
        "media-protocol",
        "media-creds",
        "media-method",
        "media-no-inserted",
        "media-patch",
        "media-two-trees",
        "media-slot-refused",
        "media-image-bare",
        "media-task",
        "eject-empty-body",
        "eject-500",
        "session-token-in-body",
        "no-sessions",
        "root-no-links",
        "task-no-location,media-task",
        "task-id-only,media-task",
        "task-200-success,media-task",
        "task-state-unknown,media-task",
        "task-messages-object,media-task",
        "task-gone,media-task",
        "action-200",
        "session-lost=12",
        "type-number-text",
        "type-na",
    ];
    let hosts: Vec<_> =
        faults.iter().map(|fault| ("dmtf".to_owned(), (*fault).to_owned())).collect();
    assert_eq!(troubles(&hosts, scheme), Vec::<String>::new());
}

#[test]
fn a_host_that_cannot_is_told_in_one_sentence() {
    type Is = fn(&RedfishError) -> bool;
    let cases: [(&str, Is); 4] = [
        ("html", |error| matches!(error, RedfishError::NotRedfish { .. })),
        ("session-full", |error| matches!(error, RedfishError::SessionsFull)),
        ("password-change", |error| matches!(error, RedfishError::PasswordChange { .. })),
        ("hung-bmc", |error| matches!(error, RedfishError::Silent { .. } | RedfishError::Reach(_))),
    ];
    let hosts: Vec<_> =
        cases.iter().map(|(fault, _)| ("dmtf".to_owned(), (*fault).to_owned())).collect();
    let site = site(&hosts);
    run(async {
        for (at, (fault, is)) in cases.iter().enumerate() {
            let mut options =
                Options { first_byte: Duration::from_millis(700), ..Options::default() };
            options.patience.handshake = Duration::from_secs(1);
            let error = connect(&site.places()[at], options).await.expect_err(fault);
            assert!(is(&error), "{fault}: {error:?}");
            assert!(!error.refused(), "{fault}: no refusal of the credential");
        }
    });
}

#[test]
fn what_speaks_only_old_tls_is_told_so() {
    let site = site(&[("dmtf".to_owned(), "tls-old".to_owned())]);
    let error = run(connect(&site.places()[0], Options::default())).expect_err("too old");
    let old = matches!(&error, RedfishError::Reach(bmc::client::ReachError::OldTls { .. }));
    assert!(old && !error.refused(), "{error:?}");
    assert!(error.hint().1.contains("firmware"));
}
