//! `assay bmc TARGET media insert FILE` at simulated hosts that fetch what they insert.

#[expect(dead_code, reason = "the tests of all verbs use the rest of it")]
#[path = "bmc_rack/rack.rs"]
mod rack;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use rack::Rack;
use serde_json::Value;

/// Until something is said that has to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Returns an image of that many bytes, of which neighbours differ.
fn image(rack: &Rack, bytes: usize) -> PathBuf {
    let path = rack.folder().join("os.iso");
    let content: Vec<u8> =
        (0..bytes).map(|at| u8::try_from(32 + at % 89).expect("small")).collect();
    fs::write(&path, content).expect("written");
    path
}

/// A program that serves, and what it says meanwhile.
struct Serving {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Serving {
    fn start(rack: &Rack, words: &[&str]) -> Self {
        let mut child = rack
            .command(&[&["media", "insert"], words, &["--output", "json"]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let said = BufReader::new(child.stderr.take().expect("it is piped"));
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line that has those words.
    fn says(&self, words: &str) -> String {
        let mut all = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_default();
            assert!(!line.is_empty(), "`{words}` was not said: {all:?}");
            if line.contains(words) {
                return line;
            }
            all.push(line);
        }
    }

    /// Sends a signal.
    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-s", name, &id]).status();
        assert!(kill.is_ok_and(|status| status.success()));
    }

    /// Waits for its end; returns the exit code, the document, and what else it said.
    fn ends(self) -> (Option<i32>, Value, String) {
        let Output { status, stdout, .. } = self.child.wait_with_output().expect("it ends");
        let said: Vec<String> = self.lines.iter().collect();
        let said = said.join("\n");
        let document = serde_json::from_slice(&stdout).unwrap_or_default();
        (status.code(), document, said)
    }
}

/// Returns the slots of each host that have something in them.
fn full(rack: &Rack) -> Vec<Vec<Value>> {
    let hosts = rack.wanted(&["media", "status"]);
    let of = |host: &Value| {
        let slots = host["media"].as_array().expect("slots").iter();
        slots.filter(|slot| slot["inserted"] == true).cloned().collect()
    };
    hosts.iter().map(of).collect()
}

/// Asks a server for something, from an address of this machine; returns all that it answers.
fn ask(url: &str, from: &str, head: &str) -> String {
    let (origin, path) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let to: std::net::SocketAddrV4 = origin.parse().expect("an address");
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    );
    let socket = socket.expect("a socket");
    let from: std::net::SocketAddrV4 = format!("{from}:0").parse().expect("an address");
    rustix::net::bind(&socket, &from).expect("bound");
    rustix::net::connect(&socket, &to).expect("connected");
    let mut socket = TcpStream::from(socket);
    // Whoever is hung up on may not get to the end of its request.
    let head = head.replace("PATH", &format!("/{path}"));
    drop(write!(socket, "{head}\r\nHost: x\r\nConnection: close\r\n\r\n"));
    let mut answer = Vec::new();
    drop(socket.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_file_is_fetched_by_each_host_and_ejected_at_ctrl_c() {
    let rack = Rack::start(3, &["--fetch-media", "--dialect", "dmtf", "--dialect", "inspur"]);
    let path = image(&rack, 200_000);
    let serving = Serving::start(&rack, &[&path.display().to_string(), "--yes-hosts", "3"]);
    for _ in 0..3 {
        serving.says("reads the image (from 127.0.0.1");
    }
    let urls: Vec<String> = full(&rack)
        .iter()
        .map(|slots| slots[0]["image"].as_str().expect("an image").to_owned())
        .map(|image| if image.contains("://") { image } else { format!("http://{image}") })
        .collect();
    assert!(urls.iter().all(|url| url.ends_with("/os.iso")), "{urls:?}");
    let url = &urls[0];

    // The bytes are the file's, whole and in part.
    let content = fs::read(&path).expect("the image");
    let answer = ask(url, "127.0.0.1", "GET PATH HTTP/1.1\r\nRange: bytes=199999-");
    assert!(answer.starts_with("HTTP/1.1 206 "), "{answer}");
    let told = answer.to_lowercase();
    assert!(told.contains("content-range: bytes 199999-199999/200000\r\n"), "{answer}");
    assert_eq!(answer.as_bytes().last(), content.last());
    let answer = ask(url, "127.0.0.1", "HEAD PATH HTTP/1.1").to_lowercase();
    assert!(answer.starts_with("http/1.1 200 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(answer.contains("content-length: 200000\r\n"), "{answer}");
    let answer = ask(url, "127.0.0.1", "PUT PATH HTTP/1.1");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
    for path in ["/", "/os.iso", "/0123456789abcdef0123456789abcdef/os.iso", "/../os.iso"] {
        let answer = ask(&format!("{origin}{path}"), "127.0.0.1", "GET PATH HTTP/1.1");
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    // A stranger gets nothing, though it knows the URL.
    assert_eq!(ask(url, "127.0.0.2", "GET PATH HTTP/1.1"), "");
    serving.says("127.0.0.2 was hung up on");

    serving.signal("INT");
    let (code, document, said) = serving.ends();
    assert_eq!(code, Some(0), "{said}\n{document:#}");
    assert_eq!(document["command"], "media insert");
    assert_eq!(document["strangers"], serde_json::json!(["127.0.0.2"]));
    for (at, host) in document["hosts"].as_array().expect("hosts").iter().enumerate() {
        let served = &host["served"];
        assert_eq!(served["url"], urls[at].as_str(), "{host:#}");
        assert_eq!(served["ejected"], true, "{host:#}");
        // The simulator reads the first 64 KiB; of the first host we read too.
        let more = [(4, 2), (1, 1), (1, 1)][at];
        assert_eq!((&served["requests"], &served["ranges"]), (&more.0.into(), &more.1.into()));
        assert_eq!(served["bytes"], if at == 0 { 65_537 } else { 65_536 }, "{host:#}");
        assert_eq!(served["read_whole"], false);
    }
    assert_eq!(full(&rack), vec![Vec::<Value>::new(); 3]);
    // Nobody listens any more.
    let address: std::net::SocketAddr =
        origin.trim_start_matches("http://").parse().expect("an address");
    assert!(TcpStream::connect(address).is_err());
}

/// Serves an image to a host with those words till it has read all of it; returns what was said.
fn served(simulate: &[&str], words: &[&str]) -> (Option<i32>, Value, String) {
    let rack = Rack::start(1, &[&["--fetch-media"], simulate].concat());
    let path = image(&rack, 40_000);
    let path = path.display().to_string();
    let (code, document, said) =
        Serving::start(&rack, &[&[&*path, "--until-read", "--yes-hosts", "1"], words].concat())
            .ends();
    if code == Some(0) {
        assert_eq!(document["hosts"][0]["served"]["read_whole"], true, "{document:#}");
        assert!(full(&rack).iter().all(|slots| slots.len() == 1));
    }
    (code, document, said)
}

#[test]
fn a_host_is_served_by_what_it_takes() {
    // It says so itself, or its make is known for it.
    for (simulate, scheme) in [
        (&["--dialect", "dmtf"][..], "http"),
        (&["--fault", "media-https-only"], "https"),
        (&["--dialect", "huawei"], "https"),
    ] {
        let (code, document, said) = served(simulate, &[]);
        assert_eq!(code, Some(0), "{simulate:?}: {said}\n{document:#}");
        let host = document["hosts"][0].to_string();
        let url = document["hosts"][0]["served"]["url"].as_str().expect("a URL");
        assert!(url.starts_with(&format!("{scheme}://127.0.0.1:")), "{url}");
        assert_eq!(host.contains("it is served by https: the BMC takes"), scheme == "https");
        // That certificates are not looked at any more is said where it was changed.
        let changed = host.contains("VerifyCertificate of slot");
        assert_eq!(changed, simulate.contains(&"media-https-only"), "{host}");
    }
}

#[test]
fn a_slot_that_looks_at_certificates_does_so_again_when_the_image_is_out() {
    let rack = Rack::start(1, &["--fetch-media", "--fault", "media-https-only"]);
    let path = image(&rack, 40_000);
    let serving = Serving::start(&rack, &[&path.display().to_string(), "--yes-hosts", "1"]);
    serving.says("reads the image (from 127.0.0.1");
    let slot = full(&rack)[0][0]["path"].as_str().expect("a path").to_owned();
    let verifies = || rack.wanted(&["raw", "get", &slot])[0]["answer"]["VerifyCertificate"].clone();
    assert_eq!(verifies(), false);
    serving.signal("INT");
    let (code, document, said) = serving.ends();
    assert_eq!(code, Some(0), "{said}\n{document:#}");
    assert_eq!(document["hosts"][0]["served"]["ejected"], true, "{document:#}");
    assert_eq!(verifies(), true);
}

#[test]
fn a_host_that_takes_nfs_alone_is_served_by_it() {
    for simulate in [&["--fault", "media-nfs-only"][..], &["--dialect", "h3c"]] {
        // A port that is said is in the URL, and nobody has to be root for it.
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let place = port.local_addr().expect("an address").to_string();
        drop(port);
        let (code, document, said) = served(simulate, &["--serve", &place]);
        assert_eq!(code, Some(0), "{simulate:?}: {said}\n{document:#}");
        let served = &document["hosts"][0]["served"];
        let url = served["url"].as_str().expect("a URL");
        assert!(url.starts_with(&format!("nfs://{place}/")) && url.ends_with("/os.iso"), "{url}");
        assert_eq!(served["by"], serde_json::json!(["127.0.0.1"]));
        assert_eq!(served["bytes"], 40_000, "{served}");
    }
    // The protocol that was asked for is the one that is used, and the BMC's refusal is told.
    let (code, document, said) = served(&["--fault", "media-nfs-only"], &["--serve-by", "http"]);
    assert_eq!(code, Some(1), "{said}\n{document:#}");
    let (code, document, _) = served(&[], &["--serve-by", "https"]);
    let url = document["hosts"][0]["served"]["url"].as_str().unwrap_or_default().to_owned();
    assert!(code == Some(0) && url.starts_with("https://"), "{document:#}");
}

#[test]
fn without_the_portmappers_port_it_is_said_what_to_do() {
    let place = "127.83.41.9";
    let Ok(taken) = std::net::TcpListener::bind((place, 111)) else {
        // Whoever may not have the port is told that, too.
        let words = ["--serve", place, "--serve-by", "nfs"];
        let (code, document, said) = served(&[], &words);
        assert_eq!(code, Some(3), "{said}\n{document:#}");
        assert!(document.to_string().contains("root"), "{document:#}");
        return;
    };
    let words = ["--serve", place, "--serve-by", "nfs"];
    let (code, document, said) = served(&[], &words);
    let told = format!("{said}\n{document:#}");
    assert!(code.is_some_and(|code| code != 0), "{told}");
    assert!(told.contains("port 111 is taken") && told.contains("rpcbind"), "{told}");
    drop(taken);
    // Where they are free the URL has no port: the portmapper tells it.
    let (code, document, said) = served(&[], &words);
    assert_eq!(code, Some(0), "{said}\n{document:#}");
    let url = document["hosts"][0]["served"]["url"].as_str().expect("a URL");
    assert!(url.starts_with(&format!("nfs://{place}/")), "{url}");
}

#[test]
fn once_it_was_read_whole_serving_ends_and_the_image_stays() {
    let rack = Rack::start(2, &["--fetch-media"]);
    let path = image(&rack, 40_000);
    let words = [&path.display().to_string(), "--until-read", "--yes-hosts", "2"];
    let (code, document, said) = Serving::start(&rack, &words).ends();
    assert_eq!(code, Some(0), "{said}\n{document:#}");
    for host in document["hosts"].as_array().expect("hosts") {
        let served = &host["served"];
        assert_eq!((&served["read_whole"], &served["bytes"]), (&true.into(), &40_000.into()));
        assert_eq!(served["ejected"], Value::Null);
    }
    assert!(full(&rack).iter().all(|slots| slots.len() == 1));
}

#[test]
fn a_host_that_does_not_fetch_is_told_of_and_its_slot_is_emptied() {
    // These take the URL on trust.
    let rack = Rack::start(1, &[]);
    let path = image(&rack, 4096);
    let words = [&path.display().to_string(), "--patience", "1"];
    let (code, document, said) = Serving::start(&rack, &words).ends();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("did not fetch the image from 127.0.0.1:"), "{said}");
    assert_eq!(document["hosts"][0]["served"]["requests"], 0, "{document:#}");
    assert_eq!(document["hosts"][0]["served"]["ejected"], true, "{document:#}");
    assert_eq!(full(&rack), [Vec::<Value>::new()]);
}

#[test]
fn what_is_no_file_is_not_served_and_the_host_not_asked() {
    let rack = Rack::start(1, &["--fetch-media"]);
    let pipe = rack.folder().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let empty = rack.folder().join("empty.iso");
    fs::write(&empty, "").expect("written");
    let missing = rack.folder().join("missing.iso");
    for (path, why) in [
        (rack.folder(), "no regular file"),
        (&*pipe, "no regular file"),
        (std::path::Path::new("/dev/null"), "no regular file"),
        (&*empty, "it is empty"),
        (&*missing, "No such file"),
    ] {
        let (code, _, said) = Serving::start(&rack, &[&path.display().to_string()]).ends();
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("cannot serve") && said.contains(why), "{}: {said}", path.display());
    }
    assert_eq!(full(&rack), [Vec::<Value>::new()]);
}
