//! `assay storage compare`: runs side by side, case by case.

use storage_bench::compare::State;

use super::documents;
use crate::{
    cli::{Format, storage::Compare},
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::storage::compare as output,
};

/// Compares, and says what could not be.
pub(super) fn run(arguments: &Compare, console: &mut Console) -> Result<Exit, Failure> {
    let base = (arguments.base.display().to_string(), documents::read(&arguments.base)?);
    let read = |path: &std::path::PathBuf| -> Result<output::Named, Failure> {
        Ok((path.display().to_string(), documents::read(path)?))
    };
    let others = arguments.other.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    known(&arguments.case, &base, &others)?;
    let comparison = output::comparison(&base, &others, &arguments.case);
    match arguments.output {
        Format::Json => print_json(&comparison, console)?,
        Format::Text => console.print(&output::page(&comparison, layout(console)))?,
    }
    let states = || comparison.other.iter().flat_map(|other| &other.pair).map(|it| it.pair.state);
    let alone = comparison.other.iter().any(|other| {
        let lists = [&other.only_base, &other.only_other, &other.unclear];
        lists.iter().any(|cases| !cases.is_empty())
    });
    Ok(if states().any(|state| state == State::Refused) {
        Exit::Usage
    } else if alone || states().any(|state| state == State::Invalid) {
        Exit::Unknown
    } else {
        Exit::Wanted
    })
}

/// Refuses a case that no file has: a typing error would else compare nothing, and well.
fn known(only: &[String], base: &output::Named, others: &[output::Named]) -> Result<(), Failure> {
    let mut cases: Vec<&str> = Vec::new();
    for run in std::iter::once(base).chain(others).flat_map(|(_, runs)| runs) {
        if !cases.contains(&run.case.as_str()) {
            cases.push(&run.case);
        }
    }
    match only.iter().find(|case| !cases.contains(&case.as_str())) {
        None => Ok(()),
        Some(case) => {
            Err(Failure::usage(text("没有测试项 `{}`", "there is no case `{}`", &[case]))
                .hint(profiles::Text::same(cases.join(", "))))
        }
    }
}
