//! A verb is done with one BMC.

mod settings;

use bmc::{
    hand::{Acted, Bmc, HandError},
    redfish::{
        client::{Insertion, Subscribing},
        ladder::script::{Body, Reply},
    },
};
use serde_json::Map;

use super::{console, firmware, interop, media, save, stop::Stop, survey, verb::Verb};
use crate::output::bmc::found::Found;

/// Does what is wanted with the BMC of that name.
///
/// What lasts ends when it is asked to `stop`; all else is broken off by who calls this.
pub(super) async fn perform(
    verb: &Verb,
    bmc: &mut Bmc,
    name: &str,
    stop: &Stop,
) -> Result<Found, HandError> {
    Ok(match verb {
        // Adopting has a way of its own, and is not done in one session.
        Verb::Info | Verb::Adopt => Found::Identity(Box::new(bmc.identity().await?)),
        Verb::Inventory => Found::Inventory(Box::new(bmc.inventory().await?)),
        Verb::PowerStatus => {
            let state = bmc.power_state().await?;
            // IPMI tells it in passing; what Redfish knows of it is among its sensors.
            let draw = match bmc.ipmi() {
                Ok(_) => bmc.power_draw().await.ok().flatten(),
                Err(_) => None,
            };
            Found::Power(state, draw)
        }
        Verb::Power(action) => Found::Acted(bmc.power(*action).await?),
        Verb::BootStatus => Found::Boot(bmc.boot().await?),
        Verb::Boot(wanted) => Found::Acted(bmc.set_boot(*wanted).await?),
        Verb::MediaStatus => Found::Media(bmc.media().await?),
        Verb::Insert { url, slot } => {
            let with = Insertion { slot: slot.as_deref(), ..Insertion::default() };
            Found::Acted(bmc.insert(url, &with).await?)
        }
        Verb::Eject { slot } => Found::Acted(bmc.eject(slot.as_deref()).await?),
        // It is not known where a file is served before its hosts are.
        Verb::File => Found::Unable { why: media::no_way() },
        Verb::Offer(offer) => offer.insert(bmc, name).await?,
        Verb::Withdraw(offer) => offer.withdraw(bmc, name).await?,
        Verb::Sensors => Found::Sensors(bmc.sensors().await?),
        Verb::Subscriptions => Found::Subscriptions(bmc.redfish()?.subscriptions().await?),
        Verb::Subscribe { url, context } => {
            let wanted = Subscribing { destination: url, context };
            let (acted, path) = bmc.redfish()?.subscribe(&wanted).await?;
            let mut acted = Acted::from(acted);
            if let Some(path) = path {
                let id = path.rsplit('/').next().unwrap_or_default().to_owned();
                acted.remarks.push((format!("订阅编号 {id}"), format!("subscription {id}")));
            }
            Found::Acted(acted)
        }
        Verb::Unsubscribe { id } => Found::Acted(bmc.redfish()?.unsubscribe(id).await?.into()),
        // It is followed by the fleet, which connects it anew; here it would be looked at once.
        Verb::Watch(_) | Verb::Listen(_) | Verb::Log => Found::Log(bmc.log().await?),
        Verb::ClearLog(clear) => save::clear(bmc, name, clear).await?,
        Verb::Collect { out } => save::collect(bmc, name, out).await?,
        Verb::Fru => Found::Frus(bmc.frus().await?),
        Verb::Identify { on } => Found::Acted(bmc.identify(*on).await?),
        Verb::Setting(setting) => settings::perform(setting, bmc, name).await?,
        Verb::Console(wanted) => console::talk(bmc.ipmi()?, wanted, stop).await?,
        Verb::Tasks => Found::Tasks(bmc.tasks().await?),
        Verb::Probe => Found::Probe(bmc.probe().await?),
        Verb::Audit { try_defaults } => Found::Audit(Box::new(bmc.audit(*try_defaults).await?)),
        Verb::Accept { profiles } => {
            let read = bmc.judged_tree().await?;
            interop::judged(profiles, &read.value)
        }
        Verb::Survey { .. } => survey::one(bmc, name).await?,
        Verb::ResetBmc => Found::Acted(bmc.reset_bmc().await?),
        Verb::FirmwareList => Found::Components(bmc.firmware().await?),
        Verb::FirmwareUpdate(job) => firmware::update(bmc, name, job).await?,
        Verb::FirmwareFollow { task } => {
            Found::Renewed(Box::new(bmc.follow_update(task.as_deref()).await?))
        }
        Verb::RaidList => Found::Arrays(Box::new(bmc.arrays().await?)),
        Verb::RaidCreate(wanted) => Found::Acted(bmc.create_volume(wanted).await?),
        Verb::RaidDelete { volumes } => Found::Acted(bmc.delete_volumes(volumes).await?),
        Verb::Record { out } => save::record(bmc, name, out).await?,
        Verb::Get { paths } => get(bmc, paths).await?,
        Verb::Patch { path, body } => answer(bmc.redfish()?.patch(path, body.clone()).await?),
        Verb::Post { path, body } => answer(bmc.redfish()?.post(path, body.clone()).await?),
        Verb::Ipmi { netfn, command, data } => {
            let (code, data) = bmc.ipmi()?.raw(*netfn, 0, *command, data).await?;
            let text: Vec<String> = data.iter().map(|byte| format!("{byte:02x}")).collect();
            Found::Raw { code: code.into(), is_good: code == 0, text: text.join(" ") }
        }
    })
}

/// Reads resources; several are told as one object, by their paths.
async fn get(bmc: &mut Bmc, paths: &[String]) -> Result<Found, HandError> {
    let client = bmc.redfish()?;
    if let [path] = paths {
        return Ok(answer(client.get(path).await?));
    }
    // As text, which is a fifth of a value: hundreds of hosts are at this at a time, and one at the
    // end of it.
    let (mut all, mut worst) = (Vec::new(), 200);
    for path in paths {
        let reply = client.get(path).await?;
        worst = reply.status.unwrap_or_default().max(worst);
        let value = match reply.body {
            Body::Json(value) => value,
            other => text(other).into(),
        };
        all.push(value.to_string());
    }
    let mut document = Map::new();
    for (path, text) in paths.iter().zip(all) {
        document.insert(path.clone(), serde_json::from_str(&text).unwrap_or_default());
    }
    let text = text(Body::Json(document.into()));
    Ok(Found::Raw { code: worst, is_good: (200..300).contains(&worst), text })
}

fn answer(reply: Reply) -> Found {
    let code = reply.status.unwrap_or_default();
    let text = text(reply.body);
    Found::Raw { code, is_good: (200..300).contains(&code), text }
}

fn text(body: Body) -> String {
    match body {
        Body::Json(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Body::Empty => String::new(),
        Body::Page => "(HTML)".to_owned(),
        Body::Broken(why) => format!("({why})"),
        Body::TooLarge => "(> 16 MB)".to_owned(),
    }
}
