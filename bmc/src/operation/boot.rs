//! What a host boots from next.

/// From where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// As its firmware has it: no override.
    None,
    /// The network, by PXE.
    Pxe,
    /// The network, by HTTP (UEFI only).
    Http,
    /// Its disk.
    Disk,
    /// A CD, one of virtual media too.
    Cd,
    /// The set-up of its firmware.
    Bios,
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// For the next boot.
    Once,
    /// Until it is changed.
    Persistent,
}

/// By which firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firmware {
    /// UEFI.
    Uefi,
    /// BIOS.
    Legacy,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Override {
    /// From where to boot.
    pub device: Device,
    /// For how long.
    pub lasting: Lasting,
    /// By which firmware, where it was said.
    pub firmware: Option<Firmware>,
}

/// What was read back; each part is `None` where the BMC does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// From where it boots.
    pub device: Option<Device>,
    /// For how long.
    pub lasting: Option<Lasting>,
    /// By which firmware.
    pub firmware: Option<Firmware>,
}
