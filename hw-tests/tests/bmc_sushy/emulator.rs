//! sushy-emulator on a port of this machine, with a certificate and a user; curl beside it.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bmc::{
    client::{Patience, Trust, certificate},
    credential::Secret,
    redfish::client::{Client, Options, RedfishError},
    target::Address,
};
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

/// The system of its driver that pretends.
pub(crate) const SYSTEM: &str = "/redfish/v1/Systems/27946b59-9e44-4fa7-8e91-f3527a1ef094";
const USER: &str = "admin";
const PASSWORD: &str = "password";
/// The password, by bcrypt.
const USERS: &str = "admin:$2b$04$rEHVqtyqayarnt7nX./T7O/QGl4pZqO6gTgx9xuT2KUFdnvzbeIhS\n";
/// Until it answers, which takes a second where nobody else works.
const START: Duration = Duration::from_mins(1);

pub(crate) fn ensure(is: bool, what: impl FnOnce() -> String) -> Result<(), Failed> {
    if is { Ok(()) } else { Err(Failed::from(what())) }
}

/// The emulator; it ends with this.
pub(crate) struct Emulator {
    folder: TempDir,
    process: Child,
    address: Address,
    runtime: tokio::runtime::Runtime,
    trust: Trust,
}

impl Emulator {
    pub(crate) fn start() -> Result<Self, Failed> {
        Self::start_with("")
    }

    /// Starts it with more lines of configuration.
    pub(crate) fn start_with(more: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .arg("-keyout")
            .arg(path("key.pem"))
            .arg("-out")
            .arg(path("cert.pem"))
            .output()?;
        ensure(made.status.success(), || String::from_utf8_lossy(&made.stderr).into_owned())?;
        fs::write(path("users"), USERS)?;
        fs::create_dir(path("state"))?;
        let text = |name: &str| path(name).display().to_string();
        let config = format!(
            "SUSHY_EMULATOR_AUTH_FILE = {:?}\nSUSHY_EMULATOR_STATE_DIR = {:?}\n{more}",
            text("users"),
            text("state"),
        );
        fs::write(path("conf.py"), config)?;
        // It does not tell which port it took, so it is given one that is free now.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = fs::File::create(path("log"))?;
        // Not with --debug: then it starts itself again as a child that outlives it.
        let process = Command::new("sushy-emulator")
            .args(["--fake", "-i", "127.0.0.1", "-p", &port.to_string()])
            .arg("--ssl-certificate")
            .arg(path("cert.pem"))
            .arg("--ssl-key")
            .arg(path("key.pem"))
            .arg("--config")
            .arg(path("conf.py"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let address: Address = format!("127.0.0.1:{port}").parse()?;
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build()?;
        // It ends with this, from here on whatever fails.
        let no_one = bmc::trust::Pin::of(&[]);
        let mut emulator = Self { folder, process, address, runtime, trust: Trust::Pin(no_one) };
        emulator.trust = Trust::Pin(emulator.shown()?);
        Ok(emulator)
    }

    /// Waits till it shows its certificate, and returns what that is known by.
    fn shown(&mut self) -> Result<bmc::trust::Pin, Failed> {
        let (address, process) = (&self.address, &mut self.process);
        let showing = async {
            loop {
                match certificate::look(address, Patience::default()).await {
                    Ok(shown) => return Ok(Some(shown.pin)),
                    Err(_) if process.try_wait()?.is_some() => return Ok(None),
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        let shown = self.runtime.block_on(async { tokio::time::timeout(START, showing).await });
        let shown: std::io::Result<_> = shown?;
        Ok(shown?.ok_or_else(|| self.log())?)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Connects with a password; the client is dropped at once.
    pub(crate) fn connect_with(&self, password: &str) -> Result<(), RedfishError> {
        self.runtime.block_on(async {
            self.client(password).await?.close().await;
            Ok(())
        })
    }

    async fn client(&self, password: &str) -> Result<Client, RedfishError> {
        let password = Secret::new(password.to_owned());
        let credential = Some((USER, &password));
        Client::connect(&self.address, credential, self.trust.clone(), Options::default()).await
    }

    /// Does something with a client.
    pub(crate) fn with(
        &self,
        act: impl AsyncFnOnce(&Client) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        self.runtime.block_on(async {
            let client = self.client(PASSWORD).await?;
            let acted = act(&client).await;
            client.close().await;
            acted
        })
    }

    /// Has curl ask; returns the body.
    pub(crate) fn curl(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failed> {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--fail-with-body", "-X", method, "-u", &format!("{USER}:{PASSWORD}")])
            .arg("--cacert")
            .arg(self.folder.path().join("cert.pem"))
            .args(["-H", "Content-Type: application/json"]);
        if let Some(body) = body {
            curl.args(["-d", &body.to_string()]);
        }
        let answer = curl.arg(format!("https://{}{path}", self.address)).output()?;
        let text = String::from_utf8_lossy(&answer.stdout);
        ensure(answer.status.success(), || format!("{method} {path}: {text}"))?;
        if text.trim().is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Serves an image by HTTP; returns its URL, and how often it was fetched.
pub(crate) fn images() -> Result<(String, impl Fn() -> usize), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/os.iso", listener.local_addr()?);
    let fetched = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fetched);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            if serve(socket).unwrap_or(false) {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    Ok((url, move || fetched.load(Ordering::SeqCst)))
}

/// Answers one request; returns whether it was for the image.
fn serve(mut socket: TcpStream) -> std::io::Result<bool> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match socket.read(&mut part)? {
            0 => return Ok(false),
            more => head.extend_from_slice(part.get(..more).unwrap_or_default()),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let is_it = Path::new(path) == Path::new("/os.iso");
    let (status, body) = if is_it { ("200 OK", "an image") } else { ("404 Not Found", "none") };
    let length = body.len();
    let body = if head.starts_with("HEAD") { "" } else { body };
    write!(
        socket,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    Ok(is_it)
}
