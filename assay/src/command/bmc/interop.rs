//! `assay bmc accept`: a BMC, or a recorded tree, is judged by an interoperability profile.

use std::{path::Path, sync::Arc};

use bmc::{
    hand::Protocol,
    interop::{
        judge::judge,
        load::{self, Loaded},
    },
    redfish::{self, tree::Tree},
};
use profiles::Text;

use super::exit;
use crate::{
    cli::bmc::{Print, verb::Accept},
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::bmc::{
        Document, csv,
        found::{Found, Judged, Met},
        page,
        value::Named,
    },
};

/// Loads the profile that is named, and those that it requires.
pub(super) fn profiles(accept: &Accept) -> Result<Arc<Vec<Loaded>>, Failure> {
    let loaded = load::load(&accept.interop, accept.profiles.as_deref());
    loaded.map(Arc::new).map_err(|error| {
        let hint = error.hint().map(|(zh, en)| Text::new(zh, en));
        let failure = Failure::unable(Text::new(error.in_chinese(), error.to_string()));
        let failure = match std::error::Error::source(&error) {
            Some(source) => failure.because(source.to_string()),
            None => failure,
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// Judges what was read of a service.
pub(super) fn judged(profiles: &Arc<Vec<Loaded>>, tree: &Tree) -> Found {
    let all: Vec<_> = profiles.iter().map(|loaded| &loaded.profile).collect();
    let report = judge(&all, tree);
    Found::Judged(Box::new(Judged { profiles: Arc::clone(profiles), report }))
}

/// Judges recorded trees; each stands for its BMC, by the name of its file.
pub(super) fn offline(accept: &Accept, named: bool) -> Result<Vec<(String, Met)>, Failure> {
    if named {
        return Err(Failure::usage(Text::new(
            "`--from` 评判记录下来的树，不带 TARGET",
            "`--from` judges recorded trees and takes no TARGET",
        )));
    }
    let profiles = profiles(accept)?;
    let of = |path: &std::path::PathBuf| {
        let found = judged(&profiles, &tree(path)?);
        let met = Met::Found { protocol: Protocol::Redfish, found };
        Ok((path.display().to_string(), met))
    };
    accept.from.iter().map(of).collect()
}

fn tree(path: &Path) -> Result<Tree, Failure> {
    let read = redfish::load::load(path).map_err(|error| {
        let hint = error.hint().map(|(zh, en)| Text::new(zh, en));
        let name = path.display().to_string();
        let message = text("无法载入资源树 `{}`", "cannot load the tree `{}`", &[&name]);
        let failure = Failure::unable(message).because(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    Ok(read.value)
}

/// Prints what trees came to.
pub(super) fn print(
    met: &[(String, Met)],
    output: Print,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let rows: Vec<(&str, &Met)> = met.iter().map(|(name, met)| (name.as_str(), met)).collect();
    match output {
        Print::Text => console.print(&page(&rows, layout(console)))?,
        Print::Csv => console.print(&csv(&rows, console.lang))?,
        Print::Json => {
            let named = |name: &String| Named {
                address: name.clone(),
                serial: None,
                rack: None,
                unit: None,
                took: None,
            };
            let hosts: Vec<_> = met.iter().map(|(name, met)| (named(name), met)).collect();
            print_json(&Document { command: "accept", hosts }, console)?;
        }
    }
    Ok(exit(met.iter().map(|(_, met)| met)))
}
