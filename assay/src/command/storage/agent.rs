//! `assay storage agent`: this host makes load on its own devices, as a controller asks.
//!
//! It shows a fingerprint and a token, lets in whoever has the token, once, and does what the
//! session of `storage_bench::agent` allows: nothing but what was named at its start, and no
//! load without a controller that is heard.

mod offer;
mod serve;
mod work;

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex},
};

use profiles::Text;
use storage_bench::{
    agent::{
        SECOND_NS,
        session::Identity,
        token::{Gate, Token},
    },
    job::units::time_ns,
};

use crate::{
    cli::storage::Agent as Arguments,
    clock,
    command::{
        machine,
        wire::{
            self, Key,
            door::{self, Served},
        },
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
};
use offer::Offer;
use serve::{Desk, serve};

/// Offers this host's devices, until one run is over, or for good.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    door::no_log(arguments.token_file.as_deref())?;
    let expires_ns = time_ns(&arguments.expires, SECOND_NS).map_err(|why| {
        let given = [arguments.expires.as_str()];
        Failure::usage(text("无法理解 --expires `{}`", "cannot understand --expires `{}`", &given))
            .because(io::Error::other(why))
    })?;
    let offer = Arc::new(Offer::take(arguments, console)?);
    let record = arguments.record.as_deref().map(record).transpose()?;
    let key = Key::generate().map_err(door::no_key)?;
    let listener = door::listen(arguments.listen)?;
    let place = listener.local_addr().unwrap_or(arguments.listen);
    let interrupt = machine::watch(console);
    let name = door::host_name();
    let mut desk = Desk {
        identity: Identity {
            host: name.clone(),
            capabilities: vec!["latency".to_owned(), "throughput".to_owned()],
            devices: offer.listed(),
        },
        offer,
        gate: Mutex::new(Gate::new(Token::new([0; 32]), 0)),
        stop: interrupt.flag(),
        record: record.map(Mutex::new),
        lang: console.lang,
    };
    loop {
        let token = Token::new(wire::random().map_err(door::no_key)?);
        let line = door::line(arguments.name.as_deref(), place, &name, &key);
        announce(arguments, &line, &token, &desk, console)?;
        let until_ns = clock::since_start_ns().saturating_add(expires_ns);
        desk.gate = Mutex::new(Gate::new(token, until_ns));
        let serve = |wire: &wire::Wire| serve(&desk, wire);
        let served = door::wait(&listener, &key, &desk.gate, &serve, &interrupt, console);
        if interrupt.asked() {
            console.note(&Text::new("已停止", "stopped"));
            return Ok(if served.is_some() { Exit::Unknown } else { Exit::Wanted });
        }
        let exit = told(served.as_ref(), console);
        if !arguments.stay {
            return Ok(exit);
        }
    }
}

/// Says how a run went.
fn told(served: Option<&Served>, console: &mut Console) -> Exit {
    let Some(served) = served else {
        console.note(&Text::new(
            "令牌已失效（过期或试错过多），无人使用",
            "the token is worth nothing any more (its time is over, or too many were wrong), \
             and nobody came",
        ));
        return Exit::Unknown;
    };
    let loads = served.done.to_string();
    match &served.why {
        None => {
            console.note(&text(
                "运行结束，共 {} 次加压",
                "the run is over after {} loads",
                &[&loads],
            ));
            Exit::Wanted
        }
        Some(why) => {
            console.note(&text(
                "运行中断：{}（此前 {} 次加压）",
                "the run ended: {} (after {} loads)",
                &[why, &loads],
            ));
            Exit::Unknown
        }
    }
}

fn record(path: &Path) -> Result<fs::File, Failure> {
    fs::OpenOptions::new().append(true).create(true).open(path).map_err(|error| {
        let name = path.display().to_string();
        Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
    })
}

/// Says what may be used and destroyed, and hands out the token.
fn announce(
    arguments: &Arguments,
    line: &str,
    token: &Token,
    desk: &Desk,
    console: &mut Console,
) -> Result<(), Failure> {
    for listed in &desk.identity.devices {
        let size = storage_bench::text::grouped(listed.size_bytes);
        let device = format!("{} {}, {size} B", listed.serial, listed.model);
        let words = match (listed.writable, listed.size_bytes) {
            (true, 0) => text("可新建文件：{}", "a file may be made in: {}", &[&listed.serial]),
            (true, _) => text("可能被覆盖：{}", "MAY BE OVERWRITTEN: {}", &[&device]),
            (false, _) => text("只读：{}", "may be read: {}", &[&device]),
        };
        console.note(&words);
    }
    door::hand_out(arguments.token_file.as_deref(), line, token, console)
}
