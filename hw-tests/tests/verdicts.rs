//! Verdicts on every visible machine against an independent evaluation, and
//! mutants that must never pass.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "verdicts/evaluation.rs"]
mod evaluation;
#[path = "verdicts/text.rs"]
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitCode};

use evaluation::{CLASSES, Class, evaluate};
use hw_tests::corpus::Servers;
use hw_tests::{Need, trial};
use inventory::import::{Kind, import};
use libtest_mimic::{Arguments, Failed};
use profiles::{Catalogue, Profile, Verdict, judge};
use serde_json::Value;
use text::Block;

const NEEDS: &[Need] = &[
    Need::Corpus("smbios"),
    Need::Program("tar"),
    Need::Program("xz"),
    Need::Program("dmidecode"),
];

fn main() -> ExitCode {
    let trials = vec![
        trial("every_verdict_equals_the_independent_evaluation", NEEDS, every_verdict),
        trial("no_mutant_of_a_passing_machine_passes", NEEDS, no_mutant),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// What the judge says: the check's own name (`memory` of `bms1.memory`) and its verdict, by row.
type Verdicts = BTreeMap<String, Vec<(String, Verdict)>>;

fn facts(kind: Kind, name: &str, bytes: &[u8]) -> Result<Value, Failed> {
    Ok(serde_json::json!({ "inventory": import(kind, name, bytes)? }))
}

fn verdicts(profile: &Profile, facts: &Value) -> Verdicts {
    let mut rows = Verdicts::new();
    for judgement in judge(profile, facts) {
        let name = judgement.check.rsplit('.').next().unwrap_or_default().to_owned();
        rows.entry(judgement.row.clone()).or_default().push((name, judgement.verdict));
    }
    rows
}

fn word(verdict: Verdict) -> String {
    serde_json::to_value(verdict).map_or_else(
        |error| error.to_string(),
        |value| value.as_str().unwrap_or_default().to_owned(),
    )
}

fn classes(catalogue: &Catalogue) -> Result<Vec<Profile>, Failed> {
    CLASSES.iter().map(|class| Ok(catalogue.profile(class.profile)?)).collect()
}

fn every_verdict() -> Result<(), Failed> {
    let servers = Servers::unpack()?;
    let servers = servers.all()?;
    let catalogue = Catalogue::bundled();
    let (mut compared, mut wrong, mut silent) = (0_u32, Vec::new(), 0_u32);
    let profiles = classes(&catalogue)?;
    for server in &servers {
        let report = fs::read_to_string(&server.text)?;
        // The binary lost what the encoder did not know; dmidecode tells what is in it.
        let reread = Command::new("dmidecode").arg("--from-dump").arg(&server.dump).output()?;
        let reread = String::from_utf8_lossy(&reread.stdout).into_owned();
        let dump = fs::read(&server.dump)?;
        let inputs = [
            (Kind::Smbios, facts(Kind::Smbios, &server.id, &dump)?, text::blocks(&reread).1),
            (
                Kind::Dmidecode,
                facts(Kind::Dmidecode, &server.id, report.as_bytes())?,
                text::blocks(&report).1,
            ),
        ];
        for (class, profile) in CLASSES.iter().zip(&profiles) {
            for (kind, facts, blocks) in &inputs {
                let expected = evaluate(class, blocks);
                silent += u32::from(!expected.contains_key(&format!("{}#1", class.clause)));
                let got = verdicts(profile, facts);
                for (row, expected) in &expected {
                    for (check, verdict) in
                        got.get(row).ok_or_else(|| format!("no check on {row}"))?
                    {
                        // Whether a product is somebody else's is never in a table.
                        let expected =
                            if check == "not-oem" { "needs-attestation" } else { *expected };
                        compared += 1;
                        if word(*verdict) != expected {
                            wrong.push(format!(
                                "{} {} {kind:?} {row} {check}: expected {expected}, got {}",
                                server.id,
                                server.name,
                                word(*verdict)
                            ));
                        }
                    }
                }
            }
        }
    }
    println!(
        "figure: verdicts.equal = {} of {compared} ({} machines × 3 classes × 2 inputs; \
         no opinion on the maker of {silent})",
        compared as usize - wrong.len(),
        servers.len()
    );
    if wrong.is_empty() {
        return Ok(());
    }
    let all = wrong.len();
    wrong.truncate(40);
    Err(Failed::from(format!("{all} differ:\n{}", wrong.join("\n"))))
}

/// A way to spoil a machine, and the row it spoils.
struct Mutation {
    name: &'static str,
    row: fn(&Class) -> String,
    spoil: fn(&Class, &mut Vec<Block>),
}

const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "one GiB short of memory",
        row: |class| format!("{}#3", class.clause),
        spoil: |class, blocks| {
            let mut left = class.memory_bytes / (1 << 30) - 1;
            for stick in memory(blocks) {
                let most = stick.field("Size").and_then(text::bytes).map_or(0, |size| size >> 30);
                let size = most.min(left);
                left -= size;
                let none = "No Module Installed".to_owned();
                stick.set("Size", &if size == 0 { none } else { format!("{size} GB") });
            }
        },
    },
    Mutation {
        name: "the deciding sticks of unknown size",
        row: |class| format!("{}#3", class.clause),
        spoil: |class, blocks| {
            let mut sum = 0;
            for stick in memory(blocks) {
                let size = stick.field("Size").and_then(text::bytes).unwrap_or(0);
                if sum + size >= class.memory_bytes {
                    stick.set("Size", "Unknown");
                } else {
                    sum += size;
                }
            }
        },
    },
    Mutation {
        name: "one memory slot short",
        row: |class| format!("{}{}", class.clause, class.memory_slots.0),
        spoil: |class, blocks| {
            let mut seen = 0;
            blocks.retain(|block| {
                seen += usize::from(block.kind == 17);
                block.kind != 17 || seen < class.memory_slots.1
            });
        },
    },
    Mutation {
        name: "one core short in each socket",
        row: |class| format!("{}#2", class.clause),
        spoil: |class, blocks| {
            for socket in blocks.iter_mut().filter(|block| block.kind == 4) {
                socket.set("Core Count", &(class.cores - 1).to_string());
            }
        },
    },
    Mutation {
        name: "unknown number of cores",
        row: |class| format!("{}#2", class.clause),
        spoil: |_, blocks| {
            for socket in blocks.iter_mut().filter(|block| block.kind == 4) {
                socket.lines.retain(|line| !line.starts_with("\tCore"));
            }
        },
    },
    Mutation {
        name: "sockets without processors",
        row: |class| format!("{}#2", class.clause),
        spoil: |_, blocks| {
            for socket in blocks.iter_mut().filter(|block| block.kind == 4) {
                socket.set("Status", "Unpopulated");
            }
        },
    },
    Mutation {
        name: "a slow clock",
        row: |class| format!("{}#2", class.clause),
        spoil: |_, blocks| {
            for socket in blocks.iter_mut().filter(|block| block.kind == 4) {
                socket.set("Version", "Processor @ 1.90GHz");
                socket.set("Current Speed", "1900 MHz");
            }
        },
    },
    Mutation {
        name: "an unknown clock; only the largest is claimed",
        row: |class| format!("{}#2", class.clause),
        spoil: |_, blocks| {
            for socket in blocks.iter_mut().filter(|block| block.kind == 4) {
                socket.set("Version", "Processor");
                socket.set("Current Speed", "Unknown");
            }
        },
    },
    Mutation {
        name: "no slots told",
        row: |class| {
            let row = class.pcie_slots.map_or(class.memory_slots.0, |(row, _)| row);
            format!("{}{row}", class.clause)
        },
        spoil: |_, blocks| blocks.retain(|block| block.kind != 9 && block.kind != 17),
    },
    Mutation {
        name: "a brand removed",
        row: |class| format!("{}#1", class.clause),
        spoil: |_, blocks| {
            for system in blocks.iter_mut().filter(|block| matches!(block.kind, 1..=3)) {
                system.set("Manufacturer", "To be filled by O.E.M.");
            }
        },
    },
];

fn memory(blocks: &mut [Block]) -> impl Iterator<Item = &mut Block> {
    blocks.iter_mut().filter(|block| block.kind == 17 && block.field("Type") != Some("Flash"))
}

fn no_mutant() -> Result<(), Failed> {
    let servers = Servers::unpack()?;
    let catalogue = Catalogue::bundled();
    let (mut made, mut passed) = (0_u32, Vec::new());
    let mut used = vec![0_u32; MUTATIONS.len()];
    let profiles = classes(&catalogue)?;
    for server in servers.all()? {
        let report = fs::read_to_string(&server.text)?;
        let (head, blocks) = text::blocks(&report);
        for (class, profile) in CLASSES.iter().zip(&profiles) {
            let sound = evaluate(class, &blocks);
            for (mutation, used) in MUTATIONS.iter().zip(&mut used) {
                let row = (mutation.row)(class);
                // A mutant of a machine that does not pass proves nothing; brands never pass.
                if sound.get(&row) != Some(&"pass") && !row.ends_with("#1") {
                    continue;
                }
                let mut mutant = blocks.clone();
                (mutation.spoil)(class, &mut mutant);
                let mutant = text::write(&head, &mutant);
                let got =
                    verdicts(profile, &facts(Kind::Dmidecode, &server.id, mutant.as_bytes())?);
                let got = got.get(&row).ok_or_else(|| format!("no check on {row}"))?;
                made += 1;
                *used += 1;
                if got.iter().any(|(_, verdict)| *verdict == Verdict::Pass) {
                    passed.push(format!("{} {row}: {}", server.id, mutation.name));
                }
            }
        }
    }
    println!("figure: verdicts.mutants = {} of {made}", passed.len());
    for (mutation, used) in MUTATIONS.iter().zip(used) {
        if used == 0 {
            return Err(Failed::from(format!("no machine to try `{}` on", mutation.name)));
        }
    }
    if passed.is_empty() { Ok(()) } else { Err(Failed::from(passed.join("\n"))) }
}
