//! The management controller as drivers and the PCI bus show it: the chip by
//! the id of its display function, the firmware by the IPMI driver.
//!
//! Whether the machine claims one is SMBIOS's to say; what is found here is
//! joined with that.

use crate::Sysroot;
use crate::brand::management_chip;
use crate::model::{Bmc, ManagementChip, Origin, Section, SourceId, SourceKind};

use super::pci::is_address;
use super::read;
use super::{Builder, Options};

/// SMBIOS settles the section.
pub(crate) const SECTIONS: &[Section] = &[];

const PCI: &str = "/sys/bus/pci/devices";
const PLATFORM: &str = "/sys/devices/platform";

/// The class of displays.
const DISPLAY: &str = "03";

/// Collects what is seen of the management controller.
pub(crate) fn bmc(root: &Sysroot, _options: &Options, builder: &Builder) {
    let chip = chip(root, builder);
    let driver = driver(root, builder);
    let interface = read::text(root, "/sys/class/ipmi/ipmi0/device/params")
        .or_else(|| read::text(root, "/sys/class/ipmi/ipmi0/device/type"))
        .and_then(|text| text.split(',').next().map(str::to_ascii_uppercase));
    let source =
        driver.as_ref().map(|(source, _)| *source).or(chip.as_ref().map(|(source, _)| *source));
    let Some(source) = source else { return };
    let mut bmc = driver.map(|(_, bmc)| bmc).unwrap_or_default();
    bmc.present = Some(true);
    bmc.interface = interface;
    bmc.origin = Origin::of(source);
    if let Some((from, chip)) = chip {
        bmc.chip = Some(chip);
        bmc.origin.sources.insert("chip".to_owned(), from);
    }
    builder.edit(|inventory| inventory.bmc = Some(bmc));
}

/// Returns the chip whose display function is on the bus.
fn chip(root: &Sysroot, builder: &Builder) -> Option<(SourceId, ManagementChip)> {
    let names = root.list(PCI).ok()?;
    names.iter().filter(|name| is_address(name)).find_map(|address| {
        let base = format!("{PCI}/{address}");
        let id = |file: &str| read::hex(root, &format!("{base}/{file}"));
        id("class").filter(|class| class.starts_with(DISPLAY))?;
        let chip = management_chip(&format!("{}:{}", id("vendor")?, id("device")?))?;
        Some((builder.source(SourceKind::Pci, format!("pci:{address}")), chip))
    })
}

/// Returns what the IPMI driver keeps of Get Device ID.
fn driver(root: &Sysroot, builder: &Builder) -> Option<(SourceId, Bmc)> {
    let names = root.list(PLATFORM).ok()?;
    let name = names.iter().find(|name| name.starts_with("ipmi_bmc."))?;
    let base = format!("{PLATFORM}/{name}");
    let maker = read::hex(root, &format!("{base}/manufacturer_id"));
    let bmc = Bmc {
        ipmi_version: read::text(root, &format!("{base}/ipmi_version")),
        firmware: read::text(root, &format!("{base}/firmware_revision")),
        manufacturer_id: maker.and_then(|digits| u32::from_str_radix(&digits, 16).ok()),
        ..Bmc::default()
    };
    Some((builder.source(SourceKind::Sysfs, format!("sysfs:{base}")), bmc))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Tree;
    use super::*;

    #[test]
    fn the_chip_is_known_by_its_display_and_the_firmware_by_the_driver() {
        let tree =
            Tree::new().pci("pci0000:00", "0000:07:00.0", ["0x19e5", "0x1711", "0x030000"]).files(
                "/sys/devices/platform/ipmi_bmc.0",
                &[
                    ("firmware_revision", "6.41"),
                    ("ipmi_version", "2.0"),
                    ("manufacturer_id", "0x0007db"),
                ],
            );
        let bmc = tree.run(bmc).inventory.bmc.expect("a controller");
        assert_eq!(bmc.present, Some(true));
        assert_eq!(bmc.chip.map(|chip| chip.pci_id).as_deref(), Some("19e5:1711"));
        assert_eq!(bmc.manufacturer_id, Some(2011));
        assert_eq!(bmc.firmware.as_deref(), Some("6.41"));
    }

    #[test]
    fn a_machine_without_a_trace_of_one_has_none() {
        let tree = Tree::new().pci("pci0000:00", "0000:07:00.0", ["0x10de", "0x1eb8", "0x030200"]);
        assert_eq!(tree.run(bmc).inventory.bmc, None);
    }
}
