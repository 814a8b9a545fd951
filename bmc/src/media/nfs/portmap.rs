//! The portmapper, which tells clients where NFS and MOUNT are: versions 2, 3 and 4 (RFC 1833).

use std::net::SocketAddr;

use super::{mount, nfs3, rpc::Call, xdr::Reader};

/// Its number.
pub const PROGRAM: u32 = 100_000;
/// Its port.
pub const PORT: u16 = 111;
const TCP: u32 = 6;
const UDP: u32 = 17;
/// Bytes of a network's name, an address, and an owner.
const TEXT: usize = 256;

/// What there is: program, version, protocol.
const ALL: &[(u32, u32, u32)] = &[
    (mount::PROGRAM, mount::VERSION, TCP),
    (mount::PROGRAM, mount::VERSION, UDP),
    (nfs3::PROGRAM, nfs3::VERSION, TCP),
];

/// Answers a call; `to` is the address that it came to, `port` that of NFS and MOUNT. Nothing can
/// be registered: there is nothing else here.
pub fn answer(call: &Call<'_>, to: SocketAddr, port: u16) -> Vec<u8> {
    if !(2..=4).contains(&call.version) {
        return call.mismatch(2, 4);
    }
    let mut reader = Reader::new(call.arguments);
    match (call.procedure, call.version) {
        (0, _) => call.success().done(),
        // PMAPPROC_SET, _UNSET and their like.
        (1 | 2, _) => call.success().bool(false).done(),
        (3, 2) => {
            let asked = (|| Some((reader.u32()?, reader.u32()?, reader.u32()?)))();
            let Some(asked) = asked else { return call.garbage() };
            let found = if ALL.contains(&asked) { port } else { 0 };
            call.success().u32(found.into()).done()
        }
        (4, 2) => {
            let list = ALL.iter().fold(call.success(), |list, (program, version, protocol)| {
                list.bool(true).u32(*program).u32(*version).u32(*protocol).u32(port.into())
            });
            list.bool(false).done()
        }
        // RPCBPROC_GETADDR
        (3, _) => {
            let asked = (|| Some((reader.u32()?, reader.u32()?, reader.opaque(TEXT)?)))();
            let Some((program, version, network)) = asked else { return call.garbage() };
            let found = ALL.iter().any(|(own, number, protocol)| {
                (*own, *number) == (program, version) && networks(*protocol).contains(&network)
            });
            let place = if found { universal(to, port) } else { String::new() };
            call.success().opaque(place.as_bytes()).done()
        }
        // RPCBPROC_DUMP
        (4, _) => {
            let network = usize::from(to.is_ipv6());
            let list = ALL.iter().fold(call.success(), |list, (program, version, protocol)| {
                let network = networks(*protocol).get(network).copied().unwrap_or_default();
                let list = list.bool(true).u32(*program).u32(*version).opaque(network);
                list.opaque(universal(to, port).as_bytes()).opaque(b"superuser")
            });
            list.bool(false).done()
        }
        _ => call.no_procedure(),
    }
}

/// The names of the networks of a protocol (RFC 5665 §5.1.1).
fn networks(protocol: u32) -> [&'static [u8]; 2] {
    if protocol == TCP { [b"tcp", b"tcp6"] } else { [b"udp", b"udp6"] }
}

/// Returns an address as RFC 5665 §5.2.3 writes it: `192.0.2.7.8.1`.
fn universal(to: SocketAddr, port: u16) -> String {
    let [high, low] = port.to_be_bytes();
    format!("{}.{high}.{low}", to.ip().to_canonical())
}
