//! The program under test.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, io};

use crate::corpus::workspace;

/// Returns the executable under test.
///
/// `ASSAY_PROGRAM` names it; otherwise it is the release build of this
/// workspace, which `hw-tests/run` makes before any test starts.
pub fn assay() -> io::Result<PathBuf> {
    let program = env::var_os("ASSAY_PROGRAM").map_or_else(
        || {
            let target = env::var_os("CARGO_TARGET_DIR")
                .map_or_else(|| workspace().join("target"), PathBuf::from);
            target.join("release/assay")
        },
        PathBuf::from,
    );
    if program.is_file() {
        return Ok(program);
    }
    Err(io::Error::other(format!(
        "`{}` is not built; run `cargo build --release`",
        program.display()
    )))
}

/// Runs `assay` with `arguments`, in English, without colour.
pub fn run(arguments: &[&str]) -> io::Result<Output> {
    Command::new(assay()?).args(arguments).env("LANG", "C.UTF-8").env("NO_COLOR", "1").output()
}
