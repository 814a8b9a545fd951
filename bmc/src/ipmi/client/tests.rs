//! What a client does with BMCs that are busy, short of words, or lie: against our own other side.

mod bench;
mod local;
mod stores;

use std::{sync::atomic::Ordering, time::Duration};

use bench::{Bench, ask, run};

use super::{Identify, Reset, ping};
use crate::{
    ipmi::IpmiError,
    operation::{
        Outcome,
        boot::{Device, Firmware, Lasting, Override},
        power::{Action, State},
    },
};

#[test]
fn a_busy_bmc_is_asked_again() {
    let mut busy = 3;
    let bench = Bench::start(Box::new(move |request, _| match request.command {
        0x01 if busy > 0 => {
            busy -= 1;
            (0xc0, Vec::new())
        }
        _ => (0, vec![1, 0, 0]),
    }));
    assert_eq!(ask(&bench, async |client| client.power_state().await).expect("a state"), State::On);
    let always = Bench::start(Box::new(|_, _| (0xc0, Vec::new())));
    let refused = ask(&always, async |client| client.power_state().await);
    assert!(matches!(refused, Err(IpmiError::Refused { code: 0xc0, .. })), "{refused:?}");
}

#[test]
fn power_is_looked_at_until_it_is_as_asked_for() {
    // It takes three looks; soft never ends.
    let mut looks = 0;
    let bench = Bench::start(Box::new(move |request, _| match (request.command, &*request.data) {
        (0x01, _) => {
            looks += 1;
            (0, vec![u8::from(looks > 3), 0, 0])
        }
        (0x02, [1 | 5]) => (0, Vec::new()),
        (0x02, [0]) => (0xd5, Vec::new()),
        _ => (0xc1, Vec::new()),
    }));
    let outcomes = ask(&bench, async |client| {
        let on = client.power(Action::On).await?;
        let soft = client.power(Action::Soft).await?;
        let cycle = client.power(Action::Cycle).await?;
        let off = client.power(Action::Off).await;
        Ok((on, soft, cycle, off))
    })
    .expect("a session");
    assert_eq!((outcomes.0, outcomes.1), (Outcome::Done, Outcome::Accepted { task: None }));
    assert!(matches!(outcomes.2, Outcome::Unsupported { .. }));
    assert!(matches!(outcomes.3, Err(IpmiError::Refused { code: 0xd5, .. })));
    let stays = Bench::start(Box::new(|request, _| match request.command {
        0x01 => (0, vec![1, 0, 0]),
        _ => (0, Vec::new()),
    }));
    let off = ask(&stays, async |client| client.power(Action::Off).await).expect("a session");
    let kept = Outcome::NotKept { sent: "off".to_owned(), found: "on".to_owned() };
    assert_eq!(off, kept);
}

#[test]
fn a_yes_to_boot_flags_is_believed_when_they_are_there() {
    let wanted =
        Override { device: Device::Pxe, lasting: Lasting::Once, firmware: Some(Firmware::Uefi) };
    // One keeps what it is told; one says yes and keeps nothing; one has no such command.
    for (kind, done) in [(0, true), (1, false)] {
        let mut flags = vec![1, 5, 0, 0, 0, 0, 0];
        let bench =
            Bench::start(Box::new(move |request, _| match (request.command, &*request.data) {
                (0x08, [5, rest @ ..]) => {
                    if kind == 0 {
                        flags.truncate(2);
                        flags.extend(rest);
                    }
                    (0, Vec::new())
                }
                (0x08, [0 | 3, ..]) => (0x80, Vec::new()),
                (0x08, _) => (0, Vec::new()),
                (0x09, [5, ..]) => (0, flags.clone()),
                _ => (0xc1, Vec::new()),
            }));
        let (outcome, seen) =
            ask(&bench, async |client| Ok((client.set_boot(wanted).await?, client.boot().await?)))
                .expect("a session");
        assert_eq!(outcome == Outcome::Done, done, "{outcome:?}");
        let device = if done { Device::Pxe } else { Device::None };
        assert_eq!(seen.device, Some(device));
    }
    let none = Bench::start(Box::new(|_, _| (0xc1, Vec::new())));
    let outcome = ask(&none, async |client| client.set_boot(wanted).await).expect("a session");
    assert!(matches!(outcome, Outcome::Unsupported { .. }));
    let http = Override { device: Device::Http, ..wanted };
    let outcome = ask(&none, async |client| client.set_boot(http).await).expect("a session");
    assert!(matches!(outcome, Outcome::Unsupported { .. }));
}

#[test]
fn the_light_is_read_back_where_it_is_told() {
    // Bit 6 says that it is told, bits 5:4 what it is.
    for (state, outcome) in [
        (0x60, Outcome::Done),
        (0x40, Outcome::NotKept { sent: "on".to_owned(), found: "off".to_owned() }),
        (0x00, Outcome::Accepted { task: None }),
    ] {
        // It does not know "until it is turned off".
        let bench =
            Bench::start(Box::new(move |request, _| match (request.command, &*request.data) {
                (0x01, _) => (0, vec![1, 0, state]),
                (0x04, [0, 1]) => (0xc7, Vec::new()),
                (0x04, _) => (0, Vec::new()),
                _ => (0xc1, Vec::new()),
            }));
        let found = ask(&bench, async |client| client.identify(Identify::On).await);
        assert_eq!(found.expect("a session"), outcome);
        assert_eq!(bench.times(0, 4), 2);
    }
}

#[test]
fn power_draw_is_read_or_is_not_there() {
    let bench = Bench::start(Box::new(|request, _| match (request.netfn, &*request.data) {
        (0x2c, [0xdc, 1, 0, 0]) => {
            (0, vec![0xdc, 0x2c, 1, 100, 0, 0x90, 1, 0xfa, 0, 1, 0, 0, 0, 0xe8, 3, 0, 0, 0x40])
        }
        _ => (0xc1, Vec::new()),
    }));
    let draw = ask(&bench, async |client| client.power_draw().await).expect("a session");
    assert_eq!(draw.map(|draw| (draw.watts, draw.active)), Some((300, true)));
    let none = Bench::start(Box::new(|_, _| (0xc1, Vec::new())));
    assert_eq!(ask(&none, async |client| client.power_draw().await).expect("a session"), None);
    let broken = Bench::start(Box::new(|_, _| (0, vec![0xdc])));
    let broken = ask(&broken, async |client| client.power_draw().await);
    assert!(matches!(broken, Err(IpmiError::Malformed { .. })), "{broken:?}");
}

#[test]
fn a_session_set_back_to_a_users_is_raised_again() {
    // It lets an administrator alone, and the test's BMC keeps privileges by the book.
    let bench = Bench::start(Box::new(|_, caller| {
        let admin = caller.privilege == crate::ipmi::privilege::Privilege::Administrator;
        if admin { (0, vec![1, 0, 0]) } else { (0xd4, Vec::new()) }
    }));
    let state = ask(&bench, async |client| {
        // As if RAKP 3 had come twice: the BMC has it a user's.
        client.raw(0x06, 0, 0x3b, &[2]).await?;
        client.power_state().await
    });
    assert_eq!(state.expect("a state"), State::On);
}

#[test]
fn a_reset_is_sent_once_and_its_silence_is_told() {
    let bench = Bench::start(Box::new(|request, _| match (request.netfn, request.command) {
        (6, 2) => (0, Vec::new()),
        _ => (0xc1, Vec::new()),
    }));
    let cold = ask(&bench, async |client| client.reset_bmc(Reset::Cold).await).expect("a session");
    assert_eq!((cold, bench.times(6, 2)), (Outcome::Accepted { task: None }, 1));
    let warm = ask(&bench, async |client| client.reset_bmc(Reset::Warm).await).expect("a session");
    assert!(matches!(warm, Outcome::Unsupported { .. }));
}

#[test]
fn a_client_that_is_dropped_leaves_nothing() {
    let bench = Bench::start(Box::new(|_, _| (0, vec![1, 0, 0])));
    // In a runtime that goes on, and in one that ends at once.
    for lasts in [true, false] {
        run(async {
            let client = bench.connect().await.expect("a session");
            drop(client);
            if lasts {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let until = super::now() + Duration::from_secs(5);
        while bench.sessions.load(Ordering::Relaxed) > 0 && super::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(bench.sessions.load(Ordering::Relaxed), 0, "{lasts}");
    }
}

#[test]
fn who_is_there_is_asked_without_a_credential() {
    let bench = Bench::start(Box::new(|_, _| (0xc1, Vec::new())));
    let pong = run(ping(&bench.address(), Duration::from_secs(2))).expect("a pong");
    assert!(pong.presence && pong.told && pong.ipmi_2 && !pong.ipmi_1_5 && !pong.anonymous);
    assert_eq!(bench.sessions.load(Ordering::Relaxed), 0);
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let place = silent.local_addr().expect("its address").to_string().parse().expect("one");
    let nobody = run(ping(&place, Duration::from_millis(90)));
    assert!(matches!(nobody, Err(IpmiError::NoAnswer { .. })), "{nobody:?}");
    drop(silent);
    let closed = run(ping(&place, Duration::from_secs(2)));
    assert!(matches!(closed, Err(IpmiError::Closed { .. })), "{closed:?}");
}
