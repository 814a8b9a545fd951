//! 分布式存储设备, 5.3.3.2.2: one volume, the whole system, and snapshots.

use crate::cases::build::{
    KIB, MIB, SECOND_NS, case, duration_ns, fill, in_flight, judged, load, open, spec,
};
use crate::cases::scale::{PETABYTE, per_petabyte};
use crate::cases::{Bound, Case, Judged, Load, Method, Open, Options, TargetFacts, Tier};
use crate::measurement::{Doubt, Mode};
use crate::text::{Text, grouped};
use crate::workload::{Distribution, Order, Spec};

/// Rounds of a load that a cache takes part in.
const ROUND_S: u64 = 60;

/// How many times the whole cache the cold set is, at least: of cold reads at most a
/// twentieth then hits by chance.
const COLD: u64 = 20;

/// How many times the cache is written before a round counts: a write-back cache takes
/// the first writes at its own speed.
const WRITTEN: u64 = 4;

/// Clients that a whole system takes at least: one submitting core makes 0.65 to 0.9
/// million operations a second at memory speed.
const LEAST_CLIENTS: u32 = 2;

/// Returns the cases of one volume.
pub(super) fn volume(target: &TargetFacts, options: &Options) -> Vec<Case> {
    let tier = Tier::DistributedVolume.name();
    let mut cases: Vec<Case> = fill(tier, target, options).into_iter().collect();
    cases.push(random_8k(tier, "5.3.3.2.2#25", 100_000, 1, target, options));
    let text = Text::new("单卷 1M 顺序读写 7:3", "one volume, 1M sequential, 7 reads to 3 writes");
    cases.push(sequential(
        tier,
        ("sequential-1m", "5.3.3.2.2#26", 70),
        text,
        1_500_000_000,
        target,
        options,
    ));
    cases.extend(snapshots(tier, target, options));
    cases
}

/// Returns the cases of a whole system.
pub(super) fn system(target: &TargetFacts, options: &Options) -> Vec<Case> {
    let tier = Tier::DistributedSystem.name();
    let clients = target.clients.max(LEAST_CLIENTS);
    let mut cases: Vec<Case> = fill(tier, target, options).into_iter().collect();
    cases.push(random_8k(tier, "5.3.3.2.2#27", 1_200_000, clients, target, options));
    let text = Text::new("全系统 1M 顺序写", "the whole system, 1M sequential writes");
    cases.push(sequential(
        tier,
        ("sequential-write-1m", "5.3.3.2.2#28", 0),
        text,
        15_000_000_000,
        target,
        options,
    ));
    let few = (target.clients < LEAST_CLIENTS).then(|| {
        Doubt::new(
            "needs-clients",
            "全系统指标需两台以上客户端（--agents）",
            "a whole system takes two clients or more (--agents)",
        )
    });
    for case in cases.iter_mut().filter(|case| !case.rows.is_empty()) {
        case.missing.extend(few.clone());
    }
    cases
}

/// Returns the judged value of the norm, scaled to the usable capacity.
fn scaled(path: &str, value: u64, unit: &str, text: Text, target: &TargetFacts) -> Judged {
    let scaled = per_petabyte(value, target.usable_bytes.unwrap_or(PETABYTE));
    let mut judged = judged(path, Bound::AtLeast, scaled.value, unit, text);
    judged.arithmetic = Some(scaled.arithmetic);
    judged
}

fn unknown_capacity(target: &TargetFacts) -> Option<Doubt> {
    target.usable_bytes.is_none().then(|| {
        Doubt::new(
            "needs-usable-capacity",
            "未给出系统有效容量：指标按“单 PB 有效容量”计",
            "the usable capacity was not given: the target is one for each usable PB",
        )
    })
}

fn per_pb() -> Open {
    open(
        "“单 PB 有效容量”",
        "“per usable PB”",
        Text::new(
            "按有效容量线性折算，1 PB = 10^15 B，向上取整",
            "scaled linearly with the usable capacity, 1 PB = 10^15 B, rounded up",
        ),
        Text::new("规格未写折算办法", "the norm does not say how to scale"),
    )
}

fn random_8k(
    tier: &str,
    row: &str,
    iops: u64,
    clients: u32,
    target: &TargetFacts,
    options: &Options,
) -> Case {
    let (hot_bytes, mut missing) = hot_set(target, clients);
    let distribution = Distribution::HotCold { hot_bytes, hot_percent: 70 };
    let order = Order::Random { distribution, repeat: false };
    let workload = spec(target, options, 70, 8 * KIB, order);
    let mut load = load(workload, Mode::Throughput, 64, 4, ROUND_S);
    load.warm_reads = 2;
    let parallel = in_flight(
        &load,
        clients,
        Text::new(
            "10 万 IOPS、1 ms 时延需约 100 个在途请求，留有余量",
            "100,000 IOPS at 1 ms take about 100 in flight; there is room above",
        ),
    );
    let method = Method::UntilSteady {
        tracked: "all.milli_iops".to_owned(),
        least_written_bytes: target.cache_bytes.unwrap_or(0).saturating_mul(WRITTEN),
    };
    let whole =
        if clients > 1 { ("全系统", "the whole system") } else { ("单卷", "one volume") };
    let title = Text::new(
        format!("{} 8K 随机读写 7:3，Cache 命中 70 %", whole.0),
        format!("{}, 8K random, 7 reads to 3 writes, 70 % cache hits", whole.1),
    );
    let text = Text::new(
        format!("{}每 PB 有效容量 {} IOPS", whole.0, grouped(iops)),
        format!("{} IOPS for each usable PB, {}", grouped(iops), whole.1),
    );
    let value = scaled("all.iops", iops, "IOPS", text, target);
    let mut case = case(
        format!("{tier}.random-8k"),
        &[row],
        title,
        (load, method),
        target,
        value.value.saturating_mul(8 * 1024),
    );
    let writes_take = write_time_ns(target, &value);
    case.least_ns = case.least_ns.saturating_add(writes_take);
    case.most_ns = case.most_ns.saturating_add(writes_take);
    case.most_written_bytes = case
        .most_written_bytes
        .saturating_add(target.cache_bytes.unwrap_or(0).saturating_mul(WRITTEN));
    missing.extend(unknown_capacity(target));
    case.judge(value)
        .judge(judged(
            "steady.steady",
            Bound::Is,
            1,
            "",
            Text::new("已达稳态", "steady state was reached"),
        ))
        .miss(missing)
        .leave_open([parallel, per_pb()])
        .leave_open(hit_rate(target, hot_bytes))
}

/// Returns how long the writes take that have to come before a round counts, at the rate
/// that is asked for: 30 % of it are writes of 8 KiB.
fn write_time_ns(target: &TargetFacts, iops: &Judged) -> u64 {
    let written = target.cache_bytes.unwrap_or(0).saturating_mul(WRITTEN);
    duration_ns(written, iops.value.saturating_mul(8 * 1024) / 10 * 3)
}

/// Returns the hot set of a volume, one of `clients`, and what is missing for it to be one.
fn hot_set(target: &TargetFacts, clients: u32) -> (u64, Vec<Doubt>) {
    let block = u64::from(MIB);
    let whole = |bytes: u64| (bytes - bytes % block).max(block);
    let (Some(cache), Some(share)) = (target.cache_bytes, target.cache_share_bytes) else {
        let zh = "未给出缓存总量与本卷份额：无法划定冷热区";
        let en =
            "the cache's size and this volume's share were not given: no hot and cold set without";
        return (whole(target.size_bytes / 100), vec![Doubt::new("needs-cache-size", zh, en)]);
    };
    let hot = whole(share / 2);
    // Of many clients each has a volume of its own, and all cold sets count together.
    let cold = cache.saturating_mul(COLD).div_ceil(clients.max(1).into());
    let needed = hot.saturating_add(cold);
    if target.size_bytes < needed {
        let (is, needed) = (grouped(target.size_bytes), grouped(needed));
        let zh = format!("卷 {is} B，冷区须为缓存的 {COLD} 倍，至少 {needed} B");
        let en = format!(
            "the volume has {is} B; with a cold set of {COLD} times the cache it needs {needed} B"
        );
        return (
            hot.min(whole(target.size_bytes / 2)),
            vec![Doubt::new("volume-too-small", zh, en)],
        );
    }
    (hot, Vec::new())
}

fn hit_rate(target: &TargetFacts, hot_bytes: u64) -> [Open; 3] {
    let given = |bytes: Option<u64>| {
        bytes.map_or_else(
            || Text::new("未给出", "not given"),
            |bytes| Text::same(format!("{} B", grouped(bytes))),
        )
    };
    let cache = given(target.cache_bytes);
    let share = given(target.cache_share_bytes);
    [
        open(
            "“Cache 命中 70 %”",
            "“70 % cache hits”",
            Text::new(
                format!(
                    "70 % 落在热区 {} B（本卷缓存份额之半以内，预读两遍），其余落在冷区且不重复",
                    grouped(hot_bytes)
                ),
                format!(
                    "70 % go to a hot set of {} B (half of the volume's share or less, read twice before), the rest to a cold set without repetition",
                    grouped(hot_bytes)
                ),
            ),
            Text::new(
                "规格未写何种缓存；此处指阵列缓存，主机页缓存以直接读写排除",
                "the norm does not say which cache; here the array's, the host's is excluded by direct I/O",
            ),
        ),
        open(
            "缓存容量",
            "size of the cache",
            Text::new(
                format!("总量 {}，本卷份额 {}", cache.zh, share.zh),
                format!("{} in all, {} for this volume", cache.en, share.en),
            ),
            Text::new("由操作员给出，写入报告", "given by the operator, and in the report"),
        ),
        open(
            "命中率证据",
            "evidence of the hit rate",
            Text::new(
                "阵列计数优先，否则由冷热时延估计，均无则不成立，除非方案写明豁免",
                "the array's counters, or else an estimate from latencies; without either the run proves nothing unless the profile waives it",
            ),
            Text::new(
                "声明的命中率不等于实际命中率",
                "a hit rate asked for is not one that was had",
            ),
        ),
    ]
}

fn sequential(
    tier: &str,
    (name, row, read_percent): (&str, &str, u8),
    title: Text,
    bytes_per_s: u64,
    target: &TargetFacts,
    options: &Options,
) -> Case {
    let workload = spec(target, options, read_percent, MIB, Order::Sequential);
    let load = load(workload, Mode::Throughput, 32, 1, ROUND_S);
    let clients =
        if tier == Tier::DistributedSystem.name() { target.clients.max(LEAST_CLIENTS) } else { 1 };
    let parallel = in_flight(
        &load,
        clients,
        Text::new(
            "1.5 GB/s、10 ms 时延需约 15 个在途请求，留有余量",
            "1.5 GB/s at 10 ms take about 15 in flight; there is room above",
        ),
    );
    let method = Method::UntilSteady {
        tracked: "all.bytes_per_s".to_owned(),
        least_written_bytes: target.cache_bytes.unwrap_or(0),
    };
    let text = Text::new(
        format!("{}，每 PB 有效容量 {} B/s", title.zh, grouped(bytes_per_s)),
        format!("{}: {} B/s for each usable PB", title.en, grouped(bytes_per_s)),
    );
    let mut value = scaled("all.bytes_per_s", bytes_per_s, "B/s", text, target);
    // MB as 2^20, GB as 2^30.
    let (decimal, binary) =
        if bytes_per_s < 10_000_000_000 { (1_000_000, 1 << 20) } else { (1_000_000_000, 1 << 30) };
    let binary = bytes_per_s / decimal * binary;
    value.other_reading = Some(per_petabyte(binary, target.usable_bytes.unwrap_or(PETABYTE)).value);
    let case = case(format!("{tier}.{name}"), &[row], title, (load, method), target, value.value);
    case.judge(value)
        .judge(judged(
            "steady.steady",
            Bound::Is,
            1,
            "",
            Text::new("已达稳态", "steady state was reached"),
        ))
        .miss(unknown_capacity(target))
        .leave_open([
            parallel,
            per_pb(),
            open(
                "“MB”“GB”",
                "“MB” and “GB”",
                Text::new(
                    "10^6 与 10^9 字节每秒；按 2^20、2^30 的值并列",
                    "10^6 and 10^9 bytes a second; the value with 2^20 and 2^30 stands beside it",
                ),
                Text::new(
                    "规格写作“1500MB”“15GB”，未写每秒 [原文如此]",
                    "the norm writes “1500MB” and “15GB” without a time [sic]",
                ),
            ),
            open(
                "顺序混合",
                "mixed and sequential",
                Text::new(
                    "同一顺序流内按比例取读或写",
                    "one sequential stream, each operation a read or a write by the mix",
                ),
                Text::new(
                    "规格未写读写是否分流",
                    "the norm does not say whether reads and writes are streams of their own",
                ),
            ),
        ])
}

/// Returns the cases of snapshots: the highest rate, the comparison at 80 % of it, and
/// what the first write after a snapshot costs.
fn snapshots(tier: &str, target: &TargetFacts, options: &Options) -> Vec<Case> {
    const ROW: &str = "5.3.3.2.2#20";
    let missing = || {
        (!target.snapshot_hooks).then(|| {
            Doubt::new(
                "needs-hooks",
                "未给出快照命令（--snap-create、--snap-delete）",
                "no commands that make and delete snapshots (--snap-create, --snap-delete)",
            )
        })
    };
    let rate = options.fill_bytes_per_s;
    let mixed = || spec(target, options, 70, 8 * KIB, crate::cases::build::random());
    let most = case(
        format!("{tier}.snapshot.max"),
        &[ROW],
        Text::new("无快照时的最高 IOPS", "highest IOPS without snapshots"),
        (load(mixed(), Mode::Throughput, 64, 4, ROUND_S), Method::Timed),
        target,
        rate,
    );
    let method = Method::Snapshots { of_case: most.id.clone(), rate_percent: 80, blocks: 5 };
    let title = Text::new(
        "有无快照对照（ABBA），定速为最高的 80 %",
        "with and without snapshots (ABBA) at 80 % of the highest rate",
    );
    let abba = case(
        format!("{tier}.snapshot.abba"),
        &[ROW],
        title,
        (load(mixed(), Mode::Rate, 1_024, 4, ROUND_S), method),
        target,
        rate,
    );
    let kept = Text::new(
        "有快照时 IOPS 比值的 95 % 下限不低于 95 %",
        "the lower end of the rate's ratio with snapshots is 95 % or more",
    );
    let abba = abba
        .judge(judged("iops.low_ppm", Bound::AtLeast, 950_000, "ppm", kept))
        .leave_open(abba_open());
    vec![
        most.miss(missing()),
        abba.miss(missing()),
        first_write(tier, ROW, target, options).miss(missing()),
    ]
}

fn abba_open() -> [Open; 3] {
    [
        open(
            "“性能无下降”",
            "“no loss of performance”",
            Text::new(
                "IOPS 比值 95 % 置信下限 ≥ 95 %",
                "the 95 % lower bound of the ratio of IOPS is ≥ 95 %",
            ),
            Text::new("测量总有波动，须给出容差", "a measurement has spread; it needs a tolerance"),
        ),
        open(
            "快照数量",
            "how many snapshots",
            Text::new(
                "由快照命令决定；60,000 个须另行创建并核查",
                "as the command makes; 60,000 have to be made and seen apart",
            ),
            Text::new(
                "逐窗创建删除 60,000 个不可行",
                "making and deleting 60,000 for each window is not feasible",
            ),
        ),
        open(
            "对照次序",
            "order of the windows",
            Text::new("A B B A 五组，每窗 60 s", "five blocks of A B B A, windows of 60 s"),
            Text::new("匀速漂移在组内相消", "an even drift cancels within a block"),
        ),
    ]
}

fn first_write(tier: &str, row: &str, target: &TargetFacts, options: &Options) -> Case {
    let span_bytes =
        (target.size_bytes / 100).max(u64::from(MIB)) / u64::from(MIB) * u64::from(MIB);
    let workload = Spec {
        span_bytes,
        ..spec(
            target,
            options,
            0,
            64 * KIB,
            Order::Random { distribution: Distribution::Uniform, repeat: false },
        )
    };
    let load = Load { ramp_ns: 0, ..load(workload, Mode::Latency, 32, 1, 0) };
    let title =
        Text::new("快照后首次覆盖写的代价", "what the first overwrite after a snapshot costs");
    let mut case = case(
        format!("{tier}.snapshot.first-write"),
        &[row],
        title,
        (load, Method::FirstWrite),
        target,
        0,
    );
    let ns = duration_ns(span_bytes, options.fill_bytes_per_s).max(SECOND_NS);
    (case.least_ns, case.most_ns, case.most_written_bytes) = (ns, ns, span_bytes);
    case
}
