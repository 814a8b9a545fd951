//! kill -9 at any point of an apply, and a second run: the kernel is as after a clean one.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "dataplane_real/node.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod node;
#[path = "dataplane_real/state.rs"]
mod state;
#[path = "dataplane_kill/victim.rs"]
mod victim;

use std::env;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use dataplane::journal;
use hw_tests::network::dump::{Dump, differences};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};
use tempfile::TempDir;

use node::{Lab, converge, read, same};
use state::{Which, text};
use victim::End;

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];

/// Kills without `ASSAY_KILLS`.
const KILLS: usize = 20;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "victim") {
        return victim::run(&words[1..]);
    }
    let trials = vec![trial("a_run_after_a_kill_ends_as_a_clean_one", NEEDS, kills)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// From one state to another; nothing is the state of a node on which all is taken away.
const WAYS: [(Option<Which>, Option<Which>); 3] =
    [(None, Some(Which::One)), (Some(Which::One), Some(Which::Other)), (Some(Which::Other), None)];

/// A way, and what a run of it that nobody disturbs is like.
struct Clean {
    steps: usize,
    records: usize,
    took: Duration,
    dump: Dump,
}

fn kills() -> Result<(), Failed> {
    let count = match env::var("ASSAY_KILLS") {
        Ok(count) => count.parse()?,
        Err(_) => KILLS,
    };
    let seed = match env::var("ASSAY_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => RandomState::new().hash_one(0_u8),
    };
    println!("ASSAY_SEED={seed}");
    let mut random = Random(seed);
    let mut clean = Vec::new();
    for way in WAYS {
        let first = undisturbed(way)?;
        same("two clean runs", &first.dump, &undisturbed(way)?.dump)?;
        println!(
            "{way:?}: {} steps, {} records, {:.1} ms",
            first.steps,
            first.records,
            first.took.as_secs_f64() * 1e3
        );
        clean.push((way, first));
    }
    let (mut killed, mut unfinished, mut half_way, mut equal) = (0, 0, 0, 0);
    let mut by = [0; 3];
    // A kill by the clock may come when all is over; it is no kill then.
    for at in 0..count * 4 {
        if killed == count {
            break;
        }
        let (way, clean) = &clean[at % WAYS.len()];
        let kind = at / WAYS.len() % 3;
        let end = match kind {
            0 => End::Steps(random.below(clean.steps)),
            1 => End::Record(random.below(clean.records)),
            _ => End::Never,
        };
        let bench = Bench::new(*way)?;
        let mut victim = bench.start(end)?;
        let after = (end == End::Never).then(|| random.part(clean.took));
        let what = format!("{way:?}, {end}, after {after:?}, the {killed}th, seed {seed}");
        if !victim.killed(after)? {
            continue;
        }
        killed += 1;
        by[kind] += 1;
        let past = victim::past(&bench.journal())?;
        unfinished += usize::from(past.is_unfinished());
        half_way += usize::from(!differences(&clean.dump, &bench.lab.dump()?).is_empty());
        // Whatever a power loss leaves of what was not synced.
        if kind == 2 && at % 2 == 0 {
            bench.tear(&mut random)?;
        }
        bench.finish().map_err(|error| format!("{what}: {:?}", error.message()))?;
        let past = victim::past(&bench.journal())?;
        assert!(!past.is_unfinished() && past.began.is_empty(), "{what}: {past:?}");
        same(&what, &clean.dump, &bench.lab.dump()?)?;
        equal += 1;
    }
    println!("{} after n steps, {} in the journal, {} by the clock", by[0], by[1], by[2]);
    println!("{unfinished} of {killed} left a journal of a run that did not end");
    println!("{half_way} of {killed} left the kernel other than a clean run does");
    assert!(half_way * 2 > killed, "most kills have to come half way");
    println!("figure: kill.equal = {equal} of {killed} equal");
    assert_eq!((killed, equal), (count, count), "too few kills hit");
    Ok(())
}

/// A node in its first state, and the files of what is to happen to it.
struct Bench {
    lab: Lab,
    folder: TempDir,
}

impl Bench {
    fn new((from, to): (Option<Which>, Option<Which>)) -> Result<Self, Failed> {
        let bench = Self { lab: Lab::new()?, folder: tempfile::tempdir()? };
        if let Some(from) = from {
            converge(&mut bench.lab.real()?, &read(&text(from))?)?;
        }
        fs::write(bench.folder.path().join("state.toml"), to.map(text).unwrap_or_default())?;
        Ok(bench)
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    fn start(&self, end: End) -> Result<Victim, Failed> {
        let (program, end) = (env::current_exe()?, end.to_string());
        let state = self.folder.path().join("state.toml");
        let mut command = self.lab.space.command(&[&program.to_string_lossy(), "victim"]);
        command.arg(state).arg(self.journal()).arg(end).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let said = child.stdout.take().ok_or("no pipe")?;
        Ok(Victim { child, said: BufReader::new(said) })
    }

    /// A run that nobody disturbs.
    fn finish(&self) -> Result<(usize, usize, Duration), Failed> {
        let mut victim = self.start(End::Never)?;
        let steps = victim.number("begin")?;
        let begun = now();
        // What it says instead is why it failed.
        let records = victim.number("end")?;
        let took = begun.elapsed();
        let mut rest = String::new();
        victim.said.read_to_string(&mut rest)?;
        if victim.child.wait()?.success() { Ok((steps, records, took)) } else { Err(rest.into()) }
    }

    /// Cuts the journal off anywhere behind its first record.
    fn tear(&self, random: &mut Random) -> Result<(), Failed> {
        let path = self.journal().join("journal");
        let Ok(bytes) = fs::read(&path) else { return Ok(()) };
        let first = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let kept = first + 1 + random.below(bytes.len() - first);
        fs::write(&path, bytes.get(..kept).unwrap_or(&bytes))?;
        let past = journal::decode(&fs::read(&path)?);
        assert!(past.generation > 0, "{past:?}");
        Ok(())
    }
}

fn undisturbed(way: (Option<Which>, Option<Which>)) -> Result<Clean, Failed> {
    let bench = Bench::new(way)?;
    let (steps, records, took) = bench.finish()?;
    Ok(Clean { steps, records, took, dump: bench.lab.dump()? })
}

/// A victim and what it says.
struct Victim {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Victim {
    /// Reads the line with a number of that name.
    fn number(&mut self, name: &str) -> Result<usize, Failed> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        match line.trim().split_once(' ') {
            Some((first, number)) if first == name => Ok(number.parse()?),
            _ => {
                self.said.read_to_string(&mut line)?;
                Err(line.into())
            }
        }
    }

    /// Kills it so long after its beginning, or waits until it has done it itself; returns
    /// whether that was before its end.
    fn killed(&mut self, after: Option<Duration>) -> Result<bool, Failed> {
        self.number("begin")?;
        if let Some(after) = after {
            let begun = now();
            while begun.elapsed() < after {
                std::hint::spin_loop();
            }
            self.child.kill()?;
        }
        let mut rest = String::new();
        self.said.read_to_string(&mut rest)?;
        let ended = self.child.wait()?;
        Ok(ended.code().is_none() && !rest.starts_with("end"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a kill comes at a time")]
fn now() -> Instant {
    Instant::now()
}

/// Numbers that follow from a seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("it is below a usize")
    }

    fn part(&mut self, whole: Duration) -> Duration {
        whole * u32::from(self.next().to_ne_bytes()[0]) / 256
    }
}
