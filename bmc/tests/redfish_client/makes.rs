//! What one make does in its own way, at simulated hosts of it.

use std::time::Duration;

use bmc::{
    operation::{
        Outcome,
        boot::{Device, Lasting, Override},
        power::{Action, State},
        sensor::State as Judged,
    },
    redfish::{
        client::{Acted, Client, Insertion, Options, RedfishError},
        inventory::{Purpose as Use, inventory},
        ladder::slot::Slot,
        root, sensors,
        tree::Tree,
        walk::Purpose,
    },
    simulate::serve::Place,
};

use crate::{
    server::run,
    simulated::{connect, site},
};

const URL: &str = "nfs://192.0.2.1/os.iso";

fn hosts(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(make, faults)| ((*make).to_owned(), (*faults).to_owned())).collect()
}

async fn let_in(place: &Place) -> Client {
    connect(place, Options::default()).await.expect("let in")
}

/// Returns what the first host of a make shows for a purpose.
fn seen(make: &str, purpose: Purpose) -> Tree {
    let site = site(&hosts(&[(make, "")]));
    run(async {
        let client = let_in(&site.places()[0]).await;
        let read = client.tree(purpose).await.expect("a tree");
        client.close().await;
        read.value
    })
}

/// Inserts an image, looks, and ejects it.
async fn mounted(place: Place) -> (Result<Acted, RedfishError>, Vec<Slot>, Outcome) {
    let client = let_in(&place).await;
    let inserted = client.insert(URL, &Insertion::default()).await;
    let mut full = client.media().await.expect("slots");
    full.retain(|slot| slot.inserted == Some(true));
    let ejected = client.eject(None).await.expect("an answer").outcome;
    client.close().await;
    (inserted, full, ejected)
}

#[test]
fn vmm_control_is_used_hidden_below_the_system_and_though_it_fails_at_random() {
    // Where the medium is then, and whether the path was guessed; nothing where it is refused.
    let cases = [
        ("huawei", "media-vmm-hidden", Some(("/redfish/v1/Managers/1/", true))),
        ("h3c", "media-vmm-hidden", Some(("/redfish/v1/Managers/1/", true))),
        ("huawei", "media-vmm-fails=2", Some(("/redfish/v1/Managers/1/", false))),
        ("huawei", "media-vmm-fails=9", None),
        ("huawei", "media-system", Some(("/redfish/v1/Systems/1/", false))),
        ("huawei", "media-two-trees", Some(("/redfish/v1/Systems/1/", false))),
        (
            "xfusion",
            "media-system,media-vmm-hidden,media-vmm-fails=1",
            Some(("/redfish/v1/Systems/1/", true)),
        ),
    ];
    let site = site(&hosts(&cases.map(|(make, faults, _)| (make, faults))));
    run(async {
        let all: Vec<_> =
            site.places().iter().map(|place| tokio::spawn(mounted(place.clone()))).collect();
        for ((make, faults, expected), one) in cases.iter().zip(all) {
            let what = format!("{make} {faults}");
            let (inserted, full, ejected) = one.await.expect("no panic");
            assert_eq!(ejected, Outcome::Done, "{what}");
            let Some((below, guessed)) = expected else {
                assert!(inserted.is_err() && full.is_empty(), "{what}: {inserted:?}");
                continue;
            };
            let inserted = inserted.expect(&what);
            assert_eq!(inserted.outcome, Outcome::Done, "{what}: {inserted:?}");
            let told = inserted.notes.iter().any(|note| note.guessed);
            assert_eq!(told, *guessed, "{what}: {:?}", inserted.notes);
            let paths: Vec<&str> = full.iter().map(|slot| slot.path.as_str()).collect();
            assert!(matches!(paths[..], [path] if path.starts_with(below)), "{what}: {paths:?}");
        }
    });
}

#[test]
fn power_is_changed_by_fru_control_where_that_is_all_there_is() {
    let makes = ["huawei", "xfusion", "dmtf"];
    let site = site(&hosts(&makes.map(|make| (make, "power-fru-only,power-time=400"))));
    run(async {
        for (place, make) in site.places().iter().zip(makes) {
            let client = let_in(place).await;
            if make == "dmtf" {
                let acted = client.power(Action::Off).await.expect("an answer");
                assert!(matches!(acted.outcome, Outcome::Unsupported { .. }), "{acted:?}");
                client.close().await;
                continue;
            }
            for (action, state) in [
                (Action::Off, State::Off),
                (Action::On, State::On),
                (Action::Cycle, State::On),
                (Action::Soft, State::Off),
                (Action::On, State::On),
            ] {
                let acted = client.power(action).await.expect("an answer");
                assert_eq!(acted.outcome, Outcome::Done, "{make} {action:?}: {acted:?}");
                assert_eq!(client.power_state().await.expect("its power"), Some(state), "{make}");
            }
            // That it has restarted only its log shows.
            client.power(Action::Reset).await.expect("an answer");
            let log = "/redfish/v1/Systems/1/LogServices/SEL/Entries";
            let log = client.get(log).await.expect("a log").json().to_string();
            assert_eq!(log.matches("System restarted").count(), 1, "{make}: {log}");
            client.close().await;
        }
    });
}

#[test]
fn pxe_that_ibmc_skips_is_told_and_another_device_is_not_touched_by_it() {
    let site = site(&hosts(&[("huawei", "boot-pxe-off")]));
    run(async {
        let options = Options { total: Duration::from_secs(4), ..Options::default() };
        let client = connect(&site.places()[0], options).await.expect("let in");
        let boot = |device| Override { device, lasting: Lasting::Once, firmware: None };
        let acted = client.set_boot(boot(Device::Pxe)).await.expect("an answer");
        let Outcome::NotKept { found, .. } = &acted.outcome else { panic!("{acted:?}") };
        assert!(found.contains("BootSourceOverrideTarget None"), "{found}");
        assert!(acted.notes.iter().any(|note| note.quirk == Some("pxe-skipped")), "{acted:?}");
        let acted = client.set_boot(boot(Device::Cd)).await.expect("an answer");
        assert_eq!((acted.outcome, acted.notes.len()), (Outcome::Done, 0));
        client.close().await;
    });
}

#[test]
fn of_a_blade_the_manager_that_is_enabled_is_its_bmc() {
    let site = site(&hosts(&[("huawei-blade", "")]));
    run(async {
        let client = let_in(&site.places()[0]).await;
        let managers = client.get("/redfish/v1/Managers").await.expect("managers");
        let first = &managers.json()["Members"][0]["@odata.id"];
        assert_eq!(first, "/redfish/v1/Managers/HMM1", "the spare one stands first");
        let inserted = client.insert(URL, &Insertion::default()).await.expect("an answer");
        assert_eq!(inserted.outcome, Outcome::Done, "{inserted:?}");
        let slots = client.media().await.expect("slots");
        assert_eq!(slots[0].path, "/redfish/v1/Managers/Blade1/VirtualMedia/CD");
        let off = client.power(Action::Off).await.expect("an answer");
        assert_eq!(off.outcome, Outcome::Done);
        let read = client.tree(Purpose::Identity).await.expect("a tree");
        let identity = &root::identity(&read.value).value[0];
        assert_eq!(identity.system.as_deref(), Some("/redfish/v1/Systems/Blade1"));
        let manager = (&identity.identity.bmc_model, &identity.identity.bmc_version);
        assert_eq!(manager, (&Some("iBMC".to_owned()), &Some("6.41".to_owned())));
        client.close().await;
    });
}

#[test]
fn lists_of_sensors_of_a_vendors_own_are_read_too() {
    for make in ["huawei", "xfusion", "inspur"] {
        let found = sensors::sensors(&seen(make, Purpose::Sensors)).value;
        let named = |name: &str| {
            let all = found.iter().filter(|one| one.name == name);
            let all: Vec<_> = all.map(|one| (one.kind.as_str(), one.reading, one.state)).collect();
            all
        };
        assert_eq!(named("Inlet Temp"), [("temperature", Some(24.0), Judged::Ok)], "{make}");
        assert_eq!(named("VRD Temp"), [("temperature", Some(41.0), Judged::Ok)], "{make}");
        assert_eq!(named("RAID BBU Temp"), [("temperature", None, Judged::Unavailable)], "{make}");
        assert_eq!(named("SEL Status"), [("discrete", None, Judged::Ok)], "{make}");
    }
}

#[test]
fn what_ibmc_writes_in_its_own_way_is_counted_as_it_is() {
    let found = inventory(&seen("huawei", Purpose::Inventory)).value;
    // Its summary says one; there are two.
    let cpus = found.processors.iter().filter(|one| one.purpose == Use::Cpu);
    assert_eq!((cpus.count(), found.systems[0].processors), (2, Some(1)));
    let ports = &found.adapters[0].ports;
    assert_eq!(ports.len(), 4);
    assert_eq!(ports[2].addresses, ["02:53:00:00:01:03"]);
    assert_eq!((ports[2].speed_bps, ports[2].most_speed_bps), (None, Some(25_000_000_000)));
    let interface = &found.interfaces[2];
    assert_eq!(interface.id.as_deref(), Some("mainboardLOMPort3"));
    assert_eq!(interface.mac.as_deref(), Some("02:53:00:00:01:03"));
    assert_eq!((interface.speed_bps, interface.is_linked), (None, None));
}

#[test]
fn lenovos_amd_machines_are_amis_and_have_their_remote_media_turned_on() {
    let site = site(&hosts(&[("lenovo-amd", "")]));
    run(async {
        let client = let_in(&site.places()[0]).await;
        client.identity().await.expect("an identity");
        assert_eq!(client.dialect().map(|one| one.id.as_str()), Some("megarac"));
        let http = "http://192.0.2.1/os.iso";
        for turn in 0..2 {
            let acted = client.insert(http, &Insertion::default()).await.expect("an answer");
            assert_eq!(acted.outcome, Outcome::Done, "{acted:?}");
            // Once is enough: they stay on.
            let told = acted.notes.iter().any(|note| note.quirk == Some("remote-media"));
            assert_eq!(told, turn == 0, "{acted:?}");
            assert_eq!(client.eject(None).await.expect("an answer").outcome, Outcome::Done);
        }
        client.close().await;
    });
}
