//! The Redfish client at sushy-emulator, over TLS: what we do is read back by curl, and what curl
//! does by us. Its driver is the one that only pretends to have a host.

#[path = "bmc_sushy/emulator.rs"]
mod emulator;
#[path = "bmc_sushy/stored.rs"]
mod stored;

use std::process::ExitCode;

use bmc::{
    operation::{
        Outcome,
        boot::{Device, Lasting, Override},
        power::{Action, State},
    },
    redfish::{
        client::{Insertion, RedfishError},
        finding::{Finding, Trouble},
        inventory::inventory,
        walk::Purpose,
    },
};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::json;

use emulator::{Emulator, SYSTEM, ensure, images};

const PEERS: &[Need] =
    &[Need::Program("sushy-emulator"), Need::Program("curl"), Need::Program("openssl")];

fn main() -> ExitCode {
    let at = |name: &str, body: fn(&Emulator) -> Result<(), Failed>| -> Trial {
        trial(name, PEERS, move || {
            let emulator = Emulator::start()?;
            body(&emulator).map_err(|failed| {
                let why = failed.message().unwrap_or("failed");
                Failed::from(format!("{why}\n{}", emulator.log()))
            })
        })
    };
    let with_storage = |name: &str, body: fn(&Emulator) -> Result<(), Failed>| -> Trial {
        trial(name, PEERS, move || body(&Emulator::start_with(stored::STORAGE)?))
    };
    let trials = vec![
        with_storage("arrays_are_read_as_curl_reads_them", stored::arrays),
        with_storage("a_drive_that_is_a_spare_makes_no_volume", stored::spare),
        at("an_update_that_it_refuses_is_told_in_its_words", stored::update),
        at("power_is_changed_by_us_and_read_by_curl", power),
        at("power_that_curl_changes_is_read_by_us", power_of_curl),
        at("the_boot_device_is_set_by_us_and_by_curl", boot),
        at("media_are_inserted_and_ejected_by_us", media),
        at("media_that_curl_inserts_are_seen_and_ejected_by_us", media_of_curl),
        at("a_wrong_password_is_sent_once", wrong_password),
        at("what_it_is_is_read_and_what_it_lacks_is_a_finding", identity),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn power(emulator: &Emulator) -> Result<(), Failed> {
    emulator.with(async |client| {
        for (action, state) in [(Action::On, "On"), (Action::Reset, "On"), (Action::Off, "Off")] {
            let acted = client.power(action).await?;
            ensure(acted.outcome == Outcome::Done, || format!("{action:?}: {acted:?}"))?;
            let seen = emulator.curl("GET", SYSTEM, None)?;
            ensure(seen["PowerState"] == state, || format!("{action:?}: {seen}"))?;
        }
        // What is so already is not asked for.
        let acted = client.power(Action::Off).await?;
        ensure(acted.outcome == Outcome::Done && acted.notes.len() == 1, || format!("{acted:?}"))
    })
}

fn power_of_curl(emulator: &Emulator) -> Result<(), Failed> {
    let reset = format!("{SYSTEM}/Actions/ComputerSystem.Reset");
    emulator.with(async |client| {
        for (word, state) in [("On", State::On), ("ForceOff", State::Off)] {
            emulator.curl("POST", &reset, Some(&json!({ "ResetType": word })))?;
            // The emulator takes up to 11 s.
            let mut seen = None;
            for _ in 0..150 {
                seen = client.power_state().await?;
                if seen == Some(state) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            ensure(seen == Some(state), || format!("{word}: {seen:?}"))?;
        }
        Ok(())
    })
}

fn boot(emulator: &Emulator) -> Result<(), Failed> {
    emulator.with(async |client| {
        for (device, target) in [(Device::Pxe, "Pxe"), (Device::Cd, "Cd"), (Device::Disk, "Hdd")] {
            let wanted = Override { device, lasting: Lasting::Once, firmware: None };
            let acted = client.set_boot(wanted).await?;
            ensure(acted.outcome == Outcome::Done, || format!("{device:?}: {acted:?}"))?;
            // Once is shown as Continuous, which is told.
            let told = acted.notes.iter().any(|note| note.quirk == Some("boot-once-continuous"));
            ensure(told, || format!("{acted:?}"))?;
            let seen = emulator.curl("GET", SYSTEM, None)?;
            let seen = &seen["Boot"]["BootSourceOverrideTarget"];
            ensure(seen == target, || format!("{device:?}: {seen}"))?;
        }
        let floppy = json!({ "Boot": { "BootSourceOverrideTarget": "Pxe",
            "BootSourceOverrideEnabled": "Continuous" } });
        emulator.curl("PATCH", SYSTEM, Some(&floppy))?;
        let seen = client.boot().await?;
        ensure(seen.boot.device == Some(Device::Pxe), || format!("{seen:?}"))?;
        ensure(seen.boot.lasting == Some(Lasting::Persistent), || format!("{seen:?}"))
    })
}

fn media(emulator: &Emulator) -> Result<(), Failed> {
    let (url, fetched) = images()?;
    emulator.with(async |client| {
        let acted = client.insert(&url, &Insertion::default()).await?;
        ensure(acted.outcome == Outcome::Done, || format!("{acted:?}"))?;
        let slot = format!("{SYSTEM}/VirtualMedia/Cd");
        let seen = emulator.curl("GET", &slot, None)?;
        ensure(seen["Inserted"] == true && seen["Image"] == url.as_str(), || seen.to_string())?;
        ensure(fetched() > 0, || "the image was not fetched".to_owned())?;
        // The same again is no change.
        let acted = client.insert(&url, &Insertion::default()).await?;
        ensure(acted.outcome == Outcome::Done, || format!("{acted:?}"))?;
        let acted = client.eject(None).await?;
        ensure(acted.outcome == Outcome::Done, || format!("{acted:?}"))?;
        let seen = emulator.curl("GET", &slot, None)?;
        ensure(seen["Inserted"] == false, || seen.to_string())
    })
}

fn media_of_curl(emulator: &Emulator) -> Result<(), Failed> {
    let (url, _) = images()?;
    let slot = format!("{SYSTEM}/VirtualMedia/Cd");
    let insert = format!("{slot}/Actions/VirtualMedia.InsertMedia");
    emulator.curl("POST", &insert, Some(&json!({ "Image": url })))?;
    emulator.with(async |client| {
        let slots = client.media().await?;
        let cd = slots.iter().find(|slot| slot.id == "Cd").ok_or("no slot")?;
        ensure(cd.inserted == Some(true), || format!("{cd:?}"))?;
        ensure(cd.image.as_deref() == Some(url.as_str()), || format!("{cd:?}"))?;
        let acted = client.eject(Some("Cd")).await?;
        ensure(acted.outcome == Outcome::Done, || format!("{acted:?}"))?;
        let seen = emulator.curl("GET", &slot, None)?;
        ensure(seen["Inserted"] == false, || seen.to_string())?;
        // An image that is not there is a refusal in its own words.
        match client.insert(&format!("{url}.none"), &Insertion::default()).await {
            Err(RedfishError::Refused { said, .. }) => {
                ensure(!said.text.is_empty(), || "it gave no reason".to_owned())
            }
            other => Err(Failed::from(format!("{other:?}"))),
        }
    })
}

fn wrong_password(emulator: &Emulator) -> Result<(), Failed> {
    let error = emulator.connect_with("wrong").err().ok_or("let in")?;
    ensure(matches!(error, RedfishError::WrongPassword { .. }), || format!("{error:?}"))?;
    ensure(error.refused(), || "the run has to stop there".to_owned())?;
    let refusals = emulator.log().matches("\" 401 ").count();
    ensure(refusals == 1, || format!("{refusals} attempts"))
}

fn identity(emulator: &Emulator) -> Result<(), Failed> {
    emulator.with(async |client| {
        let identity = client.identity().await?;
        let seen = emulator.curl("GET", SYSTEM, None)?;
        ensure(identity.uuid.as_deref() == seen["UUID"].as_str(), || format!("{identity:?}"))?;
        ensure(identity.power == Some(State::Off), || format!("{identity:?}"))?;
        let tree = client.tree(Purpose::Inventory).await?;
        let read = inventory(&tree.value);
        let lacks = |part: &str, status: u16| {
            let of = |finding: &&Finding| finding.path.contains(part);
            read.findings.iter().filter(of).any(|one| one.trouble == Trouble::Status(status))
        };
        // It links to what it does not have, and fails at what it was not told of.
        let told = lacks("/Memory", 404) && lacks("/Storage", 500);
        ensure(told, || format!("{:?}", read.findings))
    })
}
