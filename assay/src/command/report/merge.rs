//! `assay report merge`.

use profiles::Text;

use super::{
    super::{key, layout, print_json, project},
    folder_failure, form, write_failure,
};
use crate::{
    cli::{Format, Global, report::Merge},
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::{accept, report as output},
    report::{batch, folder, verify, write},
};

/// Lays reports side by side.
pub(super) fn merge(
    arguments: &Merge,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
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
        Format::Json => print_json(&batch, console)?,
        Format::Text => {
            let layout = layout(console);
            let mut page = output::batch(&batch, layout);
            page.push_str(&accept::place(&written, layout));
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
