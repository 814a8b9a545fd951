//! What a system boots from next: which properties its firmware takes, and whether it keeps them.
//!
//! "Accepted" proves nothing: several BMCs answer 200 and store nothing, so it is read back each
//! time, and only what was sent is compared.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    action::texts,
    etag,
    script::{Method, Refusal, Script, Told, Verdict},
    task,
};
use crate::{
    dialect::Rules,
    operation::{
        Outcome,
        boot::{Device, Firmware, Lasting, Override},
    },
    redfish::tree,
};

const TARGET: &str = "BootSourceOverrideTarget";
const ENABLED: &str = "BootSourceOverrideEnabled";
const MODE: &str = "BootSourceOverrideMode";
/// Seconds before each look at what was kept.
const LOOKS: &[u64] = &[1, 3, 10];

/// Returns the standard's word for a device (`ComputerSystem.BootSource`).
pub fn target(device: Device) -> &'static str {
    match device {
        Device::None => "None",
        Device::Pxe => "Pxe",
        Device::Http => "UefiHttp",
        Device::Disk => "Hdd",
        Device::Cd => "Cd",
        Device::Bios => "BiosSetup",
    }
}

/// Returns the targets that a system says it takes; empty where it does not tell.
pub fn targets(system: &Value) -> Vec<String> {
    allowed(system, TARGET)
}

fn allowed(system: &Value, property: &str) -> Vec<String> {
    let values =
        system.get("Boot").and_then(|boot| boot.get(format!("{property}@Redfish.AllowableValues")));
    values.map(texts).unwrap_or_default()
}

/// A form of the change: the step's name, and the properties.
struct Form {
    step: &'static str,
    boot: Map<String, Value>,
}

/// Sets what the system at `path` boots from next.
pub fn set(script: &mut Script<'_>, path: &str, wanted: Override, rules: &Rules) -> Told<Verdict> {
    let before = script.get(path)?;
    if !before.is_good() {
        return Ok(Err(Refusal::of(Method::Get, path, before)));
    }
    let system = before.json();
    if let Some(why) = refuses(system, wanted) {
        return Ok(Ok(Outcome::Unsupported { why }));
    }
    let settings = system
        .pointer("/@Redfish.Settings/SettingsObject/@odata.id")
        .and_then(Value::as_str)
        .and_then(tree::path)
        .filter(|settings| settings != path && rules.has("boot-settings"));
    let mut last = None;
    'places: for (place, step) in [(Some(path.to_owned()), None), (settings, Some("boot-settings"))]
    {
        let Some(place) = place else { continue };
        for form in forms(system, wanted, rules) {
            let body = json!({ "Boot": form.boot });
            let answer = etag::patch(script, &place, &body, rules)?;
            if !answer.is_good() || task::is_failure(answer, rules) {
                last = Some(Err(Refusal::of(Method::Patch, &place, answer)));
                if answer.is(&[401, 403, 404]) {
                    break;
                }
                continue;
            }
            let kept = read_back(script, &place, &form.boot, rules)?;
            if kept == Outcome::Done {
                for step in [Some(form.step), step].into_iter().flatten() {
                    if let Some(known) = rules.id(step) {
                        let id = known.id;
                        script.note(
                            Some(known),
                            &format!("启动项按 `{id}` 的方式被接受"),
                            &format!("the boot override was taken by the step `{id}`"),
                        );
                    }
                }
                return Ok(Ok(changed_lasting(&form, wanted).unwrap_or(Outcome::Done)));
            }
            let goes_on = rules.has("boot-not-kept");
            last = Some(Ok(kept));
            if !goes_on {
                break 'places;
            }
        }
    }
    let network = matches!(wanted.device, Device::Pxe | Device::Http);
    if let (Some(Ok(Outcome::NotKept { .. })), true, Some(id)) =
        (&last, network, rules.id("pxe-skipped"))
    {
        script.note(
            Some(id),
            "此类 BMC 在 BIOS 关闭网络启动时略过 PXE 且不报错：在 BIOS 中启用 UEFI 网络启动\
             （`bios get`、`bios set`），重启后再设",
            "such BMCs skip PXE without a word while network boot is off in the BIOS: turn UEFI \
             network boot on (`bios get`, `bios set`), restart, and set it again",
        );
    }
    Ok(last.unwrap_or_else(|| Ok(lacks())))
}

/// Returns what is told where another duration was taken than was asked for.
fn changed_lasting(form: &Form, wanted: Override) -> Option<Outcome> {
    let sent = enabled(wanted);
    let found = form.boot.get(ENABLED)?.as_str()?;
    (found != sent).then(|| Outcome::NotKept { sent: sent.to_owned(), found: found.to_owned() })
}

fn enabled(wanted: Override) -> &'static str {
    match (wanted.device, wanted.lasting) {
        (Device::None, _) => "Disabled",
        (_, Lasting::Once) => "Once",
        (_, Lasting::Persistent) => "Continuous",
    }
}

/// Returns the forms, the standard's own first.
fn forms(system: &Value, wanted: Override, rules: &Rules) -> Vec<Form> {
    let had = |name: &str| system.pointer(&format!("/Boot/{name}")).and_then(Value::as_str);
    let mode = match wanted.firmware {
        Some(Firmware::Uefi) => Some("UEFI"),
        Some(Firmware::Legacy) => Some("Legacy"),
        // HTTP boot is of UEFI alone.
        None if wanted.device == Device::Http => Some("UEFI"),
        None => had(MODE),
    };
    let lasting = enabled(wanted);
    let make = |step: &'static str, parts: &[(&str, Option<&str>)]| {
        let mut boot = Map::new();
        boot.extend(
            parts
                .iter()
                .filter_map(|(name, value)| Some(((*name).to_owned(), Value::from((*value)?)))),
        );
        Form { step, boot }
    };
    let mut forms = Vec::new();
    if wanted.device == Device::None {
        if rules.has("boot-no-none") {
            forms.push(make("boot-no-none", &[(ENABLED, Some("Disabled"))]));
        }
        forms.push(make("standard", &[(TARGET, Some("None")), (ENABLED, Some("Disabled"))]));
    } else {
        let device = Some(target(wanted.device));
        let shown = had(MODE).is_some() || wanted.firmware.is_some();
        if shown {
            let three = [(TARGET, device), (ENABLED, Some(lasting)), (MODE, mode)];
            forms.push(make("standard", &three));
        }
        let two = [(TARGET, device), (ENABLED, Some(lasting))];
        if !shown {
            forms.push(make("standard", &two));
        } else if rules.has("boot-no-mode") {
            forms.push(make("boot-no-mode", &two));
        }
        if rules.has("boot-all-three") && !shown {
            for mode in ["UEFI", "Legacy"] {
                let three = [(TARGET, device), (ENABLED, Some(lasting)), (MODE, Some(mode))];
                forms.push(make("boot-all-three", &three));
            }
        }
        if let Some(first) = rules.first("boot")
            && let Some(at) = forms.iter().position(|form| form.step == first)
        {
            let form = forms.remove(at);
            forms.insert(0, form);
        }
        if rules.has("boot-once-only") && lasting == "Continuous" {
            let once = [(TARGET, device), (ENABLED, Some("Once")), (MODE, mode)];
            forms.push(make("boot-once-only", &once));
        }
    }
    forms
}

fn read_back(
    script: &mut Script<'_>,
    place: &str,
    sent: &Map<String, Value>,
    rules: &Rules,
) -> Told<Outcome> {
    let mut found = String::new();
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let now = script.get(place)?;
        let boot = now.json().get("Boot").cloned().unwrap_or_default();
        let mut differs = Vec::new();
        for (name, value) in sent {
            let seen = boot.get(name).filter(|seen| !seen.is_null());
            let same = seen.is_some_and(|seen| same(seen, value));
            if same {
                continue;
            }
            let once = value == "Once" && seen.is_some_and(|seen| seen == "Continuous");
            if once && rules.has("boot-once-continuous") {
                script.note(
                    rules.id("boot-once-continuous"),
                    "BMC 把“一次”读作“持续”：启动后请核对",
                    "the BMC shows Once as Continuous: look again after the boot",
                );
                continue;
            }
            let seen = seen.map_or_else(|| "-".to_owned(), plain);
            differs.push(format!("{name} {seen}"));
        }
        if differs.is_empty() && now.is_good() {
            return Ok(Outcome::Done);
        }
        found = differs.join(", ");
        script.notes.retain(|note| note.quirk != Some("boot-once-continuous"));
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    let sent: Vec<String> =
        sent.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
    Ok(Outcome::NotKept { sent: sent.join(", "), found })
}

fn same(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns why the BMC cannot, by the values that it says it takes.
fn refuses(system: &Value, wanted: Override) -> Option<(String, String)> {
    if system.get("Boot").is_none_or(Value::is_null) {
        return Some((
            "BMC 不提供启动项设置".to_owned(),
            "the BMC does not let the boot device be set".to_owned(),
        ));
    }
    let lacks = |property: &str, value: &str| {
        let allowed = allowed(system, property);
        let has = allowed.iter().any(|own| own.eq_ignore_ascii_case(value));
        (!allowed.is_empty() && !has).then(|| {
            let list = allowed.join(", ");
            (
                format!("BMC 的 {property} 只支持 {list}，没有 {value}"),
                format!("the BMC's {property} takes {list}, and not {value}"),
            )
        })
    };
    if wanted.device == Device::None {
        return None;
    }
    lacks(TARGET, target(wanted.device)).or_else(|| lacks(ENABLED, enabled(wanted)))
}

fn lacks() -> Outcome {
    let why = ("BMC 未接受任何写法".to_owned(), "the BMC took no form of it".to_owned());
    Outcome::Unsupported { why }
}
