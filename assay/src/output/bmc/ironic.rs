//! Machines as `openstack baremetal create FILE` takes them: nodes and their ports, for Ironic.
//!
//! A password is never written: its place is taken by the name of a variable (`${BMC_RACK_A_PASSWORD}`)
//! that `envsubst` fills in where the file is used. What the BMC does not tell is left out: Ironic's
//! own inspection may still find it.

use std::collections::BTreeSet;

use inventory::{
    Inventory,
    model::{Disk, NicPort},
};
use serde_json::{Map, Value, json};

use super::super::put;

/// The least that a disk has to have to be booted from, as Ironic's own inspection takes it.
const LEAST_ROOT: u64 = 4 << 30;
/// Bytes that a trait's name may have (`os-traits`).
const TRAIT: usize = 255;

/// How a BMC is come by, as Ironic is told.
#[derive(Clone, Debug)]
pub enum Driver {
    /// Over Redfish.
    Redfish {
        /// `https://192.0.2.7`.
        address: String,
        /// The path of the system.
        system: String,
        /// `redfish_verify_ca`: a path on the conductor, `true` or `false`.
        verify_ca: Value,
    },
    /// Over IPMI.
    Ipmi {
        /// The BMC's address.
        address: String,
        /// Its UDP port.
        port: u16,
    },
}

/// A machine that is to be enrolled.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name: a host name.
    pub name: String,
    /// How its BMC is come by.
    pub driver: Driver,
    /// The credential by its name; none where nobody logs in.
    pub credential: Option<String>,
    /// The class of its resources.
    pub resource_class: String,
    /// `uefi` or `bios`, where the BMC tells.
    pub boot_mode: Option<&'static str>,
    /// What it is made of.
    pub properties: Map<String, Value>,
    /// Its traits, each `CUSTOM_…`.
    pub traits: Vec<String>,
    /// The MAC addresses of its network ports, and whether it is booted by them.
    pub ports: Vec<(String, bool)>,
    /// Where it stands and what it is called.
    pub extra: Map<String, Value>,
}

/// Returns the variables that the user's name and the password of a credential are read from; one
/// that options gave has no name.
pub fn variables(credential: &str) -> [String; 2] {
    if credential.is_empty() {
        return ["BMC_USER", "BMC_PASSWORD"].map(str::to_owned);
    }
    let plain: String = credential
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    [format!("BMC_{plain}_USER"), format!("BMC_{plain}_PASSWORD")]
}

/// Returns a name that Ironic takes: letters, digits and hyphens, of a text that has some.
pub fn name(text: &str) -> Option<String> {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(63).collect();
    let plain = plain.trim_matches('-');
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// Returns what Ironic calls properties, as far as they are known.
pub fn properties(inventory: &Inventory) -> Map<String, Value> {
    let mut properties = Map::new();
    let cpus = inventory.cpu.iter().filter(|cpu| cpu.present != Some(false));
    // Each has to tell, or the sum is of some.
    let threads: Option<u32> = cpus.clone().map(|cpu| cpu.threads.or(cpu.cores)).sum();
    if let Some(threads) = threads.filter(|threads| *threads > 0) {
        properties.insert("cpus".to_owned(), threads.into());
    }
    if let Some(architecture) = cpus.clone().find_map(|cpu| cpu.architecture.clone()) {
        properties.insert("cpu_arch".to_owned(), architecture.into());
    }
    let modules = inventory.dimm.iter().filter(|dimm| dimm.present != Some(false));
    let bytes: Option<u64> = modules.map(|dimm| dimm.size_bytes).sum();
    if let Some(bytes) = bytes.filter(|bytes| *bytes > 0) {
        properties.insert("memory_mb".to_owned(), (bytes >> 20).into());
    }
    let disks = inventory.disk.iter().filter_map(|disk: &Disk| disk.size_bytes);
    // The smallest that will do, less what partitioning takes: so Ironic's inspection has it.
    if let Some(root) = disks.filter(|bytes| *bytes >= LEAST_ROOT).min() {
        properties.insert("local_gb".to_owned(), ((root >> 30) - 1).into());
    }
    properties
}

/// Returns the network ports by their MAC addresses. Where some are linked, the machine is booted
/// by these alone; where nobody knows, by each.
pub fn ports(inventory: &Inventory) -> Vec<(String, bool)> {
    let ports = || inventory.nic.iter().filter(|nic| !nic.is_virtual).flat_map(|nic| &nic.port);
    let is_known = ports().any(|port| port.link == Some(true));
    let mut found: Vec<(String, bool)> = Vec::new();
    for port in ports() {
        let Some(mac) = mac(port) else { continue };
        if !found.iter().any(|(known, _)| *known == mac) {
            found.push((mac, !is_known || port.link == Some(true)));
        }
    }
    found
}

fn mac(port: &NicPort) -> Option<String> {
    let mac = port.permanent_mac.as_ref().or(port.mac.as_ref())?.to_ascii_lowercase();
    let bytes: Option<Vec<u8>> =
        mac.split(':').map(|part| u8::from_str_radix(part, 16).ok()).collect();
    // InfiniBand has addresses of 20 bytes: no Ethernet, no port of Ironic's. One of a virtual
    // machine, given locally, is as good as any here.
    let is_mac = |bytes: &Vec<u8>| {
        let is_of_group = bytes.first().is_none_or(|first| first & 1 == 1);
        bytes.len() == 6 && !is_of_group && bytes.iter().any(|byte| *byte != 0)
    };
    bytes.as_ref().is_some_and(is_mac).then_some(mac)
}

/// Returns what schedulers may ask for: maker, model, kinds of parts.
pub fn traits(inventory: &Inventory) -> Vec<String> {
    let mut traits = Vec::new();
    let mut add = |kind: &str, text: &str| {
        let plain: String = text
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect();
        let plain: Vec<&str> = plain.split('_').filter(|part| !part.is_empty()).collect();
        let whole = format!("CUSTOM_{kind}{}", plain.join("_"));
        if !plain.is_empty() && whole.len() <= TRAIT && !traits.contains(&whole) {
            traits.push(whole);
        }
    };
    if let Some(system) = &inventory.system {
        let brand = system.brand.as_ref().map(|brand| brand.id.as_str());
        if let Some(maker) = brand.or(system.manufacturer.as_deref()) {
            add("VENDOR_", maker);
        }
        if let Some(model) = &system.product {
            add("MODEL_", model);
        }
    }
    let has = |protocol: &str| {
        inventory.disk.iter().any(|disk| disk.protocol.as_deref() == Some(protocol))
    };
    for protocol in ["nvme", "sas", "sata"] {
        if has(protocol) {
            add("DISK_", protocol);
        }
    }
    if !inventory.gpu.is_empty() {
        add("", "GPU");
    }
    if inventory.hba.iter().any(|hba| hba.protocol.as_deref() == Some("fc")) {
        add("", "HBA_FC");
    }
    traits
}

impl Node {
    /// Returns the driver's name.
    pub fn driver(&self) -> &'static str {
        match self.driver {
            Driver::Redfish { .. } => "redfish",
            Driver::Ipmi { .. } => "ipmi",
        }
    }

    fn driver_info(&self) -> Value {
        let names = self.credential.as_deref().map(variables);
        let reference = |at: usize| -> Value {
            let name = names.as_ref().and_then(|names| names.get(at));
            name.map_or(Value::Null, |name| format!("${{{name}}}").into())
        };
        let mut info = match &self.driver {
            Driver::Redfish { address, system, verify_ca } => json!({
                "redfish_address": address, "redfish_system_id": system,
                "redfish_verify_ca": verify_ca,
                "redfish_username": reference(0), "redfish_password": reference(1),
            }),
            Driver::Ipmi { address, port } => json!({
                "ipmi_address": address, "ipmi_port": port,
                "ipmi_username": reference(0), "ipmi_password": reference(1),
            }),
        };
        if let Some(fields) = info.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        info
    }

    fn value(&self) -> Value {
        let mut properties = self.properties.clone();
        if let Some(mode) = self.boot_mode {
            properties.insert("capabilities".to_owned(), format!("boot_mode:{mode}").into());
        }
        let port =
            |(address, boots): &(String, bool)| json!({ "address": address, "pxe_enabled": boots });
        let mut extra = self.extra.clone();
        if !self.traits.is_empty() {
            extra.insert("traits".to_owned(), json!(self.traits));
        }
        json!({
            "name": self.name,
            "driver": self.driver(),
            "driver_info": self.driver_info(),
            "resource_class": self.resource_class,
            "properties": properties,
            "extra": extra,
            "ports": self.ports.iter().map(port).collect::<Vec<_>>(),
        })
    }
}

/// Returns the file: how it is used, and the nodes.
pub fn file(nodes: &[Node]) -> String {
    let mut text = String::from(
        "# Enrolment for OpenStack Ironic. It holds no password: set the variables that it names, then\n\
         #   (umask 077; envsubst < THIS > filled.yaml)\n\
         #   openstack baremetal create filled.yaml; shred -u filled.yaml\n\
         # Traits are set once the nodes are there:\n",
    );
    for node in nodes.iter().filter(|node| !node.traits.is_empty()) {
        let traits = node.traits.join(" ");
        put(
            &mut text,
            format_args!("#   openstack baremetal node add trait {} {traits}\n", node.name),
        );
    }
    let mut names = BTreeSet::new();
    for credential in nodes.iter().filter_map(|node| node.credential.as_deref()) {
        names.extend(variables(credential));
    }
    if !names.is_empty() {
        let names: Vec<String> = names.into_iter().collect();
        put(&mut text, format_args!("# Variables: {}\n", names.join(" ")));
    }
    text.push_str("nodes:\n");
    for node in nodes {
        write(&mut text, &node.value(), 0, true);
    }
    text
}

/// Writes a value as YAML in blocks. Text is written as JSON has it, which YAML reads alike: what a
/// BMC calls itself is never taken for a number, a truth or a mark.
fn write(text: &mut String, value: &Value, depth: usize, is_item: bool) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (at, (key, field)) in fields.iter().enumerate() {
                let lead = if is_item && at == 0 {
                    "- "
                } else if is_item {
                    "  "
                } else {
                    ""
                };
                put(text, format_args!("{indent}{lead}{key}:"));
                nested(text, field, depth + usize::from(is_item) + 1);
            }
        }
        other => put(text, format_args!("{indent}- {other}\n")),
    }
}

fn nested(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            write(text, value, depth, false);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                write(text, item, depth.saturating_sub(1), true);
            }
        }
        // An empty one, and a scalar, is JSON.
        other => put(text, format_args!(" {other}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Node {
        Node {
            name: "SN1".to_owned(),
            driver: Driver::Redfish {
                address: "https://192.0.2.7".to_owned(),
                system: "/redfish/v1/Systems/1".to_owned(),
                verify_ca: true.into(),
            },
            credential: Some("rack-a".to_owned()),
            resource_class: "baremetal".to_owned(),
            boot_mode: Some("uefi"),
            properties: Map::new(),
            traits: vec!["CUSTOM_VENDOR_HUAWEI".to_owned()],
            ports: vec![("02:00:00:00:00:01".to_owned(), true)],
            extra: Map::new(),
        }
    }

    #[test]
    fn a_file_names_variables_and_no_passwords() {
        let text = file(&[node()]);
        for line in [
            "nodes:\n- driver: \"redfish\"\n",
            "    redfish_password: \"${BMC_RACK_A_PASSWORD}\"\n",
            "    redfish_verify_ca: true\n",
            "    capabilities: \"boot_mode:uefi\"\n",
            "  ports:\n  - address: \"02:00:00:00:00:01\"\n    pxe_enabled: true\n",
            "# Variables: BMC_RACK_A_PASSWORD BMC_RACK_A_USER\n",
            "#   openstack baremetal node add trait SN1 CUSTOM_VENDOR_HUAWEI\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn ports_are_of_ethernet_and_those_that_are_linked_boot() {
        let port = |mac: &str, link: Option<bool>| NicPort {
            permanent_mac: Some(mac.to_owned()),
            link,
            ..NicPort::default()
        };
        let of = |ports: Vec<NicPort>| {
            let nic = inventory::model::Nic { port: ports, ..inventory::model::Nic::default() };
            ports_of(nic)
        };
        let one = "02:00:00:00:00:01";
        let found = of(vec![
            port("02:00:00:00:00:0A", Some(true)),
            port(one, Some(false)),
            port(one, Some(true)),
            port("00:00:00:00:00:00", None),
            port("ff:ff:ff:ff:ff:ff", None),
            port("80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01", Some(true)),
        ]);
        let told = |mac: &str, boots| (mac.to_owned(), boots);
        assert_eq!(found, [told("02:00:00:00:00:0a", true), told(one, false)]);
        assert_eq!(of(vec![port(one, None)]), [told(one, true)]);
    }

    fn ports_of(nic: inventory::model::Nic) -> Vec<(String, bool)> {
        ports(&Inventory { nic: vec![nic], ..Inventory::default() })
    }

    #[test]
    fn names_and_traits_are_such_as_ironic_takes() {
        assert_eq!(name("机 2102350-001_x").as_deref(), Some("2102350-001-x"));
        assert_eq!(name("——"), None);
        let mut inventory = Inventory::default();
        inventory.system = Some(inventory::model::System {
            manufacturer: Some("Some (maker), Ltd.".to_owned()),
            product: Some("型号".to_owned()),
            ..inventory::model::System::default()
        });
        assert_eq!(traits(&inventory), ["CUSTOM_VENDOR_SOME_MAKER_LTD"]);
    }
}
