//! The help of `assay storage` in Chinese.

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("storage", "对存储加压，并按表现验收卷"),
    ("storage run", "以 fio 的作业语言对设备或文件加压"),
    ("storage accept", "对一个卷运行规范的测试项，判定并生成测试记录"),
    ("storage export-fio", "输出与规范测试项等价的 fio 作业"),
];

/// What each argument takes.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    ("jobfile", "fio 作业文件"),
    (
        "mode",
        "加压方式：throughput 成批收割、latency 逐个等待、rate 开环定速 [默认：给出速率时为 rate，否则 latency]",
    ),
    (
        "destroy",
        "允许覆盖的设备，以序列号或 WWID 指名；可重复。loop、zram 设备：device:主:次:字节数",
    ),
    ("force_signature", "列出将失去的内容之后，覆盖其上的内容"),
    ("output_format", "标准输出写什么，用 fio 的叫法：normal、json 或 json+（与 fio 兼容）"),
    ("storage run/out", "把各次运行写到哪个文件（storage/v1 JSON）"),
    ("fio", "fio 作业语言的选项，放在 `--` 之后（不放也可以）"),
    (
        "tier",
        "存储种类：evs-normal、evs-high、evs-ultra、ssd-array、distributed-volume、distributed-system",
    ),
    ("storage_target", "本机之后一并验收的卷：块设备，或要新建的文件"),
    ("storage_size", "为其新建文件的大小：10g"),
    ("storage_out", "该卷的运行与测试记录写到哪个目录 [默认：本机的目录名加 -storage]"),
    ("storage accept/target", "卷：块设备，或要新建的文件"),
    ("storage accept/size", "新建文件的大小：10g"),
    ("usable", "整个系统的可用容量，用于“单 PB 有效容量”各行：500t"),
    ("cache", "整个系统的缓存：2t"),
    (
        "snap_create",
        "创建快照的命令，由 `sh -c` 执行；$ASSAY_TARGET 为卷，$ASSAY_SNAPSHOT 为应取的快照名",
    ),
    ("snap_delete", "删除 $ASSAY_SNAPSHOT 所指快照的命令"),
    ("used_command", "输出阵列为本卷占用多少字节的命令；每个写入的测试项前后各执行一次"),
    ("ask_used", "每个写入的测试项前后，向操作员询问阵列占用多少字节"),
    (
        "array_setting",
        "阵列当前的重删压缩设置：none 均关、dedup 仅重删、compress 仅压缩、both 均开",
    ),
    ("hit_command", "输出阵列缓存“命中数 访问数”（累计）的命令"),
    ("storage accept/window", "只在每日的这段本地时间内运行，容不下的不开始：22:00-06:00"),
    ("storage accept/fast", "试跑：分钟缩为秒，只验证准备是否就绪；如此所得一律无效，并注明"),
    ("plan", "只列出计划：时长、写入量、规范未定的每个参数"),
    ("case", "只运行这些测试项；可重复"),
    ("storage accept/out", "测试记录写到哪个目录；其中已有的运行不再重复"),
    ("storage export-fio/target", "作业中的目标名"),
    ("storage export-fio/size", "卷的大小"),
];
