//! The section on storage runs: of each, whether it proves anything and why not, its
//! numbers, and its pictures. Every number is one of the document (`storage/v1`).

mod comparison;
mod heat;
mod pictures;
mod plot;
mod pts;
mod ramp;
mod rounds;
mod scale;
mod series;
mod words;

use profiles::Text;
use serde_json::Value;
use storage_bench::measurement::{Latency, Run, Totals, Validity};

use crate::{
    output::{
        storage::said,
        unit::{grouped, latency, throughput},
    },
    report::storage,
};

use super::{
    super::words::Word,
    Line,
    text::{Bilingual, Html, Voice},
    verdicts,
};

pub(in crate::report) use pts::page as pts_page;

/// A line of the table of numbers.
pub(super) struct Numbers {
    /// What they are of.
    pub(super) name: Html,
    /// IOPS, bandwidth, mean, p50, p99, p99.9, longest, CPU for each I/O, errors.
    pub(super) cells: [Html; 9],
}

/// A feature of an engine.
pub(super) struct Feature {
    /// Its name.
    pub(super) name: Html,
    /// Whether it was in force.
    pub(super) on: bool,
    /// Why not.
    pub(super) reason: Option<Html>,
}

/// A picture with its title and what is to know of it.
#[derive(Debug)]
pub(super) struct Figure {
    /// What it shows.
    pub(super) title: Html,
    /// What is to know to read it.
    pub(super) note: Html,
    /// Whether it takes the whole width.
    pub(super) wide: bool,
    /// The picture.
    pub(super) drawing: Html,
}

/// A run as the page shows it.
pub(super) struct Shown {
    /// Where links lead.
    pub(super) anchor: String,
    /// The case that it answers.
    pub(super) case: Html,
    /// How load was made.
    pub(super) mode: Html,
    /// Path of what was under load.
    pub(super) path: Html,
    /// Whether it proves anything.
    pub(super) chip: Html,
    /// Whether a later run of its case took its place.
    pub(super) superseded: bool,
    /// Why it proves nothing, each with its stable word.
    pub(super) reasons: Vec<(Html, Html)>,
    /// What was run, on what.
    pub(super) particulars: Vec<Line>,
    /// Features of the engine.
    pub(super) features: Vec<Feature>,
    /// Whether its latencies are those of batches.
    pub(super) batch_reaped: bool,
    /// The numbers.
    pub(super) numbers: Vec<Numbers>,
    /// What else was found.
    pub(super) findings: Vec<Line>,
    /// The pictures.
    pub(super) figures: Vec<Figure>,
    /// IOPS, bandwidth, mean and p99 for the list of all runs.
    pub(super) summary: [Html; 4],
}

/// A ratio of a comparison.
pub(super) struct Ratio {
    /// Of what.
    pub(super) name: Html,
    /// The ratio, and the ends of its interval.
    pub(super) cells: [Html; 3],
    /// The interval, on an axis that all ratios of the comparison share.
    pub(super) drawing: Html,
}

/// A comparison as the page shows it.
pub(super) struct Compared {
    /// The case that it answers.
    pub(super) case: Html,
    /// Whether it proves anything.
    pub(super) chip: Html,
    /// Why it proves nothing, each with its stable word.
    pub(super) reasons: Vec<(Html, Html)>,
    /// With snapshots over without.
    pub(super) ratios: Vec<Ratio>,
    /// How it was done, and what else was found.
    pub(super) particulars: Vec<Line>,
}

/// Runs of a report.
pub(super) struct Runs {
    /// Those that read.
    pub(super) shown: Vec<Shown>,
    /// What of them compares.
    pub(super) compared: Vec<Compared>,
    /// How many do not: a report on a damaged document must still come out.
    pub(super) unread: usize,
}

/// Returns the runs that the facts hold; `None` where nothing was run.
pub(super) fn runs(v: Voice, facts: &Value) -> Option<Runs> {
    let (runs, unread) = storage::runs(facts)?;
    let superseded = said::superseded(&runs);
    let shown = runs.iter().zip(superseded).enumerate();
    let shown = shown.map(|(at, (run, superseded))| show(v, run, at.saturating_add(1), superseded));
    let mut shown: Vec<Shown> = shown.collect();
    ramp::add(v, &runs, &mut shown);
    Some(Runs { shown, compared: comparison::comparisons(v, facts), unread })
}

fn show(v: Voice, run: &Run, number: usize, superseded: bool) -> Shown {
    let service = &run.all.service;
    let [mean, p99] = if service.batch_reaped {
        // A latency of batches stands beside no latency of single operations.
        [v.w(words::BATCH_REAPED), v.w(words::BATCH_REAPED)]
    } else {
        [time(v, Some(service.mean_ns)), time(v, service.p99_ns)]
    };
    Shown {
        anchor: format!("storage-{number}"),
        case: v.t(said::case(run)),
        mode: v.t(said::mode(run.mode)),
        path: v.s(&run.subject.path),
        chip: chip(v, run.validity),
        superseded,
        reasons: run
            .reasons
            .iter()
            .map(|doubt| (v.t(Text::new(&doubt.zh, &doubt.en)), v.s(&doubt.code)))
            .collect(),
        particulars: particulars(v, run),
        features: run
            .engine
            .feature
            .iter()
            .map(|feature| Feature {
                name: v.s(&feature.name),
                on: feature.on,
                reason: said::why(feature).map(|why| v.t(why)),
            })
            .collect(),
        batch_reaped: service.batch_reaped,
        numbers: numbers(v, run),
        findings: findings(v, run),
        // What no longer counts keeps its numbers, and no picture.
        figures: if superseded { Vec::new() } else { pictures::figures(v, run) },
        summary: [v.s(grouped(run.all.iops)), v.s(throughput(run.all.bytes_per_s)), mean, p99],
    }
}

/// Returns the mark of a validity. A run that proves nothing has not failed: it has its
/// own word and the sign of what was not measured.
fn chip(v: Voice, validity: Validity) -> Html {
    let code = match validity {
        Validity::Valid => "pass",
        Validity::Invalid => "not-measured",
    };
    verdicts::mark(v, code, &said::validity(validity))
}

fn particulars(v: Voice, run: &Run) -> Vec<Line> {
    let mode = said::mode(run.mode);
    let note = said::mode_note(run.mode);
    let mode = Text::new(format!("{}：{}", mode.zh, note.zh), format!("{}: {}", mode.en, note.en));
    let subject = Html(format!(
        "<code>{}</code> {}",
        v.s(&run.subject.path),
        v.t(said::subject(&run.subject))
    ));
    let engine = format!("{} / {}", run.engine.name, run.engine.clock);
    vec![
        (v.w(words::SUBJECT), subject),
        (v.w(words::MODE), v.t(mode)),
        (v.w(words::LOAD), v.t(said::load(&run.workload))),
        (v.w(words::PARALLELISM), v.t(said::depth(run))),
        (v.w(words::STARTED), v.time(&run.started_at)),
        (v.w(words::DURATION), v.t(said::duration(run))),
        (v.w(words::ENGINE), v.s(engine)),
    ]
}

fn findings(v: Voice, run: &Run) -> Vec<Line> {
    let mut lines = vec![(v.w(words::COST), v.t(said::cost(&run.cost)))];
    let mut add = |word: Word, said: Option<Text>| {
        lines.extend(said.map(|said| (v.w(word), v.t(said))));
    };
    add(words::OPEN_LOOP, run.open_loop.as_ref().map(said::open_loop));
    add(words::STEADY, run.steady.as_ref().map(said::steady));
    add(words::SHAPE, run.shape.as_ref().map(said::shape));
    add(words::HIT, run.hit.as_ref().map(said::hit));
    add(words::PER_PETABYTE, run.per_petabyte.as_ref().map(said::per_petabyte));
    add(words::REDUCTION, run.reduction.as_ref().map(said::reduction));
    if let Some(cap) = &run.cap {
        let said: Vec<String> =
            said::cap(cap).iter().map(|said| format!("<p>{}</p>", v.t(said))).collect();
        lines.push((v.w(words::CAP_LINE), Html(said.concat())));
    }
    lines
}

/// Returns what each kind of operation did, where it did anything.
fn kinds(run: &Run) -> Vec<(Word, &Totals)> {
    use storage_bench::workload::Op;
    let kinds = [(Op::Read, &run.read), (Op::Write, &run.write), (Op::Trim, &run.trim)];
    let kinds = kinds.into_iter();
    kinds.filter_map(|(op, totals)| Some((words::op(op), totals.as_ref()?))).collect()
}

fn numbers(v: Voice, run: &Run) -> Vec<Numbers> {
    let mut lines = Vec::new();
    let kinds = kinds(run);
    let cpu = v.s(latency(run.cost.cpu_per_io_ns));
    // What the only kind did is what all did.
    let single = kinds.len() == 1;
    if !single {
        lines.push(line(v, words::ALL, &run.all, cpu.clone()));
    }
    for (word, totals) in kinds {
        lines.push(line(v, word, totals, if single { cpu.clone() } else { none() }));
    }
    for (word, totals) in [(words::HOT, &run.hot), (words::COLD, &run.cold)] {
        lines.extend(totals.as_ref().map(|totals| line(v, word, totals, none())));
    }
    if let Some(open) = &run.open_loop {
        for (word, times) in [(words::RESPONSE, &open.response), (words::LATENESS, &open.lateness)]
        {
            let [mean, p50, p99, p99_9, max] = times_of(v, times);
            let cells = [none(), none(), mean, p50, p99, p99_9, max, none(), none()];
            lines.push(Numbers { name: v.w(word), cells });
        }
    }
    lines
}

fn line(v: Voice, word: Word, totals: &Totals, cpu: Html) -> Numbers {
    let [mean, p50, p99, p99_9, max] = times_of(v, &totals.service);
    let cells = [
        v.s(grouped(totals.iops)),
        v.s(throughput(totals.bytes_per_s)),
        mean,
        p50,
        p99,
        p99_9,
        max,
        cpu,
        v.s(grouped(totals.errors)),
    ];
    Numbers { name: v.w(word), cells }
}

fn times_of(v: Voice, times: &Latency) -> [Html; 5] {
    let known = |ns: u64| (times.count > 0).then_some(ns);
    [
        time(v, known(times.mean_ns)),
        time(v, known(times.p50_ns)),
        time(v, times.p99_ns),
        time(v, times.p99_9_ns),
        time(v, known(times.max_ns)),
    ]
}

fn time(v: Voice, ns: Option<u64>) -> Html {
    ns.map_or_else(none, |ns| v.s(latency(ns)))
}

/// What stands where there is no number.
fn none() -> Html {
    Html("—".to_owned())
}

#[cfg(test)]
mod tests;
