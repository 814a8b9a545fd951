//! Tests of `lldp`.

use super::*;
use crate::model::SourceKind;

/// What `lldpcli -f json0 show neighbors details` prints, made up.
const JSON0: &str = r#"{"lldp":[{"interface":[
  {"name":"eth0","via":"LLDP","rid":"1","age":"0 day, 00:00:12",
   "chassis":[{"id":[{"type":"mac","value":"02:00:00:00:00:07"}],"name":[{"value":"tor1"}],
     "descr":[{"value":"Switch OS\
Version 9"}],"mgmt-ip":[{"value":"10.0.0.7"},{"value":"fd00::7"}],
     "capability":[{"type":"Bridge","enabled":true},{"type":"Router","enabled":false}]}],
   "port":[{"id":[{"type":"ifname","value":"Eth1/7"}],"descr":[{"value":"rack 7"}],
     "ttl":[{"value":"120"}],"mfs":[{"value":"9214"}],"aggregation":[{"value":"5"}],
     "auto-negotiation":[{"supported":true,"enabled":false}]}],
   "vlan":[{"vlan-id":"100","pvid":true,"value":"prod"},{"vlan-id":"200","value":"test"}],
   "ppvid":[{"value":"3","supported":true,"enabled":true}],
   "lldp-med":[{"device-type":[{"value":"Network Connectivity Device"}],
     "capability":[{"type":"Capabilities"},{"type":"Policy"}],
     "inventory":[{"serial":[{"value":"SN-7"}],"model":[{"value":"M7"}]}]}],
   "unknown-tlvs":[{"unknown-tlv":[{"oui":"00,1B,21","subtype":"9","len":"2","value":"AB,CD"}]}]},
  {"name":"eth1","via":"CDPv2","chassis":[{"id":[{"type":"local","value":"x"}]}]}
]}]}"#;

/// The same neighbour as `lldpcli -f json` prints it.
const JSON: &str = r#"{"lldp":{"interface":[
  {"eth0":{"via":"LLDP","rid":"1","age":"0 day, 00:00:12",
   "chassis":{"tor1":{"id":{"type":"mac","value":"02:00:00:00:00:07"},
     "descr":"Switch OS\
Version 9","mgmt-ip":["10.0.0.7","fd00::7"],
     "capability":[{"type":"Bridge","enabled":true},{"type":"Router","enabled":false}]}},
   "port":{"id":{"type":"ifname","value":"Eth1/7"},"descr":"rack 7","ttl":"120","mfs":"9214",
     "aggregation":"5","auto-negotiation":{"supported":true,"enabled":false}},
   "vlan":[{"vlan-id":"100","pvid":true,"value":"prod"},{"vlan-id":"200","value":"test"}],
   "ppvid":{"value":"3","supported":true,"enabled":true},
   "lldp-med":{"device-type":"Network Connectivity Device",
     "capability":[{"type":"Capabilities"},{"type":"Policy"}],
     "inventory":{"serial":"SN-7","model":"M7"}},
   "unknown-tlvs":{"unknown-tlv":{"oui":"00,1B,21","subtype":"9","len":"2","value":"AB,CD"}}}},
  {"eth1":{"via":"CDPv2","chassis":{"id":{"type":"local","value":"x"}}}}
]}}"#;

#[test]
fn both_forms_of_lldpcli_give_the_same_neighbour() {
    let one = import("a.json", JSON0.as_bytes()).unwrap();
    let other = import("a.json", JSON.as_bytes()).unwrap();
    assert_eq!(one.lldp, other.lldp);
    let [neighbour] = one.lldp.as_slice() else { panic!("{:#?}", one.lldp) };
    assert_eq!(neighbour.interface.as_deref(), Some("eth0"));
    assert_eq!(neighbour.chassis_id.as_deref(), Some("02:00:00:00:00:07"));
    assert_eq!(neighbour.chassis_id_subtype, Some(4));
    assert_eq!(neighbour.system_name.as_deref(), Some("tor1"));
    assert_eq!(neighbour.system_description.as_deref(), Some("Switch OS\nVersion 9"));
    assert_eq!(neighbour.port_id.as_deref(), Some("Eth1/7"));
    assert_eq!(neighbour.port_id_subtype, Some(5));
    assert_eq!(neighbour.ttl_s, Some(120));
    assert_eq!(neighbour.management_addresses, ["10.0.0.7", "fd00::7"]);
    assert_eq!(neighbour.capabilities, ["bridge", "router"]);
    assert_eq!(neighbour.capabilities_enabled, ["bridge"]);
    assert_eq!((neighbour.port_vlan, neighbour.vlan_names.len()), (Some(100), 2));
    assert_eq!(neighbour.protocol_vlans, [3]);
    assert_eq!((neighbour.aggregated, neighbour.aggregation_id), (Some(true), Some(5)));
    assert_eq!(neighbour.max_frame_bytes, Some(9214));
    let med = neighbour.med.as_ref().unwrap();
    assert_eq!(med.device.as_deref(), Some("network-connectivity"));
    assert_eq!((med.serial.as_deref(), med.model.as_deref()), (Some("SN-7"), Some("M7")));
    assert_eq!(neighbour.other[0].oui.as_deref(), Some("00-1b-21"));
    assert_eq!(neighbour.other[0].value, "abcd");
    let status = &one.sections[&Section::Lldp];
    assert_eq!(status.reason.as_deref(), Some("left out: neighbours by CDPv2"));
}

#[test]
fn a_single_interface_may_stand_without_an_array() {
    let text = r#"{"lldp":{"interface":{"eth0":{"via":"LLDP","chassis":{"id":{"type":"local","value":"c"}},
        "port":{"id":{"type":"local","value":"p"}}}}}}"#;
    let inventory = import("a.json", text.as_bytes()).unwrap();
    assert_eq!(inventory.lldp[0].interface.as_deref(), Some("eth0"));
    assert_eq!(inventory.sections[&Section::Lldp].status, SectionState::Complete);
    let none = import("a.json", br#"{"lldp":{}}"#).unwrap();
    assert_eq!(none.sections[&Section::Lldp].status, SectionState::Complete);
}

#[test]
fn what_is_no_neighbours_is_refused_with_a_place() {
    let cases: [(&[u8], &str); 4] = [
        (b"{\"lldp\":", "`x`, line 1, column 9: the file ends where a value must stand"),
        (b"{\"a\":1}", "`x`, $: has no member `lldp`"),
        (b"", "`x`, byte 0x0: is neither pcap nor pcapng"),
        (b"\xd4\xc3\xb2\xa1", "`x`, byte 0x4: the header of a capture has 24 bytes"),
    ];
    for (bytes, message) in cases {
        assert_eq!(import("x", bytes).unwrap_err().to_string(), message);
    }
}

fn capture(frames: &[&[u8]]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap();
        for word in [1_577_836_800, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(*frame);
    }
    file
}

fn frame(port: u8, ttl: u8) -> Vec<u8> {
    let mut frame =
        b"\x01\x80\xc2\x00\x00\x0e\x02\0\0\0\0\x07\x88\xcc\x02\x02\x07x\x04\x02\x07".to_vec();
    frame.extend([port, 6, 2, 0, ttl, 0, 0]);
    frame
}

#[test]
fn a_neighbour_heard_again_is_one_neighbour() {
    let (a, b, bye) = (frame(b'a', 120), frame(b'b', 120), frame(b'b', 0));
    let bytes = capture(&[&a, &b, &a, b"aaaaaabbbbbb\x08\x00other", &bye]);
    let inventory = import("a.pcap", &bytes).unwrap();
    let heard: Vec<_> = inventory
        .lldp
        .iter()
        .map(|one| (one.port_id.as_deref().unwrap_or_default(), one.ttl_s.unwrap_or_default()))
        .collect();
    assert_eq!(heard, [("a", 120), ("b", 0)]);
    let sources: Vec<_> = inventory.sources.iter().map(|source| source.locator.as_str()).collect();
    assert_eq!(sources, ["import:a.pcap#frame 3", "import:a.pcap#frame 5"]);
    assert_eq!(inventory.sources[0].kind, SourceKind::Import);
    assert_eq!(inventory.sources[0].at.as_deref(), Some("2020-01-01T00:00:00Z"));
    assert_eq!(inventory.sections[&Section::Lldp].status, SectionState::Partial);
}

#[test]
fn damage_is_told_and_what_came_before_stands() {
    let whole = frame(b'a', 120);
    // The second is cut after the port id, the third before it.
    let mut bytes = capture(&[&whole, &whole[..24], &whole[..20]]);
    bytes.extend([1, 2, 3]);
    let inventory = import("a.pcap", &bytes).unwrap();
    assert_eq!(inventory.lldp.len(), 2);
    assert!(!inventory.lldp[0].damaged && inventory.lldp[1].damaged);
    let paths: Vec<_> = inventory.findings.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(paths, ["lldp", "lldp[1]"]);
    let reason = inventory.sections[&Section::Lldp].reason.clone().unwrap();
    assert!(reason.contains("is damaged at byte"), "{reason}");
}

#[test]
fn neighbours_without_end_are_bounded() {
    let frames: Vec<Vec<u8>> = (0..2000_u16)
        .map(|number| {
            let mut frame = frame(b'a', 120);
            let [high, low] = number.to_be_bytes();
            frame.splice(14..18, [2, 3, 7, high.wrapping_add(b'0'), low]);
            frame
        })
        .collect();
    let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    let inventory = import("a.pcap", &capture(&frames)).unwrap();
    assert_eq!(inventory.lldp.len(), MAX_NEIGHBOURS);
    let reason = inventory.sections[&Section::Lldp].reason.clone().unwrap();
    assert!(reason.contains("are left out"), "{reason}");
}
