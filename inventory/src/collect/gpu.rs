//! Graphics and accelerator cards. The management controller's own display and
//! those that hypervisors draw are not cards.

use crate::Sysroot;
use crate::model::{Gpu, Origin, Section, SourceKind};

use super::pci::{card_names, is_address};
use super::read;
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Gpu];

const DEVICES: &str = "/sys/bus/pci/devices";

/// VGA, XGA and 3D controllers, other displays, processing accelerators.
const CLASSES: &[&str] = &["0300", "0301", "0302", "0380", "1200"];

/// Displays that hypervisors draw, and those of management controllers and old
/// servers' boards that are no graphics card, by `vendor:device`; a vendor alone
/// stands for all its displays.
const NO_CARD: &[&str] = &[
    "1234:1111",
    "1b36:0100",
    "15ad:0405",
    "15ad:0406",
    "1013:00b8",
    "1af4:1050",
    "1414:5353",
    "80ee:beef",
    "1a03",
    "102b",
    "19e5:1711",
    "18ca",
];

/// Collects GPUs.
pub(crate) fn gpu(root: &Sysroot, _options: &Options, builder: &Builder) {
    let names = match root.list(DEVICES) {
        Ok(names) => names,
        Err(error) => {
            let (state, reason) = read::refused(DEVICES, &error);
            builder.section(Section::Gpu, state, reason);
            return;
        }
    };
    for address in names.iter().filter(|name| is_address(name)) {
        let base = format!("{DEVICES}/{address}");
        let class = read::hex(root, &format!("{base}/class")).unwrap_or_default();
        let virtual_function = read::link_name(root, &format!("{base}/physfn")).is_some();
        if virtual_function || !CLASSES.iter().any(|code| class.starts_with(code)) {
            continue;
        }
        let id = |file: &str| read::hex(root, &format!("{base}/{file}")).unwrap_or_default();
        if is_no_card(&id("vendor"), &id("device")) {
            continue;
        }
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{base}"));
        let names = card_names(root, address);
        let gpu = Gpu {
            address: Some(address.clone()),
            vendor: names.vendor,
            model: names.model,
            driver: read::link_name(root, &format!("{base}/driver")),
            origin: Origin::of(source),
        };
        builder.edit(|inventory| inventory.gpu.push(gpu));
    }
    let (state, reason) = read::settled(&[]);
    builder.section(Section::Gpu, state, reason);
}

fn is_no_card(vendor: &str, device: &str) -> bool {
    let id = format!("{vendor}:{device}");
    NO_CARD.iter().any(|known| *known == vendor || *known == id)
        || crate::brand::management_chip(&id).is_some()
}
