//! Records of sensors and parts, and what the sensors read (§33, §35).

use std::collections::BTreeSet;

use super::{Client, Found};
use crate::{
    ipmi::{
        IpmiError,
        command::{
            netfn,
            sdr::{self, Body, Factors, Record},
            sensor::{self, Reading},
        },
        completion,
        wire::message::Request,
    },
    operation::sensor::{Sensor, Thresholds},
};

/// What comes after the last record.
const LAST: u16 = 0xffff;
/// The address of the BMC itself.
const BMC: u8 = 0x20;
/// Bytes of a record that are asked for at a time, where it is not given whole: less and less.
const CHUNKS: [u8; 4] = [64, 32, 16, 8];
/// How often a reservation that was cancelled is had again.
const RESERVATIONS: usize = 8;

/// Where records are kept: the commands to reserve and to get.
struct Store {
    netfn: u8,
    reserve: u8,
    get: u8,
}

/// The repository of the whole machine (§33), and what a BMC without one has (§35.2 to §35.4).
const REPOSITORY: Store = Store { netfn: netfn::STORAGE, reserve: 0x22, get: 0x23 };
const DEVICE: Store = Store { netfn: netfn::SENSOR, reserve: 0x22, get: 0x21 };

impl Client {
    /// Reads all sensors that the records name, with their thresholds. A sensor that the BMC
    /// refuses to read stays in the list, its state unknown, and is told of in the damage.
    pub async fn sensors(&mut self) -> Result<Found<Sensor>, IpmiError> {
        let records = self.records().await?;
        let mut found = Found { items: Vec::new(), damage: Vec::new() };
        for record in &records {
            match &record.body {
                Body::Sensor(sensor) if !sensor.silent => {
                    let one = self.read_sensor(sensor, &mut found.damage).await?;
                    found.items.push(one);
                }
                _ => {}
            }
        }
        Ok(found)
    }

    async fn read_sensor(
        &mut self,
        sensor: &sdr::Sensor,
        damage: &mut Vec<String>,
    ) -> Result<Sensor, IpmiError> {
        // What another controller has would be asked for through the BMC (Send Message).
        if sensor.owner != BMC {
            damage.push(format!(
                "{}: it belongs to the controller {:#04x}, which is not asked",
                sensor.name, sensor.owner
            ));
            return Ok(sensor::shown(sensor, None, Thresholds::default()));
        }
        let answer = self.of_sensor(sensor, 0x2d, &[], "Get Sensor Reading").await?;
        let reading = match answer.0 {
            0 => Reading::read(&answer.1),
            // It is named, and not there now.
            0xcb => Some(Reading { raw: 0, available: false, states: 0 }),
            code => {
                let why = completion::meaning(code).1;
                damage.push(format!("{}: the BMC does not read it: {why}", sensor.name));
                None
            }
        };
        let mut thresholds = Thresholds::default();
        if sensor.readable != 0 && sensor.factors.is_some() {
            let (code, data) = self.of_sensor(sensor, 0x27, &[], "Get Sensor Thresholds").await?;
            if code == 0 {
                thresholds = sensor::thresholds(&data, sensor);
            }
        }
        let mut sensor = sensor.clone();
        if let (Some(factors), Some(reading)) = (sensor.factors.filter(Factors::vary), reading) {
            // The record has none: each reading has its own.
            let what = "Get Sensor Reading Factors";
            let (code, data) = self.of_sensor(&sensor, 0x23, &[reading.raw], what).await?;
            sensor.factors = factors.at(&data).filter(|_| code == 0);
        }
        Ok(sensor::shown(&sensor, reading, thresholds))
    }

    async fn of_sensor(
        &mut self,
        sensor: &sdr::Sensor,
        command: u8,
        data: &[u8],
        what: &'static str,
    ) -> Result<(u8, Vec<u8>), IpmiError> {
        let mut all = vec![sensor.number];
        all.extend(data);
        let request = Request { netfn: netfn::SENSOR, lun: sensor.lun, command, data: all };
        let answer = self.ask(request, what, false).await?;
        Ok((answer.code, answer.data))
    }

    /// Reads the records of sensors and parts, once a session.
    pub async fn records(&mut self) -> Result<Vec<Record>, IpmiError> {
        if let Some(records) = &self.records {
            return Ok(records.clone());
        }
        let repository = self.read_records(&REPOSITORY).await?;
        let records = match repository {
            Some(records) if !records.is_empty() => records,
            _ => self.read_records(&DEVICE).await?.unwrap_or_default(),
        };
        self.records = Some(records.clone());
        Ok(records)
    }

    /// Reads the records of a store; `None` where the BMC has no such store.
    async fn read_records(&mut self, store: &Store) -> Result<Option<Vec<Record>>, IpmiError> {
        let mut out = Vec::new();
        let (mut id, mut seen) = (0, BTreeSet::new());
        let mut reservation = self.reserve(store).await?;
        let mut cancelled = 0;
        // A list that comes back to where it was would be read for ever.
        while id != LAST && seen.insert(id) {
            match self.read_record(store, reservation, id).await? {
                Piece::Record { next, bytes } => {
                    out.extend(sdr::read(&bytes).into_iter().flatten());
                    id = next;
                }
                Piece::Cancelled if cancelled < RESERVATIONS => {
                    cancelled += 1;
                    seen.remove(&id);
                    reservation = self.reserve(store).await?;
                }
                Piece::Refused(code) if id == 0 && matches!(code, 0xc1 | 0xc2 | 0xd4) => {
                    return Ok(None);
                }
                // An empty store has no first record.
                Piece::Refused(0xcb) if id == 0 => break,
                Piece::Refused(code) => {
                    return Err(IpmiError::Refused { what: "Get SDR", code });
                }
                Piece::Cancelled => {
                    return Err(IpmiError::Refused { what: "Get SDR", code: 0xc5 });
                }
            }
        }
        Ok(Some(out))
    }

    /// Returns a reservation; 0 where the BMC gives none, with which whole records are had.
    async fn reserve(&mut self, store: &Store) -> Result<u16, IpmiError> {
        let what = "Reserve SDR Repository";
        let answer = self.command(store.netfn, store.reserve, &[], what).await?;
        let number = answer.data.first_chunk().map(|two| u16::from_le_bytes(*two));
        Ok(number.filter(|_| answer.code == 0).unwrap_or(0))
    }

    async fn read_record(
        &mut self,
        store: &Store,
        reservation: u16,
        id: u16,
    ) -> Result<Piece, IpmiError> {
        let whole = self.read_piece(store, reservation, id, 0, 0xff).await?;
        let (next, mut bytes) = match whole {
            Piece::Record { next, bytes } => (next, bytes),
            // "That many bytes I cannot return", in the words of many.
            Piece::Refused(0xc7 | 0xc8 | 0xc9 | 0xca | 0xcc | 0xff) => {
                let head = u8::try_from(sdr::HEAD).unwrap_or(5);
                match self.read_piece(store, reservation, id, 0, head).await? {
                    Piece::Record { next, bytes } => (next, bytes),
                    other => return Ok(other),
                }
            }
            other => return Ok(other),
        };
        let Some(length) = sdr::length(&bytes) else {
            return Ok(Piece::Record { next, bytes });
        };
        let mut chunks = CHUNKS.into_iter().peekable();
        while bytes.len() < length {
            let Some(chunk) = chunks.peek().copied() else { break };
            let left = u8::try_from(length - bytes.len()).unwrap_or(chunk).min(chunk);
            // 5 and 255 bytes: the length of a record is one byte.
            let Ok(offset) = u8::try_from(bytes.len()) else { break };
            match self.read_piece(store, reservation, id, offset, left).await? {
                Piece::Record { bytes: more, .. } if !more.is_empty() => bytes.extend(more),
                Piece::Cancelled => return Ok(Piece::Cancelled),
                Piece::Record { .. } | Piece::Refused(_) => {
                    chunks.next();
                }
            }
        }
        bytes.truncate(length);
        Ok(Piece::Record { next, bytes })
    }

    async fn read_piece(
        &mut self,
        store: &Store,
        reservation: u16,
        id: u16,
        offset: u8,
        length: u8,
    ) -> Result<Piece, IpmiError> {
        let [r0, r1] = reservation.to_le_bytes();
        let [i0, i1] = id.to_le_bytes();
        let data = [r0, r1, i0, i1, offset, length];
        let answer = self.command(store.netfn, store.get, &data, "Get SDR").await?;
        Ok(match (answer.code, answer.data.split_first_chunk()) {
            (0, Some((next, bytes))) => {
                Piece::Record { next: u16::from_le_bytes(*next), bytes: bytes.to_vec() }
            }
            (0, None) => Piece::Refused(0xca),
            (0xc5, _) => Piece::Cancelled,
            (code, _) => Piece::Refused(code),
        })
    }
}

/// What asking for a record came to.
enum Piece {
    Record { next: u16, bytes: Vec<u8> },
    Cancelled,
    Refused(u8),
}
