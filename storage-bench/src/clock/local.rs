//! The local time of day, as the C library has it: by `TZ`, or else `/etc/localtime`.

#![expect(
    unsafe_code,
    reason = "std knows no local time; the C library does, rules of DST included"
)]

use std::mem::MaybeUninit;

/// Returns the second of the local day at `unix_s` seconds since 1970; `None` where the C
/// library cannot tell.
pub fn second_of_day(unix_s: u64) -> Option<u32> {
    let time = libc::time_t::try_from(unix_s).ok()?;
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to values that live until the call returns; `tm` is plain
    // numbers and a pointer, for which zeroes are valid, and is written to by this thread only.
    let found = unsafe { libc::localtime_r(&raw const time, parts.as_mut_ptr()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: it was zeroed, which is valid for every field, and then filled in.
    let parts = unsafe { parts.assume_init() };
    let second = parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec.min(59);
    u32::try_from(second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_the_one_that_date_tells() {
        for at in [0_u64, 1_764_101_000, 1_750_000_000] {
            let output = std::process::Command::new("date")
                .args(["-d", &format!("@{at}"), "+%H %M %S"])
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let parts: Vec<u32> =
                text.split_whitespace().map(|part| part.parse().unwrap()).collect();
            assert_eq!(second_of_day(at), Some(parts[0] * 3600 + parts[1] * 60 + parts[2]), "{at}");
        }
    }
}
