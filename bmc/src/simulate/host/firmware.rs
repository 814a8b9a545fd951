//! Firmware: which image is for what, and the version it brings.

use super::{Due, Finish, Host, below, later, set, task::Pending};
use crate::simulate::{clock::Moment, knobs::Knob, message::Work};

/// How an image for simulated hosts begins; behind it stand the component, the version, and where it
/// is for one make alone the name of that one's extensions (`Huawei`).
const MARK: &str = "simulated-firmware ";

/// Where an image is, and the name and the password to fetch it by.
pub(in crate::simulate) type Source = (String, Option<(String, String)>);

impl Host {
    /// Begins an update; an image that is somewhere else is fetched first. Returns the task.
    pub(in crate::simulate) fn begin_update(
        &mut self,
        finish: Finish,
        from: Option<Source>,
        now: Moment,
    ) -> String {
        let remote =
            |url: &str| ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        let from = from.filter(|(url, _)| self.fetches && remote(url));
        let task = self.begin("Firmware update", finish.clone(), from.is_some(), now);
        if let Some(ms) = self.base.knobs.value(Knob::UpdateRestart) {
            let half = self.knob(Knob::TaskTime, 2000) / 2;
            self.due.push((later(half, now), Due::Restart(ms)));
        }
        if let Some((url, login)) = from {
            let ticket = self.ticket();
            self.work.push(Work::Fetch { ticket, url, login });
            self.pending.insert(ticket, Pending { finish, task: Some(task.clone()) });
        }
        task
    }

    /// Takes an image: its first line says what it is, or else its name does (`BMC-2.10.bin`).
    pub(super) fn new_firmware(
        &mut self,
        name: &str,
        content: &[u8],
        targets: &[String],
        now: Moment,
    ) -> Result<(), String> {
        let (component, version, maker) = of_content(content)
            .or_else(|| of_name(name))
            .ok_or_else(|| format!("The image {name} is no firmware of this system."))?;
        let other = maker.filter(|maker| *maker != self.base.namespace);
        if let Some(maker) = other.or_else(|| self.has(Knob::UpdateRefused).then(|| "other".into()))
        {
            return Err(format!("The image {name} is for {maker} servers, and this is none."));
        }
        let inventory = below("UpdateService/FirmwareInventory");
        let named = |path: &&String| {
            path.rsplit('/').next().is_some_and(|id| id.eq_ignore_ascii_case(&component))
        };
        let all = self.children(&inventory);
        let path = all
            .iter()
            .find(named)
            .ok_or_else(|| format!("The image {name} is for {component}, which is not here."))?;
        if !targets.is_empty() && !targets.contains(path) {
            return Err(format!("The image {name} is for {component}, and not for the target."));
        }
        if self.has(Knob::UpdateIgnored) {
            return Ok(());
        }
        if let Some(body) = self.edit(path) {
            set(body, &["Version"], version.as_str().into());
        }
        self.event("OK", &format!("Firmware of {component} was updated to {version}"), now);
        match component.to_ascii_uppercase().as_str() {
            "BMC" => {
                let manager = self.base.manager.clone();
                if let Some(body) = self.edit(&manager) {
                    set(body, &["FirmwareVersion"], version.into());
                }
                self.restart(now);
            }
            "BIOS" => {
                let system = self.base.system.clone();
                if let Some(body) = self.edit(&system) {
                    set(body, &["BiosVersion"], version.into());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn is_version(text: &str) -> bool {
    text.starts_with(|at: char| at.is_ascii_digit())
        && text.bytes().all(|at| at.is_ascii_alphanumeric() || at == b'.')
}

/// A component, its version, and the make that it is for.
type For = (String, String, Option<String>);

fn of_content(content: &[u8]) -> Option<For> {
    let line = content.split(|byte| *byte == b'\n').next()?;
    let mut words = str::from_utf8(line).ok()?.strip_prefix(MARK)?.split_whitespace();
    let (component, version) = (words.next()?, words.next()?);
    let maker = words.next().map(str::to_owned);
    is_version(version).then(|| (component.to_owned(), version.to_owned(), maker))
}

fn of_name(name: &str) -> Option<For> {
    let file = name.rsplit('/').next()?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let (component, version) = stem.split_once(['-', '_'])?;
    is_version(version).then(|| (component.to_owned(), version.to_owned(), None))
}
