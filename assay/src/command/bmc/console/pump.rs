//! Edge: stdin and stdout beside a runtime that must not wait for them: a thread each. A reader of
//! stdout that stops reading holds up the console, and not the end of it.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::AsFd as _,
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// Pieces that wait on their way.
const PIECES: usize = 16;
/// Bytes of what is typed that go at once.
const TYPED: usize = 1024;
/// How long what was said may take to be written when it is over.
const LAST: Duration = Duration::from_secs(2);

/// Reads stdin; the end of what comes is the end of stdin. The thread ends with the program: a
/// read of a terminal cannot be called off.
pub(super) fn typed() -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let mut stdin = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (to, from) = mpsc::channel(PIECES);
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut bytes = [0; TYPED];
        loop {
            match stdin.read(&mut bytes) {
                Ok(0) => return,
                Ok(length) => {
                    let typed = bytes.get(..length).unwrap_or_default().to_vec();
                    if to.blocking_send(typed).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A terminal that is gone has nothing more to say.
                Err(_) => return,
            }
        }
    })?;
    Ok(from)
}

/// Why what was said could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritten {
    /// Whoever read stdout went away: it has seen what it wanted.
    #[error("nobody reads standard output any more")]
    Closed,
    /// Stdout takes nothing more.
    #[error("cannot write to standard output")]
    Out(#[source] io::Error),
    /// The file takes nothing more.
    #[error("cannot write to the log")]
    Log(#[source] io::Error),
}

/// Writes what the host says.
#[derive(Debug)]
pub(super) struct Screen {
    to: mpsc::Sender<Vec<u8>>,
    ended: oneshot::Receiver<Result<(), Unwritten>>,
}

impl Screen {
    /// Writes to stdout if that is wanted, and to the log.
    pub(super) fn start(shows: bool, log: Option<Arc<File>>) -> io::Result<Self> {
        let stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let out = shows.then_some(stdout);
        let (to, from) = mpsc::channel(PIECES);
        let (tell, ended) = oneshot::channel();
        thread::Builder::new().name("stdout".to_owned()).spawn(move || {
            // Nobody waits for it any more, then nobody needs to know.
            tell.send(write(from, out, log.as_deref())).ok();
        })?;
        Ok(Self { to, ended })
    }

    /// Has something written; it may wait for what was said before.
    pub(super) async fn say(&mut self, bytes: Vec<u8>) -> Result<(), Unwritten> {
        match self.to.send(bytes).await {
            Ok(()) => Ok(()),
            Err(_gone) => match (&mut self.ended).await {
                Ok(Err(why)) => Err(why),
                Ok(Ok(())) | Err(_) => Err(Unwritten::Closed),
            },
        }
    }

    /// Waits till all of it is written, but not for ever.
    pub(super) async fn end(self) -> Result<(), Unwritten> {
        let Self { to, ended } = self;
        drop(to);
        match timeout(LAST, ended).await {
            Ok(Ok(written)) => written,
            // Nobody reads it; what it holds is lost with the program.
            Ok(Err(_)) | Err(_) => Err(Unwritten::Closed),
        }
    }
}

fn write(
    mut from: mpsc::Receiver<Vec<u8>>,
    mut out: Option<File>,
    mut log: Option<&File>,
) -> Result<(), Unwritten> {
    while let Some(bytes) = from.blocking_recv() {
        if let Some(log) = &mut log {
            log.write_all(&bytes).map_err(Unwritten::Log)?;
        }
        if let Some(out) = &mut out {
            out.write_all(&bytes).map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Unwritten::Closed,
                _ => Unwritten::Out(error),
            })?;
        }
    }
    Ok(())
}
