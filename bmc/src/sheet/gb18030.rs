//! GB 18030, of which GBK and GB 2312 are parts: what spreadsheets in China write CSV in.
//!
//! Codes of one, two and four bytes, as the Encoding Standard of the WHATWG reads them (§10.2). The
//! table is made when the program is built, and unpacked for a list that needs it.

use std::io::Read as _;

use lzma_rust2::XzReader;

const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gb18030.xz"));

/// Two-byte codes: 126 leads of 190 trails.
const PAIRS: usize = 126 * 190;

/// Codes of four bytes for what lies beyond the basic plane begin here: 0x90308130.
const BEYOND: u32 = 189_000;

/// Where the gap between the two kinds of four-byte codes begins.
const GAP: u32 = 39_420;

struct Table {
    pairs: Vec<u16>,
    /// The first number of each run of four-byte codes, and what it stands for.
    runs: Vec<(u16, u16)>,
}

/// Returns the text that bytes are, if they are such text in whole.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let table = Table::unpack()?;
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match *rest {
            [] => return Some(text),
            [one @ 0..0x80, ref rest @ ..] => {
                text.push(char::from(one));
                rest
            }
            // The sign of the euro, which Windows has there.
            [0x80, ref rest @ ..] => {
                text.push('€');
                rest
            }
            [a @ 0x81..=0xfe, b @ 0x30..=0x39, c @ 0x81..=0xfe, d @ 0x30..=0x39, ref rest @ ..] => {
                text.push(table.four([a, b, c, d])?);
                rest
            }
            [lead @ 0x81..=0xfe, trail @ (0x40..=0x7e | 0x80..=0xfe), ref rest @ ..] => {
                text.push(table.pair(lead, trail)?);
                rest
            }
            _ => return None,
        };
    }
}

impl Table {
    fn unpack() -> Option<Self> {
        let mut bytes = Vec::new();
        XzReader::new(PACKED, false).read_to_end(&mut bytes).ok()?;
        let (units, _) = bytes.as_chunks();
        let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        let (pairs, runs) = units.split_at_checked(PAIRS)?;
        let (runs, _) = runs.as_chunks();
        let runs = runs.iter().map(|[first, unit]| (*first, *unit)).collect();
        Some(Self { pairs: pairs.to_vec(), runs })
    }

    fn pair(&self, lead: u8, trail: u8) -> Option<char> {
        // 0x7f is no trail.
        let skipped = if trail < 0x7f { 0x40 } else { 0x41 };
        let at = usize::from(lead - 0x81) * 190 + usize::from(trail - skipped);
        char::from_u32(u32::from(*self.pairs.get(at)?)).filter(|sign| *sign != '\0')
    }

    fn four(&self, [a, b, c, d]: [u8; 4]) -> Option<char> {
        let number = ((u32::from(a - 0x81) * 10 + u32::from(b - 0x30)) * 126 + u32::from(c - 0x81))
            * 10
            + u32::from(d - 0x30);
        if number >= BEYOND {
            return char::from_u32(number - BEYOND + 0x1_0000);
        }
        let short = u16::try_from(number).ok().filter(|_| number < GAP)?;
        let after = self.runs.partition_point(|(first, _)| *first <= short);
        let (first, unit) = self.runs.get(after.checked_sub(1)?)?;
        char::from_u32(u32::from(*unit) + u32::from(short - first)).filter(|_| *unit != 0)
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::decode;

    fn peer(bytes: &[u8]) -> Option<String> {
        let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
        Some(text.into_owned())
    }

    #[test]
    fn every_code_is_read_as_encoding_rs_reads_it() {
        // The table is unpacked once for each text: a text is all trails of one lead.
        let both = |lead: &[u8], trails: &[Vec<u8>]| {
            let valid: Vec<u8> = trails
                .iter()
                .map(|trail| [lead, trail].concat())
                .filter(|code| peer(code).is_some())
                .flatten()
                .collect();
            assert_eq!(decode(&valid), peer(&valid), "after {lead:x?}");
            valid.len()
        };
        let single: Vec<Vec<u8>> = (0..=255).map(|one| vec![one]).collect();
        assert_eq!(both(&[], &single), 129);
        let mut pairs = 0;
        for lead in 0x81..=0xfe {
            pairs += both(&[lead], &single) / 2;
        }
        assert_eq!(pairs, 23_940);
        let mut fours = 0;
        for lead in (0x81..=0xfe).flat_map(|a| (0x30..=0x39).map(move |b| [a, b])) {
            let trails: Vec<Vec<u8>> =
                (0x81..=0xfe).flat_map(|c| (0x30..=0x39).map(move |d| vec![c, d])).collect();
            fours += both(&lead, &trails) / 4;
        }
        assert_eq!(fours, 39_420 + 0x10_0000);
    }

    #[test]
    fn what_is_none_is_refused_as_encoding_rs_refuses_it() {
        let last = [0x84, 0x31, 0xa4, 0x39];
        let past = [0x84, 0x31, 0xa5, 0x30];
        for code in [
            &[0xff][..],
            &[0x81],
            &[0x81, 0x7f],
            &[0x81, 0x20],
            &[0x81, 0x30],
            &[0x81, 0x30, 0x81],
            &[0x81, 0x30, 0x40, 0x30],
            &last,
            &past,
            &[0x8f, 0x39, 0xfe, 0x39],
            &[0x90, 0x30, 0x81, 0x30],
            &[0xe3, 0x32, 0x9a, 0x35],
            &[0xe3, 0x32, 0x9a, 0x36],
            &[0xfe, 0x39, 0xfe, 0x39],
        ] {
            assert_eq!(decode(code), peer(code), "{code:x?}");
        }
        assert!(decode(&last).is_some() && decode(&past).is_none());
    }
}
