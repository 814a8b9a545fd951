//! Reading: documents, collections in pages, and what changes while nobody writes.

use serde_json::{Value, json};

use super::{Answered, Host, etag, kind, stop};
use crate::simulate::{
    clock::Moment,
    host::{below, set},
    knobs::Knob,
    message::{Body, Request, Response, missing},
    template::ROOT,
};

/// Members of a page of log entries, where no page is asked for.
const LONG: usize = 1000;
/// How far the time of China is ahead of UTC, in seconds.
pub(super) const EAST_S: u64 = 8 * 3600;
/// Numbers that some write as text.
const NUMBERS: [&str; 9] = [
    "CapacityMiB",
    "CapacityBytes",
    "Count",
    "TotalCores",
    "SpeedMbps",
    "Reading",
    "ReadingCelsius",
    "TotalSystemMemoryGiB",
    "PowerConsumedWatts",
];
/// Lists that some write as an object.
const LISTS: [&str; 5] =
    ["StorageControllers", "Temperatures", "Fans", "PowerSupplies", "Voltages"];

impl Host {
    pub(super) fn read(&mut self, request: &Request, path: &str, now: Moment) -> Answered {
        if let Some(monitor) = path.strip_prefix(&below("TaskService/TaskMonitors/")) {
            let task = below(&format!("TaskService/Tasks/{monitor}"));
            return match self.is_over(&task) {
                Some(true) => Ok(Response::json(200, self.seen(&task, now).unwrap_or_default())),
                Some(false) => Ok(self.accepted(&task, now)),
                None => stop(missing(path)),
            };
        }
        if let Some((logs, _)) = path.split_once("/Actions/LogServices.Dump/Progress")
            && self
                .raw(logs)
                .is_some_and(|body| body["Actions"]["Oem"].get("#LogServices.Dump").is_some())
        {
            return Ok(self.progress());
        }
        let events = self.raw(&below("EventService"));
        if events.is_some_and(|body| body["ServerSentEventUri"] == path) {
            let mut response = Response::empty(200);
            response.body = Body::Events;
            return Ok(response);
        }
        if let Some(status) = self.base.statuses.get(path) {
            return stop(Response::empty(*status));
        }
        if path == format!("{ROOT}/$metadata") || path == format!("{ROOT}/odata") {
            return Ok(self.described(path));
        }
        let Some(raw) = self.document(path, now) else { return stop(missing(path)) };
        let (tag, mut body) = self.shown(path, raw, now);
        let status = 200;
        if body.get("Members").is_some_and(Value::is_array) {
            self.page(request, path, &mut body, now);
        } else {
            set(&mut body, &["@odata.etag"], tag.clone().into());
            if self.has(Knob::EtagNone)
                && let Some(body) = body.as_object_mut()
            {
                body.remove("@odata.etag");
            }
        }
        self.misspell(&mut body);
        let mut response = Response::json(status, body);
        response.headers = self.tag_headers(&tag, request);
        Ok(response.header("allow", self.allow(path)))
    }

    /// Returns a document as it is read now.
    pub(in crate::simulate) fn seen(&self, path: &str, now: Moment) -> Option<Value> {
        let raw = self.document(path, now)?;
        Some(self.shown(path, raw, now).1)
    }

    /// Returns the tag of a document, and what is shown of it.
    fn shown(&self, path: &str, mut body: Value, now: Moment) -> (String, Value) {
        let mut more = String::new();
        if body.get("Members").is_some_and(Value::is_array) {
            more = self.members(path).join(" ");
        }
        // Before what changes by itself: else no tag would live until its PATCH.
        let raw = self.raw(path).unwrap_or(&Value::Null);
        let tag = etag::of(raw, &more);
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, _| !name.starts_with('@') || name.contains('.'));
        }
        if self.has(Knob::BiosNoSettings)
            && kind(&body) == "Bios"
            && let Some(fields) = body.as_object_mut()
        {
            fields.remove("@Redfish.Settings");
        }
        if self.has(Knob::TimeZoneName) && kind(&body) == "Manager" {
            let local = self.unix(now).saturating_add(EAST_S);
            let text = crate::simulate::clock::date(local);
            let bare = text.split('+').next().unwrap_or_default();
            set(&mut body, &["DateTime"], bare.into());
            set(&mut body, &["DateTimeLocalOffset"], "Asia/Shanghai".into());
        }
        match kind(&body) {
            "Task" => self.show_task(path, &mut body, now),
            "Sensor" | "Thermal" | "Power" | "ThresholdSensors"
                if self.base.made && self.power(&self.base.system) == "Off" =>
            {
                still(&mut body);
            }
            _ => {}
        }
        (tag, body)
    }

    /// Returns the tag that a change of a resource has to name.
    pub(super) fn tag(&self, path: &str, now: Moment) -> String {
        let raw = self.document(path, now).unwrap_or_default();
        self.shown(path, raw, now).0
    }

    /// Fills in the members of a collection: the page that is asked for.
    fn page(&self, request: &Request, path: &str, body: &mut Value, now: Moment) {
        let all = self.members(path);
        let is_log = kind(body) == "LogEntryCollection";
        let number = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
        let usual = self.base.knobs.value(Knob::Page).and_then(|page| usize::try_from(page).ok());
        let usual = usual.filter(|page| *page > 0).unwrap_or(LONG);
        let skip = number("$skip").unwrap_or(0);
        let top = number("$top").unwrap_or(usual).min(usual);
        let page: Vec<&String> = all.iter().skip(skip).take(top).collect();
        let expand = request.query("$expand").is_some() && self.expands();
        let inline = expand || (is_log && self.base.made && !self.has(Knob::LogLinks));
        let mut members: Vec<Value> = page
            .iter()
            .map(|path| {
                let whole = if inline { self.seen(path, now) } else { None };
                whole.unwrap_or_else(|| json!({ "@odata.id": path }))
            })
            .collect();
        if expand && self.has(Knob::ExpandBroken) {
            members.pop();
        }
        let behind = skip.saturating_add(page.len());
        set(body, &["Members"], members.into());
        set(body, &["Members@odata.count"], all.len().into());
        if behind < all.len() && !page.is_empty() {
            let next = format!("{path}?$skip={behind}");
            set(body, &["Members@odata.nextLink"], next.into());
        }
    }

    fn expands(&self) -> bool {
        let root = self.raw(ROOT);
        root.is_some_and(|root| root["ProtocolFeaturesSupported"]["ExpandQuery"].is_object())
    }

    /// Writes fields as some do.
    fn misspell(&self, body: &mut Value) {
        let text = self.has(Knob::TypeNumberText);
        let none = self.has(Knob::TypeNa);
        let lists = self.has(Knob::TypeListObject);
        if text || none || lists {
            misspell(body, text, none, lists);
        }
    }

    /// Returns what `OData` asks for: the list of services, and an empty description.
    fn described(&self, path: &str) -> Response {
        if path.ends_with("odata") {
            let root = self.raw(ROOT).and_then(Value::as_object);
            let services = root.into_iter().flatten().filter_map(|(name, value)| {
                let url = value["@odata.id"].as_str()?;
                Some(json!({ "name": name, "kind": "Singleton", "url": url }))
            });
            let body = json!({ "@odata.context": format!("{ROOT}/$metadata"),
                "value": services.collect::<Vec<Value>>() });
            return Response::json(200, body);
        }
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edmx:Edmx xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\" Version=\"4.0\"><edmx:DataServices/></edmx:Edmx>\n";
        let mut response = Response::empty(200);
        response.body = Body::Text("application/xml", text.to_owned());
        response
    }
}

/// A host without power has no readings but that of its inlet and its voltages.
fn still(body: &mut Value) {
    let absent = |one: &mut Value, name: &str| {
        set(one, &[name], Value::Null);
        set(one, &["Status"], json!({ "State": "StandbyOffline" }));
    };
    let is_inlet = |one: &Value| one["PhysicalContext"] == "Intake";
    match kind(body) {
        "Sensor" if !is_inlet(body) => {
            let watts = body["ReadingType"] == "Power";
            if watts {
                set(body, &["Reading"], 12.into());
            } else {
                absent(body, "Reading");
            }
        }
        "Thermal" => {
            let lists = [("Temperatures", "ReadingCelsius"), ("Fans", "Reading")];
            for (list, reading) in lists {
                for one in body[list].as_array_mut().into_iter().flatten() {
                    if !is_inlet(one) {
                        absent(one, reading);
                    }
                }
            }
        }
        "ThresholdSensors" => {
            for one in body["Sensors"].as_array_mut().into_iter().flatten() {
                if one["Name"] != "Inlet Temp" {
                    set(one, &["ReadingValue"], "na".into());
                    set(one, &["Status"], "na".into());
                }
            }
        }
        "Power" => {
            for one in body["Voltages"].as_array_mut().into_iter().flatten() {
                absent(one, "ReadingVolts");
            }
            for one in body["PowerControl"].as_array_mut().into_iter().flatten() {
                set(one, &["PowerConsumedWatts"], 24.into());
            }
            for one in body["PowerSupplies"].as_array_mut().into_iter().flatten() {
                set(one, &["PowerInputWatts"], 12.into());
                set(one, &["PowerOutputWatts"], 11.into());
            }
        }
        _ => {}
    }
}

fn misspell(value: &mut Value, text: bool, none: bool, lists: bool) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| misspell(one, text, none, lists)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if value.is_number() && NUMBERS.contains(&name.as_str()) {
                    *value = if none {
                        "N/A".into()
                    } else if text {
                        value.to_string().into()
                    } else {
                        continue;
                    };
                } else if let (Value::Array(all), true) = (&mut *value, lists)
                    && LISTS.contains(&name.as_str())
                {
                    *value = all.first().cloned().unwrap_or_default();
                } else {
                    misspell(value, text, none, lists);
                }
            }
        }
        _ => {}
    }
}
