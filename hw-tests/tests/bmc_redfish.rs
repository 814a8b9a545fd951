//! Every recorded tree of the corpus, read whole and counted a second time by other code.

#![expect(clippy::print_stdout, reason = "what was counted is printed beside the result")]

#[path = "bmc_redfish/count.rs"]
mod count;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use bmc::redfish::finding::{Read, Trouble};
use bmc::redfish::inventory::{Inventory, Part, Purpose, inventory};
use bmc::redfish::tree::{Answer, Tree};
use bmc::redfish::walk::{Purpose as For, Walk};
use bmc::redfish::{load, log, root, sensors};
use count::{Count, Files};
use hw_tests::corpus::folder;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};
use tempfile::TempDir;

const NEEDS: &[Need] = &[Need::Corpus("redfish"), Need::Program("tar"), Need::Program("xz")];

fn main() -> ExitCode {
    let trials = vec![
        trial("counts_of_every_tree_equal_an_independent_count", NEEDS, counts),
        trial("a_walk_of_every_tree_fetches_what_its_readers_read", NEEDS, walks),
        trial("what_is_lost_of_every_tree_is_what_was_cut_from_it", NEEDS, losses),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A tree of the corpus.
struct Recorded {
    name: String,
    archive: PathBuf,
    /// Unpacked by other programs.
    unpacked: TempDir,
}

fn trees() -> Result<Vec<Recorded>, Failed> {
    let mut trees = Vec::new();
    for entry in fs::read_dir(folder("redfish"))? {
        let archive = entry?.path();
        let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".tar.xz") else { continue };
        let unpacked = tempfile::tempdir()?;
        let status =
            Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(unpacked.path()).status()?;
        if !status.success() {
            return Err(format!("tar cannot unpack {}", archive.display()).into());
        }
        trees.push(Recorded { name: name.to_owned(), archive, unpacked });
    }
    trees.sort_by(|one, other| one.name.cmp(&other.name));
    if trees.len() < 7 {
        return Err(format!("the corpus has {} trees only", trees.len()).into());
    }
    Ok(trees)
}

fn of<'a>(parts: impl Iterator<Item = &'a Part>) -> Count {
    let parts: Vec<&Part> = parts.collect();
    let present = parts.iter().filter(|part| part.is_present).count();
    Count { present, listed: parts.len() }
}

fn counted(found: &Inventory) -> [(&'static str, Count); 7] {
    let cpus = found.processors.iter().filter(|processor| processor.purpose == Purpose::Cpu);
    [
        ("CPU", of(cpus.map(|processor| &processor.part))),
        ("DIMM", of(found.modules.iter().map(|module| &module.part))),
        ("drive", of(found.drives.iter().map(|drive| &drive.part))),
        ("NIC", of(found.adapters.iter().map(|adapter| &adapter.part))),
        ("PSU", of(found.supplies.iter().map(|supply| &supply.part))),
        ("fan", of(found.fans.iter().map(|fan| &fan.part))),
        ("firmware", of(found.firmware.iter().map(|firmware| &firmware.part))),
    ]
}

fn counts() -> Result<(), Failed> {
    let (mut wrong, mut parts) = (Vec::new(), 0);
    for tree in trees()? {
        let loaded = load::load(&tree.archive)?;
        let unpacked = load::load(tree.unpacked.path())?;
        if loaded.value != unpacked.value {
            return Err(format!("{}: the folder and the archive differ", tree.name).into());
        }
        let read = inventory(&loaded.value);
        let files = Files::read(&tree.unpacked.path().join(&tree.name))?;
        let independent = [
            files.processors(),
            files.modules(),
            files.drives(),
            files.adapters(),
            files.supplies(),
            files.fans(),
            files.firmware(),
        ];
        let mut line = format!("{}:", tree.name);
        for ((kind, ours), theirs) in counted(&read.value).into_iter().zip(independent) {
            line = format!("{line} {} {kind} (of {})", ours.present, ours.listed);
            parts += ours.present;
            if ours != theirs {
                wrong.push(format!("{}: {kind}: {ours:?}, by the files {theirs:?}", tree.name));
            }
        }
        println!("{line}");
    }
    println!("{parts} parts in all");
    if parts < 300 {
        wrong.push(format!("{parts} parts are too few for this corpus"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Walks a tree as a live service that has what the tree has.
fn walked(tree: &Tree, purpose: For) -> (Read<Tree>, usize) {
    let (mut walk, mut asked) = (Walk::new(purpose), 0);
    while let Some(path) = walk.next() {
        asked += 1;
        let answer = tree.answer(&path).cloned().unwrap_or(Answer::Status(404));
        walk.answered(&path, answer);
    }
    (walk.finish(), asked)
}

fn walks() -> Result<(), Failed> {
    for tree in trees()? {
        let loaded = load::load(&tree.archive)?.value;
        let (identity, of_identity) = walked(&loaded, For::Identity);
        let (whole, of_inventory) = walked(&loaded, For::Inventory);
        let (measured, of_sensors) = walked(&loaded, For::Sensors);
        let (logged, of_logs) = walked(&loaded, For::Logs);
        let (everything, of_everything) = walked(&loaded, For::Everything);
        println!(
            "{}: requests: identity {of_identity}, inventory {of_inventory}, sensors {of_sensors}, \
             logs {of_logs}, everything {of_everything} of {}",
            tree.name,
            loaded.answers().count()
        );
        let same = root::identity(&identity.value).value == root::identity(&loaded).value
            && inventory(&whole.value).value == inventory(&loaded).value
            && inventory(&everything.value).value == inventory(&loaded).value
            && sensors::sensors(&measured.value).value == sensors::sensors(&loaded).value
            && log::logs(&logged.value).value == log::logs(&loaded).value;
        if !same {
            return Err(format!("{}: a walk reads something else", tree.name).into());
        }
        let hosts = root::identity(&loaded).value.len();
        if of_identity > 3 + 2 * hosts.max(1) {
            return Err(format!("{}: {of_identity} requests for who it is", tree.name).into());
        }
    }
    Ok(())
}

fn losses() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for tree in trees()? {
        let loaded = load::load(&tree.archive)?;
        let mut findings = inventory(&loaded.value).findings;
        findings.extend(sensors::sensors(&loaded.value).findings);
        findings.extend(log::logs(&loaded.value).findings);
        findings.extend(root::identity(&loaded.value).findings);
        let lost: Vec<_> = findings.iter().filter(|finding| finding.trouble.is_loss()).collect();
        println!("{}: {} findings, {} losses", tree.name, findings.len(), lost.len());
        // Whatever is lost of these trees was cut from them: its file is not there.
        for finding in lost {
            let place = finding.path.split('?').next().unwrap_or_default();
            let file =
                tree.unpacked.path().join(&tree.name).join(format!("{}/index.json", &place[1..]));
            let is_page = finding.path.contains('?');
            if finding.trouble != Trouble::NotRead || (file.exists() && !is_page) {
                wrong.push(format!("{}: {}", tree.name, finding.said().1));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
