//! Records made by the specification's tables.

use proptest::prelude::*;

use super::*;

/// A full record: name, factors of 6 bytes, readable thresholds.
fn full_record(name: &str, factors: [u8; 6], readable: u8) -> Vec<u8> {
    let mut body = vec![0x20, 0x10, 7, 3, 1, 0x7f, 0x68, 1, 1];
    body.extend([0x80, 0x0a, 0x80, 0x0a, readable, 0]);
    body.extend([0, 1, 0, 0]);
    body.extend(factors);
    body.extend([7, 0x40, 0x60, 0x20, 0xff, 0, 0xa0, 0x90, 0x70, 0, 0, 0, 3, 2, 0, 0, 0]);
    named(0x01, body, name)
}

fn named(kind: u8, mut body: Vec<u8>, name: &str) -> Vec<u8> {
    body.push(0xc0 | u8::try_from(name.len()).expect("short"));
    body.extend(name.bytes());
    let mut out = vec![4, 0, 0x51, kind, u8::try_from(body.len()).expect("short")];
    out.extend(body);
    out
}

fn sensors(record: &[u8]) -> Vec<Sensor> {
    let records = read(record).expect("a record");
    let sensor = |record: Record| match record.body {
        Body::Sensor(sensor) => *sensor,
        other => unreachable!("{other:?}"),
    };
    records.into_iter().map(sensor).collect()
}

#[test]
fn a_full_record_reads() {
    let record = full_record("CPU1 Temp", [6, 0, 0, 0, 0, 0xe0], 0x38);
    assert_eq!(length(&record), Some(record.len()));
    let mut long = record.clone();
    // As ipmi_sim sends it.
    long.extend([0x5a; 6]);
    let all = sensors(&long);
    let [sensor] = all.as_slice() else { unreachable!("{all:?}") };
    assert_eq!((sensor.number, sensor.channel, sensor.entity), (7, 1, (3, 1)));
    assert_eq!(
        (sensor.name.as_str(), sensor.readable, sensor.hysteresis),
        ("CPU1 Temp", 0x38, (3, 2))
    );
    assert_eq!(sensor.factors.and_then(|factors| factors.value(203)), Some(12.18));
    for cut in 0..record.len() {
        assert_eq!(read(record.get(..cut).expect("shorter")), None, "{cut}");
    }
}

#[test]
fn a_shared_record_is_many_sensors() {
    let compact = |share, offset| {
        let mut body = vec![0x20, 0, 0x30, 32, 1, 0x67, 0x40, 0x0c, 0x6f];
        body.extend([0; 6]);
        body.extend([0xc0, 0, 0, share, offset, 0, 0, 0, 0, 0, 0]);
        named(0x02, body, "DIMM")
    };
    let names = |record: Vec<u8>| -> Vec<(String, u8)> {
        sensors(&record).into_iter().map(|one| (one.name, one.number)).collect()
    };
    let name = |name: &str, number| (name.to_owned(), number);
    assert_eq!(names(compact(1, 0)), [name("DIMM", 0x30)]);
    assert_eq!(
        names(compact(3, 1)),
        [name("DIMM1", 0x30), name("DIMM2", 0x31), name("DIMM3", 0x32)]
    );
    assert_eq!(names(compact(0x12, 25)), [name("DIMMZ", 0x30), name("DIMMAA", 0x31)]);
    assert!(sensors(&compact(1, 0)).iter().all(|one| one.factors.is_none()));
}

#[test]
fn other_records_read() {
    let fru = named(0x11, vec![0x20, 3, 0x80, 0, 0, 0x10, 0, 10, 2, 0], "PSU2");
    let read_one =
        |record: &[u8]| read(record).and_then(|all| all.into_iter().next()).map(|one| one.body);
    let Some(Body::Fru(locator)) = read_one(&fru) else { unreachable!("a part") };
    assert_eq!((locator.device, locator.logical, locator.name.as_str()), (3, true, "PSU2"));
    let controller = named(0x12, vec![0x20, 0, 0, 0xbf, 0, 0, 0, 7, 1, 0], "BMC");
    assert!(matches!(read_one(&controller), Some(Body::Controller(one)) if one.name == "BMC"));
    assert!(matches!(read_one(&named(0xc0, vec![1, 2], "x")), Some(Body::Other(0xc0))));
    let event = named(0x03, vec![0x20, 0, 9, 7, 1, 0x12, 0x6f, 1, 0, 0, 0], "SEL");
    let all = sensors(&event);
    assert!(all.iter().all(|one| one.silent && one.number == 9 && one.name == "SEL"), "{all:?}");
}

proptest! {
    #[test]
    fn any_bytes_are_records_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        if let Some(records) = read(&bytes) {
            prop_assert!(records.len() <= 15);
        }
    }

    /// Headed so that most get into a reader.
    #[test]
    fn any_body_is_a_record_or_none(
        kind in prop_oneof![Just(1_u8), Just(2), Just(3), Just(0x11), Just(0x12)],
        body in proptest::collection::vec(any::<u8>(), 0..90),
    ) {
        let mut record = vec![1, 0, 0x51, kind, u8::try_from(body.len()).expect("short")];
        record.extend(&body);
        for one in read(&record).into_iter().flatten() {
            if let Body::Sensor(sensor) = one.body {
                let _unit = unit(sensor.unit);
                for byte in 0..=255 {
                    let value = sensor.factors.and_then(|factors| factors.value(byte));
                    prop_assert!(value.is_none_or(f64::is_finite));
                }
            }
        }
    }
}
