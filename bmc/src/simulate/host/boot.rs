//! Starting: what a host boots from, and the settings that count from then on.

use serde_json::{Map, Value};

use super::{Host, object, set};
use crate::simulate::{clock::Moment, knobs::Knob};

impl Host {
    /// The host starts: a boot override of once is used up, and settings that wait count.
    pub(super) fn starts(&mut self, system: &str, now: Moment) {
        self.take_settings(system, now);
        let Some(body) = self.edit(system) else { return };
        let boot = object(&body["Boot"]);
        let word = |name: &str| boot.get(name).and_then(Value::as_str).unwrap_or_default();
        let enabled = word("BootSourceOverrideEnabled").to_owned();
        let target = match word("BootSourceOverrideTarget") {
            "" | "None" => None,
            _ if enabled == "Disabled" => None,
            target => Some(target.to_owned()),
        };
        if enabled == "Once" {
            set(body, &["Boot", "BootSourceOverrideEnabled"], "Disabled".into());
            set(body, &["Boot", "BootSourceOverrideTarget"], "None".into());
        }
        if body.get("BootProgress").is_some() {
            let state =
                if target.as_deref() == Some("BiosSetup") { "SetupEntered" } else { "OSRunning" };
            set(body, &["BootProgress", "LastState"], state.into());
        }
        let from = match target.as_deref() {
            None => "by the boot order".to_owned(),
            Some("Cd") => self.inserted().map_or_else(
                || "from Cd: no medium, by the boot order".to_owned(),
                |image| format!("from Cd: {image}"),
            ),
            Some(target) => format!("from {target}"),
        };
        self.event("OK", &format!("System boot {from}"), now);
    }

    /// Takes BIOS settings that wait for a boot.
    fn take_settings(&mut self, system: &str, now: Moment) {
        let bios = format!("{system}/Bios");
        let link = "/@Redfish.Settings/SettingsObject/@odata.id";
        let settings = self.raw(&bios).and_then(|body| body.pointer(link)?.as_str());
        let Some(settings) = settings.map(str::to_owned) else { return };
        let waiting = self.raw(&settings).map(|body| object(&body["Attributes"]));
        let waiting = waiting.unwrap_or_default();
        if waiting.is_empty() || !self.base.made {
            return;
        }
        if let Some(body) = self.edit(&bios) {
            for (name, value) in waiting {
                set(body, &["Attributes", &name], value);
            }
        }
        if let Some(body) = self.edit(&settings) {
            set(body, &["Attributes"], Map::new().into());
        }
        self.event("OK", "BIOS settings were applied", now);
    }

    /// Sets a boot override: the properties of `Boot` that were sent and are sound.
    pub(in crate::simulate) fn set_boot(&mut self, system: &str, sent: &Map<String, Value>) {
        let skips = self.has(Knob::BootPxeOff)
            && sent.get("BootSourceOverrideTarget").is_some_and(|to| to == "Pxe");
        if self.has(Knob::BootNotKept) || skips {
            return;
        }
        let continuous = self.has(Knob::BootContinuous);
        let settings = self.has(Knob::BootSettings).then(|| format!("{system}/Settings"));
        for path in [Some(system.to_owned()), settings].into_iter().flatten() {
            let Some(body) = self.edit(&path) else { continue };
            for (name, value) in sent {
                let value = match value.as_str() {
                    Some("Once") if continuous && name == "BootSourceOverrideEnabled" => {
                        "Continuous".into()
                    }
                    _ => value.clone(),
                };
                set(body, &["Boot", name], value);
            }
        }
    }
}
