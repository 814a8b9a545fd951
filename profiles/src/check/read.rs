//! One `[[check]]` from TOML.

use std::sync::Arc;

use super::expect::expected;
use super::fields::{Fields, Problems};
use super::rule::{Manner, Rules};
use super::terms::terms;
use super::{Applies, Check, Rule, roles};
use crate::finding::did_you_mean;
use crate::node::Node;
use crate::norm::Row;
use crate::plan::Plan;
use crate::unit::{Quantity, Unit};
use crate::{Case, Level, Role};

/// What a check takes from its profile.
pub(crate) struct Context<'c> {
    /// Looks a row up, in the norm or among the profile's own.
    pub(crate) row: &'c dyn Fn(&str) -> Option<Row>,
    /// Every row there is, for suggestions.
    pub(crate) rows: &'c dyn Fn() -> Vec<String>,
    /// How a check counts that does not say.
    pub(crate) level: Level,
    /// Whether numbers without “≥” are read as equality.
    pub(crate) strict: bool,
    /// Roles that must sign a decision on a check that does not say.
    pub(crate) require_role: &'c [Role],
}

/// Reads a check; `None` where it is broken.
pub(crate) fn check(node: &Node, context: &Context<'_>, problems: &mut Problems) -> Option<Check> {
    let mut fields = Fields::of(node, problems, "`check`")?;
    problems.check = None;
    let id = fields.needed("id", problems).map(str::to_owned);
    problems.check.clone_from(&id);
    let row = fields.needed("row", problems).and_then(|text| {
        let row = (context.row)(text);
        if row.is_none() {
            let rows = (context.rows)();
            let hint = did_you_mean(text, rows.iter().map(String::as_str));
            problems.error(&node.place, format!("the norm has no row `{text}`{hint}"));
        }
        row
    });
    let level = level(&mut fields, context.level, problems);
    let points = fields.count("points", problems).and_then(|points| u32::try_from(points).ok());
    if points.is_some() && level != Level::Scored {
        problems.error(&node.place, "`points` are for `level = \"scored\"`");
    }
    let bare = fields.flag("bare", problems).unwrap_or(false);
    let manner = manner(&mut fields, bare && context.strict, problems);
    let mut both = |key: &'static str| {
        let text = fields.bilingual(key, problems);
        if text.is_none() {
            problems.error(&node.place, format!("`{key}` is needed in `zh` and `en`"));
        }
        text
    };
    let (title, method) = (both("title"), both("method"));
    let expects = fields.bilingual("expected", problems);
    let reading = fields.bilingual("reading", problems);
    let deviation = fields.bilingual("deviation", problems);
    let close = fields.bilingual("close", problems);
    let waivable = waivable(&mut fields, row.as_ref(), problems);
    let mut terms = terms(&mut fields, level, problems);
    let require_role = roles::required(&mut fields, problems);
    let needs_complete = fields.flag("needs_complete", problems).unwrap_or(false);
    let mut rules = Rules { problems, manner, depth: 0 };
    let compare_nodes = fields.list("compare", rules.problems);
    let compare = compare_nodes.iter().filter_map(|node| rules.comparison(node)).collect();
    let hint_nodes = fields.list("hints", rules.problems);
    let hints = hint_nodes.iter().filter_map(|node| rules.hint(node)).collect();
    let applies = applies(&mut fields, &mut rules);
    let rule = rules.rule(&mut fields);
    let bid = rules.bid(&mut fields, rule.as_ref(), &mut terms);
    let plan = Plan::read(&mut fields, rule.as_ref(), problems);
    fields.finish(problems);
    with_evidence(rule.as_ref(), level, node, problems);
    let (row, rule, plan) = (row?, rule?, plan?);
    let case = Case {
        check: id?,
        row: row.id,
        clause: row.clause,
        clause_title: row.title,
        item: row.item,
        wording: row.text,
        level,
        points,
        title: title?,
        method: method?,
        expected: expects.unwrap_or_else(|| expected(&rule)),
        reading,
        waivable,
        deviation,
        terms,
        by_run: rule.is_measured(),
        require_role: require_role.unwrap_or_else(|| context.require_role.to_vec()),
    };
    Some(Check {
        case: Arc::new(case),
        close,
        applies,
        rule,
        compare,
        hints,
        bid,
        needs_complete,
        bare,
        plan,
        place: node.place.clone(),
    })
}

/// Refuses a person's word that must hold and that nothing is laid before.
fn with_evidence(rule: Option<&Rule>, level: Level, node: &Node, problems: &mut Problems) {
    if let Some(Rule::Attest { evidence, no_evidence, .. }) = rule
        && evidence.is_empty()
        && no_evidence.is_none()
        && level == Level::Must
    {
        problems.error(
            &node.place,
            "an `attest` that must hold needs `evidence`, or `no_evidence` that says why none",
        );
    }
}

/// Reads `waivable`, which only the norm's “或同等…” allows.
fn waivable(fields: &mut Fields<'_>, row: Option<&Row>, problems: &mut Problems) -> bool {
    let waivable = fields.flag("waivable", problems).unwrap_or(false);
    if let Some(row) = row.filter(|row| waivable && !row.text.contains("同等")) {
        let message = format!("`waivable` is for rows that say “同等”, and `{}` does not", row.id);
        problems.error(fields.place, message);
    }
    waivable
}

/// Reads the level `level`, or returns `otherwise`.
pub(crate) fn level(fields: &mut Fields<'_>, otherwise: Level, problems: &mut Problems) -> Level {
    let Some(text) = fields.text("level", problems) else { return otherwise };
    match text {
        "must" => Level::Must,
        "scored" => Level::Scored,
        "info" => Level::Info,
        other => {
            let message = format!("unknown level `{other}`; it is must, scored or info");
            problems.error(fields.place, message);
            otherwise
        }
    }
}

/// Reads `tolerance`, and `strict_tolerance`: how far above a number read as equality may be.
fn manner(fields: &mut Fields<'_>, exactly: bool, problems: &mut Problems) -> Manner {
    let mut share = |key: &'static str| {
        let text = fields.text(key, problems)?;
        let ppm = Quantity::parse(text)
            .and_then(|quantity| quantity.whole_in(Unit::named("ppm"), text))
            .ok()
            .and_then(|ppm| u32::try_from(ppm).ok())
            .filter(|ppm| *ppm <= 500_000);
        if ppm.is_none() {
            let message = format!("`{key}` is `{text}`, not a share such as `1 %` up to `50 %`");
            problems.error(fields.place, message);
        }
        ppm
    };
    let (tolerance, strict) = (share("tolerance"), share("strict_tolerance"));
    let tolerance_ppm = tolerance.unwrap_or(0);
    // Equality still takes a drive of 900,185,481,216 bytes for one of 900 GB.
    let above_ppm = strict.filter(|_| exactly).unwrap_or(tolerance_ppm);
    Manner { tolerance_ppm, above_ppm, exactly }
}

fn applies(fields: &mut Fields<'_>, rules: &mut Rules<'_>) -> Option<Applies> {
    let node = fields.take("applies")?;
    let mut inner = Fields::of(node, rules.problems, "`applies`")?;
    let condition = inner.entry("where", rules.problems);
    let condition = condition.and_then(|node| rules.condition(node, true));
    let otherwise = inner.bilingual("otherwise", rules.problems);
    if otherwise.is_none() {
        rules.problems.error(&node.place, "`applies` needs `otherwise` in `zh` and `en`");
    }
    inner.finish(rules.problems);
    Some(Applies { condition: condition?, otherwise: otherwise? })
}
