//! Two hosts whose networks EVPN joins, and guests.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use dataplane::evpn::{self, Passwords};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::node;
use dataplane::plan::{self, Scope};
use dataplane::{naming, spec};
use hw_tests::network::node::Node;
use hw_tests::network::{Bed, Space, layout, within};
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

use crate::frr::Frr;

/// How long BGP may take: FRR waits a second before it speaks, and another after a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A guest to be: name, host, network, last byte of its MAC address and of its IP addresses, group.
type Seat = (&'static str, usize, &'static str, u8, &'static str);

pub(crate) const SEATS: [Seat; 5] = [
    ("a1", 0, "red-a", 0x11, "web"),
    ("b1", 1, "red-a", 0x21, "web"),
    ("b2", 1, "red-a", 0x22, "app"),
    ("c1", 1, "red-b", 0x31, "web"),
    ("x1", 1, "blue-a", 0x21, "any"),
];

/// Network, VPC, VNI and third byte of its addresses. `blue` has the addresses of `red`.
const NETWORKS: [(&str, &str, u32, u8); 3] =
    [("red-a", "red", 100, 0), ("red-b", "red", 101, 1), ("blue-a", "blue", 200, 0)];

/// Hosts, FRR and guests.
pub(crate) struct Lab {
    pub(crate) frr: [Frr; 2],
    pub(crate) hosts: [Space; 2],
    nodes: [Node; 2],
    guests: Vec<(&'static str, Space)>,
    pub(crate) folder: TempDir,
    bed: Bed,
}

impl Lab {
    /// Builds all of it and waits until both hosts know each other's guests.
    pub(crate) fn new(routing: &str) -> Result<Self, Failed> {
        let mut lab = Self::apart(routing)?;
        for host in [0, 1] {
            let page = page(&state(host, routing, &|_guest| true))?;
            lab.frr[host].start(&page)?;
        }
        lab.meets()?;
        Ok(lab)
    }

    /// Builds all of it but FRR, which is not started.
    pub(crate) fn apart(routing: &str) -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let hosts = layout::hosts(&mut bed)?;
        let folder = tempfile::tempdir()?;
        // FRR's user has to come through.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let frr =
            [Frr::new(&hosts[0], folder.path(), "a")?, Frr::new(&hosts[1], folder.path(), "b")?];
        let nodes = [Node::open(&hosts[0])?, Node::open(&hosts[1])?];
        let mut lab = Self { frr, hosts, nodes, guests: Vec::new(), folder, bed };
        for host in [0, 1] {
            lab.apply(host, &state(host, routing, &|_guest| true))?;
        }
        for seat in SEATS {
            let guest = lab.bed.space(seat.0)?;
            settle(&lab.hosts[seat.1], &guest, seat, !routing.is_empty())?;
            lab.guests.push((seat.0, guest));
        }
        Ok(lab)
    }

    /// Has a host be as a file says; returns how many steps that took.
    pub(crate) fn apply(&mut self, host: usize, state: &str) -> Result<usize, Failed> {
        Ok(self.nodes[host].apply(state)?.steps)
    }

    /// Returns what a host lacks of what a file says, in words; none where all is as wanted.
    pub(crate) fn differences(&self, host: usize, state: &str) -> Result<Vec<String>, Failed> {
        let desired = spec::read("evpn.toml", state).map_err(io::Error::other)?;
        let mut kernel = inside(Namespace::Path(&self.hosts[host].path()), Real::open)?;
        let scope = Scope { complete: true, confirmed: true, ..Scope::default() };
        let looked = node::look(&mut kernel, &desired, &scope)?;
        let lines = plan::text::lines(&looked.plan);
        let stray = node::stray(&mut kernel, &looked, Some(&desired))?;
        let mut said: Vec<String> = lines.iter().map(|line| line.en.clone()).collect();
        said.extend(stray.iter().map(|it| format!("{it:?}")));
        Ok(said)
    }

    /// Waits until both hosts know each other's guests of `red-a`.
    pub(crate) fn meets(&self) -> Result<Duration, Failed> {
        let knows = |host: usize, seat: &Seat| self.learned(host, seat.2, seat.3).is_some();
        let waited = within(PATIENCE, "each to learn the other's guests", || {
            knows(0, &SEATS[1]) && knows(0, &SEATS[2]) && knows(1, &SEATS[0])
        })?;
        Ok(waited)
    }

    /// Returns the tunnel end that a host learned for a guest, where it has.
    pub(crate) fn learned(&self, host: usize, network: &str, last: u8) -> Option<String> {
        let entries = self.entries(host, network).ok()?;
        let learned = |entry: &&Value| {
            entry["mac"].as_str() == Some(&mac(last))
                && has(entry, "extern_learn")
                && has(entry, "self")
        };
        entries.iter().find(learned)?["dst"].as_str().map(str::to_owned)
    }

    /// Returns the forwarding entries of a network's VXLAN device.
    pub(crate) fn entries(&self, host: usize, network: &str) -> Result<Vec<Value>, Failed> {
        let device = naming::vxlan(network).to_string();
        let all = self.hosts[host].json(&["bridge", "-j", "fdb", "show", "dev", &device])?;
        Ok(all.as_array().cloned().unwrap_or_default())
    }

    pub(crate) fn guest(&self, name: &str) -> &Space {
        let mut guests = self.guests.iter();
        &guests.find(|(guest, _space)| *guest == name).expect("it is one of the seats").1
    }
}

/// Whether an entry has a flag.
pub(crate) fn has(entry: &Value, flag: &str) -> bool {
    entry["flags"].as_array().into_iter().flatten().any(|each| each.as_str() == Some(flag))
}

pub(crate) fn mac(last: u8) -> String {
    format!("02:00:00:00:00:{last:02x}")
}

/// Returns the configuration of FRR for a host that is to be as a file says.
pub(crate) fn page(state: &str) -> Result<String, Failed> {
    let desired = spec::read("evpn.toml", state).map_err(io::Error::other)?;
    let page = evpn::render(&desired, &Passwords::new());
    page.ok_or_else(|| "there is no EVPN in it".into())
}

/// Returns the file of a host; `here` says of which guests. Of others it names those of the groups
/// `app`, without saying where they are.
pub(crate) fn state(host: usize, routing: &str, here: &dyn Fn(&str) -> bool) -> String {
    let (own, other) = (host + 1, 2 - host);
    let mut text = format!(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"n{own}\"\n\
         device = \"u0\"\nvtep = \"10.99.0.{own}\"\n[node.evpn]\nasn = 65000\n\
         vtep_prefixes = [\"10.99.0.0/28\"]\n[[node.evpn.neighbour]]\n\
         address = \"10.99.0.{other}\"\nremote_asn = \"internal\"\n\
         [[vpc]]\nid = \"red\"\n[[vpc]]\nid = \"blue\"\n"
    );
    let mut put = |part: String| text.push_str(&part);
    for (id, vpc, vni, third) in NETWORKS {
        let gateway = |address: &str| {
            let routed = !routing.is_empty() && vpc == "red";
            if routed { format!("gateway = \"{address}\"\n") } else { String::new() }
        };
        put(format!("[[network]]\nid = \"{id}\"\nvpc = \"{vpc}\"\nvni = {vni}\n"));
        put(format!(
            "[[subnet]]\nid = \"{id}4\"\nnetwork = \"{id}\"\ncidr = \"10.0.{third}.0/24\"\n{}",
            gateway(&format!("10.0.{third}.1"))
        ));
        put(format!(
            "[[subnet]]\nid = \"{id}6\"\nnetwork = \"{id}\"\ncidr = \"fd00:0:0:{third}::/64\"\n{}",
            gateway(&format!("fd00:0:0:{third}::1"))
        ));
    }
    // The members of `web` reach each other and pings from `app`; `app` admits port 80 of `web`.
    put("[[group]]\nid = \"web\"\nvpc = \"red\"\n[[group]]\nid = \"app\"\nvpc = \"red\"\n\
         [[group.rule]]\ndirection = \"in\"\nprotocol = \"udp\"\nports = 80\n\
         from = { group = \"web\" }\n\
         [[group]]\nid = \"any\"\nvpc = \"blue\"\n"
        .to_owned());
    for (name, at, network, last, group) in SEATS {
        let third = third_of(network);
        let ips = format!("[\"10.0.{third}.{last}\", \"fd00:0:0:{third}::{last:x}\"]");
        let common = format!(
            "id = \"{name}\"\nnetwork = \"{network}\"\nmac = \"{}\"\nips = {ips}\n\
             groups = [\"{group}\"]\n",
            mac(last)
        );
        if at != host {
            put(format!("[[remote]]\n{common}"));
        } else if here(name) {
            put(format!(
                "[[port]]\ndevice = \"p-{name}\"\nkind = \"veth\"\npeer = \"q-{name}\"\n{common}"
            ));
        }
    }
    text + routing
}

fn third_of(network: &str) -> u8 {
    NETWORKS.iter().find(|(id, ..)| *id == network).map_or(0, |(.., third)| *third)
}

/// Gives a guest the other end of its port, with its addresses.
fn settle(
    host: &Space,
    guest: &Space,
    (name, _host, network, last, _group): Seat,
    routed: bool,
) -> Result<(), Failed> {
    let third = third_of(network);
    host.line(&format!("ip link set q-{name} netns {} name eth0", guest.name()))?;
    guest.line("sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.accept_ra=0")?;
    guest.line("ip link set eth0 up")?;
    guest.line(&format!("ip address add 10.0.{third}.{last}/24 dev eth0"))?;
    guest.line(&format!("ip address add fd00:0:0:{third}::{last:x}/64 dev eth0 nodad"))?;
    if routed && network.starts_with("red") {
        guest.line(&format!("ip route add default via 10.0.{third}.1"))?;
        guest.line(&format!("ip -6 route add default via fd00:0:0:{third}::1"))?;
    }
    Ok(())
}

/// Whether an answer to an echo request comes.
pub(crate) fn pings(from: &Space, to: &str) -> Result<bool, Failed> {
    let output = from.output(&["ping", "-n", "-c", "1", "-W", "1", to])?;
    Ok(output.status.success())
}
