//! ethtool's generic netlink messages (`linux/ethtool_netlink.h`,
//! `Documentation/networking/ethtool-netlink.rst`).

use super::module::Place;
use super::netlink::{Attribute, Writer, attributes, find};

pub(super) const LINKINFO_GET: u8 = 2;
pub(super) const LINKMODES_GET: u8 = 4;
pub(super) const WOL_GET: u8 = 9;
pub(super) const PRIVFLAGS_GET: u8 = 13;
pub(super) const MODULE_EEPROM_GET: u8 = 31;

/// The family of families, and its request.
pub(super) const CONTROL: u16 = 16;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;

/// The generic header: command, version, two reserved bytes.
const HEADER: usize = 4;

const A_HEADER: u16 = 1;
const A_HEADER_NAME: u16 = 2;
const A_LINKINFO_PORT: u16 = 2;
const A_LINKMODES_OURS: u16 = 3;
const A_WOL_MODES: u16 = 2;
const A_PRIVFLAGS_FLAGS: u16 = 2;
const A_EEPROM_OFFSET: u16 = 2;
const A_EEPROM_LENGTH: u16 = 3;
const A_EEPROM_PAGE: u16 = 4;
const A_EEPROM_BANK: u16 = 5;
const A_EEPROM_ADDRESS: u16 = 6;
const A_EEPROM_DATA: u16 = 7;

const BITSET_BITS: u16 = 3;
const BIT: u16 = 1;
const BIT_INDEX: u16 = 1;
const BIT_NAME: u16 = 2;
const BIT_VALUE: u16 = 3;

/// Returns the request for the number of the family `ethtool`.
pub(super) fn family_request() -> Vec<u8> {
    Writer::new(&[GET_FAMILY, 1, 0, 0]).put(FAMILY_NAME, b"ethtool\0").body()
}

/// Returns the number of the family.
pub(super) fn family(body: &[u8]) -> Option<u16> {
    find(body.get(HEADER..)?, FAMILY_ID)?.short()
}

/// Returns a request about the interface `name`, with further attributes.
pub(super) fn request(command: u8, name: &str, more: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut text = name.as_bytes().to_vec();
    text.push(0);
    let device = Writer::default().put(A_HEADER_NAME, &text);
    let start = Writer::new(&[command, 1, 0, 0]).nest(A_HEADER, &device);
    more.iter().fold(start, |writer, (kind, value)| writer.put(*kind, value)).body()
}

/// Link modes of a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Modes {
    pub(super) supported: Vec<String>,
    pub(super) advertised: Vec<String>,
}

/// Returns the modes of an answer: the set's mask is what the port supports,
/// its values are what it advertises.
pub(super) fn modes(body: &[u8]) -> Modes {
    let mut modes = Modes::default();
    for bit in bits(body, A_LINKMODES_OURS) {
        if bit.on {
            modes.advertised.push(bit.name.clone());
        }
        modes.supported.push(bit.name);
    }
    modes
}

/// Returns the connector's number.
pub(super) fn connector(body: &[u8]) -> Option<u8> {
    find(body.get(HEADER..)?, A_LINKINFO_PORT)?.byte()
}

/// Returns which Wake-on-LAN modes are supported and which are on, as bits.
pub(super) fn wake(body: &[u8]) -> (Option<u32>, Option<u32>) {
    if body.get(HEADER..).and_then(|rest| find(rest, A_WOL_MODES)).is_none() {
        return (None, None);
    }
    let (mut supported, mut enabled) = (0_u32, 0_u32);
    for bit in bits(body, A_WOL_MODES) {
        let mask = 1_u32.checked_shl(bit.index).unwrap_or(0);
        supported |= mask;
        enabled |= if bit.on { mask } else { 0 };
    }
    (Some(supported), Some(enabled))
}

/// Returns the driver's private flags, and which are on.
pub(super) fn private_flags(body: &[u8]) -> Vec<(String, bool)> {
    bits(body, A_PRIVFLAGS_FLAGS).into_iter().map(|bit| (bit.name, bit.on)).collect()
}

/// Returns the attributes that name a piece of a module's EEPROM.
pub(super) fn eeprom_request(at: Place) -> Vec<(u16, Vec<u8>)> {
    vec![
        (A_EEPROM_OFFSET, u32::from(at.offset).to_ne_bytes().to_vec()),
        (A_EEPROM_LENGTH, u32::from(Place::LENGTH).to_ne_bytes().to_vec()),
        (A_EEPROM_PAGE, vec![at.page]),
        (A_EEPROM_BANK, vec![0]),
        (A_EEPROM_ADDRESS, vec![at.address]),
    ]
}

/// Returns the bytes of a piece of a module's EEPROM.
pub(super) fn eeprom(body: &[u8]) -> Vec<u8> {
    let data = body.get(HEADER..).and_then(|rest| find(rest, A_EEPROM_DATA));
    data.map(|data| data.value.to_vec()).unwrap_or_default()
}

/// A bit of a verbose bitset.
struct Bit {
    index: u32,
    name: String,
    on: bool,
}

/// Returns the bits of the set in attribute `kind`.
fn bits(body: &[u8], kind: u16) -> Vec<Bit> {
    let set = body.get(HEADER..).and_then(|rest| find(rest, kind));
    let listed = set.and_then(|set| find(set.value, BITSET_BITS));
    let listed = listed.map(|bits| bits.value).unwrap_or_default();
    attributes(listed).filter(|bit| bit.kind == BIT).map(|bit| one(&bit)).collect()
}

fn one(bit: &Attribute<'_>) -> Bit {
    let mut read = Bit { index: u32::MAX, name: String::new(), on: false };
    for part in bit.inner() {
        match part.kind {
            BIT_INDEX => read.index = part.word().unwrap_or(u32::MAX),
            BIT_NAME => read.name = part.text(),
            BIT_VALUE => read.on = true,
            _ => {}
        }
    }
    if read.name.is_empty() {
        read.name = format!("bit{}", read.index);
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit(index: u32, name: &str, on: bool) -> Writer {
        let bit =
            Writer::default().put(BIT_INDEX, &index.to_ne_bytes()).put(BIT_NAME, name.as_bytes());
        if on { bit.put(BIT_VALUE, &[]) } else { bit }
    }

    fn answer(kind: u16, bits: &[Writer]) -> Vec<u8> {
        let list = bits.iter().fold(Writer::default(), |list, bit| list.nest(BIT, bit));
        let set = Writer::default().nest(BITSET_BITS, &list);
        Writer::new(&[0; HEADER]).nest(kind, &set).body()
    }

    #[test]
    fn the_mask_is_supported_and_the_values_are_advertised() {
        let bits = [bit(5, "1000baseT/Full\0", true), bit(12, "10000baseT/Full\0", false)];
        let modes = modes(&answer(A_LINKMODES_OURS, &bits));
        assert_eq!(modes.supported, ["1000baseT/Full", "10000baseT/Full"]);
        assert_eq!(modes.advertised, ["1000baseT/Full"]);
    }

    #[test]
    fn wake_modes_are_bits_and_a_number_out_of_range_is_none() {
        let bits = [bit(5, "magic\0", true), bit(0, "phy\0", false), bit(77, "?\0", true)];
        assert_eq!(wake(&answer(A_WOL_MODES, &bits)), (Some(0b10_0001), Some(0b10_0000)));
        assert_eq!(wake(&[0; HEADER]), (None, None));
        assert_eq!(wake(&[]), (None, None));
    }

    #[test]
    fn a_family_is_found_by_its_answer() {
        let body = Writer::new(&[1, 2, 0, 0]).put(FAMILY_ID, &21_u16.to_ne_bytes()).body();
        assert_eq!(family(&body), Some(21));
        assert_eq!(family(&[]), None);
    }
}
