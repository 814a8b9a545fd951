//! What a BMC says it is (§20.1, §20.8).

use super::text;
use crate::ipmi::wire::take;

/// The answer to Get Device ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The vendor's number of the device.
    pub id: u8,
    /// The revision of the device, 0 to 15.
    pub revision: u8,
    /// Whether it has SDRs of its own.
    pub has_sdrs: bool,
    /// Whether it updates its firmware, or starts, and does little else.
    pub updating: bool,
    /// The firmware's version: major and minor; the minor is two decimal digits, one a nibble.
    pub firmware: (u8, u8),
    /// The version of IPMI: major and minor.
    pub ipmi: (u8, u8),
    /// What it can do: bits of §20.1, byte 7.
    pub support: u8,
    /// The maker's number, of IANA's list of enterprises.
    pub manufacturer: u32,
    /// The maker's number of the product.
    pub product: u16,
    /// Four more bytes of the firmware's version, where they are told.
    pub auxiliary: Option<[u8; 4]>,
}

impl Device {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let [id, revision, major, minor, ipmi, support] = *take::<6>(&mut data)?;
        let [low, middle, high] = *take::<3>(&mut data)?;
        let product = u16::from_le_bytes(*take(&mut data)?);
        Some(Self {
            id,
            revision: revision & 0x0f,
            has_sdrs: revision & 0x80 != 0,
            updating: major & 0x80 != 0,
            firmware: (major & 0x7f, minor),
            // The only two nibbles of IPMI that stand the other way round.
            ipmi: (ipmi & 0x0f, ipmi >> 4),
            support,
            manufacturer: u32::from_le_bytes([low, middle, high, 0]) & 0x000f_ffff,
            product,
            auxiliary: take(&mut data).copied(),
        })
    }

    /// Returns the firmware's version as ipmitool prints it: `9.08`.
    pub fn version(&self) -> String {
        let (major, minor) = self.firmware;
        format!("{major}.{minor:02x}")
    }

    /// Returns the maker's name, of those whose BMCs are known here.
    pub fn maker(&self) -> Option<&'static str> {
        maker(self.manufacturer)
    }
}

/// Returns the name of a maker by its number, of those that are known here.
pub fn maker(manufacturer: u32) -> Option<&'static str> {
    MAKERS.iter().find(|(number, _)| *number == manufacturer).map(|(_, name)| *name)
}

/// Of IANA's list of enterprises: makers of servers and of BMC firmware.
const MAKERS: [(u32, &str); 23] = [
    (2, "IBM"),
    (11, "HP"),
    (42, "Oracle"),
    (343, "Intel"),
    (674, "Dell"),
    (2011, "Huawei"),
    (3902, "ZTE"),
    (5771, "Cisco"),
    (7154, "IPMI forum"),
    (7244, "Quanta"),
    (10368, "Fujitsu"),
    (10876, "Supermicro"),
    (11129, "Google"),
    (15370, "Gigabyte"),
    (19046, "Lenovo"),
    (20974, "AMI"),
    (25506, "H3C"),
    (27500, "Sugon"),
    (37945, "Inspur"),
    (47196, "HPE"),
    (55380, "Nettrix"),
    (57098, "Sugon"),
    (58132, "xFusion"),
];

/// Returns a UUID as SMBIOS prints it, of the answer to Get System GUID.
///
/// The specification sends the bytes last first (§20.8), most BMCs as SMBIOS has them, some as
/// RFC 4122 does: the first of these whose version and variant are those of a UUID is taken, then
/// the first whose version is, as ipmitool 1.8.19 has it, and SMBIOS's where none is.
pub fn uuid(data: &[u8]) -> Option<String> {
    let wire: [u8; 16] = *data.first_chunk()?;
    if wire == [0; 16] || wire == [0xff; 16] {
        return None;
    }
    // The first three of its five numbers have their low byte first.
    let mut smbios = wire;
    for (from, to) in [(0, 4), (4, 6), (6, 8)] {
        if let Some(number) = smbios.get_mut(from..to) {
            number.reverse();
        }
    }
    let mut reversed = wire;
    reversed.reverse();
    let orders = [smbios, reversed, wire];
    let version = |bytes: &&[u8; 16]| {
        let [_, _, _, _, _, _, version, ..] = bytes;
        matches!(version >> 4, 1..=5)
    };
    let variant = |bytes: &&[u8; 16]| {
        let [_, _, _, _, _, _, _, _, variant, ..] = bytes;
        variant & 0xc0 == 0x80
    };
    let found = orders.iter().find(|one| version(one) && variant(one));
    let found = *found.or_else(|| orders.iter().find(version)).unwrap_or(&smbios);
    let mut out = text::hexadecimal(&found);
    for at in [20, 16, 12, 8] {
        out.insert(at, '-');
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_reads() {
        // Of OpenIPMI 2.0.33's simulator.
        let data = [0, 3, 9, 8, 2, 0x9f, 0xdb, 7, 0, 1, 0];
        let device = Device::read(&data).expect("a device");
        assert_eq!(
            (device.revision, device.version(), device.ipmi),
            (3, "9.08".to_owned(), (2, 0))
        );
        assert_eq!((device.manufacturer, device.product), (0x7db, 1));
        assert_eq!((device.maker(), device.auxiliary), (Some("Huawei"), None));
        for cut in 0..data.len() {
            assert_eq!(Device::read(data.get(..cut).expect("shorter")), None);
        }
    }

    #[test]
    fn a_uuid_is_read_in_the_order_that_makes_one() {
        let text = "12345678-9abc-4def-8123-456789abcdef";
        let rfc: Vec<u8> = (0..16)
            .filter_map(|at| {
                u8::from_str_radix(text.replace('-', "").get(at * 2..at * 2 + 2)?, 16).ok()
            })
            .collect();
        let mut smbios = rfc.clone();
        for (from, to) in [(0, 4), (4, 6), (6, 8)] {
            smbios.get_mut(from..to).expect("16 bytes").reverse();
        }
        let reversed: Vec<u8> = rfc.iter().rev().copied().collect();
        for wire in [rfc, smbios, reversed] {
            assert_eq!(uuid(&wire).as_deref(), Some(text), "{wire:02x?}");
        }
        assert_eq!(uuid(&[0; 16]), None);
        assert_eq!(uuid(&[1; 15]), None);
    }
}
