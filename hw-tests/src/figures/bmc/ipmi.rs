//! Connect, Get Device ID and close: by us and by ipmitool, in turn.

#![expect(clippy::disallowed_methods, reason = "measures time")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use bmc::credential::Secret;
use bmc::ipmi::privilege::Privilege;
use bmc::ipmi::suite::Suite;
use bmc::ipmi::{Client, Credentials, IpmiError, Options};
use bmc::target::Address;
use hw_tests::{Need, sample};

use super::super::storage::{Noise, absent, at_most, spread};
use super::super::{CaseError, Effort, Figure, program_path};
use super::TOLERANCE;
use super::failed;
use super::rack::Rack;

/// How often the program's own session is faster than a run of ipmitool.
const FASTER: f64 = 5.0;

/// One BMC, asked by a session of this process, by the program, and by ipmitool.
pub(super) fn ipmi(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time"), Need::Program("ipmitool")])?;
    let count = if effort == Effort::Full { 101 } else { 15 };
    let rack = Rack::start(1, &[])?;
    let password = password(&rack)?;
    let file = rack.file("password");
    fs::write(&file, &password)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    let (port, file) = (rack.port.to_string(), file.display().to_string());
    let host = "127.64.0.1";
    let place = format!("{host}:{port}");
    let address: Address = place.parse().map_err(|_error| failed("no address"))?;
    let theirs = [
        "ipmitool", "-I", "lanplus", "-C", "3", "-H", host, "-p", &port, "-U", "admin", "-f",
        &file, "mc", "info",
    ];
    let program = program_path()?;
    let ours = command(&program, &place, &file);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let secret = Secret::new(password);
    let noise = Noise::start();
    let session = || {
        let begun = Instant::now();
        let done = runtime.block_on(device(&address, &secret));
        done.map_err(|error| failed(error.to_string()))?;
        Ok::<f64, CaseError>(begun.elapsed().as_secs_f64())
    };
    session()?;
    let (mut ratios, mut own, mut tool) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        let seconds = session()?;
        let run = sample::run(&theirs)?;
        if run.code != 0 {
            return Err(failed(format!("ipmitool ended with {}", run.code)));
        }
        ratios.push(run.seconds / seconds);
        own.push(seconds * 1e3);
        tool.push(run.seconds * 1e3);
    }
    let pairs = sample::pairs(count, &ours, &theirs)?;
    if let Some(bad) = pairs.a.iter().chain(&pairs.b).find(|run| run.code != 0) {
        return Err(failed(format!("a run ended with {}", bad.code)));
    }
    let noise = noise.text();
    let (ratio, own, tool) = (spread(&ratios)?, spread(&own)?, spread(&tool)?);
    let command = pairs.ratio().ok_or_else(|| failed("no runs"))?;
    let of = |runs: &[sample::Run]| {
        spread(&runs.iter().map(|run| run.seconds * 1e3).collect::<Vec<_>>())
    };
    let (a, b) = (of(&pairs.a)?, of(&pairs.b)?);
    Ok(vec![
        Figure {
            what: "bmc: IPMI connect + Get Device ID + close in one process".to_owned(),
            bar: "≥ 5 × as fast as ipmitool".to_owned(),
            measured: format!(
                "{:.1} × ({:.1}–{:.1}), {:.2} ms against {:.2} ms, {count} pairs; {noise}",
                ratio.median, ratio.min, ratio.max, own.median, tool.median
            ),
            met: Some(ratio.median >= FASTER),
            broken: Some(ratio.max < FASTER / TOLERANCE),
        },
        at_most(
            "bmc: the same as one command, over ipmitool",
            "≤ 1.0",
            1.0,
            command,
            format!(
                "{:.3} ({:.3}–{:.3}), {:.1} ms against {:.1} ms, {count} pairs; {noise}",
                command.median, command.min, command.max, a.median, b.median
            ),
        ),
    ])
}

/// Returns the command of this program that asks a BMC for its device id (IPMI 2.0 §20.1).
fn command<'w>(program: &'w str, place: &'w str, file: &'w str) -> [&'w str; 17] {
    [
        program,
        "bmc",
        place,
        "--protocol",
        "ipmi",
        "--cipher-suite",
        "3",
        "--user",
        "admin",
        "--password-file",
        file,
        "raw",
        "ipmi",
        "0x06",
        "0x01",
        "--yes-hosts",
        "1",
    ]
}

async fn device(address: &Address, password: &Secret) -> Result<(), IpmiError> {
    let options = Options { suites: vec![Suite::SHA1], ..Options::default() };
    let who =
        Credentials { user: "admin", password, kg: None, privilege: Privilege::Administrator };
    let mut client = Client::connect(address, who, &options).await?;
    client.device().await?;
    client.close().await
}

/// Returns the password of the rack's administrator.
fn password(rack: &Rack) -> Result<String, CaseError> {
    let text = fs::read_to_string(rack.file("rack/credentials.toml"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("password = "));
    let password = line.map(|word| word.trim().trim_matches(['"', '\'']).to_owned());
    password.ok_or_else(|| failed("no password in the rack's credentials"))
}
