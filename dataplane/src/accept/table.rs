//! The cases, as values: which row of the norm, who sends what to whom, and whether it arrives.
//!
//! Every probe that must not arrive has one behind it, from the same host to the same, that
//! must: its control. A control that is lost leaves the case unmeasured, for then nothing else
//! would have arrived either.

mod apart;
mod groups;
mod routed;

use super::world::Family::{self, V4, V6};
use super::world::Seat::{self, A1, A2, A3, B1};
use super::world::State;

/// A packet. Ports of the one who begins are the case's own, so that no case meets another's
/// connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A datagram to a port.
    Udp(u16),
    /// Its answer, from the port.
    UdpReply(u16),
    /// The segment that opens a connection to a port.
    Syn(u16),
    /// The second of the handshake, from the port.
    SynAck(u16),
    /// One with data, to the port.
    Data(u16),
    /// One with data, from the port.
    DataReply(u16),
    /// An echo request.
    Echo,
    /// The answer to it.
    EchoReply,
    /// "Port unreachable" about the datagram that the receiver sent to a port.
    Unreachable(u16),
    /// A datagram to a port in two fragments.
    Fragments(u16),
    /// A datagram to a port, in a packet of so many bytes that is not to be cut.
    Sized(u16, usize),
    /// To an external address, by its last byte, instead of the receiver's own.
    At(u8, &'static Frame),
    /// A neighbour advertisement of the sender's own address: what always passes.
    Hello,
    /// An ARP answer, or in IPv6 an advertisement, that another's address is here.
    Claim(Seat),
    /// ARP to all, or a solicitation: who has the receiver's address?
    Ask,
    /// A router's advertisement.
    Router,
    /// A DHCP server's answer.
    DhcpServer,
    /// With the addresses of others: MAC, IP.
    As(Option<Seat>, Option<Seat>, &'static Frame),
    /// To all stations, whatever its IP header says.
    Flooded(&'static Frame),
    /// To a MAC address that nobody has.
    Lost(&'static Frame),
    /// With a VLAN tag: type of the tag, number.
    Tagged(u16, u16, &'static Frame),
    /// Of a protocol that is not IP.
    Ether(u16),
    /// In VXLAN on the underlay, from the card of the sender's host: last byte of the VTEP that
    /// it says it is from, its own for 0, and VNI.
    Tunnel(u8, u32, &'static Frame),
}

/// Whether a packet arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It must.
    Yes,
    /// It must not, anywhere.
    No,
    /// It does wherever something does: the control of those before it.
    Control,
    /// It must, with an external address as its source, by its last byte.
    Under(u8),
    /// It is too large: the sender is told so by a router.
    Refused,
    /// It is answered on the sender's own host, and is not seen on the other one.
    Answered,
}

/// One end of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The first of the row's pair.
    From,
    /// The second.
    To,
    /// Whatever the pair is.
    At(Seat),
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(End, End, Frame, Seen),
    /// Both hosts get another desired state.
    Change(State),
    /// The second of the pair is in this group alone.
    Join(&'static str),
}

/// Cases that are alike: one for each pair and family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Of the norm.
    pub(super) norm: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) pairs: &'static [(Seat, Seat)],
    pub(super) families: &'static [Family],
    pub(super) steps: &'static [Step],
}

const fn there(frame: Frame, seen: Seen) -> Step {
    Step::Send(End::From, End::To, frame, seen)
}

const fn back(frame: Frame, seen: Seen) -> Step {
    Step::Send(End::To, End::From, frame, seen)
}

const fn between(from: Seat, to: Seat, frame: Frame, seen: Seen) -> Step {
    Step::Send(End::At(from), End::At(to), frame, seen)
}

/// All rows.
pub(super) const ROWS: &[&[Row]] = &[apart::ROWS, groups::ROWS, routed::ROWS];

const BOTH: &[Family] = &[V4, V6];
const FOUR: &[Family] = &[V4];
const SIX: &[Family] = &[V6];

/// From `web` to `db`, on one host and across.
const WEB_DB: &[(Seat, Seat)] = &[(A1, A2), (B1, A2)];
/// Inside `web`.
const WEB: &[(Seat, Seat)] = &[(A1, A3), (A1, B1)];
/// What `db` admits from `web`.
const HONEST: &Frame = &Frame::Udp(6000);
/// What only those inside one group admit.
const INSIDE: &Frame = &Frame::Udp(9999);

impl End {
    pub(super) fn of(self, (from, to): (Seat, Seat)) -> Seat {
        match self {
            Self::From => from,
            Self::To => to,
            Self::At(seat) => seat,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Seen::{Control, No, Under, Yes};

    #[test]
    fn every_deny_has_its_control_behind_it() {
        for row in ROWS.iter().copied().flatten() {
            for pair in row.pairs {
                for (at, step) in row.steps.iter().enumerate() {
                    let Step::Send(from, to, _, No) = step else { continue };
                    let way = (from.of(*pair).host(), to.of(*pair).host());
                    let mut behind = row.steps.iter().skip(at + 1);
                    let has = behind.any(|step| match step {
                        Step::Send(from, to, _, Yes | Control | Under(_)) => {
                            (from.of(*pair).host(), to.of(*pair).host()) == way
                        }
                        _ => false,
                    });
                    assert!(has, "{} {pair:?}: step {at}", row.en);
                }
            }
        }
    }

    #[test]
    fn there_are_cases_enough_for_every_row_of_the_norm() {
        let count: usize =
            ROWS.iter().copied().flatten().map(|row| row.pairs.len() * row.families.len()).sum();
        assert!((120..=200).contains(&count), "{count}");
        let rows = ["5.2.3.1#5", "5.2.3.2#1", "5.2.3.2#2", "5.2.3.2#3", "5.2.3.2#4", "5.2.3.2#5"];
        let routed = ["5.2.3.1#1", "5.2.3.1#2", "5.2.3.1#6"];
        let elastic = ["5.2.3.5#1", "5.2.3.5#2", "5.2.3.5#3", "5.2.3.5#5"];
        let rest = ["5.3.1.1#1", "8.3.8#1", "8.3.8#2", "8.3.8#3"];
        for row in rows.iter().chain(&routed).chain(&elastic).chain(&rest) {
            assert!(ROWS.iter().copied().flatten().any(|case| case.norm == *row), "{row}");
        }
    }
}
