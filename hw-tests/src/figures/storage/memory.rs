//! Peak memory of a run, and that it does not grow with the device.
//!
//! The load never reads a block twice, for which fio keeps a bit for each: 269 MB of them on
//! 8 TB. Files of holes stand for devices of any size.

use hw_tests::Need;

use super::super::{CaseError, Effort, Figure};
use super::absent::absent;
use super::lab::Lab;
use super::noise::Noise;
use super::peers::{self, assay, words};
use super::{at_most, process};

const MEBIBYTE: f64 = 1_048_576.0;
/// 128 operations of 4 KiB in flight.
const BUFFERS: f64 = 128.0 * 4096.0;
/// Two runs of the same load differ by this much.
const JITTER: f64 = 0.5;

/// One device at 128 in flight, of 1 GB and of 8 TB.
pub(super) fn memory(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time")])?;
    let seconds = if effort == Effort::Full { 5 } else { 1 };
    let mut lab = Lab::new()?;
    let small = lab.sparse_file(1_000_000_000)?.display().to_string();
    let large = lab.sparse_file(8_000_000_000_000 / 4096 * 4096)?.display().to_string();
    let noise = Noise::start();
    let options = |path: &str| {
        format!(
            "--name=figure --filename={path} --rw=randread --bs=4k --direct=1 \
             --ioengine=io_uring --iodepth=128 --runtime={seconds} --time_based"
        )
    };
    let ours = |path: &str| {
        let ran = process::run(&assay("throughput", &options(path))?)?;
        peers::measured(&ran)?;
        Ok::<_, CaseError>(mebibytes(ran.peak_bytes))
    };
    let peaks_of = |path: &str| {
        let peaks = (0..3).map(|_| ours(path)).collect::<Result<Vec<_>, _>>()?;
        super::spread(&peaks)
    };
    let (of_small, of_large) = (peaks_of(&small)?, peaks_of(&large)?);
    let (of_small, most) = (of_small.median, of_large);
    let of_large = most.median;
    let noise = noise.text();
    let beside = match absent(&[Need::Program("fio")]) {
        Ok(()) => {
            let fio = |path: &str| {
                let mut line = words("fio --output-format=json --thread");
                line.extend(words(&options(path)));
                let ran = process::run(&line)?;
                peers::fio_reads(&ran)?;
                Ok::<_, CaseError>(mebibytes(ran.peak_bytes))
            };
            let version = peers::fio_version()?;
            format!("{version}: {:.1} and {:.1} MiB", fio(&small)?, fio(&large)?)
        }
        Err(error) => format!("fio {error}"),
    };
    let limit = 16e6 / MEBIBYTE + BUFFERS / MEBIBYTE;
    let growth = of_large - of_small;
    Ok(vec![
        at_most(
            "storage: peak memory, 1 device, QD128, 4K",
            "≤ 16 MB and 0.5 MiB of buffers",
            limit,
            most,
            format!("{of_large:.1} MiB ({:.1}–{:.1}), on 8 TB; {noise}", most.min, most.max),
        ),
        Figure {
            what: "storage: growth of peak memory from 1 GB to 8 TB, no block read twice"
                .to_owned(),
            bar: format!("0 (± {JITTER} MiB, as two runs differ)"),
            measured: format!("{growth:+.2} MiB: {of_small:.1} and {of_large:.1} MiB; {beside}"),
            met: Some(growth <= JITTER),
            broken: None,
        },
    ])
}

fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52")]
    let bytes = bytes as f64;
    bytes / MEBIBYTE
}
