//! One load of an agent, on a thread of its own: opened, made ready, begun at its moment, told.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use profiles::Lang;
use storage_bench::{
    agent::{
        SECOND_NS,
        message::{Assignment, Delta, Report},
    },
    drive::{Drive, drive, drive_watched},
    measurement::Mode,
    observed::{Second, Stream},
    run::{Control, Outcome, Watch},
    safety::Access,
    target::Opened,
    workload::{BlockShare, Op, Order, Region, Spec},
};

use super::{
    super::case,
    offer::Offer,
    serve::{Event, Told},
};
use crate::{clock, console::Console, failure::Failure};

/// Most load threads that a controller may ask for.
const MOST_THREADS: usize = 256;
/// Most memory that the buffers of a load may take.
const MOST_BUFFER_BYTES: u64 = 8 << 30;
/// The last stretch before a start is not slept: waking up takes some of it.
const WAKE: Duration = Duration::from_micros(200);

/// What stays open between the loads of a session.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<Option<(Key, Opened)>>);

/// What has to be the same for a target to stay open.
type Key = (String, bool, Option<u64>, bool);

/// A load that is being made ready, or runs.
#[derive(Debug)]
pub(super) struct Work {
    stop: Arc<AtomicBool>,
    go: Option<Sender<u64>>,
    thread: Option<JoinHandle<()>>,
}

impl Work {
    /// Makes a load ready; what becomes of it is told to `tell`.
    pub(super) fn start(
        assignment: Box<Assignment>,
        offer: Arc<Offer>,
        held: Arc<Held>,
        lang: Lang,
        tell: Sender<Event>,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (go, wait) = mpsc::channel();
        let asked = Arc::clone(&stop);
        let body = move || {
            let mut console = Console::of_process(lang);
            let telling = Telling { tell, ready: false, ramp_s: ramp_s(&assignment) };
            work(&assignment, &offer, &held, &mut console, telling, wait, &asked);
        };
        // A host that cannot start a thread makes no load: `Told::Prepared` never comes, and
        // the controller says that it is overdue.
        let thread = thread::Builder::new().name("work".to_owned()).spawn(body).ok();
        Self { stop, go: Some(go), thread }
    }

    /// Says when to begin.
    pub(super) fn begin(&mut self, at_ns: u64) {
        if let Some(go) = &self.go {
            // One that has failed already has said so.
            let _failed = go.send(at_ns);
        }
    }

    /// Ends the load, begun or not; it says itself when it has ended.
    pub(super) fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.go = None;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic there has ended the load, and what it said.
            drop(thread.join());
        }
    }
}

fn ramp_s(assignment: &Assignment) -> u32 {
    u32::try_from(assignment.ramp_ns().div_ceil(SECOND_NS)).unwrap_or(u32::MAX)
}

/// What a load tells its session.
struct Telling {
    tell: Sender<Event>,
    ready: bool,
    ramp_s: u32,
}

impl Telling {
    fn say(&self, told: Told) {
        // A session that is gone has stopped this load.
        drop(self.tell.send(Event::Told(told)));
    }
}

/// A load that waits for its moment, and tells its seconds.
struct Watching<'a> {
    telling: &'a mut Telling,
    wait: Receiver<u64>,
    stop: &'a AtomicBool,
}

impl Watch for Watching<'_> {
    fn ready(&mut self) {
        self.telling.ready = true;
        self.telling.say(Told::Prepared(Ok(())));
        let go = self.wait.recv().is_ok_and(|at_ns| wait_until(at_ns, &self.wait));
        if !go {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn began(&mut self) {
        self.telling.say(Told::Began(clock::since_start_ns()));
    }

    fn second(&mut self, index: u64, streams: &[((Op, Region), &Stream)]) {
        let delta = |((op, region), stream): &((Op, Region), &Stream)| Delta {
            op: *op,
            region: *region,
            bytes: stream.bytes,
            service: stream.service.encode(),
        };
        let index = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(self.telling.ramp_s);
        self.telling.say(Told::Second(index, streams.iter().map(delta).collect()));
    }
}

/// Waits until it is time; returns whether the load is still wanted then.
fn wait_until(at_ns: u64, wait: &Receiver<u64>) -> bool {
    loop {
        let left = Duration::from_nanos(at_ns.saturating_sub(clock::since_start_ns()));
        if left.is_zero() {
            return true;
        }
        match left.checked_sub(WAKE) {
            // Only `Work::stop` ends this wait before its time: it drops the other end.
            Some(long) if wait.recv_timeout(long) == Err(RecvTimeoutError::Disconnected) => {
                return false;
            }
            Some(_) => {}
            None => std::hint::spin_loop(),
        }
    }
}

fn work(
    assignment: &Assignment,
    offer: &Offer,
    held: &Held,
    console: &mut Console,
    mut telling: Telling,
    wait: Receiver<u64>,
    stop: &AtomicBool,
) {
    let mut held = held.0.lock().unwrap_or_else(PoisonError::into_inner);
    let opened = match ready(assignment, offer, &mut held, console, stop) {
        Ok(opened) => opened,
        Err(reason) => return telling.say(Told::Prepared(Err(reason))),
    };
    let mut watching = Watching { telling: &mut telling, wait, stop };
    let mut control = Control { stop, progress: &mut |_: &Second| {} };
    let outcome = drive_watched(&assignment.drive, opened, &mut control, &mut watching);
    let ended_ns = clock::since_start_ns();
    match outcome {
        Ok(outcome) => {
            let mut report = report(outcome, opened);
            if let Some(seed) = assignment.sample_seed.filter(|_| !stop.load(Ordering::Relaxed)) {
                match sample(opened, seed) {
                    Ok(sampled) => report.sampled = Some(sampled),
                    Err(failure) => report.ended_early = Some(in_words(&failure)),
                }
            }
            telling.say(Told::Ended(ended_ns, Box::new(report)));
        }
        Err(error) if telling.ready => {
            let ended_early = Some(in_words(&super::super::load::failure(error)));
            let report = Report { ended_early, ..Report::default() };
            telling.say(Told::Ended(ended_ns, Box::new(report)));
        }
        Err(error) => {
            telling.say(Told::Prepared(Err(in_words(&super::super::load::failure(error)))));
        }
    }
}

/// Returns the target, open.
fn ready<'a>(
    assignment: &Assignment,
    offer: &Offer,
    held: &'a mut Option<(Key, Opened)>,
    console: &mut Console,
    stop: &AtomicBool,
) -> Result<&'a Opened, String> {
    bounded(&assignment.drive)?;
    let (serial, writes) = (assignment.serial.clone(), assignment.writes());
    let key = (serial, assignment.direct, assignment.file_bytes, writes);
    if held.as_ref().is_none_or(|(of, _)| !covers(of, &key)) {
        // Closed first: it is opened exclusively.
        *held = None;
        let opened = offer.open(assignment, console).map_err(|failure| in_words(&failure))?;
        let made = matches!(opened.access(), Access::Create { .. });
        if made && !writes {
            lay_out(&opened, stop)?;
        }
        // A file that was made may be written and read.
        let key = if made { (key.0, key.1, key.2, true) } else { key };
        *held = Some((key, opened));
    }
    held.as_ref().map(|(_, opened)| opened).ok_or_else(|| "nothing is open".to_owned())
}

/// Returns whether what is open as `of` serves what `asked` asks for.
fn covers(of: &Key, asked: &Key) -> bool {
    let same = (&of.0, of.1, of.2) == (&asked.0, asked.1, asked.2);
    same && (of.3 == asked.3 || of.0.starts_with("folder:"))
}

/// Refuses a load that would take more of this host than any load needs.
fn bounded(drive: &Drive) -> Result<(), String> {
    if drive.mode == Mode::Rate {
        return Err("an agent makes no open loop".to_owned());
    }
    if drive.threads.is_empty() || drive.threads.len() > MOST_THREADS {
        return Err(format!("{} load threads, of 1 to {MOST_THREADS}", drive.threads.len()));
    }
    let blocks =
        drive.threads.iter().flat_map(|spec| spec.read_blocks.iter().chain(&spec.write_blocks));
    let largest = u64::from(blocks.map(|share| share.bytes).max().unwrap_or(0));
    let threads = drive.threads.len() as u64;
    let bytes = largest.saturating_mul(drive.iodepth.into()).saturating_mul(threads);
    if bytes > MOST_BUFFER_BYTES {
        return Err(format!("buffers of {bytes} bytes, at most {MOST_BUFFER_BYTES}"));
    }
    Ok(())
}

/// Writes a file that was made for reading: reading what was never written measures nothing.
fn lay_out(target: &Opened, stop: &AtomicBool) -> Result<(), String> {
    let bytes = target.size_bytes();
    let block = u32::try_from(bytes.min(1 << 20)).unwrap_or(1 << 20);
    let blocks = vec![BlockShare { bytes: block, percent: 100 }];
    let spec = Spec {
        start_bytes: 0,
        span_bytes: bytes,
        read_percent: 0,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order: Order::Sequential,
        seed: 1,
    };
    let fill = Drive { iodepth: 4, bytes: Some(bytes), ..Drive::single(Mode::Throughput, spec) };
    let mut control = Control { stop, progress: &mut |_: &Second| {} };
    let filled = drive(&fill, target, &mut control)
        .map_err(|error| in_words(&super::super::load::failure(error)))?;
    match filled.observed.ended_early {
        None => Ok(()),
        Some(why) => Err(format!("cannot fill `{}`: {why}", target.subject().path)),
    }
}

/// Reads blocks by chance and compares them with what a filling wrote.
fn sample(target: &Opened, seed: u64) -> Result<(u32, u32), Failure> {
    match case::sample(target, seed, target.size_bytes(), false)? {
        storage_bench::validity::Fill::Sampled { blocks, wrong } => Ok((blocks, wrong)),
        _ => Ok((0, 0)),
    }
}

fn report(outcome: Outcome, target: &Opened) -> Report {
    let Outcome { observed, clock_drift_ppm, .. } = outcome;
    let errors = observed.errors.iter().map(|((op, number), count)| (*op, *number, *count));
    Report {
        subject: target.subject().clone(),
        engine: observed.engine.clone(),
        busiest_thread_ppm: observed.cost.busiest_thread_ppm,
        steal_ppm: observed.cost.steal_ppm,
        user_ns: observed.cost.user_ns,
        system_ns: observed.cost.system_ns,
        clock_drift_ppm,
        errors: errors.collect(),
        ended_early: observed.ended_early,
        sampled: None,
    }
}

/// Returns a failure in one line of English, for the other side.
fn in_words(failure: &Failure) -> String {
    let text = failure.render(Lang::En);
    let text = text.strip_prefix("assay: ").unwrap_or(&text);
    crate::failure::one_line(text)
}
