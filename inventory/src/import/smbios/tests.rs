//! Tests of tables as files.

use super::*;

#[test]
fn a_file_that_is_no_table_is_refused_in_one_sentence() {
    let error = import("photo.jpg", b"\xFF\xD8\xFF\xE0 not a table").expect_err("no table");
    assert_eq!(
        error.to_string(),
        "`photo.jpg`: no SMBIOS entry point, and byte 0x0 begins no table"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("--dump-bin")));
    assert!(import("empty.bin", b"").expect_err("nothing").to_string().contains("empty"));
}
