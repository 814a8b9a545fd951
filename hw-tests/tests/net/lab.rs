//! A node of the test's own, the program on it, and what iproute2 and nft see there.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use hw_tests::network::{Bed, Space};
use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

/// Two hosts' worth of one network, as in the reference example.
pub(crate) const STATE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../dataplane/tests/compile/host-a.toml");

/// A namespace with an underlay, and a folder for the program; gone when it is dropped.
pub(crate) struct Lab {
    pub(crate) space: Space,
    pub(crate) folder: TempDir,
    _bed: Bed,
}

impl Lab {
    pub(crate) fn new() -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let space = bed.space("node")?;
        space.line("ip link add u0 type veth peer name u1")?;
        for device in ["u0", "u1"] {
            space.line(&format!("ip link set {device} mtu 1600 up"))?;
        }
        space.line("ip address add 10.99.0.1/24 dev u0")?;
        Ok(Self { space, folder: tempfile::tempdir()?, _bed: bed })
    }

    /// Folder of lock, journal and copy.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Returns `assay net …` on this node.
    pub(crate) fn command(&self, words: &[&str]) -> Result<Command, Failed> {
        let mut command = Command::new(program::assay()?);
        command.arg("net").args(words).args(["--fabric-netns", self.space.name()]);
        command.arg("--state").arg(self.state());
        command.env("LC_ALL", "C").stdin(Stdio::null());
        Ok(command)
    }

    /// Runs `assay net …`; fails where it does not exit as expected.
    pub(crate) fn net(&self, words: &[&str], expected: i32) -> Result<Said, Failed> {
        let said = Said::of(&self.command(words)?.output()?);
        said.exits(words, expected)?;
        Ok(said)
    }

    /// The same with JSON.
    pub(crate) fn json(&self, words: &[&str], expected: i32) -> Result<Value, Failed> {
        let said = self.net(&[words, &["--output", "json"]].concat(), expected)?;
        Ok(serde_json::from_str(&said.out)?)
    }

    /// What is there, as other programs see it: devices with their bridges and states, entries,
    /// neighbours, rules. Numbers that no two runs have in common are left out.
    pub(crate) fn dump(&self) -> Result<String, Failed> {
        let mut text = String::new();
        let lists: [&[&str]; 4] = [
            &["ip", "-j", "-d", "link"],
            &["bridge", "-j", "fdb"],
            &["ip", "-j", "neigh", "show", "nud", "permanent"],
            &["nft", "-j", "list", "ruleset"],
        ];
        for words in lists {
            let mut value = self.space.json(words)?;
            plain(&mut value);
            let list = match value.get_mut("nftables") {
                Some(list) => list.take(),
                None => value,
            };
            // A device's own address is by chance; guests' begin with 02:00:00.
            let by_chance =
                |each: &Value| each["mac"].as_str().is_some_and(|mac| !mac.starts_with("02:00:00"));
            let each = list.as_array().into_iter().flatten().filter(|each| !by_chance(each));
            let mut lines: Vec<String> = each.map(ToString::to_string).collect();
            // Rules keep their order within their chain, which their text begins with.
            lines.sort_by_key(|line| (!line.contains("\"rule\":{")).then(|| line.clone()));
            for line in lines {
                writeln!(text, "{line}")?;
            }
        }
        Ok(text)
    }

    /// Names of devices.
    pub(crate) fn devices(&self) -> Result<Vec<String>, Failed> {
        let list = self.space.json(&["ip", "-j", "link"])?;
        let names = list.as_array().into_iter().flatten();
        let mut names: Vec<String> =
            names.filter_map(|link| link["ifname"].as_str().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> Result<String, Failed> {
        let path = self.folder.path().join(name);
        fs::write(&path, text)?;
        Ok(path.display().to_string())
    }
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code() }
    }

    pub(crate) fn exits(&self, words: &[&str], expected: i32) -> Result<(), Failed> {
        if self.code == Some(expected) {
            return Ok(());
        }
        Err(format!("{words:?} should exit {expected}: {self:#?}").into())
    }

    /// Fails where neither stream has the words.
    pub(crate) fn has(&self, words: &str) -> Result<(), Failed> {
        if self.out.contains(words) || self.err.contains(words) {
            return Ok(());
        }
        Err(format!("nothing of `{words}` in {self:#?}").into())
    }
}

/// What is of the moment, or by chance; a port's `state` and flags follow its carrier, which the
/// kernel looks after in its own time.
const VOLATILE: &[&str] = &[
    "handle",
    "ifindex",
    "link_index",
    "address",
    "bridge_id",
    "root_id",
    "designated_root",
    "designated_bridge",
    "designated_port",
    "operstate",
    "state",
    "no",
    "id",
    "metainfo",
];

/// Takes away what differs between two runs for no reason of ours.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _value| {
                !VOLATILE.contains(&name.as_str()) && !name.ends_with("_timer")
            });
            if let Some(Value::Array(flags)) = fields.get_mut("flags") {
                flags.retain(|flag| flag == "UP" || flag == "NOARP");
            }
            if let Some(counter) = fields.get_mut("counter") {
                *counter = Value::Null;
            }
            fields.values_mut().for_each(plain);
            for field in ["elem", "set"] {
                if let Some(Value::Array(elements)) = fields.get_mut(field) {
                    elements.sort_by_key(ToString::to_string);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(plain),
        _ => {}
    }
}

/// A file with many networks and ports: an apply of it takes long enough to be killed in.
pub(crate) fn large(networks: usize, ports: usize) -> String {
    let mut text = "schema = \"assay/network/v1\"\nsemantics = \"norm\"\nnode = { name = \"n\", \
                    device = \"u0\", vtep = \"10.99.0.1\" }\nvpc = [{ id = \"v\" }]\ngroup = [{ id \
                    = \"g\", vpc = \"v\" }]\n"
        .to_owned();
    for network in 0..networks {
        let vni = network + 100;
        let block = format!(
            "[[network]]\nid = \"n{network}\"\nvpc = \"v\"\nvni = {vni}\n[[subnet]]\nid = \
             \"s{network}\"\nnetwork = \"n{network}\"\ncidr = \"10.0.{network}.0/24\"\n"
        );
        text.push_str(&block);
        for port in 0..ports {
            let host = port + 1;
            let block = format!(
                "[[port]]\nid = \"p{network}-{port}\"\nnetwork = \"n{network}\"\ndevice = \
                 \"d{network}x{port}\"\nkind = \"veth\"\npeer = \"q{network}x{port}\"\nmac = \
                 \"02:00:00:00:{network:02x}:{host:02x}\"\nips = [\"10.0.{network}.{host}\"]\n\
                 groups = [\"g\"]\n"
            );
            text.push_str(&block);
        }
    }
    text
}
