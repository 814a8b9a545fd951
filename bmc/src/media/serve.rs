//! Edge: the server of one image, on a thread of its own.
//!
//! It has one file, which was opened by the caller and is never opened again, under a path for each
//! BMC that cannot be guessed; whoever connects from another address than the BMCs' is hung up on
//! before anything is read.

mod http;
mod rpc;
mod tls;

use std::{
    fs::File,
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    os::unix::fs::MetadataExt as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime},
};

use rustls::ServerConfig;
use tokio::{
    net::TcpStream,
    runtime::Builder,
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{Image, Reads};

/// How long a client may take to send its request.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long answers that are under way are waited for at the end.
const FAREWELL: Duration = Duration::from_secs(5);
/// Connections at a time, to each BMC; more are hung up on.
const CONNECTIONS: usize = 16;
/// Strangers that are remembered.
const STRANGERS: usize = 16;

/// A BMC that may have the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The path that it is given, with the slash that it begins with: a folder that cannot be
    /// guessed, and the file's name in it.
    pub path: String,
    /// The addresses that it may come from.
    pub from: Vec<IpAddr>,
}

/// What was asked for so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By each BMC, in their order.
    pub reads: Vec<Reads>,
    /// Who came from another address than the BMCs', in the order in which they came.
    pub strangers: Vec<IpAddr>,
}

/// Where the image is to be had, and by what.
#[derive(Debug)]
pub enum Door {
    /// HTTP.
    Http(TcpListener),
    /// HTTPS, with a certificate that is made for it and signed by its own key.
    Https {
        /// Where it listens.
        at: TcpListener,
        /// The address that BMCs know it by.
        shown: IpAddr,
    },
    /// NFS and MOUNT on that port of theirs, or the portmapper, which tells where they are.
    Rpc {
        /// Where it listens.
        at: TcpListener,
        /// The port of NFS and MOUNT.
        port: u16,
    },
    /// MOUNT and the portmapper by datagrams.
    Datagrams {
        /// Where they come.
        at: UdpSocket,
        /// The port of NFS and MOUNT.
        port: u16,
    },
}

/// What is spoken with whoever comes in.
#[derive(Clone)]
enum Speech {
    Http,
    Https(Arc<ServerConfig>),
    Rpc(u16),
}

/// A server that runs; it ends with this.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    open: mpsc::UnboundedSender<Opened>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// A door that does not block any more.
enum Opened {
    Listener(TcpListener, Speech),
    Datagrams(UdpSocket, u16),
}

#[derive(Debug)]
struct Shared {
    file: File,
    image: Image,
    guests: Vec<Guest>,
    tally: Mutex<Tally>,
}

/// Returns what is known of a file that is to be served.
pub fn image(file: &File) -> io::Result<Image> {
    let about = file.metadata()?;
    let modified = about.modified()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(Image {
        length: about.len(),
        etag: format!(
            "\"{:x}-{:x}-{:x}{:08x}\"",
            about.ino(),
            about.len(),
            about.mtime(),
            about.mtime_nsec()
        ),
        modified: httpdate::fmt_http_date(modified),
        modified_s: u32::try_from(since.as_secs()).unwrap_or(u32::MAX),
    })
}

impl Server {
    /// Serves `file` to `guests`, by HTTP on sockets that listen already, and where doors are
    /// opened later.
    pub fn start(file: File, guests: Vec<Guest>, at: Vec<TcpListener>) -> io::Result<Self> {
        let image = image(&file)?;
        let reads = guests.iter().map(|_| Reads::default()).collect();
        let tally = Mutex::new(Tally { reads, strangers: Vec::new() });
        let shared = Arc::new(Shared { file, image, guests, tally });
        let (stop, stopped) = watch::channel(false);
        let (open, opened) = mpsc::unbounded_channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let served = Arc::clone(&shared);
        let run = move || runtime.block_on(run(opened, served, stopped));
        let thread = std::thread::Builder::new().name("media".to_owned()).spawn(run)?;
        let server = Self { shared, open, stop, thread: Some(thread) };
        for listener in at {
            server.open(Door::Http(listener))?;
        }
        Ok(server)
    }

    /// Opens a door more.
    pub fn open(&self, door: Door) -> io::Result<()> {
        let (listener, speech) = match door {
            Door::Http(at) => (at, Speech::Http),
            Door::Https { at, shown } => (at, Speech::Https(tls::config(shown)?)),
            Door::Rpc { at, port } => (at, Speech::Rpc(port)),
            Door::Datagrams { at, port } => {
                at.set_nonblocking(true)?;
                return self.say(Opened::Datagrams(at, port));
            }
        };
        listener.set_nonblocking(true)?;
        self.say(Opened::Listener(listener, speech))
    }

    fn say(&self, opened: Opened) -> io::Result<()> {
        self.open.send(opened).map_err(|_ended| io::ErrorKind::BrokenPipe.into())
    }

    /// Returns the length of the image, in bytes.
    pub fn length(&self) -> u64 {
        self.shared.image.length
    }

    /// Returns what was asked for so far.
    pub fn tally(&self) -> Tally {
        self.shared.tally().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where nobody hears it any more, it has ended.
        self.stop.send(true).ok();
        if let Some(thread) = self.thread.take() {
            // A panic there has ended it too.
            drop(thread.join());
        }
    }
}

impl Shared {
    /// What is counted is never half changed.
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what a guest does.
    fn count(&self, guest: usize, note: impl FnOnce(&mut Reads)) {
        if let Some(reads) = self.tally().reads.get_mut(guest) {
            note(reads);
        }
    }

    /// Returns whether somebody may come in from there, and takes note of it if not.
    fn admits(&self, from: IpAddr) -> bool {
        if self.guests.iter().any(|guest| guest.from.contains(&from)) {
            return true;
        }
        let mut tally = self.tally();
        if !tally.strangers.contains(&from) && tally.strangers.len() < STRANGERS {
            tally.strangers.push(from);
        }
        false
    }
}

async fn run(
    mut opened: mpsc::UnboundedReceiver<Opened>,
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
) {
    // Whoever serves holds a sender; when the last is gone all have ended.
    let (serving, mut ended) = mpsc::channel::<()>(1);
    let mut doors = Vec::new();
    let mut stop = stopped.clone();
    loop {
        let door = tokio::select! {
            () = told(&mut stop) => break,
            door = opened.recv() => door,
        };
        let (shared, stopped) = (Arc::clone(&shared), stopped.clone());
        match door {
            None => break,
            Some(Opened::Datagrams(socket, port)) => {
                let Ok(socket) = tokio::net::UdpSocket::from_std(socket) else { continue };
                doors.push(tokio::spawn(rpc::datagrams(socket, port, shared, stopped)));
            }
            Some(Opened::Listener(listener, speech)) => {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { continue };
                doors.push(tokio::spawn(stand(listener, speech, shared, stopped, serving.clone())));
            }
        }
    }
    drop(serving);
    for door in doors {
        // A door that panicked is closed.
        drop(door.await);
    }
    drop(timeout(FAREWELL, ended.recv()).await);
}

/// Lets in whoever comes to a door.
async fn stand(
    listener: tokio::net::TcpListener,
    speech: Speech,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
    serving: mpsc::Sender<()>,
) {
    loop {
        let came = tokio::select! {
            () = told(&mut stopped) => break,
            came = listener.accept() => came,
        };
        match came {
            Ok((socket, from)) => admit(socket, from, &speech, &shared, &stopped, &serving),
            // Too many files are open: it may be better in a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Waits till it is said to stop.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // Where nobody can say it any more, it is so.
    drop(stopped.wait_for(|stop| *stop).await);
}

fn admit(
    socket: TcpStream,
    from: SocketAddr,
    speech: &Speech,
    shared: &Arc<Shared>,
    stopped: &watch::Receiver<bool>,
    serving: &mpsc::Sender<()>,
) {
    let from = from.ip().to_canonical();
    if !shared.admits(from) {
        return;
    }
    let most = shared.guests.len().saturating_mul(CONNECTIONS);
    if serving.strong_count() > most {
        return;
    }
    // Where that fails it is slower, no more.
    drop(socket.set_nodelay(true));
    let (shared, stopped, serving) = (Arc::clone(shared), stopped.clone(), serving.clone());
    let speech = speech.clone();
    tokio::spawn(async move {
        match speech {
            Speech::Http => http::serve(socket, from, shared, stopped).await,
            Speech::Https(config) => {
                let shaken = timeout(PATIENCE, TlsAcceptor::from(config).accept(socket)).await;
                if let Ok(Ok(stream)) = shaken {
                    http::serve(stream, from, shared, stopped).await;
                }
            }
            Speech::Rpc(port) => rpc::serve(socket, from, port, &shared, stopped).await,
        }
        drop(serving);
    });
}

#[expect(clippy::disallowed_methods, reason = "this edge reads the clock")]
fn now() -> Instant {
    Instant::now()
}
