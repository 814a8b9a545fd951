//! Edge: the log on stderr, off unless `--log` asks for it.

use std::io;

use tracing::Level;
use tracing_subscriber::fmt;

use crate::cli::LogLevel;

/// Starts the log at `level`; without one nothing is logged.
pub fn start(level: Option<LogLevel>) {
    let level = match level {
        None => return,
        Some(LogLevel::Error) => Level::ERROR,
        Some(LogLevel::Warn) => Level::WARN,
        Some(LogLevel::Info) => Level::INFO,
        Some(LogLevel::Debug) => Level::DEBUG,
        Some(LogLevel::Trace) => Level::TRACE,
    };
    fmt().with_max_level(level).with_ansi(false).with_writer(io::stderr).init();
}
