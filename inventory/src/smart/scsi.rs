//! SCSI: INQUIRY and VPD pages (SPC-5 §6.7, §7.7), READ CAPACITY(16) and READ
//! DEFECT DATA(12) (SBC-4 §5.20, §5.22). Log pages are in [`log`].

pub mod log;

use super::PageError;
use super::bytes::{Bytes, hex};

/// What standard INQUIRY data says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inquiry {
    /// Peripheral device type; 0 = disk.
    pub device_type: u8,
    /// Whether the medium can be taken out.
    pub removable: bool,
    /// Version of SPC claimed, byte 2.
    pub version: u8,
    /// Vendor.
    pub vendor: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// Revision.
    pub revision: Option<String>,
}

/// What READ CAPACITY(16) says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Logical blocks.
    pub blocks: u64,
    /// Bytes of a logical block.
    pub block_bytes: u32,
    /// Bytes of a physical block.
    pub physical_block_bytes: u32,
}

impl Capacity {
    /// Returns the size in bytes.
    pub fn size_bytes(&self) -> Option<u64> {
        self.blocks.checked_mul(u64::from(self.block_bytes))
    }
}

/// What VPD page B1h says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Characteristics {
    /// Rotation rate; 1 = solid state, `None` = not reported.
    pub rotation: Option<u16>,
    /// Form factor code.
    pub form_factor: u8,
}

/// Decodes standard INQUIRY data.
pub fn inquiry(page: &[u8]) -> Result<Inquiry, PageError> {
    let page = Bytes::of("SCSI INQUIRY", page, 36)?;
    Ok(Inquiry {
        device_type: page.u8(0).unwrap_or_default() & 0x1f,
        removable: page.u8(1).is_some_and(|byte| byte & 0x80 != 0),
        version: page.u8(2).unwrap_or_default(),
        vendor: page.text(8, 8),
        product: page.text(16, 16),
        revision: page.text(32, 4),
    })
}

/// Returns the body of a VPD page: what its length field covers, as far as there.
fn vpd<'a>(name: &'static str, page: &'a [u8], code: u8) -> Result<&'a [u8], PageError> {
    let bytes = Bytes::of(name, page, 4)?;
    if bytes.u8(1) != Some(code) {
        return Err(PageError::Invalid {
            page: name,
            at: 1,
            message: format!(
                "page code {:#04x} where {code:#04x} was asked for",
                bytes.u8(1).unwrap_or_default()
            ),
        });
    }
    let length = usize::from(bytes.be16(2).unwrap_or_default());
    let body = page.get(4..).unwrap_or_default();
    Ok(body.get(..length).unwrap_or(body))
}

/// Decodes the list of supported VPD pages (00h).
pub fn supported_pages(page: &[u8]) -> Result<Vec<u8>, PageError> {
    Ok(vpd("SCSI VPD page 00h", page, 0)?.to_vec())
}

/// Decodes the unit serial number (80h).
pub fn unit_serial(page: &[u8]) -> Result<Option<String>, PageError> {
    let body = vpd("SCSI VPD page 80h", page, 0x80)?;
    Ok(Bytes::new(body).text(0, body.len()))
}

/// Decodes device identification (83h) and returns the logical unit's best name:
/// NAA, then EUI-64, then T10 vendor id.
pub fn designator(page: &[u8]) -> Result<Option<String>, PageError> {
    let mut rest = vpd("SCSI VPD page 83h", page, 0x83)?;
    let mut best: Option<(u8, String)> = None;
    while let Some((header, after)) = rest.split_first_chunk::<4>() {
        let [code_set, kind, _, length] = *header;
        let Some(id) = after.get(..usize::from(length)) else { break };
        rest = after.get(usize::from(length)..).unwrap_or_default();
        // Association 0 is the logical unit; ports and targets have names too.
        if kind & 0x30 != 0 {
            continue;
        }
        let found = match (kind & 0x0f, code_set & 0x0f) {
            (3, 1) if id.len() >= 8 => Some((0, format!("naa.{}", hex(id)))),
            (2, 1) if id.len() >= 8 => Some((1, format!("eui.{}", hex(id)))),
            (1, 2 | 3) => Bytes::new(id).text(0, id.len()).map(|text| (2, format!("t10.{text}"))),
            _ => None,
        };
        if let Some((rank, name)) = found
            && best.as_ref().is_none_or(|(held, _)| rank < *held)
        {
            best = Some((rank, name));
        }
    }
    Ok(best.map(|(_, name)| name))
}

/// Decodes ATA information (89h) and returns the IDENTIFY data of the ATA drive
/// that a translation layer presents.
pub fn ata_behind(page: &[u8]) -> Result<Option<&[u8]>, PageError> {
    const PAGE: &str = "SCSI VPD page 89h";
    let body = vpd(PAGE, page, 0x89)?;
    // Byte 56 of the page names the command whose data follows: ECh or A1h.
    if body.get(52) != Some(&0xec) {
        return Ok(None);
    }
    Ok(body.get(56..56 + 512))
}

/// Decodes block device characteristics (B1h).
pub fn characteristics(page: &[u8]) -> Result<Characteristics, PageError> {
    let body = Bytes::new(vpd("SCSI VPD page B1h", page, 0xb1)?);
    Ok(Characteristics {
        rotation: body.be16(0).filter(|rate| !matches!(rate, 0 | 0xffff)),
        form_factor: body.u8(3).unwrap_or_default() & 0x0f,
    })
}

/// Decodes READ CAPACITY(16).
pub fn capacity(page: &[u8]) -> Result<Capacity, PageError> {
    const PAGE: &str = "SCSI READ CAPACITY(16)";
    let page = Bytes::of(PAGE, page, 12)?;
    let last = page.be64(0).unwrap_or_default();
    let block_bytes = page.be32(8).unwrap_or_default();
    let blocks = last.checked_add(1).ok_or_else(|| PageError::Invalid {
        page: PAGE,
        at: 0,
        message: "the last block is the largest number there is".to_owned(),
    })?;
    let exponent = u32::from(page.u8(13).unwrap_or_default() & 0x0f);
    let physical_block_bytes = block_bytes.checked_mul(1 << exponent).unwrap_or(block_bytes);
    Ok(Capacity { blocks, block_bytes, physical_block_bytes })
}

/// Decodes READ DEFECT DATA(12) and returns the number of grown defects.
///
/// Only the header is needed: it has the length of the list, which may be longer
/// than what was asked for.
pub fn grown_defects(page: &[u8]) -> Result<Option<u64>, PageError> {
    const PAGE: &str = "SCSI READ DEFECT DATA(12)";
    let page = Bytes::of(PAGE, page, 8)?;
    let flags = page.u8(1).unwrap_or_default();
    // GLISTV: the drive returned the grown list and not only the primary one.
    if flags & 0x08 == 0 || flags & 0x10 != 0 {
        return Ok(None);
    }
    let length = u64::from(page.be32(4).unwrap_or_default());
    let size = match flags & 7 {
        0 => 4,
        1..=5 => 8,
        other => {
            return Err(PageError::Invalid {
                page: PAGE,
                at: 1,
                message: format!("address format {other} is not known"),
            });
        }
    };
    Ok(Some(length / size))
}
