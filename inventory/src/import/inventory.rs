//! Our own document, `inventory/v1`, read back.
//!
//! A reader of v1 takes every v1.x: fields and sections it does not know are
//! passed over. A fact may stand as its bare value or, as other writers do it,
//! as `{"value": …, "source": …}`.

use serde_json::{Map, Value};

use super::{ImportError, file_source};
use crate::model::{FindingClass, Inventory, SCHEMA, Section, SourceKind};

/// Top-level keys that hold no facts.
const NOT_FACTS: [&str; 5] = ["schema", "collected_at", "sections", "sources", "findings"];

/// Reads a document `inventory/v1`.
pub fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Value = serde_json::from_slice(text).map_err(|error| {
        ImportError::new(name, "is not JSON: ".to_owned() + &reason(&error)).at(format!(
            "line {}, column {}",
            error.line(),
            error.column()
        ))
    })?;
    let Value::Object(mut document) = document else {
        return Err(ImportError::new(name, "is not an object of `inventory/v1`").at("$"));
    };
    check_schema(name, &document)?;
    forget_unknown_names(&mut document);
    let count = document.get("sources").and_then(Value::as_array).map_or(0, Vec::len);
    let file = u64::try_from(count).unwrap_or(u64::MAX);
    let mut walk = Walk { name, sources: file, file_used: false };
    for (key, value) in &mut document {
        if !NOT_FACTS.contains(&key.as_str()) {
            walk.section(&format!("$.{key}"), value)?;
        }
    }
    let file_used = walk.file_used;
    check_claims(name, &document, file)?;
    let mut inventory = typed(name, document)?;
    if file_used {
        inventory.add_source(file_source(name, bytes));
    }
    SCHEMA.clone_into(&mut inventory.schema);
    Ok(inventory)
}

fn check_schema(name: &str, document: &Map<String, Value>) -> Result<(), ImportError> {
    let found = match document.get("schema") {
        Some(Value::String(schema)) => schema.as_str(),
        Some(_) => return Err(ImportError::new(name, "the schema id is not text").at("$.schema")),
        None => return Err(ImportError::new(name, "has no schema id").at("$.schema")),
    };
    let minor = found.strip_prefix(SCHEMA);
    if minor.is_some_and(|minor| minor.is_empty() || minor.starts_with('.')) {
        return Ok(());
    }
    Err(ImportError::new(name, format!("is `{found}`, and this program reads `{SCHEMA}`"))
        .at("$.schema")
        .with_hint("a newer release of this program may read it"))
}

/// Drops what a later v1.x may have added in places where names are fixed.
fn forget_unknown_names(document: &mut Map<String, Value>) {
    let known = |name: &str| typed_json::read::<Section>(&Value::from(name)).is_ok();
    if let Some(Value::Object(sections)) = document.get_mut("sections") {
        sections.retain(|name, _| known(name));
    }
    if let Some(Value::Array(sources)) = document.get_mut("sources") {
        for source in sources {
            if let Some(kind) = source.get_mut("kind")
                && typed_json::read::<SourceKind>(kind).is_err()
            {
                *kind = "import".into();
            }
        }
    }
    if let Some(Value::Array(findings)) = document.get_mut("findings") {
        findings.retain(|finding| {
            finding.get("class").is_none_or(|class| typed_json::read::<FindingClass>(class).is_ok())
        });
    }
}

/// Turns facts with a source of their own into bare values, and checks that
/// every source they name exists.
struct Walk<'a> {
    name: &'a str,
    /// Number of sources in the document, and the index of the file itself.
    sources: u64,
    /// Whether an object had no origin, so that the file stands in.
    file_used: bool,
}

impl Walk<'_> {
    /// Handles a section: one object, or several.
    fn section(&mut self, place: &str, value: &mut Value) -> Result<(), ImportError> {
        match value {
            Value::Array(objects) => {
                for (index, object) in objects.iter_mut().enumerate() {
                    self.section(&format!("{place}[{index}]"), object)?;
                }
                Ok(())
            }
            Value::Object(object) => self.object(place, object),
            _ => Ok(()),
        }
    }

    /// Handles an object that has an origin.
    fn object(&mut self, place: &str, object: &mut Map<String, Value>) -> Result<(), ImportError> {
        let mut exceptions = Vec::new();
        for (key, value) in object.iter_mut() {
            match (key.as_str(), &mut *value) {
                ("origin", _) => {}
                ("port", Value::Array(_)) => self.section(&format!("{place}.{key}"), value)?,
                _ => self.fact(place, key, value, &mut exceptions)?,
            }
        }
        // Identity is computed from facts that name their sources themselves.
        if place == "$.identity" {
            return Ok(());
        }
        let origin = object.entry("origin").or_insert_with(|| {
            self.file_used = true;
            serde_json::json!({ "source": self.sources })
        });
        let Value::Object(origin) = origin else {
            return Err(
                ImportError::new(self.name, "is not an object").at(format!("{place}.origin"))
            );
        };
        if !exceptions.is_empty()
            && let Value::Object(sources) =
                origin.entry("sources").or_insert_with(|| Value::Object(Map::new()))
        {
            sources.extend(exceptions);
        }
        self.origin(&format!("{place}.origin"), origin)
    }

    /// Handles a field at `path` below the object at `place`.
    fn fact(
        &mut self,
        place: &str,
        path: &str,
        value: &mut Value,
        exceptions: &mut Vec<(String, Value)>,
    ) -> Result<(), ImportError> {
        match value {
            Value::Object(object)
                if object.len() == 2
                    && object.contains_key("value")
                    && object.contains_key("source") =>
            {
                let source = object.remove("source").unwrap_or_default();
                if !source.is_u64() {
                    return Err(ImportError::new(self.name, "the source is no index")
                        .at(format!("{place}.{path}.source")));
                }
                *value = object.remove("value").unwrap_or_default();
                exceptions.push((path.to_owned(), source));
                Ok(())
            }
            Value::Object(object) => {
                for (key, value) in object.iter_mut() {
                    self.fact(place, &format!("{path}.{key}"), value, exceptions)?;
                }
                Ok(())
            }
            Value::Array(items) => {
                for (index, value) in items.iter_mut().enumerate() {
                    self.fact(place, &format!("{path}[{index}]"), value, exceptions)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn origin(&self, place: &str, origin: &Map<String, Value>) -> Result<(), ImportError> {
        let file = u64::from(self.file_used);
        let limit = self.sources.saturating_add(file);
        let check = |at: String, source: &Value| check_source(self.name, at, source, limit);
        if let Some(source) = origin.get("source") {
            check(format!("{place}.source"), source)?;
        }
        for (field, source) in
            origin.get("sources").and_then(Value::as_object).into_iter().flatten()
        {
            check(format!("{place}.sources.{field}"), source)?;
        }
        for (field, claims) in origin.get("also").and_then(Value::as_object).into_iter().flatten() {
            for claim in claims.as_array().into_iter().flatten() {
                if let Some(source) = claim.get("source") {
                    check(format!("{place}.also.{field}"), source)?;
                }
            }
        }
        Ok(())
    }
}

fn check_claims(
    name: &str,
    document: &Map<String, Value>,
    sources: u64,
) -> Result<(), ImportError> {
    let findings = document.get("findings").and_then(Value::as_array);
    for (index, finding) in findings.into_iter().flatten().enumerate() {
        for claim in finding.get("claims").and_then(Value::as_array).into_iter().flatten() {
            if let Some(source) = claim.get("source") {
                check_source(name, format!("$.findings[{index}].claims"), source, sources)?;
            }
        }
    }
    Ok(())
}

fn check_source(
    name: &str,
    place: String,
    source: &Value,
    sources: u64,
) -> Result<(), ImportError> {
    if source.as_u64().is_some_and(|index| index < sources) {
        return Ok(());
    }
    let message = format!("names source {source}, and the document has {sources}");
    Err(ImportError::new(name, message).at(place))
}

/// Reads the document into its types; on failure finds the object at fault.
fn typed(name: &str, document: Map<String, Value>) -> Result<Inventory, ImportError> {
    let whole = Value::Object(document);
    let error = match typed_json::read(&whole) {
        Ok(inventory) => return Ok(inventory),
        Err(error) => error,
    };
    let Value::Object(document) = whole else {
        return Err(ImportError::new(name, error.to_string()));
    };
    for (key, value) in document {
        let alone = |value: Value| {
            let mut object = Map::new();
            object.insert(key.clone(), value);
            typed_json::read::<Inventory>(&Value::Object(object)).err()
        };
        if let Value::Array(items) = &value {
            for (index, item) in items.iter().enumerate() {
                if let Some(error) = alone(Value::Array(vec![item.clone()])) {
                    return Err(
                        ImportError::new(name, error.to_string()).at(format!("$.{key}[{index}]"))
                    );
                }
            }
        }
        if let Some(error) = alone(value) {
            return Err(ImportError::new(name, error.to_string()).at(format!("$.{key}")));
        }
    }
    Err(ImportError::new(name, error.to_string()))
}

/// Returns what is wrong without the position, which is told apart.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests;
