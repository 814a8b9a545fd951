//! What was exported, and what could not be.

use profiles::{Lang, Text};
use serde_json::{Value, json};

use super::ironic::Node;
use crate::{
    failure::one_line,
    output::{
        Layout, Tone, put,
        table::{Cell, Table},
    },
};

/// A host and what it was exported as.
#[derive(Debug)]
pub struct Row {
    /// Where its BMC is reached.
    pub address: String,
    /// What it was exported as, or why it was not.
    pub node: Result<Node, Text>,
}

/// Returns the export as text.
pub fn page(rows: &[Row], place: &str, layout: Layout) -> String {
    let mut table = Table::new([
        "BMC",
        layout.say("节点", "node"),
        layout.say("驱动", "driver"),
        layout.say("网口", "ports"),
        layout.say("特征", "traits"),
    ]);
    for row in rows {
        let address = Cell::from(row.address.as_str());
        table.rows.push(match &row.node {
            Ok(node) => vec![
                address,
                node.name.as_str().into(),
                node.driver().into(),
                node.ports.len().to_string().into(),
                node.traits.join(" ").into(),
            ],
            Err(why) => vec![
                address,
                Cell::toned(layout.say("未导出", "not exported"), Tone::Bad),
                Cell::default(),
                Cell::default(),
                one_line(why.get(layout.lang)).into(),
            ],
        });
    }
    let mut text = table.render(layout.paint, layout.columns);
    let count = rows.iter().filter(|row| row.node.is_ok()).count();
    if count == 0 {
        text.push_str(
            layout.say("没有可导出的，未写文件\n", "nothing to export: no file was written\n"),
        );
    } else {
        let said = layout.say("个节点已写入", "nodes written to");
        put(&mut text, format_args!("{count} {said} {place}\n"));
    }
    text
}

/// Returns it for programs: `assay/bmc-export/v1`.
pub fn document(rows: &[Row], place: &str) -> Value {
    let row = |row: &Row| match &row.node {
        Ok(node) => json!({
            "address": row.address, "result": "done", "node": node.name, "driver": node.driver(),
            "ports": node.ports.iter().map(|(mac, _)| mac).collect::<Vec<_>>(),
            "traits": node.traits,
        }),
        Err(why) => json!({
            "address": row.address, "result": "unknown", "why": { "zh": why.zh, "en": why.en },
        }),
    };
    let file = rows.iter().any(|row| row.node.is_ok()).then_some(place);
    json!({
        "schema": "assay/bmc-export/v1", "file": file,
        "hosts": rows.iter().map(row).collect::<Vec<_>>(),
    })
}

/// Returns it for spreadsheets, a line a host.
pub fn csv(rows: &[Row], lang: Lang) -> String {
    let head = match lang {
        Lang::Zh => ["BMC", "节点", "驱动", "网口", "特征", "原因"],
        Lang::En => ["bmc", "node", "driver", "ports", "traits", "why"],
    };
    let mut text = line(&head.map(str::to_owned));
    for row in rows {
        text.push_str(&match &row.node {
            Ok(node) => {
                let macs: Vec<&str> = node.ports.iter().map(|(mac, _)| mac.as_str()).collect();
                line(&[
                    row.address.clone(),
                    node.name.clone(),
                    node.driver().to_owned(),
                    macs.join(" "),
                    node.traits.join(" "),
                    String::new(),
                ])
            }
            Err(why) => {
                let none = String::new;
                line(&[
                    row.address.clone(),
                    none(),
                    none(),
                    none(),
                    none(),
                    one_line(why.get(lang)),
                ])
            }
        });
    }
    text
}

fn line(cells: &[String]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| super::page::quoted(cell)).collect();
    format!("{}\r\n", quoted.join(","))
}
