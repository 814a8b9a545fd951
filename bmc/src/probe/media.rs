//! Virtual media: where the slots are, and how something is put into one.

use serde_json::Value;

use super::{
    Cell, Verdict, cell,
    view::{At, View, id, list, members},
};
use crate::redfish::{
    ladder::{
        action,
        insert::vmm,
        slot::{Slot, slot},
    },
    reader::ROOT,
};

pub(super) fn put(view: &View<'_>, cells: &mut Vec<Cell>) {
    let of_manager = view.follow(view.manager.body(), "VirtualMedia");
    let of_system = view.follow(view.system.body(), "VirtualMedia");
    let trees: Vec<&At<'_>> =
        [&of_manager, &of_system].into_iter().filter(|at| !at.path().is_empty()).collect();
    let owner = if view.manager.body().is_null() { &view.system } else { &view.manager };
    let from = if owner.body().is_null() { "" } else { owner.path() };
    let Some(first) = trees.first() else {
        for feature in ["media.slots", "media.form"] {
            cells.push(At::Absent.decide(feature, from, &|_| (Verdict::Missing, String::new())));
        }
        return;
    };
    let is_below_system = !of_system.path().is_empty();
    let by = trees.iter().map(|at| at.path()).collect::<Vec<_>>().join(", ");
    let all: Vec<String> = trees.iter().flat_map(|at| members(at.body())).collect();
    let slots: Vec<(Slot, &Value)> = all
        .iter()
        .filter_map(|path| {
            let body = view.facts.tree.body(path)?;
            Some((slot(path, body), body))
        })
        .collect();
    if all.is_empty() {
        for feature in ["media.slots", "media.form"] {
            cells.push(first.decide(feature, from, &|_| (Verdict::Missing, "none".to_owned())));
        }
        return;
    }
    let named: Vec<String> = all
        .iter()
        .map(|path| match slots.iter().find(|(slot, _)| slot.path == *path) {
            Some((slot, _)) if !slot.kinds.is_empty() => {
                format!("{} ({})", slot.id, list(slot.kinds.iter().map(String::as_str)))
            }
            _ => id(path).to_owned(),
        })
        .collect();
    let verdict = if is_below_system { view.quirk("media-two-trees") } else { Verdict::Works };
    cells.push(cell("media.slots", verdict, list(named.iter().map(String::as_str)), by));
    cells.push(form(view, &slots, all.first().map_or(ROOT, String::as_str)));
}

/// Decides the form by the first slot that takes discs, else by the first one.
fn form(view: &View<'_>, slots: &[(Slot, &Value)], first: &str) -> Cell {
    const FORM: &str = "media.form";
    let disc = |(slot, _): &&(Slot, &Value)| {
        slot.kinds.iter().any(|kind| kind.eq_ignore_ascii_case("CD") || kind == "DVD")
    };
    let Some((slot, body)) = slots.iter().find(disc).or_else(|| slots.first()) else {
        let at = view.at(first.to_owned());
        return at.decide(FORM, "", &|_| (Verdict::Unknown, "not read".to_owned()));
    };
    let insert = "VirtualMedia.InsertMedia";
    if let Some(found) = action::find(body, insert) {
        return cell(FORM, Verdict::Works, insert, found.target);
    }
    let own = "VirtualMedia.VmmControl";
    if let Some((found, note)) = vmm(body, &slot.path, view.facts.rules) {
        let verdict = match note {
            Some(_) => Verdict::Guessed,
            None => Verdict::Quirk("media-vmm"),
        };
        return cell(FORM, verdict, own, found.target);
    }
    if let Some(found) = action::find(body, own) {
        // No quirk of its dialect says what it takes.
        return cell(FORM, Verdict::Wrong, own, found.target);
    }
    if body.get("Image").is_some() {
        return cell(FORM, view.quirk("media-patch"), "PATCH", slot.path.as_str());
    }
    cell(FORM, Verdict::Missing, "none", slot.path.as_str())
}
