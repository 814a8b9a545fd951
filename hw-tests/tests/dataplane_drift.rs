//! Damage to what is wanted on the real kernel: heard at once, planned for alone, and mended.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "waits for events until a deadline")]

#[path = "dataplane_drift/damage.rs"]
mod damage;
#[path = "dataplane_real/node.rs"]
mod node;
#[path = "dataplane_drift/rooms.rs"]
mod rooms;
#[path = "dataplane_real/state.rs"]
mod state;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use dataplane::address::Device;
use dataplane::desired::Desired;
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::kernel::watch::{Changed, Concern, Watch, Woken};
use dataplane::node::Node;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use node::{Lab, converge, look, read};
use state::{Which, text};

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];

const IN_ROOMS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("bridge"),
    Need::Program("nft"),
    Need::Program("sysctl"),
    Need::Program("umount"),
];

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let trials = vec![
        trial("every_damage_is_heard_and_mended", NEEDS, damage::every),
        trial("every_damage_to_a_router_is_heard_and_mended", IN_ROOMS, rooms::every),
        trial("what_happens_in_others_namespaces_is_not_told", IN_ROOMS, rooms::others),
        trial("what_is_no_damage_is_not_told", NEEDS, no_damage),
        trial("a_call_ends_a_wait_and_a_deadline_does", NEEDS, calls),
        trial("lost_events_are_told_as_lost", NEEDS, lost),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A node as wanted, and a watch over it.
pub(crate) struct Watched {
    pub(crate) lab: Lab,
    pub(crate) real: Real,
    pub(crate) watch: Watch,
    pub(crate) desired: Desired,
}

impl Watched {
    pub(crate) fn new() -> Result<Self, Failed> {
        Self::of(Lab::new()?, &text(Which::One))
    }

    /// Has a node be as a state says.
    pub(crate) fn of(lab: Lab, state: &str) -> Result<Self, Failed> {
        let mut watch = inside(Namespace::Path(&lab.path()), Watch::open)?;
        let mut real = lab.real()?;
        watch.except(real.filter_port()?);
        let desired = read(state)?;
        converge(&mut real, &desired)?;
        let mut watched = Self { lab, real, watch, desired };
        watched.settle()?;
        Ok(watched)
    }

    /// Looks until nothing happens any more; the carrier of a new pair comes late.
    pub(crate) fn settle(&mut self) -> Result<(), Failed> {
        loop {
            let node = self.look()?;
            if !node.plan.steps.is_empty() {
                return Err(format!("not as wanted: {:#?}", node.plan.steps).into());
            }
            if self.wait(Duration::from_millis(50))?.is_none() {
                return Ok(());
            }
        }
    }

    /// Looks at what happened until now.
    pub(crate) fn look(&mut self) -> Result<Node, Failed> {
        self.watch.forget()?;
        let node = look(&mut self.real, &self.desired)?;
        let underlay: &Device = &self.desired.node.device;
        self.watch.mind(Concern::new(&node.wanted, &node.seen, Some(underlay)));
        // As the daemon does it, which then looks again.
        if !node.seen.rooms.is_empty() && self.watch.attend(&mut self.real)? {
            return self.look();
        }
        Ok(node)
    }

    pub(crate) fn wait(&mut self, patience: Duration) -> Result<Option<Changed>, Failed> {
        let end = Instant::now() + patience;
        loop {
            match self.watch.wait(Some(end))? {
                // Others' mounts are told, as the daemon is told of them.
                Woken::Changed(changed) if changed.is_of_mounts() && self.real.are_named() => {}
                Woken::Changed(changed) => return Ok(Some(changed)),
                Woken::Deadline => return Ok(None),
                Woken::Called => return Err("nobody called".into()),
            }
        }
    }
}

fn no_damage() -> Result<(), Failed> {
    let mut watched = Watched::new()?;
    let quiet = |watched: &mut Watched, what: &str| match watched.wait(Duration::from_millis(60))? {
        None => Ok(()),
        Some(changed) => Err(Failed::from(format!("{what}: {changed:?}"))),
    };
    quiet(&mut watched, "nothing")?;
    watched.lab.ip("link add other type veth peer name other2")?;
    watched.lab.ip("link set other up mtu 1400")?;
    watched.lab.ip("address add 192.0.2.77/24 dev other")?;
    watched.lab.ip("neigh add 192.0.2.78 lladdr 02:00:00:00:77:77 dev other")?;
    watched.lab.ip("neigh add 10.99.0.2 lladdr 02:00:00:00:99:02 dev u0")?;
    watched.lab.ip("link del other")?;
    quiet(&mut watched, "a device of others")?;
    watched.lab.nft("add table inet theirs; add chain inet theirs assay; add table ip assay")?;
    quiet(&mut watched, "tables of others")?;
    // The guest's end of a pair goes up and down: ours has its carrier then.
    watched.lab.ip("link set q5 up")?;
    watched.wait(Duration::from_millis(60))?.ok_or("an end that is not as we made it")?;
    watched.settle()?;
    let master = watched.lab.ip("-j link show dev p5")?;
    assert!(master.contains("LOWER_UP"), "{master}");
    // Again and again, it is what it was.
    watched.lab.ip("link set p5 promisc on")?;
    watched.lab.ip("link set p5 promisc off")?;
    quiet(&mut watched, "a setting that is nobody's")?;
    // Our own rules are not told.
    let mut other = read(&text(Which::One).replace("ports = 80", "ports = 81"))?;
    std::mem::swap(&mut other, &mut watched.desired);
    let desired = watched.desired.clone();
    assert_eq!(converge(&mut watched.real, &desired)?, 2, "elements more, then elements less");
    quiet(&mut watched, "our own rules")?;
    watched.lab.nft("flush chain inet assay as_fwd")?;
    assert!(watched.wait(PATIENCE)?.ok_or("rules of others' making")?.rules);
    Ok(())
}

fn calls() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut watch = inside(Namespace::Path(&lab.path()), Watch::open)?;
    let caller = watch.caller();
    caller.call()?;
    caller.call()?;
    assert_eq!(watch.wait(None)?, Woken::Called);
    let begun = Instant::now();
    let deadline = begun + Duration::from_millis(30);
    assert_eq!(watch.wait(Some(deadline))?, Woken::Deadline, "two calls are one");
    assert!(begun.elapsed() >= Duration::from_millis(30));
    assert_eq!(watch.wait(Some(begun))?, Woken::Deadline, "a deadline that is over");
    thread::scope(|scope| {
        let waits = scope.spawn(|| watch.wait(None));
        caller.call()?;
        let woken = waits.join().map_err(|_panic| Failed::from("the waiting thread panicked"))?;
        assert_eq!(woken?, Woken::Called);
        Ok(())
    })
}

/// More events than there is room for.
fn lost() -> Result<(), Failed> {
    let mut watched = Watched::new()?;
    watched.watch = inside(Namespace::Path(&watched.lab.path()), || Watch::with_room(64 << 10))?;
    watched.settle()?;
    let lines: Vec<String> = (1..=200).map(|at| format!("link set u1 mtu {}", 1600 + at)).collect();
    watched.lab.space.feed(&["ip", "-batch", "-"], &lines.join("\n"))?;
    let changed = watched.wait(PATIENCE)?;
    let changed = changed.ok_or("nothing was lost")?;
    assert!(changed.lost && !changed.rules, "{changed:?}");
    // What happens behind it is heard again.
    assert!(watched.look()?.plan.is_empty());
    watched.lab.ip("link set p5 down")?;
    let changed = watched.wait(PATIENCE)?.ok_or("a port went down")?;
    assert!(changed.devices.contains(&"p5".parse::<Device>()?), "{changed:?}");
    Ok(())
}
