//! Boot options (§28.12, §28.13): what Redfish shows as the boot override.

use serde_json::{Map, Value, json};

use super::{Answer, BAD_FIELD, OK, State, TOO_SHORT};
use crate::simulate::{
    host::{Host, object},
    knobs::Knob,
};

/// Boot devices by number (table 28-14) and by the name that Redfish has.
const DEVICES: [(u8, &str); 8] = [
    (0, "None"),
    (1, "Pxe"),
    (2, "Hdd"),
    (3, "Hdd"),
    (4, "Diags"),
    (5, "Cd"),
    (6, "BiosSetup"),
    (15, "Usb"),
];
/// Parameters that are taken and mean nothing here: their number, and how long they are.
const IDLE: [(u8, usize); 6] = [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (6, 9)];

pub(super) fn answer(host: &mut Host, state: &mut State, command: u8, data: &[u8]) -> Answer {
    let Some((parameter, rest)) = data.split_first() else { return (TOO_SHORT, Vec::new()) };
    let parameter = parameter & 0x7f;
    let idle = IDLE.iter().find(|(number, _)| *number == parameter);
    match (command, parameter, idle) {
        (0x08, 5, _) => {
            if rest.is_empty() {
                return (OK, Vec::new());
            }
            let (Some(flags), Some(device)) = (rest.first(), rest.get(1)) else {
                return (TOO_SHORT, Vec::new());
            };
            set(host, *flags, device >> 2 & 0x0f)
        }
        (0x08, _, Some((_, length))) => {
            if rest.len() > *length {
                return (BAD_FIELD, Vec::new());
            }
            // Set In Progress is not held: nobody else is waited for.
            if parameter != 0 {
                state.boot.insert(parameter, rest.to_vec());
            }
            (OK, Vec::new())
        }
        (0x09, 5, _) => {
            let mut out = vec![1, 5];
            out.extend(get(host));
            (OK, out)
        }
        (0x09, _, Some((_, length))) => {
            let mut kept = state.boot.get(&parameter).cloned().unwrap_or_default();
            kept.resize(*length, 0);
            (OK, [vec![1, parameter], kept].concat())
        }
        // Parameter not supported.
        _ => (0x80, Vec::new()),
    }
}

/// Sets the boot flags.
fn set(host: &mut Host, flags: u8, device: u8) -> Answer {
    if host.has(Knob::IpmiBootLies) {
        return (OK, Vec::new());
    }
    let target = match DEVICES.iter().find(|(number, _)| *number == device) {
        Some((_, target)) => *target,
        None => return (BAD_FIELD, Vec::new()),
    };
    let enabled = match flags {
        flags if flags & 0x80 == 0 || target == "None" => "Disabled",
        flags if flags & 0x40 != 0 => "Continuous",
        _ => "Once",
    };
    let mode = if flags & 0x20 == 0 { "Legacy" } else { "UEFI" };
    let target = if enabled == "Disabled" { "None" } else { target };
    let wanted = json!({ "BootSourceOverrideTarget": target, "BootSourceOverrideEnabled": enabled,
        "BootSourceOverrideMode": mode });
    let system = host.base.system.clone();
    let wanted: Map<String, Value> = object(&wanted);
    host.set_boot(&system, &wanted);
    (OK, Vec::new())
}

/// Returns the boot flags.
fn get(host: &Host) -> [u8; 5] {
    let boot = host.raw(&host.base.system).map(|body| object(&body["Boot"])).unwrap_or_default();
    let word = |name: &str| boot.get(name).and_then(Value::as_str).unwrap_or_default();
    let target = word("BootSourceOverrideTarget");
    let enabled = word("BootSourceOverrideEnabled");
    let valid = matches!(enabled, "Once" | "Continuous") && target != "None";
    let mut flags = if valid { 0x80 } else { 0 };
    if valid && enabled == "Continuous" {
        flags |= 0x40;
    }
    if word("BootSourceOverrideMode") == "UEFI" {
        flags |= 0x20;
    }
    let device = match target {
        // There is no number for HTTP; it is the network all the same.
        "UefiHttp" => 1,
        "Floppy" => 15,
        target => DEVICES.iter().find(|(_, name)| *name == target).map_or(0, |(number, _)| *number),
    };
    [flags, if valid { device << 2 } else { 0 }, 0, 0, 0]
}
