//! What the verbs on BMCs take.

use clap::{Args, Subcommand, ValueEnum};

/// `assay bmc TARGET… power`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
soft asks the system to shut down; off takes its power at once; reset restarts it at once; cycle takes \
its power and gives it again.
Example: assay bmc --hosts rack.csv power status
Example: assay bmc --hosts rack.csv power on --yes-hosts 8")]
pub struct Power {
    /// What to do: status, on, off, soft, reset, cycle
    #[arg(value_name = "ACTION", hide_possible_values = true)]
    pub action: PowerAction,
}

/// What is done to a host's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum PowerAction {
    Status,
    On,
    Off,
    Soft,
    Reset,
    Cycle,
}

/// `assay bmc TARGET… boot`.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = "\
status shows what is set; none takes an override back. What was set is read back: a BMC that says yes \
and keeps something else is told.
Example: assay bmc 192.0.2.7 boot cd --once --uefi")]
pub struct Boot {
    /// From what: status, none, pxe, http, disk, cd, bios
    #[arg(value_name = "DEVICE", hide_possible_values = true)]
    pub device: BootDevice,
    /// For the next boot alone; so it is unless --persistent is given
    #[arg(long)]
    pub once: bool,
    /// Until it is changed
    #[arg(long, conflicts_with = "once")]
    pub persistent: bool,
    /// By UEFI
    #[arg(long)]
    pub uefi: bool,
    /// By BIOS
    #[arg(long, conflicts_with = "uefi")]
    pub legacy: bool,
}

/// From what a host boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum BootDevice {
    Status,
    None,
    Pxe,
    Http,
    Disk,
    Cd,
    Bios,
}

/// `assay bmc TARGET… media`.
#[derive(Clone, Debug, Args)]
pub struct Media {
    /// What to do
    #[command(subcommand)]
    pub command: MediaCommand,
}

/// What is done with virtual media.
#[derive(Clone, Debug, Subcommand)]
pub enum MediaCommand {
    /// Show the slots and what is in them
    Status,
    /// Insert an image that the BMC fetches from a URL, or a file that is served to it
    Insert(Insert),
    /// Eject what is in the slots
    Eject(Slot),
}

/// `assay bmc TARGET… media insert`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The BMC fetches the image itself: a URL has to be reachable from the out-of-band network, and be of a \
protocol that it takes (http, https, nfs, cifs).
A file is served by this program, to these BMCs alone and read-only, until it is stopped (Ctrl-C), and \
ejected then; by http, or where a BMC is known not to take that by https (a certificate is made for \
the run, and a slot that verifies certificates is told not to) or by nfs (version 3; the ports 111 and \
2049 want root); what the BMCs read is shown. With --until-read it stops once they have read all of it, \
and the image stays in: for BMCs that keep a copy.
Example: assay bmc 192.0.2.7 media insert http://192.0.2.1/ramdisk.iso
Example: assay bmc 192.0.2.7 media insert ./ramdisk.iso")]
pub struct Insert {
    /// URL of the image, or a file
    #[arg(value_name = "URL|FILE")]
    pub url: String,
    /// The slot by its name [default: the best one that is free]
    #[arg(long, value_name = "SLOT")]
    pub slot: Option<String>,
    /// How an image is served that is a file.
    #[command(flatten)]
    pub serving: Serving,
}

impl Insert {
    /// Returns the file that is to be served, where it is no URL.
    pub fn file(&self) -> Option<&std::path::Path> {
        (!self.url.contains("://")).then(|| std::path::Path::new(&self.url))
    }
}

/// How an image is served that is a file.
#[derive(Clone, Debug, Args)]
pub struct Serving {
    /// Address of this machine to serve a file on [default: the one that the BMC is reached from]
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = place)]
    pub serve: Option<std::net::SocketAddr>,
    /// Protocol to serve a file by: http, https or nfs [default: the first that the BMC takes]
    #[arg(long, value_name = "PROTOCOL")]
    pub serve_by: Option<bmc::media::Way>,
    /// Leave the image in when serving ends
    #[arg(long)]
    pub keep: bool,
    /// Serve a file until the BMCs have read all of it, and leave it in
    #[arg(long)]
    pub until_read: bool,
    /// Seconds that a BMC has to ask for a file once it is in
    #[arg(long, value_name = "SECONDS", default_value = "30",
        value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub patience: u32,
}

/// Reads an address with or without a port; 0 is any port that is free.
pub(super) fn place(word: &str) -> Result<std::net::SocketAddr, String> {
    let (ip, error) = match word.parse::<std::net::SocketAddr>() {
        Ok(place) => return Ok(place),
        Err(error) => (word.trim_matches(['[', ']']).parse::<std::net::IpAddr>(), error),
    };
    ip.map(|ip| (ip, 0).into()).map_err(|_error| error.to_string())
}

/// A slot of virtual media.
#[derive(Clone, Debug, Args)]
pub struct Slot {
    /// The slot by its name [default: all that have something in them]
    #[arg(long, value_name = "SLOT")]
    pub slot: Option<String>,
}

/// `assay bmc TARGET… sel`.
#[derive(Clone, Debug, Args)]
pub struct Sel {
    /// What to do
    #[command(subcommand)]
    pub command: SelCommand,
}

/// What is done with the log.
#[derive(Clone, Debug, Subcommand)]
pub enum SelCommand {
    /// Show the entries
    List,
    /// Save the entries to a file, then clear the log
    Clear(Clear),
    /// Follow the log, and show new entries as they come
    Watch(Watch),
}

/// `assay bmc TARGET… sel clear`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Each log is saved before it is cleared, as FOLDER/ADDRESS.json; a host whose log cannot be saved keeps \
it.
Example: assay bmc 192.0.2.7 sel clear --save logs --yes-hosts 1")]
pub struct Clear {
    /// Folder that the entries are saved in
    #[arg(long, value_name = "FOLDER", required = true)]
    pub save: std::path::PathBuf,
    /// The log by its name, where there are several
    #[arg(long = "log-name", value_name = "NAME")]
    pub log_name: Option<String>,
}

/// `assay bmc TARGET… sel watch`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Each entry is a line: host, time, severity, origin, message; with --output json one object a line, in \
which a log that was cleared, and a host that is lost or there again, are told as well. A host that is \
lost is asked again, after 1 s, 2 s and so on to a minute; what came meanwhile is shown then. Ctrl-C \
ends it, and so does the end of whoever reads.
Exit: 0 it was ended, 1 or 3 a host could not be followed
Example: assay bmc --hosts rack.csv sel watch --output json")]
pub struct Watch {
    /// Seconds after which it ends
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub time: Option<u32>,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub every: u32,
}

/// `assay bmc TARGET… logs`.
#[derive(Clone, Debug, Args)]
pub struct Logs {
    /// What to do
    #[command(subcommand)]
    pub command: LogsCommand,
}

/// What is done with the bundle of logs.
#[derive(Clone, Debug, Subcommand)]
pub enum LogsCommand {
    /// Have it made, and fetch it as a file
    Collect(Collect),
}

/// `assay bmc TARGET… logs collect`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
iBMC and its kin, ISBMC and ZTE have it, where they list it; it takes some minutes. The file has \
serial numbers and addresses in it and is for you alone; a file that is there is kept, and of a \
download that broke off nothing.
Example: assay bmc 192.0.2.7 logs collect --out rack7.tar.gz")]
pub struct Collect {
    /// The file to write; of several hosts, the folder for a file each
    #[arg(long, short = 'o', value_name = "FILE", required = true)]
    pub out: std::path::PathBuf,
}

/// `assay bmc TARGET… record`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Serial numbers, addresses and names become stand-ins of the same form, secrets go; recording.json in \
the archive lists the places. Look through it before you hand it on. What is recorded can be served \
(`assay bmc replay FILE`) and judged (`assay accept --from FILE`).
Example: assay bmc 192.0.2.7 record --out rack7.tar.xz")]
pub struct Record {
    /// The archive to write (.tar.xz); of several hosts, the folder for an archive each
    #[arg(long, short = 'o', value_name = "FILE", required = true)]
    pub out: std::path::PathBuf,
}

/// `assay bmc TARGET… accept`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
What cannot be seen by reading (most of what should be writable), and what of the profile is not \
understood, is not tested; it never passes.
Exit: 0 all that is mandatory is met, 1 something is not, 3 of something mandatory it is not known
Example: assay bmc 192.0.2.7 accept --interop OpenStackIronicProfile.v1_2_0.json
Example: assay bmc accept --interop OCPBaselineHardwareManagement.v1_0_1.json --from rack7.tar.xz")]
pub struct Accept {
    /// The profile: JSON as DSP0272 has it
    #[arg(long, value_name = "FILE")]
    pub interop: std::path::PathBuf,
    /// Folder of the profiles that it requires [default: the one that it lies in]; none is fetched
    #[arg(long, value_name = "DIR")]
    pub profiles: Option<std::path::PathBuf>,
    /// Judge a recorded tree instead of a BMC: a folder of index.json, or an archive; repeatable,
    /// takes no TARGET
    #[arg(long, value_name = "DIR|ARCHIVE")]
    pub from: Vec<std::path::PathBuf>,
}

/// `assay bmc TARGET… export`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The file is what `openstack baremetal create` takes: driver, address, properties, ports by their MAC. \
It holds no password: each stands as a variable named after its credential, ${BMC_RACK_A_PASSWORD}, \
that envsubst fills in. Its first lines say how, and set the traits.
Example: assay bmc --hosts rack.csv export --ironic nodes.yaml")]
pub struct Export {
    /// File for OpenStack Ironic to write; one that is there is kept
    #[arg(long, value_name = "FILE", required = true)]
    pub ironic: std::path::PathBuf,
    /// Class of the nodes' resources
    #[arg(long, value_name = "CLASS", default_value = "baremetal")]
    pub resource_class: String,
    /// By what the conductor trusts the BMCs' certificates: a file on it, true, or false for not at
    /// all [default: the file of --ca, else true]
    #[arg(long, value_name = "FILE|true|false")]
    pub verify_ca: Option<String>,
}

/// `assay bmc TARGET… identify`.
#[derive(Clone, Debug, Args)]
pub struct Identify {
    /// on or off
    #[arg(value_name = "on|off", hide_possible_values = true)]
    pub wanted: OnOff,
}

/// On, or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum OnOff {
    On,
    Off,
}

/// `assay bmc TARGET… console`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
On a terminal every key goes to the host, Ctrl-C too; at the beginning of a line ~. leaves, ~B sends \
a break, ~~ types ~, ~? tells this. What comes by a pipe goes as it is (Enter is \\r), and without \
--for or --until the console is left when all of it has arrived. What the host says is stdout, and \
with --output json stdout is what came of it instead.
Exit: 0 left, or the time is over; with --until 0 if the host said it and else 1; 1 if the BMC gives \
no console or ended it; 3 if it cannot be reached
Example: assay bmc 192.0.2.7 console --save host7.log
Example: printf 'root\\r' | assay bmc 192.0.2.7 console --until Password: --for 30")]
pub struct Console {
    /// Take the console over where another session has it
    #[arg(long)]
    pub take: bool,
    /// Append what the host says to a file, too
    #[arg(long, value_name = "FILE")]
    pub save: Option<std::path::PathBuf>,
    /// Seconds after which the console is left
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub time: Option<u32>,
    /// Leave the console when the host has said this; exit 1 if it ends without
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub until: Option<String>,
}

/// `assay bmc TARGET… raw`.
#[derive(Clone, Debug, Args)]
pub struct Raw {
    /// What to send
    #[command(subcommand)]
    pub command: RawCommand,
}

/// What is sent as it is.
#[derive(Clone, Debug, Subcommand)]
pub enum RawCommand {
    /// Read a resource of Redfish
    Get(RawPath),
    /// Change a resource of Redfish
    Patch(RawBody),
    /// Post to a resource or an action of Redfish
    Post(RawBody),
    /// Send a command of IPMI, and show its completion code and data
    Ipmi(RawIpmi),
}

/// `assay bmc TARGET… raw get`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: assay bmc 192.0.2.7 raw get /redfish/v1/Systems")]
pub struct RawPath {
    /// Paths on the BMC
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<String>,
}

/// `assay bmc TARGET… raw patch`, `post`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Example: assay bmc 192.0.2.7 raw patch /redfish/v1/Systems/1 '{\"AssetTag\": \"R7\"}' --yes-hosts 1")]
pub struct RawBody {
    /// Path on the BMC
    #[arg(value_name = "PATH")]
    pub path: String,
    /// Body: JSON
    #[arg(value_name = "JSON")]
    pub body: Option<String>,
}

/// `assay bmc TARGET… raw ipmi`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Numbers are decimal, or hexadecimal with 0x. What only reads wants --yes-hosts too: nobody can tell \
from the bytes.
Example: assay bmc 192.0.2.7 raw ipmi 0x06 0x01 --yes-hosts 1")]
pub struct RawIpmi {
    /// Network function, command, and the bytes of its data
    #[arg(value_name = "BYTE", required = true, num_args = 2..=64)]
    pub bytes: Vec<String>,
}
