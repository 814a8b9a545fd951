//! `assay profile`.

mod diff;

use std::path::{Path, PathBuf};

use profiles::{
    Catalogue,
    clauses::clauses_without_rows,
    coverage::{Coverage, Line, coverage},
    lint::{Finding, Severity, lint_id},
};
use serde_json::json;

use super::catalogue;
use crate::{
    cli::{Format, profile::Profile as Arguments},
    console::Console,
    exit::Exit,
    facts,
    failure::Failure,
    output::profile as output,
};

/// Does what `assay profile` is asked.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Arguments::List { output } => list(*output, console),
        Arguments::Show { profile, output } => show(profile, *output, console),
        Arguments::Lint { profiles, output } => lint(profiles, *output, console),
        Arguments::Diff { old, new, output } => diff::run(old, new, *output, console),
        Arguments::Coverage { open, with, output } => cover(*open, with, *output, console),
    }
}

fn list(format: Format, console: &mut Console) -> Result<Exit, Failure> {
    let entries = Catalogue::bundled().list();
    match format {
        Format::Json => {
            let profiles: Vec<_> = entries
                .iter()
                .map(|entry| json!({ "id": entry.id, "title": entry.title, "file": entry.file }))
                .collect();
            super::print_json(
                &json!({ "schema": "assay-profiles/v1", "profiles": profiles }),
                console,
            )?;
        }
        Format::Text => {
            let layout = super::layout(console);
            console.print(&output::list(&entries, layout))?;
        }
    }
    Ok(Exit::Wanted)
}

fn show(name: &str, format: Format, console: &mut Console) -> Result<Exit, Failure> {
    let (profile, _catalogue) = catalogue::profile(name)?;
    match format {
        Format::Json => super::print_json(&output::document(&profile), console)?,
        Format::Text => {
            let layout = super::layout(console);
            console.print(&output::show(&profile, layout))?;
        }
    }
    Ok(Exit::Wanted)
}

fn lint(names: &[String], format: Format, console: &mut Console) -> Result<Exit, Failure> {
    let schema = facts::json_schema();
    let mut found: Vec<Finding> = Vec::new();
    let mut count = 0_usize;
    let bundled = Catalogue::bundled();
    if names.is_empty() {
        for id in bundled.ids() {
            found.extend(lint_id(&bundled, &id, &schema).map_err(catalogue::failure)?);
            count += 1;
        }
    }
    for name in names {
        let (id, catalogue) = catalogue::find(name)?;
        // A file with variants is checked in all of them.
        let prefix = format!("{id}@");
        let ids: Vec<String> = catalogue.ids();
        let ids: Vec<String> = if ids.contains(&id) || !ids.iter().any(|i| i.starts_with(&prefix)) {
            vec![id]
        } else {
            ids.into_iter().filter(|known| known.starts_with(&prefix)).collect()
        };
        for id in ids {
            found.extend(lint_id(&catalogue, &id, &schema).map_err(catalogue::failure)?);
            count += 1;
        }
    }
    // Variants of a file share its checks, and their faults.
    let mut distinct: Vec<Finding> = Vec::new();
    for finding in found {
        if !distinct.contains(&finding) {
            distinct.push(finding);
        }
    }
    match format {
        Format::Json => super::print_json(
            &json!({ "schema": "assay-lint/v1", "profiles": count, "findings": distinct }),
            console,
        )?,
        Format::Text => {
            let layout = super::layout(console);
            console.print(&output::lint(count, &distinct, layout))?;
        }
    }
    let broken = distinct.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if broken { Exit::Failed } else { Exit::Wanted })
}

fn cover(
    open: bool,
    with: &[PathBuf],
    format: Format,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let mut catalogue = Catalogue::bundled();
    for file in with {
        catalogue = catalogue::with_file(catalogue, Path::new(file))?;
    }
    let mut lines = coverage(&catalogue);
    let missing = lines.iter().any(|line| line.coverage == Coverage::Missing);
    if open {
        lines.retain(|line| line.coverage == Coverage::Missing);
    }
    let without = clauses_without_rows();
    match format {
        Format::Json => {
            let rows: Vec<_> = lines.iter().map(row).collect();
            let clauses: Vec<_> = without
                .iter()
                .map(|one| json!({ "clause": one.number, "title": one.title, "why": one.why }))
                .collect();
            let document = json!({
                "schema": "assay-coverage/v1",
                "rows": rows,
                "clauses_without_rows": clauses,
            });
            super::print_json(&document, console)?;
        }
        Format::Text => {
            let layout = super::layout(console);
            console.print(&output::coverage(&lines, &without, layout))?;
        }
    }
    Ok(if missing { Exit::Failed } else { Exit::Wanted })
}

/// A row, what decides it first, and everything else that is checked of it.
fn row(line: &Line) -> serde_json::Value {
    let mut row = json!({
        "id": line.row.id,
        "clause": line.row.clause,
        "title": line.row.title,
        "item": line.row.item,
        "coverage": line.coverage,
    });
    if let (Some(first), Some(row)) = (line.first(), row.as_object_mut()) {
        let mut add = |key: &str, value: serde_json::Value| row.insert(key.to_owned(), value);
        add("kind", json!(first.kind));
        add("check", json!(first.check));
        add("subject", json!(first.subject));
        add("target", json!(first.target));
        if let Some(path) = &first.path {
            add("path", json!(path));
        }
        if let Some(workload) = &first.workload {
            add("workload", json!(workload));
        }
    }
    row
}
