//! What a run gave, put together from what its threads returned.

use super::Outcome;
use super::collect::{Collector, add_errors};
use super::cost::Usage;
use super::open::OpenTally;
use super::thread::{Part, nanoseconds};
use super::worker::Finished;
use crate::clock::{Clock, DRIFT_LIMIT_PPM};
use crate::measurement::{EngineUsed, Feature};
use crate::observed::{Cost, Observed};

/// Puts together what the threads returned.
pub(super) fn outcome<A>(
    parts: &[Part],
    clock: Clock,
    devices: &[Vec<usize>],
    returned: Vec<(Finished<A>, Vec<Feature>)>,
    collector: Collector,
    spent: Usage,
) -> Outcome {
    let count = devices.iter().flatten().max().map_or(0, |last| last + 1);
    // Of several parts each is a device; of one, the part is all of them.
    let own = parts.len() > 1;
    let part_of = |thread: usize| {
        let mut last = 0;
        parts.iter().position(|part| {
            last += part.threads;
            thread < last
        })
    };
    let part_of: Vec<usize> = (0..returned.len()).filter_map(part_of).collect();
    let mut elapsed = vec![(0_u64, None); count + 1];
    for (at, (_, runtime_ns)) in elapsed.iter_mut().enumerate() {
        let ends = parts.iter().map(|part| {
            let after = if at == 0 { part.after_ns } else { 0 };
            part.plan.runtime.map(|time| nanoseconds(time).saturating_add(after))
        });
        *runtime_ns = match at {
            1.. if own => parts.get(at - 1).and_then(|part| part.plan.runtime).map(nanoseconds),
            _ => ends.max().flatten(),
        };
    }
    for ((finished, _), part) in returned.iter().zip(&part_of) {
        let after = parts.get(*part).map_or(0, |part| part.after_ns);
        for lane in &finished.lanes {
            for (place, after) in [(0, after), (1 + lane.device, 0)] {
                if let Some((elapsed, _)) = elapsed.get_mut(place) {
                    *elapsed = lane.elapsed_ns.saturating_add(after).max(*elapsed);
                }
            }
        }
    }
    let mut views = collector.observed(&elapsed);
    let clock_drift_ppm = clock.drift_ppm();
    for (place, view) in views.iter_mut().enumerate() {
        let of = |(at, _): &(usize, &(Finished<A>, Vec<Feature>))| {
            place == 0 || !own || part_of.get(*at) == Some(&(place - 1))
        };
        let threads: Vec<_> = returned.iter().enumerate().filter(of).map(|(_, of)| of).collect();
        let named =
            if place == 0 || !own { parts } else { parts.get(place - 1..place).unwrap_or(&[]) };
        view.engine = used(named, &threads, clock, clock_drift_ppm);
        view.cost = cost(&threads, spent, place > 0 && own);
        view.ended_early = threads.iter().find_map(|(finished, _)| finished.ended_early.clone());
    }
    let mut open: Vec<Option<OpenTally>> = vec![None; views.len()];
    for (finished, _) in returned {
        for lane in finished.lanes {
            for place in [0, 1 + lane.device] {
                if let Some(view) = views.get_mut(place) {
                    add_errors(&mut view.errors, &lane.errors);
                }
                if let (Some(all), Some(own)) = (open.get_mut(place), &lane.open.tally) {
                    all.get_or_insert_default().merge(own);
                }
            }
        }
    }
    for (view, open) in views.iter_mut().zip(open) {
        view.open_loop = open.map(OpenTally::observed);
    }
    let mut views = views.into_iter();
    let observed = views.next().unwrap_or_default();
    let devices: Vec<Observed> = views.collect();
    Outcome { observed, devices, clock_drift_ppm }
}

/// Returns what threads cost: that of the process, or where other threads ran beside them, their
/// own.
fn cost<A>(threads: &[&(Finished<A>, Vec<Feature>)], process: Usage, own: bool) -> Cost {
    let sum = |of: fn(&Usage) -> u64| threads.iter().map(|(finished, _)| of(&finished.spent)).sum();
    let (user_ns, system_ns) = if own {
        (sum(|usage| usage.user_ns), sum(|usage| usage.system_ns))
    } else {
        (process.user_ns, process.system_ns)
    };
    Cost {
        user_ns,
        system_ns,
        busiest_thread_ppm: threads.iter().map(|(of, _)| of.busy_ppm()).max().unwrap_or(0),
        steal_ppm: process.steal_ppm(),
    }
}

/// Returns what was in force: of all threads, where one went without so did the run.
fn used<A>(
    parts: &[Part],
    threads: &[&(Finished<A>, Vec<Feature>)],
    clock: Clock,
    drift_ppm: u32,
) -> EngineUsed {
    let mut feature: Vec<Feature> = Vec::new();
    let chosen = parts.iter().filter_map(|part| part.chosen.as_ref());
    for own in chosen.chain(threads.iter().flat_map(|(_, features)| features)) {
        match feature.iter_mut().find(|known| known.name == own.name) {
            None => feature.push(own.clone()),
            Some(known) if known.on && !own.on => *known = own.clone(),
            Some(_) => {}
        }
    }
    if drift_ppm > DRIFT_LIMIT_PPM {
        let zh = format!("运行期间时钟频率变化 {drift_ppm} ppm");
        let en = format!("its rate changed by {drift_ppm} ppm during the run");
        feature.push(Feature::because("steady clock", false, zh, en));
    }
    let mut names: Vec<&str> = parts.iter().map(|part| part.engine.name()).collect();
    names.dedup();
    EngineUsed { name: names.join(" + "), feature, clock: clock.name().to_owned() }
}
