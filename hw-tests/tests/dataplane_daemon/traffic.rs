//! Packets from guest to guest through the node, at a pace; how many of them are lost.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use hw_tests::network::{Space, eventually};
use libtest_mimic::Failed;
use rustix::event::{Timespec, poll};
use rustix::net::sockopt::set_socket_recv_buffer_size;

use crate::lab::Lab;

/// Gives the ends of two ports to the guests, with their addresses.
pub(crate) fn settle(lab: &Lab) -> Result<(), Failed> {
    for (at, guest) in (1..).zip(&lab.guests) {
        lab.space.line(&format!("ip link set q{at} netns {}", guest.name()))?;
        guest.line(&format!("ip address add 10.0.0.{}/24 dev q{at}", at + 10))?;
        guest.line(&format!("ip link set q{at} up"))?;
    }
    let [from, _to] = &lab.guests;
    eventually("an answer from guest to guest", || {
        from.run(&["ping", "-c", "1", "-W", "1", "10.0.0.12"]).is_ok()
    })?;
    Ok(())
}

/// Sends a packet each millisecond from one guest to the other while `meanwhile` runs, and
/// until there are `least`; returns how many were sent, and how many came.
pub(crate) fn during(
    [from, to]: &[Space; 2],
    least: u32,
    meanwhile: impl FnOnce(&AtomicU32) -> Result<(), Failed>,
) -> Result<(u32, u32), Failed> {
    let receiver = socket(to, "10.0.0.12:9000")?;
    set_socket_recv_buffer_size(&receiver, 4 << 20)?;
    receiver.set_read_timeout(Some(Duration::from_millis(500)))?;
    let sender = socket(from, "10.0.0.11:9001")?;
    sender.connect("10.0.0.12:9000")?;
    let (stop, sent) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        let came = scope.spawn(|| {
            let mut came = 0_u32;
            let mut bytes = [0; 64];
            loop {
                match receiver.recv(&mut bytes) {
                    Ok(_) => came += 1,
                    Err(_) if stop.load(Ordering::SeqCst) => return came,
                    Err(_) => {}
                }
            }
        });
        let paced = scope.spawn(|| {
            let mut refused = 0_u32;
            while !stop.load(Ordering::SeqCst) || sent.load(Ordering::SeqCst) < least {
                let number = sent.fetch_add(1, Ordering::SeqCst);
                refused += u32::from(sender.send(&number.to_be_bytes()).is_err());
                // Waits for nothing but the next millisecond: the pace is the test's subject.
                let pause = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
                refused += u32::from(poll(&mut [], Some(&pause)).is_err());
            }
            refused
        });
        let done = meanwhile(&sent);
        stop.store(true, Ordering::SeqCst);
        let refused = paced.join().map_err(|_panic| Failed::from("the sender panicked"))?;
        let came = came.join().map_err(|_panic| Failed::from("the receiver panicked"))?;
        done?;
        assert_eq!(refused, 0, "packets that could not even be sent");
        Ok((sent.load(Ordering::SeqCst), came))
    })
}

/// Whether a datagram arrives that takes more than one packet, the first of 1,550 bytes.
pub(crate) fn large([from, to]: &[Space; 2]) -> Result<bool, Failed> {
    let receiver = to.inside(|| UdpSocket::bind("10.0.0.12:9002"))??;
    receiver.set_read_timeout(Some(Duration::from_millis(500)))?;
    let sender = from.inside(|| UdpSocket::bind("10.0.0.11:9002"))??;
    sender.send_to(&[7; 2800], "10.0.0.12:9002")?;
    let mut bytes = vec![0; 4000];
    Ok(receiver.recv(&mut bytes).is_ok_and(|length| length == 2800))
}

/// Opens a socket of a guest. A process that another trial was starting may still hold the one
/// that had the address before, until it runs its own program.
fn socket(guest: &Space, address: &str) -> Result<UdpSocket, Failed> {
    let mut socket = None;
    eventually("an address of the guest to be free", || {
        let opened = guest.inside(|| UdpSocket::bind(address));
        let used = matches!(&opened, Ok(Err(error)) if error.kind() == ErrorKind::AddrInUse);
        socket = Some(opened);
        !used
    })?;
    let opened = socket.ok_or("no socket was asked for")?;
    Ok(opened??)
}
