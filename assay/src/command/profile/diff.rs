//! `assay profile diff`.

use std::path::Path;

use profiles::{
    Catalogue, Text,
    coverage::{Line, coverage},
    diff::{self, Change, Difference},
    norm::{self, Row},
};
use serde_json::json;

use super::super::catalogue;
use crate::{
    cli::Format, console::Console, exit::Exit, failure::Failure, lang::text,
    output::profile::difference as output,
};

/// Compares two editions: both of rows, or both of profiles.
pub(super) fn run(
    old: &str,
    new: &str,
    format: Format,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let (differences, rows) = match (rows_of(old)?, rows_of(new)?) {
        (Some(old), Some(new)) => (diff::rows(&old, &new), true),
        (None, None) => {
            let (old, new) = (catalogue::profile(old)?.0, catalogue::profile(new)?.0);
            (diff::checks(&old, &new), false)
        }
        _ => {
            return Err(Failure::usage(text(
                "`{}` 与 `{}` 一个是条款行，一个是配置档，不能比较；请给出两份同类的",
                "`{}` and `{}` are rows and a profile, which do not compare; give two of one kind",
                &[old, new],
            )));
        }
    };
    // Whoever takes over a new edition of the norm asks next which checks have to follow.
    let checks = if rows { touched(&differences) } else { Vec::new() };
    match format {
        Format::Json => {
            let entries: Vec<_> = differences
                .iter()
                .enumerate()
                .map(|(at, one)| {
                    let mut entry = json!(one);
                    if let (Some(entry), Some(checks)) = (entry.as_object_mut(), checks.get(at)) {
                        entry.insert("checks".to_owned(), json!(checks));
                    }
                    entry
                })
                .collect();
            let of = if rows { "rows" } else { "checks" };
            super::super::print_json(
                &json!({ "schema": "assay-profile-diff/v1", "of": of, "old": old, "new": new, "differences": entries }),
                console,
            )?;
        }
        Format::Text => {
            let layout = super::super::layout(console);
            console.print(&output(&differences, &checks, layout))?;
        }
    }
    Ok(if differences.is_empty() { Exit::Wanted } else { Exit::Failed })
}

/// Returns the rows that `name` means, or `None` where it means a profile.
fn rows_of(name: &str) -> Result<Option<Vec<Row>>, Failure> {
    if let Some(norm) = norm::norm(name) {
        return Ok(Some(norm.rows.clone()));
    }
    let path = Path::new(name);
    if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        return Ok(None);
    }
    let cannot = || {
        let hint = Text::new(
            "应为条款行的数组，每行有 id、clause、title、item、text",
            "it has to be an array of rows with id, clause, title, item and text",
        );
        Failure::usage(text("无法读取条款行 `{}`", "cannot read the rows `{}`", &[name])).hint(hint)
    };
    let bytes = super::super::read_small(path).map_err(|error| cannot().because(error))?;
    norm::rows_of(&bytes).map(Some).map_err(|error| cannot().because(error))
}

/// Returns the checks of each row that differs, in the built-in profiles.
fn touched(differences: &[Difference]) -> Vec<Vec<String>> {
    let lines = coverage(&Catalogue::bundled());
    let of = |one: &Difference| {
        let id = if one.change == Change::Moved { one.was.as_deref() } else { None };
        let id = id.unwrap_or(&one.id);
        let mut names: Vec<String> = Vec::new();
        let line = lines.iter().find(|line| line.row.id == id);
        for check in line.map(Line::checks).unwrap_or_default() {
            if !names.contains(&check.check) {
                names.push(check.check.clone());
            }
        }
        names
    };
    differences.iter().map(of).collect()
}
