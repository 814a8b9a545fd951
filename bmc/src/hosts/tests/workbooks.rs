//! Workbooks as spreadsheets write them, and as nobody should.

use super::super::{Fault, ListError, Service, is_xlsx, xlsx};
use proptest::prelude::*;

/// Written by openpyxl 3.1: a title above, a hidden sheet of addresses, one of words.
const BOOK: &[u8] = include_bytes!("openpyxl.xlsx");
/// Written by `XlsxWriter` 3.2: a serial number of 19 digits that is a number.
const ROUNDED: &[u8] = include_bytes!("rounded.xlsx");

#[test]
fn a_workbook_is_read_with_its_title_and_its_hidden_sheet() {
    assert!(is_xlsx(BOOK));
    let hosts = xlsx(BOOK).expect("a list");
    let [first, second, third] = &hosts[..] else { panic!("{hosts:#?}") };
    assert_eq!(first.address.to_string(), "192.0.2.7");
    assert_eq!(first.serial.as_deref(), Some("2102310QPD10J1000001"));
    assert_eq!((first.rack.as_deref(), first.unit, first.line), (Some("A01"), Some(12), 4));
    assert_eq!(
        (first.service, first.profile.as_deref()),
        (Service::Out, Some("gd-gov-cloud/bms-1"))
    );
    assert_eq!(second.address.to_string(), "192.0.2.8:8443");
    assert_eq!(second.serial.as_deref(), Some("SN & <2>"));
    assert_eq!((second.rack.as_deref(), second.service), (Some("A01"), Service::In));
    // A number that nothing was lost of is its digits.
    assert_eq!((third.serial.as_deref(), third.unit), (Some("210231"), None));
}

#[test]
fn a_serial_number_that_was_rounded_is_refused_with_its_cell() {
    let error = xlsx(ROUNDED).expect_err("rounded");
    assert_eq!(error.line, 3);
    let said = error.to_string();
    assert!(said.contains("cell C3: serial `2.10") && said.contains("rounded"), "{said}");
    assert!(error.fault.hint().0.contains("文本"));
}

/// A workbook of sheets: name, and the XML of its rows.
fn book(sheets: &[(&str, &str)]) -> Vec<u8> {
    let (mut listed, mut links, mut files) = (String::new(), String::new(), Vec::new());
    for (at, (name, rows)) in sheets.iter().enumerate() {
        listed = format!("{listed}<sheet name='{name}' sheetId='{at}' r:id='r{at}'/>");
        links = format!("{links}<Relationship Id='r{at}' Target='worksheets/s{at}.xml'/>");
        let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
        files.push((format!("xl/worksheets/s{at}.xml"), sheet));
    }
    let book = format!("<workbook xmlns:r='r'><sheets>{listed}</sheets></workbook>");
    files.push(("xl/workbook.xml".to_owned(), book));
    let links = format!("<Relationships>{links}</Relationships>");
    files.push(("xl/_rels/workbook.xml.rels".to_owned(), links));
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zip(&files)
}

/// An archive of files, each packed.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let packed = miniz_oxide::deflate::compress_to_vec(bytes, 6);
        let at = u32::try_from(out.len()).unwrap();
        let sizes = [packed.len(), bytes.len()].map(|size| u32::try_from(size).unwrap());
        let length = u16::try_from(name.len()).unwrap();
        let mut middle = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        middle.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        middle.extend(length.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&middle);
        out.extend([0, 0]);
        out.extend(name.bytes());
        out.extend(&packed);
        list.extend(b"PK\x01\x02\x14\0");
        list.extend(&middle);
        list.extend([0; 12]);
        list.extend(at.to_le_bytes());
        list.extend(name.bytes());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let (size, at) = (u32::try_from(list.len()).unwrap(), u32::try_from(out.len()).unwrap());
    out.extend(list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// A row of texts, each in its cell.
fn row(cells: &[&str]) -> String {
    let cell = |text: &&str| format!("<c t='inlineStr'><is><t>{text}</t></is></c>");
    format!("<row>{}</row>", cells.iter().map(cell).collect::<String>())
}

#[test]
fn a_workbook_that_is_unclear_is_refused_with_its_cell() {
    let names = row(&["address", "serial", "in-service"]);
    let sheet = |rows: &str| format!("{names}{rows}");
    let table: [(&str, String, &str); 10] = [
        ("no address", row(&["colour"]), "no hosts"),
        ("service", sheet(&row(&["192.0.2.7", "S", "jes"])), "cell C2: in-service `jes`"),
        ("address", sheet(&row(&["192.0.2.300"])), "cell A2: address `192.0.2.300`"),
        (
            "twice",
            sheet(&(row(&["192.0.2.7"]) + &row(&["192.0.2.7"]))),
            "cell A3: `192.0.2.7` stands",
        ),
        (
            "serial",
            sheet(&(row(&["192.0.2.7", "A"]) + &row(&["192.0.2.8", "A"]))),
            "cell B3: serial number",
        ),
        ("error", sheet("<row><c t='e'><v>#REF!</v></c></row>"), "cell A2: address `#REF!`"),
        ("below nothing", sheet(&row(&["192.0.2.7", "", "", "x"])), "cell D2: `x` stands below"),
        ("column", row(&["address", "colour"]), "cell B1: the column `colour` is not known"),
        ("password", row(&["address", "密码"]), "cell B1: the column `密码` would hold"),
        ("no text", sheet("<row><c t='s'><v>7</v></c></row>"), "cell A2: address `"),
    ];
    for (what, rows, said) in &table {
        let error = xlsx(&book(&[("Sheet1", rows)])).expect_err(what);
        assert!(error.to_string().contains(said), "{what}: {error}");
        assert!(!error.fault.hint().0.is_empty());
    }
    let hosts = sheet(&row(&["192.0.2.7"]));
    let error = xlsx(&book(&[("a", &hosts), ("b", &hosts)])).expect_err("two sheets");
    assert!(error.to_string().contains("both sheets `a` and `b`"), "{error}");
    let wide = format!(
        "<row r='7'><c r='AB7' t='str'><v>address</v></c></row>{}",
        "<row r='9'><c r='AB9' t='str'><v>nowhere at all</v></c></row>"
    );
    let error = xlsx(&book(&[("a", &wide)])).expect_err("no address");
    assert!(error.to_string().starts_with("line 9: cell AB9"), "{error}");
}

#[test]
fn a_workbook_that_is_a_bomb_or_damaged_is_refused() {
    let zeros = vec![b' '; 80 << 20];
    let bomb = zip(&[("xl/workbook.xml", &zeros)]);
    assert!(bomb.len() < 1 << 20);
    let refused = |bytes: &[u8]| match xlsx(bytes) {
        Err(ListError { fault: Fault::Workbook { what }, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert!(refused(&bomb).contains("too large"));
    assert!(refused(b"PK\x03\x04").contains("does not read"));
    assert!(refused(&zip(&[("readme.txt", b"x")])).contains("no workbook"));
    let mut cut = BOOK.to_vec();
    cut.truncate(cut.len() / 2);
    assert!(refused(&cut).contains("does not read"));
    let whole = zip(&[("xl/workbook.xml", b"<workbook><sheets><sheet name='a'")]);
    assert!(refused(&whole).contains("XML"));
}

proptest! {
    #[test]
    fn no_workbook_is_too_much_for_it(at in 0..BOOK.len(), byte: u8, more: [u8; 4]) {
        let mut bytes = BOOK.to_vec();
        bytes[at] = byte;
        let there = (at * 7) % (bytes.len() - 4);
        bytes[there..there + 4].copy_from_slice(&more);
        drop(xlsx(&bytes));
    }
}
