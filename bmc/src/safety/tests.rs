//! Every effect on every kind of host with every kind of consent.

use super::*;
use crate::target::Host;

fn subjects(count: u8, change: impl Fn(u8, &mut Subject)) -> Vec<Subject> {
    let one = |at| {
        let host = Host::Ip([192, 0, 2, at].into());
        let address = Address { host, port: None };
        let mut subject = Subject { address, service: Service::Unsaid, by_network: false };
        change(at, &mut subject);
        subject
    };
    (0..count).map(one).collect()
}

/// Every effect × number × origin × service × consent: what may act is said once more, in words
/// of its own.
#[test]
fn nothing_changes_without_the_consent_that_it_needs() {
    let services = [Service::Unsaid, Service::Out, Service::In];
    let numbers = [None, Some(0), Some(1), Some(2), Some(3), Some(256)];
    let mut acts = 0;
    for effect in [Effect::Read, Effect::Change, Effect::Destroy] {
        for count in [0, 1, 2, 3] {
            for (by_network, service) in
                [false, true].into_iter().flat_map(|net| services.map(|service| (net, service)))
            {
                for (yes_hosts, dry_run) in
                    numbers.into_iter().flat_map(|yes| [(yes, false), (yes, true)])
                {
                    // Of several hosts only the last is special: one is enough to refuse all.
                    let all = subjects(count, |at, subject| {
                        if at + 1 == count {
                            subject.by_network = by_network;
                            subject.service = service;
                        }
                    });
                    let got = decide(effect, &all, Consent { yes_hosts, dry_run });
                    let right = yes_hosts == Some(usize::from(count));
                    let harmless = effect == Effect::Read;
                    let fine = count > 0
                        && (yes_hosts.is_none() || right)
                        && (harmless || !by_network && service != Service::In)
                        && (harmless || dry_run || right || effect == Effect::Change && count == 1);
                    let what = format!("{effect:?} {count} {by_network} {service:?} {yes_hosts:?}");
                    assert_eq!(got.is_ok(), fine, "{what} {dry_run}: {got:?}");
                    if let Ok(permit) = got {
                        assert_eq!(permit == Permit::Tell, dry_run, "{what}");
                        acts += usize::from(permit == Permit::Act && !harmless);
                    }
                }
            }
        }
    }
    // Change of 1: unconfirmed and confirmed; of 2, 3: confirmed. Destroy of 1, 2, 3: confirmed.
    // Each with two services.
    assert_eq!(acts, 2 * (2 + 2 + 3));
}

#[test]
fn a_refusal_names_the_hosts_and_what_to_do() {
    let used = subjects(4, |at, subject| {
        subject.service = if at % 2 == 0 { Service::In } else { Service::Out };
    });
    let error = decide(Effect::Change, &used, Consent { yes_hosts: Some(4), dry_run: false })
        .expect_err("two are in service");
    let Refusal::InService { hosts } = &error else { panic!("{error:?}") };
    assert_eq!(hosts.len(), 2);
    assert_eq!(error.to_string(), "2 of the hosts are marked in service");
    let error = decide(Effect::Destroy, &subjects(1, |_, _| {}), Consent::default())
        .expect_err("not confirmed");
    assert!(error.hint().1.ends_with("--yes-hosts 1"), "{error:?}");
    assert!(error.hint().0.ends_with("--yes-hosts 1"), "{error:?}");
}
