//! `assay daemon dataplane`: one thread owns the kernel and the disk, one serves HTTP; between
//! them is what `dataplane::daemon` knows.

mod body;
mod document;
mod keeper;
mod loops;
mod route;
mod serve;
mod socket;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use dataplane::{
    daemon::Daemon,
    kernel::{
        KernelError,
        accepted::Kept,
        memory,
        probe::{self, Need},
        real::judges_bridged_packets,
        watch::Caller,
    },
};
use profiles::Text;
use sd_notify::NotifyState;
use tokio::sync::watch;

use super::{machine, net::place};
use crate::{
    cli::daemon::{Daemon as Arguments, Dataplane},
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
};
use keeper::{Keeper, Order};

/// How often it is looked whether this is to end, and whether the keeper lives.
const LOOK: Duration = Duration::from_millis(100);
/// How long the keeper may be at one thing before the service manager is no longer told that
/// all is well: a whole node is made in seconds.
const STUCK: Duration = Duration::from_mins(2);

/// Does what `assay daemon …` asks for.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Dataplane(arguments) => dataplane(arguments, console),
    }
}

/// What the thread that serves and the one that keeps have in common.
struct Desk {
    daemon: Mutex<Daemon>,
    /// Number of the last event.
    news: watch::Sender<u64>,
    orders: mpsc::Sender<Order>,
    lifts: mpsc::Sender<loops::Lift>,
    caller: Caller,
    /// When the keeper last began to wait or to work, in milliseconds since 1970.
    beat: AtomicU64,
}

impl Desk {
    /// Returns what is known, for a moment.
    fn daemon(&self) -> MutexGuard<'_, Daemon> {
        self.daemon.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who listen that there is news.
    fn publish(&self) {
        let last = self.daemon().events.last();
        self.news.send_replace(last);
    }
}

fn dataplane(arguments: &Dataplane, console: &mut Console) -> Result<Exit, Failure> {
    if let Some(address) = arguments.listen {
        return Err(no_tcp(address));
    }
    // Before there are threads.
    memory::keep_little();
    let place = place::Place::of(&arguments.place)?;
    let kernel = place.open(place::Wish::Change)?;
    // Before the first look: what happens from now on is heard.
    let watch = place.watch()?;
    let journal = place.lock()?;
    try_kernel(console)?;
    let (kept, accepted) = Kept::open(&journal).map_err(|error| {
        Failure::unable(Text::new(
            "无法使用状态目录（--state）；未作任何改动",
            "cannot use the folder of the state (--state); nothing was touched",
        ))
        .because(error)
    })?;
    let past = journal.past().clone();
    let (daemon, refused) = Daemon::start(accepted, past, clock::unix_ms());
    if let Some(errors) = refused {
        console.note(&text(
            "本版本无法读取此前接受的状态；在收到完整状态之前不作任何改动：{}",
            "this version cannot read what was accepted before, and touches nothing until a whole \
             state comes: {}",
            &[&errors.to_string()],
        ));
    }
    let listener = socket::listen(&arguments.socket)?;
    let shown = arguments.socket.display().to_string();
    let (orders, received) = mpsc::channel();
    let (lifts, lifted) = mpsc::channel();
    let desk = Arc::new(Desk {
        daemon: Mutex::new(daemon),
        news: watch::Sender::new(0),
        orders,
        lifts,
        caller: watch.caller(),
        beat: AtomicU64::new(clock::unix_ms()),
    });
    let interrupt = machine::watch(console);
    let cannot = || Failure::unable(Text::new("无法启动线程", "cannot start a thread"));
    let loops = loops::start(&desk, &place, lifted, interrupt.flag());
    let loops = loops.map_err(|error| cannot().because(error))?;
    let keeper = Keeper {
        desk: Arc::clone(&desk),
        place,
        kernel,
        watch,
        journal,
        kept,
        orders: received,
        stop: interrupt.flag(),
        copied: 0,
        known: None,
        due: false,
        looked: clock::instant(),
        took: Duration::ZERO,
    };
    let keeper = std::thread::Builder::new().name("keeper".to_owned()).spawn(move || keeper.run());
    let keeper = keeper.map_err(|error| cannot().because(error))?;
    console.note(&text("监听 `{}`", "listening on `{}`", &[&shown]));
    let served = serve_until(listener, &desk, &interrupt, &|| keeper.is_finished());
    tell(&[NotifyState::Stopping]);
    // The keeper ends too, whatever ended the serving; the kernel stays as it is.
    interrupt.release();
    drop(desk.caller.call());
    drop(std::fs::remove_file(&arguments.socket));
    served.map_err(|error| cannot().because(error))?;
    loops::end(loops);
    match keeper.join() {
        Ok(Ok(())) => Ok(Exit::Wanted),
        Ok(Err(error)) => {
            let message = Text::new("无法监听内核事件", "cannot listen to what the kernel tells");
            Err(Failure::unable(message).because(error))
        }
        Err(_panic) => Err(Failure::unable(Text::new(
            "内部错误：维护线程已中止；内核保持原样",
            "internal error: the keeping thread is gone; the kernel stays as it is",
        ))),
    }
}

fn no_tcp(address: SocketAddr) -> Failure {
    Failure::usage(text(
        "拒绝监听 {}：不经 TCP 提供服务，因为无从知道对方身份",
        "will not listen on {}: nothing is served by TCP, where nobody's identity is known",
        &[&address.to_string()],
    ))
    .hint(Text::new(
        "使用 unix 套接字（--socket）；远程调用请经 ssh 转发",
        "use the unix socket (--socket), from elsewhere by way of ssh",
    ))
}

/// Serves until this is to end, or the keeper has.
fn serve_until(
    listener: socket::Listener,
    desk: &Arc<Desk>,
    interrupt: &Interrupt,
    ended: &dyn Fn() -> bool,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Here, for a socket of the runtime is made within it.
        let listener = listener.into_tokio()?;
        tokio::spawn(serve::run(listener, Arc::clone(desk)));
        tell(&[NotifyState::Ready]);
        watch_over(desk, interrupt, ended).await;
        Ok(())
    })
}

/// Waits until this is to end, or the keeper has; tells the service manager that all is well.
async fn watch_over(desk: &Desk, interrupt: &Interrupt, ended: &dyn Fn() -> bool) {
    let pause = sd_notify::watchdog_enabled().map(|limit| limit / 3);
    let mut told: Option<std::time::Instant> = None;
    let mut status = String::new();
    while !interrupt.asked() && !ended() {
        let now = clock::instant();
        let due = |pause| told.is_none_or(|told| now.saturating_duration_since(told) >= pause);
        let beat = Duration::from_millis(desk.beat.load(Ordering::Relaxed));
        let silent = Duration::from_millis(clock::unix_ms()).saturating_sub(beat);
        if pause.is_some_and(due) && silent < STUCK {
            tell(&[NotifyState::Watchdog]);
            told = Some(now);
        }
        let said = {
            let daemon = desk.daemon();
            format!("generation {}, {}", daemon.accepted().generation, daemon.standing().name())
        };
        if said != status {
            tell(&[NotifyState::Status(&said)]);
            status = said;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot tell the service manager");
    }
}

/// Tries out what the kernel can, before anything is touched.
fn try_kernel(console: &mut Console) -> Result<(), Failure> {
    let cannot = |error: KernelError| {
        let hint = error.hint();
        Failure::unable(Text::new("无法查明内核的特性", "cannot find out what this kernel can"))
            .because(error)
            .hint_from(hint)
    };
    let features = match probe::features() {
        Ok(features) => features,
        // A namespace to try things in takes more rights than the work itself.
        Err(KernelError::Io { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {
            return judges_bridged_packets().map_err(cannot);
        }
        Err(error) => return Err(cannot(error)),
    };
    let mut lacking = false;
    for (need, missing) in features.missing() {
        // Whether tunnels over IPv6 are needed is not known yet.
        lacking |= need != Need::Vxlan6;
        let (name, _option) = need.name();
        let (zh, en) = ("缺少 {}：{1}；{2}", "{} is missing: {1}; {2}");
        let zh = text(zh, "", &[name, &missing.reason.zh, &missing.hint.zh]).zh;
        let en = text("", en, &[name, &missing.reason.en, &missing.hint.en]).en;
        console.note(&Text::new(zh, en));
    }
    if !lacking {
        return Ok(());
    }
    Err(Failure::unable(Text::new(
        "内核缺少租户网络所需的特性；未作任何改动",
        "this kernel lacks what tenant networks need; nothing was touched",
    )))
}
