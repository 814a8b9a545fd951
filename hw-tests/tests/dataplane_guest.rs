//! The tap of a real guest, which QEMU makes and takes along: closed until the dataplane has
//! taken it up, and open soon after it comes back.
//!
//! Who waits for the tap is the test; what it then does is what the daemon does.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "measures how long a tap stays closed")]

#[path = "dataplane_guest/machine.rs"]
mod machine;

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hw_tests::network::frame::{Mac, Path};
use hw_tests::network::layout::{Guest, hosts, settle};
use hw_tests::network::node::Node;
use hw_tests::network::wire::{Wire, passes};
use hw_tests::network::{Bed, BedError, Space, within};
use hw_tests::peer::{find_program, peers_required};
use hw_tests::sample::Spread;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use machine::{Machine, Running, kernel};

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("sysctl"),
    Need::Program("qemu-system-x86_64"),
    Need::Program("busybox"),
    Need::Path { path: "/dev/net/tun", package: "the kernel (tun)" },
];

/// The bar: a tap that has come back is open again.
const BAR: Duration = Duration::from_millis(200);
/// A guest without KVM starts in 5 s; on a machine that does much else, later.
const BOOT: Duration = Duration::from_secs(90);
const GUEST: Mac = [2, 0, 0, 0, 0, 0x15];
const TAP: &str = "tap0";

const STATE: &str = r#"
schema = "assay/network/v1"
semantics = "openstack"
node = { name = "a", device = "u0", vtep = "10.99.0.1" }
vpc = [{ id = "red" }]
network = [{ id = "red", vpc = "red", vni = 100 }]
subnet = [
  { id = "red-4", network = "red", cidr = "10.0.0.0/24" },
  { id = "red-6", network = "red", cidr = "fd00::/64" },
]
[[port]]
id = "a1"
network = "red"
device = "p1"
kind = "veth"
peer = "q1"
mac = "02:00:00:00:00:0b"
ips = ["10.0.0.11", "fd00::11"]
groups = ["all"]
[[port]]
id = "guest"
network = "red"
device = "tap0"
kind = "tap"
mac = "02:00:00:00:00:15"
ips = ["10.0.0.15", "fd00::15"]
groups = ["all"]
[[group]]
id = "all"
vpc = "red"
[[group.rule]]
direction = "out"
protocol = "any"
[[group.rule]]
direction = "in"
protocol = "icmp"
[[group.rule]]
direction = "in"
protocol = "udp"
ports = 5005
"#;

fn main() -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), vec![test()]).exit_code()
}

fn test() -> Trial {
    match kernel() {
        Ok(_) => trial("the_tap_of_a_guest_is_closed_until_it_is_taken_up", NEEDS, restart),
        Err(why) => Trial::ignorable_test("the_tap_of_a_guest", move || {
            if peers_required() { Err(why.into()) } else { Ok(Completion::ignored_with(why)) }
        }),
    }
}

/// A host with the dataplane, a guest of a namespace, and what hears it.
struct Lab {
    host: Space,
    node: Node,
    a1: Guest,
    heard: Wire,
    machine: Machine,
    _bed: Bed,
}

impl Lab {
    fn new() -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let [host, _] = hosts(&mut bed)?;
        let mut node = Node::open(&host)?;
        node.apply(STATE)?;
        let space = bed.space("a1")?;
        host.line(&format!("ip link set q1 netns {} name eth0", space.name()))?;
        let a1 = settle(space, 11)?;
        let heard = Wire::open(&a1.space, "eth0")?;
        let path = env::var_os("PATH").unwrap_or_default();
        let busybox = find_program("busybox", &path).ok_or("`busybox` is not on the path")?;
        let machine = Machine::new(&kernel()?, &busybox)?;
        Ok(Self { host, node, a1, heard, machine, _bed: bed })
    }

    /// Starts a guest and waits for its tap; returns when that was there.
    fn start(&self) -> Result<(Running, Wire, Instant), Failed> {
        let running = self.machine.start(&self.host, TAP)?;
        let mut tap = None;
        within(BOOT, "the tap", || {
            tap = Wire::open_both(&self.host, TAP).ok();
            tap.is_some()
        })
        .map_err(|error| format!("{error}: {}", self.machine.console()))?;
        Ok((running, tap.ok_or("the tap is there")?, Instant::now()))
    }

    fn stop(&self, mut running: Running) -> Result<(), Failed> {
        running.kill()?;
        within(BOOT, "the tap to be gone", || Wire::open(&self.host, TAP).is_err())?;
        Ok(())
    }

    fn to_guest(&self) -> Path {
        Path { mac: (self.a1.mac, GUEST), ip: (self.a1.v4, [10, 0, 0, 15].into()) }
    }
}

/// Waits for a frame of the guest's.
fn speaks(wire: &Wire, limit: Duration) -> Result<bool, BedError> {
    Ok(wire.hear(limit, |frame| frame.get(6..12) == Some(&GUEST))?.is_some())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn restart() -> Result<(), Failed> {
    let mut lab = Lab::new()?;

    // Its rules are there and nobody has taken up the tap; up, as libvirt leaves it.
    let (running, tap, _) = lab.start()?;
    lab.host.line(&format!("ip link set {TAP} up"))?;
    let control = speaks(&tap, BOOT)?;
    assert!(control, "the guest speaks: {}", lab.machine.console());
    let mut sent = 0;
    tap.hear(Duration::from_millis(500), |frame| {
        sent += usize::from(frame.get(6..12) == Some(&GUEST));
        false
    })?;
    assert!(sent > 0, "it goes on speaking");
    let seen = speaks(&lab.heard, Duration::from_millis(100))?;
    assert!(!seen, "it is closed: {sent} frames of the guest's and one was seen");

    // Taken up while it speaks.
    let begun = Instant::now();
    lab.node.apply(STATE)?;
    let open = speaks(&lab.heard, Duration::from_secs(5))?;
    let first = begun.elapsed();
    assert!(open, "it is open once it is taken up");
    judged(&lab, &tap)?;

    // Gone and back.
    lab.stop(running)?;
    let rounds = env::var("ASSAY_GUEST_ROUNDS").ok().and_then(|text| text.parse().ok());
    let mut opened = Vec::new();
    for _ in 0..rounds.unwrap_or(3) {
        lab.node.apply(STATE)?;
        let (running, tap, since) = lab.start()?;
        lab.node.apply(STATE)?;
        reached(&lab, &tap)?;
        opened.push(milliseconds(since.elapsed()));
        lab.stop(running)?;
    }
    let (running, tap, _) = lab.start()?;
    lab.node.apply(STATE)?;
    while lab.heard.hear(Duration::ZERO, |_| true)?.is_some() {}
    assert!(speaks(&lab.heard, BOOT)?, "the guest is back: {}", lab.machine.console());
    judged(&lab, &tap)?;
    lab.stop(running)?;

    let spread = Spread::of(&opened).ok_or("there were rounds")?;
    println!("figure: guest.closed = 0 of {sent} frames seen");
    println!("figure: guest.first = {:.0} ms", milliseconds(first));
    println!(
        "figure: guest.open = {:.0} ms ({:.0}–{:.0}), {} restarts",
        spread.median,
        spread.min,
        spread.max,
        opened.len()
    );
    assert!(first <= BAR, "open {first:?} after it was taken up");
    assert!(spread.median <= milliseconds(BAR), "open {spread:?} ms after it came back");
    Ok(())
}

/// Sends datagrams to the guest until one is on its tap.
fn reached(lab: &Lab, tap: &Wire) -> Result<(), Failed> {
    let frame = lab.to_guest().udp((4000, 5005), b"are you there");
    for _ in 0..1000 {
        lab.heard.send(&frame)?;
        if tap.token(Duration::from_millis(2), b"are you there")?.is_some() {
            return Ok(());
        }
    }
    Err("no datagram reached the tap".into())
}

/// What rules permit passes to the guest, and nothing else does; ARP and echo are answered.
fn judged(lab: &Lab, tap: &Wire) -> Result<(), Failed> {
    let path = lab.to_guest();
    let denied = path.udp((4000, 5006), b"not for it");
    let fence = path.udp((4000, 5005), b"for the guest");
    let passed = passes((&lab.heard, tap), (&denied, b"not for it"), (&fence, b"for the guest"))?;
    assert!(!passed, "a datagram that no rule permits reached the guest");
    lab.a1.space.run(&["ip", "neighbour", "flush", "dev", "eth0"])?;
    lab.a1.space.run(&["busybox", "ping", "-c", "3", "-W", "5", "10.0.0.15"])?;
    Ok(())
}
