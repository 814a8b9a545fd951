//! The host's console: the simulator's serial line is a socket of the test, whose other end is the
//! host that answers what is typed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bmc::ipmi::{Console, IpmiError};
use libtest_mimic::Failed;
use tokio::time::timeout;

use super::console::{admin, run};
use super::sim::Sim;

/// How long a line may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A host that says what it was told, in capitals.
fn host() -> Result<(u16, JoinHandle<()>), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    // The simulator connects once, and its end ends this.
    let thread = thread::spawn(move || {
        if let Ok((socket, _from)) = listener.accept() {
            answer(socket);
        }
    });
    Ok((port, thread))
}

fn answer(mut socket: TcpStream) {
    let mut bytes = [0; 256];
    while let Ok(length @ 1..) = socket.read(&mut bytes) {
        let told = bytes.get(..length).unwrap_or_default().to_ascii_uppercase();
        if socket.write_all(&told).is_err() {
            return;
        }
    }
}

/// Types so much, and reads until as much has come back.
async fn echo(console: &mut Console<'_>, typed: &[u8]) -> Result<Vec<u8>, Failed> {
    console.write(typed);
    let mut said = Vec::new();
    while said.len() < typed.len() {
        said.extend(timeout(PATIENCE, console.read()).await??);
    }
    Ok(said)
}

pub(crate) fn line() -> Result<(), Failed> {
    let (serial, thread) = host()?;
    let sim = Sim::start_with(&format!("  sol \"tcp:127.0.0.1:{serial}\" 115200\n"))?;
    run(async {
        let mut client = admin(sim.port).await?;
        let mut other = admin(sim.port).await?;
        let mut console = client.console(false).await?;
        assert_eq!(echo(&mut console, b"uname -a\n").await?, b"UNAME -A\n");
        // Longer than a packet, and through all numbers of packets: each character once and in
        // order. Typed into faster than it answers, this simulator falls silent.
        let typed: Vec<u8> = (b'a'..=b'z').cycle().take(1000).collect();
        for part in typed.chunks(40) {
            assert_eq!(echo(&mut console, part).await?, part.to_ascii_uppercase());
        }
        let taken = other.console(false).await;
        assert!(matches!(taken, Err(IpmiError::ConsoleTaken)), "{taken:?}");
        // Taken over, it is the other's.
        let mut theirs = other.console(true).await?;
        assert_eq!(echo(&mut theirs, b"mine now").await?, b"MINE NOW");
        theirs.end().await?;
        // And free again.
        let mut again = client.console(false).await?;
        assert_eq!(echo(&mut again, b"again").await?, b"AGAIN");
        again.end().await?;
        client.close().await?;
        other.close().await?;
        Ok::<(), Failed>(())
    })?;
    drop(sim);
    thread.join().map_err(|_panic| "the host panicked".into())
}
