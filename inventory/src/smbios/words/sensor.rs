//! Words of types 22 to 29 and 34: batteries, probes, fans, hardware security.

use super::Words;

/// Chemistry of a battery (type 22).
pub(in super::super) const CHEMISTRY: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Lead Acid",
        "Nickel Cadmium",
        "Nickel Metal Hydride",
        "Lithium Ion",
        "Zinc Air",
        "Lithium Polymer",
    ],
)]);

/// What happens at a system reset (type 23).
pub(in super::super) const RESET_OPTION: Words =
    Words(&[(1, &["Operating System", "System Utilities", "Do Not Reboot"])]);

/// Status of a hardware password (type 24).
pub(in super::super) const SECURITY: Words =
    Words(&[(0, &["Disabled", "Enabled", "Not Implemented", "Unknown"])]);

/// Location of a voltage or current probe (types 26 and 29).
pub(in super::super) const PROBE_LOCATION: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Processor",
        "Disk",
        "Peripheral Bay",
        "System Management Module",
        "Motherboard",
        "Memory Module",
        "Processor Module",
        "Power Unit",
        "Add-in Card",
    ],
)]);

/// Location of a temperature probe (type 28).
pub(in super::super) const TEMPERATURE_LOCATION: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Processor",
        "Disk",
        "Peripheral Bay",
        "System Management Module",
        "Motherboard",
        "Memory Module",
        "Processor Module",
        "Power Unit",
        "Add-in Card",
        "Front Panel Board",
        "Back Panel Board",
        "Power System Board",
        "Drive Back Plane",
    ],
)]);

/// Status of a probe or a cooling device.
pub(in super::super) const PROBE_STATUS: Words =
    Words(&[(1, &["Other", "Unknown", "OK", "Non-critical", "Critical", "Non-recoverable"])]);

/// Type of a cooling device (type 27).
pub(in super::super) const COOLING: Words = Words(&[
    (
        0x01,
        &[
            "Other",
            "Unknown",
            "Fan",
            "Centrifugal Blower",
            "Chip Fan",
            "Cabinet Fan",
            "Power Supply Fan",
            "Heat Pipe",
            "Integrated Refrigeration",
        ],
    ),
    (0x10, &["Active Cooling", "Passive Cooling"]),
]);

/// Management devices (type 34).
pub(in super::super) const MANAGEMENT_DEVICE: Words = Words(&[(
    1,
    &[
        "Other", "Unknown", "LM75", "LM78", "LM79", "LM80", "LM81", "ADM9240", "DS1780", "MAX1617",
        "GL518SM", "W83781D", "HT82H791",
    ],
)]);

/// Address types of management devices (type 34).
pub(in super::super) const MANAGEMENT_ADDRESS: Words =
    Words(&[(1, &["Other", "Unknown", "I/O Port", "Memory", "SMBus"])]);
