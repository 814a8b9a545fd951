//! Who gets in: over IPMI, and by which users.

use super::{Check, Facts, Finding, Severity, State, Tried, defaults, said};
use crate::{operation::account::Account, probe::Heard};

const ZERO: Check = Check {
    id: "ipmi.suite-0",
    severity: Severity::High,
    advice: (
        "在 BMC 中停用加密套件 0：任何人知道用户名即可登录",
        "turn cipher suite 0 off: with it a user's name is enough to come in",
    ),
};
const ON: Check = Check {
    id: "ipmi.on",
    severity: Severity::Medium,
    advice: (
        "不用时关闭 IPMI over LAN（`lockdown on`）：RAKP 向任何人给出口令的散列（CVE-2013-4786）",
        "turn IPMI over LAN off where it is not used (`lockdown on`): RAKP gives a hash of the \
         password to anybody (CVE-2013-4786)",
    ),
};
const ANONYMOUS: Check = Check {
    id: "ipmi.anonymous",
    severity: Severity::High,
    advice: (
        "停用无名用户（编号 1），并关闭无认证登录",
        "disable the user without a name (number 1), and sessions without authentication",
    ),
};
const NAMELESS: Check = Check {
    id: "user.nameless",
    severity: Severity::High,
    advice: ("停用无名用户：`lockdown on`", "disable users without a name: `lockdown on`"),
};
const NAME: Check = Check {
    id: "user.default",
    severity: Severity::Medium,
    advice: (
        "新建自己的管理员，然后停用出厂用户（`users disable`）",
        "make an administrator of your own, then disable the user of the factory (`users disable`)",
    ),
};
const PASSWORD: Check = Check {
    id: "user.default-password",
    severity: Severity::High,
    advice: (
        "立即修改口令：`users password`；加 --try-defaults 可核实（每个用户试一次）",
        "change the password now: `users password`; --try-defaults finds out, by one try a user",
    ),
};
const MUST: Check = Check {
    id: "user.must-change",
    severity: Severity::Medium,
    advice: (
        "该用户仍是初始口令：`users password`，或 `adopt`",
        "the user has its first password still: `users password`, or `adopt`",
    ),
};
const LOCKOUT: Check = Check {
    id: "user.lockout",
    severity: Severity::Medium,
    advice: (
        "在 BMC 中设置口令错误若干次后锁定",
        "have the BMC lock users after a few wrong passwords",
    ),
};

/// Judges IPMI.
pub(super) fn ipmi(facts: &Facts, all: &mut Vec<Finding>) {
    // What the BMC says of itself over Redfish, where silence says nothing.
    let said_on =
        facts.services.as_ref().ok().and_then(|items| {
            items.iter().find(|item| item.name == "ipmi").and_then(|item| item.open)
        });
    let why = match (&facts.heard, &facts.lan) {
        (Heard::Answered { pong, suites }, lan) => {
            all.push(ON.weak("IPMI over LAN 有应答", "IPMI over LAN answers"));
            all.push(match (lan, suites) {
                (Some(lan), _) if !lan.suites.is_empty() => ZERO.of(
                    lan.lets_anybody_in(),
                    format!("套件 {}", listed(lan.suites.iter().map(|(one, _)| *one))),
                    format!("suites {}", listed(lan.suites.iter().map(|(one, _)| *one))),
                ),
                (_, Some(suites)) => ZERO.of(
                    suites.contains(&0),
                    format!("套件 {}", listed(suites.iter().copied())),
                    format!("suites {}", listed(suites.iter().copied())),
                ),
                (_, None) => ZERO.unknown(&said(
                    "BMC 不列出其加密套件",
                    "the BMC does not list its cipher suites",
                )),
            });
            all.push(if pong.told {
                let open = [
                    (pong.anonymous, ("匿名登录", "anonymous login")),
                    (pong.nameless, ("无名用户", "a user without a name")),
                    (
                        pong.unauthenticated && pong.ipmi_1_5,
                        ("IPMI 1.5 无认证", "IPMI 1.5 without authentication"),
                    ),
                ];
                let open: Vec<_> =
                    open.into_iter().filter(|(is, _)| *is).map(|(_, words)| words).collect();
                if open.is_empty() {
                    ANONYMOUS.sound("无", "none")
                } else {
                    let zh: Vec<&str> = open.iter().map(|(zh, _)| *zh).collect();
                    let en: Vec<&str> = open.iter().map(|(_, en)| *en).collect();
                    ANONYMOUS.weak(zh.join("、"), en.join(", "))
                }
            } else {
                ANONYMOUS.unknown(&said("有应答但未说明", "it answers, and does not tell"))
            });
            return;
        }
        (Heard::Closed, _) => Some(("端口关闭", "its port is closed")),
        (Heard::Silent | Heard::NotAsked, _) if said_on == Some(false) => {
            Some(("BMC 称其已关闭", "the BMC says that it is off"))
        }
        (Heard::Silent | Heard::NotAsked, _) => None,
    };
    if let Some((zh, en)) = why {
        all.extend([&ON, &ZERO, &ANONYMOUS].map(|check| check.sound(zh, en)));
        return;
    }
    let not = if facts.heard == Heard::NotAsked {
        said("未询问 IPMI（--protocol redfish）", "IPMI was not asked (--protocol redfish)")
    } else {
        said(
            "IPMI 无应答：可能已关闭，也可能被防火墙拦截",
            "IPMI does not answer: it may be off, or a firewall may be in between",
        )
    };
    all.push(if said_on == Some(true) {
        ON.weak("BMC 称其开启", "the BMC says that it is on")
    } else {
        ON.unknown(&not)
    });
    all.extend([&ZERO, &ANONYMOUS].map(|check| check.unknown(&not)));
}

fn listed(numbers: impl Iterator<Item = u8>) -> String {
    let mut each = std::collections::BTreeSet::new();
    each.extend(numbers);
    let numbers: Vec<String> = each.iter().map(ToString::to_string).collect();
    if numbers.is_empty() { "-".to_owned() } else { numbers.join(", ") }
}

/// Judges the users.
pub(super) fn users(facts: &Facts, all: &mut Vec<Finding>) {
    match &facts.accounts {
        Ok(accounts) => named(facts, accounts, all),
        Err(why) => {
            all.extend([&NAMELESS, &NAME, &MUST].map(|check| check.unknown(why)));
        }
    }
    passwords(facts, all);
    all.push(match &facts.security {
        Ok(security) => match security.lockout {
            Some(0) => LOCKOUT.weak("口令错误不锁定", "no number of wrong passwords locks"),
            Some(times) => LOCKOUT
                .sound(format!("错误 {times} 次后锁定"), format!("after {times} wrong passwords")),
            None => LOCKOUT.unknown(&super::untold()),
        },
        Err(why) => LOCKOUT.unknown(why),
    });
}

fn named(facts: &Facts, accounts: &[Account], all: &mut Vec<Finding>) {
    let on = |account: &&Account| account.enabled != Some(false);
    let slots = facts.services.as_ref().ok().into_iter().flatten();
    let open = slots.filter(|item| item.name.starts_with("user:") && item.open == Some(true));
    // Of Redfish slots, of IPMI numbers; those that nobody says to be enabled do not count.
    let mut nameless = std::collections::BTreeSet::new();
    nameless.extend(open.map(|item| item.name.trim_start_matches("user:").to_owned()));
    let without = accounts.iter().filter(|one| one.name.is_empty() && one.enabled == Some(true));
    nameless.extend(without.map(|one| one.id.clone()));
    all.push(if nameless.is_empty() {
        NAMELESS.sound("无", "none")
    } else {
        let which = nameless.into_iter().collect::<Vec<_>>().join(", ");
        NAMELESS.weak(format!("编号 {which} 已启用"), format!("number {which} is enabled"))
    });
    let defaults: Vec<&Account> = accounts
        .iter()
        .filter(on)
        .filter(|one| defaults::of(&facts.makes).any(|known| known.user == one.name))
        .collect();
    if defaults.is_empty() {
        all.push(NAME.sound("没有已启用的出厂用户名", "no user of the factory's name is enabled"));
    }
    for one in defaults {
        let mut finding = NAME.weak("出厂用户名，已启用", "a name of the factory, enabled");
        finding.subject = Some(one.name.clone());
        all.push(finding);
    }
    let must: Vec<&Account> =
        accounts.iter().filter(on).filter(|one| one.must_change == Some(true)).collect();
    if must.is_empty() {
        let tells = accounts.iter().any(|one| one.must_change.is_some());
        all.push(if tells { MUST.sound("无", "none") } else { MUST.unknown(&super::untold()) });
    }
    for one in must {
        let mut finding = MUST.weak("须先修改口令", "the password is to be changed first");
        finding.subject = Some(one.name.clone());
        all.push(finding);
    }
}

fn passwords(facts: &Facts, all: &mut Vec<Finding>) {
    if facts.by_default {
        let mut finding = PASSWORD.weak(
            "本次登录所用即为公开的出厂口令",
            "the password that let us in is the well-known one of the factory",
        );
        finding.subject = Some(facts.user.clone());
        all.push(finding);
    }
    let Some(tried) = &facts.tried else {
        if !facts.by_default {
            all.push(PASSWORD.is(
                State::Untried,
                said("未尝试（--try-defaults）", "not tried (--try-defaults)"),
            ));
        }
        return;
    };
    if tried.is_empty() && !facts.by_default {
        all.push(PASSWORD.unknown(&said(
            "不知该厂商的出厂口令",
            "no credential of the factory is known of this make",
        )));
    }
    for (user, came) in tried {
        let mut finding = match came {
            Tried::Taken => PASSWORD
                .weak("公开的出厂口令可登录", "the well-known password of the factory lets in"),
            Tried::Refused => PASSWORD.sound("出厂口令被拒绝", "the factory's is refused"),
            Tried::Not(why) => PASSWORD.unknown(why),
        };
        finding.subject = Some(user.clone());
        all.push(finding);
    }
}
