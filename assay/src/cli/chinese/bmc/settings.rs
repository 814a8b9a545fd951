//! The help of the verbs on settings in Chinese.

/// What each command does.
pub(in crate::cli::chinese) const COMMANDS: &[(&str, &str)] = &[
    ("bmc users", "显示、新建、修改或删除用户"),
    ("bmc users list", "显示用户"),
    ("bmc users add", "新建用户"),
    ("bmc users password", "修改用户的密码"),
    ("bmc users role", "修改用户的角色"),
    ("bmc users enable", "启用用户"),
    ("bmc users disable", "停用用户"),
    ("bmc users remove", "删除用户"),
    ("bmc certs", "显示或更换 BMC 的证书，或申请证书（Redfish）"),
    ("bmc certs list", "显示 BMC 的证书，以及连接时所示的证书"),
    ("bmc certs csr", "让 BMC 生成密钥和证书请求"),
    ("bmc certs replace", "给 BMC 换上另一证书"),
    ("bmc time", "显示或设置 BMC 的时钟及时间服务器"),
    ("bmc time status", "显示时钟及时间服务器"),
    ("bmc time set", "设置时钟"),
    ("bmc time ntp", "由 NTP 服务器校时（Redfish）"),
    ("bmc nic", "显示或修改 BMC 自身的网络"),
    ("bmc nic list", "显示网口"),
    ("bmc nic set", "修改网口（Redfish）"),
    ("bmc lockdown", "关闭政务云要求关闭的服务，或查看哪些开着（Redfish）"),
    ("bmc lockdown status", "查看哪些开着、哪些将被关闭"),
    ("bmc lockdown on", "关闭；先保存原状态。加 --dry-run 则逐项显示现在与之后"),
    ("bmc lockdown off", "按保存的状态重新打开"),
    ("bmc bios", "显示或设置主机的 BIOS 设置（Redfish）"),
    ("bmc bios get", "显示设置：现值、待生效的值、可取的值"),
    ("bmc bios set", "设置；主机重启后生效"),
    ("bmc bios pending", "显示等待重启生效的设置"),
    ("bmc bios reset", "恢复全部默认设置，下次重启后生效"),
    ("bmc bios revoke", "撤销等待重启生效的设置"),
];

/// What each argument takes.
pub(in crate::cli::chinese) const ARGUMENTS: &[(&str, &str)] = &[
    ("bmc users add/name", "用户名"),
    ("bmc users password/name", "用户名"),
    ("bmc users role/name", "用户名"),
    ("bmc users enable/name", "用户名"),
    ("bmc users disable/name", "用户名"),
    ("bmc users remove/name", "用户名"),
    ("bmc users add/role", "角色：administrator 管理员、operator 操作员、readonly 只读"),
    ("bmc users role/role", "角色：administrator 管理员、operator 操作员、readonly 只读"),
    ("common_name", "BMC 的名称 [默认：其地址]"),
    ("san", "备用名或地址；可重复"),
    ("country", "国家的两字母代码"),
    ("state", "省、州"),
    ("city", "城市"),
    ("organization", "组织"),
    ("bmc certs csr/unit", "组织的部门"),
    ("bmc certs csr/out", "写入的请求 (PEM)；多台主机时为目录，每台一个文件"),
    ("bmc certs replace/cert", "证书及其上级证书 (PEM)；多台主机时为目录，内有 地址.pem"),
    ("bmc certs replace/key", "私钥 (PEM)，用于密钥不是 BMC 自行生成的；只许其所有者读取"),
    ("bmc certs replace/trust", "BMC 使用新证书后，登记为已知证书"),
    ("bmc time set/time", "now 即本机时间，或日期（RFC 3339：2026-11-27T06:00:00+08:00）"),
    ("servers", "服务器，首选在前"),
    ("bmc time ntp/off", "停用"),
    ("bmc nic set/address", "静态地址及网段的位数"),
    ("bmc nic set/gateway", "网关 [默认：不变]"),
    ("bmc nic set/dhcp", "由 DHCP 分配"),
    ("bmc nic set/vlan", "所在 VLAN；0 为无"),
    ("bmc nic set/interface", "网口名 [默认：唯一的，或正在访问的]"),
    ("bmc lockdown on/save", "状态文件 (JSON)；多台主机时为目录，每台一个文件"),
    ("bmc lockdown off/save", "状态文件 (JSON)；多台主机时为目录，每台一个文件"),
    ("bmc bios get/names", "设置的名称 [默认：全部]"),
    ("bmc bios set/values", "设置及其值"),
    ("new_password_env", "存有新密码的环境变量"),
    ("new_password_file", "存有新密码的文件，只许其所有者读取"),
];

/// What the help of a command ends with.
pub(in crate::cli::chinese) const AFTER: &[(&str, &str)] = &[
    (
        "bmc users",
        "不带子命令时列出用户。当前登录的用户和最后一个管理员不会被删除、停用或降级。\
         设置的密码会用它登录一次来验证。\n\
         例：assay bmc 192.0.2.7 users\n\
         例：assay bmc 192.0.2.7 users add ops --role operator --new-password-env NEW",
    ),
    (
        "bmc users add",
        "例：assay bmc 192.0.2.7 users add ops --role operator --new-password-file ops.secret",
    ),
    (
        "bmc certs csr",
        "密钥留在 BMC 内；先前未用的请求随之作废。签发者签署所写的文件，再用 `certs replace` 交回。\n\
         例：assay bmc 192.0.2.7 certs csr --common-name bmc7.example --san 192.0.2.7 -o bmc7.csr",
    ),
    (
        "bmc certs replace",
        "会用新的连接查看 BMC 是否使用新证书。加 --trust 则随后登记；否则下次运行会因证书变更而停止，\
         直到用 `trust` 登记。\n\
         例：assay bmc 192.0.2.7 certs replace --cert bmc7.pem --trust --yes-hosts 1",
    ),
    (
        "bmc time",
        "不带子命令时显示时钟，以及比本机快多少秒。\n\
         例：assay bmc --hosts rack.csv time\n\
         例：assay bmc 192.0.2.7 time ntp ntp1.example ntp2.example",
    ),
    (
        "bmc nic set",
        "已有主机应答的地址，在发送任何内容之前就拒绝。随后两分钟内在新地址寻找 BMC，按证书辨认；\
         找不到则说明留下了什么。静态地址只用于一台。\n\
         例：assay bmc 192.0.2.7 nic set --address 192.0.2.9/24 --gateway 192.0.2.1 --yes-hosts 1",
    ),
    (
        "bmc lockdown",
        "关闭的有：IPMI over LAN、Telnet、SSH、明文 HTTP、VNC、RDP、SNMP v1 与 v2c，以及无名用户。\
         正在使用的 HTTPS 保留。BMC 未说明的保持原状并写明。\n\
         例：assay bmc 192.0.2.7 lockdown\n\
         例：assay bmc --hosts rack.csv lockdown on --save closed --dry-run\n\
         例：assay bmc --hosts rack.csv lockdown on --save closed --yes-hosts 8",
    ),
    ("bmc bios get", "例：assay bmc 192.0.2.7 bios get BootMode SriovSupport"),
    (
        "bmc bios set",
        "发送之前先按 BMC 自己的属性注册表检查各值，之后读回待生效的值。不会重启主机：\
         用 `power reset` 或 `power cycle`。\n\
         例：assay bmc 192.0.2.7 bios set BootMode=UEFI SriovSupport=Enabled --yes-hosts 1",
    ),
    (
        "bmc users password",
        "例：assay bmc 192.0.2.7 users password ops --new-password-env NEW --yes-hosts 1",
    ),
];
