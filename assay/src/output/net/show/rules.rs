//! The rules that hold for a port: those of its groups, and those that nobody wrote.

use dataplane::{
    desired::{Desired, Direction, Family, Peer, Port, PortKind, Rule, Semantics, Traffic},
    firewall::protocol,
    text::Text,
};
use serde_json::{Value, json};

use super::super::text_value;

/// Something that is let by, or that nothing else is.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// A rule of a group.
    Rule {
        /// The group.
        group: &'a str,
        /// The rule.
        rule: &'a Rule,
    },
    /// What holds without a rule.
    Implied(Text),
}

impl Line<'_> {
    /// Returns it in words.
    pub(super) fn text(&self) -> Text {
        match self {
            Self::Rule { group, rule } => {
                let (traffic, (zh, en)) = (traffic(rule), peer(rule));
                // A rule without an id is named by its place: `web, rule 2`.
                let placed = rule.name.strip_prefix(group).is_some_and(|it| it.starts_with(", "));
                let name =
                    if placed { rule.name.clone() } else { format!("{group}: {}", rule.name) };
                Text::of("{0}，{1}  [{3}]", "{0} {2}  [{3}]", &[&traffic, &zh, &en, &name])
            }
            Self::Implied(text) => text.clone(),
        }
    }

    /// Returns it for programs.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Rule { group, rule } => {
                json!({ "group": group, "rule": &rule.name, "what": text_value(&self.text()) })
            }
            Self::Implied(text) => {
                json!({ "group": null, "rule": null, "what": text_value(text) })
            }
        }
    }
}

/// Returns what is to be known of a port whose guest owns its system: nothing is enforced here.
pub(super) fn bare_metal(port: &Port) -> Option<Text> {
    (port.kind == PortKind::Physical).then(|| {
        Text::of(
            "裸金属：租户掌控其系统，以下规则须在交换机或智能网卡上执行，此处不作保证",
            "bare metal: its tenant owns the system; these rules hold only on the switch or a \
             SmartNIC, and nothing is promised here",
            &[],
        )
    })
}

/// Returns what may come in, and what may go out, each with its title.
pub(super) fn of<'a>(desired: &'a Desired, port: &'a Port) -> [(Text, Vec<Line<'a>>); 2] {
    [Direction::In, Direction::Out].map(|direction| {
        let title = match direction {
            Direction::In => Text::of("进入：", "in:", &[]),
            Direction::Out => Text::of("发出：", "out:", &[]),
        };
        (title, lines(desired, port, direction))
    })
}

fn lines<'a>(desired: &'a Desired, port: &'a Port, direction: Direction) -> Vec<Line<'a>> {
    let implied = |zh: &str, en: &str| Line::Implied(Text::of(zh, en, &[]));
    if !port.security {
        return vec![implied(
            "全部放行：port_security = false",
            "everything: port_security = false",
        )];
    }
    let groups = port.groups.iter().filter_map(|id| desired.groups.get_key_value(id));
    let mut all = Vec::new();
    if desired.semantics == Semantics::Norm {
        for group in &*port.groups {
            all.push(Line::Implied(match direction {
                Direction::In => Text::of(
                    "全部，来自安全组 {0} 的成员",
                    "any from members of group {0}",
                    &[group],
                ),
                Direction::Out => {
                    Text::of("全部，去往安全组 {0} 的成员", "any to members of group {0}", &[group])
                }
            }));
        }
    }
    let before = all.len();
    for (group, its) in groups {
        let rules = its.rules.iter().filter(|rule| rule.direction == direction);
        all.extend(rules.map(|rule| Line::Rule { group, rule }));
    }
    let free = desired.semantics == Semantics::Norm && direction == Direction::Out;
    if free && all.len() == before && !port.groups.is_empty() {
        all.push(implied(
            "全部：所属安全组没有发出方向的规则，由对端判定",
            "any to anyone: its groups have no rule `out`, the other end decides",
        ));
        return all;
    }
    if all.is_empty() {
        return vec![implied(
            "全部丢弃（已建立的连接、相关的 ICMP 差错、邻居发现与 MLD 除外）",
            "nothing, but answers, ICMP errors about them, neighbour discovery and MLD",
        )];
    }
    all.push(implied(
        "其余丢弃（已建立的连接、相关的 ICMP 差错、邻居发现与 MLD 除外）",
        "nothing else, but answers, ICMP errors about them, neighbour discovery and MLD",
    ));
    all
}

fn traffic(rule: &Rule) -> String {
    let what = match rule.traffic {
        Traffic::Any => "any".to_owned(),
        Traffic::Protocol(number) => protocol::name(number),
        Traffic::Ports { protocol, first, last } if first == last => {
            format!("{} {first}", protocol::name(protocol))
        }
        Traffic::Ports { protocol, first, last } => {
            format!("{} {first}-{last}", protocol::name(protocol))
        }
        Traffic::Icmp { kind: None, .. } => "icmp".to_owned(),
        Traffic::Icmp { kind: Some(kind), code: None } => format!("icmp {kind}"),
        Traffic::Icmp { kind: Some(kind), code: Some(code) } => format!("icmp {kind}/{code}"),
    };
    match rule.family {
        Some(Family::Ipv4) => format!("{what} (IPv4)"),
        Some(Family::Ipv6) => format!("{what} (IPv6)"),
        None => what,
    }
}

/// Returns the other end in Chinese and in English.
fn peer(rule: &Rule) -> (String, String) {
    let (zh, en) = match rule.direction {
        Direction::In => ("来自", "from"),
        Direction::Out => ("去往", "to"),
    };
    match &rule.peer {
        Peer::Any => (format!("{zh}任何人"), format!("{en} anyone")),
        Peer::Group(group) => {
            (format!("{zh}安全组 {group} 的成员"), format!("{en} members of group {group}"))
        }
        Peer::Ranges(ranges) => {
            let ranges = super::list(ranges);
            (format!("{zh} {ranges}"), format!("{en} {ranges}"))
        }
    }
}
