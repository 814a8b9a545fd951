//! Network adapters with their ports, and the interfaces that a system or a manager has.

use super::part::Part;
use crate::redfish::reader::Node;

/// A network adapter (`NetworkAdapter`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adapter {
    /// What all parts have.
    pub part: Part,
    /// Its ports.
    pub ports: Vec<Port>,
    /// The PCI device that it is, by its path.
    pub device: Option<String>,
}

/// A port of an adapter (`Port`, `NetworkPort`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// Where it was read.
    pub place: String,
    /// Its name or number.
    pub name: Option<String>,
    /// Hardware addresses: MACs, or what the port's technology has, lower case with colons.
    pub addresses: Vec<String>,
    /// `Ethernet`, `InfiniBand`, `FibreChannel`, in the BMC's word.
    pub technology: Option<String>,
    /// The speed that it is linked at, in bit/s.
    pub speed_bps: Option<u64>,
    /// The fastest speed that it can link at, in bit/s.
    pub most_speed_bps: Option<u64>,
    /// Whether it has a link.
    pub is_linked: Option<bool>,
    /// `Status.Health`, in the BMC's word.
    pub health: Option<String>,
}

/// An interface of a system or a manager (`EthernetInterface`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Where it was read.
    pub place: String,
    /// The system it belongs to.
    pub system: Option<String>,
    /// `Id`: some name all of theirs alike.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The address it was made with, else the one it uses; lower case with colons.
    pub mac: Option<String>,
    /// Addresses, without prefix length.
    pub addresses: Vec<String>,
    /// The speed that it is linked at, in bit/s.
    pub speed_bps: Option<u64>,
    /// Whether it has a link.
    pub is_linked: Option<bool>,
    /// Whether it is enabled.
    pub is_enabled: Option<bool>,
    /// The host name that is set on it.
    pub host_name: Option<String>,
}

const MEGA: u32 = 1_000_000;
const GIGA: u32 = 1_000_000_000;

/// No port is faster: 100 Tbit/s. What is said to be was written in another unit.
const FASTEST_BPS: u64 = 100_000_000_000_000;

/// Takes the adapters that `nodes` are, each once.
pub(super) fn adapters(nodes: &[Node<'_>], system: Option<&str>, found: &mut Vec<Adapter>) {
    for node in nodes {
        let place = node.place();
        if !found.iter().any(|known| known.part.place == place) {
            found.push(adapter(node, system));
        }
    }
}

/// Takes adapters that a vendor lists in its own way, where they are not known by another.
pub(super) fn others(nodes: &[Node<'_>], system: Option<&str>, found: &mut Vec<Adapter>) {
    for other in nodes.iter().map(|node| adapter(node, system)) {
        let is_one = |known: &&mut Adapter| {
            known.part.place == other.part.place || known.part.is_same(&other.part)
        };
        match found.iter_mut().find(is_one) {
            Some(known) => {
                if known.ports.is_empty() {
                    known.ports = other.ports;
                }
                known.part.fill(other.part);
            }
            None => found.push(other),
        }
    }
}

fn adapter(node: &Node<'_>, system: Option<&str>) -> Adapter {
    let mut part = Part::of(node, system);
    let mut device = None;
    for controller in node.items("Controllers") {
        part.version = part.version.or_else(|| controller.text("FirmwarePackageVersion"));
        let place = controller.node("Location").and_then(|place| place.node("PartLocation"));
        part.location = part.location.or_else(|| place?.text("ServiceLabel"));
        let links = controller.node("Links");
        let devices = links.map(|links| links.links("PCIeDevices")).unwrap_or_default();
        device = device.or_else(|| devices.into_iter().next());
    }
    let (new, old) = (node.members("Ports"), node.members("NetworkPorts"));
    let mut ports: Vec<Port> = if new.is_empty() { &old } else { &new }.iter().map(port).collect();
    // Only the old schema has some facts with some.
    for (port, old) in
        ports.iter_mut().zip(if new.len() == old.len() { old.as_slice() } else { &[] })
    {
        let old = self::port(old);
        port.speed_bps = port.speed_bps.or(old.speed_bps);
        port.most_speed_bps = port.most_speed_bps.or(old.most_speed_bps);
        port.is_linked = port.is_linked.or(old.is_linked);
        if port.addresses.is_empty() {
            port.addresses = old.addresses;
        }
    }
    // iLO's own adapters hold their ports themselves.
    if ports.is_empty() {
        ports = node.items("PhysicalPorts").iter().map(port).collect();
    }
    functions(node, &mut ports);
    Adapter { part, ports, device }
}

fn port(node: &Node<'_>) -> Port {
    let mut addresses = node.texts("AssociatedNetworkAddresses");
    for (kind, key) in [
        ("Ethernet", "AssociatedMACAddresses"),
        ("FibreChannel", "AssociatedWorldWideNames"),
        ("InfiniBand", "AssociatedPortGUIDs"),
    ] {
        addresses.extend(node.node(kind).map(|kind| kind.texts(key)).unwrap_or_default());
    }
    addresses.extend(node.text("MacAddress"));
    let mut addresses: Vec<String> =
        addresses.iter().filter_map(|address| hardware_address(address)).collect();
    let mut seen = std::collections::BTreeSet::new();
    addresses.retain(|address| seen.insert(address.clone()));
    let capable = node.items("SupportedLinkCapabilities").into_iter().flat_map(|capability| {
        let mut speeds = capability.counts("CapableLinkSpeedMbps");
        speeds.extend(capability.count("LinkSpeedMbps"));
        speeds
    });
    let capable = capable.filter_map(|speed| speed.checked_mul(u64::from(MEGA)));
    let most = node.amount("MaxSpeedGbps", GIGA).or_else(|| capable.max());
    // iBMC and its kin have it as text, below their own name.
    let most =
        most.or_else(|| node.oem().iter().find_map(|(_, oem)| fastest(&oem.text("PortMaxSpeed")?)));
    let speed = node.amount("CurrentSpeedGbps", GIGA);
    let speed = speed.or_else(|| node.amount("CurrentLinkSpeedMbps", MEGA));
    let speed = speed.or_else(|| node.amount("SpeedMbps", MEGA));
    Port {
        place: node.place(),
        name: node.first_text(&["PhysicalPortNumber", "PortId", "Id", "Name"]),
        addresses,
        technology: node.first_text(&[
            "LinkNetworkTechnology",
            "ActiveLinkTechnology",
            "PortProtocol",
        ]),
        speed_bps: speed.filter(|speed| (1..=FASTEST_BPS).contains(speed)),
        most_speed_bps: most.filter(|speed| (1..=FASTEST_BPS).contains(speed)),
        is_linked: link(node),
        health: node.status().health,
    }
}

/// Reads a speed in iBMC's words, in bit/s: `25000Mbps`, `10Gbps`, `10GE`, `1000M`.
fn fastest(text: &str) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(at)?;
    let unit = match unit.trim_start().bytes().next()?.to_ascii_uppercase() {
        b'M' => MEGA,
        b'G' => GIGA,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit.into())
}

/// Gives ports the addresses that only their functions tell.
fn functions(adapter: &Node<'_>, ports: &mut [Port]) {
    if ports.iter().all(|port| !port.addresses.is_empty()) {
        return;
    }
    for function in adapter.members("NetworkDeviceFunctions") {
        let links = function.node("Links");
        let of_links = |key| links.as_ref().and_then(|links| links.link(key));
        let port = of_links("PhysicalNetworkPortAssignment")
            .or_else(|| of_links("PhysicalPortAssignment"))
            .or_else(|| function.link("PhysicalNetworkPortAssignment"))
            .or_else(|| function.link("PhysicalPortAssignment"));
        let ethernet = function.node("Ethernet");
        let address = ethernet
            .and_then(|ethernet| ethernet.first_text(&["PermanentMACAddress", "MACAddress"]));
        let Some(address) = address.and_then(|address| hardware_address(&address)) else {
            continue;
        };
        let mut own = ports.iter_mut().filter(|known| Some(&known.place) == port.as_ref());
        if let Some(port) = own.next()
            && !port.addresses.contains(&address)
        {
            port.addresses.push(address);
        }
    }
}

/// Reads interfaces.
pub(super) fn interfaces(nodes: &[Node<'_>], system: Option<&str>) -> Vec<Interface> {
    nodes.iter().map(|node| interface(node, system)).collect()
}

fn interface(node: &Node<'_>, system: Option<&str>) -> Interface {
    let mut addresses = Vec::new();
    for key in ["IPv4Addresses", "IPv6Addresses"] {
        let texts = node.items(key).into_iter().filter_map(|address| address.text("Address"));
        addresses.extend(texts.filter(|text| !matches!(text.as_str(), "0.0.0.0" | "::")));
    }
    let mac = [node.text("PermanentMACAddress"), node.text("MACAddress")];
    Interface {
        place: node.place(),
        system: system.map(str::to_owned),
        id: node.text("Id"),
        name: node.text("Name"),
        mac: mac.into_iter().flatten().find_map(|mac| hardware_address(&mac)),
        addresses,
        speed_bps: node.amount("SpeedMbps", MEGA).filter(|speed| (1..=FASTEST_BPS).contains(speed)),
        is_linked: link(node),
        is_enabled: node.flag("InterfaceEnabled"),
        host_name: node.text("HostName"),
    }
}

fn link(node: &Node<'_>) -> Option<bool> {
    match node.text("LinkStatus")?.to_ascii_lowercase().as_str() {
        "up" | "linkup" | "connected" => Some(true),
        "down" | "linkdown" | "nolink" | "disconnected" => Some(false),
        _ => None,
    }
}

/// Returns a hardware address, lower case with colons: `00620B4C284E`, `00-62-0B-4C-28-4E`. One of
/// zeros is none.
fn hardware_address(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.' | ' ')).collect();
    let digits = digits.strip_prefix("0x").unwrap_or(&digits).to_ascii_lowercase();
    let is_one = matches!(digits.len(), 12 | 16 | 40)
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && digits.bytes().any(|byte| byte != b'0');
    if !is_one {
        return None;
    }
    let mut address = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 2 == 0 {
            address.push(':');
        }
        address.push(digit);
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_speed_reads_in_the_words_of_ibmc() {
        let cases = [
            ("25000Mbps", Some(25_000_000_000)),
            ("10 Gbps", Some(10_000_000_000)),
            ("10GE", Some(10_000_000_000)),
            ("1000M", Some(1_000_000_000)),
            ("25000", None),
            ("Mbps", None),
            ("99999999999999G", None),
        ];
        for (text, expected) in cases {
            assert_eq!(fastest(text), expected, "{text}");
        }
    }

    #[test]
    fn a_hardware_address_reads_in_any_spelling() {
        let cases = [
            ("00620B4C284E", Some("00:62:0b:4c:28:4e")),
            ("00-62-0B-4C-28-4E", Some("00:62:0b:4c:28:4e")),
            ("0c42:a103:0065:eb6a", Some("0c:42:a1:03:00:65:eb:6a")),
            ("00:00:00:00:00:00", None),
            ("N/A", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(hardware_address(text).as_deref(), expected, "{text}");
        }
    }
}
