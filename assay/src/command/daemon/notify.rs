//! Tells systemd how it goes (`sd_notify(3)`): a datagram to the socket that it names.

use std::{
    env, io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::Duration,
};

/// Who started this program, where it wants to hear.
#[derive(Debug, Default)]
pub(super) struct Notify {
    to: Option<(UnixDatagram, SocketAddr)>,
    /// How often it wants to hear at least.
    pub(super) watchdog: Option<Duration>,
}

impl Notify {
    /// Reads the environment.
    pub(super) fn of_process() -> io::Result<Self> {
        let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Ok(Self::default()) };
        let address = match name.as_encoded_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(&name)?,
        };
        let every = env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        let watchdog = every.map(Duration::from_micros);
        Ok(Self { to: Some((UnixDatagram::unbound()?, address)), watchdog })
    }

    /// Tells; who does not hear is not waited for.
    pub(super) fn tell(&self, what: &str) {
        if let Some((socket, address)) = &self.to {
            drop(socket.send_to_addr(what.as_bytes(), address));
        }
    }
}
