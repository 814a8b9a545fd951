//! A disc image that UEFI boots: a kernel and an archive of busybox in one EFI program, on a FAT
//! volume that El Torito points to.

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use hw_tests::{corpus::workspace, peer::find_program};
use libtest_mimic::Failed;

use super::bed::{done, ensure};

/// What an EFI program begins with that starts the kernel in it.
pub(crate) const STUB: &str = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub";
/// Sections of an EFI program begin on pages.
const PAGE: u64 = 4096;
/// The marker is in this image alone, and the machine has no other disk.
const INIT: &str = "#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
efi=no
[ -d /sys/firmware/efi ] && efi=yes
$b echo \"MARKER efi=$efi\" >/dev/console
$b sleep 1
$b poweroff -f
";

/// Returns the folder of the kernel for guests, or why there is none.
pub(crate) fn kernel() -> Result<PathBuf, String> {
    let folder = env::var_os("ASSAY_GUEST_KERNEL")
        .map_or_else(|| workspace().join("target/guest-kernel/tree"), PathBuf::from);
    if find(&folder.join("boot"), &|name| name.starts_with("vmlinuz-")).is_some() {
        return Ok(folder);
    }
    Err(format!("no kernel for guests in `{}` (hw-tests/guest-kernel)", folder.display()))
}

/// Returns the first file in a folder, or in those below, that has such a name.
fn find(folder: &Path, named: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() {
            return find(&path, named);
        }
        named(path.file_name()?.to_str()?).then_some(path)
    })
}

/// Makes the image; its system prints `marker` and turns the machine off.
pub(crate) fn make(folder: &Path, marker: &str) -> Result<PathBuf, Failed> {
    let tree = kernel()?;
    let kernel = find(&tree.join("boot"), &|name| name.starts_with("vmlinuz-"))
        .ok_or("the kernel is gone")?;
    let archive = archive(folder, marker)?;
    let program = program(folder, &kernel, &archive)?;
    let root = folder.join("disc");
    fs::create_dir(&root)?;
    let volume = root.join("efi.img");
    fs::File::create(&volume)?.set_len(fs::metadata(&program)?.len() + (2 << 20))?;
    done(Command::new("mkfs.vfat").arg(&volume))?;
    done(Command::new("mmd").arg("-i").arg(&volume).args(["::/EFI", "::/EFI/BOOT"]))?;
    done(
        Command::new("mcopy").arg("-i").arg(&volume).arg(&program).arg("::/EFI/BOOT/BOOTX64.EFI"),
    )?;
    let image = folder.join("marker.iso");
    let mut xorriso = Command::new("xorriso");
    xorriso.args(["-as", "mkisofs", "-quiet", "-R", "-e", "efi.img", "-no-emul-boot", "-o"]);
    done(xorriso.arg(&image).arg(&root))?;
    Ok(image)
}

fn archive(folder: &Path, marker: &str) -> Result<PathBuf, Failed> {
    let root = folder.join("initramfs");
    fs::create_dir_all(root.join("bin"))?;
    let path = env::var_os("PATH").unwrap_or_default();
    let busybox = find_program("busybox", &path).ok_or("busybox is gone")?;
    fs::copy(busybox, root.join("bin/busybox"))?;
    let init = INIT.replace("MARKER", marker);
    fs::write(root.join("init"), init)?;
    fs::set_permissions(root.join("init"), fs::Permissions::from_mode(0o755))?;
    let archive = folder.join("initramfs.cpio");
    let mut cpio = Command::new("busybox")
        .args(["cpio", "-o", "-H", "newc"])
        .current_dir(&root)
        .stdin(Stdio::piped())
        .stdout(fs::File::create(&archive)?)
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut names) = cpio.stdin.take() {
        names.write_all(b"bin\nbin/busybox\ninit\n")?;
    }
    ensure(cpio.wait()?.success(), || "busybox cpio failed".to_owned())?;
    Ok(archive)
}

/// Puts kernel, archive and command line behind the stub (UAPI group's specification 5, Unified
/// Kernel Image).
fn program(folder: &Path, kernel: &Path, archive: &Path) -> Result<PathBuf, Failed> {
    let line = folder.join("command-line");
    fs::write(&line, "console=ttyS0 quiet panic=1")?;
    let mut at = behind()?;
    let mut objcopy = Command::new("objcopy");
    for (name, file) in [(".cmdline", &*line), (".linux", kernel), (".initrd", archive)] {
        at = at.next_multiple_of(PAGE);
        objcopy.arg("--add-section").arg(format!("{name}={}", file.display()));
        objcopy.arg("--change-section-vma").arg(format!("{name}={at:#x}"));
        at += fs::metadata(file)?.len();
    }
    let program = folder.join("marker.efi");
    done(objcopy.arg(STUB).arg(&program))?;
    Ok(program)
}

/// Returns the first address behind the stub's own sections.
fn behind() -> Result<u64, Failed> {
    let told = done(Command::new("objdump").args(["-h", STUB]))?;
    let hex = |word: &&str| u64::from_str_radix(word, 16).ok();
    let ends = told.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.first()?.parse::<u32>().ok()?;
        Some(words.get(2).and_then(hex)? + words.get(3).and_then(hex)?)
    });
    Ok(ends.max().ok_or("objdump shows no sections")?)
}
