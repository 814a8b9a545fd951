//! A machine with UEFI gets an image inserted by `assay bmc`, is told to boot from it once, and is
//! powered on: the system on the image says so on the machine's console.
//!
//! The machine is QEMU without KVM under libvirt; its BMC is sushy-emulator, with TLS and a user.
//! The image is served by `assay` itself. curl sees what became of each step.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "measures how long a machine takes to boot")]

#[path = "bmc_boot/bed.rs"]
mod bed;
#[path = "bmc_boot/iso.rs"]
mod iso;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use hw_tests::{Need, peer::peers_required, trial};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use bed::{Bed, SYSTEM, ensure, within};

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("sushy-emulator"),
    Need::Program("libvirtd"),
    Need::Program("virtlogd"),
    Need::Program("virsh"),
    Need::Program("unshare"),
    Need::Program("qemu-system-x86_64"),
    Need::Program("xorriso"),
    Need::Program("mcopy"),
    Need::Program("mkfs.vfat"),
    Need::Program("objcopy"),
    Need::Program("busybox"),
    Need::Program("curl"),
    Need::Program("openssl"),
    Need::Path { path: iso::STUB, package: "systemd-boot-efi" },
    Need::Path { path: bed::FIRMWARE, package: "ovmf" },
];

/// From power on to the system's first word; 12 s where nobody else works.
const BOOT: Duration = Duration::from_mins(4);

fn main() -> ExitCode {
    let name = "an_image_inserted_and_booted_by_us_says_so_on_the_console";
    let lacking = iso::kernel().err().or_else(bed::lacks_libvirt);
    let trial = match lacking {
        None => trial(name, NEEDS, boot),
        Some(reason) => Trial::ignorable_test(name, move || {
            if peers_required() {
                return Err(Failed::from(reason));
            }
            Ok(Completion::ignored_with(reason))
        }),
    };
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn boot() -> Result<(), Failed> {
    let bed = Bed::start()?;
    booted(&bed).map_err(|failed| {
        Failed::from(format!("{}\n{}", failed.message().unwrap_or("failed"), bed.said()))
    })
}

fn booted(bed: &Bed) -> Result<(), Failed> {
    let marker = format!("ASSAY-BOOTED-{:08x}", std::process::id());
    let image = iso::make(bed.folder(), &marker)?;
    let file = image.display().to_string();
    let slot = format!("{SYSTEM}/VirtualMedia/Cd");

    let before = bed.curl(&slot)?;
    ensure(before["Inserted"] == false, || before.to_string())?;
    // The emulator keeps a copy, so serving ends once it has it.
    let inserted = bed.assay(&["media", "insert", &file, "--until-read"])?;
    let served = &inserted["served"];
    let length = std::fs::metadata(&image)?.len();
    ensure(served["read_whole"] == true && served["image_bytes"] == length, || {
        inserted.to_string()
    })?;
    let seen = bed.curl(&slot)?;
    ensure(seen["Inserted"] == true && seen["Image"] == served["url"], || seen.to_string())?;

    bed.assay(&["boot", "cd", "--once", "--uefi"])?;
    let seen = bed.curl(SYSTEM)?;
    ensure(seen["Boot"]["BootSourceOverrideTarget"] == "Cd", || seen.to_string())?;
    ensure(seen["Boot"]["BootSourceOverrideMode"] == "UEFI", || seen.to_string())?;

    ensure(!bed.console().contains(&marker), || "the marker was there before".to_owned())?;
    let begun = Instant::now();
    bed.assay(&["power", "on"])?;
    let answered = begun.elapsed();
    within(BOOT, "the marker on the console", || Ok(bed.console().contains(&marker)))?;
    let took = begun.elapsed();
    println!("power on was answered and seen after {answered:.1?}, the marker after {took:.1?}");
    // The marker is in this image alone, and the machine has no other disk.
    let console = bed.console();
    let line = console.lines().find(|line| line.contains(&marker)).unwrap_or_default();
    ensure(line.contains("efi=yes"), || line.to_owned())?;

    // The system has turned the machine off.
    within(Duration::from_mins(1), "power off", || Ok(bed.curl(SYSTEM)?["PowerState"] == "Off"))?;
    let power = bed.assay(&["power", "status"])?;
    ensure(power["power"] == "off", || power.to_string())?;
    bed.assay(&["media", "eject"])?;
    let seen = bed.curl(&slot)?;
    ensure(seen["Inserted"] == false && seen["Image"] == "", || seen.to_string())
}
