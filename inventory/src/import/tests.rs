//! Tests of `import`.

use super::*;

/// Two structures of a table: a type 0 of 18 bytes with a string, and the end.
const TABLE: &[u8] = b"\x00\x12\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00V\0\0\x7f\x04\x01\x00\0\0";

fn windows_block() -> Vec<u8> {
    let mut block = vec![0, 3, 2, 0];
    block.extend(u32::try_from(TABLE.len()).unwrap().to_le_bytes());
    block.extend(TABLE);
    block
}

#[test]
fn a_file_is_recognised_by_its_content() {
    let windows = windows_block();
    let cases: &[(&[u8], Option<Kind>)] = &[
        (b"_SM3_\x00", Some(Kind::Smbios)),
        (b"_SM_\x00", Some(Kind::Smbios)),
        (TABLE, Some(Kind::Smbios)),
        (&windows, Some(Kind::Smbios)),
        (b"# dmidecode 3.4\nGetting SMBIOS data", Some(Kind::Dmidecode)),
        (b"Handle 0x0001, DMI type 1, 27 bytes\n", Some(Kind::Dmidecode)),
        (b"smartctl 7.3 2022-02-28 r5338 [x86_64-linux]\n", Some(Kind::Smartctl)),
        (br#"{"json_format_version":[1,0],"smartctl":{}}"#, Some(Kind::Smartctl)),
        (br#"{"smartctl":{"exit_status":0},"device":{}}"#, Some(Kind::Smartctl)),
        (br#"{"device":{"name":"/dev/sda"},"smart_status":{"passed":true}}"#, Some(Kind::Smartctl)),
        (br#"[{"device":{},"nvme_smart_health_information_log":{}}]"#, Some(Kind::Smartctl)),
        (br#"{"device":{"name":"/dev/sda"}}"#, None),
        (br#"{"smart_status":{"passed":true}}"#, None),
        (br#"{"Controllers":[{"Command Status":{}}]}"#, Some(Kind::Storcli)),
        (br#"{"id":"a","class":"system"}"#, Some(Kind::Lshw)),
        (br#"[{"id":"a","class":"disk"}]"#, Some(Kind::Lshw)),
        (b"{\"id\":\"a\" \"class\":\"disk\"}\n{\"id\"", Some(Kind::Lshw)),
        (br#"{"lldp":[{"interface":[]}]}"#, Some(Kind::Lldp)),
        (b"\xd4\xc3\xb2\xa1", Some(Kind::Lldp)),
        (b"\x0a\x0d\x0d\x0a", Some(Kind::Lldp)),
        (br#" {"schema":"inventory/v1"}"#, Some(Kind::Inventory)),
        (br#"{"a":{"schema":"inventory/v1"}}"#, None),
        (b"", None),
        (b"   ", None),
        (b"hello\nworld", None),
        (b"{", None),
    ];
    for (bytes, kind) in cases {
        assert_eq!(detect("file", bytes), *kind, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn every_kind_is_found_by_its_name() {
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    assert!("cobol".parse::<Kind>().is_err());
}

#[test]
fn an_error_names_file_place_and_fault() {
    let error = ImportError::new("a.json", "a comma is missing").at("line 3");
    assert_eq!(error.to_string(), "`a.json`, line 3: a comma is missing");
    assert_eq!(ImportError::new("a", "is empty").to_string(), "`a`: is empty");
}

#[test]
fn a_file_larger_than_the_limit_is_refused() {
    let error = import(Kind::Inventory, "big", &vec![b' '; MAX_BYTES + 1]).unwrap_err();
    assert!(error.message.contains("more than an import may have"), "{error}");
}
