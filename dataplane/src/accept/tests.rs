//! Cases on paper: a ground that says what arrives where, without a kernel.

use super::*;
use std::collections::VecDeque;

/// A ground on which `passes` decides what arrives where.
struct Paper<'a> {
    passes: &'a dyn Fn(&Sent2) -> Vec<Seat>,
    waiting: VecDeque<(Seat, Vec<u8>)>,
}

/// What the ground knows of a frame.
struct Sent2 {
    from: Sender,
    frame: Vec<u8>,
}

impl Ground for Paper<'_> {
    fn settle(&mut self, _: Host, _: &Desired) -> Result<(), Text> {
        Ok(())
    }

    fn send(&mut self, from: Sender, frame: &[u8]) -> io::Result<()> {
        let sent = Sent2 { from, frame: frame.to_vec() };
        self.waiting.extend((self.passes)(&sent).into_iter().map(|at| (at, frame.to_vec())));
        Ok(())
    }

    fn hear(
        &mut self,
        _: Duration,
        heard: &mut dyn FnMut(Seat, &[u8]) -> bool,
    ) -> io::Result<bool> {
        let mut found = false;
        for (at, frame) in self.waiting.drain(..) {
            found |= heard(at, &frame);
        }
        Ok(found)
    }
}

fn on_paper(passes: &dyn Fn(&Sent2) -> Vec<Seat>) -> Vec<Case> {
    run(&mut Paper { passes, waiting: VecDeque::new() })
}

/// The guest of the sender's network that has the destination's MAC address.
fn addressed(sent: &Sent2) -> Vec<Seat> {
    let Sender::Guest(from) = sent.from else { return Vec::new() };
    let to = sent.frame.get(..6).and_then(|mac| <[u8; 6]>::try_from(mac).ok());
    let is = |seat: &&Seat| seat.network() == from.network() && Some(seat.mac().octets()) == to;
    SEATS.iter().filter(is).copied().collect()
}

#[test]
fn where_all_passes_every_deny_has_failed() {
    for case in on_paper(&addressed) {
        let denies = case.probe_sent.iter().any(|probe| probe.wanted == "dropped");
        let tunnel = case.case.en.contains("VXLAN") || case.case.en.contains("tunnel");
        // No router is on paper.
        let routed =
            |probe: &Probe| ["> 02:61:73", "> 06:"].iter().any(|to| probe.frame.contains(to));
        if case.probe_sent.iter().any(routed) {
            continue;
        }
        let other = case.case.en.contains("VNI") || case.row == "8.3.8#2";
        if denies && !tunnel && !other && !case.case.en.contains("to all or to nobody") {
            assert_eq!(case.verdict, Verdict::Fail, "{}", case.case.en);
            assert!(case.reason.is_some());
        }
    }
}

#[test]
fn where_nothing_passes_nothing_is_a_pass() {
    let cases = on_paper(&|_| Vec::new());
    assert!(cases.iter().all(|case| case.verdict == Verdict::NotMeasured));
}

#[test]
fn a_deny_without_its_control_is_not_measured() {
    // Advertisements pass, so that all begins; nothing else does.
    let hello = |sent: &Sent2| {
        let six = sent.frame.get(12..14) == Some(&[0x86, 0xdd]);
        let ours = sent.frame.get(54) == Some(&136) && sent.frame.get(20) == Some(&58);
        if six && ours { addressed(sent) } else { Vec::new() }
    };
    let cases = on_paper(&hello);
    let spoof = cases.iter().find(|case| case.case.en.contains("MAC address")).unwrap();
    assert_eq!(spoof.verdict, Verdict::NotMeasured);
    assert!(spoof.reason.as_ref().unwrap().en.contains("control"));
    let free = cases.iter().find(|case| case.case.en.contains("free within")).unwrap();
    assert_eq!(free.verdict, Verdict::Fail);
}

#[test]
fn what_is_seen_by_a_third_fails_the_case() {
    let spread = |sent: &Sent2| {
        let mut all = addressed(sent);
        if all.contains(&Seat::A3) {
            all.push(Seat::GreenA);
        }
        all
    };
    let cases = on_paper(&spread);
    let free = cases.iter().find(|case| case.case.en.contains("free within")).unwrap();
    assert_eq!(free.verdict, Verdict::Fail);
    assert!(free.reason.as_ref().unwrap().en.contains("green-a1"), "{:?}", free.reason);
}

#[test]
fn a_probe_is_read_as_it_was_made() {
    let ends = (Seat::A1, Seat::A2);
    for family in [Family::V4, Family::V6] {
        let making = Making { ends, family, number: 20_001, token: frame::token(7) };
        for (frame, said) in [
            (Frame::Udp(6000), "UDP 20001 > 6000"),
            (Frame::Syn(443), "TCP 20001 > 443"),
            (Frame::Echo, if family == Family::V4 { "ICMP 8/0" } else { "ICMP 128/0" }),
            (Frame::Tagged(0x8100, 5, &Frame::Udp(1)), "VLAN 5"),
            (Frame::Ether(0x88b5), "type 0x88b5"),
        ] {
            for bytes in making.frames(&frame) {
                let read = frame::describe(&bytes);
                assert!(read.contains(said), "{read}");
                assert_eq!(frame::number(&bytes), Some(7));
            }
        }
    }
}
