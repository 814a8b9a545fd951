//! Verdicts on every visible machine against an independent evaluation, and
//! mutants that must never pass.

#[path = "verdicts/evaluation.rs"]
mod evaluation;
#[path = "verdicts/text.rs"]
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use evaluation::{CLASSES, Class, evaluate};
use hw_tests::corpus::Servers;
use hw_tests::{Need, trial};
use inventory::import::{Kind, import};
use libtest_mimic::{Arguments, Failed};
use profiles::{Catalogue, Profile, Verdict, judge};
use text::Block;

const NEEDS: &[Need] = &[Need::Corpus("smbios"), Need::Program("tar"), Need::Program("xz")];

fn main() -> ExitCode {
    let trials = vec![
        trial("every_verdict_equals_the_independent_evaluation", NEEDS, every_verdict),
        trial("no_mutant_of_a_passing_machine_passes", NEEDS, no_mutant),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Returns the verdicts of a profile by row; several checks of one row in order.
fn verdicts(
    profile: &Profile,
    kind: Kind,
    name: &str,
    bytes: &[u8],
) -> Result<BTreeMap<String, Vec<Verdict>>, Failed> {
    let inventory = import(kind, name, bytes)?;
    let facts = serde_json::json!({ "inventory": inventory });
    let mut rows: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for judgement in judge(profile, &facts) {
        rows.entry(judgement.row).or_default().push(judgement.verdict);
    }
    Ok(rows)
}

fn word(verdict: Verdict) -> String {
    serde_json::to_value(verdict).map_or_else(
        |error| error.to_string(),
        |value| value.as_str().unwrap_or_default().to_owned(),
    )
}

fn every_verdict() -> Result<(), Failed> {
    let servers = Servers::unpack()?;
    let servers = servers.all()?;
    let catalogue = Catalogue::bundled();
    let (mut compared, mut wrong, mut silent) = (0_u32, Vec::new(), 0_u32);
    for class in &CLASSES {
        let profile = catalogue.profile(class.profile)?;
        for server in &servers {
            let report = fs::read_to_string(&server.text)?;
            let expected = evaluate(class, &text::blocks(&report).1);
            silent += u32::from(!expected.contains_key(&format!("{}#1", class.clause)));
            let dump = fs::read(&server.dump)?;
            let inputs = [(Kind::Smbios, dump.as_slice()), (Kind::Dmidecode, report.as_bytes())];
            for (kind, bytes) in inputs {
                let got = verdicts(&profile, kind, &server.id, bytes)?;
                for (row, expected) in &expected {
                    for verdict in got.get(row).ok_or_else(|| format!("no check on {row}"))? {
                        compared += 1;
                        if word(*verdict) != *expected {
                            wrong.push(format!(
                                "{} {} {kind:?} {row}: expected {expected}, got {}",
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
    wrong.truncate(40);
    Err(Failed::from(wrong.join("\n")))
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
    for class in &CLASSES {
        let profile = catalogue.profile(class.profile)?;
        for server in servers.all()? {
            let report = fs::read_to_string(&server.text)?;
            let (head, blocks) = text::blocks(&report);
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
                let got = verdicts(&profile, Kind::Dmidecode, &server.id, mutant.as_bytes())?;
                let got = got.get(&row).ok_or_else(|| format!("no check on {row}"))?;
                made += 1;
                *used += 1;
                if got.contains(&Verdict::Pass) {
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
