//! `assay net`.

mod agent;
mod explain;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use agent::Agent;
pub use explain::{Explain, IcmpType, Protocol};

use super::Format;

/// `assay net`.
#[derive(Clone, Debug, Subcommand)]
pub enum Net {
    /// Check files: every fault at once, with its line and what to do; needs no root
    Lint(Lint),
    /// Show what would change, in what order, and how each step is undone; touches nothing
    Plan(Plan),
    /// Show how this node differs from a file
    Diff(Compared),
    /// Make this node as a file says, and read back that it is
    Apply(Apply),
    /// Find out whether this node is as it should be, live connections included
    Verify(Compared),
    /// Show networks, ports and the rules that hold for them
    Show(Show),
    /// Take away all that this program made on this node
    Destroy(Destroy),
    /// Say whether a packet passes, and which rule decides; needs no root
    Explain(Explain),
    /// Print what the daemon of this node tells, as it happens
    Watch(Watch),
    /// Find out by real packets whether this kernel keeps tenants apart, in namespaces of scratch;
    /// or whether a delivered cloud does, between its guests
    Accept(Accept),
    /// Print FRR's configuration for a node with EVPN, compare the running one, or write it
    Evpn(Evpn),
    /// Find loops that guests or cables have made, by probes; closes nothing, needs no daemon
    Loops(Loops),
    /// Open a port that the daemon closed for a loop; without a port, list the loops
    Unblock(Unblock),
    /// Probe the network of a delivered cloud from this guest of it, as a controller asks
    Agent(Agent),
    /// Print the JSON Schema of the file
    Schema {
        /// Of the plan of `net accept --plan` instead
        #[arg(long)]
        cloud: bool,
    },
}

/// `assay net watch`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Exit: 3 the daemon has ended, or could not be reached; Ctrl-C ends it
Example: assay net watch --after 0")]
pub struct Watch {
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = "/run/assay/dataplane.sock")]
    pub socket: PathBuf,
    /// Begin with the events that are kept behind this number; 0 for all of them
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<u64>,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// Where it is done.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// Network namespace of bridges and ports [default: the one this runs in]
    #[arg(long, value_name = "NAME|PATH")]
    pub fabric_netns: Option<PathBuf>,
    /// Folder for lock, journal and a copy of what was applied [default: /run/assay/dataplane,
    /// with --fabric-netns a folder of its own in it]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `assay net lint`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Exit: 0 sound, 2 not, 3 could not be read
Example: assay net lint network.toml")]
pub struct Lint {
    /// The files, TOML or JSON, of nodes or plans for `net accept`; `-` reads standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net plan`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
+ is added, ~ changed, - removed. The file is all there is to be: what it does not name goes.
Exit: 0 planned, 2 wrong input or something of others is in the way, 3 could not look
Example: assay net plan network.toml --undo")]
pub struct Plan {
    /// What the node is to have: TOML or JSON, `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Plan for an empty node instead of this one; needs no root
    #[arg(long, conflicts_with_all = ["fabric_netns", "state"])]
    pub offline: bool,
    /// Show how each step is undone
    #[arg(long)]
    pub undo: bool,
    /// Show every change of rules
    #[arg(long)]
    pub rules: bool,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net diff` and `assay net verify`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Exit: 0 as wanted, 1 differs, 2 wrong input, 3 could not find out
Example: assay net verify && echo as wanted")]
pub struct Compared {
    /// What the node is to have [default: what was applied last]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net evpn`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Passwords are read from their files by --write and --check alone, and never shown. FRR itself is not \
touched: `frr-reload.py --reload FILE` has it take a file.
Exit: 0 printed, written or as wanted, 1 differs, 2 wrong input or refused, 3 could not
Example: vtysh -c 'show running-config' | assay net evpn --check -")]
pub struct Evpn {
    /// What the node is to have [default: what was applied last]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Compare with this configuration of FRR; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub check: Option<PathBuf>,
    /// Write it to this file, mode 0640, in place of one that was written so
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net apply`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The file is all there is to be: what it does not name goes, and only what this program made. A step \
that fails undoes those before it. Killed half way: run it again.
Exit: 0 as wanted, 1 reads back otherwise, 2 wrong input or refused, 3 could not, 4 rolled back, \
5 rolled back in part and what is left is named
Example: assay net plan network.toml && assay net apply network.toml")]
pub struct Apply {
    /// What the node is to have: TOML or JSON, `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Agree that more than a fifth of the ports go at once
    #[arg(long)]
    pub yes: bool,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net show`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Exit: 0 shown, 2 wrong input, 3 could not look
Example: assay net show --port web-1")]
pub struct Show {
    /// What the node is to have [default: what was applied last, where that is known]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Only the networks and ports of this VPC; repeatable
    #[arg(long, value_name = "VPC")]
    pub vpc: Vec<String>,
    /// Only this port, with every rule that holds for it; repeatable
    #[arg(long, value_name = "PORT")]
    pub port: Vec<String>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net destroy`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Devices and tables of others are not touched; taps and cards of ports stay, out of their bridges.
Exit: 0 nothing of ours is left, 2 not without --yes, 3 could not, 4 rolled back, 5 rolled back in \
part and what is left is named
Example: assay net destroy --dry-run")]
pub struct Destroy {
    /// Do it; without, the plan is shown and nothing is touched
    #[arg(long)]
    pub yes: bool,
    /// Only show the plan
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Show how each step is undone
    #[arg(long)]
    pub undo: bool,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net accept`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Two hosts and sixteen guests of scratch; what tenants have here is not touched, and nothing stays, \
however it ends. What is found is of this dataplane on this kernel, not of a delivered cloud.
With --plan and --agents: between guests of a delivered cloud, of which what is found then is. Each \
runs `assay net agent`.
Exit: 0 every case passes, 1 a case failed, 2 refused, or wrong input, 3 could not find out
Example: assay net accept --output json > net-accept.json
Example: assay net accept --plan cloud.toml --agents-file agents --output json > cloud.json")]
pub struct Accept {
    /// Try the sizes of the norm too: 2,048 virtual network cards, 500 VPCs, 20,000 rules
    #[arg(long)]
    pub scale: bool,
    /// Run beside tenant ports too: it takes processor time, and locks that all networks share
    #[arg(long)]
    pub disruptive: bool,
    /// What is to hold between guests of a delivered cloud: TOML or JSON, `-` reads standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["scale", "disruptive", "fabric_netns"],
        required_if_eq("dry_run", "true")
    )]
    pub plan: Option<PathBuf>,
    /// Only show what would be tried, and what is left open; no agent is asked
    #[arg(long)]
    pub dry_run: bool,
    /// Agents in the guests that the plan names, as `net agent` prints them:
    /// HOST:PORT#FINGERPRINT#TOKEN
    #[arg(long, value_name = "AGENT,…", value_delimiter = ',', requires = "plan")]
    pub agents: Vec<String>,
    /// File with an agent on each line: secrets stay out of the process list
    #[arg(long, value_name = "FILE", conflicts_with = "agents", requires = "plan")]
    pub agents_file: Option<PathBuf>,
    /// Network namespace of bridges and ports [default: the one this runs in]
    #[arg(long, value_name = "NAME|PATH")]
    pub fabric_netns: Option<PathBuf>,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net loops`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
A probe goes out by every port, towards its guest; one that comes back has found a loop. With \
`key_file` in [node.loop_detection], loops by way of other nodes are found too.
Exit: 0 none, 1 a loop was found, 2 wrong input, 3 could not find out
Example: assay net loops --seconds 10")]
pub struct Loops {
    /// What the node has [default: what was applied last]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How long to look
    #[arg(long, value_name = "SECONDS", default_value_t = 6,
        value_parser = clap::value_parser!(u32).range(3..=900))]
    pub seconds: u32,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// `assay net unblock`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
A port whose loop is still there is closed again by its next probe.
Exit: 0 done or listed, 2 no such port is closed, 3 the daemon could not be reached
Example: assay net unblock web-1")]
pub struct Unblock {
    /// The port to open
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = "/run/assay/dataplane.sock")]
    pub socket: PathBuf,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}
