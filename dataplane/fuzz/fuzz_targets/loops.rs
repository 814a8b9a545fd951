//! Any bytes as frames that come in by ports where loops are looked for. None of it panics, what
//! was read is read again from what is sent for it, and only a probe that comes back as it was
//! sent is a loop.
//!
//! `cargo fuzz run -s none loops -- -max_len=4096 -rss_limit_mb=512 -timeout=5`

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use dataplane::desired::Desired;
use dataplane::loops::frame::{decode, encode};
use dataplane::loops::{Deed, Detector, Key};
use libfuzzer_sys::fuzz_target;

static DESIRED: LazyLock<Desired> = LazyLock::new(|| {
    let mut text = "schema='assay/network/v1'\nsemantics='norm'\n[node]\nname='n1'\ndevice='u0'\n\
        vtep='10.99.0.1'\n[node.loop_detection]\ninterval=1\naction='block'\nrecovery=5\n\
        [[vpc]]\nid='v'\n[[network]]\nid='n'\nvpc='v'\nvni=7\n\
        [[subnet]]\nid='s'\nnetwork='n'\ncidr='10.0.0.0/24'\n"
        .to_owned();
    for at in 0..3 {
        text += &format!(
            "[[port]]\nid='p{at}'\nnetwork='n'\nmac='02:00:00:00:00:0{at}'\nips=['10.0.0.1{at}']\n\
             groups=[]\ndevice='d{at}'\nkind='tap'\n"
        );
    }
    dataplane::spec::read("fuzz.toml", &text).expect("it is sound")
});

fuzz_target!(|bytes: &[u8]| {
    let key = Key::of(b"fuzz");
    if let Some(heard) = decode(bytes) {
        let again = encode(&heard.probe, &key);
        let again = decode(&again).expect("what is sent is a probe");
        assert!(again.is_by(&key) && !heard.is_by(&key));
        assert_eq!(again.probe, heard.probe);
    }
    let mut now = Duration::ZERO;
    let mut detector = Detector::new([7; 8], Key::of(b"own"));
    detector.take(&DESIRED, Some(key), now);
    let (mut sent, mut back): (Vec<Vec<u8>>, bool) = (Vec::new(), false);
    let mut rest = bytes;
    // What happens, at which port, and the length of a body before each.
    while let Some(([what, at, length], behind)) = rest.split_first_chunk() {
        let (body, others) = behind.split_at(behind.len().min(usize::from(*length)));
        let port = format!("p{}", at % 4);
        let now_ms = 1 << 40;
        let deeds = match what % 4 {
            0 => {
                now += Duration::from_millis(u64::from(*at) * 20);
                detector.tick(now, now_ms)
            }
            1 => detector.heard(&port, body, now, now_ms),
            2 => {
                // One that was sent, as it was or with some of it changed.
                let mut frame = sent.last().cloned().unwrap_or_default();
                for (byte, change) in frame.iter_mut().skip(14).zip(body) {
                    *byte ^= change;
                }
                back |= sent.last() == Some(&frame)
                    || decode(&frame).is_some_and(|it| {
                        let one = sent.last().and_then(|sent| decode(sent));
                        one.is_some_and(|one| one.probe == it.probe)
                    });
                detector.heard(&port, &frame, now, now_ms)
            }
            _ => detector.lift(&port, now),
        };
        for deed in deeds {
            match deed {
                Deed::Send(_, _, frame) => sent.push(frame),
                Deed::Tell(news) => assert!(DESIRED.ports.contains_key(&news.port)),
                Deed::Close(..) => assert!(back, "closed for what was not sent"),
                Deed::Open(..) => {}
            }
        }
        assert!(back || detector.counts.loops == 0);
        rest = others;
    }
    let closed = detector.closed();
    assert!(closed.iter().all(|(port, _)| DESIRED.ports.contains_key(port)));
});
