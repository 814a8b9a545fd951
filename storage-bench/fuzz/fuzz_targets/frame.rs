//! Any bytes as a stream of frames, from either side, in pieces; what is understood then goes
//! through a session or a controller, which must bear it.
//!
//! `cargo fuzz run -s none frame -- -max_len=8192 -rss_limit_mb=512 -timeout=5`

#![no_main]

use libfuzzer_sys::fuzz_target;
use storage_bench::agent::controller::{Controller, Task};
use storage_bench::agent::frame::{Decoder, FrameError, MAX_BYTES, encode};
use storage_bench::agent::message::{Command, Listed, Reply, VERSION};
use storage_bench::agent::session::{Identity, Session};
use storage_bench::agent::token::{Gate, Presented, Token};
use storage_bench::agent::total::total;

fuzz_target!(|bytes: &[u8]| {
    let Some((piece, stream)) = bytes.split_first() else { return };
    let piece = usize::from(*piece).max(1);
    session(stream, piece);
    controller(stream, piece);
});

/// Returns the messages of a stream until it is not ours any more.
fn messages<M: serde::de::DeserializeOwned>(stream: &[u8], piece: usize) -> Vec<M> {
    let (mut decoder, mut got) = (Decoder::<M>::default(), Vec::new());
    for bytes in stream.chunks(piece) {
        decoder.push(bytes);
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => got.push(message),
                Ok(None) => break,
                Err(FrameError::TooLong { bytes }) => {
                    assert!(bytes > MAX_BYTES);
                    return got;
                }
                Err(_) => return got,
            }
        }
    }
    got
}

/// A hostile controller: whoever has not shown the token starts nothing.
fn session(stream: &[u8], piece: usize) {
    let listed = Listed {
        serial: "S".to_owned(),
        model: String::new(),
        size_bytes: 1 << 20,
        writable: true,
    };
    let identity =
        Identity { host: "h".to_owned(), capabilities: Vec::new(), devices: vec![listed] };
    let token = Token::new([7; 32]);
    let (mut session, mut gate) = (Session::start(identity, 0), Gate::new(token, u64::MAX));
    for (now, command) in (1..).zip(messages::<Command>(stream, piece)) {
        session.handle(command, &mut gate, now);
        while let Some(action) = session.poll(now) {
            use storage_bench::agent::session::Action;
            match action {
                Action::Send(reply) => drop(encode(&reply).expect("what we say is short enough")),
                Action::Close | Action::Halt => {}
                action => panic!("without the token: {action:?}"),
            }
        }
    }
}

/// A hostile agent: whatever it says, the test ends, and proves nothing unless it went right.
fn controller(stream: &[u8], piece: usize) {
    let task = Task { host: "h".to_owned(), token: Presented::new("00") };
    let mut controller = Controller::start(vec![task], 0);
    let welcome = Reply::Welcome {
        version: VERSION,
        host: String::new(),
        capabilities: Vec::new(),
        devices: Vec::new(),
    };
    controller.handle(0, welcome, 0);
    for (now, reply) in (1..).zip(messages::<Reply>(stream, piece)) {
        controller.handle(0, reply, now);
        while controller.poll(now).is_some() {}
    }
    controller.disconnected(0, "end", u64::MAX / 2);
    while controller.poll(u64::MAX / 2).is_some() {}
    let outcome = controller.outcome().expect("a lost agent ends the test");
    assert!(!outcome.doubts.is_empty());
    // Histograms of its own making are refused or added, never trusted to be sound.
    drop(total(&["h".to_owned()], &outcome));
}
