//! The help of `assay bmc` in Chinese.

pub(super) mod audit;
pub(super) mod settings;

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("bmc", "访问服务器的管理控制器：一台、一个机柜，或一份清单"),
    ("bmc discover", "查找 BMC：逐个询问地址，或在链路上搜索；不发送任何凭据"),
    ("bmc trust", "显示 BMC 的证书，并登记或删除；不发送任何凭据"),
    ("bmc info", "显示主机及其 BMC 的身份"),
    ("bmc inventory", "显示主机的部件（Redfish）"),
    ("bmc power", "开机、关机、重启，或查看电源状态"),
    ("bmc boot", "设置或查看下次从哪里启动"),
    ("bmc media", "插入、弹出或查看虚拟介质"),
    ("bmc media status", "显示各槽位及其中的镜像"),
    ("bmc media insert", "插入由 BMC 自行从 URL 读取的镜像，或由本程序提供的文件"),
    ("bmc media eject", "弹出槽位中的镜像"),
    ("bmc sensors", "显示传感器及其门限"),
    ("bmc sel", "显示或清除日志"),
    ("bmc sel list", "显示日志条目"),
    ("bmc sel clear", "先把日志保存为文件，再清除"),
    ("bmc sel watch", "跟踪日志，逐条显示新出现的条目"),
    ("bmc logs", "让 BMC 打包供厂商支持人员用的全部日志，并取回文件（Redfish）"),
    ("bmc logs collect", "打包并取回为文件"),
    ("bmc fru", "显示部件的存储信息 FRU（IPMI）"),
    ("bmc identify", "点亮或熄灭定位灯"),
    ("bmc tasks", "显示 BMC 正在执行的任务（Redfish）"),
    ("bmc probe", "显示 BMC 能做什么、以何种形式；只读"),
    ("bmc accept", "按互操作性配置文件 (DMTF DSP0272) 评判 BMC；只读"),
    ("bmc firmware", "查看、更新或跟进固件（Redfish）"),
    ("bmc firmware list", "显示已安装的固件及其版本"),
    ("bmc firmware update", "用文件或 URL 更新固件，跟进到底，并读回版本"),
    ("bmc firmware follow", "接着跟进正在执行的更新"),
    ("bmc raid", "查看控制器、硬盘与卷，建卷或删卷（Redfish）"),
    ("bmc raid list", "显示控制器、硬盘与卷"),
    ("bmc raid create", "用空闲且完好的硬盘建卷，并读回"),
    ("bmc raid delete", "删除卷；其中的数据将丢失"),
    ("bmc console", "连接主机的串口控制台 SOL（IPMI）"),
    ("bmc events", "显示事件及其订阅（Redfish）"),
    ("bmc events list", "显示已有的订阅"),
    ("bmc events subscribe", "让 BMC 把事件发送到某个 URL，直到取消"),
    ("bmc events unsubscribe", "取消一个订阅"),
    ("bmc events listen", "逐条显示到来的事件"),
    ("bmc reset-bmc", "重启 BMC 自身"),
    ("bmc raw", "按路径读写，或发送 IPMI 命令"),
    ("bmc raw get", "读取 Redfish 资源"),
    ("bmc raw patch", "修改 Redfish 资源"),
    ("bmc raw post", "向 Redfish 资源或动作提交"),
    ("bmc raw ipmi", "发送 IPMI 命令，显示完成码与数据"),
    ("bmc record", "记录 BMC 经 Redfish 提供的全部内容，去掉可识别归属的信息"),
    ("bmc export", "写出供其他系统登记这些主机的文件"),
    ("bmc simulate", "模拟若干 BMC 及其服务器，供试用与测试；不带 TARGET"),
    ("bmc replay", "把记录下来的资源树当作 BMC 提供服务；不带 TARGET"),
];

/// What each argument takes.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    ("via", "按清单从带外验收各台机器，依据其 BMC 所述：bmc"),
    (
        "accept/hosts",
        "这些机器的清单：CSV、XLSX 或 TOML；可重复。profile（配置档）列写明各台所依据的配置档；\
         给出 --from 时，在机器上采集的数据按序列号或 UUID 并入",
    ),
    ("accept/at_a_time", "同时访问的 BMC 台数 [默认：768]"),
    ("accept/ca", "接受这些 CA（PEM）签发的 BMC 证书"),
    ("accept/timeout", "每台 BMC 总计最长秒数 [默认：600]"),
    ("bmc/targets", "BMC：地址、主机名、地址段、网段"),
    (
        "hosts",
        "主机清单，CSV（UTF-8 或 GB 18030）、XLSX 或 TOML；可重复。用于 simulate 与 replay 时为台数",
    ),
    ("yes_hosts", "所指主机的台数：改动多台主机以及破坏性操作须写明台数"),
    ("dry_run", "只显示将对哪些主机做什么，什么都不做"),
    ("at_a_time", "同时处理的台数 [默认：768]"),
    ("per_bmc", "对同一 BMC 同时发出的请求数；改动总是单独发出"),
    ("resume", "把运行记入此日志文件；文件已有时接着做"),
    ("yes_unknown", "日志中不知是否已执行的主机台数：对它们再做一遍"),
    ("bmc/output", "标准输出写什么：text 给人看，json 给程序，csv 给表格（每台一行）"),
    ("protocol", "协议：auto（Redfish，没有则 IPMI）、redfish、ipmi"),
    ("user", "用户名"),
    ("password_env", "存有密码的环境变量"),
    ("password_file", "存有密码的文件，只许其所有者读取"),
    ("credential", "凭据文件中的凭据名"),
    (
        "credentials",
        "凭据文件（TOML）：`[名字]` 下写 user，以及 password、password-env 或 password-file \
         [默认：已知证书文件旁的 credentials.toml]",
    ),
    ("bmc/ca", "接受这些 CA（PEM）签发的证书"),
    ("pin", "只接受 SHA-256 为此值的证书"),
    ("known", "已知证书的文件 [默认：root 为 /var/lib/assay/known-bmcs，否则在用户状态目录]"),
    ("ipmi_port", "IPMI 的 UDP 端口 [默认：清单所写，否则 623]"),
    ("cipher_suite", "IPMI 加密套件，按尝试顺序 [默认：17,3]"),
    ("kg_env", "存有 BMC 密钥（Kg）的环境变量，仅 IPMI"),
    ("system", "BMC 管理多个系统时指定其一"),
    ("bmc/timeout", "每台主机总计最长秒数 [默认：600]"),
    ("bmc discover/ssdp", "另在所指接口上以 SSDP 搜索 Redfish 服务"),
    ("bmc discover/interface", "用于搜索的网络接口；可重复"),
    ("bmc discover/link_local", "以 IPv6 链路本地地址询问该接口链路上的所有邻居；可重复"),
    ("bmc discover/wait", "等待搜索应答的秒数"),
    (
        "bmc discover/write",
        "把找到的 BMC 写成供 --hosts 读入的主机清单（CSV）；已有的文件不会被替换",
    ),
    ("bmc trust/store", "登记尚无记录的主机的证书"),
    ("bmc trust/forget", "删除这些主机的证书记录；不发送任何数据"),
    (
        "bmc power/action",
        "做什么：status 查看、on 开机、off 断电、soft 软关机、reset 复位、cycle 断电再上电",
    ),
    (
        "bmc boot/device",
        "从哪里：status 查看、none 取消、pxe、http、disk 硬盘、cd 光盘、bios 设置界面",
    ),
    ("once", "仅下次启动；不写 --persistent 时即如此"),
    ("persistent", "直到再次修改"),
    ("uefi", "以 UEFI 方式"),
    ("legacy", "以传统 BIOS 方式"),
    ("bmc media insert/url", "镜像的 URL，或文件"),
    ("bmc media insert/serve", "在本机哪个地址上提供文件 [默认：通往 BMC 的本机地址]"),
    (
        "bmc media insert/serve_by",
        "以何协议提供文件：http、https 或 nfs [默认：BMC 所取协议中的第一个]",
    ),
    ("bmc media insert/keep", "停止提供文件时不弹出镜像"),
    ("bmc media insert/until_read", "文件被各 BMC 完整读取后即停止，镜像保留在槽位中"),
    ("bmc media insert/patience", "插入后 BMC 须在多少秒内开始读取文件"),
    ("bmc media insert/slot", "槽位名 [默认：最合适的空槽位]"),
    ("bmc media eject/slot", "槽位名 [默认：所有有镜像的槽位]"),
    ("bmc sel clear/save", "保存日志的目录"),
    ("bmc sel watch/time", "多少秒后结束"),
    ("bmc sel watch/every", "两次查看之间的秒数"),
    ("log_name", "有多个日志时指定其一"),
    ("bmc logs collect/out", "写入的文件；多台主机时为目录，每台一个文件"),
    ("bmc record/out", "写入的归档 (.tar.xz)；多台主机时为目录，每台一个归档"),
    ("bmc accept/interop", "配置文件：DSP0272 格式的 JSON"),
    ("bmc accept/profiles", "它所依赖的配置文件所在的目录 [默认：它自己所在的目录]；从不下载"),
    (
        "bmc accept/from",
        "评判记录下来的资源树而不是 BMC：含 index.json 的目录，或归档；可重复，不带 TARGET",
    ),
    ("ironic", "要写的 OpenStack Ironic 登记文件；已有的文件不覆盖"),
    ("resource_class", "节点的资源类别"),
    (
        "verify_ca",
        "conductor 凭什么信任 BMC 证书：其上的文件，true，或 false 表示不验证 [默认：--ca 的文件，否则 true]",
    ),
    ("bmc firmware update/image", "镜像：文件，或由 BMC 自行读取的 URL"),
    (
        "bmc firmware update/targets",
        "用于哪个部件，写 `firmware list` 中的名称；可重复 [默认：由 BMC 决定]",
    ),
    (
        "bmc firmware update/apply",
        "何时生效：immediate 立即、on-reset 主机重启时、at-maintenance 维护窗口 [默认：由 BMC 决定]",
    ),
    ("fetch_by", "BMC 读取镜像所用的协议 [默认：URL 的协议]"),
    ("sha256", "文件应有的 SHA-256"),
    ("expect", "更新后部件应有的版本；已是该版本的主机不再更新"),
    ("settle", "BMC 称已完成后，版本须在多少秒内改变"),
    ("bmc firmware update/serve", "在本机哪个地址上提供文件 [默认：通往 BMC 的本机地址]"),
    ("bmc firmware follow/task", "任务的编号或路径"),
    ("bmc raid create/level", "RAID 级别：0、1、5、6、10、50、60"),
    ("bmc raid create/drives", "硬盘：`raid list` 中的名称、序列号或路径，用逗号隔开"),
    ("bmc raid create/controller", "存储，写 `raid list` 中的名称 [默认：硬盘所在的那个]"),
    ("bmc raid create/name", "卷的名称"),
    ("bmc raid create/size", "容量（字节）[默认：全部]"),
    ("bmc raid create/stripe", "每块硬盘上的条带字节数 [默认：由控制器决定]"),
    ("bmc raid create/init", "初始化：fast 快速、full 完全 [默认：由控制器决定]"),
    ("encrypt", "加密"),
    ("mixed", "允许硬盘种类不一"),
    ("bmc raid delete/volumes", "卷：`raid list` 中的编号、名称或路径"),
    ("bmc events subscribe/url", "事件发往何处：http 或 https"),
    ("bmc events subscribe/context", "BMC 在每个事件中原样带回的文本"),
    ("bmc events unsubscribe/id", "订阅的编号，见 `events list`"),
    (
        "bmc events listen/serve",
        "对没有事件流的 BMC，在本机哪个地址上接收 [默认：通往 BMC 的本机地址]",
    ),
    ("bmc events listen/no_stream", "BMC 有事件流时也改用订阅"),
    ("bmc events listen/time", "多少秒后结束"),
    ("bmc console/take", "控制台正被另一会话占用时接管"),
    ("bmc console/save", "同时把主机的输出追加到文件"),
    ("bmc console/time", "多少秒后离开"),
    ("bmc console/until", "主机输出该文本后离开；直到结束都没有出现则退出码为 1"),
    ("bmc identify/wanted", "on 点亮，off 熄灭"),
    ("bmc raw get/paths", "BMC 上的路径"),
    ("bmc raw patch/path", "BMC 上的路径"),
    ("bmc raw patch/body", "请求体：JSON"),
    ("bmc raw post/path", "BMC 上的路径"),
    ("bmc raw post/body", "请求体：JSON"),
    ("bytes", "网络功能码、命令码及数据字节"),
    (
        "bmc simulate/listen",
        "首台主机监听的地址；其余主机在回环 (127.0.0.0/8) 上用其后的地址，在别处用其后的端口，端口为 0 时各用一个空闲端口",
    ),
    (
        "bmc replay/listen",
        "首台主机监听的地址；其余主机在回环 (127.0.0.0/8) 上用其后的地址，在别处用其后的端口，端口为 0 时各用一个空闲端口",
    ),
    (
        "bmc simulate/faults",
        "故障，可用逗号连写；对所有主机或其中几台 (2:drop=5、3-8:latency=300)；可重复",
    ),
    (
        "bmc replay/faults",
        "故障，可用逗号连写；对所有主机或其中几台 (2:drop=5、3-8:latency=300)；可重复",
    ),
    ("bmc simulate/list_faults", "列出全部故障，不模拟任何主机"),
    ("bmc replay/list_faults", "列出全部故障，不模拟任何主机"),
    ("bmc simulate/out", "存放主机清单、凭据与证书的目录；已有的会沿用"),
    ("bmc replay/out", "存放主机清单、凭据与证书的目录；已有的会沿用"),
    ("bmc simulate/one_certificate", "所有主机共用一张证书"),
    ("bmc replay/one_certificate", "所有主机共用一张证书"),
    ("bmc simulate/no_ipmi", "主机只说 Redfish；否则在同一 UDP 端口上也说 IPMI"),
    ("bmc replay/no_ipmi", "主机只说 Redfish；否则在同一 UDP 端口上也说 IPMI"),
    ("bmc simulate/ssdp", "主机在该网络接口上应答对 Redfish 服务的搜索 (SSDP)"),
    ("bmc replay/ssdp", "主机在该网络接口上应答对 Redfish 服务的搜索 (SSDP)"),
    ("bmc simulate/fetch_media", "主机真正去取要插入或安装的映像 (http、https)"),
    ("bmc replay/fetch_media", "主机真正去取要插入或安装的映像 (http、https)"),
    (
        "bmc simulate/dialects",
        "BMC 的品牌：dmtf、huawei、huawei-blade、xfusion、openubmc、h3c、inspur、lenovo、lenovo-amd、ami、zte、enginetech、openbmc；给出几种则各主机轮流 [默认：dmtf]",
    ),
    (
        "bmc simulate/parts",
        "每台主机有多少部件：cpus、dimms、drives、nics、gpus、power-supplies、fans、log",
    ),
    ("bmc replay/tree", "记录下来的资源树：含 index.json 的目录，或归档"),
];

/// What the help of a command ends with.
pub(super) const AFTER: &[(&str, &str)] = &[
    (
        "accept",
        "--via bmc 时，清单中每台机器各有一份测试记录，放在 --out 之下以其序列号命名的目录，\
         汇总在 `batch`。到达不了的机器逐台列出，退出码为 3。在机器上采集的数据由 --from 并入：\
         与 BMC 所述不一致的，两个取值都列出，该项不判通过。\n\
         加 --site 时，把订货与装箱清单同找到的机器比对：--from 之下每个文件或目录为一台机器。缺少、多出、\
         互换、部件或固件不符，逐项列出并写明如何处理；site.html 有逐 U 的机柜图。有不符合清单或不符合\
         配置档的，退出码为 1；有待查的为 3。\n\
         例：assay accept --profile gd-gov-cloud/bms-1\n\
         例：assay accept --site site.csv --from dumps --profile gd-gov-cloud/ecs-server --out site\n\
         例：assay accept --via bmc --hosts rack.csv --profile gd-gov-cloud/ecs-server --out rack",
    ),
    (
        "bmc",
        "TARGET 是地址或主机名 (192.0.2.7、192.0.2.7:8443、[2001:db8::7]:443、fe80::1%eth0)、\
         地址段 (192.0.2.10-20)，或只供查看的网段 (192.0.2.0/24)。\n\
         清单的列：地址、序列号、机柜、U位、方言、在用、凭据、指纹、IPMI端口，或其英文名，验收时另有配置档；清单中不存密码。\n\
         查看可用任何目标。对单台写明的主机，电源、启动和介质操作立即执行；改动多台或破坏性操作须加 \
         --yes-hosts N。证书已知之前不发送任何凭据：先 `trust`，或用 --pin、--ca。\n\
         加 --resume FILE 时，中断的运行可接着做：已完成的不重做。被终止时正在操作的主机，结果不明；\
         重做不等于只做一次的操作（reset、cycle 及各种破坏性操作）只列出这些主机，写明 --yes-unknown N 才再做。\n\
         退出码：0 符合预期，1 有主机失败或不符，2 用法错误或被拒绝，3 有主机无法到达或无法查询\n\
         例：assay bmc 192.0.2.10-20 trust --store\n\
         例：assay bmc 192.0.2.7 --user admin --password-env BMC_PASSWORD power status",
    ),
    (
        "bmc discover",
        "不发送凭据，也不信任任何证书：向每个地址的 443 端口（或所写端口）读取 Redfish 根资源并显示其证书指纹，\
         向 UDP 623（或 --ipmi-port）询问 IPMI 对任何人公开的信息。各地址相隔 5 毫秒开始，同时最多 256 个 \
         (--at-a-time)。无应答的只计数，地址不多时逐一列出。\n\
         写出的清单不含指纹：先核对，再 `trust --store`。\n\
         退出码：0 找到 BMC，1 没有找到，2 用法错误，3 无法在链路上搜索\n\
         例：assay bmc 192.0.2.0/24 discover --write hosts.csv\n\
         例：assay bmc discover --ssdp --interface eth1\n\
         例：assay bmc discover --link-local eth1",
    ),
    (
        "bmc trust",
        "登记之前，请与 BMC 自身页面或控制台所示的 SHA-256 核对。\
         与登记不符的证书从不被自动替换：先删除该主机的记录。\n\
         例：assay bmc 192.0.2.7 trust --store",
    ),
    (
        "bmc probe",
        "不作任何尝试：BMC 按标准列出的记为“可用”；以已知的特殊形式提供的记为“特殊”并写明名称。\
         除非给出 --protocol redfish，还会不带凭据询问 IPMI 对任何人公开的信息。\
         不同固件版本的 JSON 可直接比较：项目与次序相同，不含时间。\n\
         例：assay bmc 192.0.2.7 probe\n\
         例：assay bmc --hosts rack.csv probe --output json",
    ),
    (
        "bmc accept",
        "只读看不出来的（大部分“可写”要求），以及配置文件中未被理解的，记为“未测”，从不算通过。\n\
         退出码：0 必须项全部满足，1 有不满足，3 有必须项无法判定\n\
         例：assay bmc 192.0.2.7 accept --interop OpenStackIronicProfile.v1_2_0.json\n\
         例：assay bmc accept --interop OCPBaselineHardwareManagement.v1_0_1.json --from rack7.tar.xz",
    ),
    (
        "bmc power",
        "soft 请操作系统关机；off 立即断电；reset 立即重启；cycle 断电后再上电。\n\
         例：assay bmc --hosts rack.csv power status\n\
         例：assay bmc --hosts rack.csv power on --yes-hosts 8",
    ),
    (
        "bmc boot",
        "status 显示当前设置；none 取消覆盖。设置之后会读回：BMC 应答成功但没有保存的，会如实报告。\n\
         例：assay bmc 192.0.2.7 boot cd --once --uefi",
    ),
    (
        "bmc media insert",
        "镜像由 BMC 自行读取：URL 须能从带外网络访问，且协议为 BMC 所支持（http、https、nfs、cifs）。\n\
         文件由本程序以只读方式只提供给这些 BMC，直到被中断 (Ctrl-C)，届时弹出；期间显示 BMC 读了多少。\n\
         协议为 http；已知 BMC 不取 http 时用 https（证书为本次运行所制，核对证书的槽位会被设为不核对）\
         或 nfs（第 3 版，只读；端口 111 与 2049 须 root）。\
         加 --until-read 则在全部读完后停止，镜像保留：适用于自存副本的 BMC。\n\
         例：assay bmc 192.0.2.7 media insert http://192.0.2.1/ramdisk.iso\n\
         例：assay bmc 192.0.2.7 media insert ./ramdisk.iso",
    ),
    (
        "bmc sel clear",
        "每份日志清除前先保存为 目录/地址.json；保存不了的不清除。\n\
         例：assay bmc 192.0.2.7 sel clear --save logs --yes-hosts 1",
    ),
    (
        "bmc sel watch",
        "每个条目一行：主机、时间、级别、来源、内容；--output json 时每行一个对象，\
         日志被清除、主机失联与恢复也在其中。失联的主机在 1 秒、2 秒……直至一分钟后重试，\
         其间出现的条目届时显示。Ctrl-C 结束；读取方退出时也随之结束。\n\
         退出码：0 正常结束，1 或 3 有主机无法跟踪\n\
         例：assay bmc --hosts rack.csv sel watch --output json",
    ),
    (
        "bmc events subscribe",
        "此后由 BMC 自行把每个事件发送到该 URL，本程序结束后亦然；建立之后会读回。\n\
         例：assay bmc 192.0.2.7 events subscribe https://192.0.2.1:8443/events --context rack7",
    ),
    (
        "bmc events unsubscribe",
        "可能有人依赖该订阅，而 BMC 不显示其完整内容，无法照原样恢复：须加 --yes-hosts。\n\
         例：assay bmc 192.0.2.7 events unsubscribe 3 --yes-hosts 1",
    ),
    (
        "bmc events listen",
        "BMC 有事件流（SSE）时读取事件流；否则由本程序以 http 接收，只接受这些 BMC，路径无法猜测，\
         并建立订阅，结束时取消；被强行终止的运行遗留的订阅由下一次对该 BMC 的命令取消。\
         每个事件一行；--output json 时每行一个对象。Ctrl-C 结束。\n\
         例：assay bmc 192.0.2.7 events listen\n\
         例：assay bmc --hosts rack.csv events listen --output json --yes-hosts 8",
    ),
    (
        "bmc console",
        "在终端上，所有按键（包括 Ctrl-C）都发给主机；行首的 ~. 离开，~B 发送 break，~~ 键入 ~，~? 显示说明。\
         由管道输入的内容原样发送（回车为 \\r）；没有 --for 或 --until 时，输入全部送达后即离开。\
         标准输出就是主机的输出；--output json 时改为输出结果。\n\
         退出码：0 已离开或时间到；有 --until 时主机输出了该文本为 0，否则为 1；BMC 不提供或结束了控制台为 1；\
         无法到达为 3\n\
         例：assay bmc 192.0.2.7 console --save host7.log\n\
         例：printf 'root\\r' | assay bmc 192.0.2.7 console --until Password: --for 30",
    ),
    (
        "bmc logs collect",
        "iBMC 及同类、ISBMC 与中兴的 BMC 列出了此操作时可用；需要几分钟。文件中有序列号与地址，\
         只有您本人可读；已有的文件不会被覆盖，中断的下载不留文件。\n\
         例：assay bmc 192.0.2.7 logs collect --out rack7.tar.gz",
    ),
    (
        "bmc record",
        "序列号、地址与名称换成同样格式的替代值，机密信息被去掉；归档中的 recording.json 列出替换之处。\
         交给他人之前请先检查。记录可用 `assay bmc replay FILE` 重放，用 `assay accept --from FILE` 验收。\n\
         例：assay bmc 192.0.2.7 record --out rack7.tar.xz",
    ),
    (
        "bmc export",
        "文件即 `openstack baremetal create` 所读的：驱动、地址、属性、各网口的 MAC。\
         其中没有密码：密码写成以凭据命名的变量 ${BMC_RACK_A_PASSWORD}，由 envsubst 填入；\
         文件开头几行写明用法，并设置特征。\n\
         例：assay bmc --hosts rack.csv export --ironic nodes.yaml",
    ),
    (
        "bmc firmware list",
        "例：assay bmc --hosts rack.csv firmware list --output csv > versions.csv",
    ),
    (
        "bmc firmware update",
        "文件直接发送给 BMC；只会自行读取的 BMC，由本程序以 http 只提供给它们。显示镜像的 SHA-256。\
         先更新第一台，再按 --at-a-time 分批；有一台未如预期即不再开始其余。更新中重启的 BMC 会等待。\
         本程序被中断后 BMC 仍会继续：用 `firmware follow` 接着跟进。\n\
         例：assay bmc 192.0.2.7 firmware update ./bmc-3.08.bin --target BMC --expect 3.08 --yes-hosts 1\n\
         例：assay bmc --hosts rack.csv firmware update ./bios.bin --sha256 9f86d0… --yes-hosts 8",
    ),
    (
        "bmc firmware follow",
        "不写 TASK 时跟进唯一在执行的更新。不作任何改动。\n\
         例：assay bmc --hosts rack.csv firmware follow",
    ),
    ("bmc raid list", "例：assay bmc --hosts rack.csv raid list --output csv"),
    (
        "bmc raid create",
        "硬盘不存在、已在卷中、是热备盘、不能确认空闲且完好，或块数不足时，不发送任何请求。\n\
         例：assay bmc 192.0.2.7 raid create --level 1 --drives Disk0,Disk1 --name os --yes-hosts 1",
    ),
    (
        "bmc raid delete",
        "每个卷用编号、自有名称或路径逐一写明；多个卷同名则拒绝，没有代表全部的写法。会说明删除的是什么。\n\
         例：assay bmc 192.0.2.7 raid delete LogicalDrive0 --yes-hosts 1",
    ),
    ("bmc raw get", "例：assay bmc 192.0.2.7 raw get /redfish/v1/Systems"),
    (
        "bmc raw patch",
        "例：assay bmc 192.0.2.7 raw patch /redfish/v1/Systems/1 '{\"AssetTag\": \"R7\"}' --yes-hosts 1",
    ),
    (
        "bmc raw post",
        "例：assay bmc 192.0.2.7 raw patch /redfish/v1/Systems/1 '{\"AssetTag\": \"R7\"}' --yes-hosts 1",
    ),
    (
        "bmc raw ipmi",
        "数字为十进制，或以 0x 开头的十六进制。只读命令也须加 --yes-hosts：从字节看不出会做什么。\n\
         例：assay bmc 192.0.2.7 raw ipmi 0x06 0x01 --yes-hosts 1",
    ),
    (
        "bmc simulate",
        "运行到被中断为止，并把 rack.csv、credentials.toml 与 certificates.pem 写入目录。\
         主机的状态在内存中：电源、启动项、介质、日志、用户、BIOS 设置、卷与固件都像真的 BMC 那样变化。\n\
         例：assay bmc simulate --hosts 8 --dialect huawei --dialect h3c --fault 3:boot-not-kept",
    ),
    (
        "bmc replay",
        "按记录的内容应答，改动只保存在内存中。资源树宣告而模拟器不会做的操作答 501。\n\
         例：assay bmc replay rack7.tar.xz",
    ),
];
