//! The certificate of HTTPS.

use bmc::{
    client::{Patience, Trust, certificate},
    credential::Secret,
    hand::Protocol,
    operation::{Outcome, certificate::Subject},
    redfish::client::{Client, Options},
    simulate::x509::{self, Own},
    trust::{Material, Pin},
};

use super::{administer, is_done};
use crate::{
    server::run,
    simulated::{PASSWORD, USER, site_with},
};

/// Signs what an authority would: a certificate for a request's key.
fn signed(csr: &str) -> Own {
    x509::issued(&x509::of_pem("CERTIFICATE REQUEST", csr).expect("a request")).expect("issued")
}

fn now() -> i64 {
    1_800_000_000
}

fn material(own: &Own, with_key: bool) -> Material {
    let key = with_key.then(|| Secret::new(x509::pem("PRIVATE KEY", &own.key)));
    Material::read(&x509::pem("CERTIFICATE", &own.certificate), key, now()).expect("sound")
}

fn fresh() -> Own {
    let subject = x509::Subject {
        names: &[(3, "new.example")],
        addresses: &[],
        from: 1000,
        until: 4_000_000_000,
    };
    x509::self_signed(&subject).expect("made")
}

fn subject() -> Subject {
    Subject { common_name: "bmc-7.example".to_owned(), ..Subject::default() }
}

#[test]
fn a_request_is_signed_and_the_certificate_is_shown() {
    let site = site_with(&[("dmtf".to_owned(), String::new())], false);
    let place = &site.places()[0];
    run(async {
        let mut bmc = administer(place, Protocol::Redfish).await;
        let listed = bmc.certificates().await.expect("certificates").value;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].sha256, Some(place.pin.to_string()));
        assert_eq!(listed[0].is_shown, Some(true));
        let csr = bmc.request_certificate(&subject()).await.expect("a request");
        assert_eq!(csr.acted.outcome, Outcome::Done);
        let own = signed(&csr.text.expect("a text"));
        let new = material(&own, false);
        is_done("replace", &bmc.replace_certificate(&new).await);
        let shown = certificate::look(
            &place.address.to_string().parse().expect("an address"),
            Patience::default(),
        )
        .await
        .expect("shown");
        assert_eq!((shown.pin, Pin::of(&own.certificate)), (new.pin, new.pin));
        // The session is good still, and is closed over the new certificate.
        let listed = bmc.certificates().await.expect("certificates").value;
        assert_eq!(listed[0].subject, "CN=bmc-7.example");
        assert_eq!(listed[0].is_shown, Some(true));
        bmc.close().await;
        let password = Secret::new(PASSWORD.to_owned());
        let address = place.address.to_string().parse().expect("an address");
        let trust = Trust::Pin(new.pin);
        let client = Client::connect(&address, Some((USER, &password)), trust, Options::default())
            .await
            .expect("connected");
        let sessions = client.get("/redfish/v1/SessionService/Sessions").await.expect("sessions");
        assert_eq!(sessions.json()["Members@odata.count"], 1, "ours alone");
        client.close().await;
    });
}

#[test]
fn a_certificate_comes_with_its_key_where_the_bmc_takes_one() {
    let hosts = [("dmtf".to_owned(), String::new()), ("huawei".to_owned(), String::new())];
    let site = site_with(&hosts, false);
    let own = fresh();
    run(async {
        let mut bmc = administer(&site.places()[0], Protocol::Redfish).await;
        is_done("with a key", &bmc.replace_certificate(&material(&own, true)).await);
        bmc.close().await;
        // One that fits no key of the BMC's is refused by it, and the old one stays.
        let mut bmc = administer(&site.places()[1], Protocol::Redfish).await;
        let acted = bmc.replace_certificate(&material(&own, true)).await.expect("an answer");
        let Outcome::Refused { why } = &acted.outcome else { panic!("{acted:?}") };
        assert!(why.1.contains("certs csr"), "{why:?}");
        let refused = bmc.replace_certificate(&material(&own, false)).await;
        assert!(refused.is_err(), "{refused:?}");
        bmc.close().await;
        administer(&site.places()[1], Protocol::Redfish).await.close().await;
    });
}

#[test]
fn a_certificate_that_is_not_shown_is_told() {
    let site = site_with(&[("dmtf".to_owned(), "cert-not-kept".to_owned())], false);
    let place = &site.places()[0];
    run(async {
        let password = Secret::new(PASSWORD.to_owned());
        let address = place.address.to_string().parse().expect("an address");
        let options = Options { total: std::time::Duration::from_secs(3), ..Options::default() };
        let client =
            Client::connect(&address, Some((USER, &password)), Trust::Pin(place.pin), options)
                .await
                .expect("connected");
        let new = material(&fresh(), true);
        let acted = client.replace_certificate(&new).await.expect("an answer");
        let Outcome::NotKept { sent, found } = &acted.outcome else { panic!("{acted:?}") };
        assert!(sent.contains(&new.pin.to_string()) && found.contains(&place.pin.to_string()));
        client.close().await;
    });
}

#[test]
fn ibmc_shows_a_certificate_when_it_has_restarted() {
    let site = site_with(&[("huawei".to_owned(), String::new())], false);
    let place = &site.places()[0];
    run(async {
        let mut bmc = administer(place, Protocol::Redfish).await;
        let listed = bmc.certificates().await.expect("certificates").value;
        assert_eq!(listed.len(), 2, "what it lists, and what connections show: {listed:?}");
        let csr = bmc.request_certificate(&subject()).await.expect("a request");
        let own = signed(&csr.text.expect("a text"));
        bmc.close().await;
        let password = Secret::new(PASSWORD.to_owned());
        let address = place.address.to_string().parse().expect("an address");
        let options = Options { total: std::time::Duration::from_secs(3), ..Options::default() };
        let client =
            Client::connect(&address, Some((USER, &password)), Trust::Pin(place.pin), options)
                .await
                .expect("connected");
        let acted = client.replace_certificate(&material(&own, false)).await.expect("an answer");
        assert!(matches!(acted.outcome, Outcome::Accepted { .. }), "{acted:?}");
        assert!(acted.notes.iter().any(|note| note.quirk == Some("certs-after-restart")));
        client.reset_bmc().await.expect("it restarts");
        client.close().await;
        let is_shown = async {
            loop {
                let shown = certificate::look(&address, Patience::default()).await;
                if shown.is_ok_and(|shown| shown.pin == Pin::of(&own.certificate)) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, is_shown).await.expect("it is shown");
    });
}
