//! Drives, volumes and what they are attached to.

use super::part::Part;
use crate::redfish::{raid, reader::Node};

/// A drive, or the bay of one (`Drive`, `SimpleStorage.Devices`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drive {
    /// What all parts have.
    pub part: Part,
    /// Capacity in bytes.
    pub size_bytes: Option<u64>,
    /// `SATA`, `SAS`, `NVMe`, ….
    pub protocol: Option<String>,
    /// `HDD`, `SSD`, ….
    pub media: Option<String>,
    /// Rotations per minute; none for solid state.
    pub rpm: Option<u64>,
    /// Bytes of a block.
    pub block_bytes: Option<u64>,
    /// Whether its failure is predicted.
    pub is_failing: Option<bool>,
    /// What is left of its rated life, in percent.
    pub life_left_percent: Option<f64>,
    /// A name that no other drive has, with its format: `NAA`, `EUI`, `UUID`.
    pub durable_name: Option<(String, String)>,
    /// The time that it was powered on, in hours.
    pub powered_on_h: Option<u64>,
    /// Its temperature, in °C.
    pub temperature_c: Option<f64>,
    /// The storage subsystem that it is listed in, by path.
    pub storage: Option<String>,
}

/// A volume (`Volume`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Where it was read.
    pub place: String,
    /// The system it belongs to.
    pub system: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// `RAID0`, `RAID1`, …; `None` is a volume of one drive.
    pub level: Option<String>,
    /// Capacity in bytes.
    pub size_bytes: Option<u64>,
    /// The places of its drives.
    pub drives: Vec<String>,
    /// `Status.State`, in the BMC's word.
    pub state: Option<String>,
    /// `Status.Health`, in the BMC's word.
    pub health: Option<String>,
    /// The storage subsystem that it is listed in, by path.
    pub storage: Option<String>,
}

/// A storage controller (`StorageController`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Controller {
    /// What all parts have.
    pub part: Part,
    /// What it speaks to drives: `SAS`, `SATA`, `NVMe`.
    pub protocols: Vec<String>,
    /// RAID levels that it can make.
    pub levels: Vec<String>,
    /// The storage subsystem that it stands in, by path.
    pub storage: String,
    /// Drives of that subsystem.
    pub drives: u64,
}

/// What storage a service has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) drives: Vec<Drive>,
    pub(super) volumes: Vec<Volume>,
    pub(super) controllers: Vec<Controller>,
}

const GIGA: u32 = 1_000_000_000;
const MEBI: u32 = 1 << 20;

impl Found {
    /// Takes the storage of a system.
    pub(super) fn system(&mut self, system: &Node<'_>, place: &str) {
        let oem = system.oem();
        let mut subsystems = system.members("Storage");
        // Huawei's and H3C's own name for it.
        subsystems.extend(system.members("Storages"));
        for storage in &subsystems {
            self.subsystem(storage, place);
        }
        for (_, oem) in &oem {
            let array = oem.follow("SmartStorage");
            let array =
                array.or_else(|| oem.node("Links").and_then(|links| links.follow("SmartStorage")));
            if let Some(array) = array {
                self.smart_array(&array, place);
            }
        }
    }

    /// Takes the drives of a chassis that no system lists.
    pub(super) fn chassis(&mut self, chassis: &Node<'_>, system: Option<&str>) {
        let mut drives = chassis.members("Drives");
        if let Some(links) = chassis.node("Links") {
            drives.extend(links.items("Drives"));
        }
        for drive in &drives {
            self.drive(drive, system, None);
        }
    }

    /// Takes what only `SimpleStorage` tells of a system: where there is more, its devices are
    /// those drives once again, and without a serial number.
    pub(super) fn simple(&mut self, system: &Node<'_>, place: &str) {
        let is_own = |drive: &Drive| drive.part.system.as_deref() == Some(place);
        if self.drives.iter().any(|drive| is_own(drive) && drive.part.is_present) {
            return;
        }
        let simple = system.members("SimpleStorage");
        let has_devices = simple.iter().any(|simple| simple.has("Devices"));
        // Drives that say nothing of themselves are these.
        if has_devices {
            self.drives.retain(|drive| !is_own(drive) || drive.part.state.is_some());
        }
        for node in &simple {
            let devices = node.items("Devices");
            let subsystem = node.place();
            for device in &devices {
                self.drive(device, Some(place), Some(&subsystem));
            }
            self.controllers.push(Controller {
                part: Part::of(node, Some(place)),
                protocols: Vec::new(),
                levels: Vec::new(),
                storage: subsystem,
                drives: u64::try_from(devices.len()).unwrap_or(u64::MAX),
            });
        }
    }

    fn subsystem(&mut self, storage: &Node<'_>, system: &str) {
        let place = storage.place();
        if self.controllers.iter().any(|known| known.storage == place) {
            return;
        }
        let drives = storage.members("Drives");
        for drive in &drives {
            self.drive(drive, Some(system), Some(&place));
        }
        for volume in storage.members("Volumes") {
            self.volume(&volume, system, &place);
        }
        // The same controllers by the old schema and by the new.
        let (old, new) = (storage.items("StorageControllers"), storage.members("Controllers"));
        let controllers = if new.len() >= old.len() { new } else { old };
        self.infer_nvme(&controllers, &place);
        for node in &controllers {
            let mut part = Part::of(node, Some(system));
            if part.model.is_none() {
                part.model.clone_from(&part.name);
            }
            self.controllers.push(Controller {
                part,
                protocols: node.texts("SupportedDeviceProtocols"),
                levels: levels(node),
                storage: place.clone(),
                drives: u64::try_from(drives.len()).unwrap_or(u64::MAX),
            });
        }
    }

    /// Drives that do not say what they speak speak `NVMe` behind what speaks nothing else. Of SAS
    /// that does not follow: its controllers have SATA drives too.
    fn infer_nvme(&mut self, controllers: &[Node<'_>], place: &str) {
        let is_nvme = |node: &Node<'_>| {
            let protocols = node.texts("SupportedDeviceProtocols");
            protocols.iter().all(|protocol| protocol.starts_with("NVMe")) && !protocols.is_empty()
        };
        if controllers.is_empty() || !controllers.iter().all(is_nvme) {
            return;
        }
        for drive in &mut self.drives {
            if drive.storage.as_deref() == Some(place) && drive.protocol.is_none() {
                drive.protocol = Some("NVMe".to_owned());
            }
        }
    }

    fn drive(&mut self, node: &Node<'_>, system: Option<&str>, storage: Option<&str>) {
        let mut part = Part::of(node, system);
        if self.drives.iter().any(|known| known.part.place == part.place) {
            return;
        }
        let size_bytes = size(node);
        if size_bytes.is_none() {
            part.doubt();
        }
        if part.version.is_none() {
            part.version = node.text("Revision").or_else(|| current_version(node));
        }
        // Another path to a drive that is known, and where it is known from has the better words.
        let seen =
            |known: &&mut Drive| known.storage.as_deref() != storage && known.part.is_same(&part);
        if let Some(known) = self.drives.iter_mut().find(seen) {
            known.part.fill(part);
            return;
        }
        let rpm = node.count("RotationSpeedRPM").or_else(|| node.count("RotationalSpeedRpm"));
        let oem = node.oem();
        let of_oem = |keys: &[&str]| {
            oem.iter().find_map(|(_, oem)| keys.iter().find_map(|key| oem.number(key)))
        };
        let hours = || oem.iter().find_map(|(_, oem)| oem.count("HoursOfPoweredUp"));
        let temperature = of_oem(&["TemperatureCelsius", "Temperature"]);
        self.drives.push(Drive {
            size_bytes,
            protocol: node.first_text(&["Protocol", "InterfaceType"]),
            media: node.text("MediaType"),
            rpm: rpm.filter(|rpm| *rpm > 0),
            block_bytes: node.count("BlockSizeBytes"),
            is_failing: node.flag("FailurePredicted"),
            life_left_percent: node.number("PredictedMediaLifeLeftPercent"),
            durable_name: durable_name(node),
            powered_on_h: node.count("PowerOnHours").or_else(hours),
            temperature_c: temperature.or_else(|| node.number("CurrentTemperatureCelsius")),
            storage: storage.map(str::to_owned),
            part,
        });
    }

    fn volume(&mut self, node: &Node<'_>, system: &str, storage: &str) {
        let status = node.status();
        let oem = || node.oem().iter().find_map(|(_, oem)| oem.text("VolumeRaidLevel"));
        let links = node.node("Links");
        let drives = links.map(|links| links.links("Drives")).unwrap_or_default();
        self.volumes.push(Volume {
            place: node.place(),
            system: Some(system.to_owned()),
            name: node.first_text(&["DisplayName", "Name", "Id"]),
            level: node.text("RAIDType").or_else(oem).or_else(|| level(node)),
            size_bytes: size(node),
            drives: if drives.is_empty() { node.links("Drives") } else { drives },
            state: status.state,
            health: status.health,
            storage: Some(storage.to_owned()),
        });
    }

    /// Takes the arrays of iLO 4 and 5, which stand beside `Storage`.
    fn smart_array(&mut self, smart: &Node<'_>, system: &str) {
        for array in smart.linked_members("ArrayControllers") {
            let place = array.place();
            let drives = array.linked_members("PhysicalDrives");
            for drive in &drives {
                self.drive(drive, Some(system), Some(&place));
            }
            let part = Part { version: current_version(&array), ..Part::of(&array, Some(system)) };
            if self.controllers.iter().any(|known| known.part.is_same(&part)) {
                continue;
            }
            for volume in array.linked_members("LogicalDrives") {
                self.volume(&volume, system, &place);
            }
            self.controllers.push(Controller {
                part,
                protocols: Vec::new(),
                levels: Vec::new(),
                storage: place,
                drives: u64::try_from(drives.len()).unwrap_or(u64::MAX),
            });
        }
    }
}

/// Returns a size in bytes; older drives and volumes count in larger units.
fn size(node: &Node<'_>) -> Option<u64> {
    let bytes = node.count("CapacityBytes");
    let bytes = bytes.or_else(|| node.node("Capacity")?.node("Data")?.count("AllocatedBytes"));
    let bytes = bytes.or_else(|| node.amount("CapacityMiB", MEBI));
    bytes.or_else(|| node.amount("CapacityGB", GIGA)).filter(|size| *size > 0)
}

/// Returns the firmware of a part of iLO: `FirmwareVersion.Current.VersionString`.
fn current_version(node: &Node<'_>) -> Option<String> {
    if !node.value("FirmwareVersion").is_some_and(serde_json::Value::is_object) {
        return None;
    }
    node.node("FirmwareVersion")?.node("Current")?.text("VersionString")
}

fn durable_name(node: &Node<'_>) -> Option<(String, String)> {
    node.items("Identifiers").iter().find_map(|identifier| {
        let name = identifier.text("DurableName")?;
        Some((identifier.text("DurableNameFormat").unwrap_or_default(), name))
    })
}

fn levels(node: &Node<'_>) -> Vec<String> {
    let levels = node.texts("SupportedRAIDTypes");
    if !levels.is_empty() {
        return levels;
    }
    node.oem().iter().map(|(_, oem)| oem.texts("SupportedRAIDLevels")).next().unwrap_or_default()
}

/// Returns the level of a volume by the words of old schemas.
fn level(node: &Node<'_>) -> Option<String> {
    if let Some(level) = node.text("Raid") {
        return Some(format!("RAID{level}"));
    }
    raid::old_level(node)
}
