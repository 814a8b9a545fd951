//! The log of a BMC while it is watched by the program, and others write into it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;

use super::console::ipmitool;
use super::sim::Sim;

const PATIENCE: Duration = Duration::from_secs(30);

/// The program that watches; it ends with this.
struct Watch {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Watch {
    fn start(port: u16) -> Result<Self, Failed> {
        let mut child = Command::new(program::assay()?)
            .args(["bmc", &format!("127.0.0.1:{port}"), "--protocol", "ipmi", "--user", "admin"])
            .args(["--password-env", "WORD", "--output", "json", "sel", "watch", "--every", "1"])
            .env("WORD", "password")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// Waits for the next line of this event.
    fn tells(&self, event: &str) -> Result<Value, Failed> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.map_err(|error| format!("waited for {event}: {error}"))?;
            let told: Value = serde_json::from_str(&line)?;
            if told["event"] == event {
                return Ok(told);
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What ipmitool adds is told within seconds, as ipmitool reads it back; that it cleared the log,
/// too.
pub(crate) fn log() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let watch = Watch::start(sim.port)?;
    watch.tells("watching")?;
    // Add SEL Entry (IPMI 2.0 §31.6): a temperature, upper critical going high.
    let add = "raw 0x0a 0x44 0 0 0x02 0 0 0 0 0x20 0x00 0x04 0x01 0x02 0x01 0x59 0xff 0xff";
    ipmitool(sim.port, add)?;
    let entry = watch.tells("entry")?;
    let message = entry["entry"]["message"].as_str().unwrap_or_default().to_lowercase();
    let theirs = ipmitool(sim.port, "sel list")?;
    println!("{entry}\n{theirs}");
    assert!(message.contains("upper critical going high"), "{entry}");
    assert!(theirs.to_lowercase().contains("upper critical going high"), "{theirs}");
    ipmitool(sim.port, "sel clear")?;
    watch.tells("removed")?;
    Ok(())
}
