//! A BMC of a test: sessions by our own other side, on a socket of this machine, and commands by
//! the test.

use std::{
    net::UdpSocket,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{
    credential::Secret,
    ipmi::{
        Client, Credentials, IpmiError, Options, Patience,
        client::now,
        privilege::Privilege,
        session::bmc::{Account, Bmc, Caller, Profile},
        suite::Suite,
        wire::message::Request,
    },
    target::{Address, Host},
};

/// Answers a command: a code, and data.
pub(super) type Commands = Box<dyn FnMut(&Request, Caller) -> (u8, Vec<u8>) + Send>;

/// A BMC; it ends with this.
pub(super) struct Bench {
    pub(super) port: u16,
    /// Commands that reached it: family, command, data.
    pub(super) done: Arc<Mutex<Vec<Request>>>,
    /// Sessions that it holds.
    pub(super) sessions: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bench {
    pub(super) fn start(mut commands: Commands) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(Duration::from_millis(5))).expect("a time");
        let account = |name: &str, most| Account {
            name: name.to_owned(),
            password: b"password".to_vec(),
            most,
        };
        let profile = Profile {
            guid: [0; 16],
            accounts: vec![
                account("admin", Privilege::Administrator),
                account("operator", Privilege::Operator),
            ],
            kg: None,
            suites: vec![Suite::SHA1, Suite::SHA256],
            sessions: 4,
            is_anonymous: false,
        };
        let (done, sessions) = (Arc::default(), Arc::default());
        let stop = Arc::new(AtomicBool::new(false));
        let port = socket.local_addr().expect("its address").port();
        let told = (Arc::clone(&done), Arc::clone(&sessions), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            let (done, sessions, stop): (Arc<Mutex<Vec<Request>>>, Arc<AtomicUsize>, _) = told;
            let mut bmc = Bmc::new(profile, [5; 32]);
            let mut bytes = [0; 1024];
            while !stop.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
                let datagram = bytes.get(..length).unwrap_or_default();
                let reply = bmc.handle(datagram, now(), &mut |request, caller| {
                    done.lock().expect("nobody panicked").push(request.clone());
                    commands(request, caller)
                });
                sessions.store(bmc.sessions(), Ordering::Relaxed);
                if let Some(reply) = reply {
                    let _gone = socket.send_to(&reply, from);
                }
            }
        });
        Self { port, done, sessions, stop, thread: Some(thread) }
    }

    pub(super) fn address(&self) -> Address {
        Address { host: Host::Ip([127, 0, 0, 1].into()), port: self.port.try_into().ok() }
    }

    pub(super) async fn connect(&self) -> Result<Client, IpmiError> {
        let password = Secret::new("password".to_owned());
        let credentials = Credentials {
            user: "admin",
            password: &password,
            kg: None,
            privilege: Privilege::Administrator,
        };
        let patience = Patience {
            again: Duration::from_millis(100),
            answer: Duration::from_millis(900),
            settle: Duration::from_millis(900),
            ..Patience::default()
        };
        let options = Options { suites: vec![Suite::SHA256], patience };
        Client::connect(&self.address(), credentials, &options).await
    }

    /// Returns how often a command reached it.
    pub(super) fn times(&self, netfn: u8, command: u8) -> usize {
        let done = self.done.lock().expect("nobody panicked");
        done.iter().filter(|one| one.netfn == netfn && one.command == command).count()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// Asks in a session of its own, and closes it; nothing is left then.
pub(super) fn ask<T>(
    bench: &Bench,
    question: impl AsyncFnOnce(&mut Client) -> Result<T, IpmiError>,
) -> Result<T, IpmiError> {
    run(async {
        let mut client = bench.connect().await?;
        let answer = question(&mut client).await;
        client.close().await?;
        assert_eq!(bench.sessions.load(Ordering::Relaxed), 0);
        answer
    })
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}
