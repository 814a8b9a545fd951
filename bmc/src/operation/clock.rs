//! Clocks: dates as BMCs write them, and how far a clock is off.

/// A BMC's clock; each part is `None` where the BMC does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// What it says: RFC 3339, or the BMC's own words where they are no date.
    pub time: Option<String>,
    /// How far it is ahead of this machine's clock, in seconds.
    pub ahead_s: Option<i64>,
    /// Its zone, in the BMC's word.
    pub zone: Option<String>,
    /// Whether it is set by NTP.
    pub ntp: Option<bool>,
    /// The servers of NTP.
    pub servers: Vec<String>,
}

const DAY: i64 = 86_400;

/// A date that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// What the clock shows, as if it were of UTC: seconds of Unix time.
    pub local: i64,
    /// How far its zone is ahead of UTC, in seconds, where it says so.
    pub offset: Option<i64>,
}

impl Stamp {
    /// Returns the moment, in seconds of Unix time; without a zone it is taken for UTC.
    pub fn unix(self) -> i64 {
        self.local - self.offset.unwrap_or(0)
    }
}

/// Writes a moment as RFC 3339, in UTC: `2026-11-27T06:00:00Z`.
pub fn date(unix_s: i64) -> String {
    format!("{}Z", local(unix_s))
}

/// Writes a moment in a zone, so many seconds ahead of UTC; without one, as a date alone.
pub fn date_in(unix_s: i64, offset: Option<i64>) -> String {
    let Some(offset) = offset else { return local(unix_s) };
    let (sign, size) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
    let shown = local(unix_s.saturating_add(offset));
    format!("{shown}{sign}{:02}:{:02}", size / 3600, size / 60 % 60)
}

fn local(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Years of 400 repeat; they begin with March, so that the leap day is the last.
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Returns the days since 1970-01-01 (proleptic Gregorian calendar); no year beyond four digits.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that a leap day is the last of one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Reads a date as RFC 3339 has it, and in the forms of BMCs that come near: a blank for the `T`,
/// no zone, a zone in another spelling.
pub fn read(text: &str) -> Option<Stamp> {
    let text = text.trim();
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let at = rest.find(|one: char| !(one.is_ascii_digit() || one == ':' || one == '.'));
    let (time, zone) = at.map_or((rest, ""), |at| rest.split_at(at));
    let mut parts = time.split('.').next()?.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    let local = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    let offset = match zone.trim() {
        "" => None,
        zone => Some(offset(zone)?),
    };
    Some(Stamp { local, offset })
}

/// Reads how far a zone is ahead of UTC: `Z`, `+08:00`, `+8:00`, `+0800`, `UTC+08:00`, `GMT+8`.
pub fn offset(zone: &str) -> Option<i64> {
    let zone = zone.trim();
    let bare = zone.strip_prefix("UTC").or_else(|| zone.strip_prefix("GMT")).unwrap_or(zone);
    if bare.is_empty() || bare.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, digits) = match bare.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let part = |text: &str, most: i64| {
        let number = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 2;
        text.parse::<i64>().ok().filter(|value| number && *value <= most)
    };
    Some(sign * (part(hours, 14)? * 3600 + part(minutes, 59)? * 60))
}

/// Returns how far a zone is ahead of UTC that is told by its name: China's, which has one zone and
/// no summer time. Other names would want a table of zones.
pub fn named(zone: &str) -> Option<i64> {
    matches!(zone.trim(), "Asia/Shanghai" | "PRC" | "CST-8").then_some(8 * 3600)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_read_in_each_form() {
        for (text, local, offset) in [
            ("1970-01-01T00:00:00Z", 0, Some(0)),
            // As a Huawei iBMC 3.12 has it.
            ("2019-02-15T07:09:03+08:00", 1_550_214_543, Some(28_800)),
            ("2019-02-15 07:09:03", 1_550_214_543, None),
            ("2019-02-15T07:09:03.250-0130", 1_550_214_543, Some(-5_400)),
            ("2019-02-15T07:09:03 UTC+8:00", 1_550_214_543, Some(28_800)),
        ] {
            assert_eq!(read(text), Some(Stamp { local, offset }), "{text}");
        }
        for text in ["", "2019-02-15", "2019-13-15T07:09:03Z", "2019-02-15T24:00:00Z", "T", "é T é"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(date(1_550_185_743), "2019-02-14T23:09:03Z");
        assert_eq!(date_in(1_550_185_743, Some(28_800)), "2019-02-15T07:09:03+08:00");
        assert_eq!(date_in(1_550_185_743, Some(-5_400)), "2019-02-14T21:39:03-01:30");
        assert_eq!(date_in(1_550_185_743, None), "2019-02-14T23:09:03");
    }

    #[test]
    fn zones_read_in_each_form() {
        for (zone, expected) in [
            ("Z", Some(0)),
            ("+0:00", Some(0)),
            ("GMT+8", Some(28_800)),
            ("-05:30", Some(-19_800)),
            ("+25:00", None),
            ("+08:60", None),
            ("Asia/Shanghai", None),
            ("+", None),
        ] {
            assert_eq!(offset(zone), expected, "{zone}");
        }
        assert_eq!(named("Asia/Shanghai"), Some(28_800));
        assert_eq!(named("Europe/Berlin"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(unix in 0_i64..253_000_000_000, hours in -12_i64..=14) {
            prop_assert_eq!(read(&date(unix)).map(Stamp::unix), Some(unix));
            let zone = Some(hours * 3600);
            prop_assert_eq!(read(&date_in(unix, zone)).map(Stamp::unix), Some(unix));
        }

        #[test]
        fn any_text_is_a_date_or_none(text in ".{0,40}") {
            let _read = (read(&text), offset(&text));
        }
    }
}
