//! Which hosts the words and lists of a command line name.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bmc::{
    hosts::{self, Listed, Service},
    safety::Subject,
    target::{Address, Target},
};
use profiles::Text;

use crate::{command::read_small, failure::Failure, lang::text};

/// A host that was named.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// Where it is reached.
    pub(super) address: Address,
    /// What a list says of it.
    pub(super) listed: Option<Listed>,
    /// Whether a network alone names it.
    pub(super) by_network: bool,
}

/// Returns the hosts that are named, each once, in the order of their first mention.
///
/// A list adds its hosts; where a word names one of them too, the list's marks count.
pub(super) fn resolve(words: &[String], files: &[PathBuf]) -> Result<Vec<Host>, Failure> {
    let mut hosts: Vec<Host> = Vec::new();
    let mut places = BTreeMap::new();
    let mut add = |host: Host| {
        let at = *places.entry(host.address.clone()).or_insert(hosts.len());
        if let Some(there) = hosts.get_mut(at) {
            there.by_network &= host.by_network;
            there.listed = there.listed.take().or(host.listed);
        } else {
            hosts.push(host);
        }
    };
    for word in words {
        let target: Target = word.parse().map_err(|error: bmc::target::TargetError| {
            let (zh, en) = error.hint();
            let message = text("无法理解目标 `{}`", "cannot use the target `{}`", &[word]);
            Failure::usage(message).because(error).hint(Text::new(zh, en))
        })?;
        let by_network = target.is_network();
        for address in target.addresses() {
            add(Host { address, listed: None, by_network });
        }
    }
    for file in files {
        for listed in read(file)? {
            let address = listed.address.clone();
            add(Host { address, listed: Some(listed), by_network: false });
        }
    }
    Ok(hosts)
}

fn read(file: &Path) -> Result<Vec<Listed>, Failure> {
    let name = file.display().to_string();
    let message = text("无法使用主机清单 `{}`", "cannot use the list of hosts `{}`", &[&name]);
    let bytes = match read_small(file) {
        Ok(bytes) => bytes,
        Err(error) => return Err(Failure::unable(message).because(error)),
    };
    let is_toml = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let listed = match std::str::from_utf8(&bytes) {
        Ok(text) if is_toml => hosts::toml(text),
        _ if hosts::is_xlsx(&bytes) => hosts::xlsx(&bytes),
        _ => hosts::csv(&bytes),
    };
    listed.map_err(|error| {
        let (zh, en) = error.fault.hint();
        Failure::usage(message).because(error).hint(Text::new(zh, en))
    })
}

/// Returns what decides whether a verb may act on the hosts.
pub(super) fn of(hosts: &[Host]) -> Vec<Subject> {
    let subject = |host: &Host| Subject {
        address: host.address.clone(),
        service: host.listed.as_ref().map_or(Service::Unsaid, |listed| listed.service),
        by_network: host.by_network,
    };
    hosts.iter().map(subject).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_named_twice_is_one_with_the_marks_of_the_list() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("rack.csv");
        std::fs::write(&list, "address,in-service\n192.0.2.2,yes\n192.0.2.9,no\n")
            .expect("written");
        let words = ["192.0.2.0/30".to_owned(), "192.0.2.1".to_owned()];
        let hosts = resolve(&words, &[list]).expect("hosts");
        let told: Vec<_> = of(&hosts)
            .into_iter()
            .map(|one| (one.address.to_string(), one.service, one.by_network))
            .collect();
        // What the list or a word names by itself is not named by the network alone.
        let expected = [
            ("192.0.2.1".to_owned(), Service::Unsaid, false),
            ("192.0.2.2".to_owned(), Service::In, false),
            ("192.0.2.9".to_owned(), Service::Out, false),
        ];
        assert_eq!(told, expected);
    }
}
