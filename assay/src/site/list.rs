//! A delivery list: what was ordered and packed, a machine a line.
//!
//! Read from the tables of a file; a cell that is not clear refuses the list by its name (`C17`).
//! Cells that a workbook has merged have the value of the first, but where that would give several
//! machines one serial number, address or place.

use std::collections::BTreeMap;

use bmc::{
    sheet::{Cell, Merge, Sheet, narrow, place},
    target::Address,
};
use profiles::Text;

use super::{
    columns::{Column, column},
    part::Part,
    place::Place,
};
use crate::lang::text;

mod cells;

/// Rows above the names of the columns: a title, a date, a project.
const TITLES: usize = 20;

/// What was ordered and packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Machines that each contract line orders, where the list says so; in the order of the list.
    pub contracts: Vec<(String, Option<u32>)>,
    /// Names of columns that are not read.
    pub unread: Vec<String>,
    /// What parts are asked for that no inventory tells, by the line.
    pub unchecked: Vec<String>,
}

/// A line: one machine, or machines that have no name yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The row of the list, from 1.
    pub row: usize,
    /// The line of the contract; nothing where the list has none.
    pub contract: String,
    /// How many machines the line says there are.
    pub quantity: Option<u32>,
    /// The model that was ordered.
    pub model: Option<String>,
    /// The serial number.
    pub serial: Option<String>,
    /// Where its BMC is to answer.
    pub address: Option<Address>,
    /// Where it is to stand.
    pub place: Option<Place>,
    /// Units that it takes.
    pub height: Option<u8>,
    /// Units that its rack has.
    pub rack_height: Option<u8>,
    /// The profile that it is judged by.
    pub profile: Option<String>,
    /// The parts that it is to have.
    pub parts: Vec<Part>,
}

impl Line {
    /// Returns whether it names a machine; else it only says how many are ordered.
    pub fn is_machine(&self) -> bool {
        self.serial.is_some() || self.address.is_some() || self.place.is_some()
    }

    /// Returns what the machine is called: its serial number, else its place or address.
    pub fn name(&self) -> String {
        let place = || self.place.as_ref().map(ToString::to_string);
        let address = || self.address.as_ref().map(ToString::to_string);
        let row = || format!("#{}", self.row);
        self.serial.clone().or_else(place).or_else(address).unwrap_or_else(row)
    }
}

/// Why a list was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The cell or cells (`C17`, `A2:B9`); nothing where it is the whole list.
    pub cell: Option<String>,
    /// What is wrong there.
    pub why: Text,
    /// What to do about it.
    pub hint: Text,
}

impl Refusal {
    fn of_list(why: Text, hint: Text) -> Self {
        Self { cell: None, why, hint }
    }

    /// Returns the place and the reason as one sentence.
    pub fn said(&self) -> Text {
        match &self.cell {
            Some(cell) => {
                let Text { zh, en } = &self.why;
                Text::new(format!("单元格 {cell}：{zh}"), format!("cell {cell}: {en}"))
            }
            None => self.why.clone(),
        }
    }
}

/// Names of columns, and the rows below them.
struct Table<'s> {
    columns: BTreeMap<Column, u32>,
    unread: Vec<String>,
    rows: &'s [(usize, BTreeMap<u32, Cell>)],
    merges: &'s [Merge],
}

impl List {
    /// Reads a list from the tables of a file: of the one whose columns name machines.
    pub fn read(sheets: &mut [Sheet]) -> Result<Self, Refusal> {
        for sheet in sheets.iter_mut() {
            fill(sheet)?;
        }
        let mut chosen: Option<(&Sheet, Table<'_>)> = None;
        for sheet in sheets.iter() {
            let Some(table) = table(sheet)? else { continue };
            if let Some((first, _)) = &chosen {
                let names = [first, sheet].map(|sheet| sheet.name.clone().unwrap_or_default());
                let [first, second] = names.each_ref().map(String::as_str);
                return Err(Refusal::of_list(
                    text(
                        "`{}` 与 `{}` 两张工作表都像到货清单",
                        "both sheets `{}` and `{}` look like the list",
                        &[first, second],
                    ),
                    Text::new("只留一张，或把另一张隐藏", "leave one of them, or hide the other"),
                ));
            }
            chosen = Some((sheet, table));
        }
        let Some((_, table)) = chosen else { return Err(nothing()) };
        of(&table)
    }
}

fn nothing() -> Refusal {
    Refusal::of_list(
        Text::new(
            "没有找到表头：要有“序列号”（或管理口地址、机柜与 U 位）列",
            "no row has names of columns: a list has a column `sn` (or BMC address, or rack and u)",
        ),
        Text::new(
            "列名：合同行、数量、型号、序列号、管理口地址、机房、机柜、U位（或 机房-机柜-U位 一列）、高度U、机柜高度、规格模板、配置；`assay site init` 可生成一份",
            "columns are contract-line, quantity, model, sn, bmc, room, rack, u (or room-rack-u), \
             height-u, rack-height-u, profile, parts; `assay site init` makes a list",
        ),
    )
}

/// Cells that merges may fill: more than a list has.
const FILLED: usize = 2_000_000;

/// Gives the cells of a merge the value of its first.
fn fill(sheet: &mut Sheet) -> Result<(), Refusal> {
    let mut places = BTreeMap::new();
    places.extend(sheet.rows.iter().enumerate().map(|(at, (row, _))| (*row, at)));
    let mut filled = 0_usize;
    for merge in &sheet.merges {
        let (column, row) = merge.first;
        let first = places.get(&row).and_then(|at| sheet.rows.get(*at));
        let Some(cell) = first.and_then(|(_, cells)| cells.get(&column)).cloned() else { continue };
        if merge.last.1 < row {
            continue;
        }
        for at in places.range(row..=merge.last.1).map(|(_, at)| *at) {
            let Some((_, cells)) = sheet.rows.get_mut(at) else { continue };
            // A title may be merged over all columns that there are: no list is as wide.
            for column in merge.first.0..=merge.last.0.min(merge.first.0.saturating_add(255)) {
                filled += 1;
                cells.entry(column).or_insert_with(|| cell.clone());
            }
            if filled > FILLED {
                return Err(Refusal {
                    cell: Some(merge.name()),
                    why: Text::new("合并的单元格太多", "too many cells are merged"),
                    hint: Text::new("取消合并", "unmerge them"),
                });
            }
        }
    }
    Ok(())
}

/// Finds the names of columns; nothing where no row has any that names a machine.
fn table(sheet: &Sheet) -> Result<Option<Table<'_>>, Refusal> {
    let is_head = |cells: &BTreeMap<u32, Cell>| {
        let mut columns: Vec<Column> = Vec::new();
        columns.extend(cells.values().filter_map(|cell| column(&cell.text)));
        let has = |column| columns.contains(&column);
        columns.len() >= 2
            && (has(Column::Serial)
                || has(Column::Address)
                || has(Column::Place)
                || (has(Column::Rack) && has(Column::Unit)))
    };
    let first = sheet.rows.iter().take(TITLES).position(|(_, cells)| is_head(cells));
    let Some(mut at) = first else { return Ok(None) };
    // Names in two rows, the upper of which says what several columns are together.
    while sheet.rows.get(at + 1).is_some_and(|(_, cells)| is_head(cells)) {
        at += 1;
    }
    let Some((row, names)) = sheet.rows.get(at) else { return Ok(None) };
    let (mut columns, mut unread) = (BTreeMap::new(), Vec::new());
    for (number, cell) in names {
        match column(&cell.text) {
            Some(known) => {
                if let Some(first) = columns.insert(known, *number) {
                    return Err(Refusal {
                        cell: Some(place(*number, *row)),
                        why: text(
                            "`{}` 与 {} 是同一列",
                            "`{}` says the same column as {}",
                            &[&cell.text, &place(first, *row)],
                        ),
                        hint: Text::new(
                            "去掉其中一列，或改名",
                            "leave one of them out, or rename it",
                        ),
                    });
                }
            }
            None if !cell.text.is_empty() => unread.push(cell.text.clone()),
            None => {}
        }
    }
    let rows = sheet.rows.get(at + 1..).unwrap_or_default();
    Ok(Some(Table { columns, unread, rows, merges: &sheet.merges }))
}

/// Words that a row of sums or remarks begins with.
const REMARKS: [&str; 9] = ["合计", "总计", "小计", "共计", "备注", "注:", "说明", "total", "sum"];

fn of(table: &Table<'_>) -> Result<List, Refusal> {
    let first_row = table.rows.first().map_or(usize::MAX, |(row, _)| *row);
    let mut list = List { unread: table.unread.clone(), ..List::default() };
    let is_remark = |cells: &BTreeMap<u32, Cell>| {
        let begins = cells.values().find(|cell| !cell.text.is_empty());
        let begins = begins.map(|cell| narrow(&cell.text).replace(' ', "").to_lowercase());
        begins.is_some_and(|begins| REMARKS.iter().any(|word| begins.starts_with(word)))
    };
    let of_remarks = table.rows.iter().filter(|(_, cells)| is_remark(cells));
    let remarks: Vec<usize> = of_remarks.map(|(row, _)| *row).collect();
    merged(table, first_row, &remarks)?;
    for (row, cells) in table.rows.iter().filter(|(row, _)| !remarks.contains(row)) {
        let read = cells::Row { columns: &table.columns, cells, number: *row };
        if let Some(line) = read.line()? {
            list.unchecked
                .extend(line.parts.iter().flat_map(|part| part.unchecked.iter().cloned()));
            list.lines.push(line);
        }
    }
    tiny_sort::stable::sort(&mut list.unchecked);
    list.unchecked.dedup();
    if list.lines.is_empty() {
        return Err(Refusal::of_list(
            Text::new("清单中没有设备", "the list has no machines"),
            Text::new("在表头下每台设备写一行", "write a line for each machine below the names"),
        ));
    }
    unique(&list, table)?;
    list.contracts = ordered(&list, table)?;
    Ok(list)
}

/// Refuses merges by which several machines would have one serial number, address or place, or one
/// value would stand in several columns.
fn merged(table: &Table<'_>, first_row: usize, remarks: &[usize]) -> Result<(), Refusal> {
    for merge in table.merges {
        if merge.last.1 < first_row || remarks.contains(&merge.first.1) {
            continue;
        }
        let over = |column: &u32| (merge.first.0..=merge.last.0).contains(column);
        let of: Vec<Column> =
            table.columns.iter().filter(|(_, at)| over(at)).map(|(column, _)| *column).collect();
        let names = [Column::Serial, Column::Address, Column::Place, Column::Unit];
        let is_shared =
            merge.first.1 < merge.last.1 && of.iter().any(|column| names.contains(column));
        if of.len() > 1 || is_shared {
            return Err(Refusal {
                cell: Some(merge.name()),
                why: Text::new(
                    "合并的单元格使几台设备共用一个序列号、地址或位置，或一个值占了几列",
                    "the merged cells give several machines one serial number, address or place, or \
                     several columns one value",
                ),
                hint: Text::new("取消合并，逐格填写", "unmerge them and fill in each cell"),
            });
        }
    }
    Ok(())
}

/// Refuses an address that two lines have, and places that lie in each other.
fn unique(list: &List, table: &Table<'_>) -> Result<(), Refusal> {
    let cell = |column: Column, row: usize| table.columns.get(&column).map(|at| place(*at, row));
    let mut addresses = BTreeMap::new();
    let mut racks: BTreeMap<String, Vec<(u8, u8, usize)>> = BTreeMap::new();
    for line in &list.lines {
        if let Some(address) = &line.address
            && let Some(first) = addresses.insert(address.clone(), line.row)
        {
            return Err(Refusal {
                cell: cell(Column::Address, line.row),
                why: text(
                    "管理口地址 `{}` 在第 {} 行已有",
                    "BMC address `{}` stands on row {} already",
                    &[&address.to_string(), &first.to_string()],
                ),
                hint: Text::new("改正其中一个", "correct one of them"),
            });
        }
        let Some(at) = &line.place else { continue };
        let rack = racks.entry(at.rack_key()).or_default();
        let (low, high) =
            (at.unit, at.unit.saturating_add(line.height.unwrap_or(1)).saturating_sub(1));
        // Nodes of one enclosure stand in the same units.
        let overlaps =
            |(a, b, _): &&(u8, u8, usize)| *a <= high && low <= *b && (*a, *b) != (low, high);
        if let Some((_, _, first)) = rack.iter().find(overlaps) {
            return Err(Refusal {
                cell: cell(Column::Unit, line.row).or_else(|| cell(Column::Place, line.row)),
                why: text(
                    "{} 与第 {} 行的设备占了同一 U 位",
                    "{} is taken in part by the machine of row {}",
                    &[&at.to_string(), &first.to_string()],
                ),
                hint: Text::new("核对 U 位与高度", "check unit and height"),
            });
        }
        rack.push((low, high, line.row));
    }
    Ok(())
}

/// Returns what each contract line orders.
///
/// Lists say it once, on the first line or in a merged cell; on each line the whole; or on each line
/// the one machine that it is.
fn ordered(list: &List, table: &Table<'_>) -> Result<Vec<(String, Option<u32>)>, Refusal> {
    let mut contracts: Vec<(String, Option<u32>)> = Vec::new();
    let mut groups: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in &list.lines {
        let group = groups.entry(&line.contract).or_default();
        if group.is_empty() {
            contracts.push((line.contract.clone(), None));
        }
        group.push(line);
    }
    for (contract, ordered) in &mut contracts {
        let lines = groups.get(contract.as_str()).map(Vec::as_slice).unwrap_or_default();
        let machines = lines.iter().filter(|line| line.is_machine());
        let mut said: Option<u32> = None;
        let (mut ones, mut count) = (0_u32, 0_u32);
        for line in machines {
            count += 1;
            let Some(quantity) = line.quantity else { continue };
            ones += u32::from(quantity == 1);
            if let Some(before) = said
                && before != quantity
            {
                let cell = table.columns.get(&Column::Quantity).map(|at| place(*at, line.row));
                return Err(Refusal {
                    cell,
                    why: text(
                        "合同行 `{}` 的数量有 {} 又有 {}",
                        "contract line `{}` orders {} here, and {} above",
                        &[contract, &quantity.to_string(), &before.to_string()],
                    ),
                    hint: Text::new(
                        "同一合同行的数量写一次，或各行都写总数",
                        "write the number of a contract line once, or the whole of it on each row",
                    ),
                });
            }
            said = Some(quantity);
        }
        // On every row a 1: each is one machine.
        let of_machines = if said == Some(1) && ones == count { Some(count) } else { said };
        // Rows without a machine order what is not packed.
        let bare: Vec<u32> = lines
            .iter()
            .filter(|line| !line.is_machine())
            .map(|line| line.quantity.unwrap_or(1))
            .collect();
        let more = bare.iter().fold(0_u32, |sum, one| sum.saturating_add(*one));
        *ordered = match (of_machines, bare.is_empty()) {
            (said, true) => said,
            (said, false) => Some(said.unwrap_or(count).saturating_add(more)),
        };
    }
    Ok(contracts)
}
