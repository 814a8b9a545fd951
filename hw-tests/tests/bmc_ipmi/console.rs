//! Those who ask: we, ipmitool and freeipmi.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bmc::credential::Secret;
use bmc::ipmi::privilege::Privilege;
use bmc::ipmi::suite::Suite;
use bmc::ipmi::{Client, Credentials, IpmiError, Options, Patience};
use bmc::target::{Address, Host};
use libtest_mimic::Failed;

/// Runs a future to its end, in a runtime of its own.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// Returns the address of a port of this machine.
pub(crate) fn address(port: u16) -> Address {
    Address { host: Host::Ip([127, 0, 0, 1].into()), port: port.try_into().ok() }
}

/// By suite 3 alone, and with less patience than in the field: nothing is far away here.
pub(crate) fn options() -> Options {
    let patience = Patience {
        reach: Duration::from_secs(3),
        answer: Duration::from_secs(6),
        again: Duration::from_millis(300),
        full: Duration::from_secs(2),
        settle: Duration::from_secs(5),
    };
    Options { suites: vec![Suite::SHA1], patience }
}

/// Opens a session.
pub(crate) async fn connect(
    port: u16,
    user: &str,
    password: &str,
    options: &Options,
) -> Result<Client, IpmiError> {
    let password = Secret::new(password.to_owned());
    let credentials =
        Credentials { user, password: &password, kg: None, privilege: Privilege::Administrator };
    Client::connect(&address(port), credentials, options).await
}

/// Opens an administrator's.
pub(crate) async fn admin(port: u16) -> Result<Client, IpmiError> {
    connect(port, "admin", "password", &options()).await
}

/// Asks by ipmitool; returns what it says.
pub(crate) fn ipmitool(port: u16, words: &str) -> Result<String, Failed> {
    ipmitool_as(port, "admin", "password", words)
}

/// The same as somebody.
pub(crate) fn ipmitool_as(
    port: u16,
    user: &str,
    password: &str,
    words: &str,
) -> Result<String, Failed> {
    let port = port.to_string();
    let mut command = Command::new("ipmitool");
    command.args(["-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-p", &port, "-U", user, "-E"]);
    command.args(words.split(' ').map(|word| word.replace('_', " ")));
    said(command.env("IPMITOOL_PASSWORD", password))
}

/// Asks by a program of freeipmi; its cache of SDRs is in `folder`.
pub(crate) fn freeipmi(
    port: u16,
    folder: &Path,
    program: &str,
    words: &str,
) -> Result<String, Failed> {
    let host = format!("127.0.0.1:{port}");
    let mut command = Command::new(program);
    command.args(["-D", "LAN_2_0", "-I", "3", "-h", &host, "-u", "admin", "-p", "password"]);
    // Without the work-around it stops at this simulator.
    command.args(["-l", "ADMIN", "-W", "opensesspriv"]);
    if matches!(program, "ipmi-sensors" | "ipmi-sel" | "ipmi-fru") {
        command.arg(format!("--sdr-cache-directory={}", folder.display()));
    }
    command.args(words.split_whitespace()).env("HOME", folder);
    said(&mut command)
}

fn said(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(out);
    }
    Err(format!("{command:?}: {out}{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Reads lines of `key : value`.
pub(crate) fn pairs(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
}

/// Reads a table of cells between `|`.
pub(crate) fn table(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    text.lines().filter(|line| line.contains('|')).map(cells).collect()
}
