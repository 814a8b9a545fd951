//! What groups permit: both directions, remote groups, ranges of addresses and ports, types of
//! ICMP, fragments, and what belongs to a connection.

use super::cases::Frame::{
    Ack, AckReply, Echo, EchoReply, Error, Flooded, Fragments, Head, Hello, Icmp, Protocol, Sized,
    Syn, SynAck, Tail, Udp, UdpReply,
};
use super::cases::Seat::{A1, A2, A3, A4, A6, A7, B1, B2, B4, B6, Nobody};
use super::cases::Seen::{No, Norm, Yes};
use super::cases::{BOTH, FOUR, Frame, Row, SIX, Seat, back, from, there};

/// From `web` to `db`: on one host, and across both ways.
const WEB_DB: &[(Seat, Seat)] = &[(A1, A2), (A1, B2), (B1, A2)];
/// From `db` to `web`, within the range that `web` admits.
const DB_WEB: &[(Seat, Seat)] = &[(A2, A1), (A2, B1)];
/// Inside `web`.
const WEB: &[(Seat, Seat)] = &[(A1, A3), (A1, B1), (B1, A1)];

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "in: a TCP port, from a remote group",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Syn(3307), No), there(Syn(3306), Yes)],
    },
    Row {
        what: "in: a UDP port, from a remote group",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Udp(6001), No), there(Udp(6000), Yes)],
    },
    Row {
        what: "in: the same port of the other protocol",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Syn(6000), No), there(Udp(3306), No), there(Udp(6000), Yes)],
    },
    Row {
        what: "in: a remote group that the sender is not in",
        pairs: &[(A4, A2), (A4, B2), (B4, A2)],
        families: BOTH,
        steps: &[
            there(Udp(6000), No),
            there(Syn(3306), No),
            from(A1, Udp(6000), Yes),
            there(Hello, Yes),
        ],
    },
    Row {
        what: "in: both ends of a range of ports, and beyond",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            there(Syn(7999), No),
            there(Syn(8011), No),
            there(Syn(8000), Yes),
            there(Syn(8010), Yes),
        ],
    },
    Row {
        what: "in: a group of addresses, the sender in it",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Udp(7000), Yes)],
    },
    Row {
        what: "in: a group of addresses, the sender not in it",
        pairs: &[(A3, A2), (A3, B2)],
        families: BOTH,
        steps: &[there(Udp(7000), No), there(Udp(6000), Yes)],
    },
    Row {
        what: "in: a protocol by number",
        pairs: &[(A1, A2), (A1, B2)],
        families: BOTH,
        steps: &[there(Protocol(104), No), there(Protocol(103), Yes)],
    },
    Row {
        what: "in: a CIDR, the sender in it",
        pairs: DB_WEB,
        families: BOTH,
        steps: &[there(Udp(5005), Yes)],
    },
    Row {
        what: "in: a CIDR, the sender not in it",
        pairs: &[(B2, A1), (B2, B1)],
        families: BOTH,
        steps: &[there(Udp(5005), No), there(Echo, Yes)],
    },
    Row {
        what: "in: a port from anyone",
        pairs: WEB,
        families: BOTH,
        steps: &[there(Syn(443), Yes)],
    },
    Row {
        what: "a group's own members, no rule",
        pairs: WEB,
        families: BOTH,
        steps: &[there(Udp(9999), Norm), there(Syn(9998), Norm), there(Syn(443), Yes)],
    },
    Row {
        what: "a group's own members where it has rules for out",
        pairs: &[(A2, B2), (B2, A2)],
        families: BOTH,
        steps: &[there(Udp(9999), Norm), there(Hello, Yes)],
    },
    Row {
        what: "out: what the receiver would admit, no rule for it",
        pairs: DB_WEB,
        families: BOTH,
        steps: &[there(Syn(443), No), there(Udp(5005), Yes)],
    },
    Row {
        what: "out: a range of ports, and beyond",
        pairs: &[(A2, A1), (A2, B1), (A2, A3)],
        families: BOTH,
        steps: &[
            there(Udp(4999), No),
            there(Udp(5011), No),
            there(Udp(5000), Yes),
            there(Udp(5010), Yes),
        ],
    },
    Row {
        what: "out: a remote group that the receiver is not in",
        pairs: &[(A2, A4), (A2, B4)],
        families: BOTH,
        steps: &[there(Udp(5005), No), there(Echo, Yes)],
    },
    Row {
        what: "out: a CIDR, the receiver in it",
        pairs: &[(A2, B4), (B2, B4)],
        families: BOTH,
        steps: &[there(Udp(53), Yes)],
    },
    Row {
        what: "out: a CIDR, the receiver not in it",
        pairs: &[(A2, A4), (B2, A4)],
        families: BOTH,
        steps: &[there(Udp(53), No), there(Echo, Yes)],
    },
    Row {
        what: "out: no group of the sender has a rule for it",
        pairs: &[(A4, A1), (A4, B1), (B4, A1)],
        families: BOTH,
        steps: &[there(Syn(443), Norm), back(Udp(5005), Yes), there(UdpReply(5005), Yes)],
    },
    Row {
        what: "in: a port without a group",
        pairs: &[(A1, A6), (A1, B6), (B1, A6)],
        families: BOTH,
        steps: &[there(Udp(5005), No), there(Syn(443), No), there(Echo, No), there(Hello, Yes)],
    },
    Row {
        what: "out: a port without a group",
        pairs: &[(A6, A4), (A6, B4), (B6, A4)],
        families: BOTH,
        steps: &[there(Udp(5005), No), there(Echo, No), there(Hello, Yes)],
    },
    Row {
        what: "a port without security",
        pairs: &[(A7, A4), (A7, B4)],
        families: BOTH,
        steps: &[
            there(Udp(5005), Yes),
            there(Frame::As(None, Some(Nobody), &Udp(5006)), Yes),
            back(UdpReply(5005), Yes),
            from(A1, Udp(5005), Yes),
        ],
    },
    Row {
        what: "to a port without security",
        pairs: &[(A1, A7), (B1, A7)],
        families: BOTH,
        steps: &[there(Udp(9999), Yes), there(Syn(9999), Yes)],
    },
    Row {
        what: "ICMP: echo from a remote group, and its answer",
        pairs: &[(A2, A1), (A2, B1), (B2, A1)],
        families: BOTH,
        steps: &[there(Echo, Yes), back(EchoReply, Yes)],
    },
    Row {
        what: "ICMP: echo from a group that no rule names",
        pairs: WEB,
        families: BOTH,
        steps: &[there(Echo, Norm), there(Syn(443), Yes)],
    },
    Row {
        what: "ICMP: an answer that nobody asked for",
        pairs: &[(A1, A4), (A1, B4)],
        families: BOTH,
        steps: &[there(EchoReply, No), there(Echo, Yes), back(EchoReply, Yes)],
    },
    Row {
        what: "ICMP: another type (timestamp), another code",
        pairs: &[(A1, A4), (A1, B4)],
        families: FOUR,
        steps: &[there(Icmp(13, 0), No), there(Icmp(8, 1), No), there(Echo, Yes)],
    },
    Row {
        what: "ICMPv6: another type (node information), another code",
        pairs: &[(A1, A4), (A1, B4)],
        families: SIX,
        steps: &[there(Icmp(139, 0), No), there(Icmp(128, 1), No), there(Echo, Yes)],
    },
    Row {
        what: "established: an answer that no rule for out permits",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            back(UdpReply(6000), No),
            there(Udp(6000), Yes),
            back(UdpReply(6000), Yes),
            there(Udp(6000), Yes),
        ],
    },
    Row {
        what: "established: a TCP handshake and data",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            back(SynAck(3306), No),
            there(Syn(3306), Yes),
            back(SynAck(3306), Yes),
            there(Ack(3306), Yes),
            back(AckReply(3306), Yes),
        ],
    },
    Row {
        what: "established: data of a connection that was never begun",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            there(Ack(3307), No),
            back(AckReply(3307), No),
            there(Syn(3306), Yes),
            back(SynAck(3306), Yes),
        ],
    },
    Row {
        what: "related: port unreachable, too big, time exceeded",
        pairs: WEB_DB,
        families: FOUR,
        steps: &[
            back(Error(3, 3, 6000), No),
            there(Udp(6000), Yes),
            back(Error(3, 3, 6000), Yes),
            back(Error(3, 4, 6000), Yes),
            back(Error(11, 0, 6000), Yes),
            back(Error(3, 3, 6001), No),
            back(Error(3, 3, 6000), Yes),
        ],
    },
    Row {
        what: "related: port unreachable, too big, time exceeded",
        pairs: WEB_DB,
        families: SIX,
        steps: &[
            back(Error(1, 4, 6000), No),
            there(Udp(6000), Yes),
            back(Error(1, 4, 6000), Yes),
            back(Error(2, 0, 6000), Yes),
            back(Error(3, 0, 6000), Yes),
            back(Error(1, 4, 6001), No),
            back(Error(1, 4, 6000), Yes),
        ],
    },
    Row {
        what: "fragments of what is permitted, and of what is not",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Fragments(6001), No), there(Fragments(6000), Yes)],
    },
    Row {
        what: "fragments without the others",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Tail(6000), No), there(Udp(6000), Yes)],
    },
    Row {
        what: "fragments without the others: the first",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Head(6000), No), there(Udp(6000), Yes)],
    },
    Row {
        what: "MTU: the largest packet, and one byte more",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Sized(6000, 1551), No), there(Sized(6000, 1550), Yes)],
    },
    Row {
        what: "a packet for one, to all stations",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Flooded(&Udp(6000)), No), there(Udp(6000), Yes)],
    },
];
