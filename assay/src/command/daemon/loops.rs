//! The thread that looks for loops: see `dataplane::loops`. Nothing is sent or heard where the
//! desired state does not ask for it.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use dataplane::{
    desired::Desired,
    kernel::loops::Guard,
    loops::{Key, News},
    text::Text,
};
use tokio::sync::oneshot;

use super::Desk;
use crate::{
    clock,
    command::net::{loops::shared_key, place::Place},
};

/// How long it takes until a desired state that asks for this is noticed.
const LOOK: Duration = Duration::from_millis(500);
/// How often it is looked whether the file of the secret is another one. A signal would have to be
/// sent on every node, and by who replaces files in pods never is.
const RENEW: Duration = Duration::from_secs(1);

/// What tells one file from another: device, number, size, when it was written.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// A port that somebody wants opened, and where it is told whether it was closed for a loop.
pub(super) struct Lift {
    pub(super) port: String,
    pub(super) reply: oneshot::Sender<bool>,
}

/// The thread.
struct Loops {
    desk: Arc<Desk>,
    place: Place,
    lifts: Receiver<Lift>,
    stop: Arc<AtomicBool>,
}

/// Starts it; it ends when it is told to stop.
pub(super) fn start(
    desk: &Arc<Desk>,
    place: &Place,
    lifts: Receiver<Lift>,
    stop: Arc<AtomicBool>,
) -> io::Result<JoinHandle<()>> {
    let loops = Loops { desk: Arc::clone(desk), place: place.clone(), lifts, stop };
    thread::Builder::new().name("loops".to_owned()).spawn(move || loops.run())
}

/// Waits for its end.
pub(super) fn end(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("the thread that looks for loops is gone");
    }
}

impl Loops {
    /// Looks until it is told to stop. Ports that are closed stay so: the next daemon takes them
    /// over.
    fn run(self) {
        let mut guard: Option<Guard> = None;
        let (mut known, mut looked) = ((0, None), clock::instant());
        while !self.stop.load(Ordering::SeqCst) {
            let (generation, desired) = {
                let daemon = self.desk.daemon();
                (daemon.accepted().generation, daemon.desired().map(Arc::clone))
            };
            let now = clock::instant();
            let due = generation != known.0 || now.saturating_duration_since(looked) >= RENEW;
            if let Some(desired) = desired.filter(|_desired| due) {
                looked = now;
                // Before it is read: one that is replaced meanwhile is read again.
                let found = (generation, stamp(&desired));
                if found != known {
                    known = found;
                    guard = self.take(guard, &desired);
                }
            }
            let Some(open) = guard.as_mut() else {
                match self.lifts.recv_timeout(LOOK) {
                    Ok(lift) => answer(lift.reply, false),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                continue;
            };
            let mut news = Vec::new();
            while let Ok(Lift { port, reply }) = self.lifts.try_recv() {
                let lifted = open.lift(&port);
                answer(reply, !lifted.is_empty());
                news.extend(lifted);
            }
            match open.turn() {
                Ok(more) => news.extend(more),
                Err(error) => {
                    self.cannot(&error);
                    guard = None;
                    continue;
                }
            }
            self.learn(open, &news);
        }
    }

    /// Takes in another desired state; returns what looks for loops from now on.
    fn take(&self, guard: Option<Guard>, desired: &Desired) -> Option<Guard> {
        let wanted = desired.node.loops.as_ref();
        let mut guard = match (guard, wanted) {
            (Some(guard), _) => guard,
            (None, None) => return None,
            (None, Some(_)) => match self.place.guard() {
                Ok(guard) => guard,
                Err(error) => {
                    self.cannot(&error);
                    return None;
                }
            },
        };
        let shared = wanted.and_then(|wanted| self.key(wanted.key_file.as_deref()?));
        let news = guard.take(desired, shared);
        self.learn(&guard, &news);
        wanted.map(|_wanted| guard)
    }

    fn key(&self, path: &str) -> Option<Key> {
        match shared_key(path) {
            Ok(key) => Some(key),
            Err(error) => {
                self.desk.daemon().learn_no_loops(
                    Text::of(
                        "无法使用密钥文件 {0}，经其他节点的环路将不会被发现：{1}",
                        "cannot use key file {0}: loops by way of other nodes are not found: {1}",
                        &[&path, &error],
                    ),
                    clock::unix_ms(),
                );
                self.desk.publish();
                None
            }
        }
    }

    fn learn(&self, guard: &Guard, news: &[News]) {
        let mut found = BTreeMap::new();
        let detector = guard.detector();
        found.extend(detector.findings().map(|(port, finding)| (port.to_owned(), finding.clone())));
        self.desk.daemon().learn_loops(news, found, detector.counts, clock::unix_ms());
        if !news.is_empty() {
            self.desk.publish();
        }
    }

    fn cannot(&self, error: &io::Error) {
        let (zh, en) = ("无法检测环路：{0}", "cannot look for loops: {0}");
        let why = Text::of(zh, en, &[error]);
        self.desk.daemon().learn_no_loops(why, clock::unix_ms());
        self.desk.publish();
    }
}

fn stamp(desired: &Desired) -> Stamp {
    let about = fs::metadata(desired.node.loops.as_ref()?.key_file.as_deref()?).ok()?;
    Some((about.dev(), about.ino(), about.size(), about.mtime(), about.mtime_nsec()))
}

fn answer(reply: oneshot::Sender<bool>, lifted: bool) {
    if reply.send(lifted).is_err() {
        tracing::debug!("who asked is gone");
    }
}
