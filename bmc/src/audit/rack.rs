//! What is seen only beside others: one key at several BMCs, firmware that differs within a model.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audited, Check, Severity};

const SHARED: Check = Check {
    id: "certificate.shared",
    severity: Severity::High,
    advice: (
        "多台共用的密钥是厂商固件自带的：逐台更换（`certs csr`、`certs replace`）",
        "a key that several have came with the firmware: give each its own (`certs csr`, `certs \
         replace`)",
    ),
};
const DIFFERS: Check = Check {
    id: "firmware.differs",
    severity: Severity::Low,
    advice: (
        "同型号升级到同一版本（`firmware update`）",
        "bring the same models to one version (`firmware update`)",
    ),
};

/// Adds to each BMC what is seen beside the others; the names are those of the hosts.
pub fn compare(hosts: &mut [(&str, &mut Audited)]) {
    // By their digits: a key has no order of its own.
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, host) in hosts.iter() {
        if let Some(key) = host.key {
            keys.entry(key.to_string()).or_default().push((*name).to_owned());
        }
        if let (Some(model), Some(version)) = (&host.model, &host.version) {
            versions.entry(model.clone()).or_default().insert(version.clone());
        }
    }
    for (name, host) in hosts {
        let others = host.key.and_then(|key| keys.get(&key.to_string()));
        let others: Vec<&str> = others
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|other| other != name)
            .collect();
        host.findings.push(match (host.key, others.split_first()) {
            (None, _) => SHARED.unknown(&super::untold()),
            (Some(_), None) => SHARED.sound("本次运行中仅此一台", "no other one of this run"),
            (Some(_), Some((first, rest))) => SHARED.weak(
                format!("密钥与 {first} 等 {} 台相同", rest.len() + 1),
                format!("the key is that of {first} too, {} others in all", rest.len() + 1),
            ),
        });
        let all = host.model.as_ref().and_then(|model| versions.get(model));
        let all = all.filter(|_| host.version.is_some());
        host.findings.push(match all {
            None => DIFFERS.unknown(&super::untold()),
            Some(all) if all.len() < 2 => {
                let own = host.version.clone().unwrap_or_default();
                DIFFERS.sound(own.clone(), own)
            }
            Some(all) => {
                let listed = all.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                let own = host.version.clone().unwrap_or_default();
                DIFFERS.weak(
                    format!("本台 {own}；同型号有 {listed}"),
                    format!("{own} here, and {listed} within the model"),
                )
            }
        });
    }
}
