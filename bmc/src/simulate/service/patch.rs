//! Changing resources: what may be written, what it means, and what is kept.

use serde_json::{Map, Value};

use super::{Answered, Host, Who, kind, read::EAST_S, stop};
use crate::simulate::{
    clock::{self, Moment},
    host::{object, set},
    knobs::Knob,
    message::{Request, Response, error, missing},
};

/// Types whose resources are written in a recorded tree, and what is never written.
const WRITTEN: [&str; 9] = [
    "ComputerSystem",
    "Chassis",
    "Manager",
    "ManagerNetworkProtocol",
    "EthernetInterface",
    "AccountService",
    "SessionService",
    "ManagerAccount",
    "Drive",
];
const FIXED: [&str; 8] =
    ["Id", "Name", "Status", "Actions", "Links", "PowerState", "UUID", "SerialNumber"];

/// Refuses a property that cannot be written.
pub(super) fn not_writable(name: &str) -> Response {
    let message =
        format!("The property {name} is a read only property and cannot be assigned a value.");
    error(400, "PropertyNotWritable", &message, &[name])
}

/// Refuses a value.
pub(super) fn bad_value(name: &str, value: &Value) -> Response {
    let message = format!(
        "The value {value} for the property {name} is not in the list of acceptable values."
    );
    error(400, "PropertyValueNotInList", &message, &[name])
}

/// Asks for a property.
pub(super) fn lacks(name: &str) -> Response {
    let message =
        format!("The property {name} is a required property and must be included in the request.");
    error(400, "PropertyMissing", &message, &[name])
}

impl Host {
    /// Returns the names of the properties of a resource that may be written.
    pub(super) fn writable(&self, path: &str) -> Vec<String> {
        let Some(body) = self.raw(path) else { return Vec::new() };
        if let Some(named) = body["@w"].as_array() {
            return named.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        let settings = kind(body) == "Bios" && path != format!("{}/Bios", self.base.system);
        if self.base.made || !(settings || WRITTEN.contains(&kind(body))) {
            return Vec::new();
        }
        let names = object(body).into_iter().map(|(name, _)| name);
        names.filter(|name| !name.contains('@') && !FIXED.contains(&name.as_str())).collect()
    }

    pub(super) fn patch(
        &mut self,
        request: &Request,
        path: &str,
        who: &Who,
        now: Moment,
    ) -> Answered {
        if self.raw(path).is_none() {
            return stop(missing(path));
        }
        let writable = self.writable(path);
        if writable.is_empty() {
            return stop(self.not_allowed(path));
        }
        let tag = self.tag(path, now);
        self.match_tag(request, path, &tag)?;
        let sent = object(&request.json()?);
        let known = self.raw(path).map(object).unwrap_or_default();
        for name in sent.keys().filter(|name| !name.starts_with('@')) {
            if !known.contains_key(name) && !writable.contains(name) {
                let message = format!(
                    "The property {name} is not in the list of valid properties for the resource."
                );
                return stop(error(400, "PropertyUnknown", &message, &[name]));
            }
            if !writable.contains(name) {
                return stop(not_writable(name));
            }
        }
        match known["@odata.type"]
            .as_str()
            .map(|_| kind(&known.clone().into()).to_owned())
            .as_deref()
        {
            Some("VirtualMedia") if !sent.contains_key("VerifyCertificate") => {
                return self.patch_medium(path, &sent, now);
            }
            Some("ManagerAccount") => self.patch_account(path, &sent, who)?,
            Some("Bios") => self.patch_bios(path, &sent)?,
            Some("EthernetInterface") if self.base.made && path.starts_with(&self.base.manager) => {
                self.patch_interface(path, sent)?;
            }
            Some("Manager") => self.patch_clock(path, sent, now)?,
            Some("ComputerSystem" | "Chassis") => self.patch_system(path, sent)?,
            _ => self.keep(path, &sent),
        }
        if self.has(Knob::Action200) {
            return Ok(crate::simulate::message::success(200));
        }
        Ok(Response::json(200, self.seen(path, now).unwrap_or_default()))
    }

    /// Keeps what was sent.
    pub(super) fn keep(&mut self, path: &str, sent: &Map<String, Value>) {
        let Some(body) = self.edit(path) else { return };
        for (name, value) in sent.iter().filter(|(name, _)| !name.starts_with('@')) {
            match value {
                // Objects are merged, property by property.
                Value::Object(fields) if body[name].is_object() => {
                    for (field, value) in fields {
                        set(body, &[name, field], value.clone());
                    }
                }
                value => set(body, &[name], value.clone()),
            }
        }
    }

    fn patch_clock(
        &mut self,
        path: &str,
        mut sent: Map<String, Value>,
        now: Moment,
    ) -> Result<(), Box<Response>> {
        if let Some(date) = sent.remove("DateTime") {
            let Some(wanted) = date.as_str().and_then(clock::seconds) else {
                return stop(bad_value("DateTime", &date));
            };
            let named = self.has(Knob::TimeZoneName);
            if named && date.as_str().is_some_and(|text| text.contains(['Z', '+'])) {
                return stop(bad_value("DateTime", &date));
            }
            let wanted = if named { wanted.saturating_sub(EAST_S) } else { wanted };
            let off = i128::from(wanted) - i128::from(now.unix.as_secs());
            if !self.has(Knob::TimeNotKept) {
                self.clock_off = i64::try_from(off).unwrap_or_default();
            }
            if !self.base.made {
                let mut kept = Map::new();
                kept.insert("DateTime".to_owned(), date);
                self.keep(path, &kept);
            }
        }
        self.keep(path, &sent);
        Ok(())
    }
}
