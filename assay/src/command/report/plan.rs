//! `assay report plan`: the test plan, before anything is tested.

use std::path::Path;

use profiles::Text;

use super::super::{catalogue, project};
use crate::{
    cli::{Format, Global, report::Plan as Arguments},
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::plan as output,
    report::{
        cover::Stage,
        plan::{Part, Plan},
        render,
    },
};

/// Writes the plan, and says what is in it.
pub(super) fn run(
    arguments: &Arguments,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let cover = project::particulars(&arguments.filling)?.cover;
    let stage = arguments.filling.stage.map(Stage::planned);
    let mut parts = Vec::new();
    for name in &arguments.profile {
        let (profile, _catalogue) = catalogue::profile(name)?;
        parts.push(Part::of(&profile, stage));
    }
    let plan = Plan { cover, stage, at: clock::now(), parts };
    if plan.cases().next().is_none() {
        return Err(Failure::usage(Text::new(
            "所给配置档在这一阶段没有用例，没有可写的方案",
            "the profiles have no case at this stage, so there is nothing to plan",
        ))
        .hint(Text::new(
            "不加 --stage 可列出各阶段的全部用例",
            "leave --stage out to list the cases of all stages",
        )));
    }
    let form = crate::cli::report::Form { report_lang: arguments.report_lang, junit_strict: false };
    let language = super::form(form, global).language;
    let cannot = |error: render::RenderError| {
        Failure::unable(Text::new("无法生成方案", "cannot lay out the plan")).because(error)
    };
    put(&arguments.out, &render::plan_page(&plan, language).map_err(cannot)?)?;
    if let Some(path) = &arguments.records {
        put(path, &render::plan_records(&plan, language))?;
    }
    match arguments.output {
        Format::Json => super::super::print_json(&plan.document(), console)?,
        Format::Text => {
            let layout = super::super::layout(console);
            let mut files = vec![arguments.out.as_path()];
            files.extend(arguments.records.as_deref());
            console.print(&output::page(&plan, &files, layout))?;
        }
    }
    Ok(Exit::Wanted)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| {
        let name = path.display().to_string();
        Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
    })
}
