//! What changed between two editions, on the terminal.

use profiles::{
    Text,
    diff::{Change, Difference},
};

use super::super::{Layout, Tone, put};
use crate::{failure::one_line, lang::text};

/// Returns each difference with what was and what is, and the checks that have to follow.
pub fn difference(differences: &[Difference], checks: &[Vec<String>], layout: Layout) -> String {
    let mut page = String::new();
    let get = |text: &Text| one_line(text.get(layout.lang));
    for (at, one) in differences.iter().enumerate() {
        let tone = match one.change {
            Change::Added | Change::Tighter => Tone::Good,
            Change::Removed | Change::Looser | Change::Otherwise => Tone::Bad,
            Change::Moved | Change::Reworded => Tone::Open,
        };
        let word = layout.paint.dye(tone, one.change.word().get(layout.lang));
        let was = one.was.as_ref().map(|was| format!("{was} → ")).unwrap_or_default();
        put(&mut page, format_args!("{word}  {was}{}\n", one.id));
        for (sign, said) in [("-", &one.old), ("+", &one.new)] {
            if let Some(said) = said {
                put(&mut page, format_args!("  {sign} {}\n", get(said)));
            }
        }
        if let Some(checks) = checks.get(at).filter(|checks| !checks.is_empty()) {
            let label = layout.say("涉及检查项", "checks");
            put(&mut page, format_args!("    {label}: {}\n", checks.join(", ")));
        }
    }
    if differences.is_empty() {
        page.push_str(layout.say("没有差异\n", "nothing differs\n"));
    } else {
        let count = differences.len().to_string();
        let line = text("共 {} 处差异\n", "{} differences\n", &[&count]);
        page.push_str(line.get(layout.lang));
    }
    page
}
