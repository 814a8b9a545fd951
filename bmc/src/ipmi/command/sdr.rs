//! What a BMC says its sensors and parts are: sensor data records (§33, §43).

mod factors;
mod unit;

use super::text;
use crate::ipmi::wire::{byte, take, word};

pub use factors::{Factors, Format};
pub use unit::unit;

/// Bytes before a record's body: id, version, type, length.
pub const HEAD: usize = 5;

/// A record as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number.
    pub id: u16,
    /// What it is.
    pub body: Body,
}

/// What a record is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A sensor, of one of the three kinds of records.
    Sensor(Box<Sensor>),
    /// A part with a FRU of its own.
    Fru(Locator),
    /// A management controller.
    Controller(Locator),
    /// Another type, not looked into.
    Other(u8),
}

/// A sensor, as its record has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Who has it: 0x20 for the BMC itself.
    pub owner: u8,
    /// The unit of the owner.
    pub lun: u8,
    /// The channel that the owner is on.
    pub channel: u8,
    /// Its number.
    pub number: u8,
    /// What it is a sensor of: entity and instance.
    pub entity: (u8, u8),
    /// Its type (table 42-3).
    pub kind: u8,
    /// What its states mean (table 42-1): 1 for thresholds.
    pub event: u8,
    /// What it can: bits of §43.1, byte 12.
    pub capabilities: u8,
    /// Which thresholds read, from bit 0: lower non-critical, critical, non-recoverable, upper
    /// non-critical, critical, non-recoverable.
    pub readable: u8,
    /// How its numbers are made; none of a discrete one.
    pub factors: Option<Factors>,
    /// The three bytes of its unit.
    pub unit: [u8; 3],
    /// Positive- and negative-going hysteresis, raw.
    pub hysteresis: (u8, u8),
    /// Its name.
    pub name: String,
    /// Whether it only ever sends events.
    pub silent: bool,
}

/// Where a part or controller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    /// The address that it is reached by.
    pub address: u8,
    /// Its number there, where it is a logical FRU.
    pub device: u8,
    /// Whether it is a logical FRU: read by command, by its number.
    pub logical: bool,
    /// The unit and bus behind the address.
    pub lun_bus: u8,
    /// The channel.
    pub channel: u8,
    /// What it is of: entity and instance.
    pub entity: (u8, u8),
    /// Its name.
    pub name: String,
}

/// Returns how long a record is by its head: head and body.
pub fn length(head: &[u8]) -> Option<usize> {
    head.get(HEAD - 1).map(|body| HEAD + usize::from(*body))
}

/// Reads a record, and the sensors that share it; what is behind its length is not looked at:
/// `ipmi_sim` sends six bytes more.
pub fn read(bytes: &[u8]) -> Option<Vec<Record>> {
    let mut rest = bytes;
    let id = word(&mut rest)?;
    let [_version, kind, length] = *take::<3>(&mut rest)?;
    let body = rest.get(..usize::from(length))?;
    let record = |body| Record { id, body };
    let one = match kind {
        0x01 => Body::Sensor(Box::new(full(body)?)),
        0x02 => return Some(shared(compact(body)?).into_iter().map(record).collect()),
        0x03 => return Some(shared(event_only(body)?).into_iter().map(record).collect()),
        0x11 => Body::Fru(fru(body)?),
        0x12 => Body::Controller(controller(body)?),
        other => Body::Other(other),
    };
    Some(vec![record(one)])
}

/// What full and compact records begin with.
fn common(bytes: &mut &[u8]) -> Option<Sensor> {
    let [owner, channel_lun, number, entity, instance, _initial, capabilities, kind, event] =
        *take::<9>(bytes)?;
    let _masks = take::<4>(bytes)?;
    let [readable, _settable] = *take::<2>(bytes)?;
    let unit = *take::<3>(bytes)?;
    Some(Sensor {
        owner,
        lun: channel_lun & 0x03,
        channel: channel_lun >> 4,
        number,
        entity: (entity, instance),
        kind,
        event,
        capabilities,
        // Access to thresholds: 1 readable, 2 readable and settable; 0 none, 3 fixed.
        readable: match capabilities >> 2 & 0x03 {
            1 | 2 if event == 0x01 => readable & 0x3f,
            _ => 0,
        },
        factors: None,
        unit,
        hysteresis: (0, 0),
        name: String::new(),
        silent: false,
    })
}

fn full(mut bytes: &[u8]) -> Option<Sensor> {
    let mut sensor = common(&mut bytes)?;
    let [units, ..] = sensor.unit;
    let linearization = byte(&mut bytes)?;
    sensor.factors = Factors::read(units, linearization, take(&mut bytes)?);
    let _analog = take::<12>(&mut bytes)?;
    let [positive, negative] = *take(&mut bytes)?;
    sensor.hysteresis = (positive, negative);
    let _reserved = take::<3>(&mut bytes)?;
    sensor.name = text::take(&mut bytes, false)?;
    Some(sensor)
}

/// How a record is shared: how many sensors, how they are named, and from which number.
struct Sharing {
    sensor: Sensor,
    count: u8,
    letters: bool,
    offset: u8,
}

fn compact(mut bytes: &[u8]) -> Option<Sharing> {
    let mut sensor = common(&mut bytes)?;
    let [share, offset, positive, negative] = *take::<4>(&mut bytes)?;
    sensor.hysteresis = (positive, negative);
    // A threshold of it cannot be read in a unit: it has no factors.
    sensor.readable = 0;
    let _reserved = take::<4>(&mut bytes)?;
    sensor.name = text::take(&mut bytes, false)?;
    Some(sharing(sensor, share, offset))
}

fn event_only(mut bytes: &[u8]) -> Option<Sharing> {
    let [owner, channel_lun, number, entity, instance, kind, event] = *take::<7>(&mut bytes)?;
    let [share, offset, _reserved, _oem] = *take::<4>(&mut bytes)?;
    let sensor = Sensor {
        owner,
        lun: channel_lun & 0x03,
        channel: channel_lun >> 4,
        number,
        entity: (entity, instance),
        kind,
        event,
        capabilities: 0,
        readable: 0,
        factors: None,
        unit: [0; 3],
        hysteresis: (0, 0),
        name: text::take(&mut bytes, false)?,
        silent: true,
    };
    Some(sharing(sensor, share, offset))
}

fn sharing(sensor: Sensor, share: u8, offset: u8) -> Sharing {
    Sharing { sensor, count: share & 0x0f, letters: share >> 4 & 0x03 == 1, offset: offset & 0x7f }
}

/// Makes the sensors that share a record: each has a number, and its place behind the name.
fn shared(sharing: Sharing) -> Vec<Body> {
    let Sharing { sensor, count, letters, offset } = sharing;
    if count <= 1 {
        return vec![Body::Sensor(Box::new(sensor))];
    }
    let one = |at: u8| {
        let place = offset.wrapping_add(at);
        let number = sensor.number.wrapping_add(at);
        let place = if letters { letter(place) } else { place.to_string() };
        let name = format!("{}{place}", sensor.name);
        Body::Sensor(Box::new(Sensor { number, name, ..sensor.clone() }))
    };
    (0..count).map(one).collect()
}

/// Names a place by letters: A to Z, AA and so on.
fn letter(place: u8) -> String {
    let last = char::from(b'A' + place % 26);
    match place / 26 {
        0 => last.to_string(),
        first => format!("{}{last}", char::from(b'A' + (first - 1) % 26)),
    }
}

fn fru(mut bytes: &[u8]) -> Option<Locator> {
    let [address, device, access, channel, _reserved, _type, _modifier, entity, instance, _oem] =
        *take::<10>(&mut bytes)?;
    Some(Locator {
        address,
        device,
        logical: access & 0x80 != 0,
        lun_bus: access & 0x1f,
        channel: channel >> 4,
        entity: (entity, instance),
        name: text::take(&mut bytes, false)?,
    })
}

fn controller(mut bytes: &[u8]) -> Option<Locator> {
    let [address, channel, _power, _capabilities, _, _, _, entity, instance, _oem] =
        *take::<10>(&mut bytes)?;
    Some(Locator {
        address,
        device: 0,
        logical: false,
        lun_bus: 0,
        channel: channel & 0x0f,
        entity: (entity, instance),
        name: text::take(&mut bytes, false)?,
    })
}

#[cfg(test)]
mod tests;
