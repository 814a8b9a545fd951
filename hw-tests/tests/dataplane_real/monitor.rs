//! What `ip monitor` and `nft monitor` hear of the library, and what it does when it hears more
//! than there is room for.

#![expect(unsafe_code, reason = "rustix has no groups of netlink sockets")]
#![expect(clippy::disallowed_methods, reason = "waits for events until a deadline")]

use std::io::{BufRead, BufReader};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use dataplane::apply::{Applied, Run, apply};
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::Interest;
use dataplane::kernel::links::route::Route;
use dataplane::kernel::namespace::{Namespace, inside};
use hw_tests::network::eventually;
use libtest_mimic::Failed;
use rustix::net::sockopt::set_socket_recv_buffer_size;
use serde_json::Value;

use crate::node::{Lab, converge, look, read};
use crate::state::{Which, text};

/// What devices and tables are called that only say how far it is.
const MARKER: &str = "marker";
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A program that prints a line for each change that the kernel tells of.
struct Monitor {
    child: Child,
    lines: Receiver<String>,
}

impl Monitor {
    fn start(lab: &Lab, words: &[&str]) -> Result<Self, Failed> {
        let mut child = lab.space.command(words).stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().ok_or("no pipe")?;
        let (send, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// Makes markers, each of another name, until one is heard; returns what was heard before.
    fn until_marked(
        &self,
        mark: &dyn Fn(&str) -> Result<(), Failed>,
    ) -> Result<Vec<String>, Failed> {
        let end = Instant::now() + Duration::from_secs(20);
        let mut heard = Vec::new();
        while Instant::now() < end {
            let name = format!("{MARKER}{}x", COUNT.fetch_add(1, Ordering::Relaxed));
            mark(&name)?;
            let soon = Instant::now() + Duration::from_millis(500);
            let left = || soon.saturating_duration_since(Instant::now());
            while let Ok(line) = self.lines.recv_timeout(left()) {
                if line.contains(&name) {
                    return Ok(heard);
                }
                heard.push(line);
            }
        }
        Err("the monitor hears nothing".into())
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn nothing_to_do() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut real = lab.real()?;
    let desired = read(&text(Which::One))?;
    converge(&mut real, &desired)?;
    let links = Monitor::start(&lab, &["ip", "-o", "monitor", "all"])?;
    let rules = Monitor::start(&lab, &["stdbuf", "-oL", "nft", "monitor"])?;
    // They stay: of one that is gone, `ip` tells the number.
    let link = |name: &str| lab.ip(&format!("link add {name} type bridge")).map(drop);
    let table = |name: &str| lab.nft(&format!("add table ip {name}")).map(drop);
    let heard = || -> Result<Vec<String>, Failed> {
        let mut heard = links.until_marked(&link)?;
        heard.extend(rules.until_marked(&table)?);
        // Of the markers, and what `nft` tells of the end of every batch.
        heard.retain(|line| !line.contains(MARKER) && !line.starts_with("# new generation"));
        Ok(heard)
    };
    settle(&lab)?;
    heard()?;
    for _ in 0..3 {
        let node = look(&mut real, &desired)?;
        let run = Run { generation: 1, digest: "", past: &Past::default() };
        let applied = apply(&mut real, &node.plan, run, &mut NoLog)?;
        assert_eq!(applied, Applied::Done { steps: 0 });
        dataplane::node::revoke(&mut real, &node, Some(&desired))?;
    }
    let said = heard()?;
    assert!(said.is_empty(), "{said:#?}");
    // What there is to hear is heard.
    lab.ip("link set p5 down")?;
    lab.nft("flush chain inet assay as_fwd")?;
    heard()?;
    assert_eq!(converge(&mut real, &desired)?, 2);
    let said = heard()?;
    for word in ["p5", "as_fwd"] {
        assert!(said.iter().any(|line| line.contains(word)), "{word}: {said:#?}");
    }
    Ok(())
}

/// Waits until the kernel has found out which devices have a carrier: it does so once a second.
fn settle(lab: &Lab) -> Result<(), Failed> {
    let settled = |link: &Value| {
        let state = match link["linkinfo"]["info_kind"].as_str() {
            Some("bridge") => "UP",
            Some("veth") => "LOWERLAYERDOWN",
            _ => return true,
        };
        let ours = link["ifalias"].as_str().is_some_and(|alias| alias.starts_with("assay:"));
        !ours || link["operstate"] == state
    };
    eventually("carriers", || {
        let links = lab.space.json(&["ip", "-j", "-d", "link", "show"]);
        links.is_ok_and(|links| links.as_array().is_some_and(|links| links.iter().all(settled)))
    })?;
    Ok(())
}

/// A socket that a multicast group overruns all the time.
pub(crate) fn overrun() -> Result<(), Failed> {
    let lab = Lab::new()?;
    converge(&mut lab.real()?, &read(&text(Which::One))?)?;
    let mut route: Route = inside(Namespace::Path(&lab.path()), Route::open)?;
    let interest = Interest::default();
    let before = route.look(&interest)?;
    join_links(&route)?;
    set_socket_recv_buffer_size(&route, 4096)?;
    let flap = (1..=100).map(|at| format!("link set u1 mtu {}", 1600 + at % 2));
    let flap = flap.collect::<Vec<_>>().join("\n");
    for _ in 0..5 {
        lab.space.feed(&["ip", "-batch", "-"], &flap)?;
        assert_eq!(route.look(&interest)?, before);
    }
    Ok(())
}

/// `RTNLGRP_LINK`.
fn join_links(route: &Route) -> Result<(), Failed> {
    let group: libc::c_int = 1;
    let length = libc::socklen_t::try_from(size_of_val(&group))?;
    // SAFETY: the descriptor is open as long as `route` lives; the kernel reads `length` bytes
    // from `group`, which is that long, and keeps no pointer to it.
    let code = unsafe {
        libc::setsockopt(
            route.as_fd().as_raw_fd(),
            libc::SOL_NETLINK,
            libc::NETLINK_ADD_MEMBERSHIP,
            std::ptr::from_ref(&group).cast(),
            length,
        )
    };
    if code == 0 { Ok(()) } else { Err(std::io::Error::last_os_error().into()) }
}
