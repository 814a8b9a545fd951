//! The certificate of HTTPS: listed, asked for, and replaced (DSP0268 `CertificateService`,
//! `Certificate`); where a BMC has no such service, by its dialect's own (`HttpsCert` of iBMC).
//!
//! Whether a new one is shown is no question to the BMC: the client looks at a new connection.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    action,
    place::{children, link},
    script::{Method, Refusal, Reply, Request, Script, Told, Verdict},
    task,
};
use crate::{
    dialect::{Feature, Known, Rules},
    operation::{
        Outcome,
        account::Why,
        certificate::{Certificate, Subject},
    },
    trust::{Leaf, Material, Pin},
};

/// Seconds between looks at a request that is being made.
const LOOKS: &[u64] = &[1, 2, 5, 10, 20];
const REQUEST: &str = "CertificateService.GenerateCSR";
const REPLACE: &str = "CertificateService.ReplaceCertificate";

/// Where a service has what this needs.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The service of certificates, where the root names one.
    pub service: Option<&'a str>,
    /// The manager.
    pub manager: &'a str,
}

fn none() -> Outcome {
    Outcome::Unsupported {
        why: (
            "BMC 不提供证书管理".to_owned(),
            "the BMC offers no handling of certificates".to_owned(),
        ),
    }
}

/// Returns the collection of HTTPS certificates.
fn collection(script: &mut Script<'_>, manager: &str) -> Told<Option<String>> {
    let body = script.get(manager)?.json();
    let Some(protocols) = link(body, "/NetworkProtocol") else { return Ok(None) };
    Ok(link(script.get(&protocols)?.json(), "/HTTPS/Certificates"))
}

/// Returns the dialect's own resource of the certificate, and the quirk that knew it.
fn own<'h>(
    script: &mut Script<'h>,
    manager: &str,
    rules: &Rules,
) -> Told<Option<(String, Known, &'h Reply)>> {
    for (known, path) in rules.paths(Feature::Certificates) {
        let path = path.replace("{manager}", manager);
        let reply = script.get(&path)?;
        if reply.is_good() && reply.json().is_object() {
            return Ok(Some((path, known, reply)));
        }
    }
    Ok(None)
}

/// Lists the certificates of HTTPS.
pub fn list(
    script: &mut Script<'_>,
    manager: &str,
    rules: &Rules,
) -> Told<Result<Vec<Certificate>, Refusal>> {
    let mut found = Vec::new();
    if let Some(collection) = collection(script, manager)? {
        let reply = script.get(&collection)?;
        if !reply.is_good() {
            return Ok(Err(Refusal::of(Method::Get, &collection, reply)));
        }
        for path in children(reply.json()) {
            let reply = script.get(&path)?;
            if reply.is_good() {
                found.push(certificate(&path, reply.json()));
            }
        }
    }
    if found.is_empty()
        && let Some((path, _, reply)) = own(script, manager, rules)?
        && let Some(body) = reply.json().pointer("/X509CertificateInformation/ServerCert")
    {
        found.push(certificate(&path, body));
    }
    Ok(Ok(found))
}

fn certificate(path: &str, body: &Value) -> Certificate {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    // A name is an object of the standard's, or a line.
    let name = |name: &str| match body.get(name) {
        Some(Value::Object(parts)) => {
            let keys = [
                ("Country", "C"),
                ("State", "ST"),
                ("City", "L"),
                ("Organization", "O"),
                ("OrganizationalUnit", "OU"),
                ("CommonName", "CN"),
            ];
            let shown = keys.iter().filter_map(|(name, short)| {
                let value = parts.get(*name)?.as_str().filter(|value| !value.is_empty())?;
                Some(format!("{short}={value}"))
            });
            shown.collect::<Vec<String>>().join(", ")
        }
        Some(Value::String(line)) => line.clone(),
        _ => String::new(),
    };
    let mut found = Certificate {
        place: path.to_owned(),
        subject: name("Subject"),
        issuer: name("Issuer"),
        from: text("ValidNotBefore"),
        until: text("ValidNotAfter"),
        ..Certificate::default()
    };
    if let Some(der) = of_pem("CERTIFICATE", &text("CertificateString")) {
        found.sha256 = Some(Pin::of(&der).to_string());
        if let Some(leaf) = Leaf::read(&der) {
            // What the certificate says is surer than what is said of it.
            found.subject = leaf.subject.to_string();
            found.issuer = leaf.issuer.to_string();
            found.from = crate::operation::clock::date(leaf.from);
            found.until = crate::operation::clock::date(leaf.until);
        }
    }
    found
}

fn of_pem(label: &str, text: &str) -> Option<Vec<u8>> {
    crate::simulate::x509::of_pem(label, text)
}

/// How asking for a request ended.
pub type Requested = Result<Result<String, Outcome>, Refusal>;

/// Has the BMC make a key and a request for a certificate; returns the request, PEM.
pub fn request(
    script: &mut Script<'_>,
    places: Places<'_>,
    subject: &Subject,
    rules: &Rules,
) -> Told<Requested> {
    if let Some(service) = places.service {
        let reply = script.get(service)?;
        if let (Some(found), Some(collection)) =
            (action::find(reply.json(), REQUEST), collection(script, places.manager)?)
        {
            return by_service(script, &found, &collection, subject, rules);
        }
    }
    let Some((path, known, reply)) = own(script, places.manager, rules)? else {
        return Ok(Ok(Err(none())));
    };
    let Some(found) = action::find(reply.json(), "HttpsCert.GenerateCSR") else {
        return Ok(Ok(Err(none())));
    };
    script.note(
        Some(known),
        "经方言自有的证书资源",
        "by the dialect's own resource of certificates",
    );
    if !subject.names.is_empty() {
        script.note(
            None,
            "该 BMC 的请求不含备用名，须由签发者加入",
            "this BMC's requests have no other names: who signs has to add them",
        );
    }
    by_own(script, &path, &found.target, subject, rules)
}

fn by_service(
    script: &mut Script<'_>,
    found: &action::Advertised,
    collection: &str,
    subject: &Subject,
    rules: &Rules,
) -> Told<Requested> {
    let mut body = parts(
        subject,
        ["CommonName", "Country", "State", "City", "Organization", "OrganizationalUnit"],
    );
    if let Some(info) = found.info() {
        let reply = script.get(info)?;
        if let Some(why) = lacks(reply.json(), &body) {
            return Ok(Ok(Err(Outcome::Refused { why })));
        }
    }
    if !subject.names.is_empty() {
        body.insert("AlternativeNames".to_owned(), subject.names.clone().into());
    }
    body.insert("CertificateCollection".to_owned(), json!({ "@odata.id": collection }));
    let answer = script.ask(Request::post(&found.target, Some(body.into())))?;
    if task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Post, &found.target, answer)));
    }
    let refusal = || Refusal::of(Method::Post, &found.target, answer);
    if let Some(text) = answer.json().get("CSRString").and_then(Value::as_str) {
        return Ok(Ok(Ok(text.to_owned())));
    }
    // It may take a while to make a key: then the task has the answer (DSP0266 §14).
    let Some(place) = task::place(answer, rules) else { return Ok(Err(refusal())) };
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        script.wait(wait)?;
        let reply = script.get(&place)?;
        if let Some(text) = reply.json().get("CSRString").and_then(Value::as_str) {
            return Ok(Ok(Ok(text.to_owned())));
        }
        if let task::Standing::Failed(said) = task::standing(reply, rules) {
            let said = Box::new(said);
            return Ok(Err(Refusal { said, ..Refusal::of(Method::Get, &place, reply) }));
        }
    }
    Ok(Err(refusal()))
}

/// Returns the parts of a subject by the BMC's names for common name, country, state, city,
/// organisation and unit.
fn parts(subject: &Subject, names: [&str; 6]) -> Map<String, Value> {
    let values = [
        Some(&subject.common_name),
        subject.country.as_ref(),
        subject.state.as_ref(),
        subject.city.as_ref(),
        subject.organization.as_ref(),
        subject.unit.as_ref(),
    ];
    let pairs = names.iter().zip(values);
    let mut parts = Map::new();
    parts.extend(
        pairs.filter_map(|(name, value)| Some(((*name).to_owned(), value?.as_str().into()))),
    );
    parts
}

/// Returns which parts are demanded and not given, by what is said of the parameters.
fn lacks(info: &Value, body: &Map<String, Value>) -> Option<Why> {
    let options = [
        ("Country", "--country"),
        ("State", "--state"),
        ("City", "--city"),
        ("Organization", "--organization"),
        ("OrganizationalUnit", "--unit"),
    ];
    let parameters = info.get("Parameters").and_then(Value::as_array)?;
    let demanded =
        |name: &str| parameters.iter().any(|one| one["Name"] == name && one["Required"] == true);
    let missing: Vec<&str> = options
        .iter()
        .filter(|(name, _)| demanded(name) && !body.contains_key(*name))
        .map(|(_, option)| *option)
        .collect();
    let missing = missing.join(" ");
    (!missing.is_empty())
        .then(|| (format!("此 BMC 还要求 {missing}"), format!("this BMC wants {missing} too")))
}

fn by_own(
    script: &mut Script<'_>,
    path: &str,
    target: &str,
    subject: &Subject,
    rules: &Rules,
) -> Told<Requested> {
    const CSR: &str = "CertificateSigningRequest";
    let had = script.get(path)?.json().get(CSR).cloned();
    let body = parts(subject, ["CommonName", "Country", "State", "City", "OrgName", "OrgUnit"]);
    let answer = script.ask(Request::post(target, Some(body.into())))?;
    if task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Post, target, answer)));
    }
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let reply = script.get(path)?;
        let now = reply.json().get(CSR);
        // Not the one that was there from a time before.
        if let Some(text) = now.and_then(Value::as_str)
            && now != had.as_ref()
        {
            return Ok(Ok(Ok(text.to_owned())));
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    Ok(Err(Refusal::of(Method::Post, target, answer)))
}

/// Gives the BMC another certificate for HTTPS.
pub fn replace(
    script: &mut Script<'_>,
    places: Places<'_>,
    material: &Material,
    rules: &Rules,
) -> Told<Verdict> {
    let collection = collection(script, places.manager)?;
    let first = match &collection {
        Some(collection) => children(script.get(collection)?.json()).into_iter().next(),
        None => None,
    };
    if let (Some(service), Some(first)) = (places.service, first) {
        let reply = script.get(service)?;
        if let Some(found) = action::find(reply.json(), REPLACE) {
            // A key stands behind its certificate in the same text (DSP0268 `CertificateString`).
            let key = material.key.as_ref().map_or("", |key| key.reveal());
            let body = json!({ "CertificateString": format!("{}{key}", material.certificates),
                "CertificateType": "PEM", "CertificateUri": { "@odata.id": first } });
            return sent(script, &found.target, body, rules);
        }
    }
    let Some((_, known, reply)) = own(script, places.manager, rules)? else {
        return Ok(Ok(none()));
    };
    let Some(found) = action::find(reply.json(), "HttpsCert.ImportServerCertificate") else {
        return Ok(Ok(none()));
    };
    if material.key.is_some() {
        let why = (
            "该 BMC 只接受 PKCS #12 形式的私钥：先用 certs csr 让它自行生成请求".to_owned(),
            "this BMC takes a key as PKCS #12 alone: have it make its own request, with `certs csr`"
                .to_owned(),
        );
        return Ok(Ok(Outcome::Refused { why }));
    }
    script.note(
        Some(known),
        "经方言自有的证书资源",
        "by the dialect's own resource of certificates",
    );
    sent(script, &found.target, json!({ "Certificate": material.certificates }), rules)
}

fn sent(script: &mut Script<'_>, target: &str, body: Value, rules: &Rules) -> Told<Verdict> {
    let answer = script.ask(Request::post(target, Some(body)))?;
    // Its server may go down before it has answered.
    if answer.status.is_some() && task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Post, target, answer)));
    }
    Ok(Ok(Outcome::Accepted { task: task::place(answer, rules) }))
}
