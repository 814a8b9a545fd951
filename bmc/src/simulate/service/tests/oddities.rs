//! Fields of other types, broken bodies, missing links.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulate::{
    bench::{Bench, header_of},
    message::{Body, Cut},
};

#[test]
fn a_busy_service_says_when_to_come_again() {
    for (knob, status) in [("busy-503=4", 503), ("busy-429=4", 429)] {
        // The login was one of them.
        let mut bench = Bench::of("dmtf", knob);
        for _ in 0..3 {
            let answer = bench.ask("GET", "", None, &[]).response;
            assert_eq!(answer.status, status);
            assert_eq!(header_of(&answer, "retry-after").as_deref(), Some("1"));
        }
        assert_eq!(bench.ask("GET", "", None, &[]).response.status, 200);
    }
}

#[test]
fn connections_suffer_as_they_were_told_to() {
    let mut bench = Bench::of("dmtf", "latency=40,slow-first-byte=60,drop=3,conn-close");
    let replies: Vec<_> = (0..5).map(|_| bench.ask("GET", "", None, &[])).collect();
    let cuts: Vec<_> = replies.iter().map(|reply| reply.cut).collect();
    assert_eq!(cuts, [None, Some(Cut::Drop), None, None, Some(Cut::Drop)]);
    assert!(replies.iter().all(|reply| reply.close));
    assert_eq!(replies.first().map(|reply| reply.delay), Some(Duration::from_millis(100)));
    let mut bench = Bench::of("dmtf", "truncated-json=2");
    assert_eq!(bench.ask("GET", "", None, &[]).cut, Some(Cut::Truncate));
    assert_eq!(bench.ask("GET", "", None, &[]).cut, None);
    let mut bench = Bench::of("dmtf", "cut-body=1");
    assert_eq!(bench.ask("GET", "", None, &[]).cut, Some(Cut::Half));
    let mut bench = Bench::of("dmtf", "hung-bmc=2");
    assert_eq!(bench.ask("GET", "", None, &[]).cut, Some(Cut::Hang));
    let mut bench = Bench::of("dmtf", "html");
    let body = bench.ask("GET", "", None, &[]).response.body;
    assert!(matches!(body, Body::Text("text/html", _)), "{body:?}");
}

#[test]
fn fields_are_misspelt_as_they_were_met() {
    let read = |knob: &str, place: &str| Bench::of("dmtf", knob).get(place);
    let memory = "Systems/1/Memory/DIMM1";
    assert_eq!(read("latency=0", memory)["CapacityMiB"], 32768);
    assert_eq!(read("type-number-text", memory)["CapacityMiB"], "32768");
    assert_eq!(read("type-na", memory)["CapacityMiB"], "N/A");
    assert!(read("type-list-object", "Chassis/1/Thermal")["Fans"].is_object());
    assert_eq!(read("root-no-links", "").get("Links"), None);
}

#[test]
fn collections_come_in_pages() {
    let mut bench = Bench::of("dmtf", "page=6");
    let mut seen: Vec<Value> = Vec::new();
    let mut place = "Systems/1/Memory".to_owned();
    let mut pages = 0;
    loop {
        let page = bench.get(&place);
        assert_eq!(page["Members@odata.count"], 16);
        seen.extend(page["Members"].as_array().cloned().unwrap_or_default());
        pages += 1;
        let Some(next) = page["Members@odata.nextLink"].as_str() else { break };
        place = next.to_owned();
    }
    assert_eq!((seen.len(), pages), (16, 3));
    let last = seen.last().expect("members");
    assert_eq!(last["@odata.id"], "/redfish/v1/Systems/1/Memory/DIMM16");
    let page = bench.get("Systems/1/Memory?$skip=14&$top=1");
    assert_eq!(page["Members"][0]["@odata.id"], "/redfish/v1/Systems/1/Memory/DIMM15");
}

#[test]
fn expanding_is_done_where_it_is_advertised() {
    let count = |bench: &mut Bench, place: &str, whole: &str| {
        let body = bench.get(place);
        let members = body["Members"].as_array().cloned().unwrap_or_default();
        members.iter().filter(|member| member.get(whole).is_some()).count()
    };
    let place = "Systems/1/Processors?$expand=.($levels=1)";
    assert_eq!(count(&mut Bench::of("dmtf", ""), place, "Socket"), 2);
    assert_eq!(count(&mut Bench::of("dmtf", "expand-broken"), place, "Socket"), 1);
    let huawei = "Systems/1/Processors?$expand=*";
    let mut bench = Bench::of("huawei", "");
    assert_eq!(count(&mut bench, huawei, "Socket"), 0);
    assert_eq!(bench.get("")["ProtocolFeaturesSupported"].get("ExpandQuery"), None);
}

#[test]
fn what_is_private_is_not_shown() {
    let mut bench = Bench::of("lenovo", "");
    let places: Vec<String> = bench.host.base.documents.keys().cloned().collect();
    for place in places {
        let body = bench.get(&place);
        let text = body.to_string();
        assert!(!text.contains("\"@w\"") && !text.contains("@serial@"), "{place}: {text}");
    }
    assert_eq!(bench.get("Systems/1")["SerialNumber"], "SIM26000007");
    assert_eq!(
        bench.get("Systems/1/EthernetInterfaces/NIC3")["MACAddress"],
        json!("02:53:00:00:07:03")
    );
    assert_eq!(bench.get("Managers/1")["DateTime"], "2026-11-27T06:00:00+00:00");
}
