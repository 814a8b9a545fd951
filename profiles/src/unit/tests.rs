//! Quantities: exact reading, refusals, and showing them again.

use proptest::prelude::*;

use super::{LARGEST, Quantity, QuantityError, UNITS, Unit, exact, integer, known, readable};

fn amount(text: &str, field: &str) -> Result<i128, QuantityError> {
    Quantity::parse(text)?.whole_in(Unit::of_field(field), text)
}

#[test]
fn quantities_reach_the_fields_unit_exactly() {
    let table = [
        ("512 GiB", "size_bytes", 549_755_813_888),
        ("900 GB", "size_bytes", 900_000_000_000),
        ("2.40 GHz", "frequency_hz", 2_400_000_000),
        ("16 Gbit/s", "supported_bps", 16_000_000_000),
        ("45 °C", "temperature_mc", 45_000),
        ("-5 °C", "temperature_mc", -5_000),
        ("0.5 ms", "p99_ns", 500_000),
        ("2 %", "wear_ratio_ppm", 20_000),
        ("1.5GB/s", "read_bytes_per_s", 1_500_000_000),
        ("15000 rpm", "rpm", 15_000),
        ("24", "cores", 24),
    ];
    for (text, field, value) in table {
        assert_eq!(amount(text, field), Ok(value), "{text} for {field}");
    }
}

#[test]
fn what_cannot_be_said_exactly_or_of_that_field_is_refused() {
    for (text, field) in [
        ("512 GiB", "speed_bps"),
        ("512", "size_bytes"),
        ("512 GiB", "cores"),
        ("512 gib", "size_bytes"),
        ("0.3 bytes", "size_bytes"),
        ("1.2.3 GB", "size_bytes"),
        (".5 GB", "size_bytes"),
        ("1. GB", "size_bytes"),
        ("GB", "size_bytes"),
        ("", "size_bytes"),
        ("-", "temperature_mc"),
        ("1e3 GB", "size_bytes"),
        ("9999999999999999999 GB", "size_bytes"),
        ("999999999999999999 PiB", "size_bytes"),
    ] {
        assert!(amount(text, field).is_err(), "{text} for {field}");
    }
    let error = amount("512 gib", "size_bytes").unwrap_err().to_string();
    assert!(error.ends_with("did you mean `GiB`?"), "{error}");
}

#[test]
fn a_number_that_misses_its_mark_never_reads_as_the_mark() {
    let bytes = Unit::named("bytes").unwrap();
    let show = |value, unit| {
        let mut text = String::new();
        readable(&mut text, value, bytes, Unit::named(unit).unwrap());
        text
    };
    assert_eq!(show(899_999_999_999, "GB"), "899.999 GB (899999999999 bytes)");
    assert_eq!(show(900_185_481_216, "GB"), "900.185 GB (900185481216 bytes)");
    assert_eq!(show(548_682_072_064, "GiB"), "511 GiB");
    assert_eq!(show(0, "GiB"), "0 GiB");
    assert_eq!(exact(1, bytes, Unit::named("GB").unwrap()), "1 bytes");
}

#[test]
fn plain_names_have_no_unit() {
    for name in ["cores", "threads", "status", "in_use", "bus", "present", "s", "chips"] {
        assert_eq!(Unit::of_field(name), None, "{name}");
    }
}

#[test]
fn a_unit_of_a_constant_is_the_one_of_its_name() {
    for symbol in ["ppm", "%", "GiB", "bit/s", "µs", "bytes"] {
        let (constant, named) = (known(symbol), Unit::named(symbol).unwrap());
        assert_eq!((constant.symbol, constant), (named.symbol, named));
    }
}

proptest! {
    #[test]
    fn a_whole_number_is_written_as_std_writes_it(value in any::<i128>(), bits in 0_u32..128) {
        for value in [value >> bits, i128::from(u64::MAX) + (value >> bits.max(64))] {
            let mut text = String::new();
            integer(&mut text, value);
            prop_assert_eq!(text, value.to_string());
        }
    }

    #[test]
    fn a_shown_whole_quantity_reads_back_as_itself(
        value in 0..1_000_000_000_000_i128,
        at in 0..UNITS.len(),
    ) {
        let unit = UNITS[at];
        let text = exact(value, unit, unit);
        let back = Quantity::parse(&text).unwrap().whole_in(Some(unit), &text);
        prop_assert_eq!(back, Ok(value));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
        if let Ok(quantity) = Quantity::parse(&text) {
            for unit in UNITS {
                if let Ok(value) = quantity.whole_in(Some(*unit), &text) {
                    prop_assert!(value.abs() <= LARGEST);
                }
            }
        }
    }
}
