//! What the cases are put together from.

use crate::cases::{Bound, Case, Judged, Load, Method, Open, Options, TargetFacts};
use crate::measurement::{Doubt, Mode};
use crate::steady::{MOST_ROUNDS, WINDOW};
use crate::text::{Text, grouped, size};
use crate::workload::{BlockShare, Distribution, Order, Spec};

pub(super) const SECOND_NS: u64 = 1_000_000_000;
pub(super) const KIB: u32 = 1 << 10;
pub(super) const MIB: u32 = 1 << 20;

/// Returns random accesses, everywhere alike.
pub(super) fn random() -> Order {
    Order::Random { distribution: Distribution::Uniform, repeat: true }
}

/// Returns a load of one block size over the whole target.
pub(super) fn spec(
    target: &TargetFacts,
    options: &Options,
    read_percent: u8,
    block_bytes: u32,
    order: Order,
) -> Spec {
    let blocks = vec![BlockShare { bytes: block_bytes, percent: 100 }];
    Spec {
        start_bytes: 0,
        span_bytes: target.size_bytes - target.size_bytes % u64::from(block_bytes),
        read_percent,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order,
        seed: options.seed,
    }
}

/// Returns a load of data that cannot be reduced, measured for `runtime_s` after 10 s.
pub(super) fn load(workload: Spec, mode: Mode, iodepth: u32, threads: u32, runtime_s: u64) -> Load {
    Load {
        workload,
        mode,
        iodepth,
        threads,
        dedup_thousandths: 1_000,
        compress_thousandths: 1_000,
        warm_reads: 0,
        ramp_ns: 10 * SECOND_NS,
        runtime_ns: runtime_s * SECOND_NS,
    }
}

/// Returns a case of a load, with its times and what it writes at a rate.
///
/// `bytes_per_s` is about what the target does, reads and writes together.
pub(super) fn case(
    id: String,
    rows: &[&str],
    title: Text,
    (load, method): (Load, Method),
    target: &TargetFacts,
    bytes_per_s: u64,
) -> Case {
    let rounds = |count: usize| load.ramp_ns + load.runtime_ns * count as u64;
    let (least_ns, most_ns) = match &method {
        Method::UntilSteady { .. } => (rounds(WINDOW), rounds(MOST_ROUNDS)),
        Method::Snapshots { blocks, .. } => {
            let all = u64::from(*blocks) * 4 * rounds(1);
            (all, all)
        }
        _ => (rounds(1), rounds(1)),
    };
    let write_percent = 100_u64.saturating_sub(u64::from(load.workload.read_percent));
    let written = u128::from(most_ns) * u128::from(bytes_per_s) * u128::from(write_percent)
        / (100 * u128::from(SECOND_NS));
    let missing = if write_percent > 0 { write_access(target) } else { Vec::new() };
    Case {
        id,
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
        title,
        load: Some(load),
        method,
        needs_fill: true,
        cap_iops: None,
        judged: Vec::new(),
        open: Vec::new(),
        missing,
        least_ns,
        most_ns,
        most_written_bytes: u64::try_from(written).unwrap_or(u64::MAX),
    }
    .with_fill(target)
}

impl Case {
    /// Adds why the case cannot run where the target is neither filled nor may be.
    fn with_fill(mut self, target: &TargetFacts) -> Self {
        if !target.filled && self.missing.is_empty() {
            self.missing.extend(write_access(target));
        }
        self
    }

    pub(super) fn judge(mut self, judged: Judged) -> Self {
        self.judged.push(judged);
        self
    }

    pub(super) fn leave_open(mut self, open: impl IntoIterator<Item = Open>) -> Self {
        self.open.extend(open);
        self
    }

    pub(super) fn miss(mut self, missing: impl IntoIterator<Item = Doubt>) -> Self {
        self.missing.extend(missing);
        self
    }
}

/// Returns the case that fills the target; it is no row's answer, but others rest on it.
pub(super) fn fill(tier: &str, target: &TargetFacts, options: &Options) -> Option<Case> {
    if target.filled {
        return None;
    }
    let spec = spec(target, options, 0, MIB, Order::Sequential);
    let ns = duration_ns(spec.span_bytes, options.fill_bytes_per_s);
    let why = Text::new(
        "精简卷未写过的空间不产生真实读写",
        "a thin volume answers for unwritten space without reading",
    );
    let title = Text::new("整卷预写", "fill the whole volume");
    let rate = format!("{} B/s", grouped(options.fill_bytes_per_s));
    let assumed =
        Text::new("计划用时所依据的假设，可调整", "an assumption that the plan's hours rest on");
    let case = Case {
        id: format!("{tier}.fill"),
        rows: Vec::new(),
        title,
        most_written_bytes: spec.span_bytes,
        load: Some(Load { ramp_ns: 0, ..load(spec, Mode::Throughput, 32, 1, 0) }),
        method: Method::Fill,
        needs_fill: false,
        cap_iops: None,
        judged: Vec::new(),
        open: Vec::new(),
        missing: write_access(target),
        least_ns: ns,
        most_ns: ns,
    };
    Some(case.leave_open([
        open(
            "预写",
            "prefill",
            Text::new(
                "整卷，1 MiB 顺序写，唯一且不可压缩的数据",
                "the whole volume, 1 MiB sequential, unique data that cannot be compressed",
            ),
            why,
        ),
        open("预写速率", "fill rate", Text::same(rate), assumed),
    ]))
}

/// Returns how long `bytes` take at a rate.
pub(super) fn duration_ns(bytes: u64, bytes_per_s: u64) -> u64 {
    let ns = u128::from(bytes) * u128::from(SECOND_NS);
    u64::try_from(ns.div_ceil(u128::from(bytes_per_s.max(1)))).unwrap_or(u64::MAX)
}

fn write_access(target: &TargetFacts) -> Vec<Doubt> {
    if target.may_write {
        return Vec::new();
    }
    let zh = "未以序列号或 WWID 指名允许写入（--destroy）";
    let en = "the target was not named for writing by serial or WWID (--destroy)";
    vec![Doubt::new("needs-destroy", zh, en)]
}

/// Returns one comparison.
pub(super) fn judged(path: &str, bound: Bound, value: u64, unit: &str, text: Text) -> Judged {
    let (path, unit) = (path.to_owned(), unit.to_owned());
    Judged { path, bound, value, unit, text, arithmetic: None, other_reading: None }
}

/// Returns one open parameter.
pub(super) fn open(zh: &str, en: &str, value: Text, why: Text) -> Open {
    Open { name: Text::new(zh, en), value, why }
}

/// Returns the open parameter of how much is in flight.
pub(super) fn in_flight(load: &Load, clients: u32, why: Text) -> Open {
    let each = u64::from(load.iodepth) * u64::from(load.threads);
    let total = each * u64::from(clients.max(1));
    let zh = format!(
        "iodepth {} × {} 线程 × {} 客户端 = {total}",
        load.iodepth,
        load.threads,
        clients.max(1)
    );
    let en = format!(
        "iodepth {} × {} threads × {} clients = {total}",
        load.iodepth,
        load.threads,
        clients.max(1)
    );
    open("并发", "operations in flight", Text::new(zh, en), why)
}

/// Returns a block size as both languages write it.
pub(super) fn block(bytes: u32) -> Text {
    Text::same(size(u64::from(bytes)))
}
