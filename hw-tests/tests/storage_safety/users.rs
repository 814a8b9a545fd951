//! Devices that somebody uses: mounts, swap, devices made of them, programs.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hw_tests::Need;
use libtest_mimic::Failed;
use storage_bench::safety::{Access, Code, Request};

use crate::attempt::{self, refused, written};
use crate::lab::{Lab, SMALL, name_of, named, run};
use crate::{Case, Outcome};

/// `O_EXCL`, the same on every Linux.
const EXCLUSIVE: i32 = 0o200;
/// What a device with a mounted filesystem is refused for.
const MOUNTED: &[Code] = &[Code::Mounted, Code::Busy, Code::Signature];

pub(crate) const CASES: &[Case] = &[
    Case { name: "a_mounted_ext4", needs: &[], body: ext4 },
    Case { name: "a_mounted_ext4_despite_force", needs: &[], body: ext4_forced },
    Case { name: "a_mounted_ext4_may_be_read", needs: &[], body: ext4_read },
    Case { name: "a_mounted_xfs", needs: &[Need::Program("mkfs.xfs")], body: xfs },
    Case { name: "a_mounted_btrfs", needs: &[Need::Program("mkfs.btrfs")], body: btrfs },
    Case {
        name: "the_second_disk_of_a_mounted_btrfs",
        needs: &[Need::Program("mkfs.btrfs")],
        body: btrfs_second,
    },
    Case { name: "a_bind_mount_that_outlived_its_mount", needs: &[], body: bind },
    Case {
        name: "a_mount_in_another_namespace",
        needs: &[Need::Program("unshare")],
        body: namespace,
    },
    Case { name: "swap_in_use", needs: &[], body: swap },
    Case { name: "swap_in_use_on_zram", needs: &[], body: swap_zram },
    Case {
        name: "a_disk_with_a_mounted_partition",
        needs: &[Need::Program("addpart")],
        body: partition_mounted,
    },
    Case {
        name: "a_disk_with_a_partition_that_is_swap",
        needs: &[Need::Program("addpart")],
        body: partition_swap,
    },
    Case {
        name: "a_partition_of_a_disk_that_is_free",
        needs: &[Need::Program("addpart")],
        body: partition_control,
    },
    Case { name: "a_disk_and_its_partition", needs: &[Need::Program("addpart")], body: overlap },
    Case { name: "a_device_under_a_loop_device", needs: &[], body: under_loop },
    Case { name: "a_device_under_a_mounted_loop_device", needs: &[], body: under_mounted },
    Case { name: "a_device_that_somebody_claims", needs: &[], body: claimed },
    Case { name: "a_device_that_a_program_can_write_to", needs: &[], body: writer },
    Case { name: "a_device_that_a_program_only_reads", needs: &[], body: reader },
    Case { name: "a_device_under_a_mapping", needs: &[Need::Program("dmsetup")], body: mapped },
];

fn ext4(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let place = lab.mount(&device, "rw,noatime")?.display().to_string();
    refused(lab, &[&image], &named(&[&device])?, MOUNTED, &[&place, "ext4"])?;
    Ok(None)
}

fn ext4_forced(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let place = lab.mount(&device, "rw,noatime")?.display().to_string();
    let request = Request { force_signature: true, ..named(&[&device])? };
    refused(lab, &[&image], &request, &[Code::Mounted, Code::Busy], &[&place])?;
    Ok(None)
}

fn ext4_read(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let place = lab.mount(&device, "rw,noatime")?.display().to_string();
    let request = Request { paths: vec![device.clone()], ..Request::default() };
    let before = attempt::contents(&[&image])?;
    let allowed = attempt::allowed(&request)?;
    let told = |word: &str| allowed.remarks.iter().any(|remark| remark.text.en.contains(word));
    if !told(&place) {
        return Err(Failed::from(format!("the mount is not told: {allowed:?}")));
    }
    let opened = attempt::open(lab, &allowed.permits[0])?;
    if opened.access() != Access::Read || attempt::write_start(&opened).is_ok() {
        return Err(Failed::from("what was opened to read can be written"));
    }
    attempt::unchanged(&[&image], &before)?;
    Ok(None)
}

fn xfs(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.formatted(320 << 20, &["mkfs.xfs", "-q", "-K"])?;
    let place = lab.mount(&device, "ro")?.display().to_string();
    refused(lab, &[&image], &named(&[&device])?, MOUNTED, &[&place, "XFS"])?;
    Ok(None)
}

fn btrfs(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.formatted(128 << 20, &["mkfs.btrfs", "-q", "-K"])?;
    let place = lab.mount(&device, "ro")?.display().to_string();
    refused(lab, &[&image], &named(&[&device])?, MOUNTED, &[&place, "btrfs"])?;
    Ok(None)
}

fn btrfs_second(lab: &mut Lab) -> Outcome {
    let first = lab.image(128 << 20)?;
    let second = lab.image(128 << 20)?;
    let (a, b) = (lab.loop_on(&first, &[])?, lab.loop_on(&second, &[])?);
    run(&["mkfs.btrfs", "-q", "-K", "-d", "single", "-m", "raid1", &a, &b])?;
    lab.mount(&a, &format!("ro,device={b}"))?;
    let codes = [Code::Held, Code::Busy, Code::Signature];
    refused(lab, &[&first, &second], &named(&[&b])?, &codes, &["btrfs"])?;
    Ok(None)
}

fn bind(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let place = lab.mount(&device, "rw,noatime")?;
    let second = lab.bind(&place)?.display().to_string();
    run(&["umount", "--lazy", &place.display().to_string()])?;
    let done = refused(lab, &[&image], &named(&[&device])?, MOUNTED, &[&second]);
    // The lab takes both away: it gets the first one back.
    run(&["mount", "--bind", &second, &place.display().to_string()])?;
    done.map(|()| None)
}

fn namespace(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let place = lab.path("there").display().to_string();
    std::fs::create_dir(&place)?;
    let script = "mount -o ro \"$0\" \"$1\" && echo ready && read wait; umount \"$1\"";
    let shell = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script];
    let words = [&shell[..], &[&device, &place]].concat();
    let pid = lab.process(&words)?.to_string();
    let own = std::fs::read_to_string("/proc/self/mountinfo")?;
    if own.contains(&place) {
        return Err(Failed::from("the mount is in our namespace too"));
    }
    refused(lab, &[&image], &named(&[&device])?, MOUNTED, &[&place, &pid])?;
    Ok(None)
}

fn swap(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.formatted(SMALL, &["mkswap"])?;
    lab.swap_on(&device)?;
    let codes = [Code::Swap, Code::Busy, Code::Signature];
    refused(lab, &[&image], &named(&[&device])?, &codes, &["swap"])?;
    Ok(None)
}

fn swap_zram(lab: &mut Lab) -> Outcome {
    let device = match lab.zram(SMALL)? {
        Ok(device) => device,
        Err(lacks) => return Ok(Some(lacks)),
    };
    run(&["mkswap", &device])?;
    lab.swap_on(&device)?;
    let codes = [Code::Swap, Code::Busy, Code::Signature];
    let name = &device[5..];
    refused(lab, &[Path::new(&device)], &named(&[&device])?, &codes, &[name])?;
    Ok(None)
}

/// Makes a disk with one partition of the smallest size, 1 MiB into it.
fn partitioned(
    lab: &mut Lab,
) -> Result<Result<(std::path::PathBuf, String, String), String>, Failed> {
    let image = lab.image(2 * SMALL)?;
    let device = lab.loop_on(&image, &[])?;
    Ok(lab.partition(&device, 1 << 20, SMALL).map(|partition| (image, device, partition)))
}

fn partition_mounted(lab: &mut Lab) -> Outcome {
    let (image, device, partition) = match partitioned(lab)? {
        Ok(made) => made,
        Err(lacks) => return Ok(Some(lacks)),
    };
    run(&["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", &partition])?;
    let place = lab.mount(&partition, "rw,noatime")?.display().to_string();
    let words = [place.as_str(), &partition[5..]];
    refused(lab, &[&image], &named(&[&device])?, MOUNTED, &words)?;
    refused(lab, &[&image], &named(&[&partition])?, MOUNTED, &words)?;
    Ok(None)
}

fn partition_swap(lab: &mut Lab) -> Outcome {
    let (image, device, partition) = match partitioned(lab)? {
        Ok(made) => made,
        Err(lacks) => return Ok(Some(lacks)),
    };
    run(&["mkswap", &partition])?;
    lab.swap_on(&partition)?;
    let codes = [Code::Swap, Code::Busy, Code::Signature];
    refused(lab, &[&image], &named(&[&device])?, &codes, &[&partition[5..]])?;
    Ok(None)
}

fn partition_control(lab: &mut Lab) -> Outcome {
    let (image, device, partition) = match partitioned(lab)? {
        Ok(made) => made,
        Err(lacks) => return Ok(Some(lacks)),
    };
    let mut other = crate::lab::writing(&[&partition]);
    other.destroy.push(name_of(&device)?.parse()?);
    let codes = [Code::NotNamed, Code::NamesNothing];
    refused(lab, &[&image], &other, &codes, &[])?;
    written(lab, &image, 1 << 20, &named(&[&partition])?)?;
    Ok(None)
}

fn overlap(lab: &mut Lab) -> Outcome {
    let (image, device, partition) = match partitioned(lab)? {
        Ok(made) => made,
        Err(lacks) => return Ok(Some(lacks)),
    };
    let request = named(&[&device, &partition])?;
    refused(lab, &[&image], &request, &[Code::SameDevice], &[&partition])?;
    Ok(None)
}

fn under_loop(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let above = lab.loop_on(Path::new(&device), &[])?;
    // The upper device holds the lower one open for writing, in the kernel.
    refused(lab, &[&image], &named(&[&device])?, &[Code::Held], &[&above[5..]])?;
    written(lab, &image, 0, &named(&[&above])?)?;
    Ok(None)
}

fn under_mounted(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let above = lab.loop_on(Path::new(&device), &[])?;
    let place = lab.mount(&above, "ro,noload")?.display().to_string();
    let codes = [Code::Held, Code::Mounted, Code::Signature];
    refused(lab, &[&image], &named(&[&device])?, &codes, &[&place, &above[5..]])?;
    Ok(None)
}

fn claimed(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let held = OpenOptions::new().read(true).custom_flags(EXCLUSIVE).open(&device)?;
    refused(lab, &[&image], &named(&[&device])?, &[Code::Busy], &[&device[5..]])?;
    drop(held);
    written(lab, &image, 0, &named(&[&device])?)?;
    Ok(None)
}

fn writer(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let pid = lab.process(&["sh", "-c", "exec 3<>\"$0\"; echo ready; read wait", &device])?;
    let pid = pid.to_string();
    refused(lab, &[&image], &named(&[&device])?, &[Code::Open], &[&pid, &device[5..]])?;
    Ok(None)
}

fn reader(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    lab.process(&["sh", "-c", "exec 3<\"$0\"; echo ready; read wait", &device])?;
    written(lab, &image, 0, &named(&[&device])?)?;
    Ok(None)
}

fn mapped(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let name = format!("assay-safety-{}", std::process::id());
    let table = format!("0 {} linear {device} 0", SMALL / 512);
    if run(&["dmsetup", "create", &name, "--table", &table]).is_err() {
        return Ok(Some("this kernel has no device mapper".to_owned()));
    }
    let codes = [Code::Held, Code::Busy];
    let done = refused(lab, &[&image], &named(&[&device])?, &codes, &[&name]);
    run(&["dmsetup", "remove", "--retry", &name])?;
    done.map(|()| None)
}
