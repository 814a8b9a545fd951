//! Taking a full node down while others work: nobody else waits for long.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "this test measures")]

#[path = "dataplane_real/node.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod node;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dataplane::apply::{Applied, Run, apply};
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::Kernel;
use dataplane::kernel::journal::Journal;
use dataplane::kernel::links::route::Route;
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::node::look_to_destroy;
use dataplane::plan::{LinkChange, Step};
use hw_tests::network::full::{self, Ports, Size};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use node::{ALL, Lab, look, read};

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip")];

/// A tenth of a full node, and less of what a teardown takes away in one piece.
const USUAL: Size = Size { networks: 50, groups: 100, ports: 100, remotes: 200 };

/// How often somebody else wants something.
const TICK: Duration = Duration::from_millis(2);

fn main() -> ExitCode {
    let trials = vec![
        trial("a_teardown_keeps_nobody_waiting", NEEDS, teardown),
        trial("what_is_taken_away_together_takes_nothing_else_along", NEEDS, nothing_else),
    ];
    // One measures what others wait for.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn teardown() -> Result<(), Failed> {
    let size = Size::given(USUAL)?;
    let (lab, other) = (Lab::new()?, Lab::new()?);
    let mut real = lab.real()?;
    fill(&mut real, size)?;
    let quiet = stalls(&other, || {
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            thread::yield_now();
        }
        Ok(())
    })?;
    println!("others, nothing going on: {}", said(&quiet));
    let begun = Instant::now();
    let during = stalls(&other, || {
        let plan = look_to_destroy(&mut real, &ALL)?.plan;
        let run = Run { generation: 1, digest: "", past: &Past::default() };
        match apply(&mut real, &plan, run, &mut NoLog)? {
            Applied::Done { .. } => Ok(()),
            other => Err(format!("{other:#?}").into()),
        }
    })?;
    let took = begun.elapsed();
    println!(
        "{} devices taken down in {:.2} s",
        2 * size.networks + size.ports,
        took.as_secs_f64()
    );
    println!("others meanwhile: {}", said(&during));
    let seen = real.look(&dataplane::kernel::Interest::default())?;
    assert!(seen.links.values().all(|link| !link.is_ours()));
    let p99 = part(&during, 990);
    println!("figure: teardown.p99 = {:.1} ms", p99.as_secs_f64() * 1e3);
    println!("figure: teardown.longest = {:.1} ms", part(&during, 1000).as_secs_f64() * 1e3);
    println!("figure: teardown.took = {:.2} s", took.as_secs_f64());
    // The bar is of the full size; a few networks beside other tests measure the machine.
    assert!(!size.is_full() || p99 <= Duration::from_millis(100), "{p99:?}");
    Ok(())
}

/// Applies a state with a journal on disk, and says how long each part of it takes.
fn fill(real: &mut Real, size: Size) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    let part = |what: &str, last: &mut Instant| {
        let now = Instant::now();
        let (held, most) = memory();
        println!("{what}: {:.2} s, {held} held, {most} at most", (now - *last).as_secs_f64());
        *last = now;
    };
    let mut last = begun;
    let desired = read(&full::state(size, Ports::Veth))?;
    part("read", &mut last);
    let node = look(real, &desired)?;
    part("looked and planned", &mut last);
    let mut journal = Journal::open(folder.path())?;
    let run = Run { generation: 1, digest: "digest", past: &Past::default() };
    let applied = apply(real, &node.plan, run, &mut journal)?;
    assert_eq!(applied, Applied::Done { steps: node.plan.steps.len() });
    part(&format!("{} steps applied", node.plan.steps.len()), &mut last);
    let bytes = std::fs::metadata(folder.path().join("journal"))?.len();
    println!("journal: {bytes} bytes");
    assert!(look(real, &desired)?.plan.is_empty());
    part("verified", &mut last);
    println!("{size:?}: {:.2} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// What this process has in memory, and has had at most, as the kernel says.
fn memory() -> (String, String) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap_or("?").trim_matches([':', '\t', ' ']).to_owned()
    };
    (of("VmRSS"), of("VmHWM"))
}

/// Devices of others, in groups or none, and names that nobody has.
fn nothing_else() -> Result<(), Failed> {
    let lab = Lab::new()?;
    for (name, group) in [("theirs0", 0), ("theirs1", 1), ("theirs2", 77), ("theirs3", i32::MAX)] {
        lab.ip(&format!("link add {name} type bridge"))?;
        lab.ip(&format!("link set {name} group {group}"))?;
    }
    let before = lab.dump()?;
    let mut real = lab.real()?;
    fill(&mut real, Size { networks: 20, ports: 40, remotes: 20, groups: 20 })?;
    let links = real.look(&dataplane::kernel::Interest::default())?.links;
    let ours = links.into_iter().filter(|(_name, link)| link.is_ours());
    let steps: Vec<Step> = ours.map(|(name, _link)| Step::DeleteLink { name }).collect();
    assert_eq!(steps.len(), 80);
    let (first, second) = steps.split_at(70);
    // The last of them has gone meanwhile: the others go all the same, and it is told.
    if let Some(Step::DeleteLink { name }) = first.last() {
        lab.ip(&format!("link del {name}"))?;
    }
    let outcomes = lab.real()?.perform(first);
    let told: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(told.len(), 70);
    assert_eq!(told.iter().filter(|done| !**done).count(), 1, "{outcomes:?}");
    assert!(!told[69], "{outcomes:?}");
    assert!(lab.real()?.perform(second).iter().all(Result::is_ok));
    lab.nft("delete table inet assay; delete table netdev assay")?;
    node::same("after all of ours is gone", &before, &lab.dump()?)
}

/// How long changes of a device in another namespace take while `work` goes on. One is due
/// every tick, whether or not the one before is through: who waits, waits for all of them.
fn stalls(other: &Lab, work: impl FnOnce() -> Result<(), Failed>) -> Result<Vec<Duration>, Failed> {
    let mut route = inside(Namespace::Path(&other.path()), Route::open)?;
    let over = AtomicBool::new(false);
    let over = &over;
    thread::scope(|scope| {
        let ticking = scope.spawn(move || -> Result<Vec<Duration>, String> {
            let mut waited = Vec::new();
            let mut due = Instant::now();
            while !over.load(Ordering::SeqCst) {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let mtu = 1500 + u32::try_from(waited.len() % 2).unwrap_or(0);
                let name = "u1".parse().map_err(|_error| "a name")?;
                let step = Step::ChangeLink { name, change: LinkChange::Mtu(mtu) };
                if let Some(Err(error)) = route.perform(&[step]).pop() {
                    return Err(error.to_string());
                }
                waited.push(due.elapsed());
                due += TICK;
            }
            Ok(waited)
        });
        let worked = work();
        over.store(true, Ordering::SeqCst);
        let waited = ticking.join().map_err(|_panic| "the other one panicked")??;
        worked.map(|()| waited)
    })
    .map(|mut waited: Vec<Duration>| {
        waited.sort_unstable();
        waited
    })
}

/// What so many in a thousand waited at most.
fn part(waited: &[Duration], thousandths: usize) -> Duration {
    let at = (waited.len() * thousandths).div_ceil(1000).saturating_sub(1);
    waited.get(at).copied().unwrap_or_default()
}

fn said(waited: &[Duration]) -> String {
    let [half, p99, all] = [500, 990, 1000].map(|it| part(waited, it).as_secs_f64() * 1e3);
    format!("{} changes, median {half:.2} ms, p99 {p99:.2} ms, longest {all:.2} ms", waited.len())
}
