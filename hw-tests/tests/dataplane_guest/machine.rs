//! A real guest: a kernel of Debian's under QEMU without KVM, and an archive of busybox.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use hw_tests::corpus::workspace;
use hw_tests::network::{BedError, Space};
use tempfile::TempDir;

/// Modules between the kernel and its card, in the order in which they need each other.
const MODULES: [&str; 8] = [
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "failover",
    "net_failover",
    "virtio_net",
];

/// Asks 10.0.0.11 fifty times a second for ever, and knows its MAC address: nothing waits for
/// an answer of ARP.
const INIT: &str = "#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
for m in MODULES; do $b insmod /lib/$m.ko; done
$b ip link set lo up
$b ip link set eth0 up
$b ip address add 10.0.0.15/24 dev eth0
$b ip address add fd00::15/64 dev eth0
$b arp -s 10.0.0.11 02:00:00:00:00:0b
while :; do $b ping -q -i 0.02 10.0.0.11; done
";

/// What a guest is started from.
#[derive(Debug)]
pub(crate) struct Machine {
    folder: TempDir,
    kernel: PathBuf,
}

/// A guest that runs; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Child);

/// Returns where the kernel for guests is, or why there is none.
pub(crate) fn kernel() -> Result<PathBuf, String> {
    let folder = env::var_os("ASSAY_GUEST_KERNEL")
        .map_or_else(|| workspace().join("target/guest-kernel/tree"), PathBuf::from);
    let found = find(&folder.join("boot"), "vmlinuz-");
    found.map(|_kernel| folder.clone()).ok_or_else(|| {
        format!("no kernel for guests in `{}` (hw-tests/guest-kernel)", folder.display())
    })
}

fn find(folder: &Path, prefix: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let named = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(prefix))
    };
    entries.map(|entry| entry.path()).find(named)
}

fn module(folder: &Path, file: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.filter_map(Result::ok).find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { module(&path, file) } else { path.ends_with(file).then_some(path) }
    })
}

impl Machine {
    /// Puts the guest's archive together.
    pub(crate) fn new(tree: &Path, busybox: &Path) -> io::Result<Self> {
        let missing = |what: &str| io::Error::other(format!("`{}`: {what}", tree.display()));
        let kernel = find(&tree.join("boot"), "vmlinuz-").ok_or_else(|| missing("no kernel"))?;
        let mut archive = Vec::new();
        for folder in ["bin", "lib"] {
            put(&mut archive, folder, 0o040_755, &[]);
        }
        put(&mut archive, "bin/busybox", 0o100_755, &fs::read(busybox)?);
        for name in MODULES {
            let file = module(&tree.join("lib/modules"), &format!("{name}.ko"));
            let file = file.ok_or_else(|| missing(name))?;
            put(&mut archive, &format!("lib/{name}.ko"), 0o100_644, &fs::read(file)?);
        }
        let init = INIT.replace("MODULES", &MODULES.join(" "));
        put(&mut archive, "init", 0o100_755, init.as_bytes());
        put(&mut archive, "TRAILER!!!", 0, &[]);
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("archive"), archive)?;
        Ok(Self { folder, kernel })
    }

    /// Starts a guest in a namespace; QEMU makes its tap there, which is gone with it.
    pub(crate) fn start(&self, space: &Space, tap: &str) -> Result<Running, BedError> {
        let archive = self.folder.path().join("archive");
        let (kernel, archive) = (self.kernel.display().to_string(), archive.display().to_string());
        let net = format!("tap,id=n,ifname={tap},script=no,downscript=no");
        let mut command = space.command(&[
            "qemu-system-x86_64",
            "-nodefaults",
            "-accel",
            "tcg",
            "-cpu",
            "max",
            "-m",
            "128",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "stdio",
            "-kernel",
            &kernel,
            "-initrd",
            &archive,
            "-append",
            "console=ttyS0 quiet panic=1",
            "-netdev",
            &net,
            "-device",
            "virtio-net-pci,netdev=n,mac=02:00:00:00:00:15,romfile=",
        ]);
        let said = fs::File::create(self.folder.path().join("console"))?;
        let errors = said.try_clone()?;
        Ok(Running(command.stdin(Stdio::null()).stdout(said).stderr(errors).spawn()?))
    }

    /// Returns the last lines that guest and QEMU said.
    pub(crate) fn console(&self) -> String {
        let text = fs::read(self.folder.path().join("console")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
    }
}

impl Running {
    /// Ends it as kill -9 does; `ip netns exec` has become QEMU by then.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait().map(drop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.kill());
    }
}

/// Adds a file to an archive of cpio's newc format (the kernel's
/// `Documentation/driver-api/early-userspace/buffer-format.rst`).
fn put(archive: &mut Vec<u8>, name: &str, mode: u32, bytes: &[u8]) {
    let number = archive.len();
    let fields = [number, mode as usize, 0, 0, 1, 0, bytes.len(), 0, 0, 0, 0, name.len() + 1, 0];
    archive.extend(b"070701");
    for field in fields {
        archive.extend(format!("{field:08x}").bytes());
    }
    archive.extend(name.bytes().chain([0]));
    archive.resize(archive.len().next_multiple_of(4), 0);
    archive.extend(bytes);
    archive.resize(archive.len().next_multiple_of(4), 0);
}
