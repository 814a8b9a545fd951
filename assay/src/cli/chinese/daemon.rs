//! The help of `assay daemon` in Chinese.

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("daemon", "在运行期间使某物保持所要求的状态"),
    ("daemon dataplane", "使本节点的租户网络保持所要求的状态：unix 套接字上的 HTTP 与 JSON 接口"),
];

/// What each argument takes.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    ("socket", "套接字，权限 0660；能连接者即能改动本节点"),
    ("daemon dataplane/listen", "拒绝：不经 TCP 提供服务，因为无从知道对方身份"),
];

/// What the help of a command ends with.
pub(super) const AFTER: &[(&str, &str)] = &[(
    "daemon dataplane",
    "在收到完整状态（PUT /v1/state）之前不作任何改动；已接受的状态不随本进程消失。SIGTERM \
     结束本进程，内核保持原样，流量不中断。\n\
     退出码：0 按要求结束；2 用法有误；3 无法开始或继续\n\
     例：assay daemon dataplane & curl --unix-socket /run/assay/dataplane.sock http://node/v1/status",
)];
