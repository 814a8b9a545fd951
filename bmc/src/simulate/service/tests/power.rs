//! Power and what follows from it.

use serde_json::json;

use crate::simulate::bench::{Bench, message_of};

const RESET: &str = "Systems/1/Actions/ComputerSystem.Reset";

fn state(bench: &mut Bench) -> String {
    bench.get("Systems/1")["PowerState"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn power_takes_its_time_and_the_log_tells_of_it() {
    let mut bench = Bench::of("dmtf", "");
    assert_eq!(bench.status("POST", RESET, &json!({ "ResetType": "ForceOff" })), 204);
    assert_eq!(state(&mut bench), "PoweringOff");
    bench.wait(1000);
    assert_eq!(state(&mut bench), "Off");
    assert_eq!(bench.get("Chassis/1")["PowerState"], "Off");
    assert_eq!(bench.get("Chassis/1/Sensors/FAN1")["Reading"], json!(null));
    assert_eq!(bench.get("Chassis/1/Sensors/InletTemp")["Reading"], 24);
    let refused = bench.post(RESET, &json!({ "ResetType": "ForceRestart" }));
    assert_eq!(refused.status, 409);
    bench.post(RESET, &json!({ "ResetType": "On" }));
    assert_eq!(state(&mut bench), "PoweringOn");
    bench.wait(999);
    assert_eq!(state(&mut bench), "PoweringOn");
    bench.wait(1);
    assert_eq!(state(&mut bench), "On");
    bench.post(RESET, &json!({ "ResetType": "PowerCycle" }));
    let mut seen = Vec::new();
    for _ in 0..8 {
        let now = state(&mut bench);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        bench.wait(500);
    }
    assert_eq!(seen, ["PoweringOff", "Off", "PoweringOn", "On"]);
    let log = bench.get("Systems/1/LogServices/SEL/Entries");
    let told: Vec<&str> = log["Members"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|entry| entry["Message"].as_str())
        .skip(3)
        .collect();
    let once = ["Power was turned off", "Power was turned on", "System boot by the boot order"];
    assert_eq!(told, [once, once].concat());
}

#[test]
fn what_is_not_advertised_is_refused_by_name() {
    let mut bench = Bench::of("huawei", "");
    let refused = bench.post(RESET, &json!({ "ResetType": "GracefulRestart" }));
    assert_eq!(
        (refused.status, message_of(&refused).as_str()),
        (400, "ActionParameterValueNotInList")
    );
    assert_eq!(bench.post(RESET, &json!({})).status, 400);
    let own = "Systems/1/Actions/Oem/Huawei/ComputerSystem.FruControl";
    let done = bench.post(own, &json!({ "FruID": 0, "FruControlType": "ForceOff" }));
    assert_eq!((done.status, message_of(&done).as_str()), (200, "Success"));
    bench.wait(1000);
    assert_eq!(state(&mut bench), "Off");
    assert_eq!(bench.post("Systems/1/Actions/Guess.Work", &json!({})).status, 404);
}

#[test]
fn a_system_may_not_listen() {
    let mut bench = Bench::of("dmtf", "soft-ignored");
    bench.post(RESET, &json!({ "ResetType": "GracefulShutdown" }));
    bench.wait(60_000);
    assert_eq!(state(&mut bench), "On");
    let mut bench = Bench::of("dmtf", "power-ignored");
    assert_eq!(bench.status("POST", RESET, &json!({ "ResetType": "ForceOff" })), 204);
    bench.wait(60_000);
    assert_eq!(state(&mut bench), "On");
}

#[test]
fn the_makers_own_action_may_be_all_there_is() {
    let mut bench = Bench::of("huawei", "power-fru-only");
    let actions = bench.get("Systems/1")["Actions"].clone();
    assert_eq!(actions.get("#ComputerSystem.Reset"), None);
    assert_eq!(bench.status("POST", RESET, &json!({ "ResetType": "ForceOff" })), 404);
    let own = actions["Oem"]["Huawei"]["#ComputerSystem.FruControl"]["target"].clone();
    let own = own.as_str().expect("a target");
    let off = json!({ "FruID": 0, "FruControlType": "ForceOff" });
    assert_eq!(bench.status("POST", own, &off), 200);
    bench.wait(1000);
    assert_eq!(state(&mut bench), "Off");
    // What measures nothing says so in each of its lists.
    let sensors = bench.get("Chassis/1/ThresholdSensors")["Sensors"].clone();
    let reading = |at: usize| sensors[at]["ReadingValue"].clone();
    assert_eq!((reading(0), reading(1)), (json!("24.000"), json!("na")));
}
