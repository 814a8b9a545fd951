//! What a machine is made of, as its BMC tells it.
//!
//! Parts are the members of collections, and what stands in arrays of the schemas before those
//! (DSP0268). What is listed by two schemas, or under two paths, is one part. A slot that is empty is
//! listed as a part that is not present.

mod compute;
mod machine;
mod network;
mod part;
mod pcie;
mod power;
mod software;
mod storage;

use super::{
    finding::Read,
    reader::{Node, Reader},
    root,
    tree::Tree,
};

pub use compute::{Module, Processor, Purpose, Trusted};
pub use machine::{Chassis, Manager, System};
pub use network::{Adapter, Interface, Port};
pub use part::Part;
pub use pcie::{Device, Function, Slot};
pub use power::{Fan, Supply};
pub use software::Firmware;
pub use storage::{Controller, Drive, Volume};

/// Parts of all systems, chassis and managers of a service, in the order they are listed.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the types of the fields say it")]
pub struct Inventory {
    pub systems: Vec<System>,
    pub chassis: Vec<Chassis>,
    pub managers: Vec<Manager>,
    pub processors: Vec<Processor>,
    pub modules: Vec<Module>,
    pub trusted: Vec<Trusted>,
    pub controllers: Vec<Controller>,
    pub drives: Vec<Drive>,
    pub volumes: Vec<Volume>,
    pub adapters: Vec<Adapter>,
    pub interfaces: Vec<Interface>,
    pub devices: Vec<Device>,
    pub slots: Vec<Slot>,
    pub supplies: Vec<Supply>,
    pub fans: Vec<Fan>,
    pub firmware: Vec<Firmware>,
    pub software: Vec<Firmware>,
}

/// Returns what the tree says the machine is made of.
pub fn inventory(tree: &Tree) -> Read<Inventory> {
    let reader = Reader::new(tree);
    let found = of(&reader);
    reader.done(found)
}

pub(super) fn of<'r>(reader: &'r Reader<'r>) -> Inventory {
    let mut found = Inventory::default();
    let systems = root::systems(reader);
    let mut storage = storage::Found::default();
    for node in &systems {
        found.system(node, &mut storage);
    }
    for node in root::chassis(reader, &systems) {
        let system = owner(&node, &found.systems);
        found.chassis(&node, system.as_deref(), &mut storage);
    }
    if !reader.is_waiting() {
        for node in &systems {
            found.rest(node, &mut storage);
        }
    }
    found.drives = storage.drives;
    found.volumes = storage.volumes;
    found.controllers = storage.controllers;
    let managers = root::collection(reader, "Managers");
    found.managers = managers.iter().map(machine::manager).collect();
    if let Some(service) = reader.root().and_then(|root| root.follow("UpdateService")) {
        found.firmware = software::listed(&service, "FirmwareInventory");
        found.software = software::listed(&service, "SoftwareInventory");
    }
    found
}

impl Inventory {
    fn system(&mut self, node: &Node<'_>, storage: &mut storage::Found) {
        let place = node.place();
        self.systems.push(machine::system(node));
        let boards = self.boards();
        let is_twice = |known: &Part, part: &Part| {
            let is_board = |part: &Part| part.system.as_ref().is_some_and(|of| boards.contains(of));
            known.is_other(part) && (is_board(known) || is_board(part))
        };
        for processor in compute::processors(node, &place) {
            let same = |known: &&mut Processor| is_twice(&known.part, &processor.part);
            match self.processors.iter_mut().find(same) {
                Some(known) => known.part.fill(processor.part),
                None => self.processors.push(processor),
            }
        }
        for module in compute::modules(node, &place) {
            let same = |known: &&mut Module| is_twice(&known.part, &module.part);
            match self.modules.iter_mut().find(same) {
                Some(known) => known.part.fill(module.part),
                None => self.modules.push(module),
            }
        }
        self.trusted.extend(compute::trusted(node, &place));
        storage.system(node, &place);
        let own = node.members("EthernetInterfaces");
        self.interfaces.extend(network::interfaces(&own, Some(&place)));
        pcie::devices(&node.members("PCIeDevices"), Some(&place), &mut self.devices);
        let linked = node.members("NetworkInterfaces");
        let linked: Vec<Node<'_>> = linked
            .iter()
            .filter_map(|interface| interface.node("Links")?.follow("NetworkAdapter"))
            .collect();
        network::adapters(&linked, Some(&place), &mut self.adapters);
    }

    /// Returns the systems that are no machines of their own: the board of a host's GPUs is listed
    /// as a second system, has no serial number, and lists parts of the host again.
    fn boards(&self) -> Vec<String> {
        let is_board = |system: &&System| {
            let is_physical = system.kind.as_deref().is_none_or(|kind| kind == "Physical");
            is_physical && system.part.serial.is_none() && self.systems.len() > 1
        };
        self.systems.iter().filter(is_board).map(|system| system.part.place.clone()).collect()
    }

    fn chassis(&mut self, node: &Node<'_>, system: Option<&str>, storage: &mut storage::Found) {
        self.chassis.push(machine::chassis(node, system));
        storage.chassis(node, system);
        network::adapters(&node.members("NetworkAdapters"), system, &mut self.adapters);
        pcie::devices(&node.members("PCIeDevices"), system, &mut self.devices);
        if let Some(links) = node.node("Links") {
            pcie::devices(&links.items("PCIeDevices"), system, &mut self.devices);
        }
        pcie::slots(node, &mut self.slots);
        power::supplies(node, system, &mut self.supplies);
        power::fans(node, system, &mut self.fans);
    }

    /// Takes what a system tells in ways that matter only where better ones are missing.
    fn rest(&mut self, node: &Node<'_>, storage: &mut storage::Found) {
        let place = node.place();
        storage.simple(node, &place);
        // iLO lists all its adapters only there.
        for (_, oem) in node.oem() {
            let own = oem.linked_members("NetworkAdapters");
            network::others(&own, Some(&place), &mut self.adapters);
        }
    }

    /// Returns the systems that are machines of their own: the board of a host's GPUs, listed as a
    /// system beside it, is none.
    pub fn machines(&self) -> Vec<&System> {
        let boards = self.boards();
        let own: Vec<&System> =
            self.systems.iter().filter(|system| !boards.contains(&system.part.place)).collect();
        // Where none has a serial number, none can be told to be a board.
        if own.is_empty() { self.systems.iter().collect() } else { own }
    }

    /// Returns the parts that are graphics or accelerators of that kind: processors that say so,
    /// else PCI devices that show as such.
    pub fn graphics(&self) -> Vec<&Part> {
        let is_gpu = |processor: &&Processor| processor.purpose == Purpose::Gpu;
        let parts = self.processors.iter().filter(is_gpu).map(|gpu| &gpu.part);
        let parts: Vec<&Part> = parts.collect();
        if !parts.is_empty() {
            return parts;
        }
        let is_one = |device: &&Device| device.functions.iter().any(is_graphics);
        self.devices.iter().filter(is_one).map(|device| &device.part).collect()
    }
}

/// Says whether a function draws for the host: the BMC's own display does not.
fn is_graphics(function: &Function) -> bool {
    // Matrox, ASPEED, HiSilicon: chips that are BMCs, and nothing else that is still built.
    const DISPLAYS_OF_BMCS: [u16; 3] = [0x102b, 0x1a03, 0x19e5];
    let base = function.class_code.map(|code| code >> 16);
    let is_display = matches!(base, Some(0x03 | 0x12))
        || matches!(
            function.class.as_deref(),
            Some("DisplayController" | "ProcessingAccelerators")
        );
    is_display && function.vendor.is_none_or(|vendor| !DISPLAYS_OF_BMCS.contains(&vendor))
}

/// Returns the system that a chassis is of: the one that the service has, or the one that it or
/// the system names.
fn owner(chassis: &Node<'_>, systems: &[System]) -> Option<String> {
    if let [only] = systems {
        return Some(only.part.place.clone());
    }
    let links = chassis.node("Links");
    let mut named = links.map(|links| links.links("ComputerSystems")).unwrap_or_default();
    if named.is_empty() {
        let place = chassis.place();
        let naming = systems.iter().filter(|system| system.chassis.contains(&place));
        named = naming.map(|system| system.part.place.clone()).collect();
    }
    match <[String; 1]>::try_from(named) {
        Ok([only]) => Some(only),
        Err(_) => None,
    }
}
