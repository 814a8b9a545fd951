//! `assay net`: tenant networks and security groups of this node.
//!
//! Every command reads its file whole and refuses it whole; what it finds in the kernel and does
//! there is the library's.

mod source;

use profiles::Text;

use super::{layout, print_json};
use crate::{
    cli::{
        Format,
        net::{Lint, Net},
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    output::net as output,
};

/// The schema of the file, as it is committed.
const SCHEMA: &str = include_str!("../../../dataplane/schema/network-v1.json");

/// Does what `assay net …` asks for.
pub(super) fn run(arguments: &Net, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Net::Lint(arguments) => lint(arguments, console),
        Net::Schema => {
            console.print(SCHEMA)?;
            Ok(Exit::Wanted)
        }
        _ => Err(Failure::unable(Text::new("尚未实现", "not there yet"))),
    }
}

fn lint(arguments: &Lint, console: &mut Console) -> Result<Exit, Failure> {
    let mut sources = Vec::new();
    for file in &arguments.files {
        sources.push(source::Source::read(file)?);
    }
    let read: Vec<_> = sources.iter().map(source::Source::parse).collect();
    let mut checked = Vec::new();
    for (source, found) in sources.iter().zip(&read) {
        let unfit = found.as_ref().ok().and_then(|desired| {
            let error = source::on_empty_node(desired).err()?;
            Some((error.to_string(), error.hint()))
        });
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
    Ok(if sound { Exit::Wanted } else { Exit::Usage })
}
