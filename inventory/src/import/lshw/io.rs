//! The nodes that lshw takes from buses: PCI functions, network cards, Fibre
//! Channel, storage controllers, disks, graphics.

use super::Reader;
use super::node::Node;
use crate::model::{Controller, Disk, Gpu, Hba, HbaPort, Nic, NicPort, Origin, PciDevice, Volume};

/// Words in vendor or product of what a RAID controller presents as a disk.
const VOLUME_WORDS: [&str; 16] = [
    "perc",
    "megaraid",
    "serveraid",
    "logical volume",
    "virtual disk",
    "virtual drive",
    "raid",
    "mr9",
    "saslsi",
    "lsi",
    "avago",
    "broadcom",
    "adaptec",
    "microsemi",
    "asr",
    "volume",
];

/// Words in vendor or product of a management controller's own display.
const MANAGEMENT_DISPLAYS: [&str; 4] = ["aspeed", "matrox", "hi171", "ibmc"];

impl Reader {
    /// Takes what a node says of a bus.
    pub(super) fn io_node(&mut self, node: Node<'_>, above: &[Node<'_>], volumes: &mut u32) {
        if let Some(address) = node.pci_address() {
            self.pci(node, address.clone());
            match (node.class(), node.id()) {
                ("storage", "nvme") => self.nvme(node),
                ("storage", _) => self.controller(node, address),
                ("display", _) => self.gpu(node, address),
                ("bus", "fiber") => self.hba(node, &address),
                _ => {}
            }
        }
        match node.class() {
            "network" => self.network(node, above),
            "disk" => self.disk(node, above, volumes),
            _ => {}
        }
    }

    fn pci(&mut self, node: Node<'_>, address: String) {
        let source = self.source(node, None);
        let (vendor, vendor_id) = name_and_id(node.fact("vendor"));
        let (device, ids) = name_and_id(node.fact("product"));
        let device_id = ids.as_deref().and_then(|ids| ids.rsplit(':').next()).map(str::to_owned);
        self.inventory.pci.push(PciDevice {
            address,
            virtual_function: is_virtual_function(device.as_deref()),
            vendor,
            vendor_id: vendor_id.or_else(|| ids.as_deref()?.split(':').next().map(str::to_owned)),
            device,
            device_id,
            driver: driver(node),
            revision: node
                .text("version")
                .and_then(|revision| u32::from_str_radix(&revision, 16).ok()),
            origin: Origin::of(source),
            ..PciDevice::default()
        });
    }

    /// Takes a network interface, as the port of the card it belongs to.
    fn network(&mut self, node: Node<'_>, above: &[Node<'_>]) {
        // A virtio function has the interface as a node below it.
        if node.children().any(|child| child.class() == "network") {
            return;
        }
        let card = std::iter::once(&node)
            .chain(above.iter().rev())
            .find(|node| node.pci_address().is_some());
        let Some((card, address)) = card.and_then(|card| Some((card, card.pci_address()?))) else {
            return;
        };
        let (vendor, _) = name_and_id(card.fact("vendor"));
        let (model, _) = name_and_id(card.fact("product"));
        if card.class() != "network" || is_virtual_function(model.as_deref()) {
            return;
        }
        let driver = driver(node).or_else(|| driver(*card));
        let source = self.source(*card, None);
        let port = port(node, address.clone(), Origin::of(source));
        let slot = slot_of(&address);
        if let Some(known) =
            self.inventory.nic.iter_mut().find(|nic| nic.address.as_deref() == Some(slot))
        {
            known.port.push(port);
            return;
        }
        self.inventory.nic.push(Nic {
            address: Some(slot.to_owned()),
            is_virtual: driver.as_deref().is_some_and(|driver| driver.starts_with("virtio")),
            vendor,
            model,
            driver,
            firmware: node.setting("firmware"),
            port: vec![port],
            origin: Origin::of(source),
        });
    }

    fn hba(&mut self, node: Node<'_>, address: &str) {
        let source = self.source(node, None);
        let slot = slot_of(address);
        let port = HbaPort { origin: Origin::of(source), ..HbaPort::default() };
        if let Some(known) =
            self.inventory.hba.iter_mut().find(|hba| hba.address.as_deref() == Some(slot))
        {
            known.port.push(port);
            return;
        }
        let (model, _) = name_and_id(node.fact("product"));
        self.inventory.hba.push(Hba {
            address: Some(slot.to_owned()),
            protocol: Some("fc".to_owned()),
            model,
            driver: driver(node),
            firmware: node.setting("firmware"),
            port: vec![port],
            origin: Origin::of(source),
        });
    }

    fn controller(&mut self, node: Node<'_>, address: String) {
        let description = node.description().to_ascii_lowercase();
        let known = [
            ("raid", "raid"),
            ("serial attached scsi", "sas"),
            ("sata", "sata"),
            ("ide", "ide"),
            ("scsi", "scsi"),
        ];
        let kind = known.iter().find(|(word, _)| description.contains(word)).map(|(_, kind)| *kind);
        let (vendor, _) = name_and_id(node.fact("vendor"));
        let (model, _) = name_and_id(node.fact("product"));
        let source = self.source(node, None);
        self.inventory.controller.push(Controller {
            address: Some(address),
            kind: kind.map(str::to_owned),
            vendor,
            model,
            driver: driver(node),
            origin: Origin::of(source),
            ..Controller::default()
        });
    }

    /// Takes an `NVMe` drive, which lshw lists as a controller with its
    /// namespaces below.
    fn nvme(&mut self, node: Node<'_>) {
        let namespaces: Vec<_> = node.children().filter(|child| child.class() == "disk").collect();
        let sizes: Vec<_> = namespaces.iter().filter_map(|child| child.number("size")).collect();
        let name = namespaces
            .iter()
            .flat_map(|child| child.texts("logicalname"))
            .find_map(|name| name.strip_prefix("/dev/nvme").map(|rest| format!("nvme{rest}")));
        let wwid = namespaces.iter().find_map(|child| child.setting("wwid"));
        let (model, _) = name_and_id(node.fact("product"));
        let source = self.source(node, None);
        self.inventory.disk.push(Disk {
            locator: name.clone(),
            name,
            protocol: Some("nvme".to_owned()),
            kind: Some("ssd".to_owned()),
            vendor: None,
            model,
            serial: node.fact("serial"),
            firmware: node.fact("version"),
            size_bytes: sizes.iter().copied().reduce(u64::saturating_add),
            block_bytes: namespaces.iter().find_map(|child| block(*child, "logicalsectorsize")),
            wwid,
            origin: Origin::of(source),
            ..Disk::default()
        });
    }

    fn disk(&mut self, node: Node<'_>, above: &[Node<'_>], volumes: &mut u32) {
        let size = node.number("size").filter(|size| *size > 0);
        // Namespaces are with their drive; media in drives, sticks and what the
        // management controller mounts are no disks of the machine.
        let below_nvme = above.iter().any(|node| node.id() == "nvme");
        let passing = node.id() == "medium" || node.has("removable") || node.id() == "cdrom";
        if below_nvme || passing {
            return;
        }
        let name = node
            .texts("logicalname")
            .into_iter()
            .find_map(|name| name.strip_prefix("/dev/").map(str::to_owned));
        let controller = above.iter().rev().find(|node| node.class() == "storage");
        let behind_raid = controller.is_some_and(|controller| {
            controller.id() == "raid" || controller.description().contains("RAID")
        });
        let words = format!(
            "{} {}",
            node.text("vendor").unwrap_or_default(),
            node.text("product").unwrap_or_default()
        )
        .to_ascii_lowercase();
        if behind_raid && VOLUME_WORDS.iter().any(|word| words.contains(word)) {
            *volumes = volumes.saturating_add(1);
            let address = controller.and_then(|controller| controller.pci_address());
            self.volume(address.as_deref(), name, size);
            return;
        }
        let businfo = node.text("businfo").unwrap_or_default();
        let protocol = match businfo.split('@').next() {
            Some("virtio") => Some("virtio"),
            Some("usb") => Some("usb"),
            _ if node.description().starts_with("ATA") => Some("sata"),
            Some("scsi") => Some("scsi"),
            _ => None,
        };
        let rpm =
            node.capabilities().find_map(|name| name.strip_suffix("rpm")?.parse::<u32>().ok());
        let (model, _) = name_and_id(node.fact("product"));
        let source = self.source(node, None);
        self.inventory.disk.push(Disk {
            locator: name.clone(),
            name,
            protocol: protocol.map(str::to_owned),
            kind: rpm.filter(|rpm| *rpm > 0).map(|_| "hdd".to_owned()),
            vendor: node.fact("vendor"),
            model,
            serial: node.fact("serial"),
            firmware: node.fact("version"),
            size_bytes: size,
            block_bytes: block(node, "logicalsectorsize"),
            physical_block_bytes: block(node, "sectorsize"),
            rpm: rpm.filter(|rpm| *rpm > 0),
            origin: Origin::of(source),
            ..Disk::default()
        });
    }

    fn volume(&mut self, controller: Option<&str>, device: Option<String>, size: Option<u64>) {
        let found = self
            .inventory
            .controller
            .iter_mut()
            .find(|known| known.address.is_some() && known.address.as_deref() == controller);
        if let Some(controller) = found {
            let volume = Volume { device, size_bytes: size, ..Volume::default() };
            controller.volume.push(volume);
        }
    }

    fn gpu(&mut self, node: Node<'_>, address: String) {
        let (vendor, _) = name_and_id(node.fact("vendor"));
        let (model, _) = name_and_id(node.fact("product"));
        let words = format!("{vendor:?} {model:?}").to_ascii_lowercase();
        if MANAGEMENT_DISPLAYS.iter().any(|word| words.contains(word)) {
            return;
        }
        let source = self.source(node, None);
        self.inventory.gpu.push(Gpu {
            address: Some(address),
            vendor,
            model,
            driver: driver(node),
            origin: Origin::of(source),
        });
    }
}

fn port(node: Node<'_>, address: String, origin: Origin) -> NicPort {
    let link = node.setting("link").map(|link| link == "yes");
    // `10baseT/Full` is `10bt-fd` here; names tell no more than the speed.
    let mut supported: Vec<u64> = node
        .capabilities()
        .filter_map(|name| {
            let name = name.strip_suffix("-fd").unwrap_or(name);
            name.strip_suffix("bt")?.parse::<u64>().ok()?.checked_mul(1_000_000)
        })
        .chain(node.number("capacity"))
        .filter(|bps| *bps > 0)
        .collect();
    tiny_sort::stable::sort(&mut supported);
    supported.dedup();
    let media = if node.has("fibre") {
        Some("FIBRE")
    } else if node.has("tp") {
        Some("TP")
    } else {
        None
    };
    NicPort {
        name: node.text("logicalname"),
        address: Some(address),
        mac: node.fact("serial").map(|mac| mac.to_ascii_lowercase()),
        link,
        speed_bps: node.number("size").filter(|bps| *bps > 0 && link == Some(true)),
        duplex: node.setting("duplex"),
        supported_bps: supported,
        media: media.map(str::to_owned),
        origin,
        ..NicPort::default()
    }
}

/// Returns the driver; a virtio function's own driver is only the transport.
fn driver(node: Node<'_>) -> Option<String> {
    node.setting("driver").filter(|driver| !driver.is_empty())
}

fn block(node: Node<'_>, key: &str) -> Option<u32> {
    node.setting(key).and_then(|bytes| bytes.parse().ok())
}

/// Splits off the id that `lshw -numeric` adds: `Name [8086:15B8]`.
fn name_and_id(text: Option<String>) -> (Option<String>, Option<String>) {
    let Some(text) = text else { return (None, None) };
    let is_id = |id: &str| id.len() >= 4 && id.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
    match text.strip_suffix(']').and_then(|rest| rest.rsplit_once(" [")) {
        Some((name, id)) if is_id(id) => (Some(name.to_owned()), Some(id.to_ascii_lowercase())),
        _ => (Some(text), None),
    }
}

fn is_virtual_function(product: Option<&str>) -> bool {
    product.is_some_and(|product| product.contains("Virtual Function"))
}

/// Returns domain, bus and device of an address, the card.
fn slot_of(address: &str) -> &str {
    address.rsplit_once('.').map_or(address, |(slot, _)| slot)
}
