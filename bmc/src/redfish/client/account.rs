//! Users of a service; a password that was set is proved by one login with it.

use std::sync::Arc;

use super::{Acted, Client, Inner, RedfishError, answer::refused, session};
use crate::{
    credential::{Credential, Secret},
    operation::{Outcome, account::Change},
    redfish::ladder::{
        account::{self, Listing},
        script::{Note, Script, Told},
    },
};

impl Client {
    /// Returns the users of the service, empty slots among them.
    pub async fn accounts(&self) -> Result<Listing, RedfishError> {
        let service = self.inner.collection("AccountService");
        let mut found = Ok(Listing::default());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = account::list(script, &service)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        found.map_err(|refusal| refused(&self.inner, refusal))
    }

    /// Changes the user of that name, and reads it back: a password by one login with it.
    pub async fn change_account(
        &self,
        name: &str,
        change: &Change<'_>,
    ) -> Result<Acted, RedfishError> {
        let service = self.inner.collection("AccountService");
        let rules = self.rules();
        let me = self.inner.credential.as_ref().map(|one| one.user.as_str());
        let climb =
            |script: &mut Script<'_>| account::change(script, &service, name, change, me, &rules);
        let mut acted = self.inner.climb(&climb).await?;
        if let Change::Add { password, .. } | Change::Password(password) = change
            && matches!(acted.outcome, Outcome::Done | Outcome::Accepted { .. })
        {
            self.prove(name, password, &mut acted).await;
        }
        Ok(acted)
    }

    /// Gives the user that is logged in another password, as one has to who may do nothing else
    /// (DSP0266 §13.3.6.1), and proves it by a login.
    pub async fn change_own_password(&self, new: &Secret) -> Result<Acted, RedfishError> {
        let user = self.inner.credential.as_ref().map(|one| one.user.clone());
        let user = user.ok_or(RedfishError::Missing { what: "user" })?;
        let own = self.inner.held().account();
        let path = if let Some(path) = own {
            path
        } else {
            let listing = self.accounts().await?;
            let place = listing.places.into_iter().find(|place| place.account.name == user);
            place.ok_or(RedfishError::Missing { what: "account of this user" })?.path
        };
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| {
            crate::redfish::ladder::property::password(script, &path, new.reveal(), &rules)
        };
        let mut acted = self.inner.climb(&climb).await?;
        if matches!(acted.outcome, Outcome::Done | Outcome::Accepted { .. }) {
            self.prove(&user, new, &mut acted).await;
        }
        Ok(acted)
    }

    /// Logs in with a password that was set, once: a second try with a wrong one would lock.
    async fn prove(&self, name: &str, password: &Secret, acted: &mut Acted) {
        let (zh, en) = match self.opens(name, password).await {
            Ok(()) | Err(RedfishError::PasswordChange { .. }) => {
                acted.outcome = Outcome::Done;
                return;
            }
            Err(error) if error.refused() && !matches!(error, RedfishError::Forbidden { .. }) => {
                acted.outcome = Outcome::NotKept {
                    sent: "a password".to_owned(),
                    found: "a login with it is refused".to_owned(),
                };
                return;
            }
            // One that is disabled, or may not use Redfish; or no session is left.
            Err(error) => (
                format!("没能用新密码登录验证：{}", error.in_chinese()),
                format!("the new password was not proved by a login: {error}"),
            ),
        };
        acted.notes.push(Note::of(None, (zh, en)));
    }

    /// Logs in as somebody else, once, and out again.
    pub(crate) async fn opens(&self, user: &str, password: &Secret) -> Result<(), RedfishError> {
        let own = &self.inner;
        let mut options = own.options.clone();
        options.stale = None;
        let credential = Credential {
            user: user.to_owned(),
            password: Secret::new(password.reveal().to_owned()),
        };
        let edge = Arc::new(own.edge.again(own.edge.address(), &options));
        let root = (own.root.clone(), own.marks().server);
        let other = Arc::new(Inner::new(edge, (root.0, &root.1), Some(credential), options));
        let begun = session::begin(&other).await;
        session::close(&other).await;
        begun
    }
}
