//! Arm implementers and parts by number (`MIDR_EL1`), as `/proc/cpuinfo` gives
//! them.
//!
//! Numbers and names follow the kernel's `arch/arm64/include/asm/cputype.h` and
//! util-linux's `lscpu-arm.c`. What is not here keeps its numbers as its name.

/// What is known of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The implementer's name.
    pub(super) vendor: Option<&'static str>,
    part: Option<&'static str>,
}

impl Known {
    /// Returns the name of the model: its own, or its numbers.
    pub(super) fn model(self, implementer: u32, part: Option<u32>) -> Option<String> {
        if let Some(name) = self.part {
            return Some(name.to_owned());
        }
        let part = part?;
        Some(match self.vendor {
            Some(vendor) => format!("{vendor} part 0x{part:03x}"),
            None => format!("implementer 0x{implementer:02x} part 0x{part:03x}"),
        })
    }
}

/// Returns the number in `0x48`.
pub(super) fn number(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}

/// Returns what is known of a part.
pub(super) fn known(implementer: u32, part: Option<u32>) -> Known {
    let vendor = IMPLEMENTERS.iter().find(|(id, _)| *id == implementer).map(|(_, name)| *name);
    let is_it = |row: &&(u32, u32, &str)| row.0 == implementer && Some(row.1) == part;
    let part = PARTS.iter().find(is_it).map(|row| row.2);
    Known { vendor, part }
}

const IMPLEMENTERS: &[(u32, &str)] = &[
    (0x41, "Arm"),
    (0x42, "Broadcom"),
    (0x43, "Cavium"),
    (0x46, "Fujitsu"),
    (0x48, "HiSilicon"),
    (0x4e, "NVIDIA"),
    (0x50, "APM"),
    (0x51, "Qualcomm"),
    (0x61, "Apple"),
    (0x6d, "Microsoft"),
    (0x70, "Phytium"),
    (0xc0, "Ampere"),
];

const PARTS: &[(u32, u32, &str)] = &[
    (0x41, 0xd03, "Cortex-A53"),
    (0x41, 0xd04, "Cortex-A35"),
    (0x41, 0xd05, "Cortex-A55"),
    (0x41, 0xd07, "Cortex-A57"),
    (0x41, 0xd08, "Cortex-A72"),
    (0x41, 0xd09, "Cortex-A73"),
    (0x41, 0xd0a, "Cortex-A75"),
    (0x41, 0xd0b, "Cortex-A76"),
    (0x41, 0xd0c, "Neoverse-N1"),
    (0x41, 0xd0d, "Cortex-A77"),
    (0x41, 0xd40, "Neoverse-V1"),
    (0x41, 0xd41, "Cortex-A78"),
    (0x41, 0xd46, "Cortex-A510"),
    (0x41, 0xd47, "Cortex-A710"),
    (0x41, 0xd49, "Neoverse-N2"),
    (0x41, 0xd4a, "Neoverse-E1"),
    (0x41, 0xd4f, "Neoverse-V2"),
    (0x41, 0xd80, "Cortex-A520"),
    (0x41, 0xd81, "Cortex-A720"),
    (0x41, 0xd82, "Cortex-X4"),
    (0x41, 0xd84, "Neoverse-V3"),
    (0x41, 0xd85, "Cortex-X925"),
    (0x41, 0xd87, "Cortex-A725"),
    (0x41, 0xd8e, "Neoverse-N3"),
    (0x42, 0x516, "ThunderX2"),
    (0x43, 0x0a1, "ThunderX"),
    (0x43, 0x0af, "ThunderX2 99xx"),
    (0x46, 0x001, "A64FX"),
    (0x48, 0xd01, "Kunpeng-920"),
    (0x48, 0xd02, "Kunpeng-920B"),
    (0x48, 0xd06, "HIP12"),
    (0x4e, 0x004, "Carmel"),
    (0x50, 0x000, "X-Gene"),
    (0x51, 0x800, "Falkor V1"),
    (0x51, 0xc00, "Falkor"),
    (0x6d, 0xd49, "Azure-Cobalt-100"),
    (0x70, 0x303, "FTC310"),
    (0x70, 0x660, "FTC660"),
    (0x70, 0x661, "FTC661"),
    (0x70, 0x662, "FTC662"),
    (0x70, 0x663, "FTC663"),
    (0x70, 0x664, "FTC664"),
    (0x70, 0x862, "FTC862"),
    (0xc0, 0xac3, "Ampere-1"),
    (0xc0, 0xac4, "Ampere-1a"),
    (0xc0, 0xac5, "Ampere-1b"),
];
