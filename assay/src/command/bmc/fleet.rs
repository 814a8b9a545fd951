//! Many BMCs at once: some at a time, dead ones out of the way of the living, and none tried with a
//! credential that others refused.

mod follow;
mod shown;
mod way;

pub(super) use way::Way;

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    time::Duration,
};

use bmc::{
    hand::{Access, Bmc, HandError, Protocol, Session},
    ipmi,
    lockout::{Answer, Ledger, Turn},
    redfish::client::{Farewells, Options, RedfishError},
};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use profiles::{Lang, Text};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    runtime::Builder,
    sync::{Notify, Semaphore, SemaphorePermit, mpsc},
    time::{sleep, sleep_until, timeout},
};

use self::shown::{Shown, shown};
use super::{
    access::{self, Keys},
    journal::Journal,
    perform::perform,
    sessions::{Left, Notes},
    stages::Stages,
    stop::Stop,
    subjects::Host,
    verb::Verb,
};
use crate::{
    cli,
    console::Console,
    failure::Failure,
    interrupt::Interrupt,
    output::bmc::{
        board::Doing,
        feed::Told,
        found::{Found, Met},
        value::Took,
    },
};

/// Hosts that are asked at a time, unless it is said.
const AT_A_TIME: u16 = 768;
/// A host that is not connected after this makes room for another.
const PATIENT: Duration = Duration::from_secs(1);
/// How often what is shown is made anew.
const LOOK: Duration = Duration::from_millis(500);
/// How long sessions are waited for that are being closed.
const FAREWELL: Duration = Duration::from_secs(10);
/// As good as without an end.
const FOREVER: Duration = Duration::from_hours(24 * 365 * 100);

/// What all hosts of a run share.
struct Run<'a> {
    keys: &'a Keys,
    given: &'a cli::bmc::Access,
    per_bmc: u8,
    verb: &'a Verb,
    stagger: Duration,
    notes: Notes,
    journal: Option<&'a Journal>,
    ledger: RefCell<Ledger>,
    /// Some host has answered: those that wait for a turn ask again.
    settled: Notify,
    turns: Semaphore,
    farewells: Farewells,
    stages: Stages,
    began: tokio::time::Instant,
    stop: Stop,
    shown: Shown,
}

/// What hosts tell while they are followed, and how it is shown.
pub(super) struct Show<'a> {
    /// From where.
    pub(super) from: mpsc::UnboundedReceiver<Told>,
    /// How.
    pub(super) put: &'a mut dyn FnMut(&Told, &mut Console) -> Result<(), Failure>,
    /// For how long; until it is asked to stop, else.
    pub(super) time: Option<Duration>,
}

/// Does what is wanted with all hosts; the answers are in the order of the hosts.
pub(super) fn run(
    hosts: &[Host],
    keys: &Keys,
    way: Way<'_>,
    verb: &Verb,
    console: &mut Console,
) -> Result<Vec<Met>, Failure> {
    run_and_show(hosts, keys, way, verb, console, None)
}

/// The same, and shows what they tell meanwhile.
pub(super) fn run_and_show(
    hosts: &[Host],
    keys: &Keys,
    way: Way<'_>,
    verb: &Verb,
    console: &mut Console,
    show: Option<Show<'_>>,
) -> Result<Vec<Met>, Failure> {
    let ended = run_timed(hosts, keys, way, verb, console, show)?;
    Ok(ended.into_iter().map(|(met, _)| met).collect())
}

/// The same, with how long each host took, where it was asked.
pub(super) fn run_timed(
    hosts: &[Host],
    keys: &Keys,
    way: Way<'_>,
    verb: &Verb,
    console: &mut Console,
    mut show: Option<Show<'_>>,
) -> Result<Vec<(Met, Option<Took>)>, Failure> {
    let unable = |error: std::io::Error| {
        Failure::unable(Text::new("无法开始连接", "cannot begin to connect")).because(error)
    };
    let interrupt = if verb.lasts() { Interrupt::watch_patiently() } else { Interrupt::watch() };
    let interrupt = interrupt.map_err(unable)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(unable)?;
    let mut met: Vec<Option<(Met, Option<Took>)>> = hosts.iter().map(|_| None).collect();
    for (place, stands) in met.iter_mut().zip(way.standing) {
        *place = stands.map(|met| (met, None));
    }
    let open = |at: usize| met.get(at).is_none_or(Option::is_none);
    let asked: Vec<(usize, &Host)> = hosts.iter().enumerate().filter(|(at, _)| open(*at)).collect();
    let run = Run {
        keys,
        given: way.given,
        per_bmc: way.per_bmc,
        verb,
        stagger: if hosts.len() > 1 { verb.stagger() } else { Duration::ZERO },
        notes: Notes::read(&keys.place),
        journal: way.journal,
        ledger: RefCell::default(),
        settled: Notify::new(),
        turns: Semaphore::new(way.at_a_time.unwrap_or(AT_A_TIME).into()),
        farewells: Farewells::default(),
        stages: Stages::of(asked.iter().map(|(_, host)| *host)),
        began: tokio::time::Instant::now(),
        stop: Stop::new(interrupt),
        shown: shown(&asked, verb, console),
    };
    allow_files();
    runtime.block_on(async {
        let mut working = FuturesUnordered::new();
        // A host that waits for its turn is nothing yet: thousands of them would be 1.4 kB each.
        let mut rest = asked.iter().enumerate();
        let mut next = rest.next();
        let mut place = std::pin::pin!(run.next_place(0));
        let mut watch = std::pin::pin!(run.stop.watch());
        let time = show.as_ref().and_then(|show| show.time).unwrap_or(Duration::MAX);
        let mut over = std::pin::pin!(sleep(time));
        let (mut is_over, mut watched, mut shown) = (false, false, Ok(()));
        while next.is_some() || !working.is_empty() {
            tokio::select! {
                () = &mut watch, if !watched => watched = true,
                () = sleep(LOOK) => {}
                () = &mut over, if !is_over => {
                    is_over = true;
                    run.stop.ask();
                }
                told = next_told(&mut show), if shown.is_ok() => {
                    if let Some(show) = &mut show {
                        shown = (show.put)(&told, console);
                    }
                    // Whoever read it has seen what it wanted.
                    if shown.is_err() || console.is_closed() {
                        run.stop.ask();
                    }
                }
                free = &mut place, if next.is_some() => {
                    if let Some((turn, (at, host))) = next {
                        let run = &run;
                        working.push(async move { (*at, run.one(host, turn, free).await) });
                    }
                    next = rest.next();
                    place.set(run.next_place(next.map_or(0, |(turn, _)| turn)));
                }
                Some((at, answer)) = working.next() => {
                    if let Some(place) = met.get_mut(at) {
                        *place = Some(answer);
                    }
                }
            }
            run.show_stages(console.lang);
        }
        run.farewells.settle(FAREWELL).await;
        while let (Ok(()), Some(show)) = (&shown, &mut show)
            && let Ok(told) = show.from.try_recv()
        {
            shown = (show.put)(&told, console);
        }
        shown
    })?;
    Ok(met.into_iter().map(|met| met.unwrap_or((Met::Interrupted, None))).collect())
}

/// Has as many files open as may be: each connection is one.
fn allow_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it may not, there are as many as there were.
    setrlimit(Resource::Nofile, most).ok();
}

/// Waits for what is told next; for ever where nothing is to be shown.
async fn next_told(show: &mut Option<Show<'_>>) -> Told {
    let told = match show {
        Some(show) => show.from.recv().await,
        None => None,
    };
    match told {
        Some(told) => told,
        None => std::future::pending().await,
    }
}

impl Run<'_> {
    /// How long one host may take in all.
    fn total(&self) -> Duration {
        let given = self.given.timeout.map(|seconds| Duration::from_secs(seconds.into()));
        given.unwrap_or_else(|| self.verb.total())
    }

    /// Waits until it is the turn of the host that is asked so late, and there is a place for it;
    /// there is none for those that are not to be asked any more.
    async fn next_place(&self, turn: usize) -> Option<SemaphorePermit<'_>> {
        let index = u32::try_from(turn).unwrap_or(u32::MAX);
        let place = async {
            sleep_until(self.began + self.stagger.saturating_mul(index)).await;
            self.turns.acquire().await.ok()
        };
        tokio::select! {
            () = self.stop.asked() => None,
            place = place => place,
        }
    }

    /// Does the work on one host, which has its place; `turn` is its place among those that are
    /// asked.
    async fn one(
        &self,
        host: &Host,
        turn: usize,
        place: Option<SemaphorePermit<'_>>,
    ) -> (Met, Option<Took>) {
        if matches!(self.verb, Verb::Watch(_) | Verb::Listen(_)) {
            return (Box::pin(self.follow(host, turn, place)).await, None);
        }
        let total = self.total();
        let left = self.notes.left(&host.address);
        let begun = Cell::new(None);
        let connected = tokio::select! {
            () = self.stop.asked() => Err(Met::Interrupted),
            connected = self.connected(host, turn, place, total, left, &begun) => connected,
        };
        let mut acted = false;
        let met = match connected {
            Ok((bmc, place)) => {
                Box::pin(self.with(host, turn, total, bmc, place, left, &mut acted)).await
            }
            Err(met) => met,
        };
        if let Some(journal) = self.journal {
            journal.end(&host.address, &met, acted);
        }
        self.stages.ended(turn);
        self.show(turn, || Doing::Ended(met.word(), met.reason()));
        let took = begun.get().map(|begun: tokio::time::Instant| Took {
            waited: begun.duration_since(self.began),
            worked: begun.elapsed(),
        });
        (met, took)
    }

    /// Shows how far hosts are.
    fn show_stages(&self, lang: Lang) {
        match &self.shown {
            Shown::Line(progress, step) => progress.step(&self.stages.beside(step, lang)),
            Shown::Rows(rows) => {
                for (turn, stage) in self.stages.all(lang) {
                    rows.tell(turn, stage);
                }
            }
        }
    }

    /// Shows what a host is doing from now on.
    fn show(&self, turn: usize, doing: impl FnOnce() -> Doing) {
        if let Shown::Rows(rows) = &self.shown {
            rows.set(turn, doing());
        }
    }

    /// Connects to a host that has a place among those at work, or waits for one; returns the BMC,
    /// and the place.
    async fn connected<'p>(
        &'p self,
        host: &Host,
        turn: usize,
        place: Option<SemaphorePermit<'p>>,
        total: Duration,
        left: &[Left],
        begun: &Cell<Option<tokio::time::Instant>>,
    ) -> Result<(Bmc, Option<SemaphorePermit<'p>>), Met> {
        let way = self.keys.of(host);
        let place = self.place(place).await;
        begun.set(Some(tokio::time::Instant::now()));
        self.show(turn, || Doing::Connecting);
        let access = self.access(host, turn, &way, total, left);
        let unable = |error| Met::Failed { protocol: None, error };
        // On the heap, and only now: thousands of hosts wait, and what waits is to be small.
        let approaching = Box::pin(Bmc::approach(&host.address, &access, self.verb.needs()));
        let (approached, place) = self.patiently(approaching, place, total).await;
        // Who is dead has taken nobody's turn to be asked with the credential.
        let (approached, place) = match approached {
            Ok(approached) => (approached, self.place(place).await),
            Err(error) => return Err(unable(error)),
        };
        if let Some(name) = way.name {
            loop {
                let settled = self.settled.notified();
                let may = self.ledger.borrow_mut().turn(name, &host.address);
                match may {
                    Turn::Try => break,
                    // Those who have a turn have their places.
                    Turn::Wait => settled.await,
                    Turn::Asked | Turn::Stop => {
                        return Err(Met::Stopped { credential: name.to_owned() });
                    }
                }
            }
        }
        let entering = Box::pin(approached.enter(&access));
        let (entered, place) = self.patiently(entering, place, total).await;
        if let Some(name) = way.name {
            let answer = match &entered {
                Ok(_) => Answer::Taken,
                Err(error) if error.refused() => Answer::Refused,
                Err(_) => Answer::Silent,
            };
            self.ledger.borrow_mut().settle(name, &host.address, answer);
            self.settled.notify_waiters();
        }
        match entered {
            Ok(bmc) => Ok((bmc, self.place(place).await)),
            Err(error) => Err(unable(error)),
        }
    }

    /// Does what may take long at a host that has a place; who is slow keeps nobody waiting: its
    /// place goes to another meanwhile, and it comes back without.
    async fn patiently<'p, T>(
        &self,
        mut doing: Pin<Box<impl Future<Output = Result<T, HandError>>>>,
        place: Option<SemaphorePermit<'p>>,
        total: Duration,
    ) -> (Result<T, HandError>, Option<SemaphorePermit<'p>>) {
        if let Ok(done) = timeout(PATIENT, &mut doing).await {
            return (done, place);
        }
        drop(place);
        let late = |_elapsed| Err(RedfishError::Deadline { within: total }.into());
        (timeout(total, doing).await.unwrap_or_else(late), None)
    }

    /// Returns the place that a host has, or waits for one.
    async fn place<'p>(&'p self, had: Option<SemaphorePermit<'p>>) -> Option<SemaphorePermit<'p>> {
        match had {
            Some(place) => Some(place),
            None => self.turns.acquire().await.ok(),
        }
    }

    /// Does the work on a BMC that let us in, and closes the session whatever comes of it; says in
    /// `acted` whether anything was done that the journal has to know of.
    #[expect(clippy::too_many_arguments, reason = "each is of this host alone")]
    async fn with(
        &self,
        host: &Host,
        turn: usize,
        at_most: Duration,
        mut bmc: Bmc,
        place: Option<SemaphorePermit<'_>>,
        left: &[Left],
        acted: &mut bool,
    ) -> Met {
        let (protocol, name) = (bmc.protocol(), host.address.to_string());
        let note = bmc.session().map(|session| self.notes.note(&host.address, &session));
        let lasts = self.verb.lasts();
        let at_most = if lasts { Duration::MAX } else { at_most };
        let met = {
            let work = async {
                for one in left {
                    if bmc.close_stale(&one.session).await.is_ok() {
                        one.forget();
                    }
                }
                if let Some(journal) = self.journal {
                    if let Err(error) = journal.begin(&host.address) {
                        // What cannot be noted is not done.
                        return Ok(Ok(Found::Unable { why: unnoted(&error) }));
                    }
                    *acted = true;
                }
                self.show(turn, || Doing::Working);
                timeout(at_most, perform(self.verb, &mut bmc, &name, &self.stop)).await
            };
            tokio::select! {
                () = self.stop.asked(), if !lasts => Met::Interrupted,
                done = work => match done {
                    Ok(Ok(found)) => Met::Found { protocol, found },
                    Ok(Err(error)) => Met::Failed { protocol: Some(protocol), error },
                    Err(_) => Met::Failed {
                        protocol: Some(protocol),
                        error: RedfishError::Deadline { within: at_most }.into(),
                    },
                },
            }
        };
        self.show(turn, || Doing::Closing);
        // Who is only closing keeps nobody waiting.
        drop(place);
        bmc.close().await;
        if let Some(note) = note {
            note.settled();
        }
        met
    }

    fn access<'k>(
        &'k self,
        host: &Host,
        turn: usize,
        way: &access::Way<'k>,
        total: Duration,
        left: &[Left],
    ) -> Access<'k> {
        let stale = left.iter().find_map(|one| match &one.session {
            Session::Redfish(path) => Some(path.clone()),
            Session::Ipmi(_) | Session::Subscription(_) => None,
        });
        let mut ipmi = ipmi::Options::default();
        if !self.keys.suites.is_empty() {
            ipmi.suites.clone_from(&self.keys.suites);
        }
        Access {
            protocol: match self.given.protocol {
                cli::bmc::access::Protocol::Auto => Protocol::Auto,
                cli::bmc::access::Protocol::Redfish => Protocol::Redfish,
                cli::bmc::access::Protocol::Ipmi => Protocol::Ipmi,
            },
            credential: way.credential.map(|one| (one.user.as_str(), &one.password)),
            kg: self.keys.kg.as_ref(),
            trust: way.trust.clone(),
            ipmi_port: self.given.ipmi_port.or_else(|| host.listed.as_ref()?.ipmi_port),
            redfish: Options {
                // What lasts is asked for as long as it lasts; each answer has its own time.
                total: if self.verb.lasts() { FOREVER } else { total },
                system: self.given.system.clone(),
                stale,
                farewells: self.farewells.clone(),
                at_once: self.per_bmc.into(),
                watch: self.stages.watch(turn),
                ..Options::default()
            },
            ipmi,
        }
    }
}

/// Says why nothing was done: in Chinese, and in English.
fn unnoted(error: &std::io::Error) -> (String, String) {
    (
        format!("无法写日志文件，故没有执行：{error}"),
        format!("the journal cannot be written, so nothing was done: {error}"),
    )
}
