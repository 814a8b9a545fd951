//! What an agent has open, and what comes by it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use dataplane::{
    accept::cloud::{
        order::{self, CARRIED, Done, How, Saw, Send, Sight},
        packet,
    },
    kernel::wire::{self, Wire},
};

use super::send;

/// The most that is open at once, of each kind.
const MOST_OPEN: usize = 128;
/// Probes that are kept account of; a session has no more.
const MOST_SEEN: usize = 50_000;
/// How often one is told of and answered.
const MOST_TOLD: u8 = 4;

/// A connection that probes go by.
#[derive(Debug)]
struct Line {
    stream: TcpStream,
    /// The probe that opened it, where that was ours.
    opened: Option<u64>,
    /// Where it is from.
    peer: IpAddr,
    /// Whether it stays when its answer has come.
    stays: bool,
    read: Vec<u8>,
}

/// All that is open.
#[derive(Debug)]
pub(super) struct Ears {
    frames: Option<Wire>,
    mac: [u8; 6],
    listeners: Vec<(SocketAddr, TcpListener)>,
    datagrams: Vec<(SocketAddr, UdpSocket)>,
    /// Sockets that answers come to.
    asked: Vec<UdpSocket>,
    lines: Vec<Line>,
    own: BTreeSet<u64>,
    told: BTreeMap<u64, u8>,
    /// Where packets to an address go next.
    hops: BTreeMap<IpAddr, [u8; 6]>,
}

impl Ears {
    /// Opens the device, where it may; its MAC address is `mac`.
    pub(super) fn open(device: &str, mac: [u8; 6]) -> Self {
        Self {
            frames: Wire::open(device).ok(),
            mac,
            listeners: Vec::new(),
            datagrams: Vec::new(),
            asked: Vec::new(),
            lines: Vec::new(),
            own: BTreeSet::new(),
            told: BTreeMap::new(),
            hops: BTreeMap::new(),
        }
    }

    /// Whether it may send and hear frames.
    pub(super) fn is_raw(&self) -> bool {
        self.frames.is_some()
    }

    /// Listens.
    pub(super) fn listen(&mut self, at: SocketAddr, tcp: bool) -> io::Result<()> {
        if self.listeners.len() + self.datagrams.len() >= MOST_OPEN {
            return Err(io::Error::other("too much is open"));
        }
        if tcp {
            if self.listeners.iter().all(|(there, _)| *there != at) {
                let listener = TcpListener::bind(at)?;
                listener.set_nonblocking(true)?;
                self.listeners.push((at, listener));
            }
        } else if self.datagrams.iter().all(|(there, _)| *there != at) {
            let socket = UdpSocket::bind(at)?;
            socket.set_nonblocking(true)?;
            self.datagrams.push((at, socket));
        }
        Ok(())
    }

    /// Closes all but the device.
    pub(super) fn close(&mut self) {
        self.lines.iter().for_each(|line| send::reset(&line.stream));
        self.lines.clear();
        self.listeners.clear();
        self.datagrams.clear();
        self.asked.clear();
    }

    /// Sends a probe; a connection that it takes is open already.
    pub(super) fn send(
        &mut self,
        probe: &Send,
        mtu: u32,
        connected: Option<TcpStream>,
    ) -> io::Result<Done> {
        if self.own.len() >= MOST_SEEN {
            return Err(io::Error::other("this session has sent enough"));
        }
        self.own.insert(probe.nonce);
        match probe.how {
            How::Udp | How::Fragments => {
                let cut = (probe.how == How::Fragments).then_some(mtu);
                if self.asked.len() >= MOST_OPEN {
                    self.asked.remove(0);
                }
                self.asked.push(send::datagram(probe, cut)?);
            }
            How::Echo => send::echo(probe)?,
            How::Tcp | How::Hold => {
                let Some(stream) = connected else { return Ok(Done::Done) };
                if self.lines.len() >= MOST_OPEN {
                    return Err(io::Error::other("too much is open"));
                }
                (&stream).write_all(&order::ask(probe.nonce))?;
                let (peer, stays) = (probe.to.ip(), probe.how == How::Hold);
                let opened = Some(probe.nonce);
                self.lines.push(Line { stream, opened, peer, stays, read: Vec::new() });
            }
            How::Frame => return self.frame(probe),
        }
        Ok(Done::Done)
    }

    fn frame(&self, probe: &Send) -> io::Result<Done> {
        let Some(wire) = &self.frames else {
            return Err(io::Error::other("this takes CAP_NET_RAW"));
        };
        let Some(next) = self.hops.get(&probe.to.ip()) else {
            return Err(io::Error::other("nothing came from there yet: the next hop is not known"));
        };
        match wire.send(&packet::datagram(probe, [self.mac, *next])) {
            Ok(()) => Ok(Done::Done),
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error()) =>
            {
                Ok(Done::TooLarge)
            }
            Err(error) => Err(error),
        }
    }

    /// Says something by a connection that is held.
    pub(super) fn say(&mut self, line: u64, nonce: u64) -> io::Result<()> {
        self.own.insert(nonce);
        let held = self.lines.iter().find(|held| held.opened == Some(line));
        let Some(held) = held else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        (&held.stream).write_all(&order::ask(nonce))
    }

    /// Takes all that has come, answers questions, and returns what is to be told.
    pub(super) fn take(&mut self) -> Vec<Saw> {
        let mut saw = Vec::new();
        let Self { frames, datagrams, asked, lines, own, told, hops, listeners, .. } = self;
        let mut note = |nonce: u64, what: Sight, from: IpAddr| {
            let full = told.len() >= MOST_SEEN;
            let count = told.entry(nonce).or_insert(if full { MOST_TOLD } else { 0 });
            let first = *count < MOST_TOLD;
            if first {
                *count += 1;
                saw.push(Saw { nonce, what, from });
            }
            first
        };
        if let Some(wire) = frames {
            let heard = wire::hear(&[wire], Duration::ZERO, &mut |_, bytes| {
                let Some(heard) = packet::heard(bytes) else { return false };
                let mine = own.contains(&heard.nonce);
                if heard.error {
                    if mine && heard.too_large {
                        note(heard.nonce, Sight::TooLarge, heard.from);
                    }
                    return false;
                }
                if hops.len() < MOST_SEEN {
                    hops.insert(heard.from, heard.mac);
                }
                // An echo comes back as it was sent.
                match (mine, heard.answer) {
                    (true, _) => note(heard.nonce, Sight::Answer, heard.from),
                    (false, false) => note(heard.nonce, Sight::Frame, heard.from),
                    (false, true) => false,
                };
                false
            });
            if let Err(error) = heard {
                tracing::debug!(%error, "frames are not heard");
            }
        }
        let mut bytes = vec![0; 16 << 10];
        for (_, socket) in &*datagrams {
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                let part = bytes.get(..length).unwrap_or_default();
                if let Some((nonce, false)) = order::read(part)
                    && !own.contains(&nonce)
                    && note(nonce, Sight::Came, from.ip())
                {
                    // One that is lost is asked for again by nobody.
                    drop(socket.send_to(&order::answer(nonce), from));
                }
            }
        }
        for socket in &*asked {
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                let part = bytes.get(..length).unwrap_or_default();
                if let Some((nonce, true)) = order::read(part)
                    && own.contains(&nonce)
                {
                    note(nonce, Sight::Answer, from.ip());
                }
            }
        }
        for (_, listener) in &*listeners {
            while let Ok((stream, from)) = listener.accept() {
                let open = stream.set_nonblocking(true).is_ok() && lines.len() < MOST_OPEN;
                if open {
                    let (peer, read) = (from.ip(), Vec::new());
                    lines.push(Line { stream, opened: None, peer, stays: true, read });
                }
            }
        }
        lines.retain_mut(|line| line.fill(&mut bytes) & line.hear(own, &mut note));
        saw
    }
}

impl Line {
    /// Takes what was read, and answers questions; returns whether it is to stay open.
    fn hear(
        &mut self,
        own: &BTreeSet<u64>,
        note: &mut dyn FnMut(u64, Sight, IpAddr) -> bool,
    ) -> bool {
        while self.read.len() >= CARRIED {
            let part: Vec<u8> = self.read.drain(..CARRIED).collect();
            let stays = match order::read(&part) {
                Some((nonce, false)) if self.opened.is_none() => {
                    !note(nonce, Sight::Came, self.peer)
                        || (&self.stream).write_all(&order::answer(nonce)).is_ok()
                }
                Some((nonce, true)) if own.contains(&nonce) => {
                    note(nonce, Sight::Answer, self.peer);
                    self.stays
                }
                // Somebody else's words.
                _ => false,
            };
            if !stays {
                return false;
            }
        }
        true
    }

    /// Reads what has come; returns whether it is open.
    fn fill(&mut self, bytes: &mut [u8]) -> bool {
        loop {
            match (&self.stream).read(bytes) {
                Ok(0) => return false,
                Ok(length) if self.read.len() < 1 << 16 => {
                    self.read.extend(bytes.get(..length).unwrap_or_default());
                }
                Ok(_) => return false,
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }
}
