//! `assay report verify` and `assay report todo`.

use serde_json::json;

use super::folder_failure;
use crate::{
    cli::{
        Format,
        report::{Todo, Verify},
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::{accept, report as output},
    report::{
        folder,
        sign::PublicKey,
        todo,
        verify::{self, Verification},
    },
};

/// Finds out whether reports are as they were written.
pub(super) fn verify(arguments: &Verify, console: &mut Console) -> Result<Exit, Failure> {
    let mut keys = Vec::new();
    for path in &arguments.key {
        let name = path.display().to_string();
        let cannot =
            || Failure::usage(text("无法使用公钥 `{}`", "cannot use public key `{}`", &[&name]));
        let bytes = super::super::read_small(path).map_err(|error| cannot().because(error))?;
        let pem = String::from_utf8_lossy(&bytes);
        keys.push(PublicKey::parse(&name, &pem).map_err(|error| {
            let hint = error.hint();
            cannot().because(error).hint_from(hint)
        })?);
    }
    let options = verify::Options { keys, expect: arguments.expect.clone() };
    let mut exit = Exit::Wanted;
    let mut documents = Vec::new();
    for path in &arguments.reports {
        let name = path.display().to_string();
        let found = verify::verify(path, &options).map_err(folder_failure)?;
        if !found.is_intact() {
            exit = Exit::Failed;
        }
        match arguments.output {
            Format::Json => documents.push(document(&name, &found)),
            Format::Text => {
                let layout = super::super::layout(console);
                console.print(&output::verification(&name, &found, layout))?;
            }
        }
    }
    if arguments.output == Format::Json {
        super::super::print_json(
            &json!({ "schema": "assay-verify/v1", "reports": documents }),
            console,
        )?;
    }
    Ok(exit)
}

fn document(name: &str, found: &Verification) -> serde_json::Value {
    let alterations: Vec<_> = found
        .alterations
        .iter()
        .map(|alteration| json!({ "path": alteration.path, "what": alteration.what }))
        .collect();
    json!({
        "report": name,
        "intact": found.is_intact(),
        "state": found.line(),
        "code": found.code,
        "revision": found.revision,
        "reproduced": found.reproduced,
        "alterations": alterations,
    })
}

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
