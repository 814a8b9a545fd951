//! FRUs of parts (§34).

use super::{Client, Found, device::passing};
use crate::{
    ipmi::{
        IpmiError,
        command::{
            fru::{self, Extent, Image},
            netfn,
            sdr::Body,
        },
    },
    operation::fru::Fru,
};

/// Bytes that are asked for at a time: less where the BMC refuses so many. 224 and the headers
/// stay within a message of 255.
const CHUNKS: [u8; 6] = [224, 128, 64, 32, 16, 8];

impl Client {
    /// Reads all FRUs that the records name, and the BMC's own, number 0.
    pub async fn frus(&mut self) -> Result<Found<Fru>, IpmiError> {
        let mut found = Found { items: Vec::new(), damage: Vec::new() };
        let records = passing(self.records().await)?.unwrap_or_default();
        let mut parts: Vec<(u8, String)> = Vec::new();
        for record in &records {
            let Body::Fru(locator) = &record.body else { continue };
            match fru::number(locator) {
                Some(number) if parts.iter().all(|(known, _)| *known != number) => {
                    parts.push((number, locator.name.clone()));
                }
                Some(_) => {}
                None => found.damage.push(format!(
                    "{}: it is behind the controller {:#04x}, which is not asked",
                    locator.name, locator.address
                )),
            }
        }
        if parts.iter().all(|(number, _)| *number != 0) {
            parts.insert(0, (0, "BMC".to_owned()));
        }
        for (number, name) in parts {
            match passing(self.fru_image(number).await)?.flatten() {
                Some(image) => found.items.push(fru::fields(&name, &image)),
                None => found.damage.push(format!("{name}: the BMC does not read FRU {number}")),
            }
        }
        Ok(found)
    }

    /// Reads the memory of a FRU, as far as it is used; `None` where there is none.
    pub async fn fru_image(&mut self, number: u8) -> Result<Option<Image>, IpmiError> {
        const WHAT: &str = "Get FRU Inventory Area Info";
        let answer = self.command(netfn::STORAGE, 0x10, &[number], WHAT).await?;
        if answer.code != 0 {
            // No such part, or one that is not there now.
            return Ok(None);
        }
        let extent = Extent::read(&answer.data).ok_or(IpmiError::Malformed { what: WHAT })?;
        let mut image = Image::new(extent.bytes);
        let mut chunks = CHUNKS.into_iter().peekable();
        while let Some((offset, length)) = image.needs() {
            let Some(chunk) = chunks.peek().copied() else { break };
            let length = length.min(usize::from(chunk));
            match self.read_fru(number, extent, offset, length).await? {
                Ok(bytes) if !bytes.is_empty() => image.put(offset, &bytes),
                // Too many at once, in the words of many.
                Err(0xc7 | 0xc8 | 0xca | 0xff) if chunk > 8 => {
                    chunks.next();
                }
                Ok(_) | Err(_) => image.give_up(offset, length),
            }
        }
        Ok(Some(image))
    }

    /// Reads a piece; an error is the BMC's code.
    async fn read_fru(
        &mut self,
        number: u8,
        extent: Extent,
        offset: usize,
        length: usize,
    ) -> Result<Result<Vec<u8>, u8>, IpmiError> {
        let unit = if extent.words { 2 } else { 1 };
        // In words it begins at an even place; what is before is cut off again.
        let before = offset % unit;
        let [low, high] = u16::try_from(offset / unit).unwrap_or(u16::MAX).to_le_bytes();
        let count = u8::try_from((length + before).div_ceil(unit)).unwrap_or(u8::MAX);
        let data = [number, low, high, count];
        let answer = self.command(netfn::STORAGE, 0x11, &data, "Read FRU Data").await?;
        if answer.code != 0 {
            return Ok(Err(answer.code));
        }
        let bytes = answer.data.get(1 + before..).unwrap_or_default();
        Ok(Ok(bytes.get(..length).unwrap_or(bytes).to_vec()))
    }
}
