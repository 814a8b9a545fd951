//! What this kernel can, of what we need: tried out, never assumed.
//!
//! Everything is made once in a namespace of its own, and read back where a kernel takes what
//! it does not know without a word. Loading modules is left to the operator, except where the
//! kernel loads them itself on the first use.

mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use self::trial::{ZONE, is_there, steps};
use super::namespace::{Namespace, inside};
use super::real::{Real, judges_bridged_packets};
use super::{Interest, Kernel, KernelError};
use crate::text::Text;

/// What was found, in the order in which it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features(pub Vec<Feature>);

/// One thing that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// What it is.
    pub need: Need,
    /// Why it is not there; nothing where it is.
    pub missing: Option<Missing>,
}

/// Why something is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What was seen.
    pub reason: Text,
    /// What can be done.
    pub hint: Text,
}

/// What is needed of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Bridges.
    Bridge,
    /// Rules of the IP layer for bridged frames, for single bridges (`IFLA_BR_NF_CALL_IPTABLES`).
    BridgeRules,
    /// The module that brings bridged frames before those rules.
    BridgeNetfilter,
    /// VXLAN devices without learning, with ARP proxy.
    Vxlan,
    /// The same with a tunnel end of IPv6.
    Vxlan6,
    /// veth pairs.
    Veth,
    /// Ports that neither learn nor flood, and answer for known neighbours.
    PortSettings,
    /// Static forwarding entries and permanent neighbours.
    Entries,
    /// `nf_tables` in family `inet`.
    Rules,
    /// Sets of concatenations and verdict maps.
    Sets,
    /// Sets of ranges.
    Ranges,
    /// Conntrack, in a zone set by a rule.
    Zones,
    /// `nf_tables` at the ingress of a device.
    Ingress,
    /// Looking at connections by netlink.
    Connections,
}

impl Need {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 14] = [
        Self::Bridge,
        Self::BridgeRules,
        Self::BridgeNetfilter,
        Self::Vxlan,
        Self::Vxlan6,
        Self::Veth,
        Self::PortSettings,
        Self::Entries,
        Self::Rules,
        Self::Sets,
        Self::Ranges,
        Self::Zones,
        Self::Ingress,
        Self::Connections,
    ];

    /// Returns its name in reports, and the option a kernel is built with to have it.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Bridge => ("bridge", "CONFIG_BRIDGE"),
            Self::BridgeRules => ("bridge-rules", "CONFIG_BRIDGE_NETFILTER"),
            Self::BridgeNetfilter => ("br_netfilter", "CONFIG_BRIDGE_NETFILTER"),
            Self::Vxlan => ("vxlan", "CONFIG_VXLAN"),
            Self::Vxlan6 => ("vxlan-ipv6", "CONFIG_IPV6"),
            Self::Veth => ("veth", "CONFIG_VETH"),
            Self::PortSettings => ("port-settings", "CONFIG_BRIDGE"),
            Self::Entries => ("forwarding-entries", "CONFIG_VXLAN"),
            Self::Rules => ("nf_tables", "CONFIG_NF_TABLES_INET"),
            Self::Sets => ("nf_tables-sets", "CONFIG_NF_TABLES"),
            Self::Ranges => ("nf_tables-ranges", "CONFIG_NF_TABLES"),
            Self::Zones => ("conntrack-zones", "CONFIG_NF_CONNTRACK_ZONES"),
            Self::Ingress => ("nf_tables-ingress", "CONFIG_NF_TABLES_NETDEV"),
            Self::Connections => ("conntrack-netlink", "CONFIG_NF_CT_NETLINK"),
        }
    }
}

impl Features {
    /// Returns what is missing.
    pub fn missing(&self) -> impl Iterator<Item = (Need, &Missing)> {
        self.0.iter().filter_map(|feature| Some((feature.need, feature.missing.as_ref()?)))
    }
}

/// Tries everything out in a namespace of its own.
pub fn features() -> Result<Features, KernelError> {
    let what = "make a network namespace to try the kernel out in";
    let tried = inside(Namespace::Scratch, || Ok(try_all()));
    tried.map_err(|source| KernelError::Io { what, source })?
}

fn try_all() -> Result<Features, KernelError> {
    let mut real = Real::open().map_err(|source| match source.raw_os_error() {
        Some(libc::EPROTONOSUPPORT) => {
            KernelError::Feature { feature: "netlink of netfilter", hint: hint(Need::Rules).en }
        }
        _ => KernelError::Io { what: "open netlink sockets", source },
    })?;
    let mut refused = BTreeMap::new();
    for need in Need::ALL {
        let failed = real.perform(&steps(need)).into_iter().find_map(Result::err);
        refused.extend(failed.map(|error| (need, error)));
    }
    let seen = real.look(&Interest::default())?;
    let connections = real.connections(&BTreeSet::from([ZONE])).err();
    let features = Need::ALL.map(|need| {
        let reason = match (refused.get(&need), need, &connections) {
            (Some(error), _, _) => Some(refusal(error)),
            (None, Need::Connections, Some(error)) => Some(refusal(error)),
            (None, Need::BridgeNetfilter, _) => judges_bridged_packets()
                .is_err()
                .then(|| Text::of("模块未加载", "the module is not loaded", &[])),
            (None, _, _) => (!is_there(need, &seen)).then(|| {
                let zh = "内核接受了请求，但读回的不是所设的值";
                Text::of(zh, "the kernel took the request, and reads back otherwise", &[])
            }),
        };
        Feature { need, missing: reason.map(|reason| Missing { reason, hint: hint(need) }) }
    });
    Ok(Features(features.into()))
}

fn refusal(error: &dyn std::fmt::Display) -> Text {
    Text::of("内核拒绝：{0}", "the kernel refuses it: {0}", &[error])
}

/// Returns what to do about something that is missing.
fn hint(need: Need) -> Text {
    let (_name, option) = need.name();
    if need == Need::BridgeNetfilter && can_be_loaded("br_netfilter") {
        let zh = "执行 `modprobe br_netfilter`；开机自动加载：`echo br_netfilter > \
                  /etc/modules-load.d/assay.conf`";
        let en = "run `modprobe br_netfilter`; to have it after a restart too: `echo br_netfilter \
                  > /etc/modules-load.d/assay.conf`";
        return Text::of(zh, en, &[]);
    }
    let zh = "需要以 `{0}` 编译的内核（模块可为 `m`，且已安装）";
    let en = "a kernel with `{0}` is needed (`m` will do where its modules are installed)";
    Text::of(zh, en, &[&option])
}

/// Whether a module is installed for the kernel that runs.
fn can_be_loaded(module: &str) -> bool {
    let release = rustix::system::uname();
    let folder = Path::new("/lib/modules").join(release.release().to_string_lossy().as_ref());
    let listed = fs::read_to_string(folder.join("modules.dep")).unwrap_or_default();
    listed.lines().any(|line| {
        let file = line.split(':').next().unwrap_or_default();
        file.rsplit('/').next().is_some_and(|name| name.split('.').next() == Some(module))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_says_what_to_do() {
        let mut names = BTreeSet::new();
        for need in Need::ALL {
            let (name, option) = need.name();
            assert!(names.insert(name), "{name} twice");
            let hint = hint(need);
            for text in [hint.zh, hint.en] {
                assert!(text.contains(option) || text.contains("modprobe"), "{text}");
            }
        }
    }
}
