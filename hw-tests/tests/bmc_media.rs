//! An image that `media insert` serves by NFS and by HTTPS, as programs read it that are not ours:
//! libnfs (through the portmapper, on the ports that BMCs expect) and curl.

use std::{
    fs::{self, File},
    io::Write as _,
    net::{IpAddr, TcpListener},
    process::{Command, ExitCode, Output, Stdio},
};

use bmc::media::{
    nfs::{nfs3, portmap},
    serve::{Door, Guest, Server},
};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

/// An address of this machine that nobody else serves NFS on.
const OURS: &str = "127.83.41.7";
const FOLDER: &str = "/0123456789abcdef0123456789abcdef";

const NFS: &[Need] =
    &[Need::Root, Need::Program("nfs-cat"), Need::Program("nfs-ls"), Need::Program("nfs-cp")];
const HTTPS: &[Need] = &[Need::Program("curl")];

fn main() -> ExitCode {
    let trials = vec![
        trial("libnfs_reads_the_file_and_nothing_else", NFS, libnfs),
        trial("curl_reads_the_file_by_https", HTTPS, https),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn ensure(is: bool, what: impl FnOnce() -> String) -> Result<(), Failed> {
    if is { Ok(()) } else { Err(Failed::from(what())) }
}

/// Makes an image of 3 MB and a bit, of which no two parts are the same, and serves it.
fn serve(folder: &std::path::Path, from: &str) -> Result<(Server, Vec<u8>), Failed> {
    let path = folder.join("os.iso");
    let mut content = Vec::new();
    for at in 0..800_003_u32 {
        content.extend(at.wrapping_mul(0x9e37_79b1).to_be_bytes());
    }
    content.extend_from_slice(b"end");
    File::create(&path)?.write_all(&content)?;
    fs::write(folder.join("other"), "not served")?;
    let from: IpAddr = from.parse()?;
    let guest = Guest { path: format!("{FOLDER}/os.iso"), from: vec![from] };
    Ok((Server::start(File::open(&path)?, vec![guest], Vec::new())?, content))
}

fn ask(program: &str, words: &[&str]) -> Result<Output, Failed> {
    Ok(Command::new(program).args(words).stdin(Stdio::null()).output()?)
}

fn libnfs() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // A client on this machine comes from 127.0.0.1.
    let (server, content) = serve(folder.path(), "127.0.0.1")?;
    for port in [portmap::PORT, nfs3::PORT] {
        let at = TcpListener::bind((OURS, port))?;
        server.open(Door::Rpc { at, port: nfs3::PORT })?;
    }
    let url = format!("nfs://{OURS}{FOLDER}/os.iso");
    let read = ask("nfs-cat", &[&url])?;
    ensure(read.status.success(), || String::from_utf8_lossy(&read.stderr).into_owned())?;
    ensure(read.stdout == content, || format!("{} bytes of {}", read.stdout.len(), content.len()))?;
    let reads = server.tally().reads.into_iter().next().ok_or("no reads")?;
    let length = u64::try_from(content.len())?;
    ensure(reads.is_whole(length), || format!("{reads:?}"))?;
    // The folder has the file, which can be read by all and written by none.
    let list = ask("nfs-ls", &[&format!("nfs://{OURS}{FOLDER}")])?;
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    ensure(list.lines().count() == 1, || list.clone())?;
    let is_it = list.starts_with("-r--r--r--")
        && list.contains(&content.len().to_string())
        && list.trim_end().ends_with("os.iso");
    ensure(is_it, || list.clone())?;
    // Nothing else is there, and nothing can be put there.
    for path in [
        format!("nfs://{OURS}{FOLDER}/other"),
        format!("nfs://{OURS}{FOLDER}/../other"),
        format!("nfs://{OURS}/etc/passwd"),
        format!("nfs://{OURS}/os.iso"),
    ] {
        let read = ask("nfs-cat", &[&path])?;
        ensure(read.stdout.is_empty(), || format!("{path} was read"))?;
        let said = String::from_utf8_lossy(&read.stderr).into_owned();
        ensure(!read.status.success() || !said.is_empty(), || format!("{path}: {read:?}"))?;
    }
    let mine = folder.path().join("other").display().to_string();
    let written = ask("nfs-cp", &[&mine, &format!("nfs://{OURS}{FOLDER}/new")])?;
    let said = String::from_utf8_lossy(&written.stderr).into_owned()
        + &String::from_utf8_lossy(&written.stdout);
    ensure(said.contains("ROFS"), || format!("{written:?}"))?;
    // To whom it is not served it is not there.
    let (server, _) = serve(folder.path(), "192.0.2.7")?;
    let at = TcpListener::bind((OURS, 0))?;
    let port = at.local_addr()?.port();
    server.open(Door::Rpc { at, port })?;
    let url = format!("nfs://{OURS}{FOLDER}/os.iso?nfsport={port}&mountport={port}");
    let read = ask("nfs-cat", &[&url])?;
    ensure(!read.status.success() && read.stdout.is_empty(), || format!("{read:?}"))?;
    let strangers = server.tally().strangers;
    ensure(strangers == [IpAddr::from([127, 0, 0, 1])], || format!("{strangers:?}"))
}

fn https() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (server, content) = serve(folder.path(), "127.0.0.1")?;
    let at = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("https://{}{FOLDER}/os.iso", at.local_addr()?);
    server.open(Door::Https { at, shown: [127, 0, 0, 1].into() })?;
    let read = ask("curl", &["-sSk", &url])?;
    ensure(read.stdout == content, || format!("{:?}", read.stderr))?;
    let part = ask("curl", &["-sSk", "-r", "5-9", &url])?;
    ensure(Some(&*part.stdout) == content.get(5..10), || format!("{part:?}"))?;
    // Nobody signed its certificate.
    let read = ask("curl", &["-sS", &url])?;
    ensure(read.status.code() == Some(60), || format!("{read:?}"))
}
