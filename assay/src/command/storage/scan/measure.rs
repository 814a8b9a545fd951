//! The profile on many disks at once, and on one alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use storage_bench::{
    drive::{Drive, drive},
    observed::{Observed, Second},
    run::Control,
    scan::{
        Speeds,
        profile::{self, Phase},
        slow_zones,
    },
    target::Opened,
};

use super::disks;
use crate::{output::unit::throughput, progress::Progress};

/// One disk under the profile.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) opened: Opened,
    /// What stands for its model where it has none.
    pub(super) kind: &'static str,
    /// Its numbers, as `/proc/diskstats` has them; `None` of a file.
    pub(super) number: Option<String>,
    pub(super) speeds: Speeds,
    pub(super) zones: Vec<u64>,
    /// Bytes that we moved in this phase.
    pub(super) ours: u64,
    /// What others moved in the phase in which they moved most, in percent of what we did.
    pub(super) others_percent: u64,
    /// Why it could not be measured.
    pub(super) failed: Option<String>,
}

/// What everything here is run with.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    pub(super) runtime: Duration,
    pub(super) stop: &'a AtomicBool,
    pub(super) line: &'a Progress,
}

/// How often a part that seems slow is looked at again.
const SECOND_LOOKS: u32 = 3;
/// Bytes of others below which nobody else can be said to use a disk.
const FOREIGN_BYTES: u64 = 4 << 20;

impl Bench<'_> {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Runs all phases, in each of which all disks are under load together.
    pub(super) fn together(&self, subjects: &mut [Subject]) {
        for phase in Phase::ALL {
            if self.stopped() {
                return;
            }
            let word = word(phase);
            self.line.step(&format!("{word}: {} disks at once", subjects.len()));
            let before = disks::moved();
            thread::scope(|scope| {
                for (at, subject) in (0_u64..).zip(subjects.iter_mut()) {
                    scope.spawn(move || self.one(subject, phase, self.runtime, at));
                }
            });
            let after = disks::moved();
            for subject in subjects.iter_mut() {
                subject.note_others(&before, &after);
            }
        }
    }

    fn one(&self, subject: &mut Subject, phase: Phase, runtime: Duration, seed: u64) {
        if subject.failed.is_some() {
            return;
        }
        let Some(load) = phase.load(subject.opened.size_bytes(), seed, runtime) else {
            subject.failed = Some("it is too small".to_owned());
            return;
        };
        let shown = (seed == 0).then(|| word(phase));
        match self.run(&load, &subject.opened, shown) {
            Ok(seen) => {
                subject.ours = seen.streams.values().map(|stream| stream.bytes).sum();
                phase.note(&seen, &mut subject.speeds);
            }
            Err(why) => subject.failed = Some(why),
        }
    }

    fn run(&self, load: &Drive, opened: &Opened, shown: Option<&str>) -> Result<Observed, String> {
        let mut passed = 0_u64;
        let mut progress = |second: &Second| {
            passed += 1;
            if let Some(word) = shown {
                let bytes: u64 = second.operations.values().map(|of| of.bytes).sum();
                let path = &opened.subject().path;
                self.line.step(&format!("{word} {passed} s: {path} {}", throughput(bytes)));
            }
        };
        let mut control = Control { stop: self.stop, progress: &mut progress };
        drive(load, opened, &mut control).map(|outcome| outcome.observed).map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            format!("{error}{}", cause.map(|cause| format!(": {cause}")).unwrap_or_default())
        })
    }

    /// Measures two disks by turns, each alone, `rounds` times; only what `phases` names.
    pub(super) fn by_turns(
        &self,
        pair: (&Opened, &Opened),
        phases: &[Phase],
        (rounds, runtime): (u32, Duration),
    ) -> Vec<(Speeds, Speeds)> {
        let mut measured = Vec::new();
        for round in 0..rounds {
            let own = |opened: &Opened| {
                let mut speeds = Speeds::default();
                for phase in phases {
                    let load = phase.load(opened.size_bytes(), round.into(), runtime)?;
                    phase.note(&self.run(&load, opened, None).ok()?, &mut speeds);
                }
                Some(speeds)
            };
            let path = &pair.0.subject().path;
            self.line.step(&format!("{path} alone: round {} of {rounds}", round + 1));
            // Who is first changes, so that neither always follows the other.
            let (one, other) = if round % 2 == 0 {
                (own(pair.0), own(pair.1))
            } else {
                let other = own(pair.1);
                (own(pair.0), other)
            };
            if self.stopped() {
                return Vec::new();
            }
            measured.extend(one.zip(other));
        }
        measured
    }

    /// Sweeps all disks in `zones` parts at once; what seems slow is looked at again, one
    /// disk at a time.
    pub(super) fn sweep(&self, subjects: &mut [Subject], zones: u32) {
        self.line.step(&format!("zones: {} disks", subjects.len()));
        thread::scope(|scope| {
            for subject in subjects.iter_mut().filter(|subject| subject.failed.is_none()) {
                scope.spawn(move || subject.zones = self.swept(subject, zones));
            }
        });
        for subject in subjects.iter_mut() {
            for _ in 0..SECOND_LOOKS {
                self.look_again(subject);
            }
        }
    }

    /// Returns the speed of each part of a disk; nothing where that was not to be had.
    fn swept(&self, subject: &Subject, zones: u32) -> Vec<u64> {
        let Some(zones) = profile::zones(subject.opened.size_bytes(), zones) else {
            return Vec::new();
        };
        let speeds: Option<Vec<u64>> =
            (0..zones).map(|zone| self.zone(subject, zone, zones)).collect();
        speeds.unwrap_or_default()
    }

    fn zone(&self, subject: &Subject, zone: u32, zones: u32) -> Option<u64> {
        let load = profile::zone(subject.opened.size_bytes(), zone, zones)?;
        let seen = self.run(&load, &subject.opened, None).ok()?;
        profile::zone_speed(&seen).filter(|_| !self.stopped())
    }

    /// Measures the slow parts of a disk once more: one that is slow is slow every time.
    fn look_again(&self, subject: &mut Subject) {
        let zones = u32::try_from(subject.zones.len()).unwrap_or(0);
        for zone in slow_zones(&subject.zones) {
            let again = self.zone(subject, zone, zones);
            let place = usize::try_from(zone).ok().and_then(|at| subject.zones.get_mut(at));
            if let (Some(place), Some(again)) = (place, again) {
                *place = again.max(*place);
            }
        }
    }
}

impl Subject {
    /// Notes how much of what the disk moved in a phase was not ours.
    fn note_others(&mut self, before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) {
        let ours = std::mem::take(&mut self.ours);
        let Some(number) = &self.number else { return };
        let (Some(before), Some(after)) = (before.get(number), after.get(number)) else { return };
        let others = after.saturating_sub(*before).saturating_sub(ours);
        if others >= FOREIGN_BYTES {
            let percent = others.saturating_mul(100).checked_div(ours).unwrap_or(100);
            self.others_percent = self.others_percent.max(percent);
        }
    }
}

/// Returns what a phase is called on the progress line.
fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Random => "4K random read",
        Phase::Outer => "128K sequential read, start",
        Phase::Inner => "128K sequential read, end",
    }
}
