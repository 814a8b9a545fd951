//! The clock of the log, which is the BMC's (§31.10, §31.11).

use std::time::SystemTime;

use super::Client;
use crate::{
    ipmi::{IpmiError, command::netfn},
    operation::{
        Outcome,
        clock::{Clock, date},
    },
};

/// How far a clock may be off that was set, in seconds.
const CLOSE_S: u64 = 5;

/// Returns the time of this machine's clock, in seconds of Unix time.
#[expect(clippy::disallowed_methods, reason = "the edge reads the clock")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Client {
    /// Reads the clock; a clock that was never set (it counts from its start) has no date.
    pub async fn clock(&mut self) -> Result<Clock, IpmiError> {
        let Some(unix) = self.clock_unix().await? else { return Ok(Clock::default()) };
        Ok(Clock {
            time: Some(date(unix)),
            ahead_s: Some(unix.saturating_sub(now())),
            ..Clock::default()
        })
    }

    async fn clock_unix(&mut self) -> Result<Option<i64>, IpmiError> {
        const WHAT: &str = "Get SEL Time";
        let data = self.asked(netfn::STORAGE, 0x48, &[], WHAT).await?;
        let four = data.first_chunk::<4>().ok_or(IpmiError::Malformed { what: WHAT })?;
        let seconds = u32::from_le_bytes(*four);
        // Below are seconds since the start (§37.1).
        Ok((0x2000_0000..u32::MAX).contains(&seconds).then(|| i64::from(seconds)))
    }

    /// Sets the clock to a moment in seconds of Unix time, or to this machine's, and reads it back.
    pub async fn set_clock(&mut self, wanted: Option<i64>) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Set SEL Time";
        let (sent, at) = (wanted.unwrap_or_else(now), now());
        let Ok(seconds) = u32::try_from(sent) else {
            return Ok(Outcome::Refused {
                why: (
                    "IPMI 的时钟只到 2106 年".to_owned(),
                    "a clock of IPMI ends in 2106".to_owned(),
                ),
            });
        };
        let answer = self.command(netfn::STORAGE, 0x49, &seconds.to_le_bytes(), WHAT).await?;
        if answer.code != 0 {
            return super::chassis::unsupported(WHAT, answer.code);
        }
        let found = self.clock_unix().await?;
        let expected = sent.saturating_add(now().saturating_sub(at));
        if found.is_some_and(|found| found.abs_diff(expected) <= CLOSE_S) {
            return Ok(Outcome::Done);
        }
        let found = found.map_or_else(|| "-".to_owned(), date);
        Ok(Outcome::NotKept { sent: date(expected), found })
    }
}
