//! Tests of `module`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{read as read_pieces, *};

/// An EEPROM in pieces, filled where the maps want something.
#[derive(Default)]
struct Fake {
    pieces: BTreeMap<(u8, u8, u8), [u8; 128]>,
}

impl Fake {
    fn put(mut self, at: Place, offset: usize, bytes: &[u8]) -> Self {
        let piece = self.pieces.entry((at.address, at.page, at.offset)).or_insert([0; 128]);
        piece[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn eeprom(&self) -> Eeprom {
        let mut read = |at: Place| match self.pieces.get(&(at.address, at.page, at.offset)) {
            Some(piece) => Ok(piece.to_vec()),
            None => Err(io::Error::from_raw_os_error(5)),
        };
        read_pieces(&mut read).expect("served").expect("a module")
    }
}

fn padded(text: &str) -> Vec<u8> {
    format!("{text:<16}").into_bytes()
}

#[test]
fn an_sfp_tells_its_maker_wavelength_and_light() {
    let fake = Fake::default()
        .put(LOWER, 0, &[0x03])
        .put(LOWER, 12, &[103])
        .put(LOWER, 20, &padded("FINISAR CORP."))
        .put(LOWER, 40, &padded("FTLX8571D3BCL"))
        .put(LOWER, 60, &850_u16.to_be_bytes())
        .put(LOWER, 68, &padded("TEST0001"))
        .put(LOWER, 92, &[0x68])
        .put(UPPER, 0, &[0])
        .put(MONITORS, 96, &[0x1f, 0x80])
        .put(MONITORS, 102, &5_600_u16.to_be_bytes())
        .put(MONITORS, 104, &4_200_u16.to_be_bytes());
    let module = module(&fake.eeprom()).expect("a module");
    assert_eq!(module.kind.as_deref(), Some("SFP"));
    assert_eq!(module.vendor.as_deref(), Some("FINISAR CORP."));
    assert_eq!(module.part_number.as_deref(), Some("FTLX8571D3BCL"));
    assert_eq!(module.serial.as_deref(), Some("TEST0001"));
    assert_eq!(module.bit_rate_bps, Some(10_300_000_000));
    assert_eq!(module.wavelength_pm, Some(850_000));
    assert_eq!(module.temperature_mc, Some(31_500));
    assert_eq!((module.tx_power_nw, module.rx_power_nw), (vec![560_000], vec![420_000]));
}

#[test]
fn a_copper_cable_has_no_wavelength_and_a_fast_sfp_uses_the_second_rate() {
    let fake = Fake::default()
        .put(LOWER, 0, &[0x03])
        .put(LOWER, 8, &[0x04])
        .put(LOWER, 12, &[0xff])
        .put(LOWER, 60, &[1, 0])
        .put(LOWER, 66, &[103]);
    let module = module(&fake.eeprom()).expect("a module");
    assert_eq!(module.wavelength_pm, None);
    assert_eq!(module.bit_rate_bps, Some(25_750_000_000));
    assert_eq!(module.temperature_mc, None, "no diagnostics");
}

#[test]
fn a_qsfp_has_four_lanes() {
    let fake = Fake::default()
        .put(LOWER, 0, &[0x11])
        .put(LOWER, 22, &[0x20, 0])
        .put(LOWER, 34, &[0, 10, 0, 20, 0, 30, 0, 40])
        .put(UPPER, 140 - 128, &[0xff])
        .put(UPPER, 148 - 128, &padded("Hisense"))
        .put(UPPER, 186 - 128, &26_200_u16.to_be_bytes())
        .put(UPPER, 222 - 128, &[103]);
    let module = module(&fake.eeprom()).expect("a module");
    assert_eq!(module.kind.as_deref(), Some("QSFP28"));
    assert_eq!(module.vendor.as_deref(), Some("Hisense"));
    assert_eq!(module.rx_power_nw, [1_000, 2_000, 3_000, 4_000]);
    assert_eq!(module.wavelength_pm, Some(1_310_000));
    assert_eq!(module.temperature_mc, Some(32_000));
    assert_eq!(module.bit_rate_bps, Some(25_750_000_000));
}

#[test]
fn a_cmis_module_reads_its_lanes_from_page_17() {
    let fake = Fake::default()
        .put(LOWER, 0, &[0x18])
        .put(LOWER, 14, &[0xff, 0])
        .put(LOWER, 88, &[0x84])
        .put(UPPER, 129 - 128, &padded("INNOLIGHT"))
        .put(UPPER, 166 - 128, &padded("TEST0002"))
        .put(CHARACTERISTICS, 138 - 128, &26_200_u16.to_be_bytes())
        .put(LANES, 186 - 128, &[0, 1, 0, 2, 0, 3, 0, 4, 0, 5]);
    let module = module(&fake.eeprom()).expect("a module");
    assert_eq!(module.kind.as_deref(), Some("QSFP-DD"));
    assert_eq!(module.serial.as_deref(), Some("TEST0002"));
    assert_eq!(module.rx_power_nw, [100, 200, 300, 400]);
    assert_eq!(module.temperature_mc, Some(-1_000));
}

#[test]
fn an_image_of_the_ioctl_reads_as_the_pieces_do() {
    let mut image = vec![0; 512];
    image[0] = 0x03;
    image[20..36].copy_from_slice(&padded("Maker"));
    image[92] = 0x40;
    image[256 + 96] = 25;
    let module = module(&from_image(&image).expect("an image")).expect("a module");
    assert_eq!(module.vendor.as_deref(), Some("Maker"));
    assert_eq!(module.temperature_mc, Some(25_000));
}

#[test]
fn missing_permission_and_missing_support_are_told_from_no_module() {
    let error = |number| read_pieces(&mut |_| Err(io::Error::from_raw_os_error(number)));
    assert!(error(1).is_err(), "EPERM");
    assert!(error(95).is_err(), "EOPNOTSUPP");
    assert_eq!(error(5).expect("no module"), None, "EIO");
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_without_a_panic(
        kind in prop::sample::select(vec![0x03_u8, 0x0d, 0x11, 0x18, 0x1e, 0x00, 0xff]),
        mut image in prop::collection::vec(any::<u8>(), 0..700),
        hex in "[0-9a-fz]{0,300}",
    ) {
        if let Some(first) = image.first_mut() {
            *first = kind;
        }
        if let Some(mut eeprom) = from_image(&image) {
            module(&eeprom);
            for piece in &mut eeprom.pieces {
                piece.hex.clone_from(&hex);
            }
            module(&eeprom);
        }
    }
}
