//! Words of types 5 to 7: memory controllers and modules of old, caches.

use super::{Bits, Words};

/// Error detecting method (type 5).
pub(in super::super) const ERROR_DETECTING: Words = Words(&[(
    1,
    &["Other", "Unknown", "None", "8-bit Parity", "32-bit ECC", "64-bit ECC", "128-bit ECC", "CRC"],
)]);

/// Error correcting capabilities (type 5).
pub(in super::super) const ERROR_CORRECTING: Bits = &[
    "Other",
    "Unknown",
    "None",
    "Single-bit Error Correcting",
    "Double-bit Error Correcting",
    "Error Scrubbing",
];

/// Interleave (type 5).
pub(in super::super) const INTERLEAVE: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "One-way Interleave",
        "Two-way Interleave",
        "Four-way Interleave",
        "Eight-way Interleave",
        "Sixteen-way Interleave",
    ],
)]);

/// Supported speeds (type 5).
pub(in super::super) const MODULE_SPEEDS: Bits = &["Other", "Unknown", "70 ns", "60 ns", "50 ns"];

/// Memory types of types 5 and 6.
pub(in super::super) const MODULE_TYPES: Bits = &[
    "Other",
    "Unknown",
    "Standard",
    "FPM",
    "EDO",
    "Parity",
    "ECC",
    "SIMM",
    "DIMM",
    "Burst EDO",
    "SDRAM",
];

/// Operational mode of a cache.
pub(in super::super) const CACHE_MODE: Words =
    Words(&[(0, &["Write Through", "Write Back", "Varies With Memory Address", "Unknown"])]);

/// Location of a cache.
pub(in super::super) const CACHE_LOCATION: Words =
    Words(&[(0, &["Internal", "External", "", "Unknown"])]);

/// SRAM types of a cache.
pub(in super::super) const SRAM_TYPES: Bits =
    &["Other", "Unknown", "Non-burst", "Burst", "Pipeline Burst", "Synchronous", "Asynchronous"];

/// Error correction of a cache.
pub(in super::super) const CACHE_CORRECTION: Words =
    Words(&[(1, &["Other", "Unknown", "None", "Parity", "Single-bit ECC", "Multi-bit ECC"])]);

/// System type of a cache.
pub(in super::super) const CACHE_TYPE: Words =
    Words(&[(1, &["Other", "Unknown", "Instruction", "Data", "Unified"])]);

/// Associativity of a cache.
pub(in super::super) const ASSOCIATIVITY: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Direct Mapped",
        "2-way Set-associative",
        "4-way Set-associative",
        "Fully Associative",
        "8-way Set-associative",
        "16-way Set-associative",
        "12-way Set-associative",
        "24-way Set-associative",
        "32-way Set-associative",
        "48-way Set-associative",
        "64-way Set-associative",
        "20-way Set-associative",
    ],
)]);
