//! What came of a case, from what was sent and what was seen.

use super::table::Seen;
use super::world::{Family, external};
use super::{Case, One, Probe, Sent, Sighting, Verdict};
use crate::text::Text;

/// Judges a case; `broken` is why it could not be run to its end.
pub(super) fn judge(place: usize, one: One, broken: Option<Text>, sent: &[Sent]) -> Case {
    let sent = || sent.iter().filter(|sent| sent.case == Some(place));
    // What was seen where it must not be has failed, whatever else is not known.
    let leak = sent().find_map(leaked);
    let missing = |wanted: Seen| {
        sent().find(|sent| {
            let came = match wanted {
                Seen::Answered | Seen::Refused => sent.answer.is_some(),
                _ => sent.seen.iter().any(|seen| seen.0 == sent.ends.1),
            };
            let due = match sent.wanted {
                Seen::Under(_) => wanted == Seen::Yes,
                Seen::Refused => wanted == Seen::Answered,
                other => wanted == other,
            };
            due && !came
        })
    };
    let disguised = || sent().find_map(under_another);
    let (verdict, reason) = if let Some(why) = leak {
        (Verdict::Fail, Some(why))
    } else if let Some(why) = broken {
        (Verdict::NotMeasured, Some(why))
    } else if let Some(lost) = missing(Seen::Yes) {
        let why = Text::of(
            "第 {0} 步应到 {1} 而未到：{2}",
            "step {0} has to arrive at {1} and did not: {2}",
            &[&lost.step, &lost.ends.1.name(), &lost.frame],
        );
        (Verdict::Fail, Some(why))
    } else if let Some(lost) = missing(Seen::Answered) {
        let why = Text::of(
            "第 {0} 步 {1} 没有得到应答：{2}",
            "step {0}: {1} got no answer: {2}",
            &[&lost.step, &lost.ends.0.name(), &lost.frame],
        );
        (Verdict::Fail, Some(why))
    } else if let Some(why) = disguised() {
        (Verdict::Fail, Some(why))
    } else if let Some(lost) = missing(Seen::Control) {
        let why = Text::of(
            "第 {0} 步的对照包未到 {1}，之前未到的包不能说明问题：{2}",
            "the control, step {0}, did not arrive at {1}: that others did not proves nothing: {2}",
            &[&lost.step, &lost.ends.1.name(), &lost.frame],
        );
        (Verdict::NotMeasured, Some(why))
    } else {
        (Verdict::Pass, None)
    };
    let probes = sent().map(|sent| Probe {
        step: sent.step,
        at: sent.ends.0.name().to_owned(),
        frame: sent.frame.clone(),
        wanted: match sent.wanted {
            Seen::Yes | Seen::Under(_) => "arrives",
            Seen::Refused => "refused",
            Seen::No => "dropped",
            Seen::Control => "control",
            Seen::Answered => "answered",
        },
    });
    let mut seen = Vec::new();
    for sent in sent() {
        let answer = sent.answer.iter().map(|frame| (sent.ends.0, frame));
        for (at, frame) in sent.seen.iter().map(|(at, frame, _)| (*at, frame)).chain(answer) {
            seen.push(Sighting { step: sent.step, at: at.name().to_owned(), frame: frame.clone() });
        }
    }
    Case {
        row: one.row.norm,
        case: name(one),
        verdict,
        reason,
        probe_sent: probes.collect(),
        probe_seen: seen,
    }
}

fn leaked(sent: &Sent) -> Option<Text> {
    let (at, frame, _) = sent.seen.iter().find(|seen| !sent.may.contains(&seen.0))?;
    Some(Text::of(
        "第 {0} 步的包不应到 {1} 而到了：{2}",
        "step {0} must not be seen at {1}, and was: {2}",
        &[&sent.step, &at.name(), frame],
    ))
}

/// Says which packet has another source than it was to be given.
fn under_another(sent: &Sent) -> Option<Text> {
    let Seen::Under(last) = sent.wanted else { return None };
    let due = external(last);
    let (_, frame, _) = sent.seen.iter().find(|(_, _, from)| *from != Some(due))?;
    Some(Text::of(
        "第 {0} 步的包应以 {1} 为源地址，而见到的是：{2}",
        "step {0} has to be seen with the source {1}, and was: {2}",
        &[&sent.step, &due, frame],
    ))
}

fn name(one: One) -> Text {
    let family = if one.family == Family::V4 { "IPv4" } else { "IPv6" };
    let (from, to) = (one.pair.0.name(), one.pair.1.name());
    Text::of(
        "{0}：{2} → {3}，{4}",
        "{1}: {2} → {3}, {4}",
        &[&one.row.zh, &one.row.en, &from, &to, &family],
    )
}
