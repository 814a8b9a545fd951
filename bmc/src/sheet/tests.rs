//! Tables as spreadsheets write them, whatever their columns mean.

use super::*;

#[test]
fn a_table_of_text_is_read_with_its_rows_as_a_spreadsheet_counts_them() {
    let text = "\u{feff}型号,备注\r\n\r\nR740,\"两行\n的备注\"\r\n2288H,,\r\n";
    let sheets = read(text.as_bytes()).expect("a table");
    let [sheet] = &sheets[..] else { panic!("{sheets:?}") };
    let text = |column: u32, row: usize| {
        let cells = sheet.rows.iter().find(|(at, _)| *at == row).map(|(_, cells)| cells);
        cells.and_then(|cells| cells.get(&column)).map(|cell| cell.text.as_str())
    };
    assert_eq!(
        (text(0, 1), text(0, 3), text(1, 3)),
        (Some("型号"), Some("R740"), Some("两行\n的备注"))
    );
    assert_eq!((text(0, 4), text(1, 4)), (Some("2288H"), None));
    assert_eq!(place(0, 1), "A1");
    assert_eq!(
        (place(25, 3), place(26, 17), place(701, 2)),
        ("Z3".to_owned(), "AA17".to_owned(), "ZZ2".to_owned())
    );
}

#[test]
fn what_a_spreadsheet_lost_digits_of_is_seen() {
    let number = |text: &str| Cell { text: text.to_owned(), is_number: true, is_error: false };
    let plain = |text: &str| Cell { text: text.to_owned(), ..Cell::default() };
    for (cell, is) in [
        (number("2.1023100000000001E+18"), true),
        (number("2102310000000000000"), true),
        (number("210231"), false),
        (plain("2.10E+11"), true),
        (plain("２．１０Ｅ＋１１"), true),
        (plain("2102310QPD10J1000001"), false),
        (plain("12E4"), false),
    ] {
        assert_eq!(cell.is_rounded(), is, "{cell:?}");
    }
}

/// A workbook of one sheet: its rows and what follows them, as files that are not packed.
fn book(sheet: &str) -> Vec<u8> {
    let files = [
        (
            "xl/workbook.xml",
            "<workbook xmlns:r='r'><sheets><sheet name='清单' sheetId='1' r:id='r1'/></sheets></workbook>"
                .to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='r1' Target='worksheets/s.xml'/></Relationships>".to_owned(),
        ),
        ("xl/worksheets/s.xml", format!("<worksheet>{sheet}</worksheet>")),
    ];
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, text) in &files {
        let at = u32::try_from(out.len()).unwrap();
        let size = u32::try_from(text.len()).unwrap().to_le_bytes();
        let mut middle = vec![20, 0];
        middle.extend([0; 12]);
        middle.extend([size, size].concat());
        middle.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&middle);
        out.extend([0, 0]);
        out.extend(name.bytes());
        out.extend(text.bytes());
        list.extend(b"PK\x01\x02\x14\0");
        list.extend(&middle);
        list.extend([0; 12]);
        list.extend(at.to_le_bytes());
        list.extend(name.bytes());
    }
    let at = u32::try_from(out.len()).unwrap().to_le_bytes();
    let size = u32::try_from(list.len()).unwrap().to_le_bytes();
    out.extend(list);
    out.extend(b"PK\x05\x06\0\0\0\0\x03\0\x03\0");
    out.extend(size);
    out.extend(at);
    out.extend([0, 0]);
    out
}

#[test]
fn a_workbook_is_read_with_its_merged_cells() {
    let cell =
        |name: &str, text: &str| format!("<c r='{name}' t='inlineStr'><is><t>{text}</t></is></c>");
    let rows = format!(
        "<sheetData><row r='1'>{}{}</row><row r='3'>{}<c r='B3'><v>2.1E+11</v></c></row></sheetData>\
         <mergeCells count='2'><mergeCell ref='A1:A2'/><mergeCell ref='B3:AA17'/></mergeCells>",
        cell("A1", "合同行"),
        cell("B1", "序列号"),
        cell("A3", "1"),
    );
    let sheets = read(&book(&rows)).expect("a workbook");
    let [sheet] = &sheets[..] else { panic!("{sheets:?}") };
    assert_eq!(sheet.name.as_deref(), Some("清单"));
    let names: Vec<String> = sheet.merges.iter().map(Merge::name).collect();
    assert_eq!(names, ["A1:A2", "B3:AA17"]);
    assert!(sheet.merges[1].has(26, 17) && !sheet.merges[1].has(0, 3));
    let (row, cells) = &sheet.rows[1];
    assert_eq!((*row, cells[&0].text.as_str()), (3, "1"));
    assert!(cells[&1].is_number && cells[&1].is_rounded());
}
