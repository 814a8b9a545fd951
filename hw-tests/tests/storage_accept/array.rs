//! What an array says of itself: zram compresses, and tells how much it uses.

use std::fs;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::devices::{Zram, accept, codes, kept, must};

const SIZE: u64 = 64 << 20;

fn run<'v>(kept: &'v Value, case: &str) -> Result<&'v Value, Failed> {
    let runs = kept["run"].as_array().ok_or("no runs")?;
    let run = runs.iter().rev().find(|run| run["case"] == case);
    run.ok_or_else(|| Failed::from(format!("`{case}` was not run: {kept:#}")))
}

pub(crate) fn reduction() -> Result<(), Failed> {
    let zram = Zram::new(SIZE)?;
    let mut words = zram.named()?;
    // The second number is what the data takes after compression.
    let stat = format!("awk '{{print $2}}' {}", zram.sys("mm_stat").display());
    for word in ["--tier", "ssd-array", "--fast", "--used-command", &stat] {
        words.push(word.to_owned());
    }
    let only =
        ["--case", "ssd-array.reduction.compress.1", "--case", "ssd-array.reduction.compress.2"];
    let refused = accept(&only, &words)?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    must(said.contains("--array-setting"), said)?;
    words.extend(["--array-setting".to_owned(), "compress".to_owned()]);
    let output = accept(&only, &words)?;
    must(output.status.code() == Some(3), format!("{output:?}"))?;
    let kept = kept(&zram.out())?;
    for (ratio, least, most) in [(1, 950, 1050), (2, 1200, 4000)] {
        let run = run(&kept, &format!("ssd-array.reduction.compress.{ratio}"))?;
        let milli = run["reduction"]["reported_milli"].as_u64().unwrap_or(0);
        must(
            (least..=most).contains(&milli),
            format!("{ratio}:1 is {milli}: {:#}", run["reduction"]),
        )?;
        must(codes(run) == ["reduced"], format!("{:?}", codes(run)))?;
    }
    let asked = kept["command"].as_array().map_or(0, Vec::len);
    must(asked == 4, format!("{:#}", kept["command"]))
}

pub(crate) fn hits() -> Result<(), Failed> {
    let zram = Zram::new(SIZE)?;
    let counter = zram.folder.path().join("counter");
    let counter = counter.display();
    // Each time it is asked, 70 of 100 more were hits.
    let command = format!(
        "n=$(cat {counter} 2>/dev/null || echo 0); n=$((n+1)); echo $n >{counter}; \
         echo $((70*n)) $((100*n))"
    );
    let base = [
        "--tier",
        "distributed-volume",
        "--fast",
        "--usable",
        "500t",
        "--cache",
        "2m",
        "--case",
        "distributed-volume.random-8k",
        "--hit-command",
    ];
    let name = "distributed-volume.random-8k";
    let mut words = zram.named()?;
    words.push("--operator=o".to_owned());
    let with = |command: &str| -> Result<Value, Failed> {
        let mut all: Vec<&str> = base.to_vec();
        all.push(command);
        let output = accept(&all, &words)?;
        must(output.status.code() == Some(3), format!("{output:?}"))?;
        kept(&zram.out())
    };
    let counted = with(&command)?;
    let counted = run(&counted, name)?;
    must(
        counted["hit"]["source"] == "counters" && counted["hit"]["evidenced_ppm"] == 700_000,
        format!("{:#}", counted["hit"]),
    )?;
    must(counted["steady"]["unit"] == "IOPS", format!("{:#}", counted["steady"]))?;
    let (iops, each) = (&counted["all"]["iops"], &counted["per_petabyte"]);
    let (iops, each) = (iops.as_u64().unwrap_or(0), each["iops"].as_u64().unwrap_or(0));
    // 500t is 500 × 2^40 bytes.
    let wanted = u128::from(iops) * 1_000_000_000_000_000 / (500_u128 << 40);
    must(u128::from(each) == wanted && iops > 0, format!("{iops} is {each} for each PB"))?;
    let failing = with("echo 'no such pool' >&2; exit 9")?;
    let failing = run(&failing, name)?;
    must(codes(failing).contains(&"hook-failed".to_owned()), format!("{failing:#}"))?;
    let said = failing["reasons"].to_string();
    must(said.contains("exit 9: no such pool"), said)?;
    must(fs::read_to_string(counter.to_string())?.trim() != "1", "it was asked once only")
}
