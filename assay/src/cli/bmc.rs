//! `assay bmc`: which management controllers are meant, and what is done with them.

pub mod access;
pub mod adopt;
pub mod audit;
pub mod discover;
pub mod events;
pub mod firmware;
pub mod raid;
pub mod settings;
pub mod simulate;
pub mod verb;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Requests under way at one BMC at most, unless it is said.
pub const PER_BMC: u8 = 2;

pub use access::Access;

/// `assay bmc`.
#[derive(Debug, Args)]
#[command(
    subcommand_precedence_over_arg = true,
    subcommand_required = true,
    after_help = "\
TARGET is an address or a name (192.0.2.7, 192.0.2.7:8443, [2001:db8::7]:443, fe80::1%eth0), a range \
(192.0.2.10-20) or a network (192.0.2.0/24), which is only ever looked at.
A list has the columns address, serial, rack, u, dialect, in-service, credential, pin and ipmi-port, \
or their Chinese names, and for `accept` profile; it holds no passwords.
Reading takes any target. Power, boot and media on one named host act at once; a change of several \
hosts, and all that destroys, wants --yes-hosts N. No credential is sent before the certificate is \
known: `trust` first, or --pin or --ca.
With --resume FILE a run that was cut short goes on: what is done is not done again. Of a host that \
it was acting on when it was killed nobody knows; where twice is not as once (reset, cycle, and all \
that destroys) it is named, and left alone until --yes-unknown N.
Exit: 0 as wanted, 1 a host failed or is not as wanted, 2 wrong use or refused for safety, 3 a host \
could not be reached or asked
Example: assay bmc 192.0.2.10-20 trust --store
Example: assay bmc 192.0.2.7 --user admin --password-env BMC_PASSWORD power status"
)]
pub struct Bmc {
    /// BMCs: addresses, names, ranges, networks
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// List of hosts, CSV (UTF-8 or GB 18030), XLSX or TOML; repeatable. For simulate and replay: how many
    #[arg(long, value_name = "FILE", global = true, help_heading = "Every command on BMCs")]
    pub hosts: Vec<PathBuf>,
    /// How many hosts are meant: a change of several, and what destroys, wants their number
    #[arg(long, value_name = "N", global = true, help_heading = "Every command on BMCs")]
    pub yes_hosts: Option<usize>,
    /// Show what would be done to which hosts, and do nothing
    #[arg(long, global = true, help_heading = "Every command on BMCs")]
    pub dry_run: bool,
    /// Hosts at a time [default: 768]
    #[arg(
        long,
        value_name = "N",
        global = true,
        value_parser = clap::value_parser!(u16).range(1..=4096),
        help_heading = "Every command on BMCs"
    )]
    pub at_a_time: Option<u16>,
    /// Requests in flight at one BMC, and a change alone
    #[arg(
        long,
        value_name = "N",
        default_value_t = PER_BMC,
        global = true,
        value_parser = clap::value_parser!(u8).range(1..=4),
        help_heading = "Every command on BMCs"
    )]
    pub per_bmc: u8,
    /// Keep a journal of the run in this file; where there is one, go on with it
    #[arg(long, value_name = "FILE", global = true, help_heading = "Every command on BMCs")]
    pub resume: Option<PathBuf>,
    /// Of how many hosts a journal does not know whether it was done, and to do it to them again
    #[arg(
        long,
        value_name = "N",
        global = true,
        requires = "resume",
        help_heading = "Every command on BMCs"
    )]
    pub yes_unknown: Option<usize>,
    /// What to print on stdout
    #[arg(
        long,
        value_name = "text|json|csv",
        default_value = "text",
        hide_possible_values = true,
        global = true,
        help_heading = "Every command on BMCs"
    )]
    pub output: Print,
    /// How BMCs are come by.
    #[command(flatten)]
    pub access: Access,
    /// What is done
    #[command(subcommand)]
    pub command: BmcCommand,
}

/// How what was found of many hosts is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Print {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For spreadsheets: a line a host
    Csv,
}

/// What is done with BMCs.
#[derive(Debug, Subcommand)]
pub enum BmcCommand {
    /// Find BMCs: ask addresses, or search links; sends no credential
    Discover(discover::Discover),
    /// Show the certificates of BMCs, and store or forget them; sends no credential
    Trust(Trust),
    /// Show what the host and its BMC are
    Info,
    /// Show the parts of the host, by Redfish
    Inventory,
    /// Turn the host on or off, restart it, or show its power
    Power(verb::Power),
    /// Set or show what the host boots from next
    Boot(verb::Boot),
    /// Insert or eject virtual media, or show the slots
    Media(verb::Media),
    /// Show the sensors with their thresholds
    Sensors,
    /// Show or clear the log
    Sel(verb::Sel),
    /// Have the BMC bundle all its logs for those who support it, and fetch the file, by Redfish
    Logs(verb::Logs),
    /// Show the memories of the parts (FRU), by IPMI
    Fru,
    /// Turn the light that identifies the host on or off
    Identify(verb::Identify),
    /// Show or set the settings of the host's BIOS, by Redfish
    Bios(settings::bios::Bios),
    /// Show or replace the certificate of the BMC, or ask for one, by Redfish
    Certs(settings::certs::Certs),
    /// Show or set the clock of the BMC, or its servers of NTP
    Time(settings::time::Time),
    /// Close what a government cloud closes, or show what is open, by Redfish
    Lockdown(settings::lockdown::Lockdown),
    /// Show the users, or make, change and remove one
    Users(settings::users::Users),
    /// Show or change the BMC's own network
    Nic(settings::nic::Nic),
    /// Show the tasks that the BMC works on, by Redfish
    Tasks,
    /// Show what the BMC can do and in which form; reads only
    #[command(after_help = "\
Nothing is tried: `works` is said of what the BMC advertises as the standard has it, `quirk` of a \
form of its own that is known by that name. Unless --protocol redfish is given, IPMI is asked in \
passing what it tells anybody, without a credential. The JSON of one firmware compares with that of \
the next: it has the same features in the same order, and no times.
Example: assay bmc 192.0.2.7 probe
Example: assay bmc --hosts rack.csv probe --output json")]
    Probe,
    /// Take BMCs from their factory state into service, one by one
    Adopt(adopt::Adopt),
    /// Look for what is weak: users, services, certificates, TLS, clock; reads only
    Audit(audit::Audit),
    /// Judge the BMC by an interoperability profile (DMTF DSP0272); reads only
    Accept(verb::Accept),
    /// Show, install or follow firmware, by Redfish
    Firmware(firmware::Firmware),
    /// Show controllers, drives and volumes, and make or remove volumes, by Redfish
    Raid(raid::Raid),
    /// Talk with the host over its serial console (SOL), by IPMI
    Console(verb::Console),
    /// Show events, and who is sent them, by Redfish
    Events(events::Events),
    /// Restart the BMC itself
    ResetBmc,
    /// Ask or change something by its path, or send a command of IPMI
    Raw(verb::Raw),
    /// Record all that a BMC tells over Redfish, without what tells whose it is
    Record(verb::Record),
    /// Write a file by which another system enrols the hosts
    Export(verb::Export),
    /// Simulate BMCs with their servers, for trying out and for tests; takes no TARGET
    Simulate(simulate::Simulate),
    /// Serve a recorded tree as a BMC; takes no TARGET
    Replay(simulate::Replay),
}

/// `assay bmc TARGET… trust`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Compare the SHA-256 with the one that the BMC shows on its own page or console before you store it. \
A certificate that is not the stored one is never replaced: forget the host first.
Example: assay bmc 192.0.2.7 trust --store")]
pub struct Trust {
    /// Store the certificates of hosts of which none is known
    #[arg(long)]
    pub store: bool,
    /// Forget what is known of these hosts; nothing is sent
    #[arg(long, conflicts_with = "store")]
    pub forget: bool,
}
