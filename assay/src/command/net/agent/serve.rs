//! One connection to an agent between guests.

use std::{
    io,
    net::{IpAddr, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use dataplane::{
    accept::cloud::order::{Done, Here, How, Order, Send},
    address::Mac,
};
use ipnet::IpNet;
use storage_bench::agent::token::{Denied, Gate};

use super::{
    ears::Ears,
    message::{Command, Reply, VERSION},
    send,
};
use crate::{
    clock,
    command::wire::{Wire, door::Served},
};

/// How long a controller may be silent; it pings every two seconds.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a session may last.
const LONGEST: Duration = Duration::from_hours(2);
/// How often it is looked what has come.
const LOOK: Duration = Duration::from_millis(4);
/// The least time between two probes.
const PACE: Duration = Duration::from_millis(4);

/// What all connections of an agent share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) host: String,
    /// Name, and MAC address and MTU.
    pub(super) device: (String, (String, u32)),
    /// To whom probes may be sent.
    pub(super) allowed: Vec<IpNet>,
    pub(super) gate: Mutex<Gate>,
    /// Set when the agent's operator wants an end.
    pub(super) stop: Arc<AtomicBool>,
}

fn lock<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one connection to its end.
pub(super) fn serve(desk: &Desk, wire: &Wire) -> Served {
    let mac = desk.device.1.0.parse::<Mac>().map_or([0; 6], |mac| mac.0);
    let ears = Mutex::new(Ears::open(&desk.device.0, mac));
    let admitted = AtomicBool::new(false);
    let mut served = Served { admitted: false, done: 0, why: None };
    wire.be_patient(Some(SILENCE));
    thread::scope(|scope| {
        let (end, ended) = mpsc::channel::<()>();
        let watch = || {
            let ended = ended;
            let began = clock::instant();
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let saw = lock(&ears).take();
                let told = admitted.load(Ordering::Relaxed);
                let gone =
                    told && saw.into_iter().any(|saw| wire.send(&Reply::Saw { saw }).is_err());
                if gone || desk.stop.load(Ordering::Relaxed) || began.elapsed() > LONGEST {
                    wire.close();
                    return;
                }
            }
        };
        if thread::Builder::new().name("eyes".to_owned()).spawn_scoped(scope, watch).is_err() {
            return;
        }
        let mut session =
            Session { desk, ears: &ears, own: Vec::new(), last: clock::instant(), done: 0 };
        let mut why = None;
        let mut over = false;
        let ended = wire.listen(|command: Command, now_ns| {
            let reply = match command {
                Command::Net { version, token } if !admitted.load(Ordering::Relaxed) => {
                    match session.admit(version, &token, now_ns) {
                        Ok(()) => {
                            admitted.store(true, Ordering::Relaxed);
                            Reply::Welcome { host: desk.host.clone() }
                        }
                        Err(why) => Reply::Refused { why: why.to_owned() },
                    }
                }
                // Who has not shown the token learns nothing.
                _ if !admitted.load(Ordering::Relaxed) => {
                    Reply::Refused { why: "a token is asked for first".to_owned() }
                }
                Command::Net { .. } => Reply::Refused { why: "asked out of turn".to_owned() },
                Command::Ask { order } => {
                    let done = session.order(order);
                    Reply::Did { done: done.unwrap_or_else(|error| said(&error)) }
                }
                Command::Ping => return true,
                Command::Goodbye => {
                    over = true;
                    return false;
                }
            };
            if let Reply::Refused { why: refused } = &reply {
                why = Some(refused.clone());
            }
            wire.send(&reply).is_ok() && why.is_none()
        });
        served.done = session.done;
        served.why = why.or_else(|| (!over).then(|| crate::failure::one_line(&ended.to_string())));
        drop(end);
    });
    served.admitted = admitted.load(Ordering::Relaxed);
    wire.close();
    served
}

/// What a controller has asked for so far.
struct Session<'a> {
    desk: &'a Desk,
    ears: &'a Mutex<Ears>,
    /// Addresses of the plan that are ours.
    own: Vec<IpAddr>,
    last: Instant,
    done: u32,
}

impl Session<'_> {
    fn admit(
        &self,
        version: u32,
        token: &storage_bench::agent::token::Presented,
        now_ns: u64,
    ) -> Result<(), &'static str> {
        if version != VERSION {
            return Err("this agent speaks another version");
        }
        lock(&self.desk.gate).admit(token, now_ns).map_err(|denied| match denied {
            Denied::Wrong => "the token is wrong",
            Denied::Expired => "the token has expired: start the agent anew",
            Denied::Closed => "a token is for one run: start the agent anew",
        })
    }

    fn order(&mut self, order: Order) -> io::Result<Done> {
        match order {
            Order::Look { addresses } => {
                for address in &addresses {
                    let bound = std::net::UdpSocket::bind((*address, 0));
                    bound.map_err(|error| {
                        refuse(&format!("{address} is no address of this guest: {error}"))
                    })?;
                }
                self.own = addresses;
                let (device, (mac, mtu)) = self.desk.device.clone();
                let raw = lock(self.ears).is_raw();
                Ok(Done::Here(Here { device, mac, mtu, raw }))
            }
            Order::Listen { at, tcp } => {
                if !self.own.contains(&at.ip()) {
                    return Err(refuse(&format!("{} was not said to be ours", at.ip())));
                }
                let listening = lock(self.ears).listen(at, tcp);
                listening.map_err(|error| refuse(&format!("cannot listen on {at}: {error}")))?;
                Ok(Done::Done)
            }
            Order::Send(probe) => self.send(&probe),
            Order::Say { line, nonce } => {
                self.pace();
                // A connection that was ended says so, which is an answer too.
                Ok(match lock(self.ears).say(line, nonce) {
                    Ok(()) => Done::Done,
                    Err(error) => Done::Failed(error.to_string()),
                })
            }
            Order::Close => {
                lock(self.ears).close();
                Ok(Done::Done)
            }
        }
    }

    fn send(&mut self, probe: &Send) -> io::Result<Done> {
        let to = probe.to.ip();
        if !self.desk.allowed.iter().any(|range| range.contains(&to)) {
            let why = format!("{to} is not within what was allowed at the agent's start (--to)");
            return Err(refuse(&why));
        }
        if !self.own.contains(&probe.from) || probe.from.is_ipv4() != to.is_ipv4() {
            return Err(refuse(&format!("{} was not said to be ours", probe.from)));
        }
        self.pace();
        let connected = match probe.how {
            How::Tcp | How::Hold => Some(connect(probe)?),
            _ => None,
        };
        match connected {
            Some(Err(done)) => Ok(done),
            Some(Ok(stream)) => lock(self.ears).send(probe, 0, Some(stream)),
            None => lock(self.ears).send(probe, self.desk.device.1.1, None),
        }
    }

    /// Waits until the next probe may go.
    fn pace(&mut self) {
        self.done = self.done.saturating_add(1);
        while self.last.elapsed() < PACE {
            thread::park_timeout(PACE);
        }
        self.last = clock::instant();
    }
}

/// Opens a connection; one that does not come about was tried.
fn connect(probe: &Send) -> io::Result<Result<TcpStream, Done>> {
    use io::ErrorKind::{AddrNotAvailable, NetworkUnreachable, PermissionDenied};
    match send::connect(probe) {
        Ok(stream) => Ok(Ok(stream)),
        // Nothing went out.
        Err(error)
            if [AddrNotAvailable, NetworkUnreachable, PermissionDenied].contains(&error.kind()) =>
        {
            Err(error)
        }
        Err(error) => Ok(Err(Done::Failed(error.to_string()))),
    }
}

fn refuse(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}

fn said(error: &io::Error) -> Done {
    Done::Refused(error.to_string())
}
