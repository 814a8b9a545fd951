//! Two ends over loopback, and strangers.

use std::{net::TcpListener, sync::mpsc, thread};

use serde_json::{Value, json};

use super::*;

/// What an agent heard, and why it heard no more.
type Heard = (Vec<Value>, Result<(), String>);

/// An agent that says what it hears, and `greeting` first.
fn agent(key: Key, greeting: Value) -> (std::net::SocketAddr, mpsc::Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        let result = answer(socket, &key).map(|wire| {
            wire.send(&greeting).unwrap();
            wire.listen(|message: Value, _| {
                heard.push(message.clone());
                wire.send(&message).is_ok()
            });
        });
        tell.send((heard, result.map_err(|error| error.to_string()))).ok();
    });
    (place, told)
}

#[test]
fn both_ends_understand_each_other_and_large_messages_fit() {
    let key = Key::generate().unwrap();
    let wanted = key.fingerprint;
    let (place, told) = agent(key, json!({"say": "hello"}));
    let wire = call(TcpStream::connect(place).unwrap(), wanted).unwrap();
    let large = json!("x".repeat(700_000));
    let (mut got, sent) = (Vec::new(), [json!(1), large, json!(2)]);
    for message in &sent {
        wire.send(message).unwrap();
    }
    wire.listen(|message: Value, now_ns| {
        assert!(now_ns > 0);
        got.push(message);
        got.len() < 4
    });
    wire.close();
    assert_eq!(got[0], json!({"say": "hello"}));
    assert_eq!(got[1..], sent);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().0, sent);
}

#[test]
fn to_another_key_nothing_is_said() {
    let (place, told) = agent(Key::generate().unwrap(), json!(0));
    let wanted = Key::generate().unwrap().fingerprint;
    let error = call(TcpStream::connect(place).unwrap(), wanted).unwrap_err();
    assert!(matches!(error, WireError::Key { .. }), "{error}");
    let (heard, result) = told.recv_timeout(PATIENCE).unwrap();
    assert!(heard.is_empty() && result.is_err(), "{heard:?} {result:?}");
}

#[test]
fn who_speaks_no_tls_or_says_nothing_is_left() {
    for words in
        ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\0\0\0\u{19}{\"say\":\"ping\",\"number\":7}", ""]
    {
        let (place, told) = agent(Key::generate().unwrap(), json!(0));
        let mut stranger = TcpStream::connect(place).unwrap();
        stranger.write_all(words.as_bytes()).unwrap();
        let (heard, result) = told.recv_timeout(PATIENCE * 2).unwrap();
        assert!(heard.is_empty() && result.is_err(), "{words}");
    }
}

#[test]
fn a_frame_longer_than_any_ends_the_connection_before_it_costs_memory() {
    let key = Key::generate().unwrap();
    let wanted = key.fingerprint;
    let (place, told) = agent(key, json!(0));
    let wire = call(TcpStream::connect(place).unwrap(), wanted).unwrap();
    for bytes in [&u32::MAX.to_be_bytes()[..], &[b'{'; 64]] {
        let mut tls = lock(&wire.tls);
        tls.writer().write_all(bytes).unwrap();
        tls.write_tls(&mut &*wire.socket).unwrap();
    }
    let (heard, result) = told.recv_timeout(PATIENCE).unwrap();
    assert!(heard.is_empty() && result.is_ok(), "the hands were shaken, nothing was heard");
}

#[test]
fn a_fingerprint_is_read_as_it_is_written() {
    let fingerprint = Key::generate().unwrap().fingerprint;
    let text = fingerprint.to_string();
    assert_eq!(text.len(), 64);
    assert_eq!(Fingerprint::parse(&text), Some(fingerprint));
    assert_eq!(Fingerprint::parse(&text.to_uppercase()), Some(fingerprint));
    for wrong in ["", "00", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "g")] {
        assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
    }
    assert_ne!(Key::generate().unwrap().fingerprint, fingerprint);
}
