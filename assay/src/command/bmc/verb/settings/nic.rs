//! What is wanted of the BMC's own network.

use bmc::operation::interface::{Network, Source, Wanted, objection};
use profiles::Text;

use super::Setting;
use crate::{
    cli::bmc::settings::nic::{Nic, NicCommand},
    failure::Failure,
    lang::text,
};

pub(super) fn of(given: &Nic) -> Result<Setting, Failure> {
    let set = match &given.command {
        None | Some(NicCommand::List) => return Ok(Setting::Interfaces),
        Some(NicCommand::Set(set)) => set,
    };
    let source = match &set.address {
        Some(word) => Some(Source::Static { network: network(word)?, gateway: set.gateway }),
        None if set.dhcp => Some(Source::Dhcp),
        None => None,
    };
    let vlan = set.vlan.map(|vlan| (vlan != 0).then_some(vlan));
    if source.is_none() && vlan.is_none() {
        return Err(Failure::usage(Text::new("没有要改的内容", "there is nothing to change"))
            .hint(Text::new(
                "给出 --address、--dhcp 或 --vlan",
                "name --address, --dhcp or --vlan",
            )));
    }
    let wanted = Wanted { interface: set.interface.clone(), source, vlan };
    match objection(&wanted) {
        Some((zh, en)) => Err(Failure::usage(Text::new(zh, en))),
        None => Ok(Setting::SetInterface(wanted)),
    }
}

fn network(word: &str) -> Result<Network, Failure> {
    let parts = word.split_once('/').and_then(|(address, prefix)| {
        Some(Network { address: address.parse().ok()?, prefix: prefix.parse().ok()? })
    });
    parts.filter(|network| network.prefix <= 32).ok_or_else(|| {
        Failure::usage(text("`{}` 不是 地址/前缀", "`{}` is no ADDRESS/PREFIX", &[word]))
            .hint(Text::new("例：192.0.2.9/24", "for example 192.0.2.9/24"))
    })
}
