//! `assay bmc`: what is done with management controllers.

mod access;
mod adopt;
mod array;
mod audit;
mod certs;
mod console;
mod discover;
mod events;
mod export;
mod firmware;
mod fleet;
mod interop;
mod journal;
mod known;
mod lock;
mod lockdown;
mod media;
mod perform;
mod replay;
mod save;
mod sessions;
mod simulate;
mod stages;
mod stop;
mod subjects;
pub(in crate::command) mod survey;
mod trust;
mod verb;
mod watch;

use std::path::PathBuf;

use bmc::safety::{self, Consent, Effect, Permit, Refusal};
use profiles::Text;

use self::{access::Keys, fleet::Way, journal::Journal, subjects::Host, verb::Verb};
use crate::{
    cli::{
        Format,
        bmc::{Bmc, BmcCommand, Print, simulate::Site},
    },
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::bmc::{
        Document, csv,
        found::{Met, Word},
        page,
        value::{Named, Took},
    },
};

/// Does what is asked for, if it may be done to all of the hosts.
pub(super) fn run(arguments: &Bmc, console: &mut Console) -> Result<Exit, Failure> {
    if let Some(exit) = without_bmcs(arguments, console)? {
        return Ok(exit);
    }
    if arguments.resume.is_some() && keeps_no_journal(&arguments.command) {
        let message = Text::new("这个命令没有日志", "this command keeps no journal");
        return Err(Failure::usage(message).hint(Text::new("去掉 --resume", "leave out --resume")));
    }
    let hosts = subjects::resolve(&arguments.targets, &arguments.hosts)?;
    if let BmcCommand::Discover(given) = &arguments.command {
        return discover::run(given, arguments, &hosts, console);
    }
    console::check(&arguments.command, &hosts)?;
    let mut verb = Verb::of(&arguments.command)?;
    let effect = verb.as_ref().map_or(Effect::Read, Verb::effect);
    if hosts.len() > 1 && matches!(&verb, Some(Verb::Setting(setting)) if setting.is_of_one()) {
        let message =
            Text::new("多台主机不能用同一静态地址", "several hosts cannot have one static address");
        return Err(Failure::usage(message).hint(Text::new("逐台设置", "set them one by one")));
    }
    let consent = Consent { yes_hosts: arguments.yes_hosts, dry_run: arguments.dry_run };
    let permit = match safety::decide(effect, &subjects::of(&hosts), consent) {
        Ok(permit) => permit,
        Err(refusal) => return Err(refused(refusal, &hosts, console)),
    };
    adopt::check(&arguments.command, &hosts)?;
    let without = match &arguments.command {
        BmcCommand::Export(_) => "export",
        _ => "trust",
    };
    let (name, output) = (verb.as_ref().map_or(without, Verb::name), arguments.output);
    // A file that is no image is told before a host is asked, and in a rehearsal too.
    let job = firmware::open(&arguments.command, &hosts, console)?;
    if permit == Permit::Tell {
        let plan = match &verb {
            Some(Verb::Setting(setting)) => setting.plan(),
            _ => None,
        };
        // What would be done is told by the hosts themselves.
        match plan {
            Some(plan) => verb = Some(Verb::Setting(plan)),
            None => return told(name, &hosts, output, console),
        }
    }
    let mut verb = match (&arguments.command, verb) {
        (BmcCommand::Trust(trust), _) => {
            return trust::run(trust, &arguments.access, output, &hosts, console);
        }
        (BmcCommand::Export(export), _) => {
            let (access, at_a_time) = (&arguments.access, arguments.at_a_time);
            return export::run(export, access, at_a_time, output, &hosts, console);
        }
        (_, Some(verb)) => verb,
        (_, None) => return Ok(Exit::Wanted),
    };
    let keys = Keys::read(&adopt::name_credential(arguments), &hosts)?;
    if let Some(given) = adopt::of(&arguments.command) {
        let met = adopt::run(given, arguments, &hosts, keys, console)?;
        print(name, &hosts, &met, &[], output, console)?;
        return Ok(exit(&met));
    }
    if let Verb::Setting(setting) = &mut verb {
        setting.keep(&keys.place);
    }
    if let Some(insert) = media::of(&arguments.command) {
        return media::run(insert, arguments, &hosts, &keys, console);
    }
    if let Some(job) = job {
        let met = firmware::run(job, &hosts, &keys, arguments, console)?;
        print(name, &hosts, &met, &[], output, console)?;
        return Ok(exit(&met));
    }
    if let Some(given) = events::of(&arguments.command) {
        return events::run(given, arguments, &hosts, &keys, console);
    }
    if let Some(given) = watch::of(&arguments.command) {
        return watch::run(given, arguments, &hosts, &keys, console);
    }
    if let BmcCommand::Console(given) = &arguments.command {
        return console::run(given, arguments, &hosts, &keys, console);
    }
    with_all(&verb, arguments, &hosts, &keys, console)
}

/// Does what takes no BMC; nothing where some are wanted.
fn without_bmcs(arguments: &Bmc, console: &mut Console) -> Result<Option<Exit>, Failure> {
    let some = !arguments.targets.is_empty();
    Ok(Some(match &arguments.command {
        BmcCommand::Simulate(simulate) => {
            let mut simulate = simulate.clone();
            fill(&mut simulate.site, arguments)?;
            simulate::run(&simulate, some, console)?
        }
        BmcCommand::Replay(replay) => {
            let mut replay = replay.clone();
            fill(&mut replay.site, arguments)?;
            replay::run(&replay, some, console)?
        }
        BmcCommand::Accept(accept) if !accept.from.is_empty() => {
            let met = interop::offline(accept, some)?;
            interop::print(&met, arguments.output, console)?
        }
        _ => return Ok(None),
    }))
}

/// Does what is wanted with all of the hosts, and goes on where a journal stopped.
fn with_all(
    verb: &Verb,
    arguments: &Bmc,
    hosts: &[Host],
    keys: &Keys,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let system = arguments.access.system.as_deref();
    let open = |path: &PathBuf| Journal::open(path, verb, system, console);
    let journal = arguments.resume.as_ref().map(open).transpose()?;
    let standing = match &journal {
        Some(journal) => journal.standing(hosts, arguments.yes_unknown)?,
        None => Vec::new(),
    };
    let mut way = Way::of(arguments);
    (way.journal, way.standing) = (journal.as_ref(), standing);
    let ended = fleet::run_timed(hosts, keys, way, verb, console, None)?;
    if let Some(journal) = journal {
        journal.close(console);
    }
    let (mut met, took): (Vec<Met>, Vec<Option<Took>>) = ended.into_iter().unzip();
    if matches!(verb, Verb::Audit { .. }) {
        audit::compare(hosts, &mut met);
    }
    print(verb.name(), hosts, &met, &took, arguments.output, console)?;
    Ok(exit(&met))
}

/// Returns whether a command cannot go on where it stopped: it looks only, it serves a file while it
/// runs, it is typed into, or it takes hosts one after the other by a rule of its own.
fn keeps_no_journal(command: &BmcCommand) -> bool {
    matches!(
        command,
        BmcCommand::Trust(_)
            | BmcCommand::Discover(_)
            | BmcCommand::Console(_)
            | BmcCommand::Export(_)
            | BmcCommand::Firmware(_)
    ) || media::of(command).is_some()
        || events::of(command).is_some()
        || watch::of(command).is_some()
}

/// Fills in what simulated hosts take from the options of all commands.
fn fill(site: &mut Site, arguments: &Bmc) -> Result<(), Failure> {
    let number = |path: &PathBuf| {
        let number = path.to_str()?.parse().ok()?;
        (1..=100_000).contains(&number).then_some(number)
    };
    site.hosts = match arguments.hosts.as_slice() {
        [] => Some(1),
        [hosts] => number(hosts),
        _ => None,
    }
    .ok_or_else(|| {
        Failure::usage(Text::new("--hosts 不是台数", "--hosts is no number of hosts"))
            .hint(Text::new("写 1 到 100000", "write 1 to 100000"))
    })?;
    site.user = arguments.access.user.clone().unwrap_or_else(|| "admin".to_owned());
    site.password_file.clone_from(&arguments.access.password_file);
    site.output = match arguments.output {
        Print::Json => Format::Json,
        Print::Text | Print::Csv => Format::Text,
    };
    Ok(())
}

/// Tells what would be done to which hosts.
fn told(name: &str, hosts: &[Host], output: Print, console: &mut Console) -> Result<Exit, Failure> {
    let count = hosts.len().to_string();
    console.note(&text(
        "预演：将对 {1} 台执行“{0}”，没有做任何事",
        "dry run: `{0}` would be done to {1} hosts; nothing was done",
        &[name, &count],
    ));
    let met: Vec<Met> = hosts.iter().map(|_| Met::Told).collect();
    print(name, hosts, &met, &[], output, console)?;
    Ok(Exit::Wanted)
}

fn print(
    name: &str,
    hosts: &[Host],
    met: &[Met],
    took: &[Option<Took>],
    output: Print,
    console: &mut Console,
) -> Result<(), Failure> {
    let addresses: Vec<String> = hosts.iter().map(|host| host.address.to_string()).collect();
    let rows: Vec<(&str, &Met)> = addresses.iter().map(String::as_str).zip(met).collect();
    match output {
        Print::Text => console.print(&page(&rows, layout(console))),
        Print::Csv => console.print(&csv(&rows, console.lang)),
        Print::Json => print_json(&documented_with(name, hosts, met, took), console),
    }
}

/// Returns what was met as a document.
fn documented<'a>(name: &'a str, hosts: &'a [Host], met: &'a [Met]) -> Document<'a> {
    documented_with(name, hosts, met, &[])
}

/// Returns the same, with how long each host took.
fn documented_with<'a>(
    name: &'a str,
    hosts: &'a [Host],
    met: &'a [Met],
    took: &[Option<Took>],
) -> Document<'a> {
    let named = hosts.iter().enumerate().map(|(at, host)| {
        let listed = host.listed.as_ref();
        Named {
            address: host.address.to_string(),
            serial: listed.and_then(|listed| listed.serial.as_deref()),
            rack: listed.and_then(|listed| listed.rack.as_deref()),
            unit: listed.and_then(|listed| listed.unit),
            took: took.get(at).copied().flatten(),
        }
    });
    Document { command: name, hosts: named.zip(met).collect() }
}

/// Returns how a run ends by how its hosts did: one that is not as wanted outweighs one that could
/// not be asked.
fn exit<'m>(met: impl IntoIterator<Item = &'m Met>) -> Exit {
    let met: Vec<Word> = met.into_iter().map(Met::word).collect();
    let any = |words: &[Word]| met.iter().any(|word| words.contains(word));
    if any(&[
        Word::Failed,
        Word::Unfit,
        Word::NotKept,
        Word::Unsupported,
        Word::Changed,
        Word::Weak,
        Word::NotConforming,
    ]) {
        Exit::Failed
    } else if any(&[
        Word::Refused,
        Word::Unreached,
        Word::NotTried,
        Word::Interrupted,
        Word::Undecided,
        Word::Unknown,
    ]) {
        Exit::Unknown
    } else {
        Exit::Wanted
    }
}

fn refused(refusal: Refusal, hosts: &[Host], console: &mut Console) -> Failure {
    if matches!(refusal, Refusal::Unconfirmed { .. } | Refusal::Miscounted { .. }) {
        list(hosts, console);
    }
    let (zh, en) = refusal.hint();
    let refused = Text::new("没有对任何主机做任何事", "nothing was done to any host");
    Failure::usage(refused).because(refusal).hint(Text::new(zh, en))
}

/// Tells which hosts are meant, all of them: their number is asked for.
fn list(hosts: &[Host], console: &mut Console) {
    for host in hosts {
        let listed = host.listed.as_ref();
        let mut line = host.address.to_string();
        let rack = listed.and_then(|listed| listed.rack.as_deref());
        let unit = listed.and_then(|listed| listed.unit).map(|unit| format!("U{unit}"));
        let parts = [listed.and_then(|listed| listed.serial.as_deref()), rack, unit.as_deref()];
        for part in parts.into_iter().flatten() {
            line.push_str("  ");
            line.push_str(part);
        }
        console.say(&format!("{line}\n"));
    }
}
