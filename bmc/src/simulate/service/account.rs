//! Accounts: made, changed, taken away; by a collection that grows, or by slots.

use serde_json::{Map, Value};

use super::{
    Answered, Host, Who,
    patch::{bad_value, lacks},
    stop,
};
use crate::simulate::{
    host::{account_document, below, set},
    knobs::Knob,
    message::{Request, Response, error},
};

impl Host {
    /// Refuses a password that the policy does not take.
    fn check_password(&self, password: &str) -> Result<(), Box<Response>> {
        let service = self.raw(&below("AccountService"));
        let number = |name: &str, usual: u64| {
            let number = service.and_then(|service| service[name].as_u64()).unwrap_or(usual);
            usize::try_from(number).unwrap_or(usize::MAX)
        };
        let (least, most) = (number("MinPasswordLength", 8), number("MaxPasswordLength", 20));
        if (least..=most).contains(&password.len()) {
            return Ok(());
        }
        let message = format!("The password has to have {least} to {most} characters.");
        stop(error(400, "PropertyValueFormatError", &message, &["Password"]))
    }

    /// Takes a new password, or only says so.
    fn take_password(&mut self, account: &str, password: &str) {
        let kept = if self.has(Knob::PasswordNotKept) { self.key() } else { password.to_owned() };
        self.new_password(account, &kept);
    }

    fn check_role(&self, role: &Value) -> Result<(), Box<Response>> {
        let name = role.as_str().unwrap_or_default();
        let there = self.raw(&below(&format!("AccountService/Roles/{name}"))).is_some();
        if there || !self.base.made { Ok(()) } else { stop(bad_value("RoleId", role)) }
    }

    pub(super) fn new_account(&mut self, request: &Request, path: &str) -> Answered {
        let sent = request.json()?;
        let text = |name: &str| sent[name].as_str().map(str::to_owned);
        let Some(user) = text("UserName").filter(|user| !user.is_empty()) else {
            return stop(lacks("UserName"));
        };
        let Some(password) = text("Password") else { return stop(lacks("Password")) };
        let Some(role) = text("RoleId") else { return stop(lacks("RoleId")) };
        self.check_role(&sent["RoleId"])?;
        self.check_password(&password)?;
        if self.account_of(&user).is_some() {
            let message = format!(
                "The resource with the property UserName with the value {user} already exists."
            );
            return stop(error(409, "ResourceAlreadyExists", &message, &["UserName"]));
        }
        let wanted = match &sent["Id"] {
            Value::String(id) => id.parse().ok(),
            id => id.as_u64(),
        };
        let free = wanted.filter(|id| self.raw(&format!("{path}/{id}")).is_none());
        let id = free.unwrap_or_else(|| self.free_id(path));
        let account = format!("{path}/{id}");
        let mut body = account_document(&id.to_string(), &user, &role);
        if sent["Enabled"].is_boolean() {
            set(&mut body, &["Enabled"], sent["Enabled"].clone());
        }
        self.put(account.clone(), body);
        self.take_password(&account, &password);
        let mut shown = self.raw(&account).cloned().unwrap_or_default();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("@w");
        }
        Ok(Response::json(201, shown).header("location", account))
    }

    pub(super) fn patch_account(
        &mut self,
        path: &str,
        sent: &Map<String, Value>,
        who: &Who,
    ) -> Result<(), Box<Response>> {
        let text = |name: &str| sent.get(name).and_then(Value::as_str);
        // Of one's own account only the password, unless one administers.
        if who.role != "Administrator" && sent.keys().any(|name| name != "Password") {
            let message =
                "There are insufficient privileges for the account to perform the request.";
            return stop(error(403, "InsufficientPrivilege", message, &[]));
        }
        if let Some(user) = text("UserName")
            && let Some(other) = self.account_of(user)
            && other != path
        {
            let message = format!(
                "The resource with the property UserName with the value {user} already exists."
            );
            return stop(error(409, "ResourceAlreadyExists", &message, &["UserName"]));
        }
        // A slot is emptied by an empty name.
        let empties = text("UserName") == Some("");
        if let Some(role) = sent.get("RoleId")
            && !empties
        {
            self.check_role(role)?;
        }
        if let Some(password) = text("Password").filter(|_| !empties) {
            self.check_password(password)?;
            self.take_password(path, password);
        }
        if empties {
            self.forget_account(path);
        }
        if sent.get("Locked").is_some_and(|locked| *locked == false) {
            self.unlock(path);
        }
        let mut kept = sent.clone();
        kept.remove("Password");
        kept.remove("Locked");
        if let Some(role) = text("RoleId") {
            let link = below(&format!("AccountService/Roles/{role}"));
            if let Some(body) = self.edit(path) {
                set(body, &["Links", "Role", "@odata.id"], link.into());
            }
        }
        self.keep(path, &kept);
        Ok(())
    }

    pub(super) fn delete_account(&mut self, path: &str) -> Answered {
        let administers = |path: &String| {
            self.raw(path)
                .is_some_and(|body| body["RoleId"] == "Administrator" && body["Enabled"] == true)
        };
        let accounts = self.children(&below("AccountService/Accounts"));
        let others = accounts.iter().filter(|account| *account != path).any(administers);
        if !others && !self.has(Knob::UsersSlots) {
            let message = "The last account that administers cannot be removed.";
            return stop(error(400, "ResourceCannotBeDeleted", message, &[]));
        }
        self.forget_account(path);
        self.remove(path);
        Ok(Response::empty(204))
    }
}
