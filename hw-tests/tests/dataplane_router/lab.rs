//! Two hosts, an outside, and guests whose ports the program makes.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use dataplane::apply::{Applied, Run, apply};
use dataplane::desired::Desired;
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::kernel::{Interest, Kernel};
use dataplane::node::{self, Node};
use dataplane::plan::{Scope, Step};
use dataplane::seen::Seen;
use dataplane::{plan, spec};
use hw_tests::network::layout::{self, text};
use hw_tests::network::{Bed, Space, eventually};
use libtest_mimic::Failed;

/// Routers of two VPCs with equal addresses, without a way out.
pub(crate) const INSIDE: &str =
    "[[router]]\nid = \"r\"\nvpc = \"red\"\n[[router]]\nid = \"b\"\nvpc = \"blue\"\n";

/// How long something is waited for that is to come.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long something is waited for that is not to come, behind its positive control.
const SILENCE: Duration = Duration::from_millis(400);

const ALL: Scope =
    Scope { complete: true, confirmed: true, began: std::collections::BTreeSet::new() };

/// A guest to be: name, host, network, last byte of its MAC address, IPv4 and IPv6 address, groups.
pub(crate) type Seat = (&'static str, usize, &'static str, u8, &'static str, &'static str);

/// All guests; those of `blue` have the addresses of those of `red`.
pub(crate) const SEATS: [Seat; 7] = [
    ("a1", 0, "red-a", 0x11, "10.0.0.11", "fd00:0:0:a::11"),
    ("a2", 1, "red-a", 0x21, "10.0.0.21", "fd00:0:0:a::21"),
    ("c1", 0, "red-b", 0x12, "10.0.1.11", "fd00:0:0:b::11"),
    ("c2", 1, "red-b", 0x22, "10.0.1.21", "fd00:0:0:b::21"),
    ("x1", 0, "blue-a", 0x11, "10.0.0.11", "fd00:0:0:a::11"),
    ("x2", 1, "blue-b", 0x22, "10.0.1.21", "fd00:0:0:b::21"),
    ("y1", 0, "green-a", 0x31, "10.7.0.31", "fd00:0:0:7::31"),
];

const NETWORKS: [(&str, &str, u32, &str, &str); 5] = [
    ("red-a", "red", 100, "10.0.0.", "fd00:0:0:a::"),
    ("red-b", "red", 101, "10.0.1.", "fd00:0:0:b::"),
    ("blue-a", "blue", 200, "10.0.0.", "fd00:0:0:a::"),
    ("blue-b", "blue", 201, "10.0.1.", "fd00:0:0:b::"),
    ("green-a", "green", 300, "10.7.0.", "fd00:0:0:7::"),
];

/// The provider's router, and someone behind it.
pub(crate) const PROVIDER: &str = "203.0.113.1";
pub(crate) const FAR: &str = "198.51.100.7";

/// Hosts, outside and guests.
pub(crate) struct Lab {
    pub(crate) hosts: [Space; 2],
    /// The provider's network, and the rest of the world.
    pub(crate) outside: Space,
    kernels: [Real; 2],
    guests: Vec<(&'static str, Space)>,
    bed: Bed,
}

impl Lab {
    /// Builds hosts and outside, without anything of the program's.
    pub(crate) fn bare() -> Result<Self, Failed> {
        let mut lab = Self::new([INSIDE; 2])?;
        lab.guests.clear();
        lab.destroy()?;
        Ok(lab)
    }

    /// Has host A be as a file says, by a program that knows of nothing before; returns what is
    /// there then, but for what is never twice the same.
    pub(crate) fn clean(&mut self, routing: &str) -> Result<Seen, Failed> {
        self.kernels[0] = inside(Namespace::Path(&self.hosts[0].path()), Real::open)?;
        let desired = read(&state(0, routing))?;
        self.apply_on(0, &desired)?;
        self.seen()
    }

    /// Returns what host A has.
    pub(crate) fn seen(&mut self) -> Result<Seen, Failed> {
        let mut seen = self.kernels[0].look(&Interest::default())?;
        let rooms = seen.rooms.values_mut().flat_map(|room| room.devices.values_mut());
        for link in seen.links.values_mut().chain(rooms) {
            link.index = 0;
            // Chosen by the kernel at birth, but for those that we give.
            link.mac = link.mac.filter(|mac| mac.0.starts_with(&[2, 0x61, 0x73]));
        }
        Ok(seen)
    }

    /// Does the first steps of a plan and no more; returns how many there are.
    pub(crate) fn begin(&mut self, routing: &str, count: usize) -> Result<usize, Failed> {
        let desired = read(&state(0, routing))?;
        let plan = node::look(&mut self.kernels[0], &desired, &ALL)?.plan;
        let steps: Vec<Step> = plan.steps.iter().map(|planned| planned.step.clone()).collect();
        for result in self.kernels[0].perform(&steps[..count.min(steps.len())]) {
            result?;
        }
        Ok(steps.len())
    }

    /// Does a plan and takes it back, newest first.
    pub(crate) fn there_and_back(&mut self, routing: &str) -> Result<(), Failed> {
        let desired = read(&state(0, routing))?;
        let plan = node::look(&mut self.kernels[0], &desired, &ALL)?.plan;
        let steps: Vec<Step> = plan.steps.iter().map(|planned| planned.step.clone()).collect();
        for result in self.kernels[0].perform(&steps) {
            result?;
        }
        for planned in plan.steps.iter().rev() {
            for undo in &*planned.undo() {
                for result in self.kernels[0].perform(std::slice::from_ref(undo)) {
                    result.map_err(|error| format!("{undo:?}: {error}"))?;
                }
            }
        }
        Ok(())
    }

    /// Builds all of it; `routing` are further sections for each host.
    pub(crate) fn new(routing: [&str; 2]) -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let hosts = layout::hosts(&mut bed)?;
        let outside = bed.space("out")?;
        outside.line("ip link add ext type bridge stp_state 0 mcast_snooping 0")?;
        outside.line("ip link set ext addrgenmode none up")?;
        for (at, host) in hosts.iter().enumerate() {
            let peer = format!("to{at}");
            host.line(&format!(
                "ip link add ext0 type veth peer name {peer} netns {}",
                outside.name()
            ))?;
            outside.line(&format!("ip link set {peer} addrgenmode none master ext up"))?;
            host.line("ip link set ext0 addrgenmode none up")?;
        }
        outside.line(&format!("ip address add {PROVIDER}/24 dev ext"))?;
        outside.line(&format!("ip address add {FAR}/32 dev lo"))?;
        outside.run(&["sysctl", "-qw", "net.ipv4.ip_forward=1"])?;
        let open = |host: &Space| inside(Namespace::Path(&host.path()), Real::open);
        let kernels = [open(&hosts[0])?, open(&hosts[1])?];
        let mut lab = Self { hosts, outside, kernels, guests: Vec::new(), bed };
        lab.apply(routing)?;
        for seat in SEATS {
            let space = lab.bed.space(seat.0)?;
            let host = &lab.hosts[seat.1];
            settle(host, &space, seat)?;
            lab.guests.push((seat.0, space));
        }
        Ok(lab)
    }

    /// Has both hosts be as the file says.
    pub(crate) fn apply(&mut self, routing: [&str; 2]) -> Result<(), Failed> {
        for (host, routing) in routing.into_iter().enumerate() {
            let desired = read(&state(host, routing))?;
            self.apply_on(host, &desired)?;
        }
        Ok(())
    }

    fn apply_on(&mut self, host: usize, desired: &Desired) -> Result<(), Failed> {
        let kernel = &mut self.kernels[host];
        let node = node::look(kernel, desired, &ALL)?;
        done(kernel, &node)?;
        let again = node::look(kernel, desired, &ALL)?;
        node::revoke(kernel, &again, Some(desired))?;
        if !again.plan.is_empty() {
            let lines = plan::text::lines(&again.plan);
            let lines: Vec<&str> = lines.iter().map(|line| line.en.as_str()).collect();
            return Err(format!("what was applied is not there:\n{}", lines.join("\n")).into());
        }
        Ok(())
    }

    /// Has host A be as a whole file says; returns how many steps that took.
    pub(crate) fn apply_file(&mut self, file: &str) -> Result<usize, Failed> {
        let desired = read(file)?;
        let node = node::look(&mut self.kernels[0], &desired, &ALL)?;
        done(&mut self.kernels[0], &node)?;
        Ok(node.plan.steps.len())
    }

    /// Has a host be kept by a program that has nothing open yet.
    pub(crate) fn forget(&mut self, host: usize) -> Result<(), Failed> {
        self.kernels[host] = inside(Namespace::Path(&self.hosts[host].path()), Real::open)?;
        Ok(())
    }

    /// Takes all away on both hosts.
    pub(crate) fn destroy(&mut self) -> Result<(), Failed> {
        for kernel in &mut self.kernels {
            let node = node::look_to_destroy(kernel, &ALL)?;
            done(kernel, &node)?;
        }
        Ok(())
    }

    pub(crate) fn guest(&self, name: &str) -> &Space {
        let mut guests = self.guests.iter();
        &guests.find(|(guest, _space)| *guest == name).expect("it is one of the seats").1
    }

    /// Whether a guest gets an answer to an echo request.
    pub(crate) fn pings(&self, guest: &str, to: &str) -> Result<bool, Failed> {
        pings(self.guest(guest), to)
    }

    /// Returns the name of the room of a VPC.
    pub(crate) fn room_of(&self, host: usize, vpc: &str) -> Result<String, Failed> {
        let digits = dataplane::naming::digits([vpc]);
        let rooms = self.rooms(host)?;
        let room = rooms.into_iter().find(|room| room.ends_with(&digits));
        room.ok_or_else(|| format!("there is no room for {vpc}").into())
    }

    /// Runs a line of words in a room.
    pub(crate) fn in_room(&self, room: &str, line: &str) -> Result<String, Failed> {
        let mut words = vec!["ip", "netns", "exec", room];
        words.extend(line.split_whitespace());
        Ok(self.hosts[0].run(&words)?)
    }

    /// Whether host A is as a file says.
    pub(crate) fn is_as_wanted(&mut self, routing: &str) -> Result<bool, Failed> {
        let desired = read(&state(0, routing))?;
        Ok(node::look(&mut self.kernels[0], &desired, &ALL)?.plan.is_empty())
    }

    /// Whether a host has nothing of ours.
    pub(crate) fn is_empty(&mut self, host: usize) -> Result<bool, Failed> {
        Ok(node::look_to_destroy(&mut self.kernels[host], &ALL)?.plan.is_empty())
    }

    /// Names of rooms that a host has, as ip(8) lists them.
    pub(crate) fn rooms(&self, host: usize) -> Result<Vec<String>, Failed> {
        use std::os::unix::fs::MetadataExt;
        let inode = std::fs::metadata(self.hosts[host].path())?.ino();
        let listed = self.hosts[host].run(&["ip", "netns", "list"])?;
        let names = listed.lines().filter_map(|line| line.split_whitespace().next());
        let prefix = format!("as-{inode:x}-");
        Ok(names.filter(|name| name.starts_with(&prefix)).map(str::to_owned).collect())
    }
}

fn done(kernel: &mut Real, node: &Node) -> Result<(), Failed> {
    let run = Run { generation: 1, digest: "", past: &Past::default() };
    match apply(kernel, &node.plan, run, &mut NoLog)? {
        Applied::Done { .. } => Ok(()),
        other => Err(format!("{other:#?}").into()),
    }
}

/// Whether an answer to an echo request comes.
pub(crate) fn pings(from: &Space, to: &str) -> Result<bool, Failed> {
    let output = from.output(&["ping", "-n", "-c", "1", "-W", "1", to])?;
    Ok(output.status.success())
}

pub(crate) fn read(text: &str) -> Result<Desired, Failed> {
    spec::read("lab.toml", text).map_err(|errors| format!("{errors:#?}").into())
}

/// The file of a host.
fn state(host: usize, routing: &str) -> String {
    let mut file = format!(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"host-{host}\"\n\
         device = \"u0\"\nvtep = \"10.99.0.{}\"\n",
        host + 1
    );
    for vpc in ["red", "blue", "green"] {
        writeln!(file, "[[vpc]]\nid = \"{vpc}\"").expect("a string takes all");
        for (group, rules) in
            [("all", "protocol = \"any\""), ("web", "protocol = \"tcp\"\nports = 80")]
        {
            writeln!(
                file,
                "[[group]]\nid = \"{vpc}-{group}\"\nvpc = \"{vpc}\"\n[[group.rule]]\n\
                 direction = \"in\"\n{rules}"
            )
            .expect("a string takes all");
        }
    }
    for (id, vpc, vni, four, six) in NETWORKS {
        write!(
            file,
            "[[network]]\nid = \"{id}\"\nvpc = \"{vpc}\"\nvni = {vni}\n\
             [[subnet]]\nid = \"{id}4\"\nnetwork = \"{id}\"\ncidr = \"{four}0/24\"\n\
             gateway = \"{four}1\"\n[[subnet]]\nid = \"{id}6\"\nnetwork = \"{id}\"\n\
             cidr = \"{six}/64\"\ngateway = \"{six}1\"\n"
        )
        .expect("a string takes all");
    }
    for (name, of, network, last, four, six) in SEATS {
        let vpc = network.split('-').next().unwrap_or_default();
        // One guest admits one port only.
        let group = if name == "c2" { "web" } else { "all" };
        let mac = text(mac(last));
        let same = format!(
            "network = \"{network}\"\nmac = \"{mac}\"\nips = [\"{four}\", \"{six}\"]\n\
             groups = [\"{vpc}-{group}\"]\n"
        );
        let own = if of == host {
            format!(
                "[[port]]\nid = \"{name}\"\ndevice = \"p-{name}\"\nkind = \"veth\"\npeer = \"q-{name}\"\n"
            )
        } else {
            format!("[[remote]]\nid = \"{name}\"\nvtep = \"10.99.0.{}\"\n", of + 1)
        };
        file.push_str(&own);
        file.push_str(&same);
    }
    file.push_str(routing);
    file
}

fn mac(last: u8) -> [u8; 6] {
    [2, 0, 0, 0, 0, last]
}

/// Gives a guest its end of the port.
fn settle(host: &Space, space: &Space, seat: Seat) -> Result<(), Failed> {
    let (name, _, _, _, four, six) = seat;
    host.line(&format!("ip link set q-{name} netns {}", space.name()))?;
    space.line(&format!("ip link set q-{name} name eth0"))?;
    space.line("ip link set eth0 addrgenmode none up")?;
    space.line(&format!("ip address add {four}/24 dev eth0"))?;
    space.line(&format!("ip address add {six}/64 dev eth0 nodad"))?;
    let gateway = |address: &str, separator: char| {
        let at = address.rfind(separator).map_or(0, |at| at + 1);
        format!("{}1", &address[..at])
    };
    space.line(&format!("ip route add default via {}", gateway(four, '.')))?;
    space.line(&format!("ip -6 route add default via {}", gateway(six, ':')))?;
    Ok(())
}

/// Whether a TCP connection from one namespace to an address reaches a listener in another;
/// returns whom the listener sees.
pub(crate) fn connects(
    from: &Space,
    to: (&Space, &str),
    address: &str,
    port: u16,
) -> Result<Option<IpAddr>, Failed> {
    let (server, bind) = to;
    let bind = SocketAddr::new(bind.parse()?, port);
    let listener = server.inside(|| TcpListener::bind(bind))??;
    listener.set_nonblocking(true)?;
    let address = SocketAddr::new(address.parse()?, port);
    let limit = if PATIENCE > SILENCE { SILENCE * 3 } else { PATIENCE };
    let stream = from.inside(|| TcpStream::connect_timeout(&address, limit))?;
    let Ok(mut stream) = stream else { return Ok(None) };
    let mut taken = None;
    eventually("the listener to take the connection", || {
        taken = listener.accept().ok();
        taken.is_some()
    })?;
    let Some((mut accepted, seen)) = taken else { return Ok(None) };
    accepted.set_nonblocking(false)?;
    accepted.set_read_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // Both ways, more than a handshake.
    stream.write_all(b"ask")?;
    let mut bytes = [0; 3];
    accepted.read_exact(&mut bytes)?;
    accepted.write_all(b"say")?;
    stream.read_exact(&mut bytes)?;
    Ok(Some(seen.ip()))
}

/// A UDP socket in a namespace.
pub(crate) fn udp(space: &Space, bind: &str) -> Result<UdpSocket, Failed> {
    let bind: SocketAddr = bind.parse()?;
    let socket = space.inside(|| UdpSocket::bind(bind))??;
    socket.set_read_timeout(Some(SILENCE))?;
    Ok(socket)
}
