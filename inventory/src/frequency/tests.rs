//! Tests of the base clock.

use super::*;

#[test]
fn the_clock_in_a_name_is_read_exactly() {
    let names = [
        ("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", Some(2_100_000_000)),
        ("Intel(R) Xeon(R) CPU           E5620  @ 2.40GHz", Some(2_400_000_000)),
        ("Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40 GHz", Some(2_400_000_000)),
        ("Genuine Intel(R) CPU 0000 @ 2.666GHz", Some(2_666_000_000)),
        ("QuadCore Intel Xeon, 2666 MHz (10 x 267)", Some(2_666_000_000)),
        ("Intel Pentium III 866MHz", Some(866_000_000)),
        ("ZHAOXIN KaiSheng KH-37800D@2.7GHz", Some(2_700_000_000)),
        ("Kunpeng 920-4826", None),
        ("AMD EPYC 7302 16-Core Processor", None),
        ("Intel Xeon GHz", None),
        ("something 1.2.3GHz", None),
        ("clock @ .5GHz", None),
        ("99999999999999999999GHz", None),
        ("2.1GHzfoo", None),
        ("0.00GHz", None),
        ("飞腾 2.2GHz", Some(2_200_000_000)),
    ];
    for (name, wanted) in names {
        assert_eq!(in_name(name), wanted, "{name}");
    }
}

#[test]
fn the_name_comes_before_the_base_and_that_before_the_current_clock() {
    let name = Some("CPU @ 2.10GHz");
    assert_eq!(nominal(name, Some(1), Some(2)), Some((2_100_000_000, Basis::Name)));
    assert_eq!(nominal(None, Some(1), Some(2)), Some((1, Basis::Base)));
    assert_eq!(nominal(Some("EPYC"), None, Some(2)), Some((2, Basis::Current)));
    assert_eq!(nominal(None, Some(0), Some(0)), None);
}
