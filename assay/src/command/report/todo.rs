//! `assay report todo`.

use serde_json::json;

use super::folder_failure;
use crate::{
    cli::{Format, report::Todo},
    console::Console,
    exit::Exit,
    failure::Failure,
    output::accept,
    report::{folder, todo},
};

/// Lists what is left to do.
pub(super) fn todo(arguments: &Todo, console: &mut Console) -> Result<Exit, Failure> {
    let loaded = folder::load(&arguments.report).map_err(folder_failure)?;
    let todo = todo::todo(&loaded.report, &loaded.folder.display().to_string());
    match arguments.output {
        Format::Json => super::super::print_json(
            &json!({ "schema": "assay-todo/v1", "subject": loaded.report.subject, "todo": todo }),
            console,
        )?,
        Format::Text => {
            let layout = super::super::layout(console);
            let text = accept::todo(&todo, layout);
            console.print(text.trim_start_matches('\n'))?;
        }
    }
    Ok(Exit::Wanted)
}
