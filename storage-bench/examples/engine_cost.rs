//! What an operation costs the host, by this crate's engines: `engine_cost --help`.
//!
//! Prints processor time (user and system, the ring's kernel workers included) for each
//! operation of a random read load, which on a shared machine says more than operations a
//! second do. The figures to compare with come from other programs run in between:
//! `fio --ioengine=io_uring --fixedbufs --registerfiles`, `t/io_uring` of fio's source tree.
#![expect(clippy::print_stdout, reason = "prints figures")]

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::num::NonZeroU64;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use storage_bench::engine::Wanted;
use storage_bench::measurement::Mode;
use storage_bench::run::{Control, Limit, Load, OPEN_LOOP_DEPTH, Outcome, Plan, Target, run};
use storage_bench::schedule::{Arrivals, Schedule};
use storage_bench::workload::{BlockShare, Distribution, Generator, Order, Payload, Spec};

const HELP: &str = "engine_cost TARGET [--engine io_uring|libaio|sync|null|nop|auto]
    [--depth N] [--batch N] [--bs BYTES] [--seconds N] [--cpu N] [--direct] [--features]
    [--mode throughput|latency|rate] [--rate IOPS] [--poisson]
prints: engine depth ios cpu-ns/io user-ns/io iops p50-ns p99-ns peak-memory-kB
in the open loop also: offered, achieved a second, response p99, lateness p50 p99, backlog";

/// The load reads only.
struct NoWrites;

impl Payload for NoWrites {
    fn fill(&mut self, _offset: u64, _buffer: &mut [u8]) {}
}

struct Arguments(Vec<String>);

impl Arguments {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|word| word == name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|word| word == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    fn number(&self, name: &str, or: u32) -> Result<u32, std::num::ParseIntError> {
        self.text(name).map_or(Ok(or), str::parse)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments(std::env::args().skip(1).collect());
    let Some(path) = arguments.0.first().filter(|word| !word.starts_with("--")) else {
        println!("{HELP}");
        return Ok(());
    };
    let plan = plan(&arguments)?;
    let mut file = open(path, arguments.has("--direct"))?;
    let size_bytes = file.seek(SeekFrom::End(0))?;
    let blocks = vec![BlockShare { bytes: plan.max_block_bytes, percent: 100 }];
    let spec = Spec {
        start_bytes: 0,
        span_bytes: size_bytes,
        read_percent: 100,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order: Order::Random { distribution: Distribution::Uniform, repeat: true },
        seed: 1,
    };
    let rate = NonZeroU64::new(arguments.number("--rate", 1000)?.into()).unwrap_or(NonZeroU64::MIN);
    let kind = if arguments.has("--poisson") { Arrivals::Poisson } else { Arrivals::Fixed };
    let target = Target {
        fd: file.as_fd(),
        name: path.clone(),
        device: 0,
        size_bytes,
        source: Generator::new(&spec, 0, 1)?,
        payload: NoWrites,
        arrivals: Schedule::endless(kind, rate, 1, 0, 1)?,
        limit: Limit::default(),
    };
    let cpu = arguments.text("--cpu").map(str::parse).transpose()?;
    let stop = AtomicBool::new(false);
    let mut control = Control { stop: &stop, progress: &mut |_second| {} };
    let outcome = run(&plan, vec![Load { cpu, targets: vec![target] }], &mut control)?;
    if let Some(reason) = &outcome.observed.ended_early {
        return Err(reason.clone().into());
    }
    print(&plan, &outcome, arguments.has("--features"));
    Ok(())
}

fn plan(arguments: &Arguments) -> Result<Plan, Box<dyn Error>> {
    let engine = match arguments.text("--engine").unwrap_or("io_uring") {
        "auto" => Wanted::Auto,
        "io_uring" => Wanted::IoUring,
        "libaio" => Wanted::Libaio,
        "nop" => Wanted::RingNop,
        "null" => Wanted::Null,
        "sync" => Wanted::Sync,
        other => return Err(format!("no engine `{other}`").into()),
    };
    let mode = match arguments.text("--mode").unwrap_or("throughput") {
        "throughput" => Mode::Throughput,
        "latency" => Mode::Latency,
        "rate" => Mode::Rate,
        other => return Err(format!("no mode `{other}`").into()),
    };
    let iodepth = match (mode, engine) {
        (Mode::Rate, Wanted::Sync) => 1,
        (Mode::Rate, _) => OPEN_LOOP_DEPTH,
        _ => 128,
    };
    let iodepth = arguments.number("--depth", iodepth)?;
    let batch = arguments.number("--batch", 32)?.min(iodepth);
    Ok(Plan {
        mode,
        engine,
        iodepth,
        batch_submit: batch,
        batch_complete: batch,
        max_block_bytes: arguments.number("--bs", 4096)?,
        runtime: Some(Duration::from_secs(arguments.number("--seconds", 4)?.into())),
        ..Plan::default()
    })
}

/// Opens as fio and `t/io_uring` do: reads leave no time behind, where that is allowed.
fn open(path: &str, direct: bool) -> std::io::Result<File> {
    let direct = if direct { libc::O_DIRECT } else { 0 };
    let with = |flags| OpenOptions::new().read(true).custom_flags(flags).open(path);
    with(direct | libc::O_NOATIME).or_else(|_| with(direct))
}

fn print(plan: &Plan, outcome: &Outcome, features: bool) {
    let observed = &outcome.observed;
    let ios: u64 = observed.streams.values().map(|stream| stream.service.count()).sum();
    let cost = observed.cost;
    let each = |ns: u64| ns / ios.max(1);
    let service = observed.streams.values().next().map(|stream| &stream.service);
    let percentile = |p| service.and_then(|service| service.percentile(p)).unwrap_or(0);
    let a_second =
        |count: u64| u128::from(count) * 1_000_000_000 / u128::from(observed.elapsed_ns.max(1));
    println!(
        "{} {} {ios} {} {} {} {} {} {}",
        observed.engine.name,
        plan.iodepth,
        each(cost.user_ns + cost.system_ns),
        each(cost.user_ns),
        a_second(ios),
        percentile(500_000),
        percentile(990_000),
        peak_kb(),
    );
    if let Some(open) = &observed.open_loop {
        let response = open.response.values().next();
        println!(
            "  offered {} achieved/s {} response-p99 {} lateness-p50 {} p99 {} backlog {}",
            open.offered,
            a_second(response.map_or(0, storage_bench::histogram::Histogram::count)),
            response.and_then(|response| response.percentile(990_000)).unwrap_or(0),
            open.lateness.percentile(500_000).unwrap_or(0),
            open.lateness.percentile(990_000).unwrap_or(0),
            open.backlog_max,
        );
    }
    if features {
        for feature in &observed.engine.feature {
            let reason = feature.reason.as_deref().unwrap_or("");
            println!("  {} {} {reason}", if feature.on { "on " } else { "off" }, feature.name);
        }
        println!("  clock {}, drift {} ppm", observed.engine.clock, outcome.clock_drift_ppm);
        println!("  busiest thread {} ppm", cost.busiest_thread_ppm);
    }
}

/// The most memory the process had, from `/proc/self/status`.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
