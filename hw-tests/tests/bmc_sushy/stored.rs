//! Firmware and arrays at sushy-emulator: what it has of them, and what it refuses.

use std::time::Duration;

use bmc::{
    operation::raid::{Level, Wanted},
    redfish::client::{RedfishError, Source, Update},
};
use libtest_mimic::Failed;
use serde_json::Value;

use super::emulator::{Emulator, SYSTEM, ensure};

/// A controller with two drives.
pub(crate) const STORAGE: &str = r#"
SUSHY_EMULATOR_STORAGE = {"27946b59-9e44-4fa7-8e91-f3527a1ef094": [{"Id": "1",
    "Name": "Local Storage Controller", "Drives": ["32ADF365C6C1B7BD", "32ADF365C6C1B7BE"],
    "StorageControllers": [{"MemberId": "0", "Name": "Contoso RAID", "SpeedGbps": 12}]}]}
SUSHY_EMULATOR_DRIVES = {("27946b59-9e44-4fa7-8e91-f3527a1ef094", "1"): [
    {"Id": "32ADF365C6C1B7BD", "Name": "One", "CapacityBytes": 899527000000, "Protocol": "SAS"},
    {"Id": "32ADF365C6C1B7BE", "Name": "Two", "CapacityBytes": 899527000000, "Protocol": "SAS"}]}
SUSHY_EMULATOR_VOLUMES = {("27946b59-9e44-4fa7-8e91-f3527a1ef094", "1"): []}
"#;

pub(crate) fn arrays(emulator: &Emulator) -> Result<(), Failed> {
    let storage = format!("{SYSTEM}/Storage/1");
    emulator.with(async |client| {
        let (tree, read) = client.arrays().await?;
        ensure(tree.is_complete() && read.is_complete(), || format!("{:?}", read.findings))?;
        let found = read.value;
        let seen = emulator.curl("GET", &storage, None)?;
        let controller = found.controllers.first().ok_or("no controller")?;
        let shown = &seen["StorageControllers"][0];
        let of = |value: &Value| value.as_str().map(str::to_owned);
        ensure(controller.name == of(&shown["Model"]), || format!("{controller:?} {shown}"))?;
        ensure(controller.version == of(&shown["FirmwareVersion"]), || format!("{controller:?}"))?;
        ensure(controller.volumes == of(&seen["Volumes"]["@odata.id"]), || format!("{seen}"))?;
        ensure(found.drives.len() == 2 && found.volumes.is_empty(), || format!("{found:?}"))?;
        for drive in &found.drives {
            let seen = emulator.curl("GET", &drive.place, None)?;
            ensure(drive.size_bytes == seen["CapacityBytes"].as_u64(), || format!("{drive:?}"))?;
            ensure(drive.protocol == of(&seen["Protocol"]), || format!("{drive:?}"))?;
            ensure(drive.health == of(&seen["Status"]["Health"]), || format!("{drive:?}"))?;
            ensure(drive.spare == of(&seen["HotspareType"]), || format!("{drive:?}"))?;
        }
        Ok(())
    })
}

pub(crate) fn spare(emulator: &Emulator) -> Result<(), Failed> {
    let wanted = Wanted {
        level: Level::Raid1,
        drives: vec!["32ADF365C6C1B7BD".to_owned(), "32ADF365C6C1B7BE".to_owned()],
        controller: None,
        name: None,
        size_bytes: None,
        stripe_bytes: None,
        init: None,
        encrypt: false,
        mixed: false,
    };
    emulator.with(async |client| match client.create_volume(&wanted).await {
        Err(error @ RedfishError::Declined { .. }) => {
            ensure(error.to_string().contains("is a hot spare (Global)"), || error.to_string())
        }
        other => Err(Failed::from(format!("{other:?}"))),
    })?;
    let posted = emulator.log().contains("\"POST /redfish/v1/Systems/");
    ensure(!posted, || "something was posted".to_owned())
}

pub(crate) fn update(emulator: &Emulator) -> Result<(), Failed> {
    emulator.with(async |client| {
        // It links to lists that it does not have.
        let (_, read) = client.components().await?;
        ensure(read.value.is_empty() && !read.is_complete(), || format!("{read:?}"))?;
        let update = Update {
            source: Source::Url("http://127.0.0.1:1/bios.bin"),
            targets: &[],
            apply: None,
            protocol: None,
            credential: None,
            expect: None,
            settle: Duration::ZERO,
        };
        match client.update(&update).await {
            Err(RedfishError::Refused { status: 400, said, .. }) => {
                ensure(said.text.contains("Missing ImageURI and/or Targets"), || said.text.clone())
            }
            other => Err(Failed::from(format!("{other:?}"))),
        }
    })
}
