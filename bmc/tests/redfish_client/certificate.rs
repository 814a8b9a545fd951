//! Certificates: what is demanded of a request, and where each family has them.

use bmc::{
    operation::{Outcome, certificate::Subject},
    redfish::ladder::{
        certificate::{self, Places, Requested},
        script::Method,
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, Talk, answer, needs, rules, status, talk};

const MANAGER: &str = "/redfish/v1/Managers/1";
const SERVICE: &str = "/redfish/v1/CertificateService";
const CERTS: &str = "/redfish/v1/Managers/1/NetworkProtocol/HTTPS/Certificates";
const OWN: &str = "/redfish/v1/Managers/1/SecurityService/HttpsCert";
const INFO: &str = "/redfish/v1/CertificateService/GenerateCSRActionInfo";

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn standard() -> Value {
    json!({
        MANAGER: { "NetworkProtocol": link(&format!("{MANAGER}/NetworkProtocol")) },
        format!("{MANAGER}/NetworkProtocol"): { "HTTPS": { "Certificates": link(CERTS) } },
        CERTS: { "Members": [link(&format!("{CERTS}/1"))] },
        format!("{CERTS}/1"): { "Subject": { "CommonName": "bmc", "Country": "CN" },
            "Issuer": { "CommonName": "ca" }, "ValidNotAfter": "2034-07-16T22:00:55+00:00" },
        SERVICE: { "Actions": { "#CertificateService.GenerateCSR": {
            "target": format!("{SERVICE}/Actions/CertificateService.GenerateCSR"),
            "@Redfish.ActionInfo": INFO } } },
        // As a Supermicro has it.
        INFO: { "Parameters": [
            { "Name": "CommonName", "Required": true }, { "Name": "Country", "Required": true },
            { "Name": "City", "Required": true }, { "Name": "Email", "Required": false }] },
    })
}

fn request(tree: &Value, own: &mut Own<'_>, subject: &Subject, oem: &str) -> Talk<Requested> {
    let places = Places { service: Some(SERVICE), manager: MANAGER };
    let rules = rules(oem);
    talk(tree, own, &|script| certificate::request(script, places, subject, &rules))
}

fn subject() -> Subject {
    Subject {
        common_name: "bmc-7".to_owned(),
        names: vec!["192.0.2.7".to_owned()],
        country: Some("CN".to_owned()),
        city: Some("Guiyang".to_owned()),
        ..Subject::default()
    }
}

#[test]
fn a_request_has_what_the_bmc_demands() {
    let makes: &mut Own<'_> = &mut |request, _| {
        (request.method == Method::Post).then(|| answer(200, json!({ "CSRString": "text" })))
    };
    let went = request(&standard(), makes, &subject(), "");
    assert_eq!(went.end, Ok(Ok("text".to_owned())));
    let body = json!({ "CommonName": "bmc-7", "AlternativeNames": ["192.0.2.7"], "Country": "CN",
        "City": "Guiyang", "CertificateCollection": link(CERTS) });
    assert_eq!(went.changes()[0].2, Some(&body));
    // What is missing is named, and nothing is sent.
    let short = Subject { common_name: "bmc-7".to_owned(), ..Subject::default() };
    let went = request(&standard(), makes, &short, "");
    let Ok(Err(Outcome::Refused { why: (_, en) })) = &went.end else { panic!("{:?}", went.end) };
    assert!(en.contains("--country --city"), "{en}");
    assert_eq!(went.changes(), []);
}

#[test]
fn a_request_that_takes_a_while_is_in_its_task() {
    let mut looks = 0;
    let slow: &mut Own<'_> = &mut |request, _| match (request.method, request.path.as_str()) {
        (Method::Post, _) => Some(crate::talk::with(
            answer(202, json!({})),
            "location",
            "/redfish/v1/TaskService/TaskMonitors/1",
        )),
        (Method::Get, path) if path.contains("TaskMonitors") => {
            looks += 1;
            let ready = json!({ "CSRString": "text" });
            Some(if looks < 3 { answer(202, json!({})) } else { answer(200, ready) })
        }
        _ => None,
    };
    let went = request(&standard(), slow, &subject(), "");
    assert_eq!(went.end, Ok(Ok("text".to_owned())));
}

#[test]
fn ibmc_has_its_own_resource_of_certificates() {
    let tree = json!({
        MANAGER: { "NetworkProtocol": link(&format!("{MANAGER}/NetworkProtocol")) },
        format!("{MANAGER}/NetworkProtocol"): { "HTTPS": { "ProtocolEnabled": true } },
        OWN: { "CertificateSigningRequest": "old",
            "X509CertificateInformation": { "ServerCert": { "Subject": "CN=bmc", "Issuer": "CN=ca" } },
            "Actions": { "#HttpsCert.GenerateCSR": {
                "target": format!("{OWN}/Actions/HttpsCert.GenerateCSR") } } },
    });
    needs("certs-https-cert-path", &rules("Huawei"), &|rules| {
        let listed =
            talk(&tree, &mut |_, _| None, &|script| certificate::list(script, MANAGER, rules));
        let listed = listed.end.expect("a list");
        let own: &mut Own<'_> = &mut |request, tree| {
            (request.method == Method::Post).then(|| {
                tree.get_mut(OWN).expect("it")["CertificateSigningRequest"] = "new".into();
                status(200)
            })
        };
        let places = Places { service: None, manager: MANAGER };
        let went =
            talk(&tree, own, &|script| certificate::request(script, places, &subject(), rules));
        if went.end == Ok(Ok("new".to_owned())) {
            let body = json!({ "CommonName": "bmc-7", "Country": "CN", "City": "Guiyang" });
            assert_eq!(went.changes()[0].2, Some(&body));
            assert!(went.notes[0].guessed, "nobody has recorded it");
            assert_eq!((listed.len(), listed[0].subject.as_str()), (1, "CN=bmc"));
            return true;
        }
        assert!(matches!(went.end, Ok(Err(Outcome::Unsupported { .. }))), "{:?}", went.end);
        false
    });
}

#[test]
fn names_are_told_in_one_line() {
    let tree = standard();
    let listed =
        talk(&tree, &mut |_, _| None, &|script| certificate::list(script, MANAGER, &rules("")));
    let listed = listed.end.expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].subject, "C=CN, CN=bmc");
    assert_eq!(listed[0].until, "2034-07-16T22:00:55+00:00");
}
