//! What is wrong with a profile: everything reading it finds, and every path
//! and type held against the schema of the facts.

mod schema;

use serde_json::Value;

pub use crate::finding::{Finding, Severity};

use crate::check::{Branch, Check, Condition, Counting, Literal, Rule, Test};
use crate::finding::did_you_mean;
use crate::node::Place;
use crate::path::{Aggregate, Path};
use crate::{Catalogue, Profile, ProfileError};
use schema::{Kind, Schema, Shape};

/// Returns what is wrong with profile `id`, also where it is too broken to judge by.
pub fn lint_id(
    catalogue: &Catalogue,
    id: &str,
    schema: &Value,
) -> Result<Vec<Finding>, ProfileError> {
    let (profile, mut found) = catalogue.compiled(id)?;
    if let Some(profile) = profile {
        found.extend(lint(&profile, schema));
    }
    Ok(found)
}

/// Returns what is wrong with `profile` against `schema`, the JSON Schema of the facts document.
pub fn lint(profile: &Profile, schema: &Value) -> Vec<Finding> {
    let schema = Schema::of(schema);
    let mut found = Vec::new();
    for check in &profile.checks {
        let mut lint = Lint { schema: &schema, check, found: &mut found };
        lint.check();
    }
    tiny_sort::stable::sort_by(&mut found, |a, b| a.place.cmp(&b.place));
    found
}

struct Lint<'l> {
    schema: &'l Schema<'l>,
    check: &'l Check,
    found: &'l mut Vec<Finding>,
}

impl<'l> Lint<'l> {
    fn check(&mut self) {
        let check = self.check;
        self.rule(&check.rule);
        if let Some(applies) = &check.applies {
            self.condition(&applies.condition, None);
        }
        for line in &check.compare {
            let place = &check.place;
            let over = self.path(&line.over, None, place);
            for path in &line.sum {
                self.path(path, over, place);
            }
        }
        for hint in &check.hints {
            self.path(&hint.left, None, &check.place);
            self.path(&hint.right, None, &check.place);
        }
        if !check.needs_complete && needs_complete(&check.rule) {
            self.add(
                Severity::Warning,
                &check.place,
                None,
                None,
                "passes only where the section is complete; `needs_complete = true` says you know"
                    .to_owned(),
            );
        }
    }

    fn rule(&mut self, rule: &'l Rule) {
        match rule {
            Rule::Value { path, test, place } => {
                let shape = self.path(path, None, place);
                self.test(path, shape, test, place);
            }
            Rule::Count(counting) | Rule::Absent(counting) => self.counting(counting, None),
            Rule::All(branches) | Rule::Any(branches) => {
                for Branch { rule, .. } in branches {
                    self.rule(rule);
                }
            }
            Rule::Ratio { part, whole, place, .. } => {
                self.path(part, None, place);
                self.path(whole, None, place);
            }
            Rule::Measure { run, condition, show, place } => {
                let base = self.path(run, None, place);
                self.condition(condition, base);
                for path in show {
                    self.path(path, base, place);
                }
            }
            Rule::Attest { evidence, refuted_by, place, .. } => {
                for path in evidence {
                    self.path(path, None, place);
                }
                for refutation in refuted_by {
                    self.condition(&refutation.condition, None);
                }
            }
        }
    }

    fn counting(&mut self, counting: &'l Counting, base: Option<Shape<'l>>) {
        let over = self.path(&counting.over, base, &counting.place);
        if let Some(over) = over
            && !over.many
        {
            let message = "there is only one of it, so nothing is counted".to_owned();
            self.at(&counting.place, &counting.over, None, message);
        }
        let each = over.map(|shape| Shape { many: false, ..shape });
        self.condition(&counting.condition, each);
        for path in &counting.show {
            self.path(path, each, &counting.place);
        }
    }

    fn condition(&mut self, condition: &'l Condition, base: Option<Shape<'l>>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    self.condition(part, base);
                }
            }
            Condition::Value { path, test, place } => {
                // Without a base the path's object is not in the schema: told already.
                if base.is_some() || path.absolute {
                    let shape = self.path(path, base, place);
                    self.test(path, shape, test, place);
                }
            }
            Condition::Count(counting) => {
                if base.is_some() || counting.over.absolute {
                    self.counting(counting, base);
                }
            }
        }
    }

    /// Finds `path` in the schema, from `base` or from the document.
    fn path(
        &mut self,
        path: &'l Path,
        base: Option<Shape<'l>>,
        place: &Place,
    ) -> Option<Shape<'l>> {
        let start = if path.absolute { Some(self.schema.document()) } else { base };
        let mut shape = start?;
        for step in &path.steps {
            match self.schema.field(shape, &step.name) {
                Ok(next) => shape = next,
                Err(names) => {
                    let hint = did_you_mean(&step.name, names.iter().copied());
                    let message = format!("the facts have no field `{}`{hint}", step.name);
                    self.at(place, path, None, message);
                    return None;
                }
            }
            for predicate in &step.filter {
                let mut inner = shape;
                for field in &predicate.field {
                    match self.schema.field(inner, &field.name) {
                        Ok(next) => inner = next,
                        Err(names) => {
                            let hint = did_you_mean(&field.name, names.iter().copied());
                            let message =
                                format!("the filter's field `{}` does not exist{hint}", field.name);
                            self.at(place, path, None, message);
                            break;
                        }
                    }
                }
            }
        }
        if matches!(path.aggregate, Some(Aggregate::Sum | Aggregate::Min | Aggregate::Max))
            && !matches!(shape.kind, Kind::Number | Kind::Any)
        {
            let message = format!("{} has no sum, least or largest", shape.kind.word());
            self.at(place, path, None, message);
        }
        Some(shape)
    }

    /// Holds the operand of `test` against the type that the path leads to.
    fn test(&mut self, path: &Path, shape: Option<Shape<'l>>, test: &Test, place: &Place) {
        let Some(shape) = shape else { return };
        let kind = if path.aggregate.is_some() { Kind::Number } else { shape.kind };
        if kind == Kind::Any {
            return;
        }
        let wanted: &[&Literal] = match test {
            Test::Min(_) | Test::Max(_) => {
                if kind != Kind::Number {
                    self.mismatch(path, test.word(), kind, place);
                }
                return;
            }
            Test::Regex(_) => {
                if kind != Kind::Text {
                    self.mismatch(path, test.word(), kind, place);
                }
                return;
            }
            Test::Eq(value) | Test::Ne(value) => &[value],
            Test::In(values) => &values.iter().collect::<Vec<_>>(),
        };
        for literal in wanted {
            let fits = match literal {
                Literal::Amount(_) => kind == Kind::Number,
                Literal::Flag(_) => kind == Kind::Flag,
                Literal::Text(text) => {
                    if kind == Kind::Text && !shape.allows(text) {
                        let message = format!("the field never holds `{text}`");
                        let (path, severity) = (Some(path.to_string()), Severity::Warning);
                        self.add(severity, place, path, None, message);
                    }
                    kind == Kind::Text
                }
            };
            if !fits {
                self.mismatch(path, test.word(), kind, place);
            }
        }
    }

    fn mismatch(&mut self, path: &Path, word: &str, kind: Kind, place: &Place) {
        let unit = path.unit().map(|unit| unit.symbol.to_owned());
        let message = format!("`{word}` does not fit: the field holds {}", kind.word());
        self.at(place, path, unit, message);
    }

    fn at(&mut self, place: &Place, path: &Path, unit: Option<String>, message: String) {
        self.add(Severity::Error, place, Some(path.to_string()), unit, message);
    }

    fn add(
        &mut self,
        severity: Severity,
        place: &Place,
        path: Option<String>,
        unit: Option<String>,
        message: String,
    ) {
        let (place, check) = (place.clone(), Some(self.check.check.clone()));
        self.found.push(Finding { severity, place, check, path, unit, message });
    }
}

/// Returns whether `rule` can be true only on a section that is complete.
fn needs_complete(rule: &Rule) -> bool {
    match rule {
        Rule::Absent(_) => true,
        Rule::Value { path, test, .. } => path.aggregate.is_some() && matches!(test, Test::Max(_)),
        Rule::Count(counting) => counting.bound.max.is_some(),
        Rule::All(branches) => branches.iter().any(|branch| needs_complete(&branch.rule)),
        Rule::Any(branches) => branches.iter().all(|branch| needs_complete(&branch.rule)),
        Rule::Ratio { .. } | Rule::Measure { .. } | Rule::Attest { .. } => false,
    }
}

#[cfg(test)]
mod tests;
