//! Storage runs on the terminal: whether they prove anything and why not, the numbers,
//! the engine that made them; what is refused and what will be lost, before a first write.

pub(crate) mod compare;
pub mod live;
pub mod pts;
pub mod ramp;
pub(crate) mod said;
pub mod scan;
pub mod scan_page;
pub(crate) mod series;
pub mod verify;

use profiles::Text;
use storage_bench::{
    measurement::{EngineUsed, Feature, Latency, Mode, Run, Totals, Validity},
    safety::{Access, Allowed, Mark, Permit, Refusal, Sentence, What},
};

use super::{
    Layout, Tone, put, put_paragraph,
    table::{Cell, Table},
    unit::{grouped, latency, memory, storage, throughput},
};
use crate::failure::one_line;

/// Returns one run as text: its validity first, then why, the numbers, the engine.
pub fn run(run: &Run, layout: Layout) -> String {
    let mut text = String::new();
    put_validity(&mut text, run, layout);
    text.push('\n');
    put_particulars(&mut text, run, layout);
    text.push('\n');
    put_numbers(&mut text, run, layout);
    put_findings(&mut text, run, layout);
    text.push('\n');
    put_features(&mut text, run, layout);
    text
}

/// Returns several runs as a table of one row each, and why any of them proves nothing.
pub fn runs(runs: &[Run], layout: Layout) -> String {
    if runs.is_empty() {
        return format!("{}\n", layout.say("没有存储测试", "no storage runs"));
    }
    let mut table = Table::new([
        layout.say("有效性", "validity"),
        layout.say("用例", "case"),
        layout.say("模式", "mode"),
        layout.say("对象", "subject"),
        "IOPS",
        layout.say("带宽", "bandwidth"),
        layout.say("平均", "mean"),
        "p99",
    ]);
    let superseded = said::superseded(runs);
    for (run, superseded) in runs.iter().zip(&superseded) {
        let mut validity = validity(run, layout);
        if *superseded {
            validity.text.push_str(layout.say("（已被取代）", " (superseded)"));
            validity.tone = Some(Tone::Faint);
        }
        let get = |text: Text| one_line(text.get(layout.lang));
        // A latency of batches stands beside no latency of single operations.
        let [mean, p99] = if run.all.service.batch_reaped {
            [dash(), dash()]
        } else {
            [time(Some(run.all.service.mean_ns)), time(run.all.service.p99_ns)]
        };
        table.row([
            validity,
            get(said::case(run)).into(),
            get(said::mode(run.mode)).into(),
            one_line(&run.subject.path).into(),
            grouped(run.all.iops).into(),
            throughput(run.all.bytes_per_s).into(),
            mean,
            p99,
        ]);
    }
    let mut text = table.render(layout.paint, layout.columns);
    for run in runs.iter().filter(|run| !run.reasons.is_empty()) {
        text.push('\n');
        put_validity(&mut text, run, layout);
    }
    text
}

/// Puts the validity of a run, what it is of, and every reason against it.
fn put_validity(text: &mut String, run: &Run, layout: Layout) {
    let Cell { text: word, tone } = validity(run, layout);
    let word = tone.map_or_else(|| word.clone(), |tone| layout.paint.dye(tone, &word));
    let case = one_line(said::case(run).get(layout.lang));
    let case = layout.paint.dye(Tone::Strong, &case);
    let mode = said::mode(run.mode);
    let path = one_line(&run.subject.path);
    put(text, format_args!("{word}  {case} · {} · {path}\n", mode.get(layout.lang)));
    for doubt in &run.reasons {
        let reason = match layout.lang {
            profiles::Lang::Zh => &doubt.zh,
            profiles::Lang::En => &doubt.en,
        };
        let line = format!("{} ({})", one_line(reason), one_line(&doubt.code));
        put_paragraph(text, "  ! ", &line, layout);
    }
}

fn validity(run: &Run, layout: Layout) -> Cell {
    let word = said::validity(run.validity);
    let word = word.get(layout.lang);
    match run.validity {
        Validity::Valid => Cell::toned(format!("✓ {word}"), Tone::Good),
        Validity::Invalid => Cell::toned(format!("✗ {word}"), Tone::Bad),
    }
}

fn put_particulars(text: &mut String, run: &Run, layout: Layout) {
    let engine = Text::same(format!("{} · {}", run.engine.name, run.engine.clock));
    for (zh, en, said) in [
        ("对象", "subject", said::subject(&run.subject)),
        ("负载", "load", said::load(&run.workload)),
        ("并发", "parallelism", said::depth(run)),
        ("时长", "time", said::duration(run)),
        ("引擎 · 时钟", "engine · clock", engine),
    ] {
        let lead = format!("{}: ", layout.say(zh, en));
        put_paragraph(text, &lead, &one_line(said.get(layout.lang)), layout);
    }
}

fn put_numbers(text: &mut String, run: &Run, layout: Layout) {
    let mut table = Table::new([
        "",
        "IOPS",
        layout.say("带宽", "bandwidth"),
        layout.say("平均", "mean"),
        "p50",
        "p99",
        "p99.9",
        layout.say("最大", "max"),
        layout.say("错误", "errors"),
    ]);
    let kinds = [&run.read, &run.write, &run.trim];
    // What one kind did is what all did.
    let all = (kinds.into_iter().flatten().count() != 1).then(|| run.all.clone());
    for (zh, en, totals) in [
        ("合计", "all", &all),
        ("读", "read", &run.read),
        ("写", "write", &run.write),
        ("擦除", "trim", &run.trim),
        ("热集", "hot set", &run.hot),
        ("冷集", "cold set", &run.cold),
    ] {
        if let Some(totals) = totals {
            table.rows.push(numbers(layout.say(zh, en), totals));
        }
    }
    if let Some(open) = &run.open_loop {
        for (zh, en, times) in
            [("响应时间", "response", &open.response), ("发起延误", "lateness", &open.lateness)]
        {
            let mut row = vec![layout.say(zh, en).into(), dash(), dash()];
            row.extend(times_of(times));
            row.push(dash());
            table.rows.push(row);
        }
    }
    text.push_str(&table.render(layout.paint, layout.columns));
    if run.all.service.batch_reaped || run.mode == Mode::Throughput {
        let note = layout.say(
            "时延为批量收割所得，不与指标比较",
            "latencies are batch-reaped and held against no target",
        );
        text.push_str(&layout.paint.dye(Tone::Open, note));
        text.push('\n');
    }
}

fn numbers(name: &str, totals: &Totals) -> Vec<Cell> {
    let mut row: Vec<Cell> =
        vec![name.into(), grouped(totals.iops).into(), throughput(totals.bytes_per_s).into()];
    row.extend(times_of(&totals.service));
    row.push(match totals.errors {
        0 => "0".into(),
        errors => Cell::toned(grouped(errors), Tone::Bad),
    });
    row
}

fn times_of(times: &Latency) -> [Cell; 5] {
    let known = |ns: u64| (times.count > 0).then_some(ns);
    [
        time(known(times.mean_ns)),
        time(known(times.p50_ns)),
        time(times.p99_ns),
        time(times.p99_9_ns),
        time(known(times.max_ns)),
    ]
}

fn time(ns: Option<u64>) -> Cell {
    ns.map_or_else(dash, |ns| latency(ns).into())
}

/// What stands where there is no number.
fn dash() -> Cell {
    Cell::toned("—", Tone::Faint)
}

/// Puts what else was found: cost, cap, steady state, shape, hit rate, backlog.
fn put_findings(text: &mut String, run: &Run, layout: Layout) {
    let mut put_line = |zh, en, said: &Text| {
        let lead = format!("{}: ", layout.say(zh, en));
        put_paragraph(text, &lead, &one_line(said.get(layout.lang)), layout);
    };
    put_line("代价", "cost", &said::cost(&run.cost));
    if let Some(data) = &run.data {
        put_line("写入数据", "data", &said::data(data));
    }
    if let Some(open) = &run.open_loop {
        put_line("开环", "open loop", &said::open_loop(open));
    }
    for said in run.cap.iter().flat_map(said::cap) {
        put_line("单盘最大 IOPS", "cap", &said);
    }
    if let Some(steady) = &run.steady {
        put_line("稳态", "steady state", &said::steady(steady));
    }
    if let Some(shape) = &run.shape {
        put_line("形态", "shape", &said::shape(shape));
    }
    if let Some(hit) = &run.hit {
        put_line("缓存", "cache", &said::hit(hit));
    }
    if let Some(found) = &run.per_petabyte {
        put_line("按有效容量折算", "by usable capacity", &said::per_petabyte(found));
    }
    if let Some(found) = &run.reduction {
        put_line("重删压缩", "reduction", &said::reduction(found));
    }
}

fn put_features(text: &mut String, run: &Run, layout: Layout) {
    if !run.engine.feature.is_empty() {
        text.push_str(&features(&run.engine.feature, layout));
    }
}

/// Returns what of an engine was in force and what was not, each with its reason.
fn features(features: &[Feature], layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("引擎特性", "engine feature"),
        layout.say("状态", "state"),
        layout.say("原因", "why"),
    ]);
    for feature in features {
        let state = if feature.on {
            Cell::toned(layout.say("✓ 启用", "✓ on"), Tone::Good)
        } else {
            Cell::toned(layout.say("- 未启用", "- off"), Tone::Faint)
        };
        let why = said::why(feature).map(|why| one_line(why.get(layout.lang))).unwrap_or_default();
        table.row([one_line(&feature.name).into(), state, why.into()]);
    }
    table.render(layout.paint, layout.columns)
}

/// Returns the engines of runs, each with its features: those that are alike once.
pub fn engines(runs: &[Run], layout: Layout) -> String {
    let mut text = String::new();
    let mut told: Vec<&EngineUsed> = Vec::new();
    for engine in runs.iter().map(|run| &run.engine).filter(|engine| !engine.feature.is_empty()) {
        if told.contains(&engine) {
            continue;
        }
        told.push(engine);
        let head = format!("{} · {}", one_line(&engine.name), one_line(&engine.clock));
        text.push('\n');
        text.push_str(&layout.paint.dye(Tone::Strong, &head));
        text.push('\n');
        text.push_str(&features(&engine.feature, layout));
    }
    text
}

/// Returns every reason why a request is refused, and what to do about each.
pub fn refused(reasons: &[Refusal], layout: Layout) -> String {
    let count = reasons.len().to_string();
    let head = crate::lang::text(
        "拒绝执行，未写入任何数据；原因 {} 项：",
        "refused, nothing was written; reasons: {}",
        &[&count],
    );
    let mut text = layout.paint.dye(Tone::Bad, head.get(layout.lang));
    text.push('\n');
    let whole = layout.say("（整个请求）", "(the request as a whole)");
    for reason in reasons {
        let path = if reason.path.is_empty() { whole } else { &reason.path };
        let line = format!(
            "{}: {} ({})",
            one_line(path),
            one_line(say(&reason.reason, layout)),
            reason.code.word()
        );
        put_paragraph(&mut text, "✗ ", &line, layout);
        put_paragraph(&mut text, "  → ", &one_line(say(&reason.remedy, layout)), layout);
    }
    text
}

/// Returns what may be done to each target, what will be lost, and what to know.
pub fn allowed(allowed: &Allowed, layout: Layout) -> String {
    let mut text = String::new();
    for permit in &allowed.permits {
        put_permit(&mut text, permit, layout);
    }
    if !allowed.lost.is_empty() {
        let head = layout.say("将丢失的内容", "What will be lost");
        text.push_str(&layout.paint.dye(Tone::Bad, head));
        text.push('\n');
        for (path, mark) in &allowed.lost {
            put_paragraph(&mut text, "! ", &one_line(&lost(path, mark)), layout);
        }
    }
    for remark in &allowed.remarks {
        let line = format!(
            "{}: {} ({})",
            one_line(&remark.path),
            one_line(say(&remark.text, layout)),
            one_line(&remark.code)
        );
        put_paragraph(&mut text, "· ", &line, layout);
    }
    text
}

fn put_permit(text: &mut String, permit: &Permit, layout: Layout) {
    let seen = permit.seen();
    let (sign, act, tone) = match permit.access() {
        Access::Read => ("✓ ", Text::new("只读", "read only"), Tone::Good),
        Access::Write => (
            "! ",
            Text::new("覆盖写入，原有数据全部丢失", "WRITTEN OVER, all data on it is lost"),
            Tone::Bad,
        ),
        Access::Create { size_bytes } => {
            let size = memory(size_bytes);
            ("✓ ", crate::lang::text("新建文件 {}", "a new file of {}", &[&size]), Tone::Good)
        }
    };
    let what = match known(&seen.what, layout) {
        known if known.is_empty() => String::new(),
        known => format!(" ({})", one_line(&known.join(", "))),
    };
    let act = layout.paint.dye(tone, act.get(layout.lang));
    put_paragraph(text, sign, &format!("{}{what}: {act}", one_line(&seen.path)), layout);
}

/// Returns what a target says of itself: model, serial, WWID, size.
fn known(what: &What, layout: Layout) -> Vec<String> {
    match what {
        What::Block(block) => {
            let identity = &block.identity;
            let serial = identity.serial.as_ref();
            let serial = serial.map(|serial| format!("{} {serial}", layout.say("序列号", "S/N")));
            let wwid = identity.wwid.as_ref().map(|wwid| format!("WWID {wwid}"));
            let size = Some(storage(block.size_bytes));
            [identity.model.clone(), serial, wwid, size].into_iter().flatten().collect()
        }
        What::File(file) => vec![memory(file.size_bytes)],
        What::Missing(_) | What::Other(_) | What::Unreachable(_) => Vec::new(),
    }
}

/// Says what a mark is and which device it is on, where that is another one.
fn lost(path: &str, mark: &Mark) -> String {
    if path.ends_with(&mark.device) {
        format!("{path}: {}", mark.signature)
    } else {
        format!("{path} ({}): {}", mark.device, mark.signature)
    }
}

fn say(sentence: &Sentence, layout: Layout) -> &str {
    match layout.lang {
        profiles::Lang::Zh => &sentence.zh,
        profiles::Lang::En => &sentence.en,
    }
}

#[cfg(test)]
mod tests;
