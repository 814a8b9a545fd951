//! Connecting to agents, all at once.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    thread,
};

use profiles::Text;

use super::{PATIENCE, Wire, WireError, address::Address, call};
use crate::{failure::Failure, lang::text};

/// Why an agent could not be connected to.
#[derive(Debug, thiserror::Error)]
#[error("{reasons}")]
struct Unreached {
    reasons: String,
}

/// Connects to all; who has another key than was given is told nothing. Where one cannot be
/// connected to, nothing was said to any.
pub(in crate::command) fn all(addresses: &[Address]) -> Result<Vec<Wire>, Failure> {
    let threads: Vec<_> = addresses
        .iter()
        .map(|address| {
            let address = address.clone();
            thread::Builder::new().name("connect".to_owned()).spawn(move || connect(&address))
        })
        .collect();
    let mut wires = Vec::new();
    let mut refused = Vec::new();
    let mut strange = false;
    for (address, thread) in addresses.iter().zip(threads) {
        let panicked = |_| Err(WireError::Closed);
        let connected = match thread {
            Ok(thread) => thread.join().unwrap_or_else(panicked),
            Err(source) => Err(WireError::Socket { source }),
        };
        match connected {
            Ok(wire) => wires.push(wire),
            Err(error) => {
                strange |= matches!(error, WireError::Key { .. });
                refused.push(format!("`{}`: {}", address.host, chain(&error)));
            }
        }
    }
    if refused.is_empty() {
        return Ok(wires);
    }
    wires.iter().for_each(Wire::close);
    let error = Unreached { reasons: refused.join("; ") };
    let count = refused.len().to_string();
    let message = text(
        "{} 个客户端无法连接，未发出任何内容",
        "{} of the agents cannot be used; nothing was sent to any",
        &[&count],
    );
    let failure = if strange {
        Failure::usage(message).hint(Text::new(
            "指纹不符：客户端可能已重新启动（请取新的一行），也可能另有他人应答",
            "another key: the agent was started anew (take its new line), or somebody else \
             answers in its place",
        ))
    } else {
        Failure::unable(message).hint(Text::new(
            "客户端是否在运行、地址与端口是否正确、防火墙是否放行？",
            "is the agent running, are host and port right, does a firewall let it through?",
        ))
    };
    Err(failure.because(error))
}

fn connect(address: &Address) -> Result<Wire, WireError> {
    let socket = |source| WireError::Socket { source };
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    // The name service has time-outs of its own.
    for place in address.host.to_socket_addrs().map_err(socket)? {
        match TcpStream::connect_timeout(&place, PATIENCE) {
            Ok(stream) => return call(stream, address.fingerprint),
            Err(error) => last = error,
        }
    }
    Err(socket(last))
}

/// Returns an error and what is under it, in a line.
pub(in crate::command) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut under = error.source();
    while let Some(error) = under {
        text = format!("{text}: {error}");
        under = error.source();
    }
    crate::failure::one_line(&text)
}
