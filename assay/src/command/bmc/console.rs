//! `assay bmc TARGET console`: the serial console of a host, by SOL of IPMI.
//!
//! What is typed goes to the host and what the host says to stdout, byte by byte. [`escape`] and
//! [`until`] decide in values; [`terminal`] and [`pump`] are the edges.

mod escape;
mod pump;
mod terminal;
mod until;

use std::{
    fs::File,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    sync::Arc,
    time::Duration,
};

use bmc::{
    hand::HandError,
    ipmi::{self, IpmiError},
};
use profiles::{Lang, Text};
use tokio::time::{sleep, timeout};

use self::{
    escape::{Escapes, Typed},
    pump::{Screen, Unwritten},
    terminal::Terminal,
    until::Until,
};
use super::{
    access::Keys,
    documented, exit,
    fleet::{self, Way},
    stop::Stop,
    subjects::Host,
    verb::Verb,
};
use crate::{
    cli::{
        self,
        bmc::{BmcCommand, Print},
    },
    command::print_json,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::bmc::{
        found::{Found, Met},
        talk::{End, Talk},
    },
};

/// How long a BMC has to end the console when it is left.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is wanted of a console.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Take it over where another session has it.
    take: bool,
    /// Leave it after so long.
    time: Option<Duration>,
    /// Leave it when the host has said this.
    until: Option<String>,
    /// Write what the host says here.
    log: Option<Arc<File>>,
    /// Write it to stdout.
    shows: bool,
    /// The operator's language.
    lang: Lang,
}

impl Wanted {
    /// Reads what is wanted; the log is not opened yet, for it may not be done at all.
    pub(super) fn of(given: &cli::bmc::verb::Console) -> Self {
        Self {
            take: given.take,
            time: given.time.map(|seconds| Duration::from_secs(seconds.into())),
            until: given.until.clone(),
            log: None,
            shows: true,
            lang: Lang::En,
        }
    }
}

/// Refuses more than one host: there is one keyboard.
pub(super) fn check(command: &BmcCommand, hosts: &[Host]) -> Result<(), Failure> {
    if !matches!(command, BmcCommand::Console(_)) || hosts.len() < 2 {
        return Ok(());
    }
    let count = hosts.len().to_string();
    let said = text(
        "控制台只连接一台主机，所给的是 {} 台",
        "a console is of one host, and {} are named",
        &[&count],
    );
    Err(Failure::usage(said).hint(Text::new("只写一个地址", "name one address")))
}

/// Opens the console of the host, and ends with it.
pub(super) fn run(
    given: &cli::bmc::verb::Console,
    arguments: &cli::bmc::Bmc,
    hosts: &[Host],
    keys: &Keys,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let log = match &given.save {
        Some(path) => Some(Arc::new(open(path)?)),
        None => None,
    };
    let shows = arguments.output == Print::Text;
    let wanted = Wanted { log, shows, lang: console.lang, ..Wanted::of(given) };
    let verb = Verb::Console(wanted);
    let met = fleet::run(hosts, keys, Way::of(arguments), &verb, console)?;
    match arguments.output {
        Print::Json => print_json(&documented(verb.name(), hosts, &met), console)?,
        // What the host said is on stdout, and nothing else.
        Print::Text | Print::Csv => {
            if let (Some(host), Some(met)) = (hosts.first(), met.first()) {
                told(&host.address.to_string(), met, console)?;
            }
        }
    }
    Ok(exit(&met))
}

/// Tells on stderr what came of it.
fn told(address: &str, met: &Met, console: &mut Console) -> Result<(), Failure> {
    if let Met::Found { found: Found::Console(talk), .. } = met {
        let (zh, en) = talk.why();
        let counts = [talk.said, talk.typed].map(|count| count.to_string());
        let [said, typed] = &counts;
        console.note(&Text::new(
            format!("{address} 的控制台已关闭：{zh}；收到 {said} 字节，键入 {typed} 字节"),
            format!("console of {address} closed: {en}; {said} bytes said, {typed} typed"),
        ));
        return Ok(());
    }
    let (zh, en) = met.reason().unwrap_or_default();
    let message = Text::new(
        format!("{address} 的控制台不可用：{zh}"),
        format!("no console of {address}: {en}"),
    );
    let failure = match exit(std::slice::from_ref(met)) {
        Exit::Failed => Failure::failed(message),
        _ => Failure::unable(message),
    };
    Err(match met.hint() {
        Some((zh, en)) => failure.hint(Text::new(zh, en)),
        None => failure,
    })
}

/// Opens the log, at its end. What a host says may be secret: a new one is its owner's alone.
fn open(path: &std::path::Path) -> Result<File, Failure> {
    let file = File::options().append(true).create(true).mode(0o600).open(path);
    file.map_err(|error| {
        let name = path.display().to_string();
        Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
    })
}

/// Talks with the host until one of both has enough. The console is ended however that goes.
pub(super) async fn talk(
    client: &mut ipmi::Client,
    wanted: &Wanted,
    stop: &Stop,
) -> Result<Found, HandError> {
    let unable = |why: &dyn std::fmt::Display| {
        let why = (format!("无法使用终端：{why}"), format!("the terminal cannot be used: {why}"));
        Found::Unable { why }
    };
    let mut line = client.console(wanted.take).await?;
    let begun = Screen::start(wanted.shows, wanted.log.clone())
        .and_then(|screen| Ok((screen, pump::typed()?, Terminal::raw()?)));
    let (mut screen, mut typed, terminal) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            timeout(FAREWELL, line.end()).await.ok();
            return Ok(unable(&error));
        }
    };
    let mut talker = Talker {
        wanted,
        escapes: terminal.is_some().then(Escapes::new),
        until: wanted.until.as_deref().map(Until::new),
        talk: Talk { end: End::Left, said: 0, typed: 0, waited: wanted.until.is_some() },
    };
    if terminal.is_some() {
        talker.say((
            "控制台已连接；行首键入 ~? 查看用法，~. 离开",
            "console connected; ~? at the beginning of a line for help, ~. to leave",
        ));
    }
    let ended = talker.run(&mut line, &mut screen, &mut typed, stop).await;
    // The terminal is the operator's again before anything else is waited for.
    drop(terminal);
    // A session that is broken ends nothing any more, and the BMC ends it by itself.
    timeout(FAREWELL, line.end()).await.ok();
    let written = screen.end().await;
    match (ended, written) {
        (Err(Ended::Ipmi(error)), _) => Err(error.into()),
        (Err(Ended::Unwritten(why)), _) | (Ok(_), Err(why))
            if !matches!(why, Unwritten::Closed) =>
        {
            let because = std::error::Error::source(&why).map(ToString::to_string);
            let because = because.unwrap_or_default();
            Ok(Found::Unable {
                why: (format!("无法写出主机的输出：{because}"), format!("{why}: {because}")),
            })
        }
        (Err(Ended::Unwritten(_)), _) => {
            Ok(Found::Console(Talk { end: End::Unread, ..talker.talk }))
        }
        (Ok(end), _) => Ok(Found::Console(Talk { end, ..talker.talk })),
    }
}

/// Why it went on no longer.
enum Ended {
    Ipmi(IpmiError),
    Unwritten(Unwritten),
}

/// Between the operator and the host.
struct Talker<'a> {
    wanted: &'a Wanted,
    /// Where somebody types; what comes by a pipe has none.
    escapes: Option<Escapes>,
    until: Option<Until>,
    talk: Talk,
}

impl Talker<'_> {
    async fn run(
        &mut self,
        line: &mut ipmi::Console<'_>,
        screen: &mut Screen,
        typed: &mut tokio::sync::mpsc::Receiver<Vec<u8>>,
        stop: &Stop,
    ) -> Result<End, Ended> {
        let over = sleep(self.wanted.time.unwrap_or(Duration::MAX));
        let mut over = std::pin::pin!(over);
        let mut types = true;
        loop {
            // Keys are taken as they come, so that the console can be left that hangs; a pipe
            // waits until the host has what came before.
            let takes = types && (self.escapes.is_some() || line.is_idle());
            // Where nothing else ends it, the end of what is typed does.
            if !types && line.is_idle() && self.wanted.time.is_none() && self.wanted.until.is_none()
            {
                return Ok(if self.escapes.is_some() { End::Left } else { End::Typed });
            }
            tokio::select! {
                () = stop.asked() => return Ok(End::Stopped),
                () = &mut over => return Ok(End::Time),
                said = line.step() => match said {
                    Ok(said) if said.is_empty() => {}
                    Ok(said) => {
                        self.talk.said += u64::try_from(said.len()).unwrap_or(u64::MAX);
                        let seen = self.until.as_mut().is_some_and(|until| until.is_seen(&said));
                        tokio::select! {
                            () = stop.asked() => return Ok(End::Stopped),
                            written = screen.say(said) => written.map_err(Ended::Unwritten)?,
                        }
                        if seen {
                            return Ok(End::Seen);
                        }
                    }
                    Err(IpmiError::ConsoleEnded) => return Ok(End::Bmc),
                    Err(error) => return Err(Ended::Ipmi(error)),
                },
                keys = typed.recv(), if takes => match keys {
                    None => types = false,
                    Some(keys) => {
                        if self.typed(line, &keys) {
                            return Ok(End::Left);
                        }
                    }
                },
            }
        }
    }

    /// Takes what was typed; returns whether the console is left.
    fn typed(&mut self, line: &mut ipmi::Console<'_>, keys: &[u8]) -> bool {
        let meant = match &mut self.escapes {
            Some(escapes) => escapes.take(keys),
            None => vec![Typed::Send(keys.to_vec())],
        };
        for one in meant {
            match one {
                Typed::Send(keys) => {
                    self.talk.typed += u64::try_from(keys.len()).unwrap_or(u64::MAX);
                    line.write(&keys);
                }
                Typed::Break => line.write_break(),
                Typed::Help => self.say((
                    "行首的 ~. 离开，~B 发送 break，~~ 键入 ~，~? 显示本说明",
                    "at the beginning of a line: ~. leaves, ~B sends a break, ~~ types ~, ~? tells this",
                )),
                Typed::Leave => return true,
            }
        }
        false
    }

    /// Tells the operator something, on a terminal that is raw.
    fn say(&self, (zh, en): (&str, &str)) {
        let said = match self.wanted.lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        // A terminal that is gone is told nothing.
        io::stderr().write_all(format!("\r\n[assay: {said}]\r\n").as_bytes()).ok();
    }
}
