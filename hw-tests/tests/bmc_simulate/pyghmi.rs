//! A simulated host as pyghmi's client sees it, which OpenStack speaks IPMI by.

use std::process::Command;

use hw_tests::peer::find_program;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::site::{Outcome, Site, said};

/// Asks for what the words after the port name, and prints each answer as a line of JSON.
const SCRIPT: &str = "\
import json, os, sys
from pyghmi.ipmi import command
bmc = command.Command(bmc='127.0.0.1', userid='admin', password=os.environ['PASSWORD'],
                      port=int(sys.argv[1]))
for word in sys.argv[2:]:
    name, *given = word.split(':')
    found = getattr(bmc, name)(*given)
    if name in ('get_sensor_data', 'get_inventory', 'get_event_log'):
        found = list(found)
    if name == 'get_sensor_data':
        found = {one.name: one.value for one in found}
    print(json.dumps(found, default=str))
print(json.dumps(bmc.ipmi_session.logout()))
";

fn ask(site: &Site, words: &[&str]) -> Outcome<Vec<Value>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let python = find_program("fakebmc", &path).ok_or("no pyghmi")?.with_file_name("python3");
    let (_, port) = site.address(0).rsplit_once(':').ok_or("no port")?;
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT, port]).args(words).env("PASSWORD", &site.password);
    let lines = said(&command.output()?)?;
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

pub(crate) fn client() -> Result<(), Failed> {
    let site = Site::start(&[])?;
    let serial = site.hosts.first().and_then(|host| host["serial"].as_str()).unwrap_or_default();
    let found = ask(
        &site,
        &[
            "get_power",
            // Without power no fan turns.
            "get_sensor_data",
            "set_power:off",
            "set_bootdev:network",
            "get_bootdev",
            "get_inventory",
            "get_event_log",
            "get_users",
            "get_net_configuration",
            "get_health",
        ],
    )?;
    let [power, sensors, _, _, boot, inventory, log, users, net, health, logout] = &*found else {
        return Err(format!("{found:?}").into());
    };
    assert_eq!(*power, json!({ "powerstate": "on" }));
    assert_eq!(boot["bootdev"], "network");
    assert_eq!(boot["persistent"], false);
    assert_eq!(sensors["Inlet Temp"], 24.0, "{sensors}");
    assert_eq!(sensors["FAN1"], 6000.0, "{sensors}");
    let system = &inventory[0][1];
    assert_eq!(system["Serial Number"], serial, "{system}");
    assert!(log.as_array().is_some_and(|log| log.len() >= 3), "{log}");
    assert_eq!(log[0]["component_type"], "Physical Security", "{log}");
    assert_eq!(users["2"]["name"], "admin", "{users}");
    assert_eq!(users["2"]["access"]["privilege_level"], "administrator", "{users}");
    assert_eq!(net["ipv4_address"], "127.0.0.1/8", "{net}");
    assert_eq!(health["badreadings"], json!([]), "{health}");
    assert_eq!(*logout, json!({ "success": true }));
    // The UUID differs in the order of its bytes: pyghmi reads it as SMBIOS has them, IPMI 2.0 §20.8
    // has the last first. It is shown, and not counted.
    let system = &site.get(0, "/Systems")?["Members"][0]["@odata.id"];
    let path = system.as_str().and_then(|path| path.strip_prefix("/redfish/v1"));
    let system = site.get(0, path.ok_or("no system")?)?;
    let uuid = inventory[0][1]["UUID"].as_str().unwrap_or_default();
    println!("UUID: {uuid} by pyghmi, {} by Redfish", system["UUID"]);
    // What it changed, others see.
    let is_off = || site.ipmi(0, &["power", "status"]).is_ok_and(|text| text.contains("is off"));
    // It takes a host a second to be off, and pyghmi does not wait.
    hw_tests::network::eventually("the power to be off", is_off)?;
    assert_eq!(system["Boot"]["BootSourceOverrideTarget"], "Pxe", "{system}");
    Ok(())
}
