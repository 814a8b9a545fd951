//! Words of type 4, but for families and sockets.

use super::{Bits, Words};

/// Processor type.
pub(in super::super) const PROCESSOR_TYPE: Words = Words(&[(
    1,
    &[
        "Other",
        "Unknown",
        "Central Processor",
        "Math Processor",
        "DSP Processor",
        "Video Processor",
    ],
)]);

/// Processor status, the low three bits.
pub(in super::super) const PROCESSOR_STATUS: Words = Words(&[(
    0,
    &["Unknown", "Enabled", "Disabled By User", "Disabled By BIOS", "Idle", "", "", "Other"],
)]);

/// Processor characteristics (+26h).
pub(in super::super) const PROCESSOR_CHARACTERISTICS: Bits = &[
    "",
    "",
    "64-bit capable",
    "Multi-Core",
    "Hardware Thread",
    "Execute Protection",
    "Enhanced Virtualization",
    "Power/Performance Control",
    "128-bit Capable",
    "Arm64 SoC ID",
];

/// Feature flags of cpuid leaf 1, EDX, which the ID field carries for x86.
pub(in super::super) const CPUID_FLAGS: Bits = &[
    "FPU (Floating-point unit on-chip)",
    "VME (Virtual mode extension)",
    "DE (Debugging extension)",
    "PSE (Page size extension)",
    "TSC (Time stamp counter)",
    "MSR (Model specific registers)",
    "PAE (Physical address extension)",
    "MCE (Machine check exception)",
    "CX8 (CMPXCHG8 instruction supported)",
    "APIC (On-chip APIC hardware supported)",
    "",
    "SEP (Fast system call)",
    "MTRR (Memory type range registers)",
    "PGE (Page global enable)",
    "MCA (Machine check architecture)",
    "CMOV (Conditional move instruction supported)",
    "PAT (Page attribute table)",
    "PSE-36 (36-bit page size extension)",
    "PSN (Processor serial number present and enabled)",
    "CLFSH (CLFLUSH instruction supported)",
    "",
    "DS (Debug store)",
    "ACPI (ACPI supported)",
    "MMX (MMX technology supported)",
    "FXSR (FXSAVE and FXSTOR instructions supported)",
    "SSE (Streaming SIMD extensions)",
    "SSE2 (Streaming SIMD extensions 2)",
    "SS (Self-snoop)",
    "HTT (Multi-threading)",
    "TM (Thermal monitor supported)",
    "",
    "PBE (Pending break enabled)",
];

/// Voltages of a processor in legacy mode, and of a memory controller.
pub(in super::super) const LEGACY_VOLTAGE: Bits = &["5.0 V", "3.3 V", "2.9 V"];
