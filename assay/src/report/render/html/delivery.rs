//! `site.html`: a delivery. What is wrong and who mends it, the racks unit by unit, every machine.

use askama::Template;
use profiles::{Outcome, Text};

use super::{
    super::words,
    CSS,
    text::{Html, Voice, css_string, label},
    verdicts,
};
use crate::{
    output::site::{outcome, state},
    report::Language,
    site::{
        Class, Delivery, Finding, Light, State, Verdict,
        rack::{self, Rack, Slot},
    },
};

/// A finding as it is told.
struct Told {
    class: &'static str,
    kind: Html,
    what: Html,
    todo: Html,
    who: Html,
}

/// The numbers of a contract line.
struct Numbers {
    name: Html,
    model: Html,
    ordered: String,
    packed: u32,
    found: u32,
    delivered: u32,
    is_all: bool,
}

/// A machine.
struct Row {
    number: String,
    contract: Html,
    place: Html,
    name: Html,
    model: Html,
    state: Html,
    norm: Html,
    link: String,
    todo: Html,
}

/// A rack's picture.
struct Picture {
    title: Html,
    caption: Html,
    drawing: Html,
}

#[derive(Template)]
#[template(path = "delivery.html")]
struct Page<'a> {
    v: Voice,
    delivery: &'a Delivery<'a>,
    css: Html,
    margins: Html,
    definitions: Html,
    title: Html,
    plain_title: Html,
    counts: [(String, Html); 4],
    numbers: Vec<Numbers>,
    defects: Vec<Told>,
    open: Vec<Told>,
    notes: Vec<Told>,
    racks: Vec<Picture>,
    rows: Vec<Row>,
    unread: Vec<(Html, Html)>,
}

/// Returns the page.
pub(in crate::report) fn page(
    delivery: &Delivery<'_>,
    language: Language,
) -> Result<String, askama::Error> {
    let v = Voice { language };
    let title = Text::new("到货核对与机柜图", "Delivery and racks");
    let [good, bad, open] = delivery.lights();
    let count = |number: usize, zh: &str, en: &str| (number.to_string(), v.t(Text::new(zh, en)));
    let told = |class| {
        let of = delivery.comparison.findings.iter().filter(move |one| one.kind.class() == class);
        of.map(|one| finding_told(v, one)).collect::<Vec<_>>()
    };
    let machine = |line: usize| {
        let seen = delivery.comparison.lines.get(line)?.seen?;
        delivery.seen.get(seen)
    };
    let racks = rack::racks(delivery.list, &machine);
    let page = Page {
        v,
        delivery,
        css: Html(CSS.to_owned()),
        margins: margins(v, &title, delivery.list_name),
        definitions: verdicts::definitions(),
        title: v.t(&title),
        plain_title: v.plain(title.get(v.lang())),
        counts: [
            count(good + bad + open, "清单台数", "on the list"),
            count(good, "绿：到货相符且符合", "green: as ordered and conforming"),
            count(bad, "红：不符或缺少", "red: not so, or missing"),
            count(open, "灰：待查", "grey: could not tell"),
        ],
        numbers: numbers(v, delivery),
        defects: told(Class::Defect),
        open: told(Class::Open),
        notes: told(Class::Note),
        racks: racks.iter().map(|rack| picture(v, delivery, rack)).collect(),
        rows: rows(v, delivery),
        unread: delivery.unread.iter().map(|(path, why)| (v.s(path), v.t(why))).collect(),
    };
    page.render()
}

/// Returns what stands in the margins of each page.
fn margins(v: Voice, title: &Text, list: &str) -> Html {
    let (before, between, after) = match v.lang() {
        profiles::Lang::Zh => ("第 ", " 页 / 共 ", " 页"),
        profiles::Lang::En => ("Page ", " of ", ""),
    };
    Html(format!(
        "@page{{@top-left{{content:{}}}@bottom-left{{content:{}}}\
         @bottom-right{{content:{} counter(page) {} counter(pages) {}}}}}\
         @page:first{{@top-left{{content:none}}}}",
        css_string(title.get(v.lang())),
        css_string(list),
        css_string(before),
        css_string(between),
        css_string(after),
    ))
}

fn finding_told(v: Voice, finding: &Finding) -> Told {
    let kind = finding.kind;
    Told {
        class: match kind.class() {
            Class::Defect => "fail",
            Class::Open => "not-measured",
            Class::Note => "not-applicable",
        },
        kind: v.t(kind.word()),
        what: coded(v, &finding.what),
        todo: v.t(kind.todo()),
        who: v.t(kind.who()),
    }
}

/// Returns a text whose names stand as names do on a page, and not between backticks.
fn coded(v: Voice, text: &Text) -> Html {
    let Html(said) = v.t(text);
    let is_paired = |text: &str| text.matches('`').count().is_multiple_of(2);
    if !is_paired(&text.zh) || !is_paired(&text.en) {
        return Html(said);
    }
    let mut out = String::with_capacity(said.len() + 64);
    for (at, piece) in said.split('`').enumerate() {
        if at > 0 {
            out.push_str(if at % 2 == 1 { "<code>" } else { "</code>" });
        }
        out.push_str(piece);
    }
    Html(out)
}

fn numbers(v: Voice, delivery: &Delivery<'_>) -> Vec<Numbers> {
    let of = |contract: &crate::site::Contract| Numbers {
        name: v.s(&contract.name),
        model: v.o(&contract.model),
        ordered: contract.ordered.map_or_else(|| "—".to_owned(), |count| count.to_string()),
        packed: contract.packed,
        found: contract.found,
        delivered: contract.delivered,
        is_all: contract.delivered == contract.ordered.unwrap_or(contract.packed),
    };
    delivery.comparison.contracts.iter().map(of).collect()
}

fn class_of(state: State) -> &'static str {
    match state {
        State::Delivered => "pass",
        State::Defect | State::Missing => "fail",
        State::Open => "not-measured",
        State::Ordered => "not-applicable",
    }
}

/// Returns a word with its sign.
fn marked(v: Voice, class: &str, word: &Text) -> Html {
    Html(format!("<span class=\"m m-{class}\">{} {}</span>", verdicts::sign(class), v.t(word)))
}

/// Returns what came of judging a machine.
fn norm(v: Voice, verdict: Option<&Verdict>) -> Html {
    let Some(verdict) = verdict else { return v.s("") };
    let class = match verdict.outcome {
        Outcome::Accepted => "pass",
        Outcome::NotAccepted => "fail",
        Outcome::Incomplete => "not-measured",
    };
    marked(v, class, &outcome(verdict.outcome))
}

/// What the template asks beside its fields.
impl Page<'_> {
    fn say(&self, zh: &str, en: &str) -> Html {
        self.v.t(Text::new(zh, en))
    }

    fn table(&self, findings: &[Told]) -> Html {
        let head = [("类别", "What"), ("内容", "Details"), ("处理", "To do"), ("责任方", "Who")];
        let head: Vec<String> = head
            .iter()
            .map(|(zh, en)| format!("<th class=\"wide\">{}</th>", self.say(zh, en)))
            .collect();
        let mut table = format!(
            "<table class=\"grid findings\"><thead><tr>{}</tr></thead><tbody>",
            head.concat()
        );
        for Told { class, kind, what, todo, who } in findings {
            let row = format!(
                "<tr><td><span class=\"m m-{class}\">{} {kind}</span></td><td>{what}</td>\
                 <td>{todo}</td><td>{who}</td></tr>",
                verdicts::sign(class)
            );
            table.push_str(&row);
        }
        table.push_str("</tbody></table>");
        Html(table)
    }
}

/// Returns the machines of the list, then those beyond it.
fn rows(v: Voice, delivery: &Delivery<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let lines = delivery.list.lines.iter().zip(&delivery.comparison.lines);
    for (at, (line, standing)) in lines.enumerate() {
        let verdict = delivery.verdict(at);
        rows.push(Row {
            number: line.row.to_string(),
            contract: v.s(&line.contract),
            place: v.s(line.place.as_ref().map(ToString::to_string).unwrap_or_default()),
            name: v.s(line.name()),
            model: v.o(&line.model),
            state: marked(v, class_of(standing.state), &state(standing.state)),
            norm: norm(v, verdict),
            link: verdict.map(|verdict| verdict.folder.clone()).unwrap_or_default(),
            todo: delivery.todo(at).map_or_else(|| v.s(""), |todo| v.t(todo)),
        });
    }
    for at in &delivery.comparison.extras {
        let Some(seen) = delivery.seen.get(*at) else { continue };
        let finding = delivery.comparison.findings.iter().find(|one| one.seen.contains(at));
        let verdict = delivery.verdicts.get(*at).and_then(Option::as_ref);
        let class = if finding.is_some_and(|one| one.kind.class() == Class::Open) {
            "not-measured"
        } else {
            "fail"
        };
        rows.push(Row {
            number: "—".to_owned(),
            contract: v.s(""),
            place: v.s(&seen.name),
            name: v.s(seen.serial().unwrap_or_default()),
            model: v.s(seen.model().unwrap_or_default()),
            state: finding.map_or_else(|| v.s(""), |one| marked(v, class, &one.kind.word())),
            norm: norm(v, verdict),
            link: verdict.map(|verdict| verdict.folder.clone()).unwrap_or_default(),
            todo: finding.map_or_else(|| v.s(""), |one| v.t(one.kind.todo())),
        });
    }
    rows
}

/// Height of a unit and width of a rack in the picture's own units; A4 takes 42 units at this.
const UNIT: u32 = 22;
const WIDTH: u32 = 640;
const MARGIN: u32 = 34;

/// Draws a rack: each unit from the top, what stands there, and what to do about it.
fn picture(v: Voice, delivery: &Delivery<'_>, rack: &Rack) -> Picture {
    let units = u32::from(rack.units);
    let height = units * UNIT + 2;
    let right = WIDTH.saturating_sub(MARGIN);
    let mut drawing = format!(
        "<svg class=\"rack\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\
         <rect class=\"cage\" x=\"{MARGIN}\" y=\"1\" width=\"{}\" height=\"{}\"/>",
        right.saturating_sub(MARGIN),
        units * UNIT
    );
    for unit in 1..=units {
        let y = (units - unit) * UNIT + 1;
        let middle = y + UNIT / 2;
        let piece = format!(
            "<path class=\"rule\" d=\"M{MARGIN} {y}H{right}\"/><text class=\"u\" x=\"{}\" y=\"{middle}\">{unit}</text>\
             <text class=\"u r\" x=\"{}\" y=\"{middle}\">{unit}</text>",
            MARGIN - 6,
            right + 6
        );
        drawing.push_str(&piece);
    }
    let mut count = [0_usize; 3];
    for slot in &rack.slots {
        drawing.push_str(&drawn(v, delivery, slot, units, &mut count));
    }
    drawing.push_str("</svg>");
    let [good, bad, open] = count;
    let caption = Text::new(
        format!("{}U；绿 {good}，红 {bad}，灰 {open}", rack.units),
        format!("{}U; {good} green, {bad} red, {open} grey", rack.units),
    );
    Picture { title: v.s(&rack.name), caption: v.t(caption), drawing: Html(drawing) }
}

/// Draws what stands in some units; nodes of one enclosure stand side by side.
fn drawn(
    v: Voice,
    delivery: &Delivery<'_>,
    slot: &Slot,
    units: u32,
    count: &mut [usize; 3],
) -> String {
    let mut drawing = String::new();
    let room = WIDTH - 2 * MARGIN - 4;
    let each = room / u32::try_from(slot.lines.len()).unwrap_or(1).max(1);
    let top = u32::from(slot.unit) + u32::from(slot.height) - 1;
    let y = units.saturating_sub(top) * UNIT + 2;
    let height = u32::from(slot.height) * UNIT - 2;
    for (at, line) in (0_u32..).zip(&slot.lines) {
        let light = delivery.light(*line);
        let (class, place) = match light {
            Some(Light::Good) => ("pass", 0),
            Some(Light::Bad) => ("fail", 1),
            Some(Light::Open) | None => ("open", 2),
        };
        if let Some(count) = count.get_mut(place) {
            *count += 1;
        }
        let Some(wanted) = delivery.list.lines.get(*line) else { continue };
        let x = MARGIN + 2 + at * each;
        let middle = y + height / 2;
        let todo = delivery.todo(*line);
        let todo = todo.as_ref().map(|todo| todo.get(v.lang())).unwrap_or_default();
        // A half-width takes some six of the picture's units at this size.
        let columns = usize::try_from(each / 6).unwrap_or(0).saturating_sub(4);
        let is_there = delivery.comparison.lines.get(*line).is_some_and(|line| line.seen.is_some());
        let sign = match class {
            "pass" => "✓",
            "fail" => "✗",
            _ => "?",
        };
        // What is wrong with the delivery itself has a bar, beside what a profile says.
        let is_of_delivery =
            delivery.of_line(*line).any(|finding| finding.kind.class() != Class::Note);
        let bar = if is_of_delivery {
            format!("<rect class=\"edge\" x=\"{x}\" y=\"{y}\" width=\"5\" height=\"{height}\"/>")
        } else {
            String::new()
        };
        let name = label(&wanted.name(), if todo.is_empty() { columns } else { columns.min(24) });
        let whole = [wanted.name(), wanted.model.clone().unwrap_or_default(), todo.to_owned()];
        let piece = format!(
            "<g class=\"s s-{class}{}\"><title>{}</title>\
             <rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\" rx=\"2\"/>\
             {bar}<text class=\"sign\" x=\"{}\" y=\"{middle}\">{sign}</text>\
             <text class=\"sn\" x=\"{}\" y=\"{middle}\">{name}</text>",
            if is_there { "" } else { " gone" },
            label(&whole.join(" "), 200),
            each - 2,
            x + 10,
            x + 24,
        );
        drawing.push_str(&piece);
        if !todo.is_empty() && slot.lines.len() == 1 {
            let piece = format!(
                "<text class=\"todo\" x=\"{}\" y=\"{middle}\">{}</text>",
                x + each - 10,
                label(todo, columns.saturating_sub(20))
            );
            drawing.push_str(&piece);
        }
        drawing.push_str("</g>");
    }
    drawing
}
