//! Our own side of a BMC, spoken to by others: what proves suite 17, the BMC's key and passwords of
//! 20 bytes, which `ipmi_sim` has not.

use std::net::UdpSocket;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bmc::credential::Secret;
use bmc::ipmi::privilege::Privilege;
use bmc::ipmi::session::bmc::{Account, Bmc, Profile};
use bmc::ipmi::suite::Suite;
use bmc::ipmi::{Client, Credentials, IpmiError, Options};
use libtest_mimic::Failed;

use super::console::{address, options, run};

/// A password of 20 bytes, and a key.
const PASSWORD: &str = "20-bytes-of-password";
const KG: &str = "key-of-the-bmc";

/// A BMC of ours on a socket; it ends with this.
struct Bench {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<usize>>,
}

impl Bench {
    fn start(suites: Vec<Suite>, kg: Option<&str>) -> Result<Self, Failed> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        let port = socket.local_addr()?.port();
        let account = Account {
            name: "admin".to_owned(),
            password: PASSWORD.as_bytes().to_vec(),
            most: Privilege::Administrator,
        };
        let profile = Profile {
            guid: *b"\x10\x32\x54\x76\x98\xba\xdc\x4e\x8f\x01\x23\x45\x67\x89\xab\xcd",
            accounts: vec![account],
            kg: kg.map(|kg| kg.as_bytes().to_vec()),
            suites,
            sessions: 8,
            is_anonymous: false,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || serve(&socket, Bmc::new(profile, [3; 32]), &told));
        Ok(Self { port, stop, thread: Some(thread) })
    }

    /// Ends it; returns how many sessions it still has.
    fn left(mut self) -> Result<usize, Failed> {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().ok_or("it ended already")?;
        thread.join().map_err(|_panic| "it panicked".into())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(socket: &UdpSocket, mut bmc: Bmc, stop: &AtomicBool) -> usize {
    let mut bytes = [0; 1024];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
        let datagram = bytes.get(..length).unwrap_or_default();
        let reply = bmc.handle(datagram, Instant::now(), &mut |request, _caller| match (
            request.netfn,
            request.command,
        ) {
            (0x00, 0x01) => (0, vec![0x21, 0x10, 0x40]),
            (0x06, 0x01) => (0, vec![0x20, 1, 2, 0x34, 2, 0x80, 0xdb, 7, 0, 1, 0]),
            _ => (0xc1, Vec::new()),
        });
        if let Some(reply) = reply {
            let _sent = socket.send_to(&reply, from);
        }
    }
    bmc.sessions()
}

/// Asks for the chassis' status by ipmitool, or by a program of freeipmi.
fn ask(program: &str, port: u16, suite: Suite, kg: Option<&str>) -> Result<String, Failed> {
    let (port, suite) = (port.to_string(), suite.to_string());
    let mut command = Command::new(program);
    if program == "ipmitool" {
        command.args(["-I", "lanplus", "-C", &suite, "-H", "127.0.0.1", "-p", &port]);
        command.args(["-U", "admin", "-P", PASSWORD]);
        command.args(kg.map_or_else(Vec::new, |kg| vec!["-k", kg]));
        command.args(["chassis", "status"]);
    } else {
        let host = format!("127.0.0.1:{port}");
        command.args(["-D", "LAN_2_0", "-I", &suite, "-h", &host, "-u", "admin", "-p", PASSWORD]);
        command.args(kg.map_or_else(Vec::new, |kg| vec!["-k", kg]));
        command.args(["-l", "ADMIN", "--get-chassis-status"]);
    }
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(format!("{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr)).into())
}

pub(crate) fn others() -> Result<(), Failed> {
    for suite in [Suite::SHA256, Suite::SHA1] {
        for kg in [None, Some(KG)] {
            let bench = Bench::start(vec![Suite::SHA1, Suite::SHA256], kg)?;
            for program in ["ipmitool", "ipmi-chassis"] {
                let said = ask(program, bench.port, suite, kg)?;
                let power = said.lines().find(|line| line.starts_with("System Power "));
                let on = power.is_some_and(|line| line.trim_end().ends_with("on"));
                assert!(on, "{program}, suite {suite}: {said}");
            }
            // One that does not know the key is not let in, by its own judgement as well.
            if kg.is_some() {
                assert!(ask("ipmitool", bench.port, suite, Some("another")).is_err());
            }
            ours(bench.port, suite, kg)?;
            // A console that found our key wrong had a session, and could not close it.
            let most = usize::from(kg.is_some());
            let left = bench.left()?;
            assert!(left <= most, "suite {suite}, key {kg:?}: {left} left");
        }
    }
    Ok(())
}

/// The same by us.
fn ours(port: u16, suite: Suite, kg: Option<&str>) -> Result<(), Failed> {
    let (password, kg) =
        (Secret::new(PASSWORD.to_owned()), kg.map(|kg| Secret::new(kg.to_owned())));
    let found = run(async {
        let credentials = Credentials {
            user: "admin",
            password: &password,
            kg: kg.as_ref(),
            privilege: Privilege::Administrator,
        };
        let options = Options { suites: vec![suite], ..options() };
        let mut client = Client::connect(&address(port), credentials, &options).await?;
        let found = (client.suite(), client.device().await?.version(), client.uuid().await?);
        client.close().await?;
        Ok::<_, IpmiError>(found)
    })?;
    let uuid = "76543210-ba98-4edc-8f01-23456789abcd".to_owned();
    assert_eq!(found, (suite, "2.34".to_owned(), Some(uuid)));
    Ok(())
}
