//! `assay bmc export`: what other systems enrol machines by, written to a file.

use std::{fs, io::Write as _, num::NonZeroU16, path::Path};

use bmc::ipmi;
use profiles::Text;
use serde_json::{Map, Value};

use super::{
    access::Keys,
    subjects::Host,
    survey::{self, Machine},
};
use crate::{
    cli::bmc::{Access, Print, verb::Export},
    command::{layout, print_json, sources::Writer},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::bmc::{
        export::{self as output, Row},
        ironic::{self, Driver, Node},
    },
};

/// Asks the BMCs, and writes the file.
pub(super) fn run(
    export: &Export,
    given: &Access,
    at_a_time: Option<u16>,
    output: Print,
    hosts: &[Host],
    console: &mut Console,
) -> Result<Exit, Failure> {
    let place = export.ironic.display().to_string();
    if export.ironic.exists() {
        return Err(Failure::usage(text("`{}` 已存在", "`{}` is there already", &[&place]))
            .hint(Text::new("换一个文件名，或先移走它", "name another file, or move it away")));
    }
    let keys = Keys::read(given, hosts)?;
    let machines = survey::ask(hosts, &keys, given, at_a_time, console)?;
    let mut rows = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for (host, machine) in hosts.iter().zip(machines) {
        let mut node = node(export, given, &keys, host, &machine);
        if let Ok(found) = &mut node
            && !names.insert(found.name.clone())
        {
            // Ironic wants each name once: two machines of one serial number are told apart so.
            let apart = format!("{}-{}", found.name, machine.address);
            found.name = ironic::name(&apart).unwrap_or(apart);
            names.insert(found.name.clone());
        }
        rows.push(Row { address: machine.address, node });
    }
    let nodes: Vec<Node> = rows.iter().filter_map(|row| row.node.as_ref().ok().cloned()).collect();
    if !nodes.is_empty() {
        write(&export.ironic, &ironic::file(&nodes)).map_err(|error| {
            Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&place])).because(error)
        })?;
    }
    match output {
        Print::Json => print_json(&output::document(&rows, &place), console)?,
        Print::Text => console.print(&output::page(&rows, &place, layout(console)))?,
        Print::Csv => console.print(&output::csv(&rows, console.lang))?,
    }
    Ok(if nodes.len() == rows.len() { Exit::Wanted } else { Exit::Unknown })
}

/// Writes a file that only its owner reads: it names where BMCs are.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Returns the machine as Ironic is told of it, or why it cannot be.
fn node(
    export: &Export,
    given: &Access,
    keys: &Keys,
    host: &Host,
    machine: &Machine,
) -> Result<Node, Text> {
    let Some(told) = machine.told.first() else {
        let why = machine.gaps.first().map(|gap| gap.why.clone());
        return Err(why.unwrap_or_else(|| Text::new("没有应答", "it told nothing")));
    };
    let inventory = &told.inventory;
    let system = inventory.system.as_ref();
    let serial = system.and_then(|system| system.serial.clone());
    let driver = if told.writer == Writer::Ipmi {
        let port = given.ipmi_port.or_else(|| host.listed.as_ref()?.ipmi_port);
        Driver::Ipmi {
            address: host.address.host.to_string(),
            port: port.map_or(ipmi::client::PORT, NonZeroU16::get),
        }
    } else {
        let place = system.and_then(|system| {
            let at = usize::try_from(system.origin.source.0).ok()?;
            inventory.sources.get(at)?.locator.strip_prefix("redfish:").map(str::to_owned)
        });
        Driver::Redfish {
            address: format!("https://{}", host.address),
            system: place.ok_or_else(|| {
                Text::new("BMC 没有说明系统的路径", "the BMC does not tell the path of its system")
            })?,
            verify_ca: verify_ca(export, given),
        }
    };
    let boot_mode = match &driver {
        Driver::Redfish { system, .. } => boot_mode(&told.bytes, system),
        Driver::Ipmi { .. } => None,
    };
    let listed = host.listed.as_ref();
    let mut extra = Map::new();
    for (key, value) in [
        ("serial", serial.clone().map(Value::from)),
        ("rack", listed.and_then(|one| one.rack.clone()).map(Value::from)),
        ("unit", listed.and_then(|one| one.unit).map(Value::from)),
    ] {
        if let Some(value) = value {
            extra.insert(key.to_owned(), value);
        }
    }
    let name = serial.as_deref().and_then(ironic::name);
    let name = name.or_else(|| ironic::name(&machine.address)).ok_or_else(|| {
        Text::new("没有可作节点名的序列号或地址", "neither serial number nor address is a name")
    })?;
    Ok(Node {
        name,
        driver,
        credential: keys.of(host).name.map(|name| name.trim_start_matches("--user").to_owned()),
        resource_class: export.resource_class.clone(),
        boot_mode,
        properties: ironic::properties(inventory),
        traits: ironic::traits(inventory),
        ports: ironic::ports(inventory),
        extra,
    })
}

/// Returns by what the conductor trusts the BMC's certificate: a file of authorities, or all that
/// its system trusts. That it trusts anybody has to be said.
fn verify_ca(export: &Export, given: &Access) -> Value {
    match (export.verify_ca.as_deref(), &given.ca) {
        (Some("true"), _) | (None, None) => true.into(),
        (Some("false"), _) => false.into(),
        (Some(path), _) => path.into(),
        (None, Some(path)) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            path.display().to_string().into()
        }
    }
}

/// Returns by which firmware the machine boots, where its system says so.
fn boot_mode(document: &[u8], system: &str) -> Option<&'static str> {
    let document: Value = serde_json::from_slice(document).ok()?;
    match document.get(system)?.pointer("/Boot/BootSourceOverrideMode")?.as_str()? {
        "UEFI" => Some("uefi"),
        "Legacy" => Some("bios"),
        _ => None,
    }
}
