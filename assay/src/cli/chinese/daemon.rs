//! The help of `assay daemon` in Chinese.

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("daemon", "常驻运行，使本机保持应有的状态"),
    ("daemon dataplane", "使本节点的租户网络与安全组始终与所需状态一致"),
];

/// What each argument takes.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    ("daemon dataplane/file", "首个完整状态；仅在尚未接受过任何状态时采用"),
    ("socket", "监听的套接字 [默认：/run/assay/dataplane.sock]"),
    ("listen", "拒绝：守护进程没有 TCP"),
];

/// What the help of a command ends with.
pub(super) const AFTER: &[(&str, &str)] = &[(
    "daemon dataplane",
    "在权限为 0660 的 unix 套接字上提供 HTTP 与 JSON；没有 TCP。GET /openapi.json 给出接口说明。\n\
     接受首个完整状态之前，不查看也不删除任何东西。已接受的状态在守护进程退出后仍保留；SIGTERM 不改变内核现状。\
     运行期间 `net apply` 被锁定。\n\
     退出码：0 按要求结束；2 用法错误；3 无法开始或继续\n\
     例：curl --unix-socket /run/assay/dataplane.sock http://localhost/v1/status",
)];
