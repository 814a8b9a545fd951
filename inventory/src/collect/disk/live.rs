//! Asks a drive of the running machine.

use crate::device::dialogue::{ask_nvme, ask_scsi};
use crate::device::nvme::NvmeDevice;
use crate::device::sgio::ScsiDevice;
use crate::device::{Answers, DeviceError};

use super::sysfs::Block;

/// Returns what the drive of `block` tells; `None` where it is not one to ask.
///
/// Bridges of USB drives are not asked: too many hang on what they do not know.
pub(super) fn ask(block: &Block, wake: bool) -> Option<Answers> {
    let refused = |error: DeviceError| Answers { errors: vec![error], ..Answers::default() };
    match block.disk.protocol.as_deref()? {
        "nvme" => {
            let controller = block.controller.as_deref()?;
            Some(match NvmeDevice::open(&format!("/dev/{controller}")) {
                Ok(mut device) => ask_nvme(&mut device, block.nsid),
                Err(error) => refused(error),
            })
        }
        "sata" | "ata" | "sas" | "scsi" => {
            Some(match ScsiDevice::open(&format!("/dev/{}", block.name)) {
                Ok(mut device) => ask_scsi(&mut device, wake),
                Err(error) => refused(error),
            })
        }
        _ => None,
    }
}
