//! `assay net plan` and `assay net diff`.

use dataplane::{
    node::{self, Node},
    plan::Scope,
};
use serde_json::Value;

use super::{
    named, node_failure,
    place::{Place, Wish},
    source::{self, ASSUMED_MTU, Source},
};
use crate::{
    cli::{
        Format,
        net::{Compared, Plan as Arguments},
    },
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::net::plan::{self as output, Detail},
};

/// Shows what would be done.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let source = Source::read(&arguments.file)?;
    let Some(desired) = super::settle(&source, arguments.output, console)? else {
        return Ok(Exit::Usage);
    };
    let node = if arguments.offline {
        source::on_empty_node(&desired).map_err(node_failure)?
    } else {
        let place = Place::of(&arguments.place)?;
        let mut kernel = place.open(Wish::Look)?;
        let scope = Scope { complete: true, began: place.past().began, ..Scope::default() };
        let node = node::look(&mut kernel, &desired, &scope).map_err(node_failure)?;
        super::doubt(&desired, &node.seen, console);
        node
    };
    let assumed = arguments.offline && desired.node.mtu.is_none();
    match arguments.output {
        Format::Json => {
            let mut document = super::document("assay/net-plan/v1", Some(&desired), Some(&source));
            document.insert("offline".to_owned(), arguments.offline.into());
            let mtu = if assumed { ASSUMED_MTU.into() } else { Value::Null };
            document.insert("assumed_underlay_mtu".to_owned(), mtu);
            document.extend(output::fields(&node.plan));
            print_json(&document, console)?;
        }
        Format::Text => {
            if assumed {
                let (device, mtu) = (desired.node.device.to_string(), ASSUMED_MTU.to_string());
                console.note(&text(
                    "假定底层设备 `{}` 的 MTU 为 {}：文件未写明（[node] 的 mtu）",
                    "device `{}` of the underlay is taken to carry {} bytes: the file does not say \
                     (`mtu` in [node])",
                    &[&device, &mtu],
                ));
            }
            let detail = Detail { undo: arguments.undo, rules: arguments.rules, destroy: false };
            let layout = layout(console);
            console.print(&output::page(&named(Some(&desired)), &node.plan, detail, layout))?;
        }
    }
    Ok(if node.plan.conflicts.is_empty() { Exit::Wanted } else { Exit::Usage })
}

/// Shows how the node differs.
pub(super) fn diff(arguments: &Compared, console: &mut Console) -> Result<Exit, Failure> {
    let place = Place::of(&arguments.place)?;
    let source = super::source_or_applied(arguments.file.as_deref(), &place)?;
    let Some(desired) = super::settle(&source, arguments.output, console)? else {
        return Ok(Exit::Usage);
    };
    let mut kernel = place.open(Wish::Look)?;
    let scope = Scope { complete: true, confirmed: true, began: place.past().began };
    let node = node::look(&mut kernel, &desired, &scope).map_err(node_failure)?;
    super::doubt(&desired, &node.seen, console);
    match arguments.output {
        Format::Json => {
            let mut document = super::document("assay/net-diff/v1", Some(&desired), Some(&source));
            document.insert("differs".to_owned(), (!node.plan.is_empty()).into());
            document.extend(output::fields(&node.plan));
            print_json(&document, console)?;
        }
        Format::Text => {
            let layout = layout(console);
            console.print(&output::differences(&named(Some(&desired)), &node.plan, layout))?;
        }
    }
    Ok(differs(&node))
}

fn differs(node: &Node) -> Exit {
    if node.plan.is_empty() { Exit::Wanted } else { Exit::Failed }
}
