//! `assay net`: tenant networks and security groups of this node.
//!
//! Every command reads its file whole and refuses it whole; what it finds in the kernel and does
//! there is the library's.

mod accept;
mod agent;
mod apply;
mod cloud;
mod evpn;
mod explain;
pub(super) mod loops;
pub(super) mod place;
mod plan;
mod show;
mod source;
mod verify;
mod watch;

use std::path::Path;

use dataplane::{desired::Desired, node::NodeError, seen::Seen, spec::File, text::Text as Said};
use profiles::Text;
use serde_json::{Map, Value};

use self::{place::Place, source::Source};
use super::{layout, print_json};
use crate::{
    cli::{
        Format,
        net::{Lint, Net},
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::net as output,
};

/// The schema of the file, as it is committed.
const SCHEMA: &str = include_str!("../../../dataplane/schema/network-v1.json");

/// The schema of what is to be tried between guests of a delivered cloud.
const CLOUD_SCHEMA: &str = include_str!("../../../dataplane/schema/cloud-v1.json");

/// Does what `assay net …` asks for.
pub(super) fn run(arguments: &Net, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Net::Lint(arguments) => lint(arguments, console),
        Net::Schema { cloud } => {
            console.print(if *cloud { CLOUD_SCHEMA } else { SCHEMA })?;
            Ok(Exit::Wanted)
        }
        Net::Plan(arguments) => plan::run(arguments, console),
        Net::Diff(arguments) => plan::diff(arguments, console),
        Net::Apply(arguments) => apply::run(arguments, console),
        Net::Verify(arguments) => verify::run(arguments, console),
        Net::Show(arguments) => show::run(arguments, console),
        Net::Destroy(arguments) => apply::destroy(arguments, console),
        Net::Explain(arguments) => explain::run(arguments, console),
        Net::Watch(arguments) => watch::run(arguments, console),
        Net::Accept(arguments) if arguments.plan.is_some() => cloud::run(arguments, console),
        Net::Accept(arguments) => accept::run(arguments, console),
        Net::Evpn(arguments) => evpn::run(arguments, console),
        Net::Loops(arguments) => loops::run(arguments, console),
        Net::Unblock(arguments) => loops::unblock(arguments, console),
        Net::Agent(arguments) => agent::run(arguments, console),
    }
}

fn lint(arguments: &Lint, console: &mut Console) -> Result<Exit, Failure> {
    let mut sources = Vec::new();
    let mut exit = Exit::Wanted;
    for file in &arguments.files {
        match Source::read(file) {
            Ok(source) => sources.push(source),
            // The others are looked at all the same.
            Err(failure) => {
                exit = failure.exit;
                let told = failure.render(console.lang);
                console.say(&told);
            }
        }
    }
    let read: Vec<_> = sources.iter().map(Source::parse_any).collect();
    let mut checked = Vec::new();
    for (source, found) in sources.iter().zip(&read) {
        let unfit = match found {
            Ok(File::Node(desired)) => source::on_empty_node(desired).err(),
            _ => None,
        };
        let unfit = unfit.map(|error| (error.to_string(), error.hint()));
        checked.push(output::Checked { file: &source.name, found: found.as_ref(), unfit });
    }
    match arguments.output {
        Format::Json => print_json(&output::lint_document(&checked), console)?,
        Format::Text => {
            let layout = layout(console);
            console.print(&output::lint(&checked, layout))?;
        }
    }
    let sound = checked.iter().all(output::Checked::is_sound);
    Ok(if sound { exit } else { Exit::Usage })
}

/// Returns what a file says; where it cannot be, tells every fault and returns nothing.
fn settle(
    source: &Source,
    format: Format,
    console: &mut Console,
) -> Result<Option<Desired>, Failure> {
    let errors = match source.parse() {
        Ok(desired) => return Ok(Some(desired)),
        Err(errors) => errors,
    };
    if format == Format::Json {
        let checked = output::Checked { file: &source.name, found: Err(&errors), unfit: None };
        print_json(&output::lint_document(&[checked]), console)?;
    } else {
        let layout = layout(console);
        console.say(&output::faults(&errors, layout));
    }
    console.note(&text(
        "`{}` 有 {} 处错误；未作任何改动",
        "faults in `{}`: {}; nothing was touched",
        &[&source.name, &errors.count().to_string()],
    ));
    Ok(None)
}

/// Warns where the tunnel end is no address of this node: the file may be another node's. It is
/// no fault, for an address may come later.
fn doubt(desired: &Desired, seen: &Seen, console: &mut Console) {
    let vtep = desired.node.vtep;
    let mut addresses = seen.links.values().flat_map(|link| &link.addresses);
    if !addresses.any(|address| address.addr() == vtep) {
        console.note(&text(
            "VTEP 地址 {} 不在本节点的任何设备上：文件是否属于其他节点（`{1}`）？",
            "no device of this node has the VTEP address {}: is the file that of another node, `{1}`?",
            &[&vtep.to_string(), &desired.node.name],
        ));
    }
}

/// Reads the file that is named, or else what was applied last.
fn source_or_applied(file: Option<&Path>, place: &Place) -> Result<Source, Failure> {
    file.map_or_else(|| place.applied(), Source::read)
}

/// Returns the beginning of a document.
fn document(
    schema: &str,
    desired: Option<&Desired>,
    source: Option<&Source>,
) -> Map<String, Value> {
    let node = desired.map(|desired| desired.node.name.as_str());
    let file = source.map(|source| source.name.as_str());
    let all = [("schema", Some(schema)), ("node", node), ("file", file)];
    let mut document = Map::new();
    document.extend(all.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
    document
}

/// Returns what a plan is for, in words.
fn named(desired: Option<&Desired>) -> Said {
    match desired {
        Some(desired) => Said::of("节点 {0}", "node {0}", &[&desired.node.name]),
        None => Said::of("本节点", "this node", &[]),
    }
}

/// Why there is no plan: the kernel could not be looked at, or the file cannot be had here.
fn node_failure(error: NodeError) -> Failure {
    let hint = error.hint();
    let failure = match &error {
        NodeError::Kernel(_) => {
            Failure::unable(Text::new("无法查看内核", "cannot look at the kernel"))
        }
        _ => Failure::usage(Text::new(
            "文件的内容在本节点上无法实现；未作任何改动",
            "this node cannot have what the file says; nothing was touched",
        )),
    };
    failure.because(error).hint_from(hint)
}
