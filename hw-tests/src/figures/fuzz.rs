//! Executions of every fuzz target without a crash.

use std::fs;
use std::process::Command;
use std::thread;

use hw_tests::corpus::workspace;

use super::{CaseError, Effort, Figure};

/// Returns `cargo fuzz` in the folder of a crate; all build into one folder, as `hw-tests/run`
/// does, so that what they share is built once.
fn cargo_fuzz(package: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .arg("fuzz")
        .env("CARGO_TARGET_DIR", workspace().join("target/fuzz"))
        .current_dir(workspace().join(package));
    command
}

/// Finds out whether there is `cargo fuzz`, and returns how many executions are asked for.
fn asked(effort: Effort) -> Result<u64, CaseError> {
    let known = Command::new(env!("CARGO")).args(["fuzz", "--version"]).output()?;
    if !known.status.success() {
        return Err(CaseError::Missing("`cargo fuzz` is not installed".to_owned()));
    }
    // CI fuzzes by time before the figures; here the count is what matters.
    Ok(if effort == Effort::Full { 10_000_000 } else { 20_000 })
}

/// Runs one fuzz target of a crate.
pub(super) fn target(
    package: &str,
    target: &str,
    effort: Effort,
) -> Result<Vec<Figure>, CaseError> {
    let runs = asked(effort)?;
    build(package, target)?;
    Ok(vec![one(package, target, runs)?])
}

/// Runs every fuzz target of a crate.
pub(super) fn fuzz(package: &str, effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let runs = asked(effort)?;
    let mut all = Vec::new();
    // Built first, one after the other: two builds at once would wait for one lock.
    for target in targets(package)? {
        build(package, &target)?;
        all.push(target);
    }
    // A target keeps one processor busy; two at a time halve the hours of a full run.
    let (even, odd): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(at, _)| at % 2 == 0);
    let run = |some: Vec<(usize, &String)>| {
        let some = some.into_iter();
        some.map(|(at, target)| Ok((at, one(package, target, runs)?)))
            .collect::<Result<Vec<_>, CaseError>>()
    };
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| run(odd));
        (run(even), second.join())
    });
    let panicked = || CaseError::Failed("a fuzz runner panicked".to_owned());
    let mut figures = first?;
    figures.extend(second.map_err(|_panic| panicked())??);
    figures.sort_by_key(|(at, _)| *at);
    Ok(figures.into_iter().map(|(_, figure)| figure).collect())
}

fn build(package: &str, target: &str) -> Result<(), CaseError> {
    let output = cargo_fuzz(package).args(["build", "-s", "none", target]).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let tail: Vec<&str> = text.lines().rev().take(6).collect();
    Err(CaseError::Failed(format!("{package}/{target} does not build: {}", tail.join(" / "))))
}

/// Returns the fuzz targets of a crate, by the files that hold them.
fn targets(package: &str) -> Result<Vec<String>, CaseError> {
    let folder = workspace().join(package).join("fuzz/fuzz_targets");
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

fn one(package: &str, target: &str, runs: u64) -> Result<Figure, CaseError> {
    let output = cargo_fuzz(package)
        .args(["run", "-s", "none", target, "--"])
        .args([&format!("-runs={runs}"), "-rss_limit_mb=1024", "-timeout=10"])
        .args(["-verbosity=0", "-print_final_stats=1"])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let executed = text
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse::<u64>().ok());
    let name = format!("fuzz {package}/{target}: crashes, hangs, memory over 1 GiB");
    let bar = format!("0 in {runs}");
    match executed {
        Some(executed) if output.status.success() => Ok(Figure {
            what: name,
            bar,
            measured: format!("0 in {executed}"),
            met: Some(executed >= runs),
            broken: None,
        }),
        _ => {
            let tail: Vec<&str> = text.lines().rev().take(6).collect();
            Err(CaseError::Failed(format!("{package}/{target}: {}", tail.join(" / "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use hw_tests::corpus::workspace;

    use super::super::LAST;
    use super::targets;

    #[test]
    fn every_crate_that_is_fuzzed_has_a_case() {
        let listed = Command::new("git")
            .args(["ls-files", "*/fuzz/Cargo.toml"])
            .current_dir(workspace())
            .output()
            .expect("git");
        let listed = String::from_utf8(listed.stdout).expect("names");
        let names: Vec<&str> = LAST
            .iter()
            .filter_map(|case| case.name.strip_prefix("fuzz-"))
            .filter(|name| !name.starts_with("bmc-"))
            .chain(["bmc"])
            .collect();
        let crates: Vec<&str> =
            listed.lines().filter_map(|path| path.strip_suffix("/fuzz/Cargo.toml")).collect();
        assert_eq!(crates.len(), names.len(), "{crates:?} {names:?}");
        for name in names {
            assert!(crates.iter().any(|one| one.starts_with(name)), "{name}");
        }
        let targets = targets("bmc").expect("its targets");
        let cases = LAST.iter().filter_map(|case| case.name.strip_prefix("fuzz-bmc-"));
        assert_eq!(cases.collect::<Vec<_>>(), targets);
    }
}
