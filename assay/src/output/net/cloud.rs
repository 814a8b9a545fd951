//! What would be tried between guests of a delivered cloud, and what is left open.

use dataplane::accept::cloud::{After, Change, Cloud, Kind, Traffic, Trial, What};
use serde_json::{Value, json};

use super::say;
use crate::output::{Layout, put, put_paragraph, table::Table};

fn name(cloud: &Cloud, agent: usize) -> &str {
    cloud.agents.get(agent).map_or("", |agent| agent.id.as_str())
}

fn traffic(of: Traffic) -> String {
    match of.kind {
        Kind::Udp => format!("udp/{}", of.port),
        Kind::Tcp => format!("tcp/{}", of.port),
        Kind::Fragments => format!("fragments/{}", of.port),
        Kind::Echo => "icmp".to_owned(),
    }
}

/// What has to hold, in the words of the plan.
fn what(case: &Trial) -> String {
    match &case.what {
        What::Allow => "allow".to_owned(),
        What::Deny => "deny".to_owned(),
        What::Isolated { .. } => "isolated".to_owned(),
        What::Forged { .. } => "forged".to_owned(),
        What::Snat(_) => "snat".to_owned(),
        What::Elastic(_) => "eip".to_owned(),
        What::Mtu(bytes) => format!("mtu {bytes}"),
        What::Change(Change { after, .. }) => match after {
            After::Allow => "change: allow".to_owned(),
            After::Deny { held: false } => "change: deny".to_owned(),
            After::Deny { held: true } => "change: deny, held".to_owned(),
            After::Moved(_) => "change: moved".to_owned(),
        },
    }
}

/// Returns all cases, and what is left open.
pub fn plan(cloud: &Cloud, layout: Layout) -> String {
    let mut page = format!("delivered-cloud@{}\n\n", cloud.name);
    let head = [
        ("代理", "agent"),
        ("地址", "address"),
        ("VPC", "VPC"),
        ("租户地址", "tenant addresses"),
        ("弹性 IP", "EIP"),
        ("安全组", "groups"),
    ];
    let mut table = Table::new(head.map(|(zh, en)| layout.say(zh, en)));
    for agent in &cloud.agents {
        let addresses: Vec<String> = agent.addresses.iter().map(ToString::to_string).collect();
        let elastic = agent.elastic.map(|it| it.to_string()).unwrap_or_default();
        let vpc = agent.vpc.clone().unwrap_or_else(|| layout.say("（外部）", "(outside)").into());
        let [id, at] = [&agent.id, &agent.at].map(Clone::clone);
        let [addresses, groups] = [addresses.join(" "), agent.groups.join(" ")];
        table.row([id, at, vpc, addresses, elastic, groups].map(Into::into));
    }
    page.push_str(&table.render(layout.paint, layout.columns));
    page.push('\n');
    let head = [
        ("条款", "row"),
        ("测试项", "case"),
        ("要求", "holds"),
        ("两端", "ends"),
        ("探测", "probe"),
    ];
    let mut table = Table::new(head.map(|(zh, en)| layout.say(zh, en)));
    for case in &cloud.cases {
        let ends = format!("{} → {}", name(cloud, case.from), name(cloud, case.to));
        let via = if case.by_elastic { " (eip)" } else { "" };
        let probe = format!("{}{via}", traffic(case.probe));
        let row = [case.row.to_owned(), case.id.clone(), what(case), ends, probe];
        table.row(row.map(Into::into));
    }
    page.push_str(&table.render(layout.paint, layout.columns));
    page.push('\n');
    for (case, missing) in cloud.cases.iter().zip(cloud.missing()) {
        if let Some(why) = missing {
            let lead = format!("? {} {}{}", case.row, case.id, layout.say("：", ": "));
            put_paragraph(&mut page, &lead, &say(&why, layout), layout);
        }
    }
    let open = cloud.left_open();
    if !open.is_empty() {
        let lead = layout.say("没有测试项的条款：", "rows without a case: ");
        put_paragraph(&mut page, lead, &open.join(", "), layout);
    }
    let count = cloud.cases.len();
    let runs: usize = cloud.cases.iter().map(|case| cloud.families(case).len()).sum();
    put(
        &mut page,
        format_args!(
            "{}\n",
            say(
                &dataplane::text::Text::of(
                    "测试项 {0} 项，按地址族共运行 {1} 次",
                    "cases: {0}, run once for each family of addresses: {1}",
                    &[&count, &runs],
                ),
                layout,
            )
        ),
    );
    page
}

/// Returns how many cases cannot be measured as the plan is.
pub(super) fn open(cloud: &Cloud) -> usize {
    let cases = cloud.cases.iter().zip(cloud.missing());
    cases.filter(|(case, missing)| missing.is_some() || cloud.families(case).is_empty()).count()
}

/// Returns the same for programs: `assay/net-accept-plan/v1`.
pub fn plan_document(cloud: &Cloud) -> Value {
    let cases = cloud.cases.iter().zip(cloud.missing()).map(|(case, missing)| {
        json!({
            "row": case.row,
            "case": case.id,
            "holds": what(case),
            "from": name(cloud, case.from),
            "to": name(cloud, case.to),
            "probe": traffic(case.probe),
            "runs": cloud.families(case).len(),
            "open": serde_json::to_value(missing).unwrap_or_default(),
        })
    });
    json!({
        "schema": "assay/net-accept-plan/v1",
        "subject": format!("delivered-cloud@{}", cloud.name),
        "cases": cases.collect::<Vec<_>>(),
        "rows_without_a_case": cloud.left_open(),
    })
}
