//! Finding BMCs: those of addresses that are named, those that answer a search on a link, and what
//! each tells anybody. No credential is sent, and no certificate is trusted for being shown.
//!
//! [`ssdp`] and [`link`] are bytes as values; [`ask`] and `search` are the edges.

mod ask;
pub mod link;
mod search;
pub mod ssdp;

use crate::{ipmi::Pong, redfish::client::RedfishError, target::Address, trust::Pin};

pub use ask::{Waits, ask};
pub use search::{Heard, SearchError, by_link, by_ssdp};

/// How a BMC came to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Its address was named.
    Address,
    /// It answered a search by SSDP (DSP0266 §12).
    Ssdp,
    /// It is a neighbour on a link.
    Link,
}

/// What an address was found to be.
#[derive(Debug)]
pub struct Seen {
    /// The address.
    pub address: Address,
    /// What is on its port of HTTPS.
    pub redfish: Redfish,
    /// What is on its port of IPMI.
    pub ipmi: Ipmi,
}

/// What is on a port of HTTPS.
#[derive(Debug)]
pub enum Redfish {
    /// A Redfish service.
    Service(Box<Service>),
    /// Something else, or something that broke: with the certificate, where one was shown.
    Else {
        /// What it is the SHA-256 of.
        pin: Option<Pin>,
        /// What it did.
        error: RedfishError,
    },
    /// Nothing took the connection; and whether the port said so.
    Nothing {
        /// Somebody is there and has it closed.
        closed: bool,
    },
}

/// What a Redfish service says of itself to anybody (DSP0266 §6.2: its root).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// The version of the protocol.
    pub version: Option<String>,
    /// The maker.
    pub vendor: Option<String>,
    /// The product.
    pub product: Option<String>,
    /// The UUID of the service, in lower case.
    pub uuid: Option<String>,
    /// The certificate that it showed.
    pub pin: Option<Pin>,
    /// The root is not shown without a credential.
    pub hidden: bool,
}

/// What is on a port of IPMI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ipmi {
    /// It answers.
    Answers(Pong),
    /// Nothing does; and whether the port said so.
    Nothing {
        /// Somebody is there and has it closed.
        closed: bool,
    },
}

/// What an address is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A BMC.
    Bmc,
    /// A web server that is none, as far as it says.
    Web,
    /// Something takes connections and is neither.
    Other,
    /// Somebody is there and has both ports closed.
    Closed,
    /// Nothing answers.
    Silent,
}

impl Seen {
    /// Returns what it is, in a word.
    pub fn kind(&self) -> Kind {
        let told = |pong: &Pong| pong.told || pong.presence;
        match (&self.redfish, &self.ipmi) {
            (Redfish::Service(_), _) => Kind::Bmc,
            (_, Ipmi::Answers(pong)) if told(pong) => Kind::Bmc,
            (Redfish::Else { error, .. }, _) => match error {
                RedfishError::Reach(_) | RedfishError::Silent { .. } => Kind::Other,
                _ => Kind::Web,
            },
            (Redfish::Nothing { closed: true }, _) | (_, Ipmi::Nothing { closed: true }) => {
                Kind::Closed
            }
            (Redfish::Nothing { .. }, _) => Kind::Silent,
        }
    }

    /// What to do next with it: in Chinese, and in English.
    pub fn next(&self) -> Option<(&'static str, &'static str)> {
        match (self.kind(), &self.redfish, &self.ipmi) {
            (Kind::Bmc, Redfish::Service(_), _) => Some((
                "Redfish：与 BMC 页面或控制台核对指纹后 `trust --store`，再加 --user 运行 `info`",
                "Redfish: compare the fingerprint with the BMC's own page, `trust --store`, then `info` with --user",
            )),
            (Kind::Bmc, Redfish::Else { .. }, Ipmi::Answers(_)) => Some((
                "HTTPS 上不是 Redfish：用 --protocol ipmi，或升级 BMC 固件",
                "what is on HTTPS is no Redfish: use --protocol ipmi, or update the BMC's firmware",
            )),
            (Kind::Bmc, _, Ipmi::Answers(pong)) if pong.told && !pong.ipmi_2 => Some((
                "只有 IPMI 1.5，不支持：升级 BMC 固件",
                "it has IPMI 1.5 alone, which is not spoken: update the BMC's firmware",
            )),
            (Kind::Bmc, ..) => Some((
                "只有 IPMI：加 --protocol ipmi 与 --user 运行 `info`；或在 BMC 中启用 HTTPS",
                "IPMI alone: `info` with --protocol ipmi and --user, or turn HTTPS on in the BMC",
            )),
            (Kind::Web, ..) => Some((
                "网页服务，不是 BMC：核对地址；老的 BMC 请先启用 IPMI over LAN",
                "a web server that is no BMC: check the address; in an old BMC turn IPMI over LAN on first",
            )),
            (Kind::Other, ..) => Some((
                "443 端口可连接但不是 Redfish：核对地址和端口，查看 `trust` 的说明",
                "port 443 takes connections and is no Redfish: check the address and the port, see what `trust` says",
            )),
            (Kind::Closed, ..) => Some((
                "主机在，但 HTTPS 与 IPMI 均未开放：核对端口，或在 BMC 中启用",
                "a host is there with HTTPS and IPMI closed: check the ports, or turn them on in the BMC",
            )),
            (Kind::Silent, ..) => None,
        }
    }
}

/// Reads what a service's root says.
fn service(root: &serde_json::Value, pin: Option<Pin>) -> Service {
    let text = |key: &str| {
        let text = root.get(key).and_then(serde_json::Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    // Those before 1.5 of the schema have no Vendor; the name of their extension is it.
    let oem = || {
        let oem = root.get("Oem")?.as_object()?;
        oem.keys().find(|key| !key.contains('@')).cloned()
    };
    Service {
        version: text("RedfishVersion"),
        vendor: text("Vendor").or_else(oem),
        product: text("Product"),
        uuid: text("UUID").map(|uuid| uuid.to_ascii_lowercase()),
        pin,
        hidden: root.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{client::ReachError, target::Host};

    fn seen(redfish: Redfish, ipmi: Ipmi) -> Seen {
        let address = Address { host: Host::Ip([192, 0, 2, 7].into()), port: None };
        Seen { address, redfish, ipmi }
    }

    #[test]
    fn a_root_is_read_with_what_it_lacks() {
        let root = json!({ "RedfishVersion": "1.2.0", "UUID": "AB-1", "Vendor": " ",
            "Oem": { "@odata.type": "x", "Huawei": {} } });
        let read = service(&root, None);
        assert_eq!(read.version.as_deref(), Some("1.2.0"));
        assert_eq!((read.vendor.as_deref(), read.uuid.as_deref()), (Some("Huawei"), Some("ab-1")));
        assert!(read.product.is_none() && !read.hidden);
        assert!(service(&serde_json::Value::Null, None).hidden);
        // Whatever stands there.
        let odd = service(&json!({ "Oem": [], "UUID": 7, "Vendor": {} }), None);
        assert_eq!(odd, Service::default());
    }

    #[test]
    fn each_address_is_one_thing_and_what_is_none_has_no_next_step() {
        let closed = |closed| Redfish::Nothing { closed };
        let web = || Redfish::Else {
            pin: None,
            error: RedfishError::NotRedfish { found: "a web page".to_owned() },
        };
        let plain = || Redfish::Else {
            pin: None,
            error: RedfishError::Reach(ReachError::NotTls { port: 443 }),
        };
        let pong = |told, ipmi_2| Ipmi::Answers(Pong { told, ipmi_2, ..Pong::default() });
        let nobody = Ipmi::Nothing { closed: false };
        let cases = [
            (seen(Redfish::Service(Box::default()), nobody.clone()), Kind::Bmc),
            (seen(web(), pong(true, true)), Kind::Bmc),
            (seen(closed(true), pong(true, false)), Kind::Bmc),
            (seen(web(), nobody.clone()), Kind::Web),
            (seen(plain(), nobody.clone()), Kind::Other),
            // What answers the ping of ASF and has no IPMI is no BMC.
            (seen(closed(false), pong(false, false)), Kind::Silent),
            (seen(closed(false), Ipmi::Nothing { closed: true }), Kind::Closed),
            (seen(closed(true), nobody.clone()), Kind::Closed),
            (seen(closed(false), nobody), Kind::Silent),
        ];
        for (seen, kind) in cases {
            assert_eq!(seen.kind(), kind, "{seen:?}");
            assert_eq!(seen.next().is_none(), kind == Kind::Silent, "{seen:?}");
        }
    }
}
