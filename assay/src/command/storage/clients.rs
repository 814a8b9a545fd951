//! `--agents`: many hosts make one load together.
//!
//! What a run or a case is stays what it is on one host; here it is told to agents, each on
//! a target of its own, and what they did is added up. The protocol is
//! `storage_bench::agent`; a lost agent, an unknown clock or a busy client makes the run
//! INVALID, never a smaller number.

mod accept;
mod fleet;
mod measure;
mod run;

use std::time::Duration;

use storage_bench::{
    agent::{
        controller::Outcome,
        message::{Assignment, Listed},
    },
    drive::Drive,
};

use crate::{
    cli::storage::Clients,
    command::wire::address::{self, Address},
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
};
use fleet::Fleet;

pub(super) use accept::accept;
pub(super) use run::run;

/// Agents start and end some microseconds apart, so that of a load's seconds the first and
/// the last are not common to all: each runs so much longer.
const MARGIN: Duration = Duration::from_secs(2);

/// What one agent is to use.
#[derive(Clone, Debug)]
struct Share {
    name: String,
    device: Listed,
}

impl Share {
    /// Returns whether a file is to be made.
    fn is_folder(&self) -> bool {
        self.device.serial.starts_with("folder:")
    }

    /// Returns the agent's part of a load: it begins and ends at whole seconds.
    fn assignment(&self, drive: Drive, direct: bool, file_bytes: Option<u64>) -> Assignment {
        let ramp = Duration::from_nanos_u128(
            drive.ramp.as_nanos().div_ceil(1_000_000_000) * 1_000_000_000,
        );
        let drive = Drive { ramp, runtime: drive.runtime.map(|time| time + MARGIN), ..drive };
        Assignment {
            serial: self.device.serial.clone(),
            drive,
            direct,
            file_bytes: file_bytes.filter(|_| self.is_folder()),
            sample_seed: None,
        }
    }
}

/// Connects to all agents and settles what each is to use; `Err` says every reason why not.
fn gather(clients: &Clients, interrupt: &Interrupt) -> Result<(Fleet, Vec<Share>), Failure> {
    let addresses = address::read(clients)?;
    let mut fleet = Fleet::connect(&addresses)?;
    let devices = match fleet.greet(interrupt) {
        Ok(devices) => devices,
        Err(outcome) => return Err(not_greeted(&outcome)),
    };
    match shares(&addresses, &devices) {
        Ok(shares) => Ok((fleet, shares)),
        Err(failure) => {
            fleet.leave();
            Err(failure)
        }
    }
}

/// Nobody ran: says why.
fn not_greeted(outcome: &Outcome) -> Failure {
    let doubts = || outcome.doubts.iter().filter(|doubt| doubt.code != "no-common-window");
    let zh: Vec<&str> = doubts().map(|doubt| doubt.zh.as_str()).collect();
    let en: Vec<&str> = doubts().map(|doubt| doubt.en.as_str()).collect();
    Failure::unable(profiles::Text::new(
        format!("测试未开始：{}", zh.join("；")),
        format!("the test did not begin: {}", en.join("; ")),
    ))
}

/// Settles which device of each agent is used.
fn shares(addresses: &[Address], devices: &[Vec<Listed>]) -> Result<Vec<Share>, Failure> {
    let mut shares: Vec<Share> = Vec::new();
    for (address, listed) in addresses.iter().zip(devices) {
        let name = &address.host;
        let known: Vec<&str> = listed.iter().map(|device| device.serial.as_str()).collect();
        let known = known.join(", ");
        let device = match (&address.serial, listed.as_slice()) {
            (Some(serial), _) => {
                listed.iter().find(|device| device.serial == *serial).ok_or_else(|| {
                    Failure::usage(text(
                        "客户端 `{}` 没有列出 `{}`，只有：{}",
                        "agent `{}` did not list `{}`; it has: {}",
                        &[name, serial, &known],
                    ))
                })?
            }
            (None, [only]) => only,
            (None, _) => {
                return Err(Failure::usage(text(
                    "客户端 `{}` 列出了多个设备：{}",
                    "agent `{}` lists several devices: {}",
                    &[name, &known],
                ))
                .hint(text("在其后加上 #序列号", "put #SERIAL behind it", &[])));
            }
        };
        let folder = device.serial.starts_with("folder:") || device.serial.starts_with("device:");
        let same = shares.iter().find(|share| share.device.serial == device.serial && !folder);
        if let Some(same) = same {
            return Err(Failure::usage(text(
                "客户端 `{}` 与 `{}` 使用同一卷 `{}`：须各用各的卷",
                "agents `{}` and `{}` have the same volume `{}`: each needs one of its own",
                &[&same.name, name, &device.serial],
            )));
        }
        shares.push(Share { name: name.clone(), device: device.clone() });
    }
    Ok(shares)
}

/// Refuses to write where an agent's operator did not allow it, before anything is opened.
fn may_write(shares: &[Share]) -> Result<(), Failure> {
    match shares.iter().find(|share| !share.device.writable) {
        None => Ok(()),
        Some(share) => Err(Failure::usage(text(
            "客户端 `{}` 的 `{}` 只许读",
            "agent `{}` allows `{}` to be read only",
            &[&share.name, &share.device.serial],
        ))
        .hint(text(
            "在该主机上以 `--allow-destroy {}` 重新启动客户端",
            "start it anew there with `--allow-destroy {}`",
            &[&share.device.serial],
        ))),
    }
}
