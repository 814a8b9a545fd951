//! Logging in, with a session or with each request.

use base64::{Engine as _, prelude::BASE64_STANDARD as STANDARD};
use serde_json::json;

use super::{Answered, stop};
use crate::simulate::{
    clock::Moment,
    host::{Host, Login, set},
    knobs::Knob,
    message::{Body, Request, Response, error},
};

impl Host {
    pub(super) fn log_in(&mut self, request: &Request, now: Moment) -> Answered {
        let body = request.json()?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let (Some(user), Some(password)) = (text("UserName"), text("Password")) else {
            let message = "The property UserName or Password is required and was not included.";
            return stop(error(400, "PropertyMissing", message, &["UserName", "Password"]));
        };
        let namespace = self.base.namespace.clone();
        if self.has(Knob::SessionDomain) && !body["Oem"][&namespace]["Domain"].is_string() {
            let message =
                "The property Domain is required and was not included in the request body.";
            let related = format!("Oem/{namespace}/Domain");
            return stop(error(400, "PropertyMissing", message, &[&related]));
        }
        let who = match self.try_login(&user, &password, now) {
            Login::Right(who) => who,
            other => {
                self.audit("Warning", &format!("A login of {user} was refused"), now);
                return stop(refused(&other));
            }
        };
        let Some((path, token)) = self.open_session(&who, now) else {
            let message = "The session establishment failed due to the number of simultaneous sessions exceeding the limit of the implementation.";
            return stop(
                error(503, "SessionLimitExceeded", message, &[]).header("retry-after", "30"),
            );
        };
        let mut document = self.document(&path, now).unwrap_or_default();
        if who.must_change {
            let message =
                "The password provided for this account must be changed before access is granted.";
            let told = error(201, "PasswordChangeRequired", message, &[]);
            if let Body::Json(told) = told.body {
                let info = told["error"]["@Message.ExtendedInfo"].clone();
                set(&mut document, &["@Message.ExtendedInfo"], info);
                let account = json!([who.account]);
                document["@Message.ExtendedInfo"][0]["MessageArgs"] = account;
            }
        }
        if self.has(Knob::SessionTokenInBody) {
            set(&mut document, &["Oem", &namespace, "X-Auth-Token"], token.into());
            return Ok(Response::json(201, document));
        }
        // As XF reads it: the only key of the login's `Oem` is the family.
        if self.has(Knob::SessionDomain) {
            set(&mut document, &["Oem", &namespace, "Domain"], "LocaliBMC".into());
        }
        let response = Response::json(201, document);
        Ok(response.header("x-auth-token", token).header("location", path))
    }
}

/// Returns how a wrong login is answered: the same whether the name or the password is wrong.
pub(super) fn refused(login: &Login) -> Response {
    if *login == Login::Locked {
        let message = "The account is locked out; try again later.";
        error(401, "AccountLocked", message, &[])
    } else {
        let message = "While attempting to establish a connection to the service, the provided credentials were denied.";
        error(401, "ResourceAtUriUnauthorized", message, &[])
    }
}

/// Reads the credentials of Basic (RFC 7617): base64 of name, colon, password.
pub(super) fn decode(text: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
