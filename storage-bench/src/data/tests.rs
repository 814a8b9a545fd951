//! That data is as asked: unique, or in its ratio, and independent of how it is cut.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn filler(content: &Content) -> Filler {
    Filler::new(content, 7, 0).unwrap()
}

fn reducible(dedup: u32, compress: u32, unit_bytes: u32) -> Content {
    let (dedup_thousandths, compress_thousandths) = (dedup, compress);
    Content::Reducible { dedup_thousandths, compress_thousandths, unit_bytes }
}

fn bytes(filler: &mut Filler, offset: u64, count: usize) -> Vec<u8> {
    let mut buffer = vec![0xee; count];
    filler.fill(offset, &mut buffer);
    buffer
}

/// Tells whether a measured ratio is within `percent` of what was asked.
fn near(measured: u32, asked: u32, percent: u32) -> bool {
    measured.abs_diff(asked) * 100 <= asked * percent
}

#[test]
fn by_default_nothing_can_be_saved() {
    for refill in [true, false] {
        let ratios = check(&mut filler(&Content::Unique { refill }), 0, GLANCE_BYTES);
        let (dedup_thousandths, lz4_thousandths, zstd_thousandths) = (1000, 1000, 1000);
        let bytes = GLANCE_BYTES;
        let none = Ratios { bytes, dedup_thousandths, lz4_thousandths, zstd_thousandths };
        assert_eq!(ratios, none, "refill {refill}");
    }
}

#[test]
fn every_byte_value_is_as_frequent_as_any() {
    let all = bytes(&mut filler(&Content::default()), 0, 1 << 20);
    let mut seen = [0_u32; 256];
    for byte in &all {
        seen[usize::from(*byte)] += 1;
    }
    let chi: f64 = seen.iter().map(|n| (f64::from(*n) - 4096.0).powi(2) / 4096.0).sum();
    assert!((chi - 255.0).abs() <= 4.0 * 510_f64.sqrt(), "χ² {chi}");
}

#[test]
fn an_offset_gets_new_bytes_only_where_it_is_refilled() {
    for (content, same) in [
        (Content::Unique { refill: true }, false),
        (Content::Unique { refill: false }, true),
        (reducible(2000, 2000, 4096), true),
    ] {
        let mut filler = filler(&content);
        let first = bytes(&mut filler, 8192, 4096);
        assert_eq!(first == bytes(&mut filler, 8192, 4096), same, "{content:?}");
        let other = Filler::new(&content, 7, 1).map(|mut other| bytes(&mut other, 8192, 4096));
        assert_eq!(Ok(first) == other, same, "another thread, {content:?}");
    }
}

#[test]
fn compressors_find_the_ratio_asked_for() {
    for compress in [1000, 1500, 2000, 3000, 4000] {
        let mut filler = filler(&reducible(1000, compress, 4096));
        let ratios = check(&mut filler, SAMPLE_BYTES, GLANCE_BYTES);
        assert_eq!(ratios.dedup_thousandths, 1000);
        assert!(near(ratios.lz4_thousandths, compress, 8), "{compress}: {ratios:?}");
        assert!(near(ratios.zstd_thousandths, compress, 8), "{compress}: {ratios:?}");
    }
}

#[test]
fn every_window_has_the_ratio_of_duplicates_asked_for() {
    for unit_bytes in [4096, 8192, 65_536] {
        for dedup in [1000, 1500, 2000, 3000, 10_000] {
            let reducible = Reducible::new(5, dedup, 1000, unit_bytes).unwrap();
            let units = WINDOW_BYTES / u64::from(unit_bytes);
            let blocks = u64::from(unit_bytes) / BLOCK as u64;
            for window in [0, 1, 1 << 30] {
                let unit = |at| (window * units + at) * blocks;
                let keys: BTreeSet<u64> = (0..units).map(|at| reducible.key(unit(at))).collect();
                assert_eq!(keys.len() as u64, units * 1000 / u64::from(dedup), "{dedup}");
            }
        }
    }
}

#[test]
fn the_check_finds_duplicates() {
    let ratios = check(&mut filler(&reducible(64_000, 2000, 1 << 20)), 0, 4 << 20);
    assert_eq!(ratios.dedup_thousandths, 4000);
}

#[test]
fn a_ratio_holds_inside_every_part_of_512_bytes() {
    let all = bytes(&mut filler(&reducible(1000, 4000, 4096)), 0, 1 << 16);
    for part in all.chunks(512) {
        let (random, zeroes) = part.split_at(128);
        assert!(zeroes.iter().all(|byte| *byte == 0));
        assert!(random.iter().map(|byte| u32::from(*byte == 0)).sum::<u32>() < 10);
    }
}

#[test]
fn duplicates_are_of_units_and_each_has_as_many() {
    let mut filler = filler(&reducible(2000, 1000, 16_384));
    let mut seen = std::collections::BTreeMap::new();
    for unit in 0..4096 {
        *seen.entry(bytes(&mut filler, unit * 16_384, 16_384)).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 2048);
    assert!(seen.values().all(|copies| *copies == 2));
    let blocks: BTreeSet<&[u8]> = seen.keys().flat_map(|unit| unit.chunks(4096)).collect();
    assert_eq!(blocks.len(), 4 * 2048, "inside a unit nothing is alike");
}

#[test]
fn zeroes_and_patterns_are_what_they_say() {
    assert_eq!(bytes(&mut filler(&Content::Zero), 512, 512), [0; 512]);
    let mut pattern = filler(&Content::Pattern { bytes: b"abc".to_vec() });
    assert_eq!(bytes(&mut pattern, 1, 8), b"abcabcab");
    assert_eq!(bytes(&mut pattern, 0, 2), b"ab");
    let long = bytes(&mut pattern, 512, 1000);
    assert!(long.iter().zip(b"abc".iter().cycle()).all(|(found, byte)| found == byte));
    assert_eq!(check(&mut pattern, 0, 1 << 16).bytes, 1 << 16);
    let ratios = check(&mut filler(&Content::Zero), 0, 1 << 20);
    assert_eq!(ratios.dedup_thousandths, 256_000);
    assert!(ratios.lz4_thousandths > 100_000 && ratios.zstd_thousandths > 100_000);
    assert_eq!(check(&mut pattern, 0, 4095).bytes, 0, "no whole block, nothing to tell");
}

#[test]
fn what_cannot_be_made_is_refused() {
    let table = [
        (reducible(999, 1000, 4096), DataError::Dedup(999)),
        (reducible(0, 1000, 4096), DataError::Dedup(0)),
        (reducible(65_000, 1000, 1 << 20), DataError::Dedup(65_000)),
        (reducible(1000, 999, 4096), DataError::Compress(999)),
        (reducible(1000, 64_001, 4096), DataError::Compress(64_001)),
        (reducible(1000, 1000, 2048), DataError::Unit(2048)),
        (reducible(1000, 1000, 12_288), DataError::Unit(12_288)),
        (Content::Pattern { bytes: vec![] }, DataError::NoPattern),
    ];
    for (content, error) in table {
        assert_eq!(Filler::new(&content, 0, 0).map(|_| ()), Err(error));
    }
    assert!(Filler::new(&reducible(64_000, 64_000, 1 << 20), 0, 0).is_ok());
}

proptest! {
    #[test]
    fn a_block_is_the_same_however_it_is_cut(
        start in 0..40_usize, mut cuts in prop::collection::vec(0..40_usize, 0..6),
        kind in 0..3_usize,
    ) {
        let contents = [
            Content::Unique { refill: false }, reducible(2000, 3000, 8192), Content::Zero,
        ];
        let mut filler = filler(&contents[kind]);
        let whole = bytes(&mut filler, 0, 80 * 512);
        cuts.push(40);
        cuts.sort_unstable();
        let mut from = start;
        for cut in cuts {
            let to = start + cut;
            let part = bytes(&mut filler, from as u64 * 512, (to - from) * 512);
            prop_assert_eq!(&part, &whole[from * 512..to * 512]);
            from = to;
        }
    }
}
