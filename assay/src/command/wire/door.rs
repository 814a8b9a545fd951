//! An agent's door: where it listens, the line it is called by, and who it lets in.
//!
//! The token goes to a terminal or to a file that only its owner reads; it is in no log.

use std::{
    fs,
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use profiles::Text;
use storage_bench::agent::token::{Gate, Token};

use super::{Key, Wire, WireError, answer};
use crate::{clock, console::Console, failure::Failure, interrupt::Interrupt, lang::text};

/// Connections that are served at once; more are closed: one controller has one.
const MOST_CONNECTIONS: usize = 16;
/// How often it is looked whether somebody connects.
const LOOK: Duration = Duration::from_millis(50);

/// How a connection went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::command) struct Served {
    /// Whether the token was shown: then the agent's run is over.
    pub(in crate::command) admitted: bool,
    /// How much was done: loads that ended, probes that were sent.
    pub(in crate::command) done: u32,
    /// What ended it, where it was not the controller's goodbye.
    pub(in crate::command) why: Option<String>,
}

/// Refuses a token that would be in a log.
pub(in crate::command) fn no_log(token_file: Option<&Path>) -> Result<(), Failure> {
    if token_file.is_some() || io::IsTerminal::is_terminal(&io::stdout()) {
        return Ok(());
    }
    Err(Failure::usage(Text::new(
        "标准输出不是终端，令牌会进入日志",
        "stdout is no terminal: the token would be in a log",
    ))
    .hint(Text::new("以 --token-file 指定文件", "name a file with --token-file")))
}

pub(in crate::command) fn no_key(error: WireError) -> Failure {
    Failure::unable(Text::new("无法生成密钥", "cannot make a key")).because(error)
}

pub(in crate::command) fn listen(place: SocketAddr) -> Result<TcpListener, Failure> {
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

pub(in crate::command) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns what a controller is given, without the secret.
pub(in crate::command) fn line(
    given: Option<&str>,
    place: SocketAddr,
    name: &str,
    key: &Key,
) -> String {
    let host = match (given, place.ip()) {
        (Some(given), _) => given.to_owned(),
        (None, ip) if ip.is_unspecified() => name.to_owned(),
        (None, ip) if ip.is_ipv6() => format!("[{ip}]"),
        (None, ip) => ip.to_string(),
    };
    format!("{host}:{}#{}", place.port(), key.fingerprint)
}

/// Gives the operator the line with the token, or writes it to a file.
pub(in crate::command) fn hand_out(
    token_file: Option<&Path>,
    line: &str,
    token: &Token,
    console: &mut Console,
) -> Result<(), Failure> {
    let whole = format!("{line}#{}\n", token.reveal());
    match token_file {
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
pub(in crate::command) fn wait(
    listener: &TcpListener,
    key: &Key,
    gate: &Mutex<Gate>,
    serve: &(dyn Fn(&Wire) -> Served + Sync),
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
                        drop(tell.send((peer, connection(socket, key, serve))));
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
            let gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
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

fn connection(
    socket: TcpStream,
    key: &Key,
    serve: &(dyn Fn(&Wire) -> Served + Sync),
) -> Result<Served, WireError> {
    // What a listener that does not block accepts may not block either.
    socket.set_nonblocking(false).map_err(|source| WireError::Socket { source })?;
    Ok(serve(&answer(socket, key)?))
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
