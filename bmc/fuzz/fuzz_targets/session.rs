//! A console and a BMC over a network that does to each datagram what the bytes say: pass it, lose
//! it, repeat it, keep it for later, change it, or put another one in. Whatever it is, nothing
//! panics, an answer is that of the question, and the password is never found wrong.

#![no_main]

use std::time::{Duration, Instant};

use bmc::{
    credential::Secret,
    ipmi::{
        privilege::Privilege,
        session::{
            Event, Login, Options, Poll, Session,
            bmc::{Account, Bmc, Profile},
        },
        suite::Suite,
        wire::message::Request,
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut words = bytes.iter().copied();
    let account = Account {
        name: "admin".to_owned(),
        password: b"password".to_vec(),
        most: Privilege::Administrator,
    };
    let profile = Profile {
        is_anonymous: false,
        guid: [7; 16],
        accounts: vec![account],
        kg: None,
        suites: vec![Suite::SHA1, Suite::SHA256],
        sessions: 4,
    };
    let password = Secret::new("password".to_owned());
    let Ok(login) = Login::new("admin", &password, None, Privilege::Administrator) else { return };
    let mut now = Instant::now();
    let mut bmc = Bmc::new(profile, [2; 32]);
    let mut session = Session::start(login, Options::default(), [1; 32], now);
    let mut late: Vec<(bool, Vec<u8>)> = Vec::new();
    let mut asked = 0_u8;
    // When the bytes are used up, a few steps more: what is on its way arrives.
    let mut left = 16;
    for _ in 0..200 {
        if words.len() == 0 {
            left -= 1;
            if left == 0 {
                break;
            }
        }
        let mut queue: Vec<(bool, Vec<u8>)> = Vec::new();
        match session.poll(now) {
            Poll::Send(datagram) => queue.push((true, datagram)),
            Poll::Wait(until) => {
                // Something kept for later comes now, or time passes.
                match late.pop() {
                    Some(one) => queue.push(one),
                    None => now = until.min(now + Duration::from_secs(9)),
                }
            }
            Poll::Over => break,
            Poll::Event(event) => match event {
                Event::Opened | Event::Failed(_) if asked > 3 => session.close(now),
                Event::Failed(error) if asked == 0 => {
                    // A login that fell silent may have been a refusal; nothing else looks as one.
                    let text = format!("{error:?}");
                    assert!(
                        !error.refused() || text.starts_with("LoginSilent") || changed(bytes),
                        "{text}"
                    );
                    break;
                }
                Event::Answer(answer) => {
                    assert_eq!(answer.data, [asked], "the answer of another question");
                    if asked > 3 {
                        session.close(now);
                    } else {
                        ask(&mut session, &mut asked, now);
                    }
                }
                Event::Opened | Event::Failed(_) => ask(&mut session, &mut asked, now),
                Event::Closed => break,
                Event::Sol(_) => {}
            },
        }
        while let Some((to_bmc, mut datagram)) = queue.pop() {
            let word = words.next().unwrap_or(0);
            match word % 16 {
                1 => continue,
                2 => late.push((to_bmc, datagram.clone())),
                3 => {
                    late.insert(0, (to_bmc, datagram));
                    continue;
                }
                4 => {
                    let at = usize::from(words.next().unwrap_or(0)) % datagram.len().max(1);
                    if let Some(byte) = datagram.get_mut(at) {
                        *byte ^= words.next().unwrap_or(1);
                    }
                }
                5 => {
                    let length = usize::from(words.next().unwrap_or(0)) % 64;
                    datagram =
                        [6, 0, 0xff, 7].into_iter().chain(words.by_ref().take(length)).collect();
                }
                6 => datagram
                    .truncate(usize::from(words.next().unwrap_or(0)) % datagram.len().max(1)),
                _ => {}
            }
            if to_bmc {
                let reply = bmc.handle(&datagram, now, &mut |request, _| (0, request.data.clone()));
                queue.extend(reply.map(|reply| (false, reply)));
            } else {
                session.handle(&datagram, now);
            }
        }
        if late.len() > 64 {
            late.clear();
        }
    }
    for datagram in session.abandon() {
        bmc.handle(&datagram, now, &mut |_, _| (0, Vec::new()));
    }
});

/// Whether a datagram may have been changed: then RAKP 2 may be wrong, as a wrong password's is.
fn changed(bytes: &[u8]) -> bool {
    bytes.iter().any(|word| matches!(word % 16, 4..=6))
}

fn ask(session: &mut Session, asked: &mut u8, now: Instant) {
    *asked = asked.wrapping_add(1);
    let request = Request { netfn: 0x30, lun: 0, command: 9, data: vec![*asked] };
    session.ask(request, "the target", *asked % 5 == 0, now);
}
