//! A thousand packets a second from one guest to another, each with its number.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::network::Space;
use hw_tests::network::frame::Path;
use hw_tests::network::wire::Wire;
use libtest_mimic::Failed;

const EVERY: Duration = Duration::from_millis(1);
const MARK: &[u8] = b"assay-stream";

/// What became of a stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) sent: usize,
    /// Numbers of those that did not arrive.
    pub(crate) lost: Vec<u32>,
    pub(crate) took: Duration,
}

/// Sends `count` packets while `meanwhile` runs, which is told when they are all sent.
pub(crate) fn stream(
    space: &Space,
    (from, to): (&str, &str),
    path: &Path,
    count: u32,
    meanwhile: impl FnOnce(&AtomicBool) -> Result<(), Failed>,
) -> Result<Stream, Failed> {
    let (sender, hearer) = (Wire::open(space, from)?, Wire::open(space, to)?);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let sends = scope.spawn(|| -> Result<Duration, Failed> {
            let begun = Instant::now();
            for number in 0..count {
                let due = begun + EVERY * number;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let mut payload = MARK.to_vec();
                payload.extend(number.to_be_bytes());
                sender.send(&path.udp((4000, 5000), &payload))?;
            }
            let took = begun.elapsed();
            over.store(true, Ordering::SeqCst);
            Ok(took)
        });
        let hears = scope.spawn(|| -> Result<BTreeSet<u32>, Failed> {
            let mut heard = BTreeSet::new();
            while heard.len() < count as usize {
                let limit = Duration::from_millis(500);
                match hearer.hear(limit, |frame| number(frame).is_some())? {
                    Some(frame) => heard.extend(number(&frame)),
                    None if over.load(Ordering::SeqCst) => break,
                    None => {}
                }
            }
            Ok(heard)
        });
        let done = meanwhile(&over);
        let panicked = |_panic| Failed::from("a thread panicked");
        let took = sends.join().map_err(panicked)??;
        let heard = hears.join().map_err(panicked)??;
        done?;
        let lost = (0..count).filter(|number| !heard.contains(number)).collect();
        Ok(Stream { sent: count as usize, lost, took })
    })
}

/// The number of a packet of the stream.
fn number(frame: &[u8]) -> Option<u32> {
    let at = frame.windows(MARK.len()).position(|window| window == MARK)?;
    let bytes = frame.get(at + MARK.len()..at + MARK.len() + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// The way from port `p{from}` to port `p{to}` of the state.
pub(crate) fn way(from: u8, to: u8) -> Path {
    let mac = |port: u8| [2, 0, 0, 0, 0, port + 10];
    let ip = |port: u8| IpAddr::from([10, 0, 0, port + 10]);
    Path { mac: (mac(from), mac(to)), ip: (ip(from), ip(to)) }
}
