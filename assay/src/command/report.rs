//! `assay report`.

mod decide;
mod look;
mod plan;

use std::path::Path;

use profiles::{Role, Text};

use super::{key, project, push};
use crate::{
    cli::{
        Global, LangChoice,
        report::{Form, Merge, Push, Render, Report as Arguments, Sign},
    },
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::report as output,
    push::Document,
    report::{
        Language, RenderOptions, batch,
        decide::{Making, Signing, rerender},
        folder::{self, FolderError},
        manifest::RESULT,
        sign::Signer,
        verify,
        write::{self, WriteError},
    },
};
pub(super) use decide::{attest, waive};

/// Does what `assay report` is asked.
pub(super) fn run(
    arguments: Arguments,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Plan(arguments) => plan::run(&arguments, global, console),
        Arguments::Render(arguments) => render(&arguments, global, console),
        Arguments::Verify(arguments) => look::verify(&arguments, console),
        Arguments::Todo(arguments) => look::todo(&arguments, console),
        Arguments::Merge(arguments) => merge(&arguments, global, console),
        Arguments::Attest(arguments) => attest(&arguments, global, console),
        Arguments::Waive(arguments) => waive(&arguments, global, console),
        Arguments::Sign(arguments) => sign(&arguments, console),
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

fn merge(arguments: &Merge, global: &Global, console: &mut Console) -> Result<Exit, Failure> {
    let filled = project::particulars(&arguments.filling)?;
    let trust = key::trusted(&arguments.trust)?;
    let options = verify::Options { trust, ..verify::Options::default() };
    let mut loaded = Vec::new();
    let mut unvouched = 0_usize;
    for path in &arguments.reports {
        let report = folder::load_by(path, &options).map_err(folder_failure)?;
        unvouched =
            unvouched.saturating_add(usize::from(!report.verification.unvouched.is_empty()));
        loaded.push(report);
    }
    let options = batch::Options {
        cover: filled.cover,
        number_prefix: filled.number_prefix,
        at: clock::now(),
        tool_version: crate::build::NUMBER.to_owned(),
    };
    let batch = batch::merge(loaded, options).map_err(|error| {
        let hint = error.hint();
        Failure::usage(Text::new("无法汇总", "cannot merge these reports"))
            .because(error)
            .hint_from(hint)
    })?;
    let form = form(arguments.form, global);
    let written = write::write_batch(&arguments.out, &batch, form).map_err(write_failure)?;
    match arguments.output {
        crate::cli::Format::Json => super::print_json(&batch, console)?,
        crate::cli::Format::Text => {
            let layout = super::layout(console);
            let mut page = output::batch(&batch, layout);
            page.push_str(&crate::output::accept::place(&written, layout));
            console.print(&page)?;
        }
    }
    if unvouched > 0 {
        let count = unvouched.to_string();
        console.note(&text(
            "{} 份测试记录中有检查项由各方签名决定，而未用 --trust 给出其公钥，未核对",
            "not checked: {} reports rest on signatures of roles, whose keys --trust did not give",
            &[&count],
        ));
    }
    Ok(match batch.exit_code() {
        0 if unvouched > 0 => Exit::Unknown,
        0 => Exit::Wanted,
        1 => Exit::Failed,
        _ => Exit::Unknown,
    })
}

fn sign(arguments: &Sign, console: &mut Console) -> Result<Exit, Failure> {
    let hand = key::private(&arguments.key)?;
    let card = hand.card.as_ref();
    let who = arguments.who.clone().or_else(|| card?.by.clone());
    let role = arguments.role.as_deref().map(|role| match Role::named(role) {
        Some(party) => party.name().zh,
        None => role.to_owned(),
    });
    let role = role.or_else(|| Some(card?.role?.name().zh));
    let (Some(who), Some(role)) = (who, role) else {
        return Err(Failure::usage(Text::new(
            "没有写明由谁、以何角色签名",
            "nobody is named who signs, or no role",
        ))
        .hint(Text::new("用 --by 与 --role 写明", "name them by --by and --role")));
    };
    let loaded = folder::load(&arguments.report).map_err(folder_failure)?;
    let signer = Signer { name: who, role, stage: loaded.report.cover.stage, at: clock::now() };
    let (public, count) = write::sign(&loaded.folder, &hand.key, signer).map_err(write_failure)?;
    let (id, count) = (public.id(), count.to_string());
    let line = text(
        "已签名，密钥 {}，共 {} 个签名（完整性校验，不是法律意义上的电子签名）\n",
        "signed with key {}; {} signatures in all (integrity, not an electronic signature in law)\n",
        &[&id, &count],
    );
    let line = console.tr(&line).to_owned();
    console.print(&line)?;
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
