//! A list of hosts as a CSV table (RFC 4180), as spreadsheets write it.

use std::collections::BTreeMap;

use super::{Fault, ListError, Listed, MOST, Row, field, hosts};
use crate::sheet::{self, Records};

/// Reads a list of hosts from a CSV table: UTF-8, with or without a mark at its beginning, or
/// GB 18030, of which GBK is a part.
pub fn csv(bytes: &[u8]) -> Result<Vec<Listed>, ListError> {
    let text = sheet::text(bytes)?;
    let mut records = Records::of(&text);
    let Some((line, names)) = records.next()? else {
        return Err(ListError { line: 1, fault: Fault::Empty });
    };
    let mut columns = Vec::new();
    for name in &names {
        let fail = |fault| ListError { line, fault };
        // A spreadsheet leaves empty columns behind the last.
        if name.is_empty() {
            columns.push(None);
            continue;
        }
        let column = field::column(name).map_err(fail)?;
        if columns.contains(&Some(column)) {
            return Err(fail(Fault::Twice { name: name.clone() }));
        }
        columns.push(Some(column));
    }
    let mut rows = Vec::new();
    while let Some((line, cells)) = records.next()? {
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let fault = if rows.len() >= MOST {
            Some(Fault::TooMany)
        } else if cells.len() > columns.len() {
            Some(Fault::Cells { cells: cells.len(), columns: columns.len() })
        } else {
            None
        };
        if let Some(fault) = fault {
            return Err(ListError { line, fault });
        }
        let named =
            columns.iter().zip(cells).filter_map(|(column, cell)| Some((*column.as_ref()?, cell)));
        let mut cells = BTreeMap::new();
        cells.extend(named);
        rows.push(Row { cells, line });
    }
    hosts(rows)
}
