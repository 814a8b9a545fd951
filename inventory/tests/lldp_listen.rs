//! Listening on real interfaces: a pair of virtual ones in a network namespace
//! of its own, with a sender at one end.
//!
//! Needs `unshare`, `ip` and `python3`, and user namespaces or root; ignored
//! with the reason where they are missing, a failure under
//! `ASSAY_REQUIRE_PEERS=1`.

#![expect(clippy::print_stderr, reason = "what the sender said explains a failure")]

use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use inventory::lldp::listen::listen;
use inventory::lldp::{Heard, Port};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// Set in the process that runs inside the namespace.
const INSIDE: &str = "ASSAY_TEST_LLDP_INSIDE";

/// Sends one neighbour's frame until it is ended.
const SENDER: &str = r#"
import socket, time
frame = bytes.fromhex("0180c200000e02000000000788cc0207040200000000070402074506020078" "0a04746f7231" "0000")
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("far", 0))
while True:
    out.send(frame)
    time.sleep(0.05)
"#;

fn main() -> ExitCode {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let arguments = Arguments::from_args();
    let trials = vec![Trial::ignorable_test("a_neighbour_on_a_real_interface_is_heard", || {
        match prepare() {
            Ok(()) => run().map(|()| Completion::Completed),
            Err(reason) if std::env::var_os("ASSAY_REQUIRE_PEERS").is_some() => Err(reason.into()),
            Err(reason) => Ok(Completion::ignored_with(reason)),
        }
    })];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Says what is missing.
fn prepare() -> Result<(), String> {
    let script = "ip link add near type veth peer name far && python3 -c pass";
    let output = Command::new("unshare")
        .args(["--net", "--map-root-user", "sh", "-c", script])
        .output()
        .map_err(|error| format!("no unshare: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("no network namespace with virtual interfaces: {}", words.trim()))
}

fn run() -> Result<(), Failed> {
    let script = "ip link add near type veth peer name far \
                  && ip link set near up && ip link set far up && exec \"$0\"";
    let output = Command::new("unshare")
        .args(["--net", "--map-root-user", "sh", "-c", script])
        .arg(std::env::current_exe()?)
        .env(INSIDE, "1")
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}

fn inside() -> ExitCode {
    let sender = Command::new("python3").args(["-c", SENDER]).stdin(Stdio::null()).spawn();
    let Ok(mut sender) = sender else { return ExitCode::FAILURE };
    let port = |name: &str, carrier| Port { name: name.to_owned(), carrier, ..Port::default() };
    let heard = listen(
        vec![port("near", Some(true)), port("lo", Some(false)), port("gone", Some(true))],
        Duration::from_secs(20),
    );
    let ended = sender.kill().and_then(|()| sender.wait());
    match verdict(&heard) {
        Ok(()) if ended.is_ok() => ExitCode::SUCCESS,
        outcome => {
            eprintln!("{outcome:?} {heard:?}");
            ExitCode::FAILURE
        }
    }
}

fn verdict(heard: &Heard) -> Result<(), &'static str> {
    let [neighbour] = heard.neighbours.as_slice() else { return Err("not one neighbour") };
    if neighbour.interface.as_deref() != Some("near") {
        return Err("on the wrong interface");
    }
    if neighbour.system_name.as_deref() != Some("tor1") || neighbour.damaged {
        return Err("not as it was sent");
    }
    let silent: Vec<_> = heard.silent.iter().map(|silence| silence.interface.as_str()).collect();
    if silent == ["lo", "gone"] { Ok(()) } else { Err("the wrong ports are silent") }
}
