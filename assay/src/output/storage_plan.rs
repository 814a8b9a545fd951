//! The plan of a storage acceptance, before anything starts: hours, bytes, open parameters.

use storage_bench::{
    cases::{Case, Plan},
    text::Text,
};

use super::{Layout, Tone, put};

/// Returns the plan as text; `now_s` is the second of the local day, for the times of slots.
pub fn plan(plan: &Plan, now_s: Option<u32>, layout: Layout) -> String {
    let mut page = String::new();
    let title = layout.say("测试计划", "plan");
    put(&mut page, format_args!("{}: {}\n", layout.paint.dye(Tone::Strong, title), plan.tier));
    for case in &plan.case {
        line(case, layout, &mut page);
    }
    for id in &plan.finished {
        let done = layout.say("已有结果，不再重复", "done before, not repeated");
        put(&mut page, format_args!("  ✓ {id}: {done}\n"));
    }
    let (least, most) = (duration(plan.least_ns), duration(plan.most_ns));
    let (time, writes) =
        (layout.say("总时长", "time in all"), layout.say("最多写入约", "writes at most about"));
    let gigabytes = plan.most_written_bytes / 1_000_000_000;
    put(&mut page, format_args!("{time}: {least} – {most}\n{writes}: {gigabytes} GB\n"));
    for slot in &plan.slot {
        let begins_ns = u64::from(now_s.unwrap_or(0)) * SECOND_NS + slot.begins_in_ns;
        let (from, to) = (time_of_day(begins_ns), time_of_day(begins_ns + slot.length_ns));
        let (case, day) = (&slot.case, begins_ns / DAY_NS);
        let when = layout.say("第", "day");
        let unit = layout.say("天", "");
        put(&mut page, format_args!("  {when} {}{unit} {from}–{to}: {case}\n", day + 1));
    }
    for case in &plan.too_long {
        let why = layout.say("没有够长的 --window", "no --window is long enough for it");
        put(&mut page, format_args!("  ! {case}: {why}\n"));
    }
    if !plan.open.is_empty() {
        let head = layout
            .say("规范未定的参数及所取的值", "what the norm leaves open, and the value taken");
        put(&mut page, format_args!("{head}:\n"));
    }
    for open in &plan.open {
        let (name, value, why) =
            (said(&open.name, layout), said(&open.value, layout), said(&open.why, layout));
        let (left, right) = (layout.say("（", " ("), layout.say("）", ")"));
        put(&mut page, format_args!("  {name} = {value}{left}{why}{right}\n"));
    }
    page
}

const SECOND_NS: u64 = 1_000_000_000;
const DAY_NS: u64 = 86_400 * SECOND_NS;

/// Returns the time of day at so many nanoseconds after a midnight.
fn time_of_day(ns: u64) -> String {
    let minutes = ns / SECOND_NS / 60;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

fn line(case: &Case, layout: Layout, page: &mut String) {
    let time = if case.least_ns == case.most_ns {
        duration(case.most_ns)
    } else {
        format!("{} – {}", duration(case.least_ns), duration(case.most_ns))
    };
    let mark = if case.missing.is_empty() { "·" } else { "?" };
    put(page, format_args!("  {mark} {} ({time}): {}\n", case.id, said(&case.title, layout)));
    for missing in &case.missing {
        let text = layout.say(&missing.zh, &missing.en);
        let word = layout.say("将不测", "will not be measured");
        put(page, format_args!("      {word}: {text}\n"));
    }
}

fn said(text: &Text, layout: Layout) -> &str {
    layout.say(&text.zh, &text.en)
}

/// Returns a time as people plan by it: `90 s`, `5 min`, `2 h 5 min`.
pub(super) fn duration(ns: u64) -> String {
    let seconds = ns.div_ceil(1_000_000_000);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_time_reads_as_people_plan_by_it() {
        for (seconds, text) in [(90, "90 s"), (300, "5 min"), (7500, "2 h 5 min")] {
            assert_eq!(duration(seconds * 1_000_000_000), text);
        }
    }
}
