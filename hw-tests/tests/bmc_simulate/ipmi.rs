//! What ipmitool and freeipmi read of a simulated host, and the console.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use libtest_mimic::Failed;

use crate::site::{Outcome, Site, said};

/// Returns the value behind a name: `System Power         : on`.
fn field(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.trim_start().starts_with(name));
    let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim());
    value.unwrap_or_default().to_owned()
}

pub(crate) fn ipmitool() -> Result<(), Failed> {
    let site = Site::start(&["--parts", "fans=4,power-supplies=2"])?;
    let serial = site.hosts.first().and_then(|host| host["serial"].as_str()).unwrap_or_default();
    for suite in ["17", "3"] {
        let read = |words: &[&str]| -> Outcome<String> { said(&site.ipmitool(0, suite, words)?) };
        let device = read(&["mc", "info"])?;
        assert_eq!(field(&device, "IPMI Version"), "2.0");
        assert_eq!(field(&device, "Firmware Revision"), "1.00");
        assert_eq!(field(&read(&["chassis", "status"])?, "System Power"), "on");
        let sensors = read(&["sensor", "list"])?;
        assert_eq!(sensors.lines().count(), 2 + 4 + 1 + 2, "{sensors}");
        let cells = |name: &str| -> Vec<String> {
            let line = sensors.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let inlet = [
            "Inlet Temp",
            "24.000",
            "degrees C",
            "ok",
            "na",
            "na",
            "na",
            "42.000",
            "46.000",
            "50.000",
        ];
        assert_eq!(cells("Inlet Temp"), inlet);
        let fan = ["FAN4", "6000.000", "RPM", "ok", "na", "600.000", "1200.000", "na", "na", "na"];
        assert_eq!(cells("FAN4"), fan);
        let volts =
            ["P12V", "12.120", "Volts", "ok", "na", "10.800", "11.220", "12.780", "13.200", "na"];
        assert_eq!(cells("P12V"), volts);
        assert_eq!(read(&["sdr", "elist"])?.lines().count(), 9);
        let fru = read(&["fru", "print"])?;
        assert_eq!(field(&fru, "Product Serial"), serial);
        assert_eq!(field(&fru, "Chassis Serial"), serial);
        let log = read(&["sel", "list"])?;
        assert_eq!(log.lines().count(), 3, "{log}");
        assert!(log.contains("General Chassis intrusion"), "{log}");
        let users = read(&["user", "list", "1"])?;
        assert!(
            users
                .lines()
                .any(|line| line.starts_with("2   admin") && line.ends_with("ADMINISTRATOR")),
            "{users}"
        );
        let lan = read(&["lan", "print", "1"])?;
        assert_eq!(field(&lan, "IP Address  "), "127.0.0.1");
        assert_eq!(field(&lan, "RMCP+ Cipher Suites"), "17,3");
        let power = read(&["dcmi", "power", "reading"])?;
        assert_eq!(field(&power, "Instantaneous power reading"), "320 Watts");
    }
    Ok(())
}

pub(crate) fn freeipmi() -> Result<(), Failed> {
    let site = Site::start(&[])?;
    let address = site.address(0).to_owned();
    let folder = site.folder();
    for suite in ["17", "3"] {
        let read = |program: &str, words: &[&str]| -> Outcome<String> {
            let mut command = Command::new(program);
            // No workaround is asked for.
            command
                .args(["-D", "LAN_2_0", "-I", suite, "-h", &address, "-u", "admin", "-l", "ADMIN"]);
            command.args(["-p", &site.password]).args(words).env("HOME", &folder);
            said(&command.output()?)
        };
        let device = read("bmc-info", &[])?;
        assert_eq!(field(&device, "IPMI Version"), "2.0");
        assert_eq!(field(&device, "SEL Device"), "supported");
        let sensors =
            read("ipmi-sensors", &["--output-sensor-thresholds", "--comma-separated-output"])?;
        let inlet = sensors.lines().find(|line| line.contains("Inlet Temp")).unwrap_or_default();
        assert!(inlet.contains(",24.00,C,N/A,N/A,N/A,42.00,46.00,50.00,'OK'"), "{inlet}");
        assert_eq!(sensors.lines().filter(|line| line.contains("'OK'")).count(), 13, "{sensors}");
        assert!(read("ipmi-sel", &[])?.contains("General Chassis Intrusion"));
        let fru = read("ipmi-fru", &[])?;
        assert_eq!(field(&fru, "FRU Product Serial Number"), "SIM26000001");
        assert_eq!(field(&read("ipmi-chassis", &["--get-status"])?, "System Power"), "on");
        let boot = read("ipmi-chassis", &["--get-boot-flags"])?;
        assert_eq!(field(&boot, "Boot device selector"), "No override");
        let power = read("ipmi-dcmi", &["--get-system-power-statistics"])?;
        assert_eq!(field(&power, "Current Power"), "320 Watts");
    }
    Ok(())
}

pub(crate) fn console() -> Result<(), Failed> {
    let site = Site::start(&[])?;
    let (host, port) = site.address(0).rsplit_once(':').ok_or("no port")?;
    // What ipmitool writes into a pipe waits for its end otherwise.
    let mut child = Command::new("stdbuf")
        .args(["-o0", "ipmitool"])
        .args(["-I", "lanplus", "-H", host, "-p", port, "-U", "admin", "-E", "-C", "17"])
        .args(["sol", "activate"])
        .env("IPMI_PASSWORD", &site.password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut out = child.stdout.take().ok_or("no stdout")?;
    let mut input = child.stdin.take().ok_or("no stdin")?;
    let mut told = String::new();
    let mut read = |told: &mut String, wanted: &str| -> Outcome<()> {
        let mut room = [0; 1024];
        while !told.contains(wanted) {
            match std::io::Read::read(&mut out, &mut room)? {
                0 => return Err(format!("no {wanted}: {told}").into()),
                count => {
                    told.push_str(&String::from_utf8_lossy(room.get(..count).unwrap_or_default()));
                }
            }
        }
        Ok(())
    };
    read(&mut told, "Session operational")?;
    input.write_all(b"hello\r")?;
    read(&mut told, "hello\r\nserver-1 login: ")?;
    // A second one is told that the console is taken.
    let second = site.ipmitool(0, "17", &["sol", "activate"])?;
    let second = String::from_utf8_lossy(&second.stderr).into_owned()
        + &String::from_utf8_lossy(&second.stdout);
    assert!(second.contains("already active"), "{second}");
    input.write_all(b"\r~.")?;
    assert!(child.wait()?.success());
    // And the console is free again.
    assert!(site.ipmi(0, &["sol", "deactivate"]).is_err());
    Ok(())
}
