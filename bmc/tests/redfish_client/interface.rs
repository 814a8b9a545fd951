//! The BMC's own network: which interface is meant, and in which form it is asked for.

use bmc::{
    operation::{
        Outcome,
        interface::{Network, Source, Wanted},
    },
    redfish::ladder::interface::{self, Plan},
};
use serde_json::{Value, json};

use crate::talk::talk;

const MANAGER: &str = "/redfish/v1/Managers/1";
const ALL: &str = "/redfish/v1/Managers/1/EthernetInterfaces";

fn one(id: &str, address: &str) -> Value {
    json!({ "Id": id, "MACAddress": "02:00:00:00:00:01", "DHCPv4": { "DHCPEnabled": false },
        "VLAN": { "VLANEnable": true, "VLANId": 7 }, "IPv4StaticAddresses": [],
        "IPv4Addresses": [{ "Address": address, "SubnetMask": "255.255.255.0",
            "Gateway": "192.0.2.1", "AddressOrigin": "Static" }] })
}

fn manager(interfaces: &[(&str, Value)]) -> Value {
    let path = |id: &str| format!("{ALL}/{id}");
    let links: Vec<Value> =
        interfaces.iter().map(|(id, _)| json!({ "@odata.id": path(id) })).collect();
    let mut tree = json!({ MANAGER: { "EthernetInterfaces": { "@odata.id": ALL } },
        ALL: { "Members": links } });
    for (id, body) in interfaces {
        tree[path(id)] = body.clone();
    }
    tree
}

fn fixed(last: u8) -> Wanted {
    let network = Network { address: [192, 0, 2, last].into(), prefix: 24 };
    Wanted { source: Some(Source::Static { network, gateway: None }), ..Wanted::default() }
}

fn plan(tree: &Value, wanted: &Wanted) -> Result<Plan, Outcome> {
    let own = Some([192, 0, 2, 7].into());
    let went =
        talk(tree, &mut |_, _| None, &|script| interface::plan(script, MANAGER, wanted, own));
    assert_eq!(went.changes(), []);
    went.end.expect("it is read")
}

#[test]
fn the_interface_that_is_meant_is_found_or_asked_for() {
    let tree =
        manager(&[("ToHost", one("ToHost", "169.254.95.118")), ("NIC", one("NIC", "192.0.2.7"))]);
    let path = |wanted: &Wanted| plan(&tree, wanted).map(|plan| plan.path);
    assert_eq!(path(&fixed(9)), Ok(format!("{ALL}/NIC")), "the one that is talked to");
    let named = Wanted { interface: Some("tohost".to_owned()), ..fixed(9) };
    assert_eq!(path(&named), Ok(format!("{ALL}/ToHost")));
    let other = Wanted { interface: Some("eth9".to_owned()), ..fixed(9) };
    let Err(Outcome::Refused { why: (_, en) }) = path(&other) else { panic!("it is not there") };
    assert!(en.contains("ToHost, NIC"), "{en}");
    let two = manager(&[("A", one("A", "192.0.2.8")), ("B", one("B", "192.0.2.9"))]);
    let Err(Outcome::Refused { why: (_, en) }) = plan(&two, &fixed(10)) else { panic!("two") };
    assert!(en.contains("--interface"), "{en}");
    assert!(matches!(plan(&manager(&[]), &fixed(9)), Err(Outcome::Unsupported { .. })));
}

#[test]
fn a_change_is_asked_for_in_the_form_of_its_time() {
    let new = json!({ "DHCPv4": { "DHCPEnabled": false }, "IPv4StaticAddresses": [
        { "Address": "192.0.2.9", "SubnetMask": "255.255.255.0", "Gateway": "192.0.2.1" }] });
    let old = json!({ "IPv4Addresses": [{ "Address": "192.0.2.9", "SubnetMask": "255.255.255.0",
        "Gateway": "192.0.2.1", "AddressOrigin": "Static" }] });
    let tree = manager(&[("NIC", one("NIC", "192.0.2.7"))]);
    assert_eq!(plan(&tree, &fixed(9)).expect("a plan").forms, [new.clone(), old.clone()]);
    let mut before = one("NIC", "192.0.2.7");
    before.as_object_mut().expect("an object").remove("IPv4StaticAddresses");
    let tree = manager(&[("NIC", before)]);
    assert_eq!(plan(&tree, &fixed(9)).expect("a plan").forms, [old, new]);
    let vlan = Wanted { vlan: Some(Some(100)), ..Wanted::default() };
    let body = json!({ "VLAN": { "VLANEnable": true, "VLANId": 100 } });
    assert_eq!(plan(&tree, &vlan).expect("a plan").forms, [body]);
    let none = Wanted { vlan: Some(None), source: Some(Source::Dhcp), ..Wanted::default() };
    let body = json!({ "VLAN": { "VLANEnable": false }, "DHCPv4": { "DHCPEnabled": true } });
    assert_eq!(plan(&tree, &none).expect("a plan").forms[0], body);
}

#[test]
fn what_an_interface_is_is_read() {
    let tree = manager(&[("NIC", one("NIC", "192.0.2.7"))]);
    let went = talk(&tree, &mut |_, _| None, &|script| interface::list(script, MANAGER));
    let places = went.end.expect("interfaces");
    let found = &places[0].interface;
    assert_eq!(found.addresses[0].to_string(), "192.0.2.7/24");
    assert_eq!((found.dhcp, found.vlan), (Some(false), Some(Some(7))));
    assert_eq!(found.gateway.map(|ip| ip.to_string()).as_deref(), Some("192.0.2.1"));
}
