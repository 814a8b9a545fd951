//! Descriptions of one machine by programs that know nothing of each other.
//!
//! Each machine of the SMBIOS corpus is read three times: its binary table by
//! us, the text of dmidecode, and by a real lshw that finds the table where the
//! kernel would show it, in a mount namespace of its own. What the three say
//! must merge with hardly a finding. Ignored with the reason where corpus, lshw
//! or namespaces are missing; a failure under `ASSAY_REQUIRE_CORPUS=1`.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use inventory::import::{Kind, import};
use inventory::merge::{Options, merge};
use inventory::model::{Finding, Inventory};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// Every so many machines of the corpus are taken.
const STRIDE: usize = 10;

/// Shows each table to lshw: entry point and table as the kernel has them.
const SCRIPT: &str = r#"
set -e
mount -t tmpfs none /sys/firmware
mkdir -p /sys/firmware/dmi/tables
while read -r dump; do
  if head -c 5 "$dump" | grep -q _SM3_; then length=24; else length=31; fi
  head -c $length "$dump" > /sys/firmware/dmi/tables/smbios_entry_point
  tail -c +33 "$dump" > /sys/firmware/dmi/tables/DMI
  lshw -json -quiet -notime -disable cpuinfo -disable cpuid -disable cpufreq \
    -disable pci -disable pcilegacy -disable network -disable scsi -disable ide \
    -disable usb -disable virtio -disable nvme > "${dump%.bin}.json" 2>/dev/null
done
"#;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        Trial::ignorable_test("three_readers_of_one_table_hardly_disagree", || {
            match Machines::prepare() {
                Ok(machines) => three_readers(&machines).map(|()| Completion::Completed),
                Err(reason) => absent(reason),
            }
        }),
        Trial::ignorable_test(
            "lshw_and_our_own_look_at_this_machine_agree",
            || match Command::new("lshw").args(["-json", "-quiet"]).output() {
                Ok(output) => this_machine(&output.stdout).map(|()| Completion::Completed),
                Err(_) => absent("lshw is not installed".to_owned()),
            },
        ),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn absent(reason: String) -> Result<Completion, Failed> {
    match std::env::var_os("ASSAY_REQUIRE_CORPUS") {
        Some(_) => Err(reason.into()),
        None => Ok(Completion::ignored_with(reason)),
    }
}

/// Dumps and texts of some machines, with what lshw says of each.
struct Machines {
    folder: tempfile::TempDir,
    names: Vec<String>,
}

impl Machines {
    fn prepare() -> Result<Self, String> {
        let root = std::env::var_os("ASSAY_CORPUS").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
            PathBuf::from,
        );
        let archive = root.join("smbios/dmi-visible.tar.xz");
        if !archive.is_file() {
            return Err(format!("no corpus at {}", root.display()));
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        run(Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(folder.path()))?;
        let bin = folder.path().join("dmi-visible/bin");
        let mut names: Vec<String> = std::fs::read_dir(bin)
            .map_err(|error| error.to_string())?
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                Some(path.file_stem()?.to_str()?.to_owned())
            })
            .collect();
        names.sort();
        let names: Vec<String> = names.into_iter().step_by(STRIDE).collect();
        let machines = Self { folder, names };
        let list = machines.folder.path().join("list");
        let dumps: String = machines.names.iter().map(|name| machines.line(name)).collect();
        std::fs::write(&list, dumps).map_err(|error| error.to_string())?;
        let input = std::fs::File::open(&list).map_err(|error| error.to_string())?;
        run(Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", SCRIPT])
            .stdin(input))?;
        Ok(machines)
    }

    fn path(&self, folder: &str, name: &str, extension: &str) -> PathBuf {
        self.folder.path().join(format!("dmi-visible/{folder}/{name}.{extension}"))
    }

    fn line(&self, name: &str) -> String {
        format!("{}\n", self.path("bin", name, "bin").display())
    }

    fn read(&self, kind: Kind, folder: &str, name: &str) -> Result<Inventory, Failed> {
        let extension = match kind {
            Kind::Smbios => "bin",
            Kind::Dmidecode => "txt",
            _ => "json",
        };
        let bytes = std::fs::read(self.path(folder, name, extension))?;
        import(kind, &format!("{name}.{extension}"), &bytes)
            .map_err(|error| error.to_string().into())
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Counts findings by class and field, and the machines that have none.
fn three_readers(machines: &Machines) -> Result<(), Failed> {
    let mut by_field = BTreeMap::<String, Vec<String>>::new();
    let mut clean = 0_usize;
    let mut wrong = Vec::new();
    for name in &machines.names {
        let dump = machines.read(Kind::Smbios, "bin", name)?;
        let text = machines.read(Kind::Dmidecode, "text", name)?;
        let lshw = machines.read(Kind::Lshw, "bin", name)?;
        let parts = vec![dump, text, lshw];
        let own: BTreeSet<String> = parts
            .iter()
            .flat_map(|part| part.findings.iter().map(|finding| finding.message.clone()))
            .collect();
        let dump = parts[0].clone();
        let merged = merge(parts, &Options::default())?;
        // lshw lists empty sockets that the table calls something else.
        let sockets =
            |one: &Inventory| one.cpu.iter().filter(|cpu| cpu.present == Some(true)).count();
        for (section, ours, all) in [
            ("dimm", dump.dimm.len(), merged.dimm.len()),
            ("cpu", sockets(&dump), sockets(&merged)),
            ("slot", dump.slot.len(), merged.slot.len()),
        ] {
            if ours != all {
                wrong.push(format!("{name}: {ours} {section} became {all}"));
            }
        }
        let new = merged
            .findings
            .iter()
            .filter(|finding| !own.contains(&finding.message) && !is_of_the_corpus(finding));
        let mut any = false;
        for finding in new {
            let field: String = finding.path.chars().filter(|c| !c.is_ascii_digit()).collect();
            let key = format!("{:?} {field}", finding.class);
            by_field.entry(key).or_default().push(format!("{name}: {}", finding.message));
            any = true;
        }
        clean += usize::from(!any);
    }
    for (field, findings) in &by_field {
        println!("{:5} {field}: {}", findings.len(), findings[0]);
    }
    println!("{clean} of {} machines without a finding", machines.names.len());
    if clean * 100 < machines.names.len() * 95 {
        wrong.push(format!("only {clean} of {} machines agree", machines.names.len()));
    }
    wrong.truncate(20);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The corpus' tables were made from texts: what a text does not show is zero
/// in them.
fn is_of_the_corpus(finding: &Finding) -> bool {
    finding.path.ends_with(".hosting") || finding.path.ends_with(".rom_size_bytes")
}

fn this_machine(lshw: &[u8]) -> Result<(), Failed> {
    let lshw = import(Kind::Lshw, "lshw.json", lshw).map_err(|error| error.to_string())?;
    let options = inventory::collect::Options {
        now: "2026-01-01T00:00:00Z".to_owned(),
        ..inventory::collect::Options::default()
    };
    let own = inventory::collect::collect(&inventory::Sysroot::live(), &options, &|_section| {});
    let alone = own.inventory.findings.len();
    let merged = merge(vec![own.inventory.clone(), lshw], &Options::default())?;
    for finding in &merged.findings {
        println!("{:?} {}", finding.class, finding.message);
    }
    if merged.nic.len() != own.inventory.nic.len() || merged.pci.len() != own.inventory.pci.len() {
        return Err("lshw sees other devices than we do".into());
    }
    if merged.findings.len() > alone { Err("lshw disagrees".into()) } else { Ok(()) }
}
