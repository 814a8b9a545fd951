//! The norm: its rows as they were extracted, and where they had to be mended.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Text, bundled};

/// One row of the norm, or of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Row {
    /// Stable id: `5.3.3.1.2.1#3`.
    pub id: String,
    /// Clause number.
    pub clause: String,
    /// Title of the clause.
    pub title: String,
    /// The item the row is about.
    pub item: String,
    /// The wording, verbatim.
    pub text: String,
}

/// A norm and its rows.
#[derive(Debug)]
pub struct Norm {
    /// Its id, the first word of its profiles' ids.
    pub id: String,
    /// Its title.
    pub title: Text,
    /// Which edition the rows are of.
    pub edition: String,
    /// What the edition is called in English.
    pub edition_en: String,
    /// Its rows, in its own order.
    pub rows: Vec<Row>,
    /// Where each row is in `rows`.
    index: BTreeMap<String, usize>,
}

impl Norm {
    /// Returns the row `id`.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.index.get(id).and_then(|at| self.rows.get(*at))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    id: String,
    title: Text,
    edition: String,
    edition_en: String,
    #[serde(default)]
    correction: Vec<Correction>,
}

/// A row whose extracted text is not the norm's, or errs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    row: String,
    text: String,
    /// Why; for the reader of the file.
    #[expect(dead_code, reason = "it must be written down, but only the file shows it")]
    because: String,
}

static GD_GOV_CLOUD: LazyLock<Norm> = LazyLock::new(|| {
    read(bundled::text("gd-gov-cloud/norm.toml"), bundled::text("gd-gov-cloud/norm-rows.json"))
        .expect("the test `the_bundled_norm_is_read` reads it")
});

/// Returns the norm `id`, of those compiled in.
pub fn norm(id: &str) -> Option<&'static Norm> {
    (id == "gd-gov-cloud").then(|| &*GD_GOV_CLOUD)
}

/// Reads the rows of another edition, as `norm-rows.json` has them.
pub fn rows_of(text: &[u8]) -> Result<Vec<Row>, String> {
    typed_json::parse(text).map_err(|error| error.to_string())
}

fn read(header: &str, rows: &str) -> Result<Norm, String> {
    let Header { id, title, edition, edition_en, correction } = typed_json::parse_toml(header)?;
    let mut rows = rows_of(rows.as_bytes())?;
    let mut index = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if index.insert(row.id.clone(), at).is_some() {
            return Err(format!("row `{}` is there twice", row.id));
        }
    }
    for Correction { row, text, .. } in correction {
        let found = index.get(&row).and_then(|at| rows.get_mut(*at));
        found.ok_or_else(|| format!("no row `{row}` to correct"))?.text = text;
    }
    Ok(Norm { id, title, edition, edition_en, rows, index })
}

#[cfg(test)]
mod tests {
    use super::{norm, read};

    #[test]
    fn the_bundled_norm_is_read() {
        let norm = norm("gd-gov-cloud").unwrap();
        assert_eq!(norm.rows.len(), 258);
        assert_eq!(norm.edition, "征求意见稿");
        assert_eq!(norm.row("5.3.3.1.2.1#3").unwrap().text, "≥ 512G");
        assert!(norm.row("5.2.1.2#1").unwrap().text.ends_with("万光网卡[原文如此]"));
        assert!(norm.row("5.3.3.1.2.1#99").is_none());
    }

    #[test]
    fn a_correction_of_no_row_and_a_row_given_twice_are_refused() {
        let header = "id='x'\nedition='1'\nedition_en='1'\ntitle={zh='x',en='x'}\n";
        let wrong = format!("{header}[[correction]]\nrow='9'\ntext='t'\nbecause='b'\n");
        assert!(read(&wrong, "[]").unwrap_err().contains("`9`"));
        let row = r#"{"id":"1","clause":"1","title":"t","item":"i","text":"x"}"#;
        assert!(read(header, &format!("[{row},{row}]")).unwrap_err().contains("twice"));
    }
}
