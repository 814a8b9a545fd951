//! What packets may do in tenant networks, as values: who sends what to whom, and whether it
//! arrives. Nothing here knows how a packet is made or heard.
//!
//! A [`Row`] is a case for each of its pairs and families. Every step that must not arrive has
//! one behind it, from the same host to the same, that must: its positive control.

/// Families of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// Guests; who they are is in [`world`](super::world).
///
/// A and B are the hosts; the first digit of an address is 1 on A and 2 on B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seat {
    /// `.11`, group `web`.
    A1,
    /// `.12`, group `db`.
    A2,
    /// `.13`, group `web`; may use VRRP's [`Seat::Vip`] and .64/29.
    A3,
    /// `.14`, group `plain`.
    A4,
    /// `.16`, no group.
    A6,
    /// `.17`, without port security.
    A7,
    /// `.21`, group `web`.
    B1,
    /// `.22`, group `db`.
    B2,
    /// `.24`, group `plain`.
    B4,
    /// `.26`, no group.
    B6,
    /// Another VPC's `.11` on A, group `gcli`: same MAC and IP addresses as [`Seat::A1`].
    GreenA,
    /// Another VPC's `.12` on A, group `gsrv`: as [`Seat::A2`].
    GreenC,
    /// Another VPC's `.22` on B, group `gsrv`: as [`Seat::B2`].
    GreenB,
    /// A third VPC's `.11` on A; its other station is on a node that is not built, 10.99.0.3.
    Blue,
    /// `.100` with a MAC address of VRRP, nobody's own.
    Vip,
    /// `.65`, in a range that `A3` may use.
    Ranged,
    /// `.77`, an address that nobody has.
    Nobody,
    /// `.1`, where a router would be.
    Router,
}

/// One end of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The first of the row's pair.
    From,
    /// The second.
    To,
    /// Whatever the pair is.
    At(Seat),
}

/// A packet. Ports of the sender and identifications are the case's own, so that no case meets
/// another's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A datagram to a port.
    Udp(u16),
    /// The datagram that answers it, from the port.
    UdpReply(u16),
    /// The segment that opens a connection to a port.
    Syn(u16),
    /// The second of the handshake, from the port.
    SynAck(u16),
    /// One with data, to the port.
    Ack(u16),
    /// One with data, from the port.
    AckReply(u16),
    /// An echo request.
    Echo,
    /// The answer to it.
    EchoReply,
    /// Type and code.
    Icmp(u8, u8),
    /// Type and code of an error about the datagram that the receiver sent to a port.
    Error(u8, u8, u16),
    /// A protocol by number.
    Protocol(u8),
    /// A datagram to a port in two fragments.
    Fragments(u16),
    /// The first of them alone.
    Head(u16),
    /// The second alone.
    Tail(u16),
    /// A datagram to a port, in an IP packet of so many bytes.
    Sized(u16, usize),
    /// A neighbour advertisement for the sender's own address: what always passes.
    Hello,
    /// ARP.
    Arp(Arp),
    /// Neighbour discovery.
    Nd(Nd),
    /// A DHCP server's answer, of the family's DHCP.
    DhcpServer,
    /// A DHCP client's request, to all.
    DhcpClient,
    /// With the addresses of others: MAC, IP.
    As(Option<Seat>, Option<Seat>, &'static Frame),
    /// To all stations, whatever its IP header says.
    Flooded(&'static Frame),
    /// To a MAC address that nobody has.
    Lost(&'static Frame),
    /// With a VLAN tag: `EtherType` of the tag, and the tag.
    Tagged(u16, u16, &'static Frame),
    /// Of a protocol that is not IP, by `EtherType`.
    Ether(u16),
    /// In VXLAN on the underlay, from the sender's host: last byte of the VTEP, and VNI.
    Tunnel(u8, u32, &'static Frame),
}

/// What ARP says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arp {
    /// Asks all for the receiver, with the own addresses.
    Request,
    /// Answers with the own addresses.
    Answer,
    /// Asks all whether an address is free, with the sender's address 0.0.0.0.
    Probe,
    /// Answers with another's IP address.
    AnswerFor(Seat),
    /// Asks with another's IP address as the sender's.
    RequestFrom(Seat),
    /// Answers with another's MAC address in the message, the own in the frame.
    AnswerMac(Seat),
    /// Tells all that another's address is here.
    Gratuitous(Seat),
}

/// What neighbour discovery says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nd {
    /// Asks the receiver.
    Solicit,
    /// Asks all whether an address is free (RFC 4862 §5.4): `::` is the sender.
    Detect(Seat),
    /// Advertises another's address.
    AdvertiseFor(Seat),
    /// Advertises another's address, behind a header of options.
    Hidden(Seat),
    /// A router's advertisement.
    Router,
    /// The same in two fragments.
    RouterFragments,
    /// A router's redirect.
    Redirect,
}

/// Whether a packet arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Yes,
    No,
    /// With `semantics = "norm"` only.
    Norm,
}

/// What is done in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A packet is sent, and arrives or not.
    Send { from: End, to: End, frame: Frame, seen: Seen },
    /// Both hosts get another desired state.
    Change(Change),
}

/// How a desired state differs from the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// In nothing.
    Nothing,
    /// A rule is gone.
    Without(&'static str),
    /// A rule is written otherwise: what is replaced, and by what.
    Narrowed(&'static str, &'static str, &'static str),
    /// A station is in other groups.
    Groups(Seat, &'static [&'static str]),
    /// A group has one more rule.
    Added(&'static str, &'static str),
}

/// Cases that are alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) pairs: &'static [(Seat, Seat)],
    pub(crate) families: &'static [Family],
    pub(crate) steps: &'static [Step],
}

pub(crate) const BOTH: &[Family] = &[Family::V4, Family::V6];
pub(crate) const FOUR: &[Family] = &[Family::V4];
pub(crate) const SIX: &[Family] = &[Family::V6];

pub(crate) const fn there(frame: Frame, seen: Seen) -> Step {
    Step::Send { from: End::From, to: End::To, frame, seen }
}

pub(crate) const fn back(frame: Frame, seen: Seen) -> Step {
    Step::Send { from: End::To, to: End::From, frame, seen }
}

pub(crate) const fn between(from: Seat, to: Seat, frame: Frame, seen: Seen) -> Step {
    Step::Send { from: End::At(from), to: End::At(to), frame, seen }
}

/// From another than the row's sender to its receiver.
pub(crate) const fn from(from: Seat, frame: Frame, seen: Seen) -> Step {
    Step::Send { from: End::At(from), to: End::To, frame, seen }
}

/// To another than the row's receiver, from it.
pub(crate) const fn back_to(to: Seat, frame: Frame, seen: Seen) -> Step {
    Step::Send { from: End::To, to: End::At(to), frame, seen }
}

impl End {
    pub(crate) fn of(self, (from, to): (Seat, Seat)) -> Seat {
        match self {
            Self::From => from,
            Self::To => to,
            Self::At(seat) => seat,
        }
    }
}

impl Seen {
    pub(crate) fn under(self, norm: bool) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::Norm => norm,
        }
    }
}

/// A row for one pair and family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) row: &'static Row,
    pub(crate) pair: (Seat, Seat),
    pub(crate) family: Family,
}

/// Returns every case of some rows.
pub(crate) fn cases(rows: &'static [Row]) -> impl Iterator<Item = Case> {
    rows.iter().flat_map(|row| {
        let of =
            move |pair| row.families.iter().map(move |family| Case { row, pair, family: *family });
        row.pairs.iter().flat_map(move |pair| of(*pair))
    })
}
