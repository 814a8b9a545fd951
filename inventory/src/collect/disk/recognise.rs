//! What a block device is: a disk of this machine, a RAID volume, or neither.
//!
//! Pure rules over names, strings and addresses. A volume is never a disk.

/// Block devices that no drive stands behind, by the letters of their names.
const NOT_DISKS: [&str; 14] = [
    "loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "rbd", "drbd", "bcache", "zd", "nullb",
    "pmem",
];

/// Drivers of RAID controllers: drives behind them are seen by them alone.
const RAID_DRIVERS: [&str; 19] = [
    "megaraid_sas",
    "megaraid_mbox",
    "hpsa",
    "smartpqi",
    "aacraid",
    "arcmsr",
    "3w-9xxx",
    "3w-sas",
    "3w-xxxx",
    "ipr",
    "ips",
    "pmcraid",
    "hptiop",
    "mvumi",
    "cciss",
    // Domestic controllers: Ramaxel, Huawei, 3SNIC, Raisecom/LeapIO.
    "spraid",
    "hiraid",
    "sssraid",
    "leapraid",
];

/// Drivers that show the drives of a function of the class RAID one by one.
const OPEN_DRIVERS: [&str; 4] = ["ahci", "vmd", "isci", "nvme"];

/// Products that RAID firmware gives to volumes, at the start and in lower case.
const VOLUME_PRODUCTS: [&str; 14] = [
    "logical volume",
    "logical drive",
    "virtual drive",
    "raid ",
    "perc ",
    "megaraid",
    "serveraid",
    "mr9",
    "mr sas",
    "mr-",
    "sas3508",
    "avago-mr",
    "smart array",
    "ipr-",
];

/// Words in vendor or product of media that a BMC shows to its host.
const VIRTUAL_MEDIA: [&str; 15] = [
    "virtual hdisk",
    "virtual floppy",
    "virtual cdrom",
    "virtual dvd",
    "virtual media",
    "virtual disc",
    "virtual flash",
    "idrac",
    "lcdrive",
    "oemdrv",
    "hp ilo",
    "hpe ilo",
    "file-stor gadget",
    "ibmc",
    "xcc",
];

/// What a block device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A drive of this machine.
    Physical,
    /// A volume that a RAID controller presents.
    Volume,
    /// A LUN of an array, medium of a BMC, or a stick: no disk of this machine.
    Foreign,
}

/// What is known of a block device before it is asked anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clues {
    /// The kernel's name.
    pub(crate) name: String,
    /// Its place below `/sys/devices`.
    pub(crate) path: String,
    /// Vendor as INQUIRY has it.
    pub(crate) vendor: String,
    /// Product as INQUIRY has it.
    pub(crate) product: String,
    /// Driver of the PCI function it hangs on.
    pub(crate) driver: String,
    /// World-wide id.
    pub(crate) wwid: String,
    /// What the driver says of its RAID level, `N/A` for a drive.
    pub(crate) raid_level: Option<String>,
    /// Whether its medium can be taken out.
    pub(crate) removable: bool,
}

/// Says whether a name is that of a drive's block device.
pub(crate) fn is_drive_name(name: &str) -> bool {
    let plain = |prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if NOT_DISKS.iter().any(|prefix| plain(prefix)) {
        return false;
    }
    // Paths of a multipath namespace, `nvme0c1n1`.
    if let Some(rest) = name.strip_prefix("nvme") {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        return !rest.starts_with('c');
    }
    // Partitions of eMMC that only its firmware uses.
    !(name.starts_with("mmcblk") && (name.contains("boot") || name.contains("rpmb")))
}

/// Says whether drives behind a PCI function are hidden by its driver.
pub(crate) fn hides_drives(class: &str, driver: Option<&str>) -> bool {
    match driver {
        Some(driver) if RAID_DRIVERS.contains(&driver) => true,
        Some(driver) => class.starts_with("0104") && !OPEN_DRIVERS.contains(&driver),
        None => class.starts_with("0104"),
    }
}

/// Returns what a block device is.
pub(crate) fn role(clues: &Clues) -> Role {
    let vendor = clues.vendor.to_ascii_lowercase();
    let product = clues.product.to_ascii_lowercase();
    let on_usb = clues.path.contains("/usb");
    let words = format!("{vendor} {product}");
    if on_usb && (clues.removable || VIRTUAL_MEDIA.iter().any(|word| words.contains(word))) {
        return Role::Foreign;
    }
    // Remote ports of Fibre Channel, sessions of iSCSI.
    if clues.path.contains("/rport-") || clues.path.contains("/session") {
        return Role::Foreign;
    }
    if is_volume(clues, &vendor, &product) { Role::Volume } else { Role::Physical }
}

fn is_volume(clues: &Clues, vendor: &str, product: &str) -> bool {
    if let Some(level) = &clues.raid_level {
        return !level.eq_ignore_ascii_case("n/a");
    }
    if VOLUME_PRODUCTS.iter().any(|known| product.starts_with(known)) {
        return true;
    }
    // Physical drives have NAA 5 names, volumes NAA 6.
    let named_as_volume = clues.wwid.starts_with("naa.6");
    match clues.driver.as_str() {
        // Channels 0 and 1 are drives passed through, 2 and 3 logical drives.
        "megaraid_sas" => named_as_volume || channel(&clues.path).is_some_and(|at| at >= 2),
        // Channel 1 is for volumes of integrated RAID.
        "mpt3sas" | "mpt2sas" => channel(&clues.path) == Some(1),
        // Channel 0 is for containers.
        "aacraid" => named_as_volume || channel(&clues.path) == Some(0),
        "arcmsr" => vendor == "areca",
        driver if RAID_DRIVERS.contains(&driver) => vendor != "ata" || named_as_volume,
        _ => false,
    }
}

/// Returns the channel of `…/target0:2:1/0:2:1:0/block/sda`.
fn channel(path: &str) -> Option<u32> {
    let address = path.split('/').rev().find(|part| {
        let numbers: Vec<&str> = part.split(':').collect();
        numbers.len() == 4 && numbers.iter().all(|number| number.parse::<u32>().is_ok())
    })?;
    address.split(':').nth(1)?.parse().ok()
}
