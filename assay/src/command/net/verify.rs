//! `assay net verify`: whether the node is as it should be, live connections included.

use dataplane::{
    kernel::real::judges_bridged_packets,
    node::{self, NodeError},
    plan::Scope,
};

use super::{
    named, node_failure,
    place::{Place, Wish},
};
use crate::{
    cli::{Format, net::Compared},
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    output::net::verify as output,
};

/// Finds out.
pub(super) fn run(arguments: &Compared, console: &mut Console) -> Result<Exit, Failure> {
    let place = Place::of(&arguments.place)?;
    let source = super::source_or_applied(arguments.file.as_deref(), &place)?;
    let Some(desired) = super::settle(&source, arguments.output, console)? else {
        return Ok(Exit::Usage);
    };
    let mut kernel = place.open(Wish::Look)?;
    let scope = Scope { complete: true, confirmed: true, began: place.past().began };
    let node = node::look(&mut kernel, &desired, &scope).map_err(node_failure)?;
    super::doubt(&desired, &node.seen, console);
    let stray = node::stray(&mut kernel, &node, Some(&desired))
        .map_err(|error| node_failure(NodeError::Kernel(error)))?;
    // Without it every rule is in its place and none is asked.
    let blind = judges_bridged_packets().err().map(|error| error.to_string());
    let found = output::Found { plan: &node.plan, zones: &node.zones, stray: &stray, blind };
    match arguments.output {
        Format::Json => {
            let mut document =
                super::document("assay/net-verify/v1", Some(&desired), Some(&source));
            document.extend(output::fields(&found));
            print_json(&document, console)?;
        }
        Format::Text => {
            let layout = layout(console);
            console.print(&output::page(&named(Some(&desired)), &found, layout))?;
        }
    }
    Ok(if found.is_wanted() { Exit::Wanted } else { Exit::Failed })
}
