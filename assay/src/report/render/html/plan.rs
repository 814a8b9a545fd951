//! The page of a test plan: scope, cases with their risks, and blank record forms behind them.

use askama::Template;
use profiles::{Text, plan::Stage};

use crate::report::{Language, cover::Party, plan::Case as Planned, plan::Plan};

use super::{
    super::words,
    CSS, Line, SignBox, page_css,
    text::{Html, Voice},
};

/// A case as the page shows it.
struct Case {
    number: usize,
    check: Html,
    row: Html,
    title: Html,
    level: Html,
    method: Html,
    asked: Option<Html>,
    tool: Html,
    expected: Html,
    takes: Html,
    risk: Html,
}

/// The cases of one profile.
struct Part {
    title: Html,
    subject: Html,
    profile: Html,
    count: Html,
    units: Vec<Html>,
    cases: Vec<Case>,
}

#[derive(Template)]
#[template(path = "plan.html")]
struct Page {
    v: Voice,
    css: Html,
    margins: Html,
    title: Html,
    plain_title: String,
    particulars: Vec<Line>,
    scope: Vec<Html>,
    total: Html,
    risky: Vec<Case>,
    parts: Vec<Part>,
    boxes: Vec<SignBox>,
}

/// Returns the page.
pub(in super::super) fn page(plan: &Plan, language: Language) -> Result<Vec<u8>, askama::Error> {
    let v = Voice { language };
    let mut margins = page_css(v, &words::PLAN_TITLE.text(), plan.cover.number.as_deref(), "");
    // Nothing is there yet that a code could verify. The tables are wide.
    margins.0.push_str("@page{size:A4 landscape;@bottom-left{content:none}}");
    let mut number = 0_usize;
    let mut next = |case: &Planned| {
        number += 1;
        shown(v, number, case)
    };
    let parts: Vec<Part> = plan
        .parts
        .iter()
        .map(|part| Part {
            title: v.t(&part.title),
            subject: v.t(&part.subject),
            profile: Html(format!("<code>{}</code> {}", v.s(&part.profile), v.s(&part.version))),
            count: v.t(count(part.cases.len(), part.of)),
            units: part.units.iter().map(|unit| v.t(unit)).collect(),
            cases: part.cases.iter().map(&mut next).collect(),
        })
        .collect();
    let page = Page {
        v,
        css: Html(CSS.to_owned()),
        margins,
        title: v.w(words::PLAN_TITLE),
        plain_title: words::PLAN_TITLE.text().get(v.lang()).to_owned(),
        particulars: particulars(v, plan),
        scope: norms(plan).iter().map(|norm| v.t(norm)).collect(),
        total: v.t(total(plan)),
        risky: plan.risky().into_iter().map(|case| shown(v, 0, case)).collect(),
        parts,
        boxes: boxes(v, plan),
    };
    Ok(page.render()?.into_bytes())
}

fn shown(v: Voice, number: usize, case: &Planned) -> Case {
    Case {
        number,
        check: v.s(&case.check),
        row: v.s(&case.row),
        title: v.t(&case.title),
        level: v.w(words::level(case.level)),
        method: v.t(&case.method),
        asked: case.asked.as_ref().map(|asked| v.t(asked)),
        tool: v.t(&case.tool),
        expected: v.t(&case.expected),
        takes: v.t(time(case.takes_s)),
        risk: v.t(case.risk.word()),
    }
}

fn count(cases: usize, of: usize) -> Text {
    Text::new(
        format!("本次 {cases} 项（该配置档全部 {of} 项）"),
        format!("{cases} cases this time (of {of} in this profile)"),
    )
}

/// Returns a time as a plan says it: minutes, or hours.
pub(in super::super) fn time(seconds: u64) -> Text {
    let minutes = seconds.div_ceil(60);
    if minutes < 120 {
        return Text::new(format!("约 {minutes} 分钟"), format!("about {minutes} min"));
    }
    let (hours, rest) = (minutes / 60, minutes % 60);
    let half = if rest >= 30 { ".5" } else { "" };
    Text::new(format!("约 {hours}{half} 小时"), format!("about {hours}{half} h"))
}

fn total(plan: &Plan) -> Text {
    let cases = plan.cases().count();
    let time = time(plan.takes_s());
    Text::new(
        format!("共 {cases} 项；每个被测对象逐项依次进行{}", time.zh),
        format!(
            "{cases} cases; one after the other they take {} for each thing under test",
            time.en
        ),
    )
}

/// Returns every norm and edition that the parts are by, once.
fn norms(plan: &Plan) -> Vec<Text> {
    let mut norms: Vec<Text> = Vec::new();
    for part in &plan.parts {
        let [norm, edition] = &part.norm;
        let text = Text::new(
            format!("{}（{}）", norm.zh, edition.zh),
            format!("{} ({})", norm.en, edition.en),
        );
        if !norms.contains(&text) {
            norms.push(text);
        }
    }
    norms
}

fn particulars(v: Voice, plan: &Plan) -> Vec<Line> {
    let cover = &plan.cover;
    let every = Text::new("各阶段", "all stages");
    let mut lines = vec![
        (v.w(words::PROJECT), v.pen(&cover.project)),
        (v.w(words::CONTRACT), v.pen(&cover.contract)),
        (v.w(words::STAGE), v.t(plan.stage.map_or(every, Stage::word))),
        (v.w(words::PLACE), v.pen(&cover.place)),
    ];
    for (_, party) in Party::ALL {
        lines.push((v.t(party.word()), v.pen(cover.parties.name(party))));
    }
    lines.push((v.w(words::DATE), v.time(&plan.at)));
    lines
}

fn boxes(v: Voice, plan: &Plan) -> Vec<SignBox> {
    let parties = &plan.cover.parties;
    let sign = |(_, party): (_, Party)| SignBox {
        role: v.t(party.word()),
        party: v.pen(parties.name(party)),
    };
    Party::ALL.into_iter().map(sign).collect()
}
