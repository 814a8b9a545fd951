//! What a site leaves and takes up again, how it ends, and what many hosts cost.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _};

use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::site::{Outcome, Site};

/// Hosts of the large site, and the memory that it may take in kB.
const MANY: usize = 10_000;
const MOST_KB: u64 = 200_000;

/// Starts a site at addresses of its own, on a port that nobody has.
fn at(folder: &TempDir, ip: &str, more: &[&str]) -> Outcome<Site> {
    let mut last = None;
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        match Site::within(folder.path(), "simulate", &format!("{ip}:{port}"), more) {
            Ok(site) => return Ok(site),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| "no port".into()))
}

pub(crate) fn again() -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let first = at(&folder, "127.77.0.1", &["--hosts", "3"])?;
    let pins = |site: &Site| -> Vec<String> {
        site.hosts.iter().map(|host| host["sha256"].to_string()).collect()
    };
    let (before, password) = (pins(&first), first.password.clone());
    assert_eq!(before.len(), 3);
    assert!(before.first() != before.last(), "each has its own");
    for name in ["credentials.toml", "certificates.pem"] {
        let mode = fs::metadata(folder.path().join(name))?.permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let list = fs::read_to_string(folder.path().join("rack.csv"))?;
    assert!(!list.contains(&password), "{list}");
    assert_eq!(list.lines().count(), 4);
    assert_eq!(first.get(2, "/Systems/1")?["SerialNumber"], "SIM26000003");
    assert_eq!(first.end()?, Some(0), "an interrupt is its end");
    let second = at(&folder, "127.77.0.1", &["--hosts", "3"])?;
    assert_eq!((pins(&second), &second.password), (before, &password));
    second.get(0, "/Systems/1")?;
    Ok(())
}

pub(crate) fn many() -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let hosts = MANY.to_string();
    let site = at(&folder, "127.80.0.1", &["--hosts", &hosts, "--no-ipmi", "--one-certificate"])?;
    assert_eq!(site.hosts.len(), MANY);
    for at in [0, 1, 5000, MANY - 1] {
        let serial = site.hosts.get(at).map(|host| host["serial"].clone());
        assert_eq!(Some(site.get(at, "/Systems/1")?["SerialNumber"].clone()), serial);
    }
    let status = fs::read_to_string(format!("/proc/{}/status", site.process()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb: u64 = line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0);
    let open = fs::read_dir(format!("/proc/{}/fd", site.process()))?.count();
    println!("figure: simulate.memory = {kb} kB for {MANY} hosts, {open} descriptors");
    assert!((1..=MOST_KB).contains(&kb), "{kb} kB");
    assert!(open < 64, "{open} descriptors");
    Ok(())
}
