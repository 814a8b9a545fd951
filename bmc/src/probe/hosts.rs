//! Who the BMC is, how it is spoken with, and how much of what it says is damaged.

use serde_json::Value;

use super::{
    Cell, Session, Verdict, cell,
    view::{At, View, link, text},
};
use crate::{
    dialect::Confidence,
    redfish::{finding::Trouble, inventory, reader::ROOT, root, sensors, tree::Answer},
};

pub(super) fn put(view: &View<'_>, cells: &mut Vec<Cell>) {
    let (system, manager) = (&view.system, &view.manager);
    let at_root = At::Body(ROOT.to_owned(), view.root);
    let first = |feature, places: &[(&At<'_>, &str)]| {
        let found = places.iter().find_map(|(at, name)| Some((at, text(at.body(), name)?)));
        match (found, places.first()) {
            (Some((at, said)), _) => cell(feature, Verdict::Works, said, at.path()),
            (None, Some((at, _))) if !at.path().is_empty() => {
                at.decide(feature, ROOT, &|_| (Verdict::Missing, "none".to_owned()))
            }
            (None, _) => cell(feature, Verdict::Missing, "none", ROOT),
        }
    };
    cells.push(first(
        "vendor",
        &[(system, "Manufacturer"), (&at_root, "Vendor"), (manager, "Manufacturer")],
    ));
    cells.push(first("model", &[(system, "Model"), (&at_root, "Product"), (manager, "Model")]));
    cells.push(first("firmware", &[(manager, "FirmwareVersion")]));
    cells.push(first("bios", &[(system, "BiosVersion")]));
    cells.push(first("redfish", &[(&at_root, "RedfishVersion")]));
    dialect(view, cells);
    match view.facts.tls {
        Some(shown) => {
            let by = "TLS handshake";
            cells.push(cell("tls", Verdict::Works, shown.tls, by));
            cells.push(cell("tls.leaf", Verdict::Works, shown.pin.to_string(), by));
        }
        None => {
            for feature in ["tls", "tls.leaf"] {
                cells.push(cell(feature, Verdict::Unknown, "no answer", "TLS handshake"));
            }
        }
    }
    cells.push(session(view));
    cells.push(damage(view));
}

fn dialect(view: &View<'_>, cells: &mut Vec<Cell>) {
    let known = view.facts.dialect.filter(|dialect| !dialect.namespaces.is_empty());
    let Some(dialect) = known else {
        cells.push(cell("dialect", Verdict::Unknown, "by the standard", ROOT));
        cells.push(cell("quirks", Verdict::Works, "none", ROOT));
        return;
    };
    // One without a recorded tree is a guess as a whole.
    let verdict = if view.facts.rules.is_recorded() { Verdict::Works } else { Verdict::Guessed };
    cells.push(cell("dialect", verdict, dialect.id.as_str(), ROOT));
    let (mut names, mut worst) = (Vec::new(), Confidence::Measured);
    let own = |id: &str| dialect.quirks.iter().any(|quirk| quirk.id == id);
    for quirk in view.facts.rules.quirks().iter().filter(|quirk| own(&quirk.id)) {
        worst = worst.min(quirk.confidence);
        names.push(match quirk.confidence {
            Confidence::Assumption => format!("{} (assumption)", quirk.id),
            Confidence::Manual => format!("{} (vendor-manual)", quirk.id),
            _ => quirk.id.clone(),
        });
    }
    let verdict = if worst <= Confidence::Manual { Verdict::Guessed } else { Verdict::Works };
    let what = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    cells.push(cell("quirks", verdict, what, ROOT));
}

fn session(view: &View<'_>) -> Cell {
    let service = view.follow(view.root, "SessionService");
    let links = view.root.get("Links").unwrap_or(&Value::Null);
    let by = match service.path() {
        "" => link(links, "Sessions").unwrap_or_else(|| ROOT.to_owned()),
        path => path.to_owned(),
    };
    let (verdict, what) = match view.facts.session {
        Session::Nobody if by == ROOT => (Verdict::Missing, "none"),
        Session::Nobody => (Verdict::Unknown, "no credential was given"),
        Session::Basic => (Verdict::Missing, "name and password in each request"),
        Session::Held { located: false } => {
            (view.quirk("session-token-in-body"), "session, its path is not told")
        }
        // Such a login had the domain with it.
        Session::Held { .. } if view.facts.rules.logins().next().is_some() => {
            (view.quirk("session-domain"), "session")
        }
        Session::Held { .. } => (Verdict::Works, "session"),
    };
    cell("session", verdict, what, by)
}

/// Counts what the readers of inventory and sensors left out or had to bend of what was read, and
/// resources that are linked to and could not be read.
fn damage(view: &View<'_>) -> Cell {
    let tree = view.facts.tree;
    let mut findings: Vec<_> = root::identity(tree).findings;
    for more in [
        root::power(tree).findings,
        root::boot(tree).findings,
        sensors::sensors(tree).findings,
        inventory::inventory(tree).findings,
    ] {
        for finding in more {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let (mut dropped, mut bent, mut first) = (0_usize, 0_usize, None);
    for finding in &findings {
        match &finding.trouble {
            Trouble::Dropped { .. } | Trouble::Fewer { .. } | Trouble::OffHost(_) => {
                dropped += 1;
                first.get_or_insert_with(|| finding.place());
            }
            Trouble::Bent { .. } => bent += 1,
            _ => {}
        }
    }
    let mut lost = 0_usize;
    for (path, answer) in tree.answers() {
        // A user's rights are no damage.
        if !matches!(answer, Answer::Resource(_) | Answer::Status(401 | 403)) {
            lost += 1;
            first.get_or_insert_with(|| path.to_owned());
        }
    }
    let what = format!("dropped {dropped}, bent {bent}, unreadable {lost}");
    let bend = findings.iter().find(|finding| matches!(finding.trouble, Trouble::Bent { .. }));
    match (first, bend) {
        (Some(place), _) => cell("damage", Verdict::Wrong, what, place),
        (None, Some(finding)) => {
            let name = match &finding.trouble {
                Trouble::Bent { expected: "an array" | "an object", .. } => "type-list-object",
                Trouble::Bent { expected: "a number" | "a whole number", .. } => "type-number-text",
                _ => "type-other",
            };
            cell("damage", Verdict::Quirk(name), what, finding.place())
        }
        (None, None) => cell("damage", Verdict::Works, what, ROOT),
    }
}
