//! A bad network between us and the simulator: it loses, repeats and delays.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bmc::ipmi::IpmiError;
use libtest_mimic::Failed;

use super::console::{admin, connect, options, run};
use super::sim::Sim;

/// Passes datagrams on, badly; ends with this.
struct Relay {
    port: u16,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Counts {
    passed: AtomicUsize,
    lost: AtomicUsize,
    repeated: AtomicUsize,
    late: AtomicUsize,
}

/// Numbers that look as by chance, the same in each run (xorshift64).
struct Dice(u64);

impl Dice {
    fn percent(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % 100
    }
}

impl Relay {
    /// Between one console at a time and the BMC on `to`.
    fn start(to: u16) -> Result<Self, Failed> {
        let front = UdpSocket::bind("127.0.0.1:0")?;
        let back = UdpSocket::bind("127.0.0.1:0")?;
        back.connect(("127.0.0.1", to))?;
        for socket in [&front, &back] {
            socket.set_nonblocking(true)?;
        }
        let port = front.local_addr()?.port();
        let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let (told, counted) = (Arc::clone(&stop), Arc::clone(&counts));
        let thread = thread::spawn(move || pass(&front, &back, &told, &counted));
        Ok(Self { port, stop, counts, thread: Some(thread) })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

fn pass(front: &UdpSocket, back: &UdpSocket, stop: &AtomicBool, counts: &Counts) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut console: Option<SocketAddr> = None;
    // When, to whom (none: to the BMC), what.
    let mut held: Vec<(Instant, Option<SocketAddr>, Vec<u8>)> = Vec::new();
    let mut bytes = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        let mut came = Vec::new();
        while let Ok((length, from)) = front.recv_from(&mut bytes) {
            console = Some(from);
            came.push((None, bytes.get(..length).unwrap_or_default().to_vec()));
        }
        while let Ok(length) = back.recv(&mut bytes) {
            came.push((console, bytes.get(..length).unwrap_or_default().to_vec()));
        }
        let now = Instant::now();
        for (to, datagram) in came {
            let count = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::Relaxed);
            match dice.percent() {
                0..5 => {
                    count(&counts.lost);
                }
                5..10 => {
                    count(&counts.repeated);
                    held.push((now, to, datagram.clone()));
                    held.push((now + Duration::from_millis(dice.percent()), to, datagram));
                }
                // Later than it takes us to ask again: two answers come to one question, and one
                // of them when the next is asked.
                10..13 => {
                    count(&counts.late);
                    let late = options().patience.again.mul_f64(1.1);
                    held.push((now + late, to, datagram));
                }
                _ => {
                    count(&counts.passed);
                    held.push((now, to, datagram));
                }
            }
        }
        held.retain(|(at, to, datagram)| {
            let due = *at <= now;
            if due {
                let _sent = match to {
                    Some(to) => front.send_to(datagram, to),
                    None => back.send(datagram),
                };
            }
            !due
        });
        thread::sleep(Duration::from_micros(100));
    }
}

pub(crate) fn storms() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let relay = Relay::start(sim.port)?;
    let (mut asked, mut wrong, mut unanswered) = (0, Vec::new(), 0);
    run(async {
        for _ in 0..12 {
            let mut client = match admin(relay.port).await {
                Ok(client) => client,
                Err(error) => {
                    assert!(!error.refused(), "no loss is a wrong password: {error:?}");
                    unanswered += 1;
                    continue;
                }
            };
            // Each question has another answer: the names of users and numbers that are none, and
            // the sensors' readings.
            for round in 0..5_u8 {
                for (command, data, answer) in [
                    (0x46, [2], &b"admin"[..]),
                    (0x46, [3], b"operator"),
                    (0x46, [4 + round], b""),
                    (0x2d, [1], &[45]),
                    (0x2d, [2], &[24]),
                    (0x2d, [3], &[100]),
                ] {
                    let netfn = if command == 0x46 { 0x06 } else { 0x04 };
                    asked += 1;
                    match client.raw(netfn, 0, command, &data).await {
                        // A name is filled up by zeros.
                        Ok((0, got)) if netfn == 0x04 && got.starts_with(answer) => {}
                        Ok((0, got)) if netfn == 0x06 && got == filled(answer) => {}
                        Ok(got) => wrong.push(format!("{data:?}: {got:02x?}, not {answer:02x?}")),
                        Err(IpmiError::Unanswered { .. } | IpmiError::OutOfSequence) => {
                            unanswered += 1;
                        }
                        Err(error) => return Err(Failed::from(error.to_string())),
                    }
                }
            }
            client.close().await?;
        }
        let refused = connect(relay.port, "admin", "wrong", &options()).await;
        assert!(matches!(refused, Err(IpmiError::PasswordWrong)), "{refused:?}");
        Ok(())
    })?;
    let get = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    println!(
        "{asked} questions, {unanswered} unanswered; datagrams: {} passed, {} lost, {} twice, {} late",
        get(&relay.counts.passed),
        get(&relay.counts.lost),
        get(&relay.counts.repeated),
        get(&relay.counts.late),
    );
    println!("figure: ipmi.wrong = {} of {asked}", wrong.len());
    assert_eq!(wrong, Vec::<String>::new());
    assert!(asked >= 300 && unanswered * 50 < asked, "{unanswered} of {asked}");
    assert!(get(&relay.counts.lost) > 10 && get(&relay.counts.late) > 5);
    Ok(())
}

/// A name, filled up by zeros.
fn filled(name: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.resize(16, 0);
    bytes
}
