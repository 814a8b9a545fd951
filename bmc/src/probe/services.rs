//! Services of the root, logs and sensors.

use serde_json::Value;

use super::{
    Cell, Verdict, cell, plan,
    view::{At, View, id, link, list, members},
};
use crate::redfish::{ladder::action, reader::ROOT, tree::Answer};

pub(super) fn put(view: &View<'_>, cells: &mut Vec<Cell>) {
    let of_root = if view.root.is_null() { "" } else { ROOT };
    let service = |name: &str| view.follow(view.root, name);
    // The schema calls it `Tasks`; some call it as what it leads to.
    let tasks = match service("Tasks") {
        At::Absent => service("TaskService"),
        found => found,
    };
    cells.push(tasks.decide("tasks", of_root, &|body| on(body, "TaskService".to_owned())));
    logs(view, cells);
    let update = service("UpdateService");
    update_forms(view, &update, of_root, cells);
    cells.push(service("EventService").decide("events", of_root, &|body| {
        let has = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
        let forms = [("Subscriptions", "subscriptions"), ("ServerSentEventUri", "SSE")];
        let forms = forms.into_iter().filter(|(name, _)| has(name)).map(|(_, form)| form);
        on(body, forms.collect::<Vec<_>>().join(", "))
    }));
    cells.push(service("CertificateService").decide("certificates", of_root, &|body| {
        let names = ["GenerateCSR", "ReplaceCertificate"];
        let has = |name: &&str| action::find(body, &format!("CertificateService.{name}")).is_some();
        let all: Vec<&str> = names.into_iter().filter(has).collect();
        let verdict = if all.len() == names.len() { Verdict::Works } else { Verdict::Wrong };
        (verdict, if all.is_empty() { "none".to_owned() } else { all.join(", ") })
    }));
    cells.push(service("AccountService").decide("accounts", of_root, &|body| {
        let locks = body.get("AccountLockoutThreshold").and_then(Value::as_u64);
        // None at all is a finding: passwords may be tried without end.
        let what = locks.map_or_else(
            || "AccountService".to_owned(),
            |times| format!("AccountLockoutThreshold {times}"),
        );
        if link(body, "Accounts").is_some() { on(body, what) } else { (Verdict::Wrong, what) }
    }));
    cells.push(expand(view, of_root));
    cells.push(sensors(view, of_root));
}

/// Returns that a service works, unless it says that it is off.
fn on(body: &Value, what: String) -> (Verdict, String) {
    match body.get("ServiceEnabled") {
        Some(Value::Bool(false)) => (Verdict::Missing, "ServiceEnabled false".to_owned()),
        _ => (Verdict::Works, what),
    }
}

fn logs(view: &View<'_>, cells: &mut Vec<Cell>) {
    let owners = [&view.system, &view.manager, &view.chassis];
    let found: Vec<At<'_>> = owners.map(|owner| view.follow(owner.body(), "LogServices")).into();
    let there: Vec<&At<'_>> = found.iter().filter(|at| !at.path().is_empty()).collect();
    let names: Vec<String> = there.iter().flat_map(|at| members(at.body())).collect();
    if names.is_empty() {
        let nothing = |_: &Value| (Verdict::Missing, "none".to_owned());
        cells.push(match there.first() {
            Some(at) => at.decide("logs", ROOT, &nothing),
            None => view.system.decide("logs", ROOT, &nothing),
        });
        return;
    }
    // One that cannot be read is told by the cell of damage.
    let by = there.iter().map(|at| at.path()).collect::<Vec<_>>().join(", ");
    cells.push(cell("logs", Verdict::Works, list(names.iter().map(|path| id(path))), by));
}

fn update_forms(view: &View<'_>, update: &At<'_>, of_root: &str, cells: &mut Vec<Cell>) {
    let from = if update.path().is_empty() { of_root } else { update.path() };
    let inventory = view.follow(update.body(), "FirmwareInventory");
    cells.push(inventory.decide("firmware.inventory", from, &|body| {
        // Names of some hold the version: their number is what compares.
        match members(body).len() {
            0 => (Verdict::Missing, "none".to_owned()),
            count => (Verdict::Works, count.to_string()),
        }
    }));
    cells.push(update.decide("firmware.update", of_root, &|body| {
        let mut forms = Vec::new();
        if let Some(simple) = action::find(body, "UpdateService.SimpleUpdate") {
            let protocols = simple.inline("TransferProtocol").unwrap_or_default();
            let protocols = list(protocols.iter().map(String::as_str));
            forms.push(match protocols.as_str() {
                "" => "SimpleUpdate".to_owned(),
                protocols => format!("SimpleUpdate ({protocols})"),
            });
        }
        for name in ["MultipartHttpPushUri", "HttpPushUri"] {
            if body.get(name).is_some_and(Value::is_string) {
                forms.push(name.to_owned());
            }
        }
        match forms.as_slice() {
            [] => (Verdict::Missing, "none".to_owned()),
            forms => on(body, forms.join(", ")),
        }
    }));
}

/// Decides whether a collection that was read with its members has all of them.
fn expand(view: &View<'_>, of_root: &str) -> Cell {
    const EXPAND: &str = "expand";
    let tree = view.facts.tree;
    let Some(path) = plan::expanded(tree) else {
        return At::Absent.decide(EXPAND, of_root, &|_| (Verdict::Missing, String::new()));
    };
    if matches!(tree.answer(&path), None | Some(Answer::Silent(_))) {
        return cell(EXPAND, Verdict::Unknown, "no answer", path);
    }
    view.at(path).decide(EXPAND, of_root, &|body| {
        let members = body.get("Members").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let count = body.get("Members@odata.count").and_then(Value::as_u64);
        let listed = u64::try_from(members.len()).unwrap_or(u64::MAX);
        // A member that was left as a link is a link and nothing else.
        let whole = |one: &Value| one.as_object().is_some_and(|one| one.len() > 1);
        if count.is_some_and(|count| count > listed) || members.is_empty() {
            (Verdict::Wrong, "loses members".to_owned())
        } else if members.iter().all(whole) {
            (Verdict::Works, "$expand=.".to_owned())
        } else {
            (Verdict::Missing, "none".to_owned())
        }
    })
}

fn sensors(view: &View<'_>, of_root: &str) -> Cell {
    let schemas = ["Sensors", "ThermalSubsystem", "PowerSubsystem", "Thermal", "Power"];
    view.chassis.decide("sensors", of_root, &|body| {
        let has = |name: &&str| link(body, name).is_some();
        let all: Vec<&str> = schemas.into_iter().filter(has).collect();
        match all.as_slice() {
            [] => (Verdict::Missing, "none".to_owned()),
            all => (Verdict::Works, all.join(", ")),
        }
    })
}
