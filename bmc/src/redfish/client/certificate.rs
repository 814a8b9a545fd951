//! The certificate of HTTPS: a new one counts when a new connection shows it.

use std::time::Duration;

use super::{Acted, Client, Note, RedfishError, answer::refused};
use crate::{
    client::{Trust, certificate as shown, config},
    operation::{
        Outcome,
        certificate::{Certificate, Subject},
    },
    redfish::ladder::{
        certificate::{self, Places, Requested},
        place,
        script::{Script, Told},
    },
    trust::{Material, Pin, requested},
};

/// Seconds before each look at what connections show.
const LOOKS: &[u64] = &[0, 1, 2, 3, 5, 8, 13, 21];

/// What asking for a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csr {
    /// The request, PEM; nothing where there is none, and `acted` says why.
    pub text: Option<String>,
    /// What became of it, and what there is to tell.
    pub acted: Acted,
}

impl Client {
    /// Returns the certificates of HTTPS that the BMC lists.
    pub async fn certificates(&self) -> Result<Vec<Certificate>, RedfishError> {
        let manager = self.inner.manager().await?;
        let rules = self.rules();
        let mut found = Ok(Vec::new());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = certificate::list(script, &manager, &rules)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        found.map_err(|refusal| refused(&self.inner, refusal))
    }

    /// Has the BMC make a key and a request for a certificate.
    pub async fn request_certificate(&self, subject: &Subject) -> Result<Csr, RedfishError> {
        let manager = self.inner.manager().await?;
        let service = place::link(&self.inner.root, "/CertificateService");
        let places = Places { service: service.as_deref(), manager: &manager };
        let rules = self.rules();
        let mut end: Option<Requested> = None;
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            end = Some(certificate::request(script, places, subject, &rules)?);
            Ok(())
        };
        let notes = self.inner.drive(&mut once).await?;
        let of = |text, outcome| Csr { text, acted: Acted { outcome, notes } };
        match end {
            Some(Ok(Ok(text))) => {
                let der = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]
                    .iter()
                    .find_map(|label| crate::simulate::x509::of_pem(label, &text));
                let name = der.and_then(|der| requested(&der));
                let common = name.as_ref().and_then(|name| name.common()).unwrap_or_default();
                if common == subject.common_name {
                    return Ok(of(Some(text), Outcome::Done));
                }
                let found = name.map_or_else(|| "no request".to_owned(), |name| name.to_string());
                let sent = format!("CN={}", subject.common_name);
                Ok(of(None, Outcome::NotKept { sent, found }))
            }
            Some(Ok(Err(outcome))) => Ok(of(None, outcome)),
            Some(Err(refusal)) => Err(refused(&self.inner, refusal)),
            None => Ok(of(None, Outcome::Accepted { task: None })),
        }
    }

    /// Gives the BMC another certificate, and looks whether new connections show it. From then on
    /// this client trusts that one.
    pub async fn replace_certificate(&self, material: &Material) -> Result<Acted, RedfishError> {
        let manager = self.inner.manager().await?;
        let service = place::link(&self.inner.root, "/CertificateService");
        let places = Places { service: service.as_deref(), manager: &manager };
        let rules = self.rules();
        let climb =
            |script: &mut Script<'_>| certificate::replace(script, places, material, &rules);
        let mut acted = self.inner.climb(&climb).await?;
        if !matches!(acted.outcome, Outcome::Accepted { .. }) {
            return Ok(acted);
        }
        let seen = self.shows(material.pin).await;
        if seen == Some(material.pin) {
            let trust = Trust::Pin(material.pin);
            let config = config(trust).map_err(|source| RedfishError::Trust { source })?;
            self.inner.edge.trusts(config);
            acted.outcome = Outcome::Done;
        } else if let Some(known) = rules.id("certs-after-restart") {
            let text = (
                "BMC 已接受证书，重启 BMC（`reset-bmc`）后才会使用".to_owned(),
                "the BMC took it, and shows it when it has restarted: `reset-bmc`".to_owned(),
            );
            acted.notes.push(Note::of(Some(known), text));
        } else {
            let found =
                seen.map_or_else(|| "no connection".to_owned(), |pin| format!("SHA-256 {pin}"));
            let sent = format!("SHA-256 {}", material.pin);
            acted.outcome = Outcome::NotKept { sent, found };
        }
        Ok(acted)
    }

    /// Looks at new connections till one shows that certificate; returns what the last one showed.
    async fn shows(&self, wanted: Pin) -> Option<Pin> {
        let edge = &self.inner.edge;
        let mut seen = None;
        for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
            if wait >= edge.left() {
                break;
            }
            tokio::time::sleep(wait).await;
            // Its server may be down for a while.
            if let Ok(look) = shown::look(edge.address(), self.inner.options.patience).await {
                seen = Some(look.pin);
                if look.pin == wanted {
                    break;
                }
            }
        }
        seen
    }
}
