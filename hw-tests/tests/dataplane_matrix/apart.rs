//! Networks apart: equal addresses in several VPCs, and what comes by the tunnel.
//!
//! `GreenA`, `GreenC` and `GreenB` have the addresses of `A1`, `A2` and `B2`. Every guest's
//! device is listened to in every case: what is seen where it should not be fails the case.

use super::cases::Frame::{As, Head, Hello, Lost, Tail, Tunnel, Udp, UdpReply};
use super::cases::Seat::{A1, A2, A4, B1, B2, B4, Blue, GreenA, GreenB, GreenC};
use super::cases::Seen::{No, Yes};
use super::cases::{Arp, BOTH, FOUR, Frame, Nd, Row, SIX, between, there};

/// VNIs of the networks red and blue; green's is 200.
const RED: u32 = 100;
const GREEN: u32 = 200;
const BLUE: u32 = 300;
/// The datagram that `B1` sends to `A4`, and `A1` to `B4`.
const HONEST: &Frame = &Udp(5005);
/// The other way round: from 10.99.0.2 to A, from 10.99.0.1 to B.
const OWN: u8 = 0;
/// A node that no desired state knows.
const UNKNOWN: u8 = 66;
/// The node of blue's other station.
const THIRD: u8 = 3;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "overlap: each network by its own rules, on one host",
        pairs: &[(A1, A2)],
        families: BOTH,
        steps: &[
            there(Udp(9000), No),
            there(Udp(6000), Yes),
            between(GreenA, GreenC, Udp(6000), No),
            between(GreenA, GreenC, Udp(9000), Yes),
        ],
    },
    Row {
        what: "overlap: each network by its own rules, across hosts",
        pairs: &[(A1, B2)],
        families: BOTH,
        steps: &[
            there(Udp(9000), No),
            there(Udp(6000), Yes),
            between(GreenA, GreenB, Udp(6000), No),
            between(GreenA, GreenB, Udp(9000), Yes),
        ],
    },
    Row {
        what: "overlap: a connection of one network opens nothing in the other",
        pairs: &[(A1, A2)],
        families: BOTH,
        steps: &[
            there(Udp(6000), Yes),
            between(GreenC, GreenA, UdpReply(6000), No),
            between(GreenA, GreenC, Udp(6000), No),
            between(GreenA, GreenC, Udp(9000), Yes),
            between(GreenC, GreenA, UdpReply(9000), Yes),
        ],
    },
    Row {
        what: "overlap: a connection of one network opens nothing in the other, across hosts",
        pairs: &[(A1, B2)],
        families: BOTH,
        steps: &[
            there(Udp(6000), Yes),
            between(GreenB, GreenA, UdpReply(6000), No),
            // Not 6000: what the last packet asked for, its own host would take as an answer.
            between(GreenA, GreenB, Udp(6001), No),
            between(GreenA, GreenB, Udp(9000), Yes),
            between(GreenB, GreenA, UdpReply(9000), Yes),
        ],
    },
    Row {
        what: "overlap: equal connections in both networks at once",
        pairs: &[(A1, A2)],
        families: BOTH,
        steps: &[
            there(Udp(9500), Yes),
            between(GreenA, GreenC, Udp(9500), Yes),
            between(A2, A1, UdpReply(9500), Yes),
            between(GreenC, GreenA, UdpReply(9500), Yes),
        ],
    },
    Row {
        what: "overlap: equal connections in both networks at once, across hosts",
        pairs: &[(A1, B2)],
        families: BOTH,
        steps: &[
            there(Udp(9500), Yes),
            between(GreenA, GreenB, Udp(9500), Yes),
            between(B2, A1, UdpReply(9500), Yes),
            between(GreenB, GreenA, UdpReply(9500), Yes),
        ],
    },
    Row {
        what: "overlap: fragments of two networks are never joined, on one host",
        pairs: &[(A1, A2)],
        families: BOTH,
        steps: &[
            there(Head(9500), No),
            between(GreenA, GreenC, Tail(9500), No),
            there(Udp(9500), Yes),
            between(GreenA, GreenC, Udp(9500), Yes),
        ],
    },
    Row {
        what: "overlap: fragments of two networks are never joined, across hosts",
        pairs: &[(A1, B2)],
        families: BOTH,
        steps: &[
            there(Head(9500), No),
            between(GreenA, GreenB, Tail(9500), No),
            there(Udp(9500), Yes),
            between(GreenA, GreenB, Udp(9500), Yes),
        ],
    },
    Row {
        what: "overlap: what goes to all or to nobody stays in its network",
        pairs: &[(A1, A2)],
        families: FOUR,
        steps: &[
            there(Frame::Arp(Arp::Request), Yes),
            there(Lost(&Udp(6000)), No),
            there(Udp(6000), Yes),
            between(GreenA, GreenC, Frame::Arp(Arp::Request), Yes),
        ],
    },
    Row {
        what: "tunnel: from a known VTEP",
        pairs: &[(B1, A4), (A1, B4)],
        families: BOTH,
        steps: &[there(Tunnel(OWN, RED, HONEST), Yes)],
    },
    Row {
        what: "tunnel: forged, from an unknown VTEP",
        pairs: &[(B1, A4), (A1, B4)],
        families: BOTH,
        steps: &[
            there(Tunnel(UNKNOWN, RED, HONEST), No),
            there(Tunnel(UNKNOWN, RED, &Hello), No),
            there(Tunnel(OWN, RED, HONEST), Yes),
        ],
    },
    Row {
        what: "tunnel: forged, of another network, from an unknown VTEP",
        pairs: &[(GreenB, GreenA)],
        families: BOTH,
        steps: &[there(Tunnel(UNKNOWN, GREEN, &Hello), No), there(Tunnel(OWN, GREEN, &Hello), Yes)],
    },
    Row {
        what: "tunnel: from a VTEP that has no station in that network",
        pairs: &[(B1, Blue)],
        families: BOTH,
        steps: &[there(Tunnel(OWN, BLUE, HONEST), No), there(Tunnel(THIRD, BLUE, HONEST), Yes)],
    },
    Row {
        what: "tunnel: from a VTEP that has a station in another network only",
        pairs: &[(B1, A4)],
        families: BOTH,
        steps: &[there(Tunnel(THIRD, RED, HONEST), No), there(Tunnel(OWN, RED, HONEST), Yes)],
    },
    Row {
        what: "tunnel: a VNI that no network has",
        pairs: &[(B1, A4), (A1, B4)],
        families: BOTH,
        steps: &[there(Tunnel(OWN, 999, HONEST), No), there(Tunnel(OWN, RED, HONEST), Yes)],
    },
    Row {
        what: "tunnel: IP address of a port of the receiver's own host",
        pairs: &[(B1, A4)],
        families: BOTH,
        steps: &[
            there(Tunnel(OWN, RED, &As(None, Some(A1), HONEST)), No),
            there(Tunnel(OWN, RED, &As(Some(A1), Some(A1), HONEST)), No),
            there(Tunnel(OWN, RED, HONEST), Yes),
        ],
    },
    Row {
        what: "tunnel: ARP in the name of a port of the receiver's own host",
        pairs: &[(B1, A4)],
        families: FOUR,
        steps: &[
            there(Tunnel(OWN, RED, &Frame::Arp(Arp::AnswerFor(A1))), No),
            there(Tunnel(OWN, RED, HONEST), Yes),
        ],
    },
    Row {
        what: "tunnel: ND in the name of a port of the receiver's own host",
        pairs: &[(B1, A4)],
        families: SIX,
        steps: &[
            there(Tunnel(OWN, RED, &Frame::Nd(Nd::AdvertiseFor(A1))), No),
            there(Tunnel(OWN, RED, &As(None, Some(A1), &Hello)), No),
            there(Tunnel(OWN, RED, &Hello), Yes),
        ],
    },
    Row {
        what: "tunnel: a router's advertisement",
        pairs: &[(B1, A4), (A1, B4)],
        families: SIX,
        steps: &[
            there(Tunnel(OWN, RED, &Frame::Nd(Nd::Router)), No),
            there(Tunnel(OWN, RED, &Hello), Yes),
        ],
    },
];
