//! A list of hosts as a workbook of a spreadsheet (ECMA-376, `.xlsx`).
//!
//! Cells are read as the file has them: a number in its own digits, so that a serial number that
//! the spreadsheet has rounded is seen and refused. A cell that refuses the list is named (`C4`).

use std::collections::BTreeMap;

use super::{Fault, ListError, Listed, MOST, Row, field, hosts};
use crate::sheet::{self, Archive, Cell, Rows, place};

pub use crate::sheet::is_xlsx;

/// Rows above the names of the columns: a title, a date.
const TITLES: usize = 20;

/// The table of a sheet.
struct Table {
    /// The columns, by their number.
    columns: BTreeMap<u32, field::Column>,
    /// The rows below the names.
    rows: Rows,
}

/// Reads a list of hosts from a workbook: of the one sheet whose columns have an address.
pub fn xlsx(bytes: &[u8]) -> Result<Vec<Listed>, ListError> {
    let whole = |fault| ListError { line: 1, fault };
    let unread = |fault: sheet::Fault| whole(fault.into());
    let archive = Archive::read(bytes).map_err(unread)?;
    let mut chosen: Option<(String, Table)> = None;
    let mut refusal = None;
    for sheet in sheet::sheets(&archive).map_err(unread)? {
        let name = sheet.name.unwrap_or_default();
        match table(sheet.rows) {
            Ok(Some(table)) => {
                if let Some((first, _)) = &chosen {
                    let fault = Fault::Sheets { first: first.clone(), second: name };
                    return Err(whole(fault));
                }
                chosen = Some((name, table));
            }
            Ok(None) => {}
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    match (chosen, refusal) {
        // A sheet with an address and a column that is not known may be the one that is meant.
        (_, Some(refusal)) => Err(refusal),
        (Some((_, table)), None) => of(table),
        (None, None) => Err(whole(Fault::Empty)),
    }
}

/// Finds the names of columns; nothing where no row has an address among them.
fn table(rows: Rows) -> Result<Option<Table>, ListError> {
    let mut rows = rows.into_iter().filter(|(_, cells)| !cells.is_empty());
    for (line, names) in rows.by_ref().take(TITLES) {
        let is_address =
            |cell: &Cell| matches!(field::column(&cell.text), Ok(field::Column::Address));
        if !names.values().any(is_address) {
            continue;
        }
        let mut columns = BTreeMap::new();
        for (at, cell) in names {
            if cell.text.is_empty() {
                continue;
            }
            let fail = |fault| ListError { line, fault: named(at, line, fault) };
            let column = field::column(&cell.text).map_err(fail)?;
            if columns.values().any(|known| *known == column) {
                return Err(fail(Fault::Twice { name: cell.text }));
            }
            columns.insert(at, column);
        }
        return Ok(Some(Table { columns, rows: rows.collect() }));
    }
    Ok(None)
}

fn of(table: Table) -> Result<Vec<Listed>, ListError> {
    let mut rows = Vec::new();
    let columns = table.columns;
    for (line, cells) in table.rows {
        if rows.len() >= MOST {
            return Err(ListError { line, fault: Fault::TooMany });
        }
        let mut named_cells = BTreeMap::new();
        for (at, cell) in cells {
            let Some(column) = columns.get(&at) else {
                if cell.text.is_empty() {
                    continue;
                }
                let fault = Fault::Nameless { text: cell.text };
                return Err(ListError { line, fault: named(at, line, fault) });
            };
            if let Some(fault) = unclear(&cell, *column) {
                return Err(ListError { line, fault: named(at, line, fault) });
            }
            if !cell.text.is_empty() {
                named_cells.insert(*column, cell.text);
            }
        }
        if !named_cells.is_empty() {
            rows.push(Row { cells: named_cells, line });
        }
    }
    // What is wrong with a value is known by its column: the cell is named by that.
    hosts(rows).map_err(|ListError { line, fault }| {
        let at = fault.column().and_then(|column| {
            columns.iter().find(|(_, known)| **known == column).map(|(at, _)| *at)
        });
        match at {
            Some(at) => ListError { line, fault: named(at, line, fault) },
            None => ListError { line, fault },
        }
    })
}

/// Returns what is unclear about a cell in that column.
fn unclear(cell: &Cell, column: field::Column) -> Option<Fault> {
    let fault = |column, wants| Fault::Cell { column, text: cell.text.clone(), wants };
    if cell.is_error {
        return Some(fault(column.name(), "the spreadsheet could not work it out"));
    }
    (column == field::Column::Serial && cell.is_rounded())
        .then(|| fault("serial", "a spreadsheet has made a number of it and rounded it"))
}

/// Names the cell that a fault is in.
fn named(column: u32, line: usize, fault: Fault) -> Fault {
    Fault::At { cell: place(column, line), fault: Box::new(fault) }
}
