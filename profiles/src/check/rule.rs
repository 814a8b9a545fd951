//! Rules, conditions and tests from TOML.

use regex_lite::RegexBuilder;

use super::fields::{Fields, Problems, bilingual, text_of};
use super::{
    Amount, Asked, Bound, Branch, Comparison, Condition, Counting, Hint, Literal, Pattern,
    Refutation, Rule, Test,
};
use crate::finding::did_you_mean;
use crate::node::{Node, Place, Value};
use crate::path::{Aggregate, Path};
use crate::unit::{Dimension, Quantity, Unit};
use crate::{Inspection, Role};

/// Bytes a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;
/// Rules inside rules, conditions inside conditions.
const DEEPEST: u32 = 12;

const KINDS: [&str; 12] = [
    "min",
    "max",
    "eq",
    "in",
    "regex",
    "count_where",
    "all",
    "any",
    "ratio",
    "absent",
    "measure",
    "attest",
];
const OPERATORS: [&str; 7] = ["min", "max", "eq", "ne", "in", "regex", "count_where"];

/// What holds for every number of one check.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Tolerance of quantities, in parts per million; counts have none.
    pub(crate) tolerance_ppm: u32,
    /// The same upwards: larger where a minimum is read as equality.
    pub(crate) above_ppm: u32,
    /// Whether a minimum is read as equality.
    pub(crate) exactly: bool,
}

/// Reads rules, noting what is wrong.
pub(crate) struct Rules<'p> {
    pub(crate) problems: &'p mut Problems,
    pub(crate) manner: Manner,
    pub(crate) depth: u32,
}

impl Rules<'_> {
    /// Reads the rule whose kind and fields stand in `fields`.
    pub(crate) fn rule(&mut self, fields: &mut Fields<'_>) -> Option<Rule> {
        if self.too_deep(fields.place) {
            return None;
        }
        let kind = fields.needed("kind", self.problems)?;
        let place = fields.place.clone();
        let rule = match kind {
            "min" | "max" | "eq" => {
                let path = self.path(fields, "path");
                let value = fields.entry("value", self.problems);
                let (path, value) = (path?, value?);
                self.test(&path, kind, value).map(|test| Rule::Value { path, test, place })
            }
            "in" => {
                let path = self.path(fields, "path");
                let values = fields.entry("values", self.problems);
                let (path, values) = (path?, values?);
                self.test(&path, kind, values).map(|test| Rule::Value { path, test, place })
            }
            "regex" => {
                let path = self.path(fields, "path");
                let pattern = fields.entry("pattern", self.problems);
                let (path, pattern) = (path?, pattern?);
                self.test(&path, kind, pattern).map(|test| Rule::Value { path, test, place })
            }
            "count_where" => {
                let counting = self.counting(fields)?;
                if counting.bound == Bound::default() {
                    self.problems.error(&place, "`count_where` needs `min`, `max` or `eq`");
                    return None;
                }
                Some(Rule::Count(counting))
            }
            "absent" => {
                let mut counting = self.counting(fields)?;
                counting.bound = Bound { min: None, max: Some(0) };
                Some(Rule::Absent(counting))
            }
            "all" => self.branches(fields).map(Rule::All),
            "any" => self.branches(fields).map(Rule::Any),
            "ratio" => self.ratio(fields),
            "measure" => self.measure(fields),
            "attest" => self.attest(fields),
            other => {
                let hint = did_you_mean(other, KINDS);
                let hint = if hint.is_empty() {
                    format!("; kinds are {}", KINDS.join(", "))
                } else {
                    hint
                };
                self.problems.error(&place, format!("unknown kind `{other}`{hint}"));
                None
            }
        };
        self.depth -= 1;
        rule
    }

    fn too_deep(&mut self, place: &Place) -> bool {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.problems.error(place, format!("nested deeper than {DEEPEST}"));
        }
        self.depth > DEEPEST
    }

    fn path(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<Path> {
        let node = fields.entry(key, self.problems)?;
        let text = text_of(node, key, self.problems)?;
        self.parse(text, true, &node.place)
    }

    fn parse(&mut self, text: &str, absolute: bool, place: &Place) -> Option<Path> {
        let path = Path::parse(text, absolute).map_err(|error| {
            self.problems.at_path(place, text, None, error.to_string());
        });
        let path = path.ok()?;
        let signed = [Dimension::Temperature, Dimension::Voltage, Dimension::Current];
        if path.aggregate == Some(Aggregate::Sum)
            && path.unit().is_some_and(|unit| signed.contains(&unit.dimension))
        {
            let message = "what can be negative has no sum that unknowns bound".to_owned();
            self.problems.at_path(place, text, None, message);
            return None;
        }
        Some(path)
    }

    pub(crate) fn paths(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        absolute: bool,
    ) -> Vec<Path> {
        let mut paths = Vec::new();
        for node in fields.list(key, self.problems) {
            if let Some(text) = text_of(node, key, self.problems) {
                paths.extend(self.parse(text, absolute, &node.place));
            }
        }
        paths
    }

    /// Reads the test `word` with the operand `value` for what `path` leads to.
    fn test(&mut self, path: &Path, word: &str, value: &Node) -> Option<Test> {
        match word {
            "min" => {
                let amount = self.amount(path, value)?;
                let exactly = self.manner.exactly;
                Some(if exactly { Test::Eq(Literal::Amount(amount)) } else { Test::Min(amount) })
            }
            "max" => self.amount(path, value).map(Test::Max),
            "eq" => self.literal(path, value).map(Test::Eq),
            "ne" => self.literal(path, value).map(Test::Ne),
            "in" => match &value.value {
                Value::List(items) if !items.is_empty() => {
                    let literals: Vec<_> =
                        items.iter().filter_map(|item| self.literal(path, item)).collect();
                    (literals.len() == items.len()).then_some(Test::In(literals))
                }
                _ => {
                    self.problems.error(&value.place, "`in` needs a list of values");
                    None
                }
            },
            _ => self.pattern(path, value).map(Test::Regex),
        }
    }

    fn pattern(&mut self, path: &Path, value: &Node) -> Option<Pattern> {
        let text = text_of(value, "pattern", self.problems)?;
        if path.aggregate.is_some() {
            let message = "a pattern is for texts, not for an aggregate".to_owned();
            self.problems.at_path(&value.place, &path.to_string(), None, message);
            return None;
        }
        let whole = format!("^(?:{text})$");
        match RegexBuilder::new(&whole).size_limit(PATTERN_BYTES).build() {
            Ok(regex) => Some(Pattern { text: text.to_owned(), regex }),
            Err(error) => {
                let message = format!("the pattern `{text}` does not compile: {error}");
                self.problems.at_path(&value.place, &path.to_string(), None, message);
                None
            }
        }
    }

    /// Reads a number to compare by size; in a field without unit, a plain one.
    pub(super) fn amount(&mut self, path: &Path, value: &Node) -> Option<Amount> {
        let field = path.unit();
        let text = match &value.value {
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            other => {
                let message = format!("{} cannot be compared by size", other.kind());
                self.problems.at_path(&value.place, &path.to_string(), None, message);
                return None;
            }
        };
        let read = Quantity::parse(&text)
            .and_then(|quantity| Ok((quantity.whole_in(field, &text)?, quantity.unit)));
        match read {
            Ok((value, shown)) => {
                let Manner { tolerance_ppm, above_ppm, .. } = match field {
                    Some(_) => self.manner,
                    None => Manner::default(),
                };
                Some(Amount { value, field, shown, tolerance_ppm, above_ppm })
            }
            Err(error) => {
                let unit = field.map(|unit| unit.symbol.to_owned());
                self.problems.at_path(&value.place, &path.to_string(), unit, error.to_string());
                None
            }
        }
    }

    fn literal(&mut self, path: &Path, value: &Node) -> Option<Literal> {
        match &value.value {
            Value::Flag(flag) => Some(Literal::Flag(*flag)),
            Value::Text(text) if path.unit().is_none() => Some(Literal::Text(text.clone())),
            _ => self.amount(path, value).map(Literal::Amount),
        }
    }

    fn counting(&mut self, fields: &mut Fields<'_>) -> Option<Counting> {
        let over = self.path(fields, "over");
        self.counted(fields, over)
    }

    fn counted(&mut self, fields: &mut Fields<'_>, over: Option<Path>) -> Option<Counting> {
        let condition = match fields.take("where") {
            None => Some(Condition::All(Vec::new())),
            Some(node) => self.condition(node, false),
        };
        let bound = self.bound(fields);
        let show = self.paths(fields, "show", false);
        let place = fields.place.clone();
        let over = over?;
        if over.aggregate.is_some() {
            let message = "objects are counted, not an aggregate of them".to_owned();
            self.problems.at_path(&place, &over.to_string(), None, message);
            return None;
        }
        Some(Counting { over, condition: Box::new(condition?), bound, show, place })
    }

    fn bound(&mut self, fields: &mut Fields<'_>) -> Bound {
        let min = fields.count("min", self.problems);
        let max = fields.count("max", self.problems);
        let eq = fields.count("eq", self.problems);
        if eq.is_some() && (min.is_some() || max.is_some()) {
            self.problems.error(fields.place, "`eq` says all that `min` and `max` would");
        }
        let exact = if self.manner.exactly { eq.or(min) } else { eq };
        Bound { min: exact.or(min), max: exact.or(max) }
    }

    /// Reads a table of `"path.operator" = value` entries, all of which must hold.
    pub(crate) fn condition(&mut self, node: &Node, absolute: bool) -> Option<Condition> {
        if self.too_deep(&node.place) {
            return None;
        }
        let Value::Table(table) = &node.value else {
            let message = format!("a condition is {}, not a table", node.value.kind());
            self.problems.error(&node.place, message);
            return None;
        };
        let mut parts = Vec::new();
        let mut broken = false;
        for (key, value) in table {
            match self.part(key, value, absolute) {
                Some(part) => parts.push(part),
                None => broken = true,
            }
        }
        self.depth -= 1;
        (!broken).then_some(Condition::All(parts))
    }

    fn part(&mut self, key: &str, value: &Node, absolute: bool) -> Option<Condition> {
        if key == "all" || key == "any" {
            let Value::List(items) = &value.value else {
                self.problems.error(&value.place, format!("`{key}` needs a list of tables"));
                return None;
            };
            let parts: Vec<_> =
                items.iter().filter_map(|item| self.condition(item, absolute)).collect();
            return (parts.len() == items.len() && !items.is_empty())
                .then(|| if key == "all" { Condition::All(parts) } else { Condition::Any(parts) });
        }
        let split = key.rsplit_once('.').filter(|(_, word)| OPERATORS.contains(word));
        let Some((text, word)) = split else {
            let last = key.rsplit('.').next().unwrap_or(key);
            let hint = did_you_mean(last, OPERATORS);
            let message = format!("`{key}` does not end in one of {}{hint}", OPERATORS.join(", "));
            self.problems.error(&value.place, message);
            return None;
        };
        let path = self.parse(text, absolute, &value.place)?;
        if word == "count_where" {
            let mut fields = Fields::of(value, self.problems, "`count_where`")?;
            let counting = self.counted(&mut fields, Some(path));
            fields.finish(self.problems);
            return counting.map(Condition::Count);
        }
        let test = self.test(&path, word, value)?;
        Some(Condition::Value { path, test, place: value.place.clone() })
    }

    fn branches(&mut self, fields: &mut Fields<'_>) -> Option<Vec<Branch>> {
        let items = fields.list("of", self.problems);
        if items.is_empty() {
            self.problems.error(fields.place, "`of` lists no rule");
            return None;
        }
        let mut branches = Vec::new();
        for item in items {
            let Some(mut inner) = Fields::of(item, self.problems, "`of`") else { continue };
            let title = inner.bilingual("title", self.problems);
            let rule = self.rule(&mut inner);
            inner.finish(self.problems);
            branches.extend(rule.map(|rule| Branch { title, rule }));
        }
        (branches.len() == items.len()).then_some(branches)
    }

    fn ratio(&mut self, fields: &mut Fields<'_>) -> Option<Rule> {
        let (part, whole) = (self.path(fields, "part"), self.path(fields, "whole"));
        let ppm = Unit::named("ppm");
        let mut share = |key: &'static str| {
            let node = fields.take(key)?;
            let text = text_of(node, key, self.problems)?;
            match Quantity::parse(text).and_then(|quantity| quantity.whole_in(ppm, text)) {
                Ok(share) => Some(share),
                Err(error) => {
                    self.problems.error(&node.place, error.to_string());
                    None
                }
            }
        };
        let bound = Bound { min: share("min"), max: share("max") };
        if bound == Bound::default() {
            self.problems.error(fields.place, "`ratio` needs `min` or `max`, such as `90 %`");
            return None;
        }
        let (part, whole, place) = (part?, whole?, fields.place.clone());
        let unit = |path: &Path| path.unit().map(|unit| unit.scale);
        if unit(&part) != unit(&whole) {
            let message = "part and whole are not in one unit".to_owned();
            self.problems.at_path(&place, &part.to_string(), None, message);
            return None;
        }
        Some(Rule::Ratio { part, whole, bound, place })
    }

    fn measure(&mut self, fields: &mut Fields<'_>) -> Option<Rule> {
        let run = self.path(fields, "run");
        let condition = fields.entry("where", self.problems);
        let show = self.paths(fields, "show", false);
        let condition = condition.and_then(|node| self.condition(node, false));
        Some(Rule::Measure { run: run?, condition: condition?, show, place: fields.place.clone() })
    }

    fn attest(&mut self, fields: &mut Fields<'_>) -> Option<Rule> {
        let evidence = self.paths(fields, "evidence", true);
        let no_evidence = fields.bilingual("no_evidence", self.problems);
        let mut refuted_by = Vec::new();
        for node in fields.list("refuted_by", self.problems) {
            let condition = self.condition(node, true)?;
            if condition == Condition::All(Vec::new()) {
                self.problems.error(&node.place, "an empty condition would always refute");
            }
            refuted_by.push(Refutation { condition });
        }
        let asked = self.asked(fields);
        let place = fields.place.clone();
        Some(Rule::Attest { evidence, no_evidence, asked, refuted_by, place })
    }

    /// Reads `how`, `ask` and `from`, which stand together or not at all.
    fn asked(&mut self, fields: &mut Fields<'_>) -> Option<Asked> {
        let how = fields.text("how", self.problems);
        let what = fields.bilingual("ask", self.problems);
        let from = fields.text("from", self.problems);
        if how.is_none() && what.is_none() && from.is_none() {
            return None;
        }
        let (Some(how), Some(what), Some(from)) = (how, what, from) else {
            let message = "`how`, `ask` and `from` stand together: how it is found out, what has \
                           to be shown, and by whom";
            self.problems.error(fields.place, message);
            return None;
        };
        let inspection = Inspection::named(how);
        if inspection.is_none() {
            let hint = did_you_mean(how, ["document", "on-site"]);
            let message = format!("unknown `how` `{how}`; it is document or on-site{hint}");
            self.problems.error(fields.place, message);
        }
        let party = Role::named(from);
        if party.is_none() {
            let names = Role::ALL.map(Role::word);
            let hint = did_you_mean(from, names);
            let message =
                format!("unknown party `{from}`; it is one of {}{hint}", names.join(", "));
            self.problems.error(fields.place, message);
        }
        Some(Asked { how: inspection?, what, of: party? })
    }

    /// Reads one line of a comparison.
    pub(crate) fn comparison(&mut self, node: &Node) -> Option<Comparison> {
        let mut fields = Fields::of(node, self.problems, "`compare`")?;
        let name = fields.bilingual("name", self.problems);
        let over = self.path(&mut fields, "over");
        let sum = self.paths(&mut fields, "sum", false);
        let demand = fields.entry("demand", self.problems);
        // The unit of a product is that of its factor that has one.
        let product = sum.iter().find(|path| path.unit().is_some()).or(sum.first()).cloned();
        let product = product.or_else(|| Path::parse("objects", false).ok());
        let demand = demand.zip(product).and_then(|(node, path)| self.amount(&path, node));
        fields.finish(self.problems);
        Some(Comparison { name: name?, over: over?, sum, demand: demand? })
    }

    /// Reads one hint.
    pub(crate) fn hint(&mut self, node: &Node) -> Option<Hint> {
        let mut fields = Fields::of(node, self.problems, "`hints`")?;
        let say = fields.take("say").and_then(|node| bilingual(node, "say", self.problems));
        let mut differ = self.paths(&mut fields, "differ", true).into_iter();
        let (left, right, more) = (differ.next(), differ.next(), differ.next());
        if right.is_none() || more.is_some() || say.is_none() {
            self.problems.error(fields.place, "a hint needs two paths in `differ`, and `say`");
        }
        fields.finish(self.problems);
        Some(Hint { left: left?, right: right?, say: say? })
    }
}
