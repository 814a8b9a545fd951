//! BIOS, volumes, firmware, events and certificates.

use serde_json::{Value, json};

use crate::simulate::{
    bench::{Bench, header_of, json_of, message_of},
    message::Work,
    x509,
};

#[test]
fn lights_are_one_by_either_name() {
    let mut bench = Bench::of("dmtf", "");
    assert_eq!(bench.patch("Systems/1", &json!({ "LocationIndicatorActive": true })).status, 200);
    for place in ["Systems/1", "Chassis/1"] {
        let body = bench.get(place);
        assert_eq!(
            (&body["LocationIndicatorActive"], &body["IndicatorLED"]),
            (&json!(true), &json!("Lit"))
        );
    }
    bench.patch("Chassis/1", &json!({ "IndicatorLED": "Off" }));
    assert_eq!(bench.get("Systems/1")["LocationIndicatorActive"], false);
    let refused = bench.patch("Systems/1", &json!({ "IndicatorLED": "Purple" }));
    assert_eq!(refused.status, 400);
}

#[test]
fn what_cannot_be_written_is_named() {
    let mut bench = Bench::of("dmtf", "");
    for (place, sent, status, message) in [
        ("Systems/1", json!({ "SerialNumber": "X" }), 400, "PropertyNotWritable"),
        ("Systems/1", json!({ "Colour": "red" }), 400, "PropertyUnknown"),
        ("Systems/1/Memory/DIMM1", json!({ "CapacityMiB": 1 }), 405, "OperationNotAllowed"),
        ("Systems/2", json!({ "AssetTag": "A" }), 404, "ResourceMissingAtURI"),
    ] {
        let answer = bench.ask("PATCH", place, Some(&sent), &[]).response;
        assert_eq!((answer.status, message_of(&answer).as_str()), (status, message), "{place}");
    }
    let answer = bench.ask("PATCH", "Systems/1/Memory/DIMM1", Some(&json!({})), &[]).response;
    assert_eq!(header_of(&answer, "allow").as_deref(), Some("GET, HEAD"));
}

#[test]
fn logs_are_cleared_and_wrap() {
    let mut bench = Bench::of("dmtf", "power-time=0");
    let entries = "Systems/1/LogServices/SEL/Entries";
    assert_eq!(bench.get(entries)["Members@odata.count"], 3);
    let clear = "Systems/1/LogServices/SEL/Actions/LogService.ClearLog";
    assert_eq!(bench.post(clear, &json!({})).status, 204);
    assert_eq!(bench.get(entries)["Members@odata.count"], 0);
    for _ in 0..1005 {
        bench.post("Systems/1/Actions/ComputerSystem.Reset", &json!({ "ResetType": "Nmi" }));
    }
    let log = bench.get(entries);
    assert_eq!(log["Members@odata.count"], 1000);
    assert_eq!(log["Members"][0]["Id"], "6");
    let mut bench = Bench::of("openbmc", "");
    let log = bench.get("Systems/system/LogServices/SEL/Entries");
    assert_eq!(log["Members"][0].as_object().map(serde_json::Map::len), Some(1), "{log}");
}

#[test]
fn the_clock_is_set_and_goes_on() {
    let mut bench = Bench::of("dmtf", "");
    let set = json!({ "DateTime": "2030-01-01T08:00:00+08:00" });
    assert_eq!(bench.patch("Managers/BMC", &set).status, 200);
    bench.wait(2000);
    assert_eq!(bench.get("Managers/BMC")["DateTime"], "2030-01-01T00:00:02+00:00");
    assert_eq!(bench.patch("Managers/BMC", &json!({ "DateTime": "soon" })).status, 400);
}

#[test]
fn volumes_are_made_in_the_form_of_the_make_and_removed() {
    let links = |drives: &[u8]| -> Vec<Value> {
        let path = |at: &u8| format!("/redfish/v1/Systems/1/Storage/RAID1/Drives/Disk{at}");
        drives.iter().map(|at| json!({ "@odata.id": path(at) })).collect()
    };
    let mut bench = Bench::of("dmtf", "");
    let volumes = "Systems/1/Storage/RAID1/Volumes";
    let few = json!({ "RAIDType": "RAID5", "Links": { "Drives": links(&[1, 2]) } });
    assert_eq!(bench.post(volumes, &few).status, 400);
    let wanted = json!({ "RAIDType": "RAID1", "Links": { "Drives": links(&[1, 2]) } });
    let answer = bench.post(volumes, &wanted);
    assert_eq!(answer.status, 202);
    assert_eq!(bench.get(volumes)["Members@odata.count"], 0);
    bench.wait(2000);
    let made = bench.get(&format!("{volumes}/1"));
    assert_eq!(
        (&made["RAIDType"], &made["CapacityBytes"]),
        (&json!("RAID1"), &json!(1_200_000_000_000_u64))
    );
    assert_eq!(bench.post(volumes, &wanted).status, 409, "the drives are taken");
    assert_eq!(bench.status("DELETE", &format!("{volumes}/1"), &json!({})), 202);
    bench.wait(2000);
    assert_eq!(bench.get(volumes)["Members@odata.count"], 0);
    let huawei = json!({ "CapacityBytes": 0, "Oem": { "Huawei": { "VolumeRaidLevel": "RAID1", "Drives": [1, 3] } } });
    let h3c = json!({ "Oem": { "Level": "RAID 0", "SpanNum": 1, "NumDrives": 1,
        "PhysicalDiskList": [{ "group_id": 0, "id": 2 }] } });
    for (dialect, storage, sent, status) in [
        ("huawei", "Storages", &huawei, 202),
        ("h3c", "Storages", &h3c, 200),
        ("inspur", "Storage", &wanted, 200),
    ] {
        let mut bench = Bench::of(dialect, "");
        let volumes = format!("Systems/1/{storage}/RAID1/Volumes");
        let answer = bench.post(&volumes, sent);
        assert_eq!(answer.status, status, "{dialect}: {:?}", answer.body);
        bench.wait(2000);
        assert_eq!(bench.get(&volumes)["Members@odata.count"], 1, "{dialect}");
    }
}

#[test]
fn events_go_to_who_subscribed() {
    let mut bench = Bench::of("dmtf", "");
    let wanted = json!({ "Destination": "https://192.0.2.9/events", "Protocol": "Redfish",
        "Context": "rack 3", "HttpHeaders": [{ "X-Key": "secret" }] });
    let made = bench.post("EventService/Subscriptions", &wanted);
    assert_eq!(made.status, 201);
    let place = header_of(&made, "location").expect("a location");
    assert!(!bench.get(&place).to_string().contains("secret"));
    bench.work.clear();
    bench.post("Systems/1/Actions/ComputerSystem.Reset", &json!({ "ResetType": "Nmi" }));
    let sent = bench.work.iter().find_map(|work| match work {
        Work::Notify { url, headers, body } => Some((url.clone(), headers.clone(), body.clone())),
        _ => None,
    });
    let (url, headers, body) = sent.expect("an event");
    assert_eq!(url, "https://192.0.2.9/events");
    assert_eq!(headers, [("X-Key".to_owned(), "secret".to_owned())]);
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(
        (&body["Context"], &body["Events"][0]["Message"]),
        (&json!("rack 3"), &json!("NMI was sent to the host"))
    );
    assert_eq!(bench.status("DELETE", &place, &json!({})), 204);
    bench.work.clear();
    bench.post("Systems/1/Actions/ComputerSystem.Reset", &json!({ "ResetType": "Nmi" }));
    assert!(!bench.work.iter().any(|work| matches!(work, Work::Notify { .. })));
}

#[test]
fn a_certificate_is_replaced_by_one_for_the_key_that_was_made() {
    let mut bench = Bench::of("dmtf", "");
    let collection =
        json!({ "@odata.id": "/redfish/v1/Managers/BMC/NetworkProtocol/HTTPS/Certificates" });
    let request = "CertificateService/Actions/CertificateService.GenerateCSR";
    assert_eq!(bench.post(request, &json!({ "CertificateCollection": collection })).status, 400);
    let sent =
        json!({ "CertificateCollection": collection, "CommonName": "bmc-7", "Country": "CN" });
    let answer = bench.post(request, &sent);
    assert_eq!(answer.status, 200);
    let csr = json_of(&answer)["CSRString"].as_str().expect("a request").to_owned();
    assert!(x509::of_pem("CERTIFICATE REQUEST", &csr).is_some());
    let replace = "CertificateService/Actions/CertificateService.ReplaceCertificate";
    let subject =
        x509::Subject { names: &[(3, "other")], addresses: &[], from: 0, until: 4_000_000_000 };
    let other = x509::self_signed(&subject).expect("made");
    let put = |pem: String| {
        json!({ "CertificateString": pem, "CertificateType": "PEM",
        "CertificateUri": { "@odata.id": "/redfish/v1/Managers/BMC/NetworkProtocol/HTTPS/Certificates/1" } })
    };
    let refused = bench.post(replace, &put(x509::pem("CERTIFICATE", &other.certificate)));
    assert_eq!(refused.status, 400, "of another key");
}

#[test]
fn a_restart_of_the_bmc_loses_its_sessions() {
    let mut bench = Bench::of("dmtf", "");
    assert_eq!(
        bench
            .post("Managers/BMC/Actions/Manager.Reset", &json!({ "ResetType": "ForceRestart" }))
            .status,
        204
    );
    assert!(bench.ask("GET", "", None, &[]).cut.is_some());
    bench.wait(1000);
    assert_eq!(bench.ask("GET", "", None, &[]).response.status, 200);
    assert_eq!(bench.ask("GET", "Systems/1", None, &[]).response.status, 401);
}
