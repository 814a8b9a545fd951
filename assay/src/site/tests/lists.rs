//! Delivery lists as suppliers write them.

use bmc::sheet::{Cell, Merge, Sheet};

use super::*;

/// The list in Chinese of the test below, in GBK with the line ends of Windows.
const GBK: &[u8] = include_bytes!("gbk.csv");

#[test]
fn a_list_is_read_by_chinese_and_english_names_whatever_its_punctuation() {
    let zh = "项目到货清单，，，，，，，，\n\
              合同行，数量，设备型号，序列号（SN），管理口ＩＰ，机房，机柜，Ｕ位，高度（U），规格模板，配置，备注\n\
              １，２，TaiShan 200，２１０２Ａ，１９２．０．２．７，B1，A01，Ｕ１２，２，gd-gov-cloud/bms-1，８×ＤＩＭＭ 32GiB；BIOS 1.83，急\n\
              １，２，TaiShan 200，S2，192.0.2.8，B1，A01，14-15，，gd-gov-cloud/bms-1，，\n\
              合计，2，，，，，，，，，，\n";
    let en = "contract-line,quantity,model,sn,bmc,room-rack-u,height-u,profile,parts\n\
              1,2,TaiShan 200,2102A,192.0.2.7,B1-A01-U12,2,gd-gov-cloud/bms-1,8×DIMM 32GiB;BIOS 1.83\n\
              1,,TaiShan 200,S2,192.0.2.8,B1-A01-U14-U15,,gd-gov-cloud/bms-1,\n";
    let gb = List::read(&mut bmc::sheet::read(GBK).expect("a table")).expect("a list");
    let (zh, en) = (list(zh), list(en));
    assert_eq!(gb, zh);
    assert_eq!(zh.unread, ["备注"]);
    let plain = |list: List| -> Vec<Line> {
        list.lines.into_iter().map(|line| Line { row: 0, quantity: None, ..line }).collect()
    };
    assert_eq!(zh.contracts, en.contracts);
    assert_eq!(zh.contracts, [("1".to_owned(), Some(2))]);
    let (zh, en) = (plain(zh), plain(en));
    assert_eq!(zh, en);
    assert_eq!(zh[0].serial.as_deref(), Some("2102A"));
    assert_eq!((zh[1].height, zh[1].place.as_ref().map(|place| place.unit)), (Some(2), Some(14)));
}

#[test]
fn a_list_that_is_not_clear_is_refused_with_its_cell() {
    for (text, cell, what) in [
        ("型号,序列号\nA,2.10E+11\n", Some("B2"), "digits are lost"),
        ("说明\n型号,序列号\nA,S1\nB,２．１０Ｅ＋１１\n", Some("B4"), "digits are lost"),
        ("sn,u,rack\nS1,61,A01\n", Some("B2"), "no place"),
        ("sn,u,rack\nS1,12,\n", Some("B2"), "no rack"),
        ("sn,quantity\nS1,two\n", Some("B2"), "a number from 1"),
        ("sn,quantity,contract\nS1,2,1\nS2,3,1\n", Some("B3"), "orders 3 here, and 2 above"),
        ("sn,bmc\nS1,192.0.2.300\n", Some("B2"), "BMC address"),
        ("sn,bmc\nS1,192.0.2.7\nS2,192.0.2.7\n", Some("B3"), "stands on row 2 already"),
        ("sn,parts\nS1,8×memory sticks; four of something\n", Some("B2"), "names no kind"),
        ("sn,parts\nS1,8 DIMM 32GB\n", Some("B2"), "number is not clear"),
        ("sn,parts\nS1,BIOS\n", Some("B2"), "one version"),
        ("sn,parts\nS1,0×DIMM 32GiB\n", Some("B2"), "number is not clear"),
        ("sn,序列号\nS1,S1\n", Some("B1"), "same column as A1"),
        (
            "sn,rack,u,height-u\nS1,A01,1,2\nS2,A01,2,2\n",
            Some("C3"),
            "taken in part by the machine of row 2",
        ),
        ("model,sn\nA,\n", Some("2:2"), "no serial number"),
        ("model,price\nA,1\n", None, "no row has names"),
        ("model,sn\n", None, "no machines"),
        ("", None, "no row has names"),
    ] {
        let refusal = read(text).expect_err(text);
        assert_eq!(refusal.cell.as_deref(), cell, "{text:?}: {refusal:?}");
        assert!(refusal.said().en.contains(what), "{text:?}: {refusal:?}");
        assert!(!refusal.why.zh.is_empty() && !refusal.hint.zh.is_empty());
    }
}

/// Column and row of a cell.
type At = (u32, usize);

/// A sheet of these rows, with these cells merged.
fn sheet(rows: &[&[&str]], merges: &[(At, At)]) -> Sheet {
    let cell = |text: &&str| Cell { text: (*text).to_owned(), ..Cell::default() };
    let row = |cells: &&[&str]| {
        let cells = (0..).zip(cells.iter()).filter(|(_, text)| !text.is_empty());
        cells.map(|(at, text)| (at, cell(text))).collect()
    };
    Sheet {
        name: Some("清单".to_owned()),
        rows: (1..).zip(rows.iter().map(row)).collect(),
        merges: merges.iter().map(|(first, last)| Merge { first: *first, last: *last }).collect(),
    }
}

#[test]
fn merged_cells_have_the_value_of_their_first_and_never_give_two_machines_one_name() {
    let rows: [&[&str]; 5] = [
        &["合同行", "数量", "序列号", "位置", "", ""],
        &["", "", "", "机房", "机柜", "U位"],
        &["1", "3", "S1", "B1", "A01", "1"],
        &["", "", "S2", "", "", "3"],
        &["", "", "S3", "", "", "5"],
    ];
    let head = [((0, 1), (0, 2)), ((1, 1), (1, 2)), ((2, 1), (2, 2)), ((3, 1), (5, 1))];
    let body = [((0, 3), (0, 5)), ((1, 3), (1, 5)), ((3, 3), (3, 5)), ((4, 3), (4, 5))];
    let merges = [&head[..], &body[..]].concat();
    let list = List::read(&mut [sheet(&rows, &merges)]).expect("a list");
    assert_eq!(list.contracts, [("1".to_owned(), Some(3))]);
    let places: Vec<String> =
        list.lines.iter().filter_map(|line| line.place.as_ref()).map(ToString::to_string).collect();
    assert_eq!(places, ["B1-A01-U1", "B1-A01-U3", "B1-A01-U5"]);

    for (merge, name) in
        [(((2, 3), (2, 4)), "C3:C4"), (((2, 4), (3, 4)), "C4:D4"), (((5, 3), (5, 4)), "F3:F4")]
    {
        let merges = [&head[..], &[merge]].concat();
        let refusal = List::read(&mut [sheet(&rows, &merges)]).expect_err(name);
        assert_eq!(refusal.cell.as_deref(), Some(name), "{refusal:?}");
    }
    // A row of sums may be merged as it likes.
    let sums: Vec<&[&str]> = rows.iter().copied().chain([&["合计：3 台"][..]]).collect();
    let merges = [&merges[..], &[((0, 6), (5, 6))]].concat();
    assert_eq!(List::read(&mut [sheet(&sums, &merges)]).expect("a list").lines.len(), 3);
}

#[test]
fn a_number_of_the_spreadsheet_is_refused_where_a_serial_number_lost_digits() {
    let mut sheet = sheet(&[&["型号", "序列号"], &["A", "2.1023100000000001E+18"]], &[]);
    if let Some(cell) = sheet.rows[1].1.get_mut(&1) {
        cell.is_number = true;
    }
    let refusal = List::read(&mut [sheet]).expect_err("rounded");
    assert_eq!(refusal.cell.as_deref(), Some("B2"));
    assert!(refusal.hint.zh.contains("文本"), "{refusal:?}");
}

#[test]
fn what_is_ordered_is_said_once_or_on_each_row_or_by_the_rows() {
    for (text, ordered) in [
        ("contract,sn\n1,S1\n1,S2\n", vec![("1", None)]),
        ("contract,sn,qty\n1,S1,5\n1,S2,\n", vec![("1", Some(5))]),
        ("contract,sn,qty\n1,S1,5\n1,S2,5\n", vec![("1", Some(5))]),
        ("contract,sn,qty\n1,S1,1\n1,S2,1\n2,S3,1\n", vec![("1", Some(2)), ("2", Some(1))]),
        ("contract,sn,qty\n1,S1,1\n1,,2\n", vec![("1", Some(3))]),
    ] {
        let ordered: Vec<(String, Option<u32>)> =
            ordered.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        assert_eq!(list(text).contracts, ordered, "{text}");
    }
}
