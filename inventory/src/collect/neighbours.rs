//! LLDP neighbours, where the operator asks for them: listening takes half a
//! minute and a socket that needs root.

use serde::{Deserialize, Serialize};

use crate::Sysroot;
use crate::ethtool;
use crate::lldp::{self, Port};
use crate::model::{LldpNeighbour, Section, SectionState, SourceKind};

use super::net::NET;
use super::net::device::Device;
use super::read;
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Lldp];

/// What was heard, as a recording keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Heard {
    neighbours: Vec<LldpNeighbour>,
    silent: Vec<String>,
}

/// Collects neighbours.
pub(crate) fn neighbours(root: &Sysroot, options: &Options, builder: &Builder) {
    let patience = options.lldp_listen;
    if root.is_live() && patience.is_none() {
        return;
    }
    let heard = root.answer("lldp", || {
        let heard = lldp::listen::listen(ports(root), patience.unwrap_or_default());
        let silent = heard.silent.into_iter().map(|silence| silence.reason).collect();
        Ok(Heard { neighbours: heard.neighbours, silent })
    });
    let Ok(mut heard) = heard else {
        // A recording without neighbours was made without listening.
        if patience.is_some() {
            let reason = Some("no neighbours in this root".to_owned());
            builder.section(Section::Lldp, SectionState::Failed, reason);
        }
        return;
    };
    for neighbour in &mut heard.neighbours {
        let interface = neighbour.interface.as_deref().unwrap_or_default();
        let source = builder.source(SourceKind::Lldp, format!("lldp:{interface}"));
        neighbour.origin.source = source;
    }
    builder.edit(|inventory| inventory.lldp = heard.neighbours);
    let (state, reason) = read::settled(&heard.silent);
    builder.section(Section::Lldp, state, reason);
}

/// Returns the ports with hardware behind them.
fn ports(root: &Sysroot) -> Vec<Port> {
    let names = root.list(NET).unwrap_or_default();
    let devices = names.iter().filter_map(|name| Device::of(root, name));
    devices
        .filter(|device| device.physical_function.is_none())
        .map(|device| {
            let carrier = read::text(root, &format!("{NET}/{}/carrier", device.name));
            Port {
                carrier: carrier.map(|carrier| carrier == "1"),
                private_flags: ethtool::private_flags(&device.name),
                driver: device.driver,
                name: device.name,
            }
        })
        .collect()
}
