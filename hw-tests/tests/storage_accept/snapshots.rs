//! Snapshots by hooks: made, compared, deleted, whatever happens in between.

use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::devices::{Btrfs, Zram, accept, codes, command, kept, must, start, until};

const SIZE: u64 = 64 << 20;
const FAST: &[&str] = &["--tier", "distributed-volume", "--usable", "1p", "--fast"];

/// Returns hooks that make and delete files, and words that run only what they are for.
fn files(folder: &Path) -> Vec<String> {
    let folder = folder.display();
    hooks(
        &format!("set -e; test ! -e {folder}/$ASSAY_SNAPSHOT; echo made >{folder}/$ASSAY_SNAPSHOT"),
        &format!("rm {folder}/$ASSAY_SNAPSHOT"),
    )
}

fn hooks(create: &str, delete: &str) -> Vec<String> {
    let mut words = vec!["--snap-create", create, "--snap-delete", delete];
    for case in ["snapshot.max", "snapshot.abba", "snapshot.first-write"] {
        words.extend(["--case", case]);
    }
    let whole = |word: &str| match word {
        "snapshot.max" | "snapshot.abba" | "snapshot.first-write" => {
            format!("distributed-volume.{word}")
        }
        word => word.to_owned(),
    };
    words.into_iter().map(whole).collect()
}

/// Returns what was made and deleted, in its order.
fn done(hooks: &Value) -> Vec<(String, String)> {
    let text = |hook: &Value, field: &str| hook[field].as_str().unwrap_or_default().to_owned();
    let hooks = hooks.as_array().cloned().unwrap_or_default();
    hooks.iter().map(|hook| (text(hook, "what"), text(hook, "snapshot"))).collect()
}

fn standing(folder: &Path) -> Result<Vec<String>, Failed> {
    let names = fs::read_dir(folder)?.filter_map(Result::ok);
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| name.starts_with("assay-")).collect())
}

pub(crate) fn of_btrfs() -> Result<(), Failed> {
    let Some(btrfs) = Btrfs::new()? else {
        return must(!hw_tests::peer::kernel_required(), "this kernel has no btrfs");
    };
    let mount = btrfs.mount.display();
    let volume = format!("{mount}/volume");
    command("btrfs", &["subvolume", "create", &volume])?;
    let mut words = hooks(
        &format!("btrfs subvolume snapshot -r {volume} {mount}/$ASSAY_SNAPSHOT"),
        &format!("btrfs subvolume delete {mount}/$ASSAY_SNAPSHOT"),
    );
    let out = btrfs.out();
    for word in ["--target", &format!("{volume}/file"), "--size", "64m", "--output", "json"] {
        words.push(word.to_owned());
    }
    words.extend(["--out".to_owned(), out.display().to_string()]);
    let output = accept(FAST, &words)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    must(output.status.code() == Some(3), format!("{output:?}"))?;
    let result = fs::read(out.join("report/result.json"))?;
    let result: Value = serde_json::from_slice(&result)?;
    let compared = &result["facts"]["storage"]["snapshot"][0];
    must(compared["blocks"] == 5 && compared["validity"] == "invalid", format!("{compared:#}"))?;
    must(codes(compared).contains(&"reduced".to_owned()), format!("{compared:#}"))?;
    let made = done(&compared["hook"]);
    must(made.len() == 20, format!("{made:?}: {said}"))?;
    let failed = compared["hook"]
        .as_array()
        .is_some_and(|all| all.iter().any(|hook| !hook["failed"].is_null()));
    must(!failed, format!("{compared:#}"))?;
    // Another program says what is left: the volume and nothing else.
    let left = command("btrfs", &["subvolume", "list", &mount.to_string()])?;
    must(left.lines().count() == 1 && left.trim().ends_with("path volume"), left)?;
    must(fs::read_dir(&volume)?.next().is_none(), "the file is still there")
}

pub(crate) fn failing() -> Result<(), Failed> {
    let zram = Zram::new(SIZE)?;
    let folder = zram.folder.path().display().to_string();
    // The third snapshot fails.
    let create = format!(
        "case $ASSAY_SNAPSHOT in *-3) echo why >&2; echo 'pool is full' >&2; exit 28;; esac; \
         touch {folder}/$ASSAY_SNAPSHOT"
    );
    let mut words = hooks(&create, &format!("rm {folder}/$ASSAY_SNAPSHOT"));
    words.extend(zram.named()?);
    let output = accept(FAST, &words)?;
    must(output.status.code() == Some(3), format!("{output:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    must(said.contains("snapshot `assay-3` failed: exit 28: pool is full"), said)?;
    let kept = kept(&zram.out())?;
    let compared = &kept["snapshot"][0];
    must(compared["validity"] == "invalid" && compared["kept"] == false, format!("{kept:#}"))?;
    let codes = codes(compared);
    must(codes.contains(&"hook-failed".to_owned()), format!("{codes:?}"))?;
    must(standing(zram.folder.path())?.is_empty(), "a snapshot is left")
}

pub(crate) fn interrupted() -> Result<(), Failed> {
    let zram = Zram::new(SIZE)?;
    let mut words = files(zram.folder.path());
    words.extend(zram.named()?);
    let mut child = start(FAST, &words)?;
    // One whole block is kept, and the next one stands.
    let third = zram.folder.path().join("assay-3");
    until(|| third.exists())?;
    command("kill", &["-INT", &child.id().to_string()])?;
    let status = child.wait()?;
    must(status.code() == Some(3), format!("{status:?}"))?;
    must(standing(zram.folder.path())?.is_empty(), "a snapshot is left")?;
    let before = kept(&zram.out())?;
    let whole = before["unfinished"]["window"].as_array().map_or(0, Vec::len);
    must(whole == 4 && before["snapshot"].is_null(), format!("{before:#}"))?;
    let first = before["unfinished"]["window"][0].clone();
    // It goes on: what is compared rests on the rate that was found then.
    words.retain(|word| word != "--case" && word != "distributed-volume.snapshot.max");
    let words: Vec<String> = words
        .into_iter()
        .flat_map(|word| {
            if word.starts_with("distributed-volume.") {
                vec!["--case".to_owned(), word]
            } else {
                vec![word]
            }
        })
        .collect();
    let output = accept(FAST, &words)?;
    must(output.status.code() == Some(3), format!("{output:?}"))?;
    let after = kept(&zram.out())?;
    must(after["unfinished"].is_null(), format!("{after:#}"))?;
    let compared = &after["snapshot"][0];
    must(compared["blocks"] == 5, format!("{compared:#}"))?;
    must(compared["started_at"] == before["unfinished"]["started_at"], "it began anew")?;
    must(first["milli_iops"].as_u64().is_some_and(|iops| iops > 0), "a window of nothing")?;
    // Twice in each of the first block, once or twice in the one broken off, in four more.
    let made = done(&compared["hook"]);
    let mut names: Vec<&String> =
        made.iter().filter(|(what, _)| what == "create").map(|(_, name)| name).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    must(names.len() == all && (11..=12).contains(&all), format!("{made:?}"))?;
    must(standing(zram.folder.path())?.is_empty(), "a snapshot is left")
}

pub(crate) fn killed() -> Result<(), Failed> {
    let zram = Zram::new(SIZE)?;
    let mut words = files(zram.folder.path());
    words.extend(zram.named()?);
    let mut child = start(FAST, &words)?;
    let first = zram.folder.path().join("assay-1");
    until(|| first.exists())?;
    child.kill()?;
    child.wait()?;
    must(first.exists(), "nobody was there to delete it")?;
    let output = accept(FAST, &words)?;
    must(output.status.code() == Some(3), format!("{output:?}"))?;
    let kept = kept(&zram.out())?;
    let cleared = done(&kept["command"]);
    let wanted = ("delete".to_owned(), "assay-1".to_owned());
    must(cleared.first() == Some(&wanted), format!("{cleared:?}"))?;
    must(kept["snapshot"][0]["blocks"] == 5, format!("{:#}", kept["snapshot"]))?;
    must(standing(zram.folder.path())?.is_empty(), "a snapshot is left")
}
