//! Users: listed, made, changed and taken away (DSP0266 §13.4, `AccountService`, `ManagerAccount`).
//!
//! Services have either a collection that grows, where users are posted and deleted, or a number of
//! slots that are there from the start, where a user is made by naming an empty one and taken away
//! by emptying its name. Each way is tried where the other is refused. What is written is read back;
//! a password is shown by nobody, so the client logs in with it once.

use serde_json::{Value, json};

use super::{
    etag,
    message::Said,
    place::{children, link},
    script::{Method, Refusal, Reply, Request, Script, Told, Verdict},
    task,
};
use crate::{
    dialect::Rules,
    operation::{
        Outcome,
        account::{Account, Change, Role, objection},
    },
};

/// The step of slots that are named and emptied.
const SLOTS: &str = "users-slots";

/// A place of a user: its path, and who is there; a slot without a name is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its path.
    pub path: String,
    /// Who is there.
    pub account: Account,
}

/// The users of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The path of the collection.
    pub collection: String,
    /// All places, empty slots too.
    pub places: Vec<Place>,
    /// Places that could not be read.
    pub unread: Vec<String>,
    /// The fewest and the most bytes of a password, where the service tells.
    pub length: (Option<u64>, Option<u64>),
    roles: Option<String>,
    grows: Option<bool>,
}

impl Listing {
    /// Returns the users.
    pub fn accounts(&self) -> Vec<Account> {
        let named = self.places.iter().filter(|place| !place.account.name.is_empty());
        named.map(|place| place.account.clone()).collect()
    }

    fn of(&self, name: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.account.name == name)
    }
}

/// Lists the users of the service at `service`.
pub fn list(script: &mut Script<'_>, service: &str) -> Told<Result<Listing, Refusal>> {
    let reply = script.get(service)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, service, reply)));
    }
    let body = reply.json();
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let collection = link(body, "/Accounts").unwrap_or_else(|| format!("{service}/Accounts"));
    let mut listing = Listing {
        length: (number("MinPasswordLength"), number("MaxPasswordLength")),
        roles: link(body, "/Roles"),
        ..Listing::default()
    };
    let reply = script.get(&collection)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, &collection, reply)));
    }
    listing.grows = reply.header("allow").map(|allow| allow.to_ascii_uppercase().contains("POST"));
    for path in children(reply.json()) {
        let reply = script.get(&path)?;
        if !reply.is_good() || !reply.json().is_object() {
            // A slot that was never used, on some.
            listing.unread.push(path);
            continue;
        }
        listing.places.push(Place { account: account(reply.json(), &path), path });
    }
    listing.collection = collection;
    Ok(Ok(listing))
}

fn account(body: &Value, path: &str) -> Account {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |name: &str| body.get(name).and_then(Value::as_bool);
    let role = match text("RoleId") {
        // Old ones have the link alone.
        word if word.is_empty() => {
            let link = link(body, "/Links/Role").unwrap_or_default();
            link.rsplit('/').next().unwrap_or_default().to_owned()
        }
        word => word,
    };
    let id = match text("Id") {
        id if id.is_empty() => path.rsplit('/').next().unwrap_or_default().to_owned(),
        id => id,
    };
    Account {
        id,
        name: text("UserName"),
        role: Role::of(&role),
        role_word: role,
        enabled: flag("Enabled"),
        locked: flag("Locked"),
        must_change: flag("PasswordChangeRequired"),
    }
}

/// Changes the user of that name. `me` is the one that is logged in.
pub fn change(
    script: &mut Script<'_>,
    service: &str,
    name: &str,
    change: &Change<'_>,
    me: Option<&str>,
    rules: &Rules,
) -> Told<Verdict> {
    let listing = match list(script, service)? {
        Ok(listing) => listing,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(why) = objection(&listing.accounts(), name, change, me)
        .or_else(|| unfit_password(&listing, change))
    {
        return Ok(Ok(Outcome::Refused { why }));
    }
    let meant = listing.of(name).map(|place| place.path.clone());
    match (change, meant) {
        (Change::Add { role, password }, _) => {
            let word = match role_word(script, &listing, *role)? {
                Ok(word) => word,
                Err(outcome) => return Ok(Ok(outcome)),
            };
            let new = New { name, word: &word, password: password.reveal() };
            let verdict = add(script, service, &listing, &new, rules)?;
            Ok(verdict.map_err(|refusal| without(refusal, password.reveal())))
        }
        (Change::Password(password), Some(path)) => {
            super::property::password(script, &path, password.reveal(), rules)
        }
        (Change::Role(role), Some(path)) => {
            let word = match role_word(script, &listing, *role)? {
                Ok(word) => word,
                Err(outcome) => return Ok(Ok(outcome)),
            };
            super::property::set(script, &path, "RoleId", &Value::from(word), rules)
        }
        (Change::Enable(on), Some(path)) => {
            super::property::set(script, &path, "Enabled", &Value::from(*on), rules)
        }
        (Change::Remove, Some(path)) => remove(script, service, name, &path, rules),
        // An objection was made above.
        (_, None) => Ok(Ok(Outcome::Accepted { task: None })),
    }
}

fn without(mut refusal: Refusal, secret: &str) -> Refusal {
    refusal.said.forget(secret);
    refusal
}

/// Returns why a password is none that the service takes.
fn unfit_password(listing: &Listing, change: &Change<'_>) -> Option<(String, String)> {
    let (Change::Add { password, .. } | Change::Password(password)) = change else { return None };
    let length = u64::try_from(password.reveal().len()).unwrap_or(u64::MAX);
    let (least, most) = listing.length;
    let least = least.filter(|least| length < *least);
    // A maximum of 0 is of a service that does not tell.
    let most = most.filter(|most| *most > 0 && length > *most);
    match (least, most) {
        (Some(least), _) => Some((
            format!("密码有 {length} 字节，BMC 要求至少 {least}"),
            format!("the password has {length} bytes, and the BMC wants at least {least}"),
        )),
        (_, Some(most)) => Some((
            format!("密码有 {length} 字节，BMC 最多 {most}"),
            format!("the password has {length} bytes, and the BMC takes {most} at most"),
        )),
        (None, None) => None,
    }
}

/// Returns the BMC's own word for a role, by the roles that it lists; the standard's where it lists
/// none.
fn role_word(
    script: &mut Script<'_>,
    listing: &Listing,
    role: Role,
) -> Told<Result<String, Outcome>> {
    let mut listed = Vec::new();
    if let Some(roles) = &listing.roles {
        let reply = script.get(roles)?;
        for path in children(reply.json()) {
            // The last part of the path is the role's `Id` (Role, URIs).
            listed.extend(path.rsplit('/').next().map(str::to_owned));
        }
    }
    let used = listing.places.iter().map(|place| &place.account.role_word);
    let known: Vec<&String> =
        if listed.is_empty() { used.collect() } else { listed.iter().collect() };
    let found = role.words().iter().find(|word| known.iter().any(|own| own == *word));
    // Case and a blank are a make's own.
    let alike = || known.iter().find(|own| Role::of(own) == Some(role)).map(|own| own.as_str());
    if let Some(word) = found.copied().or_else(alike) {
        return Ok(Ok(word.to_owned()));
    }
    let standard = role.words().first().copied().unwrap_or_default();
    if listed.is_empty() {
        return Ok(Ok(standard.to_owned()));
    }
    let all = listed.join(", ");
    Ok(Err(Outcome::Unsupported {
        why: (
            format!("BMC 没有与“{}”相当的角色；它有：{all}", role.in_chinese()),
            format!("the BMC has no role like `{role}`; it has {all}"),
        ),
    }))
}

/// A user that is to be.
struct New<'a> {
    name: &'a str,
    word: &'a str,
    password: &'a str,
}

fn add(
    script: &mut Script<'_>,
    service: &str,
    listing: &Listing,
    new: &New<'_>,
    rules: &Rules,
) -> Told<Verdict> {
    let empty: Vec<&Place> =
        listing.places.iter().filter(|place| place.account.name.is_empty()).collect();
    // The first slot is nobody's on many (IPMI 2.0 §22.26).
    let slot = empty.iter().find(|place| place.account.id != "1").or_else(|| empty.first());
    let slot = slot.filter(|_| rules.has(SLOTS)).map(|place| place.path.clone());
    let slots_first =
        slot.is_some() && (rules.first("users") == Some(SLOTS) || listing.grows == Some(false));
    let ways = if slots_first { [true, false] } else { [false, true] };
    let mut last = None;
    for by_slot in ways {
        let (method, path, answer) = if by_slot {
            let Some(path) = &slot else { continue };
            let body = json!({ "UserName": new.name, "Password": new.password,
                "RoleId": new.word, "Enabled": true });
            (Method::Patch, path.clone(), etag::patch(script, path, &body, rules)?)
        } else {
            let body =
                json!({ "UserName": new.name, "Password": new.password, "RoleId": new.word });
            let path = listing.collection.clone();
            (Method::Post, path.clone(), script.ask(Request::post(&path, Some(body)))?)
        };
        // One whose answer was lost may have been made all the same.
        if answer.status.is_some() && task::is_failure(answer, rules) {
            let goes_on = wants_other_way(answer);
            last = Some(Refusal::of(method, &path, answer));
            if goes_on {
                continue;
            }
            break;
        }
        let lost = answer.status.is_none().then(|| Refusal::of(method, &path, answer));
        let verdict = kept(script, service, new, rules)?;
        if by_slot && matches!(verdict, Ok(Outcome::Done)) {
            script.note(
                rules.id(SLOTS),
                "用户建在空的固定槽位中",
                "the user was made in an empty slot",
            );
        }
        return Ok(match (verdict, lost) {
            (Ok(Outcome::NotKept { .. }), Some(refusal)) => Err(refusal),
            (verdict, _) => verdict,
        });
    }
    Ok(match last {
        Some(refusal) => Err(refusal),
        None => Ok(Outcome::Unsupported {
            why: (
                "BMC 没有可新建用户的位置".to_owned(),
                "the BMC has no place for another user".to_owned(),
            ),
        }),
    })
}

/// Returns whether a refusal is of the way and not of what was asked for.
fn wants_other_way(reply: &Reply) -> bool {
    if reply.is(&[404, 405, 501]) {
        return true;
    }
    let said = Said::of(reply.json());
    let of_way = ["ActionNotSupported", "OperationNotAllowed", "CreateLimitReachedForResource"];
    reply.is(&[400, 403, 409]) && of_way.iter().any(|id| said.is(id))
}

/// Looks whether a new user is there as it was asked for, and enables it where it is not.
fn kept(script: &mut Script<'_>, service: &str, new: &New<'_>, rules: &Rules) -> Told<Verdict> {
    let mut listing = match list(script, service)? {
        Ok(listing) => listing,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let not = |found: &str| {
        Ok(Ok(Outcome::NotKept {
            sent: format!("{} ({})", new.name, new.word),
            found: found.to_owned(),
        }))
    };
    let Some(place) = listing.of(new.name).cloned() else { return not("no such user") };
    if place.account.enabled == Some(false) {
        let on = super::property::set(script, &place.path, "Enabled", &json!(true), rules)?;
        if on != Ok(Outcome::Done) {
            return Ok(on);
        }
        listing = match list(script, service)? {
            Ok(listing) => listing,
            Err(refusal) => return Ok(Err(refusal)),
        };
    }
    let Some(place) = listing.of(new.name) else { return not("no such user") };
    if place.account.role_word != new.word {
        return not(&format!("{} ({})", new.name, place.account.role_word));
    }
    if place.account.must_change == Some(true) {
        script.note(
            None,
            "该用户首次登录时须修改密码",
            "the user has to change the password at the first login",
        );
    }
    Ok(Ok(Outcome::Done))
}

fn remove(
    script: &mut Script<'_>,
    service: &str,
    name: &str,
    path: &str,
    rules: &Rules,
) -> Told<Verdict> {
    let mut answer = script.ask(Request::delete(path))?;
    let mut method = Method::Delete;
    if answer.is(&[412, 428]) {
        let tag = etag::forms(script.get(path)?, rules).into_iter().find_map(|form| form.value);
        answer = script.ask(Request { if_match: tag, ..Request::delete(path) })?;
    }
    let mut by_slot = false;
    if answer.is(&[400, 404, 405, 501]) && rules.has(SLOTS) {
        // A slot stays, and nobody is in it.
        let emptied = json!({ "UserName": "", "Enabled": false });
        answer = etag::patch(script, path, &emptied, rules)?;
        (method, by_slot) = (Method::Patch, true);
    }
    if answer.status.is_some() && task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(method, path, answer)));
    }
    let listing = match list(script, service)? {
        Ok(listing) => listing,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if listing.of(name).is_some() {
        return Ok(Ok(Outcome::NotKept { sent: "-".to_owned(), found: name.to_owned() }));
    }
    if by_slot {
        script.note(rules.id(SLOTS), "固定槽位已清空", "the slot was emptied");
    }
    Ok(Ok(Outcome::Done))
}
