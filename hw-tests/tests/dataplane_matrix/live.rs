//! Connections between ordinary sockets: the kernels of the guests find each other by ARP and
//! neighbour discovery, shake hands and repeat what is lost.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use libtest_mimic::Failed;

use super::cases::{Change, Family, Seat};
use super::packet::address;
use super::site::Site;

/// How long is waited for what has to come, and for what should not.
const SOON: Duration = Duration::from_secs(10);
const NEVER: Duration = Duration::from_millis(200);

const PAIRS: [(Seat, Seat); 3] = [(Seat::A1, Seat::A2), (Seat::A1, Seat::B2), (Seat::B1, Seat::A2)];
/// The rule for the first port is taken back, that for the second stays.
const PORTS: (u16, u16) = (3306, 8001);

/// Two ends of a connection.
struct Call {
    what: String,
    near: TcpStream,
    far: TcpStream,
}

fn call(site: &Site, (from, to): (Seat, Seat), family: Family, port: u16) -> Result<Call, Failed> {
    let what = format!("{from:?} to {to:?}, {family:?}, TCP port {port}");
    let at = SocketAddr::new(address(to, family), port);
    let spaces = site.guest(from).zip(site.guest(to)).ok_or("there are such guests")?;
    let listener = spaces.1.inside(|| TcpListener::bind(at))??;
    let near = spaces.0.inside(|| TcpStream::connect_timeout(&at, SOON))?;
    let near = near.map_err(|error| format!("{what}: {error}"))?;
    let (far, _) = listener.accept()?;
    for end in [&near, &far] {
        end.set_nodelay(true)?;
    }
    Ok(Call { what, near, far })
}

impl Call {
    /// Whether a byte comes over, each way.
    fn speaks(&mut self, limit: Duration) -> Result<(bool, bool), Failed> {
        let Self { near, far, .. } = self;
        let over = |from: &mut TcpStream, to: &mut TcpStream| -> Result<bool, Failed> {
            from.write_all(b"x")?;
            to.set_read_timeout(Some(limit))?;
            Ok(to.read(&mut [0]).is_ok_and(|length| length == 1))
        };
        Ok((over(near, far)?, over(far, near)?))
    }
}

/// A rule taken back cuts the connections that it permitted, those of the next rule live on,
/// and so in the network of the same addresses.
pub(crate) fn revoked(norm: bool) -> Result<(), Failed> {
    let mut site = Site::new(norm, Family::V4)?;
    for seat in [Seat::A1, Seat::A2, Seat::B1, Seat::B2] {
        let guest = site.guest(seat).ok_or("there is such a guest")?;
        for (family, length) in [(Family::V4, "24"), (Family::V6, "64 nodad")] {
            let address = seat.address(family);
            guest.line(&format!("ip address add {address}/{length} dev eth0"))?;
        }
    }
    let (mut cut, mut kept) = (Vec::new(), Vec::new());
    for pair in PAIRS {
        for family in [Family::V4, Family::V6] {
            cut.push(call(&site, pair, family, PORTS.0)?);
            kept.push(call(&site, pair, family, PORTS.1)?);
        }
    }
    for call in cut.iter_mut().chain(&mut kept) {
        assert_eq!(call.speaks(SOON)?, (true, true), "{}: before", call.what);
    }
    site.change(Change::Without("db-sql"))?;
    for call in &mut cut {
        assert_eq!(call.speaks(NEVER)?, (false, false), "{}: revoked", call.what);
    }
    for call in &mut kept {
        assert_eq!(call.speaks(SOON)?, (true, true), "{}: not revoked", call.what);
    }
    for pair in PAIRS {
        let at = SocketAddr::new(address(pair.1, Family::V4), PORTS.0);
        let guest = site.guest(pair.0).ok_or("there is such a guest")?;
        let new = guest.inside(|| TcpStream::connect_timeout(&at, NEVER))?;
        assert!(new.is_err(), "{pair:?}: a new one, revoked");
    }
    // Given back, what was lost is repeated and arrives.
    site.change(Change::Nothing)?;
    for call in &mut cut {
        assert_eq!(call.speaks(SOON)?, (true, true), "{}: given back", call.what);
    }
    Ok(())
}
