//! What this executable was built from.

/// Version with commit, as `assay --version` prints it.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("ASSAY_COMMIT"), ")");

/// Version of the program.
pub const NUMBER: &str = env!("CARGO_PKG_VERSION");

/// Commit it was built from; `unknown` for a build outside a repository.
pub const COMMIT: &str = env!("ASSAY_COMMIT");

/// Target it was built for.
pub const TARGET: &str = env!("ASSAY_TARGET");
