//! `assay bmc discover` on simulated hosts of this machine: what each is told to be, the list that
//! is written, and what none is sent.

#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod rack;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use rack::{Rack, program};
use serde_json::Value;

fn discover(rack: &Rack, targets: &[&str], words: &[&str]) -> Output {
    let mut command = program(rack.folder());
    command.arg("bmc").args(targets).arg("discover").args(words).stdout(Stdio::piped());
    command.output().expect("it starts")
}

fn found(rack: &Rack, targets: &[&str], words: &[&str]) -> (Option<i32>, Value) {
    let output = discover(rack, targets, &[words, &["--output", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!(document["schema"], "assay/bmc-discover/v1", "{said}");
    (output.status.code(), document)
}

#[test]
fn hosts_are_found_with_what_they_tell_anybody_and_a_list_of_them_is_read() {
    let rack = Rack::start(3, &["--dialect", "huawei", "--dialect", "dmtf", "--fault", "2:html"]);
    let targets: Vec<&str> = rack.hosts.iter().map(String::as_str).collect();
    let port = targets[0].rsplit_once(':').expect("a port").1;
    // Redfish and IPMI are on one number; that of the first host's IPMI is asked of each.
    let (code, document) = found(&rack, &targets, &["--ipmi-port", port]);
    let all = document["found"].as_array().expect("found");
    assert_eq!((code, all.len(), &document["asked"]), (Some(0), 3, &3.into()), "{document:#}");
    let of = |address: &str| all.iter().find(|one| one["address"] == address).expect("told of");
    let listed = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    for (at, vendor) in [(0, "Huawei"), (2, "Contoso")] {
        let one = of(targets[at]);
        assert_eq!((&one["what"], &one["found_by"][0]), (&"bmc".into(), &"address".into()));
        let pin = one["redfish"]["sha256"].as_str().expect("a fingerprint");
        assert!(listed.contains(pin), "{pin}: {listed}");
        assert!(
            one["redfish"]["uuid"].is_string() && one["redfish"]["version"].is_string(),
            "{one}"
        );
        let says = one["redfish"]["vendor"].as_str().unwrap_or_default();
        assert_eq!(says == vendor, at == 0, "{one:#}");
        assert!(one["next"]["en"].as_str().is_some_and(|next| next.contains("trust --store")));
    }
    assert_eq!(of(targets[0])["ipmi"]["version"], "2.0");
    // A web server is told to be one, and its certificate is shown all the same; what it has of
    // IPMI makes a BMC of it.
    let (_, document) = found(&rack, &[targets[1]], &["--ipmi-port", "9"]);
    let web = &document["found"][0];
    assert_eq!(web["what"], "web-server", "{web:#}");
    assert!(web["https"]["reason"]["en"].as_str().is_some_and(|why| why.contains("a web page")));
    assert!(web["https"]["sha256"].is_string() && web["redfish"].is_null());
    let output = discover(&rack, &[targets[1]], &["--ipmi-port", "9"]);
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(page.contains("a web server that is no BMC"), "{page}");
    assert_eq!(output.status.code(), Some(1), "no BMC was found: {page}");

    let written = rack.folder().join("found.csv").display().to_string();
    let output =
        discover(&rack, &[targets[0], targets[2]], &["--write", &written, "--output", "csv"]);
    let csv = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.lines().nth(1).is_some_and(|line| line.contains(",bmc,1.")), "{csv}");
    let again = discover(&rack, &[targets[0]], &["--write", &written]);
    assert_eq!(again.status.code(), Some(3), "a file that is there is kept");
    let ask = |words: &[&str]| {
        let mut command = program(rack.folder());
        command.args(["bmc", "--hosts", &written, "--known"]);
        command.arg(rack.folder().join("state/known")).args(words).stdout(Stdio::piped());
        let output = command.env("WORD", rack.password()).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let info = ["--user", "admin", "--password-env", "WORD", "info", "--output", "json"];
    // What was only seen is not trusted.
    let (code, told) = ask(&info);
    assert!(code == Some(3) && told.contains("no certificate is known"), "{code:?} {told}");
    assert_eq!(ask(&["trust", "--store"]).0, Some(0));
    let (code, told) = ask(&info);
    assert!(code == Some(0) && told.contains("SIM26000003"), "{code:?} {told}");
}

#[test]
fn a_network_is_swept_and_its_silence_is_counted() {
    let rack = Rack::start(1, &[]);
    let port = rack.hosts[0].rsplit_once(':').expect("a port").1;
    let network = format!("127.0.0.0/24:{port}");
    let (code, document) = found(&rack, &[&network], &["--ipmi-port", port]);
    assert_eq!((code, &document["asked"]), (Some(0), &254.into()));
    assert_eq!(
        (&document["counts"]["bmc"], &document["counts"]["closed"]),
        (&1.into(), &253.into())
    );
    // 254 addresses are 5 ms apart; on the way home nothing is waited for.
    let took = document["took_ms"].as_u64().expect("a time");
    assert!((1265..8000).contains(&took), "{took} ms");
    let (code, document) = found(&rack, &["127.0.0.1:9"], &["--ipmi-port", "9"]);
    assert_eq!((code, &document["found"][0]["what"]), (Some(1), &"closed".into()), "{document:#}");
}

#[test]
fn no_credential_is_sent_even_where_one_is_given() {
    let rack = Rack::start(1, &[]);
    let door = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = door.local_addr().expect("an address").to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    thread::spawn(move || {
        for socket in door.incoming().flatten() {
            let mut socket = socket;
            let mut bytes = [0; 4096];
            let length = socket.read(&mut bytes).unwrap_or(0);
            ear.lock().expect("nobody panics").extend_from_slice(&bytes[..length]);
            drop(socket.write_all(b"SSH-2.0-x\r\n"));
        }
    });
    let words =
        ["--user", "hermit", "--password-env", "WORD", "--output", "json", "--ipmi-port", "9"];
    let mut command = program(rack.folder());
    command.args(["bmc", &address, "discover"]).args(words).env("WORD", "Xyzzy-0815");
    let output = command.stdout(Stdio::piped()).output().expect("it starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(document["found"][0]["what"], "other", "{document:#}");
    assert_eq!(
        document["found"][0]["https"]["reason"]["en"]
            .as_str()
            .map(|why| why.contains("does not speak TLS")),
        Some(true),
        "{document:#}"
    );
    let heard = heard.lock().expect("nobody panics").clone();
    let says = |word: &[u8]| heard.windows(word.len()).any(|part| part == word);
    // A hello of TLS came, and nothing of ours in it.
    assert!(heard.first() == Some(&22) && !says(b"hermit") && !says(b"Xyzzy"));
    let (code, _) = found(&rack, &["--hosts", &rack.file("rack.csv").display().to_string()], &[]);
    assert_eq!(code, Some(0));
    assert_eq!(rack.sessions(), [1], "the one that asks");
}

#[test]
fn wrong_use_is_said() {
    let rack = Rack::start(1, &[]);
    let said = |targets: &[&str], words: &[&str]| {
        let output = discover(&rack, targets, words);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, err) = said(&[], &[]);
    assert!(code == Some(2) && err.contains("nothing says where to look"), "{err}");
    let (code, err) = said(&[], &["--ssdp", "--interface", "no-such-if"]);
    assert!(code == Some(2) && err.contains("no network interface `no-such-if`"), "{err}");
    let (code, err) = said(&[], &["--link-local", "no-such-if"]);
    assert!(code == Some(2) && err.contains("no network interface"), "{err}");
    assert_eq!(said(&[], &["--ssdp"]).0, Some(2));
}
