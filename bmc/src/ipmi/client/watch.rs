//! The SEL, followed: what came since it was looked at last (§31.2, §31.5).

use super::{Client, Found};
use crate::{
    ipmi::{
        IpmiError,
        command::{
            netfn,
            sel::{self, Extent, RECORD},
        },
    },
    operation::watch::News,
};

/// How far a SEL was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogMark {
    extent: Extent,
    /// The last record, as it was.
    last: Option<[u8; RECORD]>,
}

/// What stands at a number of the SEL.
enum At {
    /// Nothing, or not any more.
    Nothing,
    /// A record, and the number of the next.
    Record(u16, [u8; RECORD]),
}

impl LogMark {
    /// Returns how many entries there were.
    pub fn entries(&self) -> u16 {
        self.extent.entries
    }
}

impl Client {
    /// Marks the end of the SEL; only what comes later is new.
    pub async fn mark_log(&mut self) -> Result<LogMark, IpmiError> {
        let extent = self.log_extent().await?;
        let last = match self.log_at(sel::LAST).await? {
            At::Record(_, record) if extent.entries > 0 => Some(record),
            At::Record(..) | At::Nothing => None,
        };
        Ok(LogMark { extent, last })
    }

    /// Returns what came since the mark, and moves it. Where nothing changed it costs one question.
    pub async fn log_news(&mut self, mark: &mut LogMark) -> Result<Vec<News>, IpmiError> {
        let mut found = Vec::new();
        let extent = self.log_extent().await?;
        if extent == mark.extent {
            return Ok(found);
        }
        let log = || "SEL".to_owned();
        if extent.overflow && !mark.extent.overflow {
            found.push(News::Full { log: log() });
        }
        let erased = extent.changed.1 != mark.extent.changed.1;
        let next = match mark.last.filter(|_| !erased) {
            Some(last) => {
                let [low, high, ..] = last;
                match self.log_at(u16::from_le_bytes([low, high])).await? {
                    At::Record(next, record) if record == last => Some(next),
                    // Another one has its number: it was cleared, or has gone round.
                    At::Record(..) | At::Nothing => None,
                }
            }
            // It was empty; unless it was cleared as well, nothing is gone.
            None if mark.extent.entries == 0 => Some(sel::FIRST),
            None => None,
        };
        let from = next.unwrap_or_else(|| {
            found.push(News::Removed { log: log() });
            sel::FIRST
        });
        let mut last = if next.is_some() { mark.last } else { None };
        if from != sel::LAST && extent.entries > 0 {
            // Sensors without names are not worth losing entries for.
            let records = super::device::passing(self.records().await)?.unwrap_or_default();
            let mut entries = Found { items: Vec::new(), damage: Vec::new() };
            let read = self.read_entries(&records, from, &mut entries).await?;
            last = read.or(last);
            found.extend(entries.items.into_iter().map(|entry| News::Entry(Box::new(entry))));
        }
        *mark = LogMark { extent, last };
        Ok(found)
    }

    /// Reads one record.
    async fn log_at(&mut self, number: u16) -> Result<At, IpmiError> {
        const WHAT: &str = "Get SEL Entry";
        let [low, high] = number.to_le_bytes();
        let answer = self.command(netfn::STORAGE, 0x43, &[0, 0, low, high, 0, 0xff], WHAT).await?;
        match (answer.code, sel::entry(&answer.data)) {
            (0, Some((next, record))) => Ok(At::Record(next, record)),
            (0, None) => Err(IpmiError::Malformed { what: WHAT }),
            // No such record, or none at all, in the words of many.
            (0xcb | 0xc9 | 0xcc | 0xc5, _) => Ok(At::Nothing),
            (code, _) => Err(IpmiError::Refused { what: WHAT, code }),
        }
    }
}
