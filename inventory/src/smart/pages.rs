//! A drive's pages by name, and the facts they make together.
//!
//! The same set is read from a live drive, kept as evidence, and replayed from
//! a recorded root: `assay/disk/sda/ata-identify.bin`.

use std::collections::BTreeMap;

use super::summary::summarise;
use super::{PageError, ata, nvme, scsi};
use crate::model::{AtaSmart, Disk, DiskHealth, ScsiSmart};

/// Every page that this program asks drives for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is named by its file name")]
pub enum Page {
    NvmeController,
    NvmeNamespace,
    NvmeHealth,
    NvmeFirmware,
    NvmeSelfTests,
    AtaIdentify,
    AtaSmartData,
    AtaSmartThresholds,
    AtaSmartStatus,
    AtaErrors,
    AtaStatistics,
    AtaSelfTests,
    AtaSelfTestsExtended,
    AtaPhyEvents,
    ScsiInquiry,
    ScsiVpdPages,
    ScsiSerial,
    ScsiDesignators,
    ScsiAtaBehind,
    ScsiCharacteristics,
    ScsiCapacity,
    ScsiWriteErrors,
    ScsiReadErrors,
    ScsiVerifyErrors,
    ScsiNonMedium,
    ScsiTemperature,
    ScsiStartStop,
    ScsiSelfTests,
    ScsiEndurance,
    ScsiBackgroundScan,
    ScsiPhys,
    ScsiExceptions,
    ScsiDefects,
}

impl Page {
    /// Every page.
    pub const ALL: [Self; 33] = [
        Self::NvmeController,
        Self::NvmeNamespace,
        Self::NvmeHealth,
        Self::NvmeFirmware,
        Self::NvmeSelfTests,
        Self::AtaIdentify,
        Self::AtaSmartData,
        Self::AtaSmartThresholds,
        Self::AtaSmartStatus,
        Self::AtaErrors,
        Self::AtaStatistics,
        Self::AtaSelfTests,
        Self::AtaSelfTestsExtended,
        Self::AtaPhyEvents,
        Self::ScsiInquiry,
        Self::ScsiVpdPages,
        Self::ScsiSerial,
        Self::ScsiDesignators,
        Self::ScsiAtaBehind,
        Self::ScsiCharacteristics,
        Self::ScsiCapacity,
        Self::ScsiWriteErrors,
        Self::ScsiReadErrors,
        Self::ScsiVerifyErrors,
        Self::ScsiNonMedium,
        Self::ScsiTemperature,
        Self::ScsiStartStop,
        Self::ScsiSelfTests,
        Self::ScsiEndurance,
        Self::ScsiBackgroundScan,
        Self::ScsiPhys,
        Self::ScsiExceptions,
        Self::ScsiDefects,
    ];

    /// Returns the name of the file that holds the page in evidence.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::NvmeController => "nvme-identify-01.bin",
            Self::NvmeNamespace => "nvme-identify-00.bin",
            Self::NvmeHealth => "nvme-log-02.bin",
            Self::NvmeFirmware => "nvme-log-03.bin",
            Self::NvmeSelfTests => "nvme-log-06.bin",
            Self::AtaIdentify => "ata-identify.bin",
            Self::AtaSmartData => "ata-smart-data.bin",
            Self::AtaSmartThresholds => "ata-smart-thresholds.bin",
            Self::AtaSmartStatus => "ata-smart-status.bin",
            Self::AtaErrors => "ata-log-03.bin",
            Self::AtaStatistics => "ata-log-04.bin",
            Self::AtaSelfTests => "ata-log-06.bin",
            Self::AtaSelfTestsExtended => "ata-log-07.bin",
            Self::AtaPhyEvents => "ata-log-11.bin",
            Self::ScsiInquiry => "scsi-inquiry.bin",
            Self::ScsiVpdPages => "scsi-vpd-00.bin",
            Self::ScsiSerial => "scsi-vpd-80.bin",
            Self::ScsiDesignators => "scsi-vpd-83.bin",
            Self::ScsiAtaBehind => "scsi-vpd-89.bin",
            Self::ScsiCharacteristics => "scsi-vpd-b1.bin",
            Self::ScsiCapacity => "scsi-capacity-16.bin",
            Self::ScsiWriteErrors => "scsi-log-02.bin",
            Self::ScsiReadErrors => "scsi-log-03.bin",
            Self::ScsiVerifyErrors => "scsi-log-05.bin",
            Self::ScsiNonMedium => "scsi-log-06.bin",
            Self::ScsiTemperature => "scsi-log-0d.bin",
            Self::ScsiStartStop => "scsi-log-0e.bin",
            Self::ScsiSelfTests => "scsi-log-10.bin",
            Self::ScsiEndurance => "scsi-log-11.bin",
            Self::ScsiBackgroundScan => "scsi-log-15.bin",
            Self::ScsiPhys => "scsi-log-18.bin",
            Self::ScsiExceptions => "scsi-log-2f.bin",
            Self::ScsiDefects => "scsi-defects.bin",
        }
    }

    /// Returns the page whose evidence has that file name.
    pub fn from_file_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.file_name() == name)
    }
}

/// The pages read from one drive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pages(pub BTreeMap<Page, Vec<u8>>);

impl Pages {
    /// Returns the page as read, where it was.
    pub fn get(&self, page: Page) -> Option<&[u8]> {
        self.0.get(&page).map(Vec::as_slice)
    }

    /// Decodes a page and notes what is wrong with it.
    fn decode<'a, T>(
        &'a self,
        page: Page,
        errors: &mut Vec<PageError>,
        decode: impl FnOnce(&'a [u8]) -> Result<T, PageError>,
    ) -> Option<T> {
        match decode(self.get(page)?) {
            Ok(value) => Some(value),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }
}

/// Puts the facts of `pages` into `disk` and returns which pages were damaged.
///
/// The drive's own word on identity and capacity replaces what `disk` held.
/// Health is the drive's own verdict only; `health::assess` adds the rest.
pub fn apply(pages: &Pages, disk: &mut Disk) -> Vec<PageError> {
    let mut errors = Vec::new();
    apply_nvme(pages, disk, &mut errors);
    apply_scsi(pages, disk, &mut errors);
    apply_ata(pages, disk, &mut errors);
    summarise(disk);
    errors
}

fn replace<T>(place: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *place = value;
    }
}

fn verdict(disk: &mut Disk, passed: bool) {
    disk.health.get_or_insert_with(DiskHealth::default).passed = Some(passed);
}

fn apply_nvme(pages: &Pages, disk: &mut Disk, errors: &mut Vec<PageError>) {
    let controller = pages.decode(Page::NvmeController, errors, nvme::controller);
    let limits = controller
        .as_ref()
        .map(|found| (found.warning_temperature_mc, found.critical_temperature_mc));
    if let Some(found) = controller {
        disk.protocol = Some("nvme".to_owned());
        disk.kind = Some("ssd".to_owned());
        replace(&mut disk.model, found.model);
        replace(&mut disk.serial, found.serial);
        replace(&mut disk.firmware, found.firmware);
        // A drive of one namespace is as large as that; of many, as its media.
        if found.namespaces != 1 || disk.size_bytes.is_none() {
            replace(&mut disk.size_bytes, found.total_bytes);
        }
    }
    if let Some(found) = pages.decode(Page::NvmeNamespace, errors, nvme::namespace) {
        replace(&mut disk.block_bytes, found.block_bytes);
        if disk.size_bytes.is_none() {
            disk.size_bytes = found.size_bytes();
        }
        replace(&mut disk.wwid, found.wwid);
    }
    let Some(mut health) = pages.decode(Page::NvmeHealth, errors, nvme::health) else { return };
    if let Some(slots) = pages.decode(Page::NvmeFirmware, errors, nvme::firmware_slots) {
        health.firmware_slots = slots.revisions;
    }
    health.self_tests =
        pages.decode(Page::NvmeSelfTests, errors, nvme::self_tests).unwrap_or_default();
    // Minutes above a temperature that the drive does not state are no reading.
    if let Some((None, _)) = limits {
        health.warning_temperature_minutes = None;
    }
    if let Some((_, None)) = limits {
        health.critical_temperature_minutes = None;
    }
    if let Some(bits) = health.critical_warning {
        verdict(disk, bits == 0);
    }
    disk.smart.get_or_insert_default().nvme = Some(health);
}

fn apply_ata(pages: &Pages, disk: &mut Disk, errors: &mut Vec<PageError>) {
    let direct = pages.decode(Page::AtaIdentify, errors, ata::identify);
    let behind = pages
        .decode(Page::ScsiAtaBehind, errors, scsi::ata_behind)
        .flatten()
        .and_then(|page| ata::identify(page).ok());
    if let Some(found) = direct.or(behind) {
        if !found.checksum_ok {
            errors.push(PageError::Invalid {
                page: "ATA IDENTIFY DEVICE",
                at: 510,
                message: "the checksum is wrong; what it says is used all the same".to_owned(),
            });
        }
        identify(disk, found);
    }
    let ssd = disk.kind.as_deref() == Some("ssd");
    let thresholds = pages.get(Page::AtaSmartThresholds);
    let data =
        pages.decode(Page::AtaSmartData, errors, |page| ata::smart_data(page, thresholds, ssd));
    let mut smart = data.clone().unwrap_or_default();
    smart.error_count = pages.decode(Page::AtaErrors, errors, ata::error_count);
    smart.self_tests = pages
        .decode(Page::AtaSelfTestsExtended, errors, ata::extended_self_tests)
        .or_else(|| pages.decode(Page::AtaSelfTests, errors, ata::self_tests))
        .unwrap_or_default();
    smart.statistics = pages
        .decode(Page::AtaStatistics, errors, ata::statistics)
        .map(|found| found.keyed())
        .unwrap_or_default();
    let phy = pages.decode(Page::AtaPhyEvents, errors, ata::phy_counters).unwrap_or_default();
    let named = phy.into_iter().map(|counter| (format!("0x{:04x}", counter.id), counter.value));
    smart.phy_events.extend(named);
    if smart != AtaSmart::default() {
        disk.smart.get_or_insert_default().ata = Some(smart);
    }
    let status = pages.decode(Page::AtaSmartStatus, errors, ata::status).flatten();
    // Where the status did not come through, the attributes say what it would:
    // smartctl does the same and warns that it did.
    let by_attributes = data.filter(|_| thresholds.is_some()).map(|data| {
        !data
            .attributes
            .iter()
            .any(|held| held.when_failed == "now" && held.flags.is_some_and(|flags| flags & 1 != 0))
    });
    if let Some(passed) = status.or(by_attributes) {
        verdict(disk, passed);
    }
}

fn identify(disk: &mut Disk, found: ata::Identify) {
    disk.protocol = Some(if found.sata { "sata" } else { "ata" }.to_owned());
    // The translation layer's `ATA` is no vendor.
    disk.vendor = None;
    replace(&mut disk.size_bytes, found.size_bytes());
    disk.block_bytes = Some(found.block_bytes);
    disk.physical_block_bytes = Some(found.physical_block_bytes);
    disk.rpm = found.rpm();
    let kind = found.solid_state().map(|ssd| if ssd { "ssd" } else { "hdd" }.to_owned());
    replace(&mut disk.kind, kind);
    replace(&mut disk.model, found.model);
    replace(&mut disk.serial, found.serial);
    replace(&mut disk.firmware, found.firmware);
    replace(&mut disk.wwid, found.wwid);
}

fn apply_scsi(pages: &Pages, disk: &mut Disk, errors: &mut Vec<PageError>) {
    if let Some(found) = pages.decode(Page::ScsiInquiry, errors, scsi::inquiry) {
        // A translation layer says `ATA` and cuts model and revision short.
        if found.vendor.as_deref() != Some("ATA") {
            replace(&mut disk.vendor, found.vendor);
            replace(&mut disk.model, found.product);
            replace(&mut disk.firmware, found.revision);
        }
    }
    let serial = pages.decode(Page::ScsiSerial, errors, scsi::unit_serial).flatten();
    replace(&mut disk.serial, serial);
    let wwid = pages.decode(Page::ScsiDesignators, errors, scsi::designator).flatten();
    replace(&mut disk.wwid, wwid);
    if let Some(found) = pages.decode(Page::ScsiCapacity, errors, scsi::capacity) {
        replace(&mut disk.size_bytes, found.size_bytes().filter(|size| *size != 0));
        disk.block_bytes = Some(found.block_bytes);
        disk.physical_block_bytes = Some(found.physical_block_bytes);
    }
    if let Some(rotation) = pages
        .decode(Page::ScsiCharacteristics, errors, scsi::characteristics)
        .and_then(|found| found.rotation)
    {
        disk.kind = Some(if rotation == 1 { "ssd" } else { "hdd" }.to_owned());
        disk.rpm = (rotation > 1).then_some(u32::from(rotation));
    }
    let smart = scsi_smart(pages, disk, errors);
    if smart != ScsiSmart::default() {
        disk.smart.get_or_insert_default().scsi = Some(smart);
    }
}

fn scsi_smart(pages: &Pages, disk: &mut Disk, errors: &mut Vec<PageError>) -> ScsiSmart {
    use scsi::log;

    let mut smart = ScsiSmart::default();
    for (side, page, code) in [
        ("write", Page::ScsiWriteErrors, 0x02),
        ("read", Page::ScsiReadErrors, 0x03),
        ("verify", Page::ScsiVerifyErrors, 0x05),
    ] {
        if let Some(found) = pages.decode(page, errors, |page| log::errors(page, code)) {
            smart.errors.insert(side.to_owned(), found);
        }
    }
    smart.grown_defects = pages.decode(Page::ScsiDefects, errors, scsi::grown_defects).flatten();
    smart.percentage_used =
        pages.decode(Page::ScsiEndurance, errors, log::percentage_used).flatten();
    smart.non_medium_errors =
        pages.decode(Page::ScsiNonMedium, errors, log::non_medium_errors).flatten();
    if let Some(found) = pages.decode(Page::ScsiStartStop, errors, log::start_stop) {
        smart.start_stop_cycles = found.start_stop;
        smart.load_unload_cycles = found.load_unload;
    }
    smart.self_tests =
        pages.decode(Page::ScsiSelfTests, errors, log::self_tests).unwrap_or_default();
    smart.phy = pages.decode(Page::ScsiPhys, errors, log::phys).unwrap_or_default();
    let temperature = pages.decode(Page::ScsiTemperature, errors, log::temperature_mc).flatten();
    replace(&mut disk.temperature_mc, temperature);
    let minutes = pages.decode(Page::ScsiBackgroundScan, errors, log::power_on_minutes).flatten();
    replace(&mut disk.power_on_s, minutes.map(|minutes| minutes.saturating_mul(60)));
    if let Some(found) = pages.decode(Page::ScsiExceptions, errors, log::exceptions) {
        smart.exception_asc = Some(found.asc);
        smart.exception_ascq = Some(found.ascq);
        if disk.temperature_mc.is_none() {
            disk.temperature_mc = found.temperature_mc;
        }
        // 5Dh is a failure predicted, 0Bh a warning; smartctl fails a drive for both.
        verdict(disk, !matches!(found.asc, 0x0b | 0x5d));
    }
    smart
}
