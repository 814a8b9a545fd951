//! What a search for slow and sick disks found: one table, then what speaks against whom.

use profiles::Text;
use storage_bench::{
    measurement::Doubt,
    scan::{Found, Standing, State},
};

use crate::{
    failure::one_line,
    lang,
    output::{
        Layout, Tone, put, put_paragraph,
        table::{Cell, Table},
        unit::{latency, percent, storage, throughput},
    },
};

/// Disks that are named where many have the same to say; the rest are counted.
const NAMED: usize = 4;

/// Returns what was found as text.
pub fn text(disks: &[Found], layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("结论", "state"),
        layout.say("盘", "disk"),
        layout.say("型号", "model"),
        layout.say("序列号", "serial"),
        layout.say("容量", "size"),
        layout.say("4K 平均", "4K mean"),
        "p99.9",
        layout.say("外圈", "start"),
        layout.say("内圈", "end"),
        layout.say("最差偏离", "worst off"),
    ]);
    for disk in disks {
        let time = |ns: Option<u64>| ns.map_or_else(dash, |ns| latency(ns).into());
        let rate = |rate: Option<u64>| rate.map_or_else(dash, |rate| throughput(rate).into());
        table.row([
            state(disk.state, layout),
            one_line(&disk.path).into(),
            one_line(&disk.model).into(),
            one_line(&disk.serial).into(),
            storage(disk.size_bytes).into(),
            time(disk.speeds.mean_ns),
            time(disk.speeds.p99_9_ns),
            rate(disk.speeds.outer_bytes_per_s),
            rate(disk.speeds.inner_bytes_per_s),
            worst(disk),
        ]);
    }
    let mut text = table.render(layout.paint, layout.columns);
    put_sum(&mut text, disks, layout);
    for disk in disks.iter().filter(|disk| !disk.reasons.is_empty()) {
        put(&mut text, format_args!("\n{}\n", one_line(&disk.path)));
        for reason in &disk.reasons {
            put_paragraph(&mut text, "  ! ", &one_line(said(reason, layout)), layout);
        }
    }
    put_changes(&mut text, disks, layout);
    put_notes(&mut text, disks, layout);
    text
}

/// Returns the word for a state.
pub(super) fn word(state: State) -> Text {
    match state {
        State::Healthy => Text::new("✓ 正常", "✓ healthy"),
        State::Suspect => Text::new("? 可疑", "? suspect"),
        State::Slow => Text::new("✗ 慢盘", "✗ slow"),
        State::Sick => Text::new("✗ 故障", "✗ sick"),
        State::Unmeasured => Text::new("? 未测完", "? not measured"),
    }
}

fn state(state: State, layout: Layout) -> Cell {
    let tone = match state {
        State::Healthy => Tone::Good,
        State::Suspect | State::Unmeasured => Tone::Open,
        State::Slow | State::Sick => Tone::Bad,
    };
    Cell::toned(word(state).get(layout.lang), tone)
}

/// Returns by how much the worst speed of a disk is off its peers' median.
fn worst(disk: &Found) -> Cell {
    let worst = disk.standing.iter().max_by_key(|standing| standing.worse_ppm);
    match worst {
        None => dash(),
        Some(Standing { worse_ppm, flagged, .. }) => {
            let sign = if *worse_ppm < 0 { "-" } else { "+" };
            let text = format!("{sign}{}", percent(worse_ppm.unsigned_abs()));
            if *flagged { Cell::toned(text, Tone::Bad) } else { text.into() }
        }
    }
}

fn dash() -> Cell {
    Cell::toned("—", Tone::Faint)
}

/// Puts how many disks there are of each state.
fn put_sum(text: &mut String, disks: &[Found], layout: Layout) {
    let count = |state| disks.iter().filter(|disk| disk.state == state).count();
    let states = [State::Healthy, State::Suspect, State::Slow, State::Sick, State::Unmeasured];
    let parts: Vec<String> = states
        .into_iter()
        .filter(|state| *state == State::Healthy || count(*state) > 0)
        .map(|state| format!("{} {}", word(state).get(layout.lang), count(state)))
        .collect();
    let sum = lang::text("共 {} 块：", "disks {}: ", &[&disks.len().to_string()]);
    put(text, format_args!("\n{}{}\n", sum.get(layout.lang), parts.join("  ")));
}

/// Puts what SMART counted during the run.
fn put_changes(text: &mut String, disks: &[Found], layout: Layout) {
    let read = disks.iter().filter(|disk| !disk.counters.is_empty()).count();
    if read == 0 {
        return;
    }
    let mut changed = 0;
    for disk in disks {
        for count in &disk.counters {
            if let (Some(before), Some(after)) = (count.before, count.after)
                && before != after
            {
                changed += 1;
                let name = layout.say(&count.zh, &count.en);
                let path = one_line(&disk.path);
                put(text, format_args!("SMART  {path}: {name} {before} → {after}\n"));
            }
        }
    }
    if changed == 0 {
        let line = lang::text(
            "SMART：{} 块盘的计数前后无变化",
            "SMART: the counts of {} disks did not change",
            &[&read.to_string()],
        );
        put(text, format_args!("{}\n", line.get(layout.lang)));
    }
}

/// Puts the notes, each once, with the disks that have it.
fn put_notes(text: &mut String, disks: &[Found], layout: Layout) {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for disk in disks {
        for note in &disk.notes {
            let said = said(note, layout);
            match notes.iter_mut().find(|(known, _)| *known == said) {
                Some((_, paths)) => paths.push(&disk.path),
                None => notes.push((said, vec![&disk.path])),
            }
        }
    }
    for (said, paths) in notes {
        let who = if paths.len() == disks.len() && paths.len() > 1 {
            layout.say("所有盘", "all disks").to_owned()
        } else if paths.len() > NAMED {
            let count = paths.len().to_string();
            lang::text("{} 块盘", "{} disks", &[&count]).get(layout.lang).to_owned()
        } else {
            one_line(&paths.join(", "))
        };
        put_paragraph(text, "· ", &format!("{who}: {}", one_line(said)), layout);
    }
}

/// Returns a doubt in the reader's language.
pub(super) fn said(doubt: &Doubt, layout: Layout) -> &str {
    layout.say(&doubt.zh, &doubt.en)
}
