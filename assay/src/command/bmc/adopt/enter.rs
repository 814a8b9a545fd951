//! A BMC that is taken into service is come by: where it is by now, and as whom.

use std::time::Duration;

use bmc::{
    adopt::Step,
    client::{Patience, Trust, certificate},
    credential::Secret,
    hand::{Access, Bmc, HandError, Needs, Protocol, Session},
    ipmi,
    lockout::{Answer, Turn},
    redfish::client::Options,
    target::{self, Address},
};

use super::host::{Run, Work};
use crate::{cli, output::bmc::found::Met};

/// How often it is looked whether it is a credential's turn.
const BEAT: Duration = Duration::from_millis(50);
/// How long one connection may last in all, unless it is said.
const TOTAL: Duration = Duration::from_mins(20);

/// Who logs in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// As it came.
    Factory,
    /// The factory's user with the new password.
    Changed,
    /// The new administrator.
    New,
}

impl Run<'_> {
    /// Returns the address that a host is to have.
    pub(super) fn moved(work: &Work<'_>) -> Option<Address> {
        let network = work.host.listed.as_ref()?.adopt.network?;
        Some(Address {
            host: target::Host::Ip(network.address.into()),
            port: work.host.address.port,
        })
    }

    /// Finds out where a host is, and by which certificate, where an earlier run may have changed
    /// that: what it shows tells, before any credential is sent.
    pub(super) async fn find(&self, work: &mut Work<'_>) {
        let begun = |step| work.past.begun.contains(&step) || work.past.done.contains(&step);
        let (moves, shows) = (begun(Step::Address), begun(Step::Certificate));
        let own = self.materials.get(&work.name).map(|one| one.pin).filter(|_| shows);
        let known = match &work.trust {
            Some(Trust::Pin(pin)) => Some(*pin),
            _ => None,
        };
        let places = Self::moved(work).filter(|_| moves).into_iter().chain([work.at.clone()]);
        for place in places {
            let Ok(shown) = certificate::look(&place, Patience::default()).await else { continue };
            if own == Some(shown.pin) {
                work.trust = Some(Trust::Pin(shown.pin));
            } else if known.is_some() && known != Some(shown.pin) {
                continue;
            }
            work.at = place;
            return;
        }
    }

    /// Logs in as who an earlier run left, or as it came.
    pub(super) async fn enter(&self, work: &Work<'_>) -> Result<(Bmc, Who), Met> {
        let past = &work.past;
        let keeps = work.factory.user == work.new.user;
        if past.done.contains(&Step::User) || (keeps && past.done.contains(&Step::Password)) {
            return Ok((self.connect(work, Who::New).await?, Who::New));
        }
        if past.done.contains(&Step::Password) {
            return Ok((self.connect(work, Who::Changed).await?, Who::Changed));
        }
        if past.begun.contains(&Step::Password) {
            // Whether it was changed nobody knows: each password is tried once.
            let who = if keeps { Who::New } else { Who::Changed };
            match self.connect(work, who).await {
                Err(Met::Failed { error, .. }) if error.refused() => {}
                other => return Ok((other?, who)),
            }
        }
        Ok((self.connect(work, Who::Factory).await?, Who::Factory))
    }

    pub(super) async fn connect(&self, work: &Work<'_>, who: Who) -> Result<Bmc, Met> {
        let (user, password, counted) = match who {
            Who::Factory => {
                (&work.factory.user, &work.factory.password, work.factory_name.to_owned())
            }
            // A credential of its own: one wrong password more is one refusal more.
            Who::Changed => {
                (&work.factory.user, &work.new.password, format!("{}, new", work.factory_name))
            }
            Who::New => (&work.new.user, &work.new.password, work.new_name.clone()),
        };
        loop {
            match self.ledger.borrow_mut().turn(&counted, &work.at) {
                Turn::Try => break,
                Turn::Wait => {}
                Turn::Asked | Turn::Stop => return Err(Met::Stopped { credential: counted }),
            }
            tokio::time::sleep(BEAT).await;
        }
        let left = self.notes.left(&work.at);
        let stale = left.iter().find_map(|one| match &one.session {
            Session::Redfish(path) => Some(path.clone()),
            _ => None,
        });
        let connected = self.login(work, user, password, stale).await;
        let answer = match &connected {
            Ok(_) => Answer::Taken,
            Err(error) if error.refused() => Answer::Refused,
            Err(_) => Answer::Silent,
        };
        self.ledger.borrow_mut().settle(&counted, &work.at, answer);
        let mut bmc = connected.map_err(|error| Met::Failed { protocol: None, error })?;
        for one in left {
            if bmc.close_stale(&one.session).await.is_ok() {
                one.forget();
            }
        }
        Ok(bmc)
    }

    async fn login(
        &self,
        work: &Work<'_>,
        user: &str,
        password: &Secret,
        stale: Option<String>,
    ) -> Result<Bmc, HandError> {
        let total = self.access.timeout.map(|seconds| Duration::from_secs(seconds.into()));
        let mut ipmi = ipmi::Options::default();
        if !self.keys.suites.is_empty() {
            ipmi.suites.clone_from(&self.keys.suites);
        }
        let access = Access {
            protocol: match self.access.protocol {
                cli::bmc::access::Protocol::Auto => Protocol::Auto,
                cli::bmc::access::Protocol::Redfish => Protocol::Redfish,
                cli::bmc::access::Protocol::Ipmi => Protocol::Ipmi,
            },
            credential: Some((user, password)),
            kg: self.keys.kg.as_ref(),
            trust: work.trust.clone(),
            ipmi_port: self
                .access
                .ipmi_port
                .or_else(|| work.host.listed.as_ref().and_then(|listed| listed.ipmi_port)),
            redfish: Options {
                total: total.unwrap_or(TOTAL),
                system: self.access.system.clone(),
                changes_password: true,
                stale,
                farewells: self.farewells.clone(),
                ..Options::default()
            },
            ipmi,
        };
        Box::pin(Bmc::connect(&work.at, &access, Needs::Either)).await
    }
}
