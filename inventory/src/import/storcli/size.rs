//! Sizes as storcli prints them.
//!
//! `446.625 GB` counts in powers of 1,024 and is rounded down; in drive lists it
//! is also the *coerced* size, what the controller uses so that a spare of
//! another make fits. The drive itself is larger: a drive of 900 GB lists as
//! 837.258 GB, which is 898,998,… bytes.

/// Capacities that drives are sold in, in 10^9 bytes.
const SOLD: [u64; 46] = [
    36, 73, 80, 120, 146, 150, 160, 200, 240, 250, 300, 320, 400, 450, 480, 500, 600, 750, 800,
    900, 960, 1000, 1200, 1600, 1800, 1920, 2000, 2400, 3000, 3200, 3840, 4000, 5000, 6000, 6400,
    7680, 8000, 10_000, 12_000, 12_800, 14_000, 15_360, 16_000, 18_000, 20_000, 22_000,
];

/// What a controller takes off at most: its own metadata and a whole GiB of rounding.
const COERCED_AWAY: u64 = 2 << 30;

/// Returns bytes from `446.625 GB`, and how far the true number may lie above.
pub(super) fn binary(text: &str) -> Option<(u64, u64)> {
    let mut words = text.split_whitespace();
    let (number, unit) = (words.next()?, words.next()?);
    let unit: u64 = match unit {
        "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        "TB" => 1 << 40,
        "PB" => 1 << 50,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if part.len() > 9 || !part.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let scale = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let part: u64 = if part.is_empty() { 0 } else { part.parse().ok()? };
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let part = u64::try_from(u128::from(part) * u128::from(unit) / u128::from(scale)).ok()?;
    Some((whole.checked_add(part)?, unit.div_ceil(scale)))
}

/// Returns bytes from `447.130 GB [0x37e436b0 Sectors]`.
///
/// Sectors are of the drive's logical size; releases differ, so that of 512 and
/// `sector` the one is taken that agrees with the rounded number.
pub(super) fn raw(text: &str, sector: Option<u32>) -> Option<u64> {
    let (rounded, rest) = text.split_once('[')?;
    let digits = rest.trim_start().strip_prefix("0x")?;
    let end = digits.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(digits.len());
    let sectors = u64::from_str_radix(digits.get(..end)?, 16).ok()?;
    let (low, slack) = binary(rounded)?;
    let near = |bytes: &u64| {
        let margin = slack.saturating_mul(2).max(1 << 20);
        bytes.abs_diff(low) <= margin
    };
    [512, sector.unwrap_or(512), 4096]
        .into_iter()
        .filter_map(|size| sectors.checked_mul(u64::from(size)))
        .find(near)
}

/// Returns the size of the drive that a coerced size belongs to, where only one
/// capacity that is sold fits.
///
/// The number of sectors of a capacity is fixed by IDEMA LBA1-03: 97,696,368 for
/// 50 GB, and 1,953,504 for each further GB.
pub(super) fn sold(coerced: u64, slack: u64) -> Option<u64> {
    let highest = coerced.checked_add(slack)?.checked_add(COERCED_AWAY)?;
    let mut fitting = SOLD
        .into_iter()
        .filter_map(|capacity| {
            let above = capacity.checked_mul(1_953_504)?.checked_add(97_696_368)?;
            above.checked_sub(50 * 1_953_504)?.checked_mul(512)
        })
        .filter(|bytes| (coerced..=highest).contains(bytes));
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only)
}
