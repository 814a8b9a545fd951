//! Ironic, API and conductor in one process; it ends with this.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use serde_json::Value;

/// It is Python, and starts slowly where others work.
const START: Duration = Duration::from_mins(3);
/// Until a node is verified.
const VERIFY: Duration = Duration::from_mins(2);

/// Power is not kept as Ironic saw it first: it would act on the hosts by itself.
const CONFIGURATION: &str = "[DEFAULT]
auth_strategy = noauth
rpc_transport = none
log_file = FOLDER/ironic.log
use_stderr = false
host = localhost
my_ip = 127.0.0.1
state_path = FOLDER
tempdir = FOLDER
enabled_hardware_types = redfish,ipmi
enabled_bios_interfaces = no-bios
enabled_boot_interfaces = redfish-virtual-media,ipxe
enabled_console_interfaces = no-console
enabled_deploy_interfaces = direct
enabled_firmware_interfaces = no-firmware
enabled_inspect_interfaces = redfish,no-inspect
enabled_management_interfaces = redfish,ipmitool
enabled_network_interfaces = noop
enabled_power_interfaces = redfish,ipmitool
enabled_raid_interfaces = no-raid
enabled_rescue_interfaces = no-rescue
enabled_storage_interfaces = noop
enabled_vendor_interfaces = no-vendor
default_network_interface = noop
[api]
host_ip = 127.0.0.1
port = PORT
[conductor]
automated_clean = false
sync_power_state_interval = 0
[database]
connection = sqlite:///FOLDER/ironic.sqlite
[deploy]
http_url = http://127.0.0.1:1
http_root = FOLDER
[dhcp]
dhcp_provider = none
[service_catalog]
endpoint_override = http://127.0.0.1:PORT
[oslo_messaging_notifications]
driver = noop
[oslo_concurrency]
lock_path = FOLDER
[pxe]
tftp_root = FOLDER
images_path = FOLDER
";

pub(crate) struct Conductor {
    process: Child,
    port: u16,
}

pub(crate) fn ensure(is: bool, what: impl FnOnce() -> String) -> Result<(), Failed> {
    if is { Ok(()) } else { Err(Failed::from(what())) }
}

/// Runs a command that has to succeed; returns what it prints.
pub(crate) fn done(command: &mut Command) -> Result<String, Failed> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure(output.status.success(), || {
        format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl Conductor {
    pub(crate) fn start(folder: &Path) -> Result<Self, Failed> {
        fs::create_dir_all(folder)?;
        // It does not tell which port it took, so it is given one that is free now.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let text = CONFIGURATION
            .replace("FOLDER", &folder.display().to_string())
            .replace("PORT", &port.to_string());
        let file = folder.join("ironic.conf");
        fs::write(&file, text)?;
        done(Command::new("ironic-dbsync").arg("--config-file").arg(&file).arg("create_schema"))?;
        let said = fs::File::create(folder.join("said"))?;
        let process = Command::new("ironic")
            .arg("--config-file")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        let mut conductor = Self { process, port };
        let begun = Instant::now();
        loop {
            let drivers = conductor.get("/v1/drivers").unwrap_or_default();
            let named = drivers["drivers"].as_array().into_iter().flatten();
            if named.filter(|driver| driver["name"] == "redfish").count() == 1 {
                return Ok(conductor);
            }
            let ended = conductor.process.try_wait()?.is_some();
            ensure(!ended && begun.elapsed() < START, || {
                fs::read_to_string(folder.join("said")).unwrap_or_default()
            })?;
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Returns Ironic's own command line.
    pub(crate) fn baremetal(&self) -> Command {
        let mut command = Command::new("baremetal");
        command.env("OS_AUTH_TYPE", "none");
        command.env("OS_ENDPOINT", format!("http://127.0.0.1:{}", self.port));
        command
    }

    fn curl(&self, path: &str) -> Command {
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "30", "-H", "X-OpenStack-Ironic-API-Version: latest"]);
        command.args(["-H", "Content-Type: application/json"]);
        command.arg(format!("http://127.0.0.1:{}{path}", self.port));
        command
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Failed> {
        Ok(serde_json::from_str(&done(&mut self.curl(path))?)?)
    }

    /// Has a node verified: Ironic reaches its BMC with what was enrolled.
    pub(crate) fn manage(&self, node: &str) -> Result<(), Failed> {
        let path = format!("/v1/nodes/{node}/states/provision");
        done(self.curl(&path).args(["-X", "PUT", "-d", "{\"target\": \"manage\"}"]))?;
        let begun = Instant::now();
        loop {
            let found = self.get(&format!("/v1/nodes/{node}"))?;
            match found["provision_state"].as_str() {
                Some("manageable") => return Ok(()),
                Some("verifying") => {}
                _ => return Err(format!("{node}: {}", found["last_error"]).into()),
            }
            ensure(begun.elapsed() < VERIFY, || format!("{node} is verifying still"))?;
            thread::sleep(Duration::from_millis(300));
        }
    }
}

impl Drop for Conductor {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
