//! The help of `assay storage` in Chinese.

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("storage", "对存储加压，并按表现验收卷"),
    ("storage run", "以 fio 的作业语言对设备或文件加压"),
    ("storage accept", "对一个卷运行规范的测试项，判定并生成测试记录"),
    ("storage pts", "对设备做 SNIA 性能测试（PTS）：逐轮运行直至稳态"),
    ("storage agent", "在本机按控制端的要求对本机设备加压"),
    ("storage compare", "逐个测试项比较运行结果，并说明差异是否超出波动"),
    ("storage export-fio", "输出与规范测试项等价的 fio 作业"),
    ("storage scan", "在许多盘中找出慢盘与故障盘；只读"),
    ("storage verify", "验证卷是否保住已确认的写，掉电后同样可判"),
];

/// What each argument takes.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    ("jobfile", "fio 作业文件"),
    (
        "mode",
        "加压方式：throughput 成批收割、latency 逐个等待、rate 开环定速、ramp 先测最大值再按 10–100 % 定速 [默认：给出速率时为 rate，否则 latency]",
    ),
    (
        "destroy",
        "允许覆盖的设备，以序列号或 WWID 指名；可重复。loop、zram 设备：device:主:次:字节数",
    ),
    (
        "allow_destroy",
        "允许控制端覆盖的设备，以序列号或 WWID 指名；可重复。loop、zram 设备：device:主:次:字节数",
    ),
    ("allow_read", "允许控制端只读的设备；可重复"),
    ("allow_dir", "允许控制端新建一个文件的目录；文件结束时删除"),
    ("listen", "监听地址"),
    ("name", "输出行中本机的称呼 [默认：主机名，或监听的地址]"),
    ("token_file", "把含令牌的一行写到哪个文件（仅属主可读）"),
    ("expires", "令牌有效期：30s、10m、1h"),
    ("stay", "一次运行之后换新令牌继续等待"),
    ("record", "把逐秒测得的结果追加到哪个文件（每行一个 JSON）"),
    (
        "agents",
        "共同加压的客户端，照 `storage agent` 所示：主机:端口#指纹#令牌，有多个设备时再加 #序列号",
    ),
    ("agents_file", "客户端清单文件，一行一个：令牌不进入进程列表"),
    ("force_signature", "列出将失去的内容之后，覆盖其上的内容"),
    ("output_format", "标准输出写什么，用 fio 的叫法：normal、json 或 json+（与 fio 兼容）"),
    (
        "storage run/output",
        "标准输出写什么：text 给人看，json 给程序，ocp-tv 为 OCP Test & Validation（逐行 JSON）",
    ),
    ("storage run/out", "把各次运行写到哪个文件（storage/v1 JSON）"),
    ("csv", "逐秒结果写到哪个文件（CSV：IOPS、带宽、时延），可用电子表格打开"),
    ("hlog", "每秒时延直方图写到哪个文件（HdrHistogram 日志 V2）"),
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
    ("storage pts/target", "设备；加 --fast 时也可以是要新建的文件"),
    ("storage pts/size", "新建文件的大小：1g"),
    ("test", "测试：iops、throughput（吞吐）、latency（时延）或 all（全部）"),
    ("fast", "缩减的测试，用于文件和小设备：不是 PTS 结果，处处注明"),
    ("purge", "每部分之前清除设备：discard，或你自己的命令（$ASSAY_TARGET 为设备路径）"),
    ("purged_by", "刚才你自己是怎样清除设备的；只对第一部分有效"),
    ("write_cache", "易失写缓存的状态，写入报告 [默认：取内核所报]"),
    ("threads", "加压线程数 [默认：4，--fast 为 1]；时延测试固定为 1"),
    ("iodepth", "每线程在途操作数 [默认：32]；时延测试固定为 1"),
    ("cell_time", "每个单元运行多久：60s、5m [默认：60s，--fast 为 5s]"),
    ("watch_rounds", "判定窗口之后再运行几轮，看设备是否离开稳态"),
    ("storage pts/out", "结果、报告和续测日志写到哪个目录"),
    ("base", "作为基准的运行：storage/v1 JSON、runs.json 或测试记录"),
    ("other", "要比较的运行：一个或多个文件"),
    ("storage compare/case", "只比较这些测试项；可重复"),
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

/// What the help of a command ends with.
pub(super) const AFTER: &[(&str, &str)] = &[
    (
        "storage run",
        "后面跟 fio 作业语言的选项，拼写与 fio 相同（--filename --rw --bs --iodepth …）；\
         不支持的选项会被拒绝，绝不忽略。\n\
         例：assay storage run --filename=/tmp/f --size=1g --rw=randread --bs=4k --iodepth=32 \
         --runtime=30 --time_based",
    ),
    (
        "storage compare",
        "按测试项（或作业名）配对；两个文件各只有一次运行时直接配对。模式、块大小、队列深度或地址次序\
         不同的不比较；无效的运行照列，但不参与比较。\n\
         退出码：0 全部比较完毕；2 负载不同；3 有无效的运行，或没有可配对的运行。\n\
         例：assay storage compare before.json after.json",
    ),
    (
        "storage pts",
        "设备上的数据全部丢失。中断后重复同一条命令即可续测。\n\
         例：assay storage pts /dev/nvme1n1 --destroy S4EVNX0R --purge discard --plan",
    ),
    (
        "storage agent",
        "启动时打印一行“主机:端口#指纹#令牌”，交给控制端的 --agents。令牌是机密，只准一个控制端进行\
         一次测试；标准输出不是终端时，只写入 --token-file。\n\
         例：assay storage agent --allow-destroy S5G1NE0R900412",
    ),
    (
        "storage verify",
        "每个块带有自己的地址、写入代次和校验和，日志记下已作的承诺。运行中断电，之后用 --after-crash \
         判定，判定只读。\n\
         例：assay storage verify --target /dev/sdb --destroy 序列号 --journal /mnt/other/sdb.journal\n\
         例：assay storage verify --after-crash --target /dev/sdb --journal /mnt/other/sdb.journal\n\
         退出码：0 完好；1 发现错误；2 用法错误或被拒绝；3 有块无法判定",
    ),
    (
        "storage scan",
        "只读。所有盘同时做同样的短测试；一起跑时偏慢的盘，再与一块健康的盘轮流单独复测。正在使用的盘\
         也可扫描，其自身负载会被看到并写明。\n\
         例：assay storage scan --all --html scan.html\n\
         退出码：0 全部健康；1 有慢盘或故障盘；2 用法错误；3 有盘无法查明",
    ),
];
