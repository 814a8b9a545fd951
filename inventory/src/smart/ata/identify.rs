//! IDENTIFY DEVICE (`ECh`, ACS-4 §7.13).

use crate::smart::PageError;
use crate::smart::bytes::Bytes;

/// What IDENTIFY DEVICE says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "bits of the page, each for itself")]
pub struct Identify {
    /// Model number.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// World-wide name, `naa.` and 16 digits.
    pub wwid: Option<String>,
    /// User addressable logical blocks.
    pub blocks: Option<u64>,
    /// Bytes of a logical block.
    pub block_bytes: u32,
    /// Bytes of a physical block.
    pub physical_block_bytes: u32,
    /// Rotations per minute; 1 = solid state, `None` = not reported.
    pub rotation: Option<u16>,
    /// Whether SMART is supported.
    pub smart_supported: bool,
    /// Whether SMART is enabled.
    pub smart_enabled: bool,
    /// Whether READ LOG EXT is supported.
    pub general_logs: bool,
    /// Whether it speaks Serial ATA.
    pub sata: bool,
    /// Whether its checksum, where it has one, is right.
    pub checksum_ok: bool,
}

impl Identify {
    /// Returns the capacity in bytes.
    pub fn size_bytes(&self) -> Option<u64> {
        self.blocks?.checked_mul(u64::from(self.block_bytes))
    }

    /// Returns whether the drive is solid state, where it says.
    pub fn solid_state(&self) -> Option<bool> {
        match self.rotation? {
            1 => Some(true),
            0x0401..=0xfffe => Some(false),
            _ => None,
        }
    }

    /// Returns the rotations per minute of a drive that turns.
    pub fn rpm(&self) -> Option<u32> {
        (self.solid_state() == Some(false)).then(|| self.rotation.map(u32::from)).flatten()
    }
}

/// Decodes the page.
pub fn identify(page: &[u8]) -> Result<Identify, PageError> {
    const PAGE: &str = "ATA IDENTIFY DEVICE";
    let whole = page.get(..512);
    let page = Bytes::of(PAGE, page, 512)?;
    let word = |at: usize| page.le16(2 * at).unwrap_or_default();
    if page.slice(0, 512).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0)) {
        return Err(PageError::Invalid {
            page: PAGE,
            at: 0,
            message: "all zeros: no drive answered".to_owned(),
        });
    }
    // Bits 15:14 of a word that may be absent read 01b where it is valid.
    let valid = |at: usize| word(at) & 0xc000 == 0x4000;
    let mut blocks = u64::from(page.le32(120).unwrap_or_default());
    if valid(83) && word(83) & (1 << 10) != 0 {
        blocks = page.le64(200).unwrap_or_default();
        // Word 69 bit 3: words 230 to 233 are to be used instead.
        if word(69) & 8 != 0 {
            blocks = page.le64(460).filter(|blocks| *blocks != 0).unwrap_or(blocks);
        }
    }
    let mut block_bytes = 512_u32;
    let mut physical_block_bytes = 512_u32;
    if valid(106) {
        if word(106) & (1 << 12) != 0 {
            let words = page.le32(234).unwrap_or_default();
            block_bytes = words.checked_mul(2).filter(|bytes| *bytes >= 512).unwrap_or(512);
        }
        physical_block_bytes = block_bytes;
        if word(106) & (1 << 13) != 0 {
            let factor = 1_u32 << (word(106) & 0x0f);
            physical_block_bytes = block_bytes.checked_mul(factor).unwrap_or(block_bytes);
        }
    }
    let wwn = [word(108), word(109), word(110), word(111)]
        .iter()
        .fold(0_u64, |wwn, part| (wwn << 16) | u64::from(*part));
    let has_wwn = (valid(84) && word(84) & 0x100 != 0) || (valid(87) && word(87) & 0x100 != 0);
    Ok(Identify {
        model: page.swapped_text(54, 40),
        serial: page.swapped_text(20, 20),
        firmware: page.swapped_text(46, 8),
        wwid: (has_wwn && wwn != 0).then(|| format!("naa.{wwn:016x}")),
        blocks: (blocks != 0).then_some(blocks),
        block_bytes,
        physical_block_bytes,
        rotation: Some(word(217)).filter(|rate| !matches!(rate, 0 | 0xffff)),
        smart_supported: word(82) & 1 != 0 && !matches!(word(82), 0xffff),
        smart_enabled: word(85) & 1 != 0 && !matches!(word(85), 0xffff),
        general_logs: valid(84) && word(84) & (1 << 5) != 0,
        sata: !matches!(word(76), 0 | 0xffff),
        checksum_ok: checksum_ok(whole.unwrap_or_default()),
    })
}

/// Byte 510 reads A5h where byte 511 makes the sum of all bytes zero.
fn checksum_ok(page: &[u8]) -> bool {
    page.get(510) != Some(&0xa5) || page.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0
}
