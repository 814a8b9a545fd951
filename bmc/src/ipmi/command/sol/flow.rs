//! The flow of characters of a console, as the remote side has it (§15.5 to §15.11): what is typed
//! goes out one packet at a time and again until it is acknowledged, what comes is acknowledged and
//! told once.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::Packet;

/// Bytes before the characters of a packet.
const HEAD: usize = 4;
/// How long an acknowledgement is waited for.
const AGAIN: Duration = Duration::from_millis(500);
/// How often a packet is sent.
const TIMES: u8 = 10;
/// Status bits of the BMC.
const NOT_TAKEN: u8 = 0x40;
const ENDED: u8 = 0x10;
/// Status bit of the console.
const BREAK: u8 = 0x10;

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Send this.
    Send(Packet),
    /// Wait for a packet, or until then; `None` for as long as it takes.
    Wait(Option<Instant>),
    /// Give it up: what was sent is not acknowledged.
    Lost,
}

/// The flow of a console.
#[derive(Debug)]
pub struct Flow {
    /// Characters that a packet takes.
    most: usize,
    typed: VecDeque<u8>,
    breaks: bool,
    /// The number of the last packet that was sent, 1 to 15.
    number: u8,
    sent: Option<Sent>,
    /// The number of the last packet that came, and how many characters were told of it.
    told: Option<(u8, usize)>,
    acknowledge: Option<(u8, u8)>,
    ended: bool,
}

/// A packet that waits to be acknowledged.
#[derive(Debug)]
struct Sent {
    packet: Packet,
    next: Instant,
    times: u8,
}

impl Flow {
    /// A flow by packets of so many bytes, as the BMC takes them (`Activated::inbound`), numbered
    /// from the one after `last`: any will do, and one by chance is best. `ipmi_sim` 1.0.13 takes a
    /// number that the console before ended with for one that comes again.
    pub fn new(inbound: u16, last: u8) -> Self {
        Self {
            // A BMC that tells nonsense gets one character at a time.
            most: usize::from(inbound.min(255)).saturating_sub(HEAD).max(1),
            typed: VecDeque::new(),
            breaks: false,
            number: last % 15,
            sent: None,
            told: None,
            acknowledge: None,
            ended: false,
        }
    }

    /// Takes characters that were typed.
    pub fn write(&mut self, bytes: &[u8]) {
        self.typed.extend(bytes);
    }

    /// Has a break sent, before what was typed.
    pub fn write_break(&mut self) {
        self.breaks = true;
    }

    /// Returns whether all that was typed has arrived.
    pub fn is_idle(&self) -> bool {
        self.typed.is_empty() && self.sent.is_none() && !self.breaks
    }

    /// Returns whether the BMC has ended it.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes a packet of the BMC, and returns the characters that are new.
    pub fn handle(&mut self, packet: &Packet, now: Instant) -> Vec<u8> {
        // Bits of packets that acknowledge say how it is with the console.
        if packet.status & ENDED != 0 {
            self.ended = true;
        }
        if let Some(sent) = self.sent.take_if(|sent| sent.packet.sequence == packet.acknowledges) {
            self.acknowledged(sent, packet, now);
        }
        if packet.sequence == 0 {
            return Vec::new();
        }
        let known = match self.told {
            Some((number, count)) if number == packet.sequence => count,
            _ => 0,
        };
        self.told = Some((packet.sequence, packet.data.len().max(known)));
        let taken = u8::try_from(packet.data.len()).unwrap_or(u8::MAX);
        self.acknowledge = Some((packet.sequence, taken));
        packet.data.get(known..).unwrap_or_default().to_vec()
    }

    fn acknowledged(&mut self, mut sent: Sent, packet: &Packet, now: Instant) {
        let taken = usize::from(packet.accepted);
        // More than there were: that is about another packet of the same number.
        let taken = if taken > sent.packet.data.len() { 0 } else { taken };
        if packet.status & NOT_TAKEN != 0 && taken == 0 && !sent.packet.data.is_empty() {
            // It cannot take them now: once more, later, by the same number.
            sent.next = now + AGAIN;
            self.sent = Some(sent);
            return;
        }
        // What was not taken goes first, by another number.
        for byte in sent.packet.data.iter().skip(taken).rev() {
            self.typed.push_front(*byte);
        }
    }

    /// Returns what to do next.
    pub fn poll(&mut self, now: Instant) -> Turn {
        if let Some((acknowledges, accepted)) = self.acknowledge.take() {
            let packet = Packet { acknowledges, accepted, ..Packet::default() };
            return Turn::Send(packet);
        }
        if let Some(sent) = &mut self.sent {
            if now < sent.next {
                return Turn::Wait(Some(sent.next));
            }
            if sent.times >= TIMES {
                return Turn::Lost;
            }
            sent.times += 1;
            sent.next = now + AGAIN;
            return Turn::Send(sent.packet.clone());
        }
        if self.typed.is_empty() && !self.breaks {
            return Turn::Wait(None);
        }
        let status = if std::mem::take(&mut self.breaks) { BREAK } else { 0 };
        let count = self.typed.len().min(self.most);
        let data = self.typed.drain(..count).collect();
        self.number = self.number % 15 + 1;
        let packet = Packet { sequence: self.number, status, data, ..Packet::default() };
        self.sent = Some(Sent { packet: packet.clone(), next: now + AGAIN, times: 1 });
        Turn::Send(packet)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "std has no other first instant")]
    fn start() -> Instant {
        Instant::now()
    }

    fn sent(turn: Turn) -> Packet {
        match turn {
            Turn::Send(packet) => packet,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn what_was_taken_in_part_goes_on_where_it_was_cut() {
        let (mut flow, now) = (Flow::new(8, 0), start());
        flow.write(b"abcdefg");
        let first = sent(flow.poll(now));
        assert_eq!((first.sequence, first.data.as_slice()), (1, &b"abcd"[..]));
        assert!(matches!(flow.poll(now), Turn::Wait(Some(_))));
        flow.handle(
            &Packet { acknowledges: 1, accepted: 2, status: 0x40, ..Packet::default() },
            now,
        );
        let second = sent(flow.poll(now));
        assert_eq!((second.sequence, second.data.as_slice()), (2, &b"cdef"[..]));
        // Not taken at all: once more, later.
        flow.handle(
            &Packet { acknowledges: 2, accepted: 0, status: 0x40, ..Packet::default() },
            now,
        );
        assert!(matches!(flow.poll(now), Turn::Wait(Some(_))));
        assert_eq!(sent(flow.poll(now + AGAIN)), second);
        assert!(!flow.is_idle());
    }

    #[test]
    fn what_comes_again_is_acknowledged_again_and_told_once() {
        let (mut flow, now) = (Flow::new(255, 14), start());
        let packet = Packet { sequence: 5, data: b"login: ".to_vec(), ..Packet::default() };
        assert_eq!(flow.handle(&packet, now), b"login: ");
        let reply = sent(flow.poll(now));
        assert_eq!((reply.sequence, reply.acknowledges, reply.accepted), (0, 5, 7));
        assert_eq!(flow.handle(&packet, now), b"");
        assert_eq!(sent(flow.poll(now)).acknowledges, 5);
        assert_eq!(flow.poll(now), Turn::Wait(None));
    }

    #[test]
    fn silence_is_given_up_and_an_end_is_told() {
        let (mut flow, mut now) = (Flow::new(0, 3), start());
        flow.write_break();
        assert_eq!(sent(flow.poll(now)).status, BREAK);
        let mut times = 1;
        loop {
            match flow.poll(now) {
                Turn::Send(_) => times += 1,
                Turn::Wait(until) => now = until.expect("a time"),
                Turn::Lost => break,
            }
        }
        assert_eq!(times, TIMES);
        flow.handle(&Packet { status: ENDED, ..Packet::default() }, now);
        assert!(flow.has_ended());
    }

    proptest! {
        /// A BMC that takes some of each packet, and loses some of them, has all characters in the
        /// end, each once.
        #[test]
        fn all_that_is_typed_arrives_once(
            typed in vec(any::<u8>(), 0..200),
            fates in vec((any::<bool>(), 0_u8..9), 0..60),
        ) {
            let (mut flow, mut now) = (Flow::new(12, 7), start());
            let (mut arrived, mut last) = (Vec::<u8>::new(), None);
            let mut fates = fates.into_iter();
            flow.write(&typed);
            while !flow.is_idle() {
                match flow.poll(now) {
                    Turn::Send(packet) => {
                        let (lost, taken) = fates.next().unwrap_or((false, 8));
                        // A number that comes again gets the same answer again.
                        let taken = match last {
                            Some((number, taken)) if number == packet.sequence => taken,
                            _ => {
                                let taken = packet.data.len().min(usize::from(taken));
                                arrived.extend(packet.data.iter().take(taken));
                                taken
                            }
                        };
                        last = (taken > 0).then_some((packet.sequence, taken));
                        let status = if taken < packet.data.len() { NOT_TAKEN } else { 0 };
                        let reply = Packet {
                            acknowledges: packet.sequence,
                            accepted: u8::try_from(taken).expect("small"),
                            status,
                            ..Packet::default()
                        };
                        if !lost {
                            flow.handle(&reply, now);
                        }
                    }
                    Turn::Wait(until) => now = until.expect("a time"),
                    // More in a row were lost than it is sent.
                    Turn::Lost => return Ok(()),
                }
            }
            prop_assert_eq!(arrived, typed);
        }
    }
}
