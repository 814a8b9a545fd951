//! `assay bmc replay`: a recorded tree, served as the BMC that it is of.

use bmc::{
    redfish::load::load,
    simulate::{knobs::Knobs, template::Base},
};
use profiles::Text;

use super::simulate::{no_base, serve};
use crate::{
    cli::bmc::simulate::Replay, command::layout, console::Console, exit::Exit, failure::Failure,
    lang::text, output::bmc::simulate::faults,
};

/// Serves a tree until it is interrupted.
pub(super) fn run(arguments: &Replay, named: bool, console: &mut Console) -> Result<Exit, Failure> {
    if arguments.site.list_faults {
        console.print(&faults(layout(console)))?;
        return Ok(Exit::Wanted);
    }
    let name = arguments.tree.display().to_string();
    let read = load(&arguments.tree).map_err(|error| {
        let hint = error.hint().map(|(zh, en)| Text::new(zh, en));
        let message = text("无法载入资源树 `{}`", "cannot load the tree `{}`", &[&name]);
        let failure = Failure::usage(message).because(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    let lost = read.losses().count();
    if lost > 0 {
        let lost = lost.to_string();
        console.note(&text(
            "有 {} 个资源未能读出，将答 500",
            "{} resources could not be read and are answered 500",
            &[&lost],
        ));
    }
    let make = |_: usize, knobs: &Knobs| {
        Ok(("replay".to_owned(), Base::recorded(&read.value, knobs).map_err(no_base)?))
    };
    serve(&arguments.site, named, 1, &make, console)
}
