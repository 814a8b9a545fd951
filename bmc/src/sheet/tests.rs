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
