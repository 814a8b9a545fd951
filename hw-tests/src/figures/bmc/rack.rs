//! Simulated BMCs in a process of their own, and the program that is let loose on them.

#![expect(clippy::disallowed_methods, reason = "waits for a process")]

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::super::storage::process::{self, Ran, Running};
use super::super::{CaseError, interrupt, program_path};
use super::failed;

/// How long a simulator may take until it listens: ten thousand hosts are a list and a certificate.
const PATIENCE: Duration = Duration::from_mins(1);
/// The network on loopback whose addresses hosts have, one after the other.
const NETWORK: Ipv4Addr = Ipv4Addr::new(127, 64, 0, 1);

/// Simulated hosts; gone when dropped.
pub(super) struct Rack {
    child: Child,
    folder: TempDir,
    /// Where the first one is; the others have the addresses behind it.
    pub(super) port: u16,
}

impl Rack {
    /// Starts so many hosts, with more words for `simulate`.
    pub(super) fn start(hosts: usize, more: &[&str]) -> Result<Self, CaseError> {
        // A port that was free may be somebody else's by the time it is bound.
        let mut last = failed("no port");
        for _ in 0..5 {
            let port = TcpListener::bind("0.0.0.0:0")?.local_addr()?.port();
            match Self::start_at(port, hosts, more) {
                Ok(rack) => return Ok(rack),
                Err(error) => last = error,
            }
            if interrupt::asked() {
                break;
            }
        }
        Err(last)
    }

    fn start_at(port: u16, hosts: usize, more: &[&str]) -> Result<Self, CaseError> {
        let folder = tempfile::Builder::new().prefix("assay-figures-").tempdir()?;
        let said = folder.path().join("said");
        let child = Command::new(program_path()?)
            .args(["bmc", "simulate", "--one-certificate", "--output", "json"])
            .args([
                "--hosts",
                &hosts.to_string(),
                "--listen",
                &format!("{NETWORK}:{port}"),
                "--out",
            ])
            .arg(folder.path().join("rack"))
            .args(more)
            .env("LC_ALL", "C")
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(File::create(&said)?)
            .stderr(File::create(folder.path().join("complained"))?)
            .spawn()?;
        let mut rack = Self { child, folder, port };
        let begun = Instant::now();
        // The document ends with a brace of its own; the process goes on.
        while !fs::read_to_string(&said)?.ends_with("\n}\n") {
            if let Some(status) = rack.child.try_wait()? {
                let why = fs::read_to_string(rack.folder.path().join("complained"))?;
                return Err(failed(format!("the simulator ended with {status}: {}", why.trim())));
            }
            if interrupt::asked() || begun.elapsed() > PATIENCE {
                return Err(failed("the simulator did not come up"));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(rack)
    }

    /// Returns a file beside the rack.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the list of all hosts.
    pub(super) fn list(&self) -> PathBuf {
        self.file("rack/rack.csv")
    }

    /// Returns the words that ask the hosts of a list by the rack's credential.
    pub(super) fn words(&self, list: &Path, more: &[&str]) -> Result<Vec<String>, CaseError> {
        let text = |path: PathBuf| path.display().to_string();
        let mut words = vec![program_path()?];
        words.extend(["bmc", "--hosts"].map(str::to_owned));
        words.push(list.display().to_string());
        words.extend(["--credentials".to_owned(), text(self.file("rack/credentials.toml"))]);
        words.extend(["--known".to_owned(), text(self.file("state/known"))]);
        words.extend(["--output".to_owned(), "json".to_owned()]);
        words.extend(more.iter().map(|word| (*word).to_owned()));
        Ok(words)
    }

    /// Asks the hosts of a list, to the end.
    pub(super) fn ask(&self, list: &Path, more: &[&str]) -> Result<Asked, CaseError> {
        let before = self.processor_seconds();
        let ran = process::run(&self.words(list, more)?)?;
        let simulator_seconds = self.processor_seconds() - before;
        Asked::of(ran, simulator_seconds)
    }

    /// Starts to ask the hosts of a list.
    pub(super) fn begin(&self, list: &Path, more: &[&str]) -> Result<Running, CaseError> {
        process::start(&self.words(list, more)?, None)
    }

    /// Returns the processor time that the simulator took so far, in seconds.
    fn processor_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        // utime and stime, fields 14 and 15 of proc(5), in ticks of 10 ms; the name comes before.
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let fields = after.split_whitespace().skip(11).take(2);
        let ticks: f64 = fields.filter_map(|field| field.parse::<f64>().ok()).sum();
        ticks / 100.0
    }

    /// Returns how many sessions are open at all hosts of a list together, but those that ask.
    pub(super) fn sessions(&self, list: &Path) -> Result<u64, CaseError> {
        let asked = self.ask(list, &["raw", "get", "/redfish/v1/SessionService/Sessions"])?;
        let hosts = asked.all_done()?;
        let count = |host: &Value| host["answer"]["Members@odata.count"].as_u64();
        let all: Option<u64> = hosts.iter().map(count).sum();
        let own = u64::try_from(hosts.len()).unwrap_or(u64::MAX);
        all.map(|all| all.saturating_sub(own)).ok_or_else(|| failed("no count of sessions"))
    }
}

impl Drop for Rack {
    fn drop(&mut self) {
        // It is this program's own child.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What came of asking.
pub(super) struct Asked {
    /// The run.
    pub(super) ran: Ran,
    /// What the simulator took of the processors meanwhile.
    pub(super) simulator_seconds: f64,
    /// What is said of each host.
    pub(super) hosts: Vec<Value>,
}

impl Asked {
    /// Reads what a run said.
    pub(super) fn of(ran: Ran, simulator_seconds: f64) -> Result<Self, CaseError> {
        let document: Value = serde_json::from_str(&ran.stdout)
            .map_err(|error| failed(format!("no document: {error}: {}", ran.said())))?;
        let hosts = document["hosts"].as_array().cloned().unwrap_or_default();
        Ok(Self { ran, simulator_seconds, hosts })
    }

    /// Returns the hosts where each came to what was wanted.
    pub(super) fn all_done(&self) -> Result<&[Value], CaseError> {
        match self.hosts.iter().find(|host| host["result"] != "done") {
            None if self.ran.code == 0 => Ok(&self.hosts),
            None => Err(failed(format!("it ended with {}", self.ran.code))),
            Some(host) => Err(failed(format!("{}: {}", host["address"], host["reason"]["en"]))),
        }
    }

    /// Returns how many hosts ended so.
    pub(super) fn count(&self, result: &str) -> usize {
        self.hosts.iter().filter(|host| host["result"] == result).count()
    }
}
