//! Tasks in every form they come in.

use serde_json::{Value, json};

use crate::simulate::bench::{Bench, header_of, json_of, message_of};

const UPDATE: &str = "UpdateService/Actions/UpdateService.SimpleUpdate";

fn bmc_version(bench: &mut Bench) -> Value {
    bench.get("UpdateService/FirmwareInventory/BMC")["Version"].clone()
}

#[test]
fn an_update_is_a_task_with_progress_and_an_outcome() {
    let mut bench = Bench::of("dmtf", "");
    let sent = json!({ "ImageURI": "http://192.0.2.9/BMC-2.10.bin", "TransferProtocol": "HTTP" });
    let answer = bench.post(UPDATE, &sent);
    assert_eq!(answer.status, 202);
    let task = header_of(&answer, "location").expect("a location");
    let monitor = json_of(&answer)["TaskMonitor"].as_str().expect("a monitor").to_owned();
    assert_eq!(bench.get(&task)["PercentComplete"], 0);
    bench.wait(1000);
    let body = bench.get(&task);
    assert_eq!((&body["PercentComplete"], &body["TaskState"]), (&json!(50), &json!("Running")));
    assert_eq!(bench.ask("GET", &monitor, None, &[]).response.status, 202);
    assert_eq!(bmc_version(&mut bench), "1.00");
    bench.wait(1000);
    // The BMC starts anew with its firmware, and forgets its sessions.
    assert!(bench.ask("GET", &task, None, &[]).cut.is_some());
    bench.wait(2000);
    assert_eq!(bench.ask("GET", &task, None, &[]).response.status, 401);
}

#[test]
fn firmware_of_another_system_is_refused_by_its_task() {
    let mut bench = Bench::of("dmtf", "");
    for (image, state) in [
        ("http://192.0.2.9/BIOS-1.30.bin", "Completed"),
        ("http://192.0.2.9/OTHER-1.30.bin", "Exception"),
        ("http://192.0.2.9/readme", "Exception"),
    ] {
        let answer = bench.post(UPDATE, &json!({ "ImageURI": image }));
        let task = header_of(&answer, "location").expect("a location");
        bench.wait(2000);
        assert_eq!(bench.get(&task)["TaskState"], state, "{image}");
    }
    assert_eq!(bench.get("Systems/1")["BiosVersion"], "1.30");
}

#[test]
fn pushed_images_say_themselves_what_they_are() {
    let mut bench = Bench::of("dmtf", "");
    let form = "--b\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\n\r\n{\"Targets\":[]}\r\n--b\r\nContent-Disposition: form-data; name=\"UpdateFile\"; filename=\"x\"\r\n\r\nsimulated-firmware CPLD 1.1\n...\r\n--b--\r\n";
    let mut request = crate::simulate::message::Request {
        method: "POST".to_owned(),
        path: "/redfish/v1/UpdateService/update-multipart".to_owned(),
        body: form.as_bytes().to_vec(),
        ..Default::default()
    };
    let token = bench.forget_token().expect("a token");
    request.headers.insert("x-auth-token".to_owned(), token);
    let now = bench.now;
    assert_eq!(bench.host.respond(&request, now).response.status, 400, "no boundary");
    let kind = "multipart/form-data; boundary=b".to_owned();
    request.headers.insert("content-type".to_owned(), kind);
    assert_eq!(bench.host.respond(&request, now).response.status, 202);
    bench.wait(2000);
    request.method = "GET".to_owned();
    request.path = "/redfish/v1/UpdateService/FirmwareInventory/CPLD".to_owned();
    let now = bench.now;
    let read = bench.host.respond(&request, now).response;
    assert_eq!(json_of(&read)["Version"], "1.1");
}

#[test]
fn tasks_are_told_of_in_each_way_that_is_met() {
    let sent = json!({ "ImageURI": "http://192.0.2.9/CPLD-1.30.bin" });
    for (knob, status, location, id) in [
        ("latency=0", 202, true, true),
        ("task-no-location", 202, false, true),
        ("task-id-only", 202, false, false),
        ("task-200-success", 200, false, false),
    ] {
        let mut bench = Bench::of("dmtf", knob);
        let answer = bench.post(UPDATE, &sent);
        assert_eq!(answer.status, status, "{knob}");
        assert_eq!(header_of(&answer, "location").is_some(), location, "{knob}");
        assert_eq!(json_of(&answer)["@odata.id"].is_string(), id, "{knob}");
        bench.wait(2000);
        let version = bench.get("UpdateService/FirmwareInventory/CPLD")["Version"].clone();
        assert_eq!(version, "1.30", "{knob}");
    }
    let answer = Bench::of("dmtf", "task-200-success").post(UPDATE, &sent);
    assert_eq!(message_of(&answer), "Success");
    let task = "TaskService/Tasks/1";
    let mut bench = Bench::of("dmtf", "task-state-unknown,task-messages-object,task-percent-text");
    bench.post(UPDATE, &sent);
    bench.wait(1000);
    let body = bench.get(task);
    assert_eq!(body["TaskState"], "Updating");
    assert!(body["Messages"].is_object() && body.get("PercentComplete").is_none());
    assert_eq!(body["Oem"]["Simulated"]["TaskPercentage"], "50%");
    bench.wait(1000);
    assert_eq!(bench.get(task)["TaskState"], "Completed");
    let mut bench = Bench::of("dmtf", "task-state-number");
    bench.post(UPDATE, &sent);
    bench.wait(1000);
    assert_eq!(bench.get(task)["TaskState"], 2);
    bench.wait(1000);
    assert_eq!(bench.get(task)["TaskState"], 0);
    let mut bench = Bench::of("dmtf", "task-gone");
    bench.post(UPDATE, &sent);
    bench.get(task);
    bench.wait(2000);
    assert_eq!(bench.ask("GET", task, None, &[]).response.status, 404);
    let mut bench = Bench::of("dmtf", "task-fails");
    bench.post(UPDATE, &sent);
    bench.wait(2000);
    assert_eq!(bench.get(task)["TaskStatus"], "Critical");
}
