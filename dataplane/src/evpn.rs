//! FRR's configuration for a node with EVPN, and how a running one differs from it.
//!
//! FRR runs where bridges and VXLAN devices are, in the node's own namespace: zebra reads the
//! ports of this node from the static entries of the bridges and their IP addresses from the
//! bridges' permanent neighbours, bgpd tells other nodes, and zebra writes what these tell into
//! the same tables, marked (`NTF_EXT_LEARNED`) as not ours. FRR 8.4 is what it was tried with.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::desired::Desired;
use crate::desired::evpn::{Evpn, Neighbour, Remote};
use crate::naming;
use crate::router;

/// What the first line of a file begins with that is all ours.
pub const MARK: &str = "! Made by assay";

/// The password of a session. It has no `Debug` and no `Display`.
#[expect(missing_debug_implementations, reason = "nothing may print it")]
pub struct Password(String);

impl Password {
    /// Returns it where FRR takes it: up to 80 visible characters (`TCP_MD5SIG_MAXKEYLEN`).
    pub fn new(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (visible && (1..=80).contains(&text.len())).then(|| Self(text.to_owned()))
    }
}

/// Passwords by neighbour, as far as they are known.
pub type Passwords = BTreeMap<IpAddr, Password>;

/// What stands for a password that is not to be shown.
const HIDDEN: &str = "(hidden)";

/// Returns the file for FRR, complete; nothing where there is no EVPN. A neighbour's password
/// that `passwords` does not have is left as a comment.
pub fn render(desired: &Desired, passwords: &Passwords) -> Option<String> {
    let evpn = desired.node.evpn.as_ref()?;
    let mut page = String::new();
    let out = &mut page;
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("{MARK} for node {}; its next `--write` replaces it", desired.node.name));
    line("frr defaults traditional");
    line("service integrated-vtysh-config");
    line("!");
    let routed = !router::compile::routed(desired).is_empty();
    if routed {
        // Each node's router has the same address, and is reached on its own node.
        line(&format!("mac access-list {GATEWAY} seq 5 permit {}", router::MAC));
        line("!");
        line(&format!("route-map {OUT} deny 10"));
        line(" match evpn route-type macip");
        line(&format!(" match mac address {GATEWAY}"));
        line("exit");
        line("!");
        line(&format!("route-map {OUT} permit 20"));
        line("exit");
        line("!");
    }
    line(&format!("router bgp {}", evpn.asn));
    line(&format!(" bgp router-id {}", evpn.router_id));
    line(" no bgp ebgp-requires-policy");
    line(" no bgp default ipv4-unicast");
    if evpn.graceful_restart {
        line(" bgp graceful-restart");
        line(" bgp graceful-restart preserve-fw-state");
    }
    for (address, neighbour) in &evpn.neighbours {
        session(*address, neighbour, passwords.get(address), &mut line);
    }
    line(" !");
    line(" address-family l2vpn evpn");
    for address in evpn.neighbours.keys() {
        line(&format!("  neighbor {address} activate"));
        if routed {
            line(&format!("  neighbor {address} route-map {OUT} out"));
        }
    }
    line("  advertise-all-vni");
    for (vni, targets) in targets(desired) {
        line(&format!("  vni {vni}"));
        for way in ["import", "export"] {
            for target in targets {
                line(&format!("   route-target {way} {target}"));
            }
        }
        line("  exit-vni");
    }
    line(" exit-address-family");
    line("exit");
    line("!");
    Some(page)
}

const GATEWAY: &str = "assay-gateway";
const OUT: &str = "assay-out";

fn session(
    address: IpAddr,
    neighbour: &Neighbour,
    password: Option<&Password>,
    line: &mut dyn FnMut(&str),
) {
    let mut say = |what: &str| line(&format!(" neighbor {address} {what}"));
    match neighbour.remote {
        Remote::Internal => say("remote-as internal"),
        Remote::External => say("remote-as external"),
        Remote::Number(asn) => say(&format!("remote-as {asn}")),
    }
    if neighbour.bfd {
        say("bfd");
    }
    match (&neighbour.password_file, password) {
        (Some(_file), Some(password)) => say(&format!("password {}", password.0)),
        (Some(file), None) => {
            line(&format!(
                " ! neighbor {address} password: as `{file}` says; --write puts it here"
            ));
        }
        (None, _) => {}
    }
    let mut say = |what: &str| line(&format!(" neighbor {address} {what}"));
    if let Some(hops) = neighbour.hops {
        say(&format!("ebgp-multihop {hops}"));
    }
    if let Some(source) = neighbour.source {
        say(&format!("update-source {source}"));
    }
}

/// Returns the route targets of networks that this node has, by VNI, where they are written.
fn targets(desired: &Desired) -> BTreeMap<u32, &BTreeSet<String>> {
    let placed = naming::placed(desired);
    let networks = placed.into_iter().filter_map(|id| desired.networks.get(id));
    let mut targets = BTreeMap::new();
    let told = networks.filter(|network| !network.route_targets.is_empty());
    targets.extend(told.map(|network| (network.vni, &network.route_targets)));
    targets
}

/// A line that one has and the other has not: what it is within, and itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The sections that it is in, such as `router bgp 65000`, `address-family l2vpn evpn`.
    pub within: Vec<String>,
    /// The line itself, without indentation; passwords are hidden.
    pub text: String,
}

/// How a configuration differs from what it is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What is to be there and is not.
    pub missing: Vec<Line>,
    /// What is there, has to do with EVPN here, and is not to be.
    pub extra: Vec<Line>,
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }

    /// Returns it with a line for each, `+` before what is missing and `-` before what is too much.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (sign, lines) in [("+", &self.missing), ("-", &self.extra)] {
            for line in lines {
                let within = line.within.join(" / ");
                let colon = if within.is_empty() { "" } else { ": " };
                for part in [sign, " ", &within, colon, &line.text, "\n"] {
                    text.push_str(part);
                }
            }
        }
        text
    }
}

/// Returns how a running configuration, as a file or as `show running-config` says it, differs
/// from the rendered one. What others configured besides (OSPF, addresses of other families,
/// other neighbours) is none of it. Passwords that `passwords` does not have are not compared.
pub fn compare(desired: &Desired, passwords: &Passwords, running: &str) -> Option<Difference> {
    let evpn = desired.node.evpn.as_ref()?;
    let wanted = lines(&render(desired, passwords)?);
    let there = lines(running);
    let router = format!("router bgp {}", evpn.asn);
    let ours = |line: &Line| is_ours(line, evpn, &router);
    let unknown = |line: &Line| {
        let secret = password_of(&line.text);
        secret.is_some_and(|(address, _rest)| {
            let address = address.parse().ok();
            let peer = address.and_then(|address| evpn.neighbours.get(&address));
            let known = address.is_some_and(|address| passwords.contains_key(&address));
            peer.is_some_and(|peer| peer.password_file.is_some()) && !known
        })
    };
    let missing = wanted.difference(&there).cloned().map(hidden).collect();
    let extra = there.difference(&wanted).filter(|line| ours(line) && !unknown(line));
    Some(Difference { missing, extra: extra.cloned().map(hidden).collect() })
}

/// Whether a line that is there says something that is ours to say.
fn is_ours(line: &Line, evpn: &Evpn, router: &str) -> bool {
    let top = line.within.first().unwrap_or(&line.text);
    if ["route-map", "mac access-list"].iter().any(|kind| {
        top.strip_prefix(kind).is_some_and(|name| name.trim_start().starts_with("assay-"))
    }) {
        return true;
    }
    // Another instance of the default VRF would be another AS; those of VRFs have a third word.
    if line.within.is_empty() {
        let words = top.split_whitespace().count();
        return top.starts_with("router bgp ") && words == 3 && top != router;
    }
    if top != router {
        return false;
    }
    if line.within.get(1).is_some_and(|family| family == "address-family l2vpn evpn") {
        return true;
    }
    let neighbour = line.text.strip_prefix("neighbor ").and_then(|rest| rest.split(' ').next());
    let own = neighbour.and_then(|address| address.parse().ok());
    own.is_some_and(|address: IpAddr| evpn.neighbours.contains_key(&address))
        && line.within.len() == 1
}

/// Returns the lines of a configuration, each with what it is within, as indentation says.
fn lines(text: &str) -> BTreeSet<Line> {
    let mut found = BTreeSet::new();
    let mut within: Vec<(usize, String)> = Vec::new();
    for line in text.lines() {
        let words = line.trim();
        let depth = line.len() - line.trim_start().len();
        if words.is_empty() || words.starts_with(['!', '#']) || is_frame(words) {
            continue;
        }
        within.retain(|(above, _text)| *above < depth);
        let sections = within.iter().map(|(_depth, text)| text.clone()).collect();
        found.insert(Line { within: sections, text: words.to_owned() });
        within.push((depth, words.to_owned()));
    }
    found
}

/// Whether a line says nothing of what is configured, or only how the rest is to be read.
fn is_frame(words: &str) -> bool {
    let begins = ["exit", "frr version", "Building config", "Current config", "service integrated"];
    words == "end" || begins.iter().any(|begin| words.starts_with(begin))
}

/// Splits `neighbor ADDRESS password SECRET`.
fn password_of(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("neighbor ")?.split_once(" password ")
}

fn hidden(line: Line) -> Line {
    match password_of(&line.text) {
        Some((address, _secret)) => {
            Line { text: format!("neighbor {address} password {HIDDEN}"), ..line }
        }
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = r#"
schema = "assay/network/v1"
semantics = "norm"
[node]
name = "n1"
device = "u0"
vtep = "10.99.0.1"
[node.evpn]
asn = 65000
vtep_prefixes = ["10.99.0.0/24"]
[[node.evpn.neighbour]]
address = "10.99.0.2"
remote_asn = "internal"
[[node.evpn.neighbour]]
address = "10.99.0.3"
remote_asn = 65001
hops = 4
source = "10.99.0.1"
bfd = true
password_file = "/etc/assay/bgp"
[[vpc]]
id = "red"
[[network]]
id = "red-a"
vpc = "red"
vni = 100
route_targets = ["65000:100"]
[[port]]
id = "a1"
network = "red-a"
device = "p1"
kind = "veth"
peer = "q1"
mac = "02:00:00:00:00:11"
ips = []
groups = []
"#;

    fn state(text: &str) -> Desired {
        crate::spec::read("state.toml", text).unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn secret(text: &str) -> Passwords {
        Passwords::from([("10.99.0.3".parse().unwrap(), Password::new(text).unwrap())])
    }

    #[test]
    fn the_file_is_as_frr_writes_it_and_holds_no_password_that_was_not_given() {
        let page = render(&state(STATE), &Passwords::new()).unwrap();
        let expected = "\
! Made by assay for node n1; its next `--write` replaces it
frr defaults traditional
service integrated-vtysh-config
!
router bgp 65000
 bgp router-id 10.99.0.1
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp graceful-restart
 bgp graceful-restart preserve-fw-state
 neighbor 10.99.0.2 remote-as internal
 neighbor 10.99.0.3 remote-as 65001
 neighbor 10.99.0.3 bfd
 ! neighbor 10.99.0.3 password: as `/etc/assay/bgp` says; --write puts it here
 neighbor 10.99.0.3 ebgp-multihop 4
 neighbor 10.99.0.3 update-source 10.99.0.1
 !
 address-family l2vpn evpn
  neighbor 10.99.0.2 activate
  neighbor 10.99.0.3 activate
  advertise-all-vni
  vni 100
   route-target import 65000:100
   route-target export 65000:100
  exit-vni
 exit-address-family
exit
!
";
        assert_eq!(page, expected);
        let page = render(&state(STATE), &secret("s3cret")).unwrap();
        assert!(page.contains("\n neighbor 10.99.0.3 password s3cret\n"), "{page}");
    }

    #[test]
    fn what_is_there_is_compared_by_sections_and_passwords_are_not_shown() {
        let desired = state(STATE);
        let same =
            |passwords: &Passwords, running: &str| compare(&desired, passwords, running).unwrap();
        let page = render(&desired, &secret("s3cret")).unwrap();
        assert_eq!(same(&secret("s3cret"), &page), Difference::default());
        // Who may not read the password does not see a difference in it.
        assert_eq!(same(&Passwords::new(), &page), Difference::default());
        let other = same(&secret("0ther"), &page).text();
        let hidden = "router bgp 65000: neighbor 10.99.0.3 password (hidden)";
        assert_eq!(other, format!("+ {hidden}\n- {hidden}\n"));
        let running = page.replace("  advertise-all-vni\n", "  advertise-svi-ip\n").replace(
            "router bgp 65000\n",
            "router ospf\n network 10.0.0.0/8 area 0\nrouter bgp 65000\n timers bgp 3 9\n",
        );
        let within = "router bgp 65000 / address-family l2vpn evpn";
        let expected = format!("+ {within}: advertise-all-vni\n- {within}: advertise-svi-ip\n");
        assert_eq!(same(&secret("s3cret"), &running).text(), expected);
        let running = page.replace("router bgp 65000", "router bgp 65009");
        let other = same(&secret("s3cret"), &running);
        assert!(other.extra.iter().any(|line| line.text == "router bgp 65009"), "{other:?}");
        assert!(!other.missing.is_empty());
    }
}
