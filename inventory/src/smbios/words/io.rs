//! Words of types 8, 10, 21, 38, 39, 41, 42: ports, devices, interfaces, power.

use super::{Bits, Words};

/// Connector types (type 8).
pub(in super::super) const CONNECTOR: Words = Words(&[
    (
        0x00,
        &[
            "None",
            "Centronics",
            "Mini Centronics",
            "Proprietary",
            "DB-25 male",
            "DB-25 female",
            "DB-15 male",
            "DB-15 female",
            "DB-9 male",
            "DB-9 female",
            "RJ-11",
            "RJ-45",
            "50 Pin MiniSCSI",
            "Mini DIN",
            "Micro DIN",
            "PS/2",
            "Infrared",
            "HP-HIL",
            "Access Bus (USB)",
            "SSA SCSI",
            "Circular DIN-8 male",
            "Circular DIN-8 female",
            "On Board IDE",
            "On Board Floppy",
            "9 Pin Dual Inline (pin 10 cut)",
            "25 Pin Dual Inline (pin 26 cut)",
            "50 Pin Dual Inline",
            "68 Pin Dual Inline",
            "On Board Sound Input From CD-ROM",
            "Mini Centronics Type-14",
            "Mini Centronics Type-26",
            "Mini Jack (headphones)",
            "BNC",
            "IEEE 1394",
            "SAS/SATA Plug Receptacle",
            "USB Type-C Receptacle",
        ],
    ),
    (0xA0, &["PC-98", "PC-98 Hireso", "PC-H98", "PC-98 Note", "PC-98 Full"]),
    (0xFF, &["Other"]),
]);

/// Port types (type 8).
pub(in super::super) const PORT: Words = Words(&[
    (
        0x00,
        &[
            "None",
            "Parallel Port XT/AT Compatible",
            "Parallel Port PS/2",
            "Parallel Port ECP",
            "Parallel Port EPP",
            "Parallel Port ECP/EPP",
            "Serial Port XT/AT Compatible",
            "Serial Port 16450 Compatible",
            "Serial Port 16550 Compatible",
            "Serial Port 16550A Compatible",
            "SCSI Port",
            "MIDI Port",
            "Joystick Port",
            "Keyboard Port",
            "Mouse Port",
            "SSA SCSI",
            "USB",
            "Firewire (IEEE P1394)",
            "PCMCIA Type I",
            "PCMCIA Type II",
            "PCMCIA Type III",
            "Cardbus",
            "Access Bus Port",
            "SCSI II",
            "SCSI Wide",
            "PC-98",
            "PC-98 Hireso",
            "PC-H98",
            "Video Port",
            "Audio Port",
            "Modem Port",
            "Network Port",
            "SATA",
            "SAS",
            "MFDP (Multi-Function Display Port)",
            "Thunderbolt",
        ],
    ),
    (0xA0, &["8251 Compatible", "8251 FIFO Compatible"]),
    (0xFF, &["Other"]),
]);

/// Onboard devices (types 10 and 41; the last six only in 41).
pub(in super::super) const ONBOARD: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Video",
        "SCSI Controller",
        "Ethernet",
        "Token Ring",
        "Sound",
        "PATA Controller",
        "SATA Controller",
        "SAS Controller",
        "Wireless LAN",
        "Bluetooth",
        "WWAN",
        "eMMC",
        "NVMe Controller",
        "UFS Controller",
    ],
)]);

/// Pointing devices (type 21).
pub(in super::super) const POINTING: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Mouse",
        "Track Ball",
        "Track Point",
        "Glide Point",
        "Touch Pad",
        "Touch Screen",
        "Optical Sensor",
    ],
)]);

/// Interfaces of pointing devices (type 21).
pub(in super::super) const POINTING_INTERFACE: Words = Words(&[
    (
        0x01,
        &[
            "Other",
            "Unknown",
            "Serial",
            "PS/2",
            "Infrared",
            "HIP-HIL",
            "Bus Mouse",
            "ADB (Apple Desktop Bus)",
        ],
    ),
    (0xA0, &["Bus Mouse DB-9", "Bus Mouse Micro DIN", "USB", "I2C", "SPI"]),
]);

/// IPMI interface (type 38).
pub(in super::super) const IPMI_INTERFACE: Words = Words(&[(
    0,
    &[
        "Unknown",
        "KCS (Keyboard Control Style)",
        "SMIC (Server Management Interface Chip)",
        "BT (Block Transfer)",
        "SSIF (SMBus System Interface)",
    ],
)]);

/// Register spacing (type 38).
pub(in super::super) const REGISTER_SPACING: Words =
    Words(&[(0, &["Successive Byte Boundaries", "32-bit Boundaries", "16-byte Boundaries"])]);

/// Status of a power supply (type 39).
pub(in super::super) const SUPPLY_STATUS: Words =
    Words(&[(1, &["Other", "Unknown", "OK", "Non-critical", "Critical"])]);

/// Type of a power supply (type 39).
pub(in super::super) const SUPPLY_TYPE: Words = Words(&[(
    1,
    &["Other", "Unknown", "Linear", "Switching", "Battery", "UPS", "Converter", "Regulator"],
)]);

/// Input voltage range switching (type 39).
pub(in super::super) const SUPPLY_RANGE: Words =
    Words(&[(1, &["Other", "Unknown", "Manual", "Auto-switch", "Wide Range", "N/A"])]);

/// Management controller host interface (type 42).
pub(in super::super) const HOST_INTERFACE: Words = Words(&[
    (
        0x02,
        &[
            "KCS: Keyboard Controller Style",
            "8250 UART Register Compatible",
            "16450 UART Register Compatible",
            "16550/16550A UART Register Compatible",
            "16650/16650A UART Register Compatible",
            "16750/16750A UART Register Compatible",
            "16850/16850A UART Register Compatible",
        ],
    ),
    (0x3F, &["MCTP", "Network"]),
    (0xF0, &["OEM"]),
]);

/// Device behind a network host interface (type 42).
pub(in super::super) const HOST_DEVICE: Words =
    Words(&[(0x02, &["USB", "PCI/PCIe", "USB", "PCI/PCIe"]), (0x80, &["OEM"])]);

/// Protocol of a host interface (type 42).
pub(in super::super) const HOST_PROTOCOL: Words =
    Words(&[(0, &["Reserved", "Reserved", "IPMI", "MCTP", "Redfish over IP"]), (0xF0, &["OEM"])]);

/// How a host interface gets its address (type 42).
pub(in super::super) const ASSIGNMENT: Words =
    Words(&[(0, &["Unknown", "Static", "DHCP", "AutoConf", "Host Selected"])]);

/// TPM characteristics (type 43).
pub(in super::super) const TPM: Bits = &[
    "",
    "",
    "",
    "Family configurable via firmware update",
    "Family configurable via platform software support",
    "Family configurable via OEM proprietary mechanism",
];
