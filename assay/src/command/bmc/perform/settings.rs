//! A verb on settings is done with one BMC.

use bmc::hand::{Bmc, HandError};

use crate::{
    command::bmc::{certs, lockdown, verb::settings::Setting},
    output::bmc::{
        found::Found,
        settings::{Closing, Seen},
    },
};

/// Does what is wanted.
pub(super) async fn perform(
    setting: &Setting,
    bmc: &mut Bmc,
    name: &str,
) -> Result<Found, HandError> {
    Ok(match setting {
        Setting::Users => Found::Setting(Seen::Users(bmc.users().await?)),
        Setting::Certificates => Found::Setting(Seen::Certificates(bmc.certificates().await?)),
        Setting::Request(request) => certs::request(bmc, name, request).await?,
        Setting::Replace(replacement) => certs::replace(bmc, name, replacement).await?,
        Setting::Clock => Found::Setting(Seen::Clock(bmc.clock().await?)),
        Setting::SetClock(wanted) => Found::Acted(bmc.set_clock(*wanted).await?),
        Setting::Ntp(servers) => Found::Acted(bmc.follow_time(servers).await?),
        Setting::Interfaces => Found::Setting(Seen::Interfaces(bmc.interfaces().await?)),
        Setting::SetInterface(wanted) => Found::Acted(bmc.set_interface(wanted).await?),
        Setting::Services => {
            let items = bmc.services().await?.into_iter();
            let closing = items.map(|item| Closing { item, became: None });
            Found::Setting(Seen::Lockdown(closing.collect()))
        }
        Setting::Close { save } => lockdown::on(bmc, name, save).await?,
        Setting::Open { save } => lockdown::off(bmc, name, save).await?,
        Setting::Bios { names } => Found::Setting(Seen::Bios(bmc.bios(names).await?)),
        Setting::BiosPending => Found::Setting(Seen::Bios(bmc.bios_pending().await?)),
        Setting::SetBios(wanted) => Found::Acted(bmc.set_bios(wanted).await?),
        Setting::ResetBios => Found::Acted(bmc.reset_bios().await?),
        Setting::RevokeBios => Found::Acted(bmc.revoke_bios().await?),
        Setting::User(user) => {
            Found::Acted(bmc.change_user(&user.name, &user.change.change()).await?)
        }
    })
}
