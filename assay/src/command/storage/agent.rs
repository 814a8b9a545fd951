//! `assay storage agent`: this host makes load on its own devices, as a controller asks.
//!
//! It shows a fingerprint and a token, lets in whoever has the token, once, and does what the
//! session of `storage_bench::agent` allows: nothing but what was named at its start, and no
//! load without a controller that is heard. The token goes to a terminal or to a file that
//! only its owner reads; it is in no log.

mod offer;
mod serve;
mod work;

use std::{
    fs,
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
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

use super::wire::{self, Key, WireError};
use crate::{
    cli::storage::Agent as Arguments, clock, command::machine, console::Console, exit::Exit,
    failure::Failure, interrupt::Interrupt, lang::text,
};
use offer::Offer;
use serve::{Desk, Served, serve};

/// Connections that are served at once; more are closed: one controller has one.
const MOST_CONNECTIONS: usize = 16;
/// How often it is looked whether somebody connects.
const LOOK: Duration = Duration::from_millis(50);

/// Offers this host's devices, until one run is over, or for good.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    if arguments.token_file.is_none() && !io::IsTerminal::is_terminal(&io::stdout()) {
        return Err(Failure::usage(Text::new(
            "标准输出不是终端，令牌会进入日志",
            "stdout is no terminal: the token would be in a log",
        ))
        .hint(Text::new("以 --token-file 指定文件", "name a file with --token-file")));
    }
    let expires_ns = time_ns(&arguments.expires, SECOND_NS).map_err(|why| {
        let given = [arguments.expires.as_str()];
        Failure::usage(text("无法理解 --expires `{}`", "cannot understand --expires `{}`", &given))
            .because(io::Error::other(why))
    })?;
    let offer = Arc::new(Offer::take(arguments, console)?);
    let record = arguments.record.as_deref().map(record).transpose()?;
    let key = Key::generate().map_err(no_key)?;
    let listener = listen(arguments.listen)?;
    let place = listener.local_addr().unwrap_or(arguments.listen);
    let interrupt = machine::watch(console);
    let name = host_name();
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
        let token = Token::new(wire::random().map_err(no_key)?);
        announce(arguments, &line(arguments, place, &name, &key), &token, &desk, console)?;
        let until_ns = clock::since_start_ns().saturating_add(expires_ns);
        desk.gate = Mutex::new(Gate::new(token, until_ns));
        let served = wait(&listener, &key, &desk, &interrupt, console);
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
    let loads = served.loads.to_string();
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

fn no_key(error: WireError) -> Failure {
    Failure::unable(Text::new("无法生成密钥", "cannot make a key")).because(error)
}

fn listen(place: SocketAddr) -> Result<TcpListener, Failure> {
    let listen = || {
        let listener = TcpListener::bind(place)?;
        listener.set_nonblocking(true)?;
        Ok::<_, io::Error>(listener)
    };
    listen().map_err(|error| {
        let hint = (error.kind() == io::ErrorKind::AddrInUse).then(|| {
            Text::new(
                "端口已被占用，可能另一个客户端正在运行：请用 --listen 另指",
                "another program, perhaps another agent, has the port: choose one with --listen",
            )
        });
        let place = place.to_string();
        let failure =
            Failure::unable(text("无法监听 {}", "cannot listen on {}", &[&place])).because(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

fn record(path: &Path) -> Result<fs::File, Failure> {
    fs::OpenOptions::new().append(true).create(true).open(path).map_err(|error| {
        let name = path.display().to_string();
        Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
    })
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns what a controller is given, without the secret.
fn line(arguments: &Arguments, place: SocketAddr, name: &str, key: &Key) -> String {
    let host = match (&arguments.name, place.ip()) {
        (Some(given), _) => given.clone(),
        (None, ip) if ip.is_unspecified() => name.to_owned(),
        (None, ip) if ip.is_ipv6() => format!("[{ip}]"),
        (None, ip) => ip.to_string(),
    };
    format!("{host}:{}#{}", place.port(), key.fingerprint)
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
    let whole = format!("{line}#{}\n", token.reveal());
    match &arguments.token_file {
        None => {
            console.note(&Text::new(
                "把下面一行交给控制端的 --agents（令牌保密，只用一次）：",
                "give this line to the controller's --agents (the token is a secret, good once):",
            ));
            console.print(&whole)
        }
        Some(file) => {
            put(file, &whole).map_err(|error| {
                let name = file.display().to_string();
                Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
            })?;
            let name = file.display().to_string();
            console.note(&text(
                "含令牌的一行已写入 `{}`（仅属主可读），交给控制端的 --agents-file",
                "the line with the token is in `{}` (readable by its owner only), for the \
                 controller's --agents-file",
                &[&name],
            ));
            console.print(&format!("{line}\n"))
        }
    }
}

/// Writes a secret beside its place and moves it there: never readable by others, whole or
/// not at all.
fn put(file: &Path, secret: &str) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = file.with_file_name(name);
    let mut made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let put = made.write_all(secret.as_bytes()).and_then(|()| fs::rename(&new, file));
    if put.is_err() {
        drop(fs::remove_file(&new));
    }
    put
}

/// Waits for the controller and serves it; `None` where nobody came before the token was
/// worth nothing any more, or the operator asked to stop.
fn wait(
    listener: &TcpListener,
    key: &Key,
    desk: &Desk,
    interrupt: &Interrupt,
    console: &mut Console,
) -> Option<Served> {
    let open = Mutex::new(0_usize);
    let (tell, ended) = mpsc::channel();
    thread::scope(|scope| {
        let mut run = None;
        loop {
            match listener.accept() {
                Ok((socket, peer)) => {
                    if *count(&open) >= MOST_CONNECTIONS {
                        continue;
                    }
                    *count(&open) += 1;
                    let (tell, taken) = (tell.clone(), &open);
                    let body = move || {
                        // One that has failed is told of by its end.
                        drop(tell.send((peer, connection(socket, key, desk))));
                        *count(taken) -= 1;
                    };
                    if thread::Builder::new().spawn_scoped(scope, body).is_err() {
                        *count(&open) -= 1;
                    }
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => tracing::debug!(%error, "a connection was not taken"),
            }
            if let Ok((peer, served)) = ended.recv_timeout(LOOK) {
                note(peer, &served, console);
                if let Ok(served) = served
                    && served.admitted
                {
                    run = Some(served);
                }
            }
            let gate = desk.gate.lock().unwrap_or_else(PoisonError::into_inner);
            let shut = gate.is_shut(clock::since_start_ns());
            drop(gate);
            // While a controller is served its gate is shut; the run is over when it ends.
            if (run.is_some() || shut || interrupt.asked()) && *count(&open) == 0 {
                return run.or_else(|| {
                    // One that ended between the last look and now.
                    let late = ended.try_iter().filter_map(|(_, served)| served.ok());
                    late.filter(|served| served.admitted).last()
                });
            }
        }
    })
}

fn count(open: &Mutex<usize>) -> std::sync::MutexGuard<'_, usize> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connection(socket: TcpStream, key: &Key, desk: &Desk) -> Result<Served, WireError> {
    // What a listener that does not block accepts may not block either.
    socket.set_nonblocking(false).map_err(|source| WireError::Socket { source })?;
    let wire = wire::answer(socket, key)?;
    Ok(serve(desk, &wire))
}

/// Says who came and was not let in.
fn note(peer: SocketAddr, served: &Result<Served, WireError>, console: &mut Console) {
    let peer = peer.to_string();
    match served {
        Ok(served) if served.admitted => {}
        Ok(served) => {
            let why = served.why.clone().unwrap_or_default();
            console.note(&text("已拒绝 {}：{}", "{} was refused: {}", &[&peer, &why]));
        }
        Err(error) => {
            let why = crate::failure::one_line(&error.to_string());
            console.note(&text("已拒绝 {}：{}", "{} was refused: {}", &[&peer, &why]));
        }
    }
}
