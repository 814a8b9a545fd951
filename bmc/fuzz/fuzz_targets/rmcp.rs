//! Any bytes as a datagram, and as each message that a datagram carries: read without a panic, and
//! what is written reads back.

#![no_main]

use bmc::ipmi::{
    command::sol,
    suite::{Exchange, Suite},
    wire::{
        message::{Numbered, Request, Response},
        packet::{self, Packet},
        rmcp::Asf,
        setup::{OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4},
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(asf) = Asf::read(bytes) {
        assert_eq!(Asf::read(&asf.datagram()), Some(asf));
    }
    match packet::read(bytes) {
        Some(Packet::Plain(message)) => messages(message),
        Some(Packet::Plus(plus)) => {
            assert!(plus.bytes.len() + plus.trailer.len() < bytes.len());
            messages(plus.bytes);
            for number in [2, 3, 16, 17] {
                let Some(suite) = Suite::of(number) else { continue };
                let exchange = Exchange {
                    suite,
                    console: 1,
                    bmc: 2,
                    console_random: [3; 16],
                    bmc_random: [4; 16],
                    guid: [5; 16],
                    role: 0x14,
                    user: b"admin".to_vec(),
                };
                let keys = exchange.keys(b"password");
                // Nobody finds a code of integrity by chance.
                assert!(keys.open(&plus).is_err());
                let sealed = keys.seal(plus.payload, (7, 9), plus.bytes, [6; 16]);
                let Some(Packet::Plus(read)) = packet::read(&sealed) else { continue };
                // A vendor's own payload has a header that is not written.
                if plus.payload.code() != 2 {
                    assert_eq!(keys.open(&read).as_deref(), Ok(plus.bytes));
                }
            }
        }
        None => {}
    }
    messages(bytes);
});

fn messages(bytes: &[u8]) {
    if let Some(request) = Numbered::<Request>::read(bytes) {
        assert_eq!(Numbered::<Request>::read(&request.bytes()), Some(request));
    }
    if let Some(answer) = Numbered::<Response>::read(bytes) {
        assert_eq!(Numbered::<Response>::read(&answer.bytes()), Some(answer));
    }
    if let Some(one) = OpenRequest::read(bytes) {
        assert_eq!(OpenRequest::read(&one.bytes()), Some(one));
    }
    let _answer = OpenResponse::read(bytes).map(|one| one.bytes());
    if let Some(one) = Rakp1::read(bytes) {
        assert_eq!(Rakp1::read(&one.bytes()), Some(one));
    }
    let _two = Rakp2::read(bytes).map(|one| one.bytes());
    let _three = Rakp3::read(bytes).map(|one| one.bytes());
    let _four = Rakp4::read(bytes).map(|one| one.bytes());
    if let Some(one) = sol::Packet::read(bytes) {
        assert_eq!(sol::Packet::read(&one.bytes()), Some(one));
    }
    let _activated = sol::Activated::read(bytes);
}
