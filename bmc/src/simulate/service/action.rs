//! Actions: found where they are advertised, and checked by what is said of their parameters.

use serde_json::{Map, Value};

use super::{Answered, Host, stop};
use crate::simulate::{
    clock::Moment,
    host::{Finish, PowerError, object, set},
    knobs::Knob,
    message::{Request, Response, error, missing},
};

/// Returns the action of a document whose target is `path`: what is said of it.
fn advertised<'v>(value: &'v Value, path: &str) -> Option<&'v Map<String, Value>> {
    match value {
        Value::Object(fields) => {
            let target = fields.get("target").and_then(Value::as_str);
            if target.is_some_and(|target| target.trim_end_matches('/') == path) {
                return Some(fields);
            }
            fields.values().find_map(|value| advertised(value, path))
        }
        Value::Array(all) => all.iter().find_map(|value| advertised(value, path)),
        _ => None,
    }
}

/// Asks for a parameter.
pub(super) fn lacks(action: &str, name: &str) -> Response {
    let message = format!(
        "The action {action} requires that the parameter {name} be present in the request body."
    );
    error(400, "ActionParameterMissing", &message, &[name])
}

/// Refuses a parameter.
pub(super) fn unknown(action: &str, name: &str) -> Response {
    let message = format!("The action {action} was submitted with the invalid parameter {name}.");
    error(400, "ActionParameterUnknown", &message, &[name])
}

/// Refuses the value of a parameter.
pub(super) fn bad(action: &str, name: &str, value: &Value) -> Response {
    let message = format!(
        "The value {value} for the parameter {name} in the action {action} is not in the list of acceptable values."
    );
    error(400, "ActionParameterValueNotInList", &message, &[name])
}

impl Host {
    pub(super) fn act(
        &mut self,
        request: &Request,
        path: &str,
        now: Moment,
        wait: &mut Option<u64>,
    ) -> Answered {
        let (place, action) = path.split_once("/Actions/").unwrap_or((path, ""));
        let action = action.rsplit('/').next().unwrap_or_default().to_owned();
        // Own actions may have their name's space before `Actions`.
        let place = place.split_once("/Oem/").map_or(place, |(place, _)| place).to_owned();
        let sent = self.parameters(request, path, &place, &action)?;
        let word = |name: &str| sent.get(name).and_then(Value::as_str).map(str::to_owned);
        match action.as_str() {
            "ComputerSystem.Reset" | "Chassis.Reset" => {
                let kind = word("ResetType").ok_or_else(|| lacks(&action, "ResetType"))?;
                let system =
                    if action == "Chassis.Reset" { self.base.system.clone() } else { place };
                self.power_action(&system, &action, "ResetType", &kind, now)
            }
            "ComputerSystem.FruControl" => {
                let kind =
                    word("FruControlType").ok_or_else(|| lacks(&action, "FruControlType"))?;
                self.power_action(&place, &action, "FruControlType", &kind, now)
            }
            "Manager.Reset" => {
                self.audit("OK", "The BMC restarts", now);
                self.restart(now);
                Ok(self.done())
            }
            "EventService.SubmitTestEvent" => {
                let id = word("MessageId").ok_or_else(|| lacks(&action, "MessageId"))?;
                let message = word("Message").unwrap_or_else(|| format!("Test of {id}"));
                let severity = word("MessageSeverity").or_else(|| word("Severity"));
                self.test_event(severity.as_deref().unwrap_or("OK"), &message, &id, now);
                Ok(self.done())
            }
            "LogService.ClearLog" => {
                self.clear(&place);
                Ok(self.done())
            }
            "VirtualMedia.InsertMedia" => self.insert_medium(&place, &sent, now, wait),
            "VirtualMedia.EjectMedia" => self.eject_medium(&place, now),
            "VirtualMedia.VmmControl" => self.vmm(&place, &sent, now),
            "AMIVirtualMedia.EnableRMedia" => {
                let state = word("RMediaState").ok_or_else(|| lacks(&action, "RMediaState"))?;
                if state == "Enable" {
                    self.enable_remote_media(now);
                }
                // As AMI has it: an error that is none.
                Ok(crate::simulate::message::success(200))
            }
            "Bios.ResetBios" => Ok(self.reset_bios(&place)),
            "Manager.Dump" => self.dump(&sent, now),
            "CollectAllLog" => Ok(self.collect_all(now)),
            "LogServices.Dump" => self.dump_all(&sent, now),
            "Manager.GeneralDownload" | "DownloadAllLog" => self.download(&action, &sent),
            "Settings.Revoke" => {
                self.revoke_bios(&place);
                Ok(self.done())
            }
            "UpdateService.SimpleUpdate" => self.simple_update(&sent, now),
            "Volume.Initialize" => {
                let task = self.begin("Initialisation of a volume", Finish::Nothing, false, now);
                Ok(self.accepted(&task, now))
            }
            "HttpsCert.GenerateCSR" => self.own_request(&place, &sent),
            "HttpsCert.ImportServerCertificate" => self.own_import(&sent),
            "CertificateService.GenerateCSR" => self.request_certificate(&sent),
            "CertificateService.ReplaceCertificate" => self.replace_certificate(&sent),
            _ => {
                // A recorded tree advertises more than is simulated.
                let message = format!(
                    "The action {action} is advertised by the recorded tree and is not simulated."
                );
                stop(error(501, "ActionNotSupported", &message, &[]))
            }
        }
    }

    /// Returns what an action is sent, if it is one of that place and takes it.
    fn parameters(
        &self,
        request: &Request,
        path: &str,
        place: &str,
        action: &str,
    ) -> Result<Map<String, Value>, Box<Response>> {
        let found = self.raw(place).and_then(|body| advertised(body, path));
        // This one works all the same where it is hidden, and there alone.
        let hidden = self.has(Knob::MediaVmmHidden)
            && path == format!("{place}/Oem/{}/Actions/{}", self.base.namespace, super::media::VMM)
            && self.slots().iter().any(|slot| slot == place);
        let said = found.cloned().or_else(|| hidden.then(Map::new));
        let Some(said) = said else { return stop(missing(path)) };
        // Many actions have no parameters, and some clients then send nothing.
        let eject = action == "VirtualMedia.EjectMedia";
        let nothing = request.body.iter().all(u8::is_ascii_whitespace);
        let sent = if nothing && !(eject && self.has(Knob::EjectEmptyBody)) {
            Map::new()
        } else {
            object(&request.json()?)
        };
        for (name, value) in &sent {
            let allowed = said.get(&format!("{name}@Redfish.AllowableValues"));
            if allowed.and_then(Value::as_array).is_some_and(|all| !all.contains(value)) {
                return stop(bad(action, name, value));
            }
        }
        Ok(sent)
    }

    fn power_action(
        &mut self,
        system: &str,
        action: &str,
        parameter: &str,
        kind: &str,
        now: Moment,
    ) -> Answered {
        match self.reset(system, kind, now) {
            Ok(()) => Ok(self.done()),
            Err(PowerError::Unknown) => stop(bad(action, parameter, &kind.into())),
            Err(PowerError::State) => {
                let message = format!(
                    "The action {action} with {kind} is not possible while the power is off."
                );
                stop(error(409, "ActionNotSupported", &message, &[parameter]))
            }
        }
    }

    fn reset_bios(&mut self, bios: &str) -> Response {
        let registry = self.raw(bios).and_then(|body| body["AttributeRegistry"].as_str());
        let defaults = registry.map(|name| self.attributes(name)).unwrap_or_default();
        let link = "/@Redfish.Settings/SettingsObject/@odata.id";
        let settings = self.raw(bios).and_then(|body| body.pointer(link)?.as_str());
        let Some(settings) = settings.map(str::to_owned) else { return self.done() };
        if let Some(body) = self.edit(&settings) {
            for one in defaults {
                if let Some(name) = one["AttributeName"].as_str() {
                    set(body, &["Attributes", name], one["DefaultValue"].clone());
                }
            }
        }
        self.done()
    }
}
