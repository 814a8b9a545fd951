//! The edge of IPMI: one UDP socket a BMC, and the clock.
//!
//! A [`Client`] holds one session and asks one thing at a time. It has no task of its own: what is
//! to be done between two questions, keeping the session alive, is done by [`Client::wait`].

mod account;
mod chassis;
mod clock;
mod console;
mod device;
mod facts;
mod local;
mod log;
mod parts;
mod ping;
mod reach;
mod sensors;
mod settings;
mod suites;
mod watch;

use std::{
    io,
    time::{Duration, Instant},
};

use ring::rand::{SecureRandom, SystemRandom};
use tokio::{net::UdpSocket, time::timeout_at};

use super::{
    IpmiError,
    command::{netfn, sdr::Record},
    privilege::Privilege,
    session::{Event, Login, Options, Poll, Session},
    suite::Suite,
    wire::message::{Request, Response},
};
use crate::{credential::Secret, target::Address};

pub use chassis::Identify;
pub use console::Console;
pub use device::Reset;
pub use facts::Facts;
pub use local::{Carrier, DEVICES};
pub use ping::{Pong, ping};
pub use reach::PORT;
pub use settings::{NewAccess, PasswordForm};
pub use suites::suites;
pub use watch::LogMark;

/// Bytes of a datagram that are read; the largest is a payload of SOL.
const DATAGRAM: usize = 1024;
/// How long to wait before a busy BMC is asked again, the first time.
const BUSY: Duration = Duration::from_millis(50);

/// Who to be.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The user's name; empty for the user without one.
    pub user: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The key of the BMC: text, or `0x` and hexadecimal digits.
    pub kg: Option<&'a Secret>,
    /// The privilege that is asked for; a lower one is taken where it is refused, see
    /// [`Client::privilege`].
    pub privilege: Privilege,
}

/// What was found, and what could not be read, each with its place and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<T> {
    /// What was found.
    pub items: Vec<T>,
    /// What could not be read.
    pub damage: Vec<String>,
}

/// A session with a BMC.
///
/// Close it with [`Client::close`]. Dropped without, it says good-bye at once, and again for a
/// second in the background where a runtime is there to do it; nothing waits for that.
#[derive(Debug)]
pub struct Client {
    /// `None` when it is closed.
    line: Option<Line>,
    /// The way to this machine's own BMC, in place of the line.
    local: Option<local::Local>,
    options: Options,
    /// The records of its sensors and parts, once they were read.
    records: Option<Vec<Record>>,
}

/// A BMC that answers IPMI, before any user is named to it.
#[derive(Debug)]
pub struct Reached {
    client: Client,
    address: Address,
    at: Instant,
}

/// How long what a BMC said of itself is the begin of a session; after that it is asked again.
const FRESH: Duration = Duration::from_millis(500);

/// The socket and what is said over it.
#[derive(Debug)]
struct Line {
    socket: UdpSocket,
    port: u16,
    session: Session,
    /// Whether anything came.
    heard: bool,
}

impl Client {
    /// Opens a session.
    ///
    /// A wrong password costs one attempt: after a refusal nothing is tried any more.
    pub async fn connect(
        address: &Address,
        credentials: Credentials<'_>,
        options: &Options,
    ) -> Result<Self, IpmiError> {
        Self::begin(address, credentials, options).await?.opened().await
    }

    /// Looks whether a BMC answers: it is asked what it can, and nobody is named.
    pub async fn reach(
        address: &Address,
        credentials: Credentials<'_>,
        options: &Options,
    ) -> Result<Reached, IpmiError> {
        let mut client = Self::begin(address, credentials, options).await?;
        client.line.as_mut().ok_or(IpmiError::Ended)?.hear().await?;
        Ok(Reached { client, address: address.clone(), at: now() })
    }

    /// Begins a session, of which nothing was sent yet.
    async fn begin(
        address: &Address,
        credentials: Credentials<'_>,
        options: &Options,
    ) -> Result<Self, IpmiError> {
        let Credentials { user, password, kg, privilege } = credentials;
        let login = Login::new(user, password, kg, privilege)?;
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_nothing_said| IpmiError::Random)?;
        let (socket, port) = reach::open(address).await?;
        let session = Session::start(login, options.clone(), seed, now());
        let line = Some(Line { socket, port, session, heard: false });
        // Given up from here on, it is dropped as an open one is.
        Ok(Self { line, local: None, options: options.clone(), records: None })
    }

    /// Opens it.
    async fn opened(mut self) -> Result<Self, IpmiError> {
        let line = self.line.as_mut().ok_or(IpmiError::Ended)?;
        match line.event().await? {
            Event::Opened => Ok(self),
            Event::Failed(error) => Err(error),
            Event::Answer(_) | Event::Sol(_) | Event::Closed => Err(IpmiError::Ended),
        }
    }

    /// Returns the privilege that the session has; lower than asked for where that was refused.
    pub fn privilege(&self) -> Privilege {
        let none =
            if self.local.is_some() { Privilege::Administrator } else { Privilege::Callback };
        self.line.as_ref().map_or(none, |line| line.session.privilege())
    }

    /// Returns the suite of the session: worth to be remembered, and to be tried alone next time.
    pub fn suite(&self) -> Suite {
        self.line.as_ref().map_or(Suite::NONE, |line| line.session.suite())
    }

    /// Returns the number that the BMC gave the session; see [`Client::close_stale`].
    pub fn session_id(&self) -> u32 {
        self.line.as_ref().and_then(|line| line.session.id()).unwrap_or(0)
    }

    /// Sends any command; returns its completion code and the data after it.
    ///
    /// It is sent again where no answer comes, with its number: a BMC by the book does not do it
    /// twice.
    pub async fn raw(
        &mut self,
        netfn: u8,
        lun: u8,
        command: u8,
        data: &[u8],
    ) -> Result<(u8, Vec<u8>), IpmiError> {
        let request = Request { netfn: netfn & 0x3e, lun: lun & 3, command, data: data.to_vec() };
        let answer = self.ask(request, "the raw command", false).await?;
        Ok((answer.code, answer.data))
    }

    /// Closes a session that a killed run left behind, by the number that the BMC gave it; returns
    /// whether it was still there.
    pub async fn close_stale(&mut self, session_id: u32) -> Result<bool, IpmiError> {
        const WHAT: &str = "Close Session";
        let data = session_id.to_le_bytes();
        let answer = self.command(netfn::APP, 0x3c, &data, WHAT).await?;
        match answer.code {
            0 => Ok(true),
            // Such a session there is not, or not any more.
            0x87 | 0x88 => Ok(false),
            code => Err(IpmiError::Refused { what: WHAT, code }),
        }
    }

    /// Waits so long, keeping the session alive.
    pub async fn wait(&mut self, time: Duration) -> Result<(), IpmiError> {
        if self.local.is_some() {
            tokio::time::sleep(time).await;
            return Ok(());
        }
        let line = self.line.as_mut().ok_or(IpmiError::Ended)?;
        // Nothing is asked, so nothing is answered: it ends when the time is over.
        match timeout_at((now() + time).into(), line.event()).await {
            Err(_over) => Ok(()),
            Ok(event) => event.map(|_sol| ()),
        }
    }

    /// Closes the session; waits a second at most for the answer.
    pub async fn close(mut self) -> Result<(), IpmiError> {
        match self.line.take() {
            Some(line) => line.close().await,
            None => Ok(()),
        }
    }

    /// Asks, and returns the answer's data if the command was done.
    async fn asked(
        &mut self,
        netfn: u8,
        command: u8,
        data: &[u8],
        what: &'static str,
    ) -> Result<Vec<u8>, IpmiError> {
        let answer = self.command(netfn, command, data, what).await?;
        match answer.code {
            0 => Ok(answer.data),
            code => Err(IpmiError::Refused { what, code }),
        }
    }

    /// Asks, and returns the answer whatever its code.
    async fn command(
        &mut self,
        netfn: u8,
        command: u8,
        data: &[u8],
        what: &'static str,
    ) -> Result<Response, IpmiError> {
        let request = Request { netfn, lun: 0, command, data: data.to_vec() };
        self.ask(request, what, false).await
    }

    async fn ask(
        &mut self,
        request: Request,
        what: &'static str,
        once: bool,
    ) -> Result<Response, IpmiError> {
        let until = now() + self.options.patience.answer;
        let mut pause = BUSY;
        let mut raised = false;
        loop {
            let answer = self.ask_once(request.clone(), what, once).await?;
            match answer.code {
                // Busy: it was not done, and may be asked again.
                0xc0 if now() + pause <= until => {
                    self.wait(pause).await?;
                    pause *= 2;
                }
                0xd4 if !raised && self.raised_again().await? => raised = true,
                _ => return Ok(answer),
            }
        }
    }

    /// Asks which privilege the session has, and for the one that it had where that is more;
    /// returns whether it was. A repeated RAKP 3 sets the session of some BMCs back to a user's:
    /// seen of `ipmi_sim` 1.0.13.
    async fn raised_again(&mut self) -> Result<bool, IpmiError> {
        let ours = self.privilege();
        let what = "Set Session Privilege Level";
        let set = |level| Request { netfn: netfn::APP, lun: 0, command: 0x3b, data: vec![level] };
        // 0 asks, and changes nothing.
        let told = self.ask_once(set(0), what, false).await?;
        let has = told.data.first().and_then(|level| Privilege::of(*level));
        if told.code != 0 || has.is_none_or(|has| has >= ours) {
            return Ok(false);
        }
        Ok(self.ask_once(set(ours.code()), what, false).await?.code == 0)
    }

    async fn ask_once(
        &mut self,
        request: Request,
        what: &'static str,
        once: bool,
    ) -> Result<Response, IpmiError> {
        if let Some(local) = &mut self.local {
            return local.ask(&request, what);
        }
        let line = self.line.as_mut().ok_or(IpmiError::Ended)?;
        line.session.ask(request, what, once, now());
        loop {
            match line.event().await? {
                Event::Answer(answer) => return Ok(answer),
                Event::Failed(error) => return Err(error),
                Event::Closed => return Err(IpmiError::Ended),
                Event::Opened | Event::Sol(_) => {}
            }
        }
    }
}

impl Reached {
    /// Opens the session.
    ///
    /// A wrong password costs one attempt: after a refusal nothing is tried any more.
    pub async fn enter(self, credentials: Credentials<'_>) -> Result<Client, IpmiError> {
        if now().saturating_duration_since(self.at) < FRESH {
            return self.client.opened().await;
        }
        // It was kept waiting for so long that its answer counts no more.
        let options = self.client.options.clone();
        drop(self.client);
        Client::connect(&self.address, credentials, &options).await
    }
}

impl Line {
    /// Lets the session go on until it has something to tell.
    async fn event(&mut self) -> Result<Event, IpmiError> {
        loop {
            if let Some(event) = self.step().await? {
                return Ok(event);
            }
        }
    }

    /// Lets the session go on until the BMC was heard, or has something to tell: then why not.
    async fn hear(&mut self) -> Result<(), IpmiError> {
        while !self.heard {
            if let Some(Event::Failed(error)) = self.step().await? {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Does what the session wants next; returns what it has to tell.
    async fn step(&mut self) -> Result<Option<Event>, IpmiError> {
        let mut datagram = [0; DATAGRAM];
        match self.session.poll(now()) {
            Poll::Event(event) => return Ok(Some(event)),
            Poll::Over => return Err(IpmiError::Ended),
            Poll::Send(bytes) => {
                if let Err(error) = self.socket.send(&bytes).await {
                    self.broken(error)?;
                }
            }
            Poll::Wait(until) => {
                match timeout_at(until.into(), self.socket.recv(&mut datagram)).await {
                    Ok(Ok(length)) => {
                        self.heard = true;
                        let bytes = datagram.get(..length).unwrap_or_default();
                        self.session.handle(bytes, now());
                    }
                    Ok(Err(error)) => self.broken(error)?,
                    Err(_time) => {}
                }
            }
        }
        Ok(None)
    }

    /// Sends what waits to be sent.
    async fn send(&mut self) -> Result<(), IpmiError> {
        while let Some(datagram) = self.session.outgoing() {
            if let Err(error) = self.socket.send(&datagram).await {
                self.broken(error)?;
            }
        }
        Ok(())
    }

    /// Takes an error of the socket: of a BMC that has answered before it says nothing, its
    /// network may be going up and down with it.
    fn broken(&self, error: io::Error) -> Result<(), IpmiError> {
        if self.heard {
            return Ok(());
        }
        Err(reach::why(error, self.port))
    }

    async fn close(mut self) -> Result<(), IpmiError> {
        self.session.close(now());
        loop {
            match self.event().await? {
                Event::Closed => return Ok(()),
                Event::Failed(error) => return Err(error),
                Event::Opened | Event::Answer(_) | Event::Sol(_) => {}
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The task says good-bye with all patience; if the runtime ends first, the line's own drop
        // says it once.
        if let (Some(line), Ok(runtime)) = (self.line.take(), tokio::runtime::Handle::try_current())
        {
            drop(runtime.spawn(line.close()));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        for datagram in self.session.abandon() {
            reach::send_now(&self.socket, &datagram);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the driver: it reads the clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
