//! Tests of `capture_file`.

use proptest::prelude::*;

use super::*;

/// A frame with a whole LLDPDU.
const FRAME: &[u8] =
    b"\x01\x80\xc2\x00\x00\x0e\x02\0\0\0\0\x07\x88\xcc\x02\x02\x07x\x04\x02\x07y\x06\x02\x00\x78\0\0";

fn words(order: Order, words: &[u32]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| match order {
            Order::Little => word.to_le_bytes(),
            Order::Big => word.to_be_bytes(),
        })
        .collect()
}

fn classic(order: Order, magic: u32, fraction: u32) -> Vec<u8> {
    let version = match order {
        Order::Little => 0x0004_0002,
        Order::Big => 0x0002_0004,
    };
    let length = u32::try_from(FRAME.len()).unwrap();
    let mut file = words(order, &[magic, version, 0, 0, 65_535, 1]);
    file.extend(words(order, &[1_577_836_800, fraction, length, length]));
    file.extend(FRAME);
    file.extend(words(order, &[1_577_836_801, fraction, 20, length]));
    file.extend(&FRAME[..20]);
    file
}

fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = u32::try_from(padded + 12).unwrap();
    let mut bytes = words(order, &[kind, length]);
    bytes.extend(body);
    bytes.resize(8 + padded, 0);
    bytes.extend(words(order, &[length]));
    bytes
}

fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let mut bytes = match order {
        Order::Little => [code.to_le_bytes(), length.to_le_bytes()].concat(),
        Order::Big => [code.to_be_bytes(), length.to_be_bytes()].concat(),
    };
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn next_generation(order: Order) -> Vec<u8> {
    let length = u32::try_from(FRAME.len()).unwrap();
    let mut section = words(order, &[0x1a2b_3c4d, 0x0001_0000]);
    section.extend([0xff; 8]);
    let mut interface = words(order, &[0, 0]);
    interface[match order {
        Order::Little => 0,
        Order::Big => 1,
    }] = 1;
    interface.extend(option(order, 2, b"eth7"));
    interface.extend(option(order, 9, &[9]));
    let nanoseconds = 1_577_836_800_u64 * 1_000_000_000 + 5;
    let high = u32::try_from(nanoseconds >> 32).unwrap();
    let low = u32::try_from(nanoseconds & 0xffff_ffff).unwrap();
    let mut packet = words(order, &[0, high, low, length, length]);
    packet.extend(FRAME);
    let mut simple = words(order, &[length]);
    simple.extend(FRAME);
    [
        block(order, 0x0a0d_0d0a, &section),
        block(order, 1, &interface),
        block(order, 5, &[0; 12]),
        block(order, 6, &packet),
        block(order, 3, &simple),
    ]
    .concat()
}

#[test]
fn every_kind_of_capture_gives_its_frames() {
    for (order, magic, fraction, at_ns) in [
        (Order::Little, 0xa1b2_c3d4, 7, 7_000),
        (Order::Big, 0xa1b2_c3d4, 7, 7_000),
        (Order::Little, 0xa1b2_3c4d, 7, 7),
        (Order::Big, 0xa1b2_3c4d, 7, 7),
    ] {
        let file = classic(order, magic, fraction);
        let frames: Vec<_> = frames(&file).unwrap().map(Result::unwrap).collect();
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0].at_ns, Some(1_577_836_800_000_000_000 + at_ns));
        assert_eq!((frames[0].data, frames[0].is_cut), (FRAME, false));
        assert_eq!((frames[1].number, frames[1].is_cut), (2, true));
        assert!(!frames[0].lldp().unwrap().damaged);
        assert!(frames[1].lldp().unwrap().damaged);
    }
    for order in [Order::Little, Order::Big] {
        let file = next_generation(order);
        let frames: Vec<_> = frames(&file).unwrap().map(Result::unwrap).collect();
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0].interface, Some("eth7"));
        assert_eq!(frames[0].at_ns, Some(1_577_836_800_000_000_005));
        assert_eq!(frames[1].at_ns, None);
        for frame in frames {
            assert_eq!(frame.data, FRAME);
            assert_eq!(frame.lldp().unwrap().interface.as_deref(), Some("eth7"));
        }
    }
}

#[test]
fn what_a_capture_on_any_interface_has_for_a_header_is_read() {
    let lldpdu = &FRAME[14..];
    let mut cooked = vec![0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 7, 0, 0, 0x88, 0xcc];
    cooked.extend(lldpdu);
    let mut cooked_2 = vec![0x88, 0xcc, 0, 0, 0, 0, 0, 3, 0, 1, 1, 6, 2, 0, 0, 0, 0, 7, 0, 0];
    cooked_2.extend(lldpdu);
    for (link_type, data) in [(LINUX_COOKED, &cooked), (LINUX_COOKED_2, &cooked_2)] {
        let frame =
            Frame { number: 1, at_ns: None, interface: None, link_type, data, is_cut: false };
        let neighbour = frame.lldp().unwrap();
        assert_eq!(neighbour.source_mac.as_deref(), Some("02:00:00:00:00:07"));
        assert_eq!(neighbour.ttl_s, Some(120));
    }
}

#[test]
fn a_broken_capture_gives_what_came_before_and_one_error() {
    let cases: [(&[u8], &str); 4] = [
        (b"", "neither pcap nor pcapng"),
        (b"\xd4\xc3\xb2\xa1", "has 24 bytes"),
        (b"hello", "neither pcap nor pcapng"),
        (b"\x0a\x0d\x0d\x0a", "half the header"),
    ];
    for (bytes, what) in cases {
        let error = match frames(bytes) {
            Ok(mut frames) => frames.next().unwrap().unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains(what), "{error}");
    }
    for file in [classic(Order::Little, 0xa1b2_c3d4, 0), next_generation(Order::Big)] {
        let cut = &file[..file.len() - 1];
        let read: Vec<_> = frames(cut).unwrap().collect();
        assert!(read[0].is_ok());
        assert!(read.last().unwrap().is_err());
        assert_eq!(read.iter().filter(|frame| frame.is_err()).count(), 1);
    }
}

#[test]
fn a_block_of_no_length_ends_the_reading() {
    let mut file = next_generation(Order::Little);
    let at = file.len();
    file.extend([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let last = frames(&file).unwrap().last().unwrap().unwrap_err();
    assert_eq!((last.at, last.what.as_str()), (at, "a block cannot have 0 bytes"));
}

#[test]
fn times_are_told_in_rfc_3339() {
    let cases = [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_577_836_799, "2019-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ];
    for (seconds, text) in cases {
        assert_eq!(rfc3339(seconds * 1_000_000_000).as_deref(), Some(text));
    }
    assert_eq!(rfc3339(u128::MAX), None);
}

proptest! {
    #[test]
    fn any_bytes_end(mut bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0_usize..4) {
        let starts = [classic(Order::Little, 0xa1b2_c3d4, 0), next_generation(Order::Little),
            next_generation(Order::Big), Vec::new()];
        let mut file = starts[kind].clone();
        file.append(&mut bytes);
        if let Ok(frames) = frames(&file) {
            prop_assert!(frames.count() <= file.len());
        }
    }

    #[test]
    fn any_changed_byte_ends(at in 0_usize..1000, byte in any::<u8>()) {
        for mut file in [classic(Order::Big, 0xa1b2_3c4d, 0), next_generation(Order::Big)] {
            let at = at % file.len();
            file[at] = byte;
            if let Ok(frames) = frames(&file) {
                for frame in frames.flatten() {
                    let _neighbour = frame.lldp();
                }
            }
        }
    }
}
