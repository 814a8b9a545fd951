//! Fixed words of the section on storage runs, in both languages.

use storage_bench::workload::Op;

use super::super::super::words::Word;

pub(super) const TIME_S: Word = Word("时间（s）", "time (s)");
pub(super) const TIME_MIN: Word = Word("时间（min）", "time (min)");
pub(super) const IOPS_TITLE: Word = Word("IOPS 随时间", "IOPS over time");
pub(super) const IOPS_AXIS: Word =
    Word("每秒完成的 I/O 数（IOPS）", "I/Os completed a second (IOPS)");
pub(super) const BAND_TITLE: Word =
    Word("时延随时间（带状图）", "Latency over time (band picture)");
pub(super) const LATENCY_AXIS: Word = Word("时延（对数坐标）", "latency (logarithmic)");
pub(super) const CURVE_TITLE: Word = Word("时延百分位曲线", "Latency by percentile");
pub(super) const HEAT_TITLE: Word = Word("时延热力图", "Heat map of latency");
pub(super) const CURVE_AXIS: Word = Word("百分位（按“9”的个数）", "percentile (by its nines)");
pub(super) const ROUNDS_TITLE: Word = Word("稳态收敛", "Convergence to steady state");
pub(super) const WINDOW_TITLE: Word = Word("稳态判定窗口", "Steady-state window");
pub(super) const ROUND_AXIS: Word = Word("轮次", "round");
pub(super) const SHARE_AXIS: Word =
    Word("占判定窗口均值的百分比", "percent of the mean of the window");
pub(super) const RANGE_LIMIT: Word = Word("±10 %", "±10 %");
pub(super) const SLOPE_LIMIT: Word = Word("斜率限", "slope limit");
pub(super) const FIT: Word = Word("拟合线", "fitted line");
pub(super) const MEAN: Word = Word("均值", "mean");
pub(super) const SHAPE_TITLE: Word = Word("完成数的时间形态", "Completions over time");
pub(super) const SHAPE_DETAIL: Word =
    Word("完成数的时间形态（局部放大）", "Completions over time (detail)");
pub(super) const CAP: Word = Word("上限", "cap");
pub(super) const OFFERED: Word = Word("要求", "offered");
pub(super) const ALL: Word = Word("合计", "all");
pub(super) const HOT: Word = Word("热集", "hot set");
pub(super) const COLD: Word = Word("冷集", "cold set");
pub(super) const RESPONSE: Word = Word("响应时间", "response");
pub(super) const LATENESS: Word = Word("发起延误", "lateness");
pub(super) const SERVICE: Word = Word("服务时间", "service");
pub(super) const MAX: Word = Word("最大", "max");
pub(super) const BATCH_REAPED: Word = Word("批量收割", "batch-reaped");
pub(super) const SUBJECT: Word = Word("被测对象", "Subject");
pub(super) const LOAD: Word = Word("负载", "Load");
pub(super) const PARALLELISM: Word = Word("并发", "Parallelism");
pub(super) const DURATION: Word = Word("时长", "Duration");
pub(super) const STARTED: Word = Word("开始时间", "Started");
pub(super) const ENGINE: Word = Word("引擎 / 时钟", "Engine / clock");
pub(super) const MODE: Word = Word("模式", "Mode");
pub(super) const COST: Word = Word("主机代价", "Cost on the host");
pub(super) const OPEN_LOOP: Word = Word("开环", "Open loop");
pub(super) const CAP_LINE: Word = Word("单盘最大 IOPS（两种读法）", "Cap, in both readings");
pub(super) const STEADY: Word = Word("稳态", "Steady state");
pub(super) const SHAPE: Word = Word("时间形态", "Shape");
pub(super) const HIT: Word = Word("缓存命中", "Cache hits");
pub(super) const PER_PETABYTE: Word = Word("按有效容量折算", "By usable capacity");
pub(super) const REDUCTION: Word = Word("重删压缩", "Deduplication and compression");

/// Returns the word for an operation.
pub(super) fn op(op: Op) -> Word {
    match op {
        Op::Read => Word("读", "read"),
        Op::Write => Word("写", "write"),
        Op::Trim => Word("擦除", "trim"),
    }
}
