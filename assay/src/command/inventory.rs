//! `assay inventory`.

mod beside;
mod counts;
mod raw;
mod record;

use std::path::{Path, PathBuf};

use inventory::{Inventory, import::Kind, merge};
use profiles::Text;

use super::{
    machine, push,
    sources::{self, Imported, Writer},
};
use crate::{
    cli::{
        Format,
        inventory::{Import, Inventory as Arguments, Push, Show, Verb},
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    output::inventory::text as inventory_text,
    push::Document,
};

/// Does what `assay inventory` is asked.
pub(super) fn run(arguments: Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match arguments.verb {
        None => show(&arguments.show, console),
        Some(Verb::Import(import)) => self::import(&import, console),
        Some(Verb::Raw(raw)) => raw::run(&raw, console),
        Some(Verb::Record(record)) => record::run(&record, console),
        Some(Verb::Push(push)) => self::push(&push, console),
    }
}

fn show(arguments: &Show, console: &mut Console) -> Result<Exit, Failure> {
    let interrupt = machine::watch(console);
    let options = machine::options(&arguments.looking, &interrupt)?;
    let root = machine::open_root(arguments.root.as_deref())?;
    let inventory = machine::look(&root, &options, console).inventory;
    print(&inventory, arguments.output, console)?;
    if interrupt.asked() {
        console.note(&Text::new(
            "已中断：只显示了中断前采集到的",
            "interrupted: this is what was collected before",
        ));
        return Ok(Exit::Unknown);
    }
    Ok(Exit::Wanted)
}

/// Prints an inventory in the form that was asked for.
fn print(inventory: &Inventory, format: Format, console: &mut Console) -> Result<(), Failure> {
    match format {
        Format::Json => super::print_json(inventory, console),
        Format::Text => {
            let layout = super::layout(console);
            console.print(&inventory_text(inventory, layout))
        }
    }
}

fn import(arguments: &Import, console: &mut Console) -> Result<Exit, Failure> {
    let kinds: [(Kind, &[PathBuf]); 6] = [
        (Kind::Smbios, &arguments.smbios),
        (Kind::Dmidecode, &arguments.dmidecode),
        (Kind::Lshw, &arguments.lshw),
        (Kind::Smartctl, &arguments.smartctl),
        (Kind::Storcli, &arguments.storcli),
        (Kind::Lldp, &arguments.lldp),
    ];
    let mut imported = Vec::new();
    for (kind, paths) in kinds {
        for path in paths {
            imported.push(sources::read_as(kind, path)?);
        }
    }
    let found = sources::gather(&arguments.files)?;
    super::warn_unusable(&found.unusable, console);
    if let Some(root) = found.roots.first() {
        let name = root.display().to_string();
        return Err(Failure::usage(crate::lang::text(
            "`{}` 是记录的根目录，不是导入文件",
            "`{}` is a recorded root, not a file to import",
            &[&name],
        ))
        .hint(Text::new("用 `assay inventory --root`", "use `assay inventory --root`")));
    }
    imported.extend(found.imported);
    if imported.is_empty() {
        return Err(if found.unusable.is_empty() {
            Failure::usage(Text::new("没有给出要导入的文件", "no file to import is named")).hint(
                Text::new(
                    "例如 --smbios FILE，或直接给出文件",
                    "for example --smbios FILE, or files themselves",
                ),
            )
        } else {
            Failure::unable(Text::new("没有可导入的文件", "nothing there can be imported"))
        });
    }
    let parts = imported.into_iter().map(|Imported { inventory, .. }| inventory).collect();
    let inventory = merge_parts(parts, arguments.force_same)?;
    print(&inventory, arguments.output, console)?;
    Ok(Exit::Wanted)
}

/// Merges what several sources say of one machine.
pub(super) fn merge_parts(
    mut parts: Vec<Inventory>,
    force_same: bool,
) -> Result<Inventory, Failure> {
    let apart = counts::apart(&parts);
    beside::align(&mut parts);
    let merged = merge::merge(parts, &merge::Options { force_same }).map_err(|error| {
        let hint = error.hint();
        Failure::unable(Text::new(
            "这些来源不能当作同一台机器",
            "these sources cannot be taken for one machine",
        ))
        .because(error)
        .hint_from(hint)
    });
    merged.map(|mut merged| {
        counts::tell(&mut merged, apart);
        merged
    })
}

fn push(arguments: &Push, console: &mut Console) -> Result<Exit, Failure> {
    push::push(&arguments.delivery, console, |console| {
        if arguments.files.is_empty() {
            let interrupt = machine::watch(console);
            let options = machine::options(&arguments.looking, &interrupt)?;
            let root = machine::open_root(arguments.root.as_deref())?;
            let inventory = machine::look(&root, &options, console).inventory;
            if interrupt.asked() {
                return Err(Failure::unable(Text::new(
                    "已中断，未发送",
                    "interrupted: nothing was sent",
                )));
            }
            // The spool survives an end at any instruction; Ctrl-C may end it there.
            interrupt.release();
            return Ok(vec![document(&inventory)?]);
        }
        arguments.files.iter().map(|path| from_file(path)).collect()
    })
}

/// Reads an inventory document; other kinds are imported first, so that the
/// receiver always gets `inventory/v1`.
fn from_file(path: &Path) -> Result<Document, Failure> {
    let found = sources::gather(&[path.to_owned()])?;
    match (found.imported.into_iter().next(), found.unusable.into_iter().next()) {
        // Our own document goes as it is: its key is then that of the file.
        (Some(file), _) if file.writer == Writer::Program(Kind::Inventory) => {
            Ok(Document { schema: inventory::model::SCHEMA.to_owned(), body: file.bytes })
        }
        (Some(file), _) => document(&file.inventory),
        (None, unusable) => {
            let why = unusable
                .map_or_else(|| Text::new("不是清单", "is no inventory"), |unusable| unusable.why);
            let name = path.display();
            Err(Failure::unable(Text::new(
                format!("`{name}` {}", why.zh),
                format!("`{name}` {}", why.en),
            )))
        }
    }
}

fn document(inventory: &Inventory) -> Result<Document, Failure> {
    // By way of a value: writing the types in one line as well would be code of its own for each.
    let body = typed_json::of(inventory).map_err(super::no_json)?.to_string().into_bytes();
    Ok(Document { schema: inventory::model::SCHEMA.to_owned(), body })
}
