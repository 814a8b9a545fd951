//! Block devices as sysfs tells them: `Documentation/ABI/stable/sysfs-block`.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::safety::{BlockKind, Identity, Number};

use super::root::{self, Root};

/// Unit of sizes in sysfs, whatever the device's blocks are.
const SECTOR: u64 = 512;

/// One block device.
#[derive(Clone, Debug)]
pub(super) struct Device {
    /// Kernel's name.
    pub(super) name: String,
    /// Its folder, with all links followed.
    folder: PathBuf,
}

impl Device {
    /// Finds a device by its name.
    pub(super) fn named(root: &Root, name: &str) -> io::Result<Self> {
        let folder = root.host(&format!("/sys/class/block/{name}")).canonicalize()?;
        Ok(Self { name: name.to_owned(), folder })
    }

    /// Finds a device by its numbers.
    pub(super) fn numbered(root: &Root, number: Number) -> io::Result<Self> {
        let folder = root.host(&format!("/sys/dev/block/{number}")).canonicalize()?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, folder })
    }

    /// Returns every block device of the machine that is not hidden behind another.
    pub(super) fn all(root: &Root) -> io::Result<Vec<Self>> {
        let names = root.list("/sys/class/block")?;
        let devices = names.iter().filter_map(|name| Self::named(root, name).ok());
        Ok(devices.filter(|device| device.number_at("hidden") != Some(1)).collect())
    }

    /// Returns the text of an attribute, trimmed; `None` where it is missing or empty.
    pub(super) fn attribute(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.folder.join(path)).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Returns an attribute that is a number.
    pub(super) fn number_at(&self, path: &str) -> Option<u64> {
        self.attribute(path)?.parse().ok()
    }

    /// Returns whether an attribute or folder is there.
    pub(super) fn has(&self, path: &str) -> bool {
        self.folder.join(path).exists()
    }

    /// Returns the numbers.
    pub(super) fn number(&self) -> Option<Number> {
        let text = self.attribute("dev")?;
        let (major, minor) = text.split_once(':')?;
        Some(Number { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }

    /// Returns the size.
    pub(super) fn size_bytes(&self) -> Option<u64> {
        self.number_at("size")?.checked_mul(SECTOR)
    }

    /// Returns the number on its disk, of a partition.
    pub(super) fn partition(&self) -> Option<u32> {
        u32::try_from(self.number_at("partition")?).ok()
    }

    /// Returns where a partition starts on its disk.
    pub(super) fn start_bytes(&self) -> Option<u64> {
        self.number_at("start")?.checked_mul(SECTOR)
    }

    /// Returns the disk that a partition is a part of.
    pub(super) fn parent(&self) -> Option<Self> {
        self.partition()?;
        let folder = self.folder.parent()?.to_path_buf();
        let name = folder.file_name()?.to_string_lossy().into_owned();
        Some(Self { name, folder })
    }

    /// Returns the disk: the parent of a partition, else the device itself.
    pub(super) fn disk(&self) -> Self {
        self.parent().unwrap_or_else(|| self.clone())
    }

    /// Returns the partitions that the kernel knows, sorted.
    pub(super) fn partitions(&self) -> io::Result<Vec<Self>> {
        let names = root::names(&self.folder)?;
        let folders = names.into_iter().map(|name| (self.folder.join(&name), name));
        let partitions = folders.filter(|(folder, _)| folder.join("partition").is_file());
        Ok(partitions.map(|(folder, name)| Self { name, folder }).collect())
    }

    /// Returns the devices that are made of this one.
    pub(super) fn holders(&self, root: &Root) -> io::Result<Vec<Self>> {
        self.linked(root, "holders")
    }

    /// Returns the devices that this one is made of.
    pub(super) fn slaves(&self, root: &Root) -> io::Result<Vec<Self>> {
        self.linked(root, "slaves")
    }

    fn linked(&self, root: &Root, folder: &str) -> io::Result<Vec<Self>> {
        let names = root::names(&self.folder.join(folder))?;
        names.iter().map(|name| Self::named(root, name)).collect()
    }

    /// Returns the path of the device's node: sysfs writes `!` for `/`.
    pub(super) fn node(&self) -> String {
        format!("/dev/{}", self.name.replace('!', "/"))
    }

    /// Returns whether the device has no serial by its nature.
    pub(super) fn by_number(&self) -> bool {
        let disk = self.disk();
        disk.has("loop") || disk.name.starts_with("loop") || disk.name.starts_with("zram")
    }

    /// Returns what kind of device it is.
    pub(super) fn kind(&self) -> BlockKind {
        if let (Some(number), Some(parent)) = (self.partition(), self.parent()) {
            let start_bytes = self.start_bytes().unwrap_or(0);
            return BlockKind::Partition { of: parent.name, number, start_bytes };
        }
        if self.name.starts_with("loop") {
            return BlockKind::Loop { backing: self.attribute("loop/backing_file") };
        }
        if self.name.starts_with("zram") {
            return BlockKind::Zram;
        }
        if self.has("dm") {
            return BlockKind::Mapper { name: self.attribute("dm/name").unwrap_or_default() };
        }
        if self.has("md") { BlockKind::Md } else { BlockKind::Disk }
    }

    /// Returns what it is as the holder of another device, in the words of its tools.
    pub(super) fn described(&self) -> String {
        let name = self.attribute("dm/name").unwrap_or_default();
        let kind = match self.attribute("dm/uuid") {
            Some(uuid) if uuid.starts_with("LVM-") => "LVM",
            Some(uuid) if uuid.starts_with("CRYPT-") => "dm-crypt",
            Some(uuid) if uuid.starts_with("mpath-") => "multipath",
            _ if self.has("dm") => "device mapper",
            _ if self.has("md") => return self.described_array(),
            _ if self.has("bcache") => return "bcache".to_owned(),
            _ if self.has("loop") => return "loop device".to_owned(),
            _ => return "block device".to_owned(),
        };
        format!("{kind} {name}").trim_end().to_owned()
    }

    fn described_array(&self) -> String {
        let level = self.attribute("md/level").unwrap_or_default();
        format!("MD {level}").trim_end().to_owned()
    }

    /// Returns what the disk says of itself; a partition says what its disk does.
    pub(super) fn identity(&self, root: &Root) -> Identity {
        let disk = self.disk();
        if disk.has("dm") {
            let uuid = disk.attribute("dm/uuid");
            // All paths of a multipath device are one disk, and it is that disk.
            if uuid.as_deref().is_some_and(|uuid| uuid.starts_with("mpath-"))
                && let Some(path) = disk.slaves(root).unwrap_or_default().first()
            {
                return path.identity(root);
            }
            return Identity { model: Some(disk.described()), serial: None, wwid: uuid };
        }
        if disk.has("md") {
            let wwid = disk.attribute("md/uuid");
            return Identity { model: Some(disk.described_array()), serial: None, wwid };
        }
        let serial =
            [disk.vital_serial(), disk.attribute("device/serial"), disk.attribute("serial")];
        let model = [disk.attribute("device/model"), disk.attribute("device/name")];
        let wwid = [disk.attribute("wwid"), disk.attribute("device/wwid")];
        Identity {
            model: model.into_iter().flatten().next().map(|model| squeeze(&model)),
            serial: serial.into_iter().flatten().find(|serial| is_usable(serial)),
            wwid: wwid.into_iter().flatten().find(|wwid| is_usable(wwid)).map(|id| squeeze(&id)),
        }
    }

    /// Returns the serial number of SCSI's vital product data, page 80h.
    fn vital_serial(&self) -> Option<String> {
        let page = fs::read(self.folder.join("device/vpd_pg80")).ok()?;
        let length = page.get(2..4)?.first_chunk().map(|length| u16::from_be_bytes(*length))?;
        let serial = page.get(4..)?.get(..usize::from(length))?;
        let text = String::from_utf8_lossy(serial).trim_matches([' ', '\0']).to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// Returns the bus that a disk is asked over: `scsi`, `nvme`.
    pub(super) fn bus(&self) -> Option<&'static str> {
        if self.number_at("nsid").is_some() {
            return Some("nvme");
        }
        let subsystem = fs::canonicalize(self.folder.join("device/subsystem")).ok()?;
        (subsystem.file_name() == Some(Path::new("scsi").as_os_str())).then_some("scsi")
    }
}

/// Returns the numbers of the block device that `path` is a node of.
pub(super) fn node(root: &Root, path: &str) -> Option<Number> {
    if !root.is_live() {
        let name = path.strip_prefix("/dev/")?.replace('/', "!");
        return Device::named(root, &name).ok()?.number();
    }
    if !path.starts_with('/') {
        return None;
    }
    let meta = fs::metadata(path).ok()?;
    meta.file_type().is_block_device().then(|| Number {
        major: rustix::fs::major(meta.rdev()),
        minor: rustix::fs::minor(meta.rdev()),
    })
}

/// Returns `text` with runs of blanks made one: firmware pads its fields.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether a text can be an identity: makers leave fields blank in many ways.
fn is_usable(text: &str) -> bool {
    let text = text.trim();
    let bare = text.rsplit('.').next().unwrap_or(text);
    let blank = bare.chars().all(|c| matches!(c, '0' | ' ' | '-' | 'x'));
    let words = ["unknown", "none", "n/a", "na", "null", "default", "to be filled by o.e.m."];
    !blank && !words.contains(&text.to_ascii_lowercase().as_str())
}
