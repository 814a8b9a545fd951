//! Files, and what is at the path of one.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use hw_tests::Need;
use libtest_mimic::Failed;
use storage_bench::safety::{Access, Code, Request};

use crate::attempt::{self, refused};
use crate::lab::{Lab, run, writing};
use crate::{Case, Outcome};

pub(crate) const CASES: &[Case] = &[
    Case { name: "a_file_is_made_written_and_removed", needs: &[], body: control },
    Case { name: "a_file_that_exists", needs: &[], body: exists },
    Case { name: "a_link_to_a_file_that_exists", needs: &[], body: linked },
    Case { name: "a_link_that_leads_nowhere", needs: &[], body: dangling },
    Case { name: "a_file_that_appears_after_the_decision", needs: &[], body: appears },
    Case { name: "a_directory", needs: &[], body: directory },
    Case { name: "a_fifo", needs: &[Need::Program("mkfifo")], body: fifo },
    Case { name: "a_socket", needs: &[], body: socket },
    Case { name: "a_character_device", needs: &[], body: character },
    Case { name: "a_missing_directory", needs: &[], body: missing },
    Case { name: "a_slip_of_the_pen_under_dev", needs: &[], body: typo },
    Case { name: "a_read_only_filesystem", needs: &[], body: read_only },
    Case { name: "a_full_filesystem", needs: &[], body: full },
    Case { name: "a_file_without_a_size", needs: &[], body: no_size },
    Case { name: "an_empty_file_to_read", needs: &[], body: empty },
    Case { name: "a_file_to_read_that_is_missing", needs: &[], body: nothing },
    Case { name: "a_file_in_memory_is_told", needs: &[], body: in_memory },
];

fn make(path: &Path, size: u64) -> Request {
    Request { file_bytes: Some(size), ..writing(&[&path.display().to_string()]) }
}

fn control(lab: &mut Lab) -> Outcome {
    let path = lab.path("load");
    let request = make(&path, 4 << 20);
    let allowed = attempt::allowed(&request)?;
    let opened = attempt::open(lab, &allowed.permits[0])?;
    attempt::write_start(&opened)?;
    if fs::read(&path)?[0] != 0xa5 || opened.size_bytes() != 4 << 20 {
        return Err(Failed::from("nothing was written"));
    }
    // The run may write its own file again, and nobody else's.
    let again = Request { made: opened.made().into_iter().collect(), ..request.clone() };
    if attempt::allowed(&again)?.permits[0].access() != Access::Write {
        return Err(Failed::from("the run's own file is not its own"));
    }
    refused(lab, &[&path], &request, &[Code::FileExists], &[])?;
    drop(opened);
    if path.exists() {
        return Err(Failed::from("the file was not removed"));
    }
    attempt::WRITTEN.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    Ok(None)
}

fn exists(lab: &mut Lab) -> Outcome {
    let path = lab.path("data");
    fs::write(&path, "precious")?;
    refused(lab, &[&path], &make(&path, 4096), &[Code::FileExists], &["data"])?;
    Ok(None)
}

fn linked(lab: &mut Lab) -> Outcome {
    let (path, link) = (lab.path("data"), lab.path("link"));
    fs::write(&path, "precious")?;
    symlink(&path, &link)?;
    refused(lab, &[&path], &make(&link, 4096), &[Code::FileExists], &["link"])?;
    Ok(None)
}

fn dangling(lab: &mut Lab) -> Outcome {
    let (path, link) = (lab.path("nowhere"), lab.path("link"));
    symlink(&path, &link)?;
    refused(lab, &[], &make(&link, 4096), &[Code::NotFound], &["nowhere"])?;
    if path.exists() { Err(Failed::from("it was made")) } else { Ok(None) }
}

fn appears(lab: &mut Lab) -> Outcome {
    let path = lab.path("data");
    let allowed = attempt::allowed(&make(&path, 4096))?;
    fs::write(&path, "precious")?;
    let done = attempt::overwrite(lab, &allowed);
    match done {
        Err(_) if fs::read(&path)? == b"precious" => Ok(None),
        other => Err(Failed::from(format!("{other:?}"))),
    }
}

fn directory(lab: &mut Lab) -> Outcome {
    let path = lab.path("folder");
    fs::create_dir(&path)?;
    refused(lab, &[], &make(&path, 4096), &[Code::WrongKind], &["folder"])?;
    Ok(None)
}

fn fifo(lab: &mut Lab) -> Outcome {
    let path = lab.path("fifo");
    run(&["mkfifo", &path.display().to_string()])?;
    refused(lab, &[], &make(&path, 4096), &[Code::WrongKind], &["fifo"])?;
    Ok(None)
}

fn socket(lab: &mut Lab) -> Outcome {
    let path = lab.path("socket");
    let _listener = UnixListener::bind(&path)?;
    refused(lab, &[], &make(&path, 4096), &[Code::WrongKind], &["socket"])?;
    Ok(None)
}

fn character(lab: &mut Lab) -> Outcome {
    refused(lab, &[], &make(Path::new("/dev/null"), 4096), &[Code::WrongKind], &["/dev/null"])?;
    Ok(None)
}

fn missing(lab: &mut Lab) -> Outcome {
    let path = lab.path("no/such/file");
    refused(lab, &[], &make(&path, 4096), &[Code::NoDirectory], &["no/such/file"])?;
    Ok(None)
}

fn typo(lab: &mut Lab) -> Outcome {
    let path = Path::new("/dev/assay-no-such-disk");
    refused(lab, &[], &make(path, 4096), &[Code::NotFound], &["devtmpfs"])?;
    if path.exists() { Err(Failed::from("it was made")) } else { Ok(None) }
}

fn read_only(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let place = lab.mount(&device, "ro")?;
    let words = [place.display().to_string()];
    refused(lab, &[&image], &make(&place.join("f"), 4096), &[Code::NotWritable], &[&words[0]])?;
    Ok(None)
}

fn full(lab: &mut Lab) -> Outcome {
    let (_image, device) = lab.ext4()?;
    let place = lab.mount(&device, "rw,noatime")?;
    let path = place.join("f");
    refused(lab, &[], &make(&path, 64 << 20), &[Code::NoSpace], &["68828528"])?;
    // What fits is made; filling the disk meanwhile is met before the first operation.
    let allowed = attempt::allowed(&make(&path, 8 << 20))?;
    let filler = place.join("filler");
    let free = run(&["stat", "-f", "-c", "%f", &place.display().to_string()])?;
    let block = run(&["stat", "-f", "-c", "%S", &place.display().to_string()])?;
    let free = free.trim().parse::<u64>()? * block.trim().parse::<u64>()?;
    run(&["fallocate", "-l", &(free - (3 << 20)).to_string(), &filler.display().to_string()])?;
    let done = attempt::overwrite(lab, &allowed);
    let storage_bench::target::TargetError::Room { .. } = done.err().ok_or("it was made")? else {
        return Err(Failed::from("not for want of room"));
    };
    if path.exists() { Err(Failed::from("it was left behind")) } else { Ok(None) }
}

fn no_size(lab: &mut Lab) -> Outcome {
    let path = lab.path("load").display().to_string();
    refused(lab, &[], &writing(&[&path]), &[Code::NoSize], &["load"])?;
    Ok(None)
}

fn empty(lab: &mut Lab) -> Outcome {
    let path = lab.path("empty");
    fs::write(&path, "")?;
    let request = Request { writes: false, ..make(&path, 4096) };
    refused(lab, &[&path], &request, &[Code::Empty], &["empty"])?;
    Ok(None)
}

fn nothing(lab: &mut Lab) -> Outcome {
    let path = lab.path("absent");
    let request = Request { writes: false, ..make(&path, 4096) };
    refused(lab, &[], &request, &[Code::NotFound], &["absent"])?;
    Ok(None)
}

fn in_memory(lab: &mut Lab) -> Outcome {
    let place = lab.path("memory");
    fs::create_dir(&place)?;
    let text = place.display().to_string();
    run(&["mount", "-t", "tmpfs", "-o", "size=8m", "none", &text])?;
    let done = attempt::allowed(&make(&place.join("f"), 1 << 20));
    run(&["umount", &text])?;
    let allowed = done?;
    if allowed.remarks.iter().any(|remark| remark.code == "in-memory") {
        return Ok(None);
    }
    Err(Failed::from(format!("{allowed:?}")))
}
