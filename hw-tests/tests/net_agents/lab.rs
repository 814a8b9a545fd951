//! A cloud of two hosts with our own dataplane, guests of three VPCs and somebody outside, each
//! with an agent that is reached by a network of its own.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind::ConnectionRefused;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use hw_tests::network::layout::{self, text};
use hw_tests::network::{Bed, Space, eventually};
use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

/// A guest: name, host, network, last byte of its addresses, groups.
type Seat = (&'static str, usize, &'static str, u8, &'static str);

/// Guests; those of `blue` have the addresses of those of `red`.
pub(crate) const SEATS: [Seat; 6] = [
    ("a1", 0, "red-a", 0x11, "web"),
    ("a2", 1, "red-a", 0x21, "db"),
    ("a3", 0, "red-a", 0x31, "web"),
    ("x1", 0, "blue-a", 0x11, "all"),
    ("x2", 1, "blue-a", 0x21, "all"),
    ("y1", 1, "green-a", 0x41, "peer"),
];

const NETWORKS: [(&str, &str, u32, &str, &str); 3] = [
    ("red-a", "red", 100, "10.0.0.", "fd00:0:0:a::"),
    ("blue-a", "blue", 200, "10.0.0.", "fd00:0:0:a::"),
    ("green-a", "green", 300, "10.7.0.", "fd00:0:0:7::"),
];

/// Rules: VPC, group, and what it says.
const RULES: &[(&str, &str, &str)] = &[
    ("red", "web", "id='web-https'\ndirection='in'\nprotocol='tcp'\nports=443\n"),
    ("red", "web", "id='web-udp'\ndirection='in'\nprotocol='udp'\nports=5005\n"),
    ("red", "web", "id='web-tmp'\ndirection='in'\nprotocol='tcp'\nports=8080\nfrom={group='db'}\n"),
    (
        "red",
        "web",
        "id='web-ping'\ndirection='in'\nprotocol='icmp'\nicmp_type=8\nfrom={group='db'}\n",
    ),
    (
        "red",
        "web",
        "id='web-ping6'\ndirection='in'\nprotocol='icmpv6'\nicmp_type=128\nfrom={group='db'}\n",
    ),
    ("red", "web", "id='web-out'\ndirection='out'\nprotocol='any'\n"),
    ("red", "db", "id='db-sql'\ndirection='in'\nprotocol='tcp'\nports=3306\nfrom={group='web'}\n"),
    ("red", "db", "id='db-udp'\ndirection='in'\nprotocol='udp'\nports=6000\nfrom={group='web'}\n"),
    ("red", "db", "id='db-out'\ndirection='out'\nprotocol='udp'\nports=5005\n"),
    ("red", "db", "id='db-out-tcp'\ndirection='out'\nprotocol='tcp'\nports=8080\n"),
    ("red", "db", "id='db-out-ping'\ndirection='out'\nprotocol='icmp'\nicmp_type=8\n"),
    ("red", "db", "id='db-out-ping6'\ndirection='out'\nprotocol='icmpv6'\nicmp_type=128\n"),
    ("blue", "all", "id='all-in'\ndirection='in'\nprotocol='any'\n"),
    ("blue", "all", "id='all-out'\ndirection='out'\nprotocol='any'\n"),
    ("green", "peer", "id='peer-udp'\ndirection='in'\nprotocol='udp'\nports=7000\n"),
    ("green", "peer", "id='peer-out'\ndirection='out'\nprotocol='any'\n"),
];

const PROVIDER: &str = "203.0.113.1";
const FAR: &str = "198.51.100.7";

/// What a cloud is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// A rule that is not there.
    pub(crate) without: Option<&'static str>,
    /// Whether guests of `red` share an address outside.
    pub(crate) snat: bool,
    /// Whether `red` and `green` are joined.
    pub(crate) peering: bool,
    /// Whose elastic IP it is; where there is none, nobody's.
    pub(crate) elastic: &'static str,
    /// What the port of `a1` says besides.
    pub(crate) port: &'static str,
}

/// As the plan has it.
pub(crate) const RIGHT: Shape =
    Shape { without: None, snat: true, peering: false, elastic: "a1", port: "" };

/// The file of a host.
fn state(host: usize, shape: Shape) -> String {
    let mut file = format!(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"host-{host}\"\n\
         device = \"u0\"\nvtep = \"10.99.0.{}\"\n[[external]]\nid = \"internet\"\n\
         device = \"ext0\"\ncidr = \"203.0.113.0/24\"\ngateway = \"{PROVIDER}\"\n",
        host + 1
    );
    let mut put = |text: String| file.write_str(&text).expect("a string takes all");
    for (at, vpc) in ["red", "blue", "green"].into_iter().enumerate() {
        put(format!("[[vpc]]\nid = \"{vpc}\"\n[[router]]\nid = \"r-{vpc}\"\nvpc = \"{vpc}\"\n"));
        if vpc == "red" {
            put(format!(
                "external = \"internet\"\naddress = \"203.0.113.{}\"\n",
                10 * (host + 1) + at
            ));
        }
    }
    if shape.snat {
        put("[[snat]]\nid = \"out\"\nvpc = \"red\"\nsubnets = [\"red-a4\"]\n".to_owned());
    }
    if !shape.elastic.is_empty() {
        put(format!(
            "[[eip]]\nid = \"www\"\naddress = \"203.0.113.99\"\nport = \"{}\"\n",
            shape.elastic
        ));
    }
    if shape.peering {
        put("[[peering]]\nid = \"p\"\nvpcs = [\"red\", \"green\"]\n".to_owned());
    }
    for (vpc, group) in [("red", "web"), ("red", "db"), ("blue", "all"), ("green", "peer")] {
        put(format!("[[group]]\nid = \"{group}\"\nvpc = \"{vpc}\"\n"));
        for (_, _, rule) in RULES.iter().filter(|rule| rule.1 == group) {
            if shape.without.is_none_or(|id| !rule.contains(&format!("id='{id}'"))) {
                put(format!("[[group.rule]]\n{rule}"));
            }
        }
    }
    for (id, vpc, vni, four, six) in NETWORKS {
        put(format!(
            "[[network]]\nid = \"{id}\"\nvpc = \"{vpc}\"\nvni = {vni}\n[[subnet]]\nid = \"{id}4\"\n\
             network = \"{id}\"\ncidr = \"{four}0/24\"\ngateway = \"{four}1\"\n[[subnet]]\n\
             id = \"{id}6\"\nnetwork = \"{id}\"\ncidr = \"{six}/64\"\ngateway = \"{six}1\"\n"
        ));
    }
    for (name, of, network, last, group) in SEATS {
        let [four, six] = addresses(network, last);
        if of == host {
            put(format!(
                "[[port]]\nid = \"{name}\"\ndevice = \"p-{name}\"\nkind = \"veth\"\n\
                 peer = \"q-{name}\"\n"
            ));
            if name == "a1" {
                put(shape.port.to_owned());
            }
        } else {
            put(format!("[[remote]]\nid = \"{name}\"\nvtep = \"10.99.0.{}\"\n", of + 1));
        }
        put(format!(
            "network = \"{network}\"\nmac = \"{}\"\nips = [\"{four}\", \"{six}\"]\n\
             groups = [\"{group}\"]\n",
            text([2, 0, 0, 0, 0, last])
        ));
    }
    file
}

fn addresses(network: &str, last: u8) -> [String; 2] {
    let of = NETWORKS.iter().find(|it| it.0 == network).expect("it is one of them");
    [format!("{}{last}", of.3), format!("{}{last:x}", of.4)]
}

/// The cloud, and agents in it; all is gone when it is dropped.
pub(crate) struct Lab {
    pub(crate) hosts: [Space; 2],
    /// Guests and who is outside, by name.
    pub(crate) guests: Vec<(&'static str, Space)>,
    /// Where the controller is.
    pub(crate) manager: Space,
    pub(crate) folder: TempDir,
    agents: Vec<Agent>,
    bed: Bed,
}

/// An agent at work; it ends when this is dropped.
struct Agent {
    name: &'static str,
    child: Child,
    line: String,
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Lab {
    pub(crate) fn new(shape: Shape) -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let hosts = layout::hosts(&mut bed)?;
        let (outside, manager) = (bed.space("out")?, bed.space("mgr")?);
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
        manager.line("ip link add name mg type bridge stp_state 0 mcast_snooping 0")?;
        manager.line("ip link set dev mg addrgenmode none up")?;
        manager.line("ip address add 192.0.2.1/24 dev mg")?;
        let folder = tempfile::tempdir()?;
        let guests = Vec::new();
        let mut lab = Self { hosts, guests, manager, folder, agents: Vec::new(), bed };
        lab.settle(shape)?;
        for seat in SEATS {
            let space = lab.bed.space(seat.0)?;
            lab.seat(&space, seat)?;
            lab.guests.push((seat.0, space));
        }
        lab.guests.push(("out", outside));
        for (at, (name, space)) in lab.guests.iter().enumerate() {
            lab.manager.line(&format!(
                "ip link add m-{name} type veth peer name mgmt netns {}",
                space.name()
            ))?;
            lab.manager.line(&format!("ip link set m-{name} addrgenmode none master mg up"))?;
            space.line("ip link set mgmt addrgenmode none up")?;
            space.line(&format!("ip address add 192.0.2.{}/24 dev mgmt", 11 + at))?;
        }
        // A bridge takes up a port some time after it is up.
        for at in 0..lab.guests.len() {
            let place = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 11 + u8::try_from(at)?).into(), 9);
            let knock = || TcpStream::connect_timeout(&place, Duration::from_secs(1));
            eventually("the way to a guest", || {
                let knocked = lab.manager.inside(knock);
                knocked.is_ok_and(|it| it.is_err_and(|it| it.kind() == ConnectionRefused))
            })?;
        }
        Ok(lab)
    }

    fn seat(&self, space: &Space, (name, host, network, last, _): Seat) -> Result<(), Failed> {
        let [four, six] = addresses(network, last);
        self.hosts[host].line(&format!("ip link set q-{name} netns {}", space.name()))?;
        space.line(&format!("ip link set q-{name} name eth0"))?;
        space.line("ip link set eth0 addrgenmode none up")?;
        space.line(&format!("ip address add {four}/24 dev eth0"))?;
        space.line(&format!("ip address add {six}/64 dev eth0 nodad"))?;
        let of = NETWORKS.iter().find(|it| it.0 == network).expect("it is one of them");
        space.line(&format!("ip route add default via {}1", of.3))?;
        space.line(&format!("ip -6 route add default via {}1", of.4))?;
        Ok(())
    }

    /// Has both hosts be so.
    pub(crate) fn settle(&self, shape: Shape) -> Result<(), Failed> {
        let command = self.telling("now", shape)?;
        let (program, words) = command.split_first().expect("a command");
        let output = Command::new(program).args(words).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }

    /// Returns a command that has both hosts be so: what an operator's would do.
    pub(crate) fn telling(&self, name: &str, shape: Shape) -> Result<Vec<String>, Failed> {
        let program = program::assay()?.display().to_string();
        let mut script = String::from("set -e\n");
        for (at, host) in self.hosts.iter().enumerate() {
            let file = self.folder.path().join(format!("{name}-{at}.toml"));
            fs::write(&file, state(at, shape))?;
            let folder = self.folder.path().join(format!("state-{at}"));
            writeln!(
                script,
                "{program} net apply {} --yes --fabric-netns {} --state {} >/dev/null",
                file.display(),
                host.name(),
                folder.display()
            )?;
        }
        Ok(["sh", "-c", &script].map(str::to_owned).to_vec())
    }

    pub(crate) fn space(&self, name: &str) -> &Space {
        &self.guests.iter().find(|guest| guest.0 == name).expect("it is there").1
    }

    /// Starts all agents anew.
    pub(crate) fn start(&mut self) -> Result<(), Failed> {
        self.agents.clear();
        for (at, (name, _)) in self.guests.clone().into_iter().enumerate() {
            let device = if name == "out" { "ext" } else { "eth0" };
            let token = self.folder.path().join(format!("{name}.token"));
            drop(fs::remove_file(&token));
            let errors = fs::File::create(self.folder.path().join(format!("{name}.stderr")))?;
            let program = program::assay()?.display().to_string();
            let listen = format!("192.0.2.{}:7444", 11 + at);
            let file = token.display().to_string();
            let mut words = vec![program.as_str(), "net", "agent", "--listen", &listen];
            words.extend(["--device", device, "--token-file", &file]);
            words.extend(["--to", "10.0.0.0/8", "--to", "203.0.113.0/24"]);
            words.extend(["--to", "198.51.100.0/24", "--to", "fd00::/16"]);
            let mut command = self.space(name).command(&words);
            let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn()?;
            let mut shown = String::new();
            if let Some(out) = child.stdout.take() {
                BufReader::new(out).read_line(&mut shown)?;
            }
            let line = fs::read_to_string(&token).unwrap_or_default().trim().to_owned();
            self.agents.push(Agent { name, child, line });
            if shown.trim().is_empty() {
                return Err(format!("no agent {name}: {}", self.said(name)).into());
            }
        }
        Ok(())
    }

    pub(crate) fn said(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(format!("{name}.stderr"))).unwrap_or_default()
    }

    /// The lines of all agents, each as `change` makes it.
    pub(crate) fn lines(&self, change: &dyn Fn(&str, String) -> String) -> String {
        let lines = self.agents.iter().map(|agent| change(agent.name, agent.line.clone()));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Ends an agent in the middle of whatever it does.
    pub(crate) fn kill(&mut self, name: &str) -> Result<(), Failed> {
        let agent = self.agents.iter_mut().find(|agent| agent.name == name);
        let agent = agent.ok_or("no such agent")?;
        agent.child.kill()?;
        agent.child.wait()?;
        Ok(())
    }

    /// Waits until every agent has ended by itself.
    pub(crate) fn ended(&mut self) -> Result<(), Failed> {
        for agent in &mut self.agents {
            eventually("the end of an agent", || {
                agent.child.try_wait().is_ok_and(|ended| ended.is_some())
            })?;
        }
        Ok(())
    }

    /// Writes a file and returns its name.
    pub(crate) fn file(&self, name: &str, text: &str) -> Result<String, Failed> {
        let file = self.folder.path().join(name);
        fs::write(&file, text)?;
        Ok(file.display().to_string())
    }

    /// Begins the controller where it reaches all agents.
    pub(crate) fn controller(&self, plan: &str, lines: &str) -> Result<Child, Failed> {
        let plan = self.file("plan.toml", plan)?;
        let lines = self.file("agents", lines)?;
        let program = program::assay()?;
        let begin = || {
            // Not by ip(8): what a hook mounts has to be seen by all.
            let mut command = Command::new(&program);
            command.args(["net", "accept", "--plan", &plan, "--agents-file", &lines]);
            command.args(["--output", "json"]).env("LC_ALL", "C").stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
        };
        Ok(self.manager.inside(begin)??)
    }

    /// Runs the controller to its end.
    pub(crate) fn accept(&self, plan: &str, lines: &str) -> Result<Came, Failed> {
        Came::of(&self.controller(plan, lines)?.wait_with_output()?)
    }
}

/// What came of a run.
pub(crate) struct Came {
    pub(crate) code: Option<i32>,
    pub(crate) document: Value,
    pub(crate) said: String,
}

impl Came {
    pub(crate) fn of(output: &Output) -> Result<Self, Failed> {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let document = if output.stdout.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {said}"))?
        };
        Ok(Self { code: output.status.code(), document, said })
    }

    /// Names of cases with a verdict, each with its family; and why.
    pub(crate) fn of_verdict(&self, verdict: &str) -> Vec<(String, String)> {
        let cases = self.document["cases"].as_array().into_iter().flatten();
        let chosen = cases.filter(|case| case["verdict"] == verdict);
        chosen
            .map(|case| {
                let name = case["case"]["en"].as_str().unwrap_or_default();
                let family = if name.ends_with("IPv6") { "6" } else { "4" };
                let id = name.split(':').next().unwrap_or_default();
                let why = case["reason"]["en"].as_str().unwrap_or_default().to_owned();
                (format!("{id}/{family}"), why)
            })
            .collect()
    }

    /// The same without why.
    pub(crate) fn names(&self, verdict: &str) -> Vec<String> {
        self.of_verdict(verdict).into_iter().map(|case| case.0).collect()
    }
}

/// Reads the evidence into a report and returns the verdicts by row.
pub(crate) fn judged(folder: &Path, document: &Value) -> Result<Vec<(String, String)>, Failed> {
    let file = folder.join("evidence.json");
    fs::write(&file, document.to_string())?;
    let output = Command::new(program::assay()?)
        .args(["accept", "--profile", "gd-gov-cloud/network@delivered", "--network"])
        .arg(&file)
        .arg("--out")
        .arg(folder.join("report"))
        .args(["--output", "json"])
        .env("LC_ALL", "C")
        .output()?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let rows = report["rows"].as_array().cloned().unwrap_or_default();
    let word = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    Ok(rows.iter().map(|one| (word(&one["judgement"], "check"), word(one, "verdict"))).collect())
}
