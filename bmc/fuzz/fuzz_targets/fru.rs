//! Any bytes as the memory of a FRU, read piece by piece: it ends, and reads as the whole does.

#![no_main]

use bmc::ipmi::command::fru::{Extent, Image, fields};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _extent = Extent::read(bytes);
    let Ok(size) = u16::try_from(bytes.len()) else { return };
    let mut image = Image::new(size);
    let mut left = bytes.len();
    while let Some((offset, length)) = image.needs() {
        let length = length.min(24);
        assert!(length > 0 && length <= left, "no piece is asked for twice");
        left -= length;
        image.put(offset, bytes.get(offset..offset + length).unwrap_or_default());
    }
    let fru = fields("x", &image);
    assert_eq!(fru, fields("x", &Image::of(bytes)));
    assert!(fru.fields.len() <= 3 * 65 + 64 * 9);
});
