//! When a BMC is asked once more, and when it is left alone.

use std::time::{Duration, Instant, SystemTime};

use super::script::{Method, Reply};

/// Longest that a `Retry-After` is heeded.
pub const LONGEST: Duration = Duration::from_mins(1);
/// Times that a request is sent at most.
pub const TIMES: u32 = 5;
/// Times in a row that a BMC may be silent.
pub const SILENCES: u32 = 3;
/// How long one that was silent is left alone before it is asked one thing.
pub const REST: Duration = Duration::from_secs(30);

/// Returns how long to wait before a request is sent again; `None` where it is not.
///
/// `sent` is how often it was sent, `now` is for a `Retry-After` that is a date, and `jitter`,
/// below 256, spreads the requests of a fleet. What asks for a read is asked again; a change only
/// where the answer says that it was not taken (429, 503), and an action never: it may have been
/// done, and who sent it looks at the state first.
pub fn again(
    method: Method,
    reply: &Reply,
    sent: u32,
    now: SystemTime,
    jitter: u8,
) -> Option<Duration> {
    let status = reply.status?;
    let most = match (method, status) {
        (Method::Get | Method::Delete | Method::Patch, 429 | 503) => TIMES,
        (Method::Get, 500 | 502 | 504) => 2,
        _ => return None,
    };
    if sent >= most {
        return None;
    }
    let spread = |time: Duration| time + time.mul_f32(f32::from(jitter) / 1024.0);
    let asked = reply.header("retry-after").and_then(|text| retry_after(text, now));
    Some(asked.unwrap_or_else(|| spread(Duration::from_secs(1 << sent.saturating_sub(1).min(3)))))
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110 §10.2.3); at most [`LONGEST`].
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    let time = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(time.min(LONGEST))
}

/// Whether a BMC is asked at all: after [`SILENCES`] in a row it is left alone, and then asked
/// one thing at a time until it answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Breaker {
    silences: u32,
    rests_until: Option<Instant>,
}

impl Breaker {
    /// Asks whether a request may be sent now; `Err` has the number of silences.
    pub fn may_ask(&mut self, now: Instant) -> Result<(), u32> {
        match self.rests_until {
            Some(until) if now < until => Err(self.silences),
            Some(_) => {
                // One probe; others rest until it is answered.
                self.rests_until = Some(now + REST);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// It answered, whatever it said.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// It did not answer in time.
    pub fn was_silent(&mut self, now: Instant) {
        self.silences = self.silences.saturating_add(1);
        if self.silences >= SILENCES {
            self.rests_until = Some(now + REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, retry: Option<&str>) -> Reply {
        let headers = retry.map(|text| ("retry-after".to_owned(), text.to_owned()));
        Reply { status: Some(status), headers: headers.into_iter().collect(), ..Reply::default() }
    }

    #[test]
    fn reads_are_repeated_changes_sometimes_and_actions_never() {
        let now = SystemTime::UNIX_EPOCH;
        let seconds = |method, status, sent| {
            again(method, &reply(status, None), sent, now, 0).map(|time| time.as_secs())
        };
        let waits: Vec<_> = (1..=5).map(|sent| seconds(Method::Get, 503, sent)).collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(8), None]);
        assert_eq!(seconds(Method::Get, 500, 1), Some(1));
        assert_eq!(seconds(Method::Get, 500, 2), None);
        assert_eq!(seconds(Method::Get, 404, 1), None);
        assert_eq!(seconds(Method::Patch, 503, 1), Some(1));
        assert_eq!(seconds(Method::Patch, 500, 1), None);
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(seconds(Method::Post, status, 1), None);
        }
        assert_eq!(again(Method::Get, &Reply::default(), 1, now, 0), None);
    }

    #[test]
    fn the_time_that_a_bmc_asks_for_is_waited_up_to_a_minute() {
        let now = httpdate::parse_http_date("Fri, 27 Nov 2026 06:00:00 GMT").expect("a date");
        let cases = [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("86400", Some(60)),
            ("Fri, 27 Nov 2026 06:00:09 GMT", Some(9)),
            ("Fri, 27 Nov 2026 05:00:00 GMT", Some(0)),
            ("Sat, 28 Nov 2026 06:00:00 GMT", Some(60)),
            ("soon", None),
            ("-1", None),
            ("99999999999999999999999", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text}");
            let wait = again(Method::Get, &reply(503, Some(text)), 1, now, 0);
            assert_eq!(wait, Some(Duration::from_secs(seconds.unwrap_or(1))), "{text}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test has to begin at some time")]
    fn one_that_hangs_is_left_alone_and_asked_one_thing_later() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..2 {
            breaker.was_silent(now);
        }
        assert_eq!(breaker.may_ask(now), Ok(()));
        breaker.was_silent(now);
        assert_eq!(breaker.may_ask(now), Err(3));
        let later = now + REST;
        assert_eq!(breaker.may_ask(later), Ok(()), "the probe");
        assert_eq!(breaker.may_ask(later), Err(3), "no second one beside it");
        breaker.answered();
        assert_eq!(breaker.may_ask(later), Ok(()));
    }
}
