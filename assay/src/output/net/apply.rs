//! What became of a plan.

use dataplane::{
    apply::{Left, Revoked},
    kernel::KernelError,
    plan::Plan,
    text::Text,
};
use serde_json::{Map, Value, json};

use super::{
    plan::{self, about, put_by_object, put_obstacles},
    say, text_value,
};
use crate::output::{Layout, Tone, put, put_paragraph};

/// How it ended.
#[derive(Debug)]
pub enum Ended {
    /// It was only shown.
    NotBegun,
    /// Something of others' is in the way, or somebody has to agree; nothing was touched.
    Refused,
    /// It is done.
    Done {
        /// How many steps it took.
        steps: usize,
        /// Connections that were looked at and cut.
        revoked: Result<Revoked, KernelError>,
        /// What reads back otherwise than wanted.
        residue: Result<Plan, KernelError>,
    },
    /// A step failed, and all that was done is undone.
    RolledBack {
        /// The step.
        failed: Text,
        /// Why.
        because: String,
    },
    /// A step failed, and not all could be undone.
    LeftOver {
        /// The step.
        failed: Text,
        /// Why.
        because: String,
        /// What is not as it was.
        left: Vec<Left>,
    },
}

impl Ended {
    fn word(&self) -> &'static str {
        match self {
            Self::NotBegun => "not-begun",
            Self::Refused => "refused",
            Self::Done { residue: Ok(residue), .. } if !residue.is_empty() => "differs",
            Self::Done { residue: Err(_), .. } | Self::Done { revoked: Err(_), .. } => "unknown",
            Self::Done { steps: 0, .. } => "unchanged",
            Self::Done { .. } => "done",
            Self::RolledBack { .. } => "rolled-back",
            Self::LeftOver { .. } => "left-over",
        }
    }
}

/// Returns how it ended.
pub fn page(subject: &Text, plan: &Plan, ended: &Ended, destroyed: bool, layout: Layout) -> String {
    let mut page = String::new();
    let head = |page: &mut String, said: &Text, tone| {
        let line = say(&about(subject, said), layout);
        put(page, format_args!("{}\n", layout.paint.dye(tone, &line)));
    };
    match ended {
        Ended::NotBegun => {}
        Ended::Refused => {
            let said = Text::of("被拒绝，未作任何改动", "refused, nothing was touched", &[]);
            head(&mut page, &said, Tone::Bad);
            put_obstacles(&mut page, plan, layout);
            if plan.conflicts.is_empty() && plan.held.is_some() {
                let hint = Text::of("确认无误后加 --yes", "if that is meant, add --yes", &[]);
                put_paragraph(
                    &mut page,
                    layout.say("  提示：", "  hint: "),
                    &say(&hint, layout),
                    layout,
                );
            }
        }
        Ended::Done { steps, revoked, residue } => {
            put_done(&mut page, *steps, residue.as_ref().ok(), destroyed, &head);
            if let Ok(Revoked { seen, cut }) = revoked
                && *seen > 0
            {
                let said = Text::of(
                    "连接：查看 {0} 条，切断不再允许的 {1} 条",
                    "connections: {0} looked at, {1} cut that are no longer permitted",
                    &[seen, cut],
                );
                put(&mut page, format_args!("  {}\n", say(&said, layout)));
            }
            if let Ok(residue) = residue {
                put_obstacles(&mut page, residue, layout);
                put_by_object(&mut page, residue, layout);
            }
        }
        Ended::RolledBack { failed, because } => {
            let said = Text::of(
                "有一步失败，已全部撤销，与之前一样",
                "a step failed, and all is undone: it is as it was",
                &[],
            );
            head(&mut page, &said, Tone::Bad);
            put_failed(&mut page, failed, because, layout);
        }
        Ended::LeftOver { failed, because, left } => {
            let said = Text::of(
                "有一步失败，未能全部撤销；遗留 {0} 项",
                "a step failed, and not all could be undone; left over: {0}",
                &[&left.len()],
            );
            head(&mut page, &said, Tone::Bad);
            put_failed(&mut page, failed, because, layout);
            for left in left {
                put_left(&mut page, left, layout);
            }
        }
    }
    page
}

fn put_done(
    page: &mut String,
    steps: usize,
    residue: Option<&Plan>,
    destroyed: bool,
    head: &dyn Fn(&mut String, &Text, Tone),
) {
    let (said, tone) = match (steps, residue) {
        (_, Some(residue)) if !residue.is_empty() => (
            Text::of(
                "已执行 {0} 步，但读回与要求不符",
                "steps done: {0}; it reads back otherwise than wanted",
                &[&steps],
            ),
            Tone::Bad,
        ),
        (0, _) if destroyed => (
            Text::of("没有本程序所建之物", "nothing that this program made is here", &[]),
            Tone::Good,
        ),
        (0, _) => (Text::of("已符合，未作改动", "as wanted, nothing to do", &[]), Tone::Good),
        (_, Some(_)) if destroyed => (
            Text::of(
                "已执行 {0} 步，本程序所建已全部删除",
                "steps done: {0}; nothing that this program made is left",
                &[&steps],
            ),
            Tone::Good,
        ),
        (_, Some(_)) => (
            Text::of(
                "已执行 {0} 步，读回核对无误",
                "steps done: {0}; it reads back as wanted",
                &[&steps],
            ),
            Tone::Good,
        ),
        (_, None) => (Text::of("已执行 {0} 步", "steps done: {0}", &[&steps]), Tone::Open),
    };
    head(page, &said, tone);
}

fn put_failed(page: &mut String, failed: &Text, because: &str, layout: Layout) {
    let lead = layout.say("  失败：", "  failed: ");
    put_paragraph(page, lead, &say(failed, layout), layout);
    let because = crate::failure::one_line(because);
    put_paragraph(page, layout.say("  原因：", "  because: "), &because, layout);
}

fn put_left(page: &mut String, left: &Left, layout: Layout) {
    let lead = layout.say("  遗留：", "  left: ");
    put_paragraph(page, lead, &say(&left.undo, layout), layout);
    let lead = layout.say("    因为执行了：", "    after: ");
    put_paragraph(page, lead, &say(&left.done, layout), layout);
    if let Some(because) = &left.because {
        let lead = layout.say("    原因：", "    because: ");
        put_paragraph(page, lead, &crate::failure::one_line(&because.to_string()), layout);
    }
}

/// Returns the same for programs, to be put into a document: `outcome`, the `plan`, and what
/// became of it.
pub fn fields(plan: &Plan, ended: &Ended) -> Map<String, Value> {
    let mut all = Map::new();
    all.insert("outcome".to_owned(), ended.word().into());
    all.insert("plan".to_owned(), Value::Object(plan::fields(plan)));
    let (mut steps, mut failure, mut remains) = (0, Value::Null, Value::Array(Vec::new()));
    let (mut connections, mut residue) = (Value::Null, Value::Null);
    let failed =
        |failed: &Text, because: &str| json!({ "step": text_value(failed), "because": because });
    match ended {
        Ended::NotBegun | Ended::Refused => {}
        Ended::Done { steps: done, revoked, residue: read } => {
            steps = *done;
            if let Ok(Revoked { seen, cut }) = revoked {
                connections = json!({ "seen": seen, "cut": cut });
            }
            if let Ok(read) = read {
                residue = Value::Object(plan::fields(read));
            }
        }
        Ended::RolledBack { failed: step, because } => failure = failed(step, because),
        Ended::LeftOver { failed: step, because, left } => {
            failure = failed(step, because);
            remains = left.iter().map(left_value).collect();
        }
    }
    let more = [
        ("steps_done", steps.into()),
        ("failed", failure),
        ("left", remains),
        ("connections", connections),
        ("residue", residue),
    ];
    all.extend(more.map(|(name, value)| (name.to_owned(), value)));
    all
}

fn left_value(left: &Left) -> Value {
    json!({
        "after": text_value(&left.done),
        "left": text_value(&left.undo),
        "because": left.because.as_ref().map(ToString::to_string),
    })
}
