//! What an answer to a request means for the document and for those behind it.

use std::time::Duration;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered, and its answer was read to the end.
    Status {
        /// HTTP status.
        code: u16,
        /// When to come again, where the receiver said so in seconds.
        retry_after: Option<Duration>,
        /// The beginning of what it said, for the operator.
        said: String,
    },
    /// No whole answer came: refused, reset, timed out, cut off, no such name.
    Broken(String),
    /// The other side did not prove who it is.
    Untrusted(String),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The receiver has it: remove it.
    Delivered,
    /// It will never take this one: set it aside, go on with the next.
    Refused,
    /// It takes nothing from us until somebody acts: keep all, stop here.
    Blocked,
    /// Try again after this long.
    Retry(Duration),
    /// The time is used up: keep all, stop here.
    Later,
}

/// The first pause; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(250);
/// No pause of our own choice is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// Decides what follows `answer` to the `attempt`th try (from 0).
///
/// `left` is what remains of the time to go on trying, `jitter` any random
/// number: many machines that lost one endpoint must not come back in step.
///
/// 409 and 425 are for later: while a first request with this key is still being
/// worked on, a receiver answers the second so (draft-ietf-httpapi-idempotency-key-header
/// §2.6), and that happens after every time-out. 401, 403, 407 and redirects say
/// something about us and the endpoint, not about this document.
pub fn next(answer: &Answer, attempt: u32, left: Duration, jitter: u32) -> Next {
    let asked = match answer {
        Answer::Status { code, retry_after, .. } => match code {
            200..=299 => return Next::Delivered,
            408 | 409 | 425 | 429 => *retry_after,
            300..=399 | 401 | 403 | 407 => return Next::Blocked,
            400..=499 => return Next::Refused,
            _ => *retry_after,
        },
        Answer::Broken(_) => None,
        Answer::Untrusted(_) => return Next::Blocked,
    };
    let pause = pause(attempt, jitter).max(asked.unwrap_or_default());
    if pause > left { Next::Later } else { Next::Retry(pause) }
}

/// Half of the pause is fixed, the other half is by chance.
fn pause(attempt: u32, jitter: u32) -> Duration {
    let full = FIRST.saturating_mul(1 << attempt.min(16)).min(LONGEST);
    let half = full / 2;
    half + half.mul_f64(f64::from(jitter) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn status(code: u16) -> Answer {
        Answer::Status { code, retry_after: None, said: String::new() }
    }

    #[test]
    fn every_status_has_its_meaning() {
        for code in 100..=599 {
            let next = next(&status(code), 0, MINUTE, 0);
            match code {
                200..=299 => assert_eq!(next, Next::Delivered, "{code}"),
                300..=399 | 401 | 403 | 407 => assert_eq!(next, Next::Blocked, "{code}"),
                408 | 409 | 425 | 429 | 100..=199 | 500..=599 => {
                    assert!(matches!(next, Next::Retry(_)), "{code}: {next:?}");
                }
                _ => assert_eq!(next, Next::Refused, "{code}"),
            }
        }
    }

    #[test]
    fn pauses_grow_to_a_limit_and_chance_moves_them_by_half() {
        let mut before = Duration::ZERO;
        for attempt in 0..40 {
            let (short, long) = (pause(attempt, 0), pause(attempt, u32::MAX));
            assert!(short >= before && long <= LONGEST && long <= short * 2 + FIRST, "{attempt}");
            before = short;
        }
        assert_eq!(before, LONGEST / 2);
    }

    #[test]
    fn a_pause_that_does_not_fit_leaves_the_rest_for_later() {
        let broken = Answer::Broken("refused".to_owned());
        assert_eq!(next(&broken, 0, Duration::ZERO, 0), Next::Later);
        let busy = Answer::Status { code: 503, retry_after: Some(MINUTE * 2), said: String::new() };
        assert_eq!(next(&busy, 0, MINUTE, 0), Next::Later);
        assert_eq!(next(&busy, 0, MINUTE * 3, 0), Next::Retry(MINUTE * 2));
    }

    #[test]
    fn a_peer_that_does_not_prove_itself_gets_nothing_more() {
        assert_eq!(next(&Answer::Untrusted(String::new()), 0, MINUTE, 0), Next::Blocked);
    }
}
