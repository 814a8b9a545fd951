//! The list of cipher suites that a channel takes (§22.15).

/// Returns the numbers of the suites in the records of Get Channel Cipher Suites, in their order;
/// those of a maker's own are left out.
///
/// A record begins with `0xc0` and the number, or `0xc1`, the number and the maker's number of
/// three bytes; the algorithms follow, whose two highest bits are never both set (§22.15.1).
pub fn numbers(records: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut rest = records;
    while let Some((start, behind)) = rest.split_first() {
        rest = behind;
        match (start, behind) {
            (0xc0, [number, more @ ..]) => {
                if !found.contains(number) {
                    found.push(*number);
                }
                rest = more;
            }
            (0xc1, [_, _, _, _, more @ ..]) => rest = more,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn suites_are_read_by_their_numbers() {
        let two = [0xc0, 17, 3, 0x44, 0x81, 0xc0, 3, 1, 0x41, 0x81];
        assert_eq!(numbers(&two), [17, 3]);
        // A maker's own, with a maker's number that looks like a start.
        let own = [0xc1, 0x80, 0xc0, 0, 0, 1, 0xc0, 0, 0];
        assert_eq!(numbers(&own), [0]);
        // One that is cut short, and one that is told twice.
        assert_eq!(numbers(&[0xc0, 3, 1, 0x41, 0x81, 0xc0, 3, 1, 0xc0]), [3]);
    }

    proptest! {
        #[test]
        fn any_bytes_have_no_more_suites_than_records(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let starts = bytes.split(|byte| *byte == 0xc0).count() - 1;
            prop_assert!(numbers(&bytes).len() <= starts);
        }
    }
}
