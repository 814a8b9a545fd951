//! `assay bmc` against TLS servers of this machine: what is shown, stored, and never replaced.

use std::{
    fs,
    io::Read as _,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use bmc::trust::Pin;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::Value;

/// A BMC's web server, as far as its certificate goes.
struct Server {
    place: SocketAddr,
    config: Arc<Mutex<Arc<ServerConfig>>>,
    sha256: String,
}

fn made() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(vec!["bmc".to_owned()]).expect("made");
    let certificate = CertificateDer::from(made.cert);
    let sha256 = Pin::of(&certificate).to_string();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate], key));
    (Arc::new(config.expect("a server")), sha256)
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let place = listener.local_addr().expect("its address");
        let (config, sha256) = made();
        let config = Arc::new(Mutex::new(config));
        let current = Arc::clone(&config);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let config = Arc::clone(&current.lock().expect("nobody panics"));
                let connection = ServerConnection::new(config).expect("a connection");
                let mut sent = Vec::new();
                let _ended = StreamOwned::new(connection, socket).read_to_end(&mut sent);
                assert!(sent.is_empty(), "something was sent: {sent:?}");
            }
        });
        Self { place, config, sha256 }
    }

    /// Gives it another certificate, as a reset of the BMC does.
    fn renew(&mut self) {
        let (config, sha256) = made();
        *self.config.lock().expect("nobody panics") = config;
        self.sha256 = sha256;
    }
}

fn bmc(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .arg("bmc")
        .args(arguments)
        .args(["--known", &folder.join("known").display().to_string()])
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// The exit code, and the word and SHA-256 of each host.
fn told(output: &Output) -> (Option<i32>, Vec<(String, String)>) {
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(document["schema"], "assay/bmc-trust/v1");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let hosts = document["hosts"].as_array().expect("hosts").iter();
    let hosts = hosts.map(|host| (text(&host["certificate"]), text(&host["sha256"])));
    (output.status.code(), hosts.collect())
}

#[test]
fn a_certificate_is_stored_on_request_and_a_changed_one_never() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut server = Server::start();
    let target = server.place.to_string();
    let look = |more: &[&str]| {
        told(&bmc(folder, &[&[target.as_str(), "trust", "--output", "json"], more].concat()))
    };
    let one = |word: &str, sha256: &str| vec![(word.to_owned(), sha256.to_owned())];
    assert_eq!(look(&[]), (Some(0), one("new", &server.sha256)));
    assert!(!folder.join("known").exists(), "a look stores nothing");
    assert_eq!(look(&["--store"]), (Some(0), one("stored", &server.sha256)));
    assert_eq!(look(&[]), (Some(0), one("known", &server.sha256)));
    let stored = fs::read_to_string(folder.join("known")).expect("a file");
    assert_eq!(stored, format!("{target} {}\n", server.sha256));
    let before = server.sha256.clone();
    server.renew();
    for more in [&[][..], &["--store"]] {
        assert_eq!(look(more), (Some(1), one("changed", &server.sha256)));
    }
    let page = bmc(folder, &[&target, "trust"]);
    let text = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(text.contains(&before) && text.contains(&server.sha256), "both: {text}");
    assert!(bmc(folder, &[&target, "trust", "--forget"]).status.success());
    assert_eq!(look(&["--store"]), (Some(0), one("stored", &server.sha256)));
}

#[test]
fn what_a_list_says_of_a_certificate_counts_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start();
    let list = folder.path().join("rack.csv");
    let write = |pin: &str| {
        fs::write(&list, format!("地址,指纹\n{},{pin}\n", server.place)).expect("written");
        let hosts = list.display().to_string();
        told(&bmc(folder.path(), &["--hosts", &hosts, "trust", "--store", "--output", "json"]))
    };
    assert_eq!(write(&server.sha256).1[0].0, "known");
    assert_eq!(
        write(&"ab".repeat(32)),
        (Some(1), vec![("changed".to_owned(), server.sha256.clone())])
    );
    assert!(!folder.path().join("known").exists());
}

#[test]
fn wrong_use_is_told_in_one_sentence_and_nothing_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let list = folder.join("rack.csv");
    fs::write(&list, "address,serial\n192.0.2.7,2.10E+11\n").expect("written");
    let list = list.display().to_string();
    fs::write(folder.join("known"), "").expect("written");
    let table: [(&[&str], i32, &str); 6] = [
        (&["trust"], 2, "no host is named"),
        (&["https://192.0.2.7", "trust"], 2, "it is a URL"),
        (&["10.0.0.0/8", "trust"], 2, "16777214 addresses"),
        (&["192.0.2.10-20", "--yes-hosts", "10", "trust"], 2, "10 hosts were confirmed"),
        (&["--hosts", &list, "trust"], 2, "line 2: serial `2.10E+11`"),
        (&["--hosts", "/nonexistent.csv", "trust"], 3, "cannot use the list of hosts"),
    ];
    for (arguments, code, what) in table {
        let output = bmc(folder, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(what), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    // The hosts whose number is asked for are named.
    let output = bmc(folder, &["192.0.2.10-12", "--yes-hosts", "2", "trust"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("192.0.2.10\n192.0.2.11\n192.0.2.12\n"), "{said}");
    fs::write(folder.join("known"), "192.0.2.7:443 nonsense\n").expect("written");
    let output = bmc(folder, &["127.0.0.1:1", "trust"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
