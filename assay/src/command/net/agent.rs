//! `assay net agent`: a guest of a delivered cloud probes its network, as a controller asks.
//!
//! It shows a fingerprint and a token and lets in whoever has the token, once. It sends to the
//! addresses that were named at its start and to no other, a few hundred probes a second at most,
//! and answers probes only, each with one packet that is no larger. It has no shell and reads no
//! files of a controller's choice; all that it opened is closed with the connection.

mod ears;
pub(super) mod message;
mod send;
mod serve;

use std::sync::{Arc, Mutex};

use ipnet::IpNet;
use storage_bench::{
    agent::{
        SECOND_NS,
        token::{Gate, Token},
    },
    job::units::time_ns,
};

use crate::{
    cli::net::Agent as Arguments,
    clock,
    command::{
        machine,
        wire::{self, Key, door},
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
};
use serve::{Desk, serve};

/// Serves one controller.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    door::no_log(arguments.token_file.as_deref())?;
    let expires_ns = time_ns(&arguments.expires, SECOND_NS).map_err(|why| {
        let given = [arguments.expires.as_str()];
        Failure::usage(text("无法理解 --expires `{}`", "cannot understand --expires `{}`", &given))
            .because(std::io::Error::other(why))
    })?;
    let device = device(arguments)?;
    let key = Key::generate().map_err(door::no_key)?;
    let listener = door::listen(arguments.listen)?;
    let place = listener.local_addr().unwrap_or(arguments.listen);
    let interrupt = machine::watch(console);
    let name = door::host_name();
    let token = Token::new(wire::random().map_err(door::no_key)?);
    let to: Vec<String> = arguments.to.iter().map(IpNet::to_string).collect();
    console.note(&text(
        "只从 `{}` 向这些地址发送探测：{}",
        "probes go out by `{}`, to these addresses only: {}",
        &[&arguments.device, &to.join(", ")],
    ));
    let line = door::line(arguments.name.as_deref(), place, &name, &key);
    let until_ns = clock::since_start_ns().saturating_add(expires_ns);
    let desk = Desk {
        host: name,
        device: (arguments.device.clone(), device),
        allowed: arguments.to.clone(),
        gate: Mutex::new(Gate::new(token.clone(), until_ns)),
        stop: Arc::clone(&interrupt.flag()),
    };
    door::hand_out(arguments.token_file.as_deref(), &line, &token, console)?;
    let serve = |wire: &wire::Wire| serve(&desk, wire);
    let served = door::wait(&listener, &key, &desk.gate, &serve, &interrupt, console);
    let Some(served) = served else {
        console.note(&text("无人使用", "nobody came", &[]));
        return Ok(Exit::Unknown);
    };
    let count = served.done.to_string();
    if let Some(why) = &served.why {
        console.note(&text(
            "中断：{}（此前发出 {} 个探测）",
            "ended: {} (after {} probes)",
            &[why, &count],
        ));
        return Ok(Exit::Unknown);
    }
    console.note(&text("结束，共发出 {} 个探测", "over, after {} probes", &[&count]));
    Ok(Exit::Wanted)
}

/// Returns MAC address and MTU of the device.
fn device(arguments: &Arguments) -> Result<(String, u32), Failure> {
    let of = |what: &str| {
        let path = format!("/sys/class/net/{}/{what}", arguments.device);
        std::fs::read_to_string(path).map(|text| text.trim().to_owned())
    };
    // A VLAN's name has a point in it.
    let plain = !arguments.device.contains('/') && !matches!(arguments.device.as_str(), "." | "..");
    let found = of("address").and_then(|mac| Ok((mac, of("mtu")?)));
    match found.ok().filter(|_| plain) {
        Some((mac, mtu)) => Ok((mac, mtu.parse().unwrap_or(0))),
        None => Err(Failure::usage(text(
            "没有网卡 `{}`",
            "there is no device `{}`",
            &[&arguments.device],
        ))
        .hint(text("`ip -brief link` 可列出网卡", "`ip -brief link` lists them", &[]))),
    }
}
