//! A row of a delivery list: what each of its cells says.

use std::collections::BTreeMap;

use bmc::sheet::{Cell, narrow, place};
use profiles::Text;

use super::{
    super::{
        columns::Column,
        part,
        place::{HIGHEST, Place, units},
    },
    Line, Refusal,
};
use crate::lang::text;

/// Machines that one line may order.
const MOST: u32 = 100_000;

/// A row, and where its columns are.
pub(super) struct Row<'s> {
    pub(super) columns: &'s BTreeMap<Column, u32>,
    pub(super) cells: &'s BTreeMap<u32, Cell>,
    pub(super) number: usize,
}

impl Row<'_> {
    /// Reads the line; nothing of a row where no column that is read has text.
    pub(super) fn line(&self) -> Result<Option<Line>, Refusal> {
        if self
            .columns
            .values()
            .all(|at| self.cells.get(at).is_none_or(|cell| cell.text.is_empty()))
        {
            return Ok(None);
        }
        let (at, of_place) = self.place()?;
        let own =
            self.number(Column::Height, u32::from(HIGHEST))?.and_then(|n| u8::try_from(n).ok());
        let parts = match self.text(Column::Parts)? {
            None => Vec::new(),
            Some(cell) => part::read(&cell).map_err(|why| {
                let hint = Text::new(
                    "写法：`2×CPU Kunpeng 920; 16×DIMM 32GiB; 2×NVMe 3.84TB; BIOS 1.83; BMC 3.10`",
                    "as in `2×CPU Kunpeng 920; 16×DIMM 32GiB; 2×NVMe 3.84TB; BIOS 1.83; BMC 3.10`",
                );
                self.refusal(Column::Parts, why, hint)
            })?,
        };
        let line = Line {
            row: self.number,
            contract: self.text(Column::Contract)?.unwrap_or_default(),
            quantity: self.number(Column::Quantity, MOST)?,
            model: self.text(Column::Model)?,
            serial: self.serial()?,
            address: self.address()?,
            place: at,
            height: own.or(of_place),
            rack_height: self
                .number(Column::RackHeight, u32::from(HIGHEST))?
                .and_then(|n| u8::try_from(n).ok()),
            profile: self.text(Column::Profile)?,
            parts,
        };
        if !line.is_machine() && line.quantity.is_none() {
            return Err(Refusal {
                cell: Some(format!("{}:{}", self.number, self.number)),
                why: Text::new(
                    "该行没有序列号、管理口地址或位置，也没有数量",
                    "the row has no serial number, address or place, and no quantity",
                ),
                hint: Text::new(
                    "补上序列号；未装箱的写数量；备注行以“备注”开头",
                    "fill in the serial number, or the quantity of what is not packed; remarks begin \
                     with `total` or 备注",
                ),
            });
        }
        Ok(Some(line))
    }

    fn refusal(&self, column: Column, why: Text, hint: Text) -> Refusal {
        Refusal { cell: self.columns.get(&column).map(|at| place(*at, self.number)), why, hint }
    }

    /// Returns the text of a cell, narrow; nothing where it is empty.
    fn text(&self, column: Column) -> Result<Option<String>, Refusal> {
        let Some(cell) = self.columns.get(&column).and_then(|at| self.cells.get(at)) else {
            return Ok(None);
        };
        if cell.is_error {
            return Err(self.refusal(
                column,
                text(
                    "表格没有算出结果（{}）",
                    "the spreadsheet could not work it out ({})",
                    &[&cell.text],
                ),
                Text::new("改正公式，或直接填写", "correct the formula, or fill in the value"),
            ));
        }
        let plain = narrow(&cell.text).trim().to_owned();
        // Tables of ours have an apostrophe before what a spreadsheet would take for a formula.
        let formula =
            plain.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
        let plain = formula.map(str::to_owned).unwrap_or(plain);
        // What people write where there is nothing.
        let is_blank = plain.is_empty() || plain.chars().all(|at| "-/—".contains(at));
        Ok((!is_blank).then_some(plain))
    }

    fn serial(&self) -> Result<Option<String>, Refusal> {
        let cell = self.columns.get(&Column::Serial).and_then(|at| self.cells.get(at));
        if let Some(cell) = cell.filter(|cell| !cell.is_error && cell.is_rounded()) {
            return Err(self.refusal(
                Column::Serial,
                text(
                    "序列号 `{}` 被表格变成了数字，位数已丢失",
                    "serial number `{}`: the spreadsheet has made a number of it, and digits are lost",
                    &[&cell.text],
                ),
                Text::new(
                    "把该列设为“文本”，按铭牌重新填写序列号",
                    "make the column text in the spreadsheet, and enter the serial number again from \
                     the label",
                ),
            ));
        }
        self.text(Column::Serial)
    }

    fn address(&self) -> Result<Option<bmc::target::Address>, Refusal> {
        let Some(told) = self.text(Column::Address)? else { return Ok(None) };
        told.parse().map(Some).map_err(|why: bmc::target::AddressError| {
            let why = why.to_string();
            self.refusal(
                Column::Address,
                text("管理口地址 `{}`：{}", "BMC address `{}`: {}", &[&told, &why]),
                Text::new(
                    "写 IP 地址或主机名，可带 :端口",
                    "write an IP address or a name, and :port after it",
                ),
            )
        })
    }

    /// Returns the number of a cell, from 1.
    fn number(&self, column: Column, most: u32) -> Result<Option<u32>, Refusal> {
        let Some(told) = self.text(column)? else { return Ok(None) };
        let plain = told.trim_end_matches(['台', 'U', 'u', '套', ' ']);
        let number = plain.parse::<u32>().ok().filter(|number| (1..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            self.refusal(
                column,
                text(
                    "`{}` 应为 1 至 {} 的整数",
                    "`{}`: a number from 1 to {} is asked for",
                    &[&told, &most.to_string()],
                ),
                Text::new("改正该单元格", "correct that cell"),
            )
        })
    }

    /// Returns where the machine is to stand, and the units it takes where that is said there.
    fn place(&self) -> Result<(Option<Place>, Option<u8>), Refusal> {
        let room = self.text(Column::Room)?;
        let unclear = |column: Column, told: &str| {
            self.refusal(
                column,
                text(
                    "位置 `{}` 看不明白：U 位为 1 至 {}",
                    "`{}` is no place that is understood; units are 1 to {}",
                    &[told, &HIGHEST.to_string()],
                ),
                Text::new(
                    "写成 `机房-机柜-U12`，或分成机房、机柜、U位三列",
                    "write `room-rack-U12`, or three columns room, rack and u",
                ),
            )
        };
        if let Some(told) = self.text(Column::Place)? {
            let (mut at, height) =
                Place::read(&told).ok_or_else(|| unclear(Column::Place, &told))?;
            at.room = room.or(at.room);
            return Ok((Some(at), height));
        }
        match (self.text(Column::Rack)?, self.text(Column::Unit)?) {
            (Some(rack), Some(told)) => {
                let (unit, height) = units(&told).ok_or_else(|| unclear(Column::Unit, &told))?;
                Ok((Some(Place { room, rack, unit }), height))
            }
            (None, Some(told)) => Err(self.refusal(
                Column::Unit,
                text("有 U 位 `{}` 而没有机柜", "there is a unit `{}` and no rack", &[&told]),
                Text::new("补上机柜", "fill in the rack"),
            )),
            // A rack alone is no place.
            (_, None) => Ok((None, None)),
        }
    }
}
