//! Users by name: made, changed and taken away, each step read back (§22.26 to §22.30).
//!
//! A user of IPMI is a number with a name, a password and an access to each channel. So one is made
//! by giving a free number all of these, and taken away in the other order; a step that is refused
//! takes back what was done before it.

use super::{Client, NewAccess, PasswordForm};
use crate::{
    credential::Secret,
    ipmi::{IpmiError, command::user::User, privilege::Privilege},
    operation::{
        Outcome,
        account::{Account, Change, Role, objection},
    },
};

/// Bytes of a password that IPMI 1.5 has room for.
const SHORT: usize = 16;

impl User {
    /// Returns the user in the words that Redfish shares.
    pub fn account(&self) -> Account {
        Account {
            id: self.id.to_string(),
            name: self.name.clone(),
            role: self.privilege.map(|privilege| match privilege {
                Privilege::Administrator | Privilege::Oem => Role::Administrator,
                Privilege::Operator => Role::Operator,
                Privilege::User | Privilege::Callback => Role::ReadOnly,
            }),
            role_word: self.privilege.map(|one| one.to_string()).unwrap_or_default(),
            enabled: self.enabled,
            locked: None,
            must_change: None,
        }
    }
}

fn access(role: Role) -> NewAccess {
    let most = match role {
        Role::Administrator => Privilege::Administrator,
        Role::Operator => Privilege::Operator,
        Role::ReadOnly => Privilege::User,
    };
    NewAccess { most: Some(most), messaging: true, link: true, callback_only: false }
}

impl Client {
    /// Changes the user of that name on `channel`; `me` is the one that is logged in.
    pub async fn change_user(
        &mut self,
        channel: u8,
        name: &str,
        change: &Change<'_>,
        me: &str,
    ) -> Result<Outcome, IpmiError> {
        let users = self.users(channel).await?;
        let accounts: Vec<Account> = users.iter().map(User::account).collect();
        if let Some(why) = objection(&accounts, name, change, Some(me)) {
            return Ok(Outcome::Refused { why });
        }
        let meant = users.iter().find(|user| user.name == name).cloned();
        match (change, meant) {
            (Change::Add { role, password }, _) => {
                self.add_user(channel, &users, name, *role, password).await
            }
            (Change::Password(password), Some(user)) => self.give(user.id, password).await,
            (Change::Role(role), Some(user)) => {
                // The other bits stay as they are.
                let most = access(*role).most;
                let User { messaging, link, callback_only, .. } = user;
                let wanted = NewAccess { most, messaging, link, callback_only };
                self.set_user_access(channel, user.id, wanted).await
            }
            (Change::Enable(on), Some(user)) => self.enable_user(user.id, *on).await,
            (Change::Remove, Some(user)) => self.remove_user(channel, user.id).await,
            // An objection was made above.
            (_, None) => Ok(Outcome::Accepted { task: None }),
        }
    }

    /// Gives a user a password in the form that the BMC takes: 16 bytes where it fits, for IPMI 1.5
    /// knows no other.
    async fn give(&mut self, id: u8, password: &Secret) -> Result<Outcome, IpmiError> {
        if password.reveal().len() > SHORT {
            return self.set_password(id, password, PasswordForm::Twenty).await;
        }
        match self.set_password(id, password, PasswordForm::Sixteen).await {
            // Some take the long form alone: length, or a field of it, is wrong.
            Err(IpmiError::Refused { code: 0xc7 | 0xc8 | 0xcc, .. }) => {
                self.set_password(id, password, PasswordForm::Twenty).await
            }
            given => given,
        }
    }

    async fn add_user(
        &mut self,
        channel: u8,
        users: &[User],
        name: &str,
        role: Role,
        password: &Secret,
    ) -> Result<Outcome, IpmiError> {
        let most = self.most_users(channel).await?;
        // Many give their empty numbers an access already, and some call them enabled.
        let is_empty = |id: &u8, with_access: bool| {
            let of = users.iter().find(|user| user.id == *id);
            of.is_none_or(|user| {
                user.name.is_empty() && (with_access || user.enabled != Some(true))
            })
        };
        let free = (2..=most)
            .find(|id| is_empty(id, false))
            .or_else(|| (2..=most).find(|id| is_empty(id, true)));
        let Some(id) = free else {
            return Ok(Outcome::Unsupported {
                why: (
                    format!("{most} 个用户编号均已使用"),
                    format!("all {most} numbers of users are in use"),
                ),
            });
        };
        let named = self.set_user_name(id, name).await?;
        if named != Outcome::Done {
            return Ok(named);
        }
        let made = self.fill_user(channel, id, role, password).await;
        if !matches!(made, Ok(Outcome::Done)) {
            // Nobody is left there without a password, or with less than was asked for. What
            // cannot be taken back either is told by the step that failed first.
            drop(self.remove_user(channel, id).await);
        }
        made
    }

    async fn fill_user(
        &mut self,
        channel: u8,
        id: u8,
        role: Role,
        password: &Secret,
    ) -> Result<Outcome, IpmiError> {
        let given = self.give(id, password).await?;
        if given != Outcome::Done {
            return Ok(given);
        }
        let allowed = self.set_user_access(channel, id, access(role)).await?;
        if allowed != Outcome::Done {
            // One that reads otherwise while it is disabled is looked at again below.
            if !matches!(allowed, Outcome::NotKept { .. }) {
                return Ok(allowed);
            }
        }
        let enabled = self.enable_user(id, true).await?;
        if matches!(enabled, Outcome::Done | Outcome::Accepted { .. }) && allowed != Outcome::Done {
            return self.set_user_access(channel, id, access(role)).await;
        }
        Ok(enabled)
    }

    async fn remove_user(&mut self, channel: u8, id: u8) -> Result<Outcome, IpmiError> {
        let disabled = self.enable_user(id, false).await;
        let none = NewAccess { most: None, messaging: false, link: false, callback_only: false };
        let shut = self.set_user_access(channel, id, none).await;
        // The name goes last: what is left of it then can do nothing.
        match self.set_user_name(id, "").await {
            Ok(Outcome::Done) => Ok(Outcome::Done),
            other => {
                // Neither of the two may have been done: then it is whole.
                shut?;
                disabled?;
                let left = "a user who is disabled and without access".to_owned();
                match other {
                    Ok(_) | Err(IpmiError::Refused { .. }) => {
                        Ok(Outcome::NotKept { sent: "no user".to_owned(), found: left })
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }
}
