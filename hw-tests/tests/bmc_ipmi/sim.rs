//! A BMC of somebody else's: `ipmi_sim`, with a chassis of files, four sensors, a FRU,
//! three users, and 63 sessions.

use std::fs;
use std::io;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bmc::ipmi;
use libtest_mimic::Failed;
use tempfile::TempDir;

use super::console::{self, address};

/// Sessions that it has.
pub(crate) const SESSIONS: usize = 63;

const LAN: &str = r#"name "bmc1"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 @PORT@
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "./chassis.sh 0x20"
@LINE@  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "admin" "password" admin 10 none md2 md5 straight
  user 3 true "operator" "operpass" operator 10 none md2 md5 straight
"#;

/// The chassis: `get`, `check` and `set` of power and boot, kept in files beside it.
const CHASSIS: &str = r#"#!/bin/bash
mkdir -p state
case $1 in 0x*) shift ;; esac
verb=$1
shift
case $verb in
get)
  for what in "$@"; do
    case $what in
    power) echo "power:$(cat state/power 2>/dev/null || echo 0)" ;;
    boot) echo "boot:$(cat state/boot 2>/dev/null || echo none)" ;;
    *) exit 1 ;;
    esac
  done ;;
check) for what in "$@"; do case $what in power | boot | reset | shutdown) ;; *) exit 1 ;; esac; done ;;
set)
  while [ $# -gt 0 ]; do
    case $1 in
    power | boot) echo "$2" > "state/$1" ;;
    reset | shutdown)
      echo "$1" >> state/events
      [ "$1" = shutdown ] && echo 0 > state/power ;;
    *) exit 1 ;;
    esac
    shift 2
  done ;;
*) exit 1 ;;
esac
exit 0
"#;

const BMC: &str = r#"mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x0007db 0x0001
sel_enable 0x20 1000 0x0a
mc_add_fru_data 0x20 0 512 file 0 "fru0.bin"
sensor_add 0x20 0 0 35 0x6f event-only
sensor_add 0x20 0 1 0x01 0x01
sensor_set_value 0x20 0 1 45 0
sensor_set_threshold 0x20 0 1 settable 111000 0xa0 0x90 0x70 00 00 00
sensor_set_event_support 0x20 0 1 enable scanning per-state 000111111000000 000111111000000 000111111000000 000111111000000
sensor_add 0x20 0 2 0x01 0x01
sensor_set_value 0x20 0 2 24 0
sensor_set_event_support 0x20 0 2 enable scanning per-state 000111111000000 000111111000000 000111111000000 000111111000000
sensor_set_threshold 0x20 0 2 settable 111000 0x3c 0x37 0x32 00 00 00
sensor_add 0x20 0 3 0x04 0x01
sensor_set_value 0x20 0 3 100 0
sensor_set_event_support 0x20 0 3 enable scanning per-state 000111111000000 000111111000000 000111111000000 000111111000000
sensor_add 0x20 0 4 0x02 0x01
sensor_set_value 0x20 0 4 203 0
sensor_set_event_support 0x20 0 4 enable scanning per-state 000111111000000 000111111000000 000111111000000 000111111000000
sensor_add 0x20 0 5 0x08 0x6f
sensor_set_bit_clr_rest 0x20 0 5 0 0
sensor_set_event_support 0x20 0 5 enable scanning per-state 000000000001111 000000000001111 000000000001111 000000000001111
@SDR@sel_add 0x20 0x02 0x00 0x00 0x00 0x00 0x20 0x00 0x04 0x0c 0x53 0x6f 0x00 0xff 0xff
sel_add 0x20 0x02 0x00 0x00 0x00 0x00 0x20 0x00 0x04 0x01 0x01 0x01 0x59 0xa0 0x90
mc_enable 0x20
"#;

/// The simulator, in a folder of its own; it ends with this.
pub(crate) struct Sim {
    child: Child,
    folder: TempDir,
    /// Its UDP port on 127.0.0.1.
    pub(crate) port: u16,
}

impl Sim {
    /// Starts it and waits until it answers.
    pub(crate) fn start() -> Result<Self, Failed> {
        Self::start_with("")
    }

    /// The same with a line more in its configuration.
    pub(crate) fn start_with(line: &str) -> Result<Self, Failed> {
        // The port that was free may be somebody else's by the time it binds it.
        for _ in 0..5 {
            if let Some(sim) = Self::try_start(line)? {
                return Ok(sim);
            }
        }
        Err("ipmi_sim got none of five ports".into())
    }

    fn try_start(line: &str) -> Result<Option<Self>, Failed> {
        let folder = tempfile::tempdir()?;
        let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
        let at = |name: &str| folder.path().join(name);
        let lan = LAN.replace("@PORT@", &port.to_string()).replace("@LINE@", line);
        fs::write(at("lan.conf"), lan)?;
        fs::write(at("bmc.emu"), BMC.replace("@SDR@", &records()))?;
        fs::write(at("fru0.bin"), fru())?;
        fs::write(at("chassis.sh"), CHASSIS)?;
        fs::set_permissions(at("chassis.sh"), fs::Permissions::from_mode(0o755))?;
        fs::create_dir(at("persist"))?;
        let said = fs::File::create(at("said"))?;
        let child = Command::new("ipmi_sim")
            .args(["-n", "-c", "lan.conf", "-f", "bmc.emu", "-s", "persist"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        let mut sim = Self { child, folder, port };
        match sim.answers() {
            Ok(()) => Ok(Some(sim)),
            Err(_) if sim.said().contains("Address already in use") => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// A line that it cannot use leaves it running without a socket: it is asked, not looked for.
    fn answers(&mut self) -> Result<(), Failed> {
        let until = Instant::now() + Duration::from_secs(10);
        let place = address(self.port);
        while Instant::now() < until {
            let asked = ipmi::ping(&place, Duration::from_millis(200));
            if console::run(asked).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("ipmi_sim ended: {status}: {}", self.said()).into());
            }
        }
        Err(format!("ipmi_sim does not answer: {}", self.said()).into())
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it, so that its port is closed.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _gone = self.stop();
    }
}

/// A FRU of three areas, as the FRU storage definition has them.
fn fru() -> Vec<u8> {
    let areas = [
        area(&[0x17], &["CH-PN", "CH-SN-01"]),
        area(&[0, 0, 0, 0x90], &["Huawei", "BC11HGSA0", "BOARD0001", "03024JMY", "fru1"]),
        area(
            &[0],
            &["Huawei", "RH2288H V3", "02311XYZ", "V3", "2102310QPD10J1000001", "ASSET7", "fru1"],
        ),
    ];
    let (mut head, mut body) = (vec![1, 0], Vec::new());
    for area in areas {
        head.push(u8::try_from(1 + body.len() / 8).unwrap_or(0));
        body.extend(area);
    }
    head.extend([0, 0]);
    head.push(sum(&head));
    head.extend(body);
    head.resize(512, 0);
    head
}

fn area(prefix: &[u8], texts: &[&str]) -> Vec<u8> {
    let mut out = vec![1, 0];
    out.extend(prefix);
    for one in texts {
        text(&mut out, one);
    }
    out.push(0xc1);
    let size = (out.len() + 1).next_multiple_of(8);
    out.resize(size - 1, 0);
    if let Some(length) = out.get_mut(1) {
        *length = u8::try_from(size / 8).unwrap_or(0);
    }
    out.push(sum(&out));
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(0xc0 | u8::try_from(text.len()).unwrap_or(0));
    out.extend(text.bytes());
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

/// Seven records: the BMC, its FRU, four sensors of thresholds, and a discrete one.
fn records() -> String {
    let locator = |mut body: Vec<u8>, name: &str| {
        text(&mut body, name);
        body
    };
    // Sensor, type, unit, name, M, exponent, upper thresholds.
    let full = |number, kind, unit, name: &str, m: u8, exponent: u8, upper: [u8; 3]| {
        let mut body = vec![0x20, 0, number, 7, 1, 0x7f, 0x68, kind, 1];
        body.extend([0x80, 0x0a, 0x80, 0x0a, 0x38, 0x38, 0, unit, 0]);
        body.extend([0, m, 0, 0, 0, 0, exponent << 4]);
        body.extend([7, 0x40, 0x60, 0x20, 0xff, 0]);
        body.extend(upper);
        body.extend([0, 0, 0, 2, 2, 0, 0, 0]);
        text(&mut body, name);
        body
    };
    let mut compact = vec![0x20, 0, 5, 10, 1, 0x67, 0x40, 8, 0x6f];
    compact.extend([0x0f, 0, 0x0f, 0, 0x0f, 0, 0xc0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    text(&mut compact, "PSU1");
    let all = [
        (0x12, locator(vec![0x20, 0, 0, 0xbf, 0, 0, 0, 7, 1, 0], "BMC")),
        (0x11, locator(vec![0x20, 0, 0x80, 0, 0, 0x10, 0, 7, 1, 0], "FRU0")),
        (0x01, full(1, 1, 1, "CPU1 Temp", 1, 0, [0xa0, 0x90, 0x70])),
        (0x01, full(2, 1, 1, "Inlet Temp", 1, 0, [0x3c, 0x37, 0x32])),
        (0x01, full(3, 4, 18, "FAN1 Speed", 60, 0, [255, 254, 253])),
        (0x01, full(4, 2, 4, "P12V", 6, 0x0e, [250, 240, 230])),
        (0x02, compact),
    ];
    let line = |(number, (kind, body)): (usize, &(u8, Vec<u8>))| {
        let (number, length) = (u8::try_from(number + 1), u8::try_from(body.len()));
        let head = [number.unwrap_or(0), 0, 0x51, *kind, length.unwrap_or(0)];
        let bytes = head.iter().chain(body).map(|byte| format!(" {byte:#04x}"));
        format!("main_sdr_add 0x20{}\n", bytes.collect::<String>())
    };
    all.iter().enumerate().map(line).collect()
}
