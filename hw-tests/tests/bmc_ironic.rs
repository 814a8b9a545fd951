//! Simulated hosts exported by `assay bmc export --ironic`, and enrolled, verified and read back by a
//! real Ironic: one process of its own, `SQLite`, no authentication, on the loopback alone.

#![expect(clippy::disallowed_methods, reason = "what is asked here takes time")]

#[path = "bmc_ironic/conductor.rs"]
mod conductor;

use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
};

use conductor::{Conductor, done, ensure};
use hw_tests::{Need, program::assay, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;

const NEEDS: &[Need] = &[
    Need::Program("ironic"),
    Need::Program("ironic-dbsync"),
    Need::Program("baremetal"),
    Need::Program("curl"),
];

/// Three makes: what Ironic's own library for Redfish reads of them is what they differ in.
const DIALECTS: [&str; 3] = ["dmtf", "huawei", "h3c"];

fn main() -> ExitCode {
    let name = "what_is_exported_is_enrolled_and_verified_by_a_real_ironic";
    let trials = vec![trial(name, NEEDS, enrolled)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A simulated rack; it ends with this.
struct Rack(Child);

impl Drop for Rack {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn enrolled() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let _rack = rack(folder.path())?;
    let nodes = at("nodes.yaml");
    let certificates = at("rack/certificates.pem").display().to_string();
    let mut export = program(folder.path())?;
    export.args(["bmc", "--hosts"]).arg(at("rack/rack.csv"));
    export.arg("--credentials").arg(at("rack/credentials.toml"));
    export.arg("--known").arg(at("known")).args(["export", "--ironic"]).arg(&nodes);
    export.args(["--verify-ca", &certificates, "--output", "json"]);
    let told: Value = serde_json::from_str(&done(&mut export)?)?;
    let hosts = told["hosts"].as_array().ok_or("hosts")?;
    ensure(hosts.len() == DIALECTS.len(), || format!("{told:#}"))?;

    // The file names variables; a person's envsubst fills them in.
    let text = fs::read_to_string(&nodes)?;
    let [user, password] = credential(&at("rack/credentials.toml"))?;
    ensure(!text.contains(&password), || "the password is in the file".to_owned())?;
    let filled = text
        .replace("${BMC_SIMULATED_USER}", &user)
        .replace("${BMC_SIMULATED_PASSWORD}", &password);
    ensure(filled != text && !filled.contains("${"), || text.clone())?;
    let place = at("filled.yaml");
    fs::write(&place, filled)?;

    let conductor = Conductor::start(&at("ironic"))?;
    done(conductor.baremetal().arg("create").arg(&place))?;
    // What the file says of traits is done as it is written.
    for line in text.lines().filter_map(|line| line.split_once("openstack baremetal node add ")) {
        done(conductor.baremetal().args(["node", "add"]).args(line.1.split_whitespace()))?;
    }
    for host in hosts {
        verified(&conductor, host)?;
    }
    Ok(())
}

/// Has a node verified, and compares what Ironic has of it with what was exported.
fn verified(conductor: &Conductor, host: &Value) -> Result<(), Failed> {
    let name = host["node"].as_str().ok_or("a name")?;
    conductor.manage(name)?;
    let node = conductor.get(&format!("/v1/nodes/{name}"))?;
    ensure(node["provision_state"] == "manageable", || format!("{node:#}"))?;
    ensure(node["power_state"] == "power on", || format!("{node:#}"))?;
    ensure(node["driver"] == "redfish", || format!("{node:#}"))?;
    for (property, least) in [("cpus", 1), ("memory_mb", 1024), ("local_gb", 100)] {
        let value = node["properties"][property].as_u64().unwrap_or_default();
        ensure(value >= least, || format!("{property} of {node:#}"))?;
    }
    let strings = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        let mut items: Vec<String> =
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect();
        items.sort();
        items
    };
    let traits = conductor.get(&format!("/v1/nodes/{name}/traits"))?;
    let (found, wanted) = (strings(&traits["traits"]), strings(&host["traits"]));
    ensure(!wanted.is_empty() && found == wanted, || format!("{found:?} of {wanted:?}"))?;
    let ports = conductor.get(&format!("/v1/ports?node={name}&fields=address,pxe_enabled"))?;
    let ports: BTreeMap<&str, bool> = ports["ports"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|port| Some((port["address"].as_str()?, port["pxe_enabled"].as_bool()?)))
        .collect();
    let wanted = strings(&host["ports"]);
    let found: Vec<&str> = ports.keys().copied().collect();
    ensure(!wanted.is_empty() && found == wanted, || format!("{found:?} of {wanted:?}"))?;
    ensure(ports.values().any(|boots| *boots), || format!("{name} is booted by no port"))
}

fn rack(folder: &Path) -> Result<Rack, Failed> {
    let mut command = program(folder)?;
    command.args(["bmc", "simulate", "--listen", "127.0.0.1:0", "--output", "json"]);
    command.args(["--hosts", &DIALECTS.len().to_string()]);
    for dialect in DIALECTS {
        command.args(["--dialect", dialect]);
    }
    command.arg("--out").arg(folder.join("rack")).stdout(Stdio::piped());
    let mut rack = Rack(command.spawn()?);
    let lines = BufReader::new(rack.0.stdout.take().ok_or("it is piped")?).lines();
    // Its document is out when it serves.
    for line in lines {
        if line? == "}" {
            return Ok(rack);
        }
    }
    Err("the simulation ended".into())
}

fn program(folder: &Path) -> Result<Command, Failed> {
    let mut command = Command::new(assay()?);
    command.env_clear().env("HOME", folder).env("LC_ALL", "C");
    command.env("PATH", env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
    Ok(command)
}

/// Returns user and password of the simulated hosts.
fn credential(file: &Path) -> Result<[String; 2], Failed> {
    let text = fs::read_to_string(file)?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once('"'));
        line.map(|(_, rest)| rest.trim_end_matches('"').to_owned()).ok_or(name.to_owned())
    };
    Ok([field("user")?, field("password")?])
}
