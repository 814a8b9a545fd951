//! The same questions to a delivered cloud, whatever network it runs: probes between guests of
//! it, each with an agent, and what came of them.
//!
//! A [`Cloud`] says which guests there are and what has to hold between them (`spec::cloud` reads
//! it); `steps` makes probes of that, and [`run`] sends them and judges. Nothing is taken for
//! denied because it did not come: a probe that is permitted has to come over the same path, right
//! before and right after. What the cloud is told meanwhile, by commands of its operator, is in
//! the plan too; where there is no command, those cases are not measured.

pub mod order;
pub mod packet;
mod run;
mod steps;

use std::net::{IpAddr, SocketAddr};

pub use run::{Found, run};

use crate::address::Mac;
use crate::text::Text;
use order::{Done, Order, Saw};

/// Rows of the norm that guests can say something of.
pub const ROWS: [&str; 17] = [
    "5.2.3.1#1",
    "5.2.3.1#2",
    "5.2.3.1#5",
    "5.2.3.1#6",
    "5.2.3.2#1",
    "5.2.3.2#2",
    "5.2.3.2#3",
    "5.2.3.2#4",
    "5.2.3.2#5",
    "5.2.3.5#1",
    "5.2.3.5#2",
    "5.2.3.5#3",
    "5.2.3.5#5",
    "5.3.1.1#1",
    "8.3.8#1",
    "8.3.8#2",
    "8.3.8#3",
];

/// What is to be tried, and between whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// What the cloud is called.
    pub name: String,
    /// How long a change may take to hold, in seconds.
    pub settle_s: u32,
    /// Those that probe.
    pub agents: Vec<Agent>,
    /// What has to hold.
    pub cases: Vec<Trial>,
}

/// A guest of the cloud, or somebody outside of it, with an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// What it is called.
    pub id: String,
    /// `HOST:PORT` of its agent, on a path that the cases do not touch.
    pub at: String,
    /// Its VPC; none of who is outside.
    pub vpc: Option<String>,
    /// Its addresses in that VPC, or outside.
    pub addresses: Vec<IpAddr>,
    /// Its elastic IP.
    pub elastic: Option<IpAddr>,
    /// Its groups; for the reader.
    pub groups: Vec<String>,
}

/// What is sent to a port; ports of echo are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Of which kind.
    pub kind: Kind,
    /// To which port.
    pub port: u16,
}

/// Kinds of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A datagram.
    Udp,
    /// A connection.
    Tcp,
    /// An echo request.
    Echo,
    /// A datagram in fragments.
    Fragments,
}

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// What it is called.
    pub id: String,
    /// Of which row of the norm it is.
    pub row: &'static str,
    /// Who sends: place in [`Cloud::agents`].
    pub from: usize,
    /// To whom.
    pub to: usize,
    /// What.
    pub probe: Traffic,
    /// By the elastic IP of whom it is for.
    pub by_elastic: bool,
    /// What passes whatever comes of the probe.
    pub control: Option<Traffic>,
    /// What has to hold.
    pub what: What,
}

/// What has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It arrives, and its answer comes back.
    Allow,
    /// It does not.
    Deny,
    /// It arrives, and is not seen by who has the same address in another VPC; nor the other way.
    Isolated {
        /// Who has the address of the receiver.
        twin: usize,
        /// Who is in the twin's VPC and reaches it.
        twin_from: usize,
    },
    /// With another's address it does not arrive.
    Forged {
        /// With this MAC address, if any.
        mac: Option<Mac>,
        /// With this source address, if any.
        source: Option<IpAddr>,
    },
    /// It is seen under one of these addresses.
    Snat(Vec<IpAddr>),
    /// Both ways by the elastic IP: in as the probe is, and out with this.
    Elastic(Traffic),
    /// A packet of so many bytes passes whole, and one byte more is refused to who sends it.
    Mtu(u16),
    /// It is another way once the cloud was told something.
    Change(Change),
}

/// What the cloud is told, and what holds then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Command that tells it; none has to be run by hand, and nothing is measured.
    pub hook: Option<Vec<String>>,
    /// Command that takes it back.
    pub undo: Option<Vec<String>>,
    /// What holds then.
    pub after: After,
}

/// What holds after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// What did not pass does.
    Allow,
    /// What passed does not.
    Deny {
        /// Nor does a connection that was there before.
        held: bool,
    },
    /// The elastic IP is another guest's.
    Moved(usize),
}

/// Who carries out what a run asks for.
pub trait Agents {
    /// Has an agent do something, and waits until it has.
    ///
    /// # Errors
    /// Where the agent is lost: why.
    fn ask(&mut self, agent: usize, order: Order) -> Result<Done, Text>;

    /// Waits for what agents see until `heard` says that it is enough, or so many milliseconds.
    fn hear(&mut self, limit_ms: u32, heard: &mut dyn FnMut(usize, Saw) -> bool) -> bool;

    /// Has the cloud told something.
    ///
    /// # Errors
    /// Where the command fails: why.
    fn tell(&mut self, command: &[String]) -> Result<(), Text>;

    /// Milliseconds since the run began.
    fn now_ms(&mut self) -> u64;
}

impl Cloud {
    /// Returns a case with what is missing for it, or nothing; in the order of the plan.
    pub fn missing(&self) -> Vec<Option<Text>> {
        self.cases.iter().map(steps::missing).collect()
    }

    /// Returns the rows that no case is of.
    pub fn left_open(&self) -> Vec<&'static str> {
        let of = |row: &&str| !self.cases.iter().any(|case| case.row == *row);
        ROWS.iter().copied().filter(|row| of(row)).collect()
    }

    /// Returns how often a case is run: once for each family of addresses that both ends have.
    pub fn families(&self, case: &Trial) -> Vec<bool> {
        let has = |agent: usize, four: bool| {
            let agent = self.agents.get(agent);
            agent.is_some_and(|agent| agent.addresses.iter().any(|it| it.is_ipv4() == four))
        };
        let target = |four: bool| {
            if case.by_elastic || matches!(case.what, What::Elastic(_)) {
                let agent = self.agents.get(case.to);
                agent.and_then(|agent| agent.elastic).is_some_and(|it| it.is_ipv4() == four)
            } else {
                has(case.to, four)
            }
        };
        let fits = |four: bool| match &case.what {
            What::Snat(addresses) => addresses.iter().any(|it| it.is_ipv4() == four),
            What::Forged { source: Some(source), .. } => source.is_ipv4() == four,
            What::Isolated { twin, twin_from } => has(*twin, four) && has(*twin_from, four),
            _ => true,
        };
        let both = [true, false].into_iter();
        both.filter(|four| has(case.from, *four) && target(*four) && fits(*four)).collect()
    }

    /// Returns where an agent is reached in a family.
    fn address(&self, agent: usize, four: bool) -> Option<IpAddr> {
        let agent = self.agents.get(agent)?;
        agent.addresses.iter().copied().find(|address| address.is_ipv4() == four)
    }

    fn target(&self, case: &Trial, four: bool, port: u16) -> Option<SocketAddr> {
        let agent = self.agents.get(case.to)?;
        let address = if case.by_elastic { agent.elastic } else { self.address(case.to, four) };
        address.map(|address| SocketAddr::new(address, port))
    }
}

#[cfg(test)]
mod tests;
