//! Lists of pairs: block sizes and their shares, zones and theirs.

use crate::job::units::{self, KbBase};
use crate::workload::{BlockShare, Zone, ZoneAbs};

/// Most pairs of a list, as in fio.
const PAIRS: usize = 64;
/// Largest block. The kernel moves at most 2 GiB at once.
const BLOCK: u32 = 1 << 30;

/// Splits `a/b:c/d:…`; a part without `/`, or nothing behind it, has no second half.
fn pairs(text: &str) -> Result<Vec<(&str, Option<&str>)>, String> {
    let pairs: Vec<_> = text
        .split(':')
        .take(PAIRS + 1)
        .map(|pair| match pair.split_once('/') {
            Some((first, second)) => (first, Some(second).filter(|second| !second.is_empty())),
            None => (pair, None),
        })
        .collect();
    if pairs.len() > PAIRS {
        return Err(format!("it has more than {PAIRS} parts"));
    }
    Ok(pairs)
}

/// Gives those of `shares` that have none what is left of 100, evenly; the last one has the
/// remainder.
fn fill_up(shares: &[Option<u8>]) -> Result<Vec<u8>, String> {
    let given: u32 = shares.iter().flatten().map(|share| u32::from(*share)).sum();
    let missing =
        u32::try_from(shares.iter().filter(|share| share.is_none()).count()).unwrap_or(u32::MAX);
    let Some(left) = 100_u32.checked_sub(given) else {
        return Err(format!("the shares add up to {given}, not 100"));
    };
    if missing == 0 && left > 0 {
        return Err(format!("the shares add up to {given}, not 100"));
    }
    if missing > left {
        return Err("nothing is left for a part without a share".to_owned());
    }
    let each = left.checked_div(missing).unwrap_or(0);
    let mut open = missing;
    let mut share = |given: &Option<u8>| {
        given.unwrap_or_else(|| {
            open = open.saturating_sub(1);
            let rest = left.saturating_sub(each.saturating_mul(missing.saturating_sub(1)));
            u8::try_from(if open == 0 { rest } else { each }).unwrap_or(100)
        })
    };
    Ok(shares.iter().map(&mut share).collect())
}

/// Reads a share of 1 to 100.
fn share(text: &str) -> Result<u8, String> {
    match units::percent(text) {
        Ok(0) => Err("a share is 1 to 100; fio takes 0 as what is left".to_owned()),
        other => other,
    }
}

/// Reads a block size.
pub(super) fn block(text: &str, base: KbBase) -> Result<u32, String> {
    match units::bytes(text, base)? {
        0 => Err("a block has at least 1 byte".to_owned()),
        bytes => {
            let block = u32::try_from(bytes).ok().filter(|block| *block <= BLOCK);
            block.ok_or_else(|| "a block has at most 1 GiB".to_owned())
        }
    }
}

/// Reads `4k/60:64k/40`.
pub(super) fn blocks(text: &str, base: KbBase) -> Result<Vec<BlockShare>, String> {
    let pairs = pairs(text)?;
    let sizes: Result<Vec<u32>, _> = pairs.iter().map(|(size, _)| block(size, base)).collect();
    let shares: Result<Vec<_>, _> =
        pairs.iter().map(|(_, percent)| percent.map(share).transpose()).collect();
    let shares = fill_up(&shares?)?;
    let joined = sizes?.into_iter().zip(shares);
    Ok(joined.map(|(bytes, percent)| BlockShare { bytes, percent }).collect())
}

/// Reads `50/5:30/15:20/`: access and size, both in percent.
pub(super) fn zones(text: &str) -> Result<Vec<Zone>, String> {
    let pairs = pairs(text)?;
    let accesses: Result<Vec<_>, _> = pairs.iter().map(|(access, _)| share(access)).collect();
    let accesses = all_accesses(accesses?)?;
    let sizes: Result<Vec<_>, _> =
        pairs.iter().map(|(_, size)| size.map(share).transpose()).collect();
    let sizes = fill_up(&sizes?)?;
    let joined = accesses.into_iter().zip(sizes);
    Ok(joined.map(|(access_percent, size_percent)| Zone { access_percent, size_percent }).collect())
}

/// Reads `70/1g:30/20g`: access in percent, size in bytes.
pub(super) fn zones_abs(text: &str, base: KbBase) -> Result<Vec<ZoneAbs>, String> {
    let pairs = pairs(text)?;
    let accesses: Result<Vec<_>, _> = pairs.iter().map(|(access, _)| share(access)).collect();
    let accesses = all_accesses(accesses?)?;
    let size = |(_, size): &(&str, Option<&str>)| match size.map(|text| units::bytes(text, base)) {
        Some(Ok(0)) | None => Err("a zone needs its size in bytes".to_owned()),
        Some(other) => other,
    };
    let sizes: Result<Vec<u64>, _> = pairs.iter().map(size).collect();
    let joined = accesses.into_iter().zip(sizes?);
    Ok(joined.map(|(access_percent, size_bytes)| ZoneAbs { access_percent, size_bytes }).collect())
}

fn all_accesses(accesses: Vec<u8>) -> Result<Vec<u8>, String> {
    let sum: u32 = accesses.iter().map(|access| u32::from(*access)).sum();
    if sum == 100 { Ok(accesses) } else { Err(format!("the accesses add up to {sum}, not 100")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_shares_are_what_is_left() {
        let shares = |text| {
            let list: Result<Vec<BlockShare>, String> = blocks(text, KbBase::default());
            list.map(|list| list.iter().map(|share| share.percent).collect::<Vec<u8>>())
        };
        assert_eq!(shares("4k/10:64k/50:32k/40"), Ok(vec![10, 50, 40]));
        assert_eq!(shares("4k"), Ok(vec![100]));
        assert_eq!(shares("4k:8k"), Ok(vec![50, 50]));
        assert_eq!(shares("4k/:8k:16k/"), Ok(vec![33, 33, 34]));
        assert_eq!(shares("4k/80:8k"), Ok(vec![80, 20]));
        for text in ["4k/80:8k/30", "4k/80", "4k/100:8k", "4k/0:8k", "0:8k", "4k/x", "", "4k::8k"] {
            assert!(shares(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zones_need_all_accesses() {
        let zones = zones("50/5:30/15:20/").unwrap();
        assert_eq!(zones.last(), Some(&Zone { access_percent: 20, size_percent: 80 }));
        for text in ["50/5:30/15", "50/5:50", "100", "50/60:50/60", "50/:60/"] {
            let read = super::zones(text);
            assert_eq!(read.is_ok(), matches!(text, "50/5:50" | "100"), "{text}: {read:?}");
        }
        assert!(zones_abs("70/1g:30/20g", KbBase::default()).is_ok());
        assert!(zones_abs("70/1g:30/", KbBase::default()).is_err());
    }
}
