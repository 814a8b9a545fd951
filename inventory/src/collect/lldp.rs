//! LLDP neighbours, where the operator asked to listen for them.

use std::time::Duration;

use crate::Sysroot;
use crate::ethtool;
use crate::lldp::listen::listen;
use crate::lldp::{Heard, Port};
use crate::model::{Origin, Section, SectionState, SourceKind};

use super::net::NET;
use super::{Builder, Options, read};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Lldp];

/// What opening and closing the sockets may take beyond the listening.
const MARGIN: Duration = Duration::from_secs(5);

/// `ARPHRD_ETHER`.
const ETHERNET: &str = "1";

/// Where a recording keeps what was heard.
const RECORDED: &str = "/assay/lldp.json";

/// Returns how long the collector may take; `None` where it has no work: nobody
/// asked, or a recorded root heard nothing when it was recorded.
pub(crate) fn deadline(root: &Sysroot, options: &Options) -> Option<Duration> {
    if root.is_live() {
        return options.lldp_listen.map(|patience| patience.saturating_add(MARGIN));
    }
    root.exists(RECORDED).then_some(options.section_deadline)
}

/// Listens on every port with hardware behind it, all at once.
pub(crate) fn lldp(root: &Sysroot, options: &Options, builder: &Builder) {
    let patience = options.lldp_listen.unwrap_or_default();
    match root.answer("lldp", || Ok(listen(ports(root), patience))) {
        Ok(heard) => take(heard, builder),
        Err(error) => {
            let (state, reason) = read::refused(RECORDED, &error);
            builder.section(Section::Lldp, state, reason);
        }
    }
}

fn take(heard: Heard, builder: &Builder) {
    let silent = !heard.silent.is_empty();
    let state = match (heard.neighbours.is_empty(), silent) {
        (true, false) => SectionState::Unsupported,
        (_, false) => SectionState::Complete,
        (true, true) if heard.silent.iter().all(|silence| silence.is_refused) => {
            SectionState::Failed
        }
        (_, true) => SectionState::Partial,
    };
    let reasons: Vec<String> = heard.silent.into_iter().map(|silence| silence.reason).collect();
    let reason = match state {
        SectionState::Unsupported => Some("no network port with hardware behind it".to_owned()),
        _ => silent.then(|| reasons.join("; ")),
    };
    for mut neighbour in heard.neighbours {
        let interface = neighbour.interface.as_deref().unwrap_or("?");
        let source = builder.source(SourceKind::Lldp, format!("lldp:{interface}"));
        neighbour.origin = Origin::of(source);
        builder.edit(|inventory| inventory.lldp.push(neighbour));
    }
    builder.section(Section::Lldp, state, reason);
}

/// Returns the ports with hardware behind them; virtual functions hear nothing
/// that their physical function does not.
fn ports(root: &Sysroot) -> Vec<Port> {
    let names = root.list(NET).unwrap_or_default();
    let has_hardware = |name: &String| {
        let base = format!("{NET}/{name}");
        root.exists(&format!("{base}/device"))
            && !root.exists(&format!("{base}/device/physfn"))
            && read::text(root, &format!("{base}/type")).is_none_or(|kind| kind == ETHERNET)
    };
    names
        .into_iter()
        .filter(has_hardware)
        .map(|name| {
            let base = format!("{NET}/{name}");
            // Reading `carrier` of an interface that is down is an error.
            let carrier = read::text(root, &format!("{base}/carrier")).map(|text| text == "1");
            let driver = read::link_name(root, &format!("{base}/device/driver"));
            // They tell whether the card's firmware keeps LLDP to itself.
            let private_flags = ethtool::private_flags(&name);
            Port { name, driver, carrier, private_flags }
        })
        .collect()
}
