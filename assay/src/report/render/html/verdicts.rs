//! Pictures and marks of verdicts: chips, stacked bars, the legend.
//!
//! A verdict is never told by colour alone: each has its sign, its word and its
//! pattern, so that a photocopy says the same.

use profiles::{Tally, Verdict};

use crate::report::{
    document::{Conformity, Grounds},
    verdict,
};

use super::{
    super::words::{self, Word},
    text::{Html, Voice},
};

/// Order of the parts of a bar: conforming first, then failed, then open.
const ORDER: [Verdict; 7] = [
    Verdict::Pass,
    Verdict::Attested,
    Verdict::Waived,
    Verdict::Fail,
    Verdict::NeedsAttestation,
    Verdict::NotMeasured,
    Verdict::NotApplicable,
];

/// A bar's width and height in its own units: the wide one of a page, and the
/// narrow one of a table, whose figures come out as large.
pub(super) const WIDE: (u32, u32) = (1000, 44);
pub(super) const NARROW: (u32, u32) = (300, 30);

/// Returns the patterns and signs that bars and chips refer to.
pub(super) fn definitions() -> Html {
    let hatch = |id: &str, ground: &str, lines: &str, stroke: &str| {
        format!(
            "<pattern id=\"p-{id}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
             <rect width=\"8\" height=\"8\" fill=\"{ground}\"/>\
             <path d=\"{lines}\" stroke=\"{stroke}\" stroke-width=\"1.4\" fill=\"none\"/></pattern>"
        )
    };
    let rising = "M-2 2L2 -2M0 8L8 0M6 10L10 6";
    let falling = "M-2 6L2 10M0 0L8 8M6 -2L10 2";
    let patterns = [
        hatch("pass", "#2e7d5b", "", "none"),
        hatch("attested", "#3b7a9e", "M0 4H8", "#a9d0e3"),
        hatch("waived", "#7b6aa6", "M2 2h1M6 6h1", "#fff"),
        hatch("fail", "#b3261e", &format!("{rising}{falling}"), "#f1b7b3"),
        hatch("needs-attestation", "#f3d58a", rising, "#9a6b00"),
        hatch("not-measured", "#fff", "M2 2h1M6 6h1M6 2h1M2 6h1", "#6b7480"),
        hatch("not-applicable", "#e3e6ea", "", "none"),
    ];
    let symbol = |id: &str, drawing: &str| {
        format!("<symbol id=\"i-{id}\" viewBox=\"0 0 12 12\">{drawing}</symbol>")
    };
    let line = |d: &str| {
        format!(
            "<path d=\"{d}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.8\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
        )
    };
    let ring = "<circle cx=\"6\" cy=\"6\" r=\"4.6\" fill=\"none\" stroke=\"currentColor\" \
                stroke-width=\"1.4\"/>";
    let symbols = [
        symbol("pass", &line("M2 6.5L5 9.5L10 3")),
        symbol("fail", &line("M2.5 2.5L9.5 9.5M9.5 2.5L2.5 9.5")),
        symbol("not-measured", ring),
        symbol(
            "needs-attestation",
            &line("M3.8 4.2C3.8 2.6 5 2 6 2C7.2 2 8.3 2.8 8.3 4.1C8.3 5.8 6 5.8 6 7.6M6 10V10.1"),
        ),
        symbol("attested", &format!("{ring}{}", line("M3.8 6.2L5.4 7.8L8.2 4.4"))),
        symbol(
            "waived",
            &line("M2 4.5C4 2.5 5 6 7 5C8 4.5 9 4 10 3.5M2 8.5C4 6.5 5 10 7 9C8 8.5 9 8 10 7.5"),
        ),
        symbol("not-applicable", &line("M2.5 6H9.5")),
    ];
    Html(format!(
        "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>{}{}</defs></svg>",
        patterns.concat(),
        symbols.concat()
    ))
}

/// Returns the mark of a verdict: sign and word.
pub(super) fn chip(voice: Voice, verdict: Verdict) -> Html {
    mark(voice, words::code(verdict), &verdict.word())
}

/// Returns the mark of what a clause comes to.
pub(super) fn clause_chip(voice: Voice, conformity: Conformity) -> Html {
    let code = match conformity {
        Conformity::Conform => "pass",
        Conformity::NotConform => "fail",
        Conformity::Open => "not-measured",
        Conformity::NotApplicable => "not-applicable",
    };
    mark(voice, code, &words::conformity(conformity).text())
}

/// Returns a mark: the sign of a code, and a word.
pub(super) fn mark(voice: Voice, code: &str, word: &profiles::Text) -> Html {
    let word = voice.t(word);
    Html(format!("<span class=\"v v-{code}\">{}<span>{word}</span></span>", sign(code)))
}

/// Returns the sign alone, for a narrow cell with a legend beside.
pub(super) fn sign(code: &str) -> String {
    format!(
        "<svg class=\"i\" width=\"12\" height=\"12\" aria-hidden=\"true\"><use href=\"#i-{code}\"/></svg>"
    )
}

/// Returns a stacked bar of a tally, each part with its count.
pub(super) fn bar(voice: Voice, tally: &Tally, (full, height): (u32, u32)) -> Html {
    let total = verdict::total(tally);
    let mut left = 0;
    let mut done = 0_u32;
    let mut parts = String::new();
    let mut told = Vec::new();
    for verdict in ORDER {
        let count = verdict::count(tally, verdict);
        if count == 0 {
            continue;
        }
        done = done.saturating_add(count);
        let right = full.saturating_mul(done).checked_div(total).unwrap_or(full);
        let width = right.saturating_sub(left);
        let code = words::code(verdict);
        let piece = format!(
            "<rect x=\"{left}\" y=\"0\" width=\"{width}\" height=\"{height}\" fill=\"url(#p-{code})\" \
             stroke=\"#fff\" stroke-width=\"2\"/>"
        );
        parts.push_str(&piece);
        if width >= 26 {
            let middle = left.saturating_add(width.checked_div(2).unwrap_or(0));
            let half = height.checked_div(2).unwrap_or(0);
            let piece = format!(
                "<rect class=\"under\" x=\"{}\" y=\"{}\" width=\"24\" height=\"16\" rx=\"3\"/>\
                 <text x=\"{middle}\" y=\"{half}\">{count}</text>",
                middle.saturating_sub(12),
                half.saturating_sub(8),
            );
            parts.push_str(&piece);
        }
        told.push(format!("{} {count}", verdict.word().get(voice.lang())));
        left = right;
    }
    Html(format!(
        "<svg class=\"bar\" viewBox=\"0 0 {full} {height}\" role=\"img\" aria-label=\"{}\">{parts}\
         <rect class=\"frame\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\"/></svg>",
        told.join(", "),
        full.saturating_sub(1),
        height.saturating_sub(1),
    ))
}

/// Returns the legend of bars: pattern, sign, word, count.
pub(super) fn legend(voice: Voice, tally: &Tally) -> Html {
    let items: Vec<String> = ORDER
        .into_iter()
        .map(|verdict| {
            let code = words::code(verdict);
            format!(
                "<li><svg class=\"swatch\" width=\"18\" height=\"12\" aria-hidden=\"true\">\
                 <rect width=\"18\" height=\"12\" fill=\"url(#p-{code})\"/>\
                 <rect class=\"frame\" x=\"0.5\" y=\"0.5\" width=\"17\" height=\"11\"/></svg>\
                 {} <b>{}</b></li>",
                voice.t(verdict.word()),
                verdict::count(tally, verdict)
            )
        })
        .collect();
    Html(format!("<ul class=\"legend\">{}</ul>", items.concat()))
}

/// Returns the test conclusion: 测试项 n 项，符合 a，不符合 b，未测 c.
///
/// What is not in the scope of the contract is counted by itself, and not as not applicable.
pub(super) fn conclusion(tally: &Tally, out_of_scope: u32) -> profiles::Text {
    let total = verdict::total(tally);
    let (conforming, failed) = (verdict::conforming(tally), tally.fail);
    let open = verdict::open(tally);
    let not_applicable = tally.not_applicable.saturating_sub(out_of_scope);
    let mut text = profiles::Text {
        zh: format!("测试项 {total} 项，符合 {conforming}，不符合 {failed}，未测 {open}"),
        en: format!("{total} items tested: {conforming} conform, {failed} do not, {open} open"),
    };
    if not_applicable > 0 {
        let piece = format!("，不适用 {not_applicable}");
        text.zh.push_str(&piece);
        let piece = format!(", {not_applicable} not applicable");
        text.en.push_str(&piece);
    }
    if out_of_scope > 0 {
        let piece = format!("，本合同范围外 {out_of_scope}");
        text.zh.push_str(&piece);
        let piece = format!(", {out_of_scope} not in the scope of this contract");
        text.en.push_str(&piece);
    }
    text
}

/// Returns what the conforming rows rest on, with its heading.
pub(super) fn grounds(grounds: Grounds) -> profiles::Text {
    let Word(zh, en) = words::GROUNDS;
    let line = grounds.line();
    profiles::Text { zh: format!("{zh}：{}", line.zh), en: format!("{en}: {}", line.en) }
}

/// Returns what the test conclusion does not say.
pub(super) fn caveat() -> Word {
    Word(
        "“未测”含待人工确认项。未测项不计入符合项；测试结论不代替验收结论。",
        "Open items include those that need attestation. No open item counts as conforming; \
         the test conclusion is no acceptance conclusion.",
    )
}
