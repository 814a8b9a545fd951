//! Redfish as a simulated host answers it: a request and the time in, an answer out (DSP0266).

mod account;
mod action;
mod bios;
mod certificate;
mod dump;
mod etag;
mod event;
mod interface;
mod media;
mod patch;
mod read;
mod session;
mod system;
mod update;
mod volume;

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    clock::Moment,
    host::{Host, Login, Who, below},
    knobs::Knob,
    message::{Body, Cut, Reply, Request, Response, error, missing},
    template::ROOT,
};

pub(super) use dump::Bundle;

/// An answer, or an answer that ends it: both are answers.
type Answered = Result<Response, Box<Response>>;

/// Returns an answer that ends the matter.
fn stop<T>(response: Response) -> Result<T, Box<Response>> {
    Err(Box::new(response))
}

impl Host {
    /// Answers a request.
    pub fn respond(&mut self, request: &Request, now: Moment) -> Reply {
        self.advance(now);
        self.requests = self.requests.wrapping_add(1);
        let mut reply = Reply {
            response: Response::empty(204),
            delay: Duration::from_millis(self.knob(Knob::Latency, 0).into()),
            cut: None,
            close: self.has(Knob::ConnClose),
            wait: None,
            work: Vec::new(),
        };
        let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
        if is_read {
            reply.delay += Duration::from_millis(self.knob(Knob::SlowFirstByte, 0).into());
        }
        let every = |knob| self.base.knobs.value(knob).filter(|every| *every > 0);
        // With 1 the edge does not even shake hands.
        if self.has(Knob::HungBmc) {
            reply.cut = Some(Cut::Hang);
            return reply;
        }
        if self.down_until.is_some()
            || every(Knob::Drop).is_some_and(|every| self.requests.is_multiple_of(every))
        {
            reply.cut = Some(Cut::Drop);
            return reply;
        }
        for (knob, status) in [(Knob::Busy503, 503), (Knob::Busy429, 429)] {
            if self.base.knobs.value(knob).is_some_and(|first| self.requests <= first) {
                let message = "The service is temporarily unavailable. Retry in 1 seconds.";
                reply.response = error(status, "ServiceTemporarilyUnavailable", message, &[])
                    .header("retry-after", "1");
                return reply;
            }
        }
        if is_read
            && every(Knob::TruncatedJson).is_some_and(|every| self.requests.is_multiple_of(every))
        {
            reply.cut = Some(Cut::Truncate);
        }
        if is_read && every(Knob::CutBody).is_some_and(|every| self.requests.is_multiple_of(every))
        {
            reply.cut = Some(Cut::Half);
        }
        let fetches = ["GeneralDownload", "DownloadAllLog"];
        if self.has(Knob::DumpCut) && fetches.iter().any(|end| request.path.ends_with(end)) {
            reply.cut = Some(Cut::Half);
        }
        let mut wait = None;
        let answered = self.answer(request, now, &mut wait);
        reply.response = answered.unwrap_or_else(|response| *response);
        reply.wait = wait;
        reply.work = std::mem::take(&mut self.work);
        if is_read && self.has(Knob::Html) && reply.response.status == 200 {
            let page = "<!DOCTYPE html>\n<html><head><title>BMC</title></head><body>Log in</body></html>\n";
            reply.response.body = Body::Text("text/html", page.to_owned());
        }
        reply
    }

    /// Returns what was to be done besides and was not handed out with an answer.
    pub fn take_work(&mut self) -> Vec<super::message::Work> {
        std::mem::take(&mut self.work)
    }

    fn answer(&mut self, request: &Request, now: Moment, wait: &mut Option<u64>) -> Answered {
        let path = request.path.trim_end_matches('/');
        let path = if path.is_empty() { "/" } else { path };
        let method = request.method.as_str();
        if path == "/redfish" && matches!(method, "GET" | "HEAD") {
            return Ok(Response::json(200, json!({ "v1": format!("{ROOT}/") })));
        }
        let sessions = below("SessionService/Sessions");
        let old = format!("{sessions}/Members");
        if method == "POST" && (path == sessions || path == old) && self.raw(&sessions).is_some() {
            return self.log_in(request, now);
        }
        if path == ROOT && matches!(method, "GET" | "HEAD") {
            return self.read(request, path, now);
        }
        let who = self.admit(request, now)?;
        // Such a session may change the password and end itself.
        let may = (path == who.account && matches!(method, "GET" | "PATCH" | "DELETE"))
            || (method == "DELETE" && path.starts_with(&sessions));
        if who.must_change && !may {
            let message =
                "The password provided for this account must be changed before access is granted.";
            let mut refused = error(403, "PasswordChangeRequired", message, &[]);
            if let Body::Json(body) = &mut refused.body {
                body["error"]["@Message.ExtendedInfo"][0]["MessageArgs"] = json!([who.account]);
            }
            return stop(refused);
        }
        match method {
            "GET" | "HEAD" => self.read(request, path, now),
            "PATCH" => {
                self.may(&who, path, "PATCH")?;
                self.patch(request, path, &who, now)
            }
            "POST" => {
                self.may(&who, path, "POST")?;
                self.post(request, path, now, wait)
            }
            "DELETE" => {
                self.may(&who, path, "DELETE")?;
                self.delete(path, now)
            }
            _ => stop(self.not_allowed(path)),
        }
    }

    /// Returns who asks, by token or by name and password.
    fn admit(&mut self, request: &Request, now: Moment) -> Result<Who, Box<Response>> {
        if let Some(token) = request.header("x-auth-token") {
            let token = token.to_owned();
            return match self.holder(&token, now) {
                Some(who) => Ok(who),
                None => stop(error(
                    401,
                    "NoValidSession",
                    "There is no valid session established with the implementation.",
                    &[],
                )),
            };
        }
        let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
        let Some((user, password)) = basic.and_then(session::decode) else {
            let message = "There is no valid session established with the implementation.";
            let refused = error(401, "NoValidSession", message, &[]);
            return stop(refused.header("www-authenticate", "Basic realm=\"Redfish\""));
        };
        match self.try_login(&user, &password, now) {
            Login::Right(who) => Ok(who),
            other => stop(session::refused(&other)),
        }
    }

    /// Decides whether a role may change what is there (DSP0266 §13).
    fn may(&self, who: &Who, path: &str, method: &str) -> Result<(), Box<Response>> {
        let own_session =
            method == "DELETE" && path.starts_with(&below("SessionService/Sessions/"));
        let own_account = method == "PATCH" && path == who.account;
        let accounts = path.starts_with(&below("AccountService"));
        let manager = !self.base.manager.is_empty()
            && path.starts_with(&self.base.manager)
            && !path.contains("/VirtualMedia/");
        let services = ["UpdateService", "EventService", "CertificateService", "SessionService"];
        let services = services.iter().any(|service| path.starts_with(&below(service)));
        let allowed = match who.role.as_str() {
            "Administrator" => true,
            "Operator" => own_session || own_account || !(accounts || manager || services),
            _ => own_session || own_account,
        };
        if allowed {
            return Ok(());
        }
        let message = "There are insufficient privileges for the account to perform the request.";
        stop(error(403, "InsufficientPrivilege", message, &[]))
    }

    /// Returns the answer to a method that a resource does not take.
    fn not_allowed(&self, path: &str) -> Response {
        if self.raw(path).is_none() {
            return missing(path);
        }
        let message = "The HTTP method is not allowed on this resource.";
        error(405, "OperationNotAllowed", message, &[]).header("allow", self.allow(path))
    }

    /// Returns the methods that a resource takes.
    fn allow(&self, path: &str) -> String {
        let Some(body) = self.raw(path) else { return "GET, HEAD".to_owned() };
        let kind = kind(body);
        let mut methods = vec!["GET", "HEAD"];
        if !self.writable(path).is_empty() {
            methods.push("PATCH");
        }
        let posts = match kind {
            "SessionCollection" | "EventDestinationCollection" | "VolumeCollection" => true,
            "ManagerAccountCollection" => !self.has(Knob::UsersSlots),
            _ => false,
        };
        if posts && (self.base.made || kind != "VolumeCollection") {
            methods.push("POST");
        }
        let deletes = match kind {
            "Session" | "EventDestination" | "Volume" | "Task" => true,
            "ManagerAccount" => !self.has(Knob::UsersSlots),
            "Bios" => self.has(Knob::BiosDelete) && !path.ends_with("/Bios"),
            _ => false,
        };
        if deletes {
            methods.push("DELETE");
        }
        methods.join(", ")
    }

    fn post(
        &mut self,
        request: &Request,
        path: &str,
        now: Moment,
        wait: &mut Option<u64>,
    ) -> Answered {
        if path.contains("/Actions/") {
            return self.act(request, path, now, wait);
        }
        let service = self.raw(&below("UpdateService"));
        let pushed = |name: &str| service.is_some_and(|body| body[name] == path);
        if self.has(Knob::UpdateUpload) && path == below("UpdateService/FirmwareInventory") {
            return self.upload(request, now);
        }
        if pushed("HttpPushUri") {
            return self.push(request, now);
        }
        if pushed("MultipartHttpPushUri") {
            return self.push_multipart(request, now);
        }
        let allowed = self.allow(path).contains("POST");
        match self.raw(path).map(kind) {
            Some("ManagerAccountCollection") if allowed => self.new_account(request, path),
            Some("EventDestinationCollection") if allowed => self.subscribe(request, path),
            Some("VolumeCollection") if allowed => self.new_volume(request, path, now),
            _ => stop(self.not_allowed(path)),
        }
    }

    fn delete(&mut self, path: &str, now: Moment) -> Answered {
        let allowed = self.allow(path).contains("DELETE");
        match self.raw(path).map(kind) {
            Some("Session") if allowed => self.end_session(path),
            Some("ManagerAccount") if allowed => return self.delete_account(path),
            Some("EventDestination" | "Task") if allowed => self.remove(path),
            Some("Volume") if allowed => return Ok(self.delete_volume(path, now)),
            Some("Bios") if allowed => self.revoke_bios(path),
            _ => return stop(self.not_allowed(path)),
        }
        Ok(Response::empty(204))
    }

    /// Returns the answer to something that a task does now.
    fn accepted(&mut self, task: &str, now: Moment) -> Response {
        if self.has(Knob::Task200Success) {
            return super::message::success(200);
        }
        let mut body = self.document(task, now).unwrap_or_default();
        self.show_task(task, &mut body, now);
        if self.has(Knob::TaskIdOnly) {
            body =
                json!({ "Id": body["Id"], "Name": body["Name"], "TaskState": body["TaskState"] });
            return Response::json(202, body);
        }
        let response = Response::json(202, body);
        if self.has(Knob::TaskNoLocation) {
            return response;
        }
        response.header("location", task)
    }

    /// Returns the answer to something that was done.
    fn done(&self) -> Response {
        if self.has(Knob::Action200) { super::message::success(200) } else { Response::empty(204) }
    }
}

/// Returns the type of a document without its version: `Volume`, `VolumeCollection`.
fn kind(body: &Value) -> &str {
    let kind = body["@odata.type"].as_str().unwrap_or_default();
    kind.trim_start_matches('#').split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
