//! The help of `assay storage` in Chinese.

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("storage", "对存储加压，并按表现验收卷"),
    ("storage run", "以 fio 的作业语言对设备或文件加压"),
    ("storage accept", "对一个卷运行规范的测试项，判定并生成测试记录"),
    ("storage export-fio", "输出与规范测试项等价的 fio 作业"),
    ("storage scan", "在许多盘中找出慢盘与故障盘；只读"),
    ("storage verify", "验证卷是否保住已确认的写，掉电后同样可判"),
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
    ("storage accept/target", "卷：块设备，或要新建的文件"),
    ("storage accept/size", "新建文件的大小：10g"),
    ("usable", "整个系统的可用容量，用于“单 PB 有效容量”各行：500t"),
    ("cache", "整个系统的缓存：2t"),
    ("plan", "只列出计划：时长、写入量、规范未定的每个参数"),
    ("case", "只运行这些测试项；可重复"),
    ("storage accept/out", "测试记录写到哪个目录；其中已有的运行不再重复"),
    ("storage export-fio/target", "作业中的目标名"),
    ("storage export-fio/size", "卷的大小"),
    ("storage verify/target", "卷：块设备，或要新建的文件"),
    ("journal", "要写的日志，须在另一块盘上；与 --after-crash 同用时为判定所依据的日志"),
    ("after_crash", "按日志判定现有内容：掉电之后，或再次复核；只读"),
    ("storage verify/size", "从头验证多少：10g；设备默认全部，文件必须给出"),
    ("passes", "读回之前写几遍 [默认: 1]"),
    ("storage verify/runtime", "读回之前反复写多久：30、10m、2h"),
    ("storage verify/bs", "每次写的字节数，4k 的整数倍，不超过 16m"),
    ("order", "写的顺序：random 每遍各块一次、次序打乱，sequential 依次"),
    ("flush_every", "每多少次写刷盘一次；未刷盘的不作承诺"),
    ("storage verify/threads", "同时进行的读写数，每个一个线程"),
    ("atomic", "掉电时设备承诺整体写入的字节数 [默认: 物理扇区；文件为 512]"),
    ("keep", "保留新建的文件，以便日后复核"),
    ("disks", "要扫描的盘"),
    ("all", "本机每一块整盘；略去的会说明"),
    ("storage scan/runtime", "测试时长：40、1m"),
    ("zones", "把每块盘分成这么多段逐段测速，找出慢区：8 至 4096"),
    ("storage scan/html", "把带图的页面写到哪个文件"),
    ("storage scan/out", "把结果写到哪个文件（storage/v1 JSON）"),
    ("journal_same_device", "允许日志与被测盘同盘：只判主机故障，不判盘故障"),
];
