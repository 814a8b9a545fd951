//! The unix socket: made closed, opened to owner and group, and no one else's taken away.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::{
        fs::{DirBuilderExt as _, FileTypeExt as _},
        net::{UnixListener, UnixStream},
    },
    path::Path,
};

use profiles::Text;
use rustix::fs::Mode;

use crate::{failure::Failure, lang::text};

/// A socket that listens, before the runtime has it.
pub(super) struct Listener(UnixListener);

impl Listener {
    /// Gives it to the runtime that this runs in.
    pub(super) fn into_tokio(self) -> io::Result<tokio::net::UnixListener> {
        self.0.set_nonblocking(true)?;
        tokio::net::UnixListener::from_std(self.0)
    }
}

/// Listens on a path, in the place of a socket that nobody listens on any more.
pub(super) fn listen(path: &Path) -> Result<Listener, Failure> {
    let shown = path.display().to_string();
    let cannot = |error: io::Error| {
        Failure::unable(text("无法监听 `{}`", "cannot listen on `{}`", &[&shown])).because(error)
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // Others of the socket's group have to come through it.
        DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(cannot)?;
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(error)),
        Ok(about) if !about.file_type().is_socket() => {
            let message =
                text("`{}` 已存在，且不是套接字", "`{}` is there, and no socket", &[&shown]);
            return Err(Failure::usage(message)
                .hint(Text::new("以 --socket 指定其他路径", "name another path with --socket")));
        }
        Ok(_) if UnixStream::connect(path).is_ok() => {
            let message =
                text("`{}` 上已有程序在监听", "somebody listens on `{}` already", &[&shown]);
            return Err(Failure::unable(message)
                .hint(Text::new("先结束它，或另指 --socket", "end it, or name another --socket")));
        }
        Ok(_) => fs::remove_file(path).map_err(cannot)?,
    }
    // Its mode from the first moment: this process has no other thread yet that makes files.
    let before = rustix::process::umask(Mode::from_raw_mode(0o117));
    let listener = UnixListener::bind(path);
    rustix::process::umask(before);
    listener.map(Listener).map_err(cannot)
}
