//! Organisation-specific elements: IEEE 802.1, IEEE 802.3, LLDP-MED.
//!
//! What has a field in the model is put there; the rest, and what is too short
//! for its subtype, is kept as hex.

use super::element::Element;
use super::{keep, short, text};
use crate::model::{LldpAutonegotiation, LldpMed, LldpNeighbour, LldpPolicy, LldpPower};

/// IEEE 802.1 (802.1Q annex D).
const IEEE_802_1: [u8; 3] = [0x00, 0x80, 0xc2];
/// IEEE 802.3 (clause 79).
const IEEE_802_3: [u8; 3] = [0x00, 0x12, 0x0f];
/// TIA TR-41 (ANSI/TIA-1057), LLDP-MED.
const TIA: [u8; 3] = [0x00, 0x12, 0xbb];

/// Names of the MED capability bits, lowest first.
const MED_CAPABILITIES: [&str; 6] =
    ["capabilities", "network-policy", "location", "power-pse", "power-pd", "inventory"];

/// What became of an element.
enum Taken {
    /// It is in a field.
    Stored,
    /// It is sound, and has no field.
    Kept,
    /// It is too short for its subtype.
    Short,
}

impl From<Option<()>> for Taken {
    fn from(read: Option<()>) -> Self {
        match read {
            Some(()) => Self::Stored,
            None => Self::Short,
        }
    }
}

/// Puts an organisation-specific element where it belongs.
pub(super) fn take(neighbour: &mut LldpNeighbour, element: Element<'_>) {
    let Some(([a, b, c, subtype], value)) = element.value.split_first_chunk::<4>() else {
        short(neighbour, element);
        return;
    };
    let taken = match [*a, *b, *c] {
        IEEE_802_1 => ieee_802_1(neighbour, *subtype, value),
        IEEE_802_3 => ieee_802_3(neighbour, *subtype, value),
        TIA => med(neighbour, *subtype, value),
        _ => Taken::Kept,
    };
    match taken {
        Taken::Stored => {}
        Taken::Kept => keep(neighbour, element),
        Taken::Short => short(neighbour, element),
    }
}

fn ieee_802_1(neighbour: &mut LldpNeighbour, subtype: u8, value: &[u8]) -> Taken {
    match subtype {
        1 => word(value).map(|vlan| neighbour.port_vlan = Some(vlan)).into(),
        2 => value
            .split_first()
            .and_then(|(_flags, rest)| word(rest))
            .map(|vlan| neighbour.protocol_vlans.push(vlan))
            .into(),
        3 => vlan_name(neighbour, value).into(),
        // A protocol identity is the start of that protocol's frames.
        4 => match value.split_first() {
            Some((length, rest)) if rest.len() >= usize::from(*length) => Taken::Kept,
            _ => Taken::Short,
        },
        7 => aggregation(neighbour, value).into(),
        _ => Taken::Kept,
    }
}

fn vlan_name(neighbour: &mut LldpNeighbour, value: &[u8]) -> Option<()> {
    let vlan = word(value)?;
    let (length, rest) = value.get(2..)?.split_first()?;
    let name = text::printed(rest.get(..usize::from(*length))?).unwrap_or_default();
    neighbour.vlan_names.entry(vlan).or_insert(name);
    Some(())
}

/// Bit 0: can be aggregated; bit 1: is aggregated; then the aggregate's number.
fn aggregation(neighbour: &mut LldpNeighbour, value: &[u8]) -> Option<()> {
    let (status, rest) = value.split_first()?;
    let id = u32::from_be_bytes(*rest.first_chunk()?);
    neighbour.aggregated = Some(status & 2 != 0);
    neighbour.aggregation_id = Some(id);
    Some(())
}

fn ieee_802_3(neighbour: &mut LldpNeighbour, subtype: u8, value: &[u8]) -> Taken {
    match subtype {
        1 => autonegotiation(neighbour, value).into(),
        2 => power(neighbour, value).into(),
        3 => aggregation(neighbour, value).into(),
        4 => word(value).map(|bytes| neighbour.max_frame_bytes = Some(bytes)).into(),
        _ => Taken::Kept,
    }
}

fn autonegotiation(neighbour: &mut LldpNeighbour, value: &[u8]) -> Option<()> {
    let (status, rest) = value.split_first()?;
    neighbour.autonegotiation = Some(LldpAutonegotiation {
        advertised: Some(word(rest)?),
        mau_type: Some(word(rest.get(2..)?)?),
        supported: Some(status & 1 != 0),
        enabled: Some(status & 2 != 0),
    });
    Some(())
}

/// Three bytes in 802.3-2005; from 802.3at on, wattages follow.
fn power(neighbour: &mut LldpNeighbour, value: &[u8]) -> Option<()> {
    let [support, _pair, class] = *value.first_chunk::<3>()?;
    let watts = |at: usize| {
        let tenths = word(value.get(at..)?)?;
        Some(u64::from(tenths).saturating_mul(100))
    };
    neighbour.power = Some(LldpPower {
        role: Some(if support & 1 != 0 { "pse" } else { "pd" }.to_owned()),
        supported: Some(support & 2 != 0),
        enabled: Some(support & 4 != 0),
        // The standard counts from 1 for class 0.
        class: u32::from(class).checked_sub(1),
        requested_mw: watts(4),
        allocated_mw: watts(6),
    });
    Some(())
}

fn med(neighbour: &mut LldpNeighbour, subtype: u8, value: &[u8]) -> Taken {
    let med = neighbour.med.get_or_insert_with(LldpMed::default);
    let inventory = |field: &mut Option<String>| {
        *field = text::printed(value);
        Taken::Stored
    };
    match subtype {
        1 => med_capabilities(med, value).into(),
        2 => policy(med, value).into(),
        3 if is_location(value) => Taken::Kept,
        3 => Taken::Short,
        4 => value
            .split_first()
            .and_then(|(_kind, rest)| word(rest))
            .map(|tenths| med.power_mw = Some(u64::from(tenths).saturating_mul(100)))
            .into(),
        5 => inventory(&mut med.hardware),
        6 => inventory(&mut med.firmware),
        7 => inventory(&mut med.software),
        8 => inventory(&mut med.serial),
        9 => inventory(&mut med.manufacturer),
        10 => inventory(&mut med.model),
        11 => inventory(&mut med.asset_id),
        _ => Taken::Kept,
    }
}

fn med_capabilities(med: &mut LldpMed, value: &[u8]) -> Option<()> {
    let bits = word(value)?;
    let device = match value.get(2)? {
        0 => "undefined".to_owned(),
        4 => "network-connectivity".to_owned(),
        class => format!("endpoint-{class}"),
    };
    med.device = Some(device);
    med.capabilities = (0..16_u32)
        .zip(MED_CAPABILITIES.iter().map(Some).chain(std::iter::repeat(None)))
        .filter(|(bit, _)| bits.checked_shr(*bit).is_some_and(|rest| rest & 1 == 1))
        .map(|(bit, name)| name.map_or_else(|| format!("bit-{bit}"), |name| (*name).to_owned()))
        .collect();
    Some(())
}

/// Application, then U, T, a reserved bit, 12 bits of VLAN, 3 of priority, 6 of DSCP.
fn policy(med: &mut LldpMed, value: &[u8]) -> Option<()> {
    let [application, a, b, c] = *value.first_chunk::<4>()?;
    let bits = u32::from_be_bytes([0, a, b, c]);
    med.policy.push(LldpPolicy {
        application: u32::from(application),
        known: bits & 0x80_0000 == 0,
        tagged: bits & 0x40_0000 != 0,
        vlan: (bits >> 9) & 0x0fff,
        priority: (bits >> 6) & 0x07,
        dscp: bits & 0x3f,
    });
    Some(())
}

/// Says whether a location is as long as its format asks: coordinates have 16
/// bytes, a civic address its own length with kind and country; an emergency
/// number may have any (ANSI/TIA-1057 §10.2.4).
fn is_location(value: &[u8]) -> bool {
    let Some((format, location)) = value.split_first() else { return false };
    match format {
        1 => location.len() >= 16,
        2 => is_civic(location),
        _ => true,
    }
}

/// Length of the rest, what is described, two letters of country, then
/// elements of type, length and text (RFC 4776).
fn is_civic(location: &[u8]) -> bool {
    let Some((length, rest)) = location.split_first() else { return false };
    let Some(address) = rest.get(..usize::from(*length)) else { return false };
    let Some((_what_and_country, mut elements)) = address.split_first_chunk::<3>() else {
        return false;
    };
    while let Some((header, rest)) = elements.split_first_chunk::<2>() {
        let [_kind, length] = *header;
        let Some(rest) = rest.get(usize::from(length)..) else { return false };
        elements = rest;
    }
    elements.is_empty()
}

/// The first two bytes as a number.
fn word(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<2>().map(|pair| u32::from(u16::from_be_bytes(*pair)))
}
