//! `index.html`: one page without script or network, for screen and A4.
//!
//! The template lays out; everything it prints passes through [`text`], which
//! escapes by context. Pictures are inline SVG.

mod batch;
mod cases;
#[cfg(feature = "bmc")]
mod delivery;
mod deviations;
mod hardware;
mod maps;
mod plan;
mod storage;
mod text;
mod verdicts;

use askama::Template;
use profiles::{Text, Verdict};

use crate::report::{
    Language, canonical,
    cover::Party,
    digest::Digests,
    document::{Report, Row},
    manifest, verdict,
};

use super::{RenderError, words};
use cases::{Clause, ClauseLine, Lack};
use hardware::{Card, Cpu, Dimm, Disk, Slot};
use maps::Picture;
use text::{Html, Voice, css_string};

pub(super) use batch::page as batch;
#[cfg(feature = "bmc")]
pub(in crate::report) use delivery::page as delivery_page;
pub(super) use plan::{page as plan, time};
pub(in crate::report) use storage::pts_page;

/// The style sheet, one for both pages.
const CSS: &str = include_str!("../../../templates/report.css");

/// A box to sign in.
struct SignBox {
    role: Html,
    party: Html,
}

/// A line of label and content; nothing is printed unescaped.
type Line = (Html, Html);

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    v: Voice,
    report: &'a Report,
    css: Html,
    margins: Html,
    definitions: Html,
    code: String,
    root: &'a Digests,
    result: Digests,
    bar: Html,
    legend: Html,
    outcome: Html,
    outcome_code: &'static str,
    conclusion: Html,
    left_out: Vec<deviations::LeftOut>,
    deviations: Vec<deviations::Line>,
    deviation_sums: Vec<Html>,
    grounds: Html,
    particulars: Vec<Line>,
    basis: Vec<Line>,
    environment: Vec<Line>,
    heads: Vec<Html>,
    totals: Vec<u32>,
    clause_lines: Vec<ClauseLine>,
    clauses: Vec<Clause>,
    failed: Vec<Lack>,
    open: Vec<Lack>,
    decided: usize,
    dimm_pictures: Vec<Picture>,
    slot_picture: Option<Picture>,
    disk_picture: Option<Picture>,
    cpus: Vec<Cpu>,
    dimms: Vec<Dimm>,
    slots: Vec<Slot>,
    disks: Vec<Disk>,
    cards: Vec<Card>,
    storage: Option<storage::Runs>,
    boxes: Vec<SignBox>,
}

/// Returns the page of a report.
pub(super) fn report(
    report: &Report,
    root: &Digests,
    language: Language,
) -> Result<Vec<u8>, RenderError> {
    let v = Voice { language };
    let tally = &report.summary.overall.all;
    let facts = &report.facts;
    let code = manifest::verify_code(root);
    let outcome = report.summary.overall.outcome;
    let page = Page {
        v,
        report,
        css: Html(CSS.to_owned()),
        margins: page_css(v, &words::REPORT_TITLE.text(), report.cover.number.as_deref(), &code),
        definitions: verdicts::definitions(),
        code,
        root,
        result: Digests::of(&canonical::to_bytes(report)?),
        bar: verdicts::bar(v, tally, verdicts::WIDE),
        legend: verdicts::legend(v, tally),
        outcome: v.w(words::outcome(outcome)),
        outcome_code: match outcome {
            profiles::Outcome::Accepted => "pass",
            profiles::Outcome::NotAccepted => "fail",
            profiles::Outcome::Incomplete => "not-measured",
        },
        conclusion: v.t(verdicts::conclusion(tally, report.summary.out_of_scope)),
        left_out: deviations::left_out(v, report),
        deviations: deviations::lines(v, report),
        deviation_sums: deviations::sums(v, report),
        grounds: v.t(verdicts::grounds(verdict::grounds(&report.rows))),
        particulars: particulars(v, report),
        basis: basis(v, report),
        environment: environment(v, report),
        heads: Verdict::ALL.into_iter().map(|verdict| v.w(words::short(verdict))).collect(),
        totals: Verdict::ALL.into_iter().map(|verdict| verdict::count(tally, verdict)).collect(),
        clause_lines: cases::clause_lines(v, &report.summary.clauses),
        clauses: cases::clauses(v, report),
        failed: cases::lacks(v, report, |row| row.verdict == Verdict::Fail),
        open: cases::lacks(v, report, |row: &Row| row.verdict.is_open()),
        decided: report.rows.iter().filter(|row| row.decision.is_some()).count(),
        dimm_pictures: maps::dimms(v, facts),
        slot_picture: maps::slots(v, facts),
        disk_picture: maps::disks(v, facts),
        cpus: hardware::cpus(facts),
        dimms: hardware::dimms(facts),
        slots: hardware::slots(facts),
        disks: hardware::disks(facts),
        cards: hardware::cards(facts),
        storage: storage::runs(v, facts),
        boxes: boxes(v, report),
    };
    Ok(page.render()?.into_bytes())
}

fn particulars(v: Voice, report: &Report) -> Vec<Line> {
    let cover = &report.cover;
    let environment = &report.environment;
    let period = v.period(&environment.started_at, &environment.finished_at);
    let stage = cover.stage.map_or(Html("&nbsp;".to_owned()), |stage| {
        let Text { mut zh, mut en } = stage.name();
        if let Some(planned) = cover.stages.iter().find(|planned| planned.stage == stage) {
            let days = planned.days();
            zh = format!("{zh}（计划 {days}）");
            en = format!("{en} (planned {days})");
        }
        if let Some(selected) = &report.basis.selected {
            let of = selected.text();
            zh = format!("{zh}（{}）", of.zh);
            en = format!("{en} ({})", of.en);
        }
        v.t(Text { zh, en })
    });
    let mut lines = vec![(v.w(words::PROJECT), v.pen(&cover.project))];
    if cover.project_number.is_some() {
        lines.push((v.w(words::PROJECT_NUMBER), v.pen(&cover.project_number)));
    }
    lines.push((v.w(words::CONTRACT), v.pen(&cover.contract)));
    if cover.section.is_some() {
        lines.push((v.w(words::SECTION_OF_TENDER), v.pen(&cover.section)));
    }
    lines.push((v.w(words::STAGE), stage));
    lines.push((v.w(words::PLACE), v.pen(&cover.place)));
    lines.push((v.w(words::TEST_PERIOD), period));
    for (_, party) in Party::ALL {
        lines.push((v.t(party.word()), v.pen(cover.parties.name(party))));
    }
    lines
}

fn basis(v: Voice, report: &Report) -> Vec<Line> {
    let basis = &report.basis;
    let list = |texts: &[Text]| match texts {
        [] => v.w(words::NONE),
        texts => {
            let items: Vec<String> =
                texts.iter().map(|text| format!("<li>{}</li>", v.t(text))).collect();
            Html(format!("<ul>{}</ul>", items.concat()))
        }
    };
    let mut lines = vec![
        (v.w(words::NORM), v.t(&basis.norm)),
        (v.w(words::EDITION), v.t(&basis.edition)),
        (
            v.w(words::PROFILE),
            Html(format!("{} <code>{}</code>", v.t(&basis.title), v.s(&basis.profile))),
        ),
        (v.w(words::PROFILE_VERSION), v.s(&basis.version)),
        (v.w(words::PROFILE_DIGEST), v.digest(&basis.digest)),
    ];
    if report.cover.annex.is_some() {
        lines.push((v.w(words::ANNEX), v.o(&report.cover.annex)));
    }
    lines.push((v.w(words::UNIT_RULES), list(&basis.unit_rules)));
    lines.push((v.w(words::DEVIATIONS), list(&basis.deviations)));
    lines
}

fn environment(v: Voice, report: &Report) -> Vec<Line> {
    let environment = &report.environment;
    let mut lines = vec![(v.w(words::TOOL), v.s(format!("assay {}", environment.tool_version)))];
    let mut optional = |word, text: Option<Html>| lines.extend(text.map(|text| (v.w(word), text)));
    let plain = |text: &Option<String>| text.as_ref().map(|text| v.s(text));
    optional(words::TOOL_COMMIT, environment.tool_commit.as_ref().map(|c| v.digest(c)));
    optional(words::BINARY, environment.binary_sha256.as_ref().map(|digest| v.digest(digest)));
    optional(words::COMMAND, Some(Html(format!("<code>{}</code>", v.s(&environment.command)))));
    optional(words::HOST, plain(&environment.hostname));
    optional(words::OS, plain(&environment.os));
    let kernel = [&environment.kernel, &environment.architecture];
    let kernel: Vec<&str> = kernel.into_iter().flatten().map(String::as_str).collect();
    optional(words::KERNEL, (!kernel.is_empty()).then(|| v.s(kernel.join(" "))));
    let firmware = hardware::firmware(&report.facts);
    optional(words::FIRMWARE, (!firmware.is_empty()).then(|| v.s(firmware.join("\n"))));
    optional(words::TEST_PERIOD, Some(v.period(&environment.started_at, &environment.finished_at)));
    optional(words::TIME_SOURCE, environment.time_source.as_ref().map(|text| v.t(text)));
    optional(words::OPERATOR, plain(&environment.operator));
    optional(
        words::PRIVILEGES,
        environment.privileged.map(|privileged| {
            v.w(if privileged { words::PRIVILEGED } else { words::UNPRIVILEGED })
        }),
    );
    optional(
        words::INPUTS,
        (!environment.inputs.is_empty()).then(|| v.s(environment.inputs.join("\n"))),
    );
    lines
}

fn boxes(v: Voice, report: &Report) -> Vec<SignBox> {
    let parties = &report.cover.parties;
    let signs = Party::ALL
        .into_iter()
        .map(|(_, party)| SignBox { role: v.t(party.word()), party: v.pen(parties.name(party)) });
    let tester = &report.environment.operator;
    let tester = SignBox { role: v.w(words::TESTER), party: v.pen(tester) };
    signs.chain([tester]).collect()
}

/// Returns the rules that hold words of this report: header and footer of pages.
fn page_css(v: Voice, title: &Text, number: Option<&str>, code: &str) -> Html {
    let left = match number {
        Some(number) => format!("{}　{number}", title.get(v.lang())),
        None => title.get(v.lang()).to_owned(),
    };
    let (before, between, after) = match v.lang() {
        profiles::Lang::Zh => ("第 ", " 页 / 共 ", " 页"),
        profiles::Lang::En => ("Page ", " of ", ""),
    };
    let code = format!("{} {code}", words::VERIFY_CODE.text().get(v.lang()));
    Html(format!(
        "@page{{@top-left{{content:{}}}@bottom-left{{content:{}}}\
         @bottom-right{{content:{} counter(page) {} counter(pages) {}}}}}\
         @page:first{{@top-left{{content:none}}}}",
        css_string(&left),
        css_string(&code),
        css_string(before),
        css_string(between),
        css_string(after),
    ))
}

/// What the template asks beside its fields.
#[expect(
    clippy::unused_self,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "a template calls methods, with references to fields"
)]
impl Page<'_> {
    fn out_of_scope(&self) -> Html {
        self.v.t(verdict::out_of_scope(self.report.summary.out_of_scope))
    }

    /// Whether the first page has to hold more than it has room for at ease.
    fn is_full(&self) -> bool {
        !self.left_out.is_empty() || self.particulars.len() > 10
    }

    fn has_reasons(&self) -> bool {
        self.report.sections.values().any(|status| status.reason.is_some())
    }

    fn decided_text(&self) -> Text {
        let count = self.decided;
        Text::new(
            format!("其中 {count} 项经人工确认或同等认可"),
            format!("{count} of them decided by named persons"),
        )
    }

    fn pair(&self, cores: &Option<u32>, threads: &Option<u32>) -> String {
        let number = |n: &Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
        if cores.is_none() && threads.is_none() {
            String::new()
        } else {
            format!("{} / {}", number(cores), number(threads))
        }
    }

    fn clock(&self, hertz: &Option<u64>) -> String {
        hertz.map(hardware::clock).unwrap_or_default()
    }

    fn binary(&self, bytes: &Option<u64>) -> String {
        bytes.map_or_else(|| self.unknown(), hardware::binary)
    }

    fn decimal(&self, bytes: &Option<u64>) -> String {
        bytes.map_or_else(|| self.unknown(), hardware::decimal)
    }

    fn unknown(&self) -> String {
        words::UNKNOWN.text().get(self.v.lang()).to_owned()
    }

    fn speed(&self, dimm: &Dimm) -> String {
        match (dimm.configured_speed_mts, dimm.speed_mts) {
            (Some(now), Some(rated)) if now != rated => format!("{now} / {rated} MT/s"),
            (Some(speed), _) | (None, Some(speed)) => format!("{speed} MT/s"),
            (None, None) => String::new(),
        }
    }

    fn joined(&self, first: &Option<String>, second: &Option<String>) -> String {
        let mut parts: Vec<&str> =
            [first, second].into_iter().flatten().map(String::as_str).collect();
        parts.dedup();
        parts.join(" · ")
    }

    fn upper(&self, first: &Option<String>, second: &Option<String>) -> String {
        self.joined(first, second).to_uppercase()
    }

    fn health(&self, disk: &Disk) -> Html {
        let reasons = disk.health.as_ref().map(|health| health.reasons.join("; "));
        let word = match disk.health.as_ref().and_then(|health| health.passed) {
            Some(true) => format!("✓ {}", self.v.w(words::GOOD)),
            Some(false) => format!("✗ {}", self.v.w(words::BAD)),
            None => "?".to_owned(),
        };
        match reasons.filter(|reasons| !reasons.is_empty()) {
            Some(reasons) => Html(format!("{word}<p class=\"id\">{}</p>", self.v.s(reasons))),
            None => Html(word),
        }
    }

    fn port(&self, port: &hardware::Port) -> String {
        let best = port.supported_bps.iter().max().or(port.speed_bps.as_ref());
        let parts = [
            port.name.clone(),
            port.permanent_mac.clone().or_else(|| port.wwpn.clone()),
            best.map(|&bps| hardware::rate(bps)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
