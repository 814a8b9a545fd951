//! Why something was not had over IPMI.

use std::{io, time::Duration};

use super::{privilege::Privilege, suite::Suite};

/// Why something was not had over IPMI.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum IpmiError {
    /// The name has no address.
    #[error("the name `{name}` has no address")]
    Name { name: String, source: io::Error },
    /// Nothing answers at all.
    #[error("nothing answered IPMI within {} s", .within.as_secs_f32())]
    NoAnswer { within: Duration },
    /// The port is closed.
    #[error("UDP port {port} is closed")]
    Closed { port: u16 },
    /// It cannot be sent to.
    #[error("it cannot be reached")]
    Unreachable { source: io::Error },
    /// The kernel's driver cannot be used.
    #[error("the IPMI driver of this machine's kernel cannot be used")]
    Driver { source: io::Error },
    /// The system gave no random bytes, and without them there is no safe session.
    #[error("this system gives no random bytes")]
    Random,
    /// It answers, and has no IPMI 2.0.
    #[error("it has no IPMI 2.0, only 1.5")]
    Old,
    /// The name is longer than IPMI has.
    #[error("the user's name has {length} bytes, and IPMI has 16 at most")]
    UserLong { length: usize },
    /// The password is longer than IPMI has.
    #[error("the password has {length} bytes, and IPMI has 20 at most")]
    PasswordLong { length: usize },
    /// The key of the BMC is none.
    #[error("Kg is neither 20 bytes at most nor `0x` and 40 hexadecimal digits at most")]
    KgForm,
    /// The user is unknown there.
    #[error("the BMC does not know the user, or does not let it in over LAN")]
    UserUnknown,
    /// The password is wrong.
    #[error("the password is wrong")]
    PasswordWrong,
    /// The BMC keeps the first 16 bytes of the password alone.
    #[error("the BMC kept only the first 16 bytes of the password")]
    PasswordCut,
    /// It fell silent when it was told who comes.
    #[error("the BMC fell silent at the login for {} s", .within.as_secs_f32())]
    LoginSilent { within: Duration },
    /// The key of the BMC is wrong.
    #[error("the key of the BMC (Kg) is wrong")]
    KgWrong,
    /// No suite of ours is taken.
    #[error("the BMC takes none of the cipher suites {}", list(.tried))]
    CipherRefused { tried: Vec<Suite> },
    /// The user has no such privilege.
    #[error("the BMC gives the user no privilege of {asked} over LAN")]
    PrivilegeRefused { asked: Privilege },
    /// Its sessions are all taken.
    #[error("all sessions of the BMC are taken")]
    SessionsFull,
    /// It broke off the setting up of the session.
    #[error("the BMC broke off the session's set-up with status {status:#04x}")]
    Setup { status: u8 },
    /// Answers came, and none with a right code of integrity.
    #[error("answers failed their integrity check")]
    Integrity,
    /// Answers came, and none that was asked for.
    #[error("answers were out of sequence")]
    OutOfSequence,
    /// It answered before, and does not answer this.
    #[error("no answer to {what} within {} s; it may have been done or not", .within.as_secs_f32())]
    Unanswered { what: &'static str, within: Duration },
    /// It refused a command.
    #[error("the BMC refused {what}: {} (code {code:#04x})", super::completion::meaning(*code).1)]
    Refused { what: &'static str, code: u8 },
    /// An answer does not read.
    #[error("the answer to {what} does not read")]
    Malformed { what: &'static str },
    /// Somebody else has the console.
    #[error("another session has the console")]
    ConsoleTaken,
    /// The console is turned off.
    #[error("serial over LAN is turned off in the BMC, or not allowed to this user")]
    ConsoleOff,
    /// It has a console, and gives it by other protection than this session has.
    #[error("the BMC gives its console only in a session {}", if *.encrypted { "without encryption" } else { "with encryption" })]
    ConsoleProtection { encrypted: bool },
    /// It has no console.
    #[error("the BMC has no serial over LAN (code {code:#04x})")]
    NoConsole { code: u8 },
    /// The console was ended by the BMC.
    #[error("the BMC ended the console")]
    ConsoleEnded,
    /// What is typed is not acknowledged any more.
    #[error("the BMC does not acknowledge any more what is typed")]
    ConsoleDeaf,
    /// The session is closed.
    #[error("the session is closed")]
    Ended,
}

fn list(suites: &[Suite]) -> String {
    suites.iter().map(Suite::to_string).collect::<Vec<_>>().join(", ")
}

impl IpmiError {
    /// Whether a credential was refused: the BMC may count it towards locking the user out.
    pub fn refused(&self) -> bool {
        matches!(
            self,
            Self::UserUnknown
                | Self::PasswordWrong
                | Self::PasswordCut
                | Self::LoginSilent { .. }
                | Self::KgWrong
        )
    }

    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Name { name, .. } => format!("主机名 `{name}` 没有对应的地址"),
            Self::NoAnswer { within } => format!("{} 秒内 IPMI 无应答", within.as_secs_f32()),
            Self::Closed { port } => format!("UDP 端口 {port} 未开放"),
            Self::Unreachable { .. } => "无法到达".to_owned(),
            Self::Driver { .. } => "本机内核的 IPMI 驱动无法使用".to_owned(),
            Self::Random => "本机系统不提供随机数".to_owned(),
            Self::Old => "只支持 IPMI 1.5，不支持 IPMI 2.0".to_owned(),
            Self::UserLong { length } => format!("用户名 {length} 字节，IPMI 最多 16 字节"),
            Self::PasswordLong { length } => format!("密码 {length} 字节，IPMI 最多 20 字节"),
            Self::KgForm => "Kg 应为最多 20 字节的文本，或 `0x` 加最多 40 位十六进制数".to_owned(),
            Self::UserUnknown => "BMC 中没有该用户，或不允许它经局域网登录".to_owned(),
            Self::PasswordWrong => "密码错误".to_owned(),
            Self::PasswordCut => "BMC 只保存了密码的前 16 字节".to_owned(),
            Self::LoginSilent { within } => {
                format!("登录过程中 BMC 在 {} 秒内没有应答", within.as_secs_f32())
            }
            Self::KgWrong => "BMC 密钥（Kg）错误".to_owned(),
            Self::CipherRefused { tried } => format!("BMC 不接受加密套件 {}", list(tried)),
            Self::PrivilegeRefused { asked } => {
                format!("BMC 不给该用户局域网上的 {} 权限", asked.in_chinese())
            }
            Self::SessionsFull => "BMC 的会话已全部占用".to_owned(),
            Self::Setup { status } => format!("BMC 中止了会话建立（状态 {status:#04x}）"),
            Self::Integrity => "应答未通过完整性校验".to_owned(),
            Self::OutOfSequence => "应答序号不符".to_owned(),
            Self::Unanswered { what, within } => {
                format!("{} 秒内对 {what} 无应答；可能已执行，也可能没有", within.as_secs_f32())
            }
            Self::Refused { what, code } => {
                let meaning = super::completion::meaning(*code).0;
                format!("BMC 拒绝 {what}：{meaning}（完成码 {code:#04x}）")
            }
            Self::Malformed { what } => format!("{what} 的应答无法解析"),
            Self::ConsoleTaken => "控制台正被另一会话占用".to_owned(),
            Self::ConsoleOff => "BMC 中串口重定向（SOL）未启用，或不允许该用户使用".to_owned(),
            Self::ConsoleProtection { encrypted: true } => {
                "BMC 只在不加密的会话中提供控制台".to_owned()
            }
            Self::ConsoleProtection { encrypted: false } => {
                "BMC 只在加密的会话中提供控制台".to_owned()
            }
            Self::NoConsole { code } => {
                format!("BMC 不支持串口重定向（SOL）（完成码 {code:#04x}）")
            }
            Self::ConsoleEnded => "BMC 结束了控制台".to_owned(),
            Self::ConsoleDeaf => "BMC 不再确认键入的内容".to_owned(),
            Self::Ended => "会话已关闭".to_owned(),
        }
    }

    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Name { .. } => ("核对主机名，或写地址", "check the name, or name the address"),
            Self::NoAnswer { .. } | Self::Unreachable { .. } => (
                "核对地址、带外网线与网关；在 BMC 网页中确认已启用“IPMI over LAN”，防火墙放行 UDP 623",
                "check the address, the cable and the gateway; that IPMI over LAN is on in the BMC, and that UDP 623 is let through",
            ),
            Self::Closed { .. } => (
                "核对端口（通常为 623）；在 BMC 网页中启用“IPMI over LAN”，或改用 Redfish",
                "check the port (623 as a rule); turn on IPMI over LAN in the BMC, or use Redfish",
            ),
            Self::Driver { .. } => (
                "以 root 运行；内核模块 ipmi_si 与 ipmi_devintf 须已加载",
                "run as root, with the kernel's modules ipmi_si and ipmi_devintf loaded",
            ),
            Self::Random => ("检查本机系统的 getrandom", "look at getrandom of this system"),
            Self::Old => ("升级 BMC 固件", "update the BMC's firmware"),
            Self::UserLong { .. } => ("换用 16 字节以内的用户", "use a user of 16 bytes at most"),
            Self::PasswordLong { .. } => (
                "为 IPMI 设一个 20 字节以内的密码，或改用 Redfish",
                "give the user a password of 20 bytes at most, or use Redfish",
            ),
            Self::KgForm => ("核对 Kg", "check Kg"),
            Self::UserUnknown => (
                "核对用户名；在 BMC 中确认该用户已启用并有 IPMI 权限（有的 BMC 密码错时也这样回答）",
                "check the name, and in the BMC that the user is enabled and may use IPMI (some BMCs say so of a wrong password too)",
            ),
            Self::PasswordWrong => (
                "核对密码；不要反复尝试，账号可能被锁定。密码改过后有的 BMC 需重设才用于 IPMI",
                "check the password, and do not keep trying: the account may be locked. Some BMCs need it set again before IPMI has it",
            ),
            Self::PasswordCut => (
                "用密码的前 16 字节，或在 BMC 中按 20 字节重新设置密码",
                "use the first 16 bytes of it, or set it in the BMC again as one of 20 bytes",
            ),
            Self::LoginSilent { .. } => (
                "有的 BMC 在用户名或密码错误时不作应答：先核对，再试",
                "some BMCs say nothing to a wrong user or password: check both before you try again",
            ),
            Self::KgWrong => (
                "核对 BMC 密钥 Kg：BMC 中设了才需要，未设则不要给",
                "check the key Kg: it is needed where it is set in the BMC, and only there",
            ),
            Self::CipherRefused { .. } => (
                "在 BMC 中启用套件 17 或 3；更低的套件不安全，须显式指定",
                "turn on suite 17 or 3 in the BMC; lower ones are not safe and have to be named",
            ),
            Self::PrivilegeRefused { .. } => (
                "在 BMC 中提高该用户在局域网信道上的权限，或用更低的权限登录",
                "raise the user's privilege on the LAN channel in the BMC, or log in with a lower one",
            ),
            Self::SessionsFull => (
                "稍后再试；查看是否有别的工具没有关闭会话，必要时重启 BMC",
                "try later; see whether another tool leaves sessions open, or reset the BMC",
            ),
            Self::ConsoleTaken
            | Self::ConsoleOff
            | Self::ConsoleProtection { .. }
            | Self::NoConsole { .. } => self.console_hint(),
            Self::ConsoleDeaf
            | Self::ConsoleEnded
            | Self::Setup { .. }
            | Self::Unanswered { .. }
            | Self::Ended => ("稍后再试", "try again later"),
            Self::Integrity | Self::OutOfSequence => (
                "网络上可能有人冒充 BMC，或两台设备同一地址：先查明",
                "somebody may pose as the BMC, or two devices have one address: find out first",
            ),
            Self::Refused { code, .. } => super::completion::hint(*code),
            Self::Malformed { .. } => (
                "升级 BMC 固件；可用 raw 查看应答",
                "update the BMC's firmware; `raw` shows the answer",
            ),
        }
    }

    /// The same where there is no console.
    fn console_hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::ConsoleTaken => (
                "确认无人使用后加 --take 接管，或等对方退出",
                "if nobody uses it take it over with --take, or wait until the other is done",
            ),
            Self::ConsoleOff => (
                "在 BMC 网页中启用“SOL/串口重定向”，并允许该用户使用；BIOS 中也要启用串口重定向",
                "turn on serial over LAN in the BMC, and for this user; the BIOS has to redirect its console as well",
            ),
            Self::ConsoleProtection { encrypted: true } => (
                "在 BMC 中允许加密的 SOL；不加密的会话会明文传输控制台内容，本程序不用",
                "allow encrypted SOL in the BMC; a session without encryption shows the console to everybody on the way, and is not used",
            ),
            Self::ConsoleProtection { encrypted: false } => {
                ("用套件 17 或 3", "use cipher suite 17 or 3")
            }
            _ => (
                "改用 BMC 网页的远程控制台，或 BMC 提供的 SSH 串口",
                "use the remote console of the BMC's own page, or the serial line it has over SSH",
            ),
        }
    }
}
