//! The SEL: read, cleared, its clock (§31).

use std::{collections::BTreeSet, time::Duration};

use super::{Client, Found, chassis::unsupported, device::passing, now};
use crate::{
    ipmi::{
        IpmiError,
        command::{
            netfn,
            sdr::{Body, Record, Sensor},
            sel::{self, Extent},
            text,
        },
    },
    operation::{Outcome, log::Entry},
};

/// How long a BMC may take to erase it.
const ERASING: Duration = Duration::from_secs(30);
/// How long to wait before it is asked whether it is done.
const PAUSE: Duration = Duration::from_millis(100);

impl Client {
    /// Returns how much the SEL holds, and whether something was lost.
    pub async fn log_extent(&mut self) -> Result<Extent, IpmiError> {
        const WHAT: &str = "Get SEL Info";
        let data = self.asked(netfn::STORAGE, 0x40, &[], WHAT).await?;
        Extent::read(&data).ok_or(IpmiError::Malformed { what: WHAT })
    }

    /// Returns the SEL's clock, as times of entries are written; `None` where it is not set.
    pub async fn log_time(&mut self) -> Result<Option<String>, IpmiError> {
        const WHAT: &str = "Get SEL Time";
        let data = self.asked(netfn::STORAGE, 0x48, &[], WHAT).await?;
        let time = data.first_chunk().map(|four| u32::from_le_bytes(*four));
        time.map(text::time).ok_or(IpmiError::Malformed { what: WHAT })
    }

    /// Reads the SEL, the oldest entry first; entries are named by the records of their sensors
    /// where these can be read.
    pub async fn log(&mut self) -> Result<Found<Entry>, IpmiError> {
        let mut found = Found { items: Vec::new(), damage: Vec::new() };
        let extent = self.log_extent().await?;
        if extent.overflow {
            found.damage.push("entries were lost: the log was full".to_owned());
        }
        if extent.entries == 0 {
            return Ok(found);
        }
        let records = passing(self.records().await)?.unwrap_or_default();
        self.read_entries(&records, sel::FIRST, &mut found).await?;
        Ok(found)
    }

    /// Reads entries from a number on; returns the last one, as its record is.
    pub(super) async fn read_entries(
        &mut self,
        records: &[Record],
        from: u16,
        found: &mut Found<Entry>,
    ) -> Result<Option<[u8; sel::RECORD]>, IpmiError> {
        const WHAT: &str = "Get SEL Entry";
        let names =
            |owner: u8, number: u8| sensor(records, owner, number).map(|one| one.name.clone());
        let (mut id, mut seen, mut last) = (from, BTreeSet::new(), None);
        // A list that comes back to where it was would be read for ever.
        while id != sel::LAST && seen.insert(id) {
            let [low, high] = id.to_le_bytes();
            let answer =
                self.command(netfn::STORAGE, 0x43, &[0, 0, low, high, 0, 0xff], WHAT).await?;
            match (answer.code, sel::entry(&answer.data)) {
                (0, Some((next, record))) => {
                    let mut entry = sel::shown(&record, &names);
                    let [_, _, _, _, _, _, _, owner, _, _, _, number, ..] = record;
                    if let Some(sensor) = sensor(records, owner, number) {
                        sel::with_values(&mut entry, &record, sensor);
                    }
                    found.items.push(entry);
                    last = Some(record);
                    id = next;
                }
                // It was cleared meanwhile, or its first entry is none.
                (0xcb, _) => break,
                (0, None) => return Err(IpmiError::Malformed { what: WHAT }),
                (code, _) => return Err(IpmiError::Refused { what: WHAT, code }),
            }
        }
        Ok(last)
    }

    /// Clears the SEL, and reads back that it is empty, or holds nothing but the entry that tells
    /// of it. Save it first.
    pub async fn clear_log(&mut self) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Clear SEL";
        let before = self.log_extent().await?.entries;
        let reservation = self.reserve_log().await?;
        let data = sel::clear(reservation, true);
        let code = self.command(netfn::STORAGE, 0x47, &data, WHAT).await?.code;
        // Cancelled may mean that it came twice, and was done the first time; the count will tell.
        if code != 0 && code != 0xc5 {
            return unsupported(WHAT, code);
        }
        let until = now() + ERASING;
        loop {
            let data = sel::clear(reservation, false);
            let answer = self.command(netfn::STORAGE, 0x47, &data, WHAT).await?;
            let done = answer.code != 0 || answer.data.first().is_none_or(|bits| bits & 0x0f == 1);
            if done || now() > until {
                break;
            }
            self.wait(PAUSE).await?;
        }
        let found = self.log_extent().await?.entries;
        let cleared = found == 0 || found == 1 && self.tells_of_clearing().await?;
        Ok(if cleared {
            Outcome::Done
        } else {
            let entries = |count: u16| format!("{count} entries");
            Outcome::NotKept { sent: format!("{} cleared", entries(before)), found: entries(found) }
        })
    }

    async fn reserve_log(&mut self) -> Result<u16, IpmiError> {
        let answer = self.command(netfn::STORAGE, 0x42, &[], "Reserve SEL").await?;
        let number = answer.data.first_chunk().map(|two| u16::from_le_bytes(*two));
        Ok(number.filter(|_| answer.code == 0).unwrap_or(0))
    }

    /// Returns whether the first entry is "Log area reset/cleared".
    async fn tells_of_clearing(&mut self) -> Result<bool, IpmiError> {
        let what = "Get SEL Entry";
        let data = self.asked(netfn::STORAGE, 0x43, &[0, 0, 0, 0, 0, 0xff], what).await?;
        let Some((_, [.., kind, _number, _event, state, _, _])) = sel::entry(&data) else {
            return Ok(false);
        };
        Ok(kind == 0x10 && state & 0x0f == 2)
    }
}

fn sensor(records: &[Record], owner: u8, number: u8) -> Option<&Sensor> {
    records.iter().find_map(|record| match &record.body {
        Body::Sensor(sensor) if sensor.owner == owner && sensor.number == number => Some(&**sensor),
        _ => None,
    })
}
