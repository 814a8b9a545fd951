//! The JSON Schema of the facts, as far as paths need it.

use serde_json::{Map, Value};

/// References followed in a row; a schema that needs more refers to itself.
const DEEPEST: usize = 16;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Flag,
    Object,
    /// The schema does not say, or says several.
    Any,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::Any => "anything",
        }
    }
}

/// Where a path has got to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'s> {
    pub(super) node: &'s Value,
    /// Whether there can be several.
    pub(super) many: bool,
    pub(super) kind: Kind,
    /// The schema that references below it are relative to.
    pub(super) scope: &'s Value,
}

impl Shape<'_> {
    /// Returns whether the schema lets the field hold `text`.
    pub(super) fn allows(&self, text: &str) -> bool {
        match self.node.get("enum").and_then(Value::as_array) {
            Some(values) => values.iter().any(|value| value.as_str() == Some(text)),
            None => true,
        }
    }
}

/// The schema of the facts document.
pub(super) struct Schema<'s> {
    root: &'s Value,
}

impl<'s> Schema<'s> {
    pub(super) fn of(root: &'s Value) -> Self {
        Self { root }
    }

    /// Returns the document itself.
    pub(super) fn document(&self) -> Shape<'s> {
        Shape { node: self.root, many: false, kind: Kind::Object, scope: self.root }
    }

    /// Returns field `name` of `shape`, or the names it has instead.
    pub(super) fn field(&self, shape: Shape<'s>, name: &str) -> Result<Shape<'s>, Vec<&'s str>> {
        let (node, scope) = self.settle(shape.node, shape.scope);
        if shape.kind == Kind::Any || node.as_bool() == Some(true) {
            return Ok(shape);
        }
        let properties = node.get("properties").and_then(Value::as_object);
        let found = properties.and_then(|properties| properties.get(name));
        let found = found.or_else(|| {
            let more = node.get("additionalProperties")?;
            (more.is_object() || more.as_bool() == Some(true)).then_some(more)
        });
        match found {
            Some(found) => Ok(self.shape(found, scope, shape.many)),
            None => {
                Err(properties.map(Map::keys).into_iter().flatten().map(String::as_str).collect())
            }
        }
    }

    /// Returns what `node` holds, arrays opened.
    fn shape(&self, node: &'s Value, scope: &'s Value, many: bool) -> Shape<'s> {
        let (mut node, mut scope) = self.settle(node, scope);
        let mut many = many;
        for _ in 0..DEEPEST {
            let Some(items) = node.get("items").filter(|_| names(node, "array")) else { break };
            many = true;
            (node, scope) = self.settle(items, scope);
        }
        Shape { node, many, kind: kind(node), scope }
    }

    /// Follows references and drops the `null` of what may be unknown.
    fn settle(&self, node: &'s Value, scope: &'s Value) -> (&'s Value, &'s Value) {
        let (mut node, mut scope) = (node, scope);
        for _ in 0..DEEPEST {
            if node.get("$defs").is_some() {
                scope = node;
            }
            if let Some(target) = node.get("$ref").and_then(Value::as_str) {
                match self.target(target, scope) {
                    Some(next) => node = next,
                    None => break,
                }
                continue;
            }
            let options = node.get("anyOf").or_else(|| node.get("oneOf")).and_then(Value::as_array);
            let mut known = options.into_iter().flatten().filter(|option| !names(option, "null"));
            match (known.next(), known.next()) {
                (Some(only), None) => node = only,
                _ => break,
            }
        }
        (node, scope)
    }

    /// Returns what `#/$defs/Cpu` names, in the nearest schema that has it.
    fn target(&self, reference: &str, scope: &'s Value) -> Option<&'s Value> {
        let pointer = reference.strip_prefix('#')?;
        if pointer.is_empty() {
            return Some(scope);
        }
        scope.pointer(pointer).or_else(|| self.root.pointer(pointer))
    }
}

/// Returns whether `node` has the type `name`, alone or among others.
fn names(node: &Value, name: &str) -> bool {
    match node.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(name)),
        _ => false,
    }
}

fn kind(node: &Value) -> Kind {
    let kinds = [
        (["integer", "number"].as_slice(), Kind::Number),
        (&["string"], Kind::Text),
        (&["boolean"], Kind::Flag),
        (&["object"], Kind::Object),
    ];
    let mut fits = kinds.iter().filter(|(words, _)| words.iter().any(|word| names(node, word)));
    match (fits.next(), fits.next()) {
        (Some((_, kind)), None) => *kind,
        _ if node.get("properties").is_some() => Kind::Object,
        _ => Kind::Any,
    }
}
