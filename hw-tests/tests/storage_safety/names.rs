//! Devices that no name names, or the wrong one does; paths that lead to them.

use std::fs;
use std::os::unix::fs::symlink;

use libtest_mimic::Failed;
use storage_bench::safety::{Code, Decision, How, What, decide};
use storage_bench::target::{Root, look};

use crate::attempt::{self, refused, written};
use crate::lab::{Lab, SMALL, name_of, named, writing};
use crate::{Case, Outcome};

pub(crate) const CASES: &[Case] = &[
    Case { name: "a_blank_device_that_is_named_is_written", needs: &[], body: control },
    Case { name: "a_device_that_no_name_names", needs: &[], body: unnamed },
    Case { name: "a_name_of_another_device", needs: &[], body: another },
    Case { name: "a_name_with_another_size", needs: &[], body: other_size },
    Case { name: "a_serial_that_no_target_has", needs: &[], body: wrong_serial },
    Case { name: "the_right_name_and_one_that_is_nowhere", needs: &[], body: one_too_many },
    Case { name: "a_link_to_a_device_is_still_not_its_name", needs: &[], body: link },
    Case { name: "a_link_that_moves_after_the_decision", needs: &[], body: moving_link },
    Case { name: "one_device_by_two_paths", needs: &[], body: twice },
    Case { name: "a_read_only_device", needs: &[], body: read_only },
    Case { name: "a_zram_device", needs: &[], body: zram },
    Case { name: "a_zram_device_of_no_size", needs: &[], body: zram_empty },
    Case { name: "the_disk_that_this_system_runs_from", needs: &[], body: system_disk },
];

fn control(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let allowed = written(lab, &image, 0, &named(&[&device])?)?;
    // A sandbox may hide some processes from root; that is told, and no reason.
    if allowed.remarks.iter().any(|remark| remark.code != "unread") || !allowed.lost.is_empty() {
        return Err(Failed::from(format!("{allowed:?}")));
    }
    Ok(None)
}

fn unnamed(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    refused(lab, &[&image], &writing(&[&device]), &[Code::NotNamed], &[])?;
    Ok(None)
}

fn another(lab: &mut Lab) -> Outcome {
    let (first, device) = lab.blank()?;
    let (second, other) = lab.blank()?;
    let mut request = writing(&[&device]);
    request.destroy.push(name_of(&other)?.parse()?);
    let name = name_of(&other)?;
    let codes = [Code::NotNamed, Code::NamesNothing];
    refused(lab, &[&first, &second], &request, &codes, &[&name])?;
    Ok(None)
}

fn other_size(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let name = name_of(&device)?.replace(&SMALL.to_string(), &(2 * SMALL).to_string());
    let mut request = writing(&[&device]);
    request.destroy.push(name.parse()?);
    refused(lab, &[&image], &request, &[Code::NotNamed, Code::NamesNothing], &[&name])?;
    Ok(None)
}

fn wrong_serial(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let mut request = writing(&[&device]);
    request.destroy.push("S4YPNE0N800123".parse()?);
    let codes = [Code::NotNamed, Code::NamesNothing];
    refused(lab, &[&image], &request, &codes, &["S4YPNE0N800123"])?;
    Ok(None)
}

fn one_too_many(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let mut request = named(&[&device])?;
    request.destroy.push("WD-WCC7K0000001".parse()?);
    refused(lab, &[&image], &request, &[Code::NamesNothing], &["WD-WCC7K0000001"])?;
    Ok(None)
}

fn link(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let link = lab.path("link");
    symlink(&device, &link)?;
    let link = link.display().to_string();
    refused(lab, &[&image], &writing(&[&link]), &[Code::NotNamed], &[])?;
    let allowed = written(lab, &image, 0, &named(&[&link])?)?;
    let remark = allowed.remarks.iter().find(|remark| remark.code == "link");
    match remark {
        Some(remark) if remark.text.en.contains(&device) => Ok(None),
        _ => Err(Failed::from(format!("the link is not told: {allowed:?}"))),
    }
}

fn moving_link(lab: &mut Lab) -> Outcome {
    let (first, device) = lab.blank()?;
    let (second, other) = lab.blank()?;
    let link = lab.path("link");
    symlink(&device, &link)?;
    let path = link.display().to_string();
    let allowed = attempt::allowed(&named(&[&path])?)?;
    fs::remove_file(&link)?;
    symlink(&other, &link)?;
    let before = attempt::contents(&[&second])?;
    attempt::overwrite(lab, &allowed)?;
    attempt::unchanged(&[&second], &before)?;
    // What was decided on was written, not what the link leads to now.
    if fs::read(&first)?[0] == 0 {
        return Err(Failed::from("nothing was written"));
    }
    // A plan by that path is another device now.
    let mut request = named(&[&path])?;
    request.planned = Some(vec![allowed.permits[0].seen().fingerprint()]);
    refused(lab, &[&second], &request, &[Code::Changed], &["number"])?;
    Ok(None)
}

fn twice(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let link = lab.path("link");
    symlink(&device, &link)?;
    let link = link.display().to_string();
    let request = named(&[&device, &link])?;
    refused(lab, &[&image], &request, &[Code::SameDevice], &[&device, &link])?;
    Ok(None)
}

fn read_only(lab: &mut Lab) -> Outcome {
    let image = lab.image(SMALL)?;
    let device = lab.loop_on(&image, &["--read-only"])?;
    refused(lab, &[&image], &named(&[&device])?, &[Code::ReadOnly], &[&device[5..]])?;
    Ok(None)
}

fn zram(lab: &mut Lab) -> Outcome {
    let device = match lab.zram(SMALL)? {
        Ok(device) => device,
        Err(lacks) => return Ok(Some(lacks)),
    };
    let store = std::path::Path::new(&device);
    refused(lab, &[store], &writing(&[&device]), &[Code::NotNamed], &[])?;
    let wrong = name_of(&device)?.replace(&SMALL.to_string(), "4096");
    let mut request = writing(&[&device]);
    request.destroy.push(wrong.parse()?);
    refused(lab, &[store], &request, &[Code::NotNamed, Code::NamesNothing], &[&wrong])?;
    written(lab, store, 0, &named(&[&device])?)?;
    Ok(None)
}

fn zram_empty(lab: &mut Lab) -> Outcome {
    let device = match lab.zram(0)? {
        Ok(device) => device,
        Err(lacks) => return Ok(Some(lacks)),
    };
    refused(lab, &[], &named(&[&device])?, &[Code::Empty], &[&device[5..]])?;
    Ok(None)
}

/// Only looks: a decision is made, and nothing that could be opened comes of it.
fn system_disk(_lab: &mut Lab) -> Outcome {
    let text = fs::read_to_string("/proc/self/mountinfo")?;
    let root = text.lines().filter(|line| line.split(' ').nth(4) == Some("/"));
    let source = root.filter_map(|line| line.split_once(" - ")?.1.split(' ').nth(1)).next_back();
    let Some(device) = source.filter(|source| source.starts_with("/dev/")) else {
        return Ok(Some("the root filesystem is on no block device".to_owned()));
    };
    let seen = look(&Root::live(), device, true);
    let What::Block(block) = &seen.what else {
        return Err(Failed::from(format!("{seen:?}")));
    };
    let mut request = writing(&[device]);
    if let Some(serial) = &block.identity.serial {
        request.destroy.push(serial.parse()?);
    }
    for force in [false, true] {
        request.force_signature = force;
        let Decision::Refused { reasons } = decide(&request, std::slice::from_ref(&seen)) else {
            return Err(Failed::from("the disk that this system runs from may be written"));
        };
        let told = |codes: &[Code]| reasons.iter().any(|reason| codes.contains(&reason.code));
        // A sandbox may let nobody open its disk; not knowing refuses as well.
        let mut needed = vec![&[Code::Mounted][..], &[Code::Boot], &[Code::Busy, Code::Unknown]];
        needed.extend((!force).then_some(&[Code::Signature, Code::Unknown][..]));
        for codes in needed {
            if !told(codes) {
                return Err(Failed::from(format!("{codes:?} is missing: {reasons:#?}")));
            }
        }
        let words: Vec<&str> = reasons.iter().map(|reason| reason.code.word()).collect();
        println!("figure: safety.system_disk = {}", words.join(", "));
        attempt::REFUSED.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
    let root = |how: &How| matches!(how, How::Mounted { mount_point, .. } if mount_point == "/");
    if block.uses.iter().any(|used| root(&used.how)) { Ok(None) } else { Err("no mount".into()) }
}
