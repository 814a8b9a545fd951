//! The image by NFS, and what clients need to find it: sockets around [`crate::media::nfs`].

use std::{
    io,
    net::{IpAddr, SocketAddr},
    os::unix::fs::FileExt as _,
    sync::Arc,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    sync::watch,
    time::timeout,
};

use super::{PATIENCE, Shared, now, told};
use crate::media::nfs::{
    self, Caller, Carrier, Export, Step,
    nfs3::Reading,
    rpc::{Records, mark},
};

/// Bytes that are taken from a socket at a time.
const PIECE: usize = 4096;

/// Serves a connection to its end. A client that has mounted may be silent for as long as it likes;
/// one that does not take what it asked for is hung up on.
pub(super) async fn serve(
    mut socket: TcpStream,
    from: IpAddr,
    port: u16,
    shared: &Shared,
    mut stopped: watch::Receiver<bool>,
) {
    let Ok(to) = socket.local_addr() else { return };
    let caller = Caller { from, to, by: Carrier::Tcp };
    let mut records = Records::default();
    let mut piece = [0; PIECE];
    loop {
        let count = tokio::select! {
            () = told(&mut stopped) => return,
            count = socket.read(&mut piece) => count.unwrap_or_default(),
        };
        let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { return };
        records.came(bytes);
        loop {
            let record = match records.record() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(_too_long) => return,
            };
            let Some(reply) = reply(&record, caller, port, shared) else { return };
            let whole = [&mark(reply.len())[..], &reply].concat();
            let sent = timeout(PATIENCE, socket.write_all(&whole)).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
    }
}

/// Answers datagrams until it is told to stop.
pub(super) async fn datagrams(
    socket: UdpSocket,
    port: u16,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let Ok(to) = socket.local_addr() else { return };
    let mut piece = [0; PIECE];
    loop {
        let came: io::Result<(usize, SocketAddr)> = tokio::select! {
            () = told(&mut stopped) => return,
            came = socket.recv_from(&mut piece) => came,
        };
        // What could not be delivered before is told here; it says nothing of the next.
        let Ok((count, from)) = came else { continue };
        let address = from.ip().to_canonical();
        let Some(record) = piece.get(..count).filter(|_| shared.admits(address)) else { continue };
        let caller = Caller { from: address, to, by: Carrier::Udp };
        if let Some(reply) = reply(record, caller, port, &shared) {
            // It is asked again where it is lost.
            drop(socket.send_to(&reply, from).await);
        }
    }
}

/// Returns the reply to a call; `None` where it is none.
fn reply(record: &[u8], caller: Caller, port: u16, shared: &Shared) -> Option<Vec<u8>> {
    let export = Export { image: &shared.image, guests: &shared.guests, port };
    match nfs::answer(record, caller, &export) {
        Step::Silence => None,
        Step::Say { reply, guest } => {
            if let Some(guest) = guest {
                shared.count(guest, |reads| reads.asked(caller.from, false, now()));
            }
            Some(reply)
        }
        Step::Read(reading) => Some(read(reading, caller, shared)),
    }
}

/// Reads what was asked for. The thread serves nothing else, so a slow disk slows only the readers.
fn read(reading: Reading, caller: Caller, shared: &Shared) -> Vec<u8> {
    let (guest, range) = (reading.guest, reading.range.clone());
    let size = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default();
    let mut bytes = vec![0; size];
    // A file that has become shorter is an error of the disk for the client.
    let is_read = shared.file.read_exact_at(&mut bytes, range.start).is_ok();
    shared.count(guest, |reads| {
        reads.asked(caller.from, true, now());
        if is_read {
            reads.sent(range);
        }
    });
    reading.reply(is_read.then_some(&bytes))
}
