//! Which bytes of an image answer a request (RFC 9110 §8.8, §13.1, §14).

use std::ops::Range;

/// Characters of a name that BMCs take: some cut longer URLs.
const NAME: usize = 48;

/// What is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its length, in bytes; never 0.
    pub length: u64,
    /// Its entity tag, with the quotes; a strong one.
    pub etag: String,
    /// When it was last changed, as HTTP writes dates.
    pub modified: String,
    /// The same in seconds of Unix time, as NFS has it.
    pub modified_s: u32,
}

/// What of a request counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// `Range`.
    pub range: Option<&'a str>,
    /// `If-Range`.
    pub if_range: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 200, with all of it.
    Whole,
    /// 200, with its length and no byte: it was asked by HEAD.
    Head,
    /// 206, with these bytes.
    Part(Range<u64>),
    /// 304: it is what the client has.
    Same,
    /// 405: it can only be read.
    ReadOnly,
    /// 416: there are no such bytes.
    Beyond,
}

impl Reply {
    /// Returns the status code.
    pub fn status(&self) -> u16 {
        match self {
            Self::Whole | Self::Head => 200,
            Self::Part(_) => 206,
            Self::Same => 304,
            Self::ReadOnly => 405,
            Self::Beyond => 416,
        }
    }

    /// Returns the bytes that are sent.
    pub fn bytes(&self, image: &Image) -> Range<u64> {
        match self {
            Self::Whole => 0..image.length,
            Self::Part(part) => part.clone(),
            Self::Head | Self::Same | Self::ReadOnly | Self::Beyond => 0..0,
        }
    }
}

/// Returns what answers a request.
pub fn reply(asked: Asked<'_>, image: &Image) -> Reply {
    let is_get = match asked.method {
        "GET" => true,
        "HEAD" => false,
        _ => return Reply::ReadOnly,
    };
    if asked.if_none_match.is_some_and(|tags| has(tags, &image.etag)) {
        return Reply::Same;
    }
    if !is_get {
        return Reply::Head;
    }
    // A part of something else than what the client has would be of no use to it.
    let is_same = asked
        .if_range
        .is_none_or(|known| known.trim() == image.etag || known.trim() == image.modified);
    match asked.range {
        Some(range) if is_same => part(range, image.length),
        _ => Reply::Whole,
    }
}

/// Returns whether a list of tags has that one, by the weak comparison (RFC 9110 §8.8.3.2).
fn has(tags: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/") == etag;
    tags.trim() == "*" || tags.split(',').any(bare)
}

/// Reads `Range`. What is no range of bytes, or asks for several, is answered with the whole, as
/// RFC 9110 §14.2 lets a server do.
fn part(range: &str, length: u64) -> Reply {
    let Some((unit, set)) = range.split_once('=') else { return Reply::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Reply::Whole;
    }
    let Some((first, last)) = set.trim().split_once('-') else { return Reply::Whole };
    let found = match (number(first), number(last)) {
        (Number::Is(first), Number::Is(last)) if first <= last => {
            first..last.saturating_add(1).min(length)
        }
        (Number::Is(first), Number::None) => first..length,
        (Number::None, Number::Is(count)) => length.saturating_sub(count)..length,
        _ => return Reply::Whole,
    };
    if found.start < found.end { Reply::Part(found) } else { Reply::Beyond }
}

enum Number {
    None,
    Is(u64),
    Wrong,
}

fn number(text: &str) -> Number {
    let text = text.trim();
    match text {
        "" => Number::None,
        _ if !text.bytes().all(|byte| byte.is_ascii_digit()) => Number::Wrong,
        // A number that is too long for 64 bits is beyond every image.
        _ => Number::Is(text.parse().unwrap_or(u64::MAX)),
    }
}

/// Returns the name that an image has in its URL: what every BMC takes, and the ending that some of
/// them go by.
pub fn name(file: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' }
    };
    let name: String = file.chars().map(plain).collect();
    let name = name.trim_matches(['.', '-']);
    let cut = name.len().saturating_sub(NAME);
    let name = name.get(cut..).unwrap_or_default().trim_start_matches(['.', '-']);
    if name.is_empty() { "image".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn image(length: u64) -> Image {
        Image {
            length,
            etag: "\"a-1\"".to_owned(),
            modified: "Thu, 01 Jan 1970 00:00:00 GMT".to_owned(),
            modified_s: 0,
        }
    }

    fn get(range: &str) -> Asked<'_> {
        Asked { method: "GET", range: Some(range), ..Asked::default() }
    }

    #[test]
    fn each_range_has_its_bytes() {
        let cases = [
            ("bytes=0-0", Reply::Part(0..1)),
            ("bytes=0-99", Reply::Part(0..100)),
            ("bytes=0-4095", Reply::Part(0..100)),
            ("bytes=90-", Reply::Part(90..100)),
            ("bytes=-10", Reply::Part(90..100)),
            ("bytes=-1000", Reply::Part(0..100)),
            ("Bytes = 5 - 6 ", Reply::Part(5..7)),
            ("bytes=0-99999999999999999999999", Reply::Part(0..100)),
            ("bytes=100-", Reply::Beyond),
            ("bytes=100-200", Reply::Beyond),
            ("bytes=-0", Reply::Beyond),
            ("bytes=7-6", Reply::Whole),
            ("bytes=-", Reply::Whole),
            ("bytes=a-b", Reply::Whole),
            ("bytes=+1-2", Reply::Whole),
            ("bytes=0-1,4-5", Reply::Whole),
            ("pages=1-2", Reply::Whole),
            ("", Reply::Whole),
        ];
        for (range, expected) in cases {
            assert_eq!(reply(get(range), &image(100)), expected, "{range}");
        }
    }

    #[test]
    fn a_part_is_sent_only_of_what_the_client_has() {
        let image = image(100);
        let asked = |if_range| Asked { if_range: Some(if_range), ..get("bytes=5-6") };
        assert_eq!(reply(asked("\"a-1\""), &image), Reply::Part(5..7));
        assert_eq!(reply(asked("Thu, 01 Jan 1970 00:00:00 GMT"), &image), Reply::Part(5..7));
        // A weak tag is none that parts can be put together by (RFC 9110 §13.1.5).
        for other in ["W/\"a-1\"", "\"b\"", "Thu, 01 Jan 1970 00:00:01 GMT"] {
            assert_eq!(reply(asked(other), &image), Reply::Whole, "{other}");
        }
    }

    #[test]
    fn it_can_be_looked_at_and_read_and_nothing_else() {
        let image = image(100);
        let by = |method| Asked { method, range: Some("bytes=0-1"), ..Asked::default() };
        assert_eq!(reply(by("HEAD"), &image), Reply::Head);
        for method in ["PUT", "POST", "DELETE", "PATCH", "OPTIONS", "get", ""] {
            assert_eq!(reply(by(method), &image), Reply::ReadOnly, "{method}");
        }
        for (tags, reply_is) in [
            ("\"a-1\"", Reply::Same),
            ("\"x\", W/\"a-1\"", Reply::Same),
            ("*", Reply::Same),
            ("\"x\"", Reply::Whole),
        ] {
            let asked = Asked { method: "GET", if_none_match: Some(tags), ..Asked::default() };
            assert_eq!(reply(asked, &image), reply_is, "{tags}");
        }
    }

    #[test]
    fn a_name_in_a_url_is_plain_and_keeps_its_ending() {
        for (file, expected) in [
            ("ramdisk.iso", "ramdisk.iso"),
            ("../a b?c#.iso", "a-b-c-.iso"),
            ("系统.iso", "iso"),
            ("系统", "image"),
            ("", "image"),
        ] {
            assert_eq!(name(file), expected, "{file}");
        }
        let long = name(&format!("{}.iso", "x".repeat(300)));
        assert!(long.len() == NAME && long.ends_with("x.iso"), "{long}");
    }

    proptest! {
        #[test]
        fn what_is_sent_is_in_the_image(
            method in "GET|HEAD|PUT", range in "(bytes=)?[0-9, -]{0,24}|.{0,40}",
            tags in "[\"a1*, W/-]{0,12}", length in 1_u64..5000,
        ) {
            let asked = Asked {
                method: &method, range: Some(&range), if_range: None, if_none_match: Some(&tags),
            };
            let image = image(length);
            let reply = reply(asked, &image);
            let sent = reply.bytes(&image);
            prop_assert!(sent.start <= sent.end && sent.end <= length);
            prop_assert!(!matches!(reply, Reply::Part(_)) || !sent.is_empty());
        }

        #[test]
        fn a_name_has_nothing_that_a_url_would_take_for_more(file in ".{0,200}") {
            let name = name(&file);
            prop_assert!((1..=NAME).contains(&name.len()) && !name.starts_with('.'));
            prop_assert!(
                name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            );
        }
    }
}
