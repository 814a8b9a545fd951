//! The page of a batch: the matrix machine × clause, then what failed or is open.

use askama::Template;
use profiles::{Tally, Verdict};

use crate::report::{
    Language,
    batch::{Batch, Machine},
    document::{Conformity, Row},
    manifest, verdict,
};

use super::{
    super::words,
    CSS, page_css,
    text::{Html, Voice},
    verdicts,
};

/// A line of the matrix.
struct Line {
    number: usize,
    anchor: String,
    /// Whether something of it is told below.
    lacks: bool,
    name: Html,
    model: Html,
    location: Html,
    profile: Html,
    outcome: Html,
    cells: Vec<Html>,
}

/// A machine's rows that failed or are open.
struct Detail {
    anchor: String,
    name: Html,
    model: Html,
    outcome: Html,
    rows: Vec<Lacking>,
}

/// A row that failed, is open, or was decided by a person.
struct Lacking {
    check: Html,
    clause: Html,
    title: Html,
    expected: Html,
    measured: Html,
    chip: Html,
    why: Html,
}

#[derive(Template)]
#[template(path = "batch.html")]
struct Page<'a> {
    v: Voice,
    batch: &'a Batch,
    css: Html,
    margins: Html,
    definitions: Html,
    code: String,
    conclusion: Html,
    bar: Html,
    legend: Html,
    lines: Vec<Line>,
    details: Vec<Detail>,
}

/// Returns the page.
pub(in super::super) fn page(batch: &Batch, language: Language) -> Result<Vec<u8>, askama::Error> {
    let v = Voice { language };
    let code = manifest::verify_code(&batch.root);
    let tally = sum(&batch.machines);
    let out_of_scope =
        batch.machines.iter().map(|machine| machine.out_of_scope).fold(0, u32::saturating_add);
    let title = words::BATCH_TITLE.text();
    let mut margins = page_css(v, &title, batch.cover.number.as_deref(), &code);
    // The matrix is wide.
    margins.0.push_str("@page{size:A4 landscape}");
    let page = Page {
        v,
        batch,
        css: Html(CSS.to_owned()),
        margins,
        definitions: verdicts::definitions(),
        bar: verdicts::bar(v, &tally, verdicts::WIDE),
        legend: verdicts::legend(v, &tally),
        conclusion: v.t(verdicts::conclusion(&tally, out_of_scope)),
        code,
        lines: lines(v, batch),
        details: details(v, batch),
    };
    Ok(page.render()?.into_bytes())
}

/// Returns the counts of all machines' checks.
fn sum(machines: &[Machine]) -> Tally {
    let of = |verdict| {
        machines
            .iter()
            .map(|machine| verdict::count(&machine.tally, verdict))
            .fold(0, u32::saturating_add)
    };
    Tally {
        pass: of(Verdict::Pass),
        fail: of(Verdict::Fail),
        not_measured: of(Verdict::NotMeasured),
        needs_attestation: of(Verdict::NeedsAttestation),
        attested: of(Verdict::Attested),
        waived: of(Verdict::Waived),
        not_applicable: of(Verdict::NotApplicable),
    }
}

fn lines(v: Voice, batch: &Batch) -> Vec<Line> {
    let cell = |machine: &Machine, clause: &str| match Batch::conformity(machine, clause) {
        None => Html("<span class=\"no\">·</span>".to_owned()),
        Some(conformity) => {
            let code = match conformity {
                Conformity::Conform => "pass",
                Conformity::NotConform => "fail",
                Conformity::Open => "not-measured",
                Conformity::NotApplicable => "not-applicable",
            };
            let word = words::conformity(conformity).text();
            let word = v.s(word.get(v.lang()));
            Html(format!("<span class=\"m m-{code}\">{}<br>{word}</span>", verdicts::sign(code)))
        }
    };
    batch
        .machines
        .iter()
        .enumerate()
        .map(|(index, machine)| Line {
            number: index.saturating_add(1),
            anchor: format!("machine-{}", index.saturating_add(1)),
            lacks: lacks(machine),
            name: name(v, machine),
            model: model(v, machine),
            location: v.o(&machine.device.location),
            profile: v.s(&machine.profile),
            outcome: v.w(words::outcome(machine.outcome)),
            cells: batch.clauses.iter().map(|clause| cell(machine, &clause.clause)).collect(),
        })
        .collect()
}

fn details(v: Voice, batch: &Batch) -> Vec<Detail> {
    batch
        .machines
        .iter()
        .enumerate()
        .filter(|(_, machine)| lacks(machine))
        .map(|(index, machine)| Detail {
            anchor: format!("machine-{}", index.saturating_add(1)),
            name: name(v, machine),
            model: model(v, machine),
            outcome: v.w(words::outcome(machine.outcome)),
            rows: machine.rows.iter().map(|row| lacking(v, row)).collect(),
        })
        .collect()
}

fn lacks(machine: &Machine) -> bool {
    !machine.rows.is_empty() || machine.interrupted.is_some()
}

fn lacking(v: Voice, row: &Row) -> Lacking {
    let judgement = &row.judgement;
    let mut why: Vec<String> =
        words::reasons(row).iter().map(|reason| format!("<p>{}</p>", v.t(reason))).collect();
    why.extend(row.recorded().iter().map(|d| format!("<p>{}</p>", v.t(words::decision(d)))));
    Lacking {
        check: v.s(&judgement.check),
        clause: v.s(&judgement.clause),
        title: v.t(&judgement.title),
        expected: v.t(&judgement.expected),
        measured: if judgement.measured.zh.is_empty() { v.s("") } else { v.t(&judgement.measured) },
        chip: verdicts::chip(v, row.verdict),
        why: Html(if why.is_empty() { "—".to_owned() } else { why.concat() }),
    }
}

fn name(v: Voice, machine: &Machine) -> Html {
    v.s(machine.device.serial.as_deref().unwrap_or(&machine.device.id))
}

fn model(v: Voice, machine: &Machine) -> Html {
    let device = &machine.device;
    let brand = device.brand.as_ref().map(|brand| brand.get(v.lang()));
    let brand = brand.or(device.manufacturer.as_deref());
    let parts: Vec<&str> = [brand, device.model.as_deref()].into_iter().flatten().collect();
    v.s(parts.join(" "))
}
