//! What the machine runs: architecture, kernel, distribution, host name.

use crate::Sysroot;
use crate::model::{Origin, Platform, Section, SectionState, SourceKind};

use super::read::{self, fold};
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Platform];

/// Collects the platform.
pub(crate) fn platform(root: &Sysroot, _options: &Options, builder: &Builder) {
    let source = builder.source(SourceKind::Proc, "proc:/proc/sys/kernel");
    let cpuinfo = root.text("/proc/cpuinfo").unwrap_or_default();
    let version = read::text(root, "/proc/version");
    let kernel = read::text(root, "/proc/sys/kernel/osrelease")
        .or_else(|| version.as_deref().and_then(release).map(str::to_owned));
    let os = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|path| pretty_name(&root.text(path).ok()?));
    let platform = Platform {
        architecture: architecture(root, &cpuinfo),
        kernel,
        os,
        hostname: read::text(root, "/proc/sys/kernel/hostname"),
        hypervisor: hypervisor(root, &cpuinfo),
        origin: Origin::of(source),
    };
    let (state, reason) = match (&platform.architecture, &platform.kernel) {
        (None, None) => (SectionState::Failed, Some("no /proc/cpuinfo and no kernel release")),
        (None, _) => (SectionState::Partial, Some("the architecture is not told")),
        (_, None) => (SectionState::Partial, Some("no kernel release in /proc")),
        _ => (SectionState::Complete, None),
    };
    builder.edit(|inventory| inventory.platform = Some(platform));
    builder.section(Section::Platform, state, reason.map(str::to_owned));
}

/// Returns the release in `Linux version 5.10.0 (…) …`.
fn release(version: &str) -> Option<&str> {
    version.strip_prefix("Linux version ")?.split_whitespace().next()
}

/// Returns `PRETTY_NAME` of an os-release file.
fn pretty_name(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("PRETTY_NAME="))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| fold(value))
}

/// Returns the architecture as `uname -m` names it.
///
/// The kernel tells it in `/proc/sys/kernel/arch` from 6.1 on; before, the shape
/// of cpuinfo does.
pub(crate) fn architecture(root: &Sysroot, cpuinfo: &str) -> Option<String> {
    read::text(root, "/proc/sys/kernel/arch").or_else(|| by_shape(cpuinfo).map(str::to_owned))
}

fn by_shape(cpuinfo: &str) -> Option<&'static str> {
    let value = |key: &str| {
        cpuinfo.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(key).then(|| value.trim())
        })
    };
    if let Some(flags) = value("flags") {
        let long_mode = flags.split_whitespace().any(|flag| flag == "lm");
        return Some(if long_mode { "x86_64" } else { "i686" });
    }
    if value("CPU implementer").is_some() {
        let version = value("CPU architecture").unwrap_or_default();
        return Some(if version == "8" || version == "AArch64" { "aarch64" } else { "armv7l" });
    }
    if let Some(isa) = value("ISA").filter(|isa| isa.contains("loongarch")) {
        return Some(if isa.contains("loongarch64") { "loongarch64" } else { "loongarch32" });
    }
    let family = value("CPU Family").unwrap_or_default();
    if family.starts_with("Loongson") {
        return Some("loongarch64");
    }
    if value("isa").is_some_and(|isa| isa.starts_with("rv64")) {
        return Some("riscv64");
    }
    value("cpu model").filter(|model| model.contains("Loongson")).map(|_| "mips64")
}

/// Hypervisors by what they write into SMBIOS as maker or product.
const HYPERVISORS: &[(&str, &str)] = &[
    ("QEMU", "kvm"),
    ("KVM", "kvm"),
    ("OpenStack", "kvm"),
    ("Amazon EC2", "amazon"),
    ("Google Compute Engine", "google"),
    ("Alibaba Cloud", "kvm"),
    ("VMware", "vmware"),
    ("VirtualBox", "virtualbox"),
    ("innotek", "virtualbox"),
    ("Xen", "xen"),
    ("HVM domU", "xen"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Virtual Machine", "hyperv"),
    ("Bochs", "bochs"),
];

/// Returns the hypervisor this machine is a guest of.
///
/// A guest whose hypervisor gives no name is `unknown`; where nothing speaks of
/// a hypervisor, there is none as far as the host sees.
fn hypervisor(root: &Sysroot, cpuinfo: &str) -> Option<String> {
    if let Some(kind) = read::text(root, "/sys/hypervisor/type") {
        return Some(kind);
    }
    let guest = cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.trim() == "flags")
        .any(|(_, flags)| flags.split_whitespace().any(|flag| flag == "hypervisor"));
    let named = ["sys_vendor", "product_name", "bios_vendor"].iter().find_map(|field| {
        let text = read::text(root, &format!("/sys/class/dmi/id/{field}"))?;
        HYPERVISORS.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
    });
    named.or(guest.then_some("unknown")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_cpuinfo_tells_the_architecture() {
        let cases = [
            ("flags\t\t: fpu vme lm\n", Some("x86_64")),
            ("flags\t\t: fpu vme\n", Some("i686")),
            ("CPU implementer\t: 0x48\nCPU architecture: 8\n", Some("aarch64")),
            ("CPU implementer\t: 0x41\nCPU architecture: 7\n", Some("armv7l")),
            ("CPU Family\t: Loongson-64bit\nISA : loongarch32 loongarch64\n", Some("loongarch64")),
            ("CPU Family\t: Loongson-64bit\n", Some("loongarch64")),
            ("isa\t\t: rv64imafdc\n", Some("riscv64")),
            ("cpu model\t: Loongson-3 V0.4  FPU V0.1\n", Some("mips64")),
            ("", None),
        ];
        for (cpuinfo, want) in cases {
            assert_eq!(by_shape(cpuinfo), want, "{cpuinfo:?}");
        }
    }

    #[test]
    fn the_release_and_the_distribution_are_read_from_their_files() {
        assert_eq!(release("Linux version 4.19.90-52 (root@host) #1 SMP"), Some("4.19.90-52"));
        let text = "NAME=x\nPRETTY_NAME=\"Kylin Linux Advanced Server V10 (Sword)\"\n";
        assert_eq!(pretty_name(text).as_deref(), Some("Kylin Linux Advanced Server V10 (Sword)"));
        assert_eq!(pretty_name("PRETTY_NAME=\n"), None);
    }
}
