//! Tenant networks on the terminal and as JSON.

pub mod accept;
pub mod apply;
pub mod cloud;
pub mod explain;
pub mod plan;
pub mod show;
pub mod verify;

use dataplane::{
    desired::Desired,
    spec::{Fault, File, SpecErrors},
    text::Text,
};
use profiles::Lang;
use serde_json::{Value, json};

use super::{Layout, Tone, put, put_paragraph};
use crate::failure::one_line;

/// A file that was checked.
#[derive(Debug)]
pub struct Checked<'a> {
    /// As the user named it.
    pub file: &'a str,
    /// What it says, or what is wrong with it.
    pub found: Result<&'a File, &'a SpecErrors>,
    /// Why what it says cannot be had, with what to do.
    pub unfit: Option<(String, Option<String>)>,
}

impl Checked<'_> {
    /// Whether nothing is wrong with it.
    pub fn is_sound(&self) -> bool {
        self.found.is_ok() && self.unfit.is_none()
    }
}

/// Returns a text of the dataplane in the user's language, on one line.
pub(crate) fn say(text: &Text, layout: Layout) -> String {
    one_line(match layout.lang {
        Lang::Zh => &text.zh,
        Lang::En => &text.en,
    })
}

/// Returns everything that is wrong with a file: each fault with its hint.
pub fn faults(errors: &SpecErrors, layout: Layout) -> String {
    let mut page = String::new();
    for fault in &errors.faults {
        let Text { zh, en } = fault.message();
        put_complaint(&mut page, &Text { zh, en }, fault.hint.as_ref(), layout);
    }
    if errors.left_out > 0 {
        let more = Text::of(
            "另有 {0} 处错误未列出",
            "more faults that are not listed: {0}",
            &[&errors.left_out],
        );
        put(&mut page, format_args!("{}\n", say(&more, layout)));
    }
    page
}

fn put_complaint(page: &mut String, what: &Text, hint: Option<&Text>, layout: Layout) {
    put_paragraph(page, "", &say(what, layout), layout);
    if let Some(hint) = hint {
        let lead = layout.say("  提示：", "  hint: ");
        put_paragraph(page, lead, &say(hint, layout), layout);
    }
}

/// Returns what was found of files that were checked.
pub fn lint(files: &[Checked<'_>], layout: Layout) -> String {
    let mut page = String::new();
    for checked in files {
        let file = one_line(checked.file);
        match (checked.found, &checked.unfit) {
            (Err(errors), _) => {
                page.push_str(&faults(errors, layout));
                let line =
                    Text::of("`{0}`：{1} 处错误", "`{0}`: faults {1}", &[&file, &errors.count()]);
                let line = say(&line, layout);
                put(&mut page, format_args!("{}\n", layout.paint.dye(Tone::Bad, &line)));
            }
            (Ok(_), Some((why, hint))) => {
                let what = Text { zh: format!("`{file}`：{why}"), en: format!("`{file}`: {why}") };
                let hint = hint.as_ref().map(|hint| Text { zh: hint.clone(), en: hint.clone() });
                put_complaint(&mut page, &what, hint.as_ref(), layout);
            }
            (Ok(File::Cloud(cloud)), None) => {
                let line = Text::of(
                    "`{0}` 无误：云平台 {1}，代理 {2}，测试项 {3}，其中不能测的 {4}",
                    "`{0}` is sound: cloud {1}, agents {2}, cases {3}, of which cannot be measured {4}",
                    &[
                        &file,
                        &cloud.name,
                        &cloud.agents.len(),
                        &cloud.cases.len(),
                        &cloud::open(cloud),
                    ],
                );
                put(&mut page, format_args!("{}\n", say(&line, layout)));
            }
            (Ok(File::Node(desired)), None) => {
                let counts = Counts::of(desired);
                let line = Text::of(
                    "`{0}` 无误：节点 {1}，VPC {2}，网络 {3}，本节点端口 {4}，其他节点端口 {5}，安全组 {6}，规则 {7}",
                    "`{0}` is sound: node {1}, VPCs {2}, networks {3}, ports here {4}, elsewhere {5}, groups {6}, rules {7}",
                    &[
                        &file,
                        &desired.node.name,
                        &counts.vpcs,
                        &desired.networks.len(),
                        &desired.ports.len(),
                        &desired.remotes.len(),
                        &desired.groups.len(),
                        &counts.rules,
                    ],
                );
                put(&mut page, format_args!("{}\n", say(&line, layout)));
            }
        }
    }
    page
}

/// Numbers that are not lengths.
struct Counts {
    vpcs: usize,
    rules: usize,
}

impl Counts {
    fn of(desired: &Desired) -> Self {
        let of_networks = desired.networks.values().map(|network| network.vpc.as_str());
        let of_groups = desired.groups.values().map(|group| group.vpc.as_str());
        let mut vpcs = std::collections::BTreeSet::new();
        vpcs.extend(of_networks.chain(of_groups));
        let rules = desired.groups.values().map(|group| group.rules.len()).sum();
        Self { vpcs: vpcs.len(), rules }
    }
}

/// Returns the same for programs: `assay/net-lint/v1`.
pub fn lint_document(files: &[Checked<'_>]) -> Value {
    let files: Vec<Value> = files.iter().map(checked_value).collect();
    json!({ "schema": "assay/net-lint/v1", "files": files })
}

fn checked_value(checked: &Checked<'_>) -> Value {
    let mut faults: Vec<Value> = Vec::new();
    let mut left_out = 0;
    let mut holds = Value::Null;
    match checked.found {
        Ok(File::Cloud(cloud)) => {
            holds = json!({
                "cloud": &cloud.name,
                "agents": cloud.agents.len(),
                "cases": cloud.cases.len(),
                "open": cloud::open(cloud),
            });
        }
        Ok(File::Node(desired)) => {
            let counts = Counts::of(desired);
            holds = json!({
                "node": &desired.node.name,
                "vpcs": counts.vpcs,
                "networks": desired.networks.len(),
                "ports": desired.ports.len(),
                "remotes": desired.remotes.len(),
                "groups": desired.groups.len(),
                "rules": counts.rules,
            });
        }
        Err(errors) => {
            faults = errors.faults.iter().map(fault_value).collect();
            left_out = errors.left_out;
        }
    }
    faults.extend(checked.unfit.as_ref().map(|(why, hint)| {
        let both = |text: &String| json!({ "zh": text, "en": text });
        json!({ "line": null, "about": null, "what": both(why), "hint": hint.as_ref().map(both) })
    }));
    json!({
        "file": checked.file,
        "sound": checked.is_sound(),
        "faults": faults,
        "left_out": left_out,
        "holds": holds,
    })
}

fn fault_value(fault: &Fault) -> Value {
    json!({
        "line": fault.place.line,
        "pointer": &fault.place.pointer,
        "about": text_value(&fault.about),
        "what": text_value(&fault.what),
        "hint": fault.hint.as_ref().map(text_value),
    })
}

/// Returns a text in both languages.
pub(crate) fn text_value(text: &Text) -> Value {
    json!({ "zh": &text.zh, "en": &text.en })
}
