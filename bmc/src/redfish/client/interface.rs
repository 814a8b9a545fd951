//! The BMC's own network. The address that is talked to may go away with a change: the BMC is then
//! looked for where it should be, and told apart by its certificate.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpStream, time::timeout};

use super::{Acted, Client, Inner, Note, RedfishError, answer::refused, session};
use crate::{
    credential::{Credential, Secret},
    operation::{
        Outcome,
        interface::{Interface, Source, Wanted},
    },
    redfish::ladder::{
        etag,
        interface::{self, Place, Plan},
        script::{Method, Refusal, Reply, Request, Script, Told},
        task,
    },
    target::{Address, Host},
};

/// How long an address is asked whether somebody has it.
const GLANCE: Duration = Duration::from_millis(1500);
/// How long a BMC may take to be at its new address.
const MOVING: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_secs(1);
/// How long an answer to the change is waited for: it may go where nobody hears it.
const ANSWER: Duration = Duration::from_secs(20);

/// How sending a change ended.
enum Sent {
    /// It was taken, or nobody knows.
    Taken,
    /// It was refused.
    Refused(Refusal),
}

impl Client {
    /// Returns the BMC's own interfaces.
    pub async fn interfaces(&self) -> Result<Vec<Interface>, RedfishError> {
        let places = self.inner.interface_places().await?;
        Ok(places.into_iter().map(|place| place.interface).collect())
    }

    /// Changes an interface of the BMC, and looks for the BMC where it is to be then. An address
    /// that somebody has already is refused before anything is sent.
    pub async fn set_interface(&self, wanted: &Wanted) -> Result<Acted, RedfishError> {
        let inner = &self.inner;
        let manager = inner.manager().await?;
        let own = match inner.edge.address().host {
            Host::Ip(IpAddr::V4(ip)) => Some(ip),
            _ => None,
        };
        let mut end = None;
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            end = Some(interface::plan(script, &manager, wanted, own)?);
            Ok(())
        };
        let mut notes = inner.drive(&mut once).await?;
        let plan = match end {
            Some(Ok(Ok(plan))) => plan,
            Some(Ok(Err(outcome))) => return Ok(Acted { outcome, notes }),
            Some(Err(refusal)) => return Err(refused(inner, refusal)),
            None => return Ok(Acted { outcome: Outcome::Accepted { task: None }, notes }),
        };
        let new = match wanted.source {
            Some(Source::Static { network, .. }) => Some(network.address),
            Some(Source::Dhcp) | None => None,
        };
        let port = inner.edge.address().https_port();
        if let Some(new) = new.filter(|new| Some(*new) != own)
            && let Some(port) = taken(new, port).await
        {
            let why = (
                format!("`{new}` 已有主机应答（端口 {port}）"),
                format!("somebody answers at `{new}` already (port {port})"),
            );
            return Ok(Acted { outcome: Outcome::Refused { why }, notes });
        }
        if let Sent::Refused(refusal) = self.send(&plan).await? {
            return Err(refused(inner, refusal));
        }
        let outcome = self.look(&plan, wanted, new, own, &mut notes).await;
        Ok(Acted { outcome, notes })
    }

    /// Gives the BMC a name of its own, and reads it back.
    pub async fn set_name(&self, name: &str) -> Result<Acted, RedfishError> {
        let manager = self.inner.manager().await?;
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| interface::name(script, &manager, name, &rules);
        self.inner.climb(&climb).await
    }

    /// Sends a plan, in the first form that is taken.
    async fn send(&self, plan: &Plan) -> Result<Sent, RedfishError> {
        let rules = self.rules();
        let mut last = Sent::Taken;
        for form in &plan.forms {
            let read = self.inner.read(&plan.path).await?;
            let tags = etag::forms(&read, &rules);
            let mut reply = Reply::default();
            for tag in tags {
                let request = Request::patch(&plan.path, tag.value, form.clone());
                // Once only: where the address goes away, the answer does.
                reply = match timeout(ANSWER, self.inner.send(&request)).await {
                    Ok(Ok(reply)) => reply,
                    Ok(Err(
                        RedfishError::Broken { .. }
                        | RedfishError::Silent { .. }
                        | RedfishError::Reach(_),
                    ))
                    | Err(_) => return Ok(Sent::Taken),
                    Ok(Err(error)) => return Err(error),
                };
                if !reply.is(&[412, 428]) {
                    break;
                }
            }
            if !task::is_failure(&reply, &rules) {
                return Ok(Sent::Taken);
            }
            last = Sent::Refused(Refusal::of(Method::Patch, &plan.path, &reply));
            if !reply.is(&[400, 405, 422, 501]) {
                break;
            }
        }
        Ok(last)
    }

    /// Looks for the BMC where it is to be, and where it was.
    async fn look(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        new: Option<Ipv4Addr>,
        own: Option<Ipv4Addr>,
        notes: &mut Vec<Note>,
    ) -> Outcome {
        let edge = &self.inner.edge;
        let left = MOVING.min(edge.left().saturating_sub(PAUSE));
        let moves = new.is_some() && new != own;
        let mut seen = None;
        let waited = async {
            loop {
                // Where it is to be; a failure there is one of the way, not of the credential.
                let there = match new.filter(|_| moves) {
                    Some(new) => self.interface_at(new, &plan.path).await,
                    None => self.inner.interface_at(&plan.path).await,
                };
                match there {
                    Ok(found) if fits(&found, wanted) => return Some(Ok(())),
                    Ok(found) => seen = Some(found),
                    Err(error) if error.refused() => return Some(Err(error)),
                    Err(_) => {}
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let told = |zh: String, en: String| Note::of(None, (zh, en));
        match timeout(left, waited).await.ok().flatten() {
            Some(Ok(())) => {
                if let Some(new) = new.filter(|_| moves) {
                    notes.push(told(
                        format!("BMC 现在 `{new}`，证书相同；对该地址运行 `trust --store` 登记"),
                        format!(
                            "the BMC is at `{new}` now, by its certificate; `trust --store` there"
                        ),
                    ));
                }
                Outcome::Done
            }
            Some(Err(error)) => {
                notes.push(told(error.in_chinese(), error.to_string()));
                Outcome::Accepted { task: None }
            }
            None => {
                let sent = said(wanted);
                if seen.is_none() {
                    // Where it was, for the last time.
                    seen = timeout(ANSWER, self.inner.interface_at(&plan.path))
                        .await
                        .ok()
                        .and_then(Result::ok);
                }
                let found = match (seen, new) {
                    (Some(found), _) => shown(&found),
                    (None, Some(new)) => {
                        format!("no answer at {new}, nor where it was ({})", edge.address())
                    }
                    (None, None) => format!("no answer where it was ({})", edge.address()),
                };
                Outcome::NotKept { sent, found }
            }
        }
    }

    /// Reads the interface at another address, in a session of its own; the old session, which
    /// nobody can end at the old address any more, is ended there.
    async fn interface_at(&self, ip: Ipv4Addr, path: &str) -> Result<Interface, RedfishError> {
        let own = &self.inner;
        let address = Address { host: Host::Ip(ip.into()), port: own.edge.address().port };
        let mut options = own.options.clone();
        options.stale = None;
        let credential = own.credential.as_ref().map(|one| Credential {
            user: one.user.clone(),
            password: Secret::new(one.password.reveal().to_owned()),
        });
        let edge = Arc::new(own.edge.again(&address, &options));
        let server = own.marks().server;
        let other = Arc::new(Inner::new(edge, (own.root.clone(), &server), credential, options));
        if other.credential.is_some() {
            session::begin(&other).await?;
        }
        let found = other.interface_at(path).await;
        let old = own.held().path().filter(|_| found.is_ok());
        if let Some(old) = old {
            session::remove_stale(&other, &old).await.ok();
        }
        session::close(&other).await;
        found
    }
}

impl Inner {
    async fn interface_places(self: &Arc<Self>) -> Result<Vec<Place>, RedfishError> {
        let manager = self.manager().await?;
        let mut found = Ok(Vec::new());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = interface::list(script, &manager)?;
            Ok(())
        };
        self.drive(&mut once).await?;
        found.map_err(|refusal| refused(self, refusal))
    }

    async fn interface_at(self: &Arc<Self>, path: &str) -> Result<Interface, RedfishError> {
        let reply = self.read(path).await?;
        Ok(interface::interface(path, reply.json()))
    }
}

/// Returns whether an interface is as it was asked for.
fn fits(found: &Interface, wanted: &Wanted) -> bool {
    let source = match wanted.source {
        None => true,
        Some(Source::Dhcp) => found.dhcp == Some(true),
        Some(Source::Static { network, gateway }) => {
            found.addresses.contains(&network)
                && found.dhcp != Some(true)
                && gateway
                    .is_none_or(|gateway| found.gateway.unwrap_or(Ipv4Addr::UNSPECIFIED) == gateway)
        }
    };
    source && wanted.vlan.is_none_or(|vlan| found.vlan == Some(vlan))
}

fn said(wanted: &Wanted) -> String {
    let mut parts = Vec::new();
    match wanted.source {
        Some(Source::Static { network, gateway }) => {
            parts.push(network.to_string());
            parts.extend(gateway.map(|gateway| format!("gateway {gateway}")));
        }
        Some(Source::Dhcp) => parts.push("DHCP".to_owned()),
        None => {}
    }
    parts.extend(wanted.vlan.map(|vlan| match vlan {
        Some(vlan) => format!("VLAN {vlan}"),
        None => "no VLAN".to_owned(),
    }));
    parts.join(", ")
}

fn shown(found: &Interface) -> String {
    let mut parts: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
    parts.extend(found.gateway.map(|gateway| format!("gateway {gateway}")));
    if found.dhcp == Some(true) {
        parts.push("DHCP".to_owned());
    }
    parts.extend(found.vlan.flatten().map(|vlan| format!("VLAN {vlan}")));
    parts.join(", ")
}

/// Returns a port at which somebody has that address: it took a connection, or refused one. Who
/// says nothing there is not seen.
async fn taken(ip: Ipv4Addr, port: u16) -> Option<u16> {
    for port in [port, 443] {
        match timeout(GLANCE, TcpStream::connect(SocketAddr::new(ip.into(), port))).await {
            Ok(Ok(_)) => return Some(port),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                // Every address of this machine's own network (127.0.0.0/8) refuses.
                if !ip.is_loopback() {
                    return Some(port);
                }
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
    None
}
