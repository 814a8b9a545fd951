//! The certificate of HTTPS: a request for one, and another one in its place.

use serde_json::{Map, Value, json};

use super::{
    Answered, Host,
    action::{bad, lacks},
    stop,
};
use crate::simulate::{
    host::set,
    knobs::Knob,
    message::{Response, Work, error},
    x509,
};

const REQUEST: &str = "CertificateService.GenerateCSR";
const REPLACE: &str = "CertificateService.ReplaceCertificate";

/// Parameters of a request, and the attribute of the subject that each is (X.520).
const NAMES: [(&str, u8); 6] = [
    ("Country", 6),
    ("State", 8),
    ("City", 7),
    ("Organization", 10),
    ("OrganizationalUnit", 11),
    ("CommonName", 3),
];

impl Host {
    pub(super) fn request_certificate(&mut self, sent: &Map<String, Value>) -> Answered {
        let text = |name: &str| sent.get(name).and_then(Value::as_str);
        let collection = sent.get("CertificateCollection").map(|link| &link["@odata.id"]);
        let Some(collection) = collection else {
            return stop(lacks(REQUEST, "CertificateCollection"));
        };
        if collection.as_str().is_none_or(|path| self.raw(path).is_none()) {
            return stop(bad(REQUEST, "CertificateCollection", collection));
        }
        if text("CommonName").is_none_or(str::is_empty) {
            return stop(lacks(REQUEST, "CommonName"));
        }
        let names: Vec<(u8, &str)> =
            NAMES.iter().filter_map(|(name, arc)| Some((*arc, text(name)?))).collect();
        let Ok((der, key)) = x509::request(&names) else {
            return stop(error(500, "InternalError", "No key could be made.", &[]));
        };
        self.waiting_key = Some(key);
        let body = json!({ "CSRString": x509::pem("CERTIFICATE REQUEST", &der),
            "CertificateCollection": { "@odata.id": collection } });
        Ok(Response::json(200, body))
    }

    pub(super) fn replace_certificate(&mut self, sent: &Map<String, Value>) -> Answered {
        let text = |name: &str| sent.get(name).and_then(Value::as_str);
        let Some(pem) = text("CertificateString") else {
            return stop(lacks(REPLACE, "CertificateString"));
        };
        if text("CertificateType") != Some("PEM") {
            return stop(lacks(REPLACE, "CertificateType"));
        }
        let place = sent.get("CertificateUri").map_or(&Value::Null, |link| &link["@odata.id"]);
        if place.as_str().is_none_or(|path| self.raw(path).is_none()) {
            return stop(bad(REPLACE, "CertificateUri", place));
        }
        let der = x509::of_pem("CERTIFICATE", pem);
        // A key that comes with it, or that of the last request.
        let key = x509::of_pem("PRIVATE KEY", pem).or_else(|| self.waiting_key.clone());
        let fitting = der.zip(key).filter(|(der, key)| x509::fits(der, key));
        let Some((der, key)) = fitting else {
            let message = "The certificate is not one for the key of the last request.";
            return stop(error(400, "PropertyValueFormatError", message, &["CertificateString"]));
        };
        self.waiting_key = None;
        self.will_show(der, key);
        Ok(self.done())
    }

    /// Shows a certificate from now on, or from the BMC's restart on.
    fn will_show(&mut self, der: Vec<u8>, key: Vec<u8>) {
        if self.has(Knob::CertNotKept) {
            return;
        }
        if self.has(Knob::CertAfterRestart) {
            self.coming_certificate = Some((der, key));
            return;
        }
        self.shows(&der);
        self.work.push(Work::Certificate { der, key });
    }

    /// iBMC's own way to a request: it is read at the resource.
    pub(super) fn own_request(&mut self, place: &str, sent: &Map<String, Value>) -> Answered {
        const OWN: [(&str, u8); 6] = [
            ("Country", 6),
            ("State", 8),
            ("City", 7),
            ("OrgName", 10),
            ("OrgUnit", 11),
            ("CommonName", 3),
        ];
        let text = |name: &str| sent.get(name).and_then(Value::as_str);
        if text("CommonName").is_none_or(str::is_empty) {
            return stop(lacks("HttpsCert.GenerateCSR", "CommonName"));
        }
        let names: Vec<(u8, &str)> =
            OWN.iter().filter_map(|(name, arc)| Some((*arc, text(name)?))).collect();
        let Ok((der, key)) = x509::request(&names) else {
            return stop(error(500, "InternalError", "No key could be made.", &[]));
        };
        self.waiting_key = Some(key);
        if let Some(body) = self.edit(place) {
            let text = x509::pem("CERTIFICATE REQUEST", &der);
            set(body, &["CertificateSigningRequest"], text.into());
        }
        Ok(self.done())
    }

    /// iBMC's own way to another certificate.
    pub(super) fn own_import(&mut self, sent: &Map<String, Value>) -> Answered {
        const IMPORT: &str = "HttpsCert.ImportServerCertificate";
        let Some(pem) = sent.get("Certificate").and_then(Value::as_str) else {
            return stop(lacks(IMPORT, "Certificate"));
        };
        let der = x509::of_pem("CERTIFICATE", pem);
        let fitting = der.zip(self.waiting_key.clone()).filter(|(der, key)| x509::fits(der, key));
        let Some((der, key)) = fitting else {
            let message = "The certificate is not one for the key of the last request.";
            return stop(error(400, "PropertyValueFormatError", message, &["Certificate"]));
        };
        self.waiting_key = None;
        self.will_show(der, key);
        Ok(self.done())
    }
}
