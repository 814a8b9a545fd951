//! Words of type 15, the event log, and type 32, the boot status.

use super::Words;

/// Access method of the log.
pub(in super::super) const LOG_METHOD: Words = Words(&[(
    0,
    &[
        "Indexed I/O, one 8-bit index port, one 8-bit data port",
        "Indexed I/O, two 8-bit index ports, one 8-bit data port",
        "Indexed I/O, one 16-bit index port, one 8-bit data port",
        "Memory-mapped physical 32-bit address",
        "General-purpose non-volatile data functions",
    ],
)]);

/// Header format of the log.
pub(in super::super) const LOG_HEADER: Words = Words(&[(0, &["No Header", "Type 1"])]);

/// Event types of the log.
pub(in super::super) const LOG_TYPE: Words = Words(&[
    (
        0x00,
        &[
            "Reserved",
            "Single-bit ECC memory error",
            "Multi-bit ECC memory error",
            "Parity memory error",
            "Bus timeout",
            "I/O channel block",
            "Software NMI",
            "POST memory resize",
            "POST error",
            "PCI parity error",
            "PCI system error",
            "CPU failure",
            "EISA failsafe timer timeout",
            "Correctable memory log disabled",
            "Logging disabled",
            "",
            "System limit exceeded",
            "Asynchronous hardware timer expired",
            "System configuration information",
            "Hard disk information",
            "System reconfigured",
            "Uncorrectable CPU-complex error",
            "Log area reset/cleared",
            "System boot",
        ],
    ),
    (0xFF, &["End of log"]),
]);

/// Data format of the log.
pub(in super::super) const LOG_FORMAT: Words = Words(&[(
    0,
    &[
        "None",
        "Handle",
        "Multiple-event",
        "Multiple-event handle",
        "POST results bitmap",
        "System management",
        "Multiple-event system management",
    ],
)]);

/// Boot status (type 32); from 128 on it belongs to makers.
pub(in super::super) const BOOT_STATUS: Words = Words(&[(
    0,
    &[
        "No errors detected",
        "No bootable media",
        "Operating system failed to load",
        "Firmware-detected hardware failure",
        "Operating system-detected hardware failure",
        "User-requested boot",
        "System security violation",
        "Previously-requested image",
        "System watchdog timer expired",
    ],
)]);
