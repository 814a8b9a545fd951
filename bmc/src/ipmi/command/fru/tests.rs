//! Images made by the definition's tables.

use proptest::prelude::*;

use super::*;
use crate::ipmi::wire::message::checksum;

fn area(prefix: &[u8], texts: &[&str]) -> Vec<u8> {
    let mut out = vec![1, 0];
    out.extend(prefix);
    for text in texts {
        out.push(0xc0 | u8::try_from(text.len()).expect("short"));
        out.extend(text.bytes());
    }
    out.push(END);
    let size = (out.len() + 1).next_multiple_of(8);
    out.resize(size - 1, 0);
    out[1] = u8::try_from(size / 8).expect("small");
    out.push(checksum(&out));
    out
}

fn multirecord(kind: u8, last: bool, data: &[u8]) -> Vec<u8> {
    let format = if last { 0x82 } else { 0x02 };
    let mut out = vec![kind, format, u8::try_from(data.len()).expect("short"), checksum(data)];
    out.push(checksum(&out));
    out.extend(data);
    out
}

/// An image of chassis, board, product and multirecords.
fn image() -> Vec<u8> {
    let parts = [
        area(&[0x17], &["CH-PN", "CH-SN-01", "rack 7"]),
        // 2015-01-05, in English.
        area(&[25, 0x80, 0x96, 0x98], &["Maker", "Board", "B001", "BPN", "file"]),
        area(&[0], &["Maker", "Server", "PN", "V3", "S001", "ASSET", "file", "", "one", "two"]),
    ];
    let mut records = multirecord(
        0,
        false,
        &[
            0x84, 3, 0xff, 0xff, 0xff, 5, 0x28, 0x23, 0xf0, 0x3c, 0x50, 0x46, 0x30, 0x5c, 47, 63,
            12, 0x0c, 0, 0, 0, 0, 0, 0,
        ],
    );
    records.extend(multirecord(1, false, &[1, 0xb0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0xe8, 3]));
    records.extend(multirecord(3, false, b"\x01https://bmc.example"));
    records.extend(multirecord(0xc2, true, &[0xdb, 7, 0, 0xaa, 0x55]));
    let mut header = vec![1, 0];
    let mut body: Vec<u8> = Vec::new();
    for part in &parts {
        header.push(u8::try_from(1 + body.len() / 8).expect("small"));
        body.extend(part);
    }
    header.push(u8::try_from(1 + body.len() / 8).expect("small"));
    header.push(0);
    header.push(checksum(&header));
    header.extend(body);
    header.extend(records);
    header
}

fn shown(fru: &Fru) -> Vec<String> {
    fru.fields.iter().map(|one| format!("{} {}: {}", one.area, one.name, one.text)).collect()
}

#[test]
fn every_area_and_record_reads() {
    let fru = fields("BMC", &Image::of(&image()));
    assert_eq!(fru.damage, Vec::<String>::new());
    assert_eq!(
        shown(&fru),
        [
            "chassis type: Rack Mount Chassis",
            "chassis part number: CH-PN",
            "chassis serial: CH-SN-01",
            "chassis extra 1: rack 7",
            "board date: 2015-01-05T10:40:00Z",
            "board manufacturer: Maker",
            "board product: Board",
            "board serial: B001",
            "board part number: BPN",
            "board file id: file",
            "product manufacturer: Maker",
            "product product: Server",
            "product part number: PN",
            "product version: V3",
            "product serial: S001",
            "product asset tag: ASSET",
            "product file id: file",
            "product extra 2: one",
            "product extra 3: two",
            "power supply capacity: 900 W",
            "power supply input voltage: 90 to 156 V",
            "power supply input voltage 2: 180 to 236 V",
            "power supply input frequency: 47 to 63 Hz",
            "power supply drop-out tolerance: 12 ms",
            "power supply features: autoswitch, hot swap",
            "DC output 1 voltage: 12.00 V",
            "DC output 1 current: 0.000 to 1.000 A",
            "management access system URL: https://bmc.example",
            "OEM record 0xc2 of maker 2011: aa55",
        ]
    );
}

#[test]
fn a_damaged_area_costs_itself() {
    let whole = image();
    let board = usize::from(whole[3]) * 8;
    let mut bytes = whole.clone();
    // A field that is longer than its area.
    bytes[board + 6] = 0xff;
    let fru = fields("BMC", &Image::of(&bytes));
    assert!(fru.damage.iter().any(|one| one.starts_with("board at")), "{:?}", fru.damage);
    assert!(shown(&fru).contains(&"product serial: S001".to_owned()));
    let fru = fields("BMC", &Image::of(whole.get(..board + 4).expect("longer")));
    assert!(shown(&fru).contains(&"chassis serial: CH-SN-01".to_owned()));
    assert!(!fru.damage.is_empty());
    assert_eq!(fields("BMC", &Image::of(&[0xff; 64])).damage, ["its header does not read"]);
}

/// Reads an image piece by piece, as a client does.
fn piecewise(bytes: &[u8], most: usize) -> (Image, usize) {
    let mut image = Image::new(u16::try_from(bytes.len()).expect("short"));
    let mut asked = 0;
    while let Some((offset, length)) = image.needs() {
        let length = length.min(most);
        image.put(offset, bytes.get(offset..offset + length).expect("in it"));
        asked += length;
    }
    (image, asked)
}

#[test]
fn of_a_large_memory_only_what_is_used_is_read() {
    let mut bytes = image();
    let used = bytes.len();
    bytes.resize(60_000, 0xff);
    let (image, asked) = piecewise(&bytes, 16);
    assert_eq!(fields("BMC", &image), fields("BMC", &Image::of(&bytes)));
    assert!(asked <= used, "{asked} of {used}");
}

#[test]
fn what_cannot_be_read_is_damage_and_ends() {
    let bytes = image();
    let mut image = Image::new(u16::try_from(bytes.len()).expect("short"));
    let board = usize::from(bytes[3]) * 8;
    while let Some((offset, length)) = image.needs() {
        if offset >= board && offset < board + 8 {
            image.give_up(offset, length);
        } else {
            image.put(offset, bytes.get(offset..offset + length).expect("in it"));
        }
    }
    let fru = fields("BMC", &image);
    assert_eq!(fru.damage.len(), 1, "{:?}", fru.damage);
    assert!(shown(&fru).contains(&"product serial: S001".to_owned()));
}

proptest! {
    #[test]
    fn any_image_is_read_to_its_end(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..600),
        headed: bool,
        most in 1_usize..64,
    ) {
        if headed && bytes.len() > 8 {
            let areas = [1, 0, bytes[2] % 60, bytes[3] % 60, bytes[4] % 60, bytes[5] % 60, 0];
            for (byte, area) in bytes.iter_mut().zip(areas) {
                *byte = area;
            }
            bytes[7] = checksum(bytes.get(..7).expect("8"));
        }
        let (image, asked) = piecewise(&bytes, most);
        prop_assert!(asked <= bytes.len());
        prop_assert_eq!(fields("x", &image), fields("x", &Image::of(&bytes)));
    }

    #[test]
    fn a_changed_byte_is_never_worse_than_damage(at in 0_usize..200, byte: u8) {
        let mut bytes = image();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _fru = fields("x", &Image::of(&bytes));
    }
}
