//! Changing a system: its LED, its asset tag, and from where it boots.

use serde_json::{Map, Value};

use super::{
    Host,
    patch::{bad_value, lacks, not_writable},
    stop,
};
use crate::simulate::{
    host::object,
    knobs::Knob,
    message::{Response, error},
};

const TARGET: &str = "BootSourceOverrideTarget";
const ENABLED: &str = "BootSourceOverrideEnabled";
const MODE: &str = "BootSourceOverrideMode";

impl Host {
    pub(super) fn patch_system(
        &mut self,
        path: &str,
        mut sent: Map<String, Value>,
    ) -> Result<(), Box<Response>> {
        if let Some(boot) = sent.remove("Boot") {
            let boot = object(&boot);
            self.check_boot(path, &boot)?;
            // Settings of a system lie right below it.
            let system = match path.strip_suffix("/Settings") {
                Some(system) if self.has(Knob::BootSettings) => system.to_owned(),
                _ => path.to_owned(),
            };
            self.set_boot(&system, &boot);
        }
        if let Some(led) = sent.get("IndicatorLED")
            && !["Lit", "Blinking", "Off"].iter().any(|word| led == word)
        {
            return stop(bad_value("IndicatorLED", led));
        }
        let lit = match (sent.get("LocationIndicatorActive"), sent.get("IndicatorLED")) {
            (Some(Value::Bool(lit)), _) => Some(*lit),
            (_, Some(led)) => Some(led != "Off"),
            _ => None,
        };
        self.keep(path, &sent);
        if let Some(lit) = lit {
            self.light(lit);
        }
        Ok(())
    }

    fn check_boot(&self, path: &str, sent: &Map<String, Value>) -> Result<(), Box<Response>> {
        let there = self.raw(path).map(|body| object(&body["Boot"])).unwrap_or_default();
        for (name, value) in sent {
            if !there.contains_key(name) || name.contains('@') {
                let message = format!(
                    "The property {name} is not in the list of valid properties for the resource."
                );
                return stop(error(400, "PropertyUnknown", &message, &[&format!("Boot/{name}")]));
            }
            let allowed = there.get(&format!("{name}@Redfish.AllowableValues"));
            let allowed = allowed.and_then(Value::as_array);
            if allowed.is_some_and(|allowed| !allowed.contains(value)) {
                return stop(bad_value(&format!("Boot/{name}"), value));
            }
        }
        let is = |name: &str, word: &str| sent.get(name).is_some_and(|value| value == word);
        let has = |name: &str| sent.contains_key(name);
        if self.has(Knob::BootNoMode) && has(MODE) {
            return stop(not_writable(&format!("Boot/{MODE}")));
        }
        let overrides = has(TARGET) || has(ENABLED) || has(MODE);
        let demanded: &[&str] = if self.has(Knob::BootAllThree) {
            &[TARGET, ENABLED, MODE]
        } else if self.has(Knob::BootPair) {
            &[TARGET, ENABLED]
        } else {
            &[]
        };
        if overrides && let Some(name) = demanded.iter().find(|name| !has(name)) {
            return stop(lacks(&format!("Boot/{name}")));
        }
        if self.has(Knob::BootNoNone) && is(TARGET, "None") {
            return stop(bad_value(&format!("Boot/{TARGET}"), &"None".into()));
        }
        if self.has(Knob::BootOnceOnly) && is(ENABLED, "Continuous") {
            return stop(bad_value(&format!("Boot/{ENABLED}"), &"Continuous".into()));
        }
        if self.has(Knob::BootBiosOnce) && is(TARGET, "BiosSetup") && !is(ENABLED, "Once") {
            return stop(bad_value(&format!("Boot/{TARGET}"), &"BiosSetup".into()));
        }
        if is(TARGET, "UefiHttp")
            && (is(MODE, "Legacy")
                || (!has(MODE) && there.get(MODE).is_some_and(|mode| mode == "Legacy")))
        {
            return stop(bad_value(&format!("Boot/{TARGET}"), &"UefiHttp".into()));
        }
        Ok(())
    }
}
