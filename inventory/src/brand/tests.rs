//! Tests of brands, hints and management chips.

use std::collections::HashSet;

use super::*;

fn id(manufacturer: &str) -> Option<String> {
    brand_of(manufacturer).map(|brand| brand.id)
}

#[test]
fn spellings_of_one_brand_are_one_brand() {
    for (text, wanted) in [
        ("HUAWEI", "huawei"),
        ("Huawei Technologies Co., Ltd.", "huawei"),
        ("华为技术有限公司", "huawei"),
        ("INSPUR", "inspur"),
        ("Langchao", "inspur"),
        ("IEIT  SYSTEMS", "inspur"),
        ("New H3C Technologies Co., Ltd.", "h3c"),
        ("LENOVO", "lenovo"),
        ("Dell Inc.", "dell"),
        ("Hewlett-Packard", "hp"),
        ("Hewlett Packard Enterprise", "hpe"),
        ("Supermicro", "supermicro"),
        ("ASUSTeK COMPUTER INC.", "asus"),
        ("Intel Corporation", "intel"),
    ] {
        assert_eq!(id(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn only_whole_words_are_a_spelling() {
    for text in ["Huaweixyz", "DCNX", "Shpex", "Necro", "", "To be filled by O.E.M.", "MSIX"] {
        assert_eq!(id(text), None, "{text}");
    }
}

#[test]
fn makers_of_processors_are_hints_and_no_brands() {
    for text in ["PHYTIUM LTD", "Phytium", "Loongson", "AMD Corporation"] {
        assert_eq!(id(text), None, "{text}");
        assert!(hint_of(text).is_some(), "{text}");
    }
    assert_eq!(hint_of("HUAWEI"), None);
}

#[test]
fn every_line_of_the_vendor_data_has_its_source_and_finds_its_own_brand() {
    let mut ids = HashSet::new();
    for brand in &VENDORS.brand {
        assert!(ids.insert(brand.id.as_str()), "{} twice", brand.id);
        assert_eq!(brand.country.len(), 2, "{}", brand.id);
        assert!(!brand.spelling.is_empty() && !brand.zh.is_empty(), "{}", brand.id);
        for spelling in &brand.spelling {
            assert_eq!(spelling.reviewed.len(), 10, "{}", spelling.text);
            assert!(!spelling.source.is_empty(), "{}", spelling.text);
            assert_eq!(id(&spelling.text).as_deref(), Some(brand.id.as_str()), "{}", spelling.text);
        }
    }
    for hint in &VENDORS.hint {
        for spelling in &hint.spelling {
            assert!(hint_of(&spelling.text).is_some(), "{}", spelling.text);
        }
    }
}

#[test]
fn management_chips_are_known_by_the_id_of_their_display() {
    let country = |id: &str| management_chip(id).map(|chip| chip.country);
    assert_eq!(country("19e5:1711").as_deref(), Some("CN"));
    assert_eq!(country("1A03:2000").as_deref(), Some("TW"));
    assert_eq!(country("102b:0538").as_deref(), Some("CA"));
    for id in ["8086:3e98", "102b:2527", "19e5:171", "", "102b:05zz"] {
        assert_eq!(country(id), None, "{id}");
    }
}
