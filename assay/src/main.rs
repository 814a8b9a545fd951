//! The executable `assay`: hands its arguments to the library and exits as told.

use std::process::ExitCode;

fn main() -> ExitCode {
    assay::run(std::env::args_os()).into()
}
