//! Settles a job: what its options mean together, or which two contradict each other.

use super::Draft;
use crate::job::{
    Amount, Engine, FILENAME_FORMAT, Fill, Job, JobError, Place, RateProcess, Verify,
};
use crate::workload::Distribution;

/// A contradiction: the option that is to change, and why.
type Contradiction = (&'static str, String);

impl Draft {
    /// Returns the job, which the section or word at `section` names and which comes after
    /// the jobs `before`.
    pub(crate) fn settle(mut self, section: &Place, before: &[Job]) -> Result<Job, JobError> {
        self.choose_engine();
        self.repeat_blocks();
        let found = self
            .wait(before)
            .and_then(|()| self.name())
            .and_then(|()| self.engine_options())
            .and_then(|()| self.depth())
            .and_then(|()| self.files())
            .and_then(|()| self.pace())
            .and_then(|()| self.blocks())
            .and_then(|()| self.content());
        match found {
            Ok(()) => Ok(self.job),
            Err((option, why)) => {
                let place = self.job.places.get(option).unwrap_or(section).clone();
                let option = self.job.places.spelled(option).to_owned();
                let job = super::shortened(&self.job.name);
                Err(JobError::Conflict { place, job, option, why })
            }
        }
    }

    /// Waiting for the job before is waiting for all, if that one waits for all before it.
    fn wait(&mut self, before: &[Job]) -> Result<(), Contradiction> {
        let Some(name) = self.wait_for.take() else { return Ok(()) };
        let alone = before.len() == 1;
        if before.last().is_some_and(|last| last.name == name && (alone || last.stonewall)) {
            self.job.stonewall = true;
            return Ok(());
        }
        let why = "it is not the job directly before, itself waiting for all before it; write \
                   `stonewall`";
        fault("wait_for", why)
    }

    fn choose_engine(&mut self) {
        let by_depth = if self.job.engine.iodepth > 1 { Engine::IoUring } else { Engine::Sync };
        self.job.engine.name = self.engine.unwrap_or(by_depth);
    }

    /// As in fio, offsets that are not uniform, or not multiples of the block, come again.
    fn repeat_blocks(&mut self) {
        let job = &mut self.job;
        if !job.pattern.is_random() {
            return;
        }
        let moved = |align: u32, blocks: &[crate::workload::BlockShare]| {
            let least = blocks.iter().map(|share| share.bytes).min();
            align > 0 && least.is_some_and(|least| least != align)
        };
        let (align, blocks) = (&job.align_bytes, &job.blocks);
        let moved = moved(align.read, &blocks.read)
            || moved(align.write, &blocks.write)
            || moved(align.trim, &blocks.trim);
        job.norandommap |= moved || job.distribution != Distribution::Uniform;
    }

    fn name(&self) -> Result<(), Contradiction> {
        let name = &self.job.name;
        let unfit = |letter: char| letter.is_control() || matches!(letter, '#' | ';');
        if name.is_empty() || name.len() > 255 || name.contains(unfit) {
            return fault("name", "a name has 1 to 255 bytes, without `#` and `;`");
        }
        if name.contains("${") {
            return fault("name", "fio puts no variables into names");
        }
        if name.starts_with("global") {
            return fault("name", "fio takes a name that begins with `global` for no job");
        }
        Ok(())
    }

    fn engine_options(&self) -> Result<(), Contradiction> {
        let engine = &self.job.engine;
        let ring = engine.name == Engine::IoUring;
        let set = |option| self.job.places.get(option).is_some();
        let why = "it belongs to `ioengine=io_uring`";
        if engine.fixed_buffers && !ring {
            return fault("fixedbufs", why);
        }
        if engine.registered_files && !ring {
            return fault("registerfiles", why);
        }
        if engine.submission_poll && !ring {
            return fault("sqthread_poll", why);
        }
        if engine.submission_poll_cpu.is_some() && !engine.submission_poll {
            return fault("sqthread_poll_cpu", "`sqthread_poll` is not given");
        }
        if engine.poll && !ring && engine.name != Engine::Sync {
            return fault("hipri", "it belongs to `ioengine=io_uring` or `pvsync2`");
        }
        if engine.poll && !engine.direct {
            return fault("hipri", "polling needs `direct=1`");
        }
        if engine.name == Engine::Sync && set("ioengine") && engine.iodepth > 1 {
            let why = "a synchronous engine has one operation in flight; use `numjobs`";
            return fault("iodepth", why);
        }
        Ok(())
    }

    fn depth(&self) -> Result<(), Contradiction> {
        let engine = &self.job.engine;
        let over = |batch: Option<u32>| batch.is_some_and(|batch| batch > engine.iodepth);
        let why = format!("it is more than `iodepth`, {}", engine.iodepth);
        if over(engine.batch_submit) {
            return Err(("iodepth_batch", why));
        }
        if engine.batch_complete_min > engine.iodepth {
            return Err(("iodepth_batch_complete_min", why));
        }
        if over(engine.iodepth_low) {
            return Err(("iodepth_low", why));
        }
        if engine.batch_complete_max.is_some_and(|most| most < engine.batch_complete_min) {
            return fault("iodepth_batch_complete_max", "it is less than the least");
        }
        Ok(())
    }

    fn files(&self) -> Result<(), Contradiction> {
        let job = &self.job;
        let named = !job.filenames.is_empty();
        if named && job.filename_format != FILENAME_FORMAT {
            return fault("filename_format", "`filename` names the files");
        }
        if named && job.nrfiles > 1 {
            return fault("nrfiles", "`filename` names the files");
        }
        if !named && job.name.contains('/') && job.filename_format.contains("$jobname") {
            return fault("name", "a `/` cannot be part of a file's name; give `filename`");
        }
        if job.filesize_bytes.is_some() && matches!(job.size, Some(Amount::Percent(_))) {
            return fault("size", "it is a share of files whose size `filesize` gives");
        }
        Ok(())
    }

    fn pace(&self) -> Result<(), Contradiction> {
        let job = &self.job;
        let some = |rate: &crate::job::PerOp<Option<u64>>| {
            rate.read.is_some() || rate.write.is_some() || rate.trim.is_some()
        };
        let (bytes, iops) = (some(&job.rate_bytes), some(&job.rate_iops));
        if bytes && iops {
            return fault("rate", "`rate_iops` is given as well");
        }
        if job.time_based && job.runtime_ns.is_none() {
            return fault("time_based", "`runtime` is not given");
        }
        if job.rate_process == RateProcess::Poisson && !bytes && !iops {
            return fault("rate_process", "no rate is given");
        }
        let think = &job.thinktime;
        if think.spin_ns > think.time_ns {
            return fault("thinktime_spin", "it is more than `thinktime`");
        }
        if (bytes || iops) && think.time_ns > 0 {
            return fault("thinktime", "a rate and pauses are not combined");
        }
        if self.offload && !bytes && !iops {
            let why = "without a rate there is nothing that `offload` would keep up";
            return fault("io_submit_mode", why);
        }
        job.offered().map(|_| ())
    }

    fn blocks(&self) -> Result<(), Contradiction> {
        let job = &self.job;
        let mixed = job.pattern.reads() && job.pattern.writes();
        if mixed && job.align_bytes.read != job.align_bytes.write {
            return fault("blockalign", "reads and writes of one job are aligned alike");
        }
        Ok(())
    }

    fn content(&self) -> Result<(), Contradiction> {
        let job = &self.job;
        let content = &job.content;
        let shares = content.compress_percent > 0 || content.dedupe_percent > 0;
        if content.fill != Fill::Unique && shares {
            let option = if content.fill == Fill::Zero { "zero_buffers" } else { "buffer_pattern" };
            return fault(option, "it leaves nothing to compress or repeat by a share");
        }
        if job.verify == Verify::None {
            return Ok(());
        }
        if content.fill != Fill::Unique || shares {
            return fault("verify", "the content of a verified block is its own");
        }
        if job.pattern.trims() {
            return fault("verify", "a trimmed block has no content");
        }
        if job.pattern.reads() {
            let why = "only what this job itself wrote is read back: `rw=write` or \
                       `rw=randwrite`; `assay storage verify` checks more";
            return fault("verify", why);
        }
        let again = job.time_based || job.loops > 1;
        if again || (job.pattern.is_random() && job.norandommap) {
            let option = if job.time_based {
                "time_based"
            } else if job.loops > 1 {
                "loops"
            } else if job.distribution == Distribution::Uniform {
                "norandommap"
            } else {
                "random_distribution"
            };
            let why = "with `verify` each block is written once; `assay storage verify` writes \
                       several generations";
            return fault(option, why);
        }
        let whole = |bytes: u32| bytes.is_multiple_of(4096);
        let blocks = &job.blocks.write;
        if !blocks.iter().all(|share| whole(share.bytes)) || !whole(job.align_bytes.write) {
            return fault("bs", "with `verify` blocks are multiples of 4096 bytes");
        }
        if !matches!(job.offset, Amount::Bytes(bytes) if bytes.is_multiple_of(4096)) {
            return fault("offset", "with `verify` it is a multiple of 4096 bytes");
        }
        let apart = job.offset_increment != Amount::Bytes(0) || job.filenames.is_empty();
        if job.numjobs > 1 && !apart {
            let why = "the threads of a job write over each other's blocks; give \
                       `offset_increment`";
            return fault("verify", why);
        }
        Ok(())
    }
}

fn fault(option: &'static str, why: &str) -> Result<(), Contradiction> {
    Err((option, why.to_owned()))
}
