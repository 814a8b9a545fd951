//! What was found of this dataplane on this kernel.

use dataplane::{
    accept::{Case, Verdict, cloud::order::Here},
    text::Text,
};
use serde_json::{Value, json};

use super::say;
use crate::{
    exit::Exit,
    output::{Layout, Tone, put, put_paragraph, table::Table},
};

/// What it does not speak of.
const ELSEWHERE: (&str, &str) = (
    "结果属于本内核上的本数据面；交付的云平台的各行不由此填写。",
    "This is of this dataplane on this kernel: no row of a delivered cloud is filled by it.",
);

/// What it speaks of, where it was between guests.
const DELIVERED: (&str, &str) = (
    "结果属于所交付的这一云平台，以及计划中的测试项。",
    "This is of that delivered cloud, and of the cases in the plan.",
);

/// All cases, and where they were run.
#[derive(Debug)]
pub struct Found<'a> {
    /// Name of this host, or of the cloud.
    pub host: &'a str,
    /// Release of its kernel; of a cloud, nothing.
    pub kernel: &'a str,
    /// Whether the sizes of the norm were tried too.
    pub scale: bool,
    /// What was found.
    pub cases: &'a [Case],
    /// The guests of a delivered cloud that found it, and what each is.
    pub agents: Option<&'a [(&'a str, Option<&'a Here>)]>,
}

impl Found<'_> {
    /// Returns what the evidence is of.
    fn subject(&self) -> String {
        let of = if self.agents.is_some() { "delivered-cloud" } else { "assay-dataplane" };
        format!("{of}@{}", self.host)
    }

    fn count(&self, row: Option<&str>, verdict: Verdict) -> usize {
        let of = |case: &&Case| row.is_none_or(|row| row == case.row) && case.verdict == verdict;
        self.cases.iter().filter(of).count()
    }

    /// Returns how the program ends: what is not known is no pass.
    pub fn exit(&self) -> Exit {
        let (failed, open) =
            (self.count(None, Verdict::Fail), self.count(None, Verdict::NotMeasured));
        match (failed, open) {
            (0, 0) if !self.cases.is_empty() => Exit::Wanted,
            (0, _) => Exit::Unknown,
            _ => Exit::Failed,
        }
    }

    /// Returns `assay/net-accept/v1`.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "schema": "assay/net-accept/v1",
            "subject": self.subject(),
            "kernel": self.kernel,
            "scale": self.scale,
            "cases": serde_json::to_value(self.cases).unwrap_or_default(),
        });
        if let Some(agents) = self.agents {
            let agents = agents.iter().map(|(id, here)| json!({ "id": id, "here": here }));
            document["agents"] = agents.collect();
        }
        document
    }

    /// Returns how many of each row passed, and in full what did not.
    pub fn page(&self, layout: Layout) -> String {
        let kernel = if self.agents.is_some() { "" } else { "  Linux " };
        let mut page = format!("{}{kernel}{}\n\n", self.subject(), self.kernel);
        let head =
            [("条款", "row"), ("通过", "pass"), ("不通过", "fail"), ("未测", "not measured")];
        let mut table = Table::new(head.map(|(zh, en)| layout.say(zh, en)));
        let mut rows: Vec<&str> = self.cases.iter().map(|case| case.row).collect();
        tiny_sort::stable::sort(&mut rows);
        rows.dedup();
        for row in rows {
            let of = |verdict| self.count(Some(row), verdict).to_string().into();
            let [pass, fail, open] = [Verdict::Pass, Verdict::Fail, Verdict::NotMeasured].map(of);
            table.row([row.into(), pass, fail, open]);
        }
        page.push_str(&table.render(layout.paint, layout.columns));
        page.push('\n');
        let bad = self.cases.iter().filter(|case| case.verdict != Verdict::Pass);
        let mut told: Option<&Text> = None;
        for case in bad {
            put_case(&mut page, case, told, layout);
            told = case.reason.as_ref();
        }
        let counts = [Verdict::Pass, Verdict::Fail, Verdict::NotMeasured]
            .map(|verdict| self.count(None, verdict));
        let [pass, fail, open] = counts;
        let line = Text::of(
            "测试项 {0} 项：通过 {1}，不通过 {2}，未测 {3}",
            "cases {0}: pass {1}, fail {2}, not measured {3}",
            &[&self.cases.len(), &pass, &fail, &open],
        );
        let tone = match self.exit() {
            Exit::Wanted => Tone::Good,
            Exit::Failed => Tone::Bad,
            _ => Tone::Open,
        };
        put(&mut page, format_args!("{}\n", layout.paint.dye(tone, &say(&line, layout))));
        let (zh, en) = if self.agents.is_some() { DELIVERED } else { ELSEWHERE };
        put_paragraph(&mut page, "", layout.say(zh, en), layout);
        page
    }
}

/// Adds a case that did not pass, with what was sent and what of it was seen; a reason that the
/// one before it has too is not repeated with its probes.
fn put_case(page: &mut String, case: &Case, told: Option<&Text>, layout: Layout) {
    let (mark, word) = match case.verdict {
        Verdict::Fail => ("✗", layout.say("不通过", "fail")),
        _ => ("?", layout.say("未测", "not measured")),
    };
    let name = format!("{} {}", case.row, say(&case.case, layout));
    put_paragraph(page, &format!("{mark} "), &name, layout);
    let Some(reason) = case.reason.as_ref().filter(|reason| told != Some(reason)) else { return };
    let colon = layout.say("：", ": ");
    put_paragraph(page, &format!("  {word}{colon}"), &say(reason, layout), layout);
    for probe in &case.probe_sent {
        let wanted = match probe.wanted {
            "dropped" => layout.say("应丢弃", "to be dropped"),
            "answered" => layout.say("应得到应答", "to be answered"),
            "refused" => layout.say("应告知过大", "to be refused as too large"),
            "control" => layout.say("对照，应到达", "control, to arrive"),
            _ => layout.say("应到达", "to arrive"),
        };
        let lead = format!("    {} {}{colon}", probe.step, probe.at);
        put_paragraph(page, &lead, &format!("{} ({wanted})", probe.frame), layout);
        for seen in case.probe_seen.iter().filter(|seen| seen.step == probe.step) {
            let lead = format!("      → {}{colon}", seen.at);
            put_paragraph(page, &lead, &seen.frame, layout);
        }
    }
}
