//! `assay project`, and the project file as other commands take it.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use profiles::{
    Catalogue, ProfileError, Text,
    scope::{Known, ScopeOut},
};
use serde_json::json;

use crate::{
    cli::{
        Format,
        project::{Filling, Project as Arguments},
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::project as output,
    report::{
        cover::Cover,
        project::{self, Fault, Project, TEMPLATE},
    },
};

/// Does what `assay project` is asked.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Init { file } => init(file, console),
        Arguments::Check { file, output } => check(file, *output, console),
    }
}

fn init(file: &Path, console: &mut Console) -> Result<Exit, Failure> {
    if file == Path::new("-") {
        console.print(TEMPLATE)?;
        return Ok(Exit::Wanted);
    }
    let name = file.display().to_string();
    let written = File::create_new(file).and_then(|mut new| new.write_all(TEMPLATE.as_bytes()));
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure::usage(text(
                "`{}` 已存在，不覆盖",
                "`{}` is there and is not replaced",
                &[&name],
            ))
            .hint(Text::new("换一个文件名", "name another file"))
        } else {
            Failure::usage(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
        }
    })?;
    console.print(output::written(&name).get(console.lang))?;
    Ok(Exit::Wanted)
}

fn check(file: &Path, format: Format, console: &mut Console) -> Result<Exit, Failure> {
    let name = file.display().to_string();
    let checked = match parse(file)? {
        Err(faults) => Err(faults),
        Ok(project) => {
            let known = known(file, &project, &[&Catalogue::bundled()])?;
            project.scope(&known).map(|scope| (project, scope))
        }
    };
    let layout = super::layout(console);
    match (&checked, format) {
        (Ok((project, scope)), Format::Json) => super::print_json(
            &json!({ "schema": "assay-project/v1", "file": name, "project": project,
                     "rows_left_out": scope.iter().flat_map(|out| &out.rows).collect::<Vec<_>>() }),
            console,
        )?,
        (Ok((project, scope)), Format::Text) => {
            console.print(&output::read(project, scope, layout))?;
        }
        (Err(faults), Format::Json) => {
            let faults: Vec<_> = faults
                .iter()
                .map(|fault| json!({ "file": name, "line": fault.line, "message": fault.say }))
                .collect();
            super::print_json(&json!({ "schema": "assay-project/v1", "faults": faults }), console)?;
        }
        (Err(faults), Format::Text) => console.print(&output::faults(&name, faults, layout))?,
    }
    Ok(if checked.is_ok() { Exit::Wanted } else { Exit::Failed })
}

/// What fills the documents of a run.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) cover: Cover,
    pub(super) number_prefix: Option<String>,
    pub(super) scope_out: Vec<ScopeOut>,
}

/// Reads what fills the documents of a run that is judged by profiles of `catalogues`.
pub(super) fn filled(given: &Filling, catalogues: &[&Catalogue]) -> Result<Filled, Failure> {
    let mut filled = Filled::default();
    if let Some(file) = &given.project {
        let refused = |faults: Vec<Fault>| refusal(file, &faults);
        let project = parse(file)?.map_err(refused)?;
        if !project.scope_out.is_empty() {
            let known = known(file, &project, catalogues)?;
            filled.scope_out = project.scope(&known).map_err(refused)?;
        }
        filled.cover = project.cover;
        filled.number_prefix = project.number_prefix;
    }
    filled.cover.stage = given.stage.or(filled.cover.stage);
    Ok(filled)
}

/// Reads what fills a document of reports that were judged before.
pub(super) fn particulars(given: &Filling) -> Result<Filled, Failure> {
    let mut filled = Filled::default();
    if let Some(file) = &given.project {
        let project = parse(file)?.map_err(|faults| refusal(file, &faults))?;
        (filled.cover, filled.number_prefix) = (project.cover, project.number_prefix);
    }
    filled.cover.stage = given.stage.or(filled.cover.stage);
    Ok(filled)
}

fn parse(file: &Path) -> Result<Result<Project, Vec<Fault>>, Failure> {
    let name = file.display().to_string();
    let cannot =
        || Failure::usage(text("无法读取项目文件 `{}`", "cannot read project file `{}`", &[&name]));
    let bytes = super::read_small(file).map_err(|error| cannot().because(error))?;
    let toml = String::from_utf8(bytes).map_err(|error| {
        cannot()
            .because(error.utf8_error())
            .hint(Text::new("以 UTF-8 编码另存", "save it in UTF-8"))
    })?;
    Ok(project::parse(&toml))
}

/// Returns the first fault as what stops a command.
fn refusal(file: &Path, faults: &[Fault]) -> Failure {
    let name = file.display().to_string();
    let failure = match faults.first() {
        Some(first) => Failure::usage(output::fault(&name, first)),
        None => Failure::usage(text("`{}` 有误", "`{}` is wrong", &[&name])),
    };
    failure.hint(text(
        "全部问题：`assay project check {}`",
        "`assay project check {}` tells everything that is wrong with it",
        &[&crate::report::todo::quoted(&name)],
    ))
}

/// Returns what may be left out: the norm's rows, and those of the profiles that are named.
fn known(file: &Path, project: &Project, catalogues: &[&Catalogue]) -> Result<Known, Failure> {
    let mut known = Known::default();
    for catalogue in catalogues {
        known.add(catalogue);
    }
    for name in &project.profiles {
        let path = file.parent().unwrap_or(Path::new("")).join(name);
        let bytes = super::read_small(&path).map_err(|error| {
            let path = path.display().to_string();
            Failure::usage(text("无法读取配置档 `{}`", "cannot read profile `{}`", &[&path]))
                .because(error)
        })?;
        let toml = String::from_utf8_lossy(&bytes);
        let own = Catalogue::bundled().with_file(&path.display().to_string(), &toml);
        match own {
            Ok(own) => known.add(&own),
            // A profile that is there already is known already.
            Err(ProfileError::Twice { .. }) => {}
            Err(error) => return Err(super::catalogue::failure(error)),
        }
    }
    Ok(known)
}
