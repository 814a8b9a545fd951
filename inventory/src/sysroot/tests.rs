//! Tests of `sysroot`.

use std::io::Write;
use std::os::unix::fs::symlink;

use super::*;

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a scratch directory");
    fs::create_dir_all(dir.path().join("sys/devices/pci0000:00/0000:00:03.0")).expect("mkdir");
    fs::create_dir_all(dir.path().join("sys/class/net")).expect("mkdir");
    fs::write(dir.path().join("sys/devices/pci0000:00/0000:00:03.0/vendor"), "0x1af4\n")
        .expect("write");
    dir
}

#[test]
fn a_link_is_followed_inside_the_root() {
    let dir = tree();
    symlink("../../devices/pci0000:00/0000:00:03.0", dir.path().join("sys/class/net/eth0"))
        .expect("symlink");
    symlink("/sys/class/net/eth0", dir.path().join("sys/class/net/absolute")).expect("symlink");
    let root = Sysroot::at(dir.path()).expect("a root");
    assert_eq!(root.text("/sys/class/net/eth0/vendor").expect("text"), "0x1af4");
    assert_eq!(root.text("/sys/class/net/absolute/vendor").expect("text"), "0x1af4");
    assert_eq!(
        root.canonical("/sys/class/net/absolute").expect("canonical"),
        "/sys/devices/pci0000:00/0000:00:03.0"
    );
}

#[test]
fn a_link_that_leads_out_of_the_root_is_refused() {
    let outside = tempfile::tempdir().expect("a scratch directory");
    fs::write(outside.path().join("secret"), "secret").expect("write");
    let dir = tree();
    let up = "../".repeat(40);
    let place = outside.path().to_str().expect("UTF-8");
    symlink(format!("{up}{place}/secret"), dir.path().join("sys/up")).expect("symlink");
    symlink(format!("{place}/secret"), dir.path().join("sys/absolute")).expect("symlink");
    symlink("loop", dir.path().join("sys/loop")).expect("symlink");
    let root = Sysroot::at(dir.path()).expect("a root");
    let error = root.read("/sys/up").expect_err("refused");
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert!(root.read("/sys/absolute").is_err());
    assert!(root.read("/sys/../../../etc/passwd").is_err());
    assert!(root.read("/sys/loop").is_err());
    assert!(!root.exists("/sys/up") && !root.exists("/sys/absolute"));
}

#[test]
fn a_pipe_is_refused_at_once() {
    let dir = tree();
    let pipe = dir.path().join("sys/class/pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .expect("mkfifo");
    let root = Sysroot::at(dir.path()).expect("a root");
    assert_eq!(
        root.read("/sys/class/pipe").expect_err("a pipe").kind(),
        io::ErrorKind::InvalidInput
    );
    let live = Sysroot::live();
    let path = pipe.to_str().expect("UTF-8");
    assert_eq!(live.read(path).expect_err("a pipe").kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_file_beyond_the_limit_is_an_error_and_not_cut() {
    let dir = tree();
    let mut file = File::create(dir.path().join("sys/big")).expect("create");
    file.write_all(b"x").expect("write");
    file.set_len(LIMIT + 1).expect("set_len");
    let root = Sysroot::at(dir.path()).expect("a root");
    assert_eq!(root.read("/sys/big").expect_err("big").kind(), io::ErrorKind::FileTooLarge);
    file.set_len(LIMIT).expect("set_len");
    assert_eq!(root.read("/sys/big").expect("fits").len() as u64, LIMIT);
}

#[test]
fn names_are_listed_in_the_order_of_their_numbers() {
    let dir = tree();
    for name in ["cpu10", "cpu2", "cpu1", "cpufreq", "cpu01"] {
        fs::create_dir_all(dir.path().join("sys/cpu").join(name)).expect("mkdir");
    }
    let root = Sysroot::at(dir.path()).expect("a root");
    let names = root.list("/sys/cpu").expect("names");
    assert_eq!(names, ["cpu01", "cpu1", "cpu2", "cpu10", "cpufreq"]);
}

#[test]
fn the_one_folder_that_holds_a_root_is_found() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    assert!(Sysroot::at(dir.path()).is_err(), "an empty directory is no root");
    fs::create_dir_all(dir.path().join("recorded/proc")).expect("mkdir");
    let root = Sysroot::at(dir.path()).expect("a root");
    assert!(root.base().ends_with("recorded"));
    fs::create_dir_all(dir.path().join("another/sys")).expect("mkdir");
    assert!(Sysroot::at(dir.path()).is_err(), "two candidates are not guessed between");
}

#[test]
fn a_recorded_error_is_met_again() {
    let dir = tree();
    fs::create_dir_all(dir.path().join("assay")).expect("mkdir");
    fs::write(dir.path().join("assay/errors.json"), r#"{"/sys/secret": 13}"#).expect("write");
    let root = Sysroot::at(dir.path()).expect("a root");
    let error = root.read("/sys/secret").expect_err("denied");
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
}
