//! Clocks.

use bmc::operation::clock::Clock;
use profiles::Lang;
use serde_json::{Value, json};

use super::yes_no;
use crate::output::{Tone, table::Cell};

pub(super) const HEAD: &[(&str, &str)] = &[
    ("时间", "time"),
    ("快（秒）", "ahead (s)"),
    ("时区", "zone"),
    ("NTP", "NTP"),
    ("服务器", "servers"),
];

/// Seconds beyond which a clock is told to be off: logs of two machines are put in one order.
const OFF_S: u64 = 60;

pub(super) fn row(clock: &Clock, lang: Lang) -> Vec<Cell> {
    let is_off = clock.ahead_s.is_some_and(|ahead| ahead.unsigned_abs() > OFF_S);
    let ahead = clock.ahead_s.map(|ahead| ahead.to_string()).unwrap_or_default();
    vec![
        clock.time.clone().unwrap_or_default().into(),
        Cell { text: ahead, tone: if is_off { Some(Tone::Bad) } else { None } },
        clock.zone.clone().unwrap_or_default().into(),
        yes_no(clock.ntp, lang).into(),
        clock.servers.join(", ").into(),
    ]
}

pub(super) fn value(clock: &Clock) -> Value {
    json!({ "time": clock.time, "ahead_s": clock.ahead_s, "zone": clock.zone, "ntp": clock.ntp,
            "servers": clock.servers })
}
