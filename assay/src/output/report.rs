//! What the `report` commands say on the terminal.

use profiles::{Outcome, Role};

use super::{
    Layout, Tone, put,
    table::{Cell, Table},
};
use crate::{
    failure::one_line,
    report::{
        batch::{Batch, Machine},
        document::{Conformity, Report},
        roles::{self, Lack, Trust},
        trust::Card,
        verify::Verification,
        write::Written,
    },
};

/// More alterations than this are counted.
const MOST_NAMED: usize = 20;

/// Returns what verifying a report found.
pub fn verification(name: &str, found: &Verification, layout: Layout) -> String {
    let tone = if found.is_intact() { Tone::Good } else { Tone::Bad };
    let mut text = format!("{}: {}\n", one_line(name), layout.paint.dye(tone, &found.line()));
    // The first is in the line above; the rest are as telling.
    for alteration in found.alterations.iter().take(MOST_NAMED) {
        put(
            &mut text,
            format_args!("  {}: {}\n", one_line(&alteration.path), one_line(&alteration.what)),
        );
    }
    let more = found.alterations.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        let more = crate::lang::text("  另有 {} 处\n", "  and {} more\n", &[&more.to_string()]);
        text.push_str(more.get(layout.lang));
    }
    if let (true, Some(code)) = (found.is_intact(), &found.code) {
        let revision = found.revision.unwrap_or(1).to_string();
        let line = crate::lang::text(
            "  校验码 {}，第 {} 版\n",
            "  verify code {}, revision {}\n",
            &[code, &revision],
        );
        text.push_str(line.get(layout.lang));
    }
    if found.is_intact() && !found.unvouched.is_empty() {
        let checks: Vec<&str> = found.unvouched.iter().map(|(check, _)| check.as_str()).collect();
        let line = crate::lang::text(
            "  由各方签名决定、尚未核对的检查项（用 --trust 给出各方公钥）：{}\n",
            "  decided by signatures of roles, not checked (give their keys by --trust): {}\n",
            &[&one_line(&checks.join(", "))],
        );
        text.push_str(line.get(layout.lang));
    }
    if found.is_intact() && !found.reproduced {
        text.push_str(layout.say(
            "  页面由另一版本的程序生成，未重新生成比对；摘要相符\n",
            "  the pages were made by another version of this program: not made again, digests agree\n",
        ));
    }
    text
}

/// Returns what became of the decisions that the last revision brought, each in a line.
pub fn decided(report: &Report, trust: &[Card], layout: Layout) -> String {
    let mut text = String::new();
    let now = report.revision.number;
    for row in &report.rows {
        for decision in row.recorded().iter().filter(|decision| decision.revision == now) {
            let check = &row.judgement.check;
            let by = match &decision.signature {
                Some(_) => {
                    let key = roles::counts(report, row, decision, Trust::AnyKey);
                    let key = key.map(|key| key.id()).unwrap_or_default();
                    crate::lang::text("已签名，密钥 {}", "signed with key {}", &[&key])
                }
                None => Lack::Unsigned.text(),
            };
            let party = decision.party.map(Role::name);
            let role = party.as_ref().map_or(decision.role.as_str(), |name| name.get(layout.lang));
            let who = format!("{} ({role})", decision.who);
            let word = row.verdict.word();
            let line = [check.as_str(), &who, by.get(layout.lang), word.get(layout.lang)];
            put(&mut text, format_args!("{}\n", one_line(&line.join("  "))));
            if row.judgement.require_role.is_empty() {
                continue;
            }
            let counted = roles::counts(report, row, decision, Trust::Cards(trust));
            if let Some(lack) = counted.err().filter(|lack| *lack != Lack::Unsigned) {
                let why = crate::lang::text(
                    "  已登记，但不生效：{}\n",
                    "  recorded, but it does not count: {}\n",
                    &[lack.text().get(layout.lang)],
                );
                text.push_str(why.get(layout.lang));
            }
            if !row.waiting.is_empty() {
                let roles = Role::list(&row.waiting);
                let still = crate::lang::text(
                    "  尚待用可信密钥签名：{}\n",
                    "  still to sign with a trusted key: {}\n",
                    &[roles.get(layout.lang)],
                );
                text.push_str(still.get(layout.lang));
            }
        }
    }
    text
}

/// Returns what a new revision came to.
pub fn revised(report: &Report, written: &Written, layout: Layout) -> String {
    let act = report.revision.act.word();
    let act = act.get(layout.lang);
    let number = report.revision.number.to_string();
    let mut text = crate::lang::text("第 {} 版（{}）\n", "revision {} ({})\n", &[&number, act])
        .get(layout.lang)
        .to_owned();
    let (word, tone) = outcome(report.summary.overall.outcome, layout);
    let heading = layout.say("测试结论", "test conclusion");
    put(&mut text, format_args!("{heading}: {}\n", layout.paint.dye(tone, word)));
    put(&mut text, format_args!("{}\n", super::accept::grounds(&report.rows, layout)));
    text.push_str(&super::accept::place(written, layout));
    text
}

fn outcome(outcome: Outcome, layout: Layout) -> (&'static str, Tone) {
    match outcome {
        Outcome::Accepted => (layout.say("符合", "conforms"), Tone::Good),
        Outcome::NotAccepted => (layout.say("不符合", "does not conform"), Tone::Bad),
        Outcome::Incomplete => (layout.say("未完成", "incomplete"), Tone::Open),
    }
}

/// Returns what people call a machine: by model and serial number, and where it
/// has none by the beginning of its result's digest.
fn name(machine: &Machine) -> String {
    let device = &machine.device;
    let serial = device
        .serial
        .clone()
        .unwrap_or_else(|| machine.digests.sha256.chars().take(8).collect::<String>());
    let parts = [device.model.as_deref(), Some(&serial)];
    one_line(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// Returns a batch as a matrix machine × clause.
pub fn batch(batch: &Batch, layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("设备", "machine"),
        layout.say("配置档", "profile"),
        layout.say("结论", "outcome"),
    ]);
    table.head.extend(batch.clauses.iter().map(|clause| clause.clause.clone()));
    for machine in &batch.machines {
        let (word, tone) = outcome(machine.outcome, layout);
        let mut row: Vec<Cell> =
            vec![name(machine).into(), machine.profile.clone().into(), Cell::toned(word, tone)];
        row.extend(batch.clauses.iter().map(|clause| {
            match Batch::conformity(machine, &clause.clause) {
                Some(Conformity::Conform) => Cell::toned("✓", Tone::Good),
                Some(Conformity::NotConform) => Cell::toned("✗", Tone::Bad),
                Some(Conformity::Open) => Cell::toned("?", Tone::Open),
                Some(Conformity::NotApplicable) | None => Cell::toned("-", Tone::Faint),
            }
        }));
        table.rows.push(row);
    }
    let outcomes = &batch.outcomes;
    let counts = [
        batch.machines.len().to_string(),
        outcomes.accepted.to_string(),
        outcomes.not_accepted.to_string(),
        outcomes.incomplete.to_string(),
    ];
    let [all, accepted, not_accepted, incomplete] = &counts;
    let line = crate::lang::text(
        "\n{} 台，符合 {}，不符合 {}，未完成 {}（✓ 符合 ✗ 不符合 ? 未决 - 不适用）\n",
        "\n{} machines: {} conform, {} do not, {} incomplete (✓ conforms ✗ does not ? open - does not apply)\n",
        &[all, accepted, not_accepted, incomplete],
    );
    let grounds = format!(
        "{}: {}\n",
        layout.say("符合项依据", "conforming by"),
        batch.grounds().line().get(layout.lang)
    );
    table.render(layout.paint, layout.columns) + line.get(layout.lang) + &grounds
}
