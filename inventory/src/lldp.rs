//! LLDP neighbours: frames to facts, by IEEE 802.1AB-2016.
//!
//! A decoder on bytes; the socket is [`listen`]'s. What a frame claims is kept
//! as far as it can be read: an element that runs past the end of the frame
//! ends the reading, an element too short for its type is kept as hex, and
//! either marks the neighbour as damaged. Unknown elements are kept as hex.

mod element;
pub mod listen;
mod organisation;
mod text;
mod watch;

use crate::model::{LldpNeighbour, LldpTlv};

use element::{Element, Elements};

pub(crate) use text::mac;
pub use watch::{Heard, Port, Silence, Watch};

/// The Ethernet type of LLDP.
pub const ETHER_TYPE: u16 = 0x88cc;

/// The group addresses that LLDP is sent to: nearest bridge, nearest non-TPMR
/// bridge, nearest customer bridge (802.1AB-2016 table 7-1).
pub const GROUP_ADDRESSES: [[u8; 6]; 3] = [
    [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e],
    [0x01, 0x80, 0xc2, 0x00, 0x00, 0x03],
    [0x01, 0x80, 0xc2, 0x00, 0x00, 0x00],
];

/// Ethernet types of VLAN tags: 802.1Q, 802.1ad, and what preceded 802.1ad.
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];

/// SNAP header before the Ethernet type, where a length stands in its place.
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00];

/// The longest LLDPDU that is read: a jumbo frame.
const MAX_LLDPDU: usize = 9216;

/// The most elements that are read. A frame of 1,500 bytes with a name for
/// each of a hundred VLANs stays below it.
const MAX_ELEMENTS: usize = 256;

/// Decodes an Ethernet frame; `None` where it carries no LLDP.
///
/// The frame starts at the destination address and may have VLAN tags.
pub fn decode_frame(frame: &[u8]) -> Option<LldpNeighbour> {
    let (_destination, rest) = frame.split_first_chunk::<6>()?;
    let (source, mut rest) = rest.split_first_chunk::<6>()?;
    let mut vlan = None;
    let lldpdu = loop {
        let (ether_type, after) = rest.split_first_chunk::<2>()?;
        match u16::from_be_bytes(*ether_type) {
            ETHER_TYPE => break after,
            tag if TAGS.contains(&tag) => {
                let (control, after) = after.split_first_chunk::<2>()?;
                // The outermost tag is the one the wire's far end put there.
                vlan.get_or_insert(u32::from(u16::from_be_bytes(*control) & 0x0fff));
                rest = after;
            }
            length if length <= 1500 => rest = after.strip_prefix(&SNAP)?,
            _ => return None,
        }
    };
    let mut neighbour = decode(lldpdu);
    neighbour.source_mac = Some(mac(*source));
    neighbour.vlan = vlan;
    Some(neighbour)
}

/// Decodes an LLDPDU, the content of a frame after its Ethernet type.
pub fn decode(lldpdu: &[u8]) -> LldpNeighbour {
    let mut neighbour = LldpNeighbour::default();
    if lldpdu.len() > MAX_LLDPDU {
        damage(&mut neighbour, format!("the LLDPDU has more than {MAX_LLDPDU} bytes"));
    }
    let readable = lldpdu.get(..MAX_LLDPDU).unwrap_or(lldpdu);
    let mut count = 0_usize;
    for element in Elements::of(readable) {
        let element = match element {
            Ok(element) => element,
            Err(overrun) => {
                damage(&mut neighbour, overrun.to_string());
                break;
            }
        };
        // Chassis id, port id and time to live are mandatory and come first.
        let mandatory = u8::try_from(count).unwrap_or(u8::MAX).saturating_add(1);
        if mandatory <= 3 && element.kind != mandatory {
            damage(
                &mut neighbour,
                format!(
                    "element {} stands at byte {} where {} must stand",
                    element.kind,
                    element.at,
                    name(mandatory)
                ),
            );
        }
        count = count.saturating_add(1);
        if count > MAX_ELEMENTS {
            damage(&mut neighbour, format!("the LLDPDU has more than {MAX_ELEMENTS} elements"));
            break;
        }
        take(&mut neighbour, element);
    }
    if count < 3 {
        let missing = name(u8::try_from(count).unwrap_or(u8::MAX).saturating_add(1));
        damage(&mut neighbour, format!("the LLDPDU ends before {missing}"));
    }
    neighbour
}

/// Marks `neighbour` as damaged; the first damage is the one that is told.
pub(crate) fn damage(neighbour: &mut LldpNeighbour, what: String) {
    neighbour.damaged = true;
    neighbour.damage.get_or_insert(what);
}

/// Says whether two frames are of one neighbour: the same chassis and port,
/// heard on the same interface (802.1AB-2016 §6.6, the MSAP identifier). Frames
/// without both ids are of one neighbour only where they are equal.
/// Where they came from does not matter.
pub(crate) fn is_same(one: &LldpNeighbour, other: &mut LldpNeighbour) -> bool {
    if one.chassis_id.is_none() || one.port_id.is_none() {
        other.origin.clone_from(&one.origin);
        return one == other;
    }
    one.interface == other.interface
        && one.chassis_id_subtype == other.chassis_id_subtype
        && one.chassis_id == other.chassis_id
        && one.port_id_subtype == other.port_id_subtype
        && one.port_id == other.port_id
}

/// Takes a later frame of the same neighbour. A frame that says goodbye has
/// time to live 0 and nothing else (§9.1.2.3): what was known stays, and the
/// neighbour is gone. A damaged frame takes nothing from a whole one.
pub(crate) fn renew(known: &mut LldpNeighbour, later: LldpNeighbour) {
    if later.damaged && !known.damaged {
        return;
    }
    if later.ttl_s == Some(0) {
        known.ttl_s = Some(0);
        known.origin = later.origin;
    } else {
        *known = later;
    }
}

/// The name of a mandatory element.
fn name(kind: u8) -> &'static str {
    match kind {
        1 => "the chassis id",
        2 => "the port id",
        _ => "the time to live",
    }
}

/// Puts one element where it belongs. The first of a kind that may stand only
/// once is the one that counts.
fn take(neighbour: &mut LldpNeighbour, element: Element<'_>) {
    let read = match element.kind {
        1 if neighbour.chassis_id.is_none() => chassis_id(neighbour, element.value),
        2 if neighbour.port_id.is_none() => port_id(neighbour, element.value),
        3 if neighbour.ttl_s.is_none() => element
            .value
            .first_chunk::<2>()
            .map(|seconds| neighbour.ttl_s = Some(u32::from(u16::from_be_bytes(*seconds)))),
        4..=6 => {
            let field = match element.kind {
                4 => &mut neighbour.port_description,
                5 => &mut neighbour.system_name,
                _ => &mut neighbour.system_description,
            };
            if field.is_none() {
                *field = text::printed(element.value);
            }
            Some(())
        }
        7 => element.value.first_chunk::<4>().map(|[a, b, c, d]| {
            neighbour.capabilities = text::capabilities(u16::from_be_bytes([*a, *b]));
            neighbour.capabilities_enabled = text::capabilities(u16::from_be_bytes([*c, *d]));
        }),
        8 => management_address(element.value)
            .map(|address| neighbour.management_addresses.push(address)),
        127 => {
            organisation::take(neighbour, element);
            Some(())
        }
        _ => {
            keep(neighbour, element);
            Some(())
        }
    };
    if read.is_none() {
        short(neighbour, element);
    }
}

/// Keeps an element as it is, because it is too short for what it claims to be.
fn short(neighbour: &mut LldpNeighbour, element: Element<'_>) {
    damage(
        neighbour,
        format!(
            "element {} at byte {} has {} bytes, which is not what its type asks for",
            element.kind,
            element.at,
            element.value.len()
        ),
    );
    keep(neighbour, element);
}

/// Keeps an element as hex.
fn keep(neighbour: &mut LldpNeighbour, element: Element<'_>) {
    let organisation = (element.kind == 127).then(|| element.value.split_first_chunk::<4>());
    neighbour.other.push(match organisation.flatten() {
        Some(([a, b, c, subtype], value)) => LldpTlv {
            kind: 127,
            oui: Some(format!("{a:02x}-{b:02x}-{c:02x}")),
            subtype: Some(u32::from(*subtype)),
            value: text::hex(value),
        },
        None => LldpTlv {
            kind: u32::from(element.kind),
            oui: None,
            subtype: None,
            value: text::hex(element.value),
        },
    });
}

/// Chassis id, 1 to 255 bytes after its subtype (§8.5.2).
fn chassis_id(neighbour: &mut LldpNeighbour, value: &[u8]) -> Option<()> {
    let (subtype, id) = value.split_first()?;
    neighbour.chassis_id_subtype = Some(u32::from(*subtype));
    neighbour.chassis_id = Some(match subtype {
        4 => mac(<[u8; 6]>::try_from(id).ok()?),
        5 => text::network_address(id)?,
        _ => text::printed_or_hex(id)?,
    });
    Some(())
}

/// Port id, 1 to 255 bytes after its subtype (§8.5.3).
fn port_id(neighbour: &mut LldpNeighbour, value: &[u8]) -> Option<()> {
    let (subtype, id) = value.split_first()?;
    neighbour.port_id_subtype = Some(u32::from(*subtype));
    neighbour.port_id = Some(match subtype {
        3 => mac(<[u8; 6]>::try_from(id).ok()?),
        4 => text::network_address(id)?,
        _ => text::printed_or_hex(id)?,
    });
    Some(())
}

/// Management address: its length with subtype, then an interface number and
/// an object identifier, which have to be there though nothing is made of them
/// (§8.5.9).
fn management_address(value: &[u8]) -> Option<String> {
    let (length, rest) = value.split_first()?;
    let length = usize::from(*length);
    // A subtype and up to 31 bytes.
    let (address, rest) = rest.split_at_checked(length).filter(|_| length <= 32)?;
    let (_interface, rest) = rest.split_first_chunk::<5>()?;
    let (object, rest) = rest.split_first()?;
    rest.get(..usize::from(*object))?;
    text::network_address(address)
}

#[cfg(test)]
mod tests;
