//! Fixed words of the page of performance tests, in both languages.

use super::super::super::super::words::Word;

pub(super) const TITLE: Word =
    Word("SNIA SSS PTS 性能测试报告", "SNIA SSS PTS performance test report");
pub(super) const VALID: Word = Word("有效", "valid");
pub(super) const INVALID: Word = Word("无效", "invalid");
pub(super) const NOT_BEGUN: Word = Word("未进行", "Not begun");
pub(super) const DEVICE: Word = Word("被测设备", "Device under test");
pub(super) const PATH: Word = Word("路径", "Path");
pub(super) const SERIAL: Word = Word("序列号", "Serial number");
pub(super) const FIRMWARE: Word = Word("固件版本", "Firmware");
pub(super) const CAPACITY: Word = Word("容量", "Capacity");
pub(super) const BLOCK: Word = Word("逻辑块", "Logical block");
pub(super) const INTERFACE: Word = Word("接口", "Interface");
pub(super) const TESTED: Word = Word("测试时间", "Tested");
pub(super) const SOFTWARE: Word = Word("测试软件与规范", "Software and specification");
pub(super) const SYSTEM: Word = Word("操作系统", "Operating system");
pub(super) const CPU: Word = Word("处理器", "Processor");
pub(super) const MEMORY: Word = Word("内存", "Memory");
pub(super) const CACHE: Word = Word("易失写缓存", "Volatile write cache");
pub(super) const LOAD: Word = Word("负载参数", "Load");
pub(super) const PREPARED: Word = Word("清除与预处理", "Purge and preconditioning");
pub(super) const ROUNDS: Word = Word("已完成轮数", "Complete rounds");
pub(super) const STEADY: Word = Word("稳态", "Steady state");
pub(super) const JUDGED: Word = Word("判定", "Judged");
pub(super) const VALUES: Word = Word("各轮", "Rounds");
pub(super) const AVERAGE: Word = Word("均值", "Mean");
pub(super) const LIMITS: Word = Word("极差限（均值 ±10 %）", "Range limits (mean ±10 %)");
pub(super) const FIT: Word = Word("拟合线首尾", "Fitted line, from – to");
pub(super) const TABLE_IOPS: Word = Word("IOPS（窗口均值）", "IOPS (mean of the window)");
pub(super) const TABLE_THROUGHPUT: Word =
    Word("吞吐（窗口均值）", "Throughput (mean of the window)");
pub(super) const TABLE_MEAN: Word =
    Word("平均时延（窗口均值）", "Mean latency (mean of the window)");
pub(super) const TABLE_MAX: Word = Word("最大时延（窗口内）", "Longest latency (of the window)");
pub(super) const PLOT: Word = Word("按块大小与读写比", "By size and mix");
pub(super) const PLOT_MAX: Word =
    Word("最大时延按块大小与读写比", "Longest latency by size and mix");
pub(super) const CONVERGENCE: Word = Word("稳态收敛", "Steady-state convergence");
pub(super) const SIZE_AXIS: Word = Word("块大小", "block size");
pub(super) const IOPS_AXIS: Word = Word("IOPS（对数坐标）", "IOPS (logarithmic)");
pub(super) const RATE_AXIS: Word = Word("吞吐（MB/s）", "throughput (MB/s)");
pub(super) const LATENCY_AXIS: Word = Word("时延（对数坐标）", "latency (logarithmic)");
pub(super) const REDUCED: Word = Word(
    "缩减测试（--fast）：不是 PTS 结果，不可用于验收",
    "Reduced (--fast): no PTS result, not for acceptance",
);
pub(super) const WHY: Word = Word("不构成 PTS 结果的原因", "Why it is no PTS result");
pub(super) const INTERRUPTED: Word = Word("中断", "Interrupted");
pub(super) const LEFT_OUT: Word = Word("块大小所限未测", "Left out, smaller than a block");
pub(super) const WINDOW: Word = Word("稳态判定窗口", "Steady-state window");
pub(super) const CORNER: Word = Word("块大小 ＼ 读/写", "size ＼ read/write");
