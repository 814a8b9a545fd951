//! Accounts and sessions: who may do what, and who has tried too often.

use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Host, below, set};
use crate::{
    audit::defaults,
    credential::Secret,
    simulate::{clock::Moment, knobs::Knob},
};

/// An account, besides its document.
pub(super) struct Account {
    password: String,
    failures: u32,
    last_failure: Duration,
    locked_until: Option<Duration>,
    /// The password is to be changed first.
    change: bool,
}

/// A session, besides its document.
pub(super) struct Session {
    pub(super) path: String,
    token: String,
    account: String,
    last: Duration,
    uses: u32,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulate) struct Who {
    /// The path of the account.
    pub(in crate::simulate) account: String,
    /// Its role.
    pub(in crate::simulate) role: String,
    /// The password is to be changed before anything else.
    pub(in crate::simulate) must_change: bool,
}

/// What became of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulate) enum Login {
    /// It is right.
    Right(Who),
    /// The name or the password is wrong.
    Wrong,
    /// The account is locked.
    Locked,
    /// The account is turned off.
    Disabled,
}

impl Host {
    pub(super) fn first_account(&mut self, password: &str) {
        let makes = [self.base.make.clone()];
        let factory = defaults::of(&makes).next().filter(|_| self.has(Knob::Factory));
        if let Some(factory) = factory {
            factory.user.clone_into(&mut self.identity.user);
        }
        let password =
            factory.map_or_else(|| Secret::new(password.to_owned()), defaults::Default::password);
        let password = password.reveal();
        let user = self.identity.user.clone();
        let accounts = below("AccountService/Accounts");
        // A recorded tree may have the name already, in its own place.
        let there = self.children(&accounts).into_iter();
        let mut there =
            there.filter(|path| self.raw(path).is_some_and(|one| one["UserName"] == *user));
        let path = there.next();
        let path = path.unwrap_or_else(|| {
            let id = self.free_id(&accounts);
            let path = format!("{accounts}/{id}");
            self.put(path.clone(), account_document(&id.to_string(), &user, "Administrator"));
            path
        });
        let slots = self.base.knobs.value(Knob::UsersSlots).unwrap_or(0);
        for slot in 2..=slots {
            let mut body = account_document(&slot.to_string(), "", "");
            set(&mut body, &["Enabled"], false.into());
            self.put(format!("{accounts}/{slot}"), body);
        }
        let change = self.has(Knob::PasswordChange) || self.has(Knob::Factory);
        self.new_password(&path, password);
        if let Some(account) = self.accounts.get_mut(&path) {
            account.change = change;
        }
        if change && let Some(body) = self.edit(&path) {
            set(body, &["PasswordChangeRequired"], true.into());
        }
    }

    /// Gives an account another password.
    pub(in crate::simulate) fn new_password(&mut self, path: &str, password: &str) {
        let account = Account {
            password: password.to_owned(),
            failures: 0,
            last_failure: Duration::ZERO,
            locked_until: None,
            change: false,
        };
        self.accounts.insert(path.to_owned(), account);
        if let Some(body) = self.edit(path)
            && body.get("PasswordChangeRequired").is_some()
        {
            set(body, &["PasswordChangeRequired"], false.into());
        }
    }

    /// Returns the path of the account of that name.
    pub(in crate::simulate) fn account_of(&self, user: &str) -> Option<String> {
        let mut all = self.accounts.keys();
        let named = |path: &&String| {
            !user.is_empty() && self.raw(path).is_some_and(|body| body["UserName"] == user)
        };
        all.find(named).cloned()
    }

    /// Returns the password of an account, to what proves that it is known (RAKP).
    pub(in crate::simulate) fn password_of(&self, account: &str) -> Option<&str> {
        self.accounts.get(account).map(|account| account.password.as_str())
    }

    fn setting(&self, name: &str, usual: u64) -> u64 {
        let service = self.raw(&below("AccountService"));
        service.and_then(|service| service[name].as_u64()).unwrap_or(usual)
    }

    /// Tries a name and a password.
    pub(in crate::simulate) fn try_login(
        &mut self,
        user: &str,
        password: &str,
        now: Moment,
    ) -> Login {
        let Some(path) = self.account_of(user) else { return Login::Wrong };
        // By their digests, so that the time tells nothing.
        let known = self.password_of(&path).unwrap_or_default();
        let right = Sha256::digest(known) == Sha256::digest(password);
        self.tried(&path, right, now)
    }

    /// Counts a try that was right or wrong, and locks the account after too many.
    pub(in crate::simulate) fn tried(&mut self, path: &str, right: bool, now: Moment) -> Login {
        let threshold = self.setting("AccountLockoutThreshold", 5);
        let duration = Duration::from_secs(self.setting("AccountLockoutDuration", 300));
        let forget = Duration::from_secs(self.setting("AccountLockoutCounterResetAfter", 300));
        let Some(account) = self.accounts.get_mut(path) else { return Login::Wrong };
        if account.locked_until.is_some_and(|until| until <= now.elapsed) {
            account.locked_until = None;
            account.failures = 0;
        }
        if account.locked_until.is_some() {
            return Login::Locked;
        }
        if right {
            account.failures = 0;
            let must_change = account.change;
            let body = self.raw(path).cloned().unwrap_or_default();
            if body["Enabled"] == false {
                return Login::Disabled;
            }
            self.set_locked(path, false);
            let role = body["RoleId"].as_str().unwrap_or("Administrator").to_owned();
            return Login::Right(Who { account: path.to_owned(), role, must_change });
        }
        if now.elapsed.saturating_sub(account.last_failure) > forget {
            account.failures = 0;
        }
        account.failures += 1;
        account.last_failure = now.elapsed;
        let locks = threshold > 0 && u64::from(account.failures) >= threshold;
        if locks {
            account.locked_until = Some(now.elapsed + duration);
        }
        if locks {
            self.set_locked(path, true);
            let name = self.raw(path).and_then(|body| body["UserName"].as_str().map(str::to_owned));
            let name = name.unwrap_or_default();
            self.audit("Warning", &format!("Account {name} is locked"), now);
        }
        Login::Wrong
    }

    fn set_locked(&mut self, path: &str, locked: bool) {
        let is = self.raw(path).is_some_and(|body| body["Locked"] == true);
        if is != locked
            && let Some(body) = self.edit(path)
        {
            set(body, &["Locked"], locked.into());
        }
    }

    /// Unlocks an account, as an administrator does.
    pub(in crate::simulate) fn unlock(&mut self, path: &str) {
        if let Some(account) = self.accounts.get_mut(path) {
            account.locked_until = None;
            account.failures = 0;
        }
        self.set_locked(path, false);
    }

    /// Takes an account away, with its sessions.
    pub(in crate::simulate) fn forget_account(&mut self, path: &str) {
        self.accounts.remove(path);
        let of: Vec<String> = self
            .sessions
            .iter()
            .filter(|session| session.account == path)
            .map(|session| session.path.clone())
            .collect();
        for session in &of {
            self.end_session(session);
        }
    }

    /// Opens a session; returns its path and token, or `None` where no more are had.
    pub(in crate::simulate) fn open_session(
        &mut self,
        who: &Who,
        now: Moment,
    ) -> Option<(String, String)> {
        self.end_idle(now);
        let limit = self.knob(Knob::SessionLimit, 16);
        let count = u32::try_from(self.sessions.len()).unwrap_or(u32::MAX);
        if self.has(Knob::SessionFull) || count >= limit {
            return None;
        }
        let sessions = below("SessionService/Sessions");
        let token = self.key();
        let id = self.free_id(&sessions);
        let path = format!("{sessions}/{id}");
        let name = self.raw(&who.account).map(|body| body["UserName"].clone());
        let body = json!({ "@odata.type": "#Session.v1_6_0.Session", "Id": id.to_string(),
            "Name": "Session", "UserName": name.unwrap_or_default(),
            "CreatedTime": crate::simulate::clock::date(self.unix(now)),
            "SessionType": "Redfish" });
        self.put(path.clone(), body);
        self.sessions.push(Session {
            path: path.clone(),
            token: token.clone(),
            account: who.account.clone(),
            last: now.elapsed,
            uses: 0,
        });
        Some((path, token))
    }

    /// Returns who has that token, and counts its use.
    pub(in crate::simulate) fn holder(&mut self, token: &str, now: Moment) -> Option<Who> {
        self.end_idle(now);
        let lost = self.base.knobs.value(Knob::SessionLost);
        let session = self.sessions.iter_mut().find(|session| session.token == token)?;
        session.last = now.elapsed;
        session.uses += 1;
        let (path, account) = (session.path.clone(), session.account.clone());
        if lost.is_some_and(|most| session.uses > most) {
            self.end_session(&path);
            return None;
        }
        let must_change = self.accounts.get(&account)?.change;
        let role = self.raw(&account)?["RoleId"].as_str().unwrap_or("Administrator").to_owned();
        Some(Who { account, role, must_change })
    }

    /// Ends a session, if it is one.
    pub(in crate::simulate) fn end_session(&mut self, path: &str) {
        self.sessions.retain(|session| session.path != path);
        self.remove(path);
    }

    /// Returns how many sessions are open.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn end_idle(&mut self, now: Moment) {
        let service = self.raw(&below("SessionService"));
        let timeout = service.and_then(|service| service["SessionTimeout"].as_u64());
        let timeout = Duration::from_secs(timeout.unwrap_or(1800));
        let idle = |session: &&Session| now.elapsed.saturating_sub(session.last) > timeout;
        let idle: Vec<String> =
            self.sessions.iter().filter(idle).map(|session| session.path.clone()).collect();
        for path in &idle {
            self.end_session(path);
        }
    }
}

/// Returns the document of an account.
pub(in crate::simulate) fn account_document(id: &str, user: &str, role: &str) -> serde_json::Value {
    json!({ "@odata.type": "#ManagerAccount.v1_10_0.ManagerAccount", "Id": id,
        "Name": "User account", "UserName": user, "Password": null, "RoleId": role,
        "Enabled": true, "Locked": false, "AccountTypes": ["Redfish", "IPMI"],
        "Links": { "Role": { "@odata.id": below(&format!("AccountService/Roles/{role}")) } },
        "@w": ["UserName", "Password", "RoleId", "Enabled", "Locked"] })
}
