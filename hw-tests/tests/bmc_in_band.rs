//! A real guest asks its own BMC: QEMU's simulated one behind a real KCS port, the drivers of a real
//! kernel, and our program as it is built. No KVM, no network.

#![expect(clippy::disallowed_methods, reason = "what is asked here takes time")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use hw_tests::{
    Need,
    corpus::workspace,
    peer::{find_program, peers_required},
    program::assay,
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;

const NEEDS: [Need; 4] = [
    Need::Program("qemu-system-x86_64"),
    Need::Program("busybox"),
    Need::Program("ldd"),
    Need::Program("strip"),
];
/// The drivers, each after what it needs.
const MODULES: [&str; 3] = ["ipmi_msghandler", "ipmi_si", "ipmi_devintf"];
/// Without KVM, and where others work.
const BOOT: Duration = Duration::from_mins(5);
/// What the document stands between on the console.
const MARKS: [&str; 2] = ["=== inventory ===", "=== end ==="];

/// What the BMC says of its machine, in its memory.
const SERIAL: &str = "INBAND2600001";
const MODEL: &str = "Guest 1";

fn init(load: bool) -> String {
    let modules = if load { MODULES.join(" ") } else { String::new() };
    format!(
        "#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /tmp /root
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for m in {modules}; do $b insmod /lib/$m.ko; done
n=0; while [ -n \"{modules}\" ] && [ ! -e /dev/ipmi0 ] && [ $n -lt 100 ]; do $b usleep 100000; n=$((n+1)); done
HOME=/root LC_ALL=C /bin/assay inventory --output json > /tmp/inventory 2> /tmp/said
echo; echo '{}'; $b cat /tmp/inventory; echo; echo '{}'; $b cat /tmp/said
$b poweroff -f
",
        MARKS[0], MARKS[1]
    )
}

fn main() -> ExitCode {
    let trials = vec![
        trial("the_bmc_of_a_guest_is_asked_by_the_drivers_of_its_kernel", asked),
        trial("a_bmc_without_a_driver_is_a_gap_that_is_named", without),
    ];
    // Two guests without KVM at a time are slower than one after the other.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &str, body: fn(&Path) -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        let path = env::var_os("PATH").unwrap_or_default();
        let missing = NEEDS.iter().find_map(|need| need.missing(&path));
        let kernel = kernel();
        let reason = match (missing, &kernel) {
            (None, Ok(kernel)) => return body(kernel).map(|()| Completion::Completed),
            (Some(missing), _) => missing,
            (None, Err(missing)) => missing.clone(),
        };
        if peers_required() { Err(reason.into()) } else { Ok(Completion::ignored_with(reason)) }
    })
}

/// Returns where the kernel with drivers for IPMI is, or why there is none.
fn kernel() -> Result<PathBuf, String> {
    let folder = env::var_os("ASSAY_GUEST_KERNEL")
        .map_or_else(|| workspace().join("target/guest-kernel/tree"), PathBuf::from)
        .join("ipmi");
    let found = folder.join("boot").is_dir();
    found.then_some(folder.clone()).ok_or_else(|| {
        format!("no kernel with IPMI in `{}` (hw-tests/guest-kernel)", folder.display())
    })
}

fn ensure(is: bool, what: impl FnOnce() -> String) -> Result<(), Failed> {
    if is { Ok(()) } else { Err(Failed::from(what())) }
}

fn asked(kernel: &Path) -> Result<(), Failed> {
    let found = boot(kernel, true)?;
    let bmc = &found["bmc"];
    let source = |at: &Value| {
        let at = at.as_u64().and_then(|at| usize::try_from(at).ok());
        at.map(|at| found["sources"][at].clone()).unwrap_or_default()
    };
    ensure(bmc["present"] == true && bmc["ipmi_version"] == "2.0", || format!("{bmc:#}"))?;
    ensure(bmc["firmware"].is_string(), || format!("{bmc:#}"))?;
    let sources = found["sources"].as_array().ok_or("sources")?;
    let asked = |locator: &str| {
        sources.iter().any(|one| one["kind"] == "ipmi" && one["locator"] == locator)
    };
    ensure(asked("ipmi:device"), || format!("{sources:#?}"))?;
    // The memory of its machine is read piece by piece through the port.
    let system = &found["system"];
    let claims = system.to_string();
    ensure(claims.contains(SERIAL) && claims.contains(MODEL), || format!("{system:#}"))?;
    let read = system["origin"]["sources"]["serial"].as_u64().is_some()
        || source(&system["origin"]["source"])["kind"] == "ipmi"
        || claims.contains("\"also\"");
    ensure(read, || format!("{system:#}"))
}

fn without(kernel: &Path) -> Result<(), Failed> {
    let found = boot(kernel, false)?;
    // SMBIOS says that there is one, and nobody could ask it.
    ensure(found["bmc"]["present"] == true, || format!("{:#}", found["bmc"]))?;
    let status = &found["sections"]["bmc"];
    let reason = status["reason"].as_str().unwrap_or_default();
    ensure(status["status"] == "partial" && reason.contains("/dev/ipmi0"), || format!("{status:#}"))
}

struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Boots a guest with a BMC; returns the inventory that it printed.
fn boot(kernel: &Path, load: bool) -> Result<Value, Failed> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("archive"), archive(kernel, load)?)?;
    let memory = fru();
    fs::write(at("fru"), &memory)?;
    let image = find(&kernel.join("boot"), "vmlinuz-").ok_or("no kernel")?;
    let bmc =
        format!("ipmi-bmc-sim,id=bmc0,fruareasize={},frudatafile={}", memory.len(), at("fru"));
    let mut command = Command::new("qemu-system-x86_64");
    command
        .args(["-machine", "pc", "-nodefaults", "-accel", "tcg", "-cpu", "max", "-m", "1024"])
        .args(["-display", "none", "-no-reboot", "-serial"])
        .arg(format!("file:{}", at("console")))
        .args(["-device", &bmc, "-device", "isa-ipmi-kcs,bmc=bmc0"])
        .arg("-kernel")
        .arg(image)
        .args(["-initrd", &at("archive"), "-append", "console=ttyS0 quiet panic=-1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(at("said"))?);
    let mut guest = Guest(command.spawn()?);
    let begun = Instant::now();
    while guest.0.try_wait()?.is_none() {
        ensure(begun.elapsed() < BOOT, || tail(&at("console")))?;
        thread::sleep(Duration::from_millis(100));
    }
    let text = fs::read(at("console")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).replace('\r', "");
    let between = text
        .split_once(MARKS[0])
        .and_then(|(_, rest)| rest.split_once(MARKS[1]))
        .map(|(document, _)| document.trim().to_owned());
    let document = between.ok_or_else(|| tail(&at("console")) + &tail(&at("said")))?;
    serde_json::from_str(&document)
        .map_err(|error| Failed::from(format!("{error}: {}", tail(&at("console")))))
}

fn tail(file: &str) -> String {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().rev().take(12).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// Puts the guest's archive together: busybox, our program with what it links to, the drivers.
fn archive(kernel: &Path, load: bool) -> Result<Vec<u8>, Failed> {
    let mut files: BTreeMap<String, (u32, Vec<u8>)> = BTreeMap::new();
    let path = env::var_os("PATH").unwrap_or_default();
    let busybox = find_program("busybox", &path).ok_or("no busybox")?;
    files.insert("bin/busybox".to_owned(), (0o100_755, fs::read(busybox)?));
    let program = assay()?;
    let scratch = tempfile::tempdir()?;
    let stripped = scratch.path().join("assay");
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(&program).status()?;
    ensure(status.success(), || "strip failed".to_owned())?;
    files.insert("bin/assay".to_owned(), (0o100_755, fs::read(&stripped)?));
    let linked = Command::new("ldd").arg(&program).output()?;
    for word in String::from_utf8_lossy(&linked.stdout).split_whitespace() {
        let library = Path::new(word);
        if library.is_absolute() && library.is_file() {
            files.insert(word.trim_start_matches('/').to_owned(), (0o100_755, fs::read(library)?));
        }
    }
    for name in MODULES {
        let file = module(&kernel.join("lib/modules"), &format!("{name}.ko"));
        let file = file.ok_or_else(|| format!("no {name}"))?;
        files.insert(format!("lib/{name}.ko"), (0o100_644, fs::read(file)?));
    }
    files.insert("init".to_owned(), (0o100_755, init(load).into_bytes()));
    let mut archive = Vec::new();
    let mut folders: Vec<String> = vec!["dev".to_owned()];
    for name in files.keys() {
        let mut parts: Vec<&str> = name.split('/').collect();
        parts.pop();
        for end in 1..=parts.len() {
            let folder = parts.get(..end).unwrap_or_default().join("/");
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    for folder in folders {
        put(&mut archive, &folder, 0o040_755, &[]);
    }
    for (name, (mode, bytes)) in &files {
        put(&mut archive, name, *mode, bytes);
    }
    put(&mut archive, "TRAILER!!!", 0, &[]);
    Ok(archive)
}

/// Adds a file to an archive of cpio's newc format.
fn put(archive: &mut Vec<u8>, name: &str, mode: u32, bytes: &[u8]) {
    let number = archive.len();
    let fields = [number, mode as usize, 0, 0, 1, 0, bytes.len(), 0, 0, 0, 0, name.len() + 1, 0];
    archive.extend(b"070701");
    for field in fields {
        archive.extend(format!("{field:08x}").bytes());
    }
    archive.extend(name.bytes().chain([0]));
    archive.resize(archive.len().next_multiple_of(4), 0);
    archive.extend(bytes);
    archive.resize(archive.len().next_multiple_of(4), 0);
}

fn find(folder: &Path, prefix: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let named = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(prefix))
    };
    entries.map(|entry| entry.path()).find(named)
}

fn module(folder: &Path, file: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.filter_map(Result::ok).find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { module(&path, file) } else { path.ends_with(file).then_some(path) }
    })
}

/// A memory of 1024 bytes with a product area (IPMI FRU storage definition 1.0 §8, §12).
fn fru() -> Vec<u8> {
    let text = |text: &str| {
        let mut field = vec![0xc0 | u8::try_from(text.len()).unwrap_or(0)];
        field.extend(text.bytes());
        field
    };
    let mut product = vec![1, 0, 25];
    for field in ["Example", MODEL, "PN-1", "1.0", SERIAL] {
        product.extend(text(field));
    }
    product.push(0xc1);
    let length = (product.len() + 1).next_multiple_of(8);
    product.resize(length - 1, 0);
    if let Some(place) = product.get_mut(1) {
        *place = u8::try_from(length / 8).unwrap_or(0);
    }
    let mut memory = vec![1, 0, 0, 0, 1, 0, 0];
    let sum =
        |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
    memory.push(sum(&memory));
    product.push(sum(&product));
    memory.extend(product);
    memory.resize(1024, 0);
    memory
}
