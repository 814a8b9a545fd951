//! Agreement with fio where a control group caps the device.
//!
//! The kernel's throttle releases in slices of about 100 ms, so a run of 30 s holds whole
//! slices to 0.3 %. The three caps run beside one another, each on a device of its own:
//! together they ask for 13,300 operations a second, which leaves the processors idle. Ours
//! and fio's take turns.
//!
//! Ours looks at a device before it loads it, which opens a slice: where the load follows more
//! than 100 ms later, the throttle (kernel 6.18) grants at once what that slice had left, as it
//! does to any program that comes back to a device. Of a run of 4 s that is 3 %. So both
//! programs ramp for a second, which is not counted. Ours counts an operation where it ends:
//! with one in flight, the first of a window has waited for up to a slice in the ramp, 100 ms
//! in the sum of all latencies that fio leaves out (1.7 % of 6 s, 0.3 % of 30 s).

use hw_tests::Need;

use super::super::{CaseError, Effort, Figure};
use super::absent::absent;
use super::lab::{Lab, Throttle, Zram};
use super::noise::Noise;
use super::peers::{self, assay, words};
use super::process::{self, Running};
use super::spread;

const CAPS: [u32; 3] = [800, 2_500, 10_000];
const DEPTHS: [u32; 2] = [1, 32];

/// A cap in force on a device of its own.
struct Place {
    cap: u32,
    device: Zram,
    throttle: Throttle,
}

/// What a program said of a run.
#[derive(Clone, Copy, Debug)]
struct Said {
    iops: f64,
    mean_ns: f64,
}

/// The pairs of one cap at one depth: ours first.
struct Pairs {
    cap: u32,
    depth: u32,
    of: Vec<(Said, Said)>,
}

/// Operations a second and mean latency by both, at each cap, with 1 and 32 in flight.
pub(super) fn caps(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Root, Need::Program("fio"), Need::Program("time")])?;
    let (count, seconds) = if effort == Effort::Full { (7, 30) } else { (3, 6) };
    let mut lab = Lab::new()?;
    let mut places = Vec::new();
    for cap in CAPS {
        let device = lab.zram(64 << 20)?;
        let throttle = lab.throttle()?;
        throttle.set(&device, Some(cap))?;
        places.push(Place { cap, device, throttle });
    }
    let version = peers::fio_version()?;
    let noise = Noise::start();
    let mut all = Vec::new();
    for depth in DEPTHS {
        let mut pairs: Vec<Pairs> =
            places.iter().map(|place| Pairs { cap: place.cap, depth, of: Vec::new() }).collect();
        for turn in 0..count {
            let (ours, theirs) = if turn % 2 == 0 {
                let ours = by_assay(&places, depth, seconds)?;
                (ours, by_fio(&places, depth, seconds)?)
            } else {
                let theirs = by_fio(&places, depth, seconds)?;
                (by_assay(&places, depth, seconds)?, theirs)
            };
            for (pairs, pair) in pairs.iter_mut().zip(ours.into_iter().zip(theirs)) {
                pairs.of.push(pair);
            }
        }
        all.extend(pairs);
    }
    let group = places.first().map_or("", |place| place.throttle.version());
    let noise = format!("{seconds} s, {version}, {group}; {}", noise.text());
    let mut figures = Vec::new();
    for pairs in &all {
        let iops = Of { name: "IOPS", bar: 0.01, get: |said| said.iops };
        figures.push(figure(pairs, &iops, &noise)?);
        let mean = Of { name: "mean latency", bar: 0.02, get: |said| said.mean_ns };
        figures.push(figure(pairs, &mean, &noise)?);
    }
    Ok(figures)
}

/// What is compared, and how near it has to be.
struct Of {
    name: &'static str,
    bar: f64,
    get: fn(&Said) -> f64,
}

fn figure(pairs: &Pairs, of: &Of, noise: &str) -> Result<Figure, CaseError> {
    let Of { name, bar, get } = *of;
    let ratios: Vec<f64> = pairs.of.iter().map(|(ours, theirs)| get(ours) / get(theirs)).collect();
    let ratio = spread(&ratios)?;
    let middle = |side: fn(&(Said, Said)) -> &Said| {
        spread(&pairs.of.iter().map(|pair| get(side(pair))).collect::<Vec<_>>())
            .map(|found| found.median)
    };
    let (ours, theirs) = (middle(|pair| &pair.0)?, middle(|pair| &pair.1)?);
    let values = if name == "IOPS" {
        format!("{ours:.1} against {theirs:.1}")
    } else {
        format!("{:.1} against {:.1} µs", ours / 1e3, theirs / 1e3)
    };
    let away = (ratio.median - 1.0).abs();
    // A program put off the processor misses slices, in one run or the other; one that counts
    // wrongly does so every time.
    let best = ratios.iter().map(|ratio| (ratio - 1.0).abs()).fold(f64::INFINITY, f64::min);
    Ok(Figure {
        what: format!("storage: {name} over fio's, cap of {} IOPS, QD{}", pairs.cap, pairs.depth),
        bar: format!("1 ± {bar:.2}"),
        measured: format!(
            "{:.4} ({:.4}–{:.4}), {values}, {} pairs of {noise}",
            ratio.median,
            ratio.min,
            ratio.max,
            pairs.of.len()
        ),
        met: Some(away <= bar),
        broken: Some(best > bar * super::TOLERANCE),
    })
}

fn options(place: &Place, depth: u32, seconds: u32) -> String {
    format!(
        "--name=figure --filename={} --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
         --norandommap --iodepth={depth} --ramp_time=1 \
         --runtime={seconds} --time_based",
        place.device.path
    )
}

/// Starts `words` at every place, and waits for all.
fn everywhere(
    places: &[Place],
    line: impl Fn(&Place) -> Result<Vec<String>, CaseError>,
    said: impl Fn(&process::Ran) -> Result<Said, CaseError>,
) -> Result<Vec<Said>, CaseError> {
    let start = |place: &Place| process::start(&line(place)?, Some(&place.throttle.folder));
    let running = places.iter().map(start).collect::<Result<Vec<Running>, _>>()?;
    running.into_iter().map(|running| said(&running.finish()?)).collect()
}

fn by_assay(places: &[Place], depth: u32, seconds: u32) -> Result<Vec<Said>, CaseError> {
    everywhere(
        places,
        |place| assay("latency", &options(place, depth, seconds)),
        |ran| {
            let run = peers::measured(ran)?;
            Ok(Said {
                iops: peers::number(&run, "/all/milli_iops")? / 1000.0,
                mean_ns: peers::number(&run, "/all/service/mean_ns")?,
            })
        },
    )
}

fn by_fio(places: &[Place], depth: u32, seconds: u32) -> Result<Vec<Said>, CaseError> {
    everywhere(
        places,
        |place| {
            let mut line = words("fio --output-format=json --thread");
            line.extend(words(&options(place, depth, seconds)));
            Ok(line)
        },
        |ran| {
            let reads = peers::fio_reads(ran)?;
            Ok(Said {
                iops: peers::number(&reads, "/iops")?,
                mean_ns: peers::number(&reads, "/lat_ns/mean")?,
            })
        },
    )
}
