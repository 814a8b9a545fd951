//! libvirt, its machine and sushy-emulator, in namespaces of their own: nothing of this system's
//! libvirt is touched, and all of it ends with the first process.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use hw_tests::{peer::find_program, program::assay};
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

/// The machine's path.
pub(crate) const SYSTEM: &str = "/redfish/v1/Systems/11111111-2222-3333-4444-555555555555";
/// The firmware, which libvirt finds by its descriptors.
pub(crate) const FIRMWARE: &str = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const PASSWORD: &str = "password";
/// The password, by bcrypt.
const USERS: &str = "admin:$2b$04$rEHVqtyqayarnt7nX./T7O/QGl4pZqO6gTgx9xuT2KUFdnvzbeIhS\n";
/// libvirt looks at QEMU when it starts, which takes seconds; more where others work.
const START: Duration = Duration::from_mins(3);

/// What runs in the namespaces; its first process is the shell, and the last is the emulator.
const SCRIPT: &str = r#"set -eu
W=$1
mount --make-rprivate /
for d in /run /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /etc/libvirt; do
  mount -t tmpfs none $d
done
mkdir -p /run/libvirt /var/lib/libvirt/images
cp "$W/qemu.conf" /etc/libvirt/
virtlogd &
libvirtd &
v() { virsh -q -c qemu:///system "$@"; }
until v version >/dev/null 2>&1; do sleep 0.1; done
v pool-define-as default dir --target /var/lib/libvirt/images
v pool-start default
v define "$W/machine.xml"
exec sushy-emulator --config "$W/conf.py"
"#;

/// No other user, no security driver, no control groups: there is one machine, and it is ours.
const QEMU: &str = r#"user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = []
namespaces = []
"#;

const MACHINE: &str = "<domain type='qemu'>
  <name>assay</name>
  <uuid>11111111-2222-3333-4444-555555555555</uuid>
  <memory unit='MiB'>512</memory>
  <vcpu>1</vcpu>
  <os firmware='efi'>
    <type arch='x86_64' machine='q35'>hvm</type>
    <firmware>
      <feature enabled='no' name='enrolled-keys'/>
      <feature enabled='no' name='secure-boot'/>
    </firmware>
    <boot dev='hd'/>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='maximum'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>QEMU</emulator>
    <controller type='sata' index='0'/>
    <serial type='file'><source path='CONSOLE'/><target port='0'/></serial>
  </devices>
</domain>
";

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

/// Waits for something that has to come.
pub(crate) fn within(
    time: Duration,
    what: &str,
    mut is: impl FnMut() -> Result<bool, Failed>,
) -> Result<(), Failed> {
    let begun = Instant::now();
    while !is()? {
        ensure(begun.elapsed() < time, || format!("waited {time:?} for {what}"))?;
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Returns why sushy-emulator could not speak with libvirt, where it is installed.
pub(crate) fn lacks_libvirt() -> Option<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let emulator = find_program("sushy-emulator", &path)?;
    let text = fs::read_to_string(emulator).ok()?;
    let python = text.lines().next()?.strip_prefix("#!")?.to_owned();
    let found = Command::new(python).args(["-c", "import libvirt"]).stderr(Stdio::null()).status();
    let has = found.is_ok_and(|status| status.success());
    (!has).then(|| "sushy-emulator has no `libvirt-python` (hw-tests/run --install)".to_owned())
}

/// All of it; it ends with this.
pub(crate) struct Bed {
    folder: TempDir,
    process: Child,
    port: u16,
}

impl Bed {
    pub(crate) fn start() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let text = |name: &str| path(name).display().to_string();
        let (key, cert) = (text("key.pem"), text("cert.pem"));
        let mut openssl = Command::new("openssl");
        openssl
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", &key, "-out", &cert]);
        done(&mut openssl)?;
        // It does not tell which port it took, so it is given one that is free now.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        fs::create_dir(path("state"))?;
        let qemu = find_program("qemu-system-x86_64", &env::var_os("PATH").unwrap_or_default());
        let qemu = qemu.ok_or("QEMU is gone")?.display().to_string();
        let machine = MACHINE.replace("CONSOLE", &text("console")).replace("QEMU", &qemu);
        let named = [
            ("SSL_CERT", &cert),
            ("SSL_KEY", &key),
            ("AUTH_FILE", &text("users")),
            ("STATE_DIR", &text("state")),
            ("LISTEN_IP", &"127.0.0.1".to_owned()),
            ("LIBVIRT_URI", &"qemu:///system".to_owned()),
            ("STORAGE_POOL", &"default".to_owned()),
            ("SECURE_BOOT_DISABLED_NVRAM", &"/usr/share/OVMF/OVMF_VARS_4M.fd".to_owned()),
        ]
        .map(|(name, value)| format!("SUSHY_EMULATOR_{name} = {value:?}\n"))
        .concat();
        let conf = format!(
            "{named}SUSHY_EMULATOR_LISTEN_PORT = {port}\n\
             SUSHY_EMULATOR_IGNORE_BOOT_DEVICE = False\n\
             SUSHY_EMULATOR_BOOT_LOADER_MAP = {{'UEFI': {{'x86_64': '{FIRMWARE}'}}, \
             'Legacy': {{'x86_64': None}}}}\n"
        );
        for (name, content) in [
            ("users", USERS),
            ("qemu.conf", QEMU),
            ("machine.xml", &machine),
            ("conf.py", &conf),
            ("password", PASSWORD),
            ("start", SCRIPT),
        ] {
            fs::write(path(name), content)?;
        }
        done(Command::new("chmod").arg("600").arg(path("password")))?;
        // A system that has no libvirt of its own has no such folders.
        for folder in ["lib", "cache", "log"] {
            fs::create_dir_all(format!("/var/{folder}/libvirt"))?;
        }
        let log = fs::File::create(path("log"))?;
        let process = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh"])
            .arg(path("start"))
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        // It ends with this, from here on whatever fails.
        let mut bed = Self { folder, process, port };
        bed.answers().map_err(|failed| {
            Failed::from(format!("{}\n{}", failed.message().unwrap_or("failed"), bed.said()))
        })?;
        Ok(bed)
    }

    fn answers(&mut self) -> Result<(), Failed> {
        within(START, "sushy-emulator", || {
            let ended = self.process.try_wait()?;
            ensure(ended.is_none(), || format!("it ended: {ended:?}"))?;
            Ok(self.curl(SYSTEM).is_ok())
        })?;
        self.assay(&["trust", "--store"]).map(drop)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns what the machine has said.
    pub(crate) fn console(&self) -> String {
        let bytes = fs::read(self.path("console")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns what all of it has said.
    pub(crate) fn said(&self) -> String {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        format!("{log}\nconsole:\n{}", self.console())
    }

    /// Has curl read something.
    pub(crate) fn curl(&self, path: &str) -> Result<Value, Failed> {
        let url = format!("https://127.0.0.1:{}{path}", self.port);
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--fail-with-body", "-u", &format!("admin:{PASSWORD}"), "--cacert"]);
        Ok(serde_json::from_str(&done(curl.arg(self.path("cert.pem")).arg(url))?)?)
    }

    /// Has the program do something, which has to be as wanted; returns what it says of the host.
    pub(crate) fn assay(&self, words: &[&str]) -> Result<Value, Failed> {
        let mut command = Command::new(assay()?);
        command
            .args(["bmc", &format!("127.0.0.1:{}", self.port), "--user", "admin"])
            .arg("--password-file")
            .arg(self.path("password"))
            .arg("--known")
            .arg(self.path("known"))
            .args(words)
            .args(["--output", "json"])
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        let output = command.output()?;
        let (text, said) = (String::from_utf8_lossy(&output.stdout), &output.stderr);
        ensure(output.status.success(), || {
            format!("{words:?}: {text}{}", String::from_utf8_lossy(said))
        })?;
        let document: Value = serde_json::from_str(&text)?;
        Ok(document.pointer("/hosts/0").cloned().unwrap_or_default())
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // What it started ends with it: the kernel kills all of a namespace of processes with its
        // first, and the machine, its disks and its definition were in folders that are gone too.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
