//! The help of `assay net` in Chinese.

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("net", "本节点的租户网络与安全组：计划、生效、核对"),
    ("net lint", "检查文件：一次列出全部错误，各有行号与改法；无需 root"),
    ("net plan", "显示将改什么、按什么顺序、每步如何撤销；不作任何改动"),
    ("net diff", "显示本节点与文件的差异"),
    ("net apply", "使本节点与文件一致，并读回核对"),
    ("net verify", "核对本节点是否符合要求，包括现有连接"),
    ("net show", "显示网络、端口及对其生效的规则"),
    ("net destroy", "删除本程序在本节点上建立的一切"),
    ("net explain", "说明一个报文能否通过、由哪条规则决定；无需 root"),
    ("net watch", "随时输出本节点守护进程所报告的事件"),
    ("net evpn", "输出 EVPN 节点的 FRR 配置，与运行中的比较，或写入文件"),
    ("net loops", "以探测帧查找虚拟机或线缆造成的环路；不阻断任何端口，无需守护进程"),
    ("net unblock", "重新开通守护进程因环路而阻断的端口；不给出端口时列出环路"),
    (
        "net accept",
        "在临时命名空间中以真实报文检验本内核能否隔离租户，或在交付的云平台的虚拟机之间检验该平台",
    ),
    ("net agent", "在交付的云平台的虚拟机中，按控制端的要求探测其网络"),
    ("net schema", "输出文件的 JSON Schema"),
];

/// What each argument takes.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    ("fabric_netns", "网桥与端口所在的网络命名空间 [默认：运行时所在的]"),
    (
        "state",
        "存放锁、操作日志和已生效文件副本的目录 [默认：/run/assay/dataplane；给出 --fabric-netns 时为其下单独的目录]",
    ),
    ("net watch/socket", "守护进程的套接字"),
    ("net unblock/socket", "守护进程的套接字"),
    ("net unblock/port", "要开通的端口"),
    ("net loops/seconds", "查找多少秒"),
    ("after", "从该编号之后仍保留的事件开始；0 为全部"),
    (
        "net lint/files",
        "要检查的文件，TOML 或 JSON：节点的，或 `net accept` 的计划；`-` 为标准输入",
    ),
    ("net plan/file", "本节点应有的状态：TOML 或 JSON，`-` 为标准输入"),
    ("net apply/file", "本节点应有的状态：TOML 或 JSON，`-` 为标准输入"),
    ("net evpn/check", "与该 FRR 配置比较；`-` 为标准输入"),
    ("net evpn/write", "写入该文件（权限 0640）；已有文件须由此写成"),
    ("file", "本节点应有的状态 [默认：最近一次生效的]"),
    ("probe", "并在临时命名空间中以两端口的副本实发该报文；须 root"),
    ("net accept/scale", "并按规范的规模检验：2,048 块虚拟网卡、500 个 VPC、20,000 条规则"),
    ("net accept/disruptive", "本节点有租户端口时也运行：会占用处理器时间和各网络共用的内核锁"),
    ("net accept/plan", "交付的云平台的虚拟机之间应当如何：TOML 或 JSON，`-` 为标准输入"),
    ("net accept/dry_run", "只显示将检验什么、哪些仍未决；不联系任何代理"),
    ("net accept/agents", "计划所列虚拟机中的代理，照 `net agent` 所示：主机:端口#指纹#令牌"),
    ("net accept/agents_file", "代理清单文件，一行一个：令牌不进入进程列表"),
    ("net agent/listen", "等候控制端的地址：须在测试项不触及的通路上"),
    ("net agent/device", "所检验网络中的网卡"),
    ("net agent/to", "只许向这些地址发送探测；可重复"),
    ("net agent/name", "所示的一行中本机的名称 [默认：主机名，或监听地址]"),
    ("net agent/token_file", "写入含令牌的一行的文件，仅属主可读"),
    ("net agent/expires", "令牌的有效时间：30s、10m、1h"),
    ("net schema/cloud", "改为 `net accept --plan` 所读计划的"),
    ("offline", "按空节点而非本节点制定计划；无需 root"),
    ("undo", "显示每步如何撤销"),
    ("rules", "逐条显示规则的变更"),
    ("net apply/yes", "同意一次删除超过五分之一的端口"),
    ("net destroy/yes", "执行删除；不给出时只显示计划，不作任何改动"),
    ("dry_run", "只显示计划"),
    ("vpc", "只显示该 VPC 的网络与端口；可重复"),
    ("port", "只显示该端口，并列出对其生效的每条规则；可重复"),
    ("net explain/from", "发起方：本节点或其他节点的端口编号，或 IP 地址"),
    ("net explain/to", "对端：同上"),
    ("proto", "IP 之上的协议：tcp、udp、sctp、icmp、icmpv6 或编号"),
    ("dport", "对端的端口号"),
    ("sport", "发起方的端口号"),
    ("icmp_type", "ICMP 类型，或 类型/代码 [默认：回显请求]"),
    ("src", "发起方使用的源地址（不是其第一个地址时给出）"),
    ("network", "所在网络：两端均为地址、而多个网络都有这些地址时给出"),
];

/// What the help of a command ends with.
pub(super) const AFTER: &[(&str, &str)] = &[
    (
        "net lint",
        "退出码：0 无误；2 有误；3 无法读取\n\
         例：assay net lint network.toml",
    ),
    (
        "net plan",
        "+ 新增，~ 修改，- 删除。文件即全部：其中没有的将被删除。\n\
         退出码：0 计划完成；2 输入有误，或与他人之物冲突；3 无法查看\n\
         例：assay net plan network.toml --undo",
    ),
    (
        "net diff",
        "退出码：0 一致；1 有差异；2 输入有误；3 无法查明\n\
         例：assay net diff network.toml",
    ),
    (
        "net verify",
        "退出码：0 符合；1 有差异；2 输入有误；3 无法查明\n\
         例：assay net verify && echo 符合",
    ),
    (
        "net evpn",
        "口令仅由 --write 和 --check 从其文件读取，从不显示。本程序不改动 FRR：以 `frr-reload.py --reload 文件` 使其生效。\n\
         退出码：0 已输出、已写入或一致；1 有差异；2 输入有误或被拒绝；3 无法完成\n\
         例：vtysh -c 'show running-config' | assay net evpn --check -",
    ),
    (
        "net apply",
        "文件即全部：其中没有的将被删除，且只删除本程序所建的。任一步失败，即撤销之前各步。中途被杀：重新运行\
         即可。\n\
         退出码：0 已一致；1 读回不一致；2 输入有误或被拒绝；3 无法完成；4 已回滚；5 回滚不完整，遗留已列出\n\
         例：assay net plan network.toml && assay net apply network.toml",
    ),
    (
        "net accept",
        "临时建立两台主机、十六台虚拟机；不触及本节点的租户网络，无论如何结束都不留下任何东西。所得结果属于本\
         内核上的本数据面，不属于交付的云平台。\n\
         给出 --plan 与 --agents：在交付的云平台的虚拟机之间检验，结果属于该平台；每台虚拟机运行 `assay net agent`。\n\
         退出码：0 全部通过；1 有不通过；2 被拒绝或输入有误；3 无法查明\n\
         例：assay net accept --output json > net-accept.json\n\
         例：assay net accept --plan cloud.toml --agents-file agents --output json > cloud.json",
    ),
    (
        "net agent",
        "启动时打印一行“主机:端口#指纹#令牌”，交给 `net accept` 的 --agents。令牌是机密，只准一个控制端进行\
         一次检验；标准输出不是终端时只写入 --token-file。回显、冒用地址与包长的探测需要 CAP_NET_RAW。\n\
         退出码：0 控制端已完成；2 用法有误；3 无人使用，或中断\n\
         例：assay net agent --listen 192.0.2.11:7444 --device eth1 --to 10.0.0.0/8 --to 203.0.113.0/24",
    ),
    (
        "net show",
        "退出码：0 已显示；2 输入有误；3 无法查看\n\
         例：assay net show --port web-1",
    ),
    (
        "net destroy",
        "他人的设备和表不受影响；端口的 tap 与网卡退出网桥，但保留。\n\
         退出码：0 本程序所建已全部删除；2 未给出 --yes；3 无法完成；4 已回滚；5 回滚不完整，遗留已列出\n\
         例：assay net destroy --dry-run",
    ),
    (
        "net loops",
        "向每个端口的虚拟机一侧发出探测帧，返回即为成环。[node.loop_detection] 中有 `key_file` 时，也能发现经其他节点的环路。\n\
         退出码：0 没有；1 发现环路；2 输入有误；3 无法查明\n\
         例：assay net loops --seconds 10",
    ),
    (
        "net unblock",
        "环路仍在时，下一个探测帧会再次阻断该端口。\n\
         退出码：0 已完成或已列出；2 没有这样被阻断的端口；3 无法连接守护进程\n\
         例：assay net unblock web-1",
    ),
    (
        "net watch",
        "退出码：3 守护进程已结束，或无法连接；Ctrl-C 结束\n\
         例：assay net watch --after 0",
    ),
    (
        "net explain",
        "只依据文件判断，不询问内核；在其他节点的一端由其所在节点判定。--sport 可以给出但不影响结果：没有规则看发起方自己的端口号。\n\
         退出码：0 通过本节点；1 不通过；2 输入有误\n\
         例：assay net explain network.toml --from app-1 --to web-1 --proto tcp --dport 443",
    ),
];
