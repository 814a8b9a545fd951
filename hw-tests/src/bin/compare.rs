//! Runs two commands in turn and prints their medians and the ratio of the pairs.
//!
//! `compare COUNT A … --vs B …`; used by the scripts in `benches/compare/`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::process::ExitCode;

use hw_tests::sample::{Run, Spread, pairs};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((count, a, b)) = read(&words) else {
        eprintln!("usage: compare COUNT A … --vs B …");
        return ExitCode::from(2);
    };
    match pairs(count, &a, &b) {
        Ok(pairs) => {
            print("A", &a, &pairs.a);
            print("B", &b, &pairs.b);
            if let Some(ratio) = pairs.ratio() {
                println!(
                    "A/B {:.3} ({:.3}–{:.3}), {count} pairs",
                    ratio.median, ratio.min, ratio.max
                );
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::from(3)
        }
    }
}

/// Reads the count and the two commands.
fn read(words: &[String]) -> Option<(usize, Vec<&str>, Vec<&str>)> {
    let (count, commands) = words.split_first()?;
    let count = count.parse().ok().filter(|count| *count > 0)?;
    let middle = commands.iter().position(|word| word == "--vs")?;
    let (a, b) = commands.split_at(middle);
    if a.is_empty() || b.len() < 2 {
        return None;
    }
    Some((
        count,
        a.iter().map(String::as_str).collect(),
        b.iter().skip(1).map(String::as_str).collect(),
    ))
}

fn print(name: &str, command: &[&str], runs: &[Run]) {
    let milliseconds: Vec<f64> = runs.iter().map(|run| run.seconds * 1e3).collect();
    let peak = runs.iter().map(|run| run.peak_bytes).max().unwrap_or(0) / 1024;
    if let Some(spread) = Spread::of(&milliseconds) {
        println!(
            "{name} {:.1} ms ({:.1}–{:.1}), peak {peak} KiB: {}",
            spread.median,
            spread.min,
            spread.max,
            command.join(" ")
        );
    }
}
