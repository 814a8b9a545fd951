//! A site: its hosts, where they listen, and how long it runs.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc as channel,
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hyper::body::Bytes;
use ring::rand::{SecureRandom, SystemRandom};
use rustls::{ServerConfig, sign::CertifiedKey};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, UdpSocket},
    runtime::Builder,
    sync::{mpsc, oneshot},
};

use super::{Place, ServeError, Setup, connection, count::Count, datagram, fetch, ssdp, tls};
use crate::{
    simulate::{
        clock::Moment,
        host::{Host, Identity},
        ipmi::{Out, Station},
        knobs::{Knob, Knobs},
        message::{Fetched, Reply, Request, Response, Work},
        template::Base,
        x509::Own,
    },
    trust::Pin,
};

/// Connections that wait to be taken.
const BACKLOG: u32 = 4096;

/// Returns the time of day.
#[expect(clippy::disallowed_methods, reason = "the edge reads the clock")]
pub(super) fn unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the edge reads the clock")]
fn started() -> Instant {
    Instant::now()
}

/// A host, and what serves it.
pub(super) struct Served {
    base: Arc<Base>,
    host: Mutex<Host>,
    station: Mutex<Option<Station>>,
    key: Mutex<Arc<CertifiedKey>>,
    common: Arc<ServerConfig>,
    began: Instant,
    listeners: Mutex<Vec<mpsc::Sender<Bytes>>>,
    /// Somebody waits for what is due.
    waits: AtomicBool,
    /// Uploads that broke off.
    cuts: AtomicU32,
    /// Where it is, once it has moved.
    home: Mutex<Option<IpAddr>>,
    /// Requests under way.
    pub(super) count: Arc<Count>,
}

/// No panic leaves what is behind these locks half changed: it ends the connection.
fn lock<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Served {
    pub(super) fn knobs(&self) -> &Knobs {
        self.base.knobs()
    }

    pub(super) fn server_name(&self) -> &str {
        &self.base.server
    }

    /// Returns whether the BMC restarts, so that nobody even shakes hands.
    pub(super) fn is_away(&self) -> bool {
        let now = self.now();
        lock(&self.host).is_away(now)
    }

    /// Returns whether an upload breaks off half way; each time that it is asked counts.
    pub(super) fn cuts_upload(&self) -> bool {
        let most = self.knobs().value(Knob::UpdateCut).unwrap_or(0);
        self.cuts.fetch_add(1, Ordering::Relaxed) < most
    }

    pub(super) fn tls(&self) -> Arc<ServerConfig> {
        tls::of(&self.common, &lock(&self.key))
    }

    fn now(&self) -> Moment {
        Moment { elapsed: self.began.elapsed(), unix: unix() }
    }

    pub(super) fn respond(self: &Arc<Self>, request: &Request) -> Reply {
        let now = self.now();
        let mut host = lock(&self.host);
        let reply = host.respond(request, now);
        let next = host.next();
        drop(host);
        self.wait_for(next);
        reply
    }

    pub(super) fn fetched(self: &Arc<Self>, ticket: u64, outcome: &Fetched) -> Option<Response> {
        let now = self.now();
        let mut host = lock(&self.host);
        let response = host.fetched(ticket, outcome, now);
        let (work, next) = (host.take_work(), host.next());
        drop(host);
        for one in work {
            Arc::clone(self).see_to(one);
        }
        self.wait_for(next);
        response
    }

    /// Takes a datagram of IPMI; returns what is sent back.
    pub(super) fn datagram(self: &Arc<Self>, bytes: &[u8]) -> Vec<Out> {
        let (now, instant) = (self.now(), started());
        let mut host = lock(&self.host);
        let mut station = lock(&self.station);
        let station = station.get_or_insert_with(|| {
            let mut seed = [0; 32];
            // Where there is no randomness sessions are guessed at most, and only on the bench.
            SystemRandom::new().fill(&mut seed).unwrap_or_default();
            Station::new(&host, seed)
        });
        let out = station.handle(&mut host, bytes, now, instant);
        let (work, next) = (host.take_work(), host.next());
        drop(host);
        for one in work {
            Arc::clone(self).see_to(one);
        }
        self.wait_for(next);
        out
    }

    /// Has what is due done in time where somebody listens to events.
    fn wait_for(self: &Arc<Self>, next: Option<Duration>) {
        let Some(next) = next else { return };
        if self.waits.swap(true, Ordering::Relaxed) {
            return;
        }
        let own = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(next.saturating_sub(own.began.elapsed())).await;
            own.waits.store(false, Ordering::Relaxed);
            let now = own.now();
            let mut host = lock(&own.host);
            host.pass(now);
            let (work, next) = (host.take_work(), host.next());
            drop(host);
            for one in work {
                Arc::clone(&own).see_to(one);
            }
            own.wait_for(next);
        });
    }

    /// Does what the model wants done.
    pub(super) fn see_to(self: Arc<Self>, work: Work) {
        match work {
            Work::Fetch { ticket, url, login } => {
                tokio::spawn(async move {
                    let outcome = fetch::image(&url, login).await;
                    drop(self.fetched(ticket, &outcome));
                });
            }
            Work::Notify { url, headers, body } => {
                tokio::spawn(async move { fetch::notify(&url, headers, body).await });
            }
            Work::Tell(event) => {
                let piece = Bytes::from(format!("data: {event}\n\n"));
                // Who is gone or does not take what is told is told no more.
                lock(&self.listeners).retain(|one| one.try_send(piece.clone()).is_ok());
            }
            Work::Move(ip) => self.moves(ip),
            Work::Certificate { der, key } => {
                if let Ok(key) = tls::shown(&Own { certificate: der, key }) {
                    *lock(&self.key) = key;
                }
            }
        }
    }

    /// Listens at another address, and no more at the old one. Where nothing can be listened for
    /// there, the host is nowhere: as a BMC that was given an address of another network.
    fn moves(self: Arc<Self>, ip: IpAddr) {
        let port = lock(&self.host).identity().address.port();
        *lock(&self.home) = Some(ip);
        if let Ok(listener) = bind(SocketAddr::new(ip, port), false) {
            tokio::spawn(boxed(Ear::One(listener, self)));
        }
    }

    /// Returns whether a connection came to where the host is.
    fn is_at(&self, socket: &TcpStream) -> bool {
        let home = *lock(&self.home);
        home.is_none_or(|home| socket.local_addr().is_ok_and(|own| own.ip() == home))
    }

    pub(super) fn listen(&self, tell: mpsc::Sender<Bytes>) {
        lock(&self.listeners).push(tell);
    }
}

/// Where hosts are listened for.
enum Ear {
    /// One host.
    One(TcpListener, Arc<Served>),
    /// All of them, by the address that was connected to, counted from the first.
    All(TcpListener, Ipv4Addr, Arc<Vec<Arc<Served>>>),
    /// One host, over IPMI.
    Ipmi(Arc<UdpSocket>, Arc<Served>),
    /// All of them are searched for.
    Search(UdpSocket, Arc<Vec<ssdp::Announced>>),
}

/// Hosts that are listened for.
pub struct Site {
    ears: Vec<Ear>,
    places: Vec<Place>,
    hosts: Vec<Arc<Served>>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Site").field("hosts", &self.places.len()).finish_non_exhaustive()
    }
}

/// Returns the address of the host at `at`, from 0.
fn address(listen: SocketAddr, at: usize, count: usize) -> Result<SocketAddr, ServeError> {
    let too_many = || ServeError::TooMany { first: listen, count };
    let at = u32::try_from(at).map_err(|_error| too_many())?;
    match listen.ip() {
        _ if listen.port() == 0 => Ok(listen),
        IpAddr::V4(first) if first.is_loopback() => {
            let ip = u32::from(first).checked_add(at).map(Ipv4Addr::from);
            // The last address of the network is a broadcast.
            let ip = ip.filter(|ip| ip.is_loopback() && *ip != Ipv4Addr::new(127, 255, 255, 255));
            Ok(SocketAddr::new(ip.ok_or_else(too_many)?.into(), listen.port()))
        }
        ip => {
            let port = u16::try_from(u32::from(listen.port()) + at).map_err(|_error| too_many())?;
            Ok(SocketAddr::new(ip, port))
        }
    }
}

fn bind(address: SocketAddr, loopback: bool) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    if loopback {
        // Every address of the machine, and nothing that comes from outside of it.
        socket.bind_device(Some(b"lo"))?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Site {
    /// Listens for all hosts of a setup. To be called within a runtime.
    pub fn start(setup: &Setup) -> Result<Self, ServeError> {
        let count = setup.hosts.len();
        let certificates = setup.certificates.len();
        let mismatch = || ServeError::Certificates { hosts: count, certificates };
        if certificates != 1 && certificates != count {
            return Err(mismatch());
        }
        let listen = setup.listen;
        // Before any of them is listened for.
        address(listen, count.saturating_sub(1), count)?;
        let fail = |address| move |source| ServeError::Listen { address, source };
        let shared = match listen.ip() {
            IpAddr::V4(ip) if ip.is_loopback() && listen.port() != 0 && count > 1 => {
                let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), listen.port());
                Some((ip, bind(everywhere, true).map_err(fail(listen))?))
            }
            _ => None,
        };
        let keys = setup.certificates.iter().map(tls::shown).collect::<Result<Vec<_>, _>>()?;
        let common = Arc::new(tls::common(keys.first().ok_or_else(mismatch)?)?);
        let began = started();
        let (mut ears, mut all, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let mut hosts = Vec::new();
        for (at, base) in setup.hosts.iter().enumerate() {
            let mut address = address(listen, at, count)?;
            let ear = if shared.is_some() {
                None
            } else {
                let ear = bind(address, false).map_err(fail(address))?;
                address = ear.local_addr().map_err(fail(address))?;
                Some(ear)
            };
            let plain = setup.ipmi.then(|| datagram::bind(address)).transpose();
            let plain = plain.map_err(fail(address))?;
            let which = if certificates == 1 { 0 } else { at };
            let (Some(own), Some(key)) = (setup.certificates.get(which), keys.get(which)) else {
                return Err(mismatch());
            };
            let number = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
            let identity = Identity { number, address, user: setup.user.clone() };
            let (serial, uuid) = (identity.serial(), identity.uuid("bmc"));
            let mut secret = [0; 32];
            SystemRandom::new().fill(&mut secret).map_err(|_error| ServeError::Random)?;
            let mut host = Host::new(Arc::clone(base), identity, setup.password.reveal(), secret);
            host.shows(&own.certificate);
            if setup.fetches {
                host = host.fetching();
            }
            let served = Arc::new(Served {
                base: Arc::clone(base),
                host: Mutex::new(host),
                station: Mutex::new(None),
                key: Mutex::new(Arc::clone(key)),
                common: Arc::clone(&common),
                began,
                listeners: Mutex::default(),
                waits: AtomicBool::new(false),
                cuts: AtomicU32::new(0),
                count: Arc::default(),
                home: Mutex::default(),
            });
            hosts.push(Arc::clone(&served));
            places.push(Place { address, pin: Pin::of(&own.certificate), serial, uuid });
            if let Some(plain) = plain {
                ears.push(Ear::Ipmi(Arc::new(plain), Arc::clone(&served)));
            }
            match ear {
                Some(ear) => ears.push(Ear::One(ear, served)),
                None => all.push(served),
            }
        }
        if let Some((first, ear)) = shared {
            ears.push(Ear::All(ear, first, Arc::new(all)));
        }
        Ok(Self { ears, places, hosts })
    }

    /// Returns where the hosts are.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Has all hosts answer to searches on an interface (SSDP), from when it serves. To be called
    /// within a runtime.
    pub fn announce(&mut self, interface: &str) -> Result<(), ServeError> {
        let sockets = ssdp::listen(interface)
            .map_err(|source| ServeError::Search { interface: interface.to_owned(), source })?;
        let place = |place: &Place| ssdp::Announced {
            address: place.address,
            uuid: Some(place.uuid.clone()),
        };
        let hosts = Arc::new(self.places.iter().map(place).collect::<Vec<_>>());
        self.ears.extend(sockets.into_iter().map(|one| Ear::Search(one, Arc::clone(&hosts))));
        Ok(())
    }

    /// Serves for as long as the future is polled.
    pub async fn run(self) {
        let mut tasks = tokio::task::JoinSet::new();
        for ear in self.ears {
            tasks.spawn(hear(ear));
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Hears, as a future of its own: what is heard may have another one begin.
fn boxed(ear: Ear) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(hear(ear))
}

#[expect(clippy::infinite_loop, reason = "it ends with the task that it is")]
async fn hear(ear: Ear) {
    loop {
        let taken = match &ear {
            Ear::Ipmi(socket, served) => {
                datagram::serve(socket, served).await;
                continue;
            }
            Ear::Search(socket, hosts) => {
                ssdp::serve(socket, hosts).await;
                continue;
            }
            Ear::One(listener, served) => {
                let taken = listener.accept().await;
                taken.map(|(socket, _)| served.is_at(&socket).then(|| (socket, Arc::clone(served))))
            }
            Ear::All(listener, first, all) => listener.accept().await.map(|(socket, _)| {
                let IpAddr::V4(ip) = socket.local_addr().ok()?.ip() else { return None };
                let at = u32::from(ip).checked_sub(u32::from(*first))?;
                let served = all.get(usize::try_from(at).ok()?)?;
                Some((socket, Arc::clone(served)))
            }),
        };
        match taken {
            Ok(Some((socket, served))) => {
                tokio::spawn(connection::serve(socket, served));
            }
            // An address that is no host's.
            Ok(None) => {}
            // Out of descriptors, most likely: others end their connections meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// A site that runs in a thread of its own until this is dropped.
pub struct Background {
    places: Vec<Place>,
    hosts: Vec<Arc<Served>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl std::fmt::Debug for Background {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Background").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Background {
    /// Starts a site; when this returns its hosts answer.
    pub fn start(setup: Setup) -> Result<Self, ServeError> {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = channel::channel();
        let body = move || {
            let runtime = match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(source) => {
                    drop(tell.send(Err(ServeError::Start { source })));
                    return;
                }
            };
            runtime.block_on(async {
                match Site::start(&setup) {
                    Ok(site) => {
                        drop(tell.send(Ok((site.places().to_vec(), site.hosts.clone()))));
                        tokio::select! {
                            () = site.run() => {}
                            _ = stopped => {}
                        }
                    }
                    Err(error) => drop(tell.send(Err(error))),
                }
            });
        };
        let thread = thread::Builder::new().name("simulator".to_owned()).spawn(body);
        let thread = thread.map_err(|source| ServeError::Start { source })?;
        let gone = || ServeError::Start { source: io::ErrorKind::BrokenPipe.into() };
        let (places, hosts) = told.recv().map_err(|_error| gone())??;
        Ok(Self { places, hosts, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns where the hosts are.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns how many requests each host had under way at once, at most, since it was started.
    pub fn most_at_once(&self) -> Vec<usize> {
        self.hosts.iter().map(|host| host.count.most()).collect()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Where it has ended by itself nobody hears.
            stop.send(()).ok();
        }
        drop(self.thread.take().map(thread::JoinHandle::join));
    }
}
