//! Tests of `mask`.

use super::*;
use crate::model::{Disk, Hba, HbaPort, Nic, NicPort, Plane, System};

const SALT: [u8; 32] = [7; 32];

fn inventory() -> Inventory {
    let text = |text: &str| Some(text.to_owned());
    let port = NicPort {
        permanent_mac: text("00:16:3e:11:22:33"),
        mac: text("00:16:3e:11:22:33"),
        ..NicPort::default()
    };
    let hba = HbaPort { wwpn: text("21000024ff7c1a2b"), ..HbaPort::default() };
    Inventory {
        system: Some(System {
            serial: text("2102311XDB10K9000123"),
            uuid: text("76cfcdd4-c8a7-9486-e911-c1d00a756a75"),
            ..System::default()
        }),
        nic: vec![Nic { port: vec![port], ..Nic::default() }],
        hba: vec![Hba { port: vec![hba], ..Hba::default() }],
        disk: vec![Disk {
            serial: text("S4ENNX0N400123"),
            wwid: text("naa.5002538e40a1b2c3"),
            ..Disk::default()
        }],
        plane: vec![Plane {
            addresses: vec!["10.1.2.3/24".to_owned(), "10.1.2.9/24".to_owned()],
            ..Plane::default()
        }],
        ..Inventory::default()
    }
}

/// Returns whether `what` occurs in `bytes`.
fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

fn mask() -> Mask {
    Mask::new(&SALT, &inventory())
}

fn masked(path: &str, text: &str) -> String {
    String::from_utf8(mask().file(path, text.as_bytes().to_vec())).expect("UTF-8")
}

#[test]
fn an_identifier_is_the_same_other_wherever_it_stands() {
    let mask = mask();
    let serial = masked("/sys/class/dmi/id/product_serial", "2102311XDB10K9000123\n");
    assert_ne!(serial, "2102311XDB10K9000123\n");
    let name = serial.trim();
    let table = mask.file("/x", b"\x01\x02Huawei\x002102311XDB10K9000123  \0".to_vec());
    assert!(holds(&table, name.as_bytes()), "in a table");
    let hexed =
        masked("/assay/disk.json", &String::from_utf8(hex(b"2102311XDB10K9000123")).expect("hex"));
    assert_eq!(hexed.as_bytes(), hex(name.as_bytes()), "as hex");
}

#[test]
fn an_address_reads_the_same_however_it_is_written() {
    let colons = masked("/sys/class/net/eth0/address", "00:16:3e:11:22:33\n");
    assert!(colons.starts_with("00:16:3e:") && !colons.contains("11:22:33"), "{colons}");
    let plain = colons.trim().replace(':', "");
    assert_eq!(masked("/sys/class/net/eth0/phys_port_id", "00163e112233\n").trim(), plain);
    assert_eq!(mask().path("/sys/class/net/enx00163e112233"), format!("/sys/class/net/enx{plain}"));
    let unknown = masked("/x", "lladdr 00:16:3e:44:55:66 state");
    assert!(!unknown.contains("44:55:66"), "{unknown}");
    assert_eq!(
        masked("/x", "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff"),
        "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff"
    );
}

#[test]
fn a_uuid_is_masked_in_text_and_in_both_orders_of_bytes() {
    let text = masked("/sys/class/dmi/id/product_uuid", "76cfcdd4-c8a7-9486-e911-c1d00a756a75\n");
    let other = unhex(&text.trim().replace('-', "")).expect("hex");
    assert_eq!(text.trim().len(), 36);
    let plain = unhex("76cfcdd4c8a79486e911c1d00a756a75").expect("hex");
    assert_ne!(other, plain);
    let mut table = vec![1, 27];
    table.extend(&plain);
    table.extend(mixed(&plain));
    let masked = mask().file("/x", table);
    assert!(holds(&masked, &other) && holds(&masked, &mixed(&other)));
}

#[test]
fn world_wide_names_keep_their_maker() {
    let wwpn = masked("/sys/class/fc_host/host3/port_name", "0x21000024ff7c1a2b\n");
    assert!(wwpn.starts_with("0x21000024") && wwpn.trim() != "0x21000024ff7c1a2b", "{wwpn}");
    let wwid = masked("/sys/block/sda/device/wwid", "naa.5002538e40a1b2c3\n");
    assert!(wwid.starts_with("naa.5002538e") && !wwid.contains("40a1b2c3"), "{wwid}");
    let page = mask().file("/x", vec![0x50, 0x02, 0x53, 0x8e, 0x40, 0xa1, 0xb2, 0xc3, 0xff, 0x80]);
    let digits = wwid.trim().strip_prefix("naa.").expect("naa");
    assert_eq!(page.get(..8), unhex(digits).as_deref());
}

#[test]
fn addresses_of_one_network_stay_in_one() {
    let text = masked("/assay/net.json", r#"["10.1.2.3/24","10.1.2.9/24"]"#);
    let networks: Vec<_> = text
        .split('"')
        .filter(|part| part.contains('/'))
        .map(|part| part.rsplit_once('.').expect("an address").0.to_owned())
        .collect();
    assert_eq!(networks.len(), 2);
    assert_eq!(networks[0], networks[1], "{text}");
    assert!(text.contains("10.") && !text.contains("10.1.2.3"), "{text}");
}

#[test]
fn another_salt_is_another_mask() {
    let other = Mask::new(&[8; 32], &inventory());
    let file = b"2102311XDB10K9000123".to_vec();
    assert_ne!(mask().file("/x", file.clone()), other.file("/x", file));
}

#[test]
fn oem_structures_lose_their_bytes_and_the_table_keeps_its_walk() {
    let mut table = vec![0xdd, 8, 0, 1, 0xaa, 0xbb, 0xcc, 0xdd];
    table.extend(b"Tag 4711\0\0");
    table.extend([11, 5, 1, 1, 1]);
    table.extend(b"SVC-99\0\0");
    table.extend([127, 4, 2, 1, 0, 0]);
    let masked = mask().file("/sys/firmware/dmi/tables/DMI", table.clone());
    assert_eq!(masked.len(), table.len());
    assert_eq!(&masked[..8], &[0xdd, 8, 0, 1, 0, 0, 0, 0]);
    assert!(!holds(&masked, b"4711") && !holds(&masked, b"SVC-99"));
    assert_eq!(&masked[masked.len() - 6..], &[127, 4, 2, 1, 0, 0]);
    for cut in 0..table.len() {
        mask().file("/sys/firmware/dmi/tables/DMI", table[..cut].to_vec());
    }
}

#[test]
fn what_is_no_identifier_stays() {
    for text in [
        "MemTotal: 25165824 kB\n",
        "0x8086\n",
        "Intel(R) Xeon(R) CPU @ 2.10GHz\n",
        "中文 1.2.3.4-5\n",
        "0-127\n",
    ] {
        assert_eq!(masked("/x", text), text);
    }
    let long = vec![0_u8; 4096];
    assert_eq!(mask().file("/sys/devices/x/config", long).len(), 64);
}
