//! FRR of a host: zebra and bgpd in its namespace, with folders of the test's own, and no service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use hw_tests::network::{Space, within};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::lab::PATIENCE;

const FOLDER: &str = "/usr/lib/frr";

/// zebra and bgpd of one host; they end when it is dropped.
pub(crate) struct Frr {
    space: Space,
    folder: PathBuf,
    zebra: Option<Child>,
    bgpd: Option<Child>,
    bfdd: Option<Child>,
}

impl Frr {
    /// Makes a folder for it, which the user `frr` can use.
    pub(crate) fn new(space: &Space, above: &Path, name: &str) -> Result<Self, Failed> {
        let folder = above.join(name);
        fs::create_dir(&folder)?;
        fs::write(folder.join("vtysh.conf"), "")?;
        let frr = Self { space: space.clone(), folder, zebra: None, bgpd: None, bfdd: None };
        frr.give()?;
        Ok(frr)
    }

    fn give(&self) -> Result<(), Failed> {
        let done = Command::new("chown").args(["-R", "frr:frr"]).arg(&self.folder).status()?;
        if done.success() { Ok(()) } else { Err("chown: the user `frr` is not there".into()) }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("frr.conf")
    }

    /// Writes the configuration and starts both.
    pub(crate) fn start(&mut self, configuration: &str) -> Result<(), Failed> {
        fs::write(self.file(), configuration)?;
        self.start_as_written()
    }

    /// Starts both with the file that is there.
    pub(crate) fn start_as_written(&mut self) -> Result<(), Failed> {
        self.give()?;
        self.start_zebra()?;
        self.start_bgpd()
    }

    pub(crate) fn start_zebra(&mut self) -> Result<(), Failed> {
        self.zebra = Some(self.daemon("zebra")?);
        Ok(())
    }

    pub(crate) fn start_bgpd(&mut self) -> Result<(), Failed> {
        self.bgpd = Some(self.daemon("bgpd")?);
        Ok(())
    }

    /// Starts what says within a second that a neighbour is gone.
    pub(crate) fn start_bfdd(&mut self) -> Result<(), Failed> {
        self.bfdd = Some(self.daemon("bfdd")?);
        Ok(())
    }

    /// Has FRR take the file that was written, or says what it would do.
    pub(crate) fn reload(&self, how: &str) -> Result<String, Failed> {
        let (file, folder) = (self.file().display().to_string(), self.folder.display().to_string());
        let script = format!("{FOLDER}/frr-reload.py");
        let words =
            [&script, how, "--stdout", "--vty_socket", &folder, "--confdir", &folder, "--rundir"];
        let output = self.space.output(&[&words[..], &[&folder, &file]].concat())?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() { Ok(said) } else { Err(said.into()) }
    }

    fn daemon(&self, name: &str) -> Result<Child, Failed> {
        let path = |file: &str| self.folder.join(file).display().to_string();
        let vty = path(&format!("{name}.vty"));
        drop(fs::remove_file(&vty));
        let words = [
            &format!("{FOLDER}/{name}"),
            "-f",
            &path("frr.conf"),
            "-i",
            &path(&format!("{name}.pid")),
            "--vty_socket",
            &self.folder.display().to_string(),
            "-z",
            &path("zserv.api"),
            "-u",
            "frr",
            "-g",
            "frr",
            // No port of vty's.
            "-P",
            "0",
        ];
        let control = path("bfdd.sock");
        let own: &[&str] = if name == "bfdd" { &["--bfdctl", &control] } else { &[] };
        let words = [&words[..], own].concat();
        let child =
            self.space.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        within(PATIENCE, &format!("{name} to listen"), || Path::new(&vty).exists())?;
        Ok(child)
    }

    /// Ends bgpd as a crash does.
    pub(crate) fn kill_bgpd(&mut self) {
        end(&mut self.bgpd);
    }

    /// Ends zebra as a crash does.
    pub(crate) fn kill_zebra(&mut self) {
        end(&mut self.zebra);
    }

    /// Returns what `vtysh` says to a command.
    pub(crate) fn ask(&self, command: &str) -> Result<String, Failed> {
        let folder = self.folder.display().to_string();
        Ok(self.space.run(&["vtysh", "--vty_socket", &folder, "-c", command])?)
    }

    /// Gives `vtysh` several words.
    pub(crate) fn ask_all(&self, words: &[&str]) -> Result<String, Failed> {
        let folder = self.folder.display().to_string();
        let all = [&["vtysh", "--vty_socket", &folder], words].concat();
        Ok(self.space.run(&all)?)
    }

    /// Returns the prefixes of EVPN that bgpd knows, as it writes them, of a peer or of its own.
    pub(crate) fn prefixes(&self) -> Result<Vec<String>, Failed> {
        let all: Value = serde_json::from_str(&self.ask("show bgp l2vpn evpn json")?)?;
        let mut found = Vec::new();
        for (_distinguisher, of) in all.as_object().into_iter().flatten() {
            let Some(of) = of.as_object() else { continue };
            found.extend(of.keys().filter(|key| key.starts_with('[')).cloned());
        }
        found.sort();
        Ok(found)
    }
}

impl Drop for Frr {
    fn drop(&mut self) {
        end(&mut self.bfdd);
        end(&mut self.bgpd);
        end(&mut self.zebra);
    }
}

/// `ip netns exec` becomes what it starts: the number is the daemon's own.
fn end(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        drop(child.kill());
        drop(child.wait());
    }
}
