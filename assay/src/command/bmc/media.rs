//! `assay bmc TARGET… media insert FILE`: the file is served to the BMCs that insert it.

pub(super) mod offer;
pub(super) mod place;

use std::{
    fs::File,
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bmc::{
    hand::{Acted, Bmc, HandError},
    media,
    operation::Outcome,
};
use offer::Offer;
use profiles::Text;

use super::{
    access::Keys,
    documented, exit,
    fleet::{self, Way},
    subjects::Host,
    verb::Verb,
};
use crate::{
    cli::{
        self,
        bmc::{
            BmcCommand, Print,
            verb::{Insert, MediaCommand},
        },
    },
    clock,
    command::{layout, no_json, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::bmc::{
        csv,
        found::{Met, Word},
        page,
        served::{self, Served, size},
    },
    progress::Progress,
};

/// How often it is looked what was read.
const LOOK: Duration = Duration::from_millis(100);

/// Returns what is to be inserted, where it is a file.
pub(super) fn of(command: &BmcCommand) -> Option<&Insert> {
    match command {
        BmcCommand::Media(cli::bmc::verb::Media { command: MediaCommand::Insert(insert) }) => {
            insert.file().map(|_| insert)
        }
        _ => None,
    }
}

/// Says why a host is served nothing: in Chinese, and in English.
pub(super) fn no_way() -> (String, String) {
    (
        "本机没有可供该 BMC 到达的地址".to_owned(),
        "this machine has no address that this BMC could reach".to_owned(),
    )
}

/// Why serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The operator asked to stop.
    Asked,
    /// All have read all of it.
    Read,
    /// Nobody is left who could read.
    Nobody,
}

/// Serves the file, has the hosts insert it, and shows what they read until it is over.
pub(super) fn run(
    insert: &Insert,
    arguments: &cli::bmc::Bmc,
    hosts: &[Host],
    keys: &Keys,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let path = Path::new(&insert.url);
    let file = open(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let paths = place::paths(hosts, &media::name(&name))?;
    let unable = |error: io::Error| {
        Failure::unable(Text::new("无法提供文件", "cannot serve the file")).because(error)
    };
    let interrupt = Interrupt::watch().map_err(unable)?;
    let serving = &insert.serving;
    let offer = Offer::start(file, paths, insert.slot.clone(), serving.serve, serving.serve_by);
    let offer = Arc::new(offer.map_err(unable)?);
    let ask = |hosts: &[Host], verb: &Verb, console: &mut Console| {
        fleet::run(hosts, keys, Way::of(arguments), verb, console)
    };
    let began = clock::instant();
    let met = ask(hosts, &Verb::Offer(Arc::clone(&offer)), console)?;
    let names: Vec<String> = hosts.iter().map(|host| host.address.to_string()).collect();
    let rows: Vec<(&str, &Met)> = names.iter().map(String::as_str).zip(&met).collect();
    match arguments.output {
        Print::Text => console.print(&page(&rows, layout(console)))?,
        Print::Csv => console.print(&csv(&rows, console.lang))?,
        Print::Json => {}
    }
    let mut watch = Watch {
        offer: &offer,
        names: &names,
        inserted: met.iter().map(|met| is_in(met.word())).collect(),
        silent: vec![false; hosts.len()],
        told: vec![(false, false); hosts.len()],
        strangers: 0,
        began,
        patience: Duration::from_secs(insert.serving.patience.into()),
        until_read: insert.serving.until_read,
    };
    watch.refused(&met, console);
    let ended = watch.run(&interrupt, console)?;
    let silent = watch.silent;
    let mut ejected: Vec<Option<Met>> = hosts.iter().map(|_| None).collect();
    if !insert.serving.keep && ended != Ended::Read {
        // Whoever was interrupted may have it in.
        let meant = |met: &Met| is_in(met.word()) || met.word() == Word::Interrupted;
        let at: Vec<usize> = (0..met.len()).filter(|at| met.get(*at).is_some_and(meant)).collect();
        let some: Vec<Host> = at.iter().filter_map(|at| hosts.get(*at).cloned()).collect();
        let withdraw = Verb::Withdraw(Arc::clone(&offer));
        for (at, met) in at.into_iter().zip(ask(&some, &withdraw, console)?) {
            if let Some(place) = ejected.get_mut(at) {
                *place = Some(met);
            }
        }
    }
    let tally = offer.server.tally();
    let length = offer.server.length();
    let urls: Vec<Option<String>> = names.iter().map(|name| offer.url(name)).collect();
    // Whoever was asked has answered: this is the last that has it, and the server ends.
    drop(offer);
    let all: Vec<Served<'_>> = names
        .iter()
        .zip(tally.reads)
        .zip(&urls)
        .zip(&ejected)
        .map(|(((name, reads), url), ejected)| Served {
            address: name,
            url: url.as_deref(),
            reads,
            length,
            began,
            ejected: ejected.as_ref(),
        })
        .collect();
    tell(&all, &tally.strangers, (hosts, &met), arguments.output, console)?;
    let ejected: Vec<Met> = ejected.into_iter().flatten().collect();
    let told = if silent.contains(&true) { Exit::Failed } else { Exit::Wanted };
    Ok(worst(&[exit(&met), exit(&ejected), told]))
}

/// Tells what was served.
fn tell(
    all: &[Served<'_>],
    strangers: &[std::net::IpAddr],
    (hosts, met): (&[Host], &[Met]),
    output: Print,
    console: &mut Console,
) -> Result<(), Failure> {
    match output {
        Print::Text => console.print(&served::page(all, console.lang)),
        // A spreadsheet has had its lines.
        Print::Csv => Ok(()),
        Print::Json => {
            let document = documented("media insert", hosts, met);
            let mut document = serde_json::to_value(document).map_err(no_json)?;
            served::put(&mut document, all, strangers);
            print_json(&document, console)
        }
    }
}

/// Returns how all of it ends: what is not as wanted outweighs what could not be asked.
fn worst(ends: &[Exit]) -> Exit {
    let is_failed = ends.contains(&Exit::Failed);
    if is_failed { Exit::Failed } else { ends.iter().copied().max().unwrap_or_default() }
}

fn is_in(word: Word) -> bool {
    matches!(word, Word::Done | Word::Accepted)
}

/// Opens the file, once and for all; what is no file is not opened.
fn open(path: &Path) -> Result<File, Failure> {
    let name = path.display().to_string();
    let message = text("无法提供 `{}`", "cannot serve `{}`", &[&name]);
    // A pipe without a writer is not waited for.
    let now = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let opened = File::options().read(true).custom_flags(now).open(path);
    let about = opened.and_then(|file| Ok((file.metadata()?, file)));
    let (about, file) = match about {
        Ok(found) => found,
        Err(error) => return Err(Failure::usage(message).because(error)),
    };
    let why = if !about.is_file() {
        "it is no regular file"
    } else if about.len() == 0 {
        "it is empty"
    } else {
        return Ok(file);
    };
    Err(Failure::usage(message).because(why).hint(Text::new(
        "须为非空的普通文件；设备请先复制为文件",
        "name a file that has something in it; copy a device to a file first",
    )))
}

/// What the hosts read, and what of it was told.
struct Watch<'a> {
    offer: &'a Offer,
    names: &'a [String],
    inserted: Vec<bool>,
    /// Whoever did not ask in time.
    silent: Vec<bool>,
    /// Whether the first request and the last byte were told.
    told: Vec<(bool, bool)>,
    strangers: usize,
    began: Instant,
    patience: Duration,
    until_read: bool,
}

impl Watch<'_> {
    /// Tells of those that inserted nothing and asked for nothing.
    fn refused(&mut self, met: &[Met], console: &mut Console) {
        let reads = self.offer.server.tally().reads;
        for (at, (met, reads)) in met.iter().zip(&reads).enumerate() {
            if met.word() == Word::Failed && reads.requests == 0 {
                self.quiet(at, console);
            }
        }
    }

    /// Says that a host did not fetch it.
    fn quiet(&mut self, at: usize, console: &mut Console) {
        if let Some(silent) = self.silent.get_mut(at) {
            *silent = true;
        }
        let Some(name) = self.names.get(at) else { return };
        let Some(url) = self.offer.url(name) else { return };
        let origin = url.split('/').nth(2).unwrap_or_default();
        let way = url.split(':').next().unwrap_or_default();
        console.note(&text(
            "{0} 没有从 {1} 读取镜像：核对该地址能否从带外网络到达（可用 --serve 另指）、防火墙是否\
             放行、BMC 是否支持 {2}",
            "{0} did not fetch the image from {1}: is this address reachable from the out-of-band \
             network (--serve names another), does a firewall let it through, and does the BMC \
             take {2}?",
            &[name, origin, way],
        ));
    }

    /// Shows what is read until it is over.
    fn run(&mut self, interrupt: &Interrupt, console: &mut Console) -> Result<Ended, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            Failure::unable(Text::new("无法计时", "cannot keep time")).because(error)
        })?;
        let since = clock::instant();
        let progress = Progress::start(console.progress, "");
        runtime.block_on(async {
            loop {
                if interrupt.asked() {
                    return Ok(Ended::Asked);
                }
                if let Some(ended) = self.look(since.elapsed(), &progress, console) {
                    return Ok(ended);
                }
                tokio::time::sleep(LOOK).await;
            }
        })
    }

    fn look(
        &mut self,
        since: Duration,
        progress: &Progress,
        console: &mut Console,
    ) -> Option<Ended> {
        let tally = self.offer.server.tally();
        let length = self.offer.server.length();
        for stranger in tally.strangers.iter().skip(self.strangers) {
            console.note(&text(
                "拒绝了 {}：它不是所指的 BMC",
                "{} was hung up on: it is none of these BMCs",
                &[&stranger.to_string()],
            ));
        }
        self.strangers = tally.strangers.len();
        let mut waits_for = 0_usize;
        for (at, reads) in tally.reads.iter().enumerate() {
            let Some(name) = self.names.get(at) else { continue };
            let told = self.told.get_mut(at)?;
            if let (false, Some(after)) = (told.0, reads.first_after(self.began)) {
                told.0 = true;
                let by: Vec<String> = reads.by.iter().map(ToString::to_string).collect();
                let seconds = format!("{}.{}", after.as_secs(), after.subsec_millis() / 100);
                console.note(&text(
                    "{0} 开始读取镜像（来自 {1}，{2} 秒后）",
                    "{0} reads the image (from {1}, after {2} s)",
                    &[name, &by.join(", "), &seconds],
                ));
            }
            if !told.1 && reads.is_whole(length) {
                told.1 = true;
                console.note(&text(
                    "{0} 已完整读取镜像（{1}）",
                    "{0} has read all of the image ({1})",
                    &[name, &size(length)],
                ));
            }
            let is_done = told.1 && self.until_read;
            let is_silent = reads.requests == 0 && since >= self.patience;
            if self.inserted.get(at) == Some(&true) && !is_done {
                if !is_silent {
                    waits_for += 1;
                } else if self.silent.get(at) == Some(&false) {
                    self.quiet(at, console);
                }
            }
        }
        progress.step(&served::so_far(&tally.reads, length, console.lang));
        if waits_for > 0 {
            return None;
        }
        let read = self.until_read
            && self.inserted.contains(&true)
            && self.silent.iter().zip(&self.inserted).any(|(silent, is_in)| *is_in && !silent);
        Some(if read { Ended::Read } else { Ended::Nobody })
    }
}

/// Ejects the image that a BMC was offered, and nothing else.
pub(super) async fn withdraw(
    bmc: &mut Bmc,
    url: &str,
    named: Option<&str>,
) -> Result<Acted, HandError> {
    let slots = bmc.media().await?;
    // Some show the URL without its scheme; what cannot be guessed is in it.
    let secret = url.rsplit('/').nth(1).unwrap_or_default();
    let ours = slots.iter().find(|slot| {
        !secret.is_empty() && slot.image.as_ref().is_some_and(|image| image.contains(secret))
    });
    // Some show that there is something, and not what.
    let full = || {
        let mut full =
            slots.iter().filter(|slot| slot.inserted == Some(true) && slot.image.is_none());
        full.next().filter(|_| full.next().is_none())
    };
    match ours.or_else(full).map(|slot| slot.id.as_str()).or(named) {
        Some(slot) => bmc.eject(Some(slot)).await,
        None => Ok(Acted {
            outcome: Outcome::Done,
            remarks: vec![(
                "镜像已不在任何槽位中，未弹出".to_owned(),
                "the image is in no slot any more; nothing was ejected".to_owned(),
            )],
        }),
    }
}
