//! Decisions in words.

use super::Decision;
use crate::desired::Direction;
use crate::firewall::judge::{Bar, Bound, End, Permit, Refusal};
use crate::text::Text;

/// Returns what an ACL says of a packet in words.
pub(super) fn bounded(bound: Bound<'_>) -> Decision {
    let verdict = if bound.allows { "passes" } else { "dropped" };
    let why = match (bound.rule, bound.allows) {
        (Some(rule), true) => Text::of(
            "ACL `{0}` 的规则 `{1}` 放行",
            "rule `{1}` of acl `{0}` allows it",
            &[&bound.acl, &rule],
        ),
        (Some(rule), false) => Text::of(
            "ACL `{0}` 的规则 `{1}` 拒绝",
            "rule `{1}` of acl `{0}` denies it",
            &[&bound.acl, &rule],
        ),
        (None, allows) => {
            let side = if bound.direction == Direction::In { "in" } else { "out" };
            let word = if allows { "allow" } else { "deny" };
            Text::of(
                "ACL `{0}` 没有匹配的规则，按 `{1} = \"{2}\"`",
                "no rule of acl `{0}` matches: `{1} = \"{2}\"`",
                &[&bound.acl, &side, &word],
            )
        }
    };
    Decision { rule: bound.rule.map(str::to_owned), why, ..Decision::of(verdict) }
}

pub(super) fn barred(bar: Bar) -> Text {
    let (zh, en) = match bar {
        Bar::NoNetwork => ("没有该网络", "there is no such network"),
        Bar::NotHere => ("两端都不是本节点的端口", "neither end is a port of this node"),
        Bar::Flooded => ("广播和组播不放行", "broadcast and multicast do not pass"),
        Bar::Families => ("两端地址族不同", "the ends are of different families"),
        Bar::Router => (
            "路由器通告和重定向不得由租户发出",
            "guests may not send router advertisements and redirects",
        ),
    };
    Text::of(zh, en, &[])
}

pub(super) fn decision(end: End<'_>) -> Decision {
    match end {
        End::Elsewhere => Decision {
            why: Text::of("由对端所在节点判定", "its own node decides", &[]),
            ..Decision::of("elsewhere")
        },
        End::Passes { port, by } => {
            let (why, group, rule) = permitted(by);
            let own = |text: &str| text.to_owned();
            Decision {
                port: Some(port.to_owned()),
                group: group.map(own),
                rule: rule.map(own),
                why,
                ..Decision::of("passes")
            }
        }
        End::Dropped { port, why } => {
            Decision { port: Some(port.to_owned()), why: refused(why), ..Decision::of("dropped") }
        }
    }
}

fn permitted(by: Permit<'_>) -> (Text, Option<&str>, Option<&str>) {
    match by {
        Permit::Unsecured => {
            let en = "the port has `port_security = false`";
            (Text::of("端口设置了 `port_security = false`", en, &[]), None, None)
        }
        Permit::SameGroup { group } => {
            let (zh, en) = ("对端同属安全组 `{0}`", "the other end is in group `{0}` too");
            (Text::of(zh, en, &[&group]), Some(group), None)
        }
        Permit::Free => {
            let (zh, en) = (
                "所属安全组没有 `out` 规则，发送不限",
                "its groups have no rule `out`: it may send",
            );
            (Text::of(zh, en, &[]), None, None)
        }
        Permit::Discovery => {
            let (zh, en) = ("邻居发现和 MLD 始终放行", "neighbour discovery and MLD always pass");
            (Text::of(zh, en, &[]), None, None)
        }
        Permit::Rule { group, rule } => {
            let (zh, en) =
                ("安全组 `{0}` 的规则 `{1}` 放行", "rule `{1}` of group `{0}` permits it");
            (Text::of(zh, en, &[&group, &rule]), Some(group), Some(rule))
        }
    }
}

fn refused(why: Refusal) -> Text {
    match why {
        Refusal::Forged => Text::of(
            "源地址不属于该端口（防伪）",
            "the source address is not the port's (anti-spoofing)",
            &[],
        ),
        Refusal::NoGroup => Text::of("端口不属于任何安全组", "the port is in no group", &[]),
        Refusal::NoRule => Text::of(
            "所属安全组没有该方向的规则",
            "its groups have no rule for this direction",
            &[],
        ),
        Refusal::NoMatch { rules } => Text::of(
            "该方向的 {0} 条规则均不放行",
            "none of the {0} rules for this direction permits it",
            &[&rules],
        ),
    }
}
