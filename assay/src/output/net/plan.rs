//! Plans: what would change, in what order, and how it is undone.

use dataplane::{
    nft::Change,
    plan::{Plan, Planned, Step, text},
    text::Text,
};
use serde_json::{Map, Value};

use super::{say, text_value};
use crate::output::{Layout, Tone, put, put_paragraph};

/// What a step does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something comes.
    Add,
    /// Something is otherwise.
    Change,
    /// Something goes.
    Remove,
}

impl Mark {
    /// Returns what a step does.
    pub fn of(planned: &Planned) -> Self {
        let replaced = |planned: &Planned| {
            let back = |undo: &Step| {
                matches!(undo, Step::SetForwarding { .. } | Step::SetNeighbour { .. })
            };
            if planned.undo.iter().any(back) { Self::Change } else { Self::Add }
        };
        match &planned.step {
            Step::AddLink { .. } => Self::Add,
            Step::ChangeLink { .. } => Self::Change,
            Step::SetForwarding { .. } | Step::SetNeighbour { .. } => replaced(planned),
            Step::DeleteLink { .. }
            | Step::DeleteForwarding { .. }
            | Step::DeleteNeighbour { .. } => Self::Remove,
            Step::Rules(batch) => {
                let any = |is: fn(&Change) -> bool| batch.changes.iter().any(is);
                if any(|change| matches!(change, Change::AddTable(_))) {
                    Self::Add
                } else if batch.changes.iter().all(|change| {
                    matches!(
                        change,
                        Change::DeleteTable(_)
                            | Change::DeleteChain { .. }
                            | Change::DeleteSet { .. }
                            | Change::DeleteElements { .. }
                    )
                }) {
                    Self::Remove
                } else {
                    Self::Change
                }
            }
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Change => "~",
            Self::Remove => "-",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Add => Tone::Good,
            Self::Change => Tone::Open,
            Self::Remove => Tone::Bad,
        }
    }
}

/// How many steps of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Of those that add.
    pub add: usize,
    /// Of those that change.
    pub change: usize,
    /// Of those that remove.
    pub remove: usize,
}

impl Totals {
    /// Counts the steps of a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut totals = Self::default();
        for planned in &plan.steps {
            match Mark::of(planned) {
                Mark::Add => totals.add += 1,
                Mark::Change => totals.change += 1,
                Mark::Remove => totals.remove += 1,
            }
        }
        totals
    }
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// How each step is undone.
    pub undo: bool,
    /// Every change of rules.
    pub rules: bool,
}

/// Returns a plan: totals, what is in the way, what waits, the steps in their order.
pub fn page(subject: &str, plan: &Plan, detail: Detail, layout: Layout) -> String {
    let mut page = String::new();
    let head = say(&head(subject, plan), layout);
    put(&mut page, format_args!("{}\n", layout.paint.dye(Tone::Strong, &head)));
    put_obstacles(&mut page, plan, layout);
    let width = plan.steps.len().to_string().len();
    for (at, planned) in plan.steps.iter().enumerate() {
        let mark = Mark::of(planned);
        let sign = layout.paint.dye(mark.tone(), mark.sign());
        let what = say(&text::step(&planned.step), layout);
        let cause = say(&text::cause(&planned.cause), layout);
        let cause = layout.paint.dye(Tone::Faint, &format!("[{cause}]"));
        put(&mut page, format_args!("{:>width$} {sign} {what}  {cause}\n", at + 1));
        let lead = " ".repeat(width + 3);
        if let (true, Step::Rules(batch)) = (detail.rules, &planned.step) {
            for change in text::changes(batch) {
                put(&mut page, format_args!("{lead}  {}\n", say(&change, layout)));
            }
        }
        if detail.undo {
            put_undo(&mut page, planned, &lead, layout);
        }
    }
    page
}

fn put_undo(page: &mut String, planned: &Planned, lead: &str, layout: Layout) {
    let word = layout.say("撤销：", "undo: ");
    for undo in &planned.undo {
        put(page, format_args!("{lead}  {word}{}\n", say(&text::step(undo), layout)));
    }
    if let Some(lost) = &planned.lost {
        let word = layout.say("不可撤销：", "no undo: ");
        put(page, format_args!("{lead}  {word}{}\n", say(lost, layout)));
    } else if planned.undo.is_empty() {
        let with = layout.say("随前面的步骤一并撤销", "with that of an earlier step");
        put(page, format_args!("{lead}  {word}{with}\n"));
    }
}

fn head(subject: &str, plan: &Plan) -> Text {
    if !plan.conflicts.is_empty() {
        let count = plan.conflicts.len();
        return Text::of(
            "{0}：有 {1} 处冲突，不能执行",
            "{0}: {1} conflicts are in the way, nothing can be done",
            &[&subject, &count],
        );
    }
    if plan.steps.is_empty() {
        return Text::of("{0}：已符合，无需改动", "{0}: as wanted, nothing to do", &[&subject]);
    }
    let Totals { add, change, remove } = Totals::of(plan);
    Text::of(
        "{0}：共 {1} 步，新增 {2}，修改 {3}，删除 {4}",
        "{0}: {1} steps: {2} to add, {3} to change, {4} to remove",
        &[&subject, &plan.steps.len(), &add, &change, &remove],
    )
}

/// Adds what is in the way, what waits, and what somebody has to agree to.
pub(super) fn put_obstacles(page: &mut String, plan: &Plan, layout: Layout) {
    for conflict in &plan.conflicts {
        put_paragraph(page, "  ! ", &say(&text::conflict(conflict), layout), layout);
    }
    if let Some(held) = plan.held {
        put_paragraph(page, "  ! ", &say(&text::held(held), layout), layout);
    }
    for wait in &plan.waits {
        let line = Text::of(
            "端口 {0}：设备 {1} 尚未出现，出现后再接入",
            "port {0}: waits for device `{1}`, which is not there yet",
            &[&wait.port, &wait.device],
        );
        put_paragraph(page, "  … ", &say(&line, layout), layout);
    }
}

/// Returns a plan for programs, to be put into a document: `steps`, each with its `mark`,
/// `conflicts`, `waits`, `held`, and `totals`.
pub fn fields(plan: &Plan) -> Map<String, Value> {
    let mut all = match text::value(plan) {
        Value::Object(all) => all,
        _ => Map::new(),
    };
    let steps = all.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten();
    for (step, planned) in steps.zip(&plan.steps) {
        if let Value::Object(step) = step {
            step.insert("mark".to_owned(), Mark::of(planned).sign().into());
        }
    }
    let Totals { add, change, remove } = Totals::of(plan);
    let mut totals = Map::new();
    for (name, count) in [("add", add), ("change", change), ("remove", remove)] {
        totals.insert(name.to_owned(), count.into());
    }
    all.insert("totals".to_owned(), Value::Object(totals));
    all
}

/// Returns a step that failed, or was left, in both languages.
pub fn said(text: &Text) -> Value {
    text_value(text)
}
