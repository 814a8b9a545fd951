//! Reading `[node.loop_detection]`.

use super::fault::Faults;
use super::fields::{Fields, text_of};
use crate::desired::loops::{Action, LoopDetection};

const INTERVAL: (u32, u32) = (1, 300);
const RECOVERY: (u32, u32) = (5, 3600);
const STORM: (u32, u32) = (100, 100_000_000);
/// Seconds, and frames in a second, where nothing is said.
const DEFAULTS: (u32, u32, u32) = (5, 30, 10_000);

/// Reads it, where it is written.
pub(super) fn loop_detection<'n>(
    node: &mut Fields<'n>,
    faults: &mut Faults<'n>,
) -> Option<LoopDetection> {
    let mut fields = Fields::of(node.take("loop_detection")?, faults)?;
    let interval = fields.number("interval", INTERVAL, faults);
    let recovery = fields.number("recovery", RECOVERY, faults);
    let storm = fields.number("storm_limit", STORM, faults);
    let action = match fields.take("action") {
        None => Action::Report,
        Some(node) => match text_of(node, faults) {
            Some("block") => Action::Block,
            Some("report") | None => Action::Report,
            Some(other) => {
                faults.add(node.at, "未知的动作 `{0}`", "unknown action `{0}`", &[&other]);
                let (zh, en) = (
                    "`report` 只报告；`block` 并阻断成环的端口",
                    "`report` tells of a loop, `block` closes a port of it too",
                );
                faults.hint(zh, en, &[]);
                Action::Report
            }
        },
    };
    let key_file = fields.take("key_file").and_then(|node| {
        let path = text_of(node, faults)?;
        if !path.starts_with('/') {
            let (zh, en) = ("`{0}` 不是绝对路径", "`{0}` is no absolute path");
            faults.add(node.at, zh, en, &[&path]);
        }
        Some(path.to_owned())
    });
    fields.finish(faults);
    let or = |read: Option<(u32, usize)>, default| read.map_or(default, |(number, _at)| number);
    let (interval, recovery) = (or(interval, DEFAULTS.0), or(recovery, DEFAULTS.1));
    let storm_limit = or(storm, DEFAULTS.2);
    Some(LoopDetection { interval, action, recovery, storm_limit, key_file })
}
