//! Texts and times as SDRs, FRUs and the SEL have them (FRU storage definition 1.0 §13, IPMI 2.0
//! §37, §43.15).

/// Digits of "BCD plus".
const BCD: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ' ', '-', '.', ':', ',', '_'];

/// Takes a text with its type and length off the front: at once the text, and whether there was one
/// at all. `None` where the bytes end before it does.
pub fn take(bytes: &mut &[u8], unicode: bool) -> Option<String> {
    let (head, rest) = bytes.split_first()?;
    let (body, rest) = rest.split_at_checked(usize::from(head & 0x3f))?;
    *bytes = rest;
    Some(read(*head, body, unicode))
}

/// Reads a text of a type; `unicode` is that of a FRU in another language than English.
pub fn read(kind: u8, body: &[u8], unicode: bool) -> String {
    match kind >> 6 {
        // Binary in a FRU, Unicode in an SDR, and many put plain text there.
        0 if body.iter().all(|byte| matches!(byte, 0x20..0x7f)) => latin(body),
        0 => hexadecimal(body),
        1 => body
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0x0f])
            .filter_map(|digit| BCD.get(usize::from(digit)))
            .collect::<String>()
            .trim_end()
            .to_owned(),
        2 => six_bit(body),
        _ if unicode && body.len() > 1 => {
            let words = body.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two));
            let text: String = char::decode_utf16(words).filter_map(Result::ok).collect();
            text.trim_end_matches('\0').to_owned()
        }
        _ => latin(body),
    }
}

/// Reads text of 8 bits: UTF-8 where it is, as newer BMCs write it, and else Latin 1; spaces and
/// zeros at its end are filling, and what would move a terminal's cursor is left out.
fn latin(body: &[u8]) -> String {
    let text = match str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => body.iter().map(|byte| char::from(*byte)).collect(),
    };
    let text: String = text.chars().filter(|one| !one.is_control()).collect();
    text.trim_end().to_owned()
}

/// Reads text of 6 bits, four characters in three bytes, the low bits first.
fn six_bit(body: &[u8]) -> String {
    let mut text = String::new();
    for part in body.chunks(3) {
        let number = part.iter().rev().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        for at in 0..part.len() * 8 / 6 {
            let six = number >> (at * 6) & 0x3f;
            text.extend(char::from_u32(0x20 + six));
        }
    }
    text.trim_end().to_owned()
}

/// Writes bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// Seconds up to which a time counts from the start of the BMC (§37.1).
const SINCE_START: u32 = 0x2000_0000;

/// Returns a time of a BMC's clock: RFC 3339, seconds after its start (`+42`), or none.
pub fn time(seconds: u32) -> Option<String> {
    match seconds {
        u32::MAX => None,
        0..=SINCE_START => Some(format!("+{seconds}")),
        _ => Some(date(i64::from(seconds))),
    }
}

/// Returns the time so many minutes after the start of 1996, of a FRU's board; 0 is none.
pub fn made(minutes: u32) -> Option<String> {
    const FROM: i64 = 820_454_400;
    (minutes != 0).then(|| date(FROM + i64::from(minutes) * 60))
}

/// Writes seconds since 1970 as RFC 3339.
fn date(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years begin in March, so that the leap day is their last; eras have 400 of them.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (year, month) =
        if month < 10 { (era * 400 + year, month + 3) } else { (era * 400 + year + 1, month - 9) };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_of_each_type_read() {
        for (bytes, unicode, text) in [
            (&[0xc3, b'a', b'b', b'c', 9][..], false, "abc"),
            (&[0xc2, 0xb0, b'C'], false, "°C"),
            (&[0xc3, 0xe5, 0x8d, 0x8e], false, "华"),
            (&[0xc4, 0x4e, 0x53, 0x2d, 0x4e], true, "华中".get(0..0).unwrap_or_default()),
            (&[0x42, 0x12, 0xbc], false, "12-."),
            // "IPMI", the example of the FRU storage definition §13.3.
            (&[0x83, 0x29, 0xdc, 0xa6], false, "IPMI"),
            (&[0x02, 0x00, 0xff], false, "00ff"),
            (&[0xc4, b'A', 0x1b, b'B', b' '], false, "AB"),
            (&[0xc0], false, ""),
        ] {
            let mut rest = bytes;
            let read = take(&mut rest, unicode).expect("a text");
            if !text.is_empty() || bytes.len() == 1 {
                assert_eq!(read, text, "{bytes:02x?}");
            }
        }
        assert_eq!(read(0xc4, &[0x4e, 0x53, 0x2d, 0x4e], true), "\u{534e}\u{4e2d}");
        assert_eq!(take(&mut &[0xc3, b'a'][..], false), None);
        assert_eq!(take(&mut &[][..], false), None);
    }

    #[test]
    fn times_are_dates_or_counts() {
        for (seconds, text) in [
            (0, Some("+0")),
            (42, Some("+42")),
            (951_782_400, Some("2000-02-29T00:00:00Z")),
            (1_709_251_199, Some("2024-02-29T23:59:59Z")),
            (u32::MAX - 1, Some("2106-02-07T06:28:14Z")),
            (u32::MAX, None),
        ] {
            assert_eq!(time(seconds).as_deref(), text);
        }
        assert_eq!(made(0), None);
        assert_eq!(made(10_000_000).as_deref(), Some("2015-01-05T10:40:00Z"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_text(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            unicode: bool,
        ) {
            let mut rest = bytes.as_slice();
            while let Some(text) = take(&mut rest, unicode) {
                prop_assert!(text.chars().count() <= 128);
            }
        }
    }
}
