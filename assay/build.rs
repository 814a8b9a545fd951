//! Records the commit the program was built from. Reads the repository that
//! holds the sources, if there is one; asks nothing of the network. Packs the
//! committed description of interfaces: the program carries a tenth of its text.

use std::{env, fs, io, path::Path, process::Command};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

const DESCRIPTION: &str = "openapi/dataplane-v1.json";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DESCRIPTION}");
    let packed = compress_to_vec(fs::File::open(DESCRIPTION)?, CompressionLevel::Fastest);
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("dataplane-v1.zst"), packed)?;
    println!("cargo::rerun-if-env-changed=ASSAY_COMMIT");
    // A package built from a tarball names its commit here.
    let commit = env::var("ASSAY_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = commit.or_else(commit_of_repository).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=ASSAY_COMMIT={commit}");
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=ASSAY_TARGET={target}");
    if target == env::var("HOST").unwrap_or_default() && c_library_packs_relocations() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    // docs/adr/0014: functions of the same code are one. Nobody debugs a release build by the
    // names of its functions, for it has none.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") && links(FOLD) {
        println!("cargo::rustc-link-arg-bins={FOLD}");
    }
    Ok(())
}

/// Makes functions of the same code one; lld and mold know it, GNU ld does not.
const FOLD: &str = "-Wl,--icf=all";

/// Tells whether the linker takes `argument`, by linking a program that does nothing.
fn links(argument: &str) -> bool {
    let Ok(folder) = env::var("OUT_DIR") else { return false };
    let (source, program) = (format!("{folder}/nothing.rs"), format!("{folder}/nothing"));
    if fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args([&source, "-o", &program, "--target", &env::var("TARGET").unwrap_or_default()]);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.args(["-C", &format!("linker={linker}")]);
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.args(["-C", &format!("link-arg={argument}")]);
    rustc.output().is_ok_and(|output| output.status.success())
}

/// Tells whether the C library that is linked reads packed relocations (`DT_RELR`), as glibc
/// does since 2.36: the program is 0.3 MB smaller by them.
fn c_library_packs_relocations() -> bool {
    let Ok(output) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let number = |text: &str| text.parse::<u32>().ok();
    version
        .and_then(|(major, minor)| Some((number(major)?, number(minor)?)))
        .is_some_and(|version| version >= (2, 36))
}

/// Returns the commit of the repository whose `assay/` this is, with `-dirty`
/// where files of it were changed.
fn commit_of_repository() -> Option<String> {
    let here = env::var("CARGO_MANIFEST_DIR").ok()?;
    // A tarball unpacked inside another repository must not take its commit.
    let prefix = git(&here, &["rev-parse", "--show-prefix"])?;
    if prefix != "assay/" {
        return None;
    }
    let commit = git(&here, &["rev-parse", "--short=12", "HEAD"])?;
    let folder = git(&here, &["rev-parse", "--absolute-git-dir"])?;
    let head = Path::new(&folder).join("logs/HEAD");
    if head.exists() {
        println!("cargo::rerun-if-changed={}", head.display());
    }
    let changed = git(&here, &["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}-dirty") })
}

fn git(folder: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
