//! MOUNT version 3 (RFC 1813, appendix I): a folder's name becomes a handle.

use std::net::IpAddr;

use super::{Export, guests, nfs3, parts, rpc::Call, xdr::Reader};

/// Its number.
pub const PROGRAM: u32 = 100_005;
/// The version that is spoken.
pub const VERSION: u32 = 3;
/// Bytes of a path.
const PATH: usize = 1024;
/// `MNT3ERR_ACCES`: what others have is not told from what nobody has.
const DENIED: u32 = 13;

/// Answers a call; and tells the guest whose folder was mounted.
pub fn answer(call: &Call<'_>, from: IpAddr, export: &Export<'_>) -> (Vec<u8>, Option<usize>) {
    // Version 1 differs in what a handle is, which NFS 3 cannot use; clients ask for 3 then.
    if call.version != VERSION {
        return (call.mismatch(VERSION, VERSION), None);
    }
    let mut guest = None;
    let reply = match call.procedure {
        // NULL, UMNT and UMNTALL, which are nothing to us: there is no state.
        0 | 3 | 4 => call.success().done(),
        // MNT
        1 => {
            let Some(path) = Reader::new(call.arguments).opaque(PATH) else {
                return (call.garbage(), None);
            };
            let path = path.strip_suffix(b"/").unwrap_or(path);
            let found = guests(export, from).find_map(|(at, guest)| {
                let (folder, _) = parts(guest)?;
                (folder.as_bytes() == path).then_some((at, folder))
            });
            guest = found.map(|(at, _)| at);
            match found {
                Some((_, folder)) => {
                    let handle = nfs3::handle(nfs3::Kind::Folder, folder);
                    // MNT3_OK, and AUTH_SYS and AUTH_NONE: the first is what clients have ready.
                    call.success().u32(0).opaque(&handle).u32(2).u32(1).u32(0).done()
                }
                None => call.success().u32(DENIED).done(),
            }
        }
        // DUMP: who has mounted what is not kept.
        2 => call.success().bool(false).done(),
        // EXPORT, which tells each only of its own.
        5 => {
            let folders = guests(export, from).filter_map(|(_, guest)| parts(guest));
            let list = folders.fold(call.success(), |list, (folder, _)| {
                list.bool(true).opaque(folder.as_bytes()).bool(false)
            });
            list.bool(false).done()
        }
        _ => call.no_procedure(),
    };
    (reply, guest)
}
