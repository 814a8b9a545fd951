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
