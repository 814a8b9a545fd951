//! Whether a verb may act on what the user named, decided before a packet is sent.
//!
//! Reads take any target. A change to one named host acts at once. A change to more than one, and
//! every verb that destroys, shows the list of hosts first and asks that its length be repeated
//! (`--yes-hosts N`), so that a range mistyped by a digit changes nothing. A network is only ever
//! looked at, and a host that its list has in service is never changed.

#[cfg(test)]
mod tests;

use crate::{hosts::Service, target::Address};

/// What a verb does to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Looks.
    Read,
    /// Changes what can be changed back: power, the device to boot from, media.
    Change,
    /// Destroys, or may leave a host that does not come back: data, firmware, settings, users,
    /// logs, certificates, and anything raw.
    Destroy,
}

/// A host that the user's words resolve to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Where it is reached.
    pub address: Address,
    /// What the list of hosts says of its use; nothing is said of hosts named by address.
    pub service: Service,
    /// Whether it was named by a network alone.
    pub by_network: bool,
}

/// What the user said of the act itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// The number of hosts that `--yes-hosts` names.
    pub yes_hosts: Option<usize>,
    /// Nothing is to be done, only told.
    pub dry_run: bool,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// It may act.
    Act,
    /// It tells what it would do.
    Tell,
}

/// Why a verb may not act. Nothing was sent to any host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum Refusal {
    /// There is no host.
    #[error("no host is named")]
    Nobody,
    /// Hosts are named by a network.
    #[error("{} hosts are named by a network, and a network is only looked at", .hosts.len())]
    Network { hosts: Vec<Address> },
    /// Hosts are in service.
    #[error("{} of the hosts are marked in service", .hosts.len())]
    InService { hosts: Vec<Address> },
    /// The number of hosts was not repeated.
    #[error("this would act on {count} hosts, and their number was not confirmed")]
    Unconfirmed { count: usize },
    /// Another number was.
    #[error("{confirmed} hosts were confirmed, and this would act on {count}")]
    Miscounted { confirmed: usize, count: usize },
}

impl Refusal {
    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (String, String) {
        match self {
            Self::Nobody => (
                "写出地址、地址段、网段，或用 --hosts 给出清单".to_owned(),
                "name an address, a range or a network, or a list with --hosts".to_owned(),
            ),
            Self::Network { .. } => (
                "改动只作用于逐一写明的主机：写地址、地址段，或 --hosts 清单".to_owned(),
                "changes take hosts named one by one: addresses, a range, or a list with --hosts"
                    .to_owned(),
            ),
            Self::InService { .. } => (
                "从命令中去掉这些主机；确已退出服务的，先在清单中改标记".to_owned(),
                "leave these hosts out; if they are out of service, mark them so in the list first"
                    .to_owned(),
            ),
            Self::Unconfirmed { count } | Self::Miscounted { count, .. } => (
                format!("核对上面的清单，确认后加 --yes-hosts {count}"),
                format!("read the list above, and if it is right add --yes-hosts {count}"),
            ),
        }
    }
}

/// Decides whether a verb of that effect may act on all of `subjects`, or on none.
///
/// A number that was given is checked even where none is asked for: a wrong one means that the
/// user has another set of hosts in mind.
pub fn decide(effect: Effect, subjects: &[Subject], consent: Consent) -> Result<Permit, Refusal> {
    let those = |is: &dyn Fn(&Subject) -> bool| -> Vec<Address> {
        subjects.iter().filter(|subject| is(subject)).map(|one| one.address.clone()).collect()
    };
    let count = subjects.len();
    if count == 0 {
        return Err(Refusal::Nobody);
    }
    if let Some(confirmed) = consent.yes_hosts
        && confirmed != count
    {
        return Err(Refusal::Miscounted { confirmed, count });
    }
    let told = if consent.dry_run { Permit::Tell } else { Permit::Act };
    if effect == Effect::Read {
        return Ok(told);
    }
    let hosts = those(&|subject| subject.by_network);
    if !hosts.is_empty() {
        return Err(Refusal::Network { hosts });
    }
    let hosts = those(&|subject| subject.service == Service::In);
    if !hosts.is_empty() {
        return Err(Refusal::InService { hosts });
    }
    let asks = effect == Effect::Destroy || count > 1;
    if asks && !consent.dry_run && consent.yes_hosts.is_none() {
        return Err(Refusal::Unconfirmed { count });
    }
    Ok(told)
}
