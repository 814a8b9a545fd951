//! What IPMI costs without a network: a session by both its sides, and the records of a machine.

use std::hint::black_box;
use std::time::Instant;

use bmc::credential::Secret;
use bmc::ipmi::command::sdr::{self, Body};
use bmc::ipmi::privilege::Privilege;
use bmc::ipmi::session::bmc::{Account, Bmc, Profile};
use bmc::ipmi::session::{Event, Login, Options, Poll, Session};
use bmc::ipmi::suite::Suite;
use bmc::ipmi::wire::message::Request;
use criterion::{Criterion, criterion_group, criterion_main};

/// Opens a session, asks once, and closes it; returns how many datagrams went out.
fn session(suite: Suite, now: Instant) -> usize {
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
        suites: vec![suite],
        sessions: 4,
    };
    let password = Secret::new("password".to_owned());
    let login =
        Login::new("admin", &password, None, Privilege::Administrator).expect("it is short");
    let options = Options { suites: vec![suite], ..Options::default() };
    let mut bmc = Bmc::new(profile, [2; 32]);
    let mut session = Session::start(login, options, [1; 32], now);
    let mut sent = 0;
    loop {
        match session.poll(now) {
            Poll::Send(datagram) => {
                sent += 1;
                let reply = bmc.handle(&datagram, now, &mut |_, _| (0, vec![1, 0, 0]));
                session.handle(&reply.expect("an answer"), now);
            }
            Poll::Event(Event::Opened) => {
                let request = Request { netfn: 0, lun: 0, command: 1, data: Vec::new() };
                session.ask(request, "Get Chassis Status", false, now);
            }
            Poll::Event(Event::Answer(_)) => session.close(now),
            Poll::Event(_) | Poll::Wait(_) | Poll::Over => return sent,
        }
    }
}

/// Full records of temperatures, by the table of §43.1.
fn records(count: u8) -> Vec<Vec<u8>> {
    let record = |number: u8| {
        let mut body = vec![0x20, 0, number, 7, 1, 0x7f, 0x68, 1, 1];
        body.extend([0x80, 0x0a, 0x80, 0x0a, 0x38, 0x38, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0]);
        body.extend([0; 17]);
        let name = format!("DIMM {number} Temp");
        body.push(0xc0 | u8::try_from(name.len()).unwrap_or(0));
        body.extend(name.bytes());
        let mut out = vec![number, 0, 0x51, 1, u8::try_from(body.len()).unwrap_or(0)];
        out.extend(body);
        out
    };
    (0..count).map(record).collect()
}

#[expect(clippy::disallowed_methods, reason = "std has no other first instant")]
fn whole(criterion: &mut Criterion) {
    let now = Instant::now();
    for suite in [Suite::SHA1, Suite::SHA256] {
        assert_eq!(session(suite, now), 7, "what the bench is about has changed");
        let name = format!("session by suite {suite}");
        criterion.bench_function(&name, |bencher| bencher.iter(|| session(black_box(suite), now)));
    }
}

fn decode(criterion: &mut Criterion) {
    let records = records(200);
    let read = |records: &[Vec<u8>]| -> usize {
        let read = records.iter().filter_map(|record| sdr::read(record)).flatten();
        read.filter(|record| matches!(record.body, Body::Sensor(_))).count()
    };
    assert_eq!(read(&records), 200, "what the bench is about has changed");
    criterion.bench_function("200 records", |bencher| bencher.iter(|| read(black_box(&records))));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = whole, decode
}
criterion_main!(benches);
