//! Virtual media in every form.

use serde_json::{Value, json};

use crate::simulate::{
    bench::{Bench, header_of, json_of, message_of},
    message::{Fetched, Work},
};

const SLOT: &str = "Managers/BMC/VirtualMedia/CD1";
const IMAGE: &str = "http://192.0.2.9/images/a.iso";

fn insert(bench: &mut Bench, slot: &str, body: &Value) -> u16 {
    bench.status("POST", &format!("{slot}/Actions/VirtualMedia.InsertMedia"), body)
}

#[test]
fn media_go_in_and_out() {
    let mut bench = Bench::of("dmtf", "");
    assert_eq!(insert(&mut bench, SLOT, &json!({ "Image": IMAGE })), 204);
    let slot = bench.get(SLOT);
    assert_eq!((&slot["Inserted"], &slot["Image"]), (&json!(true), &json!(IMAGE)));
    assert_eq!(insert(&mut bench, SLOT, &json!({ "Image": IMAGE })), 409);
    let eject = format!("{SLOT}/Actions/VirtualMedia.EjectMedia");
    assert_eq!(bench.ask("POST", &eject, None, &[]).response.status, 204);
    assert_eq!(bench.get(SLOT)["Inserted"], false);
    for wrong in ["", "a.iso", "gopher://x/a.iso"] {
        assert_eq!(insert(&mut bench, SLOT, &json!({ "Image": wrong })), 400, "{wrong}");
    }
}

#[test]
fn each_demand_of_the_table_is_made() {
    let plain = json!({ "Image": IMAGE });
    let protocol = json!({ "Image": IMAGE, "TransferProtocolType": "HTTP" });
    let method = json!({ "Image": IMAGE, "TransferMethod": "Stream" });
    let creds = json!({ "Image": IMAGE, "UserName": "none", "Password": "none" });
    let inserted = json!({ "Image": IMAGE, "Inserted": true });
    for (knob, sent, status) in [
        ("media-protocol", &plain, 400),
        ("media-protocol", &protocol, 204),
        ("media-method", &plain, 400),
        ("media-method", &method, 204),
        ("media-creds", &plain, 400),
        ("media-creds", &creds, 204),
        ("media-no-inserted", &inserted, 400),
        ("media-no-inserted", &plain, 204),
        ("media-slot-refused", &plain, 400),
        ("media-two-trees", &plain, 400),
        ("media-task", &plain, 202),
        ("action-200", &plain, 200),
    ] {
        let mut bench = Bench::of("dmtf", knob);
        assert_eq!(insert(&mut bench, SLOT, sent), status, "{knob} {sent}");
        assert_eq!(bench.get(SLOT)["Inserted"], json!(status < 300 && status != 202), "{knob}");
    }
    let mut bench = Bench::of("dmtf", "media-two-trees");
    assert_eq!(insert(&mut bench, "Systems/1/VirtualMedia/CD1", &plain), 204);
    let mut bench = Bench::of("dmtf", "media-slot-refused");
    assert_eq!(insert(&mut bench, "Managers/BMC/VirtualMedia/USB1", &plain), 204);
    let answer = Bench::of("dmtf", "media-protocol")
        .post(&format!("{SLOT}/Actions/VirtualMedia.InsertMedia"), &plain);
    let info = json_of(&answer)["error"]["@Message.ExtendedInfo"][0].clone();
    assert_eq!(info["RelatedProperties"], json!(["#/TransferProtocolType"]));
}

#[test]
fn ejecting_has_its_oddities() {
    let eject = format!("{SLOT}/Actions/VirtualMedia.EjectMedia");
    let mut bench = Bench::of("dmtf", "eject-empty-body");
    insert(&mut bench, SLOT, &json!({ "Image": IMAGE }));
    assert_eq!(bench.ask("POST", &eject, None, &[]).response.status, 400);
    assert_eq!(bench.status("POST", &eject, &json!({})), 204);
    let mut bench = Bench::of("dmtf", "eject-500,insert-500");
    insert(&mut bench, SLOT, &json!({ "Image": IMAGE }));
    assert_eq!(bench.status("POST", &eject, &json!({})), 500);
    assert_eq!(bench.get(SLOT)["Inserted"], false);
    assert_eq!(insert(&mut bench, SLOT, &json!({ "Image": IMAGE })), 500);
    bench.wait(3000);
    assert_eq!(insert(&mut bench, SLOT, &json!({ "Image": IMAGE })), 204);
}

#[test]
fn the_form_by_patch_wants_inserted() {
    let mut bench = Bench::of("lenovo", "");
    let slot = "Managers/1/VirtualMedia/EXT1";
    assert_eq!(bench.get(slot).get("Actions"), None);
    assert_eq!(bench.patch(slot, &json!({ "Image": IMAGE })).status, 400);
    let sent = json!({ "Image": IMAGE, "Inserted": true, "WriteProtected": true });
    assert_eq!(bench.patch(slot, &sent).status, 200);
    bench.wait(2000);
    assert_eq!(bench.get(slot)["Inserted"], true);
    assert_eq!(bench.patch(slot, &json!({ "Image": null, "Inserted": false })).status, 200);
    assert_eq!(bench.get(slot)["Inserted"], false);
}

#[test]
fn vmm_control_may_be_hidden_or_fail_first() {
    let slot = "Managers/1/VirtualMedia/CD";
    let target = format!("{slot}/Oem/Huawei/Actions/VirtualMedia.VmmControl");
    let connect = json!({ "VmmControlType": "Connect", "Image": "nfs://192.0.2.9/a.iso" });
    let mut bench = Bench::of("huawei", "media-vmm-hidden,media-vmm-fails=2");
    assert_eq!(bench.get(slot)["Oem"]["Huawei"].get("Actions"), None);
    let statuses = [500, 500, 202].map(|_| bench.status("POST", &target, &connect));
    assert_eq!(statuses, [500, 500, 202]);
    // Elsewhere there is none.
    let other = "Managers/1/Oem/Huawei/Actions/VirtualMedia.VmmControl";
    assert_eq!(bench.status("POST", other, &connect), 404);
    let foreign = format!("{slot}/Oem/Public/Actions/VirtualMedia.VmmControl");
    assert_eq!(bench.status("POST", &foreign, &connect), 404);
    let mut bench = Bench::of("huawei", "media-system");
    assert_eq!(bench.get("Managers/1").get("VirtualMedia"), None);
    assert_eq!(bench.ask("GET", slot, None, &[]).response.status, 404);
    let target = target.replace("Managers", "Systems");
    assert_eq!(bench.status("POST", &target, &connect), 202);
}

#[test]
fn remote_media_are_off_till_they_are_turned_on() {
    let mut bench = Bench::of("lenovo-amd", "");
    let status = |bench: &mut Bench| {
        bench.get("Managers/Self")["Oem"]["Ami"]["VirtualMedia"]["RMediaStatus"].clone()
    };
    assert_eq!(status(&mut bench), "Disabled");
    let slot = "Managers/Self/VirtualMedia/CD1";
    let sent = json!({ "Image": IMAGE, "TransferProtocolType": "HTTP" });
    assert_eq!(insert(&mut bench, slot, &sent), 400);
    let enable = "Managers/Self/Actions/Oem/AMIVirtualMedia.EnableRMedia";
    assert_eq!(bench.status("POST", enable, &json!({ "RMediaState": "On" })), 400);
    assert_eq!(bench.status("POST", enable, &json!({ "RMediaState": "Enable" })), 200);
    assert_eq!(insert(&mut bench, slot, &sent), 400);
    bench.wait(3000);
    assert_eq!(status(&mut bench), "Enabled");
    assert_eq!(insert(&mut bench, slot, &sent), 204);
}

#[test]
fn vmm_control_mounts_by_a_task() {
    for (dialect, namespace, https, disconnect) in [
        ("huawei", "Huawei", 202, 202),
        ("xfusion", "xFusion", 202, 202),
        ("h3c", "Public", 400, 200),
    ] {
        let mut bench = Bench::of(dialect, "");
        let slot = "Managers/1/VirtualMedia/CD";
        let target = format!("{slot}/Oem/{namespace}/Actions/VirtualMedia.VmmControl");
        let advertised = bench.get(slot)["Oem"][namespace]["Actions"].to_string();
        assert!(advertised.contains(&target), "{advertised}");
        let connect = |image: &str| json!({ "VmmControlType": "Connect", "Image": image });
        let refused = bench.post(&target, &connect("http://192.0.2.9/a.iso"));
        assert_eq!(message_of(&refused), "FileTransferProtocolMismatch");
        assert_eq!(bench.status("POST", &target, &connect("https://192.0.2.9/a.iso")), https);
        bench.wait(5000);
        if https != 202 {
            assert_eq!(bench.status("POST", &target, &connect("nfs://192.0.2.9/a.iso")), 202);
            bench.wait(5000);
        }
        assert_eq!(bench.get(slot)["Inserted"], true, "{dialect}");
        let refused = bench.post(&target, &connect("nfs://192.0.2.9/b.iso"));
        assert_eq!(message_of(&refused), "ConnectionOccupied");
        let out = bench.post(&target, &json!({ "VmmControlType": "Disconnect" }));
        assert_eq!(out.status, disconnect);
        bench.wait(5000);
        assert_eq!(bench.get(slot)["Inserted"], false, "{dialect}");
    }
}

#[test]
fn an_image_is_really_fetched_where_the_host_was_told_to() {
    let mut bench = Bench::of("dmtf", "");
    bench.host.fetches = true;
    let place = format!("{SLOT}/Actions/VirtualMedia.InsertMedia");
    for (outcome, status, inserted) in [
        (Fetched::Failed("connection refused".to_owned()), 400, false),
        (Fetched::Found { length: Some(5), head: b"image".to_vec() }, 204, true),
    ] {
        bench.work.clear();
        let reply = bench.ask("POST", &place, Some(&json!({ "Image": IMAGE })), &[]);
        let Some(Work::Fetch { ticket, url, .. }) = bench.work.first().cloned() else {
            panic!("no fetch: {:?}", bench.work);
        };
        assert_eq!((reply.wait, url.as_str()), (Some(ticket), IMAGE));
        assert_eq!(bench.get(SLOT)["Inserted"], false, "not before it was fetched");
        let now = bench.now;
        let answer = bench.host.fetched(ticket, &outcome, now).expect("an answer");
        assert_eq!(answer.status, status);
        assert_eq!(bench.get(SLOT)["Inserted"], inserted);
    }
    let mut bench = Bench::of("dmtf", "media-task");
    bench.host.fetches = true;
    let reply = bench.ask("POST", &place, Some(&json!({ "Image": IMAGE })), &[]);
    let task = header_of(&reply.response, "location").expect("a task");
    let Some(Work::Fetch { ticket, .. }) = bench.work.first().cloned() else { panic!("no fetch") };
    bench.wait(60_000);
    assert_eq!(bench.get(&task)["TaskState"], "Running");
    let now = bench.now;
    let failed = Fetched::Failed("connection refused".to_owned());
    assert_eq!(bench.host.fetched(ticket, &failed, now), None);
    let task = bench.get(&task);
    assert_eq!(task["TaskState"], "Exception");
    assert!(task["Messages"][0]["Message"].to_string().contains("refused"), "{task}");
}
