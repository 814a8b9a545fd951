//! What a port may send at all: its own addresses, in frame, packet, ARP and neighbour
//! discovery, and nothing of a router, a DHCP server or a tunnel.
//!
//! `A1` may send datagrams to port 5005 of each of these, and anyone may to that of `A4` and
//! `B4`: there only the forgery is in the way.

use super::cases::Frame::{As, DhcpClient, DhcpServer, Ether, Hello, Lost, Tagged, Udp};
use super::cases::Seat::{A1, A2, A3, A4, B1, B2, B4, Nobody, Ranged, Router, Vip};
use super::cases::Seen::{No, Yes};
use super::cases::{Arp, BOTH, FOUR, Frame, Nd, Row, SIX, Seat, there};

const PAIRS: &[(Seat, Seat)] = &[(A1, A3), (A1, B1)];
const OPEN: &[(Seat, Seat)] = &[(A1, A4), (A1, B4)];
const HERE: &[(Seat, Seat)] = &[(A1, A3)];
/// A datagram that arrives.
const HONEST: &Frame = &Udp(5005);

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "forged: MAC address of a neighbour",
        pairs: OPEN,
        families: BOTH,
        steps: &[there(As(Some(A3), None, HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "forged: MAC address of nobody",
        pairs: OPEN,
        families: BOTH,
        steps: &[there(As(Some(Nobody), None, HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "forged: IP address of a neighbour",
        pairs: OPEN,
        families: BOTH,
        steps: &[there(As(None, Some(A3), HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "forged: IP address of a station elsewhere",
        pairs: OPEN,
        families: BOTH,
        steps: &[there(As(None, Some(B2), HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "forged: IP address of nobody",
        pairs: OPEN,
        families: BOTH,
        steps: &[there(As(None, Some(Nobody), HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "forged: MAC and IP address of a neighbour",
        pairs: OPEN,
        families: BOTH,
        steps: &[there(As(Some(A3), Some(A3), HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "allowed: another's address with its MAC address",
        pairs: &[(A3, A4), (A3, B4)],
        families: BOTH,
        steps: &[
            there(As(None, Some(Vip), HONEST), No),
            there(As(Some(Vip), None, HONEST), No),
            there(As(Some(Vip), Some(Vip), HONEST), Yes),
        ],
    },
    Row {
        what: "allowed: another's address, but to another port",
        pairs: &[(A1, A4), (A1, B4)],
        families: BOTH,
        steps: &[there(As(Some(Vip), Some(Vip), HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "allowed: an address of a range",
        pairs: &[(A3, A4), (A3, B4)],
        families: BOTH,
        steps: &[
            there(As(None, Some(Nobody), HONEST), No),
            there(As(None, Some(Ranged), HONEST), Yes),
        ],
    },
    Row {
        what: "allowed: an address of a range, but to another port",
        pairs: &[(A1, A4), (A1, B4)],
        families: BOTH,
        steps: &[there(As(None, Some(Ranged), HONEST), No), there(*HONEST, Yes)],
    },
    Row {
        what: "ARP: a request, an answer and a probe of its own",
        pairs: HERE,
        families: FOUR,
        steps: &[
            there(Frame::Arp(Arp::Request), Yes),
            there(Frame::Arp(Arp::Answer), Yes),
            there(Frame::Arp(Arp::Probe), Yes),
        ],
    },
    Row {
        what: "ARP: an answer with a neighbour's IP address",
        pairs: HERE,
        families: FOUR,
        steps: &[
            there(Frame::Arp(Arp::AnswerFor(A2)), No),
            there(Frame::Arp(Arp::AnswerFor(Nobody)), No),
            there(Frame::Arp(Arp::Answer), Yes),
        ],
    },
    Row {
        what: "ARP: an answer with a station's address that is elsewhere",
        pairs: HERE,
        families: FOUR,
        steps: &[there(Frame::Arp(Arp::AnswerFor(B2)), No), there(Frame::Arp(Arp::Answer), Yes)],
    },
    Row {
        what: "ARP: a request in a neighbour's name",
        pairs: HERE,
        families: FOUR,
        steps: &[there(Frame::Arp(Arp::RequestFrom(A2)), No), there(Frame::Arp(Arp::Request), Yes)],
    },
    Row {
        what: "ARP: a neighbour's MAC address in the message",
        pairs: HERE,
        families: FOUR,
        steps: &[there(Frame::Arp(Arp::AnswerMac(A2)), No), there(Frame::Arp(Arp::Answer), Yes)],
    },
    Row {
        what: "ARP: a neighbour's MAC address in the frame",
        pairs: HERE,
        families: FOUR,
        steps: &[
            there(As(Some(A2), None, &Frame::Arp(Arp::Answer)), No),
            there(Frame::Arp(Arp::Answer), Yes),
        ],
    },
    Row {
        what: "ARP: the router's address, told to all",
        pairs: HERE,
        families: FOUR,
        steps: &[
            there(Frame::Arp(Arp::Gratuitous(Router)), No),
            there(Frame::Arp(Arp::Request), Yes),
        ],
    },
    Row {
        what: "ARP: a neighbour's IP address, told to the other host",
        pairs: &[(A1, B1)],
        families: FOUR,
        steps: &[there(Frame::Arp(Arp::AnswerFor(A2)), No), there(*HONEST, Yes)],
    },
    Row {
        what: "ND: solicitation of its own",
        pairs: HERE,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::Solicit), Yes), there(Frame::Nd(Nd::Detect(A1)), Yes)],
    },
    Row {
        what: "ND: advertisement for a neighbour's address",
        pairs: PAIRS,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::AdvertiseFor(A2)), No), there(Hello, Yes)],
    },
    Row {
        what: "ND: advertisement for an address that is elsewhere",
        pairs: PAIRS,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::AdvertiseFor(B2)), No), there(Hello, Yes)],
    },
    Row {
        what: "ND: advertisement in a neighbour's name",
        pairs: PAIRS,
        families: SIX,
        steps: &[
            there(As(None, Some(A2), &Hello), No),
            there(As(Some(A2), Some(A2), &Hello), No),
            there(Hello, Yes),
        ],
    },
    Row {
        what: "ND: advertisement behind a header of options",
        pairs: PAIRS,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::Hidden(A2)), No), there(Hello, Yes)],
    },
    Row {
        what: "ND: detection that takes a neighbour's address away",
        pairs: HERE,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::Detect(A2)), No), there(Frame::Nd(Nd::Detect(A1)), Yes)],
    },
    Row {
        what: "ND: advertisement of a router",
        pairs: PAIRS,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::Router), No), there(Hello, Yes)],
    },
    Row {
        what: "ND: advertisement of a router, in fragments",
        pairs: PAIRS,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::RouterFragments), No), there(Hello, Yes)],
    },
    Row {
        what: "ND: redirect",
        pairs: PAIRS,
        families: SIX,
        steps: &[there(Frame::Nd(Nd::Redirect), No), there(Hello, Yes)],
    },
    Row {
        what: "DHCP: a server's answer",
        pairs: PAIRS,
        families: BOTH,
        steps: &[there(DhcpServer, No), there(*HONEST, Yes)],
    },
    Row {
        what: "DHCP: a client's request is not for other guests",
        pairs: PAIRS,
        families: FOUR,
        steps: &[there(DhcpClient, No), there(*HONEST, Yes)],
    },
    Row {
        what: "VXLAN of a guest's own",
        pairs: PAIRS,
        families: BOTH,
        steps: &[there(Udp(4789), No), there(*HONEST, Yes)],
    },
    Row {
        what: "tagged: VLAN 0, VLAN 5, and a provider's tag",
        pairs: PAIRS,
        families: BOTH,
        steps: &[
            there(Tagged(0x8100, 0, HONEST), No),
            there(Tagged(0x8100, 5, HONEST), No),
            there(Tagged(0x88a8, 0, HONEST), No),
            there(*HONEST, Yes),
        ],
    },
    Row {
        what: "a protocol that is not IP",
        pairs: PAIRS,
        families: FOUR,
        steps: &[there(Ether(0x88b5), No), there(Ether(0x88cc), No), there(*HONEST, Yes)],
    },
    Row {
        what: "a station that nobody is: not flooded",
        pairs: PAIRS,
        families: BOTH,
        steps: &[there(Lost(HONEST), No), there(*HONEST, Yes)],
    },
];
