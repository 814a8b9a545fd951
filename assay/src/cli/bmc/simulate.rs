//! `assay bmc simulate` and `assay bmc replay`: BMCs for those who have none at hand.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Format;

/// What every kind of simulated host has; what is skipped is taken from the options of all
/// commands on BMCs.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Site {
    /// Where the first host listens; the others have the addresses behind it on loopback
    /// (127.0.0.0/8), the ports behind it elsewhere, and with port 0 a free port each
    #[arg(long, value_name = "ADDRESS[:PORT]", default_value = "127.0.0.1:8443")]
    pub listen: String,
    /// How many hosts: `--hosts N`, which is read as a list by every other command
    #[arg(skip)]
    pub hosts: u32,
    /// A fault, or several with commas between, of all hosts or of some (2:drop=5, 3-8:latency=300);
    /// repeatable
    #[arg(long = "fault", value_name = "[HOSTS:]NAME[=N]")]
    pub faults: Vec<String>,
    /// List the faults, and simulate nothing
    #[arg(long)]
    pub list_faults: bool,
    /// The administrator's name
    #[arg(skip)]
    pub user: String,
    /// The administrator's password, in a file [default: what the folder has, else a random one]
    #[arg(skip)]
    pub password_file: Option<PathBuf>,
    /// Folder for the list of hosts, the credential and the certificates; what it has is used
    /// again
    #[arg(long, value_name = "DIR", default_value = "simulated-rack")]
    pub out: PathBuf,
    /// All hosts have one certificate
    #[arg(long)]
    pub one_certificate: bool,
    /// Hosts speak Redfish alone; else IPMI too, on the same port of UDP
    #[arg(long)]
    pub no_ipmi: bool,
    /// Hosts answer searches for Redfish services (SSDP) on this network interface
    #[arg(long, value_name = "IF")]
    pub ssdp: Option<String>,
    /// Hosts fetch the images that they are told to insert or install (http, https)
    #[arg(long)]
    pub fetch_media: bool,
    /// What to print on stdout
    #[arg(skip)]
    pub output: Format,
}

/// `assay bmc simulate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Runs until it is interrupted, and writes rack.csv, credentials.toml and certificates.pem into the \
folder. Hosts keep their state in memory: power, boot override, media, logs, users, BIOS settings, \
volumes and firmware act as they do on a BMC.
Example: assay bmc simulate --hosts 8 --dialect huawei --dialect h3c --fault 3:boot-not-kept")]
pub struct Simulate {
    /// The make of BMC: dmtf, huawei, huawei-blade, xfusion, openubmc, h3c, inspur, lenovo,
    /// lenovo-amd, ami, zte, enginetech, openbmc; of several hosts take turns [default: dmtf]
    #[arg(long = "dialect", value_name = "NAME")]
    pub dialects: Vec<String>,
    /// How much a host has: cpus, dimms, drives, nics, gpus, power-supplies, fans, log
    #[arg(long, value_name = "NAME=N,…")]
    pub parts: Option<String>,
    /// What every kind of host has
    #[command(flatten)]
    pub site: Site,
}

/// `assay bmc replay`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Serves what was recorded, and keeps what is changed in memory. An action that the tree advertises \
and the simulator does not know is answered 501.
Example: assay bmc replay rack7.tar.xz")]
pub struct Replay {
    /// A recorded tree: a folder of index.json, or an archive
    #[arg(value_name = "DIR|ARCHIVE")]
    pub tree: PathBuf,
    /// What every kind of host has
    #[command(flatten)]
    pub site: Site,
}
