//! This machine, as we see it and as other programs do: values, not words.

use std::process::{Command, ExitCode};

use inventory::Sysroot;
use inventory::collect::{Options, collect};
use inventory::model::Inventory;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;

type Check = fn(&Inventory, &str) -> Result<(), Failed>;

const PEERS: &[(&str, &[&str], Check)] = &[
    ("lscpu", &["-J"], lscpu),
    ("lsblk", &["-J", "-b", "-d", "-o", "NAME,SIZE,LOG-SEC,PHY-SEC,TYPE"], lsblk),
    ("lspci", &["-D", "-n"], lspci),
    ("ip", &["-j", "address"], ip),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = PEERS.iter().map(|(program, options, check)| {
        Trial::ignorable_test(format!("{program} sees the same machine"), move || {
            let output = match Command::new(program).args(*options).env("LC_ALL", "C").output() {
                Ok(output) if output.status.success() => output.stdout,
                Ok(output) => return absent(&format!("{program} ended with {}", output.status)),
                Err(error) => return absent(&format!("{program}: {error}")),
            };
            let inventory = collect(&Sysroot::live(), &Options::default(), &|_| ()).inventory;
            check(&inventory, &String::from_utf8_lossy(&output))?;
            Ok(Completion::Completed)
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn absent(reason: &str) -> Result<Completion, Failed> {
    if std::env::var_os("ASSAY_REQUIRE_PEERS").is_some_and(|value| value == "1") {
        return Err(reason.into());
    }
    Ok(Completion::ignored_with(reason.to_owned()))
}

fn lscpu(inventory: &Inventory, output: &str) -> Result<(), Failed> {
    let document: Value = serde_json::from_str(output)?;
    // Newer releases nest the fields.
    let field = |name: &str| find(&document, &format!("{name}:"));
    let topology = inventory.topology.as_ref().ok_or("no topology")?;
    let number = |name: &str| field(name).and_then(|text| text.parse::<u32>().ok());
    same("CPU(s)", topology.threads_online, number("CPU(s)"))?;
    same("Socket(s)", topology.packages, number("Socket(s)"))?;
    same("NUMA node(s)", topology.numa_nodes, number("NUMA node(s)"))?;
    if let (Some(cores), Some(sockets)) = (number("Core(s) per socket"), number("Socket(s)")) {
        same("cores", topology.cores, Some(cores * sockets))?;
    }
    let platform = inventory.platform.as_ref().ok_or("no platform")?;
    same("Architecture", platform.architecture.clone(), field("Architecture"))?;
    let model = inventory.cpu.first().and_then(|cpu| cpu.model.clone());
    same("Model name", model, field("Model name"))
}

/// Returns the data of the entry whose field is `name`, wherever it is nested.
fn find(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(fields) => {
            if fields.get("field").and_then(Value::as_str) == Some(name) {
                return fields.get("data").and_then(Value::as_str).map(str::to_owned);
            }
            fields.values().find_map(|inner| find(inner, name))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}

fn lsblk(inventory: &Inventory, output: &str) -> Result<(), Failed> {
    let document: Value = serde_json::from_str(output)?;
    let devices = document["blockdevices"].as_array().ok_or("no block devices")?;
    for disk in &inventory.disk {
        let name = disk.name.as_deref().ok_or("a disk without a name")?;
        let theirs = devices.iter().find(|device| device["name"] == name);
        let theirs = theirs.ok_or_else(|| format!("lsblk does not show {name}"))?;
        same(name, disk.size_bytes, theirs["size"].as_u64())?;
        same(name, disk.block_bytes.map(u64::from), theirs["log-sec"].as_u64())?;
        same(name, disk.physical_block_bytes.map(u64::from), theirs["phy-sec"].as_u64())?;
    }
    Ok(())
}

/// `0000:00:03.0 0200: 1af4:1041 (rev 01)`.
fn lspci(inventory: &Inventory, output: &str) -> Result<(), Failed> {
    let rows: Vec<_> = output
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (address, class, id) = (words.next()?, words.next()?, words.next()?);
            Some(format!("{address} {} {id}", class.trim_end_matches(':')))
        })
        .collect();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let ours: Vec<_> = inventory
        .pci
        .iter()
        .map(|device| {
            let class = text(&device.class).chars().take(4).collect::<String>();
            format!(
                "{} {class} {}:{}",
                device.address,
                text(&device.vendor_id),
                text(&device.device_id)
            )
        })
        .collect();
    same("functions", ours, rows)
}

fn ip(inventory: &Inventory, output: &str) -> Result<(), Failed> {
    let document: Value = serde_json::from_str(output)?;
    let links = document.as_array().ok_or("no links")?;
    let mut theirs = Vec::new();
    for link in links {
        let name = link["ifname"].as_str().ok_or("a link without a name")?;
        for address in link["addr_info"].as_array().into_iter().flatten() {
            if address["scope"] == "global" {
                let (local, prefix) = (&address["local"], &address["prefixlen"]);
                theirs.push(format!("{name} {}/{prefix}", local.as_str().unwrap_or_default()));
            }
        }
    }
    theirs.sort();
    let planes = inventory.plane.iter();
    let mut ours: Vec<_> = planes
        .flat_map(|plane| plane.addresses.iter().map(|a| format!("{} {a}", plane.interface)))
        .collect();
    ours.sort();
    same("addresses", ours, theirs)?;
    for port in inventory.nic.iter().flat_map(|nic| &nic.port) {
        let link = links.iter().find(|link| link["ifname"].as_str() == port.name.as_deref());
        let link = link.ok_or("ip does not show a port")?;
        same("address", port.mac.as_deref(), link["address"].as_str())?;
        same("mtu", port.mtu_bytes.map(u64::from), link["mtu"].as_u64())?;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "calls read better without borrows")]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: T, theirs: T) -> Result<(), Failed> {
    if ours == theirs { Ok(()) } else { Err(format!("{what}: {ours:?}, not {theirs:?}").into()) }
}
