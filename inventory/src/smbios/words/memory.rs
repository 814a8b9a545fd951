//! Words of types 16 to 18 and 33: memory.

use super::{Bits, Words};

/// Location of an array (type 16).
pub(in super::super) const ARRAY_LOCATION: Words = Words(&[
    (
        0x01,
        &[
            "Other",
            "Unknown",
            "System Board Or Motherboard",
            "ISA Add-on Card",
            "EISA Add-on Card",
            "PCI Add-on Card",
            "MCA Add-on Card",
            "PCMCIA Add-on Card",
            "Proprietary Add-on Card",
            "NuBus",
        ],
    ),
    (
        0xA0,
        &[
            "PC-98/C20 Add-on Card",
            "PC-98/C24 Add-on Card",
            "PC-98/E Add-on Card",
            "PC-98/Local Bus Add-on Card",
            "CXL Flexbus 1.0",
        ],
    ),
]);

/// Use of an array (type 16).
pub(in super::super) const ARRAY_USE: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "System Memory",
        "Video Memory",
        "Flash Memory",
        "Non-volatile RAM",
        "Cache Memory",
    ],
)]);

/// Error correction of an array (type 16).
pub(in super::super) const ARRAY_CORRECTION: Words = Words(&[(
    1,
    &["Other", "Unknown", "None", "Parity", "Single-bit ECC", "Multi-bit ECC", "CRC"],
)]);

/// Form factor of a memory device (type 17).
pub(in super::super) const FORM_FACTOR: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "SIMM",
        "SIP",
        "Chip",
        "DIP",
        "ZIP",
        "Proprietary Card",
        "DIMM",
        "TSOP",
        "Row Of Chips",
        "RIMM",
        "SODIMM",
        "SRIMM",
        "FB-DIMM",
        "Die",
        "CAMM",
        "CUDIMM",
        "CSODIMM",
    ],
)]);

/// Type of a memory device (type 17).
pub(in super::super) const MEMORY_TYPE: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "DRAM",
        "EDRAM",
        "VRAM",
        "SRAM",
        "RAM",
        "ROM",
        "Flash",
        "EEPROM",
        "FEPROM",
        "EPROM",
        "CDRAM",
        "3DRAM",
        "SDRAM",
        "SGRAM",
        "RDRAM",
        "DDR",
        "DDR2",
        "DDR2 FB-DIMM",
        "Reserved",
        "Reserved",
        "Reserved",
        "DDR3",
        "FBD2",
        "DDR4",
        "LPDDR",
        "LPDDR2",
        "LPDDR3",
        "LPDDR4",
        "Logical non-volatile device",
        "HBM",
        "HBM2",
        "DDR5",
        "LPDDR5",
        "HBM3",
    ],
)]);

/// Type detail of a memory device (type 17).
pub(in super::super) const TYPE_DETAIL: Bits = &[
    "",
    "Other",
    "Unknown",
    "Fast-paged",
    "Static Column",
    "Pseudo-static",
    "RAMBus",
    "Synchronous",
    "CMOS",
    "EDO",
    "Window DRAM",
    "Cache DRAM",
    "Non-Volatile",
    "Registered (Buffered)",
    "Unbuffered (Unregistered)",
    "LRDIMM",
];

/// Technology of a memory device (type 17).
pub(in super::super) const TECHNOLOGY: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "DRAM",
        "NVDIMM-N",
        "NVDIMM-F",
        "NVDIMM-P",
        "Intel Optane DC persistent memory",
        "MRDIMM",
    ],
)]);

/// Operating modes of a memory device (type 17).
pub(in super::super) const OPERATING_MODE: Bits = &[
    "",
    "Other",
    "Unknown",
    "Volatile memory",
    "Byte-accessible persistent memory",
    "Block-accessible persistent memory",
];

/// Error type (types 18 and 33).
pub(in super::super) const MEMORY_ERROR: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "OK",
        "Bad Read",
        "Parity Error",
        "Single-bit Error",
        "Double-bit Error",
        "Multi-bit Error",
        "Nibble Error",
        "Checksum Error",
        "CRC Error",
        "Corrected Single-bit Error",
        "Corrected Error",
        "Uncorrectable Error",
    ],
)]);

/// Granularity of an error (types 18 and 33).
pub(in super::super) const ERROR_GRANULARITY: Words =
    Words(&[(1, &["Other", "Unknown", "Device Level", "Memory Partition Level"])]);

/// Operation that met an error (types 18 and 33).
pub(in super::super) const ERROR_OPERATION: Words =
    Words(&[(1, &["Other", "Unknown", "Read", "Write", "Partial Write"])]);

/// Type of a memory channel (type 37).
pub(in super::super) const CHANNEL_TYPE: Words =
    Words(&[(1, &["Other", "Unknown", "RamBus", "SyncLink"])]);
