//! `assay bmc TARGET… sel watch`: new entries of the logs of hosts, as they come.

use std::time::Duration;

use tokio::sync::mpsc;

use super::{
    access::Keys,
    exit,
    fleet::{self, Show, Way},
    subjects::Host,
    verb::Verb,
};
use crate::{
    cli::{
        self,
        bmc::{
            BmcCommand, Print,
            verb::{SelCommand, Watch},
        },
    },
    command::layout,
    console::Console,
    exit::Exit,
    failure::Failure,
    output::bmc::{
        feed::{CSV_HEAD, Told},
        found::Met,
        page,
    },
};

/// What is wanted of logs that are followed.
#[derive(Clone, Debug)]
pub(super) struct Watching {
    /// The time between two looks.
    pub(super) every: Duration,
    /// Where it goes what is told.
    feed: Option<mpsc::UnboundedSender<Told>>,
}

impl Watching {
    /// Reads what is wanted.
    pub(super) fn of(given: &Watch) -> Self {
        Self { every: Duration::from_secs(given.every.into()), feed: None }
    }

    /// Tells something.
    pub(super) fn say(&self, told: Told) {
        if let Some(feed) = &self.feed {
            // Nobody listens any more when all of it ends.
            feed.send(told).ok();
        }
    }
}

/// Returns what is to be followed, where it is a log.
pub(super) fn of(command: &BmcCommand) -> Option<&Watch> {
    match command {
        BmcCommand::Sel(cli::bmc::verb::Sel { command: SelCommand::Watch(watch) }) => Some(watch),
        _ => None,
    }
}

/// Follows the logs of the hosts until it is asked to stop.
pub(super) fn run(
    given: &Watch,
    arguments: &cli::bmc::Bmc,
    hosts: &[Host],
    keys: &Keys,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let (feed, from) = mpsc::unbounded_channel();
    let verb = Verb::Watch(Watching { feed: Some(feed), ..Watching::of(given) });
    follow(&verb, from, given.time, arguments, hosts, keys, console)
}

/// Shows what hosts tell while they are followed, for so many seconds or until it is asked to stop.
pub(super) fn follow(
    verb: &Verb,
    from: mpsc::UnboundedReceiver<Told>,
    seconds: Option<u32>,
    arguments: &cli::bmc::Bmc,
    hosts: &[Host],
    keys: &Keys,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let output = arguments.output;
    if output == Print::Csv {
        console.print(CSV_HEAD)?;
    }
    let mut put = |told: &Told, console: &mut Console| put(told, output, console);
    let time = seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let show = Show { from, put: &mut put, time };
    let way = Way::of(arguments);
    let met = fleet::run_and_show(hosts, keys, way, verb, console, Some(show))?;
    ended(hosts, &met, output, console)?;
    Ok(exit(&met))
}

/// Prints what a host told: entries on stdout; the rest is a message, and for programs a line too.
fn put(told: &Told, output: Print, console: &mut Console) -> Result<(), Failure> {
    if output == Print::Json {
        return console.print(&format!("{}\n", told.value()));
    }
    if let Some(note) = told.note() {
        console.note(&note);
    }
    let line = match output {
        Print::Csv => told.csv(),
        Print::Text | Print::Json => told.line(console.lang, console.paint),
    };
    line.map_or(Ok(()), |line| console.print(&line))
}

/// Tells which hosts could not be followed, and why.
fn ended(hosts: &[Host], met: &[Met], output: Print, console: &mut Console) -> Result<(), Failure> {
    let bad = hosts.iter().zip(met).filter(|(_, met)| met.is_bad());
    let bad: Vec<(String, &Met)> = bad.map(|(host, met)| (host.address.to_string(), met)).collect();
    if bad.is_empty() {
        return Ok(());
    }
    if output == Print::Json {
        for (address, met) in &bad {
            let value = serde_json::json!({
                "schema": "assay/bmc-feed/v1", "address": address, "event": "ended",
                "result": met.word().text(),
                "reason": met.reason().map(|(zh, en)| serde_json::json!({ "zh": zh, "en": en })),
            });
            console.print(&format!("{value}\n"))?;
        }
    }
    let rows: Vec<(&str, &Met)> =
        bad.iter().map(|(address, met)| (address.as_str(), *met)).collect();
    let text = page(&rows, layout(console));
    console.say(&text);
    Ok(())
}
