//! 块存储服务（EVS）, 5.2.2.1: three tiers of cloud disks by their “单盘最大 IOPS”, and
//! the sizes a disk may have.

use crate::cases::build::{KIB, block, case, fill, in_flight, judged, load, open, random, spec};
use crate::cases::{Bound, Case, Load, Method, Open, Options, TargetFacts, Tier};
use crate::measurement::{Doubt, Mode};
use crate::text::{Text, grouped};

/// How long a cap is looked for: 60 s for the capability, and 30 s more, so that 60 s
/// without a ragged end are among them.
const CAP_S: u64 = 90;

/// 1 GB to 32 TB, in the reading that admits most: 10^9 bytes to 32 TiB.
const LEAST_BYTES: u64 = 1_000_000_000;
const MOST_BYTES: u64 = 32 << 40;

fn cap_of(tier: Tier) -> (u64, &'static str) {
    match tier {
        Tier::EvsUltra => (10_000, "5.2.2.1#3"),
        Tier::EvsHigh => (2_500, "5.2.2.1#2"),
        _ => (800, "5.2.2.1#1"),
    }
}

/// Returns the cases of a tier of cloud disks.
pub(super) fn cases(tier: Tier, target: &TargetFacts, options: &Options) -> Vec<Case> {
    let mut cases = vec![ends(tier, target)];
    cases.extend(fill(tier.name(), target, options));
    cases.push(cap(tier, target, options, "cap.qd1", 100, 1));
    cases.push(cap(tier, target, options, "cap.qd32", 100, 32));
    cases.push(cap(tier, target, options, "cap.write.qd32", 0, 32));
    cases
}

fn ends(tier: Tier, target: &TargetFacts) -> Case {
    let block_bytes = target.block_bytes.max(4 * KIB);
    let title = Text::new("首末块写入并校验", "first and last block written and verified");
    let missing = if target.may_write {
        Vec::new()
    } else {
        let zh = "未以序列号或 WWID 指名允许写入（--destroy）";
        let en = "the target was not named for writing by serial or WWID (--destroy)";
        vec![Doubt::new("needs-destroy", zh, en)]
    };
    let case = Case {
        id: format!("{tier}.ends"),
        rows: vec!["5.2.2.1#11".to_owned()],
        title,
        load: None,
        method: Method::Ends { block_bytes },
        needs_fill: false,
        cap_iops: None,
        judged: Vec::new(),
        open: Vec::new(),
        missing,
        least_ns: 1_000_000_000,
        most_ns: 60_000_000_000,
        most_written_bytes: 2 * u64::from(block_bytes),
    };
    let size = Text::new("卷容量在 1 GB 至 32 TB 之间", "the volume is of 1 GB to 32 TB");
    let mut most = judged("subject.size_bytes", Bound::AtMost, MOST_BYTES, "B", size.clone());
    most.other_reading = Some(32_000_000_000_000);
    let mut least = judged("subject.size_bytes", Bound::AtLeast, LEAST_BYTES, "B", size);
    least.other_reading = Some(1 << 30);
    let errors = Text::new("首末块读回一致", "both blocks read back as written");
    case.judge(least).judge(most).judge(judged("all.errors", Bound::Is, 0, "", errors)).leave_open(
        [
            open(
                "卷",
                "volume",
                Text::new("本次所给的一个卷", "the one volume given"),
                Text::new(
                    "一个卷只证明自身容量：1 GB 与 32 TB 各建一卷分别运行",
                    "one volume proves its own size: run it on one of 1 GB and on one of 32 TB",
                ),
            ),
            open(
                "GB 与 TB",
                "GB and TB",
                Text::new(
                    "1 GB = 10^9 B，32 TB = 32 × 2^40 B",
                    "1 GB = 10^9 B, 32 TB = 32 × 2^40 B",
                ),
                Text::new("取两种读法中较宽者", "of both readings the one that admits more"),
            ),
        ],
    )
}

fn cap(
    tier: Tier,
    target: &TargetFacts,
    options: &Options,
    name: &str,
    read_percent: u8,
    iodepth: u32,
) -> Case {
    let (iops, row) = cap_of(tier);
    let workload = spec(target, options, read_percent, 4 * KIB, random());
    let load = load(workload, Mode::Latency, iodepth, 1, CAP_S);
    let kind = if read_percent == 0 { ("写", "writes") } else { ("读", "reads") };
    let cap = grouped(iops);
    let zh = format!("单盘最大 IOPS {cap}：4 KiB 随机{}，队列深度 {iodepth}", kind.0);
    let en = format!("at most {cap} IOPS a disk: 4 KiB random {}, queue depth {iodepth}", kind.1);
    let opened = cap_open(&load);
    let bytes_per_s = iops * 4 * 1024;
    let title = Text::new(zh, en);
    let mut case = case(
        format!("{tier}.{name}"),
        &[row, "5.2.2.1#9"],
        title,
        (load, Method::Timed),
        target,
        bytes_per_s,
    );
    case.cap_iops = Some(iops);
    let kept = Text::new(
        format!("上限：任意 10 s 不超过 {cap} 的 102 %"),
        format!("ceiling: at most 102 % of {cap} over any 10 s"),
    );
    case = case.judge(judged("cap.kept", Bound::Is, 1, "", kept));
    if iodepth > 1 {
        let reached = Text::new(
            format!("能力：60 s 达到 {cap} 的 99 %"),
            format!("capability: 99 % of {cap} over 60 s"),
        );
        case = case.judge(judged("cap.reached", Bound::Is, 1, "", reached));
    } else {
        // By Little's law depth 1 needs a latency of 1/cap: 0.1 ms at 10,000, which no
        // networked disk has. It says nothing of what the disk can do.
        let why = Text::new(
            "深度 1 时 IOPS = 1/时延，不足以判定能力",
            "at depth 1 IOPS are 1/latency, which tells no capability",
        );
        case = case.leave_open([open(
            "深度 1 的判定",
            "what depth 1 judges",
            Text::new("只判上限", "the ceiling only"),
            why,
        )]);
    }
    case.leave_open(opened)
}

fn cap_open(load: &Load) -> [Open; 5] {
    let depth = Text::new(
        "队列深度 1 看单请求，32 足以打满任一档位",
        "depth 1 shows a single request, 32 is enough to fill any tier",
    );
    [
        open(
            "块大小",
            "block size",
            block(4 * KIB),
            Text::new(
                "规格未写；云硬盘 IOPS 惯以 4 KiB 计",
                "the norm names none; IOPS of cloud disks are counted in 4 KiB",
            ),
        ),
        open(
            "读写比",
            "mix",
            Text::new("全读与全写分别测", "reads only and writes only, each"),
            Text::new("上限须对两者都成立", "a cap has to hold for both"),
        ),
        open(
            "读法",
            "reading",
            Text::new("“上限”与“能力”并列", "ceiling and capability, both"),
            Text::new(
                "“单盘最大 IOPS”两种读法均可，由验收方案指定以何者判定",
                "“单盘最大 IOPS” can be read both ways; the profile says which is judged",
            ),
        ),
        open(
            "时长",
            "runtime",
            Text::new(
                "90 s：能力取最好的 60 s，上限取任意 10 s",
                "90 s: capability over the best 60 s, ceiling over any 10 s",
            ),
            Text::new(
                "限速按约 100 ms 一片放行，60 s 时一片仅 0.17 %",
                "throttles work in slices of about 100 ms; over 60 s one is 0.17 %",
            ),
        ),
        in_flight(load, 1, depth),
    ]
}
