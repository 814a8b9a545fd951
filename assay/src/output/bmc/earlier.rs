//! What a host came to, as a journal keeps it and a later run shows it.

use bmc::record::{hide, without_user};
use profiles::Lang;
use serde_json::{Value, json};

use super::{
    found::{Found, Met, Word},
    page, value,
};
use crate::output::table::Cell;

/// What an earlier run came to at a host.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// How it ended.
    pub word: Word,
    /// When, RFC 3339.
    pub at: String,
    /// What programs read of it.
    pub entry: Value,
    /// What there was to say beside: in Chinese, and in English.
    pub remarks: Vec<(String, String)>,
    /// The headings of its findings, in the language of that run.
    pub head: Vec<String>,
    /// Its findings.
    pub rows: Vec<Vec<String>>,
}

/// Returns what is kept of a host: no secret is in it.
pub fn kept(met: &Met, lang: Lang) -> Value {
    let mut entry = value::outcome(met);
    hide(&mut entry);
    let (head, mut rows) = page::findings(met, lang);
    if let Met::Found { found: Found::Raw { .. }, .. } = met {
        // Its one cell is the answer as it came.
        let answer = entry.get("answer").map_or_else(String::new, Value::to_string);
        rows = vec![vec![Cell::from(answer)]];
    }
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| {
            row.into_iter().map(|cell| without_user(&cell.text).unwrap_or(cell.text)).collect()
        })
        .collect();
    json!({ "entry": entry, "head": head, "rows": rows })
}

impl Earlier {
    /// Reads what was kept; nothing where it is not of that form.
    pub fn read(at: &str, kept: &Value) -> Option<Self> {
        let entry = kept.get("entry").filter(|entry| entry.is_object())?;
        let texts = |value: &Value| -> Option<Vec<String>> {
            value.as_array()?.iter().map(|text| Some(text.as_str()?.to_owned())).collect()
        };
        let remarks = entry.get("remarks").and_then(Value::as_array);
        Some(Self {
            word: Word::of(entry.get("result")?.as_str()?)?,
            at: at.to_owned(),
            remarks: remarks.into_iter().flatten().filter_map(pair).collect(),
            head: texts(kept.get("head")?)?,
            rows: kept.get("rows")?.as_array()?.iter().map(texts).collect::<Option<_>>()?,
            entry: entry.clone(),
        })
    }

    /// Returns why it is not as wanted, or is not yet: in Chinese, and in English.
    pub fn reason(&self) -> Option<(String, String)> {
        self.entry.get("reason").and_then(pair)
    }
}

fn pair(value: &Value) -> Option<(String, String)> {
    let text = |lang: &str| Some(value.get(lang)?.as_str()?.to_owned());
    Some((text("zh")?, text("en")?))
}
