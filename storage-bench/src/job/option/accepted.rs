//! Options that change nothing that is measured here, and why.

use super::Accepted;
use super::Takes::{Optional, Value};

const MEASURED_ANYWAY: &str = "it asks to measure less; latency and bandwidth are measured anyway";
const LAID_OUT: &str = "it is about how a file comes to be before the run, which is not measured";
const LOG_FORM: &str = "series are written in one form only";

/// An option that changes nothing whatever its value.
macro_rules! any {
    ($name:literal, $takes:ident, $why:expr) => {
        Accepted { names: &[$name], takes: $takes, values: &[], why: $why }
    };
}

/// An option that changes nothing with some values only.
macro_rules! only {
    ($name:literal, $values:expr, $why:expr) => {
        Accepted { names: &[$name], takes: Value, values: $values, why: $why }
    };
}

/// The table.
pub const ACCEPTED: &[Accepted] = &[
    any!("thread", Optional, "load is always made by threads"),
    any!("threads", Value, "fio ignores it as well, outside its profile `tiobench`"),
    any!("name", Value, "the name of a global section names nothing"),
    any!(
        "random_generator",
        Value,
        "which generator draws changes no distribution: offsets come \
        from xoshiro256** and, without repetition, from a keyed permutation"
    ),
    any!("refill_buffers", Optional, "every write is filled anew"),
    any!("clocksource", Value, "the clock is chosen by what the host has, and named in the report"),
    any!("significant_figures", Value, "it is about fio's own text output"),
    any!("unit_base", Value, "it is about fio's own text output"),
    any!("error_dump", Value, "every error is counted and reported anyway"),
    any!("log_entries", Value, "it sizes fio's own memory"),
    any!("verify_dump", Value, "faults are reported by address and class, without files"),
    any!("bwavgtime", Value, "bandwidth is kept second by second"),
    any!("iopsavgtime", Value, "rates are kept second by second"),
    any!("rate_cycle", Value, "each operation has its own due time, so no cycle is averaged over"),
    any!("ratecycle", Value, "each operation has its own due time, so no cycle is averaged over"),
    any!("iomem_align", Value, "buffers are aligned to pages"),
    any!("mem_align", Value, "buffers are aligned to pages"),
    any!("unique_filename", Value, "it is about fio's network clients"),
    any!(
        "userspace_reap",
        Optional,
        "completions are always reaped from the ring where it is mapped"
    ),
    any!("nonvectored", Value, "operations are never vectored"),
    Accepted {
        names: &[
            "gtod_reduce",
            "disable_lat",
            "disable_clat",
            "disable_slat",
            "disable_bw_measurement",
            "disable_bw",
        ],
        takes: Value,
        values: &[],
        why: MEASURED_ANYWAY,
    },
    Accepted {
        names: &["create_serialize", "create_fsync", "fallocate", "overwrite"],
        takes: Value,
        values: &[],
        why: LAID_OUT,
    },
    any!("unlink", Value, "files that the run made are removed at its end, others never"),
    only!(
        "scramble_buffers",
        &["1"],
        "blocks are unique; `zero_buffers` or `buffer_pattern` are not"
    ),
    only!("slat_percentiles", &["0"], "the time to submit is not measured by itself"),
    only!("stats", &["1"], "statistics are what the run is for"),
    only!("disk_util", &["0"], "statistics of the disk are not reported"),
    only!("allow_mounted_write", &["0"], "mounted devices are never written to"),
    only!("per_job_logs", &["1"], LOG_FORM),
    only!("log_offset", &["0"], LOG_FORM),
    only!("log_prio", &["0"], LOG_FORM),
    only!("log_max_value", &["0"], LOG_FORM),
    only!("log_window_value", &["avg", "average"], LOG_FORM),
    only!("log_unix_epoch", &["0"], LOG_FORM),
    only!("log_alternate_epoch", &["0"], LOG_FORM),
    only!("log_store_compressed", &["0"], LOG_FORM),
    only!("log_compression", &["0"], LOG_FORM),
    only!("mem", &["malloc", "mmap", "shm"], "buffers are ordinary memory, mapped once"),
    only!("iomem", &["malloc", "mmap", "shm"], "buffers are ordinary memory, mapped once"),
    only!("zonemode", &["none"], "zones are not supported"),
    only!("fadvise_hint", &["0", "none"], "no advice about the access is given to the kernel"),
    only!("pre_read", &["0"], "reading the files before the run is not supported"),
    only!("file_append", &["0"], "the used part starts at `offset`"),
    only!("atomic", &["0"], "atomic writes are not supported"),
    only!("write_barrier", &["0"], "barriers are not supported; write `fdatasync`"),
    only!("percentage_random", &["100"], "offsets are all sequential or all random"),
    only!("bs_is_seq_rand", &["0"], "block sizes differ by operation, not by order"),
    only!("rw_sequencer", &["sequential"], "the order of offsets is that of `rw`"),
    only!("file_service_type", &["roundrobin"], "files take turns"),
    only!("lockfile", &["none"], "files are not locked"),
    only!("unlink_each_loop", &["0"], "files stay until the end of the run"),
    only!(
        "continue_on_error",
        &["none", "0"],
        "an error ends the job, and what was measured is kept"
    ),
    only!(
        "unified_rw_reporting",
        &["0", "none"],
        "reads and writes are reported apart, and together \
        beside it"
    ),
    only!("serialize_overlap", &["0"], "operations that overlap are not held back"),
    only!("experimental_verify", &["0"], "blocks say themselves what belongs in them"),
    only!("verify_state_save", &["0"], "the journal of `assay storage verify` does that"),
    only!("verify_state_load", &["0"], "the journal of `assay storage verify` does that"),
    only!("verify_async", &["0"], "blocks are compared by the thread that read them"),
    only!("dedupe_mode", &["repeat"], "repeated blocks are drawn from those of the same ratio"),
    only!("dedupe_global", &["0"], "each thread repeats its own blocks"),
    only!("latency_run", &["0"], "write `--mode ramp`"),
    only!("force_async", &["0"], "operations are not forced to kernel workers"),
    only!("nowait", &["0"], "operations that would wait do wait"),
    only!("write_hint", &["none"], "hints of a write's life time are not supported"),
    Accepted {
        names: &["uncached"],
        takes: Value,
        values: &["0"],
        why: "uncached buffered operations are not supported; write `direct=1`",
    },
    Accepted {
        names: &["fill_device", "fill_fs"],
        takes: Value,
        values: &["0"],
        why: "a job ends by time or bytes, not by a full device; write `size=100%`",
    },
    Accepted {
        names: &["bs_unaligned", "blocksize_unaligned"],
        takes: Optional,
        values: &["0"],
        why: "block sizes are those of `bs` or `bssplit`",
    },
    Accepted {
        names: &["verify_only"],
        takes: Optional,
        values: &["0"],
        why: "write `assay storage verify`",
    },
    Accepted {
        names: &["exitall"],
        takes: Optional,
        values: &["0"],
        why: "a job does not end because another one does",
    },
    Accepted {
        names: &["exitall_on_error"],
        takes: Optional,
        values: &["0"],
        why: "an error ends its own job",
    },
];
