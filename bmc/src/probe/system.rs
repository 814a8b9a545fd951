//! The system: its tag, power, boot, firmware's settings, volumes and light.

use serde_json::Value;

use super::{
    Cell, Verdict, cell,
    view::{View, id, link, list, members, text},
};
use crate::redfish::{ladder::action, reader::ROOT, tree::Answer};

pub(super) fn put(view: &View<'_>, cells: &mut Vec<Cell>) {
    let system = &view.system;
    cells.push(system.decide("etag", ROOT, &|body| {
        let header = match view.facts.tree.answer(system.path()) {
            Some(Answer::Resource(resource)) => resource.headers.get("etag").map(String::as_str),
            _ => None,
        };
        etag(view, header, text(body, "@odata.etag"))
    }));
    cells.push(power(view));
    boot(view, cells);
    let bios = if system.body().is_null() { None } else { Some(system.path()) };
    let bios = bios.unwrap_or_default();
    cells.push(view.follow(system.body(), "Bios").decide("bios.settings", bios, &|body| {
        match body.get("@Redfish.Settings").and_then(|settings| link(settings, "SettingsObject")) {
            Some(path) => (Verdict::Works, path),
            None => (Verdict::Guessed, "no settings object is named".to_owned()),
        }
    }));
    cells.push(volumes(view));
    cells.push(light(view));
}

/// Decides the form of a tag (RFC 9110 §8.8.3), of a system that was read with no encoding.
fn etag(view: &View<'_>, header: Option<&str>, body: Option<&str>) -> (Verdict, String) {
    let bare = |tag: &str| {
        let strong = tag.strip_prefix("W/").unwrap_or(tag).trim_matches(['"', '\\']);
        strong.strip_suffix("-gzip").unwrap_or(strong).to_owned()
    };
    let Some(tag) = header else {
        return match body {
            Some(_) => (Verdict::Works, "in the body alone".to_owned()),
            None => (Verdict::Missing, "none".to_owned()),
        };
    };
    let (verdict, what) = if tag.contains(", ") {
        (view.quirk("etag-twice"), "twice")
    } else if tag.starts_with("W/") {
        (view.quirk("etag-weak"), "weak")
    } else if tag.ends_with("-gzip\"") {
        (view.quirk("etag-gzip"), "ends with -gzip")
    } else if tag.starts_with("\"\"") {
        (view.quirk("etag-quotes"), "quotes doubled")
    } else if !tag.starts_with('"') {
        (view.quirk("etag-quotes"), "without quotes")
    } else if body.is_some_and(|body| bare(body) != bare(tag)) {
        // That of the body is tried next.
        (Verdict::Quirk("etag-stale"), "header and body differ")
    } else {
        (Verdict::Works, "strong")
    };
    (verdict, what.to_owned())
}

fn power(view: &View<'_>) -> Cell {
    const RESET: &str = "ComputerSystem.Reset";
    const FRU: &str = "ComputerSystem.FruControl";
    let system = &view.system;
    let Some(reset) = action::find(system.body(), RESET) else {
        return system.decide("power", ROOT, &|body| match action::find(body, FRU) {
            Some(_) => (Verdict::Quirk("fru-control"), FRU.to_owned()),
            None => (Verdict::Missing, "none".to_owned()),
        });
    };
    let said = |values: &[String]| list(values.iter().map(String::as_str));
    if let Some(values) = reset.inline("ResetType").filter(|values| !values.is_empty()) {
        return cell("power", Verdict::Works, said(values), reset.target);
    }
    let info = reset.info().map(|path| view.at(path.to_owned()));
    let values = info.as_ref().map(|info| action::parameter_values(info.body(), "ResetType"));
    match (values.filter(|values| !values.is_empty()), info) {
        (Some(values), Some(info)) => cell("power", Verdict::Works, said(&values), info.path()),
        // The standard's own are sent then.
        _ => cell("power", Verdict::Guessed, "values are not told", reset.target),
    }
}

const BOOT: &str = "BootSourceOverride";

fn boot(view: &View<'_>, cells: &mut Vec<Cell>) {
    let system = &view.system;
    let allowed = |body: &Value, name: &str| {
        let values = body.get("Boot")?.get(format!("{BOOT}{name}@Redfish.AllowableValues"))?;
        Some(action::texts(values)).filter(|values| !values.is_empty())
    };
    cells.push(system.decide("boot.properties", ROOT, &|body| {
        let has = |name: &&str| {
            body.get("Boot").and_then(|boot| boot.get(format!("{BOOT}{name}"))).is_some()
        };
        let all: Vec<&str> = ["Target", "Enabled", "Mode"].into_iter().filter(has).collect();
        match all.as_slice() {
            [] => (Verdict::Missing, "none".to_owned()),
            [..] if all.contains(&"Target") && all.contains(&"Enabled") => {
                (Verdict::Works, all.join(", "))
            }
            [..] => (Verdict::Wrong, all.join(", ")),
        }
    }));
    cells.push(system.decide("boot.targets", ROOT, &|body| match allowed(body, "Target") {
        Some(values) => (Verdict::Works, list(values.iter().map(String::as_str))),
        None if body.get("Boot").is_none() => (Verdict::Missing, "none".to_owned()),
        None => (Verdict::Guessed, "values are not told".to_owned()),
    }));
    cells.push(system.decide("boot.lasting", ROOT, &|body| match allowed(body, "Enabled") {
        Some(values) => {
            let said = list(values.iter().map(String::as_str));
            let lasts = values.iter().any(|value| value == "Continuous");
            (if lasts { Verdict::Works } else { view.quirk("boot-once-only") }, said)
        }
        None if body.get("Boot").is_none() => (Verdict::Missing, "none".to_owned()),
        None => (Verdict::Guessed, "values are not told".to_owned()),
    }));
    cells.push(system.decide("boot.settings", ROOT, &|body| {
        let settings = body.get("@Redfish.Settings");
        match settings.and_then(|settings| link(settings, "SettingsObject")) {
            Some(path) => (view.quirk("boot-settings"), path),
            None if body.get("Boot").is_none() => (Verdict::Missing, "none".to_owned()),
            None => (Verdict::Works, "the system itself".to_owned()),
        }
    }));
}

/// Decides whether volumes can be had of the first subsystem.
fn volumes(view: &View<'_>) -> Cell {
    let system = &view.system;
    let standard = view.follow(system.body(), "Storage");
    let own = view.follow(system.body(), "Storages");
    let is_own = standard.path().is_empty() && !own.path().is_empty();
    let storage = if is_own { own } else { standard };
    let from = if system.body().is_null() { "" } else { system.path() };
    let first = members(storage.body()).into_iter().next();
    let Some(first) = first else {
        return storage.decide("volumes", from, &|_| (Verdict::Missing, "none".to_owned()));
    };
    view.at(first).decide("volumes", storage.path(), &|body| match link(body, "Volumes") {
        Some(path) if is_own => (Verdict::Quirk("storages"), path),
        Some(path) => (Verdict::Works, path),
        None => (Verdict::Missing, "none".to_owned()),
    })
}

fn light(view: &View<'_>) -> Cell {
    for name in ["LocationIndicatorActive", "IndicatorLED"] {
        for at in [&view.system, &view.chassis] {
            if at.body().get(name).is_some_and(|value| !value.is_null()) {
                let what = format!("{name} ({})", id(at.path()));
                return cell("identify", Verdict::Works, what, at.path());
            }
        }
    }
    view.system.decide("identify", ROOT, &|_| (Verdict::Missing, "none".to_owned()))
}
