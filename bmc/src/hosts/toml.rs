//! A list of hosts as a TOML document of `[[host]]`.

use std::collections::BTreeMap;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Fault, ListError, Listed, Row, field, hosts};

/// Reads a list of hosts from the text of a TOML document.
pub fn toml(text: &str) -> Result<Vec<Listed>, ListError> {
    let line =
        |at: usize| 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
    let table = DeTable::parse(text).map_err(|error| ListError {
        line: error.span().map_or(1, |span| line(span.start)),
        fault: Fault::Syntax { what: error.message().to_owned() },
    })?;
    let mut rows = Vec::new();
    for (name, value) in table.get_ref() {
        let at = line(name.span().start);
        let (true, DeValue::Array(tables)) = (name.get_ref() == "host", value.get_ref()) else {
            let what = format!("`{}` is not `[[host]]`", name.get_ref());
            return Err(ListError { line: at, fault: Fault::Syntax { what } });
        };
        for host in tables {
            rows.push(row(host, &line)?);
        }
    }
    hosts(rows)
}

fn row(host: &Spanned<DeValue<'_>>, line: &dyn Fn(usize) -> usize) -> Result<Row, ListError> {
    let at = line(host.span().start);
    let DeValue::Table(table) = host.get_ref() else {
        let what = "a host is a table".to_owned();
        return Err(ListError { line: at, fault: Fault::Syntax { what } });
    };
    let mut cells = BTreeMap::new();
    for (name, value) in table {
        let fail = |fault| ListError { line: line(name.span().start), fault };
        let text = match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Boolean(is) => is.to_string(),
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                let what =
                    format!("`{}` is neither text nor a number nor true or false", name.get_ref());
                return Err(fail(Fault::Syntax { what }));
            }
        };
        let column = field::column(name.get_ref()).map_err(fail)?;
        if cells.insert(column, text).is_some() {
            return Err(fail(Fault::Twice { name: name.get_ref().to_string() }));
        }
    }
    Ok(Row { cells, line: at })
}
