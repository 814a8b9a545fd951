//! Boot overrides, and the ways in which they are refused or not kept.

use serde_json::{Value, json};

use crate::simulate::bench::{Bench, message_of};

fn boot(bench: &mut Bench) -> (String, String) {
    let system = bench.get("Systems/1");
    let word = |name: &str| system["Boot"][name].as_str().unwrap_or_default().to_owned();
    (word("BootSourceOverrideTarget"), word("BootSourceOverrideEnabled"))
}

fn wanted(target: &str, enabled: &str) -> Value {
    json!({ "Boot": { "BootSourceOverrideTarget": target, "BootSourceOverrideEnabled": enabled } })
}

#[test]
fn once_is_used_up_by_a_boot_and_continuous_is_not() {
    for (enabled, left) in [("Once", ("None", "Disabled")), ("Continuous", ("Pxe", "Continuous"))] {
        let mut bench = Bench::of("dmtf", "");
        assert_eq!(bench.patch("Systems/1", &wanted("Pxe", enabled)).status, 200);
        assert_eq!(boot(&mut bench), ("Pxe".to_owned(), enabled.to_owned()));
        bench.post(
            "Systems/1/Actions/ComputerSystem.Reset",
            &json!({ "ResetType": "ForceRestart" }),
        );
        assert_eq!(boot(&mut bench), (left.0.to_owned(), left.1.to_owned()));
        let log = bench.get("Systems/1/LogServices/SEL/Entries")["Members"].to_string();
        assert!(log.contains("System boot from Pxe"), "{log}");
    }
}

#[test]
fn each_lie_and_demand_of_the_table_is_told() {
    let all = json!({ "Boot": { "BootSourceOverrideTarget": "Pxe",
        "BootSourceOverrideEnabled": "Once", "BootSourceOverrideMode": "UEFI" } });
    let pair = wanted("Pxe", "Once");
    let target = json!({ "Boot": { "BootSourceOverrideTarget": "Pxe" } });
    // Knob, what is sent, the status, and what is read back.
    let cases = [
        ("boot-not-kept", &pair, 200, ("None", "Disabled")),
        ("boot-pxe-off", &pair, 200, ("None", "Disabled")),
        ("boot-pxe-off", &wanted("Cd", "Once"), 200, ("Cd", "Once")),
        ("boot-no-mode", &all, 400, ("None", "Disabled")),
        ("boot-no-mode", &pair, 200, ("Pxe", "Once")),
        ("boot-all-three", &pair, 400, ("None", "Disabled")),
        ("boot-all-three", &all, 200, ("Pxe", "Once")),
        ("boot-pair", &target, 400, ("None", "Disabled")),
        ("boot-pair", &pair, 200, ("Pxe", "Once")),
        ("boot-no-none", &wanted("None", "Disabled"), 400, ("None", "Disabled")),
        ("boot-continuous", &pair, 200, ("Pxe", "Continuous")),
        ("boot-once-only", &wanted("Pxe", "Continuous"), 400, ("None", "Disabled")),
        ("boot-once-only", &pair, 200, ("Pxe", "Once")),
        ("boot-bios-once", &wanted("BiosSetup", "Continuous"), 400, ("None", "Disabled")),
        ("boot-bios-once", &wanted("BiosSetup", "Once"), 200, ("BiosSetup", "Once")),
        ("boot-settings", &pair, 400, ("None", "Disabled")),
        ("latency=0", &wanted("Floppy", "Once"), 400, ("None", "Disabled")),
    ];
    for (knob, sent, status, (target, enabled)) in cases {
        let mut bench = Bench::of("dmtf", knob);
        assert_eq!(bench.patch("Systems/1", sent).status, status, "{knob} {sent}");
        assert_eq!(boot(&mut bench), (target.to_owned(), enabled.to_owned()), "{knob} {sent}");
    }
}

#[test]
fn a_settings_object_is_where_it_is_advertised() {
    let mut bench = Bench::of("dmtf", "boot-settings");
    let refused = bench.patch("Systems/1", &wanted("Pxe", "Once"));
    assert_eq!(message_of(&refused), "PropertyNotWritable");
    let system = bench.get("Systems/1");
    let settings =
        system["@Redfish.Settings"]["SettingsObject"]["@odata.id"].as_str().expect("a link");
    assert_eq!(bench.patch(settings, &wanted("Pxe", "Once")).status, 200);
    assert_eq!(boot(&mut bench), ("Pxe".to_owned(), "Once".to_owned()));
}

#[test]
fn bios_settings_wait_for_the_boot() {
    for (dialect, settings) in
        [("dmtf", "Systems/1/Bios/Settings"), ("ami", "Systems/Self/Bios/SD")]
    {
        let mut bench = Bench::of(dialect, "");
        let system = settings.split("/Bios").next().expect("a system").to_owned();
        let wrong = json!({ "Attributes": { "PxeRetry": 51 } });
        assert_eq!(bench.patch(settings, &wrong).status, 400);
        let wrong = json!({ "Attributes": { "NoSuch": 1 } });
        assert_eq!(message_of(&bench.patch(settings, &wrong)), "PropertyUnknown");
        let sent = json!({ "Attributes": { "BootMode": "Legacy", "PxeRetry": 5 } });
        assert_eq!(bench.patch(settings, &sent).status, 200);
        let bios = format!("{system}/Bios");
        assert_eq!(bench.get(&bios)["Attributes"]["BootMode"], "UEFI");
        let reset = format!("{system}/Actions/ComputerSystem.Reset");
        bench.post(&reset, &json!({ "ResetType": "ForceRestart" }));
        assert_eq!(bench.get(&bios)["Attributes"]["BootMode"], "Legacy");
        assert_eq!(bench.get(settings)["Attributes"], json!({}));
        bench.post(&format!("{bios}/Actions/Bios.ResetBios"), &json!({}));
        bench.post(&reset, &json!({ "ResetType": "ForceRestart" }));
        assert_eq!(bench.get(&bios)["Attributes"]["PxeRetry"], 3);
    }
}
