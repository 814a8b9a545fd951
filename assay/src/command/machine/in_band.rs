//! What this machine's own BMC tells by the kernel's driver (`/dev/ipmi0`), added to what the
//! machine was seen to be made of.
//!
//! The driver blocks, and a BMC may be slow: a thread of its own asks, and is left to itself where
//! it takes too long. A device that is not there is a gap that is named, and never a failure.

use std::{sync::mpsc, thread, time::Duration};

use bmc::ipmi::{Client, Facts, IpmiError};
use inventory::{
    Inventory,
    collect::{Collected, EvidenceFile},
    import, merge,
    model::{Section, SectionState},
};

use crate::ipmi;

/// The channel whose network is read: 1, where BMCs have their LAN; the driver came by none.
const LAN_CHANNEL: u8 = 1;

/// Asks the BMC, and adds what it tells.
pub(super) fn add(collected: &mut Collected, patience: Duration) {
    let told = match ask(patience) {
        Ok(Some(facts)) => facts,
        Ok(None) => {
            return gap(
                &mut collected.inventory,
                "/dev/ipmi0 is not there (kernel modules ipmi_si and ipmi_devintf): the BMC was \
                 not asked",
            );
        }
        Err(why) => return gap(&mut collected.inventory, &why),
    };
    let bytes = ipmi::document(&told);
    let inventory = ipmi::inventory(&told, Some(import::digest(&bytes)));
    // The driver shows what it was told by the same command, without the zeros of the minor number.
    if let Some(bmc) = &mut collected.inventory.bmc {
        bmc.firmware = None;
    }
    let collected_at = collected.inventory.collected_at.clone();
    let parts = vec![collected.inventory.clone(), inventory];
    // By the driver it is this machine's, whatever is written in its memory.
    match merge::merge(parts, &merge::Options { force_same: true }) {
        Ok(mut merged) => {
            merged.collected_at = collected_at;
            collected.inventory = merged;
            collected.evidence.push(EvidenceFile {
                path: "ipmi/bmc.json".to_owned(),
                bytes,
                locator: "ipmi:/dev/ipmi0".to_owned(),
            });
        }
        Err(error) => tracing::warn!(%error, "what the BMC tells does not fit the inventory"),
    }
}

/// Says what was not asked, where the machine has a BMC by its own tables.
fn gap(inventory: &mut Inventory, why: &str) {
    if inventory.bmc.as_ref().is_some_and(|bmc| bmc.present == Some(true)) {
        inventory.set_section(Section::Bmc, SectionState::Partial, Some(why.to_owned()));
    }
}

/// Asks in a thread; nothing where there is no device.
fn ask(patience: Duration) -> Result<Option<Facts>, String> {
    let (tell, told) = mpsc::sync_channel(1);
    let asking = move || {
        // Whoever waited may have given it up.
        drop(tell.send(facts()));
    };
    let spawned = thread::Builder::new().name("ipmi".to_owned()).spawn(asking);
    spawned.map_err(|error| format!("/dev/ipmi0: no thread to ask by: {error}"))?;
    match told.recv_timeout(patience) {
        Ok(Ok(facts)) => Ok(facts),
        Ok(Err(error)) => Err(format!("/dev/ipmi0: {}", chain(&error))),
        Err(_) => {
            Err(format!("/dev/ipmi0: the BMC did not tell all within {} s", patience.as_secs()))
        }
    }
}

fn facts() -> Result<Option<Facts>, IpmiError> {
    let Some(mut client) = Client::local()? else { return Ok(None) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|source| IpmiError::Driver { source })?;
    runtime.block_on(client.facts(LAN_CHANNEL)).map(Some)
}

fn chain(error: &IpmiError) -> String {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text.push_str(": ");
        text.push_str(&source.to_string());
    }
    text
}
