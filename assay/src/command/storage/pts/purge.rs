//! Purge, as far as the operator asked for it: never implied.

use std::process::{Command, Stdio};

use storage_bench::target::Opened;

use super::super::target;
use crate::{cli::storage::Pts as Arguments, failure::Failure, lang::text};

/// The word for a discard of the whole device.
pub(super) const DISCARD: &str = "discard";

/// Discards the device.
pub(super) fn discard(opened: &Opened) -> Result<String, Failure> {
    opened.discard().map_err(target::failure)?;
    Ok("BLKDISCARD".to_owned())
}

/// Runs the operator's command. The device is not open meanwhile: a format needs it alone.
pub(super) fn by_command(command: &str, arguments: &Arguments) -> Result<String, Failure> {
    let failed = || {
        Failure::unable(text("清除命令失败：`{}`", "the purge command failed: `{}`", &[command]))
    };
    let status = Command::new("/bin/sh")
        .args(["-c", command])
        .env("ASSAY_TARGET", &arguments.target)
        .stdin(Stdio::null())
        // Stdout is data; what the command says is not.
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| failed().because(error))?;
    if status.success() {
        Ok(command.to_owned())
    } else {
        Err(failed().because(std::io::Error::other(status.to_string())))
    }
}
