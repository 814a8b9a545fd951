//! Why nothing came of what was asked over Redfish, one sentence each.

use std::{io, time::Duration};

use crate::{
    client::ReachError,
    redfish::{ladder::message::Said, tree::MOST_BYTES},
};

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum RedfishError {
    /// There is no connection that could be trusted.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// What to trust cannot be used.
    #[error("the authorities to trust cannot be used")]
    Trust { source: rustls::Error },
    /// It is no Redfish service.
    #[error(
        "a web server answers here, and it is no BMC that speaks Redfish: `/redfish/v1` gave {found}"
    )]
    NotRedfish { found: String },
    /// A page where JSON was asked for.
    #[error("`{path}` gave a web page where JSON was asked for")]
    Page { path: String },
    /// Broken JSON.
    #[error("`{path}` gave broken JSON: {why}")]
    NotJson { path: String, why: String },
    /// Too much.
    #[error("`{path}` gave more than {} MB", MOST_BYTES >> 20)]
    TooLarge { path: String },
    /// It leads somewhere else, where no credential is sent.
    #[error("`{path}` leads to `{to}`, which is not this host; nothing was sent there")]
    Elsewhere { path: String, to: String },
    /// The password is wrong, or the user is unknown: BMCs do not tell which.
    #[error("user `{user}` was refused: the name or the password is wrong")]
    WrongPassword { user: String },
    /// The user is locked.
    #[error("user `{user}` is locked")]
    Locked { user: String },
    /// The password is to be changed first.
    #[error("user `{user}` has to change the password before anything else")]
    PasswordChange { user: String },
    /// The user is known and may not.
    #[error("user `{user}` may not do this: {said}")]
    Forbidden { user: String, said: Box<Said> },
    /// A user is asked for.
    #[error("`{path}` wants a user and a password, and none is named")]
    Anonymous { path: String },
    /// Sessions are used up.
    #[error("all sessions of the BMC are in use")]
    SessionsFull,
    /// It answered, and did not do it.
    #[error("`{what}` was refused with status {status}: {said}")]
    Refused { what: String, status: u16, said: Box<Said> },
    /// It took it, worked on it, and gave up.
    #[error("the BMC took it, worked on it and gave it up: {said}")]
    GaveUp { what: String, said: Box<Said> },
    /// An upload broke off.
    #[error("the connection broke after {sent} of {of} bytes of the image, so it is not installed")]
    Cut { sent: u64, of: u64 },
    /// It is asked not to do what was wanted: by what was read of it, nothing was changed.
    #[error("nothing was changed: {}", .why.1)]
    Declined { why: (String, String) },
    /// It does not have what was asked for.
    #[error("it has no {what}")]
    Missing { what: &'static str },
    /// There are several systems and none is named.
    #[error("it has several systems: {}", .systems.join(", "))]
    Several { systems: Vec<String> },
    /// One request took too long.
    #[error("`{path}` was not answered within {} s", .within.as_secs_f32())]
    Silent { path: String, within: Duration },
    /// All of it took too long.
    #[error("it was not done within {} s", .within.as_secs_f32())]
    Deadline { within: Duration },
    /// It did not answer so often that it is not asked any more.
    #[error("it did not answer {times} times in a row and is left alone")]
    Hung { times: u32 },
    /// A file came, and is not kept.
    #[error("the file was not kept: {}", .why.1)]
    Unwritten { why: (String, String) },
    /// The connection broke.
    #[error("the connection broke while `{path}` was asked for")]
    Broken { path: String, source: io::Error },
}

impl RedfishError {
    /// Returns whether the service is there and refused the credential: no other way may be tried
    /// with it at this host.
    pub fn refused(&self) -> bool {
        matches!(self, Self::WrongPassword { .. } | Self::Locked { .. } | Self::Forbidden { .. })
    }

    /// Returns whether it is what a BMC looks like that restarts: not to be reached, or not ready.
    /// One that shows another certificate or refuses the credential is none.
    pub(super) fn may_be_away(&self) -> bool {
        match self {
            Self::Broken { .. }
            | Self::Silent { .. }
            | Self::Hung { .. }
            | Self::SessionsFull
            | Self::NotRedfish { .. }
            | Self::Page { .. }
            | Self::NotJson { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::Reach(reach) => matches!(
                reach,
                ReachError::NoAnswer { .. }
                    | ReachError::Closed { .. }
                    | ReachError::Unreachable { .. }
                    | ReachError::Stalled { .. }
                    | ReachError::Handshake { .. }
            ),
            _ => false,
        }
    }

    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Reach(error) => error.in_chinese(),
            Self::Trust { .. } => "给出的 CA 证书无法使用".to_owned(),
            Self::NotRedfish { found } => {
                format!("此处有网页服务，但不是支持 Redfish 的 BMC：`/redfish/v1` 返回 {found}")
            }
            Self::Page { path } => format!("`{path}` 返回网页而不是 JSON"),
            Self::NotJson { path, why } => format!("`{path}` 返回的 JSON 有误：{why}"),
            Self::TooLarge { path } => format!("`{path}` 返回超过 {} MB", MOST_BYTES >> 20),
            Self::Elsewhere { path, to } => {
                format!("`{path}` 指向另一台主机 `{to}`，未向其发送任何内容")
            }
            Self::WrongPassword { user } => format!("用户 `{user}` 被拒绝：用户名或密码错误"),
            Self::Locked { user } => format!("用户 `{user}` 已锁定"),
            Self::PasswordChange { user } => format!("用户 `{user}` 须先修改密码"),
            Self::Forbidden { user, said } => {
                format!("用户 `{user}` 无此权限：{}", said.in_chinese())
            }
            Self::Anonymous { path } => format!("`{path}` 需要用户名和密码，但未给出"),
            Self::SessionsFull => "BMC 的会话已全部占用".to_owned(),
            Self::Refused { what, status, said } => {
                format!("`{what}` 被拒绝，状态码 {status}：{}", said.in_chinese())
            }
            Self::GaveUp { said, .. } => {
                format!("BMC 已受理，执行后放弃：{}", said.in_chinese())
            }
            Self::Cut { sent, of } => {
                format!("镜像共 {of} 字节，发送 {sent} 字节后连接中断，未安装")
            }
            Self::Declined { why } => format!("未作任何改动：{}", why.0),
            Self::Missing { what } => format!("没有 {what}"),
            Self::Several { systems } => format!("有多个系统：{}", systems.join("、")),
            Self::Silent { path, within } => {
                format!("`{path}` 在 {} 秒内未应答", within.as_secs_f32())
            }
            Self::Deadline { within } => format!("{} 秒内未完成", within.as_secs_f32()),
            Self::Hung { times } => format!("连续 {times} 次无应答，不再询问"),
            Self::Unwritten { why } => format!("文件未保存：{}", why.0),
            Self::Broken { path, .. } => format!("请求 `{path}` 时连接中断"),
        }
    }

    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Reach(error) => error.hint(),
            Self::Trust { .. } => ("核对 --ca 给出的文件", "check the file that --ca names"),
            Self::NotRedfish { .. } => (
                "核对地址和端口；老的 BMC 没有 Redfish，用 --protocol ipmi",
                "check the address and the port; an old BMC has no Redfish: --protocol ipmi",
            ),
            Self::Page { .. } | Self::NotJson { .. } | Self::TooLarge { .. } => (
                "升级 BMC 固件；用 `bmc record` 记录后提交，可为其增加支持",
                "update the BMC's firmware; what `bmc record` writes of it lets it be supported",
            ),
            Self::Elsewhere { .. } => (
                "直接使用它指向的地址，并先确认其证书",
                "name the host it leads to, after a look at its certificate",
            ),
            Self::WrongPassword { .. } => (
                "核对用户名和密码；不要反复尝试，BMC 会锁定用户",
                "check the name and the password; do not try again and again, BMCs lock users",
            ),
            Self::Locked { .. } => (
                "等锁定时间过去（常为 5 分钟），或用另一管理员解锁",
                "wait till the lock ends (often 5 minutes), or have another administrator unlock it",
            ),
            Self::PasswordChange { .. } => (
                "在 BMC 网页中设置新密码，再运行",
                "set a new password on the BMC's page, then run it again",
            ),
            Self::Forbidden { .. } => {
                ("用管理员（Administrator）角色的用户", "take a user with the role Administrator")
            }
            Self::Anonymous { .. } => (
                "加 --user 和 --password-env 或 --password-file",
                "add --user, and --password-env or --password-file",
            ),
            Self::SessionsFull => (
                "关闭 BMC 网页和其他工具的会话，或等其超时",
                "close the BMC's web page and what other tools have open, or wait till they expire",
            ),
            Self::Refused { .. } | Self::Missing { .. } => {
                ("`bmc probe` 列出此 BMC 支持什么", "`bmc probe` lists what this BMC can do")
            }
            Self::GaveUp { .. } => (
                "以 BMC 所述原因为准；固件须与本机厂商和型号相符",
                "go by what the BMC says; firmware has to be for this maker and model",
            ),
            Self::Cut { .. } => (
                "检查带外网络后重试；用 `firmware list` 核对版本",
                "check the out-of-band network and try again; `firmware list` shows the versions",
            ),
            Self::Declined { .. } => (
                "用 `raid list` 或 `firmware list` 查看现状后再运行",
                "look at it with `raid list` or `firmware list`, then run it again",
            ),
            Self::Several { .. } => ("用 --system 指定一个", "name one with --system"),
            Self::Silent { .. } | Self::Deadline { .. } | Self::Hung { .. } => (
                "BMC 可能正忙或已挂死：稍后再试，或重启 BMC",
                "the BMC may be busy or hung: try later, or reset it",
            ),
            Self::Unwritten { .. } => (
                "查看磁盘空间，或另选位置",
                "look at the space that is left there, or name another place",
            ),
            Self::Broken { .. } => ("稍后再试", "try again later"),
        }
    }
}
