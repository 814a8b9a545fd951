//! What looking for loops costs with many ports.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use dataplane::kernel::loops::Guard;
use dataplane::kernel::namespace::{Namespace, inside};
use hw_tests::network::Bed;
use hw_tests::network::node::Node;
use libtest_mimic::Failed;

use crate::check;

/// How long it is measured, at least two rounds.
const TIME: Duration = Duration::from_secs(11);

/// Processor time that this thread has had, the kernel's for it among that.
fn used() -> Result<Duration, Failed> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let spent = text.split_whitespace().next().ok_or("no figure")?;
    Ok(Duration::from_nanos(spent.parse()?))
}

/// Ports with carrier, and nothing outside: each sends a probe every five seconds, the default,
/// then as often as it may. A frame's whole way to the guest's end is at the sender's expense.
pub(crate) fn many() -> Result<(), Failed> {
    let count = env::var("ASSAY_PORTS").map_or(Ok(128), |given| given.parse::<usize>())?;
    let mut bed = Bed::new()?;
    let space = bed.space("n1")?;
    space.line("ip link add u0 mtu 1600 type veth peer name u1 mtu 1600")?;
    space.line("ip address add 10.99.0.1/24 dev u0")?;
    space.line("ip link set u0 addrgenmode none up")?;
    space.line("ip link set u1 addrgenmode none up")?;
    let state = |interval: u32| {
        let mut text = format!(
            "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"n\"\n\
             device = \"u0\"\nvtep = \"10.99.0.1\"\n[node.loop_detection]\ninterval = {interval}\n\
             action = \"block\"\n[[vpc]]\nid = \"v\"\n"
        );
        for at in 0..count {
            if at % 64 == 0 {
                let of = at / 64;
                write!(
                    text,
                    "[[network]]\nid = \"n{of}\"\nvpc = \"v\"\nvni = {}\n[[subnet]]\n\
                     id = \"s{of}\"\nnetwork = \"n{of}\"\ncidr = \"10.{of}.0.0/24\"\n",
                    of + 1
                )
                .expect("a String takes everything");
            }
            let (of, host) = (at / 64, at % 64 + 2);
            write!(
                text,
                "[[port]]\nid = \"p{at}\"\nnetwork = \"n{of}\"\ndevice = \"p{at}\"\nkind = \"veth\"\n\
                 peer = \"g{at}\"\nmac = \"02:00:00:00:{of:02x}:{host:02x}\"\n\
                 ips = [\"10.{of}.0.{host}\"]\ngroups = []\n"
            )
            .expect("a String takes everything");
        }
        text
    };
    Node::open(&space)?.apply(&state(5))?;
    let lines: Vec<String> =
        (0..count).map(|at| format!("link set g{at} addrgenmode none up")).collect();
    space.feed(&["ip", "-batch", "-"], &lines.join("\n"))?;
    println!("figure: loops.cost.ports = {count}");
    for interval in [5, 1] {
        let desired = dataplane::spec::read("test.toml", &state(interval));
        let desired = desired.map_err(|error| error.to_string())?;
        let mut guard = inside(Namespace::Path(&space.path()), Guard::open)?;
        guard.take(&desired, None);
        let (begun, before) = (Instant::now(), used()?);
        while begun.elapsed() < TIME {
            check(guard.turn()?.is_empty(), "a loop was found")?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let spent = used()?.saturating_sub(before).as_secs_f64() * 1e3 / seconds;
        let counted = u32::try_from(guard.detector().counts.sent)?;
        let (sent, ports) = (f64::from(counted), f64::from(u32::try_from(count)?));
        println!(
            "figure: loops.cost.{interval} = {spent:.1} ms/s ({:.0} probes/s)",
            sent / seconds
        );
        let wanted = ports * seconds / (ports / 1000.0).max(f64::from(interval));
        // Storms of the tests beside this one take the processors.
        let sound = sent > 0.3 * wanted && guard.ports_sent() == count;
        check(sound, &format!("{sent} probes of {wanted:.0}, by {} ports", guard.ports_sent()))?;
        check(spent < 250.0, &format!("{spent:.1} ms of a second"))?;
    }
    Ok(())
}
