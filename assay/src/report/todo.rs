//! What is left to do: each open row, and what command or person closes it.

use profiles::{Level, Text, Verdict};
use serde::Serialize;

use super::{
    document::{Report, Row},
    render::words,
};

/// One thing left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// Id of the check.
    pub check: String,
    /// Clause of the norm.
    pub clause: String,
    /// Item of the row, as the norm has it.
    pub item: String,
    /// Title of the check.
    pub title: Text,
    /// How the check counts.
    pub level: Level,
    /// Its verdict.
    pub verdict: Verdict,
    /// Who or what closes it.
    pub by: Closer,
    /// Why it is open.
    pub why: Vec<Text>,
    /// What to do, most telling first.
    pub close: Vec<Text>,
    /// The command that records it, to be completed with the person's particulars.
    pub command: Option<String>,
}

/// Who or what closes an open row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Closer {
    /// Another run, with more privileges, sources or measurements.
    Run,
    /// A named person's word.
    Person,
    /// Remedy, or acceptance as equivalent where the wording allows it.
    Remedy,
}

/// Returns what is left to do, must-rows first, in the order of the rows.
///
/// A failed row is listed only where the wording allows an equivalent: that
/// decision is still open. `dir` is how the commands name the report.
pub fn todo(report: &Report, dir: &str) -> Vec<Todo> {
    let dir = quoted(dir);
    let mut all: Vec<Todo> = report.rows.iter().filter_map(|row| todo_of(row, &dir)).collect();
    tiny_sort::stable::sort_by_key(&mut all, |todo| todo.level);
    all
}

fn todo_of(row: &Row, dir: &str) -> Option<Todo> {
    let judgement = &row.judgement;
    let check = quoted(&judgement.check);
    let asked = if row.waiting.is_empty() { &judgement.require_role } else { &row.waiting };
    let role = if asked.is_empty() {
        "ROLE".to_owned()
    } else {
        asked.iter().map(|role| role.word()).collect::<Vec<_>>().join("|")
    };
    // Each of several roles records its own; they count by keys that are trusted.
    let signed = if asked.is_empty() { "" } else { " --key KEY --trust FILE" };
    let (by, command) = match row.verdict {
        Verdict::NotMeasured => (Closer::Run, None),
        Verdict::NeedsAttestation => (
            Closer::Person,
            Some(format!(
                "assay attest {dir} --row {check} --conform yes|no --how document|on-site \
                 --role {role} --org UNIT --by NAME --note TEXT{signed}"
            )),
        ),
        Verdict::Fail if judgement.waivable && row.decision.is_none() => (
            Closer::Remedy,
            Some(format!(
                "assay waive {dir} --row {check} --role {role} --org UNIT --by NAME \
                 --note TEXT{signed}"
            )),
        ),
        Verdict::Fail
        | Verdict::Pass
        | Verdict::Attested
        | Verdict::Waived
        | Verdict::NotApplicable => return None,
    };
    let mut close: Vec<Text> =
        judgement.reasons.iter().filter_map(|reason| reason.close.clone()).collect();
    close.dedup();
    if close.is_empty() {
        close.push(match by {
            Closer::Run => Text::new(
                "补充数据来源（以 root 运行，或用 --from 提供导出文件）后重测",
                "run again with more sources: as root, or with exports given by --from",
            ),
            Closer::Person => Text::new(
                "由有权人员书面核查或现场查验后确认",
                "a person entitled to it confirms by documents or on site",
            ),
            Closer::Remedy => Text::new(
                "整改后重测；或由认可单位作同等性能（容量）认可",
                "remedy and test again; or have it accepted as equivalent",
            ),
        });
    }
    Some(Todo {
        check: judgement.check.clone(),
        clause: judgement.clause.clone(),
        item: judgement.item.clone(),
        title: judgement.title.clone(),
        level: judgement.level,
        verdict: row.verdict,
        by,
        why: words::reasons(row),
        close,
        command,
    })
}

/// Returns `text` as one word for a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+=:,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
