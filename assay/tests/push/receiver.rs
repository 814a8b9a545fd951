//! The other side of a push: a small HTTP server that keeps what it took and can
//! fail in every way that a receiver fails.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread::JoinHandle,
};

/// How the receiver behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Takes what comes.
    Take,
    /// Closes each connection as it comes.
    Refuse,
    /// Reads the request and says nothing.
    Hang,
    /// Reads the request, then resets.
    Reset,
    /// Takes the document, begins to answer, then resets.
    ResetInAnswer,
    /// Answers with something that is not HTTP.
    Garbage,
    /// Answers with this status and takes nothing.
    Status(u16),
    /// As `Status`, once; then takes what comes.
    StatusOnce(u16),
}

/// A request that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// Headers, names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The document.
    pub(crate) body: Vec<u8>,
}

impl Taken {
    /// Returns a header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

struct State {
    mood: Mood,
    taken: Vec<Taken>,
    requests: usize,
    hanging: Vec<TcpStream>,
    stop: bool,
}

/// The server; ends when dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State {
            mood: Mood::Take,
            taken: Vec::new(),
            requests: 0,
            hanging: Vec::new(),
            stop: false,
        }));
        let mut receiver = Self { address, state, thread: None };
        receiver.serve(listener);
        receiver
    }

    fn serve(&mut self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        self.thread = Some(std::thread::spawn(move || {
            for stream in listener.incoming() {
                if state.lock().expect("no panic holds it").stop {
                    return;
                }
                if let Ok(stream) = stream {
                    // A connection that breaks is the test's own doing.
                    drop(answer(stream, &state));
                }
            }
        }));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic holds it")
    }

    /// Returns where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1/inventories", self.address)
    }

    /// Changes how it behaves; connections that hung are let go.
    pub(crate) fn set(&self, mood: Mood) {
        let mut state = self.state();
        state.mood = mood;
        state.hanging.clear();
    }

    /// Ends it and starts it again on the same port: what it took, it still has.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.state().stop = false;
        let listener = TcpListener::bind(self.address).expect("the port is free again");
        self.serve(listener);
    }

    fn stop(&mut self) {
        let mut state = self.state();
        state.stop = true;
        state.hanging.clear();
        drop(state);
        // Wakes the listener so that it sees the flag.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the receiver does not panic");
        }
    }

    /// Returns how many requests came, taken or not.
    pub(crate) fn requests(&self) -> usize {
        self.state().requests
    }

    /// Returns what was taken, repeats included.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state().taken.clone()
    }

    /// Returns the keys of what was taken, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        let key = |taken: &Taken| taken.header("idempotency-key").unwrap_or_default().to_owned();
        self.state().taken.iter().map(key).collect()
    }

    /// Returns what was taken by key; a key must always bring the same document.
    pub(crate) fn distinct(&self) -> BTreeMap<String, Vec<u8>> {
        let mut distinct: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for taken in &self.state().taken {
            let key = taken.header("idempotency-key").expect("every push has one").to_owned();
            let known = distinct.entry(key).or_insert_with(|| taken.body.clone());
            assert_eq!(*known, taken.body, "one key, two documents");
        }
        distinct
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop();
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    if state.lock().expect("no panic holds it").mood == Mood::Refuse {
        return Ok(());
    }
    let Some(request) = read(&stream)? else { return Ok(()) };
    let mut state = state.lock().expect("no panic holds it");
    state.requests += 1;
    let mut stream = stream;
    match state.mood {
        Mood::Take => {
            state.taken.push(request);
            reply(&mut stream, 201, "")
        }
        Mood::Refuse | Mood::Reset => reset(&stream),
        Mood::Hang => {
            state.hanging.push(stream);
            Ok(())
        }
        Mood::ResetInAnswer => {
            state.taken.push(request);
            stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf")?;
            stream.flush()?;
            reset(&stream)
        }
        Mood::Garbage => stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n"),
        Mood::Status(code) => reply(&mut stream, code, "no such rack"),
        Mood::StatusOnce(code) => {
            state.mood = Mood::Take;
            reply(&mut stream, code, "no such rack")
        }
    }
}

/// Closing with unread bytes or linger 0 resets; shutting down both ways and
/// dropping is as abrupt as the standard library allows.
fn reset(stream: &TcpStream) -> std::io::Result<()> {
    stream.shutdown(std::net::Shutdown::Both)
}

fn reply(stream: &mut TcpStream, code: u16, body: &str) -> std::io::Result<()> {
    let location =
        if (300..400).contains(&code) { "Location: http://127.0.0.1:9/\r\n" } else { "" };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {code} X\r\n{location}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Reads a request; `None` where it was cut off, as by a killed sender.
fn read(stream: &TcpStream) -> std::io::Result<Option<Taken>> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return Ok(None);
    }
    Ok(Some(Taken { headers, body }))
}
