//! 高 IO 存储设备（SSD）, 5.3.3.2.1.2: steady latency, block sizes, deduplication and
//! compression.

use crate::cases::build::{KIB, block, case, fill, in_flight, judged, load, open, random, spec};
use crate::cases::{Bound, Case, Judged, Method, Options, TargetFacts, Tier};
use crate::measurement::{Doubt, Mode};
use crate::text::{Text, seconds};
use crate::validity::MOST_REDUCTION_MILLI;
use crate::workload::{Distribution, Order};

/// 稳定时延 ≤ 0.5 ms.
const LATENCY_NS: u64 = 500_000;

/// A reduction that only a feature at work explains, in thousandths.
const LEAST_EFFECT_MILLI: u64 = 1_200;

/// What the array's features are set to, and how it reads.
const SETTINGS: [(&str, &str, &str); 4] = [
    ("none", "重删、压缩均关闭", "deduplication and compression off"),
    ("dedup", "仅开重删", "deduplication only"),
    ("compress", "仅开压缩", "compression only"),
    ("both", "重删、压缩均开启", "deduplication and compression on"),
];

/// Returns the cases of an all-flash array.
pub(super) fn cases(target: &TargetFacts, options: &Options) -> Vec<Case> {
    let mut cases: Vec<Case> = fill(Tier::SsdArray.name(), target, options).into_iter().collect();
    cases.push(latency(target, options));
    cases.extend([4, 8, 16, 32].map(|kib| blocks(target, options, kib)));
    for setting in SETTINGS {
        cases.extend([1, 2, 3].map(|ratio| reduction(target, options, setting, ratio)));
    }
    cases
}

fn latency(target: &TargetFacts, options: &Options) -> Case {
    let workload = spec(target, options, 70, 8 * KIB, random());
    let mut load = load(workload, Mode::Latency, 1, 1, 0);
    load.runtime_ns = options.round_ns;
    let one = in_flight(
        &load,
        1,
        Text::new(
            "时延指标惯以无排队时计；排队时的时延见块大小各项",
            "a latency is counted without a queue; with one, see the block sizes",
        ),
    );
    let method =
        Method::UntilSteady { tracked: "all.service.mean_ns".to_owned(), least_written_bytes: 0 };
    let title = Text::new("稳定时延 ≤ 0.5 ms", "steady latency ≤ 0.5 ms");
    let case = case(
        "ssd-array.latency".to_owned(),
        &["5.3.3.2.1.2#7"],
        title,
        (load, method),
        target,
        options.fill_bytes_per_s,
    );
    let mean = Text::new("稳态平均时延", "mean latency in steady state");
    case.judge(judged("all.service.mean_ns", Bound::AtMost, LATENCY_NS, "ns", mean))
        .judge(judged(
            "steady.steady",
            Bound::Is,
            1,
            "",
            Text::new("已达稳态", "steady state was reached"),
        ))
        .leave_open([
            one,
            open(
                "时延统计量",
                "which latency",
                Text::new("判平均值，并列 p99", "the mean is judged, p99 stands beside it"),
                Text::new("规格只写“时延”", "the norm says “latency” only"),
            ),
            open(
                "负载",
                "load",
                Text::new("8 KiB 随机，读写 7:3", "8 KiB random, 7 reads to 3 writes"),
                Text::new(
                    "与本规格其他性能条款（5.3.3.2.2#25）同",
                    "as the norm's other performance rows (5.3.3.2.2#25)",
                ),
            ),
            open(
                "稳态",
                "steady state",
                Text::new(
                    format!("SNIA PTS 五轮窗口，每轮 {}", seconds(options.round_ns)),
                    format!("SNIA PTS window of five rounds of {}", seconds(options.round_ns)),
                ),
                Text::new(
                    "PTS 为单盘而设，阵列有缓存，每轮须更长",
                    "PTS is made for devices; an array has caches and needs longer rounds",
                ),
            ),
        ])
}

fn blocks(target: &TargetFacts, options: &Options, kib: u32) -> Case {
    let workload = spec(target, options, 70, kib * KIB, random());
    let load = load(workload, Mode::Latency, 32, 1, 60);
    let parallel = in_flight(
        &load,
        1,
        Text::new("各块大小同一并发，便于比较", "the same for every size, so that they compare"),
    );
    let title = Text::new(
        format!("{kib} KiB 块随机读写 7:3"),
        format!("{kib} KiB blocks, random, 7 reads to 3 writes"),
    );
    let id = format!("ssd-array.blocks.{kib}k");
    let case = case(
        id,
        &["5.3.3.2.1.2#9"],
        title,
        (load, Method::Timed),
        target,
        options.fill_bytes_per_s,
    );
    let errors = Text::new("该块大小全部读写成功", "every operation of this size succeeds");
    case.judge(judged("all.errors", Bound::Is, 0, "", errors)).leave_open([
        parallel,
        open(
            "块大小",
            "block size",
            block(kib * KIB),
            Text::new("规格列出 4/8/16/32K", "the norm lists 4/8/16/32K"),
        ),
        open(
            "块粒度可调",
            "adjustable granularity",
            Text::new(
                "只测主机侧读写，阵列内部粒度由管理界面核查",
                "the host's side only; the array's own granularity is seen in its management",
            ),
            Text::new("主机侧无法看到阵列内部块大小", "a host cannot see an array's inner blocks"),
        ),
    ])
}

fn reduction(
    target: &TargetFacts,
    options: &Options,
    setting: (&str, &str, &str),
    ratio: u32,
) -> Case {
    let (name, zh, en) = setting;
    // No block twice, so that what was written is what has to be kept.
    let order = Order::Random { distribution: Distribution::Uniform, repeat: false };
    let mut workload = spec(target, options, 0, 8 * KIB, order);
    // Enough that the array's own report moves, small enough to be repeated twelve times.
    workload.span_bytes = workload.span_bytes.min(64 << 30);
    let mut load = load(workload, Mode::Latency, 32, 1, 300);
    // What is written before the measured part counts as written too.
    load.ramp_ns = 0;
    load.dedup_thousandths = ratio * 1_000;
    load.compress_thousandths = ratio * 1_000;
    let parallel = in_flight(
        &load,
        1,
        Text::new("各设置同一并发，便于比较", "the same for every setting, so that they compare"),
    );
    let title = Text::new(
        format!("{zh}；写入 {ratio}:1 可重删且 {ratio}:1 可压缩的数据"),
        format!("{en}; data written dedups {ratio}:1 and compresses {ratio}:1"),
    );
    let id = format!("ssd-array.reduction.{name}.{ratio}");
    let bytes_per_s = options.fill_bytes_per_s;
    let mut case =
        case(id, &["5.3.3.2.1.2#8"], title, (load, Method::Reduction), target, bytes_per_s);
    // The growth of use is all of what is written only where nothing was.
    case.needs_fill = false;
    let errors = Text::new("写入全部成功", "every write succeeds");
    let missing = (!target.reported_use).then(|| {
        Doubt::new(
            "needs-reported-use",
            "未提供阵列报告的用量或读取命令：无法与所写数据对照",
            "what the array reports it uses was not given, nor a command that tells: nothing to compare with",
        )
    });
    let other = target.array_setting.as_deref().filter(|set| *set != name);
    let set_otherwise = match &target.array_setting {
        None => Some(Doubt::new(
            "needs-array-setting",
            "未说明阵列当前的重删压缩设置（--array-setting）",
            "what the array is set to was not said (--array-setting)",
        )),
        Some(_) => other.map(|other| {
            let zh = format!("阵列当前设为 {other}，本项须设为 {name}");
            Doubt::new(
                "array-set-otherwise",
                zh,
                format!("the array is set to {other}, this case takes {name}"),
            )
        }),
    };
    case.judge(judged("all.errors", Bound::Is, 0, "", errors)).judge(reported(name, ratio)).miss(missing).miss(set_otherwise).leave_open([
        parallel,
        open("阵列设置", "array setting", Text::new("四种：均关、仅重删、仅压缩、均开，由操作员切换并以 --array-setting 说明", "four: off, deduplication, compression, both; set by the operator, who says which by --array-setting"), Text::new("“均可单独开启或者关闭”", "“each can be switched by itself”")),
        open("数据可缩减比", "ratio of the data", Text::new("1:1、2:1、3:1", "1:1, 2:1, 3:1"), Text::new("1:1 应不缩减，另两者应分别见效；重删与压缩取同一比值，均开时应见其平方", "1:1 must not be reduced, the others must; both alike, so that with both on the square shows")),
    ])
}

/// What the array has to report: an effect where a feature that is on meets data that it
/// can reduce, none elsewhere.
fn reported(setting: &str, ratio: u32) -> Judged {
    const PATH: &str = "reduction.reported_milli";
    if setting != "none" && ratio > 1 {
        let text = Text::new("写入时即见缩减", "data is reduced as it is written");
        return judged(PATH, Bound::AtLeast, LEAST_EFFECT_MILLI, "milli", text);
    }
    let text = Text::new("无缩减", "nothing is reduced");
    judged(PATH, Bound::AtMost, u64::from(MOST_REDUCTION_MILLI), "milli", text)
}
