//! A file that is offered to hosts, each by the protocol that its BMC takes; a door is opened when
//! the first of them needs it.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bmc::{
    hand::{Acted, Bmc, HandError},
    media::{
        Way,
        nfs::{nfs3, portmap},
        serve::{Door, Server},
    },
    operation::Outcome,
    redfish::client::Insertion,
};

use super::place::Path;
use crate::{command::bmc::media::no_way, output::bmc::found::Found};

/// A file that is offered.
#[derive(Debug)]
pub(in super::super) struct Offer {
    pub(in super::super) server: Server,
    paths: Vec<Path>,
    slot: Option<String>,
    /// Where to serve, if it was said.
    at: Option<SocketAddr>,
    /// By what, if it was said.
    by: Option<Way>,
    open: Mutex<Open>,
}

/// What is open.
#[derive(Debug, Default)]
struct Open {
    /// The port of each door.
    doors: BTreeMap<(Way, SocketAddr), u16>,
    /// The URL of each host that was told one, by its name.
    urls: BTreeMap<String, String>,
    /// The slots of each host that looked at certificates before, by its name.
    verified: BTreeMap<String, Vec<String>>,
}

/// Why something is not done: in Chinese, and in English.
type Why = (String, String);

impl Offer {
    /// Offers a file to hosts.
    pub(in super::super) fn start(
        file: File,
        paths: Vec<Path>,
        slot: Option<String>,
        at: Option<SocketAddr>,
        by: Option<Way>,
    ) -> io::Result<Self> {
        let guests = paths.iter().map(|path| path.guest.clone()).collect();
        let server = Server::start(file, guests, Vec::new())?;
        Ok(Self { server, paths, slot, at, by, open: Mutex::default() })
    }

    fn opened(&self) -> MutexGuard<'_, Open> {
        // What is open is noted when it is, whole.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the URL that a host was told.
    pub(in super::super) fn url(&self, name: &str) -> Option<String> {
        self.opened().urls.get(name).cloned()
    }

    /// Has a BMC insert the file.
    pub(in super::super) async fn insert(
        &self,
        bmc: &mut Bmc,
        name: &str,
    ) -> Result<Found, HandError> {
        let slot = self.slot.as_deref();
        let (way, remark) = if let Some(way) = self.by {
            (way, None)
        } else {
            let taken = bmc.media_ways(slot).await?;
            let list = taken.clone().unwrap_or_default().join(", ");
            let Some(way) = Way::of(taken.as_deref()) else { return Ok(takes_none(&list)) };
            let remark = (
                format!("以 {way} 提供：该 BMC 只取 {list}"),
                format!("it is served by {way}: the BMC takes {list}"),
            );
            (way, Some(remark).filter(|_| way != Way::Http))
        };
        let url = match self.place(name, way) {
            Ok(url) => url,
            Err(why) => return Ok(Found::Unable { why }),
        };
        let unsigned = way == Way::Https;
        if unsigned {
            let slots = bmc.media().await?.into_iter().filter(|slot| slot.verifies == Some(true));
            self.opened().verified.insert(name.to_owned(), slots.map(|slot| slot.path).collect());
        }
        let with = Insertion { slot, unsigned, ..Insertion::default() };
        let mut acted: Acted = bmc.insert(&url, &with).await?;
        acted.remarks.extend(remark);
        // What is not in is not taken out later.
        if !matches!(acted.outcome, Outcome::Done | Outcome::Accepted { .. }) {
            acted.remarks.extend(self.restore(bmc, name).await);
        }
        Ok(Found::Acted(acted))
    }

    /// Ejects the file, and nothing else.
    pub(in super::super) async fn withdraw(
        &self,
        bmc: &mut Bmc,
        name: &str,
    ) -> Result<Found, HandError> {
        let url = self.url(name).unwrap_or_default();
        let mut acted = super::withdraw(bmc, &url, self.slot.as_deref()).await?;
        acted.remarks.extend(self.restore(bmc, name).await);
        Ok(Found::Acted(acted))
    }

    /// Has the slots look at certificates again that did so before our image, which nobody signed;
    /// tells which do not.
    async fn restore(&self, bmc: &mut Bmc, name: &str) -> Option<Why> {
        let slots = self.opened().verified.remove(name).filter(|slots| !slots.is_empty())?;
        let left = match bmc.redfish() {
            Ok(client) => client.verify_again(&slots).await.unwrap_or(slots),
            Err(_) => slots,
        };
        let list = left.join(", ");
        (!left.is_empty()).then(|| {
            (
                format!("{list} 的 VerifyCertificate 未能改回 true"),
                format!("VerifyCertificate of {list} did not become true again"),
            )
        })
    }

    /// Returns the URL of a host by a protocol; its door is opened if it is not yet.
    fn place(&self, name: &str, way: Way) -> Result<String, Why> {
        let path = self.paths.iter().find(|path| path.name == name).ok_or_else(no_way)?;
        let ours = path.ours.ok_or_else(no_way)?;
        let at = self.at.unwrap_or(ours);
        let shown = if at.ip().is_unspecified() { ours.ip() } else { at.ip() };
        let mut open = self.opened();
        let port = if let Some(port) = open.doors.get(&(way, at)) {
            *port
        } else {
            let port = self.door(way, at, shown)?;
            open.doors.insert((way, at), port);
            port
        };
        let origin = match (way, at.port()) {
            // The portmapper tells the port.
            (Way::Nfs, 0) if shown.is_ipv6() => format!("[{shown}]"),
            (Way::Nfs, 0) => shown.to_string(),
            _ => SocketAddr::new(shown, port).to_string(),
        };
        let url = format!("{way}://{origin}{}", path.guest.path);
        open.urls.insert(name.to_owned(), url.clone());
        Ok(url)
    }

    /// Opens a door; returns its port.
    fn door(&self, way: Way, at: SocketAddr, shown: IpAddr) -> Result<u16, Why> {
        let listen = |at| listen(at, way);
        let open = |door| self.server.open(door).map_err(|error| cannot(way, at, &error));
        match way {
            Way::Http | Way::Https => {
                let listener = listen(at)?;
                let port = listener.local_addr().map_or(0, |at| at.port());
                open(match way {
                    Way::Https => Door::Https { at: listener, shown },
                    _ => Door::Http(listener),
                })?;
                Ok(port)
            }
            Way::Nfs if at.port() != 0 => {
                open(Door::Rpc { at: listen(at)?, port: at.port() })?;
                Ok(at.port())
            }
            Way::Nfs => {
                // All or nothing: what listens already is closed where the next cannot.
                let port = nfs3::PORT;
                let own = SocketAddr::new(at.ip(), port);
                let map = SocketAddr::new(at.ip(), portmap::PORT);
                let (nfs, portmap) = (listen(own)?, listen(map)?);
                let by_datagrams =
                    |at| UdpSocket::bind(at).map_err(|error| cannot(way, at, &error));
                let (mounts, asked) = (by_datagrams(own)?, by_datagrams(map)?);
                open(Door::Rpc { at: nfs, port })?;
                open(Door::Rpc { at: portmap, port })?;
                open(Door::Datagrams { at: mounts, port })?;
                open(Door::Datagrams { at: asked, port })?;
                Ok(port)
            }
        }
    }
}

fn listen(at: SocketAddr, way: Way) -> Result<TcpListener, Why> {
    TcpListener::bind(at).map_err(|error| cannot(way, at, &error))
}

/// Says why a BMC is offered nothing that takes nothing of ours.
fn takes_none(list: &str) -> Found {
    Found::Unable {
        why: (
            format!("该 BMC 只取 {list} 的镜像，本程序只能以 http、https、nfs 提供"),
            format!("the BMC takes images by {list} alone; this serves by http, https and nfs"),
        ),
    }
}

/// Says why nobody listens there.
fn cannot(way: Way, at: SocketAddr, error: &io::Error) -> Why {
    let is_map = way == Way::Nfs && at.port() == portmap::PORT;
    let (zh, en) = match error.kind() {
        io::ErrorKind::AddrInUse if is_map => (
            "端口 111 已被占用，多为本机的 rpcbind：暂停它（systemctl stop rpcbind.socket rpcbind），\
             或用 --serve 另指本机地址；BMC 接受带端口的 nfs URL 时可用 --serve 地址:端口",
            "port 111 is taken, as a rule by this machine's rpcbind: stop it for the while \
             (systemctl stop rpcbind.socket rpcbind), or name another address of this machine with \
             --serve; a BMC that takes a port in an nfs URL needs only --serve ADDRESS:PORT",
        ),
        io::ErrorKind::AddrInUse => (
            "端口已被占用，用 --serve 另指",
            "another program has the port: choose one with --serve",
        ),
        io::ErrorKind::PermissionDenied if way == Way::Nfs => (
            "以 nfs 提供需用端口 111 与 2049，须以 root 运行；BMC 接受带端口的 nfs URL 时可用 \
             --serve 地址:端口",
            "serving by nfs wants the ports 111 and 2049, and so root; a BMC that takes a port in \
             an nfs URL needs only --serve ADDRESS:PORT",
        ),
        _ => ("用 --serve 另指本机地址", "name an address of this machine with --serve"),
    };
    (
        format!("无法在 {at} 以 {way} 提供（{error}）：{zh}"),
        format!("cannot serve by {way} on {at} ({error}): {en}"),
    )
}
