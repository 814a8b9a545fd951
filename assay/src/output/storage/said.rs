//! What is said of a run in both languages, on the terminal and on the page.
//!
//! Every number is one of the document (`storage/v1`): nothing is computed here, so
//! that no reader finds a number that the document does not have.

use profiles::Text;
use storage_bench::{
    measurement::{
        Cap, Cost, DataCheck, Feature, Hit, Mode, OpenLoop, PerPetabyte, Reduction, Run, Shape,
        Steady, Subject, Validity,
    },
    validity::data::ratio,
    workload::{BlockShare, Distribution, Order, Spec},
};

use crate::{
    lang::text,
    output::unit::{grouped, latency, memory, percent, seconds, storage, thousandths, throughput},
};

/// The case of a run that answers none.
const AD_HOC: &str = "ad-hoc";

/// Returns why a feature of an engine is in force or not, where there is a reason; documents
/// before it was told in Chinese have it in English only.
pub(crate) fn why(feature: &Feature) -> Option<Text> {
    let en = feature.reason.as_ref()?;
    Some(Text::new(feature.reason_zh.as_ref().unwrap_or(en), en))
}

/// Returns what was written, as it was found to be.
pub(crate) fn data(data: &DataCheck) -> Text {
    let asked = |asked: Option<u32>| asked.map_or_else(|| "—".to_owned(), ratio);
    let found = data.measured;
    text(
        "重删 {}（要求 {}），压缩 {}（LZ4；要求 {}），zstd {}",
        "dedup {} (asked {}), compression {} (LZ4; asked {}), zstd {}",
        &[
            &ratio(found.dedup_thousandths),
            &asked(data.asked_dedup_thousandths),
            &ratio(found.lz4_thousandths),
            &asked(data.asked_compress_thousandths),
            &ratio(found.zstd_thousandths),
        ],
    )
}

/// Returns the name of a mode.
pub(crate) fn mode(mode: Mode) -> Text {
    match mode {
        Mode::Throughput => Text::new("吞吐模式", "throughput"),
        Mode::Latency => Text::new("时延模式", "latency"),
        Mode::Rate => Text::new("定速模式（开环）", "rate (open loop)"),
    }
}

/// Returns what a mode means for its numbers.
pub(crate) fn mode_note(mode: Mode) -> Text {
    match mode {
        Mode::Throughput => Text::new(
            "闭环，批量收割完成事件；仅用于 IOPS 与带宽，时延不与指标比较",
            "closed loop, completions reaped in batches: for IOPS and bandwidth only, \
             its latencies are held against no target",
        ),
        Mode::Latency => Text::new(
            "闭环，逐个收割完成事件；用于时延",
            "closed loop, each completion taken as it comes: for latency",
        ),
        Mode::Rate => Text::new(
            "开环，按预定时刻发起，与设备快慢无关；响应时间自预定时刻计",
            "open loop, started when due whatever the device does; response time counts \
             from the intended start",
        ),
    }
}

/// Returns the word for a validity.
pub(crate) fn validity(validity: Validity) -> Text {
    match validity {
        Validity::Valid => Text::new("有效", "valid"),
        Validity::Invalid => Text::new("无效", "invalid"),
    }
}

/// Returns the case of a run; a run that answers none says so.
pub(crate) fn case(run: &Run) -> Text {
    if run.case == AD_HOC { Text::new("临时测试", AD_HOC) } else { Text::same(&run.case) }
}

/// Returns of each run whether a later run of its case took its place.
pub(crate) fn superseded(runs: &[Run]) -> Vec<bool> {
    let later = |at: usize, case: &str| runs.iter().skip(at + 1).any(|run| run.case == case);
    runs.iter().enumerate().map(|(at, run)| run.case != AD_HOC && later(at, &run.case)).collect()
}

/// Returns what was under load: model, serial, WWID, size, filesystem.
pub(crate) fn subject(subject: &Subject) -> Text {
    let (kind_zh, kind_en) = match subject.kind.as_str() {
        "block" => ("块设备", "block device"),
        "file" => ("文件", "file"),
        other => (other, other),
    };
    let mut parts: Vec<(String, String)> = vec![(kind_zh.to_owned(), kind_en.to_owned())];
    let mut add = |zh: String, en: String| parts.push((zh, en));
    if let Some(model) = &subject.model {
        add(format!("型号 {model}"), format!("model {model}"));
    }
    if let Some(serial) = &subject.serial {
        add(format!("序列号 {serial}"), format!("S/N {serial}"));
    }
    if let Some(wwid) = &subject.wwid {
        add(format!("WWID {wwid}"), format!("WWID {wwid}"));
    }
    if let Some(filesystem) = &subject.filesystem {
        add(format!("文件系统 {filesystem}"), format!("on {filesystem}"));
    }
    // A file's size is its maker's, in binary units; a disk's is its vendor's.
    let size = if subject.block_bytes == 0 {
        memory(subject.size_bytes)
    } else {
        storage(subject.size_bytes)
    };
    add(size.clone(), size);
    if subject.block_bytes > 0 {
        let bytes = grouped(u64::from(subject.block_bytes));
        add(format!("逻辑块 {bytes} B"), format!("logical block {bytes} B"));
    }
    joined(&parts)
}

/// Returns the load with all its parameters: shares, block sizes, order, span, seed.
pub(crate) fn load(spec: &Spec) -> Text {
    let mut parts = Vec::new();
    let write = if spec.trim { ("擦除（TRIM）", "trim") } else { ("写", "write") };
    let writes = 100_u8.saturating_sub(spec.read_percent);
    for (share, (zh, en), blocks) in [
        (spec.read_percent, ("读", "read"), &spec.read_blocks),
        (writes, write, &spec.write_blocks),
    ] {
        if share > 0 {
            let sizes = sizes(blocks);
            parts.push((format!("{zh} {share} %（{sizes}）"), format!("{share} % {en} ({sizes})")));
        }
    }
    parts.push(order(&spec.order));
    let span = memory(spec.span_bytes);
    if spec.start_bytes == 0 {
        parts.push((format!("范围 {span}"), format!("span {span}")));
    } else {
        let start = grouped(spec.start_bytes);
        parts.push((
            format!("范围 {span}（自 {start} B 起）"),
            format!("span {span} from byte {start}"),
        ));
    }
    if spec.align_bytes > 0 {
        let align = memory(u64::from(spec.align_bytes));
        parts.push((format!("对齐 {align}"), format!("aligned to {align}")));
    }
    parts.push((format!("随机种子 {}", spec.seed), format!("seed {}", spec.seed)));
    joined(&parts)
}

fn sizes(blocks: &[BlockShare]) -> String {
    let size = |share: &BlockShare| memory(u64::from(share.bytes));
    match blocks {
        [only] => size(only),
        blocks => {
            let parts: Vec<String> =
                blocks.iter().map(|share| format!("{} {} %", size(share), share.percent)).collect();
            parts.join(" + ")
        }
    }
}

fn order(order: &Order) -> (String, String) {
    let Order::Random { distribution, repeat } = order else {
        return ("顺序".to_owned(), "sequential".to_owned());
    };
    let repeats = match (distribution, repeat) {
        (Distribution::Uniform, false) => ("（一遍之内不重复）", ", each block once a pass"),
        _ => ("", ""),
    };
    let (zh, en) = match distribution {
        Distribution::Uniform => ("均匀".to_owned(), "uniform".to_owned()),
        Distribution::Zipf { theta } => (format!("Zipf θ = {theta}"), format!("Zipf θ = {theta}")),
        Distribution::Pareto { skew } => (format!("Pareto {skew}"), format!("Pareto {skew}")),
        Distribution::Zoned { zones } => {
            let zones: Vec<String> = zones
                .iter()
                .map(|zone| format!("{} % → {} %", zone.access_percent, zone.size_percent))
                .collect();
            let zones = zones.join(", ");
            (format!("分区（访问 → 空间：{zones}）"), format!("zoned (accesses → span: {zones})"))
        }
        Distribution::ZonedAbs { zones } => {
            let zones: Vec<String> = zones
                .iter()
                .map(|zone| format!("{} % → {}", zone.access_percent, memory(zone.size_bytes)))
                .collect();
            let zones = zones.join(", ");
            (format!("分区（访问 → 空间：{zones}）"), format!("zoned (accesses → span: {zones})"))
        }
        Distribution::HotCold { hot_bytes, hot_percent } => {
            let hot = memory(*hot_bytes);
            (
                format!("热集 {hot} 占 {hot_percent} %，其余为不重复的冷读"),
                format!("{hot_percent} % to a hot set of {hot}, the rest cold, never twice"),
            )
        }
    };
    (format!("随机，{zh}{}", repeats.0), format!("random, {en}{}", repeats.1))
}

/// Returns the parallelism, and the rate that was offered.
pub(crate) fn depth(run: &Run) -> Text {
    let (depth, threads) = (grouped(u64::from(run.iodepth)), grouped(u64::from(run.threads)));
    let mut said = text(
        "线程 {}，每线程队列深度 {}",
        "threads {}, queue depth of each {}",
        &[&threads, &depth],
    );
    if let Some(offered) = run.offered_iops {
        let offered = grouped(offered);
        said.zh = format!("{}，要求速率 {offered} IOPS", said.zh);
        said.en = format!("{}, offered {offered} IOPS", said.en);
    }
    said
}

/// Returns how long was measured, and what came before.
pub(crate) fn duration(run: &Run) -> Text {
    let (ramp, elapsed) = (seconds(run.ramp_ns), seconds(run.elapsed_ns));
    text("测量 {}，此前预热 {}", "{} measured after a ramp of {}", &[&elapsed, &ramp])
}

/// Returns what a run cost the host that made it.
pub(crate) fn cost(cost: &Cost) -> Text {
    text(
        "每次 I/O 的 CPU 时间 {}（用户态 {}）；最忙负载线程 {}；虚拟化层窃取 {}",
        "CPU per I/O {} (user {}); busiest load thread {}; stolen by the hypervisor {}",
        &[
            &latency(cost.cpu_per_io_ns),
            &latency(cost.user_per_io_ns),
            &percent(u64::from(cost.busiest_thread_ppm)),
            &percent(u64::from(cost.steal_ppm)),
        ],
    )
}

/// Returns both readings of “单盘最大 IOPS”, and what limits them.
pub(crate) fn cap(cap: &Cap) -> Vec<Text> {
    let target = grouped(cap.target_iops);
    let capability = text(
        "按能力读：最好的 {} 内均值 {} IOPS，应 ≥ {} 的 99 %：",
        "as a capability: mean of the best {} is {} IOPS, wanted ≥ 99 % of {}: ",
        &[&seconds(cap.reached_over_ns), &grouped(cap.reached_iops), &target],
    );
    let ceiling = text(
        "按上限读：最忙的 {} 内均值 {} IOPS，应 ≤ {} 的 102 %：",
        "as a ceiling: mean of the busiest {} is {} IOPS, wanted ≤ 102 % of {}: ",
        &[&seconds(cap.busiest_over_ns), &grouped(cap.busiest_iops), &target],
    );
    let answered = |said: Text, yes: bool| {
        let (zh, en) = if yes { ("是", "yes") } else { ("否", "no") };
        Text::new(said.zh + zh, said.en + en)
    };
    let mut lines = vec![answered(capability, cap.reached), answered(ceiling, cap.kept)];
    if cap.whole_slices {
        lines.push(Text::new(
            "不足 60 s，已按限流的完整时间片截取",
            "shorter than 60 s, cut to whole slices of the throttle",
        ));
    }
    if cap.slice_error_ppm > 0 {
        let error = percent(u64::from(cap.slice_error_ppm));
        lines.push(text(
            "多或少一个限流时间片，能力值相差 {}",
            "one slice of the throttle more or less moves the capability by {}",
            &[&error],
        ));
    }
    lines
}

/// Returns whether the device was in steady state, with range and slope.
pub(crate) fn steady(steady: &Steady) -> Text {
    let round = steady.round.map(|round| round.to_string());
    let state = match (&round, steady.left_at_round) {
        (Some(round), None) => text("第 {} 轮起稳态", "steady from round {}", &[round]),
        (Some(round), Some(left)) => text(
            "第 {} 轮达稳态，第 {} 轮脱离",
            "steady at round {}, no longer at round {}",
            &[round, &left.to_string()],
        ),
        (None, _) => text(
            "{} 轮内未达稳态",
            "not steady within {} rounds",
            &[&steady.rounds_milli.len().to_string()],
        ),
    };
    let limits = text(
        "极差 {}（限 20 %），斜率 {}（限 10 %）",
        "range {} (limit 20 %), slope {} (limit 10 %)",
        &[&percent_up(steady.range_ppm), &percent_up(steady.slope_ppm)],
    );
    Text::new(format!("{}；{}", state.zh, limits.zh), format!("{}; {}", state.en, limits.en))
}

/// A share that is held against an upper limit is rounded up: 20.001 % must not read 20 %.
fn percent_up(ppm: u64) -> String {
    percent(ppm.div_ceil(100).saturating_mul(100))
}

/// Returns the shape of the completions over time.
pub(crate) fn shape(shape: &Shape) -> Text {
    let (zh, en) = match shape.kind.as_str() {
        "smooth" => ("平滑", "smooth"),
        "sliced" => ("分时间片（限流）", "sliced (throttle)"),
        other => (other, other),
    };
    let numbers = text(
        "最忙窗口 {} IOPS，空窗占 {}",
        "busiest window {} IOPS, {} of the windows idle",
        &[&grouped(shape.peak_iops), &percent(u64::from(shape.idle_ppm))],
    );
    Text::new(format!("{zh}；{}", numbers.zh), format!("{en}; {}", numbers.en))
}

/// Returns the cache hit rate: asked for, issued, evidenced and by what.
pub(crate) fn hit(hit: &Hit) -> Text {
    let (requested, issued) =
        (percent(u64::from(hit.requested_ppm)), percent(u64::from(hit.issued_ppm)));
    let said = text(
        "要求命中率 {}，发往热集 {}",
        "hit rate asked for {}, sent to the hot set {}",
        &[&requested, &issued],
    );
    let evidenced = hit.evidenced_ppm.map(|ppm| percent(u64::from(ppm)));
    let more = match (evidenced, hit.source.as_str()) {
        (Some(share), "counters") => {
            text("，阵列计数器证实 {}", ", {} by the array's counters", &[&share])
        }
        (Some(share), _) => {
            let ends = hit.low_ppm.zip(hit.high_ppm);
            let (low, high) = ends.map_or((String::new(), String::new()), |(low, high)| {
                (percent(u64::from(low)), percent(u64::from(high)))
            });
            if low.is_empty() {
                text("，按时延估计 {}", ", {} estimated from latencies", &[&share])
            } else {
                text(
                    "，按时延估计 {}（95 % 区间 {}–{}）",
                    ", {} estimated from latencies (95 % interval {}–{})",
                    &[&share, &low, &high],
                )
            }
        }
        (None, _) => Text::new("，无证据", ", without evidence"),
    };
    Text::new(said.zh + &more.zh, said.en + &more.en)
}

/// Returns what an open loop was asked for, did, and left waiting.
pub(crate) fn open_loop(open: &OpenLoop) -> Text {
    text(
        "要求 {} IOPS，完成 {} IOPS；积压最多 {}，结束时 {}",
        "offered {} IOPS, completed {} IOPS; most in backlog {}, at the end {}",
        &[
            &grouped(open.offered_iops),
            &grouped(open.achieved_iops),
            &grouped(open.backlog_max),
            &grouped(open.backlog_end),
        ],
    )
}

/// Returns what a run did for each usable petabyte, in both readings of it.
pub(crate) fn per_petabyte(found: &PerPetabyte) -> Text {
    text(
        "每 PB（10^15 B）{} IOPS、{}；每 PiB（2^50 B）{} IOPS、{}；有效容量 {}",
        "each PB (10^15 B) {} IOPS, {}; each PiB (2^50 B) {} IOPS, {}; {} usable",
        &[
            &grouped(found.iops),
            &throughput(found.bytes_per_s),
            &grouped(found.iops_binary),
            &throughput(found.bytes_per_s_binary),
            &storage(found.usable_bytes),
        ],
    )
}

/// Returns how far the array says that it reduced the data.
pub(crate) fn reduction(found: &Reduction) -> Text {
    text(
        "阵列自报 {}:1（写入 {}，占用增加 {}）",
        "{}:1 by the array's account ({} written, {} more in use)",
        &[
            &thousandths(i64::from(found.reported_milli)),
            &storage(found.written_bytes),
            &storage(found.used_bytes),
        ],
    )
}

/// Returns parts as one line of each language.
fn joined(parts: &[(String, String)]) -> Text {
    let zh: Vec<&str> = parts.iter().map(|(zh, _)| zh.as_str()).collect();
    let en: Vec<&str> = parts.iter().map(|(_, en)| en.as_str()).collect();
    Text::new(zh.join("，"), en.join(", "))
}
