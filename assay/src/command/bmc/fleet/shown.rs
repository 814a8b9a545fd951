//! How a run over many BMCs is shown while it goes.

use crate::{
    command::bmc::{subjects::Host, verb::Verb},
    console::Console,
    output::bmc::board::Board,
    progress::{Progress, rows::Rows},
};

/// How the run is shown while it goes.
pub(super) enum Shown {
    /// One host: a line, once it takes long, that begins with what is done.
    Line(Progress, String),
    /// Several.
    Rows(Rows),
}

/// Begins to show the hosts that are asked.
pub(super) fn shown(asked: &[(usize, &Host)], verb: &Verb, console: &Console) -> Shown {
    let step = verb.step();
    if asked.len() < 2 || verb.lasts() {
        let shown = console.progress && !verb.lasts();
        let step = console.tr(&step);
        return Shown::Line(Progress::start(shown, step), step.to_owned());
    }
    let board =
        Board::new(step, asked.iter().map(|(_, host)| (host.address.to_string(), place(host))));
    Shown::Rows(Rows::start(console.progress, console.lang, board))
}

/// Returns where a list has a host: its serial number, its rack and unit.
fn place(host: &Host) -> String {
    let Some(listed) = &host.listed else { return String::new() };
    let unit = listed.unit.map(|unit| format!("U{unit}"));
    let parts = [listed.serial.as_deref(), listed.rack.as_deref(), unit.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
