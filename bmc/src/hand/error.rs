//! Why a BMC did nothing of what was wanted.

use super::Protocol;
use crate::{ipmi::IpmiError, redfish::client::RedfishError, trust::Pin};

/// Why a BMC did nothing of what was wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandError {
    /// Over Redfish.
    #[error(transparent)]
    Redfish(#[from] RedfishError),
    /// Over IPMI.
    #[error(transparent)]
    Ipmi(#[from] IpmiError),
    /// Neither protocol is there.
    #[error("neither Redfish nor IPMI answers: {redfish}")]
    Neither {
        /// What Redfish met.
        redfish: RedfishError,
    },
    /// No certificate is known, and nothing is sent to who cannot be told apart.
    #[error("no certificate is known of this BMC, and no credential is sent without one")]
    Untrusted,
    /// The certificate is another one than is known: whatever answers there is not trusted.
    #[error("its certificate changed: {seen}, and {was} is known")]
    Changed {
        /// The one that is known.
        was: Pin,
        /// The one it shows.
        seen: Pin,
    },
    /// IPMI has no sessions without a user.
    #[error("IPMI wants a user and a password, and none is named")]
    Anonymous,
    /// The protocol that was named cannot do it.
    #[error("only {} does this", name(*.0))]
    Only(Protocol),
    /// There are several logs.
    #[error("it has several logs: {}", .logs.join(", "))]
    SeveralLogs {
        /// Their names.
        logs: Vec<String>,
    },
}

fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Auto => "Redfish or IPMI",
        Protocol::Redfish => "Redfish",
        Protocol::Ipmi => "IPMI",
    }
}

impl HandError {
    /// Whether a credential was refused: no other way may be tried with it at this host.
    pub fn refused(&self) -> bool {
        match self {
            Self::Redfish(error) => error.refused(),
            Self::Ipmi(error) => error.refused(),
            _ => false,
        }
    }

    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Redfish(error) => error.in_chinese(),
            Self::Ipmi(error) => error.in_chinese(),
            Self::Neither { redfish } => {
                format!("Redfish 与 IPMI 均无应答：{}", redfish.in_chinese())
            }
            Self::Untrusted => "没有该 BMC 的已知证书，不发送任何凭据".to_owned(),
            Self::Changed { was, seen } => format!("证书已变更：现为 {seen}，已知的是 {was}"),
            Self::Anonymous => "IPMI 需要用户名和密码，但未给出".to_owned(),
            Self::Only(protocol) => format!("只有 {} 能做", name(*protocol)),
            Self::SeveralLogs { logs } => format!("有多个日志：{}", logs.join("、")),
        }
    }

    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Redfish(error) => error.hint(),
            Self::Ipmi(error) => error.hint(),
            Self::Neither { redfish } => redfish.hint(),
            Self::Untrusted => (
                "先用 `trust` 查看证书，核对后 `trust --store`；或给出 --pin 或 --ca",
                "look at it with `trust`, compare, and `trust --store`; or name --pin or --ca",
            ),
            Self::Changed { .. } => (
                "先查明原因；确认无误后用 `trust --forget` 再 `trust --store`",
                "find out why it changed; if it is right, `trust --forget` and then `trust --store`",
            ),
            Self::Anonymous => (
                "加 --user 和 --password-env 或 --password-file",
                "add --user, and --password-env or --password-file",
            ),
            Self::Only(_) => ("去掉 --protocol，或换用另一协议", "leave --protocol out"),
            Self::SeveralLogs { .. } => ("用 --log-name 指定一个", "name one with --log-name"),
        }
    }
}
