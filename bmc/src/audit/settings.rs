//! Services, the port, firmware, sessions and the clock.

use super::{Check, Facts, Finding, Port, Severity, said, untold};
use crate::operation::{clock, lockdown::Item};

/// A service: its check, and the names of its items.
pub(super) const SERVICES: &[(Check, &[&str])] = &[
    (
        Check {
            id: "service.telnet",
            severity: Severity::High,
            advice: ("关闭 Telnet：`lockdown on`", "turn Telnet off: `lockdown on`"),
        },
        &["telnet"],
    ),
    (
        Check {
            id: "service.snmp",
            severity: Severity::Medium,
            advice: (
                "关闭 SNMP v1、v2c（`lockdown on`），或只用 v3",
                "turn SNMP v1 and v2c off (`lockdown on`), or use v3 alone",
            ),
        },
        &["snmp-v1", "snmp-v2c", "snmp"],
    ),
    (
        Check {
            id: "service.vnc",
            severity: Severity::High,
            advice: (
                "关闭 VNC：其口令至多 8 位，画面不加密（`lockdown on`）",
                "turn VNC off: 8 characters of a password and a screen in the clear (`lockdown on`)",
            ),
        },
        &["vnc"],
    ),
    (
        Check {
            id: "service.rdp",
            severity: Severity::Medium,
            advice: ("关闭 RDP：`lockdown on`", "turn RDP off: `lockdown on`"),
        },
        &["rdp"],
    ),
    (
        Check {
            id: "service.http",
            severity: Severity::Medium,
            advice: ("关闭明文 HTTP：`lockdown on`", "turn plain HTTP off: `lockdown on`"),
        },
        &["http"],
    ),
    (
        Check {
            id: "service.ssh",
            severity: Severity::Low,
            advice: (
                "不用时关闭 SSH：`lockdown on`",
                "turn SSH off if nobody uses it: `lockdown on`",
            ),
        },
        &["ssh"],
    ),
];
const KVM: Check = Check {
    id: "service.kvm",
    severity: Severity::Medium,
    advice: ("启用 KVM 加密，或关闭 KVM", "have the KVM encrypted, or turn it off"),
};
const SHARED: Check = Check {
    id: "nic.shared",
    severity: Severity::Medium,
    advice: (
        "改用专用管理口，并把它接入带外网络",
        "use the dedicated port, and connect it to the out-of-band network",
    ),
};
const AGE: Check = Check {
    id: "firmware.age",
    severity: Severity::Low,
    advice: ("在厂商网站查有无更新版本", "look for a newer version at the maker's"),
};
const TIMEOUT: Check = Check {
    id: "session.timeout",
    severity: Severity::Low,
    advice: ("把会话超时设为 30 分钟以内", "let sessions end after 30 minutes at most"),
};
const NTP: Check = Check {
    id: "clock.ntp",
    severity: Severity::Low,
    advice: ("设置 NTP：`time ntp`", "name servers of NTP: `time ntp`"),
};
const OFF: Check = Check {
    id: "clock.off",
    severity: Severity::Medium,
    advice: ("校准时钟：`time set` 或 `time ntp`", "set the clock: `time set`, or `time ntp`"),
};

/// Seconds that a clock may be off.
const CLOSE_S: u64 = 60;
/// Seconds that an idle session may stay.
const IDLE_S: u64 = 1800;
/// Years that firmware may be old.
const YEARS: i64 = 3;
const YEAR_S: i64 = 365 * 86_400;

/// Judges services that speak in the clear.
pub(super) fn services(facts: &Facts, all: &mut Vec<Finding>) {
    let items = match &facts.services {
        Ok(items) => items,
        Err(why) => {
            all.extend(SERVICES.iter().map(|(check, _)| check.unknown(why)));
            all.push(KVM.unknown(why));
            return;
        }
    };
    for (check, names) in SERVICES {
        let own: Vec<&Item> =
            items.iter().filter(|item| names.contains(&item.name.as_str())).collect();
        // What is open and may be v3 alone is not known.
        let open: Vec<&str> = own
            .iter()
            .filter(|item| item.open == Some(true) && item.wanted == Some(false))
            .map(|item| item.name.as_str())
            .collect();
        let unsure = own.iter().find(|item| item.open.is_none() || item.wanted.is_none());
        all.push(if !open.is_empty() {
            let listed = open.join(", ");
            check.weak(format!("{listed} 开启"), format!("{listed} is open"))
        } else if let Some(item) = unsure.filter(|item| item.open != Some(false)) {
            check.unknown(&item.why.clone().unwrap_or_else(untold))
        } else if own.is_empty() {
            unlisted(check)
        } else {
            check.sound("关闭", "closed")
        });
    }
    let security = facts.security.as_ref().ok();
    all.push(match security.map(|security| (security.kvm, security.kvm_encrypted)) {
        None => KVM.unknown(facts.security.as_ref().err().unwrap_or(&untold())),
        Some((Some(false), _)) => KVM.sound("关闭", "closed"),
        Some((Some(true), Some(true))) => KVM.sound("开启，已加密", "open, and encrypted"),
        Some((Some(true), Some(false))) => KVM.weak("开启，未加密", "open, and not encrypted"),
        Some((Some(true), None)) => {
            KVM.unknown(&said("开启；是否加密未说明", "open; whether it is encrypted is not told"))
        }
        Some((None, _)) => unlisted(&KVM),
    });
}

/// What a BMC does not list it may have all the same, so it is not known; but most have it not, and
/// VNC and RDP stand in no standard list, so it leaves no run undecided.
fn unlisted(check: &Check) -> Finding {
    let why = said("BMC 未列出此服务", "the BMC lists no such service");
    Finding { severity: Severity::Low, ..check.unknown(&why) }
}

/// Judges where the BMC's own port is.
pub(super) fn port(facts: &Facts, all: &mut Vec<Finding>) {
    all.push(match &facts.security {
        Ok(security) => match &security.port {
            Port::Dedicated(by) => SHARED.sound(format!("专用：{by}"), format!("dedicated: {by}")),
            Port::Shared(by) => {
                SHARED.weak(format!("与主机共用：{by}"), format!("shared with the host: {by}"))
            }
            Port::Untold => SHARED.unknown(&untold()),
        },
        Err(why) => SHARED.unknown(why),
    });
}

/// Judges firmware, sessions and the clock.
pub(super) fn others(facts: &Facts, all: &mut Vec<Finding>) {
    all.push(match facts.released.as_deref().map(|text| (text, released(text))) {
        Some((text, Some(at))) => AGE.of(facts.now.saturating_sub(at) > YEARS * YEAR_S, text, text),
        Some((text, None)) => AGE.unknown(&said(text, text)),
        None => AGE.unknown(&said("BMC 未说明发布日期", "the BMC tells no date of release")),
    });
    all.push(match &facts.security {
        Ok(security) => match security.timeout_s {
            Some(seconds) => {
                TIMEOUT.of(seconds > IDLE_S, format!("{seconds} 秒"), format!("{seconds} s"))
            }
            None => TIMEOUT.unknown(&untold()),
        },
        Err(why) => TIMEOUT.unknown(why),
    });
    let clock = match &facts.clock {
        Ok(clock) => clock,
        Err(why) => {
            all.extend([&NTP, &OFF].map(|check| check.unknown(why)));
            return;
        }
    };
    all.push(match (clock.ntp, clock.servers.is_empty()) {
        (Some(true), false) => NTP.sound(clock.servers.join(", "), clock.servers.join(", ")),
        (Some(true), true) => NTP.weak("启用但没有服务器", "on, and without a server"),
        (Some(false), _) => NTP.weak("未启用", "off"),
        (None, _) => NTP.unknown(&untold()),
    });
    all.push(match clock.ahead_s {
        Some(ahead) => OFF.of(
            ahead.unsigned_abs() > CLOSE_S,
            format!("与本机相差 {ahead} 秒"),
            format!("{ahead} s ahead of this machine"),
        ),
        None => OFF.unknown(&untold()),
    });
}

/// Reads a date of release: as a moment, or as a day alone.
fn released(text: &str) -> Option<i64> {
    let day = || clock::read(&format!("{}T00:00:00Z", text.trim()));
    clock::read(text).or_else(day).map(clock::Stamp::unix)
}
