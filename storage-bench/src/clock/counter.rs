#![expect(unsafe_code, reason = "the counter is read by an instruction")]
//! The processor's time counter, by architecture.

#[cfg(target_arch = "aarch64")]
pub(super) use arm::{NAME, is_steady, read};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) use none::{NAME, is_steady, read};
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{NAME, is_steady, read};

#[cfg(target_arch = "x86_64")]
mod x86 {
    pub(in super::super) const NAME: &str = "tsc";

    /// Returns the time stamp counter. Not fenced: between it and the I/O measured stands a
    /// system call.
    #[inline]
    pub(in super::super) fn read() -> u64 {
        // SAFETY: every x86-64 processor has RDTSC; where the kernel forbids it to user space
        // (PR_SET_TSC), the thread asked for that itself.
        unsafe { std::arch::x86_64::_rdtsc() }
    }

    /// Whether it goes at one rate, on all processors, idle or not.
    pub(in super::super) fn is_steady(clock_source: &str, processor: &str) -> bool {
        let flags = processor.lines().find(|line| line.starts_with("flags"));
        let has = |flag| flags.is_some_and(|line| line.split_whitespace().any(|word| word == flag));
        clock_source == "tsc" && has("constant_tsc") && has("nonstop_tsc")
    }
}

/// Untested: no such machine was at hand.
#[cfg(target_arch = "aarch64")]
mod arm {
    pub(in super::super) const NAME: &str = "cntvct";

    /// Returns the virtual counter.
    #[inline]
    pub(in super::super) fn read() -> u64 {
        let ticks: u64;
        // SAFETY: Linux lets user space read CNTVCT_EL0 (its own vDSO does); the instruction
        // touches no memory and no flag.
        unsafe {
            std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack, preserves_flags));
        }
        ticks
    }

    /// The architecture promises one rate that never stops.
    pub(in super::super) fn is_steady(clock_source: &str, _processor: &str) -> bool {
        clock_source == "arch_sys_counter"
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod none {
    pub(in super::super) const NAME: &str = "none";

    pub(in super::super) fn read() -> u64 {
        0
    }

    pub(in super::super) fn is_steady(_clock_source: &str, _processor: &str) -> bool {
        false
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::is_steady;

    #[test]
    fn the_counter_is_used_only_where_the_kernel_and_the_processor_vouch_for_it() {
        let flags = "processor : 0\nflags\t\t: fpu tsc constant_tsc nonstop_tsc\n";
        assert!(is_steady("tsc", flags));
        assert!(!is_steady("kvm-clock", flags));
        assert!(!is_steady("tsc", "flags : fpu tsc constant_tsc\n"));
        assert!(!is_steady("tsc", ""));
    }
}
