//! What changes between the plan, the decision and the first write.

use std::fs::File;
use std::path::Path;

use libtest_mimic::Failed;
use storage_bench::safety::{Allowed, Code};
use storage_bench::target::{Direct, How, TargetError, open_for};

use crate::attempt::{self, refused};
use crate::lab::{Lab, SMALL, finding, named, put, run};
use crate::{Case, Outcome};

pub(crate) const CASES: &[Case] = &[
    Case { name: "a_device_that_grew_since_the_plan", needs: &[], body: grew },
    Case { name: "another_disk_in_the_same_place_since_the_plan", needs: &[], body: exchanged },
    Case { name: "a_device_that_was_not_in_the_plan", needs: &[], body: unplanned },
    Case { name: "a_device_that_grew_since_the_decision", needs: &[], body: grew_late },
    Case { name: "another_disk_in_the_same_place_since_the_decision", needs: &[], body: late },
    Case { name: "a_filesystem_made_since_the_decision", needs: &[], body: made_late },
    Case { name: "a_mount_made_since_the_decision", needs: &[], body: mounted_late },
    Case { name: "a_device_without_a_log_to_note_it_in", needs: &[], body: no_log },
    Case { name: "a_log_that_cannot_be_written", needs: &[], body: bad_log },
    Case { name: "nobody_mounts_what_is_under_load", needs: &[], body: under_load },
    Case { name: "an_open_device_knows_when_it_is_another", needs: &[], body: still },
];

fn grow(image: &Path, device: &str) -> Result<(), Failed> {
    File::options().write(true).open(image)?.set_len(2 * SMALL)?;
    run(&["losetup", "--set-capacity", device]).map(|_| ())
}

fn grew(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let planned = attempt::seen(&named(&[&device])?)[0].fingerprint();
    grow(&image, &device)?;
    let mut request = named(&[&device])?;
    request.planned = Some(vec![planned]);
    refused(lab, &[&image], &request, &[Code::Changed], &["size"])?;
    Ok(None)
}

/// Puts another image of the same size behind a loop device.
fn exchange(device: &str, image: &Path) -> Result<(), Failed> {
    let _alone = finding();
    run(&["losetup", "--detach", device])?;
    run(&["losetup", device, &image.display().to_string()]).map(|_| ())
}

fn exchanged(lab: &mut Lab) -> Outcome {
    let (first, device) = lab.blank()?;
    let second = lab.image(SMALL)?;
    let planned = attempt::seen(&named(&[&device])?)[0].fingerprint();
    if planned.disk_sequence.is_none() {
        return Ok(Some("this kernel does not count media (before 5.15)".to_owned()));
    }
    exchange(&device, &second)?;
    let mut request = named(&[&device])?;
    request.planned = Some(vec![planned]);
    refused(lab, &[&first, &second], &request, &[Code::Changed], &["disk sequence"])?;
    Ok(None)
}

fn unplanned(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let mut request = named(&[&device])?;
    request.planned = Some(vec![]);
    refused(lab, &[&image], &request, &[Code::Changed], &[&device])?;
    Ok(None)
}

/// Asserts that what was allowed cannot be opened any longer, and that nothing was
/// written.
fn too_late(
    lab: &Lab,
    stores: &[&Path],
    allowed: &Allowed,
    is: fn(&TargetError) -> bool,
) -> Result<(), Failed> {
    let before = attempt::contents(stores)?;
    let done = attempt::overwrite(lab, allowed);
    attempt::unchanged(stores, &before)?;
    match done {
        Err(error) if is(&error) => {
            attempt::REFUSED.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok(())
        }
        other => Err(Failed::from(format!("{other:?}"))),
    }
}

fn grew_late(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let allowed = attempt::allowed(&named(&[&device])?)?;
    grow(&image, &device)?;
    too_late(
        lab,
        &[&image],
        &allowed,
        |error| matches!(error, TargetError::Changed { what, .. } if what == "size"),
    )?;
    Ok(None)
}

fn late(lab: &mut Lab) -> Outcome {
    let (first, device) = lab.blank()?;
    let second = lab.image(SMALL)?;
    let allowed = attempt::allowed(&named(&[&device])?)?;
    if allowed.permits[0].seen().fingerprint().disk_sequence.is_none() {
        return Ok(Some("this kernel does not count media (before 5.15)".to_owned()));
    }
    exchange(&device, &second)?;
    too_late(
        lab,
        &[&first, &second],
        &allowed,
        |error| matches!(error, TargetError::Changed { what, .. } if what == "disk sequence"),
    )?;
    Ok(None)
}

fn made_late(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let allowed = attempt::allowed(&named(&[&device])?)?;
    run(&["mkfs.ext4", "-q", &device])?;
    too_late(
        lab,
        &[&image],
        &allowed,
        |error| matches!(error, TargetError::Changed { what, .. } if what == "contents"),
    )?;
    Ok(None)
}

fn mounted_late(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let mut request = named(&[&device])?;
    request.force_signature = true;
    let allowed = attempt::allowed(&request)?;
    lab.mount(&device, "rw,noatime")?;
    too_late(
        lab,
        &[&image],
        &allowed,
        |error| matches!(error, TargetError::Open { source, .. } if source.raw_os_error() == Some(16)),
    )?;
    Ok(None)
}

fn no_log(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let allowed = attempt::allowed(&named(&[&device])?)?;
    let before = attempt::contents(&[&image])?;
    let opened = open_for(&allowed.permits[0], How { direct: Direct::Off, tombstone: None });
    attempt::unchanged(&[&image], &before)?;
    match opened {
        Err(TargetError::NoTombstone { .. }) => Ok(None),
        other => Err(Failed::from(format!("{other:?}"))),
    }
}

fn bad_log(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let allowed = attempt::allowed(&named(&[&device])?)?;
    // A directory in its place.
    std::fs::create_dir(lab.path("tombstone"))?;
    too_late(lab, &[&image], &allowed, |error| matches!(error, TargetError::Tombstone { .. }))?;
    Ok(None)
}

fn under_load(lab: &mut Lab) -> Outcome {
    let (_image, device) = lab.ext4()?;
    let mut request = named(&[&device])?;
    request.force_signature = true;
    let allowed = attempt::allowed(&request)?;
    let opened = attempt::open(lab, &allowed.permits[0])?;
    let mounted = lab.mount(&device, "ro");
    drop(opened);
    if mounted.is_ok() {
        return Err(Failed::from("it could be mounted while we could write to it"));
    }
    Ok(None)
}

fn still(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let (_second, other) = lab.blank()?;
    let allowed = attempt::allowed(&named(&[&device])?)?;
    let opened = attempt::open(lab, &allowed.permits[0])?;
    opened.still_is(allowed.permits[0].seen())?;
    let wrong = &attempt::seen(&named(&[&other])?)[0];
    if opened.still_is(wrong).is_ok() {
        return Err(Failed::from("another device passes for it"));
    }
    // The descriptor says so while it is open, whatever its path has become.
    put(&image, SMALL - 1, b"\0")?;
    grow(&image, &device)?;
    match opened.still_is(allowed.permits[0].seen()) {
        Err(TargetError::Changed { what, .. }) if what == "size" => Ok(None),
        other => Err(Failed::from(format!("{other:?}"))),
    }
}
