//! One hand for every BMC: what is read and done, whichever protocol does it.
//!
//! An operation names what it [`Needs`]; Redfish is taken where both can do it, and IPMI where
//! nothing speaks Redfish. A BMC that refused a credential is not asked again by the other
//! protocol, and one without a certificate that is known is not spoken to by the weaker one.

mod access;
mod act;
mod adopt;
mod audit;
mod error;
mod look;
mod settings;
mod store;
mod watch;

pub use access::{Access, Approached, Needs, Protocol};
pub use error::HandError;
pub use store::Renewed;
pub use watch::LogWatch;

use crate::{ipmi, redfish, target::Address};

/// A BMC that let us in.
#[derive(Debug)]
pub struct Bmc {
    spoken: Spoken,
    /// Where Redfish is.
    address: Address,
    /// Where IPMI may be looked for; nowhere if Redfish was named.
    ipmi: Option<Address>,
    /// The user that is logged in.
    user: String,
    /// It is let in by a credential that anybody knows.
    by_default: bool,
}

/// What is spoken with it.
#[derive(Debug)]
enum Spoken {
    Redfish(redfish::client::Client),
    Ipmi(Box<ipmi::Client>),
}

/// What was read, and what there is to say of the reading.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// What was read.
    pub value: T,
    /// What could not be read, or only by a guess: in Chinese, and in English.
    pub remarks: Vec<(String, String)>,
    /// Whether nothing that was there is missing from it.
    pub complete: bool,
}

/// What became of a change, and what there is to say of it.
#[derive(Clone, Debug)]
pub struct Acted {
    /// What became of it.
    pub outcome: crate::operation::Outcome,
    /// What there is to say: in Chinese, and in English.
    pub remarks: Vec<(String, String)>,
}

/// A session that is open, as it is noted in case the program is killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Session {
    /// Of Redfish: its path.
    Redfish(String),
    /// Of IPMI: the number that the BMC gave it.
    Ipmi(u32),
    /// No session, and left as one is: a subscription to events of ours, by its path.
    Subscription(String),
}

impl Bmc {
    /// Connects to a BMC and logs in, by the protocol that what is wanted needs.
    pub async fn connect(
        address: &Address,
        access: &Access<'_>,
        needs: Needs,
    ) -> Result<Self, HandError> {
        Self::approach(address, access, needs).await?.enter(access).await
    }

    /// Finds the BMC and the protocol that is spoken; no credential is sent until
    /// [`Approached::enter`]. A fleet tells so who is dead from who may be asked with a credential.
    pub async fn approach(
        address: &Address,
        access: &Access<'_>,
        needs: Needs,
    ) -> Result<Approached, HandError> {
        access::approach(address, access, needs).await
    }

    /// Returns the protocol that is spoken.
    pub fn protocol(&self) -> Protocol {
        match &self.spoken {
            Spoken::Redfish(_) => Protocol::Redfish,
            Spoken::Ipmi(_) => Protocol::Ipmi,
        }
    }

    /// Returns the session, where there is one.
    pub fn session(&self) -> Option<Session> {
        match &self.spoken {
            Spoken::Redfish(client) => client.session().map(Session::Redfish),
            Spoken::Ipmi(client) => Some(Session::Ipmi(client.session_id())),
        }
    }

    /// Closes a session that a run of ours left when it was killed; returns whether it was there.
    pub async fn close_stale(&mut self, session: &Session) -> Result<bool, HandError> {
        match (&mut self.spoken, session) {
            (Spoken::Redfish(client), Session::Redfish(path)) => {
                Ok(client.remove_stale(path).await?)
            }
            (Spoken::Redfish(client), Session::Subscription(path)) => {
                Ok(client.remove_subscription(path).await?)
            }
            (Spoken::Ipmi(client), Session::Ipmi(id)) => Ok(client.close_stale(*id).await?),
            // It is closed by the next run that speaks its protocol.
            (Spoken::Redfish(_), Session::Ipmi(_))
            | (Spoken::Ipmi(_), Session::Redfish(_) | Session::Subscription(_)) => Ok(false),
        }
    }

    /// Closes the session; an answer is waited for a second at most.
    pub async fn close(self) {
        match self.spoken {
            Spoken::Redfish(client) => client.close().await,
            // What could not be closed expires by itself; there is nobody to tell.
            Spoken::Ipmi(client) => drop(client.close().await),
        }
    }
}
