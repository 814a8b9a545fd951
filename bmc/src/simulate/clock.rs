//! Dates as BMCs write them (RFC 3339, UTC), from seconds of Unix time and back.

use std::time::Duration;

/// The moment of a request: how long the host has been simulated, and what the world's clock is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Since the simulator started.
    pub elapsed: Duration,
    /// Since 1970 began.
    pub unix: Duration,
}

const DAY: u64 = 86_400;

/// Writes a date: `2026-11-27T06:00:00+00:00`.
pub(super) fn date(unix_s: u64) -> String {
    let (days, second) = (unix_s / DAY, unix_s % DAY);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// Returns year, month and day of a day since 1970 began.
pub(super) fn civil(days: u64) -> (u64, u64, u64) {
    // Years of 400 repeat; they begin with March, so that the leap day is the last.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, date)
}

/// Reads a date of that form, with `Z` or an offset of hours and minutes.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once('T')?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (time, zone) = match rest.find(['Z', '+', '-']) {
        Some(at) => rest.split_at_checked(at)?,
        None => (rest, "Z"),
    };
    let mut parts = time.split('.').next()?.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (shifted, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let local = days.checked_sub(719_468)? * DAY + hour * 3600 + minute * 60 + second;
    let offset = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        let part = |text: &str| text.parse::<u8>().ok().map(u64::from);
        Some(part(hours)? * 3600 + part(minutes)? * 60)
    };
    match zone.split_at_checked(1)? {
        ("Z", "") => Some(local),
        ("+", behind) => local.checked_sub(offset(behind)?),
        ("-", behind) => Some(local + offset(behind)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // By `date -u -d @N +%FT%T`.
        for (unix, text) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (951_782_400, "2000-02-29T00:00:00+00:00"),
            (1_795_759_200, "2026-11-27T06:00:00+00:00"),
            (4_107_542_399, "2100-02-28T23:59:59+00:00"),
        ] {
            assert_eq!(date(unix), text);
        }
        assert_eq!(seconds("2026-11-27T14:00:00+08:00"), Some(1_795_759_200));
        assert_eq!(seconds("2026-11-27T06:00:00.5Z"), Some(1_795_759_200));
        assert_eq!(seconds("yesterday"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(unix in 0_u64..200_000_000_000) {
            prop_assert_eq!(seconds(&date(unix)), Some(unix));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", other in "[0-9TZ:+-]{0,30}") {
            let _read = (seconds(&text), seconds(&other));
        }
    }
}
