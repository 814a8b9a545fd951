//! Many BMCs at once, a tenth of a second away.

use hw_tests::Need;

use super::super::storage::{Noise, absent, at_most, spread};
use super::super::{CaseError, Effort, Figure};
use super::TOLERANCE;
use super::rack::{Asked, Rack};

/// What every answer is late by.
const AWAY: &str = "latency=100";
/// Twelve resources that a host has.
const TWELVE: [&str; 12] = [
    "/redfish/v1/Systems",
    "/redfish/v1/Systems/1",
    "/redfish/v1/Systems/1/Processors",
    "/redfish/v1/Systems/1/Memory",
    "/redfish/v1/Systems/1/Storage",
    "/redfish/v1/Chassis",
    "/redfish/v1/Chassis/1",
    "/redfish/v1/Chassis/1/Power",
    "/redfish/v1/Chassis/1/Thermal",
    "/redfish/v1/Managers",
    "/redfish/v1/Managers/BMC",
    "/redfish/v1/UpdateService/FirmwareInventory",
];

/// A load: how many hosts, what each is asked, and the bars.
struct Load {
    what: &'static str,
    hosts: usize,
    words: &'static [&'static str],
    seconds: f64,
    megabytes: Option<f64>,
}

/// 256 BMCs × 12 GETs, 10,000 × 1 GET, 1,000 status sweeps over IPMI.
pub(super) fn fleet(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time")])?;
    let full = effort == Effort::Full;
    let twelve: Vec<&str> = ["raw", "get"].into_iter().chain(TWELVE).collect();
    let mut figures = Vec::new();
    let redfish = Rack::start(10_000, &["--no-ipmi", "--fault", AWAY])?;
    let first = redfish.file("first.csv");
    std::fs::write(&first, head_of(&redfish, 256)?)?;
    let load =
        |what, hosts, seconds, megabytes| Load { what, hosts, words: &[], seconds, megabytes };
    let many = load("256 BMCs × 12 GETs", 256, 5.0, Some(64.0));
    let asked = times(if full { 7 } else { 2 }, || redfish.ask(&first, &twelve))?;
    figures.extend(told(&many, &asked, full)?);
    let one = Load {
        words: &["raw", "get", "/redfish/v1/Systems"],
        ..load("10,000 BMCs × 1 GET", 10_000, 10.0, Some(150.0))
    };
    let asked = times(if full { 5 } else { 1 }, || redfish.ask(&redfish.list(), one.words))?;
    figures.extend(told(&one, &asked, full)?);
    drop(redfish);
    let ipmi = Rack::start(1000, &["--fault", AWAY])?;
    let sweep = Load {
        words: &["--protocol", "ipmi", "power", "status"],
        ..load("1,000 status sweeps over IPMI", 1000, 5.0, None)
    };
    let list = ipmi.file("ipmi.csv");
    std::fs::write(&list, head_of(&ipmi, 1000)?)?;
    let asked = times(if full { 7 } else { 2 }, || ipmi.ask(&list, sweep.words))?;
    figures.extend(told(&sweep, &asked, full)?);
    Ok(figures)
}

/// Returns the list of the first hosts.
pub(super) fn head_of(rack: &Rack, hosts: usize) -> Result<String, CaseError> {
    let list = std::fs::read_to_string(rack.list())?;
    Ok(list.split_inclusive('\n').take(hosts + 1).collect())
}

fn times(
    count: usize,
    ask: impl Fn() -> Result<Asked, CaseError>,
) -> Result<(Vec<Asked>, String), CaseError> {
    let noise = Noise::start();
    let asked = (0..count).map(|_| ask()).collect::<Result<_, _>>()?;
    Ok((asked, noise.text()))
}

/// Returns the figures of a load: its time and its memory.
fn told(
    load: &Load,
    (asked, noise): &(Vec<Asked>, String),
    full: bool,
) -> Result<Vec<Figure>, CaseError> {
    for one in asked {
        let done = one.all_done()?.len();
        if done != load.hosts {
            return Err(super::failed(format!("{done} of {} hosts", load.hosts)));
        }
    }
    let of = |value: &dyn Fn(&Asked) -> f64| spread(&asked.iter().map(value).collect::<Vec<_>>());
    let wall = of(&|one| one.ran.seconds)?;
    let own = of(&|one| one.ran.cpu_ns / 1e9)?;
    let simulator = of(&|one| one.simulator_seconds)?;
    let peak = of(&|one| megabytes(one.ran.peak_bytes))?;
    let runs = if full { format!("{} runs; ", asked.len()) } else { String::new() };
    let mut figures = vec![at_most(
        &format!("bmc: {}, 100 ms away", load.what),
        &format!("≤ {} s", load.seconds),
        load.seconds,
        wall,
        format!(
            "{:.2} s ({:.2}–{:.2}), {runs}of the processors {:.2} s, the simulator {:.2} s; {noise}",
            wall.median, wall.min, wall.max, own.median, simulator.median
        ),
    )];
    if let Some(most) = load.megabytes {
        figures.push(Figure {
            what: format!("bmc: {}, peak memory", load.what),
            bar: format!("≤ {most} MB"),
            measured: format!("{:.1} MB ({:.1}–{:.1})", peak.median, peak.min, peak.max),
            met: Some(peak.max <= most),
            broken: Some(peak.min > most * TOLERANCE),
        });
    }
    Ok(figures)
}

fn megabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52")]
    let bytes = bytes as f64;
    bytes / 1e6
}
