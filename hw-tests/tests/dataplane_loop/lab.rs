//! Nodes with ports, what is behind those, and what looks for loops, in this process.

#![expect(clippy::disallowed_methods, reason = "turns until a deadline")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dataplane::desired::Desired;
use dataplane::kernel::loops::Guard;
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::loops::{Key, News, What};
use hw_tests::network::node::Node;
use hw_tests::network::{Bed, Space};
use libtest_mimic::Failed;

/// Hosts with ports `NUMBERa`, `NUMBERb`, `NUMBERc` each, whose guests' ends are all in one
/// namespace: `g1a`, …
pub(crate) struct Lab {
    pub(crate) hosts: Vec<Host>,
    pub(crate) outside: Space,
    _bed: Bed,
}

pub(crate) struct Host {
    pub(crate) space: Space,
    pub(crate) node: Node,
    number: usize,
}

pub(crate) const PORTS: [&str; 3] = ["a", "b", "c"];

impl Lab {
    /// Makes them, with a text for `[node.loop_detection]`.
    pub(crate) fn new(hosts: usize, settings: &str) -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let outside = bed.space("outside")?;
        let mut made = Vec::new();
        for number in 1..=hosts {
            let space = bed.space(&format!("n{number}"))?;
            space.line("ip link add u0 mtu 1600 type veth peer name u1 mtu 1600")?;
            space.line(&format!("ip address add 10.99.0.{number}/24 dev u0"))?;
            space.line("ip link set u0 addrgenmode none up")?;
            space.line("ip link set u1 addrgenmode none up")?;
            let mut node = Node::open(&space)?;
            node.apply(&text(number, settings))?;
            for port in PORTS {
                let end = format!("g{number}{port}");
                space.line(&format!("ip link set {end} netns {}", outside.name()))?;
                outside.line(&format!("ip link set {end} addrgenmode none up"))?;
            }
            made.push(Host { space, node, number });
        }
        Ok(Self { hosts: made, outside, _bed: bed })
    }

    /// Joins ends of guests by a bridge of theirs.
    pub(crate) fn join(&self, ends: &[&str]) -> Result<(), Failed> {
        let outside = &self.outside;
        outside.line("ip link add out type bridge stp_state 0 mcast_snooping 0")?;
        outside.line("ip link set out addrgenmode none up")?;
        for end in ends {
            outside.line(&format!("ip link set {end} master out"))?;
        }
        Ok(())
    }

    /// Takes that bridge away.
    pub(crate) fn part(&self) -> Result<(), Failed> {
        self.outside.line("ip link delete out")?;
        Ok(())
    }
}

impl Host {
    pub(crate) fn desired(&self, settings: &str) -> Result<Desired, Failed> {
        dataplane::spec::read("test.toml", &text(self.number, settings))
            .map_err(|error| error.to_string().into())
    }

    /// Begins to look for loops.
    pub(crate) fn guard(&self, settings: &str, key: Option<&str>) -> Result<Eye, Failed> {
        let mut guard = inside(Namespace::Path(&self.space.path()), Guard::open)?;
        let key = key.map(|key| Key::of(key.as_bytes()));
        let news = guard.take(&self.desired(settings)?, key);
        Ok(Eye { guard, news })
    }

    /// Returns the state of a port of the bridge, as bridge(8) has it.
    pub(crate) fn state(&self, port: &str) -> Result<String, Failed> {
        let device = format!("p{}{port}", self.number);
        let links = self.space.json(&["bridge", "-j", "link", "show"])?;
        let mut links = links.as_array().into_iter().flatten();
        let link = links.find(|link| link["ifname"] == device.as_str()).ok_or(device)?;
        Ok(link["state"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) fn is(&self, port: &str, wanted: &str) -> Result<(), Failed> {
        let state = self.state(port)?;
        if state == wanted { Ok(()) } else { Err(format!("{port} is {state}").into()) }
    }

    /// Returns how many frames have come in by a port.
    pub(crate) fn received(&self, port: &str) -> Result<u64, Failed> {
        let device = format!("p{}{port}", self.number);
        let link = self.space.json(&["ip", "-j", "-s", "link", "show", "dev", &device])?;
        Ok(link[0]["stats64"]["rx"]["packets"].as_u64().ok_or("no figures")?)
    }

    /// Returns how many frames come in by a port in a second.
    pub(crate) fn rate(&self, port: &str) -> Result<u64, Failed> {
        let (begun, before) = (Instant::now(), self.received(port)?);
        while begun.elapsed() < Duration::from_millis(300) {
            std::thread::yield_now();
        }
        let count = self.received(port)?.saturating_sub(before);
        let millis = u64::try_from(begun.elapsed().as_millis())?;
        Ok(count * 1000 / millis.max(1))
    }
}

/// What looks for loops on a host.
pub(crate) struct Eye {
    pub(crate) guard: Guard,
    /// All that was told.
    pub(crate) news: Vec<News>,
}

impl Eye {
    pub(crate) fn turn(&mut self) -> Result<(), Failed> {
        let news = self.guard.turn()?;
        self.news.extend(news);
        Ok(())
    }

    /// Lets it look for a while.
    pub(crate) fn look(&mut self, time: Duration) -> Result<(), Failed> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn()?;
        }
        Ok(())
    }

    /// Lets it look until something becomes of a loop at a port; returns how long that took.
    pub(crate) fn until(
        &mut self,
        port: &str,
        what: What,
        limit: Duration,
    ) -> Result<Duration, Failed> {
        let begun = Instant::now();
        let told = |news: &News| news.port == port && news.what == what;
        while begun.elapsed() < limit {
            if self.news.iter().any(told) {
                return Ok(begun.elapsed());
            }
            self.turn()?;
        }
        Err(format!("nothing of {port} is told but {:?}", self.news).into())
    }
}

fn text(number: usize, settings: &str) -> String {
    let mut text = format!(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"n{number}\"\n\
         device = \"u0\"\nvtep = \"10.99.0.{number}\"\n[node.loop_detection]\n{settings}\n\
         [[vpc]]\nid = \"v\"\n[[network]]\nid = \"red\"\nvpc = \"v\"\nvni = 7\n[[subnet]]\nid = \"s\"\nnetwork = \"red\"\ncidr = \"10.0.0.0/24\"\n"
    );
    for (at, port) in PORTS.iter().enumerate() {
        write!(
            text,
            "[[port]]\nid = \"{number}{port}\"\nnetwork = \"red\"\ndevice = \"p{number}{port}\"\n\
             kind = \"veth\"\npeer = \"g{number}{port}\"\nmac = \"02:00:00:00:0{number}:0{at}\"\n\
             ips = [\"10.0.0.{number}{at}\"]\ngroups = []\nport_security = false\n"
        )
        .expect("a String takes everything");
    }
    text
}
