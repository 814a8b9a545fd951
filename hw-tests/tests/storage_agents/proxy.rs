//! A network between a controller and an agent: one direction of it can be made slow.

#![expect(clippy::disallowed_methods, reason = "delays are what it is for")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use libtest_mimic::Failed;

/// A proxy for one connection.
#[derive(Debug)]
pub(crate) struct Proxy {
    place: SocketAddr,
    delay_us: Arc<AtomicU64>,
}

impl Proxy {
    /// Starts a proxy to `agent`, which delays what the agent says by so much.
    pub(crate) fn start(agent: &str, delay: Duration) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let place = listener.local_addr()?;
        let delay_us = Arc::new(AtomicU64::new(0));
        let (agent, slow) = (agent.to_owned(), Arc::clone(&delay_us));
        thread::spawn(move || {
            let Ok((near, _)) = listener.accept() else { return };
            let Ok(far) = TcpStream::connect(agent) else { return };
            let none = Arc::new(AtomicU64::new(0));
            let pairs = (near.try_clone(), far.try_clone());
            let (Ok(near_too), Ok(far_too)) = pairs else { return };
            for stream in [&near, &far] {
                drop(stream.set_nodelay(true));
            }
            thread::spawn(move || carry(near_too, far_too, &none));
            carry(far, near, &slow);
        });
        let proxy = Self { place, delay_us };
        proxy.delay(delay);
        Ok(proxy)
    }

    /// Delays what the agent says by so much from now on.
    pub(crate) fn delay(&self, delay: Duration) {
        let us = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.delay_us.store(us, Ordering::Relaxed);
    }

    /// Its `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        self.place.to_string()
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, delay_us: &AtomicU64) {
    let mut bytes = [0; 16384];
    while let Ok(count) = from.read(&mut bytes) {
        thread::sleep(Duration::from_micros(delay_us.load(Ordering::Relaxed)));
        let some = bytes.get(..count).unwrap_or_default();
        if count == 0 || to.write_all(some).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Both));
}
