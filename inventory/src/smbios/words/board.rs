//! Words of types 0 to 3: firmware, system, boards, chassis.

use super::{Bits, Words};

/// BIOS characteristics (type 0, +0Ah).
pub(in super::super) const BIOS: Bits = &[
    "",
    "",
    "",
    "",
    "ISA is supported",
    "MCA is supported",
    "EISA is supported",
    "PCI is supported",
    "PC Card (PCMCIA) is supported",
    "PNP is supported",
    "APM is supported",
    "BIOS is upgradeable",
    "BIOS shadowing is allowed",
    "VLB is supported",
    "ESCD support is available",
    "Boot from CD is supported",
    "Selectable boot is supported",
    "BIOS ROM is socketed",
    "Boot from PC Card (PCMCIA) is supported",
    "EDD is supported",
    "Japanese floppy for NEC 9800 1.2 MB is supported (int 13h)",
    "Japanese floppy for Toshiba 1.2 MB is supported (int 13h)",
    "5.25\"/360 kB floppy services are supported (int 13h)",
    "5.25\"/1.2 MB floppy services are supported (int 13h)",
    "3.5\"/720 kB floppy services are supported (int 13h)",
    "3.5\"/2.88 MB floppy services are supported (int 13h)",
    "Print screen service is supported (int 5h)",
    "8042 keyboard services are supported (int 9h)",
    "Serial services are supported (int 14h)",
    "Printer services are supported (int 17h)",
    "CGA/mono video services are supported (int 10h)",
    "NEC PC-98",
];

/// BIOS characteristics, first extension byte (type 0, +12h).
pub(in super::super) const BIOS_1: Bits = &[
    "ACPI is supported",
    "USB legacy is supported",
    "AGP is supported",
    "I2O boot is supported",
    "LS-120 boot is supported",
    "ATAPI Zip drive boot is supported",
    "IEEE 1394 boot is supported",
    "Smart battery is supported",
];

/// BIOS characteristics, second extension byte (type 0, +13h).
pub(in super::super) const BIOS_2: Bits = &[
    "BIOS boot specification is supported",
    "Function key-initiated network boot is supported",
    "Targeted content distribution is supported",
    "UEFI is supported",
    "System is a virtual machine",
    "Manufacturing mode is supported",
    "Manufacturing mode is enabled",
];

/// Wake-up type (type 1).
pub(in super::super) const WAKE_UP: Words = Words(&[(
    0,
    &[
        "Reserved",
        "Other",
        "Unknown",
        "APM Timer",
        "Modem Ring",
        "LAN Remote",
        "Power Switch",
        "PCI PME#",
        "AC Power Restored",
    ],
)]);

/// Feature flags (type 2).
pub(in super::super) const BOARD_FEATURES: Bits = &[
    "Board is a hosting board",
    "Board requires at least one daughter board",
    "Board is removable",
    "Board is replaceable",
    "Board is hot swappable",
];

/// Board type (type 2).
pub(in super::super) const BOARD_TYPE: Words = Words(&[(
    1,
    &[
        "Unknown",
        "Other",
        "Server Blade",
        "Connectivity Switch",
        "System Management Module",
        "Processor Module",
        "I/O Module",
        "Memory Module",
        "Daughter Board",
        "Motherboard",
        "Processor+Memory Module",
        "Processor+I/O Module",
        "Interconnect Board",
    ],
)]);

/// Chassis type (type 3), bit 7 taken off.
pub(in super::super) const CHASSIS_TYPE: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Desktop",
        "Low Profile Desktop",
        "Pizza Box",
        "Mini Tower",
        "Tower",
        "Portable",
        "Laptop",
        "Notebook",
        "Hand Held",
        "Docking Station",
        "All In One",
        "Sub Notebook",
        "Space-saving",
        "Lunch Box",
        "Main Server Chassis",
        "Expansion Chassis",
        "Sub Chassis",
        "Bus Expansion Chassis",
        "Peripheral Chassis",
        "RAID Chassis",
        "Rack Mount Chassis",
        "Sealed-case PC",
        "Multi-system",
        "CompactPCI",
        "AdvancedTCA",
        "Blade",
        "Blade Enclosing",
        "Tablet",
        "Convertible",
        "Detachable",
        "IoT Gateway",
        "Embedded PC",
        "Mini PC",
        "Stick PC",
    ],
)]);

/// States of chassis, power supply and temperature (type 3).
pub(in super::super) const CHASSIS_STATE: Words =
    Words(&[(1, &["Other", "Unknown", "Safe", "Warning", "Critical", "Non-recoverable"])]);

/// Security status (type 3).
pub(in super::super) const CHASSIS_SECURITY: Words = Words(&[(
    1,
    &["Other", "Unknown", "None", "External Interface Locked Out", "External Interface Enabled"],
)]);

/// State of a firmware component (type 45).
pub(in super::super) const FIRMWARE_STATE: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Disabled",
        "Enabled",
        "Absent",
        "Stand-by Offline",
        "Stand-by Spare",
        "Unavailable Offline",
    ],
)]);

/// Properties of a string property (type 46).
pub(in super::super) const STRING_PROPERTY: Words =
    Words(&[(0, &["Reserved", "UEFI Device Path"])]);
