//! What curl sees of a simulated host, and what the other protocol changes.

use std::process::Command;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::site::{Site, said, until};

pub(crate) fn both() -> Result<(), Failed> {
    let site = Site::start(&["--fault", "power-time=50"])?;
    let system = "/Systems/1";
    let reset = "/Systems/1/Actions/ComputerSystem.Reset";
    site.ipmi(0, &["power", "off"])?;
    until("off by Redfish", &mut || Ok(site.get(0, system)?["PowerState"] == "Off"))?;
    assert_eq!(site.post(0, reset, &json!({ "ResetType": "On" }))?.0, 204);
    until("on by IPMI", &mut || Ok(site.ipmi(0, &["power", "status"])?.contains("is on")))?;
    site.ipmi(0, &["chassis", "bootdev", "pxe", "options=efiboot"])?;
    let boot = site.get(0, system)?["Boot"].clone();
    let seen =
        ["Target", "Enabled", "Mode"].map(|name| boot[format!("BootSourceOverride{name}")].clone());
    assert_eq!(seen, [json!("Pxe"), json!("Once"), json!("UEFI")]);
    let wanted = json!({ "Boot": { "BootSourceOverrideTarget": "BiosSetup", "BootSourceOverrideEnabled": "Continuous" } });
    assert_eq!(site.patch(0, system, &wanted)?, 200);
    let flags = site.ipmi(0, &["chassis", "bootparam", "get", "5"])?;
    assert!(
        flags.contains("Force Boot into BIOS Setup") && flags.contains("all future boots"),
        "{flags}"
    );
    let entries = "/Systems/1/LogServices/SEL/Entries";
    let listed = site.ipmi(0, &["sel", "list"])?.lines().count();
    assert_eq!(site.get(0, entries)?["Members@odata.count"], listed);
    site.ipmi(0, &["sel", "clear"])?;
    until("an empty log", &mut || Ok(site.get(0, entries)?["Members@odata.count"] == 0))?;
    site.ipmi(0, &["event", "1"])?;
    assert_eq!(site.get(0, entries)?["Members@odata.count"], 1);
    site.ipmi(0, &["chassis", "identify", "force"])?;
    assert_eq!(site.get(0, system)?["LocationIndicatorActive"], true);
    let number = site.get(0, "/AccountService/Accounts")?["Members@odata.count"].clone();
    for words in [
        &["user", "set", "name", "3", "ops"][..],
        &["user", "set", "password", "3", "password 99"],
        &["channel", "setaccess", "1", "3", "privilege=3"],
        &["user", "enable", "3"],
    ] {
        site.ipmi(0, words)?;
    }
    assert_eq!(
        site.get(0, "/AccountService/Accounts")?["Members@odata.count"],
        number.as_u64().unwrap_or(0) + 1
    );
    let login = json!({ "UserName": "ops", "Password": "password 99" });
    let (status, session) = site.post(0, "/SessionService/Sessions", &login)?;
    assert_eq!((status, &session["UserName"]), (201, &json!("ops")));
    let account =
        json!({ "UserName": "redfish", "Password": "password 77", "RoleId": "Administrator" });
    assert_eq!(site.post(0, "/AccountService/Accounts", &account)?.0, 201);
    let (host, port) = site.address(0).rsplit_once(':').ok_or("no port")?;
    let mut other = Command::new("ipmitool");
    other.args([
        "-I",
        "lanplus",
        "-H",
        host,
        "-p",
        port,
        "-U",
        "redfish",
        "-P",
        "password 77",
        "-C",
        "17",
        "mc",
        "info",
    ]);
    said(&other.output()?)?;
    Ok(())
}

pub(crate) fn curl() -> Result<(), Failed> {
    let site = Site::start(&["--hosts", "2"])?;
    // Its certificate is sound for who has it, for its address.
    let folder = site.folder();
    let pem = std::fs::read_to_string(folder.join("certificates.pem"))?;
    let first = pem.split("# ").nth(1).ok_or("no certificate")?;
    let end = first.find("-----BEGIN PRIVATE").ok_or("no key")?;
    let begin = first.find("-----BEGIN CERT").ok_or("no certificate")?;
    let authority = folder.join("first.pem");
    std::fs::write(&authority, first.get(begin..end).unwrap_or_default())?;
    let verified = |at: usize| {
        let mut command = Command::new("curl");
        command.arg("-s").arg("--cacert").arg(&authority);
        command.arg(format!("https://{}/redfish/v1/", site.address(at))).output()
    };
    said(&verified(0)?)?;
    assert!(!verified(1)?.status.success(), "another host has another certificate");
    // A session, from its beginning to its end.
    let login = json!({ "UserName": "admin", "Password": site.password }).to_string();
    let (status, head, body) =
        site.curl(0, "/SessionService/Sessions", &["-X", "POST", "-d", &login])?;
    assert_eq!(status, 201);
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let token = header("x-auth-token:").ok_or("no token")?.to_owned();
    let place = body["@odata.id"].as_str().ok_or("no session")?.to_owned();
    assert_eq!(header("location:"), Some(place.to_ascii_lowercase().as_str()));
    let asked = |method: &str, place: &str| {
        let url = format!("https://{}{place}", site.address(0));
        let token = format!("X-Auth-Token: {token}");
        let status = ["-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", &token, "-X", method];
        Command::new("curl").args(status).arg(url).output()
    };
    assert_eq!(said(&asked("GET", "/redfish/v1/Systems/1")?)?, "200");
    assert_eq!(said(&asked("DELETE", &place)?)?, "204");
    assert_eq!(said(&asked("GET", "/redfish/v1/Systems/1")?)?, "401");
    // Tags.
    let sent = json!({ "AssetTag": "A17" });
    assert_eq!(site.patch(0, "/Systems/1", &sent)?, 200);
    let stale = ["-X", "PATCH", "-H", "If-Match: \"old\"", "-d", &sent.to_string()];
    assert_eq!(site.curl(0, "/Systems/1", &stale)?.0, 412);
    // HEAD and OPTIONS.
    let (status, head, body) = site.curl(0, "/Systems/1", &["-I"])?;
    assert_eq!((status, body.as_str().map(str::trim)), (200, Some("")));
    assert!(head.contains("allow: get, head, patch"), "{head}");
    Ok(())
}

pub(crate) fn makes() -> Result<(), Failed> {
    let makes = [
        "dmtf",
        "huawei",
        "xfusion",
        "openubmc",
        "h3c",
        "inspur",
        "lenovo",
        "ami",
        "zte",
        "enginetech",
        "openbmc",
    ];
    let mut words = vec!["--hosts", "11", "--no-ipmi"];
    words.extend(makes.iter().flat_map(|make| ["--dialect", make]));
    let site = Site::start(&words)?;
    for (at, make) in makes.iter().enumerate() {
        assert_eq!(site.hosts.get(at).map(|host| &host["dialect"]), Some(&json!(make)));
        // Every link of every document leads to a document; nobody's are off the host.
        let (mut waiting, mut seen) = (vec!["/redfish/v1".to_owned()], Vec::new());
        while let Some(path) = waiting.pop() {
            if seen.contains(&path) {
                continue;
            }
            // Streams do not end.
            let place = path.strip_prefix("/redfish/v1").ok_or("a link off the host")?;
            let body = site.get(at, place)?;
            links(&body, &mut waiting);
            seen.push(path);
        }
        println!("{make}: {} resources", seen.len());
        assert!(seen.len() > 60, "{make}: {}", seen.len());
    }
    Ok(())
}

fn links(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|value| links(value, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(link) if name == "@odata.id" => {
                        found.push(link.split('#').next().unwrap_or_default().to_owned());
                    }
                    _ => links(value, found),
                }
            }
        }
        _ => {}
    }
}
