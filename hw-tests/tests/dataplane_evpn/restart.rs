//! Packets while FRR is killed and started again.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hw_tests::network::{Space, within};
use libtest_mimic::Failed;
use rustix::event::{Timespec, poll};

use crate::lab::{Lab, PATIENCE};
use crate::must;

/// Packets a second.
const PACE: u32 = 200;
/// How many may be lost while BGP comes back: FRR before 10.6 keeps nothing of EVPN meanwhile.
const MOST: u32 = PACE * 10;

/// bgpd alone, then both. Losses are said; that packets come again, and come all, is the bar.
#[expect(clippy::print_stdout, reason = "what was lost is a figure of FRR's, and is said")]
pub(crate) fn killed() -> Result<(), Failed> {
    let mut lab = Lab::new("")?;
    let version = lab.frr[0].ask("show version")?;
    let version = version.lines().next().unwrap_or_default().to_owned();
    for (what, both) in [("bgpd", false), ("bgpd and zebra", true)] {
        for (from, to, address) in [("a1", "b1", "10.0.0.33"), ("b1", "a1", "10.0.0.17")] {
            let (from, to) = (lab.guest(from).clone(), lab.guest(to).clone());
            let lost = during([&from, &to], address, || {
                if both {
                    lab.frr[0].kill_zebra();
                }
                lab.frr[0].kill_bgpd();
                if both {
                    lab.frr[0].start_zebra()?;
                }
                lab.frr[0].start_bgpd()?;
                Ok(())
            })?;
            println!(
                "{what} of host A killed and started, {address}: {lost} packets lost at {PACE} \
                 a second ({version})"
            );
            must(&format!("{lost} of {MOST} at most"), lost <= MOST)?;
            lab.meets()?;
            let lost = during([&from, &to], address, || Ok(()))?;
            must(&format!("all pass again, {lost} are lost"), lost == 0)?;
        }
    }
    Ok(())
}

/// Sends at the pace from one guest to the other, for a second after `meanwhile` is done and until
/// a packet came that was sent after it; returns how many did not come.
fn during(
    [from, to]: [&Space; 2],
    address: &str,
    meanwhile: impl FnOnce() -> Result<(), Failed>,
) -> Result<u32, Failed> {
    let receiver = to.inside(|| UdpSocket::bind((address, 9000)))??;
    receiver.set_read_timeout(Some(Duration::from_millis(500)))?;
    let sender = from.inside(|| UdpSocket::bind(("0.0.0.0", 9001)))??;
    sender.connect((address, 9000))?;
    let (stop, last) = (AtomicBool::new(false), std::sync::atomic::AtomicU32::new(0));
    let sent = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        let came = scope.spawn(|| {
            let (mut came, mut bytes) = (0_u32, [0; 4]);
            loop {
                match receiver.recv(&mut bytes) {
                    Ok(_) => {
                        came += 1;
                        last.store(u32::from_be_bytes(bytes), Ordering::SeqCst);
                    }
                    Err(_) if stop.load(Ordering::SeqCst) => return came,
                    Err(_) => {}
                }
            }
        });
        let paced = scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                let number = sent.fetch_add(1, Ordering::SeqCst);
                // A host that does not know the way says so, and the packet is lost.
                drop(sender.send(&number.to_be_bytes()));
                // Waits for nothing but the next packet's time: the pace is the test's subject.
                let pause = Timespec { tv_sec: 0, tv_nsec: i64::from(1_000_000_000 / PACE) };
                let _late = poll(&mut [], Some(&pause));
            }
        });
        let first = within(PATIENCE, "the first packet", || last.load(Ordering::SeqCst) > 0);
        let done = first.map_err(Failed::from).and_then(|_waited| meanwhile());
        let after = sent.load(Ordering::SeqCst) + PACE * 3;
        let again =
            within(PATIENCE, "packets to come again", || last.load(Ordering::SeqCst) >= after);
        stop.store(true, Ordering::SeqCst);
        paced.join().map_err(|_panic| Failed::from("the sender panicked"))?;
        let came = came.join().map_err(|_panic| Failed::from("the receiver panicked"))?;
        done?;
        again?;
        Ok(sent.load(Ordering::SeqCst) - came)
    })
}
