//! Whether a node is as it should be.

use dataplane::{desired::Zones, firewall::protocol, kernel::Connection, plan::Plan, text::Text};
use serde_json::{Map, Value, json};

use super::{
    plan::{self, about, put_by_object, put_obstacles},
    say,
};
use crate::output::{Layout, Tone, put, put_paragraph};

/// More connections than this help nobody; the JSON has them all.
const MOST_SHOWN: usize = 20;

/// What was found.
#[derive(Debug)]
pub struct Found<'a> {
    /// What would have to change.
    pub plan: &'a Plan,
    /// Which network a zone is.
    pub zones: &'a Zones,
    /// Connections that are not permitted.
    pub stray: &'a [Connection],
    /// Why no rule is asked, where none is.
    pub blind: Option<String>,
}

impl Found<'_> {
    /// Whether all is as wanted.
    pub fn is_wanted(&self) -> bool {
        self.plan.is_empty() && self.stray.is_empty() && self.blind.is_none()
    }

    fn network(&self, zone: u16) -> &str {
        let mut all = self.zones.of.iter();
        all.find(|(_, number)| **number == zone).map_or("-", |(network, _)| network)
    }
}

/// Returns what was found.
pub fn page(subject: &Text, found: &Found<'_>, layout: Layout) -> String {
    let mut page = String::new();
    let (said, tone) = if found.is_wanted() {
        (Text::of("符合要求", "as wanted", &[]), Tone::Good)
    } else {
        (
            Text::of(
                "不符合要求：差异 {0} 处，不应存在的连接 {1} 条",
                "not as wanted: differences {0}, connections that should not be {1}",
                &[&(found.plan.steps.len() + found.plan.conflicts.len()), &found.stray.len()],
            ),
            Tone::Bad,
        )
    };
    let line = say(&about(subject, &said), layout);
    put(&mut page, format_args!("{}\n", layout.paint.dye(tone, &line)));
    if let Some(blind) = &found.blind {
        put_paragraph(&mut page, "  ! ", &crate::failure::one_line(blind), layout);
    }
    put_obstacles(&mut page, found.plan, layout);
    if !found.plan.steps.is_empty() {
        let said = Text::of(
            "`assay net apply` 将这样修复：",
            "`assay net apply` would repair it so:",
            &[],
        );
        put(&mut page, format_args!("{}\n", say(&said, layout)));
    }
    put_by_object(&mut page, found.plan, layout);
    for connection in found.stray.iter().take(MOST_SHOWN) {
        let network = found.network(connection.zone);
        let said = Text::of(
            "网络 {0} 不应存在的连接：{1}",
            "network {0}, connection that should not be: {1}",
            &[&network, &words(connection)],
        );
        put(&mut page, format_args!("  ! {}\n", say(&said, layout)));
    }
    if found.stray.len() > MOST_SHOWN {
        put(&mut page, format_args!("  … {}\n", found.stray.len() - MOST_SHOWN));
    }
    page
}

fn words(connection: &Connection) -> String {
    let Connection { source, destination, protocol, ports, icmp, .. } = connection;
    let protocol = protocol::name(*protocol);
    match (ports, icmp) {
        (Some((from, to)), _) => format!("{protocol} {source} {from} → {destination} {to}"),
        (None, Some((kind, code, _))) => {
            format!("{protocol} {kind}/{code} {source} → {destination}")
        }
        (None, None) => format!("{protocol} {source} → {destination}"),
    }
}

/// Returns the same for programs, to be put into a document: `verdict`, the plan's fields,
/// `stray` connections and `blind`.
pub fn fields(found: &Found<'_>) -> Map<String, Value> {
    let mut all = plan::fields(found.plan);
    let verdict = if found.is_wanted() { "as-wanted" } else { "differs" };
    let stray: Vec<Value> = found
        .stray
        .iter()
        .map(|connection| {
            json!({
                "network": found.network(connection.zone),
                "protocol": connection.protocol,
                "source": connection.source.to_string(),
                "destination": connection.destination.to_string(),
                "source_port": connection.ports.map(|(from, _)| from),
                "destination_port": connection.ports.map(|(_, to)| to),
            })
        })
        .collect();
    all.insert("verdict".to_owned(), verdict.into());
    all.insert("stray".to_owned(), Value::Array(stray));
    all.insert("blind".to_owned(), found.blind.clone().into());
    all
}
