//! `assay report`.

#[cfg(feature = "desk")]
mod decide;
#[cfg(feature = "desk")]
mod merge;
#[cfg(feature = "desk")]
mod plan;
#[cfg(feature = "desk")]
mod sign;
mod todo;
#[cfg(feature = "desk")]
mod verify;

use std::path::Path;

use profiles::Text;

use super::push;
use crate::{
    cli::{
        Global, LangChoice,
        report::{Form, Push, Render, Report as Arguments},
    },
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::report as output,
    push::Document,
    report::{
        Language, RenderOptions,
        decide::{Making, Signing, rerender},
        folder::{self, FolderError},
        manifest::RESULT,
        write::{self, WriteError},
    },
};
#[cfg(feature = "desk")]
pub(super) use decide::{attest, waive};

/// Does what `assay report` is asked.
pub(super) fn run(
    arguments: Arguments,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    match arguments {
        #[cfg(feature = "desk")]
        Arguments::Plan(arguments) => plan::run(&arguments, global, console),
        Arguments::Render(arguments) => render(&arguments, global, console),
        #[cfg(feature = "desk")]
        Arguments::Verify(arguments) => verify::verify(&arguments, console),
        Arguments::Todo(arguments) => todo::todo(&arguments, console),
        #[cfg(feature = "desk")]
        Arguments::Merge(arguments) => merge::merge(&arguments, global, console),
        #[cfg(feature = "desk")]
        Arguments::Attest(arguments) => attest(&arguments, global, console),
        #[cfg(feature = "desk")]
        Arguments::Waive(arguments) => waive(&arguments, global, console),
        #[cfg(feature = "desk")]
        Arguments::Sign(arguments) => sign::sign(&arguments, console),
        Arguments::Push(arguments) => push_reports(&arguments, console),
    }
}

/// Returns the form that the command line asks for: both languages, unless one
/// is named.
pub(super) fn form(form: Form, global: &Global) -> RenderOptions {
    let language = match form.report_lang.or(global.lang) {
        Some(LangChoice::Zh) => Language::Zh,
        Some(LangChoice::En) => Language::En,
        Some(LangChoice::Both) | None => Language::Both,
    };
    RenderOptions { language, junit_strict: form.junit_strict }
}

fn render(arguments: &Render, global: &Global, console: &mut Console) -> Result<Exit, Failure> {
    let before = folder::load(&arguments.report).map_err(folder_failure)?;
    let report = rerender(
        &before.report,
        Making {
            predecessor: before.digests,
            at: clock::now(),
            by: None,
            signing: Signing::default(),
        },
    );
    let form = form(arguments.form, global);
    let written =
        write::revise(&before.folder, &before.folder, &report, &[], form).map_err(write_failure)?;
    let layout = super::layout(console);
    console.print(&output::revised(&report, &written, layout))?;
    Ok(Exit::Wanted)
}

/// Sends `result.json` as it is on disk: its digest is then that of the report.
fn push_reports(arguments: &Push, console: &mut Console) -> Result<Exit, Failure> {
    push::push(&arguments.delivery, console, |_console| {
        arguments.reports.iter().map(|path| document(path)).collect()
    })
}

fn document(path: &Path) -> Result<Document, Failure> {
    let loaded = folder::load(path).map_err(folder_failure)?;
    let file = loaded.folder.join(RESULT);
    let name = file.display().to_string();
    let cannot = || Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[&name]));
    let body = std::fs::read(&file).map_err(|error| cannot().because(error))?;
    // It was verified a moment ago; what changed since is not sent.
    if crate::report::digest::Digests::of(&body) != loaded.digests {
        return Err(
            cannot().hint(Text::new("文件正在变化，请重试", "it is changing; run this again"))
        );
    }
    Ok(Document { schema: loaded.report.schema, body })
}

/// Returns what is told of a report that cannot be used.
pub(super) fn folder_failure(error: FolderError) -> Failure {
    let hint = error.hint();
    let failure = match &error {
        FolderError::Altered { .. } => {
            Failure::failed(Text::new("测试记录已被改动", "the report was altered"))
        }
        FolderError::NotAReport { .. } | FolderError::Kind { .. } => {
            Failure::usage(Text::new("不是所需的测试记录", "this is not the report that is wanted"))
        }
        _ => Failure::unable(Text::new("无法读取测试记录", "cannot read the report")),
    };
    failure.because(error).hint_from(hint)
}

/// Returns what is told of a report that cannot be written.
pub(super) fn write_failure(error: WriteError) -> Failure {
    let error = match error {
        WriteError::Folder(error) => return folder_failure(error),
        error => error,
    };
    let hint = error.hint();
    let failure = match &error {
        // Nothing of the user's is ever overwritten: that is refused, not failed.
        WriteError::Occupied { .. } | WriteError::Name { .. } => {
            Failure::usage(Text::new("不覆盖已有内容", "refusing to overwrite what is there"))
        }
        _ => Failure::unable(Text::new("无法写测试记录", "cannot write the report"))
            .hint(Text::new("用 --out 换一个目录", "name another folder with --out")),
    };
    failure.because(error).hint_from(hint)
}
