//! `assay site`: makes delivery lists and reads them.

use std::{fs::File, io::Write as _, path::Path};

use bmc::sheet;
use profiles::Text;

use super::{
    accept::site::find::{Found, Ways, find},
    bmc::survey::Hosts,
    print_json, read_small,
};
use crate::{
    cli::{
        Format,
        site::{Check, Init, Site},
    },
    console::Console,
    exit::Exit,
    failure::{Failure, one_line},
    lang::text,
    output::site as output,
    report::{digest::Digests, render::table},
    site::{List, Seen, write::rows},
};

/// Does what `assay site` is asked.
pub(super) fn run(arguments: &Site, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Site::Init(arguments) => init(arguments, console),
        Site::Check(arguments) => check(arguments, console),
    }
}

/// A list that was read.
pub(super) struct Read {
    /// What it says.
    pub(super) list: List,
    /// What it is called, without its folders: these are of the desk.
    pub(super) name: String,
    /// Its SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

/// Reads a delivery list.
pub(super) fn read(path: &Path) -> Result<Read, Failure> {
    let shown = path.display().to_string();
    let message = || text("无法使用到货清单 `{}`", "cannot use the delivery list `{}`", &[&shown]);
    let bytes = read_small(path).map_err(|error| Failure::unable(message()).because(error))?;
    let mut sheets = sheet::read(&bytes).map_err(|error| {
        Failure::usage(message()).because(error).hint(Text::new(
            "在表格软件中不加密码另存为 .xlsx，或 UTF-8 的 CSV",
            "save it as .xlsx without a password, or as CSV in UTF-8",
        ))
    })?;
    let list = List::read(&mut sheets).map_err(|refusal| {
        let (why, hint) = (refusal.said(), refusal.hint);
        let message = message();
        let joined =
            Text::new(format!("{}：{}", message.zh, why.zh), format!("{}: {}", message.en, why.en));
        Failure::usage(joined).hint(hint)
    })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or(shown);
    Ok(Read { list, name, sha256: Digests::of(&bytes).sha256 })
}

/// Says what of a list is not compared.
pub(super) fn warn_unread(list: &List, console: &mut Console) {
    for (zh, en, names) in [
        ("未读取的列：{}", "columns that are not read: {}", &list.unread),
        ("配置中不核对的内容：{}", "of the parts it is not compared: {}", &list.unchecked),
    ] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| one_line(name)).collect();
            console.note(&text(zh, en, &[&names.join(", ")]));
        }
    }
}

fn check(arguments: &Check, console: &mut Console) -> Result<Exit, Failure> {
    let Read { list, name, .. } = read(&arguments.list)?;
    match arguments.output {
        Format::Json => print_json(&output::list_document(&list, &name), console)?,
        Format::Text => {
            let mut layout = super::layout(console);
            layout.columns = layout.columns.or(Some(120));
            console.print(&output::list_page(&list, layout))?;
            warn_unread(&list, console);
        }
    }
    Ok(Exit::Wanted)
}

fn init(arguments: &Init, console: &mut Console) -> Result<Exit, Failure> {
    let out = arguments.out.display().to_string();
    if std::fs::symlink_metadata(&arguments.out).is_ok() {
        return Err(Failure::usage(text("`{}` 已存在", "`{}` is there already", &[&out]))
            .hint(Text::new("用 --out 另取一个文件名", "name another file with --out")));
    }
    let hosts = if arguments.via.is_some() { Some(Hosts::of(&arguments.hosts)?) } else { None };
    let ways = Ways {
        from: &arguments.from,
        hosts,
        access: &arguments.access,
        at_a_time: arguments.at_a_time,
        force_same: arguments.force_same,
    };
    let Found { machines, untold, unread } = find(ways, console)?;
    for (name, why) in unread.iter().take(super::MOST_NAMED) {
        let (name, Text { zh, en }) = (one_line(name), why);
        console.note(&Text::new(
            format!("未使用 `{name}`：{}", one_line(zh)),
            format!("not used: `{name}`: {}", one_line(en)),
        ));
    }
    for one in untold.iter().filter(|one| one.is_machine) {
        let (name, Text { zh, en }) = (one_line(&one.name), &one.why);
        console.note(&Text::new(
            format!("`{name}` 未能查明：{}", one_line(zh)),
            format!("`{name}` could not be told: {}", one_line(en)),
        ));
    }
    if machines.is_empty() {
        return Err(Failure::unable(Text::new("没有找到机器", "no machine was found")));
    }
    let seen: Vec<Seen<'_>> =
        machines.iter().map(super::accept::site::find::Machine::seen).collect();
    let bytes = table(rows(&seen, arguments.profile.as_deref(), console.lang).into_iter());
    let cannot =
        |error| Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&out])).because(error);
    let mut file = File::create_new(&arguments.out).map_err(cannot)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(cannot)?;
    let (count, nameless) =
        (machines.len().to_string(), seen.iter().filter(|one| one.serial().is_none()).count());
    let line = text("已写入 `{}`：{} 台\n", "`{}` is written: {} machines\n", &[&out, &count]);
    let line = console.tr(&line).to_owned();
    console.print(&line)?;
    if nameless > 0 {
        let count = nameless.to_string();
        console.note(&text(
            "{} 台没有报告序列号：请按铭牌填写",
            "{} of them tell no serial number: fill it in from the label",
            &[&count],
        ));
    }
    // A list that misses what was asked for is not whole.
    let is_whole = !untold.iter().any(|one| one.is_machine);
    Ok(if is_whole { Exit::Wanted } else { Exit::Unknown })
}
