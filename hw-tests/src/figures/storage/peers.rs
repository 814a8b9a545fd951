//! The same load by `assay`, by fio and by `t/io_uring` of fio's source tree.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hw_tests::corpus::workspace;
use serde_json::Value;

use super::super::{CaseError, interrupt, program_path};
use super::process::{self, Ran};

/// A random read load of 4 KiB.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// Device or file.
    pub(super) path: String,
    /// Whether past the page cache.
    pub(super) direct: bool,
    /// Operations in flight.
    pub(super) depth: u32,
    /// Operations submitted, and taken, at once.
    pub(super) batch: u32,
    /// Seconds.
    pub(super) seconds: u32,
    /// The control group of one processor that it runs in.
    pub(super) group: PathBuf,
}

/// The option for `io_uring`, spelt alike by fio and by us.
pub(super) const RING: &str = "--ioengine=io_uring";
/// The option for Linux AIO.
pub(super) const AIO: &str = "--ioengine=libaio";

/// How fio is tuned, always in batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tuned {
    /// `io_uring` with fixed buffers and registered files.
    Ring,
    /// The same with the one latency that ours records, from submission to completion: fio
    /// records three for each operation unless told otherwise.
    RingLean,
    /// Linux AIO, reaped in user space.
    Aio,
}

/// What operations cost a whole process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// User and system time for each.
    pub(super) cpu_ns: f64,
    /// User time for each.
    pub(super) user_ns: f64,
    /// Operations a second.
    pub(super) iops: f64,
}

/// Returns the words of `text`.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Returns the command line of `assay storage run` with `options` of the job language.
pub(super) fn assay(mode: &str, options: &str) -> Result<Vec<String>, CaseError> {
    let mut line = vec![program_path()?];
    line.extend(words(&format!("--lang en storage run --mode {mode} --output json --")));
    line.extend(words(options));
    Ok(line)
}

/// Returns the one run in what `assay storage run` printed.
///
/// A short run is INVALID as evidence (exit code 3), and a figure all the same.
pub(super) fn measured(ran: &Ran) -> Result<Value, CaseError> {
    let failed = || CaseError::Failed(format!("assay ended with {}: {}", ran.code, ran.said()));
    if ran.code != 0 && ran.code != 3 {
        return Err(failed());
    }
    let document: Value = serde_json::from_str(&ran.stdout).map_err(|_error| failed())?;
    document.pointer("/run/0").cloned().ok_or_else(failed)
}

/// Returns the reads of the one job in what fio printed as JSON.
pub(super) fn fio_reads(ran: &Ran) -> Result<Value, CaseError> {
    let failed = || CaseError::Failed(format!("fio ended with {}: {}", ran.code, ran.said()));
    if ran.code != 0 {
        return Err(failed());
    }
    // fio prints messages before its JSON (axboe/fio#731).
    let start = ran.stdout.find('{').ok_or_else(failed)?;
    let json = ran.stdout.get(start..).ok_or_else(failed)?;
    let document: Value = serde_json::from_str(json).map_err(|_error| failed())?;
    document.pointer("/jobs/0/read").cloned().ok_or_else(failed)
}

/// Returns the number at `pointer`.
pub(super) fn number(value: &Value, pointer: &str) -> Result<f64, CaseError> {
    let found = value.pointer(pointer).and_then(Value::as_f64);
    found.ok_or_else(|| CaseError::Failed(format!("no number at `{pointer}`")))
}

/// Returns fio's version, `fio-3.33`.
pub(super) fn fio_version() -> Result<String, CaseError> {
    Ok(process::run(&words("fio --version"))?.stdout.trim().to_owned())
}

impl Load {
    fn shared_options(&self, engine: &str) -> String {
        let Self { path, direct, depth, batch, seconds, group: _ } = self;
        let direct = u8::from(*direct);
        format!(
            "--name=figure --filename={path} --rw=randread --bs=4k --direct={direct} \
             {engine} --norandommap --invalidate=0 --runtime={seconds} --time_based \
             --iodepth={depth} --iodepth_batch_submit={batch} --iodepth_batch_complete_max={batch}"
        )
    }

    /// Runs it by the program itself: the whole process counts, start-up included.
    pub(super) fn by_assay(&self, engine: &str) -> Result<Cost, CaseError> {
        // At depth 1 nothing can be batched: that is what the mode for latency measures.
        let mode = if self.depth == 1 { "latency" } else { "throughput" };
        let line = assay(mode, &self.shared_options(engine))?;
        let ran = process::start(&line, Some(&self.group))?.finish()?;
        let run = measured(&ran)?;
        let ios = number(&run, "/all/ios")?;
        cost(&ran, ios, number(&run, "/all/milli_iops")? / 1000.0)
    }

    /// Runs it by fio, tuned.
    pub(super) fn by_fio(&self, tuned: Tuned) -> Result<Cost, CaseError> {
        let mut line = words("fio --output-format=json --thread");
        let engine = if tuned == Tuned::Aio { AIO } else { RING };
        line.extend(words(&self.shared_options(engine)));
        // Options of an engine are known once the engine is.
        line.extend(words(match tuned {
            Tuned::Ring => "--fixedbufs --registerfiles",
            Tuned::RingLean => "--fixedbufs --registerfiles --disable_slat=1 --disable_lat=1",
            Tuned::Aio => "--userspace_reap",
        }));
        line.push(format!("--iodepth_batch_complete_min={}", self.batch));
        let ran = process::start(&line, Some(&self.group))?.finish()?;
        let reads = fio_reads(&ran)?;
        if number(&reads, "/clat_ns/mean")? <= 0.0 {
            return Err(CaseError::Failed("fio recorded no latency".to_owned()));
        }
        cost(&ran, number(&reads, "/total_ios")?, number(&reads, "/iops")?)
    }

    /// Runs it by `t/io_uring`, which records no latency.
    ///
    /// It does not say how many operations it did in all, but prints those of each second:
    /// processor time is read as each line appears, so its start and its end do not count.
    pub(super) fn by_t_io_uring(&self, program: &Path) -> Result<Cost, CaseError> {
        let Self { path, direct, depth, batch, seconds, group } = self;
        // Its stdout is a pipe: without this, lines would arrive in blocks.
        let mut line = words("stdbuf -oL");
        line.push(program.display().to_string());
        let direct = u8::from(*direct);
        line.extend(words(&format!(
            "-d{depth} -s{batch} -c{batch} -b4096 -p0 -B1 -F1 -n1 -X1 -R1 -O{direct} -r{} {path}",
            seconds + 2
        )));
        let mut command = process::inside(group);
        command.args(line).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.process_group(0).spawn()?;
        let seen = child
            .stdout
            .take()
            .map_or_else(|| Ok(Vec::new()), |out| watch(BufReader::new(out), child.id()));
        process::end(&mut child);
        window(&seen?)
            .ok_or_else(|| CaseError::Failed(format!("`{}` did no reads", program.display())))
    }
}

fn cost(ran: &Ran, ios: f64, iops: f64) -> Result<Cost, CaseError> {
    if ios < 1.0 {
        return Err(CaseError::Failed(format!("no operation was done: {}", ran.said())));
    }
    Ok(Cost { cpu_ns: ran.cpu_ns / ios, user_ns: ran.user_ns / ios, iops })
}

/// The processor time of a process when it printed a line, and the operations of that line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moment {
    user_ns: f64,
    system_ns: f64,
    ios: f64,
}

/// Reads what `t/io_uring` prints, and at each line of a second what process `pid` has used.
fn watch(lines: impl BufRead, pid: u32) -> Result<Vec<Moment>, CaseError> {
    let mut seen = Vec::new();
    for line in lines.lines() {
        if interrupt::asked() {
            return Err(CaseError::Failed("stopped by a signal".to_owned()));
        }
        let line = line?;
        let Some(ios) = iops_of(&line) else { continue };
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let Some((user_ns, system_ns)) = times_of(&stat) else { continue };
        seen.push(Moment { user_ns, system_ns, ios });
    }
    Ok(seen)
}

/// Returns what lies between the first of `seen` and the last; `None` where that is nothing.
fn window(seen: &[Moment]) -> Option<Cost> {
    let (first, rest) = seen.split_first()?;
    let last = rest.last()?;
    let ios: f64 = rest.iter().map(|moment| moment.ios).sum();
    let user_ns = last.user_ns - first.user_ns;
    let cpu_ns = user_ns + last.system_ns - first.system_ns;
    let seconds = f64::from(u32::try_from(rest.len()).ok()?);
    let cost = Cost { cpu_ns: cpu_ns / ios, user_ns: user_ns / ios, iops: ios / seconds };
    (ios > 0.0).then_some(cost)
}

/// Returns the operations of a line `IOPS=508.70K, BW=…`.
fn iops_of(line: &str) -> Option<f64> {
    let text = line.strip_prefix("IOPS=")?.split(',').next()?;
    let digits = text.trim_end_matches(['K', 'M']);
    let scale = match text.get(digits.len()..)? {
        "M" => 1e6,
        "K" => 1e3,
        _ => 1.0,
    };
    Some(digits.parse::<f64>().ok()? * scale)
}

/// Returns user and system time of `/proc/PID/stat` in nanoseconds (proc(5), columns 14, 15).
fn times_of(stat: &str) -> Option<(f64, f64)> {
    // The name of the program may hold spaces and brackets.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut columns = rest.split_whitespace().skip(11);
    let hertz = f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).ok()?);
    let mut next = || Some(columns.next()?.parse::<f64>().ok()? / hertz * 1e9);
    Some((next()?, next()?))
}

/// `t/io_uring`, and where it is from.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    /// The program.
    pub(super) program: PathBuf,
    /// fio's version of the tree.
    pub(super) version: String,
}

/// Returns `t/io_uring` of the tree that `ASSAY_FIO_SOURCE` names, built under `target/`
/// where the tree has it not built; an error says why there is none.
pub(super) fn t_io_uring() -> Result<Bare, String> {
    const HOW: &str = "`hw-tests/fio-source FOLDER` gets it from the distribution";
    let Some(tree) = env::var_os("ASSAY_FIO_SOURCE").map(PathBuf::from) else {
        return Err(format!("ASSAY_FIO_SOURCE names no source tree of fio; {HOW}"));
    };
    let tree = tree.canonicalize().map_err(|error| format!("{}: {error}", tree.display()))?;
    if !tree.join("t/io_uring.c").is_file() {
        return Err(format!("`{}` is no source tree of fio; {HOW}", tree.display()));
    }
    let built = tree.join("t/io_uring");
    let folder = workspace().join("target/fio");
    let program = if built.is_file() { built } else { build(&tree, &folder)? };
    let version = [&tree, &folder].into_iter().find_map(|place| {
        let text = fs::read_to_string(place.join("FIO-VERSION-FILE")).ok()?;
        Some(text.split_once('=')?.1.trim().to_owned())
    });
    Ok(Bare { program, version: version.unwrap_or_else(|| "fio of an unknown version".to_owned()) })
}

/// Builds it outside the tree, which stays as it is.
fn build(tree: &Path, folder: &Path) -> Result<PathBuf, String> {
    let made = folder.join("t/io_uring");
    let from = folder.join("built-from");
    let name = tree.display().to_string();
    if made.is_file() && fs::read_to_string(&from).is_ok_and(|text| text == name) {
        return Ok(made);
    }
    // What another tree left there would be taken for this one's.
    drop(fs::remove_dir_all(folder));
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for line in [format!("{name}/configure"), "make t/io_uring".to_owned()] {
        let mut parts = line.split_whitespace();
        let program = parts.next().unwrap_or_default();
        let output = Command::new(program).args(parts).current_dir(folder).output();
        let output = output.map_err(|error| format!("`{line}`: {error}"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let last = text.lines().last().unwrap_or_default().to_owned();
            return Err(format!("`{line}` fails: {last}"));
        }
    }
    fs::write(&from, name).map_err(|error| format!("{}: {error}", from.display()))?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_t_io_uring_are_read_in_each_of_its_three_scales() {
        assert_eq!(iops_of("IOPS=508.70K, BW=1987MiB/s, IOS/call=32/32"), Some(508_700.0));
        assert_eq!(iops_of("IOPS=1.25M, BW=4.77GiB/s, IOS/call=32/31"), Some(1_250_000.0));
        assert_eq!(iops_of("IOPS=99999, BW=390MiB/s, IOS/call=1/1"), Some(99_999.0));
        assert_eq!(iops_of("Maximum IOPS=508.70K"), None);
        assert_eq!(iops_of("Exiting on timeout"), None);
    }

    #[test]
    fn times_are_the_columns_after_a_name_with_brackets_in_it() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 250 150 0 0 20 0 1 0";
        let hertz = f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).unwrap());
        assert_eq!(times_of(stat), Some((250e9 / hertz, 150e9 / hertz)));
    }

    #[test]
    fn a_window_leaves_out_what_was_spent_before_its_first_line() {
        let moment = |user_ns, system_ns, ios| Moment { user_ns, system_ns, ios };
        let seen =
            [moment(50.0, 900.0, 7.0), moment(60.0, 1400.0, 10.0), moment(70.0, 1900.0, 10.0)];
        let cost = window(&seen).unwrap();
        assert_eq!((cost.cpu_ns, cost.user_ns, cost.iops), (51.0, 1.0, 10.0));
        assert!(window(&seen[..1]).is_none());
    }
}
