//! Tests of `lldp`.

use proptest::prelude::*;

use super::*;

/// An element with `value`.
fn element(kind: u8, value: &[u8]) -> Vec<u8> {
    let header = (u16::from(kind) << 9) | u16::try_from(value.len()).unwrap();
    [&header.to_be_bytes(), value].concat()
}

/// The three mandatory elements, then `others`, then the end mark.
fn lldpdu(others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = element(1, b"\x04\x00\x11\x22\x33\x44\x55");
    bytes.extend(element(2, b"\x05Eth1/7"));
    bytes.extend(element(3, &[0, 120]));
    bytes.extend(others.concat());
    bytes.extend([0, 0]);
    bytes
}

fn frame(others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"\x01\x80\xc2\x00\x00\x0e\x00\x11\x22\x33\x44\x55\x88\xcc".to_vec();
    bytes.extend(lldpdu(others));
    bytes
}

#[test]
fn the_elements_of_a_switch_become_facts() {
    let neighbour = decode_frame(&frame(&[
        element(4, b"uplink to rack 7 \0"),
        element(5, b"leaf-07"),
        element(6, b"Switch OS\nVersion 9"),
        element(7, &[0, 0x14, 0, 4]),
        element(8, &[5, 1, 10, 0, 0, 7, 2, 0, 0, 0, 9, 0]),
        element(127, b"\x00\x80\xc2\x01\x00\x64"),
        element(127, b"\x00\x80\xc2\x03\x00\x64\x04prod"),
        element(127, b"\x00\x80\xc2\x07\x03\x00\x00\x00\x05"),
        element(127, b"\x00\x12\x0f\x01\x03\x6c\x11\x00\x1e"),
        element(127, b"\x00\x12\x0f\x04\x23\xfe"),
        element(127, b"\x00\x12\x0f\x02\x07\x01\x04\x00\x01\x2c\x01\x2c"),
        element(127, b"\x00\x12\xbb\x01\x00\x2f\x04"),
        element(127, b"\x00\x12\xbb\x02\x01\x40\x64\x2e"),
        element(127, b"\x00\x12\xbb\x08SN-7"),
    ]))
    .unwrap();
    assert_eq!(neighbour.damage, None);
    assert_eq!(neighbour.source_mac.as_deref(), Some("00:11:22:33:44:55"));
    assert_eq!(neighbour.chassis_id.as_deref(), Some("00:11:22:33:44:55"));
    assert_eq!(neighbour.port_id.as_deref(), Some("Eth1/7"));
    assert_eq!(neighbour.ttl_s, Some(120));
    assert_eq!(neighbour.port_description.as_deref(), Some("uplink to rack 7"));
    assert_eq!(neighbour.system_name.as_deref(), Some("leaf-07"));
    assert_eq!(neighbour.system_description.as_deref(), Some("Switch OS\nVersion 9"));
    assert_eq!(neighbour.capabilities, ["bridge", "router"]);
    assert_eq!(neighbour.capabilities_enabled, ["bridge"]);
    assert_eq!(neighbour.management_addresses, ["10.0.0.7"]);
    assert_eq!(neighbour.port_vlan, Some(100));
    assert_eq!(neighbour.vlan_names[&100], "prod");
    assert_eq!((neighbour.aggregated, neighbour.aggregation_id), (Some(true), Some(5)));
    assert_eq!(neighbour.max_frame_bytes, Some(9214));
    assert_eq!(neighbour.autonegotiation.unwrap().mau_type, Some(30));
    assert_eq!(neighbour.power.unwrap().allocated_mw, Some(30_000));
    let med = neighbour.med.unwrap();
    assert_eq!(med.device.as_deref(), Some("network-connectivity"));
    assert_eq!(med.serial.as_deref(), Some("SN-7"));
    assert_eq!((med.policy[0].vlan, med.policy[0].dscp, med.policy[0].tagged), (50, 46, true));
    assert_eq!(neighbour.other, []);
}

#[test]
fn what_is_unknown_is_kept_as_hex() {
    let neighbour = decode(&lldpdu(&[element(99, &[1, 2]), element(127, b"\x00\x1b\x21\x09\xab")]));
    assert!(!neighbour.damaged);
    let kept: Vec<_> = neighbour
        .other
        .iter()
        .map(|tlv| (tlv.kind, tlv.oui.as_deref(), tlv.subtype, tlv.value.as_str()))
        .collect();
    assert_eq!(kept, [(99, None, None, "0102"), (127, Some("00-1b-21"), Some(9), "ab")]);
}

#[test]
fn an_element_that_does_not_fit_its_type_is_kept_and_marks_the_neighbour() {
    let cases: &[&[u8]] = &[
        b"\x00\x80",
        b"\x00\x80\xc2\x01\x00",
        b"\x00\x80\xc2\x03\x00\x01\x09short",
        b"\x00\x80\xc2\x04\x05ab",
        b"\x00\x12\x0f\x01\x03\x00",
        b"\x00\x12\x0f\x03\x03\x00",
        b"\x00\x12\x0f\x04\x05",
        b"\x00\x12\xbb\x02\x01\x00",
        b"\x00\x12\xbb\x03",
        b"\x00\x12\xbb\x03\x02\x02AF5\x00",
        b"\x00\x12\xbb\x03\x02\x05\x00DE\x01\x09",
    ];
    for value in cases {
        let neighbour = decode(&lldpdu(&[element(127, value), element(5, b"after")]));
        assert!(neighbour.damaged, "{value:02x?}");
        assert_eq!(neighbour.other.len(), 1, "{value:02x?}");
        assert_eq!(neighbour.system_name.as_deref(), Some("after"), "{value:02x?}");
    }
    for (kind, value) in [(7, &[0_u8][..]), (8, &[5, 1, 10, 0]), (8, &[0, 2, 0, 0, 0, 1, 0])] {
        assert!(decode(&lldpdu(&[element(kind, value)])).damaged, "{kind} {value:02x?}");
    }
}

#[test]
fn what_came_before_an_overrun_stands() {
    let mut bytes = lldpdu(&[element(5, b"leaf-07")]);
    bytes.truncate(bytes.len() - 2);
    bytes.extend([0xfe, 0xff, 1, 2]);
    let neighbour = decode(&bytes);
    assert_eq!(neighbour.system_name.as_deref(), Some("leaf-07"));
    assert!(neighbour.damage.unwrap().contains("claims 255 bytes, and 2 are left"));
}

#[test]
fn a_missing_mandatory_element_is_damage_and_a_missing_end_is_not() {
    let mut without_end = lldpdu(&[]);
    without_end.truncate(without_end.len() - 2);
    assert!(!decode(&without_end).damaged);
    assert!(decode(&[]).damage.unwrap().contains("ends before the chassis id"));
    let without_port = [element(1, b"\x07x"), element(3, &[0, 1])].concat();
    assert!(decode(&without_port).damage.unwrap().contains("where the port id must stand"));
}

#[test]
fn frames_of_other_kinds_are_none() {
    for frame in
        [&b""[..], &[0; 13], &[0xff; 14], b"aaaaaabbbbbb\x08\x00", b"aaaaaabbbbbb\x81\x00\x00"]
    {
        assert_eq!(decode_frame(frame), None, "{frame:02x?}");
    }
}

#[test]
fn a_snap_header_is_read_over() {
    let mut bytes = b"aaaaaabbbbbb\x00\x40\xaa\xaa\x03\x00\x00\x00\x88\xcc".to_vec();
    bytes.extend(lldpdu(&[]));
    assert_eq!(decode_frame(&bytes).unwrap().ttl_s, Some(120));
}

#[test]
fn elements_without_end_are_bounded() {
    let many = lldpdu(&vec![element(99, &[]); 4000]);
    let neighbour = decode(&many);
    assert!(neighbour.damaged);
    assert!(neighbour.other.len() <= MAX_ELEMENTS);
}

fn port(name: &str, driver: &str, carrier: Option<bool>) -> Port {
    let driver = Some(driver.to_owned());
    Port { name: name.to_owned(), driver, carrier, ..Port::default() }
}

#[test]
fn listening_ends_when_every_port_with_a_link_has_heard_one() {
    let ports = vec![
        port("eth0", "ixgbe", Some(true)),
        port("eth1", "ixgbe", Some(true)),
        port("eth2", "ixgbe", Some(false)),
        port("eth3", "ixgbe", None),
    ];
    let mut watch = Watch::new(ports);
    watch.hear(0, &frame(&[]), false);
    watch.hear(0, &frame(&[]), false);
    assert!(!watch.is_done());
    let mut damaged = frame(&[]);
    damaged.truncate(20);
    watch.hear(1, &damaged, false);
    assert!(!watch.is_done(), "a damaged frame may be followed by a whole one");
    watch.hear(1, &frame(&[]), false);
    assert!(watch.is_done());
    let heard = watch.finish();
    let on: Vec<_> = heard.neighbours.iter().filter_map(|one| one.interface.as_deref()).collect();
    assert_eq!(on, ["eth0", "eth1", "eth1"]);
    let silent: Vec<_> = heard.silent.iter().map(|silence| silence.reason.as_str()).collect();
    assert_eq!(silent, ["eth2: no link", "eth3: the interface is down"]);
}

#[test]
fn a_silent_port_says_whether_its_card_keeps_lldp_to_itself() {
    let flag = |name: &str, on| vec![(name.to_owned(), on)];
    let cases = [
        ("ixgbe", vec![], "eth0: no LLDP heard"),
        (
            "i40e",
            vec![],
            "may keep LLDP to itself; `ethtool --set-priv-flags eth0 disable-fw-lldp on`",
        ),
        ("i40e", flag("disable-fw-lldp", false), "firmware keeps LLDP to itself"),
        ("i40e", flag("disable-fw-lldp", true), "though the card passes it on"),
        ("ice", flag("fw-lldp-agent", true), "firmware keeps LLDP to itself"),
        ("ice", flag("fw-lldp-agent", false), "though the card passes it on"),
        ("hinic3", vec![], "`hinic3` may keep it to itself"),
    ];
    for (driver, private_flags, reason) in cases {
        let port = Port { private_flags, ..port("eth0", driver, Some(true)) };
        let heard = Watch::new(vec![port]).finish();
        assert!(heard.silent[0].reason.contains(reason), "{driver}: {:?}", heard.silent);
    }
}

#[test]
fn a_neighbour_that_says_goodbye_is_gone_and_not_forgotten() {
    let mut watch = Watch::new(vec![port("eth0", "ixgbe", Some(true))]);
    watch.hear(0, &frame(&[element(5, b"leaf-07")]), false);
    let mut goodbye = frame(&[]);
    let at = goodbye.len() - 4;
    goodbye[at..at + 2].copy_from_slice(&[0, 0]);
    watch.hear(0, &goodbye, false);
    let heard = watch.finish();
    assert_eq!(heard.neighbours.len(), 1);
    assert_eq!(heard.neighbours[0].ttl_s, Some(0));
    assert_eq!(heard.neighbours[0].system_name.as_deref(), Some("leaf-07"));
}

#[test]
fn an_interface_that_does_not_exist_is_silent_with_a_reason() {
    let ports = vec![port("no-such-port0", "ixgbe", Some(true))];
    let heard = listen::listen(ports, std::time::Duration::from_mins(1));
    assert!(heard.silent[0].reason.contains("cannot listen"), "{:?}", heard.silent);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_passed_over(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _frame = decode_frame(&bytes);
        let neighbour = decode(&bytes);
        prop_assert_eq!(neighbour.damaged, neighbour.damage.is_some());
    }

    #[test]
    fn every_cut_keeps_what_came_before(end in 0_usize..200) {
        let whole = lldpdu(&[element(5, b"leaf-07"), element(6, b"Switch"), element(99, &[1, 2, 3])]);
        let full = decode(&whole);
        let part = decode(&whole[..end.min(whole.len())]);
        for (part, full) in [
            (&part.chassis_id, &full.chassis_id),
            (&part.port_id, &full.port_id),
            (&part.system_name, &full.system_name),
            (&part.system_description, &full.system_description),
        ] {
            prop_assert!(part.is_none() || part == full);
        }
    }
}
