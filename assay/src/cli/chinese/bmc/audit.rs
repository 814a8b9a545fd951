//! The help of `bmc audit` and `bmc adopt` in Chinese.

/// What they do.
pub(in crate::cli::chinese) const COMMANDS: &[(&str, &str)] = &[
    ("bmc audit", "查找薄弱之处：用户、服务、证书、TLS、时钟；只读"),
    ("bmc adopt", "把 BMC 从出厂状态纳入管理，逐台进行"),
];

/// What their arguments take.
pub(in crate::cli::chinese) const ARGUMENTS: &[(&str, &str)] = &[
    ("try_defaults", "尝试该厂商公开的出厂口令，每个一次"),
    ("bmc adopt/journal", "日志文件：对哪台做了哪一步；已有的接着做"),
    ("factory_credential", "凭据文件中出厂凭据的名称 [默认：--credential、--user 或清单所写]"),
    ("new_user", "新管理员的用户名；写出厂用户的名称则保留该用户、只换口令"),
    ("bmc adopt/new_password_env", "存有新口令的环境变量"),
    ("bmc adopt/new_password_file", "存有新口令的文件，只许其所有者读取"),
    ("new_credential", "凭据文件中新凭据的名称 [默认：清单所写]"),
    ("bmc adopt/ntp", "NTP 服务器，首选在前，用逗号隔开"),
    (
        "cert_dir",
        "证书目录：每台一个 地址.pem（清单中的地址）；密钥不是 BMC 自行生成的，另有 地址.key",
    ),
];

/// What stands behind their help.
pub(in crate::cli::chinese) const AFTER: &[(&str, &str)] = &[
    (
        "bmc audit",
        "不作任何改动。BMC 未说明的记为“未知”，绝不记为正常。对 HTTPS 只提出 SSL 3.0 至 TLS 1.1 而不完成握手；\
         对 IPMI 不带凭据询问其对任何人公开的信息。同一次运行的主机相互比较：多台共用的密钥、同型号不同的固件。\n\
         加 --try-defaults 时，凡有此用户名且已启用的，该厂商公开的每个出厂口令各试一次；BMC 未说明锁定规则的，\
         总共只试一个。被拒会计入 BMC 的失败次数，可能锁定该用户，故须 --yes-hosts N。\n\
         退出码：0 没有高、中严重度的发现，1 有发现，3 有主机未能询问，或高严重度的检查项未能判定\n\
         例：assay bmc --hosts rack.csv audit\n\
         例：assay bmc --hosts rack.csv audit --try-defaults --yes-hosts 8 --output csv",
    ),
    (
        "bmc adopt",
        "逐台处理清单中的主机：先改必须修改的口令，新建管理员，由它登录验证之后才停用出厂用户，再设置 NTP、名称、\
         证书和地址。清单中的列给出各台的值：new-address 与 prefix、gateway、bmc-name、new-credential\
         （新地址、前缀、网关、BMC名称、新凭据）。每一步都读回核对并写入日志；某一步失败则该台停止。\
         再次运行同样的命令即从停下处继续，断电或 kill -9 之后也一样。\n\
         序列号与清单不符的主机被拒绝；必须先改口令的，改后立即核对。地址放在最后。\n\
         退出码：0 全部纳管，1 有主机未如预期，2 用法错误或因安全而拒绝，3 有主机未能到达或未开始\n\
         例：assay bmc --hosts new.csv adopt --journal new.journal --factory-credential factory --new-user ops \
         --new-password-file ops.secret --ntp 192.0.2.1 --cert-dir certs --yes-hosts 8",
    ),
];
