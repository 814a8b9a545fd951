//! A file's beginning by NFS 3, as a BMC reads it: the portmapper is asked where MOUNT and NFS
//! are, unless the URL has their port; the folder is mounted, the file looked up and read.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    media::nfs::{
        mount, nfs3, portmap,
        rpc::{self, Call, Records, mark},
        xdr::{Reader, Writer},
    },
    simulate::message::Fetched,
};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that a reply may have: a read, and what stands around it.
const RECORD: usize = 80 << 10;
/// Bytes of a handle.
const HANDLE: usize = 64;

/// Why a file could not be read.
type Why = String;

/// Reads the first `most` bytes of what is at `url`.
pub(super) async fn head(url: &str, most: u32) -> Fetched {
    match timeout(PATIENCE, read(url, most)).await {
        Ok(Ok(found)) => found,
        Ok(Err(why)) => Fetched::Failed(why),
        Err(_) => Fetched::Failed("the server takes too long".to_owned()),
    }
}

async fn read(url: &str, most: u32) -> Result<Fetched, Why> {
    let parts = url.strip_prefix("nfs://").and_then(|rest| rest.split_once('/'));
    let (server, path) = parts.ok_or("the URL has no path")?;
    let (folder, name) = path.rsplit_once('/').ok_or("the URL has no folder")?;
    let own = server.rsplit_once(':').filter(|(host, _)| !host.ends_with(':'));
    let own = own.and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    let host = own.map_or(server, |(host, _)| host).trim_matches(['[', ']']);
    let (mount_at, nfs_at) = if let Some((_, port)) = own {
        (port, port)
    } else {
        let mut portmap = Peer::connect(host, portmap::PORT).await?;
        let mount_at = portmap.place(mount::PROGRAM, mount::VERSION).await?;
        (mount_at, portmap.place(nfs3::PROGRAM, nfs3::VERSION).await?)
    };
    let mut mounting = Peer::connect(host, mount_at).await?;
    let folder = Writer::default().opaque(format!("/{folder}").as_bytes()).done();
    let root = mounting.call(mount::PROGRAM, mount::VERSION, 1, &folder).await?;
    let root = handle(&root).map_err(|status| format!("the mount is refused ({status})"))?;
    let mut nfs = Peer::connect(host, nfs_at).await?;
    let arguments = Writer::default().opaque(&root).opaque(name.as_bytes()).done();
    let file = nfs.call(nfs3::PROGRAM, nfs3::VERSION, 3, &arguments).await?;
    let file = handle(&file).map_err(|status| format!("there is no such file ({status})"))?;
    let asked = Writer::default().opaque(&file).done();
    let seen = nfs.call(nfs3::PROGRAM, nfs3::VERSION, 1, &asked).await?;
    // The size stands behind the status and five words (`fattr3`).
    let length = seen.get(24..).and_then(|rest| Reader::new(rest).u64());
    let asked = Writer::default().opaque(&file).u64(0).u32(most).done();
    let seen = nfs.call(nfs3::PROGRAM, nfs3::VERSION, 6, &asked).await?;
    let bytes = bytes(&seen, most).ok_or("the file cannot be read")?;
    drop(mounting.call(mount::PROGRAM, mount::VERSION, 3, &folder).await);
    Ok(Fetched::Found { length, head: bytes })
}

/// Reads a status and the handle behind it.
fn handle(result: &[u8]) -> Result<Vec<u8>, u32> {
    let mut reader = Reader::new(result);
    match reader.u32() {
        Some(0) => reader.opaque(HANDLE).map(<[u8]>::to_vec).ok_or(0),
        other => Err(other.unwrap_or_default()),
    }
}

/// Reads the bytes of a read.
fn bytes(result: &[u8], most: u32) -> Option<Vec<u8>> {
    let mut reader = Reader::new(result);
    if reader.u32()? != 0 {
        return None;
    }
    if reader.u32()? == 1 {
        // `fattr3` has 21 words.
        for _word in 0..21 {
            reader.u32()?;
        }
    }
    let (_count, _ends) = (reader.u32()?, reader.u32()?);
    reader.opaque(usize::try_from(most).ok()?).map(<[u8]>::to_vec)
}

/// A connection to a server.
struct Peer {
    socket: TcpStream,
    records: Records,
    id: u32,
}

impl Peer {
    async fn connect(host: &str, port: u16) -> Result<Self, Why> {
        let socket = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
        Ok(Self { socket, records: Records::up_to(RECORD), id: 0 })
    }

    /// Calls, and waits for the result.
    async fn call(
        &mut self,
        program: u32,
        version: u32,
        procedure: u32,
        arguments: &[u8],
    ) -> Result<Vec<u8>, Why> {
        self.id = self.id.wrapping_add(1);
        let call = Call { id: self.id, program, version, procedure, arguments }.bytes();
        let whole = [&mark(call.len())[..], &call].concat();
        self.socket.write_all(&whole).await.map_err(|error| error.to_string())?;
        let mut piece = [0; 4096];
        loop {
            let record = self.records.record().map_err(|error| error.to_string())?;
            if let Some(record) = record {
                let result = rpc::result(&record, self.id).map(<[u8]>::to_vec);
                return result.ok_or_else(|| "the server refuses the call".to_owned());
            }
            let count = self.socket.read(&mut piece).await.map_err(|error| error.to_string())?;
            let bytes = piece.get(..count).filter(|bytes| !bytes.is_empty());
            self.records.came(bytes.ok_or("the server hangs up")?);
        }
    }

    /// Asks the portmapper where a program is.
    async fn place(&mut self, program: u32, version: u32) -> Result<u16, Why> {
        let asked = Writer::default().u32(program).u32(version).u32(6).u32(0).done();
        let found = self.call(portmap::PROGRAM, 2, 3, &asked).await?;
        let port = Reader::new(&found).u32().and_then(|port| u16::try_from(port).ok());
        port.filter(|port| *port != 0).ok_or_else(|| format!("there is no program {program}"))
    }
}
