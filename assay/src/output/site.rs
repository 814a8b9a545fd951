//! What a delivery came to: on the terminal, as `assay/site/v1`, and as rows of a table.

use std::path::Path;

use profiles::{Outcome, Text};
use serde_json::{Value, json};

use super::{
    Layout, Tone, put, put_paragraph,
    table::{Cell, Table},
};
use crate::{
    exit::Exit,
    failure::one_line,
    report::Language,
    site::{Class, Delivery, Finding, Light, List, Seen, State, Verdict},
};

/// The schema id of the document.
pub const SCHEMA: &str = "assay/site/v1";

/// Returns how the run ends: what is not as ordered outweighs what could not be told.
pub fn exit(delivery: &Delivery<'_>) -> Exit {
    if delivery.is_defective() {
        Exit::Failed
    } else if delivery.is_open() {
        Exit::Unknown
    } else {
        Exit::Wanted
    }
}

/// Returns what a state is called.
pub fn state(state: State) -> Text {
    match state {
        State::Delivered => Text::new("到货相符", "delivered"),
        State::Open => Text::new("待查", "could not tell"),
        State::Defect => Text::new("不符", "not as ordered"),
        State::Missing => Text::new("缺少", "missing"),
        State::Ordered => Text::new("仅订货数", "ordered only"),
    }
}

fn state_code(state: State) -> &'static str {
    match state {
        State::Delivered => "delivered",
        State::Open => "open",
        State::Defect => "defect",
        State::Missing => "missing",
        State::Ordered => "ordered",
    }
}

/// Returns what an outcome is called.
pub fn outcome(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Accepted => Text::new("符合", "conforms"),
        Outcome::NotAccepted => Text::new("不符合", "does not conform"),
        Outcome::Incomplete => Text::new("未完成", "incomplete"),
    }
}

fn outcome_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::NotAccepted => "not-accepted",
        Outcome::Incomplete => "incomplete",
    }
}

/// Returns the run as text: numbers by contract line, then what is wrong, what is open, what else.
pub fn page(
    delivery: &Delivery<'_>,
    html: &Path,
    together: Option<&Path>,
    layout: Layout,
) -> String {
    let mut table = Table::new([
        layout.say("合同行", "contract"),
        layout.say("型号", "model"),
        layout.say("订货", "ordered"),
        layout.say("清单", "packed"),
        layout.say("找到", "found"),
        layout.say("相符", "as ordered"),
    ]);
    for contract in &delivery.comparison.contracts {
        let ordered = contract.ordered.map_or_else(|| "—".to_owned(), |count| count.to_string());
        let is_all = contract.delivered == contract.packed;
        table.row([
            named(&contract.name).into(),
            one_line(contract.model.as_deref().unwrap_or("—")).into(),
            ordered.into(),
            contract.packed.to_string().into(),
            contract.found.to_string().into(),
            Cell::toned(
                contract.delivered.to_string(),
                if is_all { Tone::Good } else { Tone::Bad },
            ),
        ]);
    }
    let mut text = table.render(layout.paint, layout.columns);
    for (class, zh, en) in [
        (Class::Defect, "缺陷", "not as ordered"),
        (Class::Open, "待查", "could not tell"),
        (Class::Note, "提示", "notes"),
    ] {
        let count = delivery.count(class);
        if count == 0 {
            continue;
        }
        put(&mut text, format_args!("\n{} ({count})\n", layout.say(zh, en)));
        for finding in delivery.comparison.findings.iter().filter(|one| one.kind.class() == class) {
            put_finding(&mut text, finding, layout);
        }
    }
    put_outcomes(&mut text, delivery, layout);
    put_end(&mut text, delivery, html, together, layout);
    text
}

fn named(contract: &str) -> String {
    if contract.is_empty() { "—".to_owned() } else { one_line(contract) }
}

fn put_finding(text: &mut String, finding: &Finding, layout: Layout) {
    let said = |text: &Text| one_line(text.get(layout.lang));
    let kind = finding.kind;
    let mark = match kind.class() {
        Class::Defect => "✗ ",
        Class::Open => "? ",
        Class::Note => "· ",
    };
    let line = format!("{}{}{}", said(&kind.word()), layout.say("：", ": "), said(&finding.what));
    put_paragraph(text, mark, &line, layout);
    let line = format!("→ {}{}{}", said(&kind.who()), layout.say("：", ": "), said(&kind.todo()));
    put_paragraph(text, "  ", &line, layout);
}

/// Machines that are named on the terminal; the page has them all.
const MOST_NAMED: usize = 10;

/// Names machines that do not conform to their profile, or of which rows are open.
fn put_outcomes(text: &mut String, delivery: &Delivery<'_>, layout: Layout) {
    for (wanted, zh, en, mark) in [
        (Outcome::NotAccepted, "不符合配置档", "do not conform to their profile", "✗"),
        (Outcome::Incomplete, "有未决项", "have open rows", "?"),
    ] {
        let of = delivery.seen.iter().zip(delivery.verdicts);
        let named: Vec<&str> = of
            .filter(|(_, verdict)| verdict.as_ref().is_some_and(|one| one.outcome == wanted))
            .map(|(seen, _)| seen.called())
            .collect();
        if named.is_empty() {
            continue;
        }
        let shown: Vec<String> = named.iter().take(MOST_NAMED).map(|name| one_line(name)).collect();
        let more = if named.len() > MOST_NAMED { " …" } else { "" };
        let line = format!("{} ({}): {}{more}", layout.say(zh, en), named.len(), shown.join(", "));
        put(text, format_args!("\n"));
        put_paragraph(text, &format!("{mark} "), &line, layout);
    }
}

fn put_end(
    text: &mut String,
    delivery: &Delivery<'_>,
    html: &Path,
    together: Option<&Path>,
    layout: Layout,
) {
    let [good, bad, open] = delivery.lights();
    let judged = |wanted: Outcome| {
        let is = |verdict: &&Verdict| verdict.outcome == wanted;
        delivery.verdicts.iter().flatten().filter(is).count()
    };
    let norm = [Outcome::Accepted, Outcome::NotAccepted, Outcome::Incomplete].map(judged);
    let numbers =
        [good + bad + open, good, bad, open, norm[0], norm[1], norm[2]].map(|n| n.to_string());
    let line = crate::lang::text(
        "\n清单 {} 台：绿 {}，红 {}，灰 {}；按配置档判定：符合 {}，不符合 {}，未完成 {}\n",
        "\n{} machines on the list: {} green, {} red, {} grey; by their profiles {} conform, {} do not, \
         {} are incomplete\n",
        &numbers.each_ref().map(String::as_str),
    );
    text.push_str(line.get(layout.lang));
    put(
        text,
        format_args!("{}: {}\n", layout.say("机柜图与明细", "racks and details"), html.display()),
    );
    if let Some(together) = together {
        let heading = layout.say("汇总记录", "report on all of them");
        put(text, format_args!("{heading}: {}\n", together.display()));
    }
}

fn said(text: &Text) -> Value {
    json!({ "zh": text.zh, "en": text.en })
}

/// Returns the delivery for programs.
pub fn document(delivery: &Delivery<'_>) -> Value {
    let lines = &delivery.list.lines;
    let name =
        |line: &usize| lines.get(*line).map(|line| json!({ "row": line.row, "sn": line.serial }));
    let machine = |seen: &usize| {
        let seen = delivery.seen.get(*seen)?;
        Some(json!({ "name": seen.name, "sn": seen.serial() }))
    };
    let finding = |finding: &Finding| {
        json!({
            "kind": finding.kind.code(),
            "class": match finding.kind.class() {
                Class::Defect => "defect",
                Class::Open => "open",
                Class::Note => "note",
            },
            "lines": finding.lines.iter().map(name).collect::<Vec<_>>(),
            "found": finding.seen.iter().map(machine).collect::<Vec<_>>(),
            "what": said(&finding.what),
            "todo": said(&finding.kind.todo()),
            "who": said(&finding.kind.who()),
        })
    };
    let line = |at: usize| {
        let line = lines.get(at)?;
        let standing = delivery.comparison.lines.get(at)?;
        let seen = standing.seen.and_then(|seen| delivery.seen.get(seen));
        Some(json!({
            "row": line.row,
            "contract_line": line.contract,
            "model": line.model,
            "sn": line.serial,
            "bmc": line.address.as_ref().map(ToString::to_string),
            "place": line.place.as_ref().map(ToString::to_string),
            "state": state_code(standing.state),
            "light": delivery.light(at).map(light_code),
            "found": seen.map(|seen| json!({
                "name": seen.name,
                "sn": seen.serial(),
                "model": seen.model(),
                "bmc": seen.address.as_ref().map(ToString::to_string),
                "place": seen.place.as_ref().map(ToString::to_string),
            })),
            "report": delivery.verdict(at).map(verdict),
        }))
    };
    let extra = |at: &usize| {
        let seen = delivery.seen.get(*at)?;
        Some(json!({
            "name": seen.name,
            "sn": seen.serial(),
            "model": seen.model(),
            "report": delivery.verdicts.get(*at).and_then(Option::as_ref).map(verdict),
        }))
    };
    let contracts = delivery.comparison.contracts.iter().map(|contract| {
        json!({
            "contract_line": contract.name,
            "model": contract.model,
            "ordered": contract.ordered,
            "packed": contract.packed,
            "found": contract.found,
            "delivered": contract.delivered,
        })
    });
    let unread =
        delivery.unread.iter().map(|(path, why)| json!({ "file": path, "why": said(why) }));
    let [good, bad, open] = delivery.lights();
    json!({
        "schema": SCHEMA,
        "at": delivery.at,
        "list": { "name": delivery.list_name, "sha256": delivery.list_sha256 },
        "contract_lines": contracts.collect::<Vec<_>>(),
        "lights": { "green": good, "red": bad, "grey": open },
        "findings": delivery.comparison.findings.iter().map(finding).collect::<Vec<_>>(),
        "lines": (0..lines.len()).map(line).collect::<Vec<_>>(),
        "extra": delivery.comparison.extras.iter().map(extra).collect::<Vec<_>>(),
        "unread": unread.collect::<Vec<_>>(),
    })
}

fn light_code(light: Light) -> &'static str {
    match light {
        Light::Good => "green",
        Light::Bad => "red",
        Light::Open => "grey",
    }
}

fn verdict(verdict: &Verdict) -> Value {
    json!({
        "folder": verdict.folder,
        "profile": verdict.profile,
        "outcome": outcome_code(verdict.outcome),
        "must": verdict.tally,
        "code": verdict.code,
        "result_sha256": verdict.result_sha256,
        "disagreements": verdict.disagreements,
    })
}

/// Returns a text in the languages of a table, in one cell.
fn both(text: &Text, language: Language) -> String {
    match language {
        Language::Both if text.zh != text.en => format!("{} / {}", text.zh, text.en),
        other => text.get(other.lead()).to_owned(),
    }
}

/// The columns of `site.csv`.
const HEAD: [(&str, &str); 16] = [
    ("行", "row"),
    ("合同行", "contract-line"),
    ("型号", "model"),
    ("序列号", "sn"),
    ("管理口地址", "bmc"),
    ("机房-机柜-U位", "room-rack-u"),
    ("到货", "delivery"),
    ("实物序列号", "found-sn"),
    ("实物型号", "found-model"),
    ("实物位置", "found-at"),
    ("问题", "findings"),
    ("处理", "to do"),
    ("责任方", "who"),
    ("配置档", "profile"),
    ("测试结论", "outcome"),
    ("测试记录", "report"),
];

/// Returns the rows of `site.csv`: a line for each of the list, and for each machine beyond it.
pub fn rows(delivery: &Delivery<'_>, language: Language) -> Vec<Vec<String>> {
    let mut rows = vec![HEAD.iter().map(|(zh, en)| both(&Text::new(*zh, *en), language)).collect()];
    let findings = |all: &[&Finding]| {
        let cell = |of: &dyn Fn(&Finding) -> Text| {
            let mut said: Vec<String> = Vec::new();
            for one in all {
                let text = both(&of(one), language);
                if !said.contains(&text) {
                    said.push(text);
                }
            }
            said.join("; ")
        };
        [
            cell(&|one| {
                let (word, what) = (one.kind.word(), &one.what);
                Text::new(format!("{}：{}", word.zh, what.zh), format!("{}: {}", word.en, what.en))
            }),
            cell(&|one| one.kind.todo()),
            cell(&|one| one.kind.who()),
        ]
    };
    let judged = |verdict: Option<&Verdict>| {
        let Some(verdict) = verdict else { return [String::new(), String::new(), String::new()] };
        [verdict.profile.clone(), both(&outcome(verdict.outcome), language), verdict.folder.clone()]
    };
    let found = |seen: Option<usize>| {
        let seen = seen.and_then(|seen| delivery.seen.get(seen));
        let at = seen.map(|seen| {
            let place = seen.place.as_ref().map(ToString::to_string);
            place
                .or_else(|| seen.address.as_ref().map(ToString::to_string))
                .unwrap_or_else(|| seen.name.clone())
        });
        let serial = seen.and_then(|seen| seen.serial()).unwrap_or_default().to_owned();
        [serial, seen.and_then(Seen::model).unwrap_or_default(), at.unwrap_or_default()]
    };
    for (at, (line, standing)) in
        delivery.list.lines.iter().zip(&delivery.comparison.lines).enumerate()
    {
        let all: Vec<&Finding> = delivery.of_line(at).collect();
        let mut row = vec![
            line.row.to_string(),
            line.contract.clone(),
            line.model.clone().unwrap_or_default(),
            line.serial.clone().unwrap_or_default(),
            line.address.as_ref().map(ToString::to_string).unwrap_or_default(),
            line.place.as_ref().map(ToString::to_string).unwrap_or_default(),
            both(&state(standing.state), language),
        ];
        row.extend(found(standing.seen));
        row.extend(findings(&all));
        row.extend(judged(delivery.verdict(at)));
        rows.push(row);
    }
    for at in &delivery.comparison.extras {
        let of = |finding: &&Finding| finding.seen.contains(at);
        let all: Vec<&Finding> = delivery.comparison.findings.iter().filter(of).collect();
        let mut row = vec![String::new(); 6];
        row.push(both(&Text::new("清单外", "not on the list"), language));
        row.extend(found(Some(*at)));
        row.extend(findings(&all));
        row.extend(judged(delivery.verdicts.get(*at).and_then(Option::as_ref)));
        rows.push(row);
    }
    rows
}

/// Returns what a list says, for people.
pub fn list_page(list: &List, layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("行", "row"),
        layout.say("合同行", "contract"),
        layout.say("型号", "model"),
        layout.say("序列号", "sn"),
        layout.say("管理口", "bmc"),
        layout.say("位置", "place"),
        layout.say("配置档", "profile"),
        layout.say("配置", "parts"),
    ]);
    let plain = |text: Option<String>| one_line(text.as_deref().unwrap_or("—"));
    for line in &list.lines {
        let parts: Vec<&str> = line.parts.iter().map(|part| part.text.as_str()).collect();
        let place = line.place.as_ref().map(|place| match line.height {
            Some(height) if height > 1 => format!("{place} ({height}U)"),
            _ => place.to_string(),
        });
        table.row([
            line.row.to_string().into(),
            named(&line.contract).into(),
            plain(line.model.clone()).into(),
            plain(line.serial.clone()).into(),
            plain(line.address.as_ref().map(ToString::to_string)).into(),
            plain(place).into(),
            plain(line.profile.clone()).into(),
            one_line(&parts.join("; ")).into(),
        ]);
    }
    let mut text = table.render(layout.paint, layout.columns);
    let machines = list.lines.iter().filter(|line| line.is_machine()).count();
    let ordered: Vec<String> = list
        .contracts
        .iter()
        .map(|(name, count)| {
            let count = count.map_or_else(|| "—".to_owned(), |count| count.to_string());
            format!("{} × {count}", named(name))
        })
        .collect();
    let numbers = [machines.to_string(), list.contracts.len().to_string(), ordered.join(", ")];
    let line = crate::lang::text(
        "\n{} 台设备，{} 个合同行；订货：{}\n",
        "\n{} machines on {} contract lines; ordered: {}\n",
        &numbers.each_ref().map(String::as_str),
    );
    text.push_str(line.get(layout.lang));
    text
}

/// Returns what a list says, for programs: `assay/site-list/v1`.
pub fn list_document(list: &List, name: &str) -> Value {
    let line = |line: &crate::site::Line| {
        json!({
            "row": line.row,
            "contract_line": line.contract,
            "quantity": line.quantity,
            "model": line.model,
            "sn": line.serial,
            "bmc": line.address.as_ref().map(ToString::to_string),
            "place": line.place.as_ref().map(ToString::to_string),
            "height_u": line.height,
            "rack_height_u": line.rack_height,
            "profile": line.profile,
            "parts": line.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(),
        })
    };
    let contract =
        |(name, count): &(String, Option<u32>)| json!({ "contract_line": name, "ordered": count });
    json!({
        "schema": "assay/site-list/v1",
        "list": name,
        "contract_lines": list.contracts.iter().map(contract).collect::<Vec<_>>(),
        "lines": list.lines.iter().map(line).collect::<Vec<_>>(),
        "columns_not_read": list.unread,
        "parts_not_compared": list.unchecked,
    })
}
