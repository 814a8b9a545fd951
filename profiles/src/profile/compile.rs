//! From a resolved table to a [`Profile`], with everything that is wrong with it.

use std::collections::BTreeMap;

use sha2::Digest;

use super::resolve::Resolved;
use super::{Dropped, Profile, Subject};
use crate::check::fields::{Fields, Problems};
use crate::check::read::{self, Context};
use crate::check::{Check, roles, tighten};
use crate::finding::did_you_mean;
use crate::node::{Node, Value};
use crate::norm::{self, Norm, Row};
use crate::{Level, Role};

/// A profile has at most this many checks.
const MOST: usize = 2000;

/// Compiles `resolved`; what comes back is usable only where `problems` stay empty.
pub(crate) fn compile(resolved: &Resolved, problems: &mut Problems) -> Option<Profile> {
    let node = Node { place: resolved.place.clone(), value: Value::Table(resolved.table.clone()) };
    let mut fields = Fields::of(&node, problems, "a profile")?;
    let norm = fields.needed("norm", problems).and_then(|id| {
        let found = norm::norm(id);
        if found.is_none() {
            problems.error(&node.place, format!("no norm `{id}`; there is `gd-gov-cloud`"));
        }
        found
    });
    if let (Some(norm), Some(edition)) = (norm, fields.needed("edition", problems))
        && edition != norm.edition
    {
        let message = format!("the rows are of edition `{}`, not `{edition}`", norm.edition);
        problems.error(&node.place, message);
    }
    let subject = fields.needed("subject", problems).and_then(|word| {
        let subject = Subject::named(word);
        if subject.is_none() {
            let names = Subject::ALL.map(Subject::name);
            let hint = did_you_mean(word, names);
            let message =
                format!("unknown subject `{word}`; it is one of {}{hint}", names.join(", "));
            problems.error(&node.place, message);
        }
        subject
    });
    let title = fields.bilingual("title", problems);
    if title.is_none() {
        problems.error(&node.place, "`title` is needed in `zh` and `en`");
    }
    let version = fields.needed("version", problems).map(str::to_owned);
    let strict = fields.flag("strict", problems).unwrap_or(false);
    let level = read::level(&mut fields, Level::Must, problems);
    let require_role = roles::required(&mut fields, problems).unwrap_or_default();
    let units = fields
        .list("units", problems)
        .iter()
        .filter_map(|unit| crate::check::fields::bilingual(unit, "units", problems))
        .collect();
    for key in ["profile", "inherits", "variants"] {
        fields.take(key);
    }
    let own = own_rows(&mut fields, problems);
    let dropped = dropped(&mut fields, resolved, problems);
    let checks =
        checks(&mut fields, resolved, &Basis { norm, own, level, strict, require_role }, problems);
    fields.finish(problems);
    problems.check = None;
    let norm = norm?;
    let mut profile = Profile {
        id: resolved.id.clone(),
        version: version?,
        title: title?,
        norm: norm.title.clone(),
        edition: crate::Text::new(&norm.edition, &norm.edition_en),
        subject: subject?,
        units,
        strict,
        level,
        inherits: resolved.inherits.clone(),
        dropped,
        checks,
        digest: digest(resolved, norm),
        file: resolved.file.clone(),
    };
    against_parent(&mut profile, resolved, problems);
    Some(profile)
}

fn digest(resolved: &Resolved, norm: &Norm) -> String {
    let mut digest = resolved.digest.clone();
    for row in &norm.rows {
        for part in [&row.id, &row.text] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
    }
    let mut hex = "sha256:".to_owned();
    for byte in digest.finalize() {
        for half in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(half), 16));
        }
    }
    hex
}

/// Reads `[[row]]`: rows of the contract itself.
fn own_rows(fields: &mut Fields<'_>, problems: &mut Problems) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for node in fields.list("row", problems) {
        let Some(mut inner) = Fields::of(node, problems, "`row`") else { continue };
        let mut text = |key| inner.needed(key, problems).map(str::to_owned);
        let row = (text("id"), text("clause"), text("title"), text("item"), text("text"));
        inner.finish(problems);
        if let (Some(id), Some(clause), Some(title), Some(item), Some(text)) = row {
            let row = Row { id: id.clone(), clause, title, item, text };
            if rows.insert(id.clone(), row).is_some() {
                problems.error(&node.place, format!("row `{id}` is there twice"));
            }
        }
    }
    rows
}

fn dropped(fields: &mut Fields<'_>, resolved: &Resolved, problems: &mut Problems) -> Vec<Dropped> {
    let mut dropped = Vec::new();
    for node in fields.list("drop", problems) {
        let Some(mut inner) = Fields::of(node, problems, "`drop`") else { continue };
        let id = inner.needed("id", problems).map(str::to_owned);
        let deviation = inner.bilingual("deviation", problems);
        inner.finish(problems);
        let Some(id) = id else { continue };
        if !resolved.parent.as_ref().is_some_and(|parent| has_check(parent, &id)) {
            problems.error(&node.place, format!("nothing inherited has a check `{id}`"));
        }
        match deviation {
            Some(deviation) => dropped.push(Dropped { id, deviation }),
            None => problems.error(
                &node.place,
                format!("dropping `{id}` loosens the norm: say why in `deviation` (zh, en)"),
            ),
        }
    }
    dropped
}

fn has_check(resolved: &Resolved, id: &str) -> bool {
    let Some(Node { value: Value::List(checks), .. }) = resolved.table.get("check") else {
        return false;
    };
    checks.iter().any(|check| {
        matches!(&check.value, Value::Table(table)
            if matches!(table.get("id").map(|id| &id.value), Some(Value::Text(text)) if text == id))
    })
}

/// What every check of a profile takes from it.
struct Basis {
    norm: Option<&'static Norm>,
    own: BTreeMap<String, Row>,
    level: Level,
    strict: bool,
    require_role: Vec<Role>,
}

fn checks(
    fields: &mut Fields<'_>,
    resolved: &Resolved,
    basis: &Basis,
    problems: &mut Problems,
) -> Vec<Check> {
    let nodes = fields.list("check", problems);
    if nodes.is_empty() || nodes.len() > MOST {
        let message = format!("a profile has 1 to {MOST} checks, this one {}", nodes.len());
        problems.error(&resolved.place, message);
        return Vec::new();
    }
    let row = |id: &str| {
        basis.own.get(id).cloned().or_else(|| basis.norm.and_then(|norm| norm.row(id)).cloned())
    };
    let rows = || {
        let norm = basis.norm.map(|norm| norm.rows.as_slice()).unwrap_or_default();
        norm.iter().map(|row| row.id.clone()).chain(basis.own.keys().cloned()).collect()
    };
    let context = Context {
        row: &row,
        rows: &rows,
        level: basis.level,
        strict: basis.strict,
        require_role: &basis.require_role,
    };
    let mut checks: Vec<Check> = Vec::new();
    for node in nodes {
        if let Some(check) = read::check(node, &context, problems) {
            if let Some(twin) = checks.iter().find(|other| other.check == check.check) {
                let message = format!("`{}` is in line {} already", check.check, twin.place.line);
                problems.error(&check.place, message);
            }
            checks.push(check);
        }
    }
    problems.check = None;
    checks
}

/// Refuses what asks less than what is inherited, unless it says why.
fn against_parent(profile: &mut Profile, resolved: &Resolved, problems: &mut Problems) {
    let Some(parent) = &resolved.parent else { return };
    // What is wrong with the parent is told of the parent's own file.
    let mut ignored = Problems::default();
    let Some(parent) = compile(parent, &mut ignored) else { return };
    for check in &profile.checks {
        let Some(old) = parent.checks.iter().find(|old| old.check == check.check) else { continue };
        let own = check.deviation.is_some() && check.deviation != old.deviation;
        if let Some(why) = tighten::looser(old, check)
            && !own
        {
            problems.check = Some(check.check.clone());
            let message = format!(
                "looser than in `{}` ({why}): say why in `deviation` (zh, en), or tighten it",
                parent.id
            );
            problems.error(&check.place, message);
        }
    }
    problems.check = None;
    let mut dropped = parent.dropped;
    dropped.append(&mut profile.dropped);
    profile.dropped = dropped;
}
