//! Simulated hosts on sockets of this machine, asked by an HTTP client that is not ours.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
    time::Duration,
};

use bmc::{
    client::{Patience, ReachError, certificate},
    credential::Secret,
    simulate::{
        serve::{self, Background, Setup},
        template::{Base, Numbers},
    },
};
use reqwest::Client;
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse 12";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn client() -> Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client")
}

/// Starts hosts with those knobs; each has a port of its own.
fn site(knobs: &[&str]) -> Background {
    let base = |knobs: &&str| {
        let knobs = knobs.parse().expect("knobs");
        Arc::new(Base::made("dmtf", Numbers::default(), &knobs).expect("made"))
    };
    let ip = [127, 0, 0, 1].into();
    let expired = knobs.contains(&"tls-expired");
    let setup = Setup {
        listen: "127.0.0.1:0".parse().expect("an address"),
        hosts: knobs.iter().map(base).collect(),
        user: "admin".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        ipmi: false,
        fetches: true,
        certificates: vec![serve::certificate("bmc", ip, expired).expect("a certificate")],
    };
    Background::start(setup).expect("a site")
}

fn url(site: &Background, at: usize, place: &str) -> String {
    format!("https://{}/redfish/v1{place}", site.places()[at].address)
}

async fn get(client: &Client, url: String) -> reqwest::Result<Value> {
    let answer = client.get(url).basic_auth("admin", Some(PASSWORD)).send().await?;
    let text = answer.text().await?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[test]
fn hosts_answer_each_for_itself() {
    let site = site(&["latency=0", "latency=0", "latency=0"]);
    runtime().block_on(async {
        let client = client();
        for (at, place) in site.places().iter().enumerate() {
            let system = get(&client, url(&site, at, "/Systems/1")).await.expect("a system");
            assert_eq!(system["SerialNumber"], place.serial.as_str());
            let address = place.address.to_string().parse().expect("an address");
            let shown = certificate::look(&address, Patience::default()).await.expect("shown");
            assert_eq!(shown.pin, place.pin);
        }
    });
}

#[test]
fn on_loopback_one_listener_serves_ten_thousand() {
    let base = Arc::new(
        Base::made("dmtf", Numbers::default(), &"latency=0".parse().expect("knobs")).expect("made"),
    );
    let own = serve::certificate("bmc", [127, 9, 0, 1].into(), false).expect("a certificate");
    // A port that nobody has now; should somebody take it meanwhile, another one is tried.
    let found = (0..20).find_map(|_| {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let setup = Setup {
            listen: format!("127.9.0.1:{}", free.port()).parse().expect("an address"),
            hosts: vec![Arc::clone(&base); 10_000],
            user: "admin".to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
            ipmi: false,
            fetches: false,
            certificates: vec![own.clone()],
        };
        Background::start(setup).ok()
    });
    let site = found.expect("a site");
    let last = site.places().last().expect("a last one");
    assert_eq!(last.address.ip().to_string(), "127.9.39.16");
    runtime().block_on(async {
        let client = client();
        for at in [0, 1, 4711, 9999] {
            let system = get(&client, url(&site, at, "/Systems/1")).await.expect("a system");
            assert_eq!(system["SerialNumber"], site.places()[at].serial.as_str());
        }
        let port = last.address.port();
        let nobody = get(&client, format!("https://127.8.255.255:{port}/redfish/v1")).await;
        assert!(nobody.is_err(), "an address below the first");
    });
}

#[test]
fn an_image_is_fetched_by_range_before_it_is_in() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let image = listener.local_addr().expect("its address");
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("the host comes");
        let mut request = [0; 4096];
        let length = socket.read(&mut request).expect("a request");
        let answer = "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/1000000\r\nConnection: close\r\n\r\nimage";
        socket.write_all(answer.as_bytes()).expect("answered");
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let site = site(&["latency=0"]);
    runtime().block_on(async {
        let client = client();
        let slot = "/Managers/BMC/VirtualMedia/CD1";
        let insert = url(&site, 0, &format!("{slot}/Actions/VirtualMedia.InsertMedia"));
        let post = |image: String| {
            let body = json!({ "Image": image }).to_string();
            client.post(&insert).basic_auth("admin", Some(PASSWORD)).body(body).send()
        };
        let answer = post(format!("http://{image}/a.iso")).await.expect("an answer");
        assert_eq!(answer.status(), 204);
        let request = server.join().expect("served").to_ascii_lowercase();
        assert!(
            request.contains("range: bytes=0-65535") && request.contains("simulated-bmc"),
            "{request}"
        );
        let slot = get(&client, url(&site, 0, slot)).await.expect("a slot");
        assert_eq!(slot["Inserted"], true);
        let eject = insert.replace("Insert", "Eject");
        let gone = client.post(eject).basic_auth("admin", Some(PASSWORD)).send().await;
        assert_eq!(gone.expect("an answer").status(), 204);
        // Nobody listens there any more.
        let answer = post(format!("http://{image}/a.iso")).await.expect("an answer");
        assert_eq!(answer.status(), 400);
        let text = answer.text().await.expect("a text");
        assert!(text.contains("Image") && text.contains("could not be reached"), "{text}");
    });
}

#[test]
fn sick_hosts_are_sick_in_their_way() {
    let site = site(&[
        "drop=1",
        "cut-body=1",
        "html",
        "latency=300",
        "tls-old",
        "hung-bmc",
        "etag-twice",
        "truncated-json=1",
    ]);
    runtime().block_on(async {
        let client = client();
        assert!(get(&client, url(&site, 0, "")).await.is_err(), "dropped");
        let cut = client.get(url(&site, 1, "")).send().await.expect("a head");
        assert!(cut.text().await.is_err(), "cut short");
        let html = get(&client, url(&site, 2, "")).await.expect("a page");
        assert!(html.as_str().is_some_and(|page| page.contains("<html>")), "{html}");
        let began = tokio::time::Instant::now();
        get(&client, url(&site, 3, "")).await.expect("late");
        assert!(began.elapsed() >= Duration::from_millis(300));
        let look = |at: usize| site.places()[at].address.to_string().parse().expect("an address");
        let old = certificate::look(&look(4), Patience::default()).await;
        assert!(matches!(old, Err(ReachError::OldTls { .. })), "{old:?}");
        let short = Patience { handshake: Duration::from_millis(100), ..Patience::default() };
        let hung = certificate::look(&look(5), short).await;
        assert!(matches!(hung, Err(ReachError::Stalled { .. })), "{hung:?}");
        let half = get(&client, url(&site, 7, "")).await.expect("half a document");
        assert!(half.as_str().is_some_and(|half| half.starts_with('{')), "{half}");
        let twice = client.get(url(&site, 6, "/Systems/1")).basic_auth("admin", Some(PASSWORD));
        let twice = twice.send().await.expect("an answer");
        assert_eq!(twice.headers().get_all("etag").iter().count(), 2);
    });
}

#[test]
fn who_listens_hears_of_what_happens_later() {
    let site = site(&["power-time=200"]);
    runtime().block_on(async {
        let client = client();
        let stream = client.get(url(&site, 0, "/EventService/SSE"));
        let mut stream = stream.basic_auth("admin", Some(PASSWORD)).send().await.expect("a stream");
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let reset = url(&site, 0, "/Systems/1/Actions/ComputerSystem.Reset");
        let body = json!({ "ResetType": "ForceOff" }).to_string();
        let answer = client.post(reset).basic_auth("admin", Some(PASSWORD)).body(body);
        assert_eq!(answer.send().await.expect("an answer").status(), 204);
        let mut told = String::new();
        while !told.contains("Power was turned off") {
            let piece = stream.chunk().await.expect("a piece").expect("not its end");
            told.push_str(&String::from_utf8_lossy(&piece));
        }
    });
}

#[test]
fn a_site_that_cannot_be_says_why() {
    let base = Arc::new(
        Base::made("dmtf", Numbers::default(), &"latency=0".parse().expect("knobs")).expect("made"),
    );
    let own = serve::certificate("bmc", [127, 0, 0, 1].into(), false).expect("a certificate");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let setup = |listen: String, hosts: usize, certificates: usize| Setup {
        listen: listen.parse().expect("an address"),
        hosts: vec![Arc::clone(&base); hosts],
        user: "admin".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        ipmi: false,
        fetches: false,
        certificates: vec![own.clone(); certificates],
    };
    let place = taken.local_addr().expect("its address").to_string();
    for (setup, says) in [
        (setup(place.clone(), 1, 1), "cannot listen on"),
        (setup("127.255.255.250:1".to_owned(), 9, 1), "no 9 addresses"),
        (setup("192.0.2.1:65500".to_owned(), 9, 1), "cannot listen on"),
        (setup(place, 3, 2), "3 hosts have 2 certificates"),
    ] {
        let error = Background::start(setup).expect_err("refused");
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error.hint().0.is_empty());
    }
}
