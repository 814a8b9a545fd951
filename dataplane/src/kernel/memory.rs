#![expect(unsafe_code, reason = "a call of the C library that nobody wraps")]
//! Memory of this process.

/// Gives back what is free. A look at a full node and a plan for it take a hundred megabytes for
/// a moment, of which glibc's allocator keeps most: blocks that are still in use are among them.
///
/// Returns whether anything was given back; elsewhere than on glibc, never.
pub fn give_back() -> bool {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it takes no pointer, locks the allocator itself, and gives back only pages
        // that hold no block in use.
        unsafe { libc::malloc_trim(0) != 0 }
    }
    #[cfg(not(target_env = "gnu"))]
    false
}

/// Has the allocator keep little of what is free: one arena, however many threads there are, and
/// what is large given back at once. It would learn from the largest block so far to keep all
/// that is smaller.
pub fn keep_little() {
    #[cfg(target_env = "gnu")]
    for (option, value) in [
        (libc::M_ARENA_MAX, 1),
        (libc::M_MMAP_THRESHOLD, 256 << 10),
        (libc::M_TRIM_THRESHOLD, 1 << 20),
    ] {
        // SAFETY: it takes two numbers, and what it does not take it leaves as it was.
        unsafe { libc::mallopt(option, value) };
    }
}
