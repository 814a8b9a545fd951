//! Plans: what would change, in what order, and how it is undone.

use std::collections::BTreeMap;

use dataplane::{
    nft::Change,
    plan::{Plan, Planned, RoomChange, Step, text},
    text::Text,
};
use serde_json::{Map, Value};

use super::say;
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
            if planned.undo().iter().any(back) { Self::Change } else { Self::Add }
        };
        match &planned.step {
            Step::AddLink { .. } | Step::AddRoom { .. } => Self::Add,
            Step::ChangeLink { .. } => Self::Change,
            Step::SetForwarding { .. } | Step::SetNeighbour { .. } => replaced(planned),
            Step::DeleteLink { .. }
            | Step::DeleteRoom { .. }
            | Step::DeleteForwarding { .. }
            | Step::DeleteNeighbour { .. } => Self::Remove,
            Step::Rules(batch) => Self::of_rules(&batch.changes),
            Step::Room { change, .. } => Self::in_room(change),
        }
    }

    fn of_rules(changes: &[Change]) -> Self {
        let removes = |change: &Change| {
            matches!(
                change,
                Change::DeleteTable(_)
                    | Change::DeleteChain { .. }
                    | Change::DeleteSet { .. }
                    | Change::DeleteElements { .. }
            )
        };
        if changes.iter().any(|change| matches!(change, Change::AddTable(_))) {
            Self::Add
        } else if changes.iter().all(removes) {
            Self::Remove
        } else {
            Self::Change
        }
    }

    fn in_room(change: &RoomChange) -> Self {
        match change {
            RoomChange::AddUplink { .. }
            | RoomChange::AddPair { .. }
            | RoomChange::AddAddress { .. } => Self::Add,
            RoomChange::DeleteDevice { .. }
            | RoomChange::DeleteAddress { .. }
            | RoomChange::DeleteRoute { .. } => Self::Remove,
            RoomChange::Rules(batch) => Self::of_rules(&batch.changes),
            RoomChange::Up { .. }
            | RoomChange::Mtu { .. }
            | RoomChange::SetRoute { .. }
            | RoomChange::Settings
            | RoomChange::Name => Self::Change,
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
    /// Whether nothing is wanted: all is to go.
    pub destroy: bool,
}

/// Returns a plan: totals, what is in the way, what waits, the steps in their order.
pub fn page(subject: &Text, plan: &Plan, detail: Detail, layout: Layout) -> String {
    let mut page = String::new();
    let head = say(&about(subject, &head(plan, detail)), layout);
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
    for undo in &*planned.undo() {
        put(page, format_args!("{lead}  {word}{}\n", say(&text::step(undo), layout)));
    }
    if let Some(lost) = &planned.lost {
        let word = layout.say("不可撤销：", "no undo: ");
        put(page, format_args!("{lead}  {word}{}\n", say(lost, layout)));
    } else if planned.undo().is_empty() {
        let with = layout.say("随前面的步骤一并撤销", "with that of an earlier step");
        put(page, format_args!("{lead}  {word}{with}\n"));
    }
}

fn head(plan: &Plan, detail: Detail) -> Text {
    let Totals { add, change, remove } = Totals::of(plan);
    if !plan.conflicts.is_empty() {
        let count = plan.conflicts.len();
        Text::of("冲突 {0} 处，不能执行", "conflicts: {0}; nothing can be done", &[&count])
    } else if plan.steps.is_empty() && detail.destroy {
        Text::of("没有本程序所建之物", "nothing that this program made is here", &[])
    } else if plan.steps.is_empty() {
        Text::of("已符合，无需改动", "as wanted, nothing to do", &[])
    } else {
        Text::of(
            "共 {0} 步，新增 {1}，修改 {2}，删除 {3}",
            "steps: {0}; to add {1}, to change {2}, to remove {3}",
            &[&plan.steps.len(), &add, &change, &remove],
        )
    }
}

/// Returns what is said of something.
pub(super) fn about(subject: &Text, said: &Text) -> Text {
    Text { zh: format!("{}：{}", subject.zh, said.zh), en: format!("{}: {}", subject.en, said.en) }
}

/// Returns how something differs from what is wanted, object by object.
pub fn differences(subject: &Text, plan: &Plan, layout: Layout) -> String {
    let mut page = String::new();
    let Totals { add, change, remove } = Totals::of(plan);
    let said = if plan.is_empty() {
        Text::of("没有差异", "no differences", &[])
    } else if plan.steps.is_empty() {
        Text::of("有差异，且有冲突", "differs, and something is in the way", &[])
    } else {
        Text::of(
            "有差异：应新增 {0}，修改 {1}，删除 {2}",
            "differs: to add {0}, to change {1}, to remove {2}",
            &[&add, &change, &remove],
        )
    };
    let line = say(&about(subject, &said), layout);
    put(&mut page, format_args!("{}\n", layout.paint.dye(Tone::Strong, &line)));
    put_obstacles(&mut page, plan, layout);
    put_by_object(&mut page, plan, layout);
    page
}

/// Adds the steps, each under what it is for, in the order of its first.
pub(super) fn put_by_object(page: &mut String, plan: &Plan, layout: Layout) {
    let mut objects: Vec<(&str, Vec<&Planned>)> = Vec::new();
    let mut places = BTreeMap::new();
    for planned in &plan.steps {
        let cause = &*planned.cause;
        let place = *places.entry(cause).or_insert_with(|| {
            objects.push((cause, Vec::new()));
            objects.len() - 1
        });
        if let Some((_, steps)) = objects.get_mut(place) {
            steps.push(planned);
        }
    }
    for (cause, steps) in objects {
        put(page, format_args!("{}\n", say(&text::cause(cause), layout)));
        for planned in steps {
            let mark = Mark::of(planned);
            let sign = layout.paint.dye(mark.tone(), mark.sign());
            put(page, format_args!("  {sign} {}\n", say(&text::step(&planned.step), layout)));
            if let Step::Rules(batch) = &planned.step {
                for change in text::changes(batch) {
                    put(page, format_args!("      {}\n", say(&change, layout)));
                }
            }
        }
    }
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
