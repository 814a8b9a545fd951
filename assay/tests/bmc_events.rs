//! `assay bmc TARGET… events` on simulated hosts: streams, subscriptions of ours and of others, and
//! that none of ours is left.

#[path = "bmc_rack/notes.rs"]
mod notes;
#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod rack;

use std::{
    cell::RefCell,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rack::Rack;
use serde_json::{Value, json};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program while it listens.
struct Listen {
    child: Child,
    lines: mpsc::Receiver<String>,
    kept: RefCell<Vec<Value>>,
}

impl Listen {
    fn start(rack: &Rack, words: &[&str]) -> Self {
        let count = rack.hosts.len().to_string();
        let all = ["events", "listen", "--output", "json", "--yes-hosts", &count];
        let mut child = rack
            .command(&[&all, words].concat())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, kept: RefCell::default() }
    }

    /// Waits for something; what else is told is kept for who waits for it.
    fn wait(&self, what: &str, is: &dyn Fn(&Value) -> bool) -> Value {
        let mut kept = self.kept.borrow_mut();
        if let Some(at) = kept.iter().position(is) {
            return kept.remove(at);
        }
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                unreachable!("waited for {what}: {kept:#?}");
            };
            let value: Value = serde_json::from_str(&line).expect("an object a line");
            if is(&value) {
                return value;
            }
            kept.push(value);
        }
    }

    fn tells(&self, address: &str, event: &str) -> Value {
        let is = |value: &Value| value["address"] == address && value["event"] == event;
        self.wait(&format!("{event} of {address}"), &is)
    }

    fn says(&self, address: &str, text: &str) -> Value {
        let is = |value: &Value| {
            let message = value["message"].as_str().unwrap_or_default();
            value["address"] == address && value["event"] == "event" && message.contains(text)
        };
        self.wait(&format!("{text:?} of {address}"), &is)
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill").success());
    }

    fn ends(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Listen {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns how many subscriptions each host has.
fn subscriptions(rack: &Rack) -> Vec<usize> {
    let hosts = rack.wanted(&["events", "list"]);
    hosts.iter().map(|host| host["subscriptions"].as_array().map_or(9, Vec::len)).collect()
}

/// Power changes, and a test that is asked for: both are told.
fn told(rack: &Rack, listen: &Listen) {
    let yes = rack.hosts.len().to_string();
    rack.wanted(&["power", "off", "--yes-hosts", &yes]);
    let test = json!({ "MessageId": "Base.1.18.TestMessage", "Message": "drill 7",
        "MessageSeverity": "Critical" })
    .to_string();
    let path = "/redfish/v1/EventService/Actions/EventService.SubmitTestEvent";
    rack.wanted(&["raw", "post", path, &test, "--yes-hosts", &yes]);
    for host in &rack.hosts {
        listen.says(host, "turned off");
        let test = listen.says(host, "drill 7");
        assert_eq!(
            (&test["severity"], &test["message_id"]),
            (&"critical".into(), &"Base.1.18.TestMessage".into())
        );
        assert!(test["origin"].as_str().is_some_and(|origin| origin.contains("/Systems/")));
    }
}

#[test]
fn events_come_by_the_stream_and_by_a_subscription_of_ours_which_is_ended() {
    let rack = Rack::start(2, &["--fault", "2:no-sse"]);
    for (signal, more) in [("INT", &[][..]), ("TERM", &["--no-stream"])] {
        let listen = Listen::start(&rack, more);
        let by = |at: usize| listen.tells(&rack.hosts[at], "listening")["by"].clone();
        let first = if more.is_empty() { "stream" } else { "subscription" };
        assert_eq!((by(0), by(1)), (first.into(), "subscription".into()));
        let expected = usize::from(!more.is_empty());
        assert_eq!(subscriptions(&rack), [expected, 1]);
        told(&rack, &listen);
        listen.signal(signal);
        let ended = listen.tells(&rack.hosts[1], "unsubscribed");
        assert!(ended["left"].is_null(), "{ended}");
        assert_eq!(listen.ends(), Some(0), "{signal}");
        assert_eq!(subscriptions(&rack), [0, 0], "after SIG{signal}");
        assert_eq!(rack.sessions(), [1, 1]);
        assert!(notes::open(&rack).is_empty());
        rack.wanted(&["power", "on", "--yes-hosts", "2"]);
    }
}

#[test]
fn a_killed_run_leaves_a_subscription_and_the_next_one_ends_it() {
    let rack = Rack::start(1, &["--fault", "no-sse"]);
    let listen = Listen::start(&rack, &[]);
    listen.tells(&rack.hosts[0], "listening");
    assert_eq!(subscriptions(&rack), [1]);
    listen.signal("KILL");
    listen.ends();
    // Its session and its subscription are noted.
    assert_eq!(notes::open(&rack), [2]);
    // Whatever is asked next.
    rack.wanted(&["power", "status"]);
    assert!(notes::open(&rack).is_empty());
    assert_eq!(subscriptions(&rack), [0]);
    assert_eq!(rack.sessions(), [1]);
}

#[test]
fn a_path_of_ours_takes_events_of_its_bmc_alone() {
    let rack = Rack::start(1, &["--fault", "no-sse"]);
    let listen = Listen::start(&rack, &[]);
    let path = listen.tells(&rack.hosts[0], "listening")["subscription"].clone();
    let shown = rack.wanted(&["events", "list"]);
    let one = &shown[0]["subscriptions"][0];
    assert_eq!(one["path"], path);
    let url = one["destination"].as_str().expect("a URL").to_owned();
    let (origin, secret) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a path");
    assert!(secret.starts_with(|digit: char| digit.is_ascii_hexdigit()) && secret.len() > 32);
    let post = |path: &str, body: &str| {
        let mut socket = std::net::TcpStream::connect(origin).expect("it listens");
        write!(socket, "POST /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .expect("it reads");
        let mut text = String::new();
        socket.read_to_string(&mut text).expect("it answers");
        text.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let event = r#"{ "Events": [{ "Message": "by hand", "Severity": "OK" }] }"#;
    assert_eq!(post("0123/events", event), "404");
    assert_eq!(post(secret, "{"), "400");
    assert_eq!(post(secret, event), "204");
    listen.says(&rack.hosts[0], "by hand");
    // No more came: what was refused was not told.
    listen.signal("INT");
    assert_eq!(listen.ends(), Some(0));
}

#[test]
fn a_subscription_is_made_for_somebody_else_and_read_back_and_ended() {
    let rack = Rack::start(1, &["--fault", "no-sse"]);
    let door = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hook", door.local_addr().expect("an address"));
    let (code, hosts) = rack.told(&["events", "subscribe", &url, "--context", "rack7"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(0), &"done".into()), "{hosts:#?}");
    let one = rack.wanted(&["events", "list"])[0]["subscriptions"][0].clone();
    assert_eq!((&one["destination"], &one["context"]), (&url.as_str().into(), &"rack7".into()));
    assert!(
        hosts[0]["remarks"][0]["en"]
            .as_str()
            .is_some_and(|said| said.ends_with(one["id"].as_str().unwrap_or("?")))
    );
    // It is really sent there.
    rack.wanted(&["power", "off"]);
    let (mut socket, _) = door.accept().expect("it comes");
    let mut bytes = vec![0; 4096];
    let mut text = String::new();
    while !text.contains("turned off") {
        let length = socket.read(&mut bytes).expect("it is sent");
        assert!(length > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&bytes[..length]));
    }
    assert!(text.starts_with("POST /hook ") && text.contains("\"Context\":\"rack7\""), "{text}");
    socket.write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").expect("it reads");
    let id = one["id"].as_str().expect("a name").to_owned();
    assert_eq!(rack.ask(&["events", "unsubscribe", &id]).status.code(), Some(2), "it wants a yes");
    let (code, hosts) = rack.told(&["events", "unsubscribe", "77", "--yes-hosts", "1"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(1), &"unsupported".into()), "{hosts:#?}");
    rack.wanted(&["events", "unsubscribe", &id, "--yes-hosts", "1"]);
    assert_eq!(subscriptions(&rack), [0]);
    let page = String::from_utf8(rack.ask(&["events", "list"]).stdout).expect("text");
    assert!(page.contains("(none)"), "{page}");
    // More than there is room for is refused, with the BMC's reason.
    for _ in 0..8 {
        rack.wanted(&["events", "subscribe", &url]);
    }
    let (code, hosts) = rack.told(&["events", "subscribe", &url]);
    assert_eq!(code, Some(1), "{hosts:#?}");
    assert!(
        hosts[0]["reason"]["en"].as_str().is_some_and(|why| why.contains("exceeding the limit")),
        "{hosts:#?}"
    );
    assert_eq!(rack.ask(&["events", "subscribe", "ftp://x"]).status.code(), Some(2));
}
