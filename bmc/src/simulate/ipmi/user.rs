//! Users (§22.26 to §22.31): the accounts that Redfish shows.

use super::{Answer, BAD_FIELD, NO_COMMAND, OK, TOO_SHORT};
use crate::{
    ipmi::privilege::Privilege,
    simulate::{
        host::{Host, account_document, below, set},
        knobs::Knob,
    },
};

/// Users that there may be, with the first that has no name.
const MOST: u8 = 16;

/// An account as IPMI has it.
pub(super) struct User {
    /// Its number, from 2: 1 is nobody's.
    pub(super) number: u8,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) most: Privilege,
    /// It is enabled, and not locked.
    pub(super) usable: bool,
}

/// Returns the accounts.
pub(super) fn accounts(host: &Host) -> Vec<User> {
    let all = host.children(&below("AccountService/Accounts")).into_iter();
    let user = |(number, path): (u8, String)| {
        let body = host.raw(&path)?;
        let most = match body["RoleId"].as_str() {
            Some("Administrator") => Privilege::Administrator,
            Some("Operator") => Privilege::Operator,
            _ => Privilege::User,
        };
        let name = body["UserName"].as_str().unwrap_or_default().to_owned();
        let usable = body["Enabled"] != false && body["Locked"] != true && !name.is_empty();
        Some(User { number, path, name, most, usable })
    };
    (2..=MOST).zip(all).filter_map(user).collect()
}

/// Returns the role that a privilege is.
fn role(code: u8) -> Option<&'static str> {
    Some(match Privilege::of(code)? {
        Privilege::Administrator | Privilege::Oem => "Administrator",
        Privilege::Operator => "Operator",
        Privilege::User | Privilege::Callback => "ReadOnly",
    })
}

pub(super) fn answer(host: &mut Host, command: u8, data: &[u8]) -> Answer {
    let all = accounts(host);
    let of = |number: u8| all.iter().find(|user| user.number == number & 0x3f);
    match (command, data) {
        // Set User Access: channel, user, privilege.
        (0x43, [_, number, limit, ..]) => {
            let Some(user) = of(*number) else { return (BAD_FIELD, Vec::new()) };
            // No access is a user who is not enabled.
            let none = limit & 0x0f == 0x0f;
            let role = role(*limit);
            let Some(body) = host.edit(&user.path) else { return (BAD_FIELD, Vec::new()) };
            if none {
                set(body, &["Enabled"], false.into());
            } else if let Some(role) = role {
                set(body, &["RoleId"], role.into());
            } else {
                return (BAD_FIELD, Vec::new());
            }
            (OK, Vec::new())
        }
        (0x44, [_, number, ..]) => {
            if !(1..=MOST).contains(&(number & 0x3f)) {
                return (BAD_FIELD, Vec::new());
            }
            let enabled = all.iter().filter(|user| user.usable).count();
            let enabled = u8::try_from(enabled).unwrap_or(MOST);
            let (status, access) = match of(*number) {
                // Messages over IPMI, and authentication of the link.
                Some(user) if user.usable => (0x40, 0x30 | user.most.code()),
                Some(user) => (0x80, user.most.code()),
                None => (0x80, 0x0f),
            };
            (OK, vec![MOST, status | enabled, 1, access])
        }
        (0x45, [number, name @ ..]) => new_name(host, of(*number), *number, name),
        (0x46, [number, ..]) => {
            if !(1..=MOST).contains(&(number & 0x3f)) {
                return (BAD_FIELD, Vec::new());
            }
            let name = of(*number).map_or("", |user| &user.name);
            let mut name: Vec<u8> = name.bytes().take(16).collect();
            name.resize(16, 0);
            (OK, name)
        }
        (0x47, [number, operation, password @ ..]) => {
            let Some(user) = of(*number) else { return (BAD_FIELD, Vec::new()) };
            let length = if number & 0x80 == 0 { 16 } else { 20 };
            secret(host, &user.path, length, *operation, password)
        }
        (0x43..=0x47, _) => (TOO_SHORT, Vec::new()),
        _ => (NO_COMMAND, Vec::new()),
    }
}

/// Set User Name; one that is not there yet is made where users grow.
fn new_name(host: &mut Host, user: Option<&User>, number: u8, name: &[u8]) -> Answer {
    let text = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let Ok(text) = str::from_utf8(text) else { return (BAD_FIELD, Vec::new()) };
    if name.len() > 16 || host.account_of(text).is_some() {
        return (BAD_FIELD, Vec::new());
    }
    let path = match user {
        Some(user) => user.path.clone(),
        // The next that is free; Redfish numbers from 1.
        None if (2..=MOST).contains(&number) && !host.has(Knob::UsersSlots) => {
            let path = below(&format!("AccountService/Accounts/{}", number - 1));
            let mut body = account_document(&(number - 1).to_string(), text, "ReadOnly");
            set(&mut body, &["Enabled"], false.into());
            host.put(path.clone(), body);
            path
        }
        None => return (BAD_FIELD, Vec::new()),
    };
    if let Some(body) = host.edit(&path) {
        set(body, &["UserName"], text.into());
    }
    (OK, Vec::new())
}

/// Set User Password: enable, disable, set, test.
fn secret(host: &mut Host, path: &str, length: usize, operation: u8, password: &[u8]) -> Answer {
    let text = password.split(|byte| *byte == 0).next().unwrap_or_default();
    match operation & 3 {
        0 | 1 => {
            if let Some(body) = host.edit(path) {
                set(body, &["Enabled"], (operation & 3 == 1).into());
            }
            (OK, Vec::new())
        }
        _ if password.len() != length => (TOO_SHORT, Vec::new()),
        2 => match str::from_utf8(text) {
            Ok(text) if !text.is_empty() => {
                host.new_password(path, text);
                (OK, Vec::new())
            }
            _ => (BAD_FIELD, Vec::new()),
        },
        // Test Password.
        _ => {
            let same = host.password_of(path).is_some_and(|known| known.as_bytes() == text);
            (if same { OK } else { 0x80 }, Vec::new())
        }
    }
}
