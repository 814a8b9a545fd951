//! A node at full size, as its file says.

use std::env;
use std::num::ParseIntError;

/// How many there are of what.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Networks, each a VPC of its own.
    pub networks: usize,
    /// Groups, each with ten rules.
    pub groups: usize,
    /// Ports of this node.
    pub ports: usize,
    /// Ports of others: each a forwarding entry and a neighbour.
    pub remotes: usize,
}

/// What the bars are set for.
pub const FULL: Size = Size { networks: 500, groups: 2_000, ports: 2_048, remotes: 10_000 };

/// What a node at full size is held against.
pub const NEXT_TO_NOTHING: Size = Size { networks: 1, groups: 2, ports: 2, remotes: 2 };

impl Size {
    /// Returns the size by `ASSAY_NETWORKS`, `…_GROUPS`, `…_PORTS`, `…_REMOTES`, each `usual`
    /// where it is not given.
    pub fn given(usual: Self) -> Result<Self, ParseIntError> {
        let number = |name: &str, usual| {
            env::var(name).ok().map_or(Ok(usual), |given| given.parse::<usize>())
        };
        Ok(Self {
            networks: number("ASSAY_NETWORKS", usual.networks)?,
            groups: number("ASSAY_GROUPS", usual.groups)?,
            ports: number("ASSAY_PORTS", usual.ports)?,
            remotes: number("ASSAY_REMOTES", usual.remotes)?,
        })
    }

    /// Returns whether the bars are set for it.
    pub fn is_full(self) -> bool {
        self.networks >= FULL.networks
            && self.groups >= FULL.groups
            && self.ports >= FULL.ports
            && self.remotes >= FULL.remotes
    }
}

/// What ports are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// Made by a hypervisor; absent here.
    Tap,
    /// Made by the dataplane.
    Veth,
}

impl Ports {
    fn fields(self, at: usize) -> String {
        match self {
            Self::Tap => "kind = \"tap\"".to_owned(),
            Self::Veth => format!("kind = \"veth\"\npeer = \"q{at}\""),
        }
    }
}

/// Returns a node's state: groups with ten rules each, ports and remotes spread over networks,
/// each a VPC of its own; a port and a remote are in one group.
pub fn state(size: Size, kind: Ports) -> String {
    let Size { networks, groups, ports, remotes } = size;
    let mut text = "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
         node = { name = \"a\", device = \"u0\", vtep = \"10.99.0.1\" }\n"
        .to_owned();
    let mut add = |part: String| text.push_str(&part);
    for network in 0..networks {
        add(format!(
            "[[vpc]]\nid = \"v{network}\"\n[[network]]\nid = \"n{network}\"\nvpc = \"v{network}\"\n\
             vni = {}\n[[subnet]]\nid = \"s{network}\"\nnetwork = \"n{network}\"\n\
             cidr = \"10.0.0.0/16\"\n",
            1000 + network
        ));
    }
    for group in 0..groups {
        add(format!("[[group]]\nid = \"g{group}\"\nvpc = \"v{}\"\n", group % networks));
        for rule in 0..10 {
            // Groups of one VPC are `networks` apart.
            let from = (group + (rule + 1) * networks) % groups;
            add(format!(
                "[[group.rule]]\ndirection = \"in\"\nprotocol = \"tcp\"\nports = {}\n\
                 from = {{ group = \"g{from}\" }}\n",
                8000 + 2 * rule
            ));
        }
    }
    let place = |at: usize| {
        let group = at % groups;
        (group, group % networks, at / 250, at % 250)
    };
    for at in 0..ports {
        let (group, network, high, low) = place(at);
        add(format!(
            "[[port]]\nid = \"p{at}\"\nnetwork = \"n{network}\"\ndevice = \"p{at}\"\n\
             {}\nmac = \"02:00:00:01:{high:02x}:{low:02x}\"\n\
             ips = [\"10.0.{high}.{}\"]\ngroups = [\"g{group}\"]\n",
            kind.fields(at),
            low + 2
        ));
    }
    for at in 0..remotes {
        let (group, network, high, low) = place(at);
        add(format!(
            "[[remote]]\nid = \"r{at}\"\nnetwork = \"n{network}\"\nvtep = \"10.99.0.2\"\n\
             mac = \"02:00:00:02:{high:02x}:{low:02x}\"\nips = [\"10.0.{}.{}\"]\n\
             groups = [\"g{group}\"]\n",
            100 + high,
            low + 2
        ));
    }
    text
}
