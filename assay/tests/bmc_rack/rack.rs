//! A simulated rack in a process of its own, and the program that is let loose on it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

pub(crate) struct Rack {
    child: Child,
    folder: tempfile::TempDir,
    pub(crate) hosts: Vec<String>,
}

impl Rack {
    /// Starts so many hosts, with more words for `simulate`.
    pub(crate) fn start(hosts: usize, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = program(folder.path())
            .args(["bmc", "simulate", "--hosts", &hosts.to_string(), "--listen", "127.0.0.1:0"])
            .args(["--output", "json", "--out"])
            .arg(folder.path().join("rack"))
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut text = String::new();
        // The document ends with a brace of its own; the process goes on.
        for line in lines.by_ref() {
            let line = line.expect("text");
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let document: Value = serde_json::from_str(&text).expect("a document");
        let hosts = document["hosts"].as_array().expect("hosts").iter();
        let hosts = hosts.map(|host| host["address"].as_str().unwrap_or_default().to_owned());
        Self { child, folder, hosts: hosts.collect() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("rack").join(name)
    }

    /// Returns the administrator's password.
    pub(crate) fn password(&self) -> String {
        let text = fs::read_to_string(self.file("credentials.toml")).expect("credentials");
        let read: toml::Table = toml::from_str(&text).expect("TOML");
        read["simulated"]["password"].as_str().expect("a password").to_owned()
    }

    /// Returns the command that asks all hosts by their list and credential.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command.args(["bmc", "--hosts"]).arg(self.file("rack.csv"));
        command.arg("--credentials").arg(self.file("credentials.toml"));
        // What is kept from run to run is kept beside it.
        command.arg("--known").arg(self.folder.path().join("state/known")).args(words);
        command
    }

    /// Asks all hosts.
    pub(crate) fn ask(&self, words: &[&str]) -> Output {
        self.command(words).stdout(Stdio::piped()).output().expect("the program starts")
    }

    /// Asks all hosts; returns the exit code and what is said of each.
    pub(crate) fn told(&self, words: &[&str]) -> (Option<i32>, Vec<Value>) {
        let output = self.ask(&[words, &["--output", "json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert_eq!(document["schema"], "assay/bmc/v1", "{words:?}: {said}");
        (output.status.code(), document["hosts"].as_array().expect("hosts").clone())
    }

    /// Asks all hosts, of which each has to be as wanted.
    pub(crate) fn wanted(&self, words: &[&str]) -> Vec<Value> {
        self.wanted_of(words, self.hosts.len())
    }

    /// Asks those that the list has now, so many.
    pub(crate) fn wanted_of(&self, words: &[&str], count: usize) -> Vec<Value> {
        let (code, hosts) = self.told(words);
        for host in &hosts {
            assert_eq!(host["result"], "done", "{words:?}: {host:#}");
        }
        assert_eq!((code, hosts.len()), (Some(0), count), "{words:?}");
        hosts
    }

    /// Returns how many sessions each host has, the one that asks among them.
    pub(crate) fn sessions(&self) -> Vec<u64> {
        let hosts = self.wanted(&["raw", "get", "/redfish/v1/SessionService/Sessions"]);
        let count = |host: &Value| host["answer"]["Members@odata.count"].as_u64();
        hosts.iter().map(|host| count(host).expect("a count")).collect()
    }
}

impl Drop for Rack {
    fn drop(&mut self) {
        // It is this test's own child.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns the program, with a home of its own.
pub(crate) fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command
        .env_clear()
        .env("LC_ALL", "C")
        .env("HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Returns everything that files below a folder hold.
pub(crate) fn all_files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let mut bytes = Vec::new();
                let read = fs::File::open(&path).map(|mut file| file.read_to_end(&mut bytes));
                drop(read);
                found.push((path, bytes));
            }
        }
    }
    found
}
