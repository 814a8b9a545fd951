//! Datagrams as the specifications and other consoles have them, and that all that is written reads
//! back.

use proptest::{collection::vec, prelude::*};

use super::{
    message::{Numbered, Request, Response, checksum},
    packet::{self, Packet, Payload},
    rmcp::Asf,
    setup::{OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4, Status},
};

#[test]
fn a_question_before_a_session_is_the_one_that_ipmitool_sends() {
    // Get Channel Authentication Capabilities of ipmitool 1.8.19.
    let data = vec![0x8e, 0x04];
    let body = Request { netfn: 6, lun: 0, command: 0x38, data };
    let message = Numbered { sequence: 0, body }.bytes();
    let datagram = [
        6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x20, 0x18, 0xc8, 0x81, 0, 0x38, 0x8e, 4, 0xb5,
    ];
    assert_eq!(packet::plain(&message), datagram);
    assert_eq!(packet::read(&datagram), Some(Packet::Plain(&message)));
}

#[test]
fn pings_are_those_of_asf() {
    // ASF 2.0 §3.2.4.3, with the tag 9.
    let ping = [6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 9, 0, 0];
    assert_eq!(Asf::Ping { tag: 9 }.datagram(), ping);
    for asf in
        [Asf::Ping { tag: 1 }, Asf::Pong { tag: 2, ipmi: true }, Asf::Pong { tag: 3, ipmi: false }]
    {
        let datagram = asf.datagram();
        assert_eq!(Asf::read(&datagram), Some(asf));
        for cut in 0..datagram.len() - 8 {
            assert_eq!(Asf::read(datagram.get(..cut).expect("shorter")), None, "{asf:?} {cut}");
        }
    }
}

#[test]
fn a_message_with_a_wrong_sum_is_none() {
    let body = Response { netfn: 7, command: 1, code: 0, data: vec![1, 2, 3] };
    let mut bytes = Numbered { sequence: 63, body }.bytes();
    assert_eq!(checksum(&bytes[3..]), 0);
    for at in 0..bytes.len() {
        bytes[at] ^= 0x10;
        assert_eq!(Numbered::<Response>::read(&bytes), None, "{at}");
        bytes[at] ^= 0x10;
    }
    assert!(Numbered::<Response>::read(&bytes).is_some());
    assert_eq!(Numbered::<Request>::read(&bytes), None, "an answer is no request");
}

#[test]
fn refusals_are_short() {
    // As ipmi_sim refuses suite 17: 8 bytes.
    let refused = [0, 4, 4, 0, 0xa4, 0xa3, 0xa2, 0xa0];
    let read = OpenResponse::read(&refused).expect("an answer");
    assert_eq!(
        (read.status, read.console, read.algorithms),
        (Status::AUTHENTICATION, 0xa0a2_a3a4, None)
    );
    assert!(read.status.is_of_suite());
    assert_eq!(read.bytes(), refused);
    // Others send tag and status alone.
    assert_eq!(
        OpenResponse::read(&[7, 1]).map(|one| (one.tag, one.status)),
        Some((7, Status::FULL))
    );
    assert_eq!(Rakp2::read(&[7, 0x0d]).map(|one| one.status), Some(Status::NAME));
    assert_eq!(Rakp4::read(&[7, 0x0f, 0, 0]).map(|one| one.status), Some(Status::CHECK));
    // One that went well and lacks its numbers is none.
    assert_eq!(Rakp2::read(&[7, 0, 0, 0, 1, 0, 0, 0]), None);
    assert_eq!(OpenResponse::read(&[7]), None);
}

proptest! {
    #[test]
    fn messages_read_as_they_were_written(
        sequence in 0_u8..64,
        netfn in 0_u8..32,
        lun in 0_u8..4,
        command: u8,
        code: u8,
        data in vec(any::<u8>(), 0..200),
    ) {
        let body = Request { netfn: netfn * 2, lun, command, data: data.clone() };
        let asked = Numbered { sequence, body };
        prop_assert_eq!(Numbered::<Request>::read(&asked.bytes()), Some(asked));
        let body = Response { netfn: netfn * 2 + 1, command, code, data };
        let answer = Numbered { sequence, body };
        prop_assert_eq!(Numbered::<Response>::read(&answer.bytes()), Some(answer));
    }

    #[test]
    fn the_set_up_reads_as_it_was_written(
        tag: u8,
        console: u32,
        bmc: u32,
        random: [u8; 16],
        guid: [u8; 16],
        algorithms in [0_u8..64, 0_u8..64, 0_u8..64],
        user in vec(any::<u8>(), 0..17),
        code in vec(any::<u8>(), 0..33),
    ) {
        let privilege = 4;
        let open = OpenRequest { tag, privilege, console, algorithms };
        prop_assert_eq!(OpenRequest::read(&open.bytes()), Some(open));
        let status = Status::DONE;
        let algorithms = Some(algorithms);
        let opened = OpenResponse { tag, status, privilege, console, bmc, algorithms };
        prop_assert_eq!(OpenResponse::read(&opened.bytes()), Some(opened));
        let one = Rakp1 { tag, bmc, random, role: 0x14, user };
        prop_assert_eq!(Rakp1::read(&one.bytes()), Some(one));
        let two = Rakp2 { tag, status, console, random, guid, code: code.clone() };
        prop_assert_eq!(Rakp2::read(&two.bytes()), Some(two));
        let three = Rakp3 { tag, status, bmc, code: code.clone() };
        prop_assert_eq!(Rakp3::read(&three.bytes()), Some(three));
        let four = Rakp4 { tag, status, console, code };
        prop_assert_eq!(Rakp4::read(&four.bytes()), Some(four));
    }

    #[test]
    fn any_bytes_are_a_packet_or_none(bytes in vec(any::<u8>(), 0..100), plus: bool) {
        let mut datagram = vec![6, 0, 0xff, 7];
        datagram.extend(plus.then_some(6));
        datagram.extend(bytes);
        if let Some(Packet::Plus(plus)) = packet::read(&datagram) {
            prop_assert!(plus.bytes.len() < datagram.len());
            prop_assert_eq!(Payload::of(plus.payload.code()), plus.payload);
        }
    }
}
