//! InfiniBand and RoCE ports.

use crate::Sysroot;
use crate::model::{Infiniband, Origin, Section, SectionState, SourceKind};

use super::pci::address;
use super::read;
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Infiniband];

const DEVICES: &str = "/sys/class/infiniband";

/// Collects InfiniBand ports.
pub(crate) fn infiniband(root: &Sysroot, _options: &Options, builder: &Builder) {
    let devices = match root.list(DEVICES) {
        Ok(devices) => devices,
        Err(error) => {
            let (state, reason) = read::refused(DEVICES, &error);
            builder.section(Section::Infiniband, state, reason);
            return;
        }
    };
    let mut portless = Vec::new();
    for device in devices {
        let path = root.canonical(&format!("{DEVICES}/{device}")).unwrap_or_default();
        // Software devices (rxe, siw, scif) have no hardware below them.
        let Some(address) = address::in_path(&path) else { continue };
        let ports = root.list(&format!("{DEVICES}/{device}/ports")).unwrap_or_default();
        if ports.is_empty() {
            portless.push(format!("{device}: no ports to be read"));
        }
        for port in ports.iter().filter_map(|port| port.parse().ok()) {
            let base = format!("{DEVICES}/{device}/ports/{port}");
            let source = builder.source(SourceKind::Sysfs, format!("sysfs:{base}"));
            let text = |file: &str| read::text(root, &format!("{base}/{file}"));
            let port = Infiniband {
                device: device.clone(),
                port,
                address: Some(address.to_owned()),
                state: text("state").map(|state| word(&state).to_owned()),
                rate_bps: text("rate").as_deref().and_then(rate),
                link_layer: text("link_layer"),
                origin: Origin::of(source),
            };
            builder.edit(|inventory| inventory.infiniband.push(port));
        }
    }
    let (state, reason) = read::settled(&portless);
    let none = builder.edit(|inventory| inventory.infiniband.is_empty());
    let reason = reason.or_else(|| none.then(|| format!("no hardware under {DEVICES}")));
    let state = if none && portless.is_empty() { SectionState::Unsupported } else { state };
    builder.section(Section::Infiniband, state, reason);
}

/// Returns the word in `4: ACTIVE`.
fn word(state: &str) -> &str {
    state.split_once(':').map_or(state, |(_, word)| word).trim()
}

/// Returns bit/s from `40 Gb/sec (4X QDR)` or `2.5 Gb/sec (1X SDR)`.
fn rate(text: &str) -> Option<u64> {
    let (number, rest) = text.split_once(' ')?;
    if !rest.starts_with("Gb/sec") {
        return None;
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if part.is_empty() || part.len() > 9 {
        return None;
    }
    format!("{whole}{part:0<9}").parse().ok().filter(|rate| *rate > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_states_are_read() {
        assert_eq!(rate("40 Gb/sec (4X QDR)"), Some(40_000_000_000));
        assert_eq!(rate("2.5 Gb/sec (1X SDR)"), Some(2_500_000_000));
        assert_eq!(rate("0 Gb/sec"), None);
        assert_eq!(rate(""), None);
        assert_eq!(word("4: ACTIVE"), "ACTIVE");
    }
}
