//! `assay report verify`.

use serde_json::json;

use super::{super::key, folder_failure};
use crate::{
    cli::{Format, report::Verify},
    console::Console,
    exit::Exit,
    failure::Failure,
    output::report as output,
    report::verify::{self, State, Verification},
};

/// Finds out whether reports are as they were written.
pub(super) fn verify(arguments: &Verify, console: &mut Console) -> Result<Exit, Failure> {
    let keys: Vec<_> =
        arguments.key.iter().map(|key| key::public(key)).collect::<Result<_, _>>()?;
    let trust = key::trusted(&arguments.trust)?;
    let options = verify::Options { keys, expect: arguments.expect.clone(), trust };
    let mut exit = Exit::Wanted;
    let mut documents = Vec::new();
    for path in &arguments.reports {
        let name = path.display().to_string();
        let found = verify::verify(path, &options).map_err(folder_failure)?;
        let unsigned = arguments.require_signature && found.state == State::IntactUnsigned;
        if !found.is_intact() || unsigned {
            exit = Exit::Failed;
        } else if !found.unvouched.is_empty() && exit == Exit::Wanted {
            // It is as it was written; whether the roles signed it nobody has found out.
            exit = Exit::Unknown;
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
    let unvouched: Vec<_> = found
        .unvouched
        .iter()
        .map(|(check, roles)| json!({ "check": check, "roles": roles }))
        .collect();
    json!({
        "report": name,
        "intact": found.is_intact(),
        "state": found.line(),
        "code": found.code,
        "revision": found.revision,
        "reproduced": found.reproduced,
        "alterations": alterations,
        "unvouched": unvouched,
    })
}
