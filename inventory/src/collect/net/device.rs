//! The hardware behind a network interface.

use crate::Sysroot;

use super::super::pci::{address, card_of};
use super::super::read;
use super::NET;

/// The bus a device sits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bus {
    /// PCI, also where virtio lies between.
    Pci,
    /// USB.
    Usb,
    /// A hypervisor's own (`VMBus`, Xen, virtio without PCI).
    Hypervisor,
    /// On the chip itself, or unknown.
    Other,
}

/// An interface with hardware behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    /// The interface.
    pub(crate) name: String,
    /// The bus.
    pub(crate) bus: Bus,
    /// Where the device is below `/sys/devices`.
    pub(crate) path: String,
    /// The PCI function, where it is one.
    pub(crate) function: Option<String>,
    /// For a virtual function, the physical one it is part of.
    pub(crate) physical_function: Option<String>,
    /// `domain:bus:device` of the physical card.
    pub(crate) card: Option<String>,
    /// The driver.
    pub(crate) driver: Option<String>,
    /// Whether a hypervisor made the device.
    pub(crate) is_virtual: bool,
}

/// Drivers of a virtual function that was handed to this machine: to the guest
/// it looks like a card.
const GUEST_DRIVERS: &[&str] =
    &["iavf", "i40evf", "igbvf", "ixgbevf", "cxgb4vf", "hinicvf", "vmxnet3", "ena", "gve"];

impl Device {
    /// Returns the hardware behind the interface `name`; `None` where there is
    /// none, as behind a bond or a bridge.
    pub(crate) fn of(root: &Sysroot, name: &str) -> Option<Self> {
        let base = format!("{NET}/{name}");
        let path = root.canonical(&format!("{base}/device")).ok();
        // Roots recorded by others lack the link; the interface's own path
        // tells the same.
        let own = || root.canonical(&base).ok();
        let path = path.or_else(own).filter(|path| !path.contains("/virtual/"))?;
        let subsystem = read::link_name(root, &format!("{base}/device/subsystem"));
        let bus = match subsystem.as_deref() {
            Some("usb") => Bus::Usb,
            Some("vmbus" | "xen" | "xen-backend") => Bus::Hypervisor,
            Some("virtio") if address::in_path(&path).is_none() => Bus::Hypervisor,
            _ if address::in_path(&path).is_some() => Bus::Pci,
            _ => Bus::Other,
        };
        let function = address::in_path(&path).filter(|_| bus == Bus::Pci).map(str::to_owned);
        let physical = function.as_deref().and_then(|function| physical(root, function));
        let carried = physical.as_ref().or(function.as_ref());
        let card = carried.map(|function| card_of(function).to_owned());
        let driver = read::link_name(root, &format!("{base}/device/driver"));
        let guest = driver.as_deref().is_some_and(|driver| GUEST_DRIVERS.contains(&driver));
        let virtio = function.as_deref().is_some_and(|function| is_virtio(root, function));
        Some(Self {
            name: name.to_owned(),
            is_virtual: bus == Bus::Hypervisor || guest || virtio,
            bus,
            path,
            function,
            physical_function: physical,
            card,
            driver,
        })
    }
}

/// Returns the physical function of a virtual one.
fn physical(root: &Sysroot, function: &str) -> Option<String> {
    read::link_name(root, &format!("/sys/bus/pci/devices/{function}/physfn"))
}

/// Returns whether a PCI function is a virtio device.
pub(crate) fn is_virtio(root: &Sysroot, function: &str) -> bool {
    let vendor = read::hex(root, &format!("/sys/bus/pci/devices/{function}/vendor"));
    vendor.as_deref() == Some("1af4")
}
