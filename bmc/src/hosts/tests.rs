//! Lists as spreadsheets and people write them, right and wrong.

use proptest::prelude::*;

use super::*;

mod workbooks;

#[test]
fn a_table_of_a_spreadsheet_is_read() {
    let text = "\u{feff}带外地址,序列号,机柜,U位,在用,凭据,\r\n\
                192.0.2.7,2102310QPD10J1000001,A01,U12,否,rack-a,\r\n\
                \r\n\
                \"192.0.2.8:8443\",\"SN,2\",\"A\"\"01\",13,是,,\r\n,,,,,,\r\n";
    let hosts = csv(text.as_bytes()).expect("a list");
    let [first, second] = &hosts[..] else { panic!("{hosts:?}") };
    assert_eq!(first.address.to_string(), "192.0.2.7");
    assert_eq!(first.serial.as_deref(), Some("2102310QPD10J1000001"));
    assert_eq!((first.rack.as_deref(), first.unit), (Some("A01"), Some(12)));
    assert_eq!((first.service, first.credential.as_deref()), (Service::Out, Some("rack-a")));
    assert_eq!(first.line, 2);
    assert_eq!(second.address.to_string(), "192.0.2.8:8443");
    assert_eq!(second.serial.as_deref(), Some("SN,2"));
    assert_eq!(second.rack.as_deref(), Some("A\"01"));
    assert_eq!((second.service, second.credential.as_deref()), (Service::In, None));
    assert_eq!(second.line, 4);
}

#[test]
fn toml_and_csv_say_the_same() {
    let pin = "ab".repeat(32);
    let one = toml(&format!(
        "[[host]]\naddress = \"192.0.2.7\"\nserial = \"S1\"\nrack = \"A01\"\nu = 12\n\
         dialect = \"ibmc\"\nin-service = true\ncredential = \"rack-a\"\npin = \"{pin}\"\n"
    ));
    let other = csv(format!(
        "address,serial,rack,u,dialect,in-service,credential,pin\n\
         192.0.2.7,S1,A01,12,ibmc,yes,rack-a,{pin}\n"
    )
    .as_bytes());
    let line = |hosts: Vec<Listed>| hosts.into_iter().map(|host| Listed { line: 0, ..host });
    let one: Vec<Listed> = line(one.expect("toml")).collect();
    let other: Vec<Listed> = line(other.expect("csv")).collect();
    assert_eq!(one, other);
    assert!(one.iter().all(|host| host.pin.is_some() && host.service == Service::In));
}

#[test]
fn a_list_that_cannot_be_read_is_refused_with_the_line() {
    let table: &[(&str, usize, &str)] = &[
        ("", 1, "no hosts"),
        ("address\n", 1, "no hosts"),
        ("address,colour\n192.0.2.7,red\n", 1, "the column `colour` is not known"),
        ("address,BMC IP\n192.0.2.7,\n", 1, "`BMC IP` is there twice"),
        ("address,Password\n192.0.2.7,calvin\n", 1, "would hold passwords"),
        ("address,密码\n192.0.2.7,calvin\n", 1, "would hold passwords"),
        ("address,serial\n192.0.2.7,2.10E+11\n", 2, "rounded"),
        ("address,serial\n192.0.2.7,12E4\n192.0.2.8,1e+4\n", 3, "rounded"),
        ("address,in service\n192.0.2.7,no\n192.0.2.8,jes\n", 3, "yes or no"),
        ("address,u\n192.0.2.7,61\n", 2, "from 1 to 60"),
        ("address,pin\n192.0.2.7,abcd\n", 2, "64 hexadecimal"),
        ("address\n192.0.2.7,x\n", 2, "2 cells, and the table has 1 columns"),
        ("address,rack\n,A01\n", 2, "no address"),
        ("address\n192.0.2.300\n", 2, "looks like an IPv4 address"),
        ("address\n192.0.2.0/24\n", 2, "neither an address"),
        ("address\n\n192.0.2.7\n192.0.2.8\n192.0.2.7\n", 5, "stands on line 3 already"),
        ("address,sn\n192.0.2.7,A\n192.0.2.8,A\n", 3, "serial number `A` stands on line 2"),
    ];
    for (text, line, what) in table {
        let error = csv(text.as_bytes()).expect_err(text);
        assert_eq!(error.line, *line, "{text:?}: {error}");
        assert!(error.to_string().contains(what), "{text:?}: {error}");
        assert!(!error.fault.hint().0.is_empty());
    }
    // Half a character, and UTF-16.
    let error = csv(b"address\n192.0.2.7\n\xb5\n").expect_err("no encoding");
    assert_eq!((error.line, error.fault), (3, Fault::Encoding));
    let error = csv(b"\xff\xfea\0d\0").expect_err("UTF-16");
    assert_eq!(error.fault, Fault::Encoding);
    let error = csv(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 ").expect_err(".xls");
    assert_eq!(error.fault, Fault::OldWorkbook);
    for (text, line, what) in [
        ("[[host]]\nrack = \"A\"\n", 1, "no address"),
        ("[[host]]\naddress = \"192.0.2.7\"\n\n[[host]]\naddress = \"192.0.2.7\"\n", 4, "line 1"),
        ("[[host]]\naddress = 1.5\n", 2, "neither text"),
        ("[[hosts]]\n", 1, "is not `[[host]]`"),
        ("[[host]\n", 1, ""),
        ("[[host]]\naddress = \"192.0.2.7\"\npassword = \"calvin\"\n", 3, "would hold passwords"),
    ] {
        let error = toml(text).expect_err(text);
        assert_eq!(error.line, line, "{text:?}: {error}");
        assert!(error.to_string().contains(what), "{text:?}: {error}");
    }
}

#[test]
fn a_table_in_the_encoding_and_the_punctuation_of_chinese_spreadsheets_is_read() {
    let text = "带外ＩＰ地址，设备序列号（SN），机柜号，U位，在用\n\
                １９２．０．２．７：８４４３，２１０２Ａ，A０１，Ｕ１２，否\n192。0。2。8，S2，A01，13，是\n";
    let (gb, _, lost) = encoding_rs::GB18030.encode(text);
    assert!(!lost && gb.len() < text.len());
    let read = |bytes: &[u8]| csv(bytes).expect("a list");
    assert_eq!(read(&gb), read(text.as_bytes()));
    let [first, second] = &read(&gb)[..] else { panic!("two hosts") };
    assert_eq!(first.address.to_string(), "192.0.2.7:8443");
    assert_eq!((first.serial.as_deref(), first.rack.as_deref()), (Some("2102A"), Some("A01")));
    assert_eq!((first.unit, first.service), (Some(12), Service::Out));
    assert_eq!((second.address.to_string(), second.service), ("192.0.2.8".to_owned(), Service::In));
}

#[test]
fn a_line_without_end_is_refused() {
    let text = format!("address\n\"{}", "x".repeat(10_000_000));
    let error = csv(text.as_bytes()).expect_err("too long");
    assert!(error.to_string().contains("longer than"), "{error}");
}

proptest! {
    #[test]
    fn no_list_is_too_much_for_it(text in "(address|地址|sn|u|,|\"|\n|\r|192\\.0\\.2\\.[0-9]|[a-z=\\[\\] ]){0,60}") {
        if let Ok(hosts) = csv(text.as_bytes()) {
            prop_assert!(!hosts.is_empty());
        }
        if let Ok(hosts) = toml(&text) {
            prop_assert!(!hosts.is_empty());
        }
    }
}
