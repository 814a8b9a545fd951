//! Codes and packets as ipmitool 1.8.19 computes them, and what a changed byte does.

use proptest::prelude::*;

use super::*;
use crate::ipmi::wire::{
    message::{Numbered, Request},
    packet::{self, Packet, Payload},
};

/// Reads hexadecimal digits.
fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|one| one.to_digit(16))
        .filter_map(|one| one.try_into().ok())
        .collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}

fn sixteen(text: &str) -> [u8; 16] {
    bytes(text).try_into().expect("16 bytes")
}

/// A session of ipmitool 1.8.19 with `ipmi_sim` 1.0.13 by suite 3, as `-vvvv` tells of it.
fn captured() -> Exchange {
    Exchange {
        suite: Suite::SHA1,
        console: 0xa0a2_a3a4,
        bmc: 0x82,
        console_random: sixteen("968bc210fc5d0597d1a57fa310dacd26"),
        bmc_random: sixteen("74dcb5b947100605adc60e32ef7c7591"),
        guid: sixteen("a123456789abcdefa123456789abcdef"),
        role: 0x14,
        user: b"admin".to_vec(),
    }
}

#[test]
fn codes_of_the_set_up_are_those_of_ipmitool() {
    let exchange = captured();
    let rakp2 = bytes("e538afce4472de4815ac50d2a74bee523c2a8a10");
    assert_eq!(exchange.rakp2(b"password"), rakp2);
    assert!(exchange.is_rakp2(b"password", &rakp2) && !exchange.is_rakp2(b"Password", &rakp2));
    assert!(!exchange.is_rakp2(b"password", rakp2.get(..19).expect("longer")));
    assert_eq!(exchange.rakp3(b"password"), bytes("0455904daf61417f279c90ca7bc0d9b3aa5ddb52"));
    let keys = exchange.keys(b"password");
    assert_eq!(exchange.rakp4(&keys), bytes("dd1d0814814781abc049d60b"));
}

#[test]
fn a_packet_of_ipmitool_opens() {
    // Set Session Privilege Level, administrator.
    let mut datagram = bytes("0600ff07");
    datagram.extend(bytes(
        "06c082000000030000002000ce5b3f45921ad926f1d5e0d11070c25f688da747dddf47822ced822cccf292beffff0207",
    ));
    datagram.extend(bytes("f5aec5827679f1a70e9fb5c2"));
    let keys = captured().keys(b"password");
    let Some(Packet::Plus(plus)) = packet::read(&datagram) else { unreachable!("a packet") };
    assert_eq!((plus.session, plus.sequence), (0x82, 3));
    let message = keys.open(&plus).expect("a payload");
    let request = Numbered::<Request>::read(&message).expect("a request").body;
    assert_eq!((request.netfn, request.command, request.data.as_slice()), (6, 0x3b, &[4][..]));
    // The same numbers, payload and start give the same bytes.
    let start = sixteen("ce5b3f45921ad926f1d5e0d11070c25f");
    assert_eq!(keys.seal(Payload::Message, (0x82, 3), &message, start), datagram);
}

#[test]
fn suites_are_found_by_their_algorithms() {
    for number in [0, 1, 2, 3, 15, 16, 17] {
        let suite = Suite::of(number).expect("one of ours");
        assert_eq!(Suite::by(suite.algorithms()), Some(suite));
    }
    assert_eq!((Suite::of(4), Suite::of(18), Suite::by([2, 2, 1])), (None, None, None));
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_no_byte_of_it_can_be_changed(
        number in prop_oneof![Just(0_u8), Just(1), Just(2), Just(3), Just(15), Just(16), Just(17)],
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        start: [u8; 16],
        at: usize,
        change in 1_u8..,
    ) {
        let suite = Suite::of(number).expect("one of ours");
        let keys = Exchange { suite, ..captured() }.keys(b"password");
        let mut datagram = keys.seal(Payload::Message, (7, 9), &payload, start);
        let open = |datagram: &[u8]| match packet::read(datagram) {
            Some(Packet::Plus(plus)) => keys.open(&plus).ok(),
            _ => None,
        };
        let opened = open(&datagram);
        prop_assert_eq!(opened.as_deref(), Some(payload.as_slice()));
        if suite.has_integrity() {
            // The header of RMCP is not covered, but for its class.
            let at = 4 + at % (datagram.len() - 4);
            datagram[at] ^= change;
            let opened = open(&datagram);
            prop_assert_eq!(opened, None, "at {}", at);
        }
    }
}
