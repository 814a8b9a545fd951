//! Volumes of a RAID controller, in the form of the standard and in those of vendors.

use serde_json::{Value, json};

use super::{
    Answered, Host,
    patch::{bad_value, lacks},
    stop,
};
use crate::simulate::{
    clock::Moment,
    host::{Finish, object},
    knobs::Knob,
    message::{Request, Response, error},
};

/// Levels, how few drives each takes, and how many of `n` hold data, as `(n·times - less)/over`.
const LEVELS: [(&str, usize, usize, usize); 7] = [
    ("RAID0", 1, 0, 1),
    ("RAID1", 2, 0, 2),
    ("RAID5", 3, 1, 1),
    ("RAID6", 4, 2, 1),
    ("RAID10", 4, 0, 2),
    ("RAID50", 6, 2, 1),
    ("RAID60", 8, 4, 1),
];

/// Levels in the words of older schemas.
const OLD: [(&str, &str); 5] = [
    ("NonRedundant", "RAID0"),
    ("Mirrored", "RAID1"),
    ("StripedWithParity", "RAID5"),
    ("SpannedMirrors", "RAID10"),
    ("SpannedStripesWithParity", "RAID50"),
];

/// Refuses a property that is not known.
fn unknown(name: &str) -> Response {
    let message = format!("The property {name} is not in the list of valid properties.");
    error(400, "PropertyUnknown", &message, &[name])
}

/// What is asked for.
struct Wanted {
    level: String,
    drives: Vec<String>,
    capacity: Option<u64>,
    name: Option<String>,
}

impl Host {
    /// Reads what volume is wanted, in the form that this make takes.
    fn wanted(&self, sent: &Value, storage: &str) -> Result<Wanted, Box<Response>> {
        let all = self.children(&format!("{storage}/Drives"));
        let numbered = |number: &Value| {
            let of = |path: &&String| {
                let body = self.raw(path);
                let oem = body.map(|body| object(&body["Oem"])).unwrap_or_default();
                oem.values().any(|oem| oem["DriveID"] == *number)
            };
            all.iter().find(of).cloned().ok_or_else(|| Box::new(bad_value("Drives", number)))
        };
        let numbers = |value: &Value| -> Result<Vec<String>, Box<Response>> {
            value.as_array().into_iter().flatten().map(numbered).collect()
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let capacity = sent["CapacityBytes"].as_u64();
        if self.has(Knob::VolumeOem) {
            let own = &sent["Oem"][&self.base.namespace];
            let level = text(&own["VolumeRaidLevel"]).ok_or_else(|| lacks("VolumeRaidLevel"))?;
            let drives = numbers(&own["Drives"])?;
            return Ok(Wanted { level, drives, capacity, name: None });
        }
        if self.has(Knob::VolumeGroup) {
            let own = &sent["Oem"];
            let level = text(&own["Level"]).ok_or_else(|| lacks("Level"))?.replace(' ', "");
            let listed = own["PhysicalDiskList"].as_array().into_iter().flatten();
            let ids: Value = listed.map(|disk| disk["id"].clone()).collect();
            return Ok(Wanted { level, drives: numbers(&ids)?, capacity, name: None });
        }
        let (old, beside) = (self.has(Knob::VolumeOld), self.has(Knob::VolumeBeside));
        for (refuses, name) in [(old, "RAIDType"), (old || beside, "Links")] {
            if refuses && !sent[name].is_null() {
                return stop(unknown(name));
            }
        }
        let level = if old {
            let word = text(&sent["VolumeType"]).ok_or_else(|| lacks("VolumeType"))?;
            let level = OLD.iter().find(|(own, _)| *own == word).map(|(_, level)| *level);
            level.ok_or_else(|| bad_value("VolumeType", &word.into()))?.to_owned()
        } else {
            text(&sent["RAIDType"]).ok_or_else(|| lacks("RAIDType"))?
        };
        let links = sent["Links"]["Drives"].as_array().or_else(|| sent["Drives"].as_array());
        let mut drives = Vec::new();
        for link in links.into_iter().flatten() {
            let path = link["@odata.id"].as_str().unwrap_or_default();
            if !all.iter().any(|drive| drive == path) {
                return stop(bad_value("Links/Drives", link));
            }
            drives.push(path.to_owned());
        }
        Ok(Wanted { level, drives, capacity, name: text(&sent["Name"]) })
    }

    pub(super) fn new_volume(&mut self, request: &Request, path: &str, now: Moment) -> Answered {
        let sent = request.json()?;
        let storage = path.trim_end_matches("/Volumes").to_owned();
        let wanted = self.wanted(&sent, &storage)?;
        let Some((level, least, less, over)) =
            LEVELS.into_iter().find(|(name, ..)| *name == wanted.level)
        else {
            return stop(bad_value("RAIDType", &wanted.level.into()));
        };
        if wanted.drives.len() < least {
            let message = format!("{level} takes {least} drives at least.");
            return stop(error(400, "PropertyValueConflict", &message, &["Links/Drives"]));
        }
        let used: Vec<String> =
            self.children(path).iter().flat_map(|one| self.drives_of(one)).collect();
        if let Some(drive) = wanted.drives.iter().find(|drive| used.contains(drive)) {
            let message = format!("The drive {drive} is in use by another volume.");
            return stop(error(409, "ResourceInUse", &message, &["Links/Drives"]));
        }
        let sizes =
            wanted.drives.iter().filter_map(|drive| self.raw(drive)?["CapacityBytes"].as_u64());
        let smallest = sizes.min().unwrap_or_default();
        let holding = (wanted.drives.len() - less) / over;
        let most = smallest.saturating_mul(u64::try_from(holding).unwrap_or_default());
        let capacity = wanted.capacity.filter(|wanted| *wanted > 0).unwrap_or(most);
        if capacity > most {
            return stop(bad_value("CapacityBytes", &capacity.into()));
        }
        if let Some(code) = self.base.knobs.value(Knob::VolumeCcFails) {
            let answer = json!({ "cc": code, "Status": "The controller has no volume left." });
            return Ok(Response::json(200, answer));
        }
        let id = self.free_id(path);
        let links: Vec<Value> =
            wanted.drives.iter().map(|drive| json!({ "@odata.id": drive })).collect();
        let volume = format!("{path}/{id}");
        let name = wanted.name.unwrap_or_else(|| format!("Volume {id}"));
        let body = json!({ "@odata.type": "#Volume.v1_9_0.Volume", "Id": id.to_string(),
            "Name": name, "RAIDType": level, "CapacityBytes": capacity, "BlockSizeBytes": 512,
            "Status": { "State": "Enabled", "Health": "OK" }, "Links": { "Drives": links },
            "Actions": { "#Volume.Initialize": {
                "target": format!("{volume}/Actions/Volume.Initialize"),
                "InitializeType@Redfish.AllowableValues": ["Fast", "Slow"] } } });
        let finish = if self.has(Knob::VolumeLost) {
            Finish::Nothing
        } else {
            Finish::Make { path: volume, body }
        };
        let task = self.begin("Creation of a volume", finish, false, now);
        if self.has(Knob::VolumeCc) {
            return Ok(Response::json(200, json!({ "cc": 0, "Status": "OK" })));
        }
        if self.has(Knob::VolumeGroup) {
            return Ok(crate::simulate::message::success(200));
        }
        Ok(self.accepted(&task, now))
    }

    fn drives_of(&self, volume: &str) -> Vec<String> {
        let body = self.raw(volume);
        let links = body.and_then(|body| body["Links"]["Drives"].as_array());
        let links = links.into_iter().flatten().filter_map(|link| link["@odata.id"].as_str());
        links.map(str::to_owned).collect()
    }

    pub(super) fn delete_volume(&mut self, path: &str, now: Moment) -> Response {
        let finish = Finish::Take { path: path.to_owned() };
        let task = self.begin("Removal of a volume", finish, false, now);
        self.accepted(&task, now)
    }
}
