//! `assay inventory record`.

use std::{
    fs::{self, OpenOptions},
    io::{BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use inventory::record;
use profiles::Text;

use super::super::machine;
use crate::{
    cli::inventory::Record, console::Console, exit::Exit, failure::Failure, lang::text,
    progress::Progress,
};

/// Records a root into a file that appears whole or not at all.
pub(super) fn run(arguments: &Record, console: &mut Console) -> Result<Exit, Failure> {
    let interrupt = machine::watch(console);
    let options = record::Options {
        mask: arguments.mask,
        salt: None,
        collect: machine::options(&arguments.looking, &interrupt)?,
    };
    let unfinished = beside(&arguments.out)?;
    let root = machine::open_root(arguments.root.as_deref())?;
    let result = write(&root.sysroot, &unfinished, arguments, &options, console);
    let result = match result {
        Ok(_) if interrupt.asked() => {
            Err(Failure::unable(Text::new("已中断，未记录", "interrupted: nothing was recorded")))
        }
        result => result,
    };
    if result.is_err() {
        // What is left of a failed recording is no recording.
        drop(fs::remove_file(&unfinished));
    }
    result
}

/// Returns the name that the file has until it is whole.
fn beside(out: &Path) -> Result<std::path::PathBuf, Failure> {
    let Some(name) = out.file_name() else {
        let out = out.display().to_string();
        return Err(Failure::usage(text("`{}` 不是文件名", "`{}` is no file name", &[&out])));
    };
    let mut unfinished = name.to_owned();
    unfinished.push(".part");
    Ok(out.with_file_name(unfinished))
}

fn write(
    root: &inventory::Sysroot,
    unfinished: &Path,
    arguments: &Record,
    options: &record::Options,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let name = arguments.out.display().to_string();
    let cannot = || Failure::unable(text("无法写 `{}`", "cannot write `{}`", &[&name]));
    // Left by a run that was killed; anything else there is nobody's recording.
    drop(fs::remove_file(unfinished));
    // Serial numbers and addresses are in it: it is its owner's to give away.
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(unfinished)
        .map_err(|error| cannot().because(error))?;
    let mut out = BufWriter::new(file);
    let summary = {
        let step = Text::new("正在记录", "recording");
        let _progress = Progress::start(console.progress, console.tr(&step));
        record::record(root, &mut out, options).map_err(|error| {
            let hint = error.hint();
            cannot().because(error).hint_from(hint)
        })?
    };
    out.flush().map_err(|error| cannot().because(error))?;
    out.get_ref().sync_all().map_err(|error| cannot().because(error))?;
    fs::rename(unfinished, &arguments.out).map_err(|error| cannot().because(error))?;
    let (files, masked) = (summary.files.to_string(), summary.masked.to_string());
    let line = if arguments.mask {
        text(
            "已记录 {} 个文件到 `{}`，替换标识 {} 个\n",
            "recorded {} files to `{}`, {} identifiers replaced\n",
            &[&files, &name, &masked],
        )
    } else {
        text(
            "已记录 {} 个文件到 `{}`，标识未替换（--mask）\n",
            "recorded {} files to `{}`, identifiers as they are (--mask)\n",
            &[&files, &name],
        )
    };
    let line = console.tr(&line).to_owned();
    console.print(&line)?;
    Ok(Exit::Wanted)
}
